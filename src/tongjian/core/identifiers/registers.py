"""Numbers given by registers: land, projects, courts, schools and electronic licences."""

import re
from typing import Final, NamedTuple

from tongjian.core.identifiers.errors import refuse, require_form
from tongjian.core.identifiers.parties import ALPHANUMERIC, VALUE_OF, check_uscc

# Han characters are named by code point, so no Unicode table of the interpreter is asked.
_HAN: Final = "[\u4e00-\u9fff]"

_UNIT: Final = re.compile(
    "([0-9]{6})([0-9]{3})([0-9]{3})([GJZ])([BSXCADEFHWY])([0-9]{5})([FLQW])([0-9]{8})"
)
_TITLE: Final = re.compile(
    f"{_HAN}\\(((?:19|20)[0-9]{{2}})\\){_HAN}{{2,20}}不动产(权|证明)第([0-9]{{7}})号"
)
_PROJECT: Final = re.compile("[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}")
_CASE: Final = re.compile(
    f"\\(((?:19|20)[0-9]{{2}})\\)(最高法|{_HAN}(?:[0-9]{{2}}|[0-9]{{4}})?)"
    f"({_HAN}{{1,8}})([1-9][0-9]{{0,6}})号(?:之[一二三四五六七八九十]{{1,3}})?"
)
_DIPLOMA: Final = re.compile("([0-9]{5})([1567])((?:19|20)[0-9]{2})(01|02|04|05|06)([0-9]{5,6})")
_DIPLOMA_SEQUENCE: Final = 6
_DIPLOMA_SHORT_YEARS: Final = (2001, 2002)
_DEGREE: Final = re.compile("([CZT]?)([0-9]{5})([234])((?:19|20)[0-9]{2})([0-9SEZ][0-9]{5})")

_LICENCE_ROOT: Final = "1.2.156.3005.2"
_LICENCE: Final = re.compile(
    "1\\.2\\.156\\.3005\\.2"
    "\\.([0-9A-Z]{21})\\.([0-9A-Z]{18})\\.([0-9A-Z]{1,32})\\.([0-9A-Z]{3})\\.([0-9A-Z])"
)
_LICENCE_BODY: Final = re.compile("[0-9A-Z]{1,128}")


class RealEstateUnit(NamedTuple):
    """Hold the parts of a real-estate unit number 不动产单元号."""

    county: str
    cadastral_area: str
    sub_area: str
    ownership: str
    """`G` state, `J` collective, `Z` disputed."""
    use: str
    """`B` construction land surface, `S` above, `X` below, `C` homestead, `A` collective
    ownership, `D` `E` `F` farm, forest and grass contracts, `H` sea, `W` undecided, `Y` other."""
    parcel: str
    fixture: str
    """`F` building, `L` forest, `Q` other, `W` none."""
    fixture_unit: str

    @property
    def parcel_code(self) -> str:
        """Return the 19 characters that name the parcel under the unit."""
        return (
            f"{self.county}{self.cadastral_area}{self.sub_area}"
            f"{self.ownership}{self.use}{self.parcel}"
        )


def check_real_estate_unit(value: str) -> RealEstateUnit:
    """Return the parts of a 28-character unit number, or refuse it; it has no check digit.

    Source: GB/T 37346-2019.
    """
    match = require_form(
        "real_estate_unit",
        value,
        _UNIT,
        "GB/T 37346-2019: 6+3+3 digits, G J or Z, land use, 5 digits, F L Q or W, 8 digits",
    )
    county, area, sub_area, ownership, use, parcel, fixture, unit = match.groups()
    if use == "A" and ownership != "J":
        refuse("real_estate_unit", value, "GB/T 37346-2019: collective ownership A needs J")
    if fixture == "W" and unit != "00000000":
        refuse("real_estate_unit", value, "GB/T 37346-2019: without a fixture W come 8 zeros")
    return RealEstateUnit(county, area, sub_area, ownership, use, parcel, fixture, unit)


def check_title_certificate(value: str) -> None:
    """Refuse a text that is not a title certificate or register proof number.

    `省(YYYY)市县不动产权第NNNNNNN号` or `…不动产证明第NNNNNNN号`, with ASCII parentheses.
    """
    require_form("title_certificate", value, _TITLE, "不动产权证书: 省(年)市县不动产权第7位数字号")


def check_project_code(value: str) -> None:
    """Refuse a text that is not a national project code 项目代码; its parts are opaque.

    Source: GB/T 40058-2021.
    """
    require_form("project_code", value, _PROJECT, "GB/T 40058-2021: NNNN-NNNNNN-NN-NN-NNNNNN")


class CaseNumber(NamedTuple):
    """Hold the parts of a court case number 案号."""

    year: int
    court: str
    """Court code: one character with 0, 2 or 4 digits (京, 京01, 京0101), or 最高法."""
    kind: str
    """Kind and procedure: 民初, 行终, 执恢, …"""
    sequence: int


def check_case_number(value: str) -> CaseNumber:
    """Return the parts of a case number such as `(2026)演0192民初123号`, or refuse it.

    Parentheses are ASCII, as stored texts are after NFKC; a decision number 之一 may follow.
    Source: Supreme People's Court, provisions on case numbers (法〔2015〕137号).
    """
    match = require_form("case_number", value, _CASE, "案号: (年)法院代字 类型代字 序号 号")
    year, court, kind, sequence = match.groups()
    return CaseNumber(int(year), court, kind, int(sequence))


class Diploma(NamedTuple):
    """Hold the parts of a diploma number 学历证书编号."""

    school: str
    study: str
    """`1` regular, `5` adult, `6` self-study, `7` online."""
    year: int
    level: str
    """`01` doctor, `02` master, `04` second bachelor, `05` bachelor, `06` college."""
    sequence: str


def check_diploma(value: str) -> Diploma:
    """Return the parts of a diploma number, or refuse it; it has no check digit.

    18 digits; in 2001 and 2002 some have 17, with a sequence of five.
    """
    match = require_form(
        "diploma", value, _DIPLOMA, "diploma: 5 school, 1 study, 4 year, 2 level, 6 sequence"
    )
    school, study, year, level, sequence = match.groups()
    if len(sequence) < _DIPLOMA_SEQUENCE and int(year) not in _DIPLOMA_SHORT_YEARS:
        refuse("diploma", value, "diploma: 17 digits occur in 2001 and 2002 only")
    return Diploma(school, study, int(year), level, sequence)


class Degree(NamedTuple):
    """Hold the parts of a degree certificate number 学位证书编号."""

    prefix: str
    """Empty, `C` adult, `Z` professional or `T` equivalent study."""
    unit: str
    level: str
    """`2` doctor, `3` master, `4` bachelor."""
    year: int
    sequence: str
    """Six characters; the first may be `S` double, `E` second, `Z` self-study."""


def check_degree(value: str) -> Degree:
    """Return the parts of a degree certificate number, or refuse it; it has no check digit."""
    match = require_form(
        "degree", value, _DEGREE, "degree: C Z T or nothing, 5 unit, 1 level, 4 year, 6 sequence"
    )
    prefix, unit, level, year, sequence = match.groups()
    return Degree(prefix, unit, level, int(year), sequence)


class ELicenceId(NamedTuple):
    """Hold the parts of an electronic licence identifier 电子证照标识."""

    licence_type: str
    issuer: str
    serial: str
    version: str


def elicence_check_character(body: str) -> str:
    """Return the ISO 7064 MOD 37,36 check character of letters and digits.

    Any single wrong character is caught, and nearly every exchange of neighbours.
    Source: GB/T 36904-2018, GB/T 17710-2008.
    """
    require_form("elicence", body, _LICENCE_BODY, "GB/T 36904-2018: 1 to 128 of 0-9 A-Z")
    product = 36
    for character in body:
        total = (product + VALUE_OF[character]) % 36
        product = (36 if total == 0 else total) * 2 % 37
    return ALPHANUMERIC[(37 - product) % 36]


def elicence_id(licence_type: str, issuer: str, serial: str, version: str) -> str:
    """Return the whole identifier with its check character, computed without root and points."""
    check = elicence_check_character(licence_type + issuer + serial + version)
    return f"{_LICENCE_ROOT}.{licence_type}.{issuer}.{serial}.{version}.{check}"


def check_elicence(value: str) -> ELicenceId:
    """Return the parts of an electronic licence identifier, or refuse it.

    Root `1.2.156.3005.2`, type (21), issuer (credit code), serial, version (3) and check, joined
    by points. The issuer's credit code is checked too. Source: GB/T 36904-2018.
    """
    match = require_form(
        "elicence",
        value,
        _LICENCE,
        "GB/T 36904-2018: root.type(21).issuer(18).serial.version(3).check",
    )
    licence_type, issuer, serial, version, check = match.groups()
    if elicence_check_character(licence_type + issuer + serial + version) != check:
        refuse("elicence", value, "GB/T 36904-2018: the check character does not fit")
    check_uscc(issuer)
    return ELicenceId(licence_type, issuer, serial, version)
