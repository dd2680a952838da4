r"""Units as types: each value says its unit and its bounds, and decoding enforces them.

Texts on the ledger are ASCII identifiers with a pattern and a length; free text never enters
a row, an act or an event (it could hold personal data, and Unicode tables differ by interpreter).
A pattern of variable length ends with `$(?!\n)`: `$` alone lets a trailing newline through.
"""

from typing import Annotated, Final, NewType

from msgspec import Meta

from tongjian.core import limits

_Fen = NewType("_Fen", int)
_Ppm = NewType("_Ppm", int)
_Count = NewType("_Count", int)
_Height = NewType("_Height", int)
_TimeMs = NewType("_TimeMs", int)
_Digest = NewType("_Digest", bytes)
_KeyId = NewType("_KeyId", bytes)
_PersonId = NewType("_PersonId", bytes)
_Uscc = NewType("_Uscc", str)
_Region = NewType("_Region", str)
_Name = NewType("_Name", str)
_Label = NewType("_Label", str)

Fen = Annotated[
    _Fen, Meta(ge=0, le=limits.FEN_MAX, description="Amount in fen.", extra={"unit": "fen"})
]
Amount = Annotated[
    _Fen,
    Meta(ge=1, le=limits.FEN_MAX, description="Amount in fen, not zero.", extra={"unit": "fen"}),
]
Ppm = Annotated[
    _Ppm, Meta(ge=0, le=limits.PPM_MAX, description="Rate in millionths.", extra={"unit": "ppm"})
]
Count = Annotated[_Count, Meta(ge=0, le=limits.COUNT_MAX, description="A whole number.")]
Height = Annotated[
    _Height, Meta(ge=0, le=limits.HEIGHT_MAX, description="Block height.", extra={"unit": "block"})
]
TimeMs = Annotated[
    _TimeMs,
    Meta(
        ge=0,
        le=limits.TIME_MS_MAX,
        description="Milliseconds since 1970-01-01T00:00:00Z.",
        extra={"unit": "ms"},
    ),
]
Digest = Annotated[
    _Digest, Meta(min_length=32, max_length=32, description="A hash or salted commitment.")
]
KeyId = Annotated[
    _KeyId, Meta(min_length=16, max_length=16, description="First half of the hash of a key.")
]
PersonId = Annotated[
    _PersonId,
    Meta(min_length=16, max_length=16, description="Pseudonym of a natural person."),
]
OfficerId = Annotated[bytes, Meta(min_length=16, max_length=16, description="Id of a post held.")]
Uscc = Annotated[
    _Uscc,
    Meta(
        pattern="^[0-9A-HJ-NPQRTUWXY]{18}$",
        max_length=18,
        description="Unified social credit code, GB 32100-2015.",
    ),
]
Region = Annotated[
    _Region,
    Meta(pattern="^[0-9]{6}$", max_length=6, description="Division code, GB/T 2260; 00 = whole."),
]
Name = Annotated[
    _Name,
    Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$(?!\n)", max_length=32, description="A defined word."),
]
Label = Annotated[
    _Label,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9.-]{0,47}$(?!\n)",
        max_length=48,
        description="A short public label of an office; never of a person.",
    ),
]
PublicKey = Annotated[bytes, Meta(min_length=32, max_length=2048, description="Raw public key.")]
Proof = Annotated[
    bytes,
    Meta(
        min_length=64,
        max_length=8192,
        description="Signature by the new key over ledger, holder and key: proof of possession.",
    ),
]
SuiteNumber = Annotated[int, Meta(ge=1, le=limits.KEY_SUITES_MAX, description="Signature suite.")]

FOREVER: Final = _TimeMs(limits.TIME_MS_MAX)


def fen(amount: int) -> Fen:
    """Return the amount as fen, refusing one outside 0 to `limits.FEN_MAX`."""
    if not 0 <= amount <= limits.FEN_MAX:
        msg = f"{amount} is outside 0 to {limits.FEN_MAX} fen"
        raise ValueError(msg)
    return _Fen(amount)


def count(number: int) -> Count:
    """Return the number as a count, refusing one outside 0 to `limits.COUNT_MAX`."""
    if not 0 <= number <= limits.COUNT_MAX:
        msg = f"{number} is outside 0 to {limits.COUNT_MAX}"
        raise ValueError(msg)
    return _Count(number)


def height(number: int) -> Height:
    """Return the number as a block height."""
    return _Height(number)


def time_ms(milliseconds: int) -> TimeMs:
    """Return the number as a moment in milliseconds since 1970 UTC."""
    return _TimeMs(milliseconds)


def ppm(millionths: int) -> Ppm:
    """Return the number as a rate in millionths."""
    return _Ppm(millionths)


def digest(data: bytes) -> Digest:
    """Return 32 bytes as a digest."""
    return _Digest(data)


def key_id(data: bytes) -> KeyId:
    """Return 16 bytes as the id of a key."""
    return _KeyId(data)


def person_id(data: bytes) -> PersonId:
    """Return 16 bytes as a pseudonym."""
    return _PersonId(data)


def uscc(text: str) -> Uscc:
    """Return a text as a unified social credit code; `identifiers.check_uscc` checks it."""
    return _Uscc(text)


def region(text: str) -> Region:
    """Return six digits as a division code."""
    return _Region(text)


def name(text: str) -> Name:
    """Return a text as a defined word."""
    return _Name(text)


def label(text: str) -> Label:
    """Return a text as a public label."""
    return _Label(text)
