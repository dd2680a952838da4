"""Rules of Chinese invoices: number, sums, identifiers, red letters, words and codes."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from einvoice_files import BLUE, CITY, ORIGINAL, RED, SENSORS, VENDOR, needs_samples, sample
from hypothesis import given
from hypothesis import strategies as st

from tongjian.connectors.einvoice import Document, Unreadable, read_document
from tongjian.connectors.einvoice.capitals import read_capitals, write_capitals
from tongjian.connectors.einvoice.china import check_red_letter
from tongjian.connectors.einvoice.china_xml import rate_of
from tongjian.connectors.einvoice.document import minor_units
from tongjian.connectors.einvoice.write import (
    Draft,
    DraftLine,
    DraftParty,
    write_digital,
    write_e_invoice,
)

Write = Callable[[Draft], bytes]
BOTH = pytest.mark.parametrize("write", [write_e_invoice, write_digital])


def altered(data: bytes, old: str, new: str) -> Document:
    assert old.encode() in data
    return read_document(data.replace(old.encode(), new.encode(), 1), "x")


def rules(document: Document, severity: str) -> set[str]:
    return {f.rule for f in document.findings if f.severity == severity}


@BOTH
def test_an_invoice_of_the_demonstration_city_is_right(write: Write) -> None:
    document = read_document(write(BLUE), "x")
    assert document.key == "cn:26990000000012345678"
    assert document.issue_date == dt.date(2026, 5, 4)
    assert document.totals.tax_inclusive is not None
    assert minor_units(document.totals.tax_inclusive) == 1_130_000_00
    assert document.seller.tax_id == VENDOR.tax_id
    assert not document.errors
    assert rules(document, "flag") == {"CN-SEAL"}


@BOTH
@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("26990000000012345678", "2699000000001234567", "CN-NUMBER"),
        ("26990000000012345678", "25990000000012345678", "CN-NUMBER"),
        ("26990000000012345678", "26000000000012345678", "CN-NUMBER"),
        (">1000000.00<", ">1000000.01<", "CN-SUM"),
        (">1130000.00<", ">1130000.01<", "CN-SUM"),
        (">50000.00<", ">50000.01<", "CN-PRICE"),
        (">130000.00<", ">130000.02<", "CN-TAX"),
        ("海州市财政局", "", "CN-PRESENT"),
        ("海明科技", "", "CN-PRESENT"),
        ("91990106MA7K3D2102", "", "CN-PRESENT"),
    ],
)
def test_what_does_not_fit_is_an_error(write: Write, old: str, new: str, rule: str) -> None:
    data = write(BLUE).replace(old.encode(), new.encode())
    assert rule in rules(read_document(data, "x"), "error")


@BOTH
def test_price_times_quantity_may_differ_by_one_fen(write: Write) -> None:
    line = DraftLine("a", "b", 3, 3333, 6)
    data = write(dataclasses.replace(BLUE, lines=(line,)))
    for price, is_right in (("33.3333", True), ("33.335", False), ("33.34", False)):
        document = altered(data, ">33.33<", f">{price}<")
        assert ("CN-PRICE" not in rules(document, "error")) is is_right


@BOTH
@pytest.mark.parametrize(
    ("elements", "rule"),
    [
        (("TaxExclusiveTotalAmount", "TotalAmWithoutTax"), "CN-PRESENT"),
        (("TaxTotalAmount", "TotalTaxAm"), "CN-PRESENT"),
        (("TaxInclusiveTotalAmount", "TotalTax-includedAmount"), "CN-PRESENT"),
        (("IssueDate", "IssueTime"), "CN-PRESENT"),
        (("GoodsInfos", "IssuItemInformation"), "CN-PRESENT"),
        (("Amount", "Amount"), "CN-LINE"),
    ],
)
def test_what_the_law_asks_for_must_be_there(
    write: Write, elements: tuple[str, str], rule: str
) -> None:
    pattern = rf"<(fp:)?({'|'.join(elements)})>.*?</(fp:)?\2>"
    text, count = re.subn(pattern, "", write(BLUE).decode(), count=1, flags=re.DOTALL)
    assert count == 1
    assert rule in rules(read_document(text.encode(), "x"), "error")


@needs_samples
def test_a_code_on_the_page_that_is_not_understood_is_flagged() -> None:
    document = altered(sample(ORIGINAL), "01,10,050001700111,12235358,", "")
    assert "CN-QR" in rules(document, "flag")


def test_an_amount_finer_than_a_fen_is_an_error() -> None:
    data = write_e_invoice(BLUE).replace(b">1000000.00<", b">1000000.001<")
    assert "CN-DECIMALS" in rules(read_document(data, "x"), "error")


@BOTH
def test_a_wrong_check_character_is_flagged_and_not_quoted(write: Write) -> None:
    for good, bad in ((VENDOR.tax_id, "91990106MA7K3D2103"), (CITY.tax_id, "119901000014002176")):
        document = altered(write(BLUE), good, bad)
        assert rules(document, "flag") == {"CN-SEAL", "CN-USCC"}
        assert not document.errors
        assert all(bad not in f.message for f in document.findings)


@BOTH
def test_a_person_as_buyer_is_flagged_as_personal_data(write: Write) -> None:
    document = read_document(
        write(dataclasses.replace(BLUE, buyer=DraftParty("林", "990106199003120029"))), "x"
    )
    assert "CN-PERSON" in rules(document, "flag")
    assert all("990106" not in f.message for f in document.findings)


def test_a_resident_number_with_a_wrong_check_is_flagged_as_no_credit_code() -> None:
    buyer = DraftParty("林", "990106199003120028")
    document = read_document(write_e_invoice(dataclasses.replace(BLUE, buyer=buyer)), "x")
    assert "CN-USCC" in rules(document, "flag")


def test_old_taxpayer_numbers_and_buyers_without_one_are_noted() -> None:
    for tax_id in ("", "990106700011112"):
        buyer = DraftParty("个人", tax_id)
        document = read_document(write_e_invoice(dataclasses.replace(BLUE, buyer=buyer)), "x")
        assert rules(document, "note") == {"CN-PARTY"}
        assert rules(document, "flag") == {"CN-SEAL"}


@BOTH
def test_a_red_letter_points_to_the_blue_invoice(write: Write) -> None:
    document = read_document(write(RED), "x")
    assert document.kind == "red_letter"
    assert document.preceding == (BLUE.number,)
    assert not document.errors
    blue = read_document(write(BLUE), "x")
    assert check_red_letter(document, blue) == ()
    assert check_red_letter(document, blue, Decimal("1017000.00")) == ()


@BOTH
def test_a_red_letter_that_points_nowhere_is_an_error(write: Write) -> None:
    document = read_document(write(dataclasses.replace(RED, blue_number="")), "x")
    assert document.kind == "red_letter"
    assert rules(document, "error") == {"CN-RED-1"}


def test_a_red_letter_with_a_positive_total_is_an_error() -> None:
    data = write_digital(dataclasses.replace(BLUE, blue_number="26990000000012345000"))
    assert rules(read_document(data, "x"), "error") == {"CN-RED-1"}


@pytest.mark.parametrize(
    ("red", "already", "rule"),
    [
        (dataclasses.replace(RED, blue_number="26990000000012345000"), "0", "CN-RED-2"),
        (dataclasses.replace(RED, seller=CITY), "0", "CN-RED-3"),
        (dataclasses.replace(RED, issue_date=dt.date(2026, 5, 3)), "0", "CN-RED-4"),
        (
            dataclasses.replace(RED, lines=(dataclasses.replace(SENSORS, quantity=-21),)),
            "0",
            "CN-RED-5",
        ),
        (RED, "1017000.01", "CN-RED-5"),
    ],
)
def test_a_red_letter_that_takes_what_was_not_given_is_an_error(
    red: Draft, already: str, rule: str
) -> None:
    blue = read_document(write_e_invoice(BLUE), "x")
    found = check_red_letter(read_document(write_e_invoice(red), "x"), blue, Decimal(already))
    assert {f.rule for f in found} == {rule}
    assert all(f.severity == "error" for f in found)


@pytest.mark.parametrize(
    "note",
    [
        "对应正数发票代码:050001700111号码:12235358",
        "对应正数发票代码：050001700111 号码：12235358 折让",
        "红字 发票代码 050001700111,发票号码 12235358",
    ],
)
def test_the_remarks_of_an_old_red_letter_name_code_and_number(note: str) -> None:
    data = write_e_invoice(dataclasses.replace(RED, blue_number="", note=note))
    assert read_document(data, "x").preceding == ("05000170011112235358",)


def test_an_old_invoice_has_code_number_and_a_check_code() -> None:
    old = dataclasses.replace(BLUE, code="050001700111", number="12235358")
    document = read_document(write_e_invoice(old), "x")
    assert document.key == "cn:05000170011112235358"
    assert rules(document, "flag") == {"CN-SEAL", "CN-CHECKCODE"}
    wrong = read_document(write_e_invoice(dataclasses.replace(old, number="1223535")), "x")
    assert rules(wrong, "error") == {"CN-NUMBER"}


def test_the_total_in_words_must_be_the_total_in_figures() -> None:
    data = write_digital(BLUE)
    assert "壹佰壹拾叁万圆整" in data.decode()
    assert "CN-WORDS" in rules(altered(data, "壹佰壹拾叁万圆整", "壹佰壹拾肆万圆整"), "error")
    assert "CN-WORDS" in rules(altered(data, "壹佰壹拾叁万圆整", "一百一十三万元"), "flag")


@needs_samples
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",12235358,", ",12235359,"),
        (",10000.00,", ",10000.01,"),
        (",20200805,", ",20200806,"),
        (",050001700111,", ",050001700112,"),
        (",16630282980991510014,", ",16630282980991510015,"),
    ],
)
def test_the_code_on_the_page_must_say_what_the_invoice_says(old: str, new: str) -> None:
    assert rules(altered(sample(ORIGINAL), old, new), "error") == {"CN-QR"}


def test_a_line_of_the_register_that_is_nil_is_no_line() -> None:
    data = write_digital(BLUE)
    nil = (
        '<IssuItemInformation xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:nil="true"/></EInvoiceData>'
    )
    document = altered(data, "</EInvoiceData>", nil)
    assert len(document.lines) == 1
    assert not document.errors


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("6%", "6"),
        ("0.5%", "0.5"),
        ("13％", "13"),
        ("0.13", "13"),
        ("0.005", "0.5"),
        ("免税", "0"),
        ("不征税", "0"),
        ("***", None),
        ("", None),
    ],
)
def test_rates_are_read_in_the_forms_documents_use(text: str, rate: str | None) -> None:
    assert rate_of(text) == (None if rate is None else Decimal(rate))


@pytest.mark.parametrize("text", ["13", "-6%", "6 %", "six", "1.13", "6%6%"])
def test_a_rate_that_is_not_understood_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        rate_of(text)


def test_a_hidden_rate_is_flagged_as_unchecked() -> None:
    document = altered(write_e_invoice(BLUE), ">13%<", ">***<")
    assert "CN-TAX" in rules(document, "flag")


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_capital_numerals_are_read_as_they_were_written(fen: int) -> None:
    amount = read_capitals(write_capitals(fen))
    assert amount is not None
    assert minor_units(amount.quantize(Decimal("0.01"))) == fen


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("壹万零陆佰圆整", "10600"),
        ("壹万零陆佰元正", "10600"),
        ("人民币 壹拾万零柒仟元伍角叁分", "107000.53"),
        ("壹仟陆佰捌拾圆零叁分", "1680.03"),
        ("拾圆整", "10"),
        ("伍角整", "0.50"),
        ("零圆整", "0"),
        ("（负数）伍佰圆整", "-500"),
        ("壹亿贰仟万圆整", "120000000"),
    ],
)
def test_capital_numerals_of_real_documents_are_read(text: str, amount: str) -> None:
    assert read_capitals(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["", "圆", "壹壹圆整", "万圆整", "佰圆", "壹拾佰圆", "壹万亿壹亿圆", "100圆", "壹圆壹圆"],
)
def test_capital_numerals_that_mean_nothing_are_not_read(text: str) -> None:
    assert read_capitals(text) is None


@given(
    st.lists(
        st.tuples(
            st.integers(-999, 999), st.integers(1, 10**7), st.sampled_from([0, 1, 3, 6, 9, 13])
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([write_e_invoice, write_digital]),
)
def test_whatever_is_written_adds_up(lines: list[tuple[int, int, int]], write: Write) -> None:
    draft = dataclasses.replace(
        BLUE, lines=tuple(DraftLine("a", "b", *line) for line in lines), blue_number=""
    )
    document = read_document(write(draft), "x")
    assert rules(document, "error") <= {"CN-RED-1"}
    assert (document.kind == "red_letter") is (draft.total_fen < 0)
    assert document.totals.tax_total is not None
    assert minor_units(document.totals.tax_total) == draft.tax_fen
