"""Mandates 委托: who may act for a person, in which matters, up to how much, until when.

A person grants one in person or at the counter, never through an agent: nobody passes a mandate on.
Guardians are appointed by two officers on evidence. The kernel counts each use against the limits
(`Ledger.use_mandate`), so a mandate is GRANTED, USED some times, then EXPIRED or WITHDRAWN.
"""

from typing import Final

from tongjian.core.by_person import InPerson
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AnyOf, AtCounter, Recorded, Signer
from tongjian.core.persons import (
    MANDATES,
    PERSON_KEYS,
    PERSONS,
    Mandate,
    Matters,
    Person,
    Presence,
)
from tongjian.core.values import Amount, Count, Digest, PersonId, TimeMs, count, fen, name, time_ms
from tongjian.services.identity.records import MandateGranted, MandateWithdrawn, service
from tongjian.services.identity.refusals import Refusal
from tongjian.services.identity.rules import (
    CLERK,
    VERIFIER,
    check_own_key,
    require_active,
    two_of,
)

OF_PRINCIPAL: Final = Recorded(PERSONS, ("principal",), "office")
AT_COUNTER: Final = AtCounter(
    "principal", "", "presence", Signer(CLERK, OF_PRINCIPAL), Signer(VERIFIER, OF_PRINCIPAL)
)


class GrantMandate(Act, tag="identity.grant_mandate"):
    """Let another person act for oneself."""

    principal: PersonId
    agent: PersonId
    matters: Matters
    from_ms: TimeMs
    """A moment before block time means block time: nothing is back-dated."""
    until_ms: TimeMs
    limit_fen: Amount | None
    uses_max: Count | None
    evidence: Digest
    """Salted commitment to the power of attorney 授权委托书."""
    presence: Presence | None
    """How the principal was known at the counter; none where they sign by a key of their own."""


class AppointGuardian(Act, tag="identity.appoint_guardian"):
    """Let a guardian act for a person who cannot act alone."""

    principal: PersonId
    agent: PersonId
    matters: Matters
    until_ms: TimeMs
    evidence: Digest
    """Salted commitment to what shows guardianship: register of births, or a court's judgment."""


class WithdrawMandate(Act, tag="identity.withdraw_mandate"):
    """Withdraw a mandate, or give it back."""

    principal: PersonId
    agent: PersonId
    presence: Presence | None


class EndGuardianship(Act, tag="identity.end_guardianship"):
    """End a guardian's mandate."""

    principal: PersonId
    agent: PersonId


@service.operation(
    by=AnyOf((InPerson("principal"), AT_COUNTER)),
    law="Civil Code art. 161, 165",
    reads=(PERSONS, PERSON_KEYS),
    writes=(MANDATES,),
)
def grant_mandate(act: GrantMandate, ledger: Ledger) -> MandateGranted:
    """Grant a mandate within one domain; it reaches to its matters, amount, uses and end."""
    from_ms = time_ms(max(act.from_ms, ledger.time_ms))
    mandate = Mandate(
        kind="agent",
        matters=act.matters,
        from_ms=from_ms,
        until_ms=act.until_ms,
        limit_fen=act.limit_fen,
        uses_max=act.uses_max,
        used_fen=fen(0),
        uses=count(0),
        evidence=act.evidence,
        withdrawn=False,
    )
    return _granted(ledger, act.principal, act.agent, mandate)


@service.operation(
    by=two_of(OF_PRINCIPAL),
    law="Civil Code art. 27, 28, 34; PIPL art. 31",
    reads=(PERSONS, PERSON_KEYS),
    writes=(MANDATES,),
)
def appoint_guardian(act: AppointGuardian, ledger: Ledger) -> MandateGranted:
    """Appoint a guardian, whose mandate ends at the latest when the person comes of age."""
    mandate = Mandate(
        kind="guardian",
        matters=act.matters,
        from_ms=time_ms(ledger.time_ms),
        until_ms=act.until_ms,
        limit_fen=None,
        uses_max=None,
        used_fen=fen(0),
        uses=count(0),
        evidence=act.evidence,
        withdrawn=False,
    )
    return _granted(ledger, act.principal, act.agent, mandate)


@service.operation(
    by=AnyOf((InPerson("principal", supervised=False), InPerson("agent"), AT_COUNTER)),
    law="Civil Code art. 173",
    reads=(PERSONS,),
    writes=(MANDATES,),
)
def withdraw_mandate(act: WithdrawMandate, ledger: Ledger) -> MandateWithdrawn:
    """Withdraw a mandate, as principal, or give it back, as agent; it counts no more at once."""
    return _withdrawn(ledger, act.principal, act.agent, "agent")


@service.operation(
    by=two_of(OF_PRINCIPAL),
    law="Civil Code art. 36, 39",
    reads=(PERSONS,),
    writes=(MANDATES,),
)
def end_guardianship(act: EndGuardianship, ledger: Ledger) -> MandateWithdrawn:
    """End a guardianship before the person comes of age, on evidence, by two persons."""
    return _withdrawn(ledger, act.principal, act.agent, "guardian")


def _granted(
    ledger: Ledger, principal: PersonId, agent: PersonId, mandate: Mandate
) -> MandateGranted:
    ensure(mandate.from_ms < mandate.until_ms, Refusal.PERIOD_EMPTY)
    whose = require_active(ledger, principal)
    check_own_key(ledger)
    other = ledger.get(PERSONS, agent)
    is_fit = agent != principal and _is_agent(other, whose) and not _is_of_office(ledger, agent)
    ensure(is_fit, Refusal.AGENT_WRONG)
    in_domain = all(one.partition(".")[0] == whose.domain for one in mandate.matters)
    ensure(in_domain, Refusal.MATTER_WRONG)
    before = ledger.get(MANDATES, principal, agent)
    ensure(before is None or _has_ended(before, ledger.time_ms), Refusal.MANDATE_STANDS)

    ledger.put(MANDATES, principal, agent, row=mandate)
    return MandateGranted(
        principal=principal, agent=agent, kind=name(mandate.kind), until_ms=mandate.until_ms
    )


def _is_agent(other: Person | None, principal: Person) -> bool:
    return (
        other is not None
        and other.status == "active"
        and other.capacity == "adult"
        and other.domain == principal.domain
    )


def _is_of_office(ledger: Ledger, agent: PersonId) -> bool:
    """Say whether an officer who signs is the agent or declared kin: who gains attests nothing."""
    officers = (one for one in ledger.signers if not one.is_person)
    return any(agent in (one.person, *one.relatives) for one in officers)


def _has_ended(mandate: Mandate, time_ms: int) -> bool:
    return mandate.withdrawn or mandate.until_ms <= time_ms


def _withdrawn(ledger: Ledger, principal: PersonId, agent: PersonId, kind: str) -> MandateWithdrawn:
    mandate = ledger.one(MANDATES, principal, agent, missing=Refusal.MANDATE_UNKNOWN)
    ensure(mandate.kind == kind, Refusal.MANDATE_UNKNOWN)
    ensure(not _has_ended(mandate, ledger.time_ms), Refusal.MANDATE_ENDED)

    ledger.put(MANDATES, principal, agent, row=replace(mandate, withdrawn=True))
    return MandateWithdrawn(principal=principal, agent=agent)
