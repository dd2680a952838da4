"""Each business rule of EN 16931 is broken once, and found under its number."""

import re
from decimal import Decimal

import pytest
from einvoice_files import BLUE, CITY, VENDOR, XML, needs_samples, sample
from hypothesis import given
from hypothesis import strategies as st

from tongjian.connectors.einvoice import Document, read_document
from tongjian.connectors.einvoice.document import AmountRefused, minor_units
from tongjian.connectors.einvoice.en16931 import Level, level_of
from tongjian.connectors.einvoice.write import Draft, DraftLine, write_ubl

UBL = f"{XML}/ubl-21-en16931.xml"
CII = f"{XML}/factur-x-en16931.xml"
SIMPLE = write_ubl(BLUE)


def errors(data: bytes) -> set[str]:
    return {f.rule for f in read_document(data, "x").errors}


def flags(document: Document) -> set[str]:
    return {f.rule for f in document.flags}


def change(data: bytes, pattern: str, replacement: str) -> bytes:
    text, count = re.subn(pattern, replacement, data.decode("utf-8-sig"), count=1, flags=re.DOTALL)
    assert count == 1, pattern
    return text.encode()


@pytest.mark.parametrize(
    ("element", "old", "new", "rules"),
    [
        ("LineExtensionAmount", "273.00", "274.00", {"BR-CO-10", "BR-CO-13"}),
        ("AllowanceTotalAmount", "5.50", "6.50", {"BR-CO-11", "BR-CO-13"}),
        ("ChargeTotalAmount", "5.50", "6.50", {"BR-CO-12", "BR-CO-13"}),
        ("TaxExclusiveAmount", "273.00", "272.00", {"BR-CO-13", "BR-CO-15"}),
        ("TaxAmount", "35.03", "36.03", {"BR-CO-14", "BR-CO-15"}),
        ("TaxInclusiveAmount", "308.03", "309.03", {"BR-CO-15", "BR-CO-16"}),
        ("PrepaidAmount", "100.00", "90.00", {"BR-CO-16"}),
        ("PayableAmount", "208.03", "208.04", {"BR-CO-16"}),
        ("TaxableAmount", "138.00", "139.00", {"BR-S-08"}),
    ],
)
@needs_samples
def test_a_sum_that_does_not_fit_its_parts_is_an_error(
    element: str, old: str, new: str, rules: set[str]
) -> None:
    pattern = rf"(<cbc:{element} [^>]*>){re.escape(old)}"
    found = errors(change(sample(UBL), pattern, rf"\g<1>{new}"))
    assert rules <= found
    assert found <= rules | {"BR-CO-17"}


@pytest.mark.parametrize(
    ("element", "old", "new", "rule"),
    [
        ("LineTotalAmount", "95.00", "96.00", "BR-CO-10"),
        ("AllowanceTotalAmount", "9.00", "8.00", "BR-CO-11"),
        ("ChargeTotalAmount", "14.00", "15.00", "BR-CO-12"),
        ("TaxBasisTotalAmount", "100.00", "101.00", "BR-CO-13"),
        ("TaxTotalAmount", "4.90", "5.90", "BR-CO-14"),
        ("GrandTotalAmount", "104.90", "105.90", "BR-CO-15"),
        ("DuePayableAmount", "104.90", "105.90", "BR-CO-16"),
    ],
)
@needs_samples
def test_the_same_rules_hold_in_cii(element: str, old: str, new: str, rule: str) -> None:
    pattern = rf"(<ram:{element}[^>]*>){re.escape(old)}"
    assert rule in errors(change(sample(CII), pattern, rf"\g<1>{new}"))


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        (r"<cbc:CustomizationID>.*?</cbc:CustomizationID>", "BR-01"),
        (r"<cbc:ID>.*?</cbc:ID>", "BR-02"),
        (r"<cbc:IssueDate>.*?</cbc:IssueDate>", "BR-03"),
        (r"<cbc:InvoiceTypeCode>.*?</cbc:InvoiceTypeCode>", "BR-04"),
        (r"<cbc:DocumentCurrencyCode>.*?</cbc:DocumentCurrencyCode>", "BR-05"),
        (r"<cac:AccountingSupplierParty>.*?</cac:AccountingSupplierParty>", "BR-06"),
        (r"<cac:AccountingCustomerParty>.*?</cac:AccountingCustomerParty>", "BR-07"),
        (r"<cac:PostalAddress>.*?</cac:PostalAddress>", "BR-08"),
        (r"<cac:Country>.*?</cac:Country>", "BR-09"),
        (r"<cbc:TaxExclusiveAmount.*?</cbc:TaxExclusiveAmount>", "BR-13"),
        (r"<cbc:TaxInclusiveAmount.*?</cbc:TaxInclusiveAmount>", "BR-14"),
        (r"<cbc:PayableAmount.*?</cbc:PayableAmount>", "BR-15"),
        (r"<cac:InvoiceLine>.*</cac:InvoiceLine>", "BR-16"),
        (r"(?<=<cac:InvoiceLine>)\s*<cbc:ID>.*?</cbc:ID>", "BR-21"),
        (r"<cbc:InvoicedQuantity.*?</cbc:InvoicedQuantity>", "BR-22"),
        (r' unitCode="C62"', "BR-23"),
        (r"<cbc:Name>.*?</cbc:Name>", "BR-25"),
        (r"<cac:Price>.*?</cac:Price>", "BR-26"),
        (r"<cac:ClassifiedTaxCategory>.*?</cac:ClassifiedTaxCategory>", "BR-CO-04"),
        (r"<cac:TaxSubtotal>.*?</cac:TaxSubtotal>", "BR-CO-18"),
        (r"<cbc:TaxableAmount.*?</cbc:TaxableAmount>", "BR-45"),
        (r"<cbc:Percent>.*?</cbc:Percent>", "BR-48"),
    ],
)
def test_what_must_be_there_and_is_not_is_an_error(pattern: str, rule: str) -> None:
    assert rule in errors(change(SIMPLE, pattern, ""))


def test_more_than_two_decimals_are_an_error_even_if_they_are_zeros() -> None:
    data = SIMPLE.replace(b"1130000.00<", b"1130000.000<")
    assert errors(data) == {"BR-DEC-14", "BR-DEC-18"}


def test_a_negative_price_is_an_error() -> None:
    assert "BR-27" in errors(change(SIMPLE, r"(<cbc:PriceAmount[^>]*>)", r"\g<1>-"))


def test_an_amount_in_another_currency_is_an_error() -> None:
    data = change(SIMPLE, 'PayableAmount currencyID="CNY"', 'PayableAmount currencyID="JPY"')
    assert errors(data) == {"BT-5"}


def test_a_currency_that_is_no_code_is_an_error() -> None:
    assert errors(SIMPLE.replace(b"CNY", b"yuan")) == {"BR-CL-03"}


def test_a_tax_off_by_more_than_a_unit_is_an_error_and_by_less_a_flag() -> None:
    for tax, severity in (("130000.01", None), ("130000.50", "flag"), ("130001.00", "error")):
        total = Decimal(1_000_000) + Decimal(tax)
        data = SIMPLE.replace(b"130000.00<", tax.encode() + b"<", 2)
        data = re.sub(rb">1130000.00<", f">{total}<".encode(), data)
        document = read_document(data, "x")
        found = [f.severity for f in document.findings if f.rule == "BR-CO-17"]
        assert found == ([severity] if severity else [])


def test_a_line_that_is_not_quantity_times_price_is_flagged() -> None:
    data = change(SIMPLE, r"(<cbc:PriceAmount[^>]*>)50000.00", r"\g<1>49999.00")
    document = read_document(data, "x")
    assert flags(document) == {"BT-131"}
    assert not document.errors


def test_an_exempt_row_must_be_zero_and_have_a_reason() -> None:
    free = Draft("1", BLUE.issue_date, VENDOR, CITY, (DraftLine("a", "b", 1, 100, 0),))
    data = write_ubl(free).replace(b"<cbc:ID>Z</cbc:ID>", b"<cbc:ID>E</cbc:ID>")
    document = read_document(data, "x")
    assert not document.errors
    assert flags(document) == {"BR-E-10"}
    taxed = change(data, r"(<cac:TaxSubtotal>.*?<cbc:TaxAmount[^>]*>)0.00", r"\g<1>0.13")
    assert "BR-E-09" in errors(taxed)


def test_an_unknown_category_is_an_error() -> None:
    assert "BR-CL-17" in errors(SIMPLE.replace(b"<cbc:ID>S</cbc:ID>", b"<cbc:ID>Q</cbc:ID>"))


def test_a_credit_note_is_known_by_its_root_or_its_code() -> None:
    by_root = SIMPLE
    for old, new in (
        (b"Invoice-2", b"CreditNote-2"),
        (b"<Invoice ", b"<CreditNote "),
        (b"</Invoice>", b"</CreditNote>"),
        (b"InvoiceTypeCode", b"CreditNoteTypeCode"),
        (b"InvoiceLine", b"CreditNoteLine"),
        (b"InvoicedQuantity", b"CreditedQuantity"),
    ):
        assert old in by_root
        by_root = by_root.replace(old, new)
    for data in (by_root, SIMPLE.replace(b">380<", b">381<")):
        document = read_document(data, "x")
        assert document.kind == "credit_note"
        assert document.findings == ()


def test_the_key_is_the_same_however_a_vat_number_is_spaced() -> None:
    other = SIMPLE.replace(VENDOR.tax_id.encode(), b" 9199 0106ma7k3d2102 ")
    assert read_document(other, "x").key == read_document(SIMPLE, "x").key


@given(
    st.tuples(st.text("ab|%", max_size=3), st.text("ab|%", max_size=3)),
    st.tuples(st.text("ab|%", max_size=3), st.text("ab|%", max_size=3)),
)
def test_two_invoices_have_one_key_only_if_seller_and_number_agree(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    keys: list[str] = []
    for seller, number in (one, other):
        data = SIMPLE.replace(VENDOR.tax_id.encode(), seller.encode())
        data = data.replace(VENDOR.name.encode(), b"name")
        data = data.replace(BLUE.number.encode(), number.encode(), 1)
        keys.append(read_document(data, "x").key)
    same_seller = (one[0].upper() or "NAME") == (other[0].upper() or "NAME")
    assert (keys[0] == keys[1]) is (same_seller and one[1] == other[1])


def test_profiles_are_ordered_by_what_they_carry() -> None:
    assert level_of("urn:ferd:CrossIndustryDocument:invoice:1p0:basic") is Level.ARITHMETIC
    assert level_of("urn:factur-x.eu:1p0:minimum") is Level.HEADER
    assert level_of("urn:factur-x.eu:1p0:basicwl") is Level.BREAKDOWN
    assert level_of("urn:cen.eu:en16931:2017") is Level.FULL
    assert level_of("") is Level.FULL


@given(st.integers(-(10**17), 10**17), st.integers(0, 2))
def test_minor_units_are_exact(fen: int, decimals: int) -> None:
    amount = Decimal(fen).scaleb(-decimals)
    assert minor_units(amount) == fen * 10 ** (2 - decimals)


@pytest.mark.parametrize("text", ["0.001", "1.000", "NaN", "Infinity"])
def test_an_amount_finer_than_a_fen_is_refused(text: str) -> None:
    with pytest.raises(AmountRefused, match="decimals"):
        minor_units(Decimal(text))


@given(
    st.lists(
        st.tuples(st.integers(1, 999), st.integers(1, 10**7), st.sampled_from([0, 3, 6, 9, 13])),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_is_written_as_ubl_adds_up(lines: list[tuple[int, int, int]]) -> None:
    draft = Draft(
        "1", BLUE.issue_date, VENDOR, CITY, tuple(DraftLine("a", "b", *line) for line in lines)
    )
    document = read_document(write_ubl(draft), "x")
    assert document.findings == ()
    assert document.totals.line_total is not None
    assert minor_units(document.totals.line_total) == draft.net_fen
