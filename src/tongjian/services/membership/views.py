"""What may be asked of membership: all of it is public, because people are not in it.

An officer is an id, a post and a pseudonym; who the person is stands in the office's own files.
"""

from typing import Annotated, Literal

from msgspec import Meta

from tongjian.core.directory import (
    KEYS,
    OFFICERS,
    OFFICES,
    PARAMETERS,
    SERVICES,
    Activation,
    Key,
    Office,
    Officer,
    Parameter,
)
from tongjian.core.encoding import Record
from tongjian.core.ledger import Ledger
from tongjian.core.values import (
    Digest,
    Height,
    KeyId,
    Name,
    OfficerId,
    TimeMs,
    Uscc,
)
from tongjian.services.membership.records import CHARTERS, Charter, service
from tongjian.services.membership.records_certificates import (
    CERTIFICATES,
    CERTIFICATES_PER_KEY_MAX,
    STATUSES,
    Certificate,
)
from tongjian.services.membership.records_incidents import (
    INCIDENTS,
    Incident,
    Misdeed,
    ValidatorAddress,
)
from tongjian.services.membership.refusals import Refusal

OPEN = "D0"
PAGE_ROWS_MAX = 500
SEARCH_ROWS_MAX = 1_000_000

Page = Annotated[int, Meta(ge=1, le=PAGE_ROWS_MAX, description="Rows in one answer.")]
CodePrefix = Annotated[
    str,
    Meta(
        max_length=18,
        pattern=r"^[0-9A-HJ-NPQRTUWXY]{0,18}$(?!\n)",
        description="First characters of a unified social credit code; empty for all.",
    ),
]


class OfficeAsked(Record):
    """Which office."""

    office: Uscc


class OfficerAsked(Record):
    """Which officer."""

    officer: OfficerId


class KeyAsked(Record):
    """Which key."""

    key: KeyId


class KeyAtAsked(Record):
    """Which key, at which moment; 0 for now."""

    key: KeyId
    at_ms: TimeMs


class ServiceAsked(Record):
    """Which service."""

    service: Name


class ParametersAsked(Record):
    """Which service's parameters, at which moment."""

    service: Name
    at_ms: TimeMs
    """0 for now."""


class CharterAsked(Record):
    """Which kind of office."""

    kind: Name


class MembersAsked(Record):
    """Which offices, how many at once."""

    code_prefix: CodePrefix
    limit: Page


class RoleAsked(Record):
    """Which role, in an office or, where it is empty, anywhere; how many at once."""

    role: Name
    code_prefix: CodePrefix
    limit: Page


class Member(Record):
    """An office and its code."""

    office: Uscc
    row: Office


class IncidentsAsked(Record):
    """How many incidents at once."""

    limit: Page


class IncidentShown(Record):
    """An incident, whose key, and at which height of the engine."""

    validator: ValidatorAddress
    height: Height
    misdeed: Misdeed
    row: Incident


class ParameterInForce(Record):
    """A parameter's values and since when they hold."""

    parameter: Name
    from_ms: TimeMs
    row: Parameter


class RoleHolder(Record):
    """An officer who may sign in a role now."""

    officer: OfficerId
    office: Uscc
    until_ms: TimeMs


class CertificateOfKey(Record):
    """A certificate of a key, and its digest."""

    certificate: Digest
    row: Certificate


class Certified(Record):
    """Which certificate covered a key at a moment, and what is known of its status then."""

    certificate: Digest
    status: Literal["good", "revoked", "unknown"]
    evidence: Digest | None
    """What shows the status; none where it is unknown."""


@service.query(audience=OPEN, reads=(OFFICES,))
def office(asked: OfficeAsked, ledger: Ledger) -> Office:
    """Return an office: label, region, level, kind, the office above."""
    return ledger.one(OFFICES, asked.office, missing=Refusal.OFFICE_UNKNOWN)


@service.query(audience=OPEN, reads=(OFFICERS,))
def officer(asked: OfficerAsked, ledger: Ledger) -> Officer:
    """Return a post: pseudonym, office, roles with their periods."""
    return ledger.one(OFFICERS, asked.officer, missing=Refusal.OFFICER_UNKNOWN)


@service.query(audience=OPEN, reads=(KEYS,))
def key(asked: KeyAsked, ledger: Ledger) -> Key:
    """Return a key: whose it is, from which height it counts, when it ends."""
    return ledger.one(KEYS, asked.key, missing=Refusal.KEY_UNKNOWN)


@service.query(audience=OPEN, reads=(CERTIFICATES,))
def certificates(asked: KeyAsked, ledger: Ledger) -> tuple[CertificateOfKey, ...]:
    """Return the certificates of a key, in order of digest."""
    rows = ledger.range(CERTIFICATES, asked.key, limit=CERTIFICATES_PER_KEY_MAX)
    return tuple(CertificateOfKey(certificate=parts[1], row=row) for parts, row in rows)


@service.query(audience=OPEN, reads=(CERTIFICATES, STATUSES))
def certified(asked: KeyAtAsked, ledger: Ledger) -> tuple[Certified, ...]:
    """Return the certificates that covered a key at a moment, such as that of a signature.

    Evidence that is good covers every moment up to its next update: an authority lists a revoked
    certificate until its end (RFC 5280, 3.3).
    """
    at_ms = asked.at_ms or ledger.time_ms
    rows = ledger.range(CERTIFICATES, asked.key, limit=CERTIFICATES_PER_KEY_MAX)
    covering = [parts[1] for parts, row in rows if row.from_ms <= at_ms < row.until_ms]
    return tuple(_status(ledger, asked.key, certificate, at_ms) for certificate in covering)


def _status(ledger: Ledger, key: KeyId, certificate: Digest, at_ms: int) -> Certified:
    good: Digest | None = None
    for parts, row in ledger.range(STATUSES, key, certificate, limit=SEARCH_ROWS_MAX):
        if row.revoked_ms is not None and row.revoked_ms <= at_ms:
            return Certified(certificate=certificate, status="revoked", evidence=parts[2])
        if row.revoked_ms is None and at_ms <= row.next_ms:
            good = parts[2]
    status: Literal["good", "unknown"] = "unknown" if good is None else "good"
    return Certified(certificate=certificate, status=status, evidence=good)


@service.query(audience=OPEN, reads=(SERVICES,))
def activation(asked: ServiceAsked, ledger: Ledger) -> Activation | None:
    """Return which rule version of a service is in force and which follows; none if neither."""
    return ledger.get(SERVICES, asked.service)


@service.query(audience=OPEN, reads=(CHARTERS,))
def charter(asked: CharterAsked, ledger: Ledger) -> Charter | None:
    """Return what offices of a kind may do with their own; none where nothing is chartered."""
    return ledger.get(CHARTERS, asked.kind)


@service.query(audience=OPEN, reads=(PARAMETERS,))
def parameters(asked: ParametersAsked, ledger: Ledger) -> tuple[ParameterInForce, ...]:
    """Return the parameters of a service in force at a moment, in order of name."""
    at_ms = asked.at_ms or ledger.time_ms
    in_force: dict[str, ParameterInForce] = {}
    for parts, row in ledger.range(PARAMETERS, asked.service, limit=SEARCH_ROWS_MAX):
        _, parameter, from_ms = parts
        if from_ms <= at_ms:
            dated = ParameterInForce(parameter=parameter, from_ms=from_ms, row=row)
            in_force[parameter] = dated
    return tuple(in_force.values())


@service.query(audience=OPEN, reads=(OFFICES,))
def members(asked: MembersAsked, ledger: Ledger) -> tuple[Member, ...]:
    """Return the offices of the network whose code begins so, in order of code."""
    rows = ledger.range(OFFICES, asked.code_prefix, limit=asked.limit)
    return tuple(Member(office=parts[0], row=row) for parts, row in rows)


@service.query(audience=OPEN, reads=(INCIDENTS,))
def incidents(asked: IncidentsAsked, ledger: Ledger) -> tuple[IncidentShown, ...]:
    """Return which validators broke the rules of the engine, in order of address and height."""
    rows = ledger.range(INCIDENTS, limit=asked.limit)
    return tuple(
        IncidentShown(validator=parts[0], height=parts[1], misdeed=parts[2], row=row)
        for parts, row in rows
    )


@service.query(audience=OPEN, reads=(OFFICERS, OFFICES))
def who_may(asked: RoleAsked, ledger: Ledger) -> tuple[RoleHolder, ...]:
    """Return the officers who may sign in a role now, in order of id.

    Which roles an act asks for is in the permission matrix (docs/reference/permissions.md).
    """
    found: list[RoleHolder] = []
    for parts, post in ledger.range(OFFICERS, limit=SEARCH_ROWS_MAX):
        if len(found) == asked.limit:
            break
        held = _until(post, asked.role, ledger.time_ms)
        if held is not None and post.office.startswith(asked.code_prefix):
            body = ledger.get(OFFICES, post.office)
            if body is not None and not body.closed:
                found.append(RoleHolder(officer=parts[0], office=post.office, until_ms=held))
    return tuple(found)


def _until(post: Officer, role: Name, now_ms: int) -> TimeMs | None:
    """Return until when an officer holds a role, or none where they cannot sign in it now."""
    for grant in post.grants:
        if grant.role == role and grant.from_ms <= now_ms < grant.until_ms:
            return None if post.suspended else grant.until_ms
    return None
