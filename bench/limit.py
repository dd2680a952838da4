"""The limit L: Ed25519 verifications a second by two bare processes, and nothing else.

Messages of 250 bytes in chunks of 250, the library that the ledger uses. Speed of a shared machine
moves within minutes, so L is measured before and after whatever is compared with it.
"""

import sys
import time
from dataclasses import dataclass
from typing import Final

from ed25519_zebra import ed_verify
from nacl.signing import SigningKey

from bench.workers import ready, report, run_together

PROCESSES: Final = 2
CHUNK: Final = 250
MESSAGE_BYTES: Final = 250


@dataclass(frozen=True)
class Limit:
    """Verifications a second."""

    per_second: float
    cpu_us: float
    """Processor time of one verification."""


def measure_limit(seconds: float) -> Limit:
    """Return the limit of this moment."""
    told = run_together("bench.limit", [[str(seconds)]] * PROCESSES)
    return Limit(
        sum(each["done"] / each["wall_s"] for each in told),
        sum(each["cpu_s"] for each in told) / sum(each["done"] for each in told) * 1e6,
    )


def mean(one: Limit, other: Limit) -> Limit:
    """Return the limit between two measurements."""
    return Limit((one.per_second + other.per_second) / 2, (one.cpu_us + other.cpu_us) / 2)


def _verify_for(seconds: float) -> None:
    key = SigningKey(bytes(32))
    public = bytes(key.verify_key)
    messages = [number.to_bytes(MESSAGE_BYTES, "big") for number in range(CHUNK)]
    jobs = [(key.sign(message).signature, message) for message in messages]
    ready()
    done, cpu_s, start = 0, time.process_time(), time.perf_counter()
    while time.perf_counter() - start < seconds:
        if not all(ed_verify(signature, message, public) for signature, message in jobs):
            msg = "a signature just made does not hold"
            raise RuntimeError(msg)
        done += CHUNK
    wall_s = time.perf_counter() - start
    report({"done": done, "wall_s": wall_s, "cpu_s": time.process_time() - cpu_s})


if __name__ == "__main__":
    _verify_for(float(sys.argv[1]))
