"""The few forms of Protocol Buffers (proto3) that CometBFT hashes, signs and speaks."""

from collections.abc import Iterator
from typing import Final

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
_VARINT_BYTES_MAX: Final = 10
_MASK64: Final = 2**64 - 1
_SIGN: Final = 2**63


class WireError(ValueError):
    """Bytes that are no message."""


def pack_uvarint(value: int) -> bytes:
    """Return an unsigned LEB128 number; a negative one stands as its 64-bit complement."""
    value &= _MASK64
    packed = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        packed.append(value & 0x7F | 0x80)
        value >>= 7
    packed.append(value)
    return bytes(packed)


def read_uvarint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at a place and the place after it; raises `WireError`."""
    value = 0
    for position in range(_VARINT_BYTES_MAX):
        if at + position >= len(data):
            break
        byte = data[at + position]
        value |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:  # noqa: PLR2004 - the last has no continuation bit
            if value > _MASK64:
                break
            return value, at + position + 1
    msg = f"no number stands at byte {at}"
    raise WireError(msg)


def to_signed(value: int) -> int:
    """Return an int64 from its 64-bit complement."""
    return value - (1 << 64) if value >= _SIGN else value


def pack_number(field: int, value: int) -> bytes:
    """Return a varint field; zero is absent, as proto3 has it."""
    return pack_uvarint(field << 3 | VARINT) + pack_uvarint(value) if value else b""


def pack_bytes(field: int, value: bytes) -> bytes:
    """Return a field of bytes; empty ones are absent."""
    return pack_message(field, value) if value else b""


def pack_message(field: int, value: bytes) -> bytes:
    """Return a field that is a message; it stands even where it is empty."""
    return pack_uvarint(field << 3 | BYTES) + pack_uvarint(len(value)) + value


def pack_fixed64(field: int, value: int) -> bytes:
    """Return an sfixed64 field; zero is absent."""
    if not value:
        return b""
    return pack_uvarint(field << 3 | FIXED64) + (value & _MASK64).to_bytes(8, "little")


def pack_time(seconds: int, nanos: int) -> bytes:
    """Return a Timestamp."""
    return pack_number(1, seconds) + pack_number(2, nanos)


def fields_of(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field; raises `WireError` where the bytes are no message."""
    at = 0
    while at < len(data):
        key, at = read_uvarint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = read_uvarint(data, at)
            yield number, value
            continue
        if kind == BYTES:
            size, at = read_uvarint(data, at)
        elif kind == FIXED64:
            size = 8
        else:
            msg = f"field {number} has wire type {kind}"
            raise WireError(msg)
        end = at + size
        if end > len(data):
            msg = f"field {number} ends after the message"
            raise WireError(msg)
        yield number, data[at:end]
        at = end
