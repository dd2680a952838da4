"""A PDF is read for the one invoice attached to it."""

import io

import pytest
from einvoice_files import BLUE, PDF, XML, needs_samples, sample
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

from tongjian.connectors.einvoice import Unreadable, pdf, read_document
from tongjian.connectors.einvoice.write import write_digital

TOO_LARGE = bytes(pdf.ATTACHMENT_BYTES_MAX + 1)


def pdf_with(*attachments: tuple[str, bytes], password: str = "") -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    for name, data in attachments:
        writer.add_attachment(name, data)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        read_document(data, "x.pdf")
    return caught.value.why


def test_a_chinese_invoice_attached_to_a_pdf_is_read() -> None:
    document = read_document(pdf_with(("data.xml", write_digital(BLUE))), "x.pdf")
    assert document.container == "PDF"
    assert document.key == f"cn:{BLUE.number}"
    assert not document.errors


@needs_samples
def test_the_standard_name_is_preferred_over_other_xml() -> None:
    cii = sample(f"{XML}/factur-x-basic.xml")
    document = read_document(pdf_with(("other.xml", b"<r/>"), ("factur-x.xml", cii)), "x.pdf")
    assert document.syntax == "CII D16B"


def test_a_pdf_without_data_or_with_several_candidates_is_refused() -> None:
    assert refused(pdf_with()) == "it has no invoice data"
    assert refused(pdf_with(("a.txt", b"1"))) == "it has no invoice data"
    assert refused(pdf_with(("a.xml", b"<a/>"), ("b.xml", b"<b/>"))).startswith("several")


def test_a_pdf_with_a_password_is_refused() -> None:
    data = pdf_with(("a.xml", b"<a/>"), password="x")
    assert refused(data) == "the PDF is damaged or encrypted"


def test_attachments_beyond_the_limits_are_refused() -> None:
    assert "too large" in refused(pdf_with(("a.xml", TOO_LARGE)))
    many = [(f"{n}.txt", b"1") for n in range(pdf.ATTACHMENTS_MAX + 1)]
    assert "too many" in refused(pdf_with(*many))
    assert "larger" in refused(b"%PDF-1.7" + bytes(pdf.BYTES_MAX))


@needs_samples
def test_a_signed_pdf_is_flagged_as_not_verified() -> None:
    data = sample(PDF) + b"\n% /Type /Sig /ByteRange [0 1 2 3]"
    document = read_document(data, "x")
    assert {f.rule for f in document.flags} == {"PDF-SIGNATURE"}


@pytest.mark.parametrize("data", [b"%PDF-", b"%PDF-1.7\n%%EOF", b"junk %PDF-1.4 startxref 0 %%EOF"])
def test_a_broken_pdf_is_unreadable(data: bytes) -> None:
    refused(data)


@settings(max_examples=40)
@given(st.data())
def test_a_pdf_with_bytes_changed_is_read_or_unreadable(data: st.DataObject) -> None:
    original = pdf_with(("data.xml", write_digital(BLUE)))
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 5))):
        changed[data.draw(st.integers(0, len(original) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_document(bytes(changed), "x")
    except Unreadable:
        return
