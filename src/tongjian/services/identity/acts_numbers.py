"""Network numbers 网号 with their certificates 网证: applied for, verified, activated, ended.

Voluntary (Order 173 art. 4): no other act asks for one. Three persons of the identity office bring
one into force; one stops it at once; its holder cancels it at the counter, whenever they wish. What
stands on the ledger is a number and a keyed code, `tag`, that only the office can compute: it makes
sure that a person has one number, and tells nobody who that is.
"""

from typing import Final, Literal

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AllOf, Named, Recorded, Signer
from tongjian.core.persons import Capacity, Presence
from tongjian.core.values import Digest, Name, Uscc, person_id, time_ms
from tongjian.services.identity.records import (
    LIVING,
    NUMBERS,
    Assurance,
    Living,
    NetNumber,
    Number,
    NumberMoved,
    NumberStatus,
    service,
)
from tongjian.services.identity.refusals import Refusal
from tongjian.services.identity.rules import APPROVER, CLERK, VERIFIER, two_of

OF_NUMBER: Final = Recorded(NUMBERS, ("number",), "office")
UNDER_WAY: Final = ("applied", "verified", "active", "suspended")
"""In these a person has a number, and gets no other."""
METHODS: Final = ("card", "card_live", "visit")


class ApplyNumber(Act, tag="identity.apply_number"):
    """Take in a person's application for a network number."""

    number: NetNumber
    office: Uscc
    tag: Digest
    """Keyed code of the person, computed by the office under a key that nobody else has."""
    capacity: Capacity
    presence: Presence


class VerifyNumber(Act, tag="identity.verify_number"):
    """Verify who applied: by the card's chip and a live check, or by an officer's own eyes."""

    number: NetNumber
    assurance: Assurance
    presence: Presence


class ActivateNumber(Act, tag="identity.activate_number"):
    """Bring a verified network number into force."""

    number: NetNumber


class SuspendNumber(Act, tag="identity.suspend_number"):
    """Stop a network number for the time being."""

    number: NetNumber
    reason: Name


class ResumeNumber(Act, tag="identity.resume_number"):
    """Let a suspended network number count again."""

    number: NetNumber


class EndNumber(Act, tag="identity.end_number"):
    """End a network number: cancelled by its holder, who came, or revoked by the office."""

    number: NetNumber
    outcome: Literal["revoked", "cancelled"]
    evidence: Digest
    """Salted commitment to the holder's request, or to the ground of revocation."""


@service.operation(
    by=Signer(CLERK, Named("office")),
    law="Network Identity Measures art. 4, 6; PIPL art. 31",
    writes=(NUMBERS, LIVING),
)
def apply_number(act: ApplyNumber, ledger: Ledger) -> NumberMoved:
    """Take in an application: a living person has at most one number."""
    ensure(ledger.get(NUMBERS, act.number) is None, Refusal.NUMBER_USED)
    living = ledger.get(LIVING, act.tag)
    if living is not None:
        ensure(not living.deceased, Refusal.PERSON_DECEASED)
        last = ledger.get(NUMBERS, living.number)
        ensure(last is None or last.status not in UNDER_WAY, Refusal.NUMBER_HELD)
    is_guarded = act.capacity == "adult" or act.presence.guardian is not None
    ensure(is_guarded, Refusal.GUARDIAN_NEEDED)

    clerk = person_id(ledger.signer.person)
    row = Number(
        office=act.office,
        tag=act.tag,
        capacity=act.capacity,
        assurance=1,
        status="applied",
        evidence=act.presence.evidence,
        maker=clerk,
        checker=clerk,
        changed_ms=time_ms(ledger.time_ms),
    )
    ledger.put(LIVING, act.tag, row=Living(number=act.number, deceased=False))
    return _written(ledger, act.number, row)


@service.operation(
    by=Signer(VERIFIER, OF_NUMBER),
    law="Network Identity Measures art. 6",
    writes=(NUMBERS,),
)
def verify_number(act: VerifyNumber, ledger: Ledger) -> NumberMoved:
    """Verify an applicant: another person, to a level that the way of verification reaches."""
    row = _require(ledger, act.number, "applied")
    verifier = person_id(ledger.signer.person)
    ensure(verifier != row.maker, Refusal.SAME_PERSON)
    is_guarded = row.capacity == "adult" or act.presence.guardian is not None
    ensure(is_guarded, Refusal.GUARDIAN_NEEDED)
    highest = ledger.parameters("assurance_of_methods")[METHODS.index(act.presence.method)]
    ensure(act.assurance <= highest, Refusal.ASSURANCE_TOO_HIGH)

    row = replace(row, assurance=act.assurance, evidence=act.presence.evidence, checker=verifier)
    return _moved(ledger, act.number, row, "verified")


@service.operation(
    by=Signer(APPROVER, OF_NUMBER),
    law="Network Identity Measures art. 6",
    writes=(NUMBERS,),
)
def activate_number(act: ActivateNumber, ledger: Ledger) -> NumberMoved:
    """Activate a verified number: the third person, and the certificate goes to its holder."""
    row = _require(ledger, act.number, "verified")
    approver = ledger.signer.person
    ensure(approver not in (row.maker, row.checker), Refusal.SAME_PERSON)

    return _moved(ledger, act.number, row, "active")


@service.operation(
    by=Signer(VERIFIER, OF_NUMBER),
    law="PIPL art. 51",
    writes=(NUMBERS,),
)
def suspend_number(act: SuspendNumber, ledger: Ledger) -> NumberMoved:
    """Suspend a number in force; one person may, since it harms less than what it stops."""
    row = _require(ledger, act.number, "active")
    return _moved(ledger, act.number, row, "suspended")


@service.operation(
    by=two_of(OF_NUMBER),
    law="PIPL art. 51",
    writes=(NUMBERS,),
)
def resume_number(act: ResumeNumber, ledger: Ledger) -> NumberMoved:
    """Resume a suspended number; two persons are needed."""
    row = _require(ledger, act.number, "suspended")
    return _moved(ledger, act.number, row, "active")


@service.operation(
    by=AllOf((Signer(VERIFIER, OF_NUMBER), Signer(APPROVER, OF_NUMBER))),
    law="Network Identity Measures art. 4; PIPL art. 15",
    writes=(NUMBERS,),
)
def end_number(act: EndNumber, ledger: Ledger) -> NumberMoved:
    """End a number for ever; the person may apply for another, or live without."""
    row = _require(ledger, act.number, *UNDER_WAY)
    return _moved(ledger, act.number, replace(row, evidence=act.evidence), act.outcome)


def _require(ledger: Ledger, number: NetNumber, *steps: str) -> Number:
    row = ledger.one(NUMBERS, number, missing=Refusal.NUMBER_UNKNOWN)
    ensure(row.status in steps, Refusal.STEP_WRONG)
    return row


def _moved(ledger: Ledger, number: NetNumber, row: Number, status: NumberStatus) -> NumberMoved:
    changed_ms = time_ms(ledger.time_ms)
    return _written(ledger, number, replace(row, status=status, changed_ms=changed_ms))


def _written(ledger: Ledger, number: NetNumber, row: Number) -> NumberMoved:
    ledger.put(NUMBERS, number, row=row)
    return NumberMoved(number=number, office=row.office, status=row.status, assurance=row.assurance)
