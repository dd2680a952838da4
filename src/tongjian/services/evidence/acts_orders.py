"""Orders of a court, which reach land and public money in the transaction of service.

A judge issues, a clerk serves: two persons. From the block of service the order has effect,
whatever applications are under way (JUD-I3); no clerk of a registry can be slow. Only the court
that issued an order, or a court above it, lifts it.
"""

from typing import Final

from tongjian.core.calendar import deadline_calendar_days
from tongjian.core.directory import OFFICES
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Clock, Named, Recorded, Signer
from tongjian.core.values import Count, Digest, TimeMs, Uscc, count, time_ms
from tongjian.services.evidence.acts_trial import BENCH, JUDGE
from tongjian.services.evidence.effects import end, longest_until, prolong, reach
from tongjian.services.evidence.identifiers import CaseKey
from tongjian.services.evidence.records import CASES, service
from tongjian.services.evidence.records_orders import (
    ORDERS,
    LandTarget,
    MoneyTarget,
    Order,
    OrderKind,
    OrderStatus,
    Target,
    Targets,
    TermDays,
)
from tongjian.services.evidence.refusals import Refusal
from tongjian.services.evidence.rules import is_above, require_case
from tongjian.services.land.public import (
    SEIZURES,
    UNITS,
    LiftSeizure,
    RenewSeizure,
    Seize,
    Shares,
    TransferByOrder,
    UnitCode,
)
from tongjian.services.treasury.public import HOLDS, FreezeFunds, UnfreezeFunds

ORDER_LAW: Final = "Civil Procedure Law art. 103, 105; Civil Procedure Interpretation art. 485"
LIFT_LAW: Final = "Civil Procedure Law art. 107; Civil Procedure Interpretation art. 485"


class IssueOrder(Act, tag="evidence.issue_order"):
    """Order that rights be seized or frozen; nothing happens before it is served."""

    order: Digest
    """Commitment to the signed order; the registers keep what follows under it."""
    case: CaseKey
    kind: OrderKind
    targets: Targets
    """Exactly which rights, up to which amount."""
    days: TermDays


class OrderIssued(Event, tag="evidence.order_issued"):
    """A court has ordered, and not served yet."""

    order: Digest
    case: CaseKey
    court: Uscc
    targets: Targets
    days: TermDays


@service.operation(by=JUDGE, law=ORDER_LAW, reads=(CASES,), writes=(ORDERS,))
def issue_order(act: IssueOrder, ledger: Ledger) -> OrderIssued:
    """Issue an order in an open case, for no longer than the law allows for each kind of right."""
    case = require_case(ledger, act.case)
    ensure(ledger.get(ORDERS, act.order) is None, Refusal.ORDER_EXISTS)
    check_targets(ledger, act.targets, act.days)

    row = Order(
        case=act.case,
        court=case.court,
        kind=act.kind,
        targets=act.targets,
        days=act.days,
        status="issued",
        issued_ms=time_ms(ledger.time_ms),
        served_ms=time_ms(0),
        until_ms=time_ms(0),
        renewals=count(0),
        lifted_by=None,
        seizures=(),
    )
    ledger.put(ORDERS, act.order, row=row)
    return OrderIssued(
        order=act.order, case=act.case, court=case.court, targets=act.targets, days=act.days
    )


def check_targets(ledger: Ledger, targets: Targets, days: int) -> None:
    """Refuse a term over that of the law for any of the rights, or a right named twice."""
    for target in targets:
        match target:
            case LandTarget():
                longest = ledger.parameter("land_days_max")
            case MoneyTarget():
                longest = ledger.parameter("money_days_max")
            case _:
                longest = ledger.parameter("movable_days_max")
        ensure(days <= longest, Refusal.TERM_TOO_LONG)
    ensure(len(dict.fromkeys(map(right_of, targets))) == len(targets), Refusal.TARGET_TWICE)


def right_of(target: Target) -> tuple[str, str | bytes]:
    """Return which right a target is, whatever the amount and whomever it goes against."""
    match target:
        case LandTarget(unit=unit):
            return "land", unit
        case MoneyTarget(target=kind, ref=ref):
            return kind, ref
        case _:
            return "movable", target.thing


class ServeOrder(Act, tag="evidence.serve_order"):
    """Serve an order: it reaches the registers in this transaction."""

    order: Digest


class OrderServed(Event, tag="evidence.order_served"):
    """An order has effect from this block on."""

    order: Digest
    case: CaseKey
    court: Uscc
    served_ms: TimeMs
    until_ms: TimeMs


@service.operation(
    by=Signer("court_clerk", Recorded(ORDERS, ("order",), "court")),
    law=ORDER_LAW,
    reads=(CASES, UNITS),
    writes=(ORDERS,),
    follows=(Seize, FreezeFunds),
)
def serve_order(act: ServeOrder, ledger: Ledger) -> OrderServed:
    """Serve: land is seized and money frozen at once, or the whole service is refused (JUD-I3)."""
    order = ledger.one(ORDERS, act.order, missing=Refusal.ORDER_UNKNOWN)
    require_case(ledger, order.case)
    ensure(order.status == "issued", Refusal.ORDER_NOT_ISSUED)

    until_ms = deadline_calendar_days(ledger.time_ms, order.days, ())
    seizures = tuple(reach(ledger, act.order, order, target) for target in order.targets)
    row = replace(
        order,
        status="served",
        served_ms=time_ms(ledger.time_ms),
        until_ms=until_ms,
        seizures=seizures,
    )
    ledger.put(ORDERS, act.order, row=row)
    ledger.schedule(until_ms, ExpireOrder(order=act.order, until_ms=until_ms))
    return OrderServed(
        order=act.order,
        case=order.case,
        court=order.court,
        served_ms=row.served_ms,
        until_ms=until_ms,
    )


class RenewOrder(Act, tag="evidence.renew_order"):
    """Renew an order before it ends."""

    order: Digest
    days: TermDays
    """The new term, counted from the end of the old one."""
    document: Digest
    """Commitment to the decision to renew."""


class OrderRenewed(Event, tag="evidence.order_renewed"):
    """An order lasts longer."""

    order: Digest
    renewal: Count
    until_ms: TimeMs


@service.operation(
    by=AllOf(
        (
            Signer("judge", Recorded(ORDERS, ("order",), "court")),
            Signer("court_clerk", Recorded(ORDERS, ("order",), "court")),
        )
    ),
    law=ORDER_LAW,
    reads=(SEIZURES,),
    writes=(ORDERS,),
    follows=(RenewSeizure,),
)
def renew_order(act: RenewOrder, ledger: Ledger) -> OrderRenewed:
    """Renew within the same limits; what it holds keeps its rank."""
    order = ledger.one(ORDERS, act.order, missing=Refusal.ORDER_UNKNOWN)
    in_force = order.status == "served" and ledger.time_ms < order.until_ms
    ensure(in_force, Refusal.ORDER_NOT_IN_FORCE)
    check_targets(ledger, order.targets, act.days)

    until_ms = deadline_calendar_days(order.until_ms - 1, act.days, ())
    for target, number in zip(order.targets, order.seizures, strict=True):
        prolong(ledger, order, target, number, act.document, act.days)
    renewal = count(order.renewals + 1)
    ledger.put(ORDERS, act.order, row=replace(order, until_ms=until_ms, renewals=renewal))
    ledger.schedule(until_ms, ExpireOrder(order=act.order, until_ms=until_ms))
    return OrderRenewed(order=act.order, renewal=renewal, until_ms=until_ms)


class OrderEnded(Event, tag="evidence.order_ended"):
    """An order is lifted or at its end; what it held is free, or held by the next."""

    order: Digest
    status: OrderStatus
    court: Uscc | None
    """Who lifted it; none where its term was over."""


class LiftOrder(Act, tag="evidence.lift_order"):
    """Lift an order."""

    order: Digest
    court: Uscc
    """The court that lifts: the one that issued, or one above it."""
    document: Digest
    """Commitment to the decision to lift."""


@service.operation(
    by=AllOf((Signer("judge", Named("court")), Signer("court_clerk", Named("court")))),
    law=LIFT_LAW,
    reads=(OFFICES, SEIZURES, HOLDS),
    writes=(ORDERS,),
    follows=(LiftSeizure, UnfreezeFunds),
)
def lift_order(act: LiftOrder, ledger: Ledger) -> OrderEnded:
    """Lift an order, by its court or one above; seizures that waited are in force at once."""
    order = ledger.one(ORDERS, act.order, missing=Refusal.ORDER_UNKNOWN)
    ensure(is_above(ledger, act.court, order.court), Refusal.NOT_ISSUING_COURT)
    ensure(order.status in ("issued", "served"), Refusal.ORDER_NOT_IN_FORCE)

    for target, number in zip(order.targets, order.seizures, strict=False):
        end(ledger, act.order, order, target, number, act.document)
    ledger.put(ORDERS, act.order, row=replace(order, status="lifted", lifted_by=act.court))
    return OrderEnded(order=act.order, status="lifted", court=act.court)


class ExpireOrder(Act, tag="evidence.expire_order"):
    """End an order whose term is over."""

    order: Digest
    until_ms: TimeMs
    """The end for which this clock was set; a renewal sets another."""


@service.operation(
    by=Clock(),
    law=ORDER_LAW,
    reads=(SEIZURES, HOLDS),
    writes=(ORDERS,),
    follows=(UnfreezeFunds,),
)
def expire_order(act: ExpireOrder, ledger: Ledger) -> tuple[OrderEnded, ...]:
    """Free what an order froze when its term is over; a seizure that waited runs its own term."""
    order = ledger.one(ORDERS, act.order, missing=Refusal.ORDER_UNKNOWN)
    if (order.status, order.until_ms) != ("served", act.until_ms):
        return ()

    for target, number in zip(order.targets, order.seizures, strict=True):
        if isinstance(target, MoneyTarget):
            end(ledger, act.order, order, target, number, act.order)
    until_ms = longest_until(ledger, order)
    if until_ms > ledger.time_ms:
        ledger.put(ORDERS, act.order, row=replace(order, until_ms=until_ms))
        ledger.schedule(until_ms, ExpireOrder(order=act.order, until_ms=until_ms))
        return ()
    ledger.put(ORDERS, act.order, row=replace(order, status="expired"))
    return (OrderEnded(order=act.order, status="expired", court=None),)


class OrderTransfer(Act, tag="evidence.order_transfer"):
    """Transfer a unit of real estate by judgment or by a court's sale."""

    order: Digest
    case: CaseKey
    unit: UnitCode
    transferees: Shares
    clears: bool
    """Mortgages and advance notices end, paid from the proceeds or found to be void."""
    effective_ms: TimeMs
    """When the judgment took effect (Civil Code art. 229); it moves no block and no rank."""


class TransferOrdered(Event, tag="evidence.transfer_ordered"):
    """A court has transferred a unit; the register follows in this transaction."""

    order: Digest
    case: CaseKey
    court: Uscc
    unit: UnitCode


@service.operation(
    by=BENCH,
    law="Civil Code art. 229; Civil Procedure Law art. 262",
    reads=(CASES,),
    writes=(ORDERS,),
    follows=(TransferByOrder,),
)
def order_transfer(act: OrderTransfer, ledger: Ledger) -> TransferOrdered:
    """Transfer by order of a court: at once, unless another court's seizure is in force."""
    case = require_case(ledger, act.case)
    ensure(ledger.get(ORDERS, act.order) is None, Refusal.ORDER_EXISTS)

    now = time_ms(ledger.time_ms)
    row = Order(
        case=act.case,
        court=case.court,
        kind="transfer",
        targets=(LandTarget(unit=act.unit, debtor=None),),
        days=1,
        status="executed",
        issued_ms=now,
        served_ms=now,
        until_ms=now,
        renewals=count(0),
        lifted_by=None,
        seizures=(0,),
    )
    ledger.put(ORDERS, act.order, row=row)
    ledger.follow(
        TransferByOrder(
            unit=act.unit,
            court=case.court,
            order=act.order,
            transferees=act.transferees,
            clears=act.clears,
            effective_ms=act.effective_ms,
        )
    )
    return TransferOrdered(order=act.order, case=act.case, court=case.court, unit=act.unit)
