"""Writes tests/suites/sm2.json: suite 2 in the style of Wycheproof, which has no SM2.

    python tests/support/sm2_vectors.py tests/suites/sm2.json

Keys, nonces and messages are derived from numbers, so the file is the same wherever it is made; a
test makes it again. Each case names key, message, signature and whether the suite accepts it.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sm2_formulas import BASE, B, N, P, digest_to_sign, integer, public_of, sign, sign_digest

Case = tuple[str, bytes, bytes, bytes, bool]
"""What it is, public key, message, signature, whether it is accepted."""
MESSAGE = b"message digest"


def derive(what: str) -> int:
    """Return a number from 1 to n - 2."""
    return 1 + int.from_bytes(hashlib.sha256(what.encode()).digest(), "big") % (N - 2)


SECRET = derive("sm2 vectors: secret")
PUBLIC = public_of(SECRET)
NONCE = derive("sm2 vectors: nonce")
GOOD = sign(SECRET, MESSAGE, NONCE)


def tlv(tag: int, body: bytes) -> bytes:
    """Return a DER element."""
    return bytes([tag, len(body)]) + body


def der_integer(number: int) -> bytes:
    """Return a DER integer."""
    return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def pair(r: int, s: int) -> bytes:
    """Return 64 bytes, each number cut to 256 bits."""
    return integer(r % 2**256) + integer(s % 2**256)


def sound() -> Iterator[Case]:
    """Yield what must be accepted."""
    for size in (0, 1, 31, 32, 55, 56, 63, 64, 65, 127, 128, 1000):
        message = bytes(i % 251 for i in range(size))
        yield f"message of {size} bytes", PUBLIC, message, sign(SECRET, message, NONCE + size), True
    for secret in (1, 2, 3, N - 3, N - 2):
        public = public_of(secret)
        yield f"secret {secret:x}", public, MESSAGE, sign(secret, MESSAGE, NONCE), True
    for at, name in ((0, "r"), (32, "s")):
        nonce = next(k for k in range(1, 9999) if sign(SECRET, MESSAGE, k)[at] == 0)
        yield (
            f"{name} with a leading zero byte",
            PUBLIC,
            MESSAGE,
            sign(SECRET, MESSAGE, nonce),
            True,
        )
    secret = next(k for k in range(1, 9999) if public_of(k)[1] == 0)
    yield "x with a leading zero byte", public_of(secret), MESSAGE, sign(secret, MESSAGE, 7), True


def numbers() -> Iterator[Case]:
    """Yield pairs of numbers that no signer makes for this message."""
    edges = {"0": 0, "1": 1, "n - 1": N - 1, "n": N, "n + 1": N + 1, "2^256 - 1": 2**256 - 1}
    for name_r, r in edges.items():
        for name_s, s in edges.items():
            yield f"r = {name_r}, s = {name_s}", PUBLIC, MESSAGE, pair(r, s), False
    r, s = int.from_bytes(GOOD[:32], "big"), int.from_bytes(GOOD[32:], "big")
    for name, other in {
        "r + s = n with a good r": (r, N - r),
        "r + s = n with a good s": (N - s, s),
        "r and s changed places": (s, r),
        "s negated": (r, N - s),
        "r negated": (N - r, s),
        "both negated": (N - r, N - s),
        "r plus one": (r + 1, s),
        "s plus one": (r, s + 1),
        "s from another signature": (r, derive("another")),
        "p for r": (P, s),
    }.items():
        yield name, PUBLIC, MESSAGE, pair(*other), False


def digests() -> Iterator[Case]:
    """Yield signatures over another digest than that of the suite."""
    e = digest_to_sign(PUBLIC, MESSAGE)
    for identity in (b"", b"1234567812345679", b"ALICE123@YAHOO.COM", b"12345678123456781"):
        signature = sign(SECRET, MESSAGE, NONCE, identity)
        yield f"identity {identity.decode()!r}", PUBLIC, MESSAGE, signature, False
    for name, other in {
        "SM3 of the message without Z": hashlib.new("sm3", MESSAGE).digest(),
        "SHA-256 of the message": hashlib.sha256(MESSAGE).digest(),
        "SM3 of the digest once more": hashlib.new("sm3", integer(e)).digest(),
        "the digest with its bytes reversed": integer(e)[::-1],
        "a digest of zero": bytes(32),
    }.items():
        signature = sign_digest(SECRET, int.from_bytes(other, "big"), NONCE)
        yield name, PUBLIC, MESSAGE, signature, False
    for name, message in {
        "another message": b"message digesT",
        "one byte more": MESSAGE + b"\0",
    }.items():
        yield name, PUBLIC, message, GOOD, False
    yield "another key", public_of(SECRET + 1), MESSAGE, GOOD, False
    x, y = PUBLIC[1:33], int.from_bytes(PUBLIC[33:], "big")
    yield "the key negated", b"\x04" + x + integer(P - y), MESSAGE, GOOD, False


def keys() -> Iterator[Case]:
    """Yield keys that are none, with a signature that holds under the sound key."""
    x, y = int.from_bytes(PUBLIC[1:33], "big"), int.from_bytes(PUBLIC[33:], "big")
    small = next(x for x in range(1, 99) if pow(x**3 - 3 * x + B, (P - 1) // 2, P) == 1)
    root = pow(small**3 - 3 * small + B, (P + 1) // 4, P)
    for name, public in {
        "nothing": b"",
        "infinity": b"\0",
        "infinity in 65 bytes": bytes(65),
        "the point 0, 0": b"\x04" + bytes(64),
        "compressed": bytes([2 + y % 2]) + PUBLIC[1:33],
        "compressed with the other sign": bytes([3 - y % 2]) + PUBLIC[1:33],
        "hybrid": bytes([6 + y % 2]) + PUBLIC[1:],
        "without its first byte": PUBLIC[1:],
        "one byte short": PUBLIC[:-1],
        "one byte long": PUBLIC + b"\0",
        "off the curve by one bit of y": PUBLIC[:-1] + bytes([PUBLIC[-1] ^ 1]),
        "off the curve by one bit of x": PUBLIC[:32] + bytes([PUBLIC[32] ^ 1]) + PUBLIC[33:],
        "x and y changed places": b"\x04" + integer(y) + integer(x),
        "x = p": b"\x04" + integer(P) + integer(y),
        "y = p": b"\x04" + integer(x) + integer(P),
        "a small x plus p": b"\x04" + integer(small + P) + integer(root),
        "all ones": b"\x04" + b"\xff" * 64,
        "the base point of P-256": bytes.fromhex(
            "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
        ),
    }.items():
        yield f"key: {name}", public, MESSAGE, GOOD, False
    yield (
        "key: the base point, another's signature",
        b"\x04" + integer(BASE[0]) + integer(BASE[1]),
        MESSAGE,
        GOOD,
        False,
    )


def forms() -> Iterator[Case]:
    """Yield other spellings of a good signature."""
    r, s = int.from_bytes(GOOD[:32], "big"), int.from_bytes(GOOD[32:], "big")
    der = tlv(0x30, der_integer(r) + der_integer(s))
    for name, signature in {
        "empty": b"",
        "one byte": b"\0",
        "r alone": GOOD[:32],
        "63 bytes": GOOD[:-1],
        "65 bytes": GOOD + b"\0",
        "65 bytes, zero first": b"\0" + GOOD,
        "twice": GOOD + GOOD,
        "each number in 33 bytes": b"\0" + GOOD[:32] + b"\0" + GOOD[32:],
        "little endian": GOOD[:32][::-1] + GOOD[32:][::-1],
        "hexadecimal": GOOD.hex().encode(),
        "DER": der,
        "DER with a long length": b"\x30\x81" + der[1:],
        "DER of indefinite length": b"\x30\x80" + der[2:] + b"\0\0",
        "DER with a padded number": tlv(0x30, tlv(2, b"\0" + der_integer(r)[2:]) + der_integer(s)),
        "DER with something behind": der + b"\0",
        "DER of a set": b"\x31" + der[1:],
        "DER of 64 bytes": der[:64],
    }.items():
        yield f"form: {name}", PUBLIC, MESSAGE, signature, False
    for bit in range(0, 512, 7):
        changed = (int.from_bytes(GOOD, "big") ^ 1 << bit).to_bytes(64, "big")
        yield f"bit {bit} changed", PUBLIC, MESSAGE, changed, False


def make() -> dict[str, Any]:
    """Return the document."""
    cases = [*sound(), *numbers(), *digests(), *keys(), *forms()]
    return {
        "algorithm": "suite 2: SM2 with SM3, identity 1234567812345678, r and s of 32 bytes each",
        "numberOfTests": len(cases),
        "tests": [
            {
                "tcId": number,
                "comment": comment,
                "public": public.hex(),
                "msg": message.hex(),
                "sig": signature.hex(),
                "result": "valid" if accepted else "invalid",
            }
            for number, (comment, public, message, signature, accepted) in enumerate(cases, 1)
        ],
    }


def main() -> None:
    """Write the file that is named."""
    text = json.dumps(make(), indent=1) + "\n"
    Path(sys.argv[1]).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
