"""Amounts in capital numerals and grouped digits, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongjian.verifier.amounts import (
    FEN_ABS_MAX,
    AmountMalformed,
    capital_numerals,
    fen_from_capital_numerals,
    fen_from_grouped_digits,
    grouped_digits,
)

AMOUNTS = st.integers(-FEN_ABS_MAX, FEN_ABS_MAX) | st.integers(-(10**9), 10**9)

# Few digits, many zeros: where the rules of 零 are decided.
SPARSE = st.lists(st.sampled_from("0000019"), min_size=1, max_size=18).map(
    lambda d: int("".join(d))
)


@pytest.mark.parametrize(
    ("fen", "capitals", "grouped"),
    [
        (113_000_000, "壹佰壹拾叁万元整", "1,130,000.00"),
        (44_160_000, "肆拾肆万壹仟陆佰元整", "441,600.00"),
        (300_000, "叁仟元整", "3,000.00"),
        (1_850_000, "壹万捌仟伍佰元整", "18,500.00"),
        (0, "零元整", "0.00"),
        (1, "壹分", "0.01"),
        (10, "壹角整", "0.10"),
        (15, "壹角伍分", "0.15"),
        (100, "壹元整", "1.00"),
        (101, "壹元零壹分", "1.01"),
        (110, "壹元壹角整", "1.10"),
        (1000, "壹拾元整", "10.00"),
        # The examples of the bank rules.
        (140_950, "壹仟肆佰零玖元伍角整", "1,409.50"),
        (600_714, "陆仟零柒元壹角肆分", "6,007.14"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分", "16,409.02"),
        (32_504, "叁佰贰拾伍元零肆分", "325.04"),
        (1_000_000_00, "壹佰万元整", "1,000,000.00"),
        (1_000_100_00, "壹佰万零壹佰元整", "1,000,100.00"),
        (1_005_000_00, "壹佰万伍仟元整", "1,005,000.00"),
        (100_000_005_00, "壹亿零伍元整", "100,000,005.00"),
        (100_050_000_00, "壹亿零伍万元整", "100,050,000.00"),
        (10_005_000_00, "壹仟万伍仟元整", "10,005,000.00"),
        (100_000_000_000_000, "壹万亿元整", "1,000,000,000,000.00"),
        (100_010_000_000_000, "壹万零壹亿元整", "1,000,100,000,000.00"),
        (123_400_000_005_000, "壹万贰仟叁佰肆拾亿零伍拾元整", "1,234,000,000,050.00"),
        (-113_000_001, "负壹佰壹拾叁万元零壹分", "-1,130,000.01"),
    ],
)
def test_amounts_are_written_as_bills_require(fen: int, capitals: str, grouped: str) -> None:
    assert capital_numerals(fen) == capitals
    assert fen_from_capital_numerals(capitals) == fen
    assert grouped_digits(fen) == grouped
    assert fen_from_grouped_digits(grouped) == fen


@given(AMOUNTS | SPARSE)
def test_both_forms_read_back_to_the_same_fen(fen: int) -> None:
    assert fen_from_capital_numerals(capital_numerals(fen)) == fen
    assert fen_from_grouped_digits(grouped_digits(fen)) == fen


@given(SPARSE)
def test_no_two_zeros_stand_together_and_none_before_a_unit(fen: int) -> None:
    text = capital_numerals(fen)
    assert "零零" not in text
    assert not any(f"零{unit}" in text for unit in "拾佰仟万亿角分整")
    assert text.count("亿") <= 1
    assert text == "零元整" or not text.startswith("零")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "元整",
        "壹佰元",
        "壹元壹分整",
        "壹元零壹角整",
        "壹佰零零壹元整",
        "壹佰壹元整",
        "壹佰零壹拾元整",
        "零壹元整",
        "壹拾亿亿元整",
        "一百元整",
        "100元整",
        "负零元整",
        "壹元整\n",
        "玖仟玖佰玖拾玖万" * 20 + "元整",
        "壹万万万万万元整",
    ],
)
def test_capitals_in_another_form_are_refused(text: str) -> None:
    with pytest.raises(AmountMalformed, match="is not an amount such as"):
        fen_from_capital_numerals(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1130000.00",
        "1,130,000",
        "1,130,000.0",
        "-0.00",
        "+1.00",
        "01.00",
        "1,30.00",
        "\uff11.00",
        "1.00\n",
        "10,000,000,000,000,000.00",
    ],
)
def test_digits_in_another_form_are_refused(text: str) -> None:
    with pytest.raises(AmountMalformed, match="is not an amount such as"):
        fen_from_grouped_digits(text)


@given(st.text("负零壹贰拾佰仟万亿元角分整", max_size=12))
def test_whatever_is_read_is_written_the_same_way(text: str) -> None:
    try:
        fen = fen_from_capital_numerals(text)
    except AmountMalformed:
        return
    assert capital_numerals(fen) == text


@pytest.mark.parametrize("fen", [FEN_ABS_MAX + 1, -FEN_ABS_MAX - 1])
def test_amounts_too_large_to_print_are_refused(fen: int) -> None:
    with pytest.raises(ValueError, match="which receipts can print"):
        capital_numerals(fen)
    with pytest.raises(ValueError, match="which receipts can print"):
        grouped_digits(fen)
