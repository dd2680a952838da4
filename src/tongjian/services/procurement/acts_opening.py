"""The end of the opening: which bids compete, and whether they are enough."""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AnyOf, Recorded, Signer
from tongjian.core.values import Count, Fen, Uscc, count, fen
from tongjian.services.procurement.acts_custody import require_secret
from tongjian.services.procurement.acts_tenders import AGENCY_AND_PURCHASER, end_tender
from tongjian.services.procurement.draw import ticket
from tongjian.services.procurement.records import OFFERS, PLANS, SUPPLIERS, TENDERS, service
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Offer, Supplier, Tender
from tongjian.services.procurement.rules import (
    is_single,
    offers_of,
    require_tender,
    valid_offers,
)
from tongjian.services.procurement.values import (
    BIDS_MAX,
    FailReason,
    Number,
    TenderStatus,
    Validity,
)

AGENCY: Final = Signer("procurement_agent", Recorded(TENDERS, ("tender",), "agency"))


class CloseOpening(Act, tag="procurement.close_opening"):
    """End the opening of the bids."""

    tender: Number


class OpeningClosed(Event, tag="procurement.opening_closed"):
    """All envelopes are dealt with; which bids compete is decided."""

    tender: Number
    status: TenderStatus
    reason: FailReason
    valid: Count
    invalid: Count


@service.operation(
    by=AnyOf((AGENCY, Signer("supervisor"))),
    law="Government Procurement Law art. 36; Tendering Law art. 28, 36; "
    "Government Procurement Regulation art. 18",
    reads=(SUPPLIERS,),
    writes=(TENDERS, OFFERS, PLANS),
)
def close_opening(act: CloseOpening, ledger: Ledger) -> OpeningClosed:
    """End the opening when every envelope is dealt with; too few bids fail it (PRO-I2, I3, I6)."""
    tender = require_tender(ledger, act.tender, "published")
    require_secret(tender)
    ensure(tender.unopened == 0, Refusal.BIDS_UNOPENED)

    offers = offers_of(ledger, act.tender)
    judged = judge_all(offers, tender, ledger)
    for bidder, offer in offers:
        if judged[bidder] != offer.validity:
            row = replace(offer, validity=judged[bidder])
            ledger.put(OFFERS, act.tender, bidder, row=row)
    valid = sum(1 for validity in judged.values() if validity == "valid")
    reason: FailReason = "none"
    if valid < (1 if is_single(tender) else ledger.parameter("bidders_min")):
        dear = sum(1 for validity in judged.values() if validity == "price_outside")
        reason = "over_budget" if dear and dear == len(judged) else "few_bidders"
        end_tender(act.tender, tender, reason, ledger)
    else:
        ledger.put(TENDERS, act.tender, row=replace(tender, status="opened"))
    return OpeningClosed(
        tender=act.tender,
        status="opened" if reason == "none" else "failed",
        reason=reason,
        valid=count(valid),
        invalid=count(len(judged) - valid),
    )


def judge_all(
    offers: list[tuple[str, Offer]], tender: Tender, ledger: Ledger
) -> dict[str, Validity]:
    """Return for each bidder whether its bid competes, whatever the order of arrival."""
    declared = {bidder: ledger.get(SUPPLIERS, bidder) for bidder, _ in offers}
    judged: dict[str, Validity] = {}
    for bidder, offer in offers:
        validity = judge(bidder, offer, declared[bidder], tender)
        is_related = validity == "valid" and has_relative(bidder, declared)
        judged[bidder] = "related" if is_related else validity
    return judged


def has_relative(bidder: str, declared: dict[str, Supplier | None]) -> bool:
    """Say whether another bidder of the procedure is related to this one (PRO-I6)."""
    return any(
        other != bidder and are_related(bidder, declared[bidder], other, row)
        for other, row in declared.items()
    )


def judge(bidder: str, offer: Offer, declared: Supplier | None, tender: Tender) -> Validity:
    """Return whether one bid competes, looked at alone."""
    insiders = (tender.purchaser, tender.agency, *tender.excluded)
    is_undeclared = declared is None or declared.declared_ms >= tender.deadline_ms
    barred_until_ms = 0 if declared is None else declared.barred_until_ms
    is_sale = tender.method == "sale"
    above_fen = offer.price_fen - tender.ceiling_fen
    objections: tuple[tuple[bool, Validity], ...] = (
        (offer.envelopes > 1, "bidder_twice"),
        (bidder in insiders, "insider"),
        (bool(tender.invited) and offer.invitation not in tender.invited, "not_invited"),
        (is_undeclared, "undeclared"),
        (barred_until_ms > tender.deadline_ms, "barred"),
        (offer.bond_fen < tender.bond_fen, "bond_short"),
        (above_fen < 0 if is_sale else above_fen > 0, "price_outside"),
    )
    for objects, validity in objections:
        if objects:
            return validity
    return "valid"


def are_related(one: str, of_one: Supplier | None, other: str, of_other: Supplier | None) -> bool:
    """Say whether two bidders have one head, or one names the other as linked (PRO-I6)."""
    if of_one is None or of_other is None:
        return False
    return of_one.head == of_other.head or other in of_one.links or one in of_other.links


class SettleSale(Act, tag="procurement.settle_sale"):
    """Settle a sale in sealed bids."""

    tender: Number


class SaleSettled(Event, tag="procurement.sale_settled"):
    """The highest bidder buys, at the second price."""

    tender: Number
    buyer: Uscc
    highest_fen: Fen
    price_fen: Fen
    ranking: Annotated[tuple[Uscc, ...], Meta(max_length=BIDS_MAX)]


@service.operation(
    by=AGENCY_AND_PURCHASER, law="Auction Law art. 50, 51", reads=(OFFERS,), writes=(TENDERS,)
)
def settle_sale(act: SettleSale, ledger: Ledger) -> SaleSettled:
    """Sell to the highest bidder at the second highest price, at least the reserve (PRO-I10)."""
    tender = require_tender(ledger, act.tender, "opened")
    ensure(tender.method == "sale", Refusal.STATUS_WRONG)

    seed = require_secret(tender)
    offers = valid_offers(ledger, act.tender)
    ranked = sorted(
        offers,
        key=lambda each: (-each[1].price_fen, ticket(ledger.digest, seed, act.tender, each[0])),
    )
    ranking = tuple(bidder for bidder, _ in ranked)
    second = ranked[1][1].price_fen if len(ranked) > 1 else tender.ceiling_fen
    after = replace(tender, status="sold", ranking=ranking, winner=ranking[0], price_fen=second)
    ledger.put(TENDERS, act.tender, row=after)
    return SaleSettled(
        tender=act.tender,
        buyer=ranking[0],  # type: ignore[arg-type]
        highest_fen=fen(ranked[0][1].price_fen),
        price_fen=fen(second),
        ranking=ranking,  # type: ignore[arg-type]
    )
