"""Who may act: roles, scopes, separation of persons, votes; and every permission in words."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import CITY, HARBOUR, PROVINCE, REGIONS, REGISTRY, Found, Suspend, ToyWorld, incoming
from toy import opening as open_
from toy import paying as pay
from toy_bank import CloseAccount, Grant, Inspect, Report, Survey, Vote, Voted, bank

from tongjian.core import values
from tongjian.core.directory import KEYS, OFFICERS, Kernel
from tongjian.core.envelope import Incoming
from tongjian.core.operation import Act, Refused
from tongjian.core.permission import AllOf, AnyOf, Clock, Context, Quorum, Signer, require
from tongjian.testkit import Person
from tongjian.testkit.world import NOON_MS


@pytest.fixture
def world() -> ToyWorld:
    world = ToyWorld()
    teller = world.who("teller of city")
    world.people["same person as teller of city"] = world.person(
        "same", CITY, "checker", same_person_as=teller
    )
    world.people["both of city"] = world.person("both", CITY, "teller", "checker")
    world.people["temporary"] = world.person("temporary", CITY, "teller", until_ms=NOON_MS + 1)
    world.open(("a", CITY, 100), ("b", HARBOUR, 50))
    return world


def allowed(world: ToyWorld, act: Act, *names: str) -> bool:
    """Say whether the people may do the act; what else may be wrong with it does not count."""
    result = world.submit(*(world.who(name) for name in names), acts=(act,))
    return result.outcome != "kernel/11@0"


CLOSE = CloseAccount(account=values.name("a"))
GRANT = Grant(account=values.name("a"), amount=values.fen(1))


# ------------------------------------------------------------------------------ roles and scopes


def test_a_role_is_needed(world: ToyWorld) -> None:
    act = open_("z", CITY, 0)
    assert not allowed(world, act, "payer of city")
    assert not allowed(world, act, "checker of city", "voter of harbour")
    assert allowed(world, act, "payer of city", "teller of city")


def test_a_role_ends_with_its_period(world: ToyWorld) -> None:
    assert allowed(world, open_("y", CITY, 0), "temporary")
    world.now_ms += 1
    assert not allowed(world, open_("z", CITY, 0), "temporary")


def test_the_named_office_must_sign(world: ToyWorld) -> None:
    act = Report(office=values.uscc(HARBOUR))
    assert not allowed(world, act, "teller of city", "checker of harbour")
    assert allowed(world, act, "teller of city", "teller of harbour")


def test_the_office_on_record_must_sign(world: ToyWorld) -> None:
    assert not allowed(world, pay("b", "a", 1), "payer of city")
    assert allowed(world, pay("b", "a", 1), "payer of harbour")
    assert not allowed(world, pay("none", "a", 1), "payer of harbour")


def test_what_an_earlier_act_records_counts(world: ToyWorld) -> None:
    who = (world.who("teller of city"), world.who("payer of province"))
    acts = (open_("c", PROVINCE, 9), pay("c", "a", 9))
    assert world.submit(*who, acts=acts).outcome == ""


@pytest.mark.parametrize(
    ("place", "office", "may"),
    [
        ("city", CITY, True),
        ("city", HARBOUR, True),
        ("city", PROVINCE, False),
        ("harbour", HARBOUR, True),
        ("harbour", CITY, False),
        ("province", CITY, True),
        ("province", HARBOUR, True),
        ("province", PROVINCE, True),
        ("province", "11110000000000000X", False),  # no such office
    ],
)
def test_an_office_acts_within_its_region(
    world: ToyWorld, place: str, office: str, *, may: bool
) -> None:
    assert allowed(world, Inspect(office=values.uscc(office)), f"inspector of {place}") is may
    if office in REGIONS:
        act = Survey(region=values.region(REGIONS[office]))
        assert allowed(world, act, f"inspector of {place}") is may


@pytest.mark.parametrize("region", ["000000", "990001", "009900"])
def test_a_region_without_the_form_of_one_lies_in_nobodys(world: ToyWorld, region: str) -> None:
    assert not allowed(world, Survey(region=values.region(region)), "inspector of province")


def test_an_office_is_looked_up_as_it_stood_when_the_block_began(world: ToyWorld) -> None:
    move = Found(office=values.uscc(HARBOUR), region=values.region("990200"))
    look = Inspect(office=values.uscc(HARBOUR))
    results = world.block(
        ((world.who("registrar of city"),), (move,)), ((world.who("inspector of city"),), (look,))
    )
    assert [result.outcome for result in results] == ["", ""]
    assert not allowed(world, look, "inspector of city")


# ---------------------------------------------------------------------------- separation of persons


def test_two_roles_need_two_persons(world: ToyWorld) -> None:
    assert not allowed(world, CLOSE, "both of city")
    assert not allowed(world, CLOSE, "teller of city")
    assert not allowed(world, CLOSE, "teller of city", "teller of harbour")
    assert not allowed(world, CLOSE, "teller of city", "same person as teller of city")
    assert allowed(world, CLOSE, "teller of city", "checker of city")


def test_a_person_with_both_roles_takes_the_one_that_is_left(world: ToyWorld) -> None:
    assert allowed(world, CLOSE, "both of city", "checker of city")
    assert allowed(world, CLOSE, "teller of city", "both of city")
    assert allowed(world, CLOSE, "both of city", "teller of city")


def test_the_order_of_signatures_does_not_matter_and_a_third_does_no_harm(
    world: ToyWorld,
) -> None:
    assert allowed(world, CLOSE, "checker of city", "payer of city", "teller of city")
    trio = ("same person as teller of city", "teller of city", "both of city")
    assert allowed(world, CLOSE, *trio)


def test_the_handler_sees_the_signers_in_the_order_of_the_rule(world: ToyWorld) -> None:
    checker, teller = world.who("checker of city"), world.who("teller of harbour")
    context = context_of(world, incoming(world, [checker.key, teller.key], CLOSE))
    chosen = require(AllOf((Signer("teller"), Signer("checker"))), context)
    assert [actor.key for actor in chosen] == [teller.key, checker.key]


def context_of(world: ToyWorld, transaction: Incoming) -> Context:
    world._begin()
    actors = tuple(map(world.machine.directory.actor, transaction.transaction.signers))
    context = Context(actors, world.now_ms, world.machine.directory, world.row)
    context.act = transaction.transaction.acts[0]
    return context


def test_one_of_several_ways_is_enough(world: ToyWorld) -> None:
    assert allowed(world, GRANT, "governor of harbour")
    assert allowed(world, GRANT, "checker of harbour", "teller of city")
    assert not allowed(world, GRANT, "checker of harbour", "payer of city")
    assert not allowed(world, GRANT, "teller of city", "same person as teller of city")


# ------------------------------------------------------------------------------------------ votes

VOTE = Vote(motion=values.name("motion"))


def voting_world(offices: int) -> ToyWorld:
    """Found a world in which the given number of offices has a voter."""
    world = ToyWorld()
    for name in ("voter of city", "voter of harbour", "voter of province"):
        del world._founding[OFFICERS.key(world.who(name).officer)]
        del world._founding[KEYS.key(world.who(name).key)]
    for number in range(offices):
        office = world.office(f"11990100{number:010d}")
        world.people[f"voter {number}"] = world.person(f"voter {number}", office, "voter")
        world.people[f"second {number}"] = world.person(f"second {number}", office, "voter")
    return world


@pytest.mark.parametrize("offices", range(1, 8))
def test_a_vote_needs_two_thirds_of_the_offices(offices: int) -> None:
    world = voting_world(offices)
    for votes in range(1, offices + 1):
        names = [f"voter {number}" for number in range(votes)]
        assert allowed(world, VOTE, *names) is (3 * votes >= 2 * offices)


def test_an_office_and_a_person_vote_once() -> None:
    world = voting_world(3)
    person = world.who("voter 0")
    world.people["elsewhere"] = world.person(
        "elsewhere", "11990100" + "1".zfill(10), "voter", same_person_as=person
    )
    assert not allowed(world, VOTE, "voter 0", "second 0")
    assert not allowed(world, VOTE, "voter 0", "elsewhere")
    assert not allowed(world, VOTE, "voter 0", "second 0", "elsewhere")
    event = world.accepts(*map(world.who, ("voter 0", "elsewhere", "voter 1")), act=VOTE)
    assert isinstance(event, Voted)
    assert len(event.offices) == 2


def test_offices_that_are_closed_or_whose_voters_are_suspended_do_not_count() -> None:
    world = voting_world(4)
    registrar = world.who("registrar of city")
    pair = ("voter 0", "voter 1")
    assert not allowed(world, VOTE, *pair)
    world.accepts(
        registrar, act=Suspend(key=values.key_id(world.who("voter 3").key), what="office")
    )
    assert allowed(world, VOTE, *pair)
    assert not allowed(world, VOTE, "voter 0")
    for name in ("voter 2", "second 2"):
        world.accepts(
            registrar, act=Suspend(key=values.key_id(world.who(name).key), what="officer")
        )
    assert not allowed(world, VOTE, "voter 0")
    assert allowed(world, VOTE, *pair)


def test_nobody_votes_where_nobody_may() -> None:
    world = voting_world(0)
    assert not allowed(world, VOTE, "teller of city")


# ------------------------------------------------------------------------------------- properties


def model_assignment(parts: Sequence[str], people: Sequence[tuple[str, str]]) -> bool:
    """Try every way to give each role to another person."""
    if not parts:
        return True
    return any(
        model_assignment(parts[1:], [other for other in people if other[0] != person])
        for person, role in people
        if role == parts[0]
    )


ROLES = ("teller", "checker", "payer")
signed = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from(ROLES)), min_size=1, max_size=6, unique=True
)


@given(signed, st.lists(st.sampled_from(ROLES), min_size=1, max_size=4))
def test_persons_are_found_whenever_there_are_enough(
    people: list[tuple[str, str]], roles: list[str]
) -> None:
    world = ToyWorld()
    first: dict[str, Person] = {}
    keys: list[bytes] = []
    for person, role in people:
        post = world.person(person + role, CITY, role, same_person_as=first.get(person))
        first.setdefault(person, post)
        keys.append(post.key)
    context = context_of(world, incoming(world, keys, CLOSE))
    found = AllOf(tuple(map(Signer, roles))).signers(context)
    assert (found is not None) is model_assignment(roles, people)
    if found is not None:
        assert len({actor.person for actor in found}) == len(roles)
        assert all(a.holds(r, world.now_ms) for a, r in zip(found, roles, strict=True))


# ------------------------------------------------------------------------------------------ words


def test_every_permission_can_be_printed() -> None:
    words = {operation.tag: operation.by.words() for operation in REGISTRY.operations()}
    assert words["bank.transfer"] == "payer of the `owner` on record in bank.accounts"
    assert words["bank.close_account"] == (
        "teller of any office + checker of any office (distinct persons)"
    )
    assert words["bank.grant"] == (
        "teller of any office + checker of any office (distinct persons) or governor of any office"
    )
    assert words["bank.vote"] == "voter of at least 2/3 of the member offices"
    assert words["bank.inspect"] == "inspector of an office whose region covers that of `office`"
    assert words["bank.survey"] == "inspector of an office whose region covers `region`"
    assert words["bank.report"] == "teller of the office in `office`"
    assert words["bank.standing_order"] == Clock().words()
    for text in words.values():
        assert text.isascii()
        assert "<" not in text
        assert "0x" not in text


def test_a_permission_is_a_value() -> None:
    rule = AnyOf((AllOf((Signer("a"), Signer("b"))), Quorum("c", 1, 2), Clock()))
    same = AnyOf((AllOf((Signer("a"), Signer("b"))), Quorum("c", 1, 2), Clock()))
    assert rule == same
    assert hash(rule) == hash(same)
    assert rule != AnyOf((Signer("a"),))
    assert {operation.by for operation in bank.operations} >= {Clock(), Quorum("voter", 2, 3)}


def test_a_refusal_says_what_was_needed(world: ToyWorld) -> None:
    context = context_of(world, incoming(world, [world.who("payer of city").key], CLOSE))
    with pytest.raises(Refused, match=r"Needs teller of any office \+ checker") as refused:
        require(AllOf((Signer("teller"), Signer("checker"))), context)
    assert refused.value.code is Kernel.NOT_PERMITTED
