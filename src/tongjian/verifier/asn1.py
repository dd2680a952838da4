"""asn1crypto behind one typed door, for the verifier: the package carries no types.

It parses the inside of a structure when it is first looked at and raises many kinds of exception on
hostile bytes, so whoever reads wraps the whole reading.
"""

import importlib
from typing import Any, Final

algos: Any = importlib.import_module("asn1crypto.algos")
cms: Any = importlib.import_module("asn1crypto.cms")
tsp: Any = importlib.import_module("asn1crypto.tsp")
x509: Any = importlib.import_module("asn1crypto.x509")
crl: Any = importlib.import_module("asn1crypto.crl")
ocsp: Any = importlib.import_module("asn1crypto.ocsp")
pem: Any = importlib.import_module("asn1crypto.pem")
core: Any = importlib.import_module("asn1crypto.core")

BYTES_MAX: Final = 1024 * 1024


def sequence(name: str, *fields: tuple[Any, ...]) -> Any:
    """Make a SEQUENCE of named fields; a third member holds the options of one."""
    return type(name, (core.Sequence,), {"_fields": list(fields)})


def load(structure: Any, der: bytes) -> Any:
    """Parse DER without trailing bytes; raises `ValueError` and whatever asn1crypto raises."""
    if len(der) > BYTES_MAX:
        msg = f"the structure is larger than {BYTES_MAX} bytes"
        raise ValueError(msg)
    return structure.load(der, strict=True)


def is_there(field: Any) -> bool:
    """Say whether an optional field was given."""
    return not isinstance(field, core.Void)


def bits(field: Any) -> bytes:
    """Return a BIT STRING of whole bytes; raises `ValueError` where bits are unused."""
    contents: bytes = field.contents
    if contents[:1] != b"\x00":
        msg = "a bit string is not of whole bytes"
        raise ValueError(msg)
    return contents[1:]
