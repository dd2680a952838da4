"""What may be asked of identity. Nobody learns who anybody is: a pseudonym is asked for by itself.

Whoever holds a network number may ask how it stands (D2: the asker knows it already); persons,
keys, recoveries and presentations are open, so that everybody can check a signature, and the person
sees that somebody tries to recover a key; mandates are for the parties and who relies on them.
"""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.ledger import Ledger
from tongjian.core.persons import (
    MANDATES,
    PERSON_KEYS,
    PERSONS,
    Mandate,
    Person,
    PersonKey,
)
from tongjian.core.values import Digest, KeyId, PersonId
from tongjian.services.identity.records import (
    NUMBERS,
    PRESENTATIONS,
    RECOVERIES,
    Assurance,
    NetNumber,
    NumberStatus,
    Presentation,
    Recovery,
    service,
)

PAGE_ROWS_MAX: Final = 200
Page = Annotated[int, Meta(ge=1, le=PAGE_ROWS_MAX, description="Rows in one answer.")]


class NumberAsked(Record):
    """Which network number."""

    number: NetNumber


class Certificate(Record):
    """What a network certificate 网证 says: how the number stands and how sure it is."""

    status: NumberStatus
    assurance: Assurance


class PersonAsked(Record):
    """Which pseudonym."""

    person: PersonId


class PersonShown(Record):
    """A pseudonym with its keys and the recovery under way or last."""

    row: Person
    keys: tuple[PersonKey, ...]
    recovery: Recovery | None


class KeyAsked(Record):
    """Which key."""

    key: KeyId


class MandatesAsked(Record):
    """Whose mandates, at most how many."""

    principal: PersonId
    limit: Page


class MandateShown(Record):
    """A mandate and to whom it is given."""

    agent: PersonId
    row: Mandate


class PresentationAsked(Record):
    """Which presentation, by the hash of its nonce."""

    nonce: Digest


@service.query(audience="D2", reads=(NUMBERS,))
def certificate(asked: NumberAsked, ledger: Ledger) -> Certificate | None:
    """Return how a network number stands and to which level it was verified; none if unknown."""
    row = ledger.get(NUMBERS, asked.number)
    return None if row is None else Certificate(status=row.status, assurance=row.assurance)


@service.query(audience="D0", reads=(PERSONS, PERSON_KEYS, RECOVERIES))
def person(asked: PersonAsked, ledger: Ledger) -> PersonShown | None:
    """Return a pseudonym: its domain and state, its keys, and any recovery; none if unknown."""
    row = ledger.get(PERSONS, asked.person)
    if row is None:
        return None
    keys = (ledger.get(PERSON_KEYS, key) for key in row.keys)
    recovery = ledger.get(RECOVERIES, asked.person)
    return PersonShown(row=row, keys=tuple(key for key in keys if key), recovery=recovery)


@service.query(audience="D0", reads=(PERSON_KEYS,))
def key(asked: KeyAsked, ledger: Ledger) -> PersonKey | None:
    """Return a person's key: since which height it counts, until when; none if unknown."""
    return ledger.get(PERSON_KEYS, asked.key)


@service.query(audience="D3", reads=(MANDATES,))
def mandates(asked: MandatesAsked, ledger: Ledger) -> tuple[MandateShown, ...]:
    """Return who may act for a person, in order of pseudonym, those that have ended among them."""
    rows = ledger.range(MANDATES, asked.principal, limit=asked.limit)
    return tuple(MandateShown(agent=parts[1], row=row) for parts, row in rows)


@service.query(audience="D0", reads=(PRESENTATIONS,))
def presentation(asked: PresentationAsked, ledger: Ledger) -> Presentation | None:
    """Return what was decided of a presentation within its window; none if it was not shown."""
    return ledger.get(PRESENTATIONS, asked.nonce)


# The questions on credentials stand in a file of their own; to import it declares them.
from tongjian.services.identity import views_credentials  # noqa: E402 - after `service` is used

__all__ = ["views_credentials"]
