"""The key of a procedure, made by its holders together: no one of them ever has it.

Each holder deals a polynomial (Feldman 1987): commitments to its coefficients for all to see, its
value at each holder's place sealed to that holder. The key is the sum of the constant terms, a
share the sum of the values at one place; `threshold` shares give the key, fewer tell nothing of
it. A proof of knowing one's own constant term keeps the last dealer from choosing the key. All
holders confirm before a bid is sealed, so that a wrong dealing costs a new start, never a bid.

Nothing here draws by chance: whoever calls brings the random scalars.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from tongjian.core.hashing import Hash
from tongjian.services.procurement import ristretto as group
from tongjian.services.procurement.ristretto import ORDER, Element, NoElement

TAG_PROOF: Final = b"tongjian/procurement-proof/1\x00"
TAG_MASK: Final = b"tongjian/procurement-mask/1\x00"


def place(number: str, index: int) -> bytes:
    """Return the bytes that tie something to one holder's place in one procedure."""
    return number.encode("ascii") + b"\x00" + index.to_bytes(2, "big")


def hash_to_scalar(digest: Hash, data: bytes) -> int:
    """Return the scalar that stands for some bytes: two hashes, reduced."""
    return group.scalar_of(digest(data + b"\x00") + digest(data + b"\x01"))


# ------------------------------------------------------------------------------------- dealing


def commit(coefficients: Sequence[int]) -> tuple[bytes, ...]:
    """Return the commitments to the coefficients of a polynomial, the constant term first."""
    return tuple(group.encode(group.multiply_base(each)) for each in coefficients)


def evaluate(coefficients: Sequence[int], at: int) -> int:
    """Return the value of a polynomial of scalars at a holder's place."""
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * at + coefficient) % ORDER
    return value


def prove(digest: Hash, where: bytes, constant: int, nonce: int) -> bytes:
    """Return a proof of knowing the constant term of one's own polynomial (Schnorr 1991)."""
    first = group.encode(group.multiply_base(nonce))
    committed = group.encode(group.multiply_base(constant))
    challenge = hash_to_scalar(digest, TAG_PROOF + where + committed + first)
    return first + group.encode_scalar(nonce + challenge * constant)


def check_proof(digest: Hash, where: bytes, committed: bytes, proof: bytes) -> None:
    """Raise `NoElement` unless the proof holds for the committed constant term."""
    first, answer = proof[:32], group.decode_scalar(proof[32:])
    challenge = hash_to_scalar(digest, TAG_PROOF + where + committed + first)
    right = group.add(group.decode(first), group.multiply(challenge, group.decode(committed)))
    if group.encode(group.multiply_base(answer)) != group.encode(right):
        msg = "the dealer has not shown that it knows its own constant term"
        raise NoElement(msg)


def decode_all(encoded: Sequence[bytes]) -> list[Element]:
    """Return the elements of a list of encodings; raises `NoElement`, also for the neutral one."""
    if bytes(group.POINT_BYTES) in encoded:
        msg = "the neutral element commits to nothing"
        raise NoElement(msg)
    return [group.decode(each) for each in encoded]


def mask(digest: Hash, where: bytes, transport: bytes, nonce: int, share: int) -> bytes:
    """Return a share sealed to the holder of a transport key, 64 bytes."""
    first = group.encode(group.multiply_base(nonce))
    shared = group.encode(group.multiply(nonce, group.decode(transport)))
    stream = digest(TAG_MASK + where + first + shared)
    return first + _xor(group.encode_scalar(share), stream)


def unmask(digest: Hash, where: bytes, secret: int, masked: bytes) -> int:
    """Return a share that was sealed to the holder of a transport secret; raises `NoElement`."""
    first = masked[:32]
    shared = group.encode(group.multiply(secret, group.decode(first)))
    stream = digest(TAG_MASK + where + first + shared)
    return group.decode_scalar(_xor(masked[32:], stream))


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


# ------------------------------------------------------------------------- what dealings commit to


def public_share(dealings: Sequence[Sequence[Element]], at: int) -> bytes:
    """Return the element to which the share of a place must belong, over all dealings."""
    total = group.IDENTITY
    for commitments in dealings:
        total = group.add(total, group.combine(commitments, at))
    return group.encode(total)


def joint_key(constants: Sequence[Element]) -> bytes:
    """Return the key to which bids are sealed: the sum of the committed constant terms."""
    total = group.IDENTITY
    for constant in constants:
        total = group.add(total, constant)
    return group.encode(total)


def recover(shares: Mapping[int, int]) -> int:
    """Return the secret of the key from enough shares by place (Lagrange at 0)."""
    secret = 0
    for at, share in shares.items():
        weight, divisor = 1, 1
        for other in shares:
            if other != at:
                weight = weight * other % ORDER
                divisor = divisor * (other - at) % ORDER
        secret = (secret + share * weight * pow(divisor, -1, ORDER)) % ORDER
    return secret
