"""Numbers of goods and of trade documents: invoices, declarations, containers, GS1, vehicles."""

import re
from typing import Final, NamedTuple

from tongjian.core.identifiers.errors import refuse, require_form
from tongjian.core.identifiers.parties import DIGITS, VALUE_OF

_EINVOICE: Final = re.compile("([0-9]{2})([0-9]{2})([0-9])([0-9]{15})")
_OLD_CODE: Final = re.compile("[0-9]{10}|[0-9]{12}")
_OLD_NUMBER: Final = re.compile("[0-9]{8}")
_TAX_CLASS: Final = re.compile("[1-9][0-9]{18}")
_DECLARATION: Final = re.compile("([0-9]{4})(20[0-9]{2})([01])([0-9]{9})")
_HS_CODE: Final = re.compile("[0-9]{6}|[0-9]{8}|[0-9]{10}|[0-9]{13}")

_CONTAINER_BODY: Final = re.compile("[A-Z]{3}[UJZ][0-9]{6}")
_CONTAINER: Final = re.compile("[A-Z]{3}[UJZ][0-9]{7}")
# A = 10, B = 12, … L = 23, … V = 34: multiples of 11 are left out, ISO 6346 annex A.
_CONTAINER_VALUE_OF: Final = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (*range(11), *range(12, 22), *range(23, 33), *range(34, 39)),
        strict=True,
    )
)

_GS1_BODY: Final = re.compile("[0-9]{7}|[0-9]{11}|[0-9]{12}|[0-9]{13}|[0-9]{17}")
_GS1_LENGTHS: Final = (("gtin", (8, 12, 13, 14)), ("gln", (13,)), ("sscc", (18,)))
_GS1_DIGITS: Final = re.compile("[0-9]{8,18}")
_DRUG_TRACE: Final = re.compile("[0-9]{20}")
_ORGANIC: Final = re.compile("[0-9]{17}")

_VIN: Final = re.compile("[0-9A-HJ-NPR-Z]{8}[0-9X][0-9A-HJ-NPR-Z]{8}")
_VIN_ANY: Final = re.compile("[0-9A-HJ-NPR-Z]{17}")
_VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUE_OF: Final = dict(
    zip(
        "0123456789ABCDEFGHJKLMNPRSTUVWXYZ",
        map(int, "012345678912345678123457923456789"),
        strict=True,
    )
)
_VIN_CHECKS: Final = "0123456789X"


class EInvoiceNumber(NamedTuple):
    """Hold the parts of a fully digitalised invoice number 数电票号码."""

    year: int
    """Year of issue, four digits; equals the year of the issue date."""
    region: str
    """Province-level tax region, two digits."""
    channel: str
    """How it was issued, one digit."""
    sequence: int


def check_einvoice_number(value: str) -> EInvoiceNumber:
    """Return the parts of a 20-digit invoice number, or refuse it; it has no check digit."""
    match = require_form("einvoice", value, _EINVOICE, "e-invoice number: 20 digits")
    year, region, channel, sequence = match.groups()
    if region == "00":
        refuse("einvoice", value, "e-invoice number: digits 3 and 4 are a province, not 00")
    return EInvoiceNumber(2000 + int(year), region, channel, int(sequence))


def check_old_invoice(code: str, number: str) -> None:
    """Refuse what is not the code (10 or 12 digits) and number (8 digits) of a paper invoice."""
    require_form("old_invoice", code, _OLD_CODE, "invoice code: 10 or 12 digits")
    require_form("old_invoice", number, _OLD_NUMBER, "invoice number: 8 digits")


def check_tax_class(value: str) -> None:
    """Refuse a text that is not a tax classification code of goods 商品和服务税收分类编码 (19)."""
    require_form("tax_class", value, _TAX_CLASS, "tax classification: 19 digits, the first not 0")


class DeclarationNumber(NamedTuple):
    """Hold the parts of a customs declaration number 报关单海关编号."""

    district: str
    """Customs district, four digits."""
    year: int
    is_import: bool
    sequence: int


def check_declaration_number(value: str) -> DeclarationNumber:
    """Return the parts of an 18-digit declaration number, or refuse it; it has no check digit."""
    match = require_form(
        "declaration",
        value,
        _DECLARATION,
        "customs declaration: 4 district, year 20NN, 1 import or 0 export, 9 sequence",
    )
    district, year, flag, sequence = match.groups()
    return DeclarationNumber(district, int(year), flag == "1", int(sequence))


def check_hs_code(value: str) -> None:
    """Refuse a text that is not 6, 8, 10 or 13 digits; that the line exists is a look-up."""
    require_form("hs_code", value, _HS_CODE, "customs tariff: 6, 8, 10 or 13 digits")


def container_check_digit(body: str) -> str:
    """Return the check digit of a container number from the 10 characters before it.

    The sum modulo 11 gives 0 for both 0 and 10, so a wrong character is missed when it moves the
    remainder between the two (owners are advised not to use serials with remainder 10), or when
    a letter's value is 11 or 22 off. Source: ISO 6346 annex A.
    """
    require_form("container", body, _CONTAINER_BODY, "ISO 6346: 3 letters, U J or Z, 6 digits")
    total = sum(_CONTAINER_VALUE_OF[character] << place for place, character in enumerate(body))
    return DIGITS[total % 11 % 10]


def check_container(value: str) -> None:
    """Refuse a text that is not a container number 集装箱号."""
    require_form("container", value, _CONTAINER, "ISO 6346: 3 letters, U J or Z, 7 digits")
    if container_check_digit(value[:10]) != value[10]:
        refuse("container", value, "ISO 6346: the check digit does not fit")


def gs1_check_digit(body: str) -> str:
    """Return the check digit of a GTIN, GLN or SSCC from the digits before it.

    Weights 3 and 1 from the right share no factor with 10, so any single wrong digit is caught;
    exchanged neighbours that differ by 5 are not. Source: GS1 General Specifications 7.9.
    """
    require_form("gs1", body, _GS1_BODY, "GS1: 7, 11, 12, 13 or 17 digits before the check")
    total = sum(
        VALUE_OF[digit] * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))
    )
    return DIGITS[-total % 10]


def check_gs1(value: str, kind: str = "gtin") -> None:
    """Refuse digits that are not a GS1 key: `gtin` (8, 12, 13 or 14), `gln` (13), `sscc` (18).

    Raises ValueError for another kind.
    """
    lengths = dict(_GS1_LENGTHS).get(kind)
    if lengths is None:
        msg = f"GS1 kind {kind!r} is none of gtin, gln, sscc"
        raise ValueError(msg)
    require_form(kind, value, _GS1_DIGITS, "GS1: digits only")
    if len(value) not in lengths:
        refuse(kind, value, f"GS1: a {kind} has {' or '.join(map(str, lengths))} digits")
    if gs1_check_digit(value[:-1]) != value[-1]:
        refuse(kind, value, "GS1: the check digit does not fit")


def check_gtin(value: str) -> None:
    """Refuse a text that is not a GTIN-8, -12, -13 or -14 商品条码."""
    check_gs1(value, "gtin")


def check_gln(value: str) -> None:
    """Refuse a text that is not a GLN-13, the number of a place."""
    check_gs1(value, "gln")


def check_sscc(value: str) -> None:
    """Refuse a text that is not an SSCC-18, the number of a shipping unit."""
    check_gs1(value, "sscc")


def check_drug_trace_code(value: str) -> None:
    """Refuse a text that is not a drug trace code 药品追溯码 of 20 digits."""
    require_form("drug_trace", value, _DRUG_TRACE, "drug trace code: 20 digits")


def check_organic_code(value: str) -> None:
    """Refuse a text that is not an organic code 有机码: 17 digits on the smallest pack."""
    require_form("organic", value, _ORGANIC, "organic code: 17 digits")


def vin_check_digit(value: str) -> str:
    """Return the 9th character of a vehicle number from the 16 others; the 9th itself counts 0.

    A wrong digit is always caught; a wrong letter is not when it has the same value, as A and J
    have. Source: GB 16735-2019.
    """
    require_form("vin", value, _VIN_ANY, "GB 16735-2019: 17 characters without I O Q")
    total = sum(
        _VIN_VALUE_OF[character] * weight
        for character, weight in zip(value, _VIN_WEIGHTS, strict=True)
    )
    return _VIN_CHECKS[total % 11]


def check_vin(value: str) -> None:
    """Refuse a text that is not a vehicle identification number 车辆识别代号."""
    require_form("vin", value, _VIN, "GB 16735-2019: 17 characters without I O Q, the 9th 0-9 or X")
    if vin_check_digit(value) != value[8]:
        refuse("vin", value, "GB 16735-2019: the 9th character does not fit")
