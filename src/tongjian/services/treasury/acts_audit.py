"""Audit: findings that name immutable versions, replies, and their end."""

from typing import Final, Literal

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Named, Recorded, Signer
from tongjian.core.values import Count, Digest, Fen, Height, Label, Name, Uscc
from tongjian.services.treasury.quantities import Contract, LineId
from tongjian.services.treasury.records import FINDINGS, LINES, PAYMENTS, service
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_works import Finding
from tongjian.services.treasury.rules import require_line, with_actors

_AUDITOR: Final = Recorded(FINDINGS, ("finding",), "auditor")


class FindingSet(Event, tag="treasury.finding_set"):
    """A finding has come to this step."""

    finding: Label
    line: LineId
    payment: Count
    kind: Name
    amount_fen: Fen
    status: Literal["open", "replied", "rectified"]


class WriteFinding(Act, tag="treasury.write_finding"):
    """Write a finding about a line or a payment."""

    finding: Label
    auditor: Uscc
    kind: Name
    line: LineId
    payment: Count
    """Number of the payment on the line; 0 for the line itself."""
    at_height: Height
    """Height at which the auditor read it: that version stays provable."""
    amount_fen: Fen
    document: Digest
    """Salted commitment to the finding and its warrant."""


@service.operation(
    by=AllOf((Signer("auditor", Named("auditor")), Signer("audit_head", Named("auditor")))),
    law="Audit Law art. 18, 34",
    reads=(LINES, PAYMENTS),
    writes=(FINDINGS,),
)
def write_finding(act: WriteFinding, ledger: Ledger) -> FindingSet:
    """Write a finding; it changes nothing of what it is about (PUB-I10)."""
    ensure(ledger.get(FINDINGS, act.finding) is None, Refusal.FINDING_EXISTS)
    line = require_line(ledger, act.line)
    ensure(act.auditor not in (line.unit, line.finance), Refusal.PARTIES_NOT_INDEPENDENT)
    contract: Contract | None = None
    if act.payment:
        payment = ledger.one(PAYMENTS, act.line, act.payment, missing=Refusal.PAYMENT_UNKNOWN)
        contract = payment.contract
    ensure(act.at_height < ledger.height, Refusal.VERSION_UNKNOWN)

    row = Finding(
        auditor=act.auditor,
        unit=line.unit,
        kind=act.kind,
        line=act.line,
        contract=contract,
        payment=act.payment,
        at_height=act.at_height,
        amount_fen=act.amount_fen,
        document=act.document,
        status="open",
        reply=None,
        actors=with_actors(ledger),
    )
    return _put(ledger, act.finding, row)


class ReplyFinding(Act, tag="treasury.reply_finding"):
    """Reply to a finding."""

    finding: Label
    reply: Digest
    """Salted commitment to the unit's reply."""


@service.operation(
    by=Signer("unit_head", Recorded(FINDINGS, ("finding",), "unit")),
    law="Audit Law art. 40",
    writes=(FINDINGS,),
)
def reply_finding(act: ReplyFinding, ledger: Ledger) -> FindingSet:
    """Reply to an open finding, by the head of the unit it is about."""
    row = ledger.one(FINDINGS, act.finding, missing=Refusal.FINDING_UNKNOWN)
    ensure(row.status == "open", Refusal.FINDING_CLOSED)

    return _put(ledger, act.finding, replace(row, status="replied", reply=act.reply))


class RectifyFinding(Act, tag="treasury.rectify_finding"):
    """State that what was found is put right."""

    finding: Label
    document: Digest


@service.operation(
    by=AllOf((Signer("auditor", _AUDITOR), Signer("audit_head", _AUDITOR))),
    law="Audit Law art. 40",
    writes=(FINDINGS,),
)
def rectify_finding(act: RectifyFinding, ledger: Ledger) -> FindingSet:
    """End a finding that was replied to; only the auditor says that it is put right."""
    row = ledger.one(FINDINGS, act.finding, missing=Refusal.FINDING_UNKNOWN)
    ensure(row.status == "replied", Refusal.FINDING_CLOSED)

    return _put(ledger, act.finding, replace(row, status="rectified", document=act.document))


def _put(ledger: Ledger, number: Label, row: Finding) -> FindingSet:
    ledger.put(FINDINGS, number, row=row)
    return FindingSet(
        finding=number,
        line=row.line,
        payment=row.payment,
        kind=row.kind,
        amount_fen=row.amount_fen,
        status=row.status,
    )
