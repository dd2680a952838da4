"""The committee 评标委员会: drawn by lot, scoring each bid once, ranked by the rule."""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.arithmetic import div_half_up
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.limits import RANGE_ROWS_MAX
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Signer
from tongjian.core.values import Count, Digest, PersonId, TimeMs, Uscc, count
from tongjian.services.procurement.acts_custody import require_secret
from tongjian.services.procurement.acts_opening import AGENCY
from tongjian.services.procurement.acts_tenders import (
    AGENCY_AND_PURCHASER,
    TenderFailed,
    end_tender,
)
from tongjian.services.procurement.draw import ticket
from tongjian.services.procurement.records import (
    EXPERTS,
    INTERESTS,
    MARKS,
    OFFERS,
    PLANS,
    TENDERS,
    service,
)
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Mark, Offer, Tender
from tongjian.services.procurement.rules import (
    in_days,
    is_single,
    never,
    offers_of,
    points_of_price,
    require_not_suspended,
    require_tender,
    valid_offers,
)
from tongjian.services.procurement.values import (
    BIDS_MAX,
    CRITERIA_MAX,
    PANEL_MAX,
    PRICE,
    Number,
    Points,
)

EVALUATOR: Final = Signer("evaluator")


class DrawPanel(Act, tag="procurement.draw_panel"):
    """Draw the committee."""

    tender: Number
    representatives: Annotated[tuple[PersonId, ...], Meta(max_length=PANEL_MAX)]
    """Of the purchaser: at most a third of the committee."""


class PanelDrawn(Event, tag="procurement.panel_drawn"):
    """The committee is complete; its members are known by pseudonym until the award."""

    tender: Number
    seats: Annotated[tuple[PersonId, ...], Meta(max_length=PANEL_MAX)]
    pool: Count
    """Experts from whom they were drawn."""


@service.operation(
    by=AGENCY_AND_PURCHASER,
    law="Tendering Law art. 37; Government Procurement Regulation art. 39",
    reads=(EXPERTS, INTERESTS, OFFERS),
    writes=(TENDERS,),
)
def draw_panel(act: DrawPanel, ledger: Ledger) -> PanelDrawn:
    """Draw experts by lot from those enrolled before publication, none with an interest (I5)."""
    tender = require_tender(ledger, act.tender, "opened")
    ensure(tender.method != "sale", Refusal.STATUS_WRONG)
    own = act.representatives
    is_third = len(own) * 3 <= tender.panel_size and len(dict.fromkeys(own)) == len(own)
    ensure(is_third, Refusal.PANEL_SIZE_WRONG)
    lots = lots_of(act.tender, tender, ledger)
    drawn = draw(lots, tender.panel_size - len(own), own, act.tender, ledger)
    bidders = [bidder for bidder, _ in offers_of(ledger, act.tender)]
    for person in own:
        ensure(not has_interest(person, bidders, ledger), Refusal.HAS_INTEREST)

    seats = (*own, *drawn)
    after = replace(tender, status="evaluating", seats=seats)
    ledger.put(TENDERS, act.tender, row=after)
    return PanelDrawn(
        tender=act.tender,
        seats=seats,  # type: ignore[arg-type]
        pool=count(len(lots)),
    )


def lots_of(number: str, tender: Tender, ledger: Ledger) -> list[bytes]:
    """Return the experts of the pool in the order of their lots.

    A pool is the first 1000 entries of a field; larger ones are split by field.
    """
    seed = require_secret(tender)
    pool = ledger.range(EXPERTS, tender.field, limit=RANGE_ROWS_MAX)
    eligible: list[bytes] = [
        key[1]
        for key, expert in pool
        if expert.enrolled_ms < tender.published_ms and not expert.suspended
    ]
    return sorted(eligible, key=lambda who: ticket(ledger.digest, seed, number, who))


def draw(
    lots: list[bytes], wanted: int, taken: tuple[bytes, ...], number: str, ledger: Ledger
) -> list[bytes]:
    """Return the first in lot who have no interest in any bidder, or refuse."""
    bidders = [bidder for bidder, _ in offers_of(ledger, number)]
    drawn: list[bytes] = []
    for person in lots:
        if len(drawn) == wanted:
            break
        if person not in taken and not has_interest(person, bidders, ledger):
            drawn.append(person)
    ensure(len(drawn) == wanted, Refusal.POOL_TOO_SMALL)
    return drawn


def has_interest(person: bytes, bidders: list[str], ledger: Ledger) -> bool:
    """Say whether a person has a recorded relation with one of the bidders."""
    return any(ledger.get(INTERESTS, person, bidder) is not None for bidder in bidders)


class ReplaceMember(Act, tag="procurement.replace_member"):
    """Replace an expert who cannot judge."""

    tender: Number
    member: PersonId
    reason: Digest
    """Salted commitment to why: ill, absent, recused."""


class MemberReplaced(Event, tag="procurement.member_replaced"):
    """The next in lot has the seat of a member."""

    tender: Number
    member: PersonId
    successor: PersonId


@service.operation(
    by=AllOf((AGENCY, Signer("supervisor_approver"))),
    law="Tendering Law art. 37; Government Procurement Regulation art. 39",
    reads=(EXPERTS, INTERESTS, OFFERS, MARKS),
    writes=(TENDERS,),
)
def replace_member(act: ReplaceMember, ledger: Ledger) -> MemberReplaced:
    """Give the seat of a member who has scored nothing to the next in lot.

    The lots are known by now, so the supervisor signs, and nobody seats a friend step by step.
    """
    tender = require_tender(ledger, act.tender, "evaluating")
    lots = lots_of(act.tender, tender, ledger)
    ensure(act.member in tender.seats, Refusal.NOT_ON_PANEL)
    marks = [
        ledger.get(MARKS, act.tender, bidder, act.member)
        for bidder, _ in offers_of(ledger, act.tender)
    ]
    ensure(not any(marks), Refusal.ALREADY_SCORED)
    known = (*tender.seats, *tender.removed)
    (successor,) = draw(lots, 1, known, act.tender, ledger)

    seats = tuple(successor if seat == act.member else seat for seat in tender.seats)
    after = replace(tender, seats=seats, removed=(*tender.removed, act.member))
    ledger.put(TENDERS, act.tender, row=after)
    return MemberReplaced(
        tender=act.tender,
        member=act.member,
        successor=successor,  # type: ignore[arg-type]
    )


class ScoreBid(Act, tag="procurement.score_bid"):
    """Score a bid."""

    tender: Number
    bidder: Uscc
    points: Annotated[tuple[Points, ...], Meta(max_length=CRITERIA_MAX)]
    """For each criterion but the price, in the order of the tender."""
    responsive: bool
    """It meets the terms of the documents."""
    reasons: Digest
    """Salted commitment to the reasons."""


class BidScored(Event, tag="procurement.bid_scored"):
    """A member of the committee has scored a bid."""

    tender: Number
    bidder: Uscc
    member: PersonId
    responsive: bool


@service.operation(
    by=EVALUATOR,
    law="Tendering Law art. 40; Government Procurement Regulation art. 41",
    reads=(INTERESTS,),
    writes=(TENDERS, OFFERS, MARKS),
)
def score_bid(act: ScoreBid, ledger: Ledger) -> BidScored:
    """Score a bid by the published criteria alone, once; what is scored stays (PRO-I4)."""
    tender = require_tender(ledger, act.tender, "evaluating")
    require_not_suspended(tender, ledger)
    member = ledger.signer.person
    ensure(member in tender.seats, Refusal.NOT_ON_PANEL)
    offer = ledger.one(OFFERS, act.tender, act.bidder, missing=Refusal.BIDDER_UNKNOWN)
    ensure(offer.validity == "valid", Refusal.BID_INVALID)
    ensure(ledger.get(INTERESTS, member, act.bidder) is None, Refusal.HAS_INTEREST)
    known = ledger.get(MARKS, act.tender, act.bidder, member)
    ensure(known is None, Refusal.ALREADY_SCORED)
    judged = [criterion.points for criterion in tender.criteria if criterion.name != PRICE]
    is_within = len(act.points) == len(judged) and all(
        given <= most for given, most in zip(act.points, judged, strict=True)
    )
    ensure(is_within, Refusal.SCORE_OUTSIDE)

    row = Mark(points=act.points, responsive=act.responsive, reasons=act.reasons)
    ledger.put(MARKS, act.tender, act.bidder, member, row=row)
    scored = replace(
        offer,
        scored=count(offer.scored + 1),
        responsive=count(offer.responsive + act.responsive),
        judged_points=count(offer.judged_points + sum(act.points)),
    )
    ledger.put(OFFERS, act.tender, act.bidder, row=scored)
    return BidScored(
        tender=act.tender,
        bidder=act.bidder,
        member=member,  # type: ignore[arg-type]
        responsive=act.responsive,
    )


class RankBids(Act, tag="procurement.rank_bids"):
    """Rank the bids."""

    tender: Number


class BidsRanked(Event, tag="procurement.bids_ranked"):
    """The candidates are published in rank order 中标候选人公示."""

    tender: Number
    ranking: Annotated[tuple[Uscc, ...], Meta(max_length=BIDS_MAX)]
    points: Annotated[tuple[Count, ...], Meta(max_length=BIDS_MAX)]
    """Summed over the committee, in the same order."""


@service.operation(
    by=AGENCY,
    law="Tendering Law art. 40, 41; Tendering Regulation art. 54; "
    "Government Procurement Law art. 36",
    writes=(TENDERS, OFFERS, PLANS),
)
def rank_bids(act: RankBids, ledger: Ledger) -> BidsRanked | TenderFailed:
    """Rank by points, then price, then lot; fewer than three that meet the terms fail (I3, I4)."""
    tender = require_tender(ledger, act.tender, "evaluating")
    require_not_suspended(tender, ledger)
    offers = valid_offers(ledger, act.tender)
    members = len(tender.seats)
    ensure(all(offer.scored == members for _, offer in offers), Refusal.SCORES_MISSING)
    ensure(tender.open_findings == 0, Refusal.FINDING_OPEN)

    meeting: list[tuple[str, Offer]] = []
    for bidder, offer in offers:
        if offer.responsive * 2 > members:
            meeting.append((bidder, offer))
        else:
            row = replace(offer, validity="unresponsive")
            ledger.put(OFFERS, act.tender, bidder, row=row)
    if len(meeting) < (1 if is_single(tender) else ledger.parameter("bidders_min")):
        return end_tender(act.tender, tender, "few_bidders", ledger)
    ranked = rank(act.tender, tender, meeting, ledger)
    for bidder, offer in ranked:
        ledger.put(OFFERS, act.tender, bidder, row=offer)
    ranking = tuple(bidder for bidder, _ in ranked)
    after = replace(
        tender, status="ranked", ranking=ranking, objection_until_ms=posted_until_ms(tender, ledger)
    )
    ledger.put(TENDERS, act.tender, row=after)
    return BidsRanked(
        tender=act.tender,
        ranking=ranking,  # type: ignore[arg-type]
        points=tuple(offer.points for _, offer in ranked),
    )


def posted_until_ms(tender: Tender, ledger: Ledger) -> TimeMs:
    """Return until when candidates stand posted before an award; works are tendered so."""
    is_works = tender.kind == "works" and tender.method in ("open", "invited")
    days = ledger.parameter("posting_days_works")
    return in_days(ledger, days) if is_works else never()


def rank(
    number: str, tender: Tender, offers: list[tuple[str, Offer]], ledger: Ledger
) -> list[tuple[str, Offer]]:
    """Return the offers with their points, the best first, whatever order they came in.

    The lowest price brings all points of the price, any other its proportion, half-up to a
    hundredth, once for each member.
    """
    seed = require_secret(tender)
    lowest = min(offer.price_fen for _, offer in offers)
    most, members = points_of_price(tender), len(tender.seats)
    scored = [
        (
            bidder,
            replace(
                offer,
                points=count(
                    offer.judged_points + members * div_half_up(most * lowest, offer.price_fen)
                ),
            ),
        )
        for bidder, offer in offers
    ]
    return sorted(
        scored,
        key=lambda each: (
            -each[1].points,
            each[1].price_fen,
            ticket(ledger.digest, seed, number, each[0]),
        ),
    )
