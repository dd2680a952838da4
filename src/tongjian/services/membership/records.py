"""The nouns of membership: the kernel's own tables, charters, refusals and events.

Rows of offices, officers, keys, services, parameters and seals are in `tongjian.core.directory`,
because the machine reads them on every transaction.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core import limits
from tongjian.core.directory import (
    DIRECTORY_TABLES,
    Level,
    ParameterValues,
    ParentCode,
    Version,
)
from tongjian.core.operation import (
    BYTES16,
    BYTES32,
    TEXT,
    Event,
    Row,
    Service,
    Table,
)
from tongjian.core.validators import Power
from tongjian.core.values import (
    Count,
    Digest,
    Fen,
    Height,
    KeyId,
    Label,
    Name,
    OfficerId,
    PersonId,
    PublicKey,
    Region,
    SuiteNumber,
    TimeMs,
    Uscc,
)
from tongjian.services.membership.records_certificates import ANCHORS, CERTIFICATES, STATUSES
from tongjian.services.membership.records_incidents import INCIDENTS, SHIFTS, NodeId
from tongjian.services.membership.refusals import Refusal

GOVERNOR: Final = "governor"
"""The role that votes; given and taken by vote alone."""
REGISTRAR: Final = "registrar"
"""The role that keeps an office's own officers, and the offices below it."""
CHECKER: Final = "registrar_checker"
"""The second person of an office beside its registrar."""
DRAFTER: Final = "legal_drafter"
APPROVER: Final = "legal_approver"
"""The two persons of a legal office who put a parameter in force."""

VOTE_NUMERATOR: Final = 2
VOTE_DENOMINATOR: Final = 3
"""A vote needs governors of at least two thirds of the offices that have one."""

ROLES_PER_CHARTER_MAX: Final = 64
KINDS_BELOW_MAX: Final = 64

Roles = Annotated[
    tuple[Name, ...],
    Meta(max_length=ROLES_PER_CHARTER_MAX, description="Roles an office of a kind may give."),
]
Kinds = Annotated[
    tuple[Name, ...],
    Meta(max_length=KINDS_BELOW_MAX, description="Kinds of office that may stand below."),
]


class Charter(Row):
    """What offices of a kind may do with their own: roles they give, kinds they found below."""

    roles: Roles
    kinds_below: Kinds


CHARTERS: Final[Table[Charter, str]] = Table("membership.charters", Charter, (TEXT,))


class Node(Row):
    """A computer that runs the ledger for an office, with its voice in the network."""

    office: Uscc
    public: PublicKey
    """The Ed25519 key with which it signs blocks."""
    power: Power


NODES: Final[Table[Node, bytes]] = Table("membership.nodes", Node, (BYTES32,))


Verdict = Literal["confirmed", "corrected", "void"]
"""Meant as it stands; put right by another transaction; without effect, nothing to put right."""


class Compromise(Row):
    """A key that was stolen: what it signed after the safe height is exposed."""

    officer: OfficerId
    safe_height: Height
    ends_height: Height
    """First height at which the key no longer counts."""
    reported_ms: TimeMs


class Settled(Row):
    """What became of a transaction that a stolen key signed."""

    verdict: Verdict
    correction: Digest | None
    recorded_ms: TimeMs


COMPROMISES: Final[Table[Compromise, bytes]] = Table(
    "membership.compromises", Compromise, (BYTES16,)
)
EXPOSED: Final[Table[Settled, bytes, bytes]] = Table(
    "membership.exposed", Settled, (BYTES16, BYTES32)
)


class KindChartered(Event, tag="membership.kind_chartered"):
    """Offices of a kind have a new charter."""

    kind: Name
    roles: Roles
    kinds_below: Kinds


class OfficeRegistered(Event, tag="membership.office_registered"):
    """An office is part of the network."""

    office: Uscc
    label: Label
    region: Region
    level: Level
    kind: Name
    parent: ParentCode


class OfficeClosed(Event, tag="membership.office_closed"):
    """An office signs no more."""

    office: Uscc


class OfficerAppointed(Event, tag="membership.officer_appointed"):
    """A person holds a post."""

    officer: OfficerId
    person: PersonId
    office: Uscc


class RoleGranted(Event, tag="membership.role_granted"):
    """An officer has a role for a period."""

    officer: OfficerId
    office: Uscc
    role: Name
    from_ms: TimeMs
    until_ms: TimeMs


class RoleWithdrawn(Event, tag="membership.role_withdrawn"):
    """An officer has a role no more."""

    officer: OfficerId
    office: Uscc
    role: Name


class OfficerSuspended(Event, tag="membership.officer_suspended"):
    """An officer signs no more until reinstated."""

    officer: OfficerId
    office: Uscc


class OfficerReinstated(Event, tag="membership.officer_reinstated"):
    """A suspended officer may sign again."""

    officer: OfficerId
    office: Uscc


class LeaveTaken(Event, tag="membership.leave_taken"):
    """An officer is away for a period."""

    officer: OfficerId
    from_ms: TimeMs
    until_ms: TimeMs


class LeaveEnded(Event, tag="membership.leave_ended"):
    """An officer is back; nobody is their deputy for that leave any more."""

    officer: OfficerId


class DeputyAppointed(Event, tag="membership.deputy_appointed"):
    """An officer may use a role of another for a period."""

    principal: OfficerId
    deputy: OfficerId
    role: Name
    from_ms: TimeMs
    until_ms: TimeMs


class DeputyDismissed(Event, tag="membership.deputy_dismissed"):
    """A deputyship has ended."""

    principal: OfficerId
    deputy: OfficerId
    role: Name


class RolesHandedOver(Event, tag="membership.roles_handed_over"):
    """A successor holds the roles of an officer, who holds them no more."""

    officer: OfficerId
    successor: OfficerId
    roles: Roles


class LimitSet(Event, tag="membership.limit_set"):
    """What an officer may do in a role on one day has a bound, or none any more."""

    officer: OfficerId
    role: Name
    acts: Count | None
    amount_fen: Fen | None


class RelationDeclared(Event, tag="membership.relation_declared"):
    """Two persons are related: neither checks the other."""

    person: PersonId
    relative: PersonId


class RelationWithdrawn(Event, tag="membership.relation_withdrawn"):
    """Two persons are not, or no longer, related."""

    person: PersonId
    relative: PersonId


class KeyEnrolled(Event, tag="membership.key_enrolled"):
    """A key counts for an officer from a height on."""

    key: KeyId
    officer: OfficerId
    suite: SuiteNumber
    from_height: Height
    until_ms: TimeMs


class KeyRevoked(Event, tag="membership.key_revoked"):
    """A key counts no more from a height on; what it signed before stays valid."""

    key: KeyId
    officer: OfficerId
    from_height: Height


class CompromiseReported(Event, tag="membership.compromise_reported"):
    """A key was stolen; what it signed after the safe height is to be looked at."""

    key: KeyId
    officer: OfficerId
    safe_height: Height
    ends_height: Height


class ExposedSettled(Event, tag="membership.exposed_settled"):
    """A transaction that a stolen key signed was confirmed, corrected or found void."""

    key: KeyId
    transaction: Digest
    verdict: Verdict
    correction: Digest | None


class ServiceActivated(Event, tag="membership.service_activated"):
    """A service has a rule version from a height on; version 0 switches it off."""

    service: Name
    version: Version
    height: Height


class ParameterSet(Event, tag="membership.parameter_set"):
    """A parameter has values from a moment on."""

    service: Name
    parameter: Name
    from_ms: TimeMs
    values: ParameterValues
    source: Label


class SealKeyRotated(Event, tag="membership.seal_key_rotated"):
    """The operator signs headers with another key from a height on."""

    suite: SuiteNumber
    key: KeyId
    from_height: Height


class NodeAdmitted(Event, tag="membership.node_admitted"):
    """A node is part of the network, with a voice of its power from a height on."""

    node: NodeId
    office: Uscc
    public: PublicKey
    power: Power
    from_height: Height


class NodeRetired(Event, tag="membership.node_retired"):
    """A node is no part of the network from a height on."""

    node: NodeId
    office: Uscc
    from_height: Height


class NetworkBegun(Event, tag="membership.network_begun"):
    """Validators seal blocks from a height on, no longer the operator."""

    validators: Digest
    from_height: Height


service: Final = Service(
    "membership",
    Refusal,
    (
        *DIRECTORY_TABLES,
        CHARTERS,
        COMPROMISES,
        EXPOSED,
        NODES,
        INCIDENTS,
        SHIFTS,
        ANCHORS,
        CERTIFICATES,
        STATUSES,
    ),
)

if ROLES_PER_CHARTER_MAX > limits.PARTS_MAX or KINDS_BELOW_MAX > limits.PARTS_MAX:
    msg = "a charter is a row: its lists are bounded like those of any row"
    raise ValueError(msg)
