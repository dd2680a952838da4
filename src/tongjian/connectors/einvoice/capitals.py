"""Amounts in Chinese capital numerals 大写金额, as invoices and vouchers carry them.

Form: 支付结算办法 (1997), annex 1, clause 1: 壹万零陆佰圆整, 壹仟陆佰捌拾圆零叁分. Variants that
real documents use are read too (元, 正, 廿 is not).
"""

import re
from decimal import Decimal
from typing import Final

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_UNITS: Final = {"拾": 10, "佰": 100, "仟": 1000}
_GROUPS: Final = ("", "万", "亿", "万亿")
_FEN_MAX: Final = 10**18

_AMOUNT: Final = re.compile(
    rf"(?P<sign>[（(]?负数?[）)]?)?(?P<yuan>[{_DIGITS}拾佰仟万亿]+)[圆元]"
    rf"零?(?:(?P<jiao>[{_DIGITS}])角)?零?(?:(?P<fen>[{_DIGITS}])分)?[整正]?"
)
_CENTS_ONLY: Final = re.compile(
    rf"(?P<sign>[（(]?负数?[）)]?)?(?:(?P<jiao>[{_DIGITS}])角)?零?(?:(?P<fen>[{_DIGITS}])分)?[整正]?"
)


def read_capitals(text: str) -> Decimal | None:
    """Return the amount in yuan that capital numerals say, None where they are not understood."""
    text = "".join(text.split()).removeprefix("人民币")
    match = _AMOUNT.fullmatch(text) or _CENTS_ONLY.fullmatch(text)
    if match is None or not text:
        return None
    parts = match.groupdict()
    yuan = _whole(parts.get("yuan") or "")
    if yuan is None:
        return None
    jiao = _DIGITS.index(parts["jiao"]) if parts["jiao"] else 0
    fen = _DIGITS.index(parts["fen"]) if parts["fen"] else 0
    amount = Decimal(yuan) + Decimal(10 * jiao + fen) / 100
    return -amount if parts["sign"] else amount


def write_capitals(amount_fen: int) -> str:
    """Return an amount in fen as capital numerals.

    Raises `ValueError` for 10^18 fen or more.
    """
    if abs(amount_fen) >= _FEN_MAX:
        msg = "the amount has no usual form in capital numerals"
        raise ValueError(msg)
    yuan, cents = divmod(abs(amount_fen), 100)
    jiao, fen = divmod(cents, 10)
    text = (_write_whole(yuan) + "圆") if yuan or not cents else ""
    if not cents:
        text += "整"
    elif jiao:
        text += _DIGITS[jiao] + "角" + (_DIGITS[fen] + "分" if fen else "整")
    else:
        text += ("零" if yuan else "") + _DIGITS[fen] + "分"
    return ("（负数）" if amount_fen < 0 else "") + text


def _whole(text: str) -> int | None:
    """Read the whole yuan: groups of 万 and 亿 in falling order, each of four falling units."""
    if "亿" in text:
        high, _, low = text.partition("亿")
        if "亿" in low:
            return None
        upper = _whole(high)
        lower = _whole(low) if low.strip("零") else 0
        if upper is None or lower is None or not upper or lower >= 10**8:
            return None
        return upper * 10**8 + lower
    high, mark, low = text.rpartition("万")
    upper = _group(high) if mark else 0
    lower = _group(low) if low.strip("零") or not mark else 0
    if upper is None or lower is None or (mark and not upper):
        return None
    return upper * 10**4 + lower


def _group(text: str) -> int | None:
    """Read a number under 10 000; an empty text is 0."""
    total, previous, digit = 0, 10**4, 0
    for character in text:
        if character in _DIGITS:
            if digit:
                return None
            digit = _DIGITS.index(character)
            continue
        unit = _UNITS.get(character, 0)
        # 拾 alone at the front is ten.
        if not 0 < unit < previous or (not digit and (unit != _UNITS["拾"] or total)):
            return None
        total += (digit or 1) * unit
        previous, digit = unit, 0
    return total + digit


def _write_whole(yuan: int) -> str:
    if not yuan:
        return "零"
    groups: list[int] = []
    while yuan:
        yuan, group = divmod(yuan, 10**4)
        groups.append(group)
    text, is_gap = "", False
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            is_gap = bool(text)
            # 亿 is said even where the 万亿 above it carry the whole number.
            if place == _GROUPS.index("亿") and len(groups) > place + 1:
                text += "亿"
            continue
        if text and (is_gap or group < 10**3):
            text += "零"
        mark = _GROUPS[place] if place < len(_GROUPS) - 1 else "万"
        text, is_gap = text + _write_group(group) + mark, False
    return text


def _write_group(group: int) -> str:
    text, is_gap = "", False
    for unit, name in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit, group = divmod(group, unit)
        if digit:
            text += ("零" if is_gap and text else "") + _DIGITS[digit] + name
            is_gap = False
        else:
            is_gap = True
    return text
