"""Nodes and validators: admitted by vote, never a third of the power at once, and who seals."""

from nacl.signing import SigningKey
from validators_town import CITY, KEYS, PROVINCE, Network, admit, begin, retire

from tongjian.core import values
from tongjian.core.directory import SEAL_KEYS, Kernel
from tongjian.core.validators import (
    NETWORK_SUITE,
    VALIDATORS_MAX,
    compute_address,
    compute_validators_hash,
    in_order,
)
from tongjian.services.membership.acts_offices import CloseOffice
from tongjian.services.membership.acts_rules import RotateSealKey
from tongjian.services.membership.records import NODES, Node, NodeAdmitted
from tongjian.services.membership.refusals import Refusal


def test_nodes_come_by_vote_and_the_validators_seal_from_the_next_block_on() -> None:
    world = Network()
    world.refuses(Kernel.NOT_PERMITTED, world.vote[0], act=admit(0, 10))
    world.accepts(*world.vote, act=admit(0, 10))
    world.accepts(*world.vote, act=admit(1, 0), vector="accepts_without_power")
    assert world.row(SEAL_KEYS, world.height + 1) is None
    world.accepts(*world.vote, act=begin(10, 0))
    assert world.row(SEAL_KEYS, world.height + 1).suite == NETWORK_SUITE
    assert world.row(SEAL_KEYS, world.height + 1).public == begin(10).validators


def test_each_change_of_validators_names_the_set_that_seals_next() -> None:
    world = Network()
    world.begin(10, 10, 10)
    world.accepts(*world.vote, act=admit(3, 10), vector="accepts_a_newcomer")
    assert world.row(SEAL_KEYS, world.height + 1).public == begin(10, 10, 10, 10).validators
    world.accepts(*world.vote, act=retire(3))
    assert world.row(SEAL_KEYS, world.height + 1).public == begin(10, 10, 10).validators
    world.accepts(*world.vote, act=admit(4, 0), vector="accepts_an_archive")
    assert world.row(SEAL_KEYS, world.height + 1) is None


def test_the_registrar_of_an_office_may_retire_its_own_nodes_only() -> None:
    world = Network()
    world.begin(10, 10)
    world.accepts(*world.vote, act=admit(2, 5, office=PROVINCE), vector="accepts_elsewhere")
    world.refuses(Kernel.NOT_PERMITTED, world.registrar, act=retire(2))
    world.accepts(world.registrar, act=retire(1), vector="accepts_own")
    assert world.row(NODES, retire(1).node) is None


def test_admitting_is_refused_in_order_of_precedence() -> None:
    world = Network()
    closed = "12990100001400001X"
    act = admit(0, 10, public=bytes(32), office=closed)
    world.refuses(Refusal.OFFICE_UNKNOWN, *world.vote, act=act)
    world.refuses(Refusal.KEY_WEAK, *world.vote, act=admit(0, 10, public=bytes(32)))
    world.begin(10, 10, 10)
    world.refuses(Refusal.KEY_EXISTS, *world.vote, act=admit(3, 99, public=KEYS[0]))
    world.refuses(Refusal.POWER_TOO_GREAT, *world.vote, act=admit(3, 16))
    world.refuses(
        Refusal.POWER_TOO_GREAT, *world.vote, act=admit(0, 26), vector="refuses_raising_too_far"
    )
    replaced = admit(0, 16, public=KEYS[4])
    world.refuses(Refusal.POWER_TOO_GREAT, *world.vote, act=replaced, vector="refuses_another_key")
    world.accepts(*world.vote, act=admit(3, 15), vector="accepts_a_third")


def test_a_closed_office_gets_no_node() -> None:
    world = Network()
    third = world.office("11990100001400110R")
    close = CloseOffice(office=values.uscc(third))
    assert world.submit(*world.vote, acts=(close, admit(0, 1))).outcome == ""
    world.refuses(Refusal.OFFICE_CLOSED, *world.vote, act=admit(0, 1, office=third))


def test_no_more_nodes_than_the_engine_is_made_for() -> None:
    world = Network()
    for number in range(1, VALIDATORS_MAX + 1):
        public = bytes(SigningKey(number.to_bytes(32, "big")).verify_key)
        row = Node(office=values.uscc(CITY), public=public, power=1)
        world._found(NODES, row, bytes([number]) * 31 + b"n")
    world.refuses(Refusal.NODES_FULL, *world.vote, act=admit(7, 1))


def test_beginning_and_retiring_are_refused_in_order_of_precedence() -> None:
    world = Network()
    world.refuses(Refusal.NODE_UNKNOWN, *world.vote, act=retire(0))
    world.refuses(Refusal.NO_VALIDATOR, *world.vote, act=begin())
    assert world.submit(*world.vote, acts=(admit(0, 10), admit(1, 0))).outcome == ""
    world.refuses(Refusal.VALIDATORS_DIFFER, *world.vote, act=begin(11))
    world.accepts(*world.vote, act=begin(10), vector="accepts_one")
    world.refuses(Refusal.NETWORK_BEGUN, *world.vote, act=begin(10))
    world.refuses(Refusal.NO_VALIDATOR, *world.vote, act=retire(0))
    world.refuses(Refusal.NO_VALIDATOR, *world.vote, act=admit(0, 0))
    seal = RotateSealKey(suite=1, public=KEYS[7], from_height=values.height(99))
    world.refuses(Refusal.NETWORK_BEGUN, *world.vote, act=seal)


def test_one_block_hands_out_no_more_than_a_third_in_however_many_acts() -> None:
    world = Network()
    world.begin(10, 10, 10, 10)
    twice = (admit(4, 20), admit(4, 30))
    assert world.submit(*world.vote, acts=twice).outcome == "membership/64@1"
    coalition = (admit(4, 12), admit(5, 12))
    assert world.submit(*world.vote, acts=coalition).outcome == "membership/64@1"
    then_fewer = (admit(4, 20), retire(0), retire(1))
    assert world.submit(*world.vote, acts=then_fewer).outcome == "membership/64@1"
    lowered = (admit(4, 20), admit(0, 0))
    assert world.submit(*world.vote, acts=lowered).outcome == "membership/64@1"
    several = (admit(4, 10), admit(5, 10), retire(0), admit(1, 10, public=KEYS[7]))
    assert world.submit(*world.vote, acts=several).outcome == "membership/64@2"
    both = world.block((world.vote, (admit(4, 12),)), (world.vote, (admit(5, 12),)))
    assert [result.outcome for result in both] == ["", "membership/64@0"]
    assert world.row(NODES, admit(4, 0).node).power == 12
    world.accepts(*world.vote, act=admit(5, 12), vector="accepts_in_the_next_block")


def test_several_changes_in_one_transaction_count_from_one_height() -> None:
    world = Network()
    world.begin(10, 10, 10, 10)
    changes = (retire(3), admit(4, 10), admit(2, 8), admit(1, 9))
    result = world.submit(*world.vote, acts=changes)
    assert result.outcome == ""
    named = [event.from_height for event in world.events[-4:] if isinstance(event, NodeAdmitted)]
    assert named == [world.height + 1] * 3
    seal = world.row(SEAL_KEYS, world.height + 1).public
    powers = {0: 10, 1: 9, 2: 8, 4: 10}
    assert seal == compute_validators_hash([(KEYS[n], power) for n, power in powers.items()])


def test_a_validator_is_raised_step_by_step_and_gets_another_key() -> None:
    world = Network()
    world.begin(10, 10, 10, 10)
    world.accepts(*world.vote, act=admit(0, 30), vector="accepts_raising")
    world.refuses(
        Refusal.POWER_TOO_GREAT,
        *world.vote,
        act=admit(0, 30, public=KEYS[6]),
        vector="refuses_a_great_one_with_another_key",
    )
    world.accepts(*world.vote, act=admit(0, 10), vector="accepts_lowering")
    world.accepts(*world.vote, act=admit(0, 10, public=KEYS[6]), vector="accepts_another_key")
    assert world.row(NODES, admit(0, 0).node).public == KEYS[6]


def test_the_hash_of_validators_is_the_one_of_the_engine() -> None:
    """Powers first, then addresses; a hash that CometBFT v0.38.26 gave for this set."""
    several = [(KEYS[n], power) for n, power in enumerate((3, 300, 3, 1))]
    ordered = in_order(several)
    assert [power for _, power in ordered] == [300, 3, 3, 1]
    assert compute_address(ordered[1][0]) < compute_address(ordered[2][0])
    assert compute_validators_hash(several) == compute_validators_hash(reversed(several))
    assert compute_validators_hash([]).hex().startswith("e3b0c44298fc1c14")
