"""Entry 登簿: a third officer enters what was approved, if this block still allows it."""

from typing import assert_never

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.values import label, person_id
from tongjian.services.land.acts_apply import of_registry, require_application
from tongjian.services.land.acts_declare import is_opposed
from tongjian.services.land.acts_review import check_person
from tongjian.services.land.demands import (
    Change,
    Deletion,
    Demand,
    First,
    Merge,
    Mortgage,
    Notice,
    Objection,
    Split,
    Transfer,
)
from tongjian.services.land.enter_burden import enter_mortgage, enter_notice, enter_objection
from tongjian.services.land.enter_shape import enter_merge, enter_split
from tongjian.services.land.enter_title import (
    enter_change,
    enter_deletion,
    enter_first,
    enter_transfer,
)
from tongjian.services.land.entering import Case, Entered
from tongjian.services.land.records import (
    APPLICATIONS,
    ATTESTATIONS,
    CELLS,
    DECLARATIONS,
    ENTRIES,
    HOLDINGS,
    MORTGAGES,
    NOTICES,
    OBJECTIONS,
    PARCELS,
    UNITS,
    service,
)
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import ApplicationNumber
from tongjian.services.treasury.public import ESCROWS, ReleaseEscrow


class Enter(Act, tag="land.enter"):
    """Enter an approved application in the book."""

    application: ApplicationNumber


@service.operation(
    by=of_registry("land_registrar"),
    law=(
        "Civil Code art. 209, 214, 215, 216, 220, 221, 356, 357, 395, 399, 402, 406, 414; "
        "Regulation on Real Estate Registration art. 8, 10, 14, 20, 21"
    ),
    reads=(ATTESTATIONS, DECLARATIONS, ESCROWS),
    writes=(
        *(APPLICATIONS, PARCELS, CELLS, UNITS, ENTRIES),
        *(HOLDINGS, MORTGAGES, NOTICES, OBJECTIONS),
    ),
    follows=(ReleaseEscrow,),
)
def enter(act: Enter, ledger: Ledger) -> tuple[Entered, ...]:
    """Enter an approved application by a third officer; title and price change hands together."""
    row = require_application(ledger, act.application, "approved")
    check_person(ledger, row)

    officers = replace(row.officers, registrar=person_id(ledger.signer.person))
    case = Case(act.application, row, officers, ledger.time_ms >= row.due_ms, [])
    carry_out(case, row.demand, ledger)
    ensure(not is_opposed(ledger, act.application), Refusal.OPPOSED)
    row = replace(row, status="entered", officers=officers, overdue=case.overdue)
    ledger.put(APPLICATIONS, act.application, row=row)
    if isinstance(row.demand, Transfer) and row.demand.escrow is not None:
        ledger.follow(
            ReleaseEscrow(
                escrow=row.demand.escrow, case=label(act.application), parcel=row.demand.unit
            )
        )
    return tuple(case.entered)


def carry_out(case: Case, demand: Demand, ledger: Ledger) -> None:
    """Make the entries that a demand asks for, or refuse."""
    match demand:
        case First() | Transfer() | Change() | Deletion():
            change_title(case, demand, ledger)
        case Split():
            enter_split(case, demand, ledger)
        case Merge():
            enter_merge(case, demand, ledger)
        case Mortgage():
            enter_mortgage(case, demand, ledger)
        case Notice():
            enter_notice(case, demand, ledger)
        case Objection():
            enter_objection(case, demand, ledger)
        case _:
            assert_never(demand)


def change_title(case: Case, demand: First | Transfer | Change | Deletion, ledger: Ledger) -> None:
    """Make an entry of title."""
    match demand:
        case First():
            enter_first(case, demand, ledger)
        case Transfer():
            enter_transfer(case, demand, ledger)
        case Change():
            enter_change(case, demand, ledger)
        case Deletion():
            enter_deletion(case, demand, ledger)
