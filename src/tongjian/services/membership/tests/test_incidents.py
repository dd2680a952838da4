"""Validators who sign twice lose their power, once, and only where others can go on."""

from typing import Any

import pytest
from validators_town import KEYS, Network, admit

from tongjian.core import values
from tongjian.core.directory import SEAL_KEYS, Kernel
from tongjian.core.encoding import encode
from tongjian.core.hashing import sha256
from tongjian.core.inquiry import answer
from tongjian.core.operation import InvariantBroken
from tongjian.core.validators import compute_address, compute_validators_hash
from tongjian.services.membership.acts_incidents import RecordMisdeed
from tongjian.services.membership.records import NODES
from tongjian.services.membership.records_incidents import INCIDENTS, MisdeedRecorded
from tongjian.services.membership.refusals import Refusal
from tongjian.services.membership.views import IncidentsAsked, incidents


def address(number: int) -> str:
    return compute_address(KEYS[number]).hex()


def misdeed(number: int, at: int = 7, kind: Any = "signed_twice") -> RecordMisdeed:
    return RecordMisdeed(
        validator=address(number),
        misdeed=kind,
        height=values.height(at),
        committed_ms=values.time_ms(1_795_000_000_000),
        evidence=values.digest(bytes([number, at]) * 16),
    )


def last(world: Network) -> MisdeedRecorded:
    event = world.events[-1]
    assert isinstance(event, MisdeedRecorded)
    return event


def test_who_signs_twice_has_no_power_from_the_next_block_on() -> None:
    world = Network()
    world.begin(10, 10, 10, 10)
    assert world.finds(misdeed(2)).outcome == ""
    event = last(world)
    assert (event.power_before, event.power_after) == (10, 0)
    assert (event.node, event.from_height) == (admit(2, 0).node, world.height + 1)
    assert world.row(NODES, admit(2, 0).node).power == 0
    rest = [(KEYS[number], 10) for number in (0, 1, 3)]
    assert world.row(SEAL_KEYS, world.height + 1).public == compute_validators_hash(rest)
    assert world.row(INCIDENTS, address(2), 7, "signed_twice").evidence == event.evidence


def test_a_misdeed_is_recorded_once_and_each_further_one_beside_it() -> None:
    world = Network()
    world.begin(10, 10, 10, 10)
    assert world.finds(misdeed(2)).outcome == ""
    assert world.finds(misdeed(2)).outcome == "membership/67@0"
    assert world.finds(misdeed(2, 8), vector="accepts_without_power").outcome == ""
    assert last(world).power_before == 0
    attack = misdeed(2, 7, "attacked_light_clients")
    assert world.finds(attack, vector="accepts_an_attack").outcome == ""
    assert world.row(SEAL_KEYS, world.height + 1) is None


def test_power_stays_where_the_others_are_too_few_to_go_on() -> None:
    world = Network()
    world.begin(10, 10, 10)
    assert world.finds(misdeed(0), vector="accepts_and_leaves_power").outcome == ""
    assert (last(world).power_before, last(world).power_after) == (10, 10)
    assert world.row(SEAL_KEYS, world.height + 1) is None
    alone = Network()
    alone.begin(10)
    assert alone.finds(misdeed(0), vector="accepts_the_only_one").outcome == ""
    assert alone.row(NODES, admit(0, 0).node).power == 10


def test_of_four_the_second_who_signs_twice_keeps_its_power() -> None:
    world = Network()
    world.begin(10, 10, 10, 10)
    outcomes = [world.finds(misdeed(number), vector=f"accepts_{number}") for number in (2, 3)]
    assert [one.outcome for one in outcomes] == ["", ""]
    powers = [world.row(NODES, admit(number, 0).node).power for number in range(4)]
    assert powers == [10, 10, 0, 10]


def test_the_key_of_a_node_that_is_gone_is_recorded_too() -> None:
    world = Network()
    world.begin(10, 10, 10, 10)
    assert world.finds(misdeed(5), vector="accepts_a_stranger").outcome == ""
    assert (last(world).node, last(world).office, last(world).power_before) == (None, None, 0)
    world.refuses(
        Refusal.KEY_SIGNED_TWICE, *world.vote, act=admit(5, 10), vector="refuses_a_misused_key"
    )


def test_a_node_comes_back_by_vote_with_a_new_key_only() -> None:
    world = Network()
    world.begin(10, 10, 10, 10)
    assert world.finds(misdeed(2)).outcome == ""
    world.refuses(Refusal.KEY_SIGNED_TWICE, *world.vote, act=admit(2, 10))
    elsewhere = admit(6, 10, public=KEYS[2])
    world.refuses(Refusal.KEY_EXISTS, *world.vote, act=elsewhere, vector="refuses_its_key_again")
    world.accepts(*world.vote, act=admit(2, 10, public=KEYS[7]), vector="accepts_after_a_misdeed")
    assert world.row(NODES, admit(2, 0).node).power == 10


def test_nobody_can_put_a_misdeed_to_the_ledger_and_the_engine_nothing_else() -> None:
    world = Network()
    world.begin(10, 10, 10, 10)
    world.refuses(Kernel.NOT_PERMITTED, *world.vote, act=misdeed(2))
    with pytest.raises(InvariantBroken, match="nothing that an engine finds"):
        world.machine.apply(99, world.now_ms, (), findings=(encode(admit(2, 0)),))
    with pytest.raises(InvariantBroken, match="no act of this release"):
        world.machine.apply(99, world.now_ms, (), findings=(b"x",))


def test_incidents_are_told_to_everybody() -> None:
    world = Network()
    world.begin(10, 10, 10, 10)
    for number in (3, 2):
        world.finds(misdeed(number), vector=f"accepts_told_{number}")
    queries = {query.handler: query for query in world.registry.services["membership"].queries}
    shown = answer(
        queries[incidents],
        IncidentsAsked(limit=9),
        reader=world.state,
        digest=sha256,
        height=world.height,
        time_ms=world.now_ms,
    )
    assert [one.validator for one in shown] == sorted((address(2), address(3)))
    assert {(one.height, one.misdeed) for one in shown} == {(7, "signed_twice")}
