"""The embedded engine: one process orders, decides and seals; durable before it answers.

Submissions wait in a bounded queue. One thread takes what is there, has the signatures checked by
worker processes ahead of execution, and cuts a block whenever nothing more is waiting or the block
is full: one user alone waits for no timer, a crowd shares one flush (group commit).
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from enum import Enum
from typing import Final, NamedTuple

from tongjian.core import limits
from tongjian.core.encoding import Malformed
from tongjian.core.envelope import Incoming
from tongjian.core.machine import HandlerFault, outcome_of
from tongjian.core.operation import Refused
from tongjian.engines.chain import Chain
from tongjian.engines.checkers import Checkers, Job, Ticket, check
from tongjian.engines.seals import SealMaker
from tongjian.storage.errors import StorageError, StorageFull

QUEUE_TRANSACTIONS_MAX: Final = 20_000
BLOCKS_AHEAD_MAX: Final = 3
"""Batches whose signatures are being checked while earlier ones are executed."""
VERIFIED_MAX: Final = 20_000
"""Envelopes whose signatures were found to hold, remembered in case they come again."""
IDLE_WAIT_S: Final = 0.2
"""How often an idle engine looks whether a deadline has come."""

Clock = Callable[[], int]
"""Milliseconds since 1970 UTC; given by the node, the only reader of clocks."""


class Busy(Exception):
    """The queue is full; nothing was taken. `retry_after_ms` says when to come again."""

    def __init__(self, retry_after_ms: int) -> None:
        """Take the advice."""
        super().__init__(f"the ledger is busy; retry after {retry_after_ms} ms")
        self.retry_after_ms = retry_after_ms


class Stopped(Exception):
    """The engine takes no more: it was closed, or an invariant of the ledger is broken."""


class Status(Enum):
    """What became of a submitted transaction."""

    COMMITTED = "committed"
    REFUSED = "refused"
    """The law said no; the refusal is on the ledger."""
    TURNED_AWAY = "turned away"
    """Could not be committed whatever its acts say (chain, expiry, key); not on the ledger."""
    MALFORMED = "malformed"
    """No transaction, or a signature that does not hold; not on the ledger."""
    NOT_RECORDED = "not recorded"
    """The disk took nothing, or a handler failed; may be submitted again."""
    UNKNOWN = "unknown"
    """A failure came between writing and answering: ask again by transaction id."""


class Outcome(NamedTuple):
    """The durable answer to one transaction."""

    status: Status
    id: bytes
    height: int
    """Height that recorded it; -1 where it is not on the ledger."""
    refusal: str
    """`service/number@act`, or empty."""
    detail: str
    """A sentence for people, not on the ledger."""


class _Group:
    """Transactions submitted together, and the promise to answer for them."""

    __slots__ = ("data", "future", "missing", "outcomes")

    def __init__(self, data: Sequence[bytes]) -> None:
        self.data = data
        self.future: Future[list[Outcome]] = Future()
        self.outcomes: list[Outcome | None] = [None] * len(data)
        self.missing = len(data)

    def answer(self, position: int, outcome: Outcome) -> None:
        if self.outcomes[position] is None:
            self.outcomes[position] = outcome
            self.missing -= 1
            if not self.missing:
                self.future.set_result([o for o in self.outcomes if o is not None])


class _Waiting:
    """A decoded transaction on its way, with all places that wait for its outcome."""

    __slots__ = ("incoming", "others", "places")

    def __init__(self, incoming: Incoming, place: tuple[_Group, int]) -> None:
        self.incoming = incoming
        self.places = [place]
        self.others: list[_Waiting] = []
        """The same transaction with other signatures, in case these do not hold."""

    def answer(self, status: Status, height: int = -1, refusal: str = "", detail: str = "") -> None:
        outcome = Outcome(status, self.incoming.id, height, refusal, detail)
        for group, position in self.places:
            group.answer(position, outcome)


class _Batch(NamedTuple):
    """Transactions whose signatures are being checked."""

    waiting: list[_Waiting]
    counts: list[int]
    """For each transaction the number of its signatures to check; 0 when checked before."""
    ticket: Ticket


class SoloEngine:
    """Takes transactions, answers with outcomes that are durable."""

    def __init__(self, chain: Chain, maker: SealMaker, clock: Clock, *, workers: int = 0) -> None:
        """Run over an open, founded chain with a number of signature-checking processes."""
        self.chain = chain
        self._maker = maker
        self._clock = clock
        self._checkers = Checkers(workers)
        self._queue: deque[_Group] = deque()
        self._queued = 0
        self._ready = threading.Condition()
        self._closing = False
        self._ahead: deque[_Batch] = deque()
        self._pending: dict[bytes, _Waiting] = {}
        self._verified: OrderedDict[bytes, None] = OrderedDict()
        self._broken: Exception | None = None
        self._reload_due = False
        self._thread = threading.Thread(target=self._run, name="solo-engine", daemon=True)
        self._thread.start()

    # -- for clients --------------------------------------------------------------------------

    def submit(self, data: Sequence[bytes]) -> "Future[list[Outcome]]":
        """Queue envelopes; the future gives one durable outcome each, in order.

        Raises `Busy` where the queue is full and `Stopped` where the engine is closed or broken.
        """
        group = _Group(data)
        with self._ready:
            if self._broken is not None or self._closing:
                msg = f"the engine has stopped: {self._broken or 'closed'}"
                raise Stopped(msg)
            if self._queued and self._queued + len(data) > QUEUE_TRANSACTIONS_MAX:
                raise Busy(retry_after_ms=100)
            if not data:
                group.future.set_result([])
                return group.future
            self._queue.append(group)
            self._queued += len(data)
            self._ready.notify()
        return group.future

    def close(self) -> None:
        """Finish what is queued, then stop the thread and the workers."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        self._thread.join()
        self._checkers.close()

    # -- the engine's thread ------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                groups = self._take(wait=not self._ahead)
                if groups:
                    self._ahead.append(self._prepare(groups))
                if self._ahead and (not groups or len(self._ahead) >= BLOCKS_AHEAD_MAX):
                    self._execute(self._ahead.popleft())
                elif not groups:
                    self._run_deadlines()
                    if self._closing and not self._queue:
                        return
        except Exception as error:  # noqa: BLE001 - whatever stops the engine must reach its clients
            self._stop(error)

    def _take(self, *, wait: bool) -> list[_Group]:
        """Return groups for one block: what is queued now, up to a block's share."""
        with self._ready:
            if wait and not self._queue and not self._closing:
                self._ready.wait(IDLE_WAIT_S)
            groups: list[_Group] = []
            count = size = 0
            while self._queue:
                group = self._queue[0]
                count += len(group.data)
                size += sum(map(len, group.data))
                full = count > limits.BLOCK_TRANSACTIONS_MAX or size > limits.BLOCK_BYTES_MAX
                if groups and full:
                    break
                groups.append(self._queue.popleft())
                self._queued -= len(group.data)
                if full:
                    break
            return groups

    def _prepare(self, groups: list[_Group]) -> _Batch:
        """Decode, turn away what cannot be committed, and hand the signatures over."""
        height, now_ms = self.chain.height + 1, self._now_ms()
        waiting: list[_Waiting] = []
        counts: list[int] = []
        jobs: list[Job] = []
        for group in groups:
            for position, data in enumerate(group.data):
                admitted = self._admit(group, position, data, height, now_ms)
                if admitted is not None:
                    waiting.append(admitted)
                    more = self._jobs(admitted.incoming)
                    counts.append(len(more))
                    jobs.extend(more)
        return _Batch(waiting, counts, self._checkers.submit(jobs))

    def _admit(
        self, group: _Group, position: int, data: bytes, height: int, now_ms: int
    ) -> _Waiting | None:
        try:
            incoming = self.chain.opener.open(data)
        except Malformed as error:
            group.answer(position, Outcome(Status.MALFORMED, b"", -1, "", str(error)))
            return None
        waiting = _Waiting(incoming, (group, position))
        pending = self._pending.get(incoming.id)
        if pending is not None:
            if pending.incoming.data == data:
                pending.places.append((group, position))
            else:
                pending.others.append(waiting)
            return None
        if self._answer_again(waiting):
            return None
        try:
            self.chain.machine.check(incoming, height, now_ms)
        except Refused as refused:
            refusal = outcome_of(self.chain.machine.registry, refused, 0)
            waiting.answer(Status.TURNED_AWAY, refusal=refusal, detail=str(refused))
            return None
        self._pending[incoming.id] = waiting
        return waiting

    def _answer_again(self, waiting: _Waiting) -> bool:
        """Give a transaction that is on the ledger its first outcome once more."""
        identity = waiting.incoming.id
        if self.chain.store.transaction(identity) is None:
            return False
        seen = self.chain.result(identity)
        if seen is None:
            return False
        height, _, result = seen
        status = Status.REFUSED if result.outcome else Status.COMMITTED
        waiting.answer(status, height, result.outcome, "recorded before")
        return True

    def _jobs(self, incoming: Incoming) -> list[Job]:
        if incoming.data in self._verified:
            return []
        directory = self.chain.machine.directory
        pairs = zip(incoming.transaction.signers, incoming.signatures, strict=True)
        jobs: list[Job] = []
        for key_id, signature in pairs:
            actor = directory.actor(key_id)
            jobs.append((actor.suite, actor.public, incoming.message, signature))
        return jobs

    def _execute(self, batch: _Batch) -> None:
        """Make blocks of the transactions whose signatures hold."""
        verdicts = self._checkers.collect(batch.ticket)
        valid: list[_Waiting] = []
        at = 0
        for waiting, count in zip(batch.waiting, batch.counts, strict=True):
            holds = all(verdicts[at : at + count])
            at += count
            chosen = waiting if holds and not waiting.others else self._choose(waiting, holds=holds)
            if chosen is None:
                del self._pending[waiting.incoming.id]
                continue
            self._verified[chosen.incoming.data] = None
            if len(self._verified) > VERIFIED_MAX:
                self._verified.popitem(last=False)
            valid.append(chosen)
        for start in range(0, len(valid), limits.BLOCK_TRANSACTIONS_MAX):
            self._block(valid[start : start + limits.BLOCK_TRANSACTIONS_MAX])

    def _choose(self, waiting: _Waiting, *, holds: bool) -> _Waiting | None:
        """Return the first form of a transaction whose signatures hold; answer for the others."""
        chosen = waiting if holds else None
        for other in (waiting, *waiting.others):
            if other is chosen:
                continue
            if other is not waiting and all(check(self._jobs(other.incoming))):
                if chosen is None:
                    chosen = other
                else:
                    chosen.places.extend(other.places)
            else:
                other.answer(Status.MALFORMED, detail=_BAD_SIGNATURE)
        return chosen

    def _block(self, waiting: list[_Waiting]) -> None:
        """Decide and make durable one block, leaving out transactions whose handler fails."""
        while waiting:
            try:
                self._reload_if_due()
                height, applied = self.chain.apply(
                    self._now_ms(), [w.incoming for w in waiting], self._maker
                )
            except HandlerFault as fault:
                if fault.position < 0:
                    raise
                dropped = waiting.pop(fault.position)
                del self._pending[dropped.incoming.id]
                dropped.answer(Status.NOT_RECORDED, detail=str(fault))
                continue
            except StorageError as error:
                self._not_recorded(waiting, error)
                return
            results = applied.results[applied.timers :]
            for place, result in zip(waiting, results, strict=True):
                del self._pending[place.incoming.id]
                status = Status.REFUSED if result.outcome else Status.COMMITTED
                place.answer(status, height, result.outcome)
            return

    def _not_recorded(self, waiting: list[_Waiting], error: StorageError) -> None:
        """Answer for a block that the disk did not take; go on from what is durable."""
        self._reload_due = True
        status = Status.NOT_RECORDED if isinstance(error, StorageFull) else Status.UNKNOWN
        for place in waiting:
            del self._pending[place.incoming.id]
            place.answer(status, detail=str(error))

    def _reload_if_due(self) -> None:
        if self._reload_due:
            self.chain.reload()
            self._reload_due = False

    def _run_deadlines(self) -> None:
        """Cut a block when a deadline has come though nobody submits anything."""
        try:
            self._reload_if_due()
            now_ms = self._now_ms()
            if self.chain.machine.has_due(now_ms):
                self.chain.apply(now_ms, (), self._maker)
        except StorageError:
            # Nobody waits for this block: it is tried again when the disk takes writes.
            self._reload_due = True

    def _now_ms(self) -> int:
        """Return block time: the clock, but never before the last block."""
        tip = self.chain.tip
        return max(self._clock(), tip.time_ms if tip is not None else 0)

    def _stop(self, error: Exception) -> None:
        with self._ready:
            self._broken = error
            groups = list(self._queue)
            self._queue.clear()
        detail = f"the engine stopped ({error}); ask again by transaction id"
        for waiting in self._pending.values():
            for form in (waiting, *waiting.others):
                form.answer(Status.UNKNOWN, detail=detail)
        for group in groups:
            for position in range(len(group.data)):
                group.answer(position, Outcome(Status.NOT_RECORDED, b"", -1, "", detail))


_BAD_SIGNATURE: Final = "A signature is not that of the key it names; nothing was recorded."
