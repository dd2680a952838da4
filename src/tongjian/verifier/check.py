"""The check value of a receipt: no changed byte goes unnoticed (docs/reference/format.md, 8).

It guards against accident, the proofs against malice. What a proof leaves free, a changed byte may
turn into another true statement: the key of an absence, the bounds of a range, the size of a log in
a COSE receipt. Anybody can compute the check anew; what is then stated is proven all the same.
"""

from collections.abc import Callable
from typing import Any, Final

from tongjian.core.hashing import TAG_CHECK, Hash

CHECK_LABEL: Final = "tongjian/check/1"
CHECK_BYTES: Final = 8
_HEAD: Final = b"\x70" + CHECK_LABEL.encode("ascii") + b"\x48"
"""The label and the head of eight bytes in CBOR."""


class CheckDiffers(ValueError):
    """A file that is not, byte for byte, what its maker wrote; the text says so."""


def compute_check(digest: Hash, data: bytes) -> bytes:
    """Return the check of bytes: the beginning of their hash under the tag of checks."""
    return digest(TAG_CHECK + data)[:CHECK_BYTES]


def with_check(digest: Hash, write: Callable[[bytes], bytes]) -> bytes:
    """Return the message that `write` makes of a check, with the check that is its own."""
    return write(compute_check(digest, write(bytes(CHECK_BYTES))))


def is_as_written(digest: Hash, data: bytes) -> bool | None:
    """Say whether a file that proves nothing is still what its maker wrote; none where none can.

    What was damaged on the way can be asked for again; what was written so is somebody's doing.
    """
    place = data.find(_HEAD) + len(_HEAD)
    if place < len(_HEAD) or len(data) < place + CHECK_BYTES:
        return None
    try:
        verify_check(digest, data, data[place : place + CHECK_BYTES])
    except CheckDiffers:
        return False
    return True


def verify_check(digest: Hash, data: bytes, check: Any) -> None:
    """Raise `CheckDiffers` unless a message holds a check once and the check is its own."""
    if not isinstance(check, bytes) or len(check) != CHECK_BYTES:
        msg = f"a check is {CHECK_BYTES} bytes"
        raise CheckDiffers(msg)
    entry = _HEAD + check
    if data.count(entry) != 1:
        msg = f"the check {check.hex()} is in the file {data.count(entry)} times, not once"
        raise CheckDiffers(msg)
    computed = compute_check(digest, data.replace(entry, _HEAD + bytes(CHECK_BYTES)))
    if computed != check:
        msg = (
            f"the check says {check.hex()}, the bytes give {computed.hex()}: they are not those "
            "that were written. Ask for the file again"
        )
        raise CheckDiffers(msg)
