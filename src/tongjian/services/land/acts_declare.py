"""What a party says of an application by their own hand: for it, or against it.

Whoever holds a unit, or is named in an application, declares in person, by an agent with a mandate,
or before two officers at the counter. One word against it keeps the registrar from entering: an
owner whose papers were forged, and whom no officer asked, stops the sale by one signature.
"""

from collections.abc import Iterator
from typing import Final, assert_never

from tongjian.core import limits
from tongjian.core.hashing import Hash
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import Recorded, Signer, party
from tongjian.core.persons import Presence
from tongjian.core.values import Digest, PersonId, digest, time_ms
from tongjian.services.land.acts_apply import UNDER_WAY, require_application, units_of
from tongjian.services.land.demands import (
    Change,
    Deletion,
    Demand,
    First,
    Merge,
    Mortgage,
    Notice,
    Objection,
    Split,
    Transfer,
)
from tongjian.services.land.records import (
    APPLICATIONS,
    DECLARATIONS,
    UNITS,
    Declaration,
    Hand,
    service,
)
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import ApplicationNumber

HOLDER_TAG: Final = b"tongjian/land/holder/1\x00"
OF_REGISTRY: Final = Recorded(APPLICATIONS, ("application",), "registry")


class Declare(Act, tag="land.declare"):
    """Declare for or against an application that concerns oneself."""

    application: ApplicationNumber
    person: PersonId
    """The pseudonym under which the registry knows the person."""
    agrees: bool
    presence: Presence | None
    """How the person was known at the counter; none where a key signs."""


class Declared(Event, tag="land.declared"):
    """A party has declared for or against an application."""

    application: ApplicationNumber
    person: PersonId
    agrees: bool
    hand: Hand


@service.operation(
    by=party(
        "person",
        "land",
        "presence",
        Signer("land_counter", OF_REGISTRY),
        Signer("land_reviewer", OF_REGISTRY),
    ),
    law="Regulation on Real Estate Registration art. 14, 15; Civil Code art. 161",
    reads=(APPLICATIONS, UNITS),
    writes=(DECLARATIONS,),
)
def declare(act: Declare, ledger: Ledger) -> Declared:
    """Declare by one's own hand, an agent's, or at the counter; the last word counts."""
    row = require_application(ledger, act.application, *UNDER_WAY)
    holder = holder_of(ledger.digest, act.person)
    ensure(holder in _concerned(ledger, row.demand), Refusal.NOT_CONCERNED)

    signer = ledger.signer
    hand: Hand = "agent" if signer.acting_for else "own" if signer.is_person else "counter"
    said = Declaration(agrees=act.agrees, hand=hand, recorded_ms=time_ms(ledger.time_ms))
    ledger.put(DECLARATIONS, act.application, act.person, row=said)
    return Declared(application=act.application, person=act.person, agrees=act.agrees, hand=hand)


def holder_of(hashed: Hash, person: bytes) -> Digest:
    """Return how the book names a person: nothing that other domains see leads to it."""
    return digest(hashed(HOLDER_TAG + person))


def is_opposed(ledger: Ledger, application: ApplicationNumber) -> bool:
    """Say whether a party's last word on an application is against it."""
    said = ledger.range(DECLARATIONS, application, limit=limits.RANGE_ROWS_MAX)
    return any(not row.agrees for _, row in said)


def _concerned(ledger: Ledger, demand: Demand) -> tuple[Digest, ...]:
    """Return who holds the units now, then whom the demand names."""
    found: list[Digest] = []
    for code in units_of(demand):
        unit = ledger.get(UNITS, code)
        found += [share.holder for share in unit.holders] if unit is not None else []
    return (*found, *_named(demand))


def _named(demand: Demand) -> Iterator[Digest]:
    match demand:
        case First(holders=shares):
            yield from (share.holder for share in shares)
        case Transfer(transferors=transferors, transferees=shares):
            yield from transferors
            yield from (share.holder for share in shares)
        case Notice(applicants=applicants, holder=holder):
            yield from applicants
            yield holder
        case Change() | Split() | Merge() | Mortgage() | Deletion():
            yield from demand.applicants
        case Objection(objector=objector):
            yield objector
        case _:
            assert_never(demand)
