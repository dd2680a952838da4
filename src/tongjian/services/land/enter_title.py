"""Entries of title: first registration, transfer, change, deletion.

Each looks at the unit as it is in this block, whatever it was at application: a seizure, a notice
or a sale that came in between decides (LND-I10).
"""

from tongjian.core.arithmetic import PPM
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import ensure, refuse
from tongjian.core.values import time_ms
from tongjian.services.land.acts_survey import bury
from tongjian.services.land.book import (
    check_shares,
    is_land,
    land_of,
    listed,
    parcel_of,
    require_all_holders,
    require_registered,
    require_unit,
    set_holders,
)
from tongjian.services.land.burdens import (
    check_attested,
    check_bans,
    check_clear,
    check_mortgages_agreed,
    check_not_seized,
    end_mortgages,
    pass_notices,
)
from tongjian.services.land.demands import Change, Deletion, First, Transfer
from tongjian.services.land.entering import Case
from tongjian.services.land.lapses import set_lapse
from tongjian.services.land.records import HOLDINGS, NOTICES, PARCELS, UNITS, Unit
from tongjian.services.land.refusals import Refusal
from tongjian.services.treasury.public import ESCROWS

TAXED = frozenset(("sale", "gift", "exchange"))
"""Causes of a transfer on which deed tax is due (Deed Tax Law art. 2, 6)."""


def enter_first(case: Case, demand: First, ledger: Ledger) -> None:
    """Enter a first registration after its time of publicity."""
    check_shares(demand.holders)
    for code in demand.units:
        unit = require_unit(ledger, code)
        ensure(unit.status == "surveyed", Refusal.UNIT_NOT_SURVEYED)
        ensure(not unit.replaces, Refusal.PLAN_WRONG)
        if is_land(code):
            parcel = ledger.one(PARCELS, parcel_of(code), missing=Refusal.PARCEL_UNKNOWN)
            ensure(parcel.status == "live", Refusal.PARCEL_UNKNOWN)
        else:
            build_upon(case, code, demand, ledger)
        open_book(case, code, unit, demand, ledger)
    ensure(ledger.time_ms >= case.application.publicity_ms, Refusal.PUBLICITY_RUNS)


def build_upon(case: Case, code: str, demand: First, ledger: Ledger) -> None:
    """Join a building to the land under it: same holders, and the land goes with it from now on.

    Civil Code art. 356, 357 (LND-I8).
    """
    land = ledger.get(UNITS, land_of(code))
    if land is None or land.status not in ("registered", "built"):
        refuse(Refusal.LAND_NOT_REGISTERED)
    ensure(land.holders == demand.holders, Refusal.LAND_HELD_BY_OTHERS)
    if land.status == "registered":
        check_clear(land)
        ensure(not land.mortgages, Refusal.MORTGAGED)
        for share in land.holders:
            ledger.remove(HOLDINGS, share.holder, land_of(code))
        land, _ = case.add(ledger, land_of(code), land, "built")
        ledger.put(UNITS, land_of(code), row=replace(land, status="built"))


def open_book(case: Case, code: str, unit: Unit, demand: First, ledger: Ledger) -> None:
    """Write the first entry; notices that wait for it begin to run (art. 221)."""
    unit, number = case.add(ledger, code, unit, "first", holders=demand.holders)
    unit = set_holders(ledger, code, unit, demand.holders, number)
    for name in unit.notices:
        notice = listed(ledger, NOTICES, code, name)
        set_lapse(ledger, code, name, notice)
    unit = replace(
        unit,
        status="registered",
        term_end_ms=demand.term_end_ms,
        first_ms=time_ms(ledger.time_ms),
    )
    ledger.put(UNITS, code, row=unit)


def enter_transfer(case: Case, demand: Transfer, ledger: Ledger) -> None:
    """Enter a transfer from all holders to all future ones; mortgages follow (I3, I4, I6)."""
    unit = require_registered(ledger, demand.unit)
    check_shares(demand.transferees)
    require_all_holders(unit, demand.transferors)
    ensure(demand.transferees != unit.holders, Refusal.NOTHING_CHANGES)
    check_not_seized(unit)
    transferees = [share.holder for share in demand.transferees]
    unit = pass_notices(
        ledger, demand.unit, unit, case.application, demand.attestations, transferees
    )
    ensure(not unit.objections or demand.acknowledged is not None, Refusal.DISPUTED)
    check_bans(ledger, demand.unit, unit, case.application)
    is_high = demand.price_fen >= ledger.parameter("attest_price_fen")
    check_attested(ledger, demand.unit, unit, demand.attestations, is_needed=is_high)
    tax = case.application.tax
    ensure(tax is not None or demand.cause not in TAXED, Refusal.TAX_NOT_PAID)
    check_escrow(case, demand, ledger)

    base_fen = 0 if tax is None else tax.base_fen
    is_cheap = demand.price_fen * PPM < base_fen * ledger.parameter("price_band_ppm")
    unit, number = case.add(
        ledger,
        demand.unit,
        unit,
        "transfer",
        holders=demand.transferees,
        price_fen=demand.price_fen,
        alarm=demand.cause == "sale" and is_cheap,
    )
    unit = set_holders(ledger, demand.unit, unit, demand.transferees, number)
    ledger.put(UNITS, demand.unit, row=unit)


def check_escrow(case: Case, demand: Transfer, ledger: Ledger) -> None:
    """Refuse an escrow that does not hold the price of this application."""
    if demand.escrow is not None:
        escrow = ledger.get(ESCROWS, demand.escrow)
        is_this = escrow is not None and (
            escrow.case,
            escrow.parcel,
            escrow.price_fen,
            escrow.status,
        ) == (case.number, demand.unit, demand.price_fen, "funded")
        ensure(is_this, Refusal.ESCROW_WRONG)


def enter_change(case: Case, demand: Change, ledger: Ledger) -> None:
    """Enter a change or a correction of use or term; who holds, and what burdens, stays."""
    unit = require_registered(ledger, demand.unit)
    require_all_holders(unit, demand.applicants)
    before = (unit.use, unit.term_end_ms)
    ensure(before != (demand.use, demand.term_end_ms), Refusal.NOTHING_CHANGES)

    unit, _ = case.add(ledger, demand.unit, unit, "change")
    row = replace(unit, use=demand.use, term_end_ms=demand.term_end_ms)
    ledger.put(UNITS, demand.unit, row=row)


def enter_deletion(case: Case, demand: Deletion, ledger: Ledger) -> None:
    """Enter the end of a unit; its number is dead for ever."""
    unit = require_registered(ledger, demand.unit)
    require_all_holders(unit, demand.applicants)
    check_clear(unit)
    check_mortgages_agreed(ledger, demand.unit, unit, case.application)

    end_unit(case, demand.unit, unit, ledger)


def end_unit(case: Case, code: str, unit: Unit, ledger: Ledger) -> None:
    """End a unit with its mortgages; bare land leaves the map."""
    end_mortgages(ledger, code, unit, "released")
    unit, number = case.add(ledger, code, unit, "deletion")
    unit = set_holders(ledger, code, unit, (), number)
    ledger.put(UNITS, code, row=replace(unit, status="extinguished", mortgages=()))
    if is_land(code):
        parcel = ledger.one(PARCELS, parcel_of(code), missing=Refusal.PARCEL_UNKNOWN)
        bury(ledger, parcel_of(code), parcel)
