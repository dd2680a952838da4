"""Application 申请 and acceptance 受理: what is missing is told once, or all is deemed accepted.

Whoever applies is shown by the documents, to which the application commits; the counter takes them
in. The person who accepts is on record, and takes no later step.
"""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.arithmetic import apply_rate_ppm
from tongjian.core.calendar import legal_date
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import Clock, Named, Recorded, Signer
from tongjian.core.values import (
    Amount,
    Digest,
    Fen,
    Name,
    PersonId,
    TimeMs,
    Uscc,
    person_id,
    time_ms,
)
from tongjian.services.land.book import REGION_CHARACTERS, check_district, require_unit
from tongjian.services.land.clocks import working_deadline
from tongjian.services.land.demands import Demand, First, Merge, Split, Transfer
from tongjian.services.land.records import (
    APPLICATIONS,
    NOBODY,
    UNITS,
    Application,
    Tax,
    service,
)
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import ApplicationNumber, ApplicationStatus
from tongjian.services.treasury.public import ESCROWS, RefundEscrow

UNDER_WAY: Final = ("submitted", "accepted", "approved")
YEAR: Final = slice(7, 11)
"""Place of the year in the number of an application."""


def of_registry(role: str) -> Signer:
    """Return the permission of an officer of the registry that has the application."""
    return Signer(role, Recorded(APPLICATIONS, ("application",), "registry"))


class Submit(Act, tag="land.submit"):
    """Hand in an application with all its documents."""

    application: ApplicationNumber
    registry: Uscc
    demand: Demand
    documents: Digest
    """Salted commitment to application form, identities, powers of attorney, deeds."""


class ApplicationMoved(Event, tag="land.application_moved"):
    """An application has come to another step."""

    application: ApplicationNumber
    status: ApplicationStatus
    person: PersonId | None
    """The officer who took the step; None where the ledger did."""
    due_ms: TimeMs


@service.operation(
    by=Signer("land_counter", Named("registry")),
    law="Regulation on Real Estate Registration art. 14, 15, 16",
    reads=(UNITS,),
    writes=(APPLICATIONS,),
)
def submit(act: Submit, ledger: Ledger) -> ApplicationMoved:
    """Hand in an application; if nobody answers on the same day it is accepted by law."""
    for code in units_of(act.demand):
        check_district(ledger.signer.region, code)
    check_district(ledger.signer.region, act.application[:REGION_CHARACTERS])
    is_of_year = int(act.application[YEAR]) == legal_date(ledger.time_ms).year
    ensure(is_of_year, Refusal.NUMBER_WRONG)
    ensure(ledger.get(APPLICATIONS, act.application) is None, Refusal.NUMBER_USED)
    for code in units_of(act.demand):
        require_unit(ledger, code)

    row = Application(
        registry=act.registry,
        demand=act.demand,
        documents=act.documents,
        status="submitted",
        taken_in_by=person_id(ledger.signer.person),
        submitted_ms=time_ms(ledger.time_ms),
        due_ms=time_ms(0),
        publicity_ms=time_ms(0),
        officers=NOBODY,
        agreed=(),
        tax=None,
        missing=(),
        reason=None,
        overdue=False,
    )
    ledger.put(APPLICATIONS, act.application, row=row)
    due_ms = working_deadline(ledger, ledger.parameter("accept_days"))
    ledger.schedule(due_ms, DeemAccepted(application=act.application))
    return moved(act.application, row, ledger)


def units_of(demand: Demand) -> tuple[str, ...]:
    """Return the units that a demand is about, those to come among them."""
    match demand:
        case First(units=units):
            return units
        case Split(unit=unit, successors=successors):
            return (unit, *successors)
        case Merge(units=units, successor=successor):
            return (*units, successor)
        case _:
            return (demand.unit,)


def moved(number: str, row: Application, ledger: Ledger) -> ApplicationMoved:
    """Return the event that tells where an application stands."""
    person = person_id(ledger.signer.person) if ledger.signers else None
    return ApplicationMoved(application=number, status=row.status, person=person, due_ms=row.due_ms)


def require_application(ledger: Ledger, number: str, *steps: str) -> Application:
    """Return an application that is at one of the steps, or refuse."""
    row = ledger.one(APPLICATIONS, number, missing=Refusal.APPLICATION_UNKNOWN)
    ensure(row.status in steps, Refusal.APPLICATION_CLOSED)
    return row


class Accept(Act, tag="land.accept"):
    """Accept an application that is complete."""

    application: ApplicationNumber


@service.operation(
    by=of_registry("land_acceptor"),
    law="Regulation on Real Estate Registration art. 17, 20",
    writes=(APPLICATIONS,),
)
def accept(act: Accept, ledger: Ledger) -> ApplicationMoved:
    """Accept an application; from now on the registry's time runs, 30 working days at most."""
    row = require_application(ledger, act.application, "submitted")
    acceptor = person_id(ledger.signer.person)
    return accepted(act.application, row, acceptor, ledger)


def accepted(number: str, row: Application, acceptor: PersonId, ledger: Ledger) -> ApplicationMoved:
    """Write an application as accepted, by an officer or by law, and set its clock."""
    due_ms = working_deadline(ledger, ledger.parameter("entry_days"))
    officers = replace(NOBODY, acceptor=acceptor)
    row = replace(row, status="accepted", due_ms=due_ms, officers=officers)
    ledger.put(APPLICATIONS, number, row=row)
    ledger.schedule(due_ms, NoteOverdue(application=number))
    return moved(number, row, ledger)


class Decline(Act, tag="land.decline"):
    """Decline an application that is not complete, and say all that is missing."""

    application: ApplicationNumber
    missing: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=16)]


@service.operation(
    by=of_registry("land_acceptor"),
    law="Regulation on Real Estate Registration art. 17",
    writes=(APPLICATIONS,),
)
def decline(act: Decline, ledger: Ledger) -> ApplicationMoved:
    """Decline an application on the spot; what is missing is told once, and all of it."""
    row = require_application(ledger, act.application, "submitted")

    row = replace(row, status="not_accepted", missing=act.missing)
    ledger.put(APPLICATIONS, act.application, row=row)
    return moved(act.application, row, ledger)


class DeemAccepted(Act, tag="land.deem_accepted"):
    """Accept by law what nobody answered."""

    application: ApplicationNumber


@service.operation(
    by=Clock(),
    law="Regulation on Real Estate Registration art. 17",
    writes=(APPLICATIONS,),
)
def deem_accepted(act: DeemAccepted, ledger: Ledger) -> tuple[ApplicationMoved, ...]:
    """Accept by law an application that the registry has not declined on the spot.

    Three persons are needed all the same: whoever took it in counts as the one who accepted.
    """
    row = ledger.one(APPLICATIONS, act.application, missing=Refusal.APPLICATION_UNKNOWN)
    if row.status != "submitted":
        return ()
    return (accepted(act.application, row, row.taken_in_by, ledger),)


class NoteOverdue(Act, tag="land.note_overdue"):
    """Note that the registry's time is over."""

    application: ApplicationNumber


@service.operation(
    by=Clock(),
    law="Regulation on Real Estate Registration art. 20",
    writes=(APPLICATIONS,),
)
def note_overdue(act: NoteOverdue, ledger: Ledger) -> tuple[ApplicationMoved, ...]:
    """Note for all to see that an application is not decided in time."""
    row = ledger.one(APPLICATIONS, act.application, missing=Refusal.APPLICATION_UNKNOWN)
    if row.status not in UNDER_WAY:
        return ()
    row = replace(row, overdue=True)
    ledger.put(APPLICATIONS, act.application, row=row)
    return (moved(act.application, row, ledger),)


class Withdraw(Act, tag="land.withdraw"):
    """Withdraw an application that is not entered yet."""

    application: ApplicationNumber
    request: Digest
    """Salted commitment to the signed request of all who applied."""


@service.operation(
    by=of_registry("land_counter"),
    law="Regulation on Real Estate Registration art. 15",
    reads=(ESCROWS,),
    writes=(APPLICATIONS,),
    follows=(RefundEscrow,),
)
def withdraw(act: Withdraw, ledger: Ledger) -> ApplicationMoved:
    """Withdraw an application before entry; a price in escrow goes back in the same block."""
    row = require_application(ledger, act.application, *UNDER_WAY)

    row = replace(row, status="withdrawn", reason=act.request)
    ledger.put(APPLICATIONS, act.application, row=row)
    refund(act.application, row, ledger)
    return moved(act.application, row, ledger)


def refund(number: str, row: Application, ledger: Ledger) -> None:
    """Have the price go back to the buyer where the sale is not to be."""
    name = row.demand.escrow if isinstance(row.demand, Transfer) else None
    escrow = ledger.get(ESCROWS, name) if name is not None else None
    if name is not None and escrow is not None and escrow.case == number:
        ledger.follow(RefundEscrow(escrow=name, case=escrow.case))


# -- what others add ------------------------------------------------------------------------------


class Agree(Act, tag="land.agree"):
    """Agree to an application, as mortgagee."""

    application: ApplicationNumber
    mortgagee: Uscc


class Agreed(Event, tag="land.agreed"):
    """A mortgagee has agreed to an application."""

    application: ApplicationNumber
    mortgagee: Uscc


@service.operation(
    by=Signer("bank_officer", Named("mortgagee")),
    law="Civil Code art. 400, 402, 406; Regulation on Real Estate Registration art. 14",
    writes=(APPLICATIONS,),
)
def agree(act: Agree, ledger: Ledger) -> Agreed:
    """Agree as lender to a mortgage, to a transfer under a ban, or to a deletion."""
    row = require_application(ledger, act.application, *UNDER_WAY)
    ensure(act.mortgagee not in row.agreed, Refusal.ALREADY_RECORDED)

    row = replace(row, agreed=(*row.agreed, act.mortgagee))
    ledger.put(APPLICATIONS, act.application, row=row)
    return Agreed(application=act.application, mortgagee=act.mortgagee)


class CertifyTax(Act, tag="land.certify_tax"):
    """Certify that the deed tax of a transfer is paid."""

    application: ApplicationNumber
    tax_office: Uscc
    base_fen: Amount
    """Value that is taxed: the price, or more where the price is out of the market."""
    paid_fen: Fen


class TaxCertified(Event, tag="land.tax_certified"):
    """The deed tax is paid."""

    application: ApplicationNumber
    base_fen: Amount
    paid_fen: Fen


@service.operation(
    by=Signer("tax_officer", Named("tax_office")),
    law="Deed Tax Law art. 4, 11",
    writes=(APPLICATIONS,),
)
def certify_tax(act: CertifyTax, ledger: Ledger) -> TaxCertified:
    """Certify the value that is taxed, never below the price, and the tax that was paid on it."""
    check_district(ledger.signer.region, act.application[:REGION_CHARACTERS])
    row = require_application(ledger, act.application, *UNDER_WAY)
    ensure(isinstance(row.demand, Transfer), Refusal.APPLICATION_CLOSED)
    price_fen = row.demand.price_fen if isinstance(row.demand, Transfer) else 0
    tax_fen = apply_rate_ppm(act.base_fen, ledger.parameter("deed_tax_ppm"))
    is_enough = act.base_fen >= price_fen and act.paid_fen >= tax_fen
    ensure(is_enough, Refusal.TAX_BASE_LOW)

    tax = Tax(office=act.tax_office, base_fen=act.base_fen, paid_fen=act.paid_fen)
    ledger.put(APPLICATIONS, act.application, row=replace(row, tax=tax))
    return TaxCertified(application=act.application, base_fen=act.base_fen, paid_fen=act.paid_fen)
