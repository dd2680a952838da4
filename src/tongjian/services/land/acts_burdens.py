"""How burdens end before their time: a mortgage by its bank, a notice by its holder, by a court."""

from typing import Final

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, AnyOf, Clock, Named, Recorded, Signer
from tongjian.core.values import Digest, Uscc, time_ms
from tongjian.services.land.book import (
    add_entry,
    check_district,
    listed,
    require_unit,
    without,
)
from tongjian.services.land.burdens import check_consented
from tongjian.services.land.lapses import (
    NoticeEnded,
    ObjectionEnded,
    end_notice_row,
    end_objection_row,
)
from tongjian.services.land.records import (
    ATTESTATIONS,
    ENTRIES,
    MORTGAGES,
    NOTICES,
    OBJECTIONS,
    UNITS,
    service,
)
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import EntryNumber, UnitCode

REGISTRY: Final = 1
"""Place of the registry's officer among the signers."""


class ReleaseMortgage(Act, tag="land.release_mortgage"):
    """Release a mortgage, as its bank."""

    unit: UnitCode
    number: EntryNumber
    registry: Uscc


class MortgageReleased(Event, tag="land.mortgage_released"):
    """A mortgage stands no more; those behind it move up."""

    unit: UnitCode
    number: EntryNumber
    mortgagee: Uscc


@service.operation(
    by=AllOf(
        (
            Signer("bank_officer", Recorded(MORTGAGES, ("unit", "number"), "mortgagee")),
            Signer("land_registrar", Named("registry")),
        )
    ),
    law="Civil Code art. 393; Regulation on Real Estate Registration art. 14",
    writes=(UNITS, ENTRIES, MORTGAGES),
)
def release_mortgage(act: ReleaseMortgage, ledger: Ledger) -> MortgageReleased:
    """Release a mortgage by its bank and the registry together."""
    check_district(ledger.signers[REGISTRY].region, act.unit)
    unit = require_unit(ledger, act.unit)
    mortgage = listed(ledger, MORTGAGES, act.unit, act.number)
    ensure(mortgage.status == "live", Refusal.BURDEN_ENDED)

    ledger.put(MORTGAGES, act.unit, act.number, row=replace(mortgage, status="released"))
    unit, _ = add_entry(ledger, act.unit, unit, "mortgage_release", about=act.number)
    row = replace(unit, mortgages=without(unit.mortgages, act.number))
    ledger.put(UNITS, act.unit, row=row)
    return MortgageReleased(unit=act.unit, number=act.number, mortgagee=mortgage.mortgagee)


class EndNotice(Act, tag="land.end_notice"):
    """End an advance notice that its holder gives up."""

    unit: UnitCode
    number: EntryNumber
    registry: Uscc
    consent: Digest
    """Attestation by a notary that the holder gives it up."""


@service.operation(
    by=AllOf(
        (
            Signer("land_acceptor", Named("registry")),
            Signer("land_registrar", Named("registry")),
        )
    ),
    law="Civil Code art. 221",
    reads=(ATTESTATIONS,),
    writes=(UNITS, ENTRIES, NOTICES),
)
def end_notice(act: EndNotice, ledger: Ledger) -> NoticeEnded:
    """End a notice that its holder has given up before a notary."""
    check_district(ledger.signers[REGISTRY].region, act.unit)
    unit = require_unit(ledger, act.unit)
    notice = ledger.one(NOTICES, act.unit, act.number, missing=Refusal.NOTICE_UNKNOWN)
    ensure(notice.status == "live", Refusal.BURDEN_ENDED)
    check_consented(ledger, act.unit, notice, act.consent)

    return end_notice_row(ledger, act.unit, unit, act.number, notice, "released")


class NoteSuit(Act, tag="land.note_suit"):
    """Note that the objector has sued."""

    unit: UnitCode
    number: EntryNumber
    court: Uscc
    case: Digest
    """Salted commitment to the number of the case 案号."""


class SuitNoted(Event, tag="land.suit_noted"):
    """An objection stands until the suit ends."""

    unit: UnitCode
    number: EntryNumber
    court: Uscc
    case: Digest


@service.operation(
    by=AnyOf((Clock(), Signer("court_clerk", Named("court")))),
    law="Civil Code art. 220",
    writes=(OBJECTIONS,),
)
def note_suit(act: NoteSuit, ledger: Ledger) -> SuitNoted:
    """Note, in time, that a court has taken the objector's suit; the objection stays."""
    row = ledger.one(OBJECTIONS, act.unit, act.number, missing=Refusal.OBJECTION_UNKNOWN)
    ensure(row.lapses_ms != 0, Refusal.ALREADY_RECORDED)
    ensure(row.status == "live", Refusal.BURDEN_ENDED)

    ledger.put(OBJECTIONS, act.unit, act.number, row=replace(row, lapses_ms=time_ms(0)))
    return SuitNoted(unit=act.unit, number=act.number, court=act.court, case=act.case)


class EndObjection(Act, tag="land.end_objection"):
    """End an objection by decision of a court."""

    unit: UnitCode
    number: EntryNumber
    court: Uscc
    order: Digest


@service.operation(
    by=AnyOf(
        (
            Clock(),
            AllOf((Signer("judge", Named("court")), Signer("court_clerk", Named("court")))),
        )
    ),
    law="Civil Code art. 220",
    writes=(UNITS, ENTRIES, OBJECTIONS),
)
def end_objection(act: EndObjection, ledger: Ledger) -> ObjectionEnded:
    """End an objection when the suit has ended; a judgment for it comes as a court's transfer."""
    unit = require_unit(ledger, act.unit)
    row = ledger.one(OBJECTIONS, act.unit, act.number, missing=Refusal.OBJECTION_UNKNOWN)
    ensure(row.status == "live", Refusal.BURDEN_ENDED)

    return end_objection_row(ledger, act.unit, unit, act.number, row, "ended")
