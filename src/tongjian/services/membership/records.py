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
    PublicKey,
    SuiteNumber,
    Version,
)
from tongjian.core.operation import BYTES16, BYTES32, TEXT, Event, RefusalCode, Row, Service, Table
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
    Region,
    TimeMs,
    Uscc,
)

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
NodeId = Annotated[
    bytes, Meta(min_length=32, max_length=32, description="Public key of a node's connections.")
]


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


class Refusal(RefusalCode):
    """Why a change of the constitution is refused, in order of precedence."""

    OFFICE_CODE_INVALID = 1, "The check character of the office's code is wrong."
    REGION_INVALID = 2, "No region can have this code."
    OFFICE_EXISTS = 3, "An office with this code is registered already."
    OFFICE_UNKNOWN = 4, "No office with this code is registered."
    OFFICE_CLOSED = 5, "The office is closed."
    PARENT_UNKNOWN = 6, "The office above is not registered."
    PARENT_CLOSED = 7, "The office above is closed."
    LEVEL_ABOVE_PARENT = 8, "An office cannot stand higher than the one above it."
    REGION_OUTSIDE_PARENT = 9, "The region is outside that of the office above."
    KIND_NOT_CHARTERED = 10, "The charter of the office above names no such kind below it."
    OFFICER_EXISTS = 11, "An officer with this id is appointed already."
    OFFICER_UNKNOWN = 12, "No officer with this id is appointed."
    OFFICER_SUSPENDED = 13, "The officer is suspended."
    OFFICER_NOT_SUSPENDED = 14, "The officer is not suspended."
    ROLE_BY_VOTE_ONLY = 15, "A governor is seated and unseated by vote."
    ROLE_NOT_CHARTERED = 16, "The charter of the office names no such role."
    ROLE_HELD = 17, "The officer holds the role, or has it promised, for part of the period."
    ROLE_NOT_HELD = 18, "The officer does not hold the role."
    ROLES_FULL = 19, "The officer holds as many roles as an officer can."
    PERIOD_EMPTY = 20, "The period ends before it begins."
    KEY_UNKNOWN = 21, "No key with this id is enrolled."
    KEY_OF_ANOTHER = 22, "The key is another officer's."
    KEY_REVOKED = 23, "The key is revoked already, no later than that."
    KEY_WEAK = 24, "The key is weak, off the curve or not in canonical form."
    KEY_EXISTS = 25, "The key is enrolled already."
    OVERLAP_TOO_LONG = 26, "Old and new key may not count side by side for so long."
    PARAMETER_OF_NETWORK = 27, "A parameter of the network itself is set by vote."
    PARAMETER_RETROACTIVE = 28, "A parameter takes effect at block time or later, never before."
    MEMBERSHIP_STAYS = 29, "Membership cannot be switched off: nothing could be changed again."
    VERSION_NOT_NEWER = 30, "The rule version is in force already, or older than the one in force."
    NOTICE_TOO_SHORT = 31, "The height lies less than the required notice ahead."
    HISTORY_FULL = 32, "No more dated values of this kind can be kept."
    VOTE_IMPOSSIBLE = 33, "Too few governors could still sign: no vote could be carried again."
    LEAVE_TAKEN = 34, "The officer is on leave already, or has a leave planned."
    LEAVE_NOT_TAKEN = 35, "The officer is not on leave and has none planned."
    DEPUTY_ELSEWHERE = 36, "Deputy or successor must serve in the same office."
    DEPUTY_IS_PRINCIPAL = 37, "Nobody is deputy or successor of themselves, whatever the post."
    DELEGATION_EXCEEDS = 38, "The principal does not hold the role for the whole period."
    DEPUTY_KNOWN = 39, "The officer is deputy of this principal in this role already."
    DEPUTY_UNKNOWN = 40, "The officer is not deputy of this principal in this role."
    RELATIVE_IS_SELF = 41, "A person is no relation of themselves."
    RELATION_KNOWN = 42, "The relation is declared already."
    RELATION_UNKNOWN = 43, "No such relation is declared."
    RELATIVES_FULL = 44, "No more relations of a person can be kept."
    SAFE_HEIGHT_AHEAD = 45, "The last safe height lies ahead of the ledger."
    COMPROMISE_REPORTED = 46, "The key is reported stolen since that height or an earlier one."
    COMPROMISE_UNKNOWN = 47, "The key is not reported stolen."
    COMPROMISE_OF_ANOTHER = 48, "The stolen key is another officer's."
    EXPOSED_SETTLED = 49, "What the stolen key signed there is settled already."
    CORRECTION_MISMATCH = 50, "A correction is named where, and only where, it was corrected."
    SETTLED_BY_HOLDER = 51, "Whoever held the stolen key does not settle what it signed."
    NODE_UNKNOWN = 60, "No node with this key is admitted."
    NODES_FULL = 61, "The network has as many nodes as it can."
    NETWORK_BEGUN = 62, "The validators of the network seal blocks already."
    NO_VALIDATOR = 63, "No validator with power would remain: no block could be sealed."
    POWER_TOO_GREAT = 64, "One vote may not hand a node more than a third of all power."
    VALIDATORS_DIFFER = 65, "The validators on the ledger are not those that were voted on."


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
    """An officer is back."""

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
    "membership", Refusal, (*DIRECTORY_TABLES, CHARTERS, COMPROMISES, EXPOSED, NODES)
)

if ROLES_PER_CHARTER_MAX > limits.PARTS_MAX or KINDS_BELOW_MAX > limits.PARTS_MAX:
    msg = "a charter is a row: its lists are bounded like those of any row"
    raise ValueError(msg)
