"""Electronic seals of GB/T 38540-2020 (successor of GM/T 0031-2014): structures and checks.

    SES_Signature ::= SEQUENCE { toSign TBS_Sign, cert OCTET STRING, signatureAlgID OBJECT
        IDENTIFIER, signature BIT STRING, timeStamp [0] BIT STRING OPTIONAL }
    TBS_Sign ::= SEQUENCE { version INTEGER, eseal SESeal, timeInfo GeneralizedTime, dataHash BIT
        STRING, propertyInfo IA5String, extDatas OPTIONAL }
    SESeal ::= SEQUENCE { eSealInfo, cert OCTET STRING, signAlgID OBJECT IDENTIFIER, signedValue
        BIT STRING, timeStamp [0] OPTIONAL }

Versions 4 and 5 have this form. Seals of GM/T 0031-2014 (version 1 to 3) have another; no sample
with a clear licence was found to check a reader against, so they are refused by name.
"""

import dataclasses
import datetime as dt
from typing import Any, Final

from tongjian.connectors.einvoice.asn1 import (
    OPTIONAL,
    core,
    is_there,
    load,
    moment,
    octets,
    sequence,
    sequence_of,
    x509,
)
from tongjian.connectors.einvoice.certificate import Certificate, read_certificate
from tongjian.connectors.einvoice.document import Finding, SealReport, Unreadable, sm3
from tongjian.verifier import sm2

SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
_VERSION_MIN: Final = 4
_LIST_OF_CERTIFICATES: Final = 1
_LIST_OF_DIGESTS: Final = 2

_Header: Final = sequence(
    "Header", ("id", core.IA5String), ("version", core.Integer), ("vid", core.IA5String)
)

_Property: Final = sequence(
    "Property",
    ("type", core.Integer),
    ("name", core.UTF8String),
    ("cert_list_type", core.Integer),
    ("cert_list", core.Any),
    ("created", x509.Time),
    ("valid_from", x509.Time),
    ("valid_until", x509.Time),
)

_Picture: Final = sequence(
    "Picture",
    ("type", core.IA5String),
    ("data", core.OctetString),
    ("width", core.Integer),
    ("height", core.Integer),
)

SEAL_INFO: Final = sequence(
    "SealInfo",
    ("header", _Header),
    ("seal_id", core.IA5String),
    ("property", _Property),
    ("picture", _Picture),
    ("extensions", core.Any, OPTIONAL),
)

SEAL: Final = sequence(
    "Seal",
    ("info", SEAL_INFO),
    ("cert", core.OctetString),
    ("algorithm", core.ObjectIdentifier),
    ("signature", core.OctetBitString),
    ("time_stamp", core.Any, OPTIONAL),
)

TO_SIGN: Final = sequence(
    "ToSign",
    ("version", core.Integer),
    ("seal", SEAL),
    ("time", x509.Time),
    ("data_hash", core.OctetBitString),
    ("property_info", core.IA5String),
    ("extensions", core.Any, OPTIONAL),
)

SIGNED_SEAL: Final = sequence(
    "SignedSeal",
    ("to_sign", TO_SIGN),
    ("cert", core.OctetString),
    ("algorithm", core.ObjectIdentifier),
    ("signature", core.OctetBitString),
    ("time_stamp", core.Any, OPTIONAL),
)

CERTS: Final = sequence_of("Certs", core.OctetString)

_CertDigest: Final = sequence(
    "CertDigest", ("type", core.PrintableString), ("value", core.OctetString)
)

CERT_DIGESTS: Final = sequence_of("CertDigests", _CertDigest)


@dataclasses.dataclass(frozen=True, slots=True)
class Seal:
    """A seal as its maker issued it."""

    der: bytes
    version: int
    name: str
    signers: tuple[bytes, ...]
    """Who may use it: certificates, or their SM3 digests."""
    valid_from: dt.datetime
    valid_until: dt.datetime
    maker: Certificate
    signed: bytes
    algorithm: str
    signature: bytes
    has_time_stamp: bool


@dataclasses.dataclass(frozen=True, slots=True)
class SignedSeal:
    """A seal put on a document."""

    seal: Seal
    version: int
    signed_at: dt.datetime
    data_hash: bytes
    property_info: str
    signer: Certificate
    signed: bytes
    algorithm: str
    signature: bytes
    has_time_stamp: bool


def read_seal(der: bytes, what: str) -> Seal:
    """Read a seal, a file `.esl`. Raises `Unreadable`."""
    try:
        return _seal(load(SEAL, der))
    except Exception:  # noqa: BLE001 - asn1crypto raises many kinds on hostile DER
        raise _unreadable(what) from None


def read_signed_seal(der: bytes, what: str) -> SignedSeal:
    """Read a seal put on a document, a file `SignedValue.dat`. Raises `Unreadable`."""
    try:
        parsed = load(SIGNED_SEAL, der)
        body = parsed["to_sign"]
        return SignedSeal(
            seal=_seal(body["seal"]),
            version=body["version"].native,
            signed_at=moment(body["time"]),
            data_hash=octets(body["data_hash"]),
            property_info=body["property_info"].native,
            signer=read_certificate(parsed["cert"].native),
            signed=body.dump(),
            algorithm=parsed["algorithm"].dotted,
            signature=octets(parsed["signature"]),
            has_time_stamp=is_there(parsed["time_stamp"]),
        )
    except Exception:  # noqa: BLE001 - asn1crypto raises many kinds on hostile DER
        raise _unreadable(what) from None


def check_seal(seal: Seal) -> tuple[Finding, ...]:
    """Check that the maker signed the seal. Errors: another algorithm, an invalid signature."""
    found = list(_algorithm(seal.algorithm, "SES-SEAL"))
    try:
        sm2.verify(seal.maker.public_key, sm2.raw_from_der(seal.signature), seal.signed)
    except (sm2.SignatureInvalid, sm2.KeyRefused):
        message = "The maker's signature of the seal is not valid: the seal was altered or forged."
        found.append(Finding("SES-SEAL", "error", message))
    return tuple(found)


def check_signed_seal(stamp: SignedSeal) -> tuple[Finding, ...]:
    """Check the signer's signature, and that the seal was his to use, at the time he states.

    Errors: another algorithm, an invalid signature, a signer the seal does not name. Flags: the
    chain, which is never verified; a seal or certificate out of its period; a time-stamp.
    """
    seal, signer = stamp.seal, stamp.signer
    found = [*check_seal(seal), *_algorithm(stamp.algorithm, "SES-SIGN")]
    try:
        sm2.verify(signer.public_key, sm2.raw_from_der(stamp.signature), stamp.signed)
    except (sm2.SignatureInvalid, sm2.KeyRefused):
        message = "The signature of the seal on the document is not valid."
        found.append(Finding("SES-SIGN", "error", message))
    if not {signer.der, sm3(signer.der)} & set(seal.signers):
        message = "The seal was put on by a key that it does not name."
        found.append(Finding("SES-SIGNER", "error", message))
    for name, start, end in (
        ("seal", seal.valid_from, seal.valid_until),
        ("signer's certificate", signer.valid_from, signer.valid_until),
        ("maker's certificate", seal.maker.valid_from, seal.maker.valid_until),
    ):
        if not start <= stamp.signed_at <= end:
            message = f"The {name} was not in its period of validity when it signed."
            found.append(Finding("SES-PERIOD", "flag", message))
    if stamp.has_time_stamp or seal.has_time_stamp:
        message = "The time-stamp of the seal was not verified; the time is the signer's claim."
        found.append(Finding("SES-TIMESTAMP", "flag", message))
    return (*found, chain_flag(signer))


def chain_flag(signer: Certificate) -> Finding:
    """Say that nobody vouched for the signer, and who he says he is."""
    message = (
        "Chain not verified, for no root is openly available: the certificate names "
        f"{signer.subject}, serial {signer.serial}, valid {signer.valid_from:%Y-%m-%d} to "
        f"{signer.valid_until:%Y-%m-%d}."
    )
    return Finding("SES-CHAIN", "flag", message)


def report_seal(seal: Seal, path: str, findings: tuple[Finding, ...]) -> SealReport:
    """Report a seal that lies in a file of its own."""
    is_valid = not _has(findings, "SES-SEAL")
    maker = seal.maker
    return SealReport(
        path=path,
        kind="seal",
        name=seal.name,
        version=seal.version,
        signer_subject=maker.subject,
        signer_serial=maker.serial,
        signer_valid_from=maker.valid_from,
        signer_valid_until=maker.valid_until,
        maker_subject=maker.subject,
        signed_at=None,
        digests_matching=0,
        digests_stated=0,
        signature_valid=is_valid,
        maker_signature_valid=is_valid,
    )


def report_signed_seal(
    stamp: SignedSeal,
    path: str,
    findings: tuple[Finding, ...],
    covered: frozenset[str] = frozenset(),
    stated: int = 0,
) -> SealReport:
    """Report a seal on a document, with the files whose digests it holds."""
    signer = stamp.signer
    return SealReport(
        path=path,
        kind="signed_seal",
        name=stamp.seal.name,
        version=stamp.version,
        signer_subject=signer.subject,
        signer_serial=signer.serial,
        signer_valid_from=signer.valid_from,
        signer_valid_until=signer.valid_until,
        maker_subject=stamp.seal.maker.subject,
        signed_at=stamp.signed_at,
        digests_matching=len(covered),
        digests_stated=stated,
        signature_valid=not _has(findings, "SES-SIGN"),
        maker_signature_valid=not _has(findings, "SES-SEAL"),
        covered=covered,
    )


def _has(findings: tuple[Finding, ...], rule: str) -> bool:
    return any(f.rule == rule and f.severity == "error" for f in findings)


def _algorithm(dotted: str, rule: str) -> tuple[Finding, ...]:
    if dotted == SM2_WITH_SM3:
        return ()
    message = f"The signature algorithm is {dotted}, not SM2 with SM3 ({SM2_WITH_SM3})."
    return (Finding(rule, "error", message),)


def _seal(parsed: Any) -> Seal:
    info = parsed["info"]
    about = info["property"]
    version: int = info["header"]["version"].native
    if version < _VERSION_MIN:
        raise ValueError(version)
    return Seal(
        der=parsed.dump(),
        version=version,
        name=about["name"].native,
        signers=_signers(about["cert_list_type"].native, about["cert_list"].dump()),
        valid_from=moment(about["valid_from"]),
        valid_until=moment(about["valid_until"]),
        maker=read_certificate(parsed["cert"].native),
        signed=info.dump(),
        algorithm=parsed["algorithm"].dotted,
        signature=octets(parsed["signature"]),
        has_time_stamp=is_there(parsed["time_stamp"]),
    )


def _signers(kind: int, der: bytes) -> tuple[bytes, ...]:
    if kind == _LIST_OF_CERTIFICATES:
        return tuple(load(CERTS, der).native)
    if kind == _LIST_OF_DIGESTS:
        return tuple(entry["value"] for entry in load(CERT_DIGESTS, der).native)
    raise ValueError(kind)


def _unreadable(what: str) -> Unreadable:
    return Unreadable(
        what,
        "it is not a seal of version 4 or 5 in DER",
        "GB/T 38540-2020",
        "Have the seal checked by the verifier of whoever issued it.",
    )
