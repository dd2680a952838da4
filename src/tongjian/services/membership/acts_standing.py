"""Leave, deputies, handover, limits and kinship: how an officer stands beside the roles held."""

from typing import Final

from tongjian.core import limits
from tongjian.core.directory import KEYS, OFFICERS, OFFICES, Officer
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AnyOf, Holder, Recorded, Signer
from tongjian.core.standing import (
    RELATIVES,
    RELATIVES_MAX,
    STANDINGS,
    Deputy,
    Limit,
    Relatives,
    Standing,
)
from tongjian.core.values import Count, Fen, Name, OfficerId, PersonId, TimeMs, time_ms
from tongjian.services.membership.acts_officers import OWN_OFFICE, two_persons
from tongjian.services.membership.records import (
    GOVERNOR,
    REGISTRAR,
    DeputyAppointed,
    DeputyDismissed,
    LeaveEnded,
    LeaveTaken,
    LimitSet,
    RelationDeclared,
    RelationWithdrawn,
    RolesHandedOver,
    service,
)
from tongjian.services.membership.refusals import Refusal
from tongjian.services.membership.votes import ROWS_MAX, is_governor, is_vote_possible

OF_PRINCIPAL: Final = Recorded(OFFICERS, ("principal",), "office")


class TakeLeave(Act, tag="membership.take_leave"):
    """Be away for a period: no role counts meanwhile; deputies go on."""

    officer: OfficerId
    from_ms: TimeMs
    """A moment before block time means block time: nothing is back-dated."""
    until_ms: TimeMs


class EndLeave(Act, tag="membership.end_leave"):
    """Come back, or do not go."""

    officer: OfficerId


class AppointDeputy(Act, tag="membership.appoint_deputy"):
    """Let an officer use a role of another, the principal, for a period."""

    principal: OfficerId
    deputy: OfficerId
    role: Name
    from_ms: TimeMs
    """A moment before block time means block time: nothing is back-dated."""
    until_ms: TimeMs


class DismissDeputy(Act, tag="membership.dismiss_deputy"):
    """End a deputyship before its time."""

    principal: OfficerId
    deputy: OfficerId
    role: Name


class HandOver(Act, tag="membership.hand_over"):
    """Pass all roles of an officer to a successor in the same office."""

    officer: OfficerId
    successor: OfficerId


class SetLimit(Act, tag="membership.set_limit"):
    """Bound what an officer may do in a role on one day."""

    officer: OfficerId
    role: Name
    acts: Count | None
    """Acts a day; none for no such limit."""
    amount_fen: Fen | None
    """Sum a day; none for no such limit."""


class DeclareRelation(Act, tag="membership.declare_relation"):
    """Declare a person related: neither checks or approves the other's matters."""

    officer: OfficerId
    relative: PersonId


class WithdrawRelation(Act, tag="membership.withdraw_relation"):
    """Withdraw a declaration that two persons of the office found untrue or ended."""

    officer: OfficerId
    relative: PersonId


@service.operation(
    by=AnyOf((Holder("officer"), Signer(REGISTRAR, OWN_OFFICE))),
    law="Cybersecurity Law art. 23",
    reads=(OFFICERS, KEYS, OFFICES),
    writes=(STANDINGS,),
)
def take_leave(act: TakeLeave, ledger: Ledger) -> LeaveTaken:
    """Put an officer on leave, unless too few governors could vote without them."""
    officer = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    from_ms = time_ms(max(act.from_ms, ledger.time_ms))
    ensure(from_ms < act.until_ms, Refusal.PERIOD_EMPTY)
    if is_governor(officer, ledger.time_ms):
        ensure(is_vote_possible(ledger, away=act.officer), Refusal.VOTE_IMPOSSIBLE)
    standing = _standing(ledger, act.officer)
    ensure(standing.away_until_ms <= ledger.time_ms, Refusal.LEAVE_TAKEN)

    away = replace(standing, away_from_ms=from_ms, away_until_ms=act.until_ms)
    ledger.put(STANDINGS, act.officer, row=away)
    return LeaveTaken(officer=act.officer, from_ms=from_ms, until_ms=act.until_ms)


@service.operation(
    by=AnyOf((Holder("officer"), Signer(REGISTRAR, OWN_OFFICE))),
    law="Cybersecurity Law art. 23",
    reads=(OFFICERS,),
    writes=(STANDINGS,),
)
def end_leave(act: EndLeave, ledger: Ledger) -> LeaveEnded:
    """End a leave, begun or planned, and the deputyships for it; roles count from the next block.

    A deputyship is for the leave where its period lies within; a longer one goes on.
    """
    standing = _standing(ledger, act.officer)
    ensure(ledger.time_ms < standing.away_until_ms, Refusal.LEAVE_NOT_TAKEN)

    back = replace(standing, away_from_ms=time_ms(0), away_until_ms=time_ms(0))
    ledger.put(STANDINGS, act.officer, row=back)
    _end_deputies(act.officer, standing, ledger)
    return LeaveEnded(officer=act.officer)


def _end_deputies(principal: OfficerId, leave: Standing, ledger: Ledger) -> None:
    """End what others may do for an officer until the leave is over."""
    for (deputy,), standing in ledger.range(STANDINGS, limit=ROWS_MAX):
        kept = tuple(
            held
            for held in standing.deputy_for
            if held.principal != principal
            or held.from_ms < leave.away_from_ms
            or leave.away_until_ms < held.until_ms
        )
        if kept != standing.deputy_for:
            ledger.put(STANDINGS, deputy, row=replace(standing, deputy_for=kept))


@service.operation(
    by=two_persons(OF_PRINCIPAL),
    law="Cybersecurity Law art. 23",
    reads=(OFFICERS,),
    writes=(STANDINGS,),
)
def appoint_deputy(act: AppointDeputy, ledger: Ledger) -> DeputyAppointed:
    """Appoint a deputy in one role for a period; whatever ends the role ends the deputyship too."""
    principal = ledger.one(OFFICERS, act.principal, missing=Refusal.OFFICER_UNKNOWN)
    deputy = ledger.one(OFFICERS, act.deputy, missing=Refusal.OFFICER_UNKNOWN)
    ensure(not principal.suspended and not deputy.suspended, Refusal.OFFICER_SUSPENDED)
    ensure(act.role != GOVERNOR, Refusal.ROLE_BY_VOTE_ONLY)
    standing = _standing(ledger, act.deputy)
    live = tuple(held for held in standing.deputy_for if ledger.time_ms < held.until_ms)
    ensure(len(live) < limits.ROLES_PER_OFFICER_MAX, Refusal.ROLES_FULL)
    from_ms = time_ms(max(act.from_ms, ledger.time_ms))
    ensure(from_ms < act.until_ms, Refusal.PERIOD_EMPTY)
    ensure(principal.office == deputy.office, Refusal.DEPUTY_ELSEWHERE)
    ensure(principal.person != deputy.person, Refusal.DEPUTY_IS_PRINCIPAL)
    is_covered = _holds_throughout(principal, act.role, from_ms, act.until_ms)
    ensure(is_covered, Refusal.DELEGATION_EXCEEDS)
    known = [held for held in live if _is_of(held, act.principal, act.role)]
    ensure(not known, Refusal.DEPUTY_KNOWN)

    appointed = Deputy(
        role=act.role, principal=act.principal, from_ms=from_ms, until_ms=act.until_ms
    )
    ledger.put(STANDINGS, act.deputy, row=replace(standing, deputy_for=(*live, appointed)))
    return DeputyAppointed(
        principal=act.principal,
        deputy=act.deputy,
        role=act.role,
        from_ms=from_ms,
        until_ms=act.until_ms,
    )


@service.operation(
    by=AnyOf((Holder("principal"), Signer(REGISTRAR, OF_PRINCIPAL))),
    law="Cybersecurity Law art. 23",
    reads=(OFFICERS,),
    writes=(STANDINGS,),
)
def dismiss_deputy(act: DismissDeputy, ledger: Ledger) -> DeputyDismissed:
    """Dismiss a deputy; the role counts for them no more from the next block on."""
    standing = _standing(ledger, act.deputy)
    kept = tuple(held for held in standing.deputy_for if not _is_of(held, act.principal, act.role))
    ensure(kept != standing.deputy_for, Refusal.DEPUTY_UNKNOWN)

    ledger.put(STANDINGS, act.deputy, row=replace(standing, deputy_for=kept))
    return DeputyDismissed(principal=act.principal, deputy=act.deputy, role=act.role)


@service.operation(
    by=two_persons(OWN_OFFICE),
    law="Cybersecurity Law art. 23",
    writes=(OFFICERS,),
)
def hand_over(act: HandOver, ledger: Ledger) -> RolesHandedOver:
    """Hand all roles but a governor's to a successor, who holds each no longer than before."""
    officer = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    successor = ledger.one(OFFICERS, act.successor, missing=Refusal.OFFICER_UNKNOWN)
    ensure(not successor.suspended, Refusal.OFFICER_SUSPENDED)
    live = [grant for grant in officer.grants if ledger.time_ms < grant.until_ms]
    moved = tuple(grant for grant in live if grant.role != GOVERNOR)
    ensure(bool(moved), Refusal.ROLE_NOT_HELD)
    roles = [grant.role for grant in moved]
    own = tuple(
        grant
        for grant in successor.grants
        if ledger.time_ms < grant.until_ms and grant.role not in roles
    )
    ensure(len(own) + len(moved) <= limits.ROLES_PER_OFFICER_MAX, Refusal.ROLES_FULL)
    ensure(officer.office == successor.office, Refusal.DEPUTY_ELSEWHERE)
    ensure(act.officer != act.successor, Refusal.DEPUTY_IS_PRINCIPAL)

    stays = tuple(grant for grant in live if grant.role == GOVERNOR)
    ledger.put(OFFICERS, act.officer, row=replace(officer, grants=stays))
    ledger.put(OFFICERS, act.successor, row=replace(successor, grants=(*own, *moved)))
    return RolesHandedOver(officer=act.officer, successor=act.successor, roles=tuple(roles))


@service.operation(
    by=two_persons(OWN_OFFICE),
    law="Cybersecurity Law art. 23",
    reads=(OFFICERS,),
    writes=(STANDINGS,),
)
def set_limit(act: SetLimit, ledger: Ledger) -> LimitSet:
    """Set, change or lift an officer's limit in a role; today's acts count against a new one."""
    ensure(ledger.get(OFFICERS, act.officer) is not None, Refusal.OFFICER_UNKNOWN)
    standing = _standing(ledger, act.officer)
    others = tuple(limit for limit in standing.limits if limit.role != act.role)
    is_lifted = act.acts is None and act.amount_fen is None
    ensure(is_lifted or len(others) < limits.ROLES_PER_OFFICER_MAX, Refusal.ROLES_FULL)

    limit = Limit(role=act.role, acts=act.acts, amount_fen=act.amount_fen)
    kept = others if is_lifted else (*others, limit)
    ledger.put(STANDINGS, act.officer, row=replace(standing, limits=kept))
    return LimitSet(officer=act.officer, role=act.role, acts=act.acts, amount_fen=act.amount_fen)


@service.operation(
    by=AnyOf((Holder("officer"), Signer(REGISTRAR, OWN_OFFICE))),
    law="Cybersecurity Law art. 23",
    reads=(OFFICERS,),
    writes=(RELATIVES,),
)
def declare_relation(act: DeclareRelation, ledger: Ledger) -> RelationDeclared:
    """Declare a relation of an officer's person; it holds both ways, in every post of both."""
    officer = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    ensure(officer.person != act.relative, Refusal.RELATIVE_IS_SELF)
    ours, theirs = _relatives(ledger, officer.person), _relatives(ledger, act.relative)
    ensure(act.relative not in ours, Refusal.RELATION_KNOWN)
    ensure(max(len(ours), len(theirs)) < RELATIVES_MAX, Refusal.RELATIVES_FULL)

    ledger.put(RELATIVES, officer.person, row=Relatives(persons=(*ours, act.relative)))
    ledger.put(RELATIVES, act.relative, row=Relatives(persons=(*theirs, officer.person)))
    return RelationDeclared(person=officer.person, relative=act.relative)


@service.operation(
    by=two_persons(OWN_OFFICE),
    law="Cybersecurity Law art. 23",
    reads=(OFFICERS,),
    writes=(RELATIVES,),
)
def withdraw_relation(act: WithdrawRelation, ledger: Ledger) -> RelationWithdrawn:
    """Withdraw a declared relation, both ways."""
    officer = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    ours, theirs = _relatives(ledger, officer.person), _relatives(ledger, act.relative)
    ensure(act.relative in ours, Refusal.RELATION_UNKNOWN)

    left = tuple(person for person in ours if person != act.relative)
    right = tuple(person for person in theirs if person != officer.person)
    ledger.put(RELATIVES, officer.person, row=Relatives(persons=left))
    ledger.put(RELATIVES, act.relative, row=Relatives(persons=right))
    return RelationWithdrawn(person=officer.person, relative=act.relative)


def _standing(ledger: Ledger, officer: OfficerId) -> Standing:
    found = ledger.get(STANDINGS, officer)
    if found is not None:
        return found
    never = time_ms(0)
    return Standing(away_from_ms=never, away_until_ms=never, deputy_for=(), limits=())


def _relatives(ledger: Ledger, person: PersonId) -> tuple[PersonId, ...]:
    found = ledger.get(RELATIVES, person)
    return found.persons if found is not None else ()


def _is_of(held: Deputy, principal: OfficerId, role: Name) -> bool:
    return held.principal == principal and held.role == role


def _holds_throughout(officer: Officer, role: Name, from_ms: TimeMs, until_ms: TimeMs) -> bool:
    return any(
        grant.role == role and grant.from_ms <= from_ms and until_ms <= grant.until_ms
        for grant in officer.grants
    )
