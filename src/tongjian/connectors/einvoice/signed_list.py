"""The signed list of files of an OFD, against smuggled files (GM/T 0099-2020, 7.4 and annex D).

`OFDEntries.xml` names every file of the document; `signedvalue.dat` is SignedData of GB/T
35275-2017 over its SM3. The list holds names, not digests: it says that no file was added, not
that none was altered.
"""

import dataclasses
from typing import Final

from tongjian.connectors.einvoice.asn1 import core, load, sequence
from tongjian.connectors.einvoice.certificate import Certificate, read_certificate
from tongjian.connectors.einvoice.document import Finding, SealReport, Unreadable, sm3
from tongjian.connectors.einvoice.safexml import parse
from tongjian.connectors.einvoice.ses import chain_flag
from tongjian.verifier import sm2

ENTRIES: Final = "OFDEntries.xml"
_SIGNED_DATA: Final = "1.2.156.10197.6.1.4.2.2"
_SM3_OIDS: Final = frozenset({"1.2.156.10197.1.401", "1.2.156.10197.1.401.1"})
_FORM: Final = "GB/T 35275-2017"

_ContentInfo: Final = sequence(
    "ContentInfo",
    ("type", core.ObjectIdentifier),
    ("content", core.Any, {"explicit": 0, "optional": True}),
)
_SignedData: Final = sequence(
    "SignedData",
    ("version", core.Integer),
    ("digest_algorithms", core.Any),
    ("content", _ContentInfo),
    ("certificates", core.Any, {"implicit": 0, "optional": True}),
    ("signers", core.SetOf, {"spec": core.Any}),
)
_SignerInfo: Final = sequence(
    "SignerInfo",
    ("version", core.Integer),
    ("issuer_and_serial", core.Any),
    ("digest_algorithm", core.Any),
    ("signature_algorithm", core.Any),
    ("signature", core.OctetString),
)


@dataclasses.dataclass(frozen=True, slots=True)
class _SignedList:
    content: bytes
    signer: Certificate
    signature: bytes


def check_file_list(files: dict[str, bytes]) -> tuple[SealReport | None, tuple[Finding, ...]]:
    """Verify the list of files of an OFD, if it has one. Raises `Unreadable` for a broken one."""
    entries = files.get(ENTRIES)
    if entries is None:
        return None, ()
    root = parse(entries, ENTRIES)
    place = root.value("SignedValueLoc").lstrip("/")
    listed = {node.attributes.get("FileLoc", "").lstrip("/") for node in root.all("FileList/File")}
    signed = _read(files.get(place, b""), place or ENTRIES)
    findings = [*_verify(signed, entries), chain_flag(signed.signer)]
    others = files.keys() - listed - {ENTRIES, place}
    if others or listed - files.keys():
        message = "Files of the package and of its signed list differ: a file was added or removed."
        findings.append(Finding("GM-0099-LIST", "error", message))
    message = "The signed list protects the names of the files, not their contents."
    findings.append(Finding("GM-0099-LIST", "note", message))
    return _report(signed, place, tuple(findings)), tuple(findings)


def _verify(signed: _SignedList, entries: bytes) -> tuple[Finding, ...]:
    found: list[Finding] = []
    if signed.content != sm3(entries):
        message = "The list of files is not the one that was signed."
        found.append(Finding("GM-0099-SIGN", "error", message))
    try:
        sm2.verify(signed.signer.public_key, sm2.raw_from_der(signed.signature), signed.content)
    except (sm2.SignatureInvalid, sm2.KeyRefused):
        message = "The signature of the list of files is not valid."
        found.append(Finding("GM-0099-SIGN", "error", message))
    return tuple(found)


def _report(signed: _SignedList, path: str, findings: tuple[Finding, ...]) -> SealReport:
    signer = signed.signer
    is_valid = not any(f.rule == "GM-0099-SIGN" for f in findings)
    return SealReport(
        path=path,
        kind="file_list",
        name="",
        version=1,
        signer_subject=signer.subject,
        signer_serial=signer.serial,
        signer_valid_from=signer.valid_from,
        signer_valid_until=signer.valid_until,
        maker_subject="",
        signed_at=None,
        digests_matching=0,
        digests_stated=0,
        signature_valid=is_valid,
        maker_signature_valid=True,
    )


def _read(der: bytes, what: str) -> _SignedList:
    try:
        return _parse(der)
    except Exception:  # noqa: BLE001 - asn1crypto raises many kinds on hostile DER
        raise Unreadable(
            what,
            "it is not data signed by one signer with SM2 and SM3",
            _FORM,
            "Have the file checked by whoever issued it.",
        ) from None


def _parse(der: bytes) -> _SignedList:
    outer = load(_ContentInfo, der)
    body = outer["content"].parse(_SignedData)
    signers = body["signers"]
    signer = signers[0].parse(_SignerInfo)
    digest: str = signer["digest_algorithm"].parse(core.Sequence)[0].dotted
    if outer["type"].dotted != _SIGNED_DATA or len(signers) != 1 or digest not in _SM3_OIDS:
        raise ValueError(digest)
    return _SignedList(
        content=body["content"]["content"].parse(core.OctetString).native,
        signer=read_certificate(body["certificates"].contents),
        signature=signer["signature"].native,
    )
