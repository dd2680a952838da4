"""XML that would harm whoever opens it is refused, and nothing but `Unreadable` escapes."""

import re
from pathlib import Path

import pytest
from einvoice_files import BLUE, XML, needs_samples, sample
from hypothesis import given
from hypothesis import strategies as st

from tongjian.connectors.einvoice import Unreadable, read_document, safexml
from tongjian.connectors.einvoice.write import write_e_invoice, write_ubl

UBL = write_ubl(BLUE)
INVOICE = '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">{}</Invoice>'


def refused(data: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read_document(data, "x")
    return caught.value


def test_an_external_entity_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("treasure")
    text = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]><r>&x;</r>'
    error = refused(text.encode())
    assert "DOCTYPE" in error.next_step
    assert "treasure" not in str(error)


def test_a_billion_laughs_are_refused() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "ha">{entities}]><r a="&l9;">&l9;</r>'
    assert "document type" in refused(text.encode()).why


@pytest.mark.parametrize(
    "prolog",
    [
        "<!-- a -->",
        "<!-- <r> --> \n",
        "<?a b?>",
        "<?a b?><!-- c --><?d e?>\n\t ",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_document_type_is_found_behind_comments_and_in_every_encoding(
    prolog: str, encoding: str
) -> None:
    declaration = '<?xml version="1.0" encoding="gb18030"?>' if encoding == "gb18030" else ""
    text = declaration + prolog + "<!DOCTYPE r><r/>"
    assert "document type" in refused(text.encode(encoding)).why


def test_a_document_type_in_a_comment_or_in_text_is_only_text() -> None:
    text = "<!-- <!DOCTYPE html> -->" + INVOICE.format("<ID><![CDATA[<!DOCTYPE html>]]></ID>")
    assert safexml.parse(text.encode(), "x").value("ID") == "<!DOCTYPE html>"


@pytest.mark.parametrize("encoding", ["utf-7", "ibm037", "utf-32", "x-unknown", "hz-gb-2312"])
def test_an_encoding_that_could_hide_markup_is_refused(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><r/>'
    assert "decoded" in refused(text.encode()).why


def test_chinese_encodings_and_utf_16_are_read() -> None:
    text = write_e_invoice(BLUE).decode("utf-8-sig")
    expected = read_document(text.encode(), "x")
    for name, codec in (("GBK", "gbk"), ("gb18030", "gb18030"), ("UTF-16", "utf-16")):
        other = re.sub("encoding='[^']*'", f"encoding='{name}'", text, count=1)
        document = read_document(other.encode(codec), "x")
        assert (document.lines, document.seller) == (expected.lines, expected.seller)


@pytest.mark.parametrize(
    "text",
    [
        "<r>" * 65 + "</r>" * 65,
        "<r>" * 100_000,
        "<r>" + "<a/>" * (safexml.NODES_MAX + 1) + "</r>",
        "<r " + " ".join(f'a{n}="1"' for n in range(65)) + "/>",
        "<r>" + " " * safexml.BYTES_MAX + "</r>",
    ],
    ids=["deep", "unclosed", "many", "attributes", "large"],
)
def test_what_grows_beyond_the_limits_is_refused(text: str) -> None:
    refused(text.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<",
        b"<r",
        b"<r>&undefined;</r>",
        b"<r>\xff</r>",
        b"<r/><r/>",
        b"<!-- ",
        b"<?xml version='1.0'?>",
        b"\xff\xfe<\x00",
        b"\x00\x00\x00<",
        b"<r xmlns:a='b'><a:c></r>",
    ],
)
def test_broken_xml_is_unreadable(data: bytes) -> None:
    refused(data)


def test_a_comment_does_not_split_a_number() -> None:
    data = UBL.replace(b"1130000.00", b"1130<!-- 0 -->000.00")
    assert read_document(data, "x").totals == read_document(UBL, "x").totals


def test_an_element_that_may_stand_once_and_stands_twice_is_refused() -> None:
    tag = rb"<cbc:PayableAmount[^>]*>[^<]*</cbc:PayableAmount>"
    (amount,) = re.findall(tag, UBL)
    assert "2 times" in refused(UBL.replace(amount, amount + amount)).why


def test_an_element_of_a_foreign_namespace_is_not_taken_for_the_real_one() -> None:
    forged = b'<x:ID xmlns:x="urn:x">OTHER</x:ID><cbc:ID>'
    document = read_document(UBL.replace(b"<cbc:ID>", forged, 1), "x")
    assert document.number == BLUE.number


@pytest.mark.parametrize(
    "number", ["1e3", "NaN", "Infinity", "1,130,000.00", "0x10", "1_0", "１", "--1", "9" * 19, ". "]
)
def test_a_number_in_another_spelling_is_unreadable(number: str) -> None:
    refused(UBL.replace(b"1130000.00", number.encode()))


def test_the_longest_numbers_are_computed_with_and_do_not_overflow() -> None:
    line = b'<cbc:InvoicedQuantity unitCode="C62">'
    long = b"9" * 18 + b"." + b"9" * 18
    data = re.sub(line + b"[^<]*", line + long, UBL)
    data = re.sub(rb'(PriceAmount currencyID="CNY">)[^<]*', rb"\g<1>" + long, data)
    data = re.sub(rb"(<cbc:Percent>)[^<]*", rb"\g<1>" + long, data)
    document = read_document(data, "x")
    assert "BR-CO-17" in {f.rule for f in document.errors}


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "0000-00-00", "tomorrow", "2026"])
def test_a_day_that_is_none_is_unreadable(day: str) -> None:
    refused(UBL.replace(b"2026-05-04", day.encode()))


def test_xml_of_another_kind_is_refused_by_name() -> None:
    assert refused(b"<html/>").rule == "known kinds of document"


@given(st.binary(max_size=300))
def test_random_bytes_are_unreadable(data: bytes) -> None:
    for head in (b"", b"<", b"PK\x03\x04", b"%PDF-1.7\n", b"0\x82", b"\xef\xbb\xbf<?xml "):
        try:
            document = read_document(head + data, "x")
        except Unreadable:
            continue
        assert document.kind == "not_an_invoice"


@given(st.data())
def test_a_ubl_invoice_with_bytes_changed_is_read_or_unreadable(data: st.DataObject) -> None:
    changed = bytearray(UBL)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(UBL) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_document(bytes(changed), "x")
    except Unreadable:
        return


@needs_samples
@given(st.data())
def test_a_cii_invoice_cut_short_is_unreadable(data: st.DataObject) -> None:
    whole = sample(f"{XML}/factur-x-en16931.xml").rstrip()
    refused(whole[: data.draw(st.integers(0, len(whole) - 1))])
