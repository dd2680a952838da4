"""Numbers of persons and bodies: resident, credit code, organisation, division, LEI, DID, card.

The check is of form and check digit. That a division, an office or a person exists is a look-up
in state by date, which these functions do not do.
"""

import re
from enum import IntEnum
from typing import Final, NamedTuple

from tongjian.core.calendar import Date, is_date
from tongjian.core.identifiers.errors import refuse, require_form

DIGITS: Final = "0123456789"
ALPHANUMERIC: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
VALUE_OF: Final = {character: value for value, character in enumerate(ALPHANUMERIC)}
"""0 to 9, then A = 10 to Z = 35."""

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUE_OF: Final = {character: value for value, character in enumerate(USCC_ALPHABET)}
_USCC_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC_BODY: Final = re.compile("[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}")
_USCC: Final = re.compile("[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")

_RESIDENT_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS: Final = "10X98765432"
_RESIDENT_BODY: Final = re.compile("[0-9]{17}")
_RESIDENT: Final = re.compile("[0-9]{17}[0-9X]")
_RESIDENT_15: Final = re.compile("[0-9]{15}")

_ORG_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG_CHECKS: Final = "0X987654321"
_ORG_BODY: Final = re.compile("[0-9A-Z]{8}")
_ORG: Final = re.compile("[0-9A-Z]{8}[0-9X]")

_REGION: Final = re.compile("[0-9]{6}")
NATION: Final = "100000"
"""The division that central bodies carry in their credit codes: the whole country."""

_LEI_BODY: Final = re.compile("[0-9A-Z]{18}")
_LEI: Final = re.compile("[0-9A-Z]{18}[0-9]{2}")
_DID: Final = re.compile("did:ctid:[0-9A-F]{64}")
_CARD_BODY: Final = re.compile("[0-9]{15,18}")
_CARD: Final = re.compile("[0-9]{16,19}")


def uscc_check_digit(body: str) -> str:
    """Return the 18th character of a unified social credit code from the first 17.

    Weights are powers of 3 modulo 31, a prime, so any single wrong character is caught.
    Source: GB 32100-2015.
    """
    require_form("uscc", body, _USCC_BODY, "GB 32100-2015: 17 characters before the check")
    total = sum(
        _USCC_VALUE_OF[character] * weight
        for character, weight in zip(body, _USCC_WEIGHTS, strict=True)
    )
    return USCC_ALPHABET[-total % 31]


def check_uscc(value: str) -> None:
    """Refuse a text that is not a unified social credit code 统一社会信用代码.

    The organisation code in characters 9 to 17 has a check of its own, which old registers did
    not always keep; `is_org_code_of_uscc_regular` tells, and a failure there is a warning.
    """
    require_form(
        "uscc", value, _USCC, "GB 32100-2015: 2 + 6 digits + 10 characters, without I O S V Z"
    )
    if uscc_check_digit(value[:17]) != value[17]:
        refuse("uscc", value, "GB 32100-2015: the check character does not fit the first 17")


def region_of_uscc(value: str) -> str:
    """Return the division code inside a checked credit code (the registering place)."""
    return value[2:8]


def is_org_code_of_uscc_regular(value: str) -> bool:
    """Say whether characters 9 to 17 of a credit code are a whole GB 11714 code."""
    check_uscc(value)
    return org_code_check_digit(value[8:16]) == value[16]


def org_code_check_digit(body: str) -> str:
    """Return the 9th character of an organisation code from the first 8 (10 is `X`, 11 is `0`).

    Weights are no multiples of 11 and values run to 35: a wrong digit is always caught, a wrong
    letter not when it is 11 or 22 places off. Source: GB 11714-1997.
    """
    require_form("org_code", body, _ORG_BODY, "GB 11714-1997: 8 characters before the check")
    total = sum(
        VALUE_OF[character] * weight for character, weight in zip(body, _ORG_WEIGHTS, strict=True)
    )
    return _ORG_CHECKS[total % 11]


def check_org_code(value: str) -> None:
    """Refuse a text that is not an organisation code 组织机构代码, written without a hyphen."""
    require_form("org_code", value, _ORG, "GB 11714-1997: 8 characters and a check, 0-9 or X")
    if org_code_check_digit(value[:8]) != value[8]:
        refuse("org_code", value, "GB 11714-1997: the check character does not fit the first 8")


class ResidentId(NamedTuple):
    """Hold what a resident number says of a person; personal data, never for the ledger."""

    region: str
    """Division at the time of issue, which may since have been renumbered."""
    birth: Date
    sequence: int
    is_male: bool


def resident_id_check_digit(body: str) -> str:
    """Return the 18th character of a resident number from the first 17 (ISO 7064 MOD 11-2).

    Any single wrong digit is caught. Source: GB 11643-1999.
    """
    require_form("resident_id", body, _RESIDENT_BODY, "GB 11643-1999: 17 digits before the check")
    total = sum(
        VALUE_OF[digit] * weight for digit, weight in zip(body, _RESIDENT_WEIGHTS, strict=True)
    )
    return _RESIDENT_CHECKS[total % 11]


def check_resident_id(value: str, year: int, month: int, day: int) -> ResidentId:
    """Return what a resident number 公民身份号码 says, or refuse it.

    `year`, `month`, `day` are the reference date, normally that of the block: nobody is born
    after it. The letter must be a capital `X`; 15-digit numbers go through
    `resident_id_from_15` first. Whether the division was in force at birth is not looked at.
    """
    require_form("resident_id", value, _RESIDENT, "GB 11643-1999: 17 digits and a check, 0-9 or X")
    birth = Date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    if not is_date(*birth):
        refuse("resident_id", value, "GB 11643-1999: digits 7 to 14 are no day of the calendar")
    if birth > Date(year, month, day):
        refuse("resident_id", value, "GB 11643-1999: the birth date lies in the future")
    if resident_id_check_digit(value[:17]) != value[17]:
        refuse("resident_id", value, "GB 11643-1999: the check character does not fit the first 17")
    sequence = int(value[14:17])
    return ResidentId(value[:6], birth, sequence, sequence % 2 == 1)


def resident_id_from_15(value: str) -> str:
    """Return the 18-character form of a 15-digit number: century 19 and the check are added."""
    require_form("resident_id", value, _RESIDENT_15, "GB 11643-1989: 15 digits")
    body = value[:6] + "19" + value[6:]
    return body + resident_id_check_digit(body)


class RegionLevel(IntEnum):
    """Rank divisions; a smaller number stands higher."""

    NATION = 0
    PROVINCE = 1
    CITY = 2
    COUNTY = 3


def check_region(value: str) -> None:
    """Refuse a text that does not have the form of a division code.

    Form only: six digits, province not 00, and nothing below a level written 00. That the
    division exists on a date is a look-up in state. Source: GB/T 2260.
    """
    require_form("region", value, _REGION, "GB/T 2260: 6 digits")
    if value[:2] == "00":
        refuse("region", value, "GB/T 2260: the province is not 00; the country is 100000")
    if value[2:4] == "00" and value[4:] != "00":
        refuse("region", value, "GB/T 2260: a county stands under a city, which is not 00")


def region_level(value: str) -> RegionLevel:
    """Return the level of a division by its trailing zeros."""
    check_region(value)
    if value == NATION:
        return RegionLevel.NATION
    if value[2:] == "0000":
        return RegionLevel.PROVINCE
    if value[4:] == "00":
        return RegionLevel.CITY
    return RegionLevel.COUNTY


_PREFIX_LENGTHS: Final = (0, 2, 4, 6)


def region_covers(parent: str, child: str) -> bool:
    """Say whether `child` is `parent` or lies in it, by trailing zeros; the nation covers all."""
    check_region(child)
    length = _PREFIX_LENGTHS[region_level(parent)]
    return parent[:length] == child[:length]


def _lei_number(text: str) -> int:
    return int("".join(str(VALUE_OF[character]) for character in text))


def lei_check_digits(body: str) -> str:
    """Return the last two digits of an LEI from the first 18 characters (ISO 7064 MOD 97-10).

    A digit for a digit and a letter for a letter are always caught; a digit for a letter is not,
    because a letter counts as two digits. Source: ISO 17442.
    """
    require_form("lei", body, _LEI_BODY, "ISO 17442: 18 characters before the check")
    return f"{98 - _lei_number(body + '00') % 97:02d}"


def check_lei(value: str) -> None:
    """Refuse a text that is not a legal entity identifier 全球法人识别编码."""
    require_form("lei", value, _LEI, "ISO 17442: 18 letters and digits, then 2 digits")
    if lei_check_digits(value[:18]) != value[18:]:
        refuse("lei", value, "ISO 17442: the number modulo 97 is not 1")


def check_did(value: str) -> None:
    """Refuse a text that is not a `did:ctid:` identifier with 64 upper-case hex digits."""
    require_form("did", value, _DID, "did:ctid: and 64 of 0-9 A-F")


def bank_card_check_digit(body: str) -> str:
    """Return the last digit of a bank card from those before it (Luhn, ISO/IEC 7812-1).

    Any single wrong digit is caught; of exchanged neighbours all but 09 and 90.
    """
    require_form("bank_card", body, _CARD_BODY, "ISO/IEC 7812-1: 15 to 18 digits before the check")
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = VALUE_OF[digit] * (2 if place % 2 == 0 else 1)
        total += doubled if doubled < 10 else doubled - 9  # noqa: PLR2004  (sum of two digits)
    return DIGITS[-total % 10]


def check_bank_card(value: str) -> None:
    """Refuse a text that is not a bank card number of 16 to 19 digits; personal data."""
    require_form("bank_card", value, _CARD, "ISO/IEC 7812-1: 16 to 19 digits")
    if bank_card_check_digit(value[:-1]) != value[-1]:
        refuse("bank_card", value, "ISO/IEC 7812-1: the Luhn check digit does not fit")
