"""Services that misbehave: what they may not reach, what they may not keep, and how they fail."""

import importlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from toy import CITY, ToyWorld, incoming
from toy_bank import ACCOUNTS, Account, AccountOpened
from toy_crook import (
    CROOKED,
    HIDDEN,
    OWN,
    SEEN,
    Later,
    Misdeclared,
    Note,
    Other,
    Refusal,
    Trick,
    Undeclared,
    done,
    note,
    play,
    tricks,
)

from tongjian.core import limits, values
from tongjian.core.directory import TIMERS, Kernel
from tongjian.core.ledger import Ledger
from tongjian.core.machine import HandlerFault
from tongjian.core.operation import InvariantBroken
from tongjian.core.seal import Barred, sealed


@pytest.fixture
def world() -> ToyWorld:
    tricks.clear()
    world = ToyWorld(CROOKED)
    world.open(("a", CITY, 100))
    return world


OUT_OF_BOUNDS = f"kernel/{Kernel.OUT_OF_BOUNDS.number}@0"

# ------------------------------------------------------------------------------------ declarations

ROW: Any = note()
UNDECLARED: dict[str, Callable[[Ledger], Any]] = {
    "get": lambda ledger: ledger.get(HIDDEN, "x"),
    "one": lambda ledger: ledger.one(HIDDEN, "x", missing=Refusal.NEVER),
    "range": lambda ledger: ledger.range(HIDDEN, limit=1),
    "put": lambda ledger: ledger.put(HIDDEN, "x", row=ROW),
    "put what may only be read": lambda ledger: ledger.put(SEEN, "x", row=ROW),
    "remove": lambda ledger: ledger.remove(HIDDEN, "x"),
    "remove what may only be read": lambda ledger: ledger.remove(SEEN, "x"),
    "get of another service": lambda ledger: ledger.get(ACCOUNTS, "a"),
    "put of another service": lambda ledger: ledger.put(
        ACCOUNTS, "a", row=Account(owner=values.uscc(CITY), balance=values.fen(0))
    ),
}


@pytest.mark.parametrize("how", UNDECLARED)
def test_an_undeclared_read_or_write_stops_the_node(world: ToyWorld, how: str) -> None:
    before = world.rows()
    with pytest.raises(InvariantBroken, match=r"crook\.trick .* without declaring it"):
        play(world, UNDECLARED[how])
    assert world.rows() == before


def test_what_is_declared_may_be_used(world: ToyWorld) -> None:
    def how(ledger: Ledger) -> None:
        assert ledger.get(SEEN, "x") is None
        assert ledger.get(OWN, "first") == note()
        assert ledger.range(OWN, limit=9) == [(("first",), note())]
        ledger.remove(OWN, "first")
        assert ledger.get(OWN, "first") is None
        ledger.put(OWN, "second", row=note(number=2))

    assert play(world, how) == ""
    assert world.row(OWN, "second") == note(number=2)
    assert world.row(OWN, "first") is None


def test_a_range_sees_committed_and_staged_rows_in_order_and_stops_at_its_limit(
    world: ToyWorld,
) -> None:
    def fill(ledger: Ledger) -> None:
        for word in ("b", "d", "f", "first", "h", "j"):
            ledger.put(OWN, word, row=note())

    def look(ledger: Ledger) -> None:
        ledger.remove(OWN, "b")
        ledger.remove(OWN, "d")
        found = ledger.range(OWN, limit=3)
        assert [key for key, _ in found] == [("f",), ("first",), ("h",)]
        ledger.put(OWN, "c", row=note(number=3))
        ledger.put(OWN, "f", row=note(number=4))
        found = ledger.range(OWN, limit=3)
        numbers = [(key, row.number) for key, row in found]
        assert numbers == [(("c",), 3), (("f",), 4), (("first",), 1)]
        assert [key for key, _ in ledger.range(OWN, limit=99)][-1] == ("j",)
        assert ledger.range(OWN, limit=0) == []

    assert play(world, fill) == ""
    assert play(world, look) == ""


# ------------------------------------------------------------------------------------------ bounds

BAD_ROWS = {
    "negative": {"number": -1},
    "too large": {"number": limits.COUNT_MAX + 1},
    "no wire integer": {"number": 2**64},
    "float": {"number": 1.0},
    "bool for int": {"number": True},
    "pattern": {"word": "Word"},
    "trailing newline": {"word": "word\n"},
    "not ASCII": {"word": "wörd"},
    "too long": {"data": b"12345"},
    "text for bytes": {"data": "1234"},
    "too many": {"flags": (True,) * 4},
    "int for bool": {"flags": (1,)},
    "nothing": {"word": None},
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_row_outside_its_bounds_refuses_the_act(world: ToyWorld, name: str) -> None:
    before = world.rows()
    row = note(**BAD_ROWS[name])
    assert play(world, lambda ledger: ledger.put(OWN, "x", row=row)) == OUT_OF_BOUNDS
    assert world.rows() == before


def test_a_row_is_the_same_in_its_block_as_after_it(world: ToyWorld) -> None:
    seen: list[Note | None] = []

    def how(ledger: Ledger) -> None:
        flags: Any = [True, False]
        ledger.put(OWN, "x", row=note(flags=flags))
        seen.append(ledger.get(OWN, "x"))

    assert play(world, how) == ""
    assert seen == [world.row(OWN, "x")] == [note(flags=(True, False))]


BAD_EVENTS: dict[str, Any] = {
    "number": done(number=10),
    "no wire integer": done(number=2**70),
    "one of two": (done(), done(number=-1)),
    "too large": done(data=bytes(limits.ROW_BYTES_MAX)),
    "too many": (done(),) * (limits.EVENTS_PER_ACT_MAX + 1),
}


@pytest.mark.parametrize("name", BAD_EVENTS)
def test_an_event_that_no_reader_could_decode_refuses_the_act(world: ToyWorld, name: str) -> None:
    before = world.rows()
    assert play(world, lambda _: BAD_EVENTS[name]) == OUT_OF_BOUNDS
    assert world.rows() == before


def test_an_act_may_announce_as_many_events_as_the_limit_says(world: ToyWorld) -> None:
    play(world, lambda _: (done(),) * limits.EVENTS_PER_ACT_MAX)
    assert len(world.events) == 1 + limits.EVENTS_PER_ACT_MAX


def test_a_block_refuses_events_that_it_has_no_room_for(
    world: ToyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = done(data=bytes(1000))
    monkeypatch.setattr(limits, "BLOCK_EVENT_BYTES_MAX", 3500)
    tricks["trick"] = lambda ledger: (
        ledger.put(OWN, f"row{ledger.transaction.hex()}", row=ROW) or event
    )
    asked = ((world.who("teller of city"),), (Trick(how=values.name("trick")),))
    results = world.block(*[asked] * 5)
    assert [result.outcome for result in results] == ["", "", "", OUT_OF_BOUNDS, OUT_OF_BOUNDS]
    assert [r.outcome for r in world.block(asked)] == [""], "the next block has room again"
    assert len([key for key in world.rows() if b"row" in key]) == 4


def test_a_deadline_is_checked_when_it_is_made(world: ToyWorld) -> None:
    number: Any = -1
    wrong = Later(number=number, how=values.name("x"))
    assert play(world, lambda ledger: ledger.schedule(0, wrong)) == OUT_OF_BOUNDS
    assert not [key for key in world.rows() if key.startswith(TIMERS.prefix)]


# ------------------------------------------------------------------------------------------ faults


def _recurse(ledger: Ledger) -> Any:
    return _recurse(ledger)


def _raise(error: BaseException) -> Callable[[Ledger], Any]:
    def how(ledger: Ledger) -> Any:
        del ledger
        raise error

    return how


FAULTS: dict[str, Callable[[Ledger], Any]] = {
    "divides by nothing": lambda _: 1 // 0,
    "overflows": lambda ledger: ledger.get(OWN, 2**70),  # type: ignore[arg-type]
    "asserts": _raise(AssertionError()),
    "looks up what is not there": lambda _: {}["x"],
    "has no such attribute": lambda ledger: ledger.nothing,  # type: ignore[attr-defined]
    "names nothing": _raise(NameError("x")),
    "recurses": _recurse,
    "is not written": _raise(NotImplementedError()),
    "stops iterating": lambda _: next(iter(())),
    "mixes types": lambda _: 1 + "x",  # type: ignore[operator]
    "has a wrong value": lambda _: values.fen(-1),
    "asks the system": _raise(OSError()),
    "returns a number": lambda _: 7,
    "returns numbers": lambda _: (7,),
    "announces an undeclared event": lambda _: Undeclared(number=values.count(1)),
    "announces an event of another service": lambda _: AccountOpened(account=values.name("a")),
    "returns a row": lambda _: note(),
    "writes a thing that is no record": lambda ledger: ledger.put(OWN, "x", row=object()),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("how", FAULTS)
def test_a_fault_of_a_handler_names_the_position_and_leaves_the_block_unapplied(
    world: ToyWorld, how: str
) -> None:
    tricks["trick"] = FAULTS[how]
    payer, teller = world.who("payer of city").key, world.who("teller of city").key
    sound = incoming(world, [payer], Other())
    faulty = incoming(world, [teller], Trick(how=values.name("trick")))
    before = world.rows()
    with pytest.raises(HandlerFault, match=r"crook\.trick") as fault:
        world.machine.apply(world.height + 1, world.now_ms, [sound, sound, faulty, sound])
    assert fault.value.position == 2
    assert fault.value.__cause__ is not None
    assert world.rows() == before
    applied = world.machine.apply(world.height + 1, world.now_ms, [sound, sound, sound])
    assert [result.outcome for result in applied.results] == ["", "", ""]
    assert applied.writes == {}


def test_a_fault_in_a_permission_is_one_of_its_service(world: ToyWorld) -> None:
    act = Misdeclared(how=values.name("x"))
    with pytest.raises(HandlerFault, match=r"crook\.misdeclared"):
        world.submit(world.who("teller of city"), acts=(act,))


def test_a_fault_on_a_deadline_has_no_position_in_the_block(world: ToyWorld) -> None:
    tricks["later"] = _raise(KeyError())
    act = Later(number=values.count(1), how=values.name("later"))
    assert play(world, lambda ledger: ledger.schedule(0, act)) == ""
    with pytest.raises(HandlerFault) as fault:
        world.block()
    assert fault.value.position == -1


@pytest.mark.parametrize("stop", [MemoryError, KeyboardInterrupt, InvariantBroken])
def test_what_is_no_fault_of_the_handler_goes_through(
    world: ToyWorld, stop: type[BaseException]
) -> None:
    with pytest.raises(stop):
        play(world, _raise(stop()))


# ------------------------------------------------------------------------------------------- guard

OUTSIDE: dict[str, Callable[[], Any]] = {
    "opens a file": lambda: open(os.devnull),  # noqa: PTH123, SIM115
    "makes a socket": socket.socket,
    "looks up a host": lambda: socket.getaddrinfo("localhost", 80),
    "lists a folder": lambda: os.listdir("."),  # noqa: PTH208
    "starts a process": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
    "imports": lambda: importlib.import_module("colorsys"),
    "compiles": lambda: compile("1", "x", "eval"),
    "evaluates": lambda: eval("1"),
    "removes a file": lambda: os.remove("no such file"),  # noqa: PTH107
    "asks the person": input,
}


@pytest.mark.parametrize("how", OUTSIDE)
def test_a_handler_that_reaches_outside_is_stopped(world: ToyWorld, how: str) -> None:
    sys.modules.pop("colorsys", None)
    with pytest.raises(HandlerFault) as fault:
        play(world, lambda _: OUTSIDE[how]())
    assert isinstance(fault.value.__cause__, Barred)
    assert world.row(OWN, "first") is None


def test_the_guard_holds_on_its_own_thread_only_and_ends_with_its_block() -> None:
    entered, left = threading.Event(), threading.Event()
    answers: list[str] = []

    def elsewhere() -> None:
        entered.wait(10)
        with open(os.devnull, encoding="ascii") as file:  # noqa: PTH123
            answers.append(file.read())
        left.set()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    with sealed():
        with pytest.raises(Barred):
            open(os.devnull)  # noqa: PTH123, SIM115
        entered.set()
        assert left.wait(10)
        with sealed():
            pass
        with pytest.raises(Barred):
            os.listdir(".")  # noqa: PTH208
    thread.join()
    assert answers == [""]
    assert os.listdir(".")  # noqa: PTH208


def test_the_guard_ends_also_after_a_fault(world: ToyWorld) -> None:
    with pytest.raises(HandlerFault):
        play(world, _raise(ValueError()))
    assert os.listdir(".")  # noqa: PTH208


def test_hashing_encoding_and_refusing_pass_the_guard(world: ToyWorld) -> None:
    def how(ledger: Ledger) -> None:
        ledger.put(OWN, "x", row=note(word=f"w{ledger.height:03d}"))
        ledger.schedule(10**12, Later(number=values.count(1), how=values.name("later")))
        assert sorted({"b": 1, "a": 2}) == ["a", "b"]

    assert play(world, how) == ""
