"""The ledger on which the demonstration plays: its engine, its keys, and a clock that it moves.

The city's day lies some days back, so that a deadline of 72 hours can pass within the show; block
time is then that of the day. From `Clock.run` on it is the time of this machine.
"""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar, TypeVarTuple

from tongjian.core.encoding import Record
from tongjian.core.hashing import Hash
from tongjian.core.inquiry import answer
from tongjian.core.operation import Act, Query, Row, Table
from tongjian.demo.city import City
from tongjian.demo.day import Request
from tongjian.demo.told import Unexpected
from tongjian.engines.chain import Chain
from tongjian.engines.solo import Busy, Outcome, SoloEngine, Status
from tongjian.node.clock import now_ms
from tongjian.node.home import KEYS_NAME, Home
from tongjian.node.keys import KeyPair, read_key
from tongjian.node.signing import sign_acts

RowT = TypeVar("RowT", bound=Row)
KeyParts = TypeVarTuple("KeyParts")

GROUP_MAX: Final = 250
"""Transactions handed over at once: a few minutes of the city's day."""
WAIT_S: Final = 60
Advance = Callable[[int], None]


class Clock:
    """Block time that stands where the story puts it, until it is let run."""

    def __init__(self, moment_ms: int) -> None:
        """Stand at a moment."""
        self._moment_ms = moment_ms
        self._runs = False

    def __call__(self) -> int:
        """Return block time in ms."""
        return now_ms() if self._runs else self._moment_ms

    def move(self, moment_ms: int) -> None:
        """Stand at a later moment; an earlier one leaves the clock where it is."""
        self._moment_ms = max(self._moment_ms, moment_ms)

    def run(self) -> None:
        """Follow the clock of this machine from now on."""
        self._runs = True


class Stage:
    """An open ledger with the keys of all who act in the story."""

    def __init__(self, home: Home, city: City, clock: Clock, engine: SoloEngine) -> None:
        """Take what `play_on` opened."""
        self.home = home
        self.city = city
        self.clock = clock
        self.engine = engine
        self._keys: dict[str, KeyPair] = {}

    @property
    def chain(self) -> Chain:
        """The ledger's blocks and state."""
        return self.engine.chain

    @property
    def digest(self) -> Hash:
        """The hash of the ledger."""
        return self.engine.chain.digest

    def key(self, holder: str) -> KeyPair:
        """Return the key of a holder."""
        if holder not in self._keys:
            path = self.home.folder / KEYS_NAME / f"{holder}.json"
            self._keys[holder] = read_key(path, self.digest)
        return self._keys[holder]

    # -- acting -------------------------------------------------------------------------------

    def sign(self, holders: Sequence[str], *acts: Act) -> bytes:
        """Return the envelope of a new transaction that the holders sign."""
        return sign_acts(self.chain, [self.key(holder) for holder in holders], acts)

    def deliver(self, envelope: bytes) -> Outcome:
        """Submit an envelope and return its durable outcome."""
        (outcome,) = self.engine.submit([envelope]).result(timeout=WAIT_S)
        return outcome

    def act(self, holders: Sequence[str], *acts: Act) -> Outcome:
        """Sign and submit one transaction; return its durable outcome."""
        return self.deliver(self.sign(holders, *acts))

    def record(self, requests: Sequence[Request], advance: Advance) -> list[Outcome]:
        """Sign and submit requests at their moments; return their outcomes in order.

        Signing, checking and deciding go on side by side; `advance` hears how many are durable.
        """
        waiting: list[Future[list[Outcome]]] = []
        done: list[Outcome] = []
        for start in range(0, len(requests), GROUP_MAX):
            group = requests[start : start + GROUP_MAX]
            envelopes = [self.sign(request.holders, *request.acts) for request in group]
            self.clock.move(group[-1].moment_ms)
            waiting.append(self._hand_over(envelopes, waiting))
            while waiting and waiting[0].done():
                done += _taken(waiting.pop(0), advance)
        for future in waiting:
            done += _taken(future, advance)
        return done

    def _hand_over(
        self, envelopes: list[bytes], waiting: list["Future[list[Outcome]]"]
    ) -> "Future[list[Outcome]]":
        """Queue a group; where the queue is full, wait for the oldest group first."""
        while True:
            try:
                return self.engine.submit(envelopes)
            except Busy:
                waiting[0].result(timeout=WAIT_S)

    # -- looking ------------------------------------------------------------------------------

    def row(self, table: Table[RowT, *KeyParts], *key: *KeyParts) -> RowT | None:
        """Return a row of the committed state, or none."""
        with self.chain.lock:
            found: RowT | None = self.chain.store.row(table, table.key_of(key))
        return found

    def one(self, table: Table[RowT, *KeyParts], *key: *KeyParts) -> RowT:
        """Return a row that must be there; raises `Unexpected`."""
        found = self.row(table, *key)
        if found is None:
            raise Unexpected(f"the ledger has no row {key} in {table.name}")
        return found

    def ask(self, query: Query, arguments: Record) -> Any:
        """Answer a question from the committed state."""
        chain = self.chain
        return answer(
            query,
            arguments,
            reader=chain.store,
            digest=chain.digest,
            height=chain.height,
            time_ms=self.clock(),
        )


@contextmanager
def play_on(home: Home, city: City, clock: Clock, *, workers: int) -> Generator[Stage]:
    """Open a founded ledger for the story, with so many processes that check signatures."""
    with home.open(writable=True) as chain:
        engine = SoloEngine(chain, home.seal_keys(), clock, workers=workers)
        try:
            yield Stage(home, city, clock, engine)
        finally:
            engine.close()


def _taken(future: "Future[list[Outcome]]", advance: Advance) -> Iterator[Outcome]:
    outcomes = future.result(timeout=WAIT_S)
    advance(len(outcomes))
    return iter(outcomes)


def is_committed(outcome: Outcome) -> bool:
    """Say whether a transaction is on the ledger and its acts are done."""
    return outcome.status is Status.COMMITTED


def copy_of(folder: Path, to: Path, *names: str) -> Home:
    """Return a ledger whose folder has copies of some files of another; keys stay away."""
    to.mkdir(parents=True)
    for name in names:
        (to / name).write_bytes((folder / name).read_bytes())
    return Home(to)


def default_workers() -> int:
    """Return how many processes check signatures: one a core, two at most."""
    return min(os.cpu_count() or 1, 2)
