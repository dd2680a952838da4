"""COSE_Sign1 messages (RFC 9052, 4.2) as CBOR, opened without trust in what they hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import cbor2

from tongjian.core.merkle import ProofInvalid
from tongjian.verifier.plain_cbor import decode_plain

COSE_SIGN1_TAG: Final = 18


def dump(value: Any) -> bytes:
    """Return the deterministic encoding of a value (RFC 8949, 4.2.1)."""
    return cbor2.dumps(value, canonical=True)


@dataclass(frozen=True)
class Message:
    """A COSE_Sign1, opened."""

    protected: bytes
    headers: dict[Any, Any]
    unprotected: dict[Any, Any]
    payload: bytes | None
    signature: bytes


def open_message(data: bytes, bytes_max: int) -> Message:
    """Return the parts of a COSE_Sign1; raises `ProofInvalid`."""
    if len(data) > bytes_max:
        msg = f"{len(data)} bytes is over the limit of {bytes_max}"
        raise ProofInvalid(msg)
    message = decode(data, "the message")
    if not isinstance(message, cbor2.CBORTag) or message.tag != COSE_SIGN1_TAG:
        msg = "not a COSE_Sign1 (RFC 9052, 4.2)"
        raise ProofInvalid(msg)
    parts = as_list(message.value, "a COSE_Sign1", least=4, most=4)
    protected, payload, signature = parts[0], parts[2], parts[3]
    if not isinstance(protected, bytes) or not isinstance(signature, bytes):
        msg = "protected header and signature of a COSE_Sign1 are byte strings"
        raise ProofInvalid(msg)
    if payload is not None and not isinstance(payload, bytes):
        msg = "the payload of a COSE_Sign1 is a byte string, or nil when it is detached"
        raise ProofInvalid(msg)
    headers = as_map(decode(protected, "the protected header"), "the protected header")
    unprotected = as_map(parts[1], "the unprotected header")
    return Message(protected, headers, unprotected, payload, signature)


def as_map(value: Any, what: str) -> dict[Any, Any]:
    """Return a value as a map; raises `ProofInvalid` where it is none."""
    checked: Any = value
    if not isinstance(checked, Mapping):
        msg = f"{what} is no map"
        raise ProofInvalid(msg)
    found: dict[Any, Any] = dict(value)
    return found


def as_list(value: Any, what: str, *, least: int, most: int) -> list[Any]:
    """Return a value as an array of a length; raises `ProofInvalid`."""
    checked: Any = value
    if not isinstance(checked, list | tuple):
        msg = f"{what} is no array"
        raise ProofInvalid(msg)
    found: list[Any] = list(value)
    if not least <= len(found) <= most:
        msg = f"{what} has {len(found)} parts, not {least} to {most}"
        raise ProofInvalid(msg)
    return found


def _expect_labels(value: Any) -> None:
    """Raise `ValueError` where a map has a key that is no label (RFC 9052, 1.4).

    Else `true` and 1.0 would be found where a label of 1 is looked for.
    """
    checked: Any = value
    inside: list[Any] = []
    if isinstance(checked, cbor2.CBORTag):
        inside = [value.value]
    elif isinstance(checked, list | tuple):
        inside = list(value)
    elif isinstance(checked, Mapping):
        found: dict[Any, Any] = dict(value)
        if any(type(key) not in (int, str) for key in found):
            msg = "a key of a map is neither integer nor text"
            raise ValueError(msg)
        inside = list(found.values())
    for item in inside:
        _expect_labels(item)


def decode(data: bytes, what: str) -> Any:
    """Return the CBOR item that bytes are; raises `ProofInvalid`."""
    try:
        value: Any = decode_plain(data)
        _expect_labels(value)
        canonical = dump(value)
    except Exception as error:
        why = str(error) if type(error) is ValueError else type(error).__name__
        msg = f"{what} is not CBOR: {why}"
        raise ProofInvalid(msg) from error
    # Deterministic but for the order of keys, which other makers choose: a longer form, a repeated
    # key and bytes behind the item all change the length.
    if len(canonical) != len(data):
        msg = f"{what} has bytes beside its shortest form (RFC 8949, 4.2.1)"
        raise ProofInvalid(msg)
    return value
