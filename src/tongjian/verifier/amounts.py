"""Amounts as receipts print them: capital Chinese numerals and grouped digits, and back.

Both forms stand on one receipt, so a changed digit shows. The rules are those of the People's
Bank for bills (支付结算办法, annex 1 正确填写票据和结算凭证的基本规定): 整 after yuan or jiao, none
after fen; one 零 for any run of zeros inside the number; 零 between yuan and fen when there are no
jiao. Amounts are integer fen; a negative amount, of a red-letter entry, begins with 负 or `-`.
"""

import re
from typing import Final

FEN_ABS_MAX: Final = 10**18 - 1
"""Just under 10,000 万亿 yuan: 16 digits of yuan, which four groups of four hold."""

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿", "万亿")
_GROUP: Final = 10_000
_HUNDRED_MILLION: Final = _GROUP * _GROUP
_GROUPED: Final = re.compile(r"(-?)((?:[1-9][0-9]{0,2}(?:,[0-9]{3})*)|0)\.([0-9]{2})")
_CAPITALS_LENGTH_MAX: Final = 64


class AmountMalformed(ValueError):
    """Say that a text is not an amount as receipts print it."""


def _require_amount(amount_fen: int) -> None:
    if abs(amount_fen) > FEN_ABS_MAX:
        msg = f"{amount_fen} fen lies beyond ±{FEN_ABS_MAX}, which receipts can print"
        raise ValueError(msg)


def grouped_digits(amount_fen: int) -> str:
    """Return an amount in yuan with grouped digits: `113000000` fen is `1,130,000.00`.

    Raises ValueError beyond `FEN_ABS_MAX`.
    """
    _require_amount(amount_fen)
    yuan, fen = divmod(abs(amount_fen), 100)
    return f"{'-' if amount_fen < 0 else ''}{yuan:,}.{fen:02d}"


def fen_from_grouped_digits(text: str) -> int:
    """Return the fen of a text that `grouped_digits` writes; raises `AmountMalformed` otherwise.

    Only that form is read: `1130000.00`, `1,130,000` and `-0.00` are refused.
    """
    match = _GROUPED.fullmatch(text)
    amount_fen = 0
    if match is not None:
        sign, yuan, fen = match.groups()
        amount_fen = (int(yuan.replace(",", "")) * 100 + int(fen)) * (-1 if sign else 1)
    if match is None or abs(amount_fen) > FEN_ABS_MAX or grouped_digits(amount_fen) != text:
        msg = f"{text[:_CAPITALS_LENGTH_MAX]!r} is not an amount such as 1,130,000.00"
        raise AmountMalformed(msg)
    return amount_fen


def _group_numerals(number: int) -> str:
    """Return a number of 1 to 9999 without a leading 零: 1005 is 壹仟零伍, 50 is 伍拾."""
    numerals = ""
    zero_is_due = False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit == 0:
            zero_is_due = numerals != ""
            continue
        numerals += ("零" if zero_is_due else "") + _DIGITS[digit] + _PLACES[place]
        zero_is_due = False
    return numerals


def _yuan_numerals(yuan: int) -> str:
    """Return a whole number; 零 joins groups where the lower one lacks thousands or is empty.

    亿 is said once: 万亿 is the group above it only when the 亿 group itself is empty.
    """
    numerals = ""
    zero_is_due = False
    for place in (3, 2, 1, 0):
        number = yuan // _GROUP**place % _GROUP
        if number == 0:
            zero_is_due = numerals != ""
            continue
        if numerals and (zero_is_due or number < 1000):  # noqa: PLR2004  (no thousands)
            numerals += "零"
        numerals += _group_numerals(number)
        hundred_millions_follow = place == 3 and yuan // _HUNDRED_MILLION % _GROUP != 0  # noqa: PLR2004
        numerals += "万" if hundred_millions_follow else _GROUPS[place]
        zero_is_due = False
    return numerals


def capital_numerals(amount_fen: int) -> str:
    """Return an amount in capital Chinese numerals: `113000000` fen is 壹佰壹拾叁万元整.

    Raises ValueError beyond `FEN_ABS_MAX`.
    """
    _require_amount(amount_fen)
    yuan, rest = divmod(abs(amount_fen), 100)
    jiao, fen = divmod(rest, 10)
    if amount_fen == 0:
        return "零元整"
    text = "负" if amount_fen < 0 else ""
    if yuan:
        text += _yuan_numerals(yuan) + "元"
    if jiao:
        # 零 may also follow a yuan that ends in zero; the rule leaves it open, so it is left out.
        text += _DIGITS[jiao] + "角"
    elif fen and yuan:
        text += "零"
    return text + (_DIGITS[fen] + "分" if fen else "整")


_VALUE_OF: Final = {numeral: value for value, numeral in enumerate(_DIGITS)}
_PLACE_VALUE_OF: Final = {"拾": 10, "佰": 100, "仟": 1000}


def _read_group(text: str) -> int:
    number, digit = 0, 0
    for numeral in text:
        if numeral in _PLACE_VALUE_OF:
            number += digit * _PLACE_VALUE_OF[numeral]
            digit = 0
        else:
            digit = _VALUE_OF[numeral]
    return number + digit


_NUMERAL: Final = "[零壹贰叁肆伍陆柒捌玖拾佰仟]"
_CAPITALS: Final = re.compile(
    f"(负?)(?:(?:(?:({_NUMERAL}+)万)?({_NUMERAL}*)亿)?(?:({_NUMERAL}+)万)?({_NUMERAL}*)元)?零?"
    "(?:([壹贰叁肆伍陆柒捌玖])角)?(?:([壹贰叁肆伍陆柒捌玖])分|整)"
)


def fen_from_capital_numerals(text: str) -> int:
    """Return the fen of a text that `capital_numerals` writes; raises `AmountMalformed` otherwise.

    The text is read, written again and compared, so a form that the rules do not allow is
    refused even where its value is clear.
    """
    match = _CAPITALS.fullmatch(text) if len(text) <= _CAPITALS_LENGTH_MAX else None
    amount_fen = 0
    if match is not None:
        sign, *groups, jiao, fen = match.groups(default="")
        for group in groups:
            amount_fen = amount_fen * _GROUP + _read_group(group)
        amount_fen = amount_fen * 100 + _read_group(jiao) * 10 + _read_group(fen)
        amount_fen = -amount_fen if sign else amount_fen
    if match is None or abs(amount_fen) > FEN_ABS_MAX or capital_numerals(amount_fen) != text:
        msg = f"{text[:_CAPITALS_LENGTH_MAX]!r} is not an amount such as 壹佰壹拾叁万元整"
        raise AmountMalformed(msg)
    return amount_fen
