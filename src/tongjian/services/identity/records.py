"""The nouns of identity: network numbers, persons, keys, mandates, recoveries, presentations.

Persons, their keys and mandates stand in `core/persons.py`, because the kernel reads them. The
nouns of credentials stand in a file of their own. Nothing here says who anybody is.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.operation import BYTES16, BYTES32, TEXT, Event, Row, Service, Table
from tongjian.core.persons import PERSON_TABLES, Capacity
from tongjian.core.values import (
    Digest,
    Height,
    KeyId,
    Name,
    PersonId,
    PublicKey,
    SuiteNumber,
    TimeMs,
    Uscc,
)
from tongjian.services.identity.records_credentials import CREDENTIAL_LINKS, CREDENTIAL_TABLES
from tongjian.services.identity.refusals import Refusal

NetNumber = Annotated[
    str,
    Meta(
        pattern="^[0-9A-Z]{24}$",
        max_length=24,
        description="Network number 网号: 24 letters and digits, drawn at random.",
    ),
]
Assurance = Annotated[
    int, Meta(ge=1, le=3, description="Level of assurance: 1 low, 2 substantial, 3 high.")
]
NumberStatus = Literal["applied", "verified", "active", "suspended", "revoked", "cancelled", "dead"]
RecoveryStatus = Literal["asked", "noticed", "objected", "completed", "lapsed"]
ChannelKind = Literal["counter", "post", "phone", "mail", "app"]


class Number(Row):
    """A network number 网号 with its certificate 网证: how far it has come, and how sure it is."""

    office: Uscc
    tag: Digest
    """Of the person: a keyed code whose key only the identity office has."""
    capacity: Capacity
    assurance: Assurance
    status: NumberStatus
    evidence: Digest
    """Salted commitment to the record of application and verification."""
    maker: PersonId
    checker: PersonId
    """Who took the last step but one, and the last; the same after the first."""
    changed_ms: TimeMs


class Living(Row):
    """That a person has a network number, or is dead: one row a person (IDN-I1)."""

    number: NetNumber
    """The last one; whether it is in force stands with it."""
    deceased: bool


class Channel(Record):
    """A way by which the identity office reached the person, and what shows it."""

    kind: ChannelKind
    evidence: Digest
    """Salted commitment to the record of the check."""


class Recovery(Row):
    """A new key that waits to take the place of lost ones: two channels, notice, delay (IDN-I6)."""

    office: Uscc
    suite: SuiteNumber
    public: PublicKey
    until_ms: TimeMs
    channels: Annotated[tuple[Channel, ...], Meta(min_length=2, max_length=2)]
    asked_by: PersonId
    asked_ms: TimeMs
    notice: Digest | None
    """Salted commitment to what shows that notice went to all old channels."""
    noticed_by: PersonId | None
    due_ms: TimeMs
    """The first moment at which it may be completed; 0 before the notice."""
    status: RecoveryStatus


class Presentation(Row):
    """That a presentation was decided: nonce, audience, result; not whose it was, nor of what."""

    audience: Uscc
    accepted: bool
    assurance: Assurance
    recorded_ms: TimeMs


NUMBERS: Final[Table[Number, str]] = Table("identity.numbers", Number, (TEXT,))
LIVING: Final[Table[Living, bytes]] = Table("identity.living", Living, (BYTES32,))
"""By the tag of the person."""
RECOVERIES: Final[Table[Recovery, bytes]] = Table("identity.recoveries", Recovery, (BYTES16,))
PRESENTATIONS: Final[Table[Presentation, bytes]] = Table(
    "identity.presentations", Presentation, (BYTES32,)
)
"""By the hash of the nonce."""


# -- events ---------------------------------------------------------------------------------------


class NumberMoved(Event, tag="identity.number_moved"):
    """A network number has come to another state."""

    number: NetNumber
    office: Uscc
    status: NumberStatus
    assurance: Assurance


class PersonChanged(Event, tag="identity.person_changed"):
    """A pseudonym is registered, or its state or capacity has changed."""

    person: PersonId
    domain: Name
    status: Name
    capacity: Capacity


class PersonKeyEnrolled(Event, tag="identity.key_enrolled"):
    """A key signs for a person from a height on."""

    key: KeyId
    person: PersonId
    suite: SuiteNumber
    from_height: Height
    until_ms: TimeMs


class PersonKeyRevoked(Event, tag="identity.key_revoked"):
    """A key signs for a person no more from a height on; what it signed stays signed."""

    key: KeyId
    person: PersonId
    from_height: Height


class RecoveryMoved(Event, tag="identity.recovery_moved"):
    """A recovery has come to another step, for the person and all to see."""

    person: PersonId
    status: RecoveryStatus
    due_ms: TimeMs


class MandateGranted(Event, tag="identity.mandate_granted"):
    """A person may act for another."""

    principal: PersonId
    agent: PersonId
    kind: Name
    until_ms: TimeMs


class MandateWithdrawn(Event, tag="identity.mandate_withdrawn"):
    """A person may act for another no more."""

    principal: PersonId
    agent: PersonId


class PresentationDecided(Event, tag="identity.presentation_decided"):
    """A presentation was accepted or turned away: the result only."""

    nonce: Digest
    audience: Uscc
    accepted: bool


class PresentationForgotten(Event, tag="identity.presentation_forgotten"):
    """A presentation's time is over for good: its nonce needs no more row."""

    nonce: Digest


service: Final = Service(
    "identity",
    Refusal,
    (NUMBERS, LIVING, *PERSON_TABLES, RECOVERIES, PRESENTATIONS, *CREDENTIAL_TABLES),
    links=CREDENTIAL_LINKS,
)
