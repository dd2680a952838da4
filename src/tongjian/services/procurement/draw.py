"""Chance that nobody chooses: the secret of a procedure's key, which nobody has before the opening.

It was fixed by all key holders together before publication, each committed to its part without
knowing the others'; it becomes known when the bids can be read, the same whichever holders give
their shares and in whichever block. Whoever asks for a draw has nothing left to choose.
"""

from typing import Final

from tongjian.core.hashing import Hash
from tongjian.services.procurement import ristretto as group

TAG_DRAW: Final = b"tongjian/procurement-draw/1\x00"


def ticket(digest: Hash, secret: int, number: str, who: bytes | str) -> bytes:
    """Return the lot that a person or a bidder draws in a procedure; the smallest comes first."""
    named = who if isinstance(who, bytes) else who.encode("ascii")
    return digest(TAG_DRAW + group.encode_scalar(secret) + number.encode("ascii") + b"\x00" + named)
