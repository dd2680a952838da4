"""Tenders: prepared with criteria and key holders, published, clarified, or failed."""

from typing import Final, Literal

from tongjian.core.arithmetic import apply_rate_ppm
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure, refuse
from tongjian.core.permission import AllOf, Named, Recorded, Signer
from tongjian.core.values import Amount, Count, Digest, Fen, Name, TimeMs, Uscc, count, time_ms
from tongjian.services.procurement.records import (
    ADDENDA,
    HOLDERS,
    PLANS,
    TENDERS,
    service,
)
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Addendum, Plan, Tender
from tongjian.services.procurement.rules import (
    bids_due_ms,
    check_criteria,
    failed,
    in_days,
    require_tender,
)
from tongjian.services.procurement.values import (
    PRICE,
    Criteria,
    Criterion,
    FailReason,
    Holders,
    Invited,
    Method,
    Number,
    PanelSize,
    Suppliers,
    Threshold,
)

AGENCY_AND_PURCHASER: Final = AllOf(
    (
        Signer("procurement_agent", Recorded(TENDERS, ("tender",), "agency")),
        Signer("purchase_approver", Recorded(TENDERS, ("tender",), "purchaser")),
    )
)


WITH_SUPERVISOR: Final = AllOf((*AGENCY_AND_PURCHASER.parts, Signer("supervisor_approver")))


class PrepareTender(Act, tag="procurement.prepare_tender"):
    """Prepare a tender for a plan."""

    tender: Number
    plan: Number
    agency: Uscc
    documents: Digest
    """Salted commitment to the tender documents with the draft of the contract."""
    criteria: Criteria
    bond_fen: Fen
    field: Name
    """Of the pool of experts."""
    panel_size: PanelSize
    holders: Holders
    threshold: Threshold
    invited: Invited
    designers: Suppliers
    """Who gave design, specifications, supervision or tests for the project."""


class TenderPrepared(Event, tag="procurement.tender_prepared"):
    """A tender waits for the key to which its bids are sealed."""

    tender: Number
    purchaser: Uscc
    agency: Uscc
    method: Method
    ceiling_fen: Amount
    holders: Holders
    threshold: Threshold


@service.operation(
    by=AllOf(
        (
            Signer("procurement_agent", Named("agency")),
            Signer("purchase_approver", Recorded(PLANS, ("plan",), "purchaser")),
        )
    ),
    law="Government Procurement Law art. 26; Government Procurement Regulation art. 18, 33, 34; "
    "Tendering Law art. 37",
    reads=(HOLDERS,),
    writes=(TENDERS, PLANS),
)
def prepare_tender(act: PrepareTender, ledger: Ledger) -> TenderPrepared:
    """Prepare a tender: criteria, committee and key holders stand before anything is published."""
    ensure(ledger.get(TENDERS, act.tender) is None, Refusal.NUMBER_USED)
    plan = ledger.one(PLANS, act.plan, missing=Refusal.PLAN_UNKNOWN)
    ensure(plan.status == "planned", Refusal.STATUS_WRONG)
    check_criteria(act.criteria, ledger.parameter(f"price_points_min_{plan.kind}"))
    bond_max_fen = apply_rate_ppm(plan.ceiling_fen, ledger.parameter("bond_ppm_max"))
    ensure(act.bond_fen <= bond_max_fen, Refusal.BOND_TOO_LARGE)
    check_custody(act.holders, act.threshold, ledger)
    check_panel_size(act, plan, ledger)

    tender = Tender(
        plan=act.plan,
        purchaser=plan.purchaser,
        agency=act.agency,
        method=plan.method,
        kind=plan.kind,
        ceiling_fen=plan.ceiling_fen,
        bond_fen=act.bond_fen,
        criteria=act.criteria,
        documents=act.documents,
        field=act.field,
        panel_size=act.panel_size,
        holders=act.holders,
        threshold=act.threshold,
        invited=act.invited,
        excluded=act.designers,
        status="prepared",
    )
    ledger.put(TENDERS, act.tender, row=tender)
    ledger.put(PLANS, act.plan, row=replace(plan, status="tendering"))
    return prepared(act.tender, tender)


def prepared(number: Number, tender: Tender) -> TenderPrepared:
    """Return the event that a procedure waits for its key."""
    return TenderPrepared(
        tender=number,
        purchaser=tender.purchaser,
        agency=tender.agency,
        method=tender.method,
        ceiling_fen=tender.ceiling_fen,
        holders=tender.holders,
        threshold=tender.threshold,
    )


def check_custody(holders: Holders, threshold: int, ledger: Ledger) -> None:
    """Refuse holders who are not distinct and registered, or of whom half could open early."""
    is_known = all(ledger.get(HOLDERS, holder) is not None for holder in holders)
    is_distinct = len(dict.fromkeys(holders)) == len(holders)
    ensure(
        is_known and is_distinct and len(holders) < 2 * threshold <= 2 * len(holders),
        Refusal.CUSTODY_WRONG,
    )


def check_panel_size(act: PrepareTender, plan: Plan, ledger: Ledger) -> None:
    """Refuse a committee that is even in number or smaller than the rule (PRO-I5)."""
    is_tender = plan.method in ("open", "invited")
    least = ledger.parameter("panel_min" if is_tender else "panel_min_other")
    ensure(act.panel_size % 2 == 1 and act.panel_size >= least, Refusal.PANEL_SIZE_WRONG)


class PrepareSale(Act, tag="procurement.prepare_sale"):
    """Prepare an auction in sealed bids, at the second price."""

    tender: Number
    seller: Uscc
    agency: Uscc
    """The auctioneer."""
    lot: Digest
    """Salted commitment to the description of the lot."""
    reserve_fen: Amount
    deposit_fen: Fen
    holders: Holders
    threshold: Threshold
    barred: Suppliers
    """Buyers who defaulted on this lot before."""


@service.operation(
    by=AllOf(
        (
            Signer("procurement_agent", Named("agency")),
            Signer("purchase_approver", Named("seller")),
        )
    ),
    law="Auction Law art. 22, 50",
    reads=(HOLDERS,),
    writes=(TENDERS,),
)
def prepare_sale(act: PrepareSale, ledger: Ledger) -> TenderPrepared:
    """Prepare a sale in sealed bids; the price alone decides, and no committee is drawn."""
    ensure(ledger.get(TENDERS, act.tender) is None, Refusal.NUMBER_USED)
    check_custody(act.holders, act.threshold, ledger)

    tender = Tender(
        plan=None,
        purchaser=act.seller,
        agency=act.agency,
        method="sale",
        kind="goods",
        ceiling_fen=act.reserve_fen,
        bond_fen=act.deposit_fen,
        criteria=(Criterion(name=PRICE, points=10_000),),  # type: ignore[arg-type]
        documents=act.lot,
        field="sale",  # type: ignore[arg-type]
        panel_size=3,
        holders=act.holders,
        threshold=act.threshold,
        invited=(),
        excluded=act.barred,
        status="prepared",
    )
    ledger.put(TENDERS, act.tender, row=tender)
    return prepared(act.tender, tender)


class Publish(Act, tag="procurement.publish"):
    """Publish a tender with its deadline for bids."""

    tender: Number
    deadline_ms: TimeMs


class Published(Event, tag="procurement.published"):
    """A tender is published; from now on bids are handed in, sealed to the key."""

    tender: Number
    key: Digest
    """The key, an element of ristretto255."""
    deadline_ms: TimeMs
    documents: Digest


@service.operation(
    by=AGENCY_AND_PURCHASER,
    law="Government Procurement Law art. 35; Tendering Law art. 24; "
    "Government Procurement Regulation art. 38; Auction Law art. 45",
    writes=(TENDERS,),
)
def publish(act: Publish, ledger: Ledger) -> Published:
    """Publish a tender whose key is confirmed; from here on its terms stand still (PRO-I4)."""
    tender = require_tender(ledger, act.tender, "prepared")
    ensure(act.deadline_ms >= bids_due_ms(ledger, tender.method), Refusal.DEADLINE_TOO_SHORT)
    key = tender.key
    if key is None or tender.confirmed < len(tender.holders):
        refuse(Refusal.KEY_NOT_READY)

    after = replace(
        tender,
        status="published",
        published_ms=time_ms(ledger.time_ms),
        deadline_ms=act.deadline_ms,
    )
    ledger.put(TENDERS, act.tender, row=after)
    return Published(
        tender=act.tender,
        key=key,  # type: ignore[arg-type]
        deadline_ms=act.deadline_ms,
        documents=tender.documents,
    )


class Clarify(Act, tag="procurement.clarify"):
    """Clarify or change the documents before the deadline."""

    tender: Number
    document: Digest
    affects_bids: bool
    """It may change how bids are made."""
    deadline_ms: TimeMs
    """The deadline from now on."""


class Clarified(Event, tag="procurement.clarified"):
    """The documents have an addendum."""

    tender: Number
    number: Count
    document: Digest
    affects_bids: bool
    deadline_ms: TimeMs


@service.operation(
    by=AGENCY_AND_PURCHASER,
    law="Tendering Law art. 23; Government Procurement Regulation art. 31",
    writes=(TENDERS, ADDENDA),
)
def clarify(act: Clarify, ledger: Ledger) -> Clarified:
    """Add to the documents; what affects bids leaves at least 15 days after it (PRO-I9)."""
    tender = require_tender(ledger, act.tender, "published")
    if act.affects_bids:
        least_ms = in_days(ledger, ledger.parameter("clarify_days_min"))
        ensure(act.deadline_ms >= least_ms, Refusal.DEADLINE_TOO_SHORT)
    ensure(act.deadline_ms >= tender.deadline_ms, Refusal.DEADLINE_MOVED_BACK)
    ensure(ledger.time_ms < tender.deadline_ms, Refusal.BID_LATE)

    number = count(tender.addenda + 1)
    row = Addendum(
        document=act.document,
        affects_bids=act.affects_bids,
        deadline_ms=act.deadline_ms,
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(ADDENDA, act.tender, number, row=row)
    after = replace(tender, addenda=number, deadline_ms=act.deadline_ms)
    ledger.put(TENDERS, act.tender, row=after)
    return Clarified(
        tender=act.tender,
        number=number,
        document=act.document,
        affects_bids=act.affects_bids,
        deadline_ms=act.deadline_ms,
    )


class FailTender(Act, tag="procurement.fail_tender"):
    """Declare that a tender has come to nothing."""

    tender: Number
    reason: Literal["law_broken", "task_cancelled", "unreadable"]
    decision: Digest


class TenderFailed(Event, tag="procurement.tender_failed"):
    """A tender has come to nothing; its plan may be tendered anew."""

    tender: Number
    reason: FailReason


@service.operation(
    by=AGENCY_AND_PURCHASER,
    law="Government Procurement Law art. 36, 37",
    writes=(TENDERS, PLANS),
)
def fail_tender(act: FailTender, ledger: Ledger) -> TenderFailed:
    """End a tender before its bids can be read; unreadable is one whose shares are missing."""
    tender = require_tender(
        ledger, act.tender, "prepared", "published", "opened", "evaluating", "ranked"
    )
    if act.reason == "unreadable":
        grace_ms = ledger.parameter("shares_grace_ms")
        is_stuck = tender.status == "published" and tender.secret is None
        ensure(is_stuck, Refusal.STATUS_WRONG)
        ensure(ledger.time_ms >= tender.deadline_ms + grace_ms, Refusal.BEFORE_DEADLINE)
    ensure(tender.secret is None, Refusal.SUPERVISOR_NEEDED)
    return end_tender(act.tender, tender, act.reason, ledger)


class AnnulTender(Act, tag="procurement.annul_tender"):
    """End a tender whose bids can be read."""

    tender: Number
    reason: Literal["law_broken", "task_cancelled"]
    decision: Digest


@service.operation(
    by=WITH_SUPERVISOR,
    law="Government Procurement Law art. 36, 37",
    writes=(TENDERS, PLANS),
)
def annul_tender(act: AnnulTender, ledger: Ledger) -> TenderFailed:
    """End a tender before the award with the supervisor's signature, whoever leads in it."""
    tender = require_tender(ledger, act.tender, "published", "opened", "evaluating", "ranked")
    return end_tender(act.tender, tender, act.reason, ledger)


def end_tender(number: Number, tender: Tender, reason: FailReason, ledger: Ledger) -> TenderFailed:
    """Write that a tender has failed, and let its plan be tendered anew."""
    ledger.put(TENDERS, number, row=failed(tender, reason))
    plan = None if tender.plan is None else ledger.get(PLANS, tender.plan)
    if plan is not None:
        ledger.put(PLANS, str(tender.plan), row=replace(plan, status="planned"))
    return TenderFailed(tender=number, reason=reason)
