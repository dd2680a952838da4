"""What is read of an SM2 certificate (GB/T 20518-2018): who, which key, from when to when.

Chains are not followed: the root of the tax control certificates is not openly available.
"""

import dataclasses
import datetime as dt
from typing import Any, Final

from tongjian.connectors.einvoice.asn1 import load, moment, octets, x509

_SM2_CURVE: Final = "1.2.156.10197.1.301"


@dataclasses.dataclass(frozen=True, slots=True)
class Certificate:
    """The parts of a certificate that a seal is checked with."""

    der: bytes
    subject: str
    """Country, organisation and so on, in the order of the certificate."""
    serial: str
    """Hexadecimal."""
    valid_from: dt.datetime
    valid_until: dt.datetime
    public_key: bytes
    """65 bytes, unchecked."""


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate with an SM2 key.

    Raises `ValueError` for another kind of key; whatever asn1crypto raises for broken DER is left
    to the caller, who wraps the whole structure.
    """
    parsed = load(x509.Certificate, der)
    body = parsed["tbs_certificate"]
    key = body["subject_public_key_info"]
    algorithm = key["algorithm"]
    curve: str = algorithm["parameters"].chosen.dotted
    if algorithm["algorithm"].native != "ec" or curve != _SM2_CURVE:
        msg = "the certificate has no SM2 key"
        raise ValueError(msg)
    validity = body["validity"]
    return Certificate(
        der=der,
        subject=_name(body["subject"]),
        serial=f"{body['serial_number'].native:x}",
        valid_from=moment(validity["not_before"]),
        valid_until=moment(validity["not_after"]),
        public_key=octets(key["public_key"]),
    )


_SHORT: Final = {
    "country_name": "C",
    "state_or_province_name": "ST",
    "locality_name": "L",
    "organization_name": "O",
    "organizational_unit_name": "OU",
    "common_name": "CN",
}


def _name(name: Any) -> str:
    parts: list[str] = []
    for relative in name.chosen:
        for pair in relative:
            kind: str = pair["type"].native
            parts.append(f"{_SHORT.get(kind, kind)}={pair['value'].native}")
    return ",".join(parts)
