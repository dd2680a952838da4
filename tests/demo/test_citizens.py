"""The invented citizens are the same for a seed, plausible, and their recoveries end as marked."""

from typing import Any

import pytest
from identity_town import POLICE, Secret, Town, digest, key_fields, signing

from tongjian.core import values
from tongjian.demo.citizens import DOMAINS, Citizen, citizens
from tongjian.services.identity.acts_keys import EnrolKey
from tongjian.services.identity.acts_persons import RegisterPerson
from tongjian.services.identity.acts_recovery import (
    AskRecovery,
    CompleteRecovery,
    NoticeRecovery,
    ObjectRecovery,
)
from tongjian.services.identity.records import RECOVERIES, Channel

TWO = "clerk+verifier"
DELAY_MS = 7 * 24 * 3_600_000


@pytest.fixture(scope="module")
def drawn() -> list[Citizen]:
    return list(citizens(7, 2_000))


def test_one_seed_gives_one_town_and_another_seed_another() -> None:
    assert list(citizens(1, 20)) == list(citizens(1, 20))
    assert list(citizens(1, 20)) != list(citizens(2, 20))
    assert list(citizens(1, 20)) == list(citizens(1, 40))[:20]


def test_nothing_of_a_citizen_is_the_same_in_two_domains(drawn: list[Citizen]) -> None:
    marks = [one for each in drawn for known in each.known for one in known[1:] if one]
    assert len(set(marks)) == len(marks)
    assert len({each.tag for each in drawn}) == len(drawn)
    assert {known.domain for each in drawn for known in each.known} == set(DOMAINS)


def test_nobody_under_age_is_without_a_living_guardian_of_age(drawn: list[Citizen]) -> None:
    for each in drawn:
        assert (each.guardian < 0) == (each.capacity == "adult")
        if each.guardian >= 0:
            guardian = drawn[each.guardian]
            assert guardian.capacity == "adult"
            assert not guardian.is_dead


def test_some_want_no_number_and_few_lose_a_key(drawn: list[Citizen]) -> None:
    numbered = [each for each in drawn if each.number]
    assert 0.3 < len(numbered) / len(drawn) < 0.6
    endings = [each.should for each in drawn if each.should]
    assert 10 < len(endings) < 100
    assert {"completed", "objected"} == set(endings)
    assert all(known.secret for each in drawn if each.recovery for known in each.known)


@pytest.mark.parametrize("ending", ["completed", "objected"])
def test_a_recovery_ends_as_it_is_marked(drawn: list[Citizen], ending: str) -> None:
    town = Town()
    citizen = next(each for each in drawn if each.should == ending)
    known = citizen.known[0]
    person: Any = known.person
    registered = RegisterPerson(
        person=person,
        office=values.uscc(POLICE),
        domain=values.name(known.domain),
        capacity="adult",
        link=digest("link"),
    )
    old, new = Secret(known.secret.hex()), Secret("new " + known.secret.hex())
    channels = (
        Channel(kind="counter", evidence=digest("counter")),
        Channel(kind="post", evidence=digest("post")),
    )
    steps = (
        (TWO, registered),
        (TWO, EnrolKey(**key_fields(person, old))),
        ("clerk", AskRecovery(**key_fields(person, new), channels=channels)),
        ("verifier", NoticeRecovery(person=person, notice=digest("sent"))),
    )
    played = [town.world.block((town.signers(who), (act,)))[0].outcome for who, act in steps]
    assert not any(played)
    if citizen.recovery == "thief":
        own = signing(person, old)
        town.world.block(((own,), (ObjectRecovery(person=person),)))
    town.world.now_ms += DELAY_MS
    town.world.block((town.signers("approver"), (CompleteRecovery(person=person),)))
    assert town.world.row(RECOVERIES, person).status == ending
