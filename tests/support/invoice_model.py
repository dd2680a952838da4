"""A small model of invoices in a bookkeeper's words; it knows nothing of rows."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

PICKS = st.integers(0, 19)
"""Which of the known papers; the last pick is one that nobody knows."""
WHO = st.sampled_from(["buyer", "buyer", "buyer", "seller", "seller", "alpha", "beta", "city"])
"""The party of the paper at hand, or an office by name."""
AMOUNTS = st.sampled_from(["0.01", "13.00", "100.00", "113.00", "113.01"])
VOUCHERS = st.sampled_from(["v1", "v2"])
NETS = st.sampled_from([5_000, 10_000, 20_000])
PERIODS = st.sampled_from([202611, 202611, 202611, 202610, 202612])
GENERAL_RATES, SMALL_RATES = (0, 3, 6, 9, 13), (0, 1, 3)


@dataclass
class Request:
    """A red-letter confirmation as the parties see it."""

    by: str
    parts: dict[int, tuple[int, int]]
    state: str
    until_ms: int
    used: bool = False


@dataclass
class Paper:
    """An invoice as a bookkeeper would note it."""

    seller: str
    buyer: str
    kind: str
    business: str
    month: int
    parts: dict[int, tuple[int, int]]
    total: int
    red_of: str = ""
    delivered: bool = False
    booked: bool = False
    deducted: bool = False
    pledgee: str = ""
    red: int = 0
    paid: dict[tuple[str, str], int] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def left(self) -> int:
        return self.total - self.red - sum(self.paid.values())

    def is_used(self) -> bool:
        return (self.booked or self.deducted) and self.business != "purchase"

    def side(self, who: str) -> str:
        if who == self.seller:
            return "seller"
        return "buyer" if who == self.buyer else ""

    def may_claim(self, who: str) -> bool:
        """Say whether an office does not use what it sold itself."""
        return who != self.seller or self.business == "purchase"

    def own_use(self, who: str) -> bool:
        return who == self.buyer and self.may_claim(who)

    def open(self) -> Request | None:
        last = self.requests[-1] if self.requests else None
        is_open = last and last.state in {"alone", "waits", "confirmed"} and not last.used
        return last if is_open else None


def subtotals_text(parts: dict[int, tuple[int, int]]) -> str:
    """Write subtotals as a line has them."""
    return ",".join(
        f"{rate}%:{net // 100}.{net % 100:02d}+{tax // 100}.{tax % 100:02d}"
        for rate, (net, tax) in parts.items()
    )


def left_of(paper: Paper | None) -> dict[int, tuple[int, int]]:
    """Return what no red letter has taken back yet, by rate."""
    if paper is None:
        return {}
    left = dict(paper.parts)
    for asked in paper.requests:
        for rate, (net, tax) in asked.parts.items() if asked.used else ():
            left[rate] = (left[rate][0] - net, left[rate][1] - tax)
    return {rate: amounts for rate, amounts in left.items() if amounts[0]}
