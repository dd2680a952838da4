"""Orders of a court: which rights exactly, for how long, and how far they have come.

An order is known by a commitment to its document; other services keep it under the same 32 bytes,
so that a seizure in the land register and its order are found from either side.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.operation import BYTES32, Row, Table
from tongjian.core.values import Amount, Count, Digest, TimeMs, Uscc
from tongjian.services.evidence.identifiers import CaseKey
from tongjian.services.land.public import UnitCode
from tongjian.services.treasury.public import FundsRef
from tongjian.services.treasury.public import Target as FundsKind

TARGETS_MAX: Final = 16
"""Rights that one order reaches; more need a second order."""
TermDays = Annotated[
    int, Meta(ge=1, le=3660, description="Term of an order.", extra={"unit": "day"})
]
OrderKind = Literal["preservation", "seizure"]
"""Before judgment 财产保全, or in enforcement 执行查封, 冻结."""
AnyOrderKind = Literal["preservation", "seizure", "transfer"]
MaybeNumber = Annotated[int, Meta(ge=0, le=2**40)]
OrderStatus = Literal["issued", "served", "executed", "lifted", "expired"]


class LandTarget(Record, tag="land"):
    """A unit of real estate, seized in the land register."""

    unit: UnitCode
    debtor: Digest | None
    """The holder against whom the order goes, as the register knows them: served when the unit is
    another's by then, the order is refused. None where the order goes against the unit itself."""


class MoneyTarget(Record, tag="money"):
    """What public money owes to a payee, or the price in an escrow, frozen up to an amount."""

    target: FundsKind
    ref: FundsRef
    amount_fen: Amount


class MovableTarget(Record, tag="movable"):
    """A thing that no register of this ledger keeps; the order is recorded and served on paper."""

    thing: Digest
    """Commitment to what the thing is."""


Target = LandTarget | MoneyTarget | MovableTarget
Targets = Annotated[tuple[Target, ...], Meta(min_length=1, max_length=TARGETS_MAX)]


class Order(Row):
    """An order of a court; it takes effect when it is served, never before (JUD-I3)."""

    case: CaseKey
    court: Uscc
    kind: AnyOrderKind
    targets: Targets
    days: TermDays
    status: OrderStatus
    issued_ms: TimeMs
    served_ms: TimeMs
    """Block time of service, from which it has effect; 0 before."""
    until_ms: TimeMs
    """When it ends unless renewed; 0 before service."""
    renewals: Count
    lifted_by: Uscc | None
    """The issuing court, or a court above it."""
    seizures: Annotated[tuple[MaybeNumber, ...], Meta(max_length=TARGETS_MAX)]
    """For each right the entry in the book of the unit, 0 for other rights; none before service."""


ORDERS: Final[Table[Order, bytes]] = Table("evidence.orders", Order, (BYTES32,))
