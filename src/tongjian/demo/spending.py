"""An invented year of a bureau's money: lines of a budget, contracts, deliveries, payments.

Amounts spread over three powers of ten, as purchases do; most are goods. A few of the payments are
frauds or mistakes: whoever tests public money knows from `fate` what it must refuse, and what
comes back.
"""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from tongjian.core.arithmetic import share_out
from tongjian.demo.seeded import Seeded

Fate = Literal["paid", "rejected", "returned", "other_account", "twice", "shell_invoice", "early"]
"""What becomes of a payment: of the last four, the first attempt is refused; then it is paid."""
Kind = Literal["goods", "services", "works"]
CONTRACTS_PER_LINE: Final = 8
LINE_FEN: Final = 90_000_000
"""Budget of a line; below the threshold over which contracts need procurement."""
PARTS_MAX: Final = 3
_FATES: Final[tuple[Fate, ...]] = (
    "paid",
    "rejected",
    "returned",
    "other_account",
    "twice",
    "shell_invoice",
    "early",
)
_FATE_WEIGHTS: Final = (80, 4, 4, 3, 3, 3, 3)
_KINDS: Final[tuple[Kind, ...]] = ("goods", "services", "works")
_KIND_WEIGHTS: Final = (60, 28, 12)
_POWERS: Final = (1_000, 10_000, 100_000)
_FIRST_CLASS: Final = 301
"""Classes of the economic classification begin here; each line of the year has its own."""


class BudgetLine(NamedTuple):
    """A line of the budget."""

    number: int
    economic: str
    amount_fen: int


class Delivery(NamedTuple):
    """A part of a contract that is delivered, accepted and asked to be paid."""

    value_fen: int
    fate: Fate


class Purchase(NamedTuple):
    """A contract with its deliveries; their values are the contract's."""

    contract: str
    line: int
    kind: Kind
    payee: str
    amount_fen: int
    deliveries: tuple[Delivery, ...]


def lines(contracts: int) -> Iterator[BudgetLine]:
    """Yield the lines that a number of contracts needs."""
    for number in range(1, -(-contracts // CONTRACTS_PER_LINE) + 1):
        yield BudgetLine(number, f"{_FIRST_CLASS + number - 1:03d}01", LINE_FEN)


def purchases(seed: int, contracts: int, vendors: tuple[str, ...]) -> Iterator[Purchase]:
    """Yield the contracts of a year in order; the same seed gives the same year.

    Works go to the first vendor, which has the wage account. Those of a line together stay within
    it.
    """
    drawn = Seeded(seed)
    for number in range(contracts):
        kind = drawn.weighted(_KINDS, _KIND_WEIGHTS)
        payee = vendors[0] if kind == "works" else drawn.choice(vendors)
        amount_fen = _amount(drawn, kind)
        weights = [drawn.integer(1, 5) for _ in range(drawn.integer(1, PARTS_MAX))]
        deliveries = tuple(
            Delivery(value, drawn.weighted(_FATES, _FATE_WEIGHTS))
            for value in share_out(amount_fen, weights)
        )
        line = number // CONTRACTS_PER_LINE + 1
        yield Purchase(f"c{number + 1}", line, kind, payee, amount_fen, deliveries)


def _amount(drawn: Seeded, kind: Kind) -> int:
    """Return an amount in fen: two digits that count, times a power of ten, and some cents."""
    power = drawn.choice(_POWERS[:2] if kind == "services" else _POWERS)
    return drawn.integer(10, 99) * power + drawn.integer(0, 99) * 10 + drawn.integer(0, 9)
