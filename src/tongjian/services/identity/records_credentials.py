"""The nouns of credentials: types, issuers, DIDs of offices, credentials, their status, licences.

No row holds a claim, a name or a token: a credential is known by a commitment to its signed text,
its holder by a pseudonym that stands in `identity.holdings` only. What a verifier is shown, the
rows of issuer, key, credential and status, therefore names nobody (IDN-I2).
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core import limits
from tongjian.core.encoding import Record
from tongjian.core.links import Link
from tongjian.core.operation import BYTES16, NUMBER, TEXT, AnyTable, Row, Table
from tongjian.core.values import (
    Count,
    Digest,
    Height,
    Label,
    Name,
    PublicKey,
    Region,
    SuiteNumber,
    TimeMs,
    Uscc,
)

# -- values ---------------------------------------------------------------------------------------

CLAIMS_MAX: Final = 32
KINDS_MAX: Final = 32
LIST_ENTRIES: Final = 131_072
"""Of one status list: the fewest that Bitstring Status List 1.0, 3.1 allows; one hides in many."""
CHUNK_ENTRIES: Final = 2_048
CHUNK_BYTES: Final = CHUNK_ENTRIES // 8
CHUNKS: Final = LIST_ENTRIES // CHUNK_ENTRIES
LICENCE_COPIES_MAX: Final = 16
"""Credentials of one licence that may stand: they follow it in one transaction."""

Version = Annotated[int, Meta(ge=1, le=9_999, description="Version of a type; a change is a new.")]
Host = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9-]{1,32}(\.[a-z0-9-]{1,32}){1,5}$(?!\n)",
        max_length=64,
        description="Host under which documents of the office's DID are published.",
    ),
]
KeyNumber = Annotated[int, Meta(ge=1, le=9_999, description="Number of a key of an office's DID.")]
ListNumber = Annotated[int, Meta(ge=0, le=9_999, description="Number of an office's status list.")]
EntryIndex = Annotated[
    int, Meta(ge=0, le=LIST_ENTRIES - 1, description="Place in the status list, drawn by chance.")
]
Bits = Annotated[bytes, Meta(min_length=CHUNK_BYTES, max_length=CHUNK_BYTES)]
Days = Annotated[int, Meta(ge=1, le=36_600, description="Longest term.", extra={"unit": "day"})]
LicenceId = Annotated[
    str,
    Meta(
        pattern=r"^1\.2\.156\.3005\.2\.[0-9A-Z.]{1,100}$(?!\n)",
        max_length=120,
        description="Electronic licence identifier 电子证照标识, GB/T 36904-2018.",
    ),
]
ClaimKind = Literal["boolean", "integer", "date", "code", "text"]
TypeStatus = Literal["active", "retired"]
IssuerStatus = Literal["active", "suspended", "ended"]
DidStatus = Literal["active", "deactivated"]
CredentialStatus = Literal["issued", "suspended", "revoked"]
LicenceStatus = Literal["in_force", "suspended", "ended"]
KeyEnd = Literal["rotated", "compromised", "lost"]
ChangeReason = Literal[
    "holder_asked",
    "facts_changed",
    "issued_in_error",
    "fraud",
    "doubt",
    "doubt_cleared",
    "key_compromised",
    "licence",
    "person",
    "death",
]
"""Why a status changed; `licence`, `person` and `death` are the ledger's own."""
FOLLOWED: Final = ("licence", "person", "death")
STOPS_MAX: Final = 4
"""The issuer's own reason, and each of the ledger's."""


HOLDINGS_MAX: Final = 48
"""Credentials that one pseudonym may hold: a death suspends all in one act (IDN-I8)."""


RESERVED: Final = (
    "id",
    "type",
    "iss",
    "sub",
    "vct",
    "iat",
    "nbf",
    "exp",
    "cnf",
    "aud",
    "status",
    "jti",
)
"""Names that the two forms of credentials use themselves, so that no claim has them."""


class Claim(Record):
    """One claim that credentials of a type may hold; the schema says what it means."""

    name: Name
    kind: ClaimKind


Claims = Annotated[tuple[Claim, ...], Meta(min_length=1, max_length=CLAIMS_MAX)]
Kinds = Annotated[tuple[Name, ...], Meta(min_length=1, max_length=KINDS_MAX)]


# -- rows -----------------------------------------------------------------------------------------


class CredentialType(Row, matched=True):
    """A type of credential: what it says, who has the duty to say it, how long it lasts."""

    region: Region
    """Where the type is in use."""
    claims: Claims
    schema: Digest
    """Hash of the published JSON Schema."""
    law: Label
    """The duty under which it is issued."""
    office_kinds: Kinds
    """Kinds of office whose duty it is (IDN-I5)."""
    days_max: Days
    is_high_risk: bool
    """Issued by two persons."""
    is_licence: bool
    """An e-licence: it names an entry of `identity.licences` and lives as long (IDN-I8)."""
    status: TypeStatus


class Issuer(Row, matched=True):
    """An office that may issue credentials of a type in a region for a period (IDN-I5)."""

    region: Region
    law: Label
    from_ms: TimeMs
    until_ms: TimeMs
    status: IssuerStatus
    registrar: Uscc
    """The office that registered it."""
    ended_height: Height
    """What was issued before stands; 0 while it has not ended."""


class Did(Row, matched=True):
    """The identifier of an office: `did:web:HOST:offices:USCC`."""

    host: Host
    keys: Count
    status: DidStatus
    updated_height: Height


class DidKey(Row, matched=True):
    """A key with which an office signs credentials, apart from those that sign transactions."""

    suite: SuiteNumber
    public: PublicKey
    from_height: Height
    until_ms: TimeMs
    revoked_height: Height
    """What was recorded at or after this height does not count; 0 while it is not revoked."""
    end: KeyEnd | None


class Credential(Row, matched=True):
    """A credential that an office issued, as a commitment: who holds it is not here."""

    kind: Name
    version: Version
    region: Region
    """What its claims are about lies here."""
    commitment: Digest
    """By `exchange_credentials.commit`: the text it covers ends with a signature, which nobody
    guesses."""
    key: KeyNumber
    height: Height
    issued_ms: TimeMs
    until_ms: TimeMs
    status: CredentialStatus
    reason: ChangeReason | None
    """Of the last change."""
    changed_height: Height
    stops: Annotated[tuple[ChangeReason, ...], Meta(max_length=STOPS_MAX)]
    """All that suspend it now: lifting one does not lift another."""


class Holding(Row, matched=True):
    """That a pseudonym holds a credential; never part of what a verifier is shown."""

    kind: Name
    until_ms: TimeMs


class StatusList(Row, matched=True):
    """One list of an office with the roots of its two published bit strings."""

    used: Count
    revoked: Count
    suspended: Count
    revocation_root: Digest
    suspension_root: Digest
    """By `exchange_credentials.list_root`, over all bits of the list."""
    height: Height
    """Of the last change of a bit; 0 before any."""


class StatusChunk(Row, matched=True):
    """2,048 entries of a list.

    It is written when the first of them is given: a verifier is then shown a row, not the
    neighbours of one that is not there.
    """

    revoked: Bits
    suspended: Bits


class Licence(Row, matched=True):
    """A licence that an office granted; credentials of it follow its life (IDN-I8)."""

    office: Uscc
    kind: Name
    document: Digest
    """Salted commitment to the licence as sealed."""
    status: LicenceStatus
    until_ms: TimeMs
    copies: Count
    """Credentials issued of it."""


class LicenceCopy(Row, matched=True):
    """That a credential is of a licence."""

    kind: Name


# -- tables ---------------------------------------------------------------------------------------
# A proof of a row shows the key that follows, one of absence the key before. Names are such that
# the rows that a verifier is shown stand side by side, `credentials_status` after them: no key with
# a pseudonym is their neighbour.

TYPES: Final[Table[CredentialType, str, int]] = Table(
    "identity.credential_types", CredentialType, (TEXT, NUMBER)
)
ISSUERS: Final[Table[Issuer, str, str]] = Table("identity.credential_issuers", Issuer, (TEXT, TEXT))
"""Type, office: all issuers of a type are one range, provably complete."""
DIDS: Final[Table[Did, str]] = Table("identity.credential_dids", Did, (TEXT,))
DID_KEYS: Final[Table[DidKey, str, int]] = Table(
    "identity.credential_did_keys", DidKey, (TEXT, NUMBER)
)
CREDENTIALS: Final[Table[Credential, str, int, int]] = Table(
    "identity.credentials", Credential, (TEXT, NUMBER, NUMBER)
)
"""Office, list, index: an index is given once."""
HOLDINGS: Final[Table[Holding, bytes, str, int, int]] = Table(
    "identity.holdings", Holding, (BYTES16, TEXT, NUMBER, NUMBER)
)
"""Who holds which credential."""
STATUS_LISTS: Final[Table[StatusList, str, int]] = Table(
    "identity.credentials_status", StatusList, (TEXT, NUMBER)
)
STATUS_CHUNKS: Final[Table[StatusChunk, str, int, int]] = Table(
    "identity.credential_chunks", StatusChunk, (TEXT, NUMBER, NUMBER)
)
LICENCES: Final[Table[Licence, str]] = Table("identity.licences", Licence, (TEXT,))
LICENCE_COPIES: Final[Table[LicenceCopy, str, str, int, int]] = Table(
    "identity.licence_copies", LicenceCopy, (TEXT, TEXT, NUMBER, NUMBER)
)

CREDENTIAL_TABLES: Final[tuple[AnyTable, ...]] = (
    TYPES,
    ISSUERS,
    DIDS,
    DID_KEYS,
    CREDENTIALS,
    HOLDINGS,
    STATUS_LISTS,
    STATUS_CHUNKS,
    LICENCES,
    LICENCE_COPIES,
)
CREDENTIAL_LINKS: Final = (
    Link("did", DID_KEYS, DIDS, (0,)),
    Link("type", CREDENTIALS, TYPES, ("kind", "version")),
    Link("list", CREDENTIALS, STATUS_LISTS, (0, 1)),
    Link("list", STATUS_CHUNKS, STATUS_LISTS, (0, 1)),
    Link("credential", HOLDINGS, CREDENTIALS, (1, 2, 3)),
    Link("licence", LICENCE_COPIES, LICENCES, (0,)),
    Link("credential", LICENCE_COPIES, CREDENTIALS, (1, 2, 3)),
)

if max(HOLDINGS_MAX, LICENCE_COPIES_MAX) >= limits.EVENTS_PER_ACT_MAX:
    msg = "a death, and the end of a licence, is one act with an event for each credential"
    raise ValueError(msg)
