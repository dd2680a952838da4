"""Entries of burdens upon an application: mortgage, advance notice, objection."""

from tongjian.core.calendar import DAY_MS
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import ensure
from tongjian.core.values import time_ms
from tongjian.services.land.acts_survey import layer_of
from tongjian.services.land.book import (
    is_land,
    land_of,
    listed,
    require_all_holders,
    require_registered,
    require_unit,
)
from tongjian.services.land.burdens import check_attested, check_not_seized, pass_notices
from tongjian.services.land.clocks import calendar_deadline
from tongjian.services.land.demands import Mortgage, Notice, Objection
from tongjian.services.land.entering import Case
from tongjian.services.land.lapses import LapseObjection, set_lapse
from tongjian.services.land.records import (
    MORTGAGES,
    NOTICES,
    OBJECTIONS,
    UNITS,
    MortgageRow,
    NoticeRow,
    ObjectionRow,
    Unit,
)
from tongjian.services.land.refusals import Refusal

OWNERSHIP = 12
"""Place of the character of a unit number that says who owns the land; `Z` is disputed."""
PUBLIC_USES = frozenset(("school_public", "hospital_public"))


def enter_mortgage(case: Case, demand: Mortgage, ledger: Ledger) -> None:
    """Enter a mortgage; it ranks behind those entered before it, whatever was signed when (I5)."""
    unit = require_registered(ledger, demand.unit)
    require_all_holders(unit, demand.applicants)
    check_not_seized(unit)
    unit = pass_notices(
        ledger,
        demand.unit,
        unit,
        case.application,
        demand.attestations,
        (demand.mortgagee,),
    )
    ensure(not unit.objections, Refusal.DISPUTED)
    ensure(is_mortgageable(demand.unit, unit), Refusal.NOT_MORTGAGEABLE)
    ensure(demand.mortgagee in case.application.agreed, Refusal.NOT_AGREED)
    is_high = demand.amount_fen >= ledger.parameter("attest_price_fen")
    check_attested(ledger, demand.unit, unit, demand.attestations, is_needed=is_high)

    age_ms = ledger.time_ms - unit.first_ms
    is_early = age_ms < ledger.parameter("mortgage_alarm_days") * DAY_MS
    unit, number = case.add(ledger, demand.unit, unit, "mortgage", alarm=is_early)
    row = MortgageRow(
        kind=demand.kind,
        mortgagee=demand.mortgagee,
        amount_fen=demand.amount_fen,
        transfer_ban=demand.transfer_ban,
        status="live",
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(MORTGAGES, demand.unit, number, row=row)
    ledger.put(UNITS, demand.unit, row=replace(unit, mortgages=(*unit.mortgages, number)))


def is_mortgageable(code: str, unit: Unit) -> bool:
    """Say whether the law lets this unit be mortgaged (Civil Code art. 399; LND-I7)."""
    is_owned_land = layer_of(code) == "ownership"
    is_disputed = code[OWNERSHIP] == "Z"
    return not (is_owned_land or is_disputed or unit.use in PUBLIC_USES)


def enter_notice(case: Case, demand: Notice, ledger: Ledger) -> None:
    """Enter an advance notice, on a registered unit or on one that is still being built."""
    unit = require_unit(ledger, demand.unit)
    is_registered = unit.status == "registered"
    grantor = unit if is_registered else require_builder(ledger, demand.unit, unit)
    require_all_holders(grantor, demand.applicants)
    check_not_seized(grantor)
    unit = pass_notices(ledger, demand.unit, unit, case.application, demand.attestations, ())
    ensure(not grantor.objections, Refusal.DISPUTED)
    check_attested(ledger, demand.unit, grantor, demand.attestations, is_needed=False)

    unit, number = case.add(ledger, demand.unit, unit, "notice")
    row = NoticeRow(
        holder=demand.holder, mortgagee=demand.mortgagee, status="live", lapses_ms=time_ms(0)
    )
    if is_registered:
        set_lapse(ledger, demand.unit, number, row)
    else:
        ledger.put(NOTICES, demand.unit, number, row=row)
    ledger.put(UNITS, demand.unit, row=replace(unit, notices=(*unit.notices, number)))


def require_builder(ledger: Ledger, code: str, unit: Unit) -> Unit:
    """Return the land whose holders may give notice of a building that is not registered yet."""
    is_coming = unit.status == "surveyed" and not is_land(code) and not unit.replaces
    ensure(is_coming, Refusal.UNIT_NOT_REGISTERED)
    land = require_unit(ledger, land_of(code))
    ensure(land.status in ("registered", "built"), Refusal.LAND_NOT_REGISTERED)
    return land


def enter_objection(case: Case, demand: Objection, ledger: Ledger) -> None:
    """Enter an objection; without a suit it lapses after 15 days (art. 220)."""
    unit = require_registered(ledger, demand.unit)
    for number in unit.objections:
        row = listed(ledger, OBJECTIONS, demand.unit, number)
        ensure(row.objector != demand.objector, Refusal.ALREADY_RECORDED)

    unit, number = case.add(ledger, demand.unit, unit, "objection")
    lapses_ms = calendar_deadline(ledger, ledger.parameter("objection_days"))
    row = ObjectionRow(objector=demand.objector, status="live", lapses_ms=lapses_ms)
    ledger.put(OBJECTIONS, demand.unit, number, row=row)
    ledger.schedule(lapses_ms, LapseObjection(unit=demand.unit, number=number))
    ledger.put(UNITS, demand.unit, row=replace(unit, objections=(*unit.objections, number)))
