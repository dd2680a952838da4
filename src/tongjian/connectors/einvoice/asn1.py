"""asn1crypto behind one typed door: the package carries no types, so they end here."""

import datetime as dt
import importlib
from typing import Any

core: Any = importlib.import_module("asn1crypto.core")
x509: Any = importlib.import_module("asn1crypto.x509")

BYTES_MAX = 4 * 1024 * 1024


def sequence(name: str, *fields: tuple[Any, ...]) -> Any:
    """Make a SEQUENCE of named fields; a third member `OPTIONAL` marks one that may be missing."""
    return type(name, (core.Sequence,), {"_fields": list(fields)})


def sequence_of(name: str, child: Any) -> Any:
    """Make a SEQUENCE OF one kind of child."""
    return type(name, (core.SequenceOf,), {"_child_spec": child})


OPTIONAL: dict[str, Any] = {"optional": True}


def load(structure: Any, der: bytes) -> Any:
    """Parse DER without trailing bytes.

    asn1crypto parses the inside when it is first looked at and raises many kinds of exception on
    hostile input, so whoever calls catches them all around the whole reading.
    """
    if len(der) > BYTES_MAX:
        msg = f"the structure is larger than {BYTES_MAX} bytes"
        raise ValueError(msg)
    return structure.load(der, strict=True)


def is_there(field: Any) -> bool:
    """Ask whether an optional field was given."""
    return not isinstance(field, core.Void)


def moment(field: Any) -> dt.datetime:
    """Return a time with its zone. Raises `ValueError` for one without, or in the year 0."""
    value: object = field.native
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        msg = "the time has no zone"
        raise ValueError(msg)
    return value


def octets(field: Any) -> bytes:
    """Return a BIT STRING of whole bytes. Raises `ValueError` where it says that bits are unused.

    asn1crypto drops that count, and a byte that may be changed unseen is one too many.
    """
    contents: bytes = field.contents
    if contents[:1] != b"\x00":
        msg = "the bit string is not of whole bytes"
        raise ValueError(msg)
    return contents[1:]
