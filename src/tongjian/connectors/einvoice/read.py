"""One door for every kind of document: what it is shows in its bytes, not in its name."""

import dataclasses
import decimal
from typing import Final

from tongjian.connectors.einvoice import china, china_xml, cii, en16931, ofd, pdf, ubl
from tongjian.connectors.einvoice.archive import is_zip, names_of
from tongjian.connectors.einvoice.document import Document, Finding, Unreadable, no_invoice, sm3
from tongjian.connectors.einvoice.safexml import Node, is_xml, parse

BYTES_MAX: Final = 64 * 1024 * 1024
_PRECISION: Final = 200
"""Digits of intermediate results: products of the longest numbers that are read stay exact."""
_DER_SEQUENCE: Final = b"\x30"
_ADVICE: Final = "Send XML (UBL, CII, EInvoice), OFD or PDF/A-3 with the data attached."


def read_document(data: bytes, name: str) -> Document:
    """Read and check one document.

    `name` is only for messages. Raises `Unreadable` for what is no known document or would do
    harm, and nothing else but `SM2Unavailable` where seals cannot be checked on this machine.
    """
    if len(data) > BYTES_MAX:
        raise Unreadable(name, f"more than {BYTES_MAX} bytes", "limit of this reader", _ADVICE)
    with decimal.localcontext(prec=_PRECISION):
        return _read(data, name)


def _read(data: bytes, name: str) -> Document:
    if is_zip(data):
        if ofd.ENTRY not in names_of(data):
            raise _unknown(name, "it is a ZIP archive without OFD.xml")
        return ofd.read_ofd(data, name)
    if pdf.is_pdf(data):
        return _read_pdf(data, name)
    if is_xml(data):
        return _read_xml(parse(data, name), data, name)
    if data.startswith(_DER_SEQUENCE):
        return ofd.read_seal_file(data, name)
    raise _unknown(
        name, "it begins like none of XML, PDF, OFD or a seal" if data else "it is empty"
    )


def _read_pdf(data: bytes, name: str) -> Document:
    attached, content, findings = pdf.read_attachment(data, name)
    document = _read_xml(parse(content, attached), content, attached)
    return dataclasses.replace(
        document,
        container="PDF",
        sha256=no_invoice("PDF", data).sha256,
        sm3=sm3(data),
        findings=(*findings, *document.findings),
    )


def _read_xml(root: Node, data: bytes, name: str) -> Document:
    if root.namespace in {ubl.INVOICE, ubl.CREDIT_NOTE}:
        return _checked(ubl.read_ubl(root, data))
    if root.namespace in {cii.CII, cii.ZUGFERD_1}:
        return _checked(cii.read_cii(root, data))
    if root.namespace == cii.ORDER_X:
        return cii.read_order(root, data)
    if china_xml.is_chinese(root):
        document, extras = china_xml.read_chinese(root, data)
        message = "The XML carries no seal that can be checked: compare it with the tax register."
        seal = Finding("CN-SEAL", "flag", message)
        return dataclasses.replace(document, findings=(seal, *china.check(document, extras)))
    if root.namespace == ofd.NAMESPACE:
        message = f"This is a part of an OFD package ({root.name}), not a document."
        note = Finding("OFD-PART", "note", message)
        return dataclasses.replace(no_invoice(f"OFD {root.name}", data), findings=(note,))
    raise _unknown(name, "its XML is of no known kind")


def _checked(document: Document) -> Document:
    findings = (*document.findings, *en16931.check(document))
    return dataclasses.replace(document, findings=findings)


def _unknown(name: str, why: str) -> Unreadable:
    return Unreadable(name, why, "known kinds of document", _ADVICE)
