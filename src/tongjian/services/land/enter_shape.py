"""Entries that change what a unit is: split and merger, as a survey has planned them (LND-I11)."""

from collections.abc import Sequence

from tongjian.core.arithmetic import PPM
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import ensure
from tongjian.services.land.acts_survey import bury, check_ascending
from tongjian.services.land.book import (
    is_land,
    listed,
    parcel_of,
    require_all_holders,
    require_registered,
    require_unit,
    set_holders,
)
from tongjian.services.land.burdens import check_clear, end_mortgages
from tongjian.services.land.demands import Merge, Split
from tongjian.services.land.entering import Case
from tongjian.services.land.records import MORTGAGES, PARCELS, UNITS, MortgageRow, Unit
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import EntryKind

Numbered = tuple[str, Unit]


def enter_split(case: Case, demand: Split, ledger: Ledger) -> None:
    """Enter a split: each part has the holders of the whole, and its mortgages (art. 395)."""
    whole = require_registered(ledger, demand.unit)
    parts = require_planned(ledger, demand.successors, (demand.unit,))
    ensure(len(parts) > 1, Refusal.PLAN_WRONG)
    check_area(ledger, [(demand.unit, whole)], parts)
    require_all_holders(whole, demand.applicants)
    check_clear(whole)

    mortgages = [listed(ledger, MORTGAGES, demand.unit, number) for number in whole.mortgages]
    end(case, demand.unit, whole, "split", demand.successors, ledger)
    for code, unit in parts:
        begin(case, code, unit, whole, "split", mortgages, ledger)


def enter_merge(case: Case, demand: Merge, ledger: Ledger) -> None:
    """Enter a merger of units with the same holders and no mortgage."""
    check_ascending(demand.units)
    parts = [(code, require_registered(ledger, code)) for code in demand.units]
    wholes = require_planned(ledger, (demand.successor,), demand.units)
    ensure(len(parts) > 1, Refusal.PLAN_WRONG)
    check_area(ledger, parts, wholes)
    for _, unit in parts:
        require_all_holders(unit, demand.applicants)
    first = parts[0][1]
    is_same = all((u.holders, u.use) == (first.holders, first.use) for _, u in parts)
    ensure(is_same, Refusal.HOLDERS_DIFFER)
    for _, unit in parts:
        check_clear(unit)
    ensure(not any(unit.mortgages for _, unit in parts), Refusal.MORTGAGED)

    for code, unit in parts:
        end(case, code, unit, "merge", (demand.successor,), ledger)
    for code, unit in wholes:
        begin(case, code, unit, first, "merge", (), ledger)


def require_planned(
    ledger: Ledger, codes: Sequence[str], replaces: tuple[str, ...]
) -> list[Numbered]:
    """Return units that a survey has planned in the place of just these, or refuse."""
    check_ascending(tuple(codes))
    planned = [(code, require_unit(ledger, code)) for code in codes]
    for code, unit in planned:
        is_planned = unit.status == "surveyed" and unit.replaces == replaces
        is_alike = is_land(code) == is_land(replaces[0])
        ensure(is_planned and is_alike, Refusal.PLAN_WRONG)
    return planned


def check_area(ledger: Ledger, before: Sequence[Numbered], after: Sequence[Numbered]) -> None:
    """Refuse where the area before and after differs by more than the tolerance of survey."""
    old = sum(area_of(ledger, code, unit) for code, unit in before)
    new = sum(area_of(ledger, code, unit) for code, unit in after)
    is_close = abs(new - old) * PPM <= old * ledger.parameter("area_tolerance_ppm")
    ensure(is_close, Refusal.AREA_NOT_CONSERVED)


def area_of(ledger: Ledger, code: str, unit: Unit) -> int:
    """Return the area of a unit: of land exactly, from its shape, else as surveyed."""
    if is_land(code):
        parcel = ledger.one(PARCELS, parcel_of(code), missing=Refusal.PARCEL_UNKNOWN)
        return parcel.area_mm2_twice
    return unit.area_dm2


def end(
    case: Case,
    code: str,
    unit: Unit,
    kind: EntryKind,
    successors: tuple[str, ...],
    ledger: Ledger,
) -> None:
    """End a unit in favour of its successors; its number is dead for ever."""
    end_mortgages(ledger, code, unit, "converted")
    unit, number = case.add(ledger, code, unit, kind)
    unit = set_holders(ledger, code, unit, (), number)
    status = "split" if kind == "split" else "merged"
    row = replace(unit, status=status, successors=successors, mortgages=())
    ledger.put(UNITS, code, row=row)
    if is_land(code):
        parcel = ledger.one(PARCELS, parcel_of(code), missing=Refusal.PARCEL_UNKNOWN)
        bury(ledger, parcel_of(code), parcel)


def begin(
    case: Case,
    code: str,
    unit: Unit,
    origin: Unit,
    kind: EntryKind,
    mortgages: Sequence[MortgageRow],
    ledger: Ledger,
) -> None:
    """Begin a successor with the holders, the term and the mortgages of where it comes from."""
    unit, number = case.add(ledger, code, unit, kind, holders=origin.holders)
    unit = set_holders(ledger, code, unit, origin.holders, number)
    numbers: list[int] = []
    for mortgage in mortgages:
        unit, rank = case.add(ledger, code, unit, "mortgage", about=number)
        ledger.put(MORTGAGES, code, rank, row=mortgage)
        numbers.append(rank)
    row = replace(
        unit,
        status="registered",
        use=origin.use,
        term_end_ms=origin.term_end_ms,
        first_ms=origin.first_ms,
        mortgages=tuple(numbers),
    )
    ledger.put(UNITS, code, row=row)
    if is_land(code):
        parcel = ledger.one(PARCELS, parcel_of(code), missing=Refusal.PARCEL_UNKNOWN)
        ledger.put(PARCELS, parcel_of(code), row=replace(parcel, status="live"))
