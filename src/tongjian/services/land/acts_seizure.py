"""Seizure 查封 by order of a court, the seizures that wait 轮候查封, and transfer by a court.

An order has effect from the block that holds it: what is entered before stands, what is entered
later is refused (LND-I1, I10). Each act may be caused by the service of evidence, in the same
transaction as the order; a court may also sign it, judge and clerk together.
"""

from typing import Final

from tongjian.core.calendar import deadline_calendar_days
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, AnyOf, Clock, Named, Signer
from tongjian.core.values import Digest, TimeMs, Uscc, time_ms
from tongjian.services.land.book import (
    add_entry,
    check_shares,
    listed,
    require_registered,
    require_unit,
    set_holders,
    without,
)
from tongjian.services.land.burdens import end_mortgages
from tongjian.services.land.records import (
    ENTRIES,
    HOLDINGS,
    MORTGAGES,
    NOTICES,
    SEIZURES,
    UNITS,
    Seizure,
    Unit,
    service,
)
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import (
    Days,
    EntryNumber,
    MaybeEntry,
    SeizureStatus,
    Shares,
    UnitCode,
)

COURT: Final = AnyOf(
    (
        Clock(),
        AllOf((Signer("judge", Named("court")), Signer("court_clerk", Named("court")))),
    )
)
"""The ledger itself in consequence of a recorded order, or judge and clerk of the court."""
SEIZURE_LAW: Final = (
    "Civil Code art. 214; Civil Procedure Interpretation art. 485; "
    "SPC Seizure Provisions art. 23, 26"
)


class Seize(Act, tag="land.seize"):
    """Seize a unit by order of a court; behind an earlier seizure it waits."""

    unit: UnitCode
    court: Uscc
    order: Digest
    """Salted commitment to the order, or its key in the service of evidence."""
    days: Days
    """The term; of one that waits, counted from the moment it comes into force."""


class Seized(Event, tag="land.seized"):
    """A seizure is served; it is in force or it waits."""

    unit: UnitCode
    number: EntryNumber
    court: Uscc
    order: Digest
    status: SeizureStatus
    until_ms: TimeMs


@service.operation(by=COURT, law=SEIZURE_LAW, writes=(UNITS, ENTRIES, SEIZURES))
def seize(act: Seize, ledger: Ledger) -> Seized:
    """Seize a unit at once, whatever applications are under way (LND-I1, I10)."""
    unit = require_registered(ledger, act.unit)
    check_not_served(act, unit, ledger)
    ensure(act.days <= ledger.parameter("seizure_days_max"), Refusal.TERM_TOO_LONG)

    unit, number = add_entry(ledger, act.unit, unit, "seizure", order=act.order)
    row = Seizure(
        court=act.court,
        order=act.order,
        days=act.days,
        status="waiting",
        served_ms=time_ms(ledger.time_ms),
        from_ms=time_ms(0),
        until_ms=time_ms(0),
    )
    if unit.seizure:
        ledger.put(SEIZURES, act.unit, number, row=row)
        unit = replace(unit, waiting=(*unit.waiting, number))
    else:
        row = put_in_force(ledger, act.unit, number, row)
        unit = replace(unit, seizure=number)
    ledger.put(UNITS, act.unit, row=unit)
    return Seized(
        unit=act.unit,
        number=number,
        court=act.court,
        order=act.order,
        status=row.status,
        until_ms=row.until_ms,
    )


def check_not_served(act: Seize, unit: Unit, ledger: Ledger) -> None:
    """Refuse an order that seizes this unit already, or waits for it."""
    for number in (unit.seizure, *unit.waiting):
        served = ledger.get(SEIZURES, act.unit, number) if number else None
        is_same = served is not None and (served.court, served.order) == (act.court, act.order)
        ensure(not is_same, Refusal.ALREADY_RECORDED)


def put_in_force(ledger: Ledger, unit: str, number: int, seizure: Seizure) -> Seizure:
    """Write a seizure as in force from this block, and set its clock."""
    until_ms = deadline_calendar_days(ledger.time_ms, seizure.days, ())
    row = replace(seizure, status="active", from_ms=time_ms(ledger.time_ms), until_ms=until_ms)
    ledger.put(SEIZURES, unit, number, row=row)
    ledger.schedule(until_ms, ExpireSeizure(unit=unit, number=number, until_ms=until_ms))
    return row


class RenewSeizure(Act, tag="land.renew_seizure"):
    """Renew a seizure, or change the term of one that waits, by order of its court."""

    unit: UnitCode
    number: EntryNumber
    court: Uscc
    order: Digest
    days: Days
    """The new term, counted from the end of the old one."""


class SeizureRenewed(Event, tag="land.seizure_renewed"):
    """A seizure lasts longer."""

    unit: UnitCode
    number: EntryNumber
    order: Digest
    until_ms: TimeMs


@service.operation(by=COURT, law=SEIZURE_LAW, writes=(UNITS, ENTRIES, SEIZURES))
def renew_seizure(act: RenewSeizure, ledger: Ledger) -> SeizureRenewed:
    """Renew a seizure in force before it expires; it keeps its rank."""
    unit = require_unit(ledger, act.unit)
    seizure = ledger.one(SEIZURES, act.unit, act.number, missing=Refusal.SEIZURE_UNKNOWN)
    ensure(seizure.status == "active", Refusal.BURDEN_ENDED)
    ensure(seizure.court == act.court, Refusal.NOT_SEIZING_COURT)
    ensure(act.days <= ledger.parameter("seizure_days_max"), Refusal.TERM_TOO_LONG)

    until_ms = deadline_calendar_days(seizure.until_ms - 1, act.days, ())
    ledger.put(SEIZURES, act.unit, act.number, row=replace(seizure, until_ms=until_ms))
    ledger.schedule(until_ms, ExpireSeizure(unit=act.unit, number=act.number, until_ms=until_ms))
    unit, _ = add_entry(
        ledger, act.unit, unit, "seizure_renewal", order=act.order, about=act.number
    )
    ledger.put(UNITS, act.unit, row=unit)
    return SeizureRenewed(unit=act.unit, number=act.number, order=act.order, until_ms=until_ms)


class SeizureEnded(Event, tag="land.seizure_ended"):
    """A seizure has ended, in force or waiting."""

    unit: UnitCode
    number: EntryNumber
    status: SeizureStatus
    successor: MaybeEntry
    """The one that waited and is in force from this block on; 0 for none."""
    successor_until_ms: TimeMs


class LiftSeizure(Act, tag="land.lift_seizure"):
    """Lift a seizure by order of its court, or of a court above it."""

    unit: UnitCode
    number: EntryNumber
    court: Uscc
    """The court that seized. Whether another one is above it, evidence has checked."""
    order: Digest


@service.operation(by=COURT, law=SEIZURE_LAW, writes=(UNITS, ENTRIES, SEIZURES))
def lift_seizure(act: LiftSeizure, ledger: Ledger) -> SeizureEnded:
    """Lift a seizure; the next that waits is in force in the same block."""
    unit = require_unit(ledger, act.unit)
    seizure = ledger.one(SEIZURES, act.unit, act.number, missing=Refusal.SEIZURE_UNKNOWN)
    ensure(seizure.status in ("active", "waiting"), Refusal.BURDEN_ENDED)
    ensure(seizure.court == act.court, Refusal.NOT_SEIZING_COURT)

    return end_seizure(ledger, act.unit, unit, act.number, "lifted", act.order)


class ExpireSeizure(Act, tag="land.expire_seizure"):
    """End a seizure whose term is over."""

    unit: UnitCode
    number: EntryNumber
    until_ms: TimeMs
    """The end for which this clock was set; a renewal sets another."""


@service.operation(by=Clock(), law=SEIZURE_LAW, writes=(UNITS, ENTRIES, SEIZURES))
def expire_seizure(act: ExpireSeizure, ledger: Ledger) -> tuple[SeizureEnded, ...]:
    """End a seizure that nobody renewed; one that was renewed or lifted stays as it is."""
    unit = require_unit(ledger, act.unit)
    seizure = ledger.one(SEIZURES, act.unit, act.number, missing=Refusal.SEIZURE_UNKNOWN)
    if (seizure.status, seizure.until_ms) != ("active", act.until_ms):
        return ()

    return (end_seizure(ledger, act.unit, unit, act.number, "expired", None),)


def end_seizure(
    ledger: Ledger,
    code: str,
    unit: Unit,
    number: int,
    status: SeizureStatus,
    order: Digest | None,
) -> SeizureEnded:
    """End a seizure and put the next that waits in force, in one block (LND-I1)."""
    close_seizure(ledger, code, number, status)
    unit, _ = add_entry(ledger, code, unit, "seizure_end", order=order, about=number)
    successor, until_ms = 0, time_ms(0)
    if number != unit.seizure:
        unit = replace(unit, waiting=without(unit.waiting, number))
    elif not unit.waiting:
        unit = replace(unit, seizure=0)
    else:
        successor = unit.waiting[0]
        unit = replace(unit, seizure=successor, waiting=unit.waiting[1:])
        waiting = listed(ledger, SEIZURES, code, successor)
        until_ms = put_in_force(ledger, code, successor, waiting).until_ms
    ledger.put(UNITS, code, row=unit)
    return SeizureEnded(
        unit=code,
        number=number,
        status=status,
        successor=successor,
        successor_until_ms=until_ms,
    )


def close_seizure(ledger: Ledger, code: str, number: int, status: SeizureStatus) -> None:
    """Write how a seizure ended."""
    seizure = listed(ledger, SEIZURES, code, number)
    ledger.put(SEIZURES, code, number, row=replace(seizure, status=status))


class TransferByOrder(Act, tag="land.transfer_by_order"):
    """Transfer a unit by a court's judgment or sale 司法拍卖."""

    unit: UnitCode
    court: Uscc
    order: Digest
    transferees: Shares
    clears: bool
    """Mortgages and advance notices end, paid from the proceeds or found to be void."""
    effective_ms: TimeMs
    """When the document took effect (art. 229); it moves no block and no rank."""


class TransferredByOrder(Event, tag="land.transferred_by_order"):
    """A court has transferred a unit."""

    unit: UnitCode
    number: EntryNumber
    court: Uscc
    order: Digest
    transferees: Shares
    executed: MaybeEntry
    """The court's own seizure, ended by this; those that waited are void."""


@service.operation(
    by=COURT,
    law="Civil Code art. 229, 232; SPC Seizure Provisions art. 23, 27",
    writes=(UNITS, ENTRIES, HOLDINGS, SEIZURES, MORTGAGES, NOTICES),
)
def transfer_by_order(act: TransferByOrder, ledger: Ledger) -> TransferredByOrder:
    """Transfer by order, free of any other court's seizure in force; what waited is void."""
    unit = require_registered(ledger, act.unit)
    check_own_seizure(act, unit, ledger)
    ensure(act.effective_ms <= ledger.time_ms, Refusal.TIME_AHEAD)
    check_shares(act.transferees)

    executed = unit.seizure
    if executed:
        close_seizure(ledger, act.unit, executed, "executed")
    for number in unit.waiting:
        close_seizure(ledger, act.unit, number, "void")
    if act.clears:
        unit = clear_burdens(ledger, act.unit, unit)
    unit, number = add_entry(
        ledger,
        act.unit,
        unit,
        "court_transfer",
        order=act.order,
        about=executed,
        holders=act.transferees,
        effective_ms=act.effective_ms,
    )
    unit = set_holders(ledger, act.unit, unit, act.transferees, number)
    ledger.put(UNITS, act.unit, row=replace(unit, seizure=0, waiting=()))
    return TransferredByOrder(
        unit=act.unit,
        number=number,
        court=act.court,
        order=act.order,
        transferees=act.transferees,
        executed=executed,
    )


def check_own_seizure(act: TransferByOrder, unit: Unit, ledger: Ledger) -> None:
    """Refuse a transfer by a court while another court's seizure is in force (LND-I1)."""
    if unit.seizure:
        seizure = listed(ledger, SEIZURES, act.unit, unit.seizure)
        ensure(seizure.court == act.court, Refusal.NOT_SEIZING_COURT)


def clear_burdens(ledger: Ledger, code: str, unit: Unit) -> Unit:
    """End mortgages and advance notices of a unit that a court sells free of them."""
    end_mortgages(ledger, code, unit, "ended")
    for number in unit.notices:
        notice = listed(ledger, NOTICES, code, number)
        ledger.put(NOTICES, code, number, row=replace(notice, status="ended"))
    return replace(unit, mortgages=(), notices=())
