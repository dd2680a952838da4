"""Verification by signature suite: the bare library beside our path, and a ledger of SM2.

The bare library is asked in a loop with everything prepared: keys loaded, signatures in its form.
Our path is what the engine does: jobs of suite, key, message and signature through `checkers`, on
one core in this process, in turn with the bare library so that both see the same load; on two cores
in its processes, between two runs of the bare library. Messages have 250 bytes, keys are fifty.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from hashlib import sha256
from typing import Any, Final, NamedTuple

from bench.ingest import timed
from bench.limit import Limit
from bench.machine import child_cpu_s
from bench.report import Figure
from bench.town import Town
from bench.workers import ready, report, run_together
from tongjian.core.hashing import sha256 as digest
from tongjian.core.signatures import KeySuite
from tongjian.engines.checkers import CHUNK_JOBS, Checkers, Job, check
from tongjian.node.keys import KeyPair
from tongjian.node.signers import generate_secret

PROCESSES: Final = 2
KEYS: Final = 50
MESSAGES: Final = 200
MESSAGE_BYTES: Final = 250
TARGET: Final = 0.9
LEDGER_TARGET: Final = 0.6
LEDGER_SHARE: Final = 20
"""An SM2 ledger is measured with a twentieth of the transactions: SM2 is that much dearer."""
ORIGIN: Final = "https://portal.example.cn"
NAMES: Final = {
    KeySuite.ED25519: "Ed25519",
    KeySuite.SM2: "SM2 with SM3",
    KeySuite.P256: "P-256",
    KeySuite.WEBAUTHN: "passkey (P-256)",
    KeySuite.ML_DSA_65: "ML-DSA-65 beside Ed25519",
}


class Rate(NamedTuple):
    """Verifications a second, by the clock and by processor time alone."""

    per_second: float
    cpu_us: float

    def limit(self) -> Limit:
        """Return it as the limit that a ledger is compared with."""
        return Limit(self.per_second, self.cpu_us)


# -- what is verified -----------------------------------------------------------------------------


def _messages() -> list[bytes]:
    return [number.to_bytes(MESSAGE_BYTES, "big") for number in range(MESSAGES)]


def make_jobs(suite: KeySuite) -> list[Job]:
    """Return jobs of a suite by fifty keys in turn."""
    if suite is KeySuite.WEBAUTHN:
        return _passkey_jobs()
    pairs = [KeyPair(generate_secret(suite), digest, suite) for _ in range(KEYS)]
    return [
        (int(suite), pairs[at % KEYS].public, message, pairs[at % KEYS].sign(message))
        for at, message in enumerate(_messages())
    ]


def _passkey_jobs() -> list[Job]:
    from base64 import urlsafe_b64encode  # noqa: PLC0415 - a passkey is made here only

    from tongjian.suites import webauthn  # noqa: PLC0415 - as above

    pairs = [KeyPair(generate_secret(KeySuite.P256), digest, KeySuite.P256) for _ in range(KEYS)]
    data = sha256(b"example.cn").digest() + b"\x05" + bytes(4)
    jobs: list[Job] = []
    for at, message in enumerate(_messages()):
        pair = pairs[at % KEYS]
        challenge = urlsafe_b64encode(sha256(message).digest()).rstrip(b"=").decode()
        client = (
            f'{{"type":"webauthn.get","challenge":"{challenge}","origin":"{ORIGIN}",'
            '"crossOrigin":false}'
        ).encode()
        raw = pair.sign(data + sha256(client).digest())
        public = webauthn.make_public_key(pair.public, "example.cn", ORIGIN)
        signature = webauthn.make_signature(raw, data, client)
        jobs.append((int(KeySuite.WEBAUTHN), public, message, signature))
    return jobs


Call = Callable[[], object]


def _bare_ed25519(job: Job) -> Call:
    from ed25519_zebra import ed_verify  # noqa: PLC0415 - one library a suite

    _, public, message, signature = job
    return partial(ed_verify, signature, message, public)


def _bare_sm2(job: Job) -> Call:
    from tongjian.suites import sm2  # noqa: PLC0415 - one library a suite

    _, public, message, signature = job
    der = sm2.der_from_raw(signature)
    return partial(sm2.backend().accepts, public, der, message, sm2.IDENTITY)


def _bare_p256(job: Job) -> Call:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - one library a suite
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above

    from tongjian.suites.weierstrass import encode_der  # noqa: PLC0415 - as above

    _, public, message, signature = job
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    return partial(key.verify, encode_der(signature), message, ec.ECDSA(SHA256()))


def _bare_passkey(job: Job) -> Call:
    from tongjian.suites import webauthn  # noqa: PLC0415 - one library a suite

    _, public, message, signature = job
    parts = webauthn.split(signature)
    signed = parts.authenticator + sha256(parts.client).digest()
    plain = _bare_p256((3, public[:65], signed, parts.signature))

    def hashed() -> None:
        # What the standard has every verifier do: the challenge, and the hash that is signed.
        sha256(message).digest()
        sha256(parts.client).digest()
        plain()

    return hashed


def _bare_paired(job: Job) -> Call:
    from cryptography.hazmat.primitives.asymmetric import mldsa as library  # noqa: PLC0415

    from tongjian.suites import mldsa  # noqa: PLC0415 - one library a suite

    _, public, message, signature = job
    plain = _bare_ed25519((1, public[1:33], message, signature[:64]))
    key = library.MLDSA65PublicKey.from_public_bytes(public[33:])
    lattice: Call = partial(key.verify, signature[64:], message, mldsa.CONTEXT)

    def both() -> None:
        plain()
        lattice()

    return both


_BARE: Final[dict[KeySuite, Callable[[Job], Call]]] = {
    KeySuite.ED25519: _bare_ed25519,
    KeySuite.SM2: _bare_sm2,
    KeySuite.P256: _bare_p256,
    KeySuite.WEBAUTHN: _bare_passkey,
    KeySuite.ML_DSA_65: _bare_paired,
}


# -- measuring ------------------------------------------------------------------------------------


def _run(work: Callable[[], int], seconds: float) -> None:
    """Repeat some work for a time in a child and report it."""
    work()
    ready()
    done, cpu_s, start = 0, _cpu_s(), time.perf_counter()
    while time.perf_counter() - start < seconds:
        done += work()
    wall_s = time.perf_counter() - start
    report({"done": done, "wall_s": wall_s, "cpu_s": _cpu_s() - cpu_s})


def _run_in_turn(first: Callable[[], int], second: Callable[[], int], seconds: float) -> None:
    """Let two works take turns in a child and report the processor time of each."""
    spent, done = [0.0, 0.0], 0
    first(), second()
    ready()
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        for at, work in enumerate((first, second)):
            before = time.process_time()
            done += work()
            spent[at] += time.process_time() - before
    report({"done": done // 2, "first_s": spent[0], "second_s": spent[1]})


def _cpu_s() -> float:
    return time.process_time() + sum(child_cpu_s())


def _bare(suite: KeySuite) -> Callable[[], int]:
    calls = [_BARE[suite](job) for job in make_jobs(suite)]

    def work() -> int:
        for call in calls:
            call()
        return len(calls)

    return work


def _ours(suite: KeySuite) -> Callable[[], int]:
    jobs = make_jobs(suite)

    def work() -> int:
        _expect(check(jobs))
        return len(jobs)

    return work


def _pool(suite: KeySuite, checkers: Checkers) -> Callable[[], int]:
    """Keep both processes busy: the next jobs are handed over before the last are awaited."""
    jobs = make_jobs(suite) * (2 * PROCESSES * CHUNK_JOBS // MESSAGES)
    waiting = [checkers.submit(jobs)]

    def work() -> int:
        waiting.append(checkers.submit(jobs))
        _expect(checkers.collect(waiting.pop(0)))
        return len(jobs)

    return work


def _expect(verdicts: bytes) -> None:
    if not all(verdicts):
        msg = "a signature just made does not hold"
        raise RuntimeError(msg)


def _rate(told: list[dict[str, Any]]) -> Rate:
    done = sum(each["done"] for each in told)
    per_second = sum(each["done"] / each["wall_s"] for each in told)
    return Rate(per_second, sum(each["cpu_s"] for each in told) / done * 1e6)


def measure(suite: KeySuite, path: str, seconds: float, processes: int = 1) -> Rate:
    """Return the rate of a path (`bare` or `pool`) of a suite in so many children."""
    asked = [path, str(int(suite)), str(seconds)]
    return _rate(run_together("bench.suites", [asked] * processes))


def rates(seconds: float) -> Iterator[Figure]:
    """Yield what each suite reaches on one core and on two, beside the bare library.

    The ratio is by processor time of one verification: others use the machine as well.
    """
    for suite, name in NAMES.items():
        yield _on_one_core(suite, name, seconds)
        bare = measure(suite, "bare", seconds, PROCESSES)
        ours = measure(suite, "pool", seconds)
        again = measure(suite, "bare", seconds, PROCESSES)
        bare_us = (bare.cpu_us + again.cpu_us) / 2
        bare_rate = (bare.per_second + again.per_second) / 2
        note = f"bare {bare_rate:,.0f}/s, {bare_us:.1f} µs; ours {ours.cpu_us:.1f} µs of a core"
        ratio, target = bare_us / ours.cpu_us, f"≥ {TARGET} bare"
        yield Figure(f"{name}, 2 cores", ours.per_second, "/s", ratio, target, note)


def _on_one_core(suite: KeySuite, name: str, seconds: float) -> Figure:
    (told,) = run_together("bench.suites", [["turns", str(int(suite)), str(2 * seconds)]])
    bare_us = told["first_s"] / told["done"] * 1e6
    ours_us = told["second_s"] / told["done"] * 1e6
    note = f"bare {bare_us:.1f} µs; ours {ours_us:.1f} µs of a core"
    ratio, target = bare_us / ours_us, f"≥ {TARGET} bare"
    return Figure(f"{name}, 1 core", 1e6 / ours_us, "/s", ratio, target, note)


def ledger(
    transactions: int, seconds: float, towns: Callable[[], AbstractContextManager[Town]]
) -> Iterator[Figure]:
    """Yield what a ledger of SM3 and SM2 commits, beside the limit of SM2 on two cores."""

    def limit() -> Limit:
        return measure(KeySuite.SM2, "bare", seconds, PROCESSES).limit()

    with towns() as town:
        run = timed(town, list(town.issues(transactions, 1)), 1, limit)
    node_us = run.node_cpu_s / run.acts * 1e6
    checkers_us = sum(run.checkers_cpu_s) / run.acts * 1e6
    limit_note = f"limit {run.limit.per_second:,.0f}/s"
    yield Figure(
        "SM2 ledger, 1 act a signature",
        run.per_second,
        "tx/s",
        run.of_limit,
        f"≥ {LEDGER_TARGET} of it",
        f"{limit_note}; node {node_us:.1f} µs + checkers {checkers_us:.1f} µs",
    )


def main() -> None:
    """Measure in a child what its arguments name."""
    path, suite, seconds = sys.argv[1], KeySuite(int(sys.argv[2])), float(sys.argv[3])
    if path == "pool":
        with Checkers(PROCESSES) as checkers:
            _run(_pool(suite, checkers), seconds)
        return
    if path == "turns":
        _run_in_turn(_bare(suite), _ours(suite), seconds)
        return
    _run(_bare(suite), seconds)


if __name__ == "__main__":
    main()
