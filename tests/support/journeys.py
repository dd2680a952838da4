"""The three journeys as plays: each step said, on a world in memory or on a real ledger."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import journey_money
import land_acts as on
import land_town
import procurement_makers
from court_town import (
    CourtTown,
    fund_escrow,
    issue,
    lift,
    open_escrow,
    register_account,
    serve,
    the_flat,
    the_price,
)
from land_acts import shares, step, who
from land_town import ESCROW_ACCOUNT, FLAT
from procurement_secrets import public_key

from tongjian.core.hashing import sha256
from tongjian.core.signatures import KeySuite, compute_key_id
from tongjian.services.treasury.records import ACCOUNTS
from tongjian.testkit.solo_world import SoloWorld
from tongjian.testkit.world import World

Say = Callable[[str], None]
SALE: Final = on.number(731)


class Journey(NamedTuple):
    """A flow of domain section 22."""

    flow: str
    zh: str
    en: str
    play: Callable[[Say], World]
    """Plays it to the end, saying each step; raises `AssertionError` where a rule gives way."""


def true_key(name: str) -> bytes:
    """Return the id of a person's key, as a ledger gives it: made of the public key."""
    return compute_key_id(sha256, KeySuite.ED25519, public_key(name))


@contextmanager
def on_a_ledger(folder: Path, kind: type[SoloWorld] = SoloWorld) -> Iterator[None]:
    """Have the towns that are built meanwhile stand on a ledger in a folder."""
    with ExitStack() as undo:
        worlds: list[SoloWorld] = []

        def found(**given: Any) -> SoloWorld:
            world = kind(folder / str(len(worlds)), **given)
            undo.callback(world.close)
            worlds.append(world)
            return world

        undo.enter_context(patch.object(procurement_makers, "key_of_person", true_key))
        undo.enter_context(patch.object(land_town, "World", found))
        undo.enter_context(patch.object(journey_money, "World", found))
        yield


def budget_to_asset(say: Say) -> World:
    """F1: budget, plan, tender with sealed bids, contract, acceptance, invoice, payment, asset."""
    city = journey_money.City()
    for name, _ in journey_money.STAGES:
        city.do(name)
        say(f"{name}: recorded at height {city.world.height}")
    again = city.tries("request")
    assert again != "accepted", "what is paid is not paid again"
    say(f"the same payment asked for once more: {again}")
    return city.world


def courts() -> CourtTown:
    """Return the town of the courts, with an account for escrows."""
    town = CourtTown(registered=False)
    if ACCOUNTS.key(ESCROW_ACCOUNT) in town.world.rows():
        town.world.block()  # so that heights are those of a ledger, which begins without it
    else:
        town.ok(register_account())
    town.open_court()
    return town


def sale_under_seizure(say: Say) -> World:
    """F2: a flat is sold with escrow; a court seizes it before the entry and lifts afterwards."""
    town = courts()
    demand = on.transfer(FLAT, ["zhou"], shares("lin"), escrow="sale-731")
    for words, each in (
        ("the sale is applied for", on.submit(SALE, demand)),
        ("the price is put into escrow", open_escrow(SALE)),
        ("and paid in", fund_escrow()),
        ("a first officer accepts", step("accept", SALE)),
        ("a second reviews", step("approve", SALE)),
        ("the tax office certifies", on.certify_tax(SALE)),
        ("a court orders a seizure", issue("o1", the_flat())),
        ("and serves it: it stands at once", serve("o1")),
    ):
        town.ok(each)
        say(f"{words}: height {town.world.height}")
    (outcome,) = town.both(step("enter", SALE))
    assert outcome != "accepted", "nothing is entered under a seizure"
    say(f"a third officer enters the transfer: refused, {outcome}")
    town.ok(lift("o1"))
    town.ok(step("enter", SALE))
    assert town.owners() == {who("lin"): (1, 1)}
    escrow = town.escrow()
    assert escrow is not None
    assert escrow.status == "released", "title and price change hands together"
    say(f"lifted and entered: title and price together at height {town.world.height}")
    return town.world


def order_to_money(say: Say) -> World:
    """F6: an order of a court reaches land and money by itself, and only that court lifts it."""
    town = courts()
    demand = on.transfer(FLAT, ["zhou"], shares("lin"), escrow="sale-731")
    town.ok(on.submit(SALE, demand), open_escrow(SALE), fund_escrow())
    town.ok(issue("o2", the_flat(), the_price()), serve("o2"))
    assert town.seizures()[0][0] == "active"
    say(f"one order, served once, at height {town.world.height}: the flat and the price are held")
    town.ok(issue("o3", the_flat(), court="other_court"), serve("o3", "other_court"))
    assert [status for status, _ in town.seizures()] == ["active", "waiting"]
    say("a second court's seizure waits behind the first")
    (outcome,) = town.both(lift("o2", "other_court"))
    assert outcome != "accepted", "only the court that ordered it lifts it"
    say(f"the second court lifts the first court's order: refused, {outcome}")
    town.ok(lift("o2"))
    assert [status for status, _ in town.seizures()] == ["active"]
    say(f"lifted by its own court at height {town.world.height}: the waiting seizure is active")
    return town.world


JOURNEYS: Final = (
    Journey("F1", "从预算到资产", "from the budget to the asset", budget_to_asset),
    Journey("F2", "查封下的房屋买卖", "a house sale under court orders", sale_under_seizure),
    Journey("F6", "裁定自动抵达", "a court order that arrives by itself", order_to_money),
)


def play_on_ledger(
    journey: Journey, folder: Path, say: Say, kind: type[SoloWorld] = SoloWorld
) -> SoloWorld:
    """Play a journey on a ledger in a folder, which is closed afterwards."""
    with on_a_ledger(folder, kind):
        world = journey.play(say)
        assert isinstance(world, SoloWorld)
        return world
