"""Invoice XML attached to a PDF/A-3 file (ISO 19005-3; Factur-X 1.0, ZUGFeRD, EInvoice).

Only the attachment is read. The page a person sees may say something else, and signatures of the
PDF itself are not verified: notes and flags say so.
"""

import io
import logging
from typing import Final

from pypdf import PdfReader

from tongjian.connectors.einvoice.document import Finding, Unreadable

BYTES_MAX: Final = 32 * 1024 * 1024
ATTACHMENTS_MAX: Final = 20
ATTACHMENT_BYTES_MAX: Final = 16 * 1024 * 1024

_NAMES: Final = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml", "order-x.xml")

# pypdf writes what it repairs to the log of the process; a hostile file could fill it.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def is_pdf(data: bytes) -> bool:
    """Ask whether the bytes are a PDF; its mark may stand within the first 1 024 bytes."""
    return b"%PDF-" in data[:1024]


def read_attachment(data: bytes, what: str) -> tuple[str, bytes, tuple[Finding, ...]]:
    """Return the name and the bytes of the invoice attached to a PDF, and what was not checked.

    Raises `Unreadable` where there is none, or more than one that could be it.
    """
    if len(data) > BYTES_MAX:
        raise _refuse(what, f"the PDF is larger than {BYTES_MAX} bytes")
    try:
        attached, is_signed = _extract(data)
    except Exception:  # noqa: BLE001 - pypdf raises many kinds on hostile files
        raise _refuse(what, "the PDF is damaged or encrypted") from None
    if attached is None:
        raise _refuse(what, "the PDF has too many or too large attachments")
    known = [pair for pair in attached if pair[0].lower() in _NAMES]
    candidates = known or [pair for pair in attached if pair[0].lower().endswith(".xml")]
    if len(candidates) != 1:
        why = "several attachments could be the invoice" if candidates else "it has no invoice data"
        raise _refuse(what, why)
    note = "The page was not compared with the data: the data counts."
    findings = [Finding("PDF-PAGE", "note", note)]
    if is_signed:
        flag = "The signature of the PDF was not verified."
        findings.append(Finding("PDF-SIGNATURE", "flag", flag))
    name, content = candidates[0]
    return name, content, tuple(findings)


def _extract(data: bytes) -> tuple[list[tuple[str, bytes]] | None, bool]:
    """Return the attachments, None if they are beyond the limits; and whether a signature exists.

    Decompression is bounded by pypdf's own limits (`pypdf.filters`, 75 MB a stream).
    """
    reader = PdfReader(io.BytesIO(data), strict=False)
    found: list[tuple[str, bytes]] = []
    for entry in reader.attachment_list:
        content = entry.content
        if len(found) >= ATTACHMENTS_MAX or len(content) > ATTACHMENT_BYTES_MAX:
            return None, False
        found.append((str(entry.name), content))
    is_signed = b"/ByteRange" in data and b"/Sig" in data
    return found, is_signed


def _refuse(what: str, why: str) -> Unreadable:
    return Unreadable(
        what,
        why,
        "ISO 19005-3, Factur-X 1.0: one XML file attached",
        "Ask the issuer for the electronic original (XML or OFD).",
    )
