"""A party's own word: by key, by agent, at the counter; one against an application stops it."""

from typing import Any

import land_acts as on
import pytest
from land_acts import Share, shares, step
from land_town import FLAT, SERVICES, Kernel, Refusal, Town

from tongjian.core.encoding import replace
from tongjian.core.hashing import sha256
from tongjian.core.operation import Event, RefusalCode
from tongjian.core.persons import MANDATES, Capacity, Presence
from tongjian.core.values import person_id
from tongjian.services.land.acts_declare import Declare, Declared, holder_of
from tongjian.services.land.records import DECLARATIONS
from tongjian.testkit import Person

POLICE = "119901000014014128"
CAME: Any = Presence(method="card", evidence=sha256(b"record"), guardian=None)  # type: ignore[arg-type]
COUNTER = ("registry.land_counter", "registry.land_reviewer")


class Market(Town):
    """Zhou Ping sells his flat to Lin Xiaohai, whose pseudonym the registry knows."""

    def __init__(self) -> None:
        """Found the people; their acts come with the first application."""
        super().__init__(services=tuple(sorted((*SERVICES, "identity"))))
        self.lin = self.citizen("lin")
        self.he = self.citizen("he")
        self.stranger = self.citizen("gao")
        self.elsewhere = self.citizen("lin in invoices", domain="invoice")

    def citizen(self, name: str, *, domain: str = "land", capacity: Capacity = "adult") -> Person:
        """Found a person with a key."""
        return self.world.citizen(name, POLICE, domain, capacity=capacity)

    def sale(self, to: Person | None = None) -> str:
        """Bring the sale up to the entry; return the number of the application."""
        self.with_flat("zhou")
        buyer = holder_of(sha256, (to or self.lin).person)
        share = on.build(Share, holder=buyer, numerator=1, denominator=1)
        demand = replace(on.transfer(FLAT, ["zhou"], shares("lin")), transferees=(share,))
        return self.ready(demand, on.certify_tax(""))

    def says(self, sale: str, *who: Any, vector: str | None = None, **said: Any) -> Event:
        """Declare; officers are named."""
        return self.world.accepts(
            *self.those(who), act=declare(sale, self.lin, **said), vector=vector
        )

    def may_not(
        self, code: RefusalCode, sale: str, *who: Any, vector: str | None = None, **said: Any
    ) -> None:
        """Declare, which must be refused."""
        act = declare(sale, said.pop("of", self.lin), **said)
        self.world.refuses(code, *self.those(who), act=act, vector=vector)

    def those(self, who: tuple[Any, ...]) -> tuple[Person, ...]:
        """Return who signs."""
        return tuple(self.people[one] if isinstance(one, str) else one for one in who)


def declare(sale: str, person: Person, *, agrees: bool = True, presence: Any = None) -> Declare:
    """Return a declaration."""
    return Declare(
        application=sale, person=person_id(person.person), agrees=agrees, presence=presence
    )


def test_a_buyer_declares_by_a_key_of_their_own() -> None:
    town = Market()
    sale = town.sale()
    said = town.says(sale, town.lin)
    assert said == Declared(
        application=sale, person=person_id(town.lin.person), agrees=True, hand="own"
    )
    town.ok(step("enter", sale))
    town.may_not(Refusal.APPLICATION_CLOSED, sale, town.lin)


def test_one_word_against_it_stops_the_entry_until_it_is_taken_back() -> None:
    town = Market()
    sale = town.sale()
    town.says(sale, town.lin, agrees=False, vector="accepts_against")
    town.no(Refusal.OPPOSED, step("enter", sale))
    town.says(sale, town.lin)
    town.ok(step("enter", sale))


def test_whoever_holds_the_flat_stops_a_sale_of_which_nobody_told_them() -> None:
    town = Market()
    town.ok(step("enter", town.sale()))
    forged = town.ready(on.transfer(FLAT, ["zhou"], shares("chen")), on.certify_tax(""))
    assert town.says(forged, town.lin, agrees=False, vector="accepts_of_the_holder")
    assert not town.world.row(DECLARATIONS, forged, town.lin.person).agrees


def test_nobody_else_declares() -> None:
    town = Market()
    sale = town.sale()
    town.may_not(Refusal.NOT_CONCERNED, sale, town.stranger, of=town.stranger)
    for who in ((town.stranger,), ("registry.land_counter",), COUNTER):
        town.may_not(Kernel.NOT_PERMITTED, sale, *who)
    own = town.elsewhere
    vector = "refuses_pseudonym_of_another_domain"
    town.may_not(Kernel.NOT_PERMITTED, sale, own, of=own, vector=vector)


@pytest.mark.parametrize("matter", ["land", "land.declare"])
def test_an_agent_declares_within_the_mandate_and_no_further(matter: str) -> None:
    town = Market()
    town.world.mandate(town.lin, town.he, matter, uses_max=1)
    sale = town.sale()
    vector = "accepts_by_agent_for_" + matter.replace(".", "_")
    said = town.says(sale, town.he, vector=vector)
    assert isinstance(said, Declared)
    assert said.hand == "agent"
    assert town.world.row(MANDATES, town.lin.person, town.he.person).uses == 1
    town.may_not(Kernel.MANDATE_EXHAUSTED, sale, town.he)


@pytest.mark.parametrize(
    "changes",
    [
        {"matters": ("land.enter",)},
        {"withdrawn": True},
        {"until_ms": 1},
        {"from_ms": 2**42},
    ],
    ids=["another matter", "withdrawn", "run out", "not begun"],
)
def test_a_mandate_that_does_not_cover_the_act_is_none(changes: dict[str, Any]) -> None:
    town = Market()
    town.world.mandate(town.lin, town.he, **({"matters": ("land",)} | changes))
    vector = "refuses_mandate_" + "_".join(changes)
    town.may_not(Kernel.NOT_PERMITTED, town.sale(), town.he, vector=vector)


def test_two_officers_attest_who_stands_at_the_counter() -> None:
    town = Market()
    sale = town.sale()
    town.may_not(Kernel.NOT_PERMITTED, sale, COUNTER[0], presence=CAME)
    twin = ("registry.land_counter", "counter.land_reviewer")
    town.may_not(Kernel.NOT_PERMITTED, sale, *twin, presence=CAME, vector="refuses_one_person")
    said = town.says(sale, *COUNTER, presence=CAME, vector="accepts_at_the_counter")
    assert isinstance(said, Declared)
    assert said.hand == "counter"


def test_a_guardian_declares_for_a_child_who_cannot() -> None:
    town = Market()
    child = town.citizen("man", capacity="child")
    town.world.mandate(child, town.he, "land", kind="guardian")
    sale = town.sale(child)
    act = declare(sale, child)
    town.world.refuses(Kernel.NOT_PERMITTED, child, act=act, vector="refuses_child")
    town.world.accepts(town.he, act=act, vector="accepts_by_guardian")
