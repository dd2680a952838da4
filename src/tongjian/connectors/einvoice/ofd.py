"""OFD packages (GB/T 33190-2016): the invoice attached to one, and the seals on it.

A seal holds the SM3 digest of each file it covers and is itself signed. What is checked, in order:
1. each `Reference` of Signature.xml against the file; 2. the digest of Signature.xml inside the
signed seal; 3. the signer's signature, the maker's, and that the seal names the signer; 4. that
the invoice is covered; 5. that the unsigned entry file says nothing else than the invoice.
"""

import base64
import binascii
import dataclasses
import datetime as dt
import posixpath
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from tongjian.connectors.einvoice import china, china_xml, ses
from tongjian.connectors.einvoice.archive import unpack
from tongjian.connectors.einvoice.document import (
    Document,
    Finding,
    SealReport,
    Unreadable,
    date_of,
    decimal_of,
    no_invoice,
    sm3,
)
from tongjian.connectors.einvoice.safexml import Node, is_xml, parse
from tongjian.connectors.einvoice.signed_list import ENTRIES, check_file_list

ENTRY: Final = "OFD.xml"
NAMESPACE: Final = "http://www.ofdspec.org/2016"
_SM3_NAMES: Final = frozenset({"SM3", "1.2.156.10197.1.401"})
_SIGNATURES_MAX: Final = 32
_REFERENCES_MAX: Final = 4000
_ADVICE: Final = "Fetch the file again; if it stays so, ask the issuer."


@dataclasses.dataclass(frozen=True, slots=True)
class _Checked:
    """What the seals of a package came to."""

    reports: tuple[SealReport, ...]
    findings: tuple[Finding, ...]
    covered: frozenset[str]
    """Files under a seal that is valid in every respect but the chain."""
    signature_files: frozenset[str]


def read_ofd(data: bytes, what: str) -> Document:
    """Read an OFD package; a document without an invoice in it is reported with its seals.

    Raises `Unreadable`.
    """
    files = unpack(data, what)
    entry = _xml(files, ENTRY)
    bodies = list(entry.all("DocBody"))
    checked = _signatures(files, bodies)
    report, list_findings = check_file_list(files)
    seals = (*checked.reports, *([report] if report else []))
    findings = (*checked.findings, *list_findings)
    invoices = [found for body in bodies for found in _invoices(files, body.value("DocRoot"), data)]
    if len(invoices) > 1:
        raise Unreadable(what, "it holds several invoices", "one file, one invoice", _ADVICE)
    if not invoices:
        message = "The OFD document holds no invoice data (e-invoice/2019 or EInvoice)."
        note = Finding("OFD-INVOICE", "note", message)
        return dataclasses.replace(no_invoice("OFD", data), findings=(*findings, note), seals=seals)
    path, document, extras = invoices[0]
    return dataclasses.replace(
        document,
        container="OFD",
        seals=seals,
        findings=(
            *findings,
            *_coverage(files, path, checked),
            *_entry_data(bodies, document, extras),
            *china.check(document, extras),
        ),
    )


def read_seal_file(data: bytes, what: str) -> Document:
    """Read a seal (`.esl`) or a signed seal (`SignedValue.dat`) that lies on its own.

    Raises `Unreadable`.
    """
    try:
        seal = ses.read_seal(data, what)
    except Unreadable:
        stamp = ses.read_signed_seal(data, what)
        message = "The signed document is not here, so its digest was not compared."
        findings = (*ses.check_signed_seal(stamp), Finding("SES-DIGEST", "flag", message))
        report = ses.report_signed_seal(stamp, what, findings)
        syntax = "GB/T 38540 signed seal"
    else:
        findings = (*ses.check_seal(seal), ses.chain_flag(seal.maker))
        report = ses.report_seal(seal, what, findings)
        syntax = "GB/T 38540 seal"
    return dataclasses.replace(no_invoice(syntax, data), findings=findings, seals=(report,))


def resolve(base: str, location: str) -> str:
    """Return the name of a file in the package from a location written in the file `base`.

    GB/T 33190-2016, 7.3 ST_Loc: from the root with a leading slash, else from the folder of base.
    Raises `Unreadable` for a location outside the package.
    """
    folder = "" if location.startswith("/") else posixpath.dirname(base)
    name = posixpath.normpath(posixpath.join(folder, location.lstrip("/")))
    if name.startswith(("..", "/")) or not location:
        raise Unreadable(base, "it points outside the package", "GB/T 33190-2016, 7.3", _ADVICE)
    return name


def _xml(files: dict[str, bytes], name: str) -> Node:
    data = files.get(name)
    if data is None:
        why = f"the file {name} is missing"
        raise Unreadable("OFD package", why, "GB/T 33190-2016, 7", _ADVICE)
    return parse(data, name)


def _invoices(
    files: dict[str, bytes], root_location: str, data: bytes
) -> Iterator[tuple[str, Document, china_xml.Extras]]:
    """Find the attachments that are invoices (GB/T 33190-2016, 20)."""
    root = resolve(ENTRY, root_location)
    for location in _xml(files, root).all("Attachments"):
        name = resolve(root, location.text)
        for place in _xml(files, name).all("Attachment/FileLoc"):
            path = resolve(name, place.text)
            if path not in files:
                why = f"the attachment {path} is missing"
                raise Unreadable("OFD package", why, "GB/T 33190-2016, 20", _ADVICE)
            if is_xml(files[path]):
                node = parse(files[path], path)
                if china_xml.is_chinese(node):
                    yield path, *china_xml.read_chinese(node, data)


def _signatures(files: dict[str, bytes], bodies: list[Node]) -> _Checked:
    reports: list[SealReport] = []
    findings: list[Finding] = []
    covered: set[str] = set()
    own: set[str] = set()
    for location in (node for body in bodies for node in body.all("Signatures")):
        index = resolve(ENTRY, location.text)
        own.add(index)
        entries = list(_xml(files, index).all("Signature"))
        if len(entries) > _SIGNATURES_MAX:
            raise Unreadable(index, "it lists too many seals", "limit of this reader", _ADVICE)
        for entry in entries:
            path = resolve(index, entry.attributes.get("BaseLoc", ""))
            report, found, names = _signature(files, path)
            reports.append(report)
            findings.extend(found)
            own.update(names)
            if not any(f.severity == "error" for f in found):
                covered |= report.covered
    return _Checked(tuple(reports), tuple(findings), frozenset(covered), frozenset(own))


def _signature(
    files: dict[str, bytes], path: str
) -> tuple[SealReport, tuple[Finding, ...], frozenset[str]]:
    """Verify one seal; return its report, the findings and the files that it consists of."""
    node = _xml(files, path)
    value = resolve(path, node.value("SignedValue"))
    stamp = ses.read_signed_seal(files.get(value, b""), value)
    references = list(node.all("SignedInfo/References/Reference"))
    method = node.one("SignedInfo/References")
    covered, findings = _references(
        files, path, references, "" if method is None else method.attributes.get("CheckMethod", "")
    )
    if stamp.data_hash != sm3(files[path]):
        message = f"{path} is not what was sealed: its digest differs."
        findings.append(Finding("SES-DIGEST", "error", message))
    if stamp.property_info.lstrip("/") != path:
        message = "The seal names another place than the one it was found at."
        findings.append(Finding("SES-PLACE", "flag", message))
    seal_file = node.value("SignedInfo/Seal/BaseLoc")
    names = {path, value}
    if seal_file:
        seal_path = resolve(path, seal_file)
        names.add(seal_path)
        if files.get(seal_path) != stamp.seal.der:
            message = f"{seal_path} is not the seal that was put on the document."
            findings.append(Finding("SES-SEAL", "error", message))
    findings.extend(ses.check_signed_seal(stamp))
    report = ses.report_signed_seal(stamp, path, tuple(findings), covered, len(references))
    return report, tuple(findings), frozenset(names)


def _references(
    files: dict[str, bytes], path: str, references: list[Node], method: str
) -> tuple[frozenset[str], list[Finding]]:
    """Compare the digest of every referenced file; return those that match."""
    if method not in _SM3_NAMES:
        message = f"{path} uses a digest other than SM3 (GB/T 32905-2016), which is not accepted."
        return frozenset(), [Finding("OFD-DIGEST", "error", message)]
    if not 0 < len(references) <= _REFERENCES_MAX:
        message = f"{path} refers to no file, or to more than {_REFERENCES_MAX}."
        return frozenset(), [Finding("OFD-DIGEST", "error", message)]
    covered: set[str] = set()
    findings: list[Finding] = []
    for reference in references:
        name = resolve(path, reference.attributes.get("FileRef", ""))
        if name not in files:
            message = f"{name} is missing although it was sealed."
            findings.append(Finding("OFD-DIGEST", "error", message))
        elif sm3(files[name]) != _base64(reference.value("CheckValue")):
            message = f"{name} was altered after it was sealed: its digest differs."
            findings.append(Finding("OFD-DIGEST", "error", message))
        else:
            covered.add(name)
    return frozenset(covered), findings


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _coverage(files: dict[str, bytes], path: str, checked: _Checked) -> Iterator[Finding]:
    """Check that a valid seal covers the invoice, and say which files none covers."""
    if not checked.reports:
        message = "The OFD invoice carries no seal (GB/T 38540-2020)."
        yield Finding("OFD-SEAL", "error", message)
    elif path not in checked.covered:
        yield Finding("OFD-SEAL", "error", "No valid seal covers the invoice data.")
    loose = files.keys() - checked.covered - checked.signature_files - {ENTRY, ENTRIES}
    if loose:
        message = f"{len(loose)} files of the package are under no valid seal."
        yield Finding("OFD-UNSEALED", "flag", message)


def _entry_data(
    bodies: list[Node], document: Document, extras: china_xml.Extras
) -> Iterator[Finding]:
    """Compare the unsigned fields in OFD.xml, which viewers and scanners show, with the invoice."""
    totals = document.totals
    expected: dict[str, object] = {
        "发票代码": document.code,
        "发票号码": document.number,
        "合计金额": totals.tax_exclusive,
        "合计税额": totals.tax_total,
        "价税合计": totals.tax_inclusive,
        "开票日期": document.issue_date,
        "校验码": extras.check_code,
        "购买方名称": document.buyer.name,
        "购买方纳税人识别号": document.buyer.tax_id,
        "销售方名称": document.seller.name,
        "销售方纳税人识别号": document.seller.tax_id,
    }
    for body in bodies:
        for field in body.all("DocInfo/CustomDatas/CustomData"):
            name = field.attributes.get("Name", "")
            if name in expected and not _says(field.text.strip(), expected[name]):
                message = f"The unsigned field {name} in {ENTRY} differs from the invoice."
                yield Finding("OFD-ENTRY", "error", message)


def _says(text: str, value: object) -> bool:
    """Ask whether a text means a value, however amounts and dates are written."""
    try:
        if isinstance(value, Decimal):
            return decimal_of(text.lstrip("￥¥ ").replace(",", ""), ENTRY) == value
        if isinstance(value, dt.date):
            return date_of(text, ENTRY) == value
    except Unreadable:
        return False
    return text == (value or "")
