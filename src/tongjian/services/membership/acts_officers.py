"""Officers are appointed by two persons of their office; governors are seated by vote."""

from typing import Final

from tongjian.core import limits
from tongjian.core.directory import KEYS, OFFICERS, OFFICES, Grant, Officer
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, InvariantBroken, ensure
from tongjian.core.permission import AllOf, AnyOf, Named, Recorded, Scope, Signer
from tongjian.core.values import FOREVER, Name, OfficerId, PersonId, TimeMs, Uscc, name, time_ms
from tongjian.services.membership.records import (
    CHARTERS,
    CHECKER,
    GOVERNOR,
    REGISTRAR,
    OfficerAppointed,
    OfficerReinstated,
    OfficerSuspended,
    RoleGranted,
    RoleWithdrawn,
    service,
)
from tongjian.services.membership.refusals import Refusal
from tongjian.services.membership.votes import VOTE, is_governor, is_vote_possible

OWN_OFFICE: Final = Recorded(OFFICERS, ("officer",), "office")


def two_persons(of: Scope) -> AllOf:
    """Require the registrar and the second person of an office."""
    return AllOf((Signer(REGISTRAR, of), Signer(CHECKER, of)))


class Appoint(Act, tag="membership.appoint"):
    """Give a person a post in an office, with a first role for a period."""

    officer: OfficerId
    """A new id, drawn at random."""
    person: PersonId
    """The same in every post of one natural person: two posts do not make two persons."""
    office: Uscc
    role: Name
    from_ms: TimeMs
    """A moment before block time means block time: nothing is back-dated."""
    until_ms: TimeMs


class GrantRole(Act, tag="membership.grant_role"):
    """Give an officer a further role for a period."""

    officer: OfficerId
    role: Name
    from_ms: TimeMs
    """A moment before block time means block time: nothing is back-dated."""
    until_ms: TimeMs


class WithdrawRole(Act, tag="membership.withdraw_role"):
    """Take a role from an officer."""

    officer: OfficerId
    role: Name


class Suspend(Act, tag="membership.suspend"):
    """Stop an officer from signing."""

    officer: OfficerId


class Reinstate(Act, tag="membership.reinstate"):
    """Let a suspended officer sign again."""

    officer: OfficerId


class SeatGovernor(Act, tag="membership.seat_governor"):
    """Give an officer a governor's voice."""

    officer: OfficerId


class UnseatGovernor(Act, tag="membership.unseat_governor"):
    """Take a governor's voice."""

    officer: OfficerId


@service.operation(
    by=AnyOf(
        (
            two_persons(Named("office")),
            two_persons(Recorded(OFFICES, ("office",), "parent")),
            VOTE,
        )
    ),
    law="Cybersecurity Law art. 23",
    reads=(OFFICES, CHARTERS),
    writes=(OFFICERS,),
)
def appoint(act: Appoint, ledger: Ledger) -> tuple[OfficerAppointed, RoleGranted]:
    """Appoint a person to a post with a first role; the office above may fill a new office."""
    office = ledger.one(OFFICES, act.office, missing=Refusal.OFFICE_UNKNOWN)
    ensure(not office.closed, Refusal.OFFICE_CLOSED)
    ensure(ledger.get(OFFICERS, act.officer) is None, Refusal.OFFICER_EXISTS)
    ensure(act.role != GOVERNOR, Refusal.ROLE_BY_VOTE_ONLY)
    ensure(_is_chartered(ledger, office.kind, act.role), Refusal.ROLE_NOT_CHARTERED)
    grant = _grant(ledger, act.role, act.from_ms, act.until_ms)
    ensure(grant.from_ms < grant.until_ms, Refusal.PERIOD_EMPTY)

    officer = Officer(person=act.person, office=act.office, grants=(grant,), suspended=False)
    ledger.put(OFFICERS, act.officer, row=officer)
    appointed = OfficerAppointed(officer=act.officer, person=act.person, office=act.office)
    return appointed, _granted(act.officer, act.office, grant)


@service.operation(
    by=AnyOf((two_persons(OWN_OFFICE), VOTE)),
    law="Cybersecurity Law art. 23",
    reads=(OFFICES, CHARTERS),
    writes=(OFFICERS,),
)
def grant_role(act: GrantRole, ledger: Ledger) -> RoleGranted:
    """Grant an officer a role that the charter of the office names; what has ended is forgotten."""
    officer = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    ensure(not officer.suspended, Refusal.OFFICER_SUSPENDED)
    ensure(act.role != GOVERNOR, Refusal.ROLE_BY_VOTE_ONLY)
    kind = _kind_of(ledger, officer.office)
    ensure(_is_chartered(ledger, kind, act.role), Refusal.ROLE_NOT_CHARTERED)
    grant = _grant(ledger, act.role, act.from_ms, act.until_ms)
    live = _live(officer, ledger.time_ms)
    overlapping = [
        held
        for held in live
        if held.role == grant.role
        and held.from_ms < grant.until_ms
        and grant.from_ms < held.until_ms
    ]
    ensure(not overlapping, Refusal.ROLE_HELD)
    ensure(len(live) < limits.ROLES_PER_OFFICER_MAX, Refusal.ROLES_FULL)
    ensure(grant.from_ms < grant.until_ms, Refusal.PERIOD_EMPTY)

    ledger.put(OFFICERS, act.officer, row=replace(officer, grants=(*live, grant)))
    return _granted(act.officer, officer.office, grant)


@service.operation(
    by=AnyOf((Signer(REGISTRAR, OWN_OFFICE), VOTE)),
    law="Cybersecurity Law art. 23",
    writes=(OFFICERS,),
)
def withdraw_role(act: WithdrawRole, ledger: Ledger) -> RoleWithdrawn:
    """Withdraw a role, held or promised; it counts no more from the next block on."""
    officer = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    ensure(act.role != GOVERNOR, Refusal.ROLE_BY_VOTE_ONLY)
    without = _without(officer, act.role, ledger.time_ms)
    ensure(without != _live(officer, ledger.time_ms), Refusal.ROLE_NOT_HELD)

    ledger.put(OFFICERS, act.officer, row=replace(officer, grants=without))
    return RoleWithdrawn(officer=act.officer, office=officer.office, role=act.role)


@service.operation(
    by=AnyOf((Signer(REGISTRAR, OWN_OFFICE), VOTE)),
    law="Cybersecurity Law art. 23",
    reads=(KEYS, OFFICES),
    writes=(OFFICERS,),
)
def suspend(act: Suspend, ledger: Ledger) -> OfficerSuspended:
    """Suspend an officer: no key of theirs counts from the next block on."""
    officer = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    ensure(not officer.suspended, Refusal.OFFICER_SUSPENDED)
    suspended = replace(officer, suspended=True)
    _ensure_vote_with(ledger, act.officer, officer, suspended)

    ledger.put(OFFICERS, act.officer, row=suspended)
    return OfficerSuspended(officer=act.officer, office=officer.office)


@service.operation(
    by=AnyOf((two_persons(OWN_OFFICE), VOTE)),
    law="Cybersecurity Law art. 23",
    reads=(KEYS, OFFICES),
    writes=(OFFICERS,),
)
def reinstate(act: Reinstate, ledger: Ledger) -> OfficerReinstated:
    """Reinstate a suspended officer with the roles that have not ended meanwhile."""
    officer = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    ensure(officer.suspended, Refusal.OFFICER_NOT_SUSPENDED)
    reinstated = replace(officer, suspended=False)
    _ensure_vote_with(ledger, act.officer, officer, reinstated)

    ledger.put(OFFICERS, act.officer, row=reinstated)
    return OfficerReinstated(officer=act.officer, office=officer.office)


@service.operation(
    by=VOTE,
    law="Data Security Law art. 39",
    reads=(KEYS, OFFICES),
    writes=(OFFICERS,),
)
def seat_governor(act: SeatGovernor, ledger: Ledger) -> RoleGranted:
    """Seat an officer as governor of their office, from now on and until unseated."""
    officer = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    ensure(not officer.suspended, Refusal.OFFICER_SUSPENDED)
    live = _live(officer, ledger.time_ms)
    ensure(all(grant.role != GOVERNOR for grant in live), Refusal.ROLE_HELD)
    ensure(len(live) < limits.ROLES_PER_OFFICER_MAX, Refusal.ROLES_FULL)
    seat = _grant(ledger, name(GOVERNOR), ledger.time_ms, FOREVER)
    seated = replace(officer, grants=(*live, seat))
    _ensure_vote_with(ledger, act.officer, officer, seated)

    ledger.put(OFFICERS, act.officer, row=seated)
    return _granted(act.officer, officer.office, seat)


@service.operation(
    by=VOTE,
    law="Data Security Law art. 39",
    reads=(KEYS, OFFICES),
    writes=(OFFICERS,),
)
def unseat_governor(act: UnseatGovernor, ledger: Ledger) -> RoleWithdrawn:
    """Unseat a governor, but never the last ones who could carry a vote."""
    officer = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    without = _without(officer, name(GOVERNOR), ledger.time_ms)
    ensure(without != _live(officer, ledger.time_ms), Refusal.ROLE_NOT_HELD)
    unseated = replace(officer, grants=without)
    _ensure_vote_with(ledger, act.officer, officer, unseated)

    ledger.put(OFFICERS, act.officer, row=unseated)
    return RoleWithdrawn(officer=act.officer, office=officer.office, role=name(GOVERNOR))


def _kind_of(ledger: Ledger, office: Uscc) -> Name:
    row = ledger.get(OFFICES, office)
    if row is None:
        msg = f"an officer belongs to {office}, which no row describes"
        raise InvariantBroken(msg)
    return row.kind


def _is_chartered(ledger: Ledger, kind: Name, role: Name) -> bool:
    charter = ledger.get(CHARTERS, kind)
    return charter is not None and role in charter.roles


def _ensure_vote_with(ledger: Ledger, identity: OfficerId, before: Officer, after: Officer) -> None:
    """Refuse a change of an officer that would leave too few governors to carry a vote."""
    if is_governor(before, ledger.time_ms) != is_governor(after, ledger.time_ms):
        possible = is_vote_possible(ledger, officers={identity: after})
        ensure(possible, Refusal.VOTE_IMPOSSIBLE)


def _grant(ledger: Ledger, role: Name, from_ms: int, until_ms: TimeMs) -> Grant:
    return Grant(role=role, from_ms=time_ms(max(from_ms, ledger.time_ms)), until_ms=until_ms)


def _live(officer: Officer, now_ms: int) -> tuple[Grant, ...]:
    return tuple(grant for grant in officer.grants if now_ms < grant.until_ms)


def _without(officer: Officer, role: Name, now_ms: int) -> tuple[Grant, ...]:
    return tuple(grant for grant in _live(officer, now_ms) if grant.role != role)


def _granted(officer: OfficerId, office: Uscc, grant: Grant) -> RoleGranted:
    return RoleGranted(
        officer=officer,
        office=office,
        role=grant.role,
        from_ms=grant.from_ms,
        until_ms=grant.until_ms,
    )
