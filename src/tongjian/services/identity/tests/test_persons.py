"""Persons: registered by two, known to one domain, suspended at once, dead in the same block."""

from typing import Any

from identity_town import (
    POLICE,
    PROVINCE,
    Kernel,
    Refusal,
    Town,
    digest,
    number,
    pseudonym,
    register,
)

from tongjian.core.persons import MANDATES, Capacity
from tongjian.core.values import PersonId, uscc
from tongjian.services.identity.acts_mandates import AppointGuardian
from tongjian.services.identity.acts_persons import (
    ChangeCapacity,
    RecordDeaths,
    RestorePerson,
    SuspendPerson,
)
from tongjian.services.identity.acts_recovery import ObjectRecovery
from tongjian.services.identity.records import NUMBERS

FOREVER: Any = 2**43
TWO = "clerk+verifier"


def deaths(*persons: PersonId, tags: tuple[Any, ...] = (), office: str = POLICE) -> Any:
    return RecordDeaths(office=uscc(office), tags=tags, persons=persons, evidence=digest("report"))


def grown(person: PersonId, capacity: Capacity) -> ChangeCapacity:
    return ChangeCapacity(person=person, capacity=capacity)


def test_two_persons_register_a_pseudonym_once() -> None:
    town = Town()
    town.no(Kernel.NOT_PERMITTED, "clerk", register("lin"))
    town.no(Kernel.NOT_PERMITTED, "clerk+twin verifier", register("lin"))
    town.no(Kernel.NOT_PERMITTED, "far clerk+far verifier", register("lin"))
    town.ok(TWO, register("lin"))
    town.no(Refusal.PERSON_EXISTS, TWO, register("lin"))


def test_one_officer_stops_a_pseudonym_and_two_restore_it() -> None:
    town = Town()
    lin = town.keyed("lin")
    person = pseudonym("lin", "land")
    suspend, restore = SuspendPerson(person=person), RestorePerson(person=person)
    town.no(Refusal.PERSON_NOT_SUSPENDED, TWO, restore)
    town.no(Kernel.NOT_PERMITTED, "far verifier", suspend)
    town.ok("verifier", suspend)
    town.no(Refusal.PERSON_NOT_ACTIVE, "verifier", suspend)
    town.no(Kernel.PERSON_SUSPENDED, lin, ObjectRecovery(person=person))
    town.no(Kernel.NOT_PERMITTED, "verifier", restore)
    town.ok(TWO, restore)
    assert town.row(person).status == "active"


def test_in_the_block_of_the_suspension_the_key_already_counts_no_more() -> None:
    town = Town()
    lin = town.keyed("lin")
    person = pseudonym("lin", "land")
    acts = ((town.signers("verifier"), (SuspendPerson(person=person),)),)
    own = ((lin,), (ObjectRecovery(person=person),))
    first, second = town.world.block(*acts, own)
    assert first.outcome == ""
    assert second.outcome == "kernel/11@0"


def test_a_person_only_grows_up_and_the_guardian_ends_with_it() -> None:
    town = Town()
    child, parent = town.person("man", capacity="child"), town.person("lin")
    guardian = AppointGuardian(
        principal=child,
        agent=parent,
        matters=("land",),
        until_ms=FOREVER,
        evidence=digest("register of births"),
    )
    town.ok(TWO, guardian)
    town.no(Kernel.NOT_PERMITTED, "clerk", grown(child, "minor"))
    town.ok(TWO, grown(child, "minor"))
    assert not town.world.row(MANDATES, child, parent).withdrawn
    town.no(Refusal.CAPACITY_WRONG, TWO, grown(child, "child"))
    town.ok(TWO, grown(child, "adult"), vector="accepts_of_age")
    assert town.world.row(MANDATES, child, parent).withdrawn


def test_death_ends_all_of_a_person_in_one_block() -> None:
    town = Town()
    chen = town.numbered("chen")
    ids = tuple(town.keyed("chen", domain).person for domain in ("land", "invoice"))
    persons: Any = tuple(sorted(ids))
    tags = (digest("tag of chen"),)
    town.no(Kernel.NOT_PERMITTED, "clerk", deaths(*persons, tags=tags))
    town.no(Refusal.DEATHS_UNSORTED, TWO, deaths(*reversed(persons), tags=tags))
    town.ok(TWO, deaths(*persons, tags=tags))
    assert town.world.row(NUMBERS, chen).status == "dead"
    assert [town.row(person).status for person in persons] == ["ended", "ended"]
    town.no(Refusal.PERSON_DECEASED, TWO, deaths(tags=tags))
    town.no(Refusal.PERSON_NOT_ACTIVE, TWO, deaths(*persons))
    town.no(Refusal.PERSON_NOT_SUSPENDED, TWO, RestorePerson(person=persons[0]))


def test_an_office_records_deaths_of_its_own_only() -> None:
    town = Town()
    town.numbered("lin")
    lin, tags = town.person("lin"), (digest("tag of lin"),)
    town.no(Refusal.NUMBER_UNKNOWN, TWO, deaths(tags=(digest("nobody"),)))
    town.no(Refusal.PERSON_UNKNOWN, TWO, deaths(pseudonym("nobody", "land")))
    far, province = "far clerk+far verifier", PROVINCE
    town.no(Refusal.NUMBER_ELSEWHERE, far, deaths(tags=tags, office=province))
    town.no(Refusal.PERSON_ELSEWHERE, far, deaths(lin, office=province))
    assert town.world.row(NUMBERS, number("lin")).status == "active"
