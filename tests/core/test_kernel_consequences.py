"""The machine and consequences: acts that the ledger performs because of another, at once."""

from typing import Annotated

import pytest
from msgspec import Meta
from toy import CITY, HARBOUR, ToyWorld
from toy import membership as toy_membership
from toy import paying as pay
from toy_bank import Moved, Refusal, StandingOrder, Transfer, bank

from tongjian.core import limits, values
from tongjian.core.directory import Kernel
from tongjian.core.ledger import Ledger
from tongjian.core.machine import outcome_of
from tongjian.core.operation import (
    Act,
    Event,
    InvariantBroken,
    RefusalCode,
    Refused,
    Service,
)
from tongjian.core.permission import Signer
from tongjian.core.registry import Registry
from tongjian.core.values import Fen


class NoRefusal(RefusalCode):
    """The court of these tests refuses nothing itself."""

    NEVER = 1, "Never."


court = Service("court", NoRefusal, ())
Times = Annotated[int, Meta(ge=0, le=100)]


class Judge(Act, tag="court.judge"):
    """Order that one account pays another, a number of times."""

    amount: Fen
    times: Times


class Judged(Event, tag="court.judged"):
    """An order was given."""

    signers: Times


@court.operation(by=Signer("inspector"), law="Toy Act art. 20", follows=(StandingOrder,))
def judge(act: Judge, ledger: Ledger) -> Judged:
    """Have the bank carry out the order at once."""
    for _ in range(act.times):
        ledger.follow(
            StandingOrder(source=values.name("a"), target=values.name("b"), amount=act.amount)
        )
    return Judged(signers=len(ledger.signers))


class Overreach(Act, tag="court.overreach"):
    """Have done what was not declared, or what only a person may do."""

    declared: bool


@court.operation(by=Signer("inspector"), law="Toy Act art. 21", follows=(Transfer,))
def overreach(act: Overreach, ledger: Ledger) -> Judged:
    """Ask for an act of the bank that the bank does not leave to the ledger."""
    if act.declared:
        ledger.follow(pay("a", "b", 1))
    else:
        ledger.follow(Judge(amount=values.fen(1), times=1))
    return Judged(signers=1)


REGISTRY = Registry((bank, court, toy_membership))


@pytest.fixture
def world() -> ToyWorld:
    world = ToyWorld(REGISTRY)
    world.open(("a", CITY, 100), ("b", HARBOUR, 50))
    return world


def order(amount: int, times: int = 1) -> Judge:
    return Judge(amount=values.fen(amount), times=times)


def said(world: ToyWorld, *acts: Act) -> tuple[str, list[Event]]:
    """Submit as inspector and payer; give the outcome and the decoded events."""
    signers = (world.who("inspector of city"), world.who("payer of city"))
    result = world.submit(*signers, acts=acts)
    return result.outcome, [REGISTRY.event_codec.decode(event) for event in result.events]


def test_a_consequence_changes_rows_and_its_event_stands_after_its_cause(world: ToyWorld) -> None:
    outcome, events = said(world, order(30, times=2))
    moved = Moved(source=values.name("a"), target=values.name("b"), amount=values.fen(30))
    assert (outcome, events) == ("", [Judged(signers=1), moved, moved])
    assert world.balances() == {"a": 40, "b": 110}


def test_a_later_act_of_the_transaction_sees_the_consequence(world: ToyWorld) -> None:
    outcome, _ = said(world, order(60), pay("a", "b", 41))
    assert outcome == outcome_of(REGISTRY, Refused(Refusal.NOT_ENOUGH), 1)
    assert world.balances() == {"a": 100, "b": 50}
    assert said(world, order(60), pay("a", "b", 40))[0] == ""


def test_a_refused_consequence_refuses_the_transaction_in_its_own_words(world: ToyWorld) -> None:
    outcome, _ = said(world, pay("a", "b", 1), order(60, times=2))
    assert outcome == outcome_of(REGISTRY, Refused(Refusal.NOT_ENOUGH), 1)
    assert world.balances() == {"a": 100, "b": 50}


def test_what_only_a_person_may_do_is_no_consequence(world: ToyWorld) -> None:
    outcome, _ = said(world, Overreach(declared=True))
    assert outcome == outcome_of(REGISTRY, Refused(Kernel.NOT_PERMITTED), 0)


def test_an_undeclared_consequence_stops_the_node(world: ToyWorld) -> None:
    with pytest.raises(InvariantBroken, match=r"court\.overreach follows by Judge undeclared"):
        said(world, Overreach(declared=False))


def test_the_number_of_consequences_is_bounded(world: ToyWorld) -> None:
    assert said(world, order(1, limits.FOLLOWERS_MAX))[0] == ""
    outcome, _ = said(world, order(0, limits.FOLLOWERS_MAX + 1))
    assert outcome == outcome_of(REGISTRY, Refused(Kernel.OUT_OF_BOUNDS), 0)


def test_no_consequence_is_carried_into_the_next_act(world: ToyWorld) -> None:
    said(world, order(0, limits.FOLLOWERS_MAX + 1))
    outcome, events = said(world, order(1))
    assert (outcome, len(events)) == ("", 2)


def test_a_registry_refuses_a_consequence_that_no_service_decides() -> None:
    with pytest.raises(ValueError, match="Judge → StandingOrder: a consequence must be an act"):
        Registry((court, toy_membership))


def test_a_registry_refuses_an_act_that_could_cause_itself() -> None:
    echo = Service("echo", NoRefusal, ())

    class Call(Act, tag="echo.call"):
        """Call."""

    class Called(Event, tag="echo.called"):
        """Called."""

    @echo.operation(by=Signer("inspector"), law="Toy Act art. 22", follows=(Call,))
    def call(act: Call, ledger: Ledger) -> Called:
        """Call again."""
        ledger.follow(act)
        return Called()

    assert call is not None
    with pytest.raises(ValueError, match="Call → Call"):
        Registry((echo,))
