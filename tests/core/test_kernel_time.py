"""The machine and time: deadlines that the ledger performs, and directory changes."""

import pytest
from toy import CITY, HARBOUR, REGISTRY, Activate, Suspend, Tariff, ToyWorld, activation, outcome
from toy import paying as pay
from toy import planning as plan
from toy_bank import Price, Priced, Refusal, StandingOrder

from tongjian.core import limits, values
from tongjian.core.block import Result
from tongjian.core.directory import OFFICERS, OFFICES, SERVICES, TIMERS, Kernel, Timer
from tongjian.core.encoding import encode
from tongjian.core.hashing import TAG_TIMER, sha256
from tongjian.core.operation import Act, InvariantBroken
from tongjian.testkit import Person
from tongjian.testkit.world import CHAIN, NOON_MS

HOUR_MS = 3_600_000


@pytest.fixture
def world() -> ToyWorld:
    world = ToyWorld()
    world.open(("a", CITY, 100), ("b", HARBOUR, 50))
    return world


# -------------------------------------------------------------------------------------- deadlines


def orders(results: list[Result]) -> list[tuple[str, int]]:
    """Give target and amount of each deadline that was carried out."""
    events = [REGISTRY.event_codec.decode(result.events[0]) for result in results if result.events]
    return [(event.target, event.amount) for event in events]


def test_deadlines_run_in_order_of_time_then_of_planning(world: ToyWorld) -> None:
    teller = world.who("teller of city")
    later, sooner = NOON_MS + 2 * HOUR_MS, NOON_MS + HOUR_MS
    world.block(
        ((teller,), (plan(later, "a", "b", 1), plan(sooner, "a", "b", 2))),
        ((teller,), (plan(sooner, "a", "b", 3), plan(later, "a", "b", 4))),
    )
    world.block(((teller,), (plan(sooner, "a", "b", 5),)))
    assert world.wait(HOUR_MS - 1) == []
    assert orders(world.wait(2 * HOUR_MS)) == [("b", n) for n in (2, 3, 5, 1, 4)]
    assert world.wait(10 * HOUR_MS) == []


def test_a_deadline_runs_in_the_first_block_at_its_time_and_before_its_transactions(
    world: ToyWorld,
) -> None:
    world.accepts(world.who("teller of city"), act=plan(NOON_MS + 5, "a", "b", 100))
    world.now_ms = NOON_MS + 5
    results = world.block(((world.who("payer of harbour"),), (pay("b", "a", 150),)))
    assert [result.outcome for result in results] == ["", ""]
    assert world.balances() == {"a": 150, "b": 0}


def test_a_deadline_in_the_past_runs_in_the_next_block(world: ToyWorld) -> None:
    results = world.submit(world.who("teller of city"), acts=(plan(0, "a", "b", 1),))
    assert results.outcome == ""
    assert world.balances() == {"a": 100, "b": 50}
    assert orders(world.block()) == [("b", 1)]


def test_a_refused_deadline_changes_nothing_and_does_not_come_again(world: ToyWorld) -> None:
    teller = world.who("teller of city")
    world.submit(teller, acts=(plan(0, "a", "b", 101), plan(0, "a", "x", 1), plan(0, "a", "b", 7)))
    results = world.block()
    codes = [outcome(Refusal.NOT_ENOUGH), outcome(Refusal.ACCOUNT_UNKNOWN), ""]
    assert [result.outcome for result in results] == codes
    assert world.balances() == {"a": 93, "b": 57}
    assert world.block() == []
    assert not [key for key in world.rows() if key.startswith(TIMERS.prefix)]


def test_a_block_runs_no_more_than_its_share_of_deadlines(world: ToyWorld) -> None:
    share = limits.TIMERS_PER_BLOCK_MAX
    world.open(("rich", CITY, 10**6))
    world.accepts(world.who("teller of city"), act=plan(0, "rich", "b", 1, times=share + 3))
    assert len(world.block()) == share
    assert world.balances()["b"] == 50 + share
    assert len(world.block()) == 3
    assert world.block() == []


def test_the_id_of_a_deadline_follows_from_chain_key_and_act(world: ToyWorld) -> None:
    world.accepts(world.who("teller of city"), act=plan(NOON_MS, "a", "b", 1))
    key = TIMERS.key(NOON_MS, world.height, 0)
    act = world.row(TIMERS, NOON_MS, world.height, 0).act
    (result,) = world.block()
    assert result.transaction == sha256(TAG_TIMER + CHAIN + key + act)


def test_nobody_can_make_an_act_of_the_clock(world: ToyWorld) -> None:
    order = StandingOrder(source=values.name("a"), target=values.name("b"), amount=values.fen(1))
    for person in world.people.values():
        world.refuses(Kernel.NOT_PERMITTED, person, act=order)


def test_a_deadline_of_a_service_that_is_no_longer_active_is_refused(world: ToyWorld) -> None:
    world.accepts(world.who("teller of city"), act=plan(NOON_MS + 1, "a", "b", 1))
    change = Activate(service=values.name("bank"), version=values.count(0), height=values.count(1))
    world.accepts(world.who("registrar of city"), act=change)
    assert [r.outcome for r in world.wait(1)] == [outcome(Kernel.SERVICE_INACTIVE)]
    assert world.balances() == {"a": 100, "b": 50}


def test_a_deadline_whose_act_this_release_does_not_know_stops_the_node(world: ToyWorld) -> None:
    world.accepts(world.who("teller of city"), act=plan(NOON_MS + 1, "a", "b", 1))
    key = TIMERS.key(NOON_MS + 1, world.height, 0)
    foreign = encode(Timer(act=encode(("bank.no_such_act", 1))))
    world._commit({key: foreign}, ())
    with pytest.raises(InvariantBroken, match="deadline"):
        world.wait(1)


# -------------------------------------------------------------------------------------- directory


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("key", Kernel.KEY_REVOKED),
        ("officer", Kernel.OFFICER_SUSPENDED),
        ("office", Kernel.OFFICE_CLOSED),
    ],
)
def test_a_suspension_counts_from_the_next_block(world: ToyWorld, what: str, code: Kernel) -> None:
    payer = world.who("payer of city")
    act = Suspend(key=values.key_id(payer.key), what=what)
    results = world.block(
        ((world.who("registrar of harbour"),), (act,)), ((payer,), (pay("a", "b", 1),))
    )
    assert [result.outcome for result in results] == ["", ""]
    world.refuses(code, payer, act=pay("a", "b", 1))


def test_a_rule_version_holds_from_its_height_and_a_rate_from_the_next_block(
    world: ToyWorld,
) -> None:
    teller, registrar = world.who("teller of city"), world.who("registrar of city")

    def fee(*changes: Act) -> tuple[int, int]:
        before = len(world.events)
        asked: list[tuple[tuple[Person, ...], tuple[Act, ...]]] = [((teller,), (Price(),))]
        world.block(*(((registrar,), (change,)) for change in changes), *asked)
        (event,) = [event for event in world.events[before:] if isinstance(event, Priced)]
        return event.version, event.fee

    def version(number: int, height: int) -> Activate:
        return Activate(
            service=values.name("bank"), version=values.count(number), height=values.count(height)
        )

    assert fee(version(1, 1)) == (2, 10), "the change is not in force in its own block"
    assert fee() == (1, 5)
    assert fee(Tariff(fee=values.fen(7), from_ms=values.time_ms(0))) == (1, 5)
    assert fee() == (1, 7)
    later = Tariff(fee=values.fen(9), from_ms=values.time_ms(world.now_ms + 1))
    assert fee(later) == (1, 7)
    assert fee() == (1, 7)
    world.now_ms += 1
    assert fee() == (1, 9)
    world._commit({SERVICES.key("bank"): encode(activation(1, 2, world.height + 3))}, ())
    assert [fee()[0], fee()[0], fee()[0]] == [1, 1, 2]


def test_a_key_without_officer_or_office_is_a_broken_invariant(world: ToyWorld) -> None:
    payer = world.who("payer of city")
    for key in (OFFICES.key(CITY), OFFICERS.key(payer.officer)):
        world._commit({key: None}, ())
        with pytest.raises(InvariantBroken, match="directory is damaged"):
            world.submit(payer, acts=(pay("a", "b", 1),))
