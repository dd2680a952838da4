"""Numbers of an invented world: valid by form and check digit, impossible in reality.

Divisions begin with 99, which GB/T 2260 gives to no province; GS1 keys begin with 952, the prefix
GS1 keeps for demonstrations; schools are 99999; bank cards begin with 99, an issuer range that
China does not use; container owners begin with TJ. No number is given twice by one `Identities`.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from tongjian.core import identifiers as ids
from tongjian.core.calendar import Date, civil_from_days, days_from_civil
from tongjian.demo.seeded import Seeded

REGIONS: Final = {
    "990000": "演示省",
    "990100": "海州市",
    "990101": "海州市东港区",
    "990102": "海州市南浦区",
    "990106": "海州市西湾区",
    "990107": "海州市北原区",
    "990200": "江北市",
    "990202": "江北市临江区",
    "990204": "江北市青山区",
}
"""Invented divisions and their names; counties are those that do not end in 00."""

COUNTIES: Final = tuple(code for code in REGIONS if not code.endswith("00"))
GS1_PREFIX: Final = "952"
SCHOOL: Final = "99999"
TRIES_MAX: Final = 1000
"""Draws before a range of numbers counts as used up."""

_SURNAMES: Final = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛"
    "奚范彭郎鲁韦昌马苗凤花方俞任袁柳鲍史唐费廉岑薛雷贺倪汤殷罗毕郝安常乐于时傅皮卞齐康伍余元"
)
_GIVEN: Final = (
    "安柏辰澄丹帆芳菲刚海涵浩和恒虹华嘉建健杰静娟军凯兰岚磊丽林玲琳敏明宁鹏平琪琴青清庆荣瑞"
    "睿珊升诗思涛婷彤薇伟文希霞翔晓欣新秀雪雅妍阳瑶怡艺颖勇宇雨玉远月云泽哲真志智舟子"
)
_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
_ALPHANUMERIC: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class BodyKind(StrEnum):
    """Tell what kind of body a credit code names, by its first two characters."""

    ORGAN = "11"
    """机关"""
    INSTITUTION = "12"
    """事业单位"""
    ASSOCIATION = "51"
    """社会团体"""
    NON_ENTERPRISE = "52"
    """民办非企业单位"""
    ENTERPRISE = "91"
    """企业"""
    HOUSEHOLD = "92"
    """个体工商户"""
    COOPERATIVE = "93"
    """农民专业合作社"""


def _demo_region(region: str) -> str:
    ids.check_region(region)
    if not region.startswith("99"):
        msg = f"division {region} is not of the demo province 99: real numbers are not invented"
        raise ValueError(msg)
    return region


class Identities:
    """Give numbers of every kind in an order fixed by the seed, none twice."""

    def __init__(self, seed: int) -> None:
        """Begin the numbers of a world; the same seed and calls give the same numbers."""
        self._root = Seeded(seed)
        self._sources: dict[str, Seeded] = {}
        self._given: set[tuple[str, str]] = set()

    def _source(self, kind: str) -> Seeded:
        """Return the source of one kind, so that kinds do not disturb each other."""
        if kind not in self._sources:
            self._sources[kind] = self._root.branch(kind)
        return self._sources[kind]

    def _new(self, kind: str, draw: Callable[[Seeded], str]) -> str:
        source = self._source(kind)
        for _ in range(TRIES_MAX):
            value = draw(source)
            if (kind, value) not in self._given:
                self._given.add((kind, value))
                return value
        msg = f"no new {kind} in {TRIES_MAX} draws: widen the range asked for"
        raise ValueError(msg)

    # --- persons and bodies ---

    def uscc(self, kind: BodyKind, region: str) -> str:
        """Return a credit code, its inner organisation code regular too."""

        def draw(source: Seeded) -> str:
            # Old bodies kept eight digits; those entered since 2015 begin with MA.
            is_old = kind in (BodyKind.ORGAN, BodyKind.INSTITUTION) or source.chance(200_000)
            org = source.digits(8) if is_old else "MA" + source.text(ids.USCC_ALPHABET, 6)
            body = kind + _demo_region(region) + org + ids.org_code_check_digit(org)
            return body + ids.uscc_check_digit(body)

        return self._new("uscc", draw)

    def resident_id(self, region: str, first: Date, last: Date, *, is_male: bool) -> str:
        """Return a resident number of someone born from `first` to `last`, both included."""

        def draw(source: Seeded) -> str:
            birth = civil_from_days(source.integer(days_from_civil(first), days_from_civil(last)))
            sequence = 2 * source.integer(0, 499) + is_male
            body = f"{_demo_region(region)}{birth.year:04d}{birth.month:02d}{birth.day:02d}"
            body += f"{sequence:03d}"
            return body + ids.resident_id_check_digit(body)

        return self._new("resident_id", draw)

    def person_name(self) -> str:
        """Return a name of two or three characters; names repeat, as in life."""
        source = self._source("person_name")
        given_length = 1 if source.chance(250_000) else 2
        return source.choice(_SURNAMES) + source.text(_GIVEN, given_length)

    def lei(self) -> str:
        """Return a legal entity identifier that begins with 9999TJ00."""

        def draw(source: Seeded) -> str:
            body = "9999TJ00" + source.text(_ALPHANUMERIC, 10)
            return body + ids.lei_check_digits(body)

        return self._new("lei", draw)

    def bank_card(self) -> str:
        """Return a bank card of 19 digits."""

        def draw(source: Seeded) -> str:
            body = "99" + source.digits(16)
            return body + ids.bank_card_check_digit(body)

        return self._new("bank_card", draw)

    # --- documents of trade ---

    def einvoice_number(self, year: int) -> str:
        """Return a 20-digit invoice number of the tax region 99."""
        return self._new("einvoice", lambda source: f"{year % 100:02d}990{source.digits(15)}")

    def old_invoice(self, year: int) -> tuple[str, str]:
        """Return the 10-digit code and the 8-digit number of a paper invoice."""
        pair = self._new("old_invoice", lambda source: f"9900{year % 100:02d}{source.digits(12)}")
        return pair[:10], pair[10:]

    def declaration_number(self, year: int, *, is_import: bool) -> str:
        """Return a customs declaration number of district 9900."""
        head = f"9900{year:04d}{1 if is_import else 0}"
        return self._new("declaration", lambda source: head + source.digits(9))

    def container(self) -> str:
        """Return a freight container number."""

        def draw(source: Seeded) -> str:
            body = "TJ" + source.choice(_LETTERS) + "U" + source.digits(6)
            return body + ids.container_check_digit(body)

        return self._new("container", draw)

    def _gs1(self, kind: str, head: str, body_length: int) -> str:
        def draw(source: Seeded) -> str:
            body = head + source.digits(body_length - len(head))
            return body + ids.gs1_check_digit(body)

        return self._new(kind, draw)

    def gtin(self) -> str:
        """Return a GTIN-13 of a product."""
        return self._gs1("gtin", GS1_PREFIX, 12)

    def case_gtin(self, gtin: str, level: int = 1) -> str:
        """Return the GTIN-14 of a case of a product; the same product gives the same case."""
        ids.check_gtin(gtin)
        body = f"{level}{gtin[:-1]}"
        return body + ids.gs1_check_digit(body)

    def gln(self) -> str:
        """Return a GLN-13 of a place."""
        return self._gs1("gln", GS1_PREFIX, 12)

    def sscc(self) -> str:
        """Return an SSCC-18 of a shipping unit."""
        return self._gs1("sscc", "0" + GS1_PREFIX, 17)

    def vin(self) -> str:
        """Return a vehicle number of the maker LTJ."""

        def draw(source: Seeded) -> str:
            head = "LTJ" + source.text(_LETTERS, 2) + source.digits(3)
            value = f"{head}0{source.choice('RSTV')}{source.choice(_LETTERS)}{source.digits(6)}"
            return head + ids.vin_check_digit(value) + value[9:]

        return self._new("vin", draw)

    # --- registers ---

    def real_estate_unit(self, county: str) -> str:
        """Return the unit number of a flat on state land of a county."""

        def draw(source: Seeded) -> str:
            area = f"{source.integer(1, 20):03d}{source.integer(1, 30):03d}"
            flat = f"{source.integer(1, 40):04d}{source.integer(1, 240):04d}"
            return f"{_demo_region(county)}{area}GB{source.integer(1, 99999):05d}F{flat}"

        return self._new("real_estate_unit", draw)

    def project_code(self, region: str, year: int, month: int) -> str:
        """Return a national project code."""
        head = f"{year % 100:02d}{month:02d}-{_demo_region(region)}"
        return self._new(
            "project_code",
            lambda source: f"{head}-04-{source.integer(1, 5):02d}-{source.digits(6)}",
        )

    def diploma(self, year: int, level: str = "05") -> str:
        """Return a diploma number of school 99999; level 05 is a bachelor's."""
        return self._new("diploma", lambda source: f"{SCHOOL}1{year:04d}{level}{source.digits(6)}")

    def degree(self, year: int, level: int = 4) -> str:
        """Return a degree certificate number of school 99999; level 4 is a bachelor's."""
        return self._new("degree", lambda source: f"{SCHOOL}{level}{year:04d}{source.digits(6)}")

    def case_number(self, year: int, court: str = "演0192", kind: str = "民初") -> str:
        """Return a court case number; 演 is the character of no real province."""
        return self._new(
            "case_number", lambda source: f"({year:04d}){court}{kind}{source.integer(1, 9999)}号"
        )

    def elicence(self, issuer_uscc: str, licence_type: int = 1) -> str:
        """Return the identifier of an electronic licence of an issuer, version 001."""
        ids.check_uscc(issuer_uscc)
        type_code = f"{issuer_uscc}{licence_type:03d}"
        return self._new(
            "elicence",
            lambda source: ids.elicence_id(type_code, issuer_uscc, source.digits(10), "001"),
        )
