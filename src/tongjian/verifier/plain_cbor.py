"""CBOR from strangers, decoded only where it is plain: no tag may turn bytes into work.

CBOR libraries give tags a meaning: a decimal number of a million digits, a pattern to compile, a
list that holds itself. A file of a few megabytes could so keep a verifier busy for hours. What
evidence is made of needs none of it.
"""

from io import BytesIO
from typing import Any, Final

import cbor2

ITEMS_MAX: Final = 20_000
"""Far more than a receipt or a statement has."""
DEPTH_MAX: Final = 16
COSE_SIGN1_TAG: Final = 18

_BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = 2, 3, 4, 5, 6, 7
_ARGUMENT_BYTES: Final = {24: 1, 25: 2, 26: 4, 27: 8}


def decode_plain(data: bytes) -> Any:
    """Return the value of CBOR of definite lengths with no tag but COSE_Sign1.

    Raises `ValueError`, or what the library raises, where the bytes are not that.
    """
    _check_plain(data)
    value: Any = cbor2.CBORDecoder(BytesIO(data)).decode()
    return value


def _check_plain(data: bytes) -> None:
    """Walk over all items without making anything of them."""
    at = 0
    open_items = [1]
    for _ in range(ITEMS_MAX):
        while open_items and not open_items[-1]:
            open_items.pop()
        if not open_items:
            return
        open_items[-1] -= 1
        major, argument, at = _head(data, at)
        if major in (_BYTES, _TEXT):
            at += argument
        elif major != _SIMPLE and major >= _ARRAY:
            open_items.append(_inside(major, argument))
        if len(open_items) > DEPTH_MAX or at > len(data):
            msg = f"nested over {DEPTH_MAX} deep, or cut short"
            raise ValueError(msg)
    msg = f"over {ITEMS_MAX} items"
    raise ValueError(msg)


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return major type, argument and the place behind the head (RFC 8949, 3)."""
    if at >= len(data):
        msg = "cut short"
        raise ValueError(msg)
    major, low = divmod(data[at], 32)
    if low < min(_ARGUMENT_BYTES):
        return major, low, at + 1
    size = _ARGUMENT_BYTES.get(low)
    if size is None:
        msg = "an indefinite length or a reserved value"
        raise ValueError(msg)
    return major, int.from_bytes(data[at + 1 : at + 1 + size], "big"), at + 1 + size


def _inside(major: int, argument: int) -> int:
    """Return how many items an array, a map or a tag holds."""
    if major == _TAG:
        if argument != COSE_SIGN1_TAG:
            msg = f"tag {argument}, which has no place in evidence"
            raise ValueError(msg)
        return 1
    return argument if major == _ARRAY else 2 * argument
