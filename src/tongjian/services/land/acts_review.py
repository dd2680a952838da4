"""Review 审核: a second officer approves the application, or refuses it with a written reason."""

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.values import Digest, person_id, time_ms
from tongjian.services.land.acts_apply import (
    ApplicationMoved,
    moved,
    of_registry,
    refund,
    require_application,
)
from tongjian.services.land.clocks import working_deadline
from tongjian.services.land.demands import First
from tongjian.services.land.records import APPLICATIONS, Application, service
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import ApplicationNumber
from tongjian.services.treasury.public import ESCROWS, RefundEscrow


class Approve(Act, tag="land.approve"):
    """Approve an application after review."""

    application: ApplicationNumber


@service.operation(
    by=of_registry("land_reviewer"),
    law="Regulation on Real Estate Registration art. 18, 19; Civil Code art. 212",
    writes=(APPLICATIONS,),
)
def approve(act: Approve, ledger: Ledger) -> ApplicationMoved:
    """Approve an application; a first registration is made public before it can be entered."""
    row = require_application(ledger, act.application, "accepted")
    check_person(ledger, row)

    publicity_ms = time_ms(0)
    if isinstance(row.demand, First):
        publicity_ms = working_deadline(ledger, ledger.parameter("first_notice_days"))
    row = replace(
        row,
        status="approved",
        publicity_ms=publicity_ms,
        officers=replace(row.officers, reviewer=person_id(ledger.signer.person)),
    )
    ledger.put(APPLICATIONS, act.application, row=row)
    return moved(act.application, row, ledger)


def check_person(ledger: Ledger, row: Application) -> None:
    """Refuse an officer who, in whatever post, took an earlier step of this application."""
    taken = (row.officers.acceptor, row.officers.reviewer)
    ensure(ledger.signer.person not in taken, Refusal.SAME_PERSON)


class Reject(Act, tag="land.reject"):
    """Refuse an application after review."""

    application: ApplicationNumber
    reason: Digest
    """Salted commitment to the written reason, which goes to the applicant."""


@service.operation(
    by=of_registry("land_reviewer"),
    law="Regulation on Real Estate Registration art. 22",
    reads=(ESCROWS,),
    writes=(APPLICATIONS,),
    follows=(RefundEscrow,),
)
def reject(act: Reject, ledger: Ledger) -> ApplicationMoved:
    """Refuse an application for a written reason; a price in escrow goes back."""
    row = require_application(ledger, act.application, "accepted", "approved")
    ensure(ledger.signer.person != row.officers.acceptor, Refusal.SAME_PERSON)

    row = replace(row, status="refused", reason=act.reason)
    ledger.put(APPLICATIONS, act.application, row=row)
    refund(act.application, row, ledger)
    return moved(act.application, row, ledger)
