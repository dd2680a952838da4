"""Suspicions: raised with evidence, the bidder heard, disposed of by the committee's majority.

A red flag or a presumption of collusion never excludes anybody by itself.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AnyOf, Named, Signer
from tongjian.core.values import Count, Digest, PersonId, TimeMs, Uscc, count
from tongjian.services.procurement.acts_panel import EVALUATOR
from tongjian.services.procurement.records import FINDINGS, OFFERS, TENDERS, service
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Finding, Tender
from tongjian.services.procurement.rules import in_working_days, require_tender
from tongjian.services.procurement.values import (
    LINKS_MAX,
    FindingStatus,
    Flag,
    Number,
    Suppliers,
)

WATCH: Final = AnyOf((Signer("supervisor"), Signer("auditor"), Signer("procurement_agent")))
FINDING_LAW: Final = "Tendering Regulation art. 39, 40; Government Procurement Law art. 36"


class RaiseFinding(Act, tag="procurement.raise_finding"):
    """Bring a suspicion before the committee."""

    tender: Number
    flag: Flag
    bidders: Annotated[tuple[Uscc, ...], Meta(min_length=1, max_length=LINKS_MAX)]
    evidence: Digest
    """Salted commitment to the evidence."""


class FindingRaised(Event, tag="procurement.finding_raised"):
    """The committee has a suspicion to look into."""

    tender: Number
    number: Count
    flag: Flag
    bidders: Suppliers
    hearing_until_ms: TimeMs


@service.operation(by=WATCH, law=FINDING_LAW, reads=(OFFERS,), writes=(TENDERS, FINDINGS))
def raise_finding(act: RaiseFinding, ledger: Ledger) -> FindingRaised:
    """Bring a red flag or a presumption before the committee, with a commitment to evidence."""
    tender = require_tender(ledger, act.tender, "evaluating")
    for bidder in act.bidders:
        ledger.one(OFFERS, act.tender, bidder, missing=Refusal.BIDDER_UNKNOWN)

    number = count(tender.findings + 1)
    finding = Finding(
        flag=act.flag,
        bidders=tuple(dict.fromkeys(act.bidders)),
        evidence=act.evidence,
        raised_by=ledger.signer.office,  # type: ignore[arg-type]
        hearing_until_ms=in_working_days(ledger, ledger.parameter("hearing_workdays")),
        heard=(),
        votes_reject=count(0),
        votes_keep=count(0),
        voters=(),
        status="open",
    )
    ledger.put(FINDINGS, act.tender, number, row=finding)
    more = replace(tender, findings=number, open_findings=count(tender.open_findings + 1))
    ledger.put(TENDERS, act.tender, row=more)
    return FindingRaised(
        tender=act.tender,
        number=number,
        flag=act.flag,
        bidders=finding.bidders,
        hearing_until_ms=finding.hearing_until_ms,
    )


class AnswerFinding(Act, tag="procurement.answer_finding"):
    """Be heard on a suspicion."""

    tender: Number
    number: Count
    bidder: Uscc
    statement: Digest
    """Salted commitment to what the bidder says."""


class BidderHeard(Event, tag="procurement.bidder_heard"):
    """A bidder has been heard."""

    tender: Number
    number: Count
    bidder: Uscc
    statement: Digest


@service.operation(
    by=Signer("bidder", Named("bidder")),
    law=FINDING_LAW,
    reads=(TENDERS,),
    writes=(FINDINGS,),
)
def answer_finding(act: AnswerFinding, ledger: Ledger) -> BidderHeard:
    """Take in what a bidder says to a finding that names it."""
    require_tender(ledger, act.tender, "evaluating")
    finding = ledger.get(FINDINGS, act.tender, act.number)
    named = () if finding is None else finding.bidders
    ensure(act.bidder in named, Refusal.BIDDER_UNKNOWN)
    finding = require_open(act, ledger)

    heard = tuple(dict.fromkeys((*finding.heard, act.bidder)))
    ledger.put(FINDINGS, act.tender, act.number, row=replace(finding, heard=heard))
    return BidderHeard(
        tender=act.tender, number=act.number, bidder=act.bidder, statement=act.statement
    )


class DisposeFinding(Act, tag="procurement.dispose_finding"):
    """Vote on a suspicion."""

    tender: Number
    number: Count
    verdict: Literal["reject", "keep"]
    """Reject the bids of those named, or keep them."""
    reasons: Digest


class FindingVoted(Event, tag="procurement.finding_voted"):
    """A member has voted; with a majority the finding is disposed of."""

    tender: Number
    number: Count
    member: PersonId
    status: FindingStatus


@service.operation(by=EVALUATOR, law=FINDING_LAW, writes=(TENDERS, FINDINGS, OFFERS))
def dispose_finding(act: DisposeFinding, ledger: Ledger) -> FindingVoted:
    """Vote to reject or keep; a majority of all members disposes, after the bidder was heard."""
    tender = require_tender(ledger, act.tender, "evaluating")
    member = ledger.signer.person
    ensure(member in tender.seats, Refusal.NOT_ON_PANEL)
    finding = require_open(act, ledger)
    is_heard = all(bidder in finding.heard for bidder in finding.bidders)
    may_vote = is_heard or act.verdict == "keep" or ledger.time_ms >= finding.hearing_until_ms
    ensure(may_vote, Refusal.NOT_HEARD)
    ensure(member not in finding.voters, Refusal.ALREADY_VOTED)

    after = replace(
        finding,
        votes_reject=count(finding.votes_reject + (act.verdict == "reject")),
        votes_keep=count(finding.votes_keep + (act.verdict == "keep")),
        voters=(*finding.voters, member),
    )
    after = replace(after, status=status_of(after, len(tender.seats)))
    ledger.put(FINDINGS, act.tender, act.number, row=after)
    if after.status != "open":
        dispose(act.tender, tender, after, ledger)
    return FindingVoted(
        tender=act.tender,
        number=act.number,
        member=member,  # type: ignore[arg-type]
        status=after.status,
    )


def require_open(act: AnswerFinding | DisposeFinding, ledger: Ledger) -> Finding:
    """Return a finding that the committee has not disposed of, or refuse."""
    finding = ledger.one(FINDINGS, act.tender, act.number, missing=Refusal.FINDING_UNKNOWN)
    ensure(finding.status == "open", Refusal.FINDING_CLOSED)
    return finding


def status_of(finding: Finding, members: int) -> FindingStatus:
    """Return what the votes so far decide; members are odd in number, so all votes decide."""
    if finding.votes_reject * 2 > members:
        return "rejected"
    return "kept" if finding.votes_keep * 2 > members else "open"


def dispose(number: str, tender: Tender, finding: Finding, ledger: Ledger) -> None:
    """Write what follows from a finding that is disposed of."""
    fewer = replace(tender, open_findings=count(tender.open_findings - 1))
    ledger.put(TENDERS, number, row=fewer)
    if finding.status == "kept":
        return
    for bidder in finding.bidders:
        offer = ledger.get(OFFERS, number, bidder)
        if offer is not None and offer.validity == "valid":
            ledger.put(OFFERS, number, bidder, row=replace(offer, validity="finding"))
