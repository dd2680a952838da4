"""Invented firms and what they sell: industries of GB/T 4754, tax classes, prices and rates.

`industries.csv` has one line for each article: industry code and name, the word firms of the
industry carry in their names, the 19-digit tax class, unit, usual price from and to in fen, the
usual largest quantity, and the VAT rate in ppm. Families of tax classes follow the national table
(商品和服务税收分类编码), the last digits are illustrative; rates are the usual ones of 2026 and
are not a rule: the ledger's rates are dated rows.
"""

import csv
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from tongjian.core.arithmetic import apply_rate_ppm
from tongjian.demo.identities import REGIONS, BodyKind, Identities
from tongjian.demo.seeded import Seeded

SMALL_SCALE_RATE_PPM: Final = 30_000
"""Levy rate of small-scale taxpayers, VAT Law art. 11."""

_BRANDS: Final = (
    "安邦博诚达德鼎东方丰福港广海瀚航昊恒宏鸿华汇惠吉嘉金锦景九凯康科乐立联利龙茂铭诺鹏普启千庆"
    "荣瑞润森盛顺思泰腾天通同万旺维新鑫信兴旭亚毅银盈永优裕元源远泽展兆振正志致中众卓"
)


class Goods(NamedTuple):
    """Describe an article or service an industry sells."""

    tax_class: str
    name: str
    unit: str
    price_min_fen: int
    price_max_fen: int
    quantity_max: int
    rate_ppm: int


class Industry(NamedTuple):
    """Describe a class of GB/T 4754 and its goods."""

    code: str
    name: str
    word: str
    """What a firm of the industry is called: 乳业, 科技, …"""
    goods: tuple[Goods, ...]


class Firm(NamedTuple):
    """Name an invented firm."""

    uscc: str
    name: str
    industry: str
    """Code of the industry, a key of `industries()`."""
    region: str

    @property
    def is_small_scale(self) -> bool:
        """Say whether the firm pays tax as a small-scale taxpayer; households here do."""
        return self.uscc.startswith(BodyKind.HOUSEHOLD)


class InvoiceLine(NamedTuple):
    """Hold one line of an invoice; unpacks in the order of its fields."""

    tax_class: str
    item: str
    quantity: int
    unit_price_fen: int
    """Without tax."""
    rate_ppm: int

    @property
    def amount_fen(self) -> int:
        """Return quantity times price, without tax."""
        return self.quantity * self.unit_price_fen

    @property
    def tax_fen(self) -> int:
        """Return the tax on the amount, half-up to the fen."""
        return apply_rate_ppm(self.amount_fen, self.rate_ppm)


@cache
def industries() -> dict[str, Industry]:
    """Return all industries by code, in the order of the file."""
    found: dict[str, Industry] = {}
    text = files("tongjian.demo").joinpath("industries.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        goods = Goods(
            row["tax_class"],
            row["item"],
            row["unit"],
            int(row["price_min_fen"]),
            int(row["price_max_fen"]),
            int(row["quantity_max"]),
            int(row["rate_ppm"]),
        )
        code = row["industry"]
        before = found[code].goods if code in found else ()
        found[code] = Industry(code, row["name"], row["word"], (*before, goods))
    return found


def line_for(industry: str, seeded: Seeded, *, is_small_scale: bool = False) -> InvoiceLine:
    """Return a plausible invoice line of a seller of an industry; small quantities are commoner.

    A small-scale taxpayer invoices at 3 % whatever is not exempt. Raises KeyError for an
    industry that the file does not have.
    """
    goods = seeded.choice(industries()[industry].goods)
    quantity = seeded.integer(1, seeded.integer(1, goods.quantity_max))
    price_fen = seeded.integer(goods.price_min_fen, goods.price_max_fen)
    # People quote three or four figures: 12,345.67 is written 12,340.00.
    step = 10 ** max(0, len(str(price_fen)) - 4)
    price_fen = max(goods.price_min_fen, price_fen // step * step)
    rate_ppm = SMALL_SCALE_RATE_PPM if is_small_scale and goods.rate_ppm else goods.rate_ppm
    return InvoiceLine(goods.tax_class, goods.name, quantity, price_fen, rate_ppm)


class Firms:
    """Found firms of an invented city, none with the name or the code of another."""

    def __init__(self, seed: int, identities: Identities) -> None:
        """Begin at a seed; credit codes come from the identities of the same world."""
        self._seeded = Seeded(seed).branch("firms")
        self._identities = identities
        self._names: set[str] = set()

    def _name(self, place: str, word: str, legal_form: str) -> str:
        brand = ""
        for length in (2, 2, 2, 2, 3, 4, 5):
            brand = self._seeded.text(_BRANDS, length)
            name = f"{place}{brand}{word}{legal_form}"
            if name not in self._names:
                self._names.add(name)
                return name
        msg = f"no new name like {place}{brand}{word}{legal_form}: the city is full"
        raise ValueError(msg)

    def found(self, region: str, industry: str | None = None) -> Firm:
        """Return a new firm of an industry, of any when none is named.

        Farms may be cooperatives; shops, restaurants and repairers may be households of one
        person; all others are limited companies. Raises KeyError for an unknown division or
        industry.
        """
        chosen = industries()[industry or self._seeded.choice(tuple(industries()))]
        kind, legal_form = BodyKind.ENTERPRISE, "有限公司"
        if chosen.code.startswith("A") and self._seeded.chance(500_000):
            kind, legal_form = BodyKind.COOPERATIVE, "专业合作社"
        elif chosen.code[:2] in {"F5", "H6", "O8"} and self._seeded.chance(300_000):
            kind, legal_form = BodyKind.HOUSEHOLD, "经营部"
        name = self._name(REGIONS[region], chosen.word, legal_form)
        return Firm(self._identities.uscc(kind, region), name, chosen.code, region)
