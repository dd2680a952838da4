"""Two SM2 libraries on random cases: libcrypto and tongsuopy must say the same of each.

    python tests/support/sm2_agreement.py 100000

Half of the cases are sound, signed by either library; the others have one thing changed.
"""

import random
import sys
from collections.abc import Callable, Iterator

from tongjian.suites import _libcrypto, _tongsuo, sm2
from tongjian.suites.errors import SignatureInvalid

KEYS = 64
MESSAGE_BYTES_MAX = 300
Case = tuple[bytes, bytes, bytes]
"""Public key, message, signature of 64 bytes."""
Change = Callable[[Case, random.Random, list[bytes]], Case]


def _bit(case: Case, chance: random.Random, keys: list[bytes]) -> Case:
    number = int.from_bytes(case[2], "big") ^ 1 << chance.randrange(512)
    return (*case[:2], number.to_bytes(64, "big"))


def _message(case: Case, chance: random.Random, keys: list[bytes]) -> Case:
    at = chance.randrange(len(case[1]) + 1)
    return (case[0], case[1][:at] + bytes([chance.randrange(256)]) + case[1][at:], case[2])


def _key(case: Case, chance: random.Random, keys: list[bytes]) -> Case:
    return (chance.choice([key for key in keys if key != case[0]]), *case[1:])


def _numbers(case: Case, chance: random.Random, keys: list[bytes]) -> Case:
    r, s = (chance.choice((1, 2, sm2.N - 1, chance.randrange(1, sm2.N))) for _ in range(2))
    kept = chance.randrange(3)
    raw = case[2]
    first = raw[:32] if kept == 0 else r.to_bytes(32, "big")
    second = raw[32:] if kept == 1 else s.to_bytes(32, "big")
    return (*case[:2], first + second)


def _mirrored(case: Case, chance: random.Random, keys: list[bytes]) -> Case:
    s = sm2.N - int.from_bytes(case[2][32:], "big")
    return (*case[:2], case[2][:32] + s.to_bytes(32, "big"))


def _exchanged(case: Case, chance: random.Random, keys: list[bytes]) -> Case:
    return (*case[:2], case[2][32:] + case[2][:32])


CHANGES: tuple[Change, ...] = (_bit, _bit, _message, _key, _numbers, _mirrored, _exchanged)


def cases(count: int, seed: int) -> Iterator[tuple[Case, bool]]:
    """Yield cases, and whether nothing was changed in them."""
    chance = random.Random(seed)
    signers = (_libcrypto.load(), _tongsuo.load())
    secrets = [chance.randrange(1, sm2.N - 1).to_bytes(32, "big") for _ in range(KEYS)]
    keys = [signers[0].public_of(secret) for secret in secrets]
    assert keys == [signers[1].public_of(secret) for secret in secrets]
    for number in range(count):
        at = chance.randrange(KEYS)
        message = chance.randbytes(chance.randrange(MESSAGE_BYTES_MAX))
        signer = signers[number % 2]
        der = signer.sign(secrets[at], keys[at], message, sm2.IDENTITY)
        case = (keys[at], message, sm2.raw_from_der(der))
        is_sound = chance.random() < 0.5
        yield (case if is_sound else chance.choice(CHANGES)(case, chance, keys)), is_sound


def disagreements(count: int, seed: int) -> list[str]:
    """Return the cases of which the libraries, or the making of the case, say different things."""
    libraries = (_libcrypto.load(), _tongsuo.load())
    found: list[str] = []
    for (public, message, signature), is_sound in cases(count, seed):
        try:
            der = sm2.der_from_raw(signature)
        except SignatureInvalid:
            if is_sound:
                found.append(f"refused: {signature.hex()}")
            continue  # no library is asked
        said = {library.accepts(public, der, message, sm2.IDENTITY) for library in libraries}
        if said != {is_sound}:
            found.append(f"{said}: {public.hex()} {message.hex()} {signature.hex()}")
    return found


def main() -> None:
    """Compare as many cases as are asked for; end with 1 where one differs."""
    count = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    found = disagreements(count, seed)
    print(f"{count} cases of seed {seed}: {len(found)} disagreements")
    print("\n".join(found), end="")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
