"""Plans: a purchase begins on a budget line, below its free money, by the method it needs."""

from typing import Final

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure, refuse
from tongjian.core.permission import AllOf, Named, Recorded, Signer
from tongjian.core.values import Amount, Digest, Fen, Name, Uscc, fen
from tongjian.services.procurement.records import PLANNED, PLANS, SPENDING, service
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Plan, Planned, Spending
from tongjian.services.procurement.rules import year_of
from tongjian.services.procurement.values import Kind, Number, PurchaseMethod
from tongjian.services.treasury.public import LINES, LineId, available_fen

PURCHASER: Final = (
    Signer("purchase_officer", Named("purchaser")),
    Signer("purchase_approver", Named("purchaser")),
)
PLAN_LAW: Final = "Government Procurement Law art. 26, 27, 28, 33"


class PlanPurchase(Act, tag="procurement.plan_purchase"):
    """Plan a purchase on a budget line."""

    plan: Number
    purchaser: Uscc
    line: LineId
    category: Name
    """Of the catalogue of procurement 采购品目."""
    kind: Kind
    method: PurchaseMethod
    ceiling_fen: Amount
    demand: Digest
    """Salted commitment to what is needed, and to why by this method."""


class PurchasePlanned(Event, tag="procurement.purchase_planned"):
    """A purchase is planned."""

    plan: Number
    purchaser: Uscc
    line: LineId
    category: Name
    method: PurchaseMethod
    ceiling_fen: Amount
    year_fen: Fen
    """Planned this year for the category by other methods than open tender, this one included."""


@service.operation(
    by=AllOf(PURCHASER), law=PLAN_LAW, reads=(LINES,), writes=(PLANS, PLANNED, SPENDING)
)
def plan_purchase(act: PlanPurchase, ledger: Ledger) -> PurchasePlanned:
    """Plan a purchase within its line; what avoids open tender is summed over the year (I7, I8)."""
    check_line(act, ledger)
    year = year_of(ledger)
    spent = ledger.get(SPENDING, act.purchaser, act.category, year)
    year_fen = spent.ceilings_fen if spent else 0
    if act.method != "open":
        year_fen += act.ceiling_fen
        ensure(year_fen <= ledger.parameter(f"open_fen_min_{act.kind}"), Refusal.SPLIT_PURCHASE)
        row = Spending(ceilings_fen=fen(year_fen))
        ledger.put(SPENDING, act.purchaser, act.category, year, row=row)
    return put_plan(act, ledger, exempted=False, year_fen=year_fen)


class PlanExempted(Act, tag="procurement.plan_exempted"):
    """Plan a purchase by another method than open tender above the limit."""

    plan: Number
    purchaser: Uscc
    line: LineId
    category: Name
    kind: Kind
    method: PurchaseMethod
    ceiling_fen: Amount
    demand: Digest
    approval: Digest
    """Salted commitment to the approval of the supervisor."""


@service.operation(
    by=AllOf((*PURCHASER, Signer("supervisor_approver"))),
    law="Government Procurement Law art. 27, 31; Government Procurement Regulation art. 23",
    reads=(LINES, SPENDING),
    writes=(PLANS, PLANNED),
)
def plan_exempted(act: PlanExempted, ledger: Ledger) -> PurchasePlanned:
    """Plan by another method with the supervisor's approval, which stands beside the plan."""
    check_line(act, ledger)
    spent = ledger.get(SPENDING, act.purchaser, act.category, year_of(ledger))
    return put_plan(act, ledger, exempted=True, year_fen=spent.ceilings_fen if spent else 0)


def check_line(act: PlanPurchase | PlanExempted, ledger: Ledger) -> None:
    """Refuse a plan whose number is taken, or for which the line has no free money (PRO-I7)."""
    ensure(ledger.get(PLANS, act.plan) is None, Refusal.NUMBER_USED)
    line = ledger.get(LINES, act.line)
    if line is None or line.unit != act.purchaser or line.status != "issued":
        refuse(Refusal.LINE_UNKNOWN)
    planned = ledger.get(PLANNED, act.line)
    others_fen = planned.ceilings_fen if planned else 0
    ensure(others_fen + act.ceiling_fen <= available_fen(line), Refusal.CEILING_OVER_BUDGET)


def put_plan(
    act: PlanPurchase | PlanExempted, ledger: Ledger, *, exempted: bool, year_fen: int
) -> PurchasePlanned:
    """Write a plan and count its ceiling against the line."""
    planned = ledger.get(PLANNED, act.line)
    before_fen = planned.ceilings_fen if planned else 0
    ledger.put(PLANNED, act.line, row=Planned(ceilings_fen=fen(before_fen + act.ceiling_fen)))
    plan = Plan(
        purchaser=act.purchaser,
        line=act.line,
        category=act.category,
        kind=act.kind,
        method=act.method,
        year=year_of(ledger),
        ceiling_fen=act.ceiling_fen,
        exempted=exempted,
        status="planned",
    )
    ledger.put(PLANS, act.plan, row=plan)
    return PurchasePlanned(
        plan=act.plan,
        purchaser=act.purchaser,
        line=act.line,
        category=act.category,
        method=act.method,
        ceiling_fen=act.ceiling_fen,
        year_fen=fen(year_fen),
    )


class DropPlan(Act, tag="procurement.drop_plan"):
    """Give up a planned purchase."""

    plan: Number
    reason: Digest


class PlanDropped(Event, tag="procurement.plan_dropped"):
    """A purchase is given up."""

    plan: Number
    ceiling_fen: Amount


@service.operation(
    by=AllOf(
        (
            Signer("purchase_officer", Recorded(PLANS, ("plan",), "purchaser")),
            Signer("purchase_approver", Recorded(PLANS, ("plan",), "purchaser")),
        )
    ),
    law="Government Procurement Law art. 33",
    writes=(PLANS, PLANNED, SPENDING),
)
def drop_plan(act: DropPlan, ledger: Ledger) -> PlanDropped:
    """Give up a plan for which no tender is under way; its ceiling counts no longer."""
    plan = ledger.one(PLANS, act.plan, missing=Refusal.PLAN_UNKNOWN)
    ensure(plan.status == "planned", Refusal.STATUS_WRONG)

    free_line(plan, ledger)
    key = (plan.purchaser, plan.category, plan.year)
    spent = ledger.get(SPENDING, *key)
    if spent is not None and plan.method != "open" and not plan.exempted:
        left_fen = fen(spent.ceilings_fen - plan.ceiling_fen)
        ledger.put(SPENDING, *key, row=Spending(ceilings_fen=left_fen))
    ledger.put(PLANS, act.plan, row=replace(plan, status="dropped"))
    return PlanDropped(plan=act.plan, ceiling_fen=plan.ceiling_fen)


def free_line(plan: Plan, ledger: Ledger) -> None:
    """Count a plan no longer against its line: it is dropped, or has become a contract."""
    planned = ledger.get(PLANNED, plan.line)
    if planned is not None:
        left_fen = fen(planned.ceilings_fen - plan.ceiling_fen)
        ledger.put(PLANNED, plan.line, row=Planned(ceilings_fen=left_fen))
