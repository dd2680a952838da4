"""How burdens end by time: the ledger itself ends a notice or an objection that nobody followed up.

Civil Code art. 220 (15 days without a suit), 221 (90 days after final registration is possible).
"""

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event
from tongjian.core.permission import Clock
from tongjian.core.values import TimeMs
from tongjian.services.land.book import add_entry, require_unit, without
from tongjian.services.land.clocks import calendar_deadline
from tongjian.services.land.records import (
    ENTRIES,
    NOTICES,
    OBJECTIONS,
    UNITS,
    NoticeRow,
    ObjectionRow,
    Unit,
    service,
)
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import BurdenStatus, EntryNumber, UnitCode


class LapseNotice(Act, tag="land.lapse_notice"):
    """End an advance notice whose time is over."""

    unit: UnitCode
    number: EntryNumber
    lapses_ms: TimeMs


class NoticeEnded(Event, tag="land.notice_ended"):
    """An advance notice stands no more."""

    unit: UnitCode
    number: EntryNumber
    status: BurdenStatus


@service.operation(by=Clock(), law="Civil Code art. 221", writes=(UNITS, ENTRIES, NOTICES))
def lapse_notice(act: LapseNotice, ledger: Ledger) -> tuple[NoticeEnded, ...]:
    """End a notice that was not converted in 90 days; one that ended otherwise stays as it is."""
    unit = require_unit(ledger, act.unit)
    notice = ledger.one(NOTICES, act.unit, act.number, missing=Refusal.NOTICE_UNKNOWN)
    if (notice.status, notice.lapses_ms) != ("live", act.lapses_ms):
        return ()
    return (end_notice_row(ledger, act.unit, unit, act.number, notice, "lapsed"),)


def end_notice_row(
    ledger: Ledger,
    code: str,
    unit: Unit,
    number: int,
    notice: NoticeRow,
    status: BurdenStatus,
) -> NoticeEnded:
    """Write the end of a notice."""
    ledger.put(NOTICES, code, number, row=replace(notice, status=status))
    unit, _ = add_entry(ledger, code, unit, "notice_end", about=number)
    ledger.put(UNITS, code, row=replace(unit, notices=without(unit.notices, number)))
    return NoticeEnded(unit=code, number=number, status=status)


def set_lapse(ledger: Ledger, code: str, number: int, notice: NoticeRow) -> None:
    """Write a notice whose 90 days begin now: final registration is possible."""
    lapses_ms = calendar_deadline(ledger, ledger.parameter("notice_days"))
    ledger.put(NOTICES, code, number, row=replace(notice, lapses_ms=lapses_ms))
    ledger.schedule(lapses_ms, LapseNotice(unit=code, number=number, lapses_ms=lapses_ms))


class LapseObjection(Act, tag="land.lapse_objection"):
    """End an objection that no suit followed."""

    unit: UnitCode
    number: EntryNumber


class ObjectionEnded(Event, tag="land.objection_ended"):
    """An objection stands no more."""

    unit: UnitCode
    number: EntryNumber
    status: BurdenStatus


@service.operation(by=Clock(), law="Civil Code art. 220", writes=(UNITS, ENTRIES, OBJECTIONS))
def lapse_objection(act: LapseObjection, ledger: Ledger) -> tuple[ObjectionEnded, ...]:
    """End an objection 15 days after its entry, unless a suit is on record."""
    unit = require_unit(ledger, act.unit)
    row = ledger.one(OBJECTIONS, act.unit, act.number, missing=Refusal.OBJECTION_UNKNOWN)
    if row.status != "live" or row.lapses_ms == 0:
        return ()
    return (end_objection_row(ledger, act.unit, unit, act.number, row, "lapsed"),)


def end_objection_row(
    ledger: Ledger,
    code: str,
    unit: Unit,
    number: int,
    row: ObjectionRow,
    status: BurdenStatus,
) -> ObjectionEnded:
    """Write the end of an objection."""
    ledger.put(OBJECTIONS, code, number, row=replace(row, status=status))
    unit, _ = add_entry(ledger, code, unit, "objection_end", about=number)
    ledger.put(UNITS, code, row=replace(unit, objections=without(unit.objections, number)))
    return ObjectionEnded(unit=code, number=number, status=status)
