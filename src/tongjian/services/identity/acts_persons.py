"""Persons as domains know them: registered, suspended, grown up, dead.

A pseudonym is drawn at random, one for each domain in which a person acts, and its row tells
nothing but the domain, the office that vouches and the capacity (IDN-I2).
"""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import Named, Signer
from tongjian.core.persons import MANDATES, PERSONS, Capacity, Person
from tongjian.core.values import Digest, Name, PersonId, Uscc, count, name, time_ms
from tongjian.services.identity.acts_credentials import FollowPerson
from tongjian.services.identity.records import (
    LIVING,
    NUMBERS,
    NumberMoved,
    PersonChanged,
    service,
)
from tongjian.services.identity.refusals import Refusal
from tongjian.services.identity.rules import OF_PERSON, VERIFIER, require_active, two_of

CAPACITIES: Final = ("child", "minor", "adult")
DEATH_TAGS_MAX: Final = 16
DEATH_PERSONS_MAX: Final = 48
"""With the numbers, as many as one act may announce."""
GUARDIANS_MAX: Final = 64
"""Mandates of one person that are looked through when they come of age."""


class RegisterPerson(Act, tag="identity.register_person"):
    """Give a person a pseudonym in a domain."""

    person: PersonId
    """Drawn at random, for this domain alone."""
    office: Uscc
    domain: Name
    """The service in which it is used."""
    capacity: Capacity
    link: Digest
    """Salted commitment to network number, or to the record at the counter, and domain."""


class ChangeCapacity(Act, tag="identity.change_capacity"):
    """Record that a person has reached 14 or 18."""

    person: PersonId
    capacity: Capacity


class SuspendPerson(Act, tag="identity.suspend_person"):
    """Stop whatever is done under a pseudonym."""

    person: PersonId


class RestorePerson(Act, tag="identity.restore_person"):
    """Let a suspended pseudonym count again."""

    person: PersonId


class RecordDeaths(Act, tag="identity.record_deaths"):
    """Record the deaths that the register of deaths reported."""

    office: Uscc
    tags: Annotated[tuple[Digest, ...], Meta(max_length=DEATH_TAGS_MAX)]
    """Of those who had a network number, in order."""
    persons: Annotated[tuple[PersonId, ...], Meta(max_length=DEATH_PERSONS_MAX)]
    """All pseudonyms of all of them, in order: which belong together is not told."""
    evidence: Digest
    """Salted commitment to the reports."""


@service.operation(
    by=two_of(Named("office")),
    law="PIPL art. 6, 51; Network Identity Measures art. 7",
    writes=(PERSONS,),
)
def register_person(act: RegisterPerson, ledger: Ledger) -> PersonChanged:
    """Register a person in a domain under a pseudonym that no other domain sees."""
    ensure(ledger.get(PERSONS, act.person) is None, Refusal.PERSON_EXISTS)

    row = Person(
        domain=act.domain,
        office=act.office,
        capacity=act.capacity,
        status="active",
        keys=(),
        keys_ever=count(0),
        link=act.link,
    )
    return _written(ledger, act.person, row)


@service.operation(
    by=two_of(OF_PERSON),
    law="Civil Code art. 17, 18, 19",
    writes=(PERSONS, MANDATES),
)
def change_capacity(act: ChangeCapacity, ledger: Ledger) -> PersonChanged:
    """Let a person grow up; at 18 the guardians' mandates end in the same block."""
    row = require_active(ledger, act.person)
    grows = CAPACITIES.index(act.capacity) > CAPACITIES.index(row.capacity)
    ensure(grows, Refusal.CAPACITY_WRONG)

    if act.capacity == "adult":
        for key, mandate in ledger.range(MANDATES, act.person, limit=GUARDIANS_MAX):
            if mandate.kind == "guardian":
                ledger.put(MANDATES, *key, row=replace(mandate, withdrawn=True))
    return _written(ledger, act.person, replace(row, capacity=act.capacity))


@service.operation(
    by=Signer(VERIFIER, OF_PERSON),
    law="PIPL art. 51",
    writes=(PERSONS,),
    follows=(FollowPerson,),
)
def suspend_person(act: SuspendPerson, ledger: Ledger) -> PersonChanged:
    """Suspend a pseudonym, and with it keys, mandates and credentials, in this very block."""
    row = require_active(ledger, act.person)
    ledger.follow(FollowPerson(holder=act.person, status="suspended"))
    return _written(ledger, act.person, replace(row, status="suspended"))


@service.operation(
    by=two_of(OF_PERSON),
    law="PIPL art. 51",
    writes=(PERSONS,),
    follows=(FollowPerson,),
)
def restore_person(act: RestorePerson, ledger: Ledger) -> PersonChanged:
    """Restore a suspended pseudonym; two persons are needed."""
    row = ledger.one(PERSONS, act.person, missing=Refusal.PERSON_UNKNOWN)
    ensure(row.status == "suspended", Refusal.PERSON_NOT_SUSPENDED)
    ledger.follow(FollowPerson(holder=act.person, status="active"))
    return _written(ledger, act.person, replace(row, status="active"))


@service.operation(
    by=two_of(Named("office")),
    law="Civil Code art. 13, 173, 175; PIPL art. 49",
    writes=(LIVING, NUMBERS, PERSONS),
    follows=(FollowPerson,),
)
def record_deaths(act: RecordDeaths, ledger: Ledger) -> tuple[NumberMoved | PersonChanged, ...]:
    """Record deaths: numbers, pseudonyms, keys, mandates and credentials stop in this block."""
    moved: list[NumberMoved | PersonChanged] = []
    for tag in act.tags:
        living = ledger.one(LIVING, tag, missing=Refusal.NUMBER_UNKNOWN)
        number = ledger.one(NUMBERS, living.number, missing=Refusal.NUMBER_UNKNOWN)
        ensure(number.office == act.office, Refusal.NUMBER_ELSEWHERE)
        ensure(not living.deceased, Refusal.PERSON_DECEASED)
        dead = replace(number, status="dead", changed_ms=time_ms(ledger.time_ms))
        ledger.put(LIVING, tag, row=replace(living, deceased=True))
        ledger.put(NUMBERS, living.number, row=dead)
        moved.append(_ended(living.number, act.office, number.assurance))
    for person in act.persons:
        row = ledger.one(PERSONS, person, missing=Refusal.PERSON_UNKNOWN)
        ensure(row.office == act.office, Refusal.PERSON_ELSEWHERE)
        ensure(row.status != "ended", Refusal.PERSON_NOT_ACTIVE)
        moved.append(_written(ledger, person, replace(row, status="ended")))
        ledger.follow(FollowPerson(holder=person, status="ended"))
    # The order in which an office wrote them down would tell which belong together.
    is_sorted = act.tags == tuple(sorted(act.tags)) and act.persons == tuple(sorted(act.persons))
    ensure(is_sorted, Refusal.DEATHS_UNSORTED)
    return tuple(moved)


def _ended(number: str, office: Uscc, assurance: int) -> NumberMoved:
    return NumberMoved(number=number, office=office, status="dead", assurance=assurance)


def _written(ledger: Ledger, person: PersonId, row: Person) -> PersonChanged:
    ledger.put(PERSONS, person, row=row)
    return PersonChanged(
        person=person, domain=row.domain, status=name(row.status), capacity=row.capacity
    )
