"""The machine and an officer's standing: leave, deputies, kinship, limits."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import CITY, HARBOUR, ToyWorld
from toy import paying as pay
from toy_bank import CloseAccount

from tongjian.core import values
from tongjian.core.directory import Kernel
from tongjian.core.standing import USAGES, Deputy, Limit
from tongjian.testkit import Person
from tongjian.testkit.world import NOON_MS

DAY_MS = 24 * 3_600_000
CLOSE = CloseAccount(account=values.name("a"))


def opened(prepare: Callable[[ToyWorld], None] = lambda _: None) -> ToyWorld:
    """Give a world that was prepared, with two accounts."""
    world = ToyWorld()
    prepare(world)
    world.open(("a", CITY, 100), ("b", HARBOUR, 50))
    return world


def deputy(principal: Person, role: str, *, until_ms: int = NOON_MS + DAY_MS) -> Deputy:
    return Deputy(
        role=values.name(role),
        principal=principal.officer,
        from_ms=values.time_ms(0),
        until_ms=values.time_ms(until_ms),
    )


def limit(role: str, *, acts: int | None = None, amount: int | None = None) -> Limit:
    return Limit(
        role=values.name(role),
        acts=None if acts is None else values.count(acts),
        amount_fen=None if amount is None else values.fen(amount),
    )


# ------------------------------------------------------------------------------------------ leave


def test_on_leave_no_role_counts_and_afterwards_each_does() -> None:
    def prepare(world: ToyWorld) -> None:
        world.standing(world.who("payer of city"), away=(NOON_MS, NOON_MS + 5))

    world = opened(prepare)
    payer = world.who("payer of city")
    world.refuses(Kernel.NOT_PERMITTED, payer, act=pay("a", "b", 1))
    world.now_ms = NOON_MS + 4
    world.refuses(Kernel.NOT_PERMITTED, payer, act=pay("a", "b", 1))
    world.now_ms = NOON_MS + 5
    world.accepts(payer, act=pay("a", "b", 1))


def test_a_leave_that_has_not_begun_takes_nothing() -> None:
    world = opened(
        lambda world: world.standing(world.who("payer of city"), away=(NOON_MS + 1, NOON_MS + 5))
    )
    world.accepts(world.who("payer of city"), act=pay("a", "b", 1))


# --------------------------------------------------------------------------------------- deputies


def with_deputy(world: ToyWorld) -> None:
    """Make the inspector of the city deputy of its payer, who is on leave."""
    payer = world.who("payer of city")
    world.standing(payer, away=(0, NOON_MS + DAY_MS))
    world.standing(world.who("inspector of city"), deputy_for=(deputy(payer, "payer"),))


def test_a_deputy_acts_in_the_role_until_the_period_ends() -> None:
    world = opened(with_deputy)
    inspector = world.who("inspector of city")
    world.accepts(inspector, act=pay("a", "b", 1))
    world.now_ms = NOON_MS + DAY_MS
    world.refuses(Kernel.NOT_PERMITTED, inspector, act=pay("a", "b", 1))
    world.accepts(world.who("payer of city"), act=pay("a", "b", 1))


def test_a_deputy_has_no_role_that_the_principal_lacks() -> None:
    def prepare(world: ToyWorld) -> None:
        checker = world.who("checker of city")
        world.standing(world.who("inspector of city"), deputy_for=(deputy(checker, "payer"),))

    world = opened(prepare)
    world.refuses(Kernel.NOT_PERMITTED, world.who("inspector of city"), act=pay("a", "b", 1))


def test_a_deputy_of_an_officer_elsewhere_has_nothing() -> None:
    def prepare(world: ToyWorld) -> None:
        payer = world.who("payer of city")
        world.standing(world.who("inspector of harbour"), deputy_for=(deputy(payer, "payer"),))

    world = opened(prepare)
    world.refuses(Kernel.NOT_PERMITTED, world.who("inspector of harbour"), act=pay("b", "a", 1))


def test_deputies_do_not_appoint_deputies_by_having_a_role() -> None:
    def prepare(world: ToyWorld) -> None:
        first, second = world.who("inspector of city"), world.who("voter of city")
        world.standing(first, deputy_for=(deputy(world.who("payer of city"), "payer"),))
        world.standing(second, deputy_for=(deputy(first, "payer"),))

    world = opened(prepare)
    world.refuses(Kernel.NOT_PERMITTED, world.who("voter of city"), act=pay("a", "b", 1))


def test_a_deputy_is_not_the_other_side_of_the_principal() -> None:
    def prepare(world: ToyWorld) -> None:
        teller = world.who("teller of city")
        world.standing(world.who("inspector of city"), deputy_for=(deputy(teller, "checker"),))
        both = world.person("both", CITY, "teller", "checker")
        world.people["both"] = both
        world.standing(world.who("voter of city"), deputy_for=(deputy(both, "checker"),))

    world = opened(prepare)
    both, stand_in = world.people["both"], world.who("voter of city")
    world.refuses(Kernel.NOT_PERMITTED, both, stand_in, act=CLOSE)
    world.accepts(world.who("teller of city"), stand_in, act=CLOSE)


# ---------------------------------------------------------------------------------------- kinship


def test_related_persons_do_not_check_each_other() -> None:
    def prepare(world: ToyWorld) -> None:
        world.related(world.who("teller of city"), world.who("checker of city"))

    world = opened(prepare)
    teller, checker = world.who("teller of city"), world.who("checker of city")
    world.refuses(Kernel.NOT_PERMITTED, teller, checker, act=CLOSE)
    world.refuses(Kernel.NOT_PERMITTED, checker, teller, act=CLOSE)
    world.accepts(teller, world.who("checker of harbour"), act=CLOSE)


def test_the_kin_of_a_principal_does_not_check_the_deputy() -> None:
    def prepare(world: ToyWorld) -> None:
        teller = world.who("teller of city")
        world.related(teller, world.who("checker of city"))
        world.standing(world.who("voter of city"), deputy_for=(deputy(teller, "teller"),))

    world = opened(prepare)
    stand_in = world.who("voter of city")
    world.refuses(Kernel.NOT_PERMITTED, stand_in, world.who("checker of city"), act=CLOSE)
    world.accepts(stand_in, world.who("checker of harbour"), act=CLOSE)


# ----------------------------------------------------------------------------------------- limits


def limited(one: Limit) -> ToyWorld:
    return opened(lambda world: world.standing(world.who("payer of city"), limits=(one,)))


def test_a_number_of_acts_a_day_is_kept_and_begins_again_the_next_day() -> None:
    world = limited(limit("payer", acts=2))
    payer = world.who("payer of city")
    world.accepts(payer, act=pay("a", "b", 1))
    world.accepts(payer, act=pay("a", "b", 1))
    world.refuses(Kernel.LIMIT_REACHED, payer, act=pay("a", "b", 1))
    world.now_ms += DAY_MS
    world.accepts(payer, act=pay("a", "b", 1))


def test_a_sum_split_in_one_batch_is_one_sum() -> None:
    world = limited(limit("payer", amount=10))
    payer = world.who("payer of city")
    split = tuple(pay("a", "b", 4) for _ in range(3))
    assert world.submit(payer, acts=split).outcome == f"kernel/{Kernel.LIMIT_REACHED.number}@2"
    assert world.balances() == {"a": 100, "b": 50}
    assert world.submit(payer, acts=split[:2]).outcome == ""
    results = world.block(((payer,), (pay("a", "b", 1),)), ((payer,), (pay("a", "b", 2),)))
    assert [result.outcome for result in results] == ["", f"kernel/{Kernel.LIMIT_REACHED.number}@0"]


def test_a_refused_act_uses_nothing_of_the_limit() -> None:
    world = limited(limit("payer", acts=1))
    payer = world.who("payer of city")
    assert world.submit(payer, acts=(pay("a", "b", 101),)).outcome.startswith("bank/")
    world.accepts(payer, act=pay("a", "b", 1))


def test_a_limit_in_another_role_does_not_count() -> None:
    world = limited(limit("inspector", acts=0))
    world.accepts(world.who("payer of city"), act=pay("a", "b", 1))
    assert not [key for key in world.rows() if key.startswith(USAGES.prefix)]


@given(st.lists(st.integers(0, 12), max_size=12), st.integers(0, 40))
def test_what_is_accepted_in_a_day_never_exceeds_the_limit(amounts: list[int], most: int) -> None:
    world = limited(limit("payer", amount=most))
    payer, spent = world.who("payer of city"), 0
    for amount in amounts:
        is_over = spent + amount > most
        outcome = world.submit(payer, acts=(pay("a", "b", amount),)).outcome
        assert (outcome == f"kernel/{Kernel.LIMIT_REACHED.number}@0") == is_over
        spent += 0 if is_over else amount
    assert world.balances()["a"] == 100 - spent


@pytest.mark.parametrize("most", [{"acts": 0}, {"amount": 0}])
def test_a_limit_of_nothing_stops_everything_worth_something(most: dict[str, int]) -> None:
    world = limited(limit("payer", **most))
    world.refuses(Kernel.LIMIT_REACHED, world.who("payer of city"), act=pay("a", "b", 1))
