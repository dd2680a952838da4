"""Invented tenders: what a city buys in a year, who bids, and which firms conspire.

A purchase has a category with a usual price, three to seven bidders whose costs scatter around it,
and marks as the committee would give them. Some firms belong to a ring: its members take turns,
the loser's price follows the winner's by a regular step, and their files come from one device.
Whoever tests red flags knows from `ring` what they should find.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tongjian.core.arithmetic import apply_rate_ppm
from tongjian.demo.seeded import Seeded

OPEN_LIMIT_FEN: Final = 200_000_000
"""Above it a purchase is tendered openly, in this invented city."""
RING_PPM: Final = 150_000
"""Of the tenders, those in which a ring bids."""
STEP_PPM: Final = 25_000
"""By which a ring's losers bid above its winner."""
BIDDERS_MIN: Final = 3
BIDDERS_MAX: Final = 7


class Category(NamedTuple):
    """A class of purchases with what one usually costs."""

    name: str
    """A word of the catalogue of procurement."""
    zh: str
    kind: str
    low_fen: int
    high_fen: int


CATEGORIES: Final = (
    Category("sensors", "传感器", "goods", 40_000_000, 180_000_000),
    Category("desks", "办公家具", "goods", 3_000_000, 60_000_000),
    Category("servers", "服务器", "goods", 80_000_000, 900_000_000),
    Category("vehicles", "车辆", "goods", 20_000_000, 400_000_000),
    Category("cleaning", "保洁服务", "services", 10_000_000, 120_000_000),
    Category("software", "软件开发", "services", 30_000_000, 600_000_000),
    Category("catering", "食堂服务", "services", 15_000_000, 200_000_000),
    Category("repairs", "房屋修缮", "works", 50_000_000, 380_000_000),
    Category("roads", "道路养护", "works", 300_000_000, 4_000_000_000),
)


class Bidding(NamedTuple):
    """What one firm bids, and what is in its files."""

    firm: str
    price_fen: int
    quality_ppm: int
    """How good it is: marks of the committee scatter around it."""
    device: int
    """Number of the device on which its files were written."""


class Purchase(NamedTuple):
    """One purchase with the bids that come in for it."""

    number: str
    category: Category
    method: str
    ceiling_fen: int
    biddings: tuple[Bidding, ...]
    ring: tuple[str, ...]
    """Firms that conspire here; empty in most."""


def purchases(seed: int, firms: Sequence[str], amount: int) -> Iterator[Purchase]:
    """Yield so many purchases, the same for the same seed and firms; at least seven firms bid.

    Raises ValueError for fewer firms.
    """
    if len(firms) < BIDDERS_MAX:
        msg = f"{len(firms)} firms are fewer than the {BIDDERS_MAX} that may bid for one tender"
        raise ValueError(msg)
    source = Seeded(seed)
    ring = tuple(firms[:BIDDERS_MIN])
    for number in range(1, amount + 1):
        yield _purchase(source, number, firms, ring)


def _purchase(source: Seeded, number: int, firms: Sequence[str], ring: Sequence[str]) -> Purchase:
    category = source.choice(CATEGORIES)
    cost_fen = source.integer(category.low_fen, category.high_fen)
    ceiling_fen = apply_rate_ppm(cost_fen, source.integer(1_050_000, 1_250_000))
    bidders = _draw(source, firms, source.integer(BIDDERS_MIN, BIDDERS_MAX))
    conspires = source.chance(RING_PPM)
    if conspires:
        others = [firm for firm in bidders if firm not in ring]
        bidders = [*ring, *others[: BIDDERS_MAX - len(ring)]]
    biddings = [_bidding(source, firm, cost_fen, ceiling_fen, firms) for firm in bidders]
    if conspires:
        biddings = _arranged(biddings, ring, number, ceiling_fen)
    return Purchase(
        number=f"hz-2026-{number:05d}",
        category=category,
        method="open" if ceiling_fen > OPEN_LIMIT_FEN else _usual(source),
        ceiling_fen=ceiling_fen,
        biddings=tuple(sorted(biddings, key=lambda bidding: bidding.firm)),
        ring=tuple(ring) if conspires else (),
    )


def _usual(source: Seeded) -> str:
    return source.weighted(("open", "inquiry", "negotiation", "consultation"), (60, 20, 10, 10))


def _draw(source: Seeded, firms: Sequence[str], amount: int) -> list[str]:
    left = list(firms)
    return [left.pop(source.integer(0, len(left) - 1)) for _ in range(amount)]


def _bidding(
    source: Seeded, firm: str, cost_fen: int, ceiling_fen: int, firms: Sequence[str]
) -> Bidding:
    asked_fen = apply_rate_ppm(cost_fen, source.integer(900_000, 1_180_000))
    whole_fen = asked_fen - asked_fen % 10_000
    return Bidding(
        firm=firm,
        price_fen=min(whole_fen, ceiling_fen),
        quality_ppm=source.integer(550_000, 980_000),
        device=firms.index(firm),
    )


def _arranged(
    biddings: Sequence[Bidding], ring: Sequence[str], number: int, ceiling_fen: int
) -> list[Bidding]:
    """Return the bids with those of a ring arranged: whose turn it is wins, others step above."""
    lowest_fen = min(bidding.price_fen for bidding in biddings)
    turn = number % len(ring)
    order = [*ring[turn:], *ring[:turn]]
    step_fen = apply_rate_ppm(lowest_fen, STEP_PPM)
    arranged: list[Bidding] = []
    for bidding in biddings:
        if bidding.firm not in order:
            arranged.append(bidding)
            continue
        place = order.index(bidding.firm)
        price_fen = min(apply_rate_ppm(lowest_fen, 970_000) + place * step_fen, ceiling_fen)
        arranged.append(bidding._replace(price_fen=price_fen, device=0))
    return arranged


def marks(seed: int, bidding: Bidding, criteria: Sequence[int]) -> tuple[int, ...]:
    """Return a committee member's marks for a bid: around its quality, within each criterion."""
    source = Seeded(seed)
    return tuple(
        min(
            most,
            apply_rate_ppm(most, max(0, bidding.quality_ppm + source.integer(-80_000, 80_000))),
        )
        for most in criteria
    )
