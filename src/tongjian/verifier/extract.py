"""Receipts on paper: the texts that the two codes of an extract hold, written and read.

The dense text holds a whole receipt: `TJR1:`, then in Base45 (RFC 9285), whose alphabet is that of
a QR code's alphanumeric mode, a check and the receipt's raw deflation (RFC 1951). The short text
names a receipt by its digest: `TONGJIAN:1:<LABEL>:<HEIGHT>:<SHA-256 in base32>`, alone or after the
`?` of a link.
Whatever cannot be read raises `VerificationFailed` at step 1: it is no receipt.
"""

import base64
import binascii
import hashlib
import re
import zlib
from dataclasses import dataclass
from typing import Final

from tongjian.core.hashing import sha256
from tongjian.verifier.check import CHECK_BYTES, compute_check
from tongjian.verifier.receipt import RECEIPT_BYTES_MAX, VerificationFailed

DENSE_PREFIX: Final = "TJR1:"
DENSE_CHARACTERS_MAX: Final = 4296
"""What the largest symbol (version 40, level L) holds in alphanumeric mode: ISO/IEC 18004."""
INFLATED_BYTES_MAX: Final = 64 * 1024
"""Hashes do not deflate: a receipt that fits a symbol is far smaller; a bomb is not."""
SHORT_PREFIX: Final = "TONGJIAN:1:"
TEXT_CHARACTERS_MAX: Final = 2 * RECEIPT_BYTES_MAX + 1024
"""A receipt of full size in hexadecimal, with some white space."""
LINK_CHARACTERS_MAX: Final = 200

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BASE: Final = len(_ALPHABET)
_VALUE_OF: Final = {character: value for value, character in enumerate(_ALPHABET)}
_BYTE: Final = 256
_PAIR: Final = 3
"""Characters of two bytes; a last single byte takes one fewer."""
_SHORT: Final = re.compile(r"TONGJIAN:1:([^:?\s]{1,64}):(0|[1-9][0-9]{0,12}):([A-Z2-7]{52})")
_LINK: Final = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_PADDING: Final = "===="
_HEX_BEGIN: Final = "d284"
_BASE64_BEGIN: Final = "0oR"
"""CBOR tag 18 and an array of four, as every receipt begins."""


def _fail(why: str) -> VerificationFailed:
    return VerificationFailed(1, "form", why)


def encode_base45(data: bytes) -> str:
    """Return bytes in Base45 (RFC 9285, 4)."""
    characters: list[str] = []
    for start in range(0, len(data), 2):
        group = data[start : start + 2]
        number = int.from_bytes(group, "big")
        for _ in range(len(group) + 1):
            number, value = divmod(number, _BASE)
            characters.append(_ALPHABET[value])
    return "".join(characters)


def decode_base45(text: str) -> bytes:
    """Return the bytes of a text in Base45; raises `VerificationFailed` for any other."""
    data = bytearray()
    for start in range(0, len(text), _PAIR):
        group = text[start : start + _PAIR]
        number = 0
        for character in reversed(group):
            value = _VALUE_OF.get(character)
            if value is None:
                raise _fail(f"{character!r} is no character of Base45 (RFC 9285, 4.2)")
            number = number * _BASE + value
        length = len(group) - 1
        if length == 0 or number >= _BYTE**length:
            raise _fail(f"{group!r} stands for no bytes in Base45 (RFC 9285, 4.3)")
        data += number.to_bytes(length, "big")
    return bytes(data)


def write_dense(receipt: bytes) -> str | None:
    """Return the text of the code that holds a receipt; none where no symbol has room for it."""
    if len(receipt) > INFLATED_BYTES_MAX:
        return None
    deflate = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    deflated = deflate.compress(receipt) + deflate.flush()
    text = DENSE_PREFIX + encode_base45(compute_check(sha256, deflated) + deflated)
    return text if len(text) <= DENSE_CHARACTERS_MAX else None


def read_dense(text: str) -> bytes:
    """Return the receipt in a dense text; raises `VerificationFailed`."""
    if not text.startswith(DENSE_PREFIX):
        raise _fail(f"a dense code begins with {DENSE_PREFIX}")
    if len(text) > DENSE_CHARACTERS_MAX:
        why = f"{len(text)} characters are more than a symbol holds, {DENSE_CHARACTERS_MAX}"
        raise _fail(why)
    decoded = decode_base45(text.removeprefix(DENSE_PREFIX))
    check, deflated = decoded[:CHECK_BYTES], decoded[CHECK_BYTES:]
    if check != compute_check(sha256, deflated):
        # One receipt has many deflations: a character read wrong may inflate to the same.
        raise _fail("the code was read wrong: its check is another; read it again")
    inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        receipt = inflate.decompress(deflated, INFLATED_BYTES_MAX)
    except zlib.error as error:
        raise _fail(f"the code does not inflate (RFC 1951): {error}") from error
    if not inflate.eof and (inflate.unconsumed_tail or len(receipt) == INFLATED_BYTES_MAX):
        raise _fail(f"the code inflates to more than {INFLATED_BYTES_MAX} bytes")
    if not inflate.eof or inflate.unused_data:
        raise _fail("the code ends before or after what it deflates")
    return receipt


@dataclass(frozen=True)
class Named:
    """A receipt that a short text names."""

    label: str
    """Of the ledger, in capitals."""
    height: int
    digest: bytes
    """SHA-256 of the receipt's bytes."""


def write_short(label: str, height: int, receipt: bytes, link: str = "") -> str:
    """Return the text of the code that names a receipt; after `link` and `?` where one is given.

    Raises ValueError for a link that is none.
    """
    if link and not is_link(link):
        raise ValueError(link)
    digest = base64.b32encode(hashlib.sha256(receipt).digest()).decode("ascii").rstrip("=")
    text = f"{SHORT_PREFIX}{label.upper()}:{height}:{digest}"
    return f"{link}?{text}" if link else text


def is_link(text: str) -> bool:
    """Say whether a text can stand before the `?` of a short code."""
    is_plain = "?" not in text and "#" not in text
    return is_plain and len(text) <= LINK_CHARACTERS_MAX and _LINK.fullmatch(text) is not None


def read_short(text: str) -> Named | None:
    """Return what a short text names; none where it is not one."""
    link, question, after = text.partition("?")
    match = _SHORT.fullmatch(after if question and is_link(link) else text)
    if match is None:
        return None
    label, height, digest = match.groups()
    decoded = base64.b32decode(digest + _PADDING)
    if base64.b32encode(decoded).decode("ascii") != digest + _PADDING:
        return None
    return Named(label, int(height), decoded)


def receipt_in_texts(texts: list[str]) -> bytes:
    """Return the receipt that the codes of one picture hold; raises `VerificationFailed`.

    Where a short code stands beside the dense one, it must name that receipt.
    """
    dense = {text for text in texts if text.startswith(DENSE_PREFIX)}
    named = {one for text in texts if (one := read_short(text)) is not None}
    if len(dense) > 1 or len(named) > 1:
        raise _fail("the picture shows codes of several extracts; verify one at a time")
    if not dense and not named:
        raise _fail(f"the picture shows {len(texts)} codes, none of an extract")
    if not dense:
        raise only_named(next(iter(named)))
    receipt = read_dense(dense.pop())
    digest = hashlib.sha256(receipt).digest()
    for one in named:
        if one.digest != digest:
            why = f"the short code names receipt {one.digest.hex()}, the other is {digest.hex()}"
            raise _fail(why)
    return receipt


def only_named(named: Named) -> VerificationFailed:
    """Return the failure that says that a code names a receipt and does not hold it."""
    return _fail(
        f"the short code names a receipt of ledger {named.label}, height {named.height}, SHA-256 "
        f"{named.digest.hex()}, and does not hold it; read the larger code beside it, from nearer, "
        "or ask for that receipt"
    )


def receipt_in_text(text: str) -> bytes | None:
    """Return the receipt in a pasted text: dense, hexadecimal, base64; none where it is no such.

    Raises `VerificationFailed` where it begins like one and is not.
    """
    if len(text) > TEXT_CHARACTERS_MAX:
        raise _fail(f"{len(text)} characters are over the limit of {TEXT_CHARACTERS_MAX}")
    known = text.strip()
    if known.startswith(DENSE_PREFIX):
        return read_dense(known)
    if (named := read_short(known)) is not None:
        raise only_named(named)
    together = "".join(known.split())
    try:
        if together[: len(_HEX_BEGIN)].lower() == _HEX_BEGIN:
            return binascii.unhexlify(together)
        if together.startswith(_BASE64_BEGIN):
            decoded = base64.b64decode(together, validate=True)
            if base64.b64encode(decoded).decode("ascii") != together:
                raise _fail("begins like a receipt in base64 and has spare bits that are set")
            return decoded
    except ValueError as error:
        raise _fail(f"begins like a receipt in hexadecimal or base64: {error}") from error
    return None
