"""An invented district: parcels along slanted streets, houses with flats, and who deals in them.

Corners are shared between neighbours, so that the map has neither gap nor overlap; streets are not
at right angles, as in real towns. A few of the deals are frauds: a flat is sold a second time, or
sold after a court has seized it. Whoever tests the register knows from `fraud` what it must refuse.
"""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from tongjian.core.arithmetic import apply_rate_ppm
from tongjian.core.hashing import sha256
from tongjian.demo.seeded import Seeded

ORIGIN_MM: Final = (500_000_000, 4_000_000_000)
WIDTH_MM: Final = 24_000
DEPTH_MM: Final = 36_000
BENT_MM: Final = 3_000
"""How far a corner lies off the regular grid."""
STREET_MM: Final = 12_000
"""Between two rows of parcels."""
ROW: Final = 20
"""Parcels in a row."""
FLOORS_MAX: Final = 6
PRICE_FEN_PER_DM2: Final = 21_000
"""21,000 yuan a square metre, scattered by a quarter."""
LOAN_PPM: Final = 600_000
FRAUD_PPM: Final = 60_000
SEIZED_PPM: Final = 40_000
SUB_AREA: Final = "990106001002GB"

Corner = tuple[int, int]
Kind = Literal["sale", "loan", "notice", "seizure"]
Fraud = Literal["", "double_sale", "sale_under_seizure"]


class Lot(NamedTuple):
    """A parcel with its corners in millimetres, counter-clockwise, and the flats on it."""

    number: str
    corners: tuple[Corner, ...]
    holder: str
    """Pseudonym of who builds; the same person holds land and flats at first."""
    flats: tuple["Flat", ...]


class Flat(NamedTuple):
    """A flat with its area in 0.01 m²."""

    unit: str
    area_dm2: int


class Deal(NamedTuple):
    """Something that is asked of the register, in the order in which it is asked."""

    kind: Kind
    unit: str
    giver: str
    taker: str
    amount_fen: int
    fraud: Fraud
    """Why the register must refuse it; empty where it must not."""


def lots(seed: int, amount: int) -> Iterator[Lot]:
    """Yield so many parcels with their flats, the same for the same seed."""
    source = Seeded(seed)
    for position in range(amount):
        number = f"{SUB_AREA}{position + 1:05d}"
        flats = tuple(
            Flat(f"{number}F{1:04d}{floor * 100 + door:04d}", source.integer(4_500, 16_000))
            for floor in range(1, source.integer(2, FLOORS_MAX))
            for door in (1, 2)
        )
        yield Lot(number, _corners(seed, position), f"builder-{source.integer(1, 9)}", flats)


def _corners(seed: int, position: int) -> tuple[Corner, ...]:
    row, column = divmod(position, ROW)
    return (
        _corner(seed, 2 * row, column),
        _corner(seed, 2 * row, column + 1),
        _corner(seed, 2 * row + 1, column + 1),
        _corner(seed, 2 * row + 1, column),
    )


def _corner(seed: int, line: int, column: int) -> Corner:
    """Return a corner, which is the same for all parcels that share it."""
    drawn = sha256(b"corner %d %d %d" % (seed, line, column))
    off = [int.from_bytes(drawn[at : at + 4], "big") % BENT_MM for at in (0, 4)]
    x = ORIGIN_MM[0] + column * WIDTH_MM + off[0]
    y = ORIGIN_MM[1] + line * DEPTH_MM + (line // 2) * STREET_MM + off[1]
    return x, y


def deals(seed: int, sold: tuple[Lot, ...], amount: int) -> Iterator[Deal]:
    """Yield so many deals in the flats of some lots, those that must be refused among them."""
    source = Seeded(seed + 1)
    owner = {flat.unit: lot.holder for lot in sold for flat in lot.flats}
    area = {flat.unit: flat.area_dm2 for lot in sold for flat in lot.flats}
    seized: dict[str, None] = {}
    former: dict[str, str] = {}
    units = tuple(owner)
    for number in range(amount):
        unit, buyer = source.choice(units), f"person-{number}"
        price = apply_rate_ppm(
            area[unit] * PRICE_FEN_PER_DM2 // 100 * 100, source.integer(750_000, 1_250_000)
        )
        if unit in seized:
            yield Deal("sale", unit, owner[unit], buyer, price, "sale_under_seizure")
        elif unit in former and source.chance(FRAUD_PPM):
            yield Deal("sale", unit, former[unit], buyer, price, "double_sale")
        elif source.chance(SEIZED_PPM):
            seized[unit] = None
            yield Deal("seizure", unit, owner[unit], "court", price, "")
        elif source.chance(LOAN_PPM):
            loan = apply_rate_ppm(price, LOAN_PPM)
            yield Deal("loan", unit, owner[unit], "bank", loan, "")
        else:
            former[unit], owner[unit] = owner[unit], buyer
            yield Deal("sale", unit, former[unit], buyer, price, "")
