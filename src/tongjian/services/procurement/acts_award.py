"""The award, and what may be said against it: challenge, answer, complaint, decision."""

from typing import Final, Literal

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Named, Recorded, Signer
from tongjian.core.values import Amount, Count, Digest, TimeMs, Uscc, count, fen, time_ms
from tongjian.services.procurement.acts_registers import SUPERVISOR
from tongjian.services.procurement.acts_tenders import AGENCY_AND_PURCHASER, end_tender
from tongjian.services.procurement.records import (
    CHALLENGES,
    OFFERS,
    PLANS,
    SUPPLIERS,
    TENDERS,
    service,
)
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Challenge, Tender
from tongjian.services.procurement.rules import (
    in_days,
    in_working_days,
    never,
    require_not_suspended,
    require_tender,
)
from tongjian.services.procurement.values import ChallengeStatus, Number

CHALLENGE_LAW: Final = "Government Procurement Law art. 52, 53, 55, 56, 57"


class Award(Act, tag="procurement.award"):
    """Award the contract."""

    tender: Number
    bidder: Uscc


class Awarded(Event, tag="procurement.awarded"):
    """A bidder has the award 中标通知."""

    tender: Number
    bidder: Uscc
    price_fen: Amount
    objection_until_ms: TimeMs
    contract_until_ms: TimeMs


@service.operation(
    by=Signer("purchase_approver", Recorded(TENDERS, ("tender",), "purchaser")),
    law="Government Procurement Law art. 46; Tendering Law art. 45; "
    "Government Procurement Regulation art. 43",
    reads=(OFFERS,),
    writes=(TENDERS,),
)
def award(act: Award, ledger: Ledger) -> Awarded:
    """Award to the first in rank and nobody else, while no challenge is open (PRO-I4)."""
    tender = require_tender(ledger, act.tender, "ranked")
    require_not_suspended(tender, ledger)
    offer = ledger.one(OFFERS, act.tender, act.bidder, missing=Refusal.BIDDER_UNKNOWN)
    ensure(tender.ranking[0] == act.bidder, Refusal.NOT_FIRST)
    ensure(tender.open_challenges == 0, Refusal.CHALLENGE_OPEN)
    ensure(ledger.time_ms >= tender.objection_until_ms, Refusal.OBJECTION_RUNNING)

    after = replace(
        tender,
        status="awarded",
        winner=act.bidder,
        price_fen=fen(offer.price_fen),
        objection_until_ms=in_working_days(ledger, ledger.parameter("objection_workdays")),
        contract_until_ms=in_days(ledger, ledger.parameter("contract_days_max")),
    )
    ledger.put(TENDERS, act.tender, row=after)
    return Awarded(
        tender=act.tender,
        bidder=act.bidder,
        price_fen=offer.price_fen,
        objection_until_ms=after.objection_until_ms,
        contract_until_ms=after.contract_until_ms,
    )


class StrikeWinner(Act, tag="procurement.strike_winner"):
    """Strike out a winner who does not sign."""

    tender: Number
    reason: Literal["refused_to_sign", "no_security", "award_void"]
    decision: Digest


class WinnerStruck(Event, tag="procurement.winner_struck"):
    """The award is taken back; the next in rank may have it, or the tender has failed."""

    tender: Number
    bidder: Uscc
    reason: Literal["refused_to_sign", "no_security", "award_void"]
    left: Count
    """Candidates left in rank."""


@service.operation(
    by=AllOf(
        (
            Signer("purchase_approver", Recorded(TENDERS, ("tender",), "purchaser")),
            Signer("supervisor_approver"),
        )
    ),
    law="Government Procurement Regulation art. 49; Government Procurement Law art. 46",
    writes=(TENDERS, PLANS),
)
def strike_winner(act: StrikeWinner, ledger: Ledger) -> WinnerStruck:
    """Strike out a winner with the supervisor's word; rank order goes on (PRO-I4)."""
    tender = require_tender(ledger, act.tender, "awarded")
    left = tender.ranking[1:]
    after = replace(
        tender,
        status="ranked",
        ranking=left,
        winner=None,
        price_fen=fen(0),
        objection_until_ms=never(),
        contract_until_ms=never(),
    )
    if left:
        ledger.put(TENDERS, act.tender, row=after)
    else:
        end_tender(act.tender, after, "few_bidders", ledger)
    return WinnerStruck(
        tender=act.tender,
        bidder=tender.ranking[0],
        reason=act.reason,
        left=count(len(left)),
    )


# ------------------------------------------------------------------------------------- challenges


class ChallengeTender(Act, tag="procurement.challenge_tender"):
    """Challenge documents, procedure or result."""

    tender: Number
    supplier: Uscc
    grounds: Digest
    """Salted commitment to the letter."""


class Challenged(Event, tag="procurement.challenged"):
    """A supplier challenges a procedure."""

    tender: Number
    number: Count
    supplier: Uscc
    answer_until_ms: TimeMs


@service.operation(
    by=Signer("bidder", Named("supplier")),
    law=CHALLENGE_LAW,
    reads=(SUPPLIERS,),
    writes=(TENDERS, CHALLENGES),
)
def challenge_tender(act: ChallengeTender, ledger: Ledger) -> Challenged:
    """Challenge a procedure, after the award within its days; no award while it is open."""
    tender = require_tender(
        ledger, act.tender, "published", "opened", "evaluating", "ranked", "awarded"
    )
    ledger.one(SUPPLIERS, act.supplier, missing=Refusal.BIDDER_UNKNOWN)
    is_late = tender.status == "awarded" and ledger.time_ms >= tender.objection_until_ms
    ensure(not is_late, Refusal.OBJECTION_OVER)

    number = count(tender.challenges + 1)
    row = Challenge(
        supplier=act.supplier,
        grounds=act.grounds,
        status="asked",
        answer_until_ms=in_working_days(ledger, ledger.parameter("answer_workdays")),
        complain_until_ms=never(),
    )
    ledger.put(CHALLENGES, act.tender, number, row=row)
    more = count(tender.open_challenges + 1)
    after = replace(tender, challenges=number, open_challenges=more)
    ledger.put(TENDERS, act.tender, row=after)
    return Challenged(
        tender=act.tender,
        number=number,
        supplier=act.supplier,
        answer_until_ms=row.answer_until_ms,
    )


class ChallengeMoved(Event, tag="procurement.challenge_moved"):
    """A challenge stands elsewhere than before."""

    tender: Number
    number: Count
    status: ChallengeStatus


class AnswerChallenge(Act, tag="procurement.answer_challenge"):
    """Answer a challenge."""

    tender: Number
    number: Count
    answer: Digest
    """Salted commitment to the answer."""


@service.operation(by=AGENCY_AND_PURCHASER, law=CHALLENGE_LAW, writes=(TENDERS, CHALLENGES))
def answer_challenge(act: AnswerChallenge, ledger: Ledger) -> ChallengeMoved:
    """Answer a challenge; the supplier may complain of the answer, and the procedure goes on."""
    tender = ledger.one(TENDERS, act.tender, missing=Refusal.TENDER_UNKNOWN)
    challenge = require_challenge(act, "asked", ledger)

    until_ms = in_working_days(ledger, ledger.parameter("complaint_workdays"))
    after = replace(challenge, status="answered", complain_until_ms=until_ms)
    return move(act, tender, after, ledger, opened=-1)


class Complain(Act, tag="procurement.complain"):
    """Complain to the supervisor."""

    tender: Number
    number: Count
    supplier: Uscc
    complaint: Digest


@service.operation(
    by=Signer("bidder", Named("supplier")), law=CHALLENGE_LAW, writes=(TENDERS, CHALLENGES)
)
def complain(act: Complain, ledger: Ledger) -> ChallengeMoved:
    """Complain of an answer, or of none in time; the procedure is suspended meanwhile."""
    tender = require_tender(
        ledger, act.tender, "published", "opened", "evaluating", "ranked", "awarded"
    )
    challenge = ledger.one(CHALLENGES, act.tender, act.number, missing=Refusal.CHALLENGE_UNKNOWN)
    is_silent = challenge.status == "asked" and ledger.time_ms >= challenge.answer_until_ms
    is_own = challenge.supplier == act.supplier
    may = is_own and (is_silent or challenge.status == "answered")
    ensure(may, Refusal.CHALLENGE_CLOSED)
    ensure(is_silent or ledger.time_ms < challenge.complain_until_ms, Refusal.OBJECTION_OVER)

    until_ms = in_days(ledger, ledger.parameter("suspension_days_max"))
    suspended = replace(tender, suspended_until_ms=until_ms)
    after = replace(challenge, status="complained")
    return move(act, suspended, after, ledger, opened=0 if is_silent else 1)


class DecideComplaint(Act, tag="procurement.decide_complaint"):
    """Decide a complaint."""

    tender: Number
    number: Count
    verdict: Literal["dismissed", "upheld"]
    decision: Digest


@service.operation(by=SUPERVISOR, law=CHALLENGE_LAW, writes=(TENDERS, CHALLENGES, PLANS))
def decide_complaint(act: DecideComplaint, ledger: Ledger) -> ChallengeMoved:
    """Decide a complaint: dismissed, the procedure goes on; upheld, it is annulled."""
    tender = ledger.one(TENDERS, act.tender, missing=Refusal.TENDER_UNKNOWN)
    challenge = require_challenge(act, "complained", ledger)

    resumed = replace(tender, suspended_until_ms=time_ms(ledger.time_ms))
    moved = move(act, resumed, replace(challenge, status=act.verdict), ledger, opened=-1)
    if act.verdict == "upheld" and tender.status not in ("contracted", "failed", "sold"):
        closed = replace(resumed, open_challenges=count(tender.open_challenges - 1))
        end_tender(act.tender, closed, "annulled", ledger)
    return moved


def require_challenge(
    act: AnswerChallenge | DecideComplaint, status: ChallengeStatus, ledger: Ledger
) -> Challenge:
    """Return a challenge that stands in a status, or refuse."""
    challenge = ledger.one(CHALLENGES, act.tender, act.number, missing=Refusal.CHALLENGE_UNKNOWN)
    ensure(challenge.status == status, Refusal.CHALLENGE_CLOSED)
    return challenge


def move(
    act: AnswerChallenge | Complain | DecideComplaint,
    tender: Tender,
    challenge: Challenge,
    ledger: Ledger,
    *,
    opened: int,
) -> ChallengeMoved:
    """Write a challenge, and how many are open."""
    ledger.put(CHALLENGES, act.tender, act.number, row=challenge)
    after = replace(tender, open_challenges=count(tender.open_challenges + opened))
    ledger.put(TENDERS, act.tender, row=after)
    return ChallengeMoved(tender=act.tender, number=act.number, status=challenge.status)
