"""Natural persons beside officers: who they are to one domain, their keys, who acts for them.

The rows belong to the service `identity`, which writes them; the kernel reads them with each
signature of a person and with each permission that asks for one. A person is known by another
pseudonym in every domain, and each pseudonym has keys of its own: no row, key or transaction of one
domain leads to another (domain IDN-I2; docs/decisions/0015-persons.md).
"""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.operation import BYTES16, Act, Row, Table
from tongjian.core.values import (
    Amount,
    Count,
    Digest,
    Fen,
    Height,
    KeyId,
    Name,
    PersonId,
    PublicKey,
    SuiteNumber,
    TimeMs,
    Uscc,
)

KEYS_MAX: Final = 4
"""Keys of one person in one domain that may count at once: a phone, a card, a spare."""
MATTERS_MAX: Final = 16
Capacity = Literal["child", "minor", "adult"]
"""Under 14, from 14 to 18, of age: no date of birth, which would tell who somebody is."""
Matter = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31})?$(?!\n)",
        max_length=65,
        description="A service, for all its acts, or one act: service.operation.",
    ),
]
Matters = Annotated[tuple[Matter, ...], Meta(min_length=1, max_length=MATTERS_MAX)]


class Presence(Record):
    """How an officer at a counter knows that the person stood there; never a biometric template."""

    method: Literal["card", "card_live", "visit"]
    """Card seen by an officer; chip of the card and live check; visit to who cannot come."""
    evidence: Digest
    """Salted commitment to the record of the check."""
    guardian: Digest | None
    """Salted commitment to the consent of the guardian, whom a child or minor needs."""


class Person(Row):
    """A natural person as one domain knows them: a pseudonym, and nothing that says who."""

    domain: Name
    """The service in which the pseudonym is used, and in no other."""
    office: Uscc
    """The identity office that vouches for the person."""
    capacity: Capacity
    status: Literal["active", "suspended", "ended"]
    keys: Annotated[tuple[KeyId, ...], Meta(max_length=KEYS_MAX)]
    """Those that have not been revoked."""
    keys_ever: Count
    """After the first, no office enrols another: the person adds it, or recovers with delay."""
    link: Digest
    """Salted commitment to network number and domain: opened before a court, to nobody else."""


class PersonKey(Row):
    """A public key of a person, valid from a height until a time unless revoked before."""

    suite: SuiteNumber
    public: PublicKey
    person: PersonId
    from_height: Height
    until_ms: TimeMs
    revoked_height: Height
    """First height at which the key no longer counts; 0 while it is not revoked."""


class Mandate(Row):
    """What a person may do for another: in which matters, up to how much, until when."""

    kind: Literal["agent", "guardian"]
    matters: Matters
    from_ms: TimeMs
    until_ms: TimeMs
    limit_fen: Amount | None
    """Of all acts together; none where acts have no amount, or the mandate sets no limit."""
    uses_max: Count | None
    used_fen: Fen
    uses: Count
    evidence: Digest
    """Salted commitment to the power of attorney, or to what shows guardianship."""
    withdrawn: bool


PERSONS: Final[Table[Person, bytes]] = Table("identity.persons", Person, (BYTES16,))
PERSON_KEYS: Final[Table[PersonKey, bytes]] = Table("identity.keys", PersonKey, (BYTES16,))
MANDATES: Final[Table[Mandate, bytes, bytes]] = Table(
    "identity.mandates", Mandate, (BYTES16, BYTES16)
)
"""Principal, agent: all who may act for a person are one range."""
_OWN: Final = PERSONS.name.partition(".")[0]
PERSON_TABLES: Final = (PERSONS, PERSON_KEYS, MANDATES)


def covers(mandate: Mandate, act: Act, time_ms: int) -> bool:
    """Say whether a mandate holds for an act at a time; amounts are counted when it is used.

    A guardian also stands beside a minor who changes keys or mandates of their own.
    """
    tag = str(act.__struct_config__.tag)
    service = tag.partition(".")[0]
    in_matters = any(one in (tag, service) for one in mandate.matters)
    in_matters = in_matters or (mandate.kind == "guardian" and service == _OWN)
    in_time = mandate.from_ms <= time_ms < mandate.until_ms
    return in_matters and in_time and not mandate.withdrawn


def find_person(read: Any, identity: bytes | None, domain: str) -> Person | None:
    """Return a person whose pseudonym is in force in a domain, in any where none is named."""
    person: Person | None = None if identity is None else read(PERSONS, identity)
    if person is None or person.status != "active" or domain not in ("", person.domain):
        return None
    return person


def find_mandate(
    read: Any, act: Act, time_ms: int, principal: bytes, agent: bytes
) -> Mandate | None:
    """Return the mandate by which an agent, of age and in force, may do an act for a principal."""
    person = find_person(read, agent, "")
    mandate: Mandate | None = read(MANDATES, principal, agent)
    if person is None or person.capacity != "adult" or mandate is None:
        return None
    return mandate if covers(mandate, act, time_ms) else None
