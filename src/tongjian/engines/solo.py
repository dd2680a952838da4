"""The embedded engine: one process orders, decides and seals; durable before it answers.

Submissions wait in a bounded queue. One thread takes what is there, has the signatures checked by
worker processes ahead of execution, and cuts a block whenever nothing more is waiting or the block
is full: one user alone waits for no timer, a crowd shares one flush (group commit).
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final, NamedTuple

from tongjian.core import limits
from tongjian.core.actors import Actor
from tongjian.core.encoding import Malformed
from tongjian.core.envelope import Incoming
from tongjian.core.machine import HandlerFault
from tongjian.core.operation import Refused
from tongjian.engines.chain import Chain
from tongjian.engines.checkers import Checkers, Job, Ticket, check
from tongjian.engines.outcomes import (
    BAD_SIGNATURE,
    Busy,
    Group,
    Outcome,
    Status,
    Stopped,
    Waiting,
    portions,
)
from tongjian.engines.seals import SealMaker
from tongjian.storage.errors import LogDamaged, StorageError, StorageFull, StoreDamaged

__all__ = ["Busy", "Clock", "Outcome", "SoloEngine", "Status", "Stopped"]

QUEUE_TRANSACTIONS_MAX: Final = 20_000
QUEUE_BYTES_MAX: Final = 256 * 1024 * 1024
BLOCKS_AHEAD_MAX: Final = 3
"""Batches whose signatures are being checked while earlier ones are executed."""
IDLE_WAIT_S: Final = 0.2
"""How often an idle engine looks whether a deadline has come."""
IDLE_RETRY: Final = 10
"""How many such looks pass before an idle engine tries a disk again that took nothing."""

Clock = Callable[[], int]
"""Milliseconds since 1970 UTC; given by the node, the only reader of clocks."""


class _Batch(NamedTuple):
    """Transactions whose signatures are being checked."""

    waiting: list[Waiting]
    counts: list[int]
    """For each transaction the number of its signatures to check."""
    ticket: Ticket


class SoloEngine:
    """Takes transactions, answers with outcomes that are durable."""

    def __init__(self, chain: Chain, maker: SealMaker, clock: Clock, *, workers: int = 0) -> None:
        """Run over an open, founded chain with a number of signature-checking processes."""
        self.chain = chain
        self._maker = maker
        self._clock = clock
        self._checkers = Checkers(workers)
        self._queue: deque[Group] = deque()
        self._queued = 0
        self._queued_bytes = 0
        self._taken: list[Group] = []
        """Groups on their way from the queue into a batch."""
        self._ready = threading.Condition()
        self._closing = False
        self._ahead: deque[_Batch] = deque()
        self._pending: dict[bytes, Waiting] = {}
        self._verified: dict[bytes, bool] = {}
        """Envelopes whose signatures held but whose block was not recorded: they may come again."""
        self._broken: Exception | None = None
        self._reload_due = False
        """The block log holds a block that the state could not take in yet."""
        self._idle_left = 0
        self._thread = threading.Thread(target=self._run, name="solo-engine", daemon=True)
        self._thread.start()

    # -- for clients --------------------------------------------------------------------------

    def submit(self, data: Sequence[bytes]) -> "Future[list[Outcome]]":
        """Queue envelopes; the future gives one durable outcome each, in order.

        Raises `Busy` where the queue is full and `Stopped` where the engine is closed or broken.
        """
        group = Group(data)
        with self._ready:
            if self._broken is not None or self._closing:
                msg = f"the engine has stopped: {self._broken or 'closed'}"
                raise Stopped(msg)
            size = sum(map(len, data))
            if self._queued and (
                self._queued + len(data) > QUEUE_TRANSACTIONS_MAX
                or self._queued_bytes + size > QUEUE_BYTES_MAX
            ):
                raise Busy(retry_after_ms=100)
            if not data:
                group.future.set_result([])
                return group.future
            self._queue.append(group)
            self._queued += len(data)
            self._queued_bytes += size
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
                groups = self._taken = self._take(wait=not self._ahead)
                if groups:
                    self._ahead.append(self._prepare(groups))
                    self._taken = []
                if self._ahead and (not groups or len(self._ahead) >= BLOCKS_AHEAD_MAX):
                    self._execute(self._ahead.popleft())
                elif not groups:
                    self._run_deadlines()
                    if self._closing and not self._queue:
                        return
        except Exception as error:  # noqa: BLE001 - whatever stops the engine must reach its clients
            self._stop(error)

    def _take(self, *, wait: bool) -> list[Group]:
        """Return groups for one block: what is queued now, up to a block's share."""
        with self._ready:
            if wait and not self._queue and not self._closing:
                self._ready.wait(IDLE_WAIT_S)
            groups: list[Group] = []
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
                self._queued_bytes -= sum(map(len, group.data))
                if full:
                    break
            return groups

    def _prepare(self, groups: list[Group]) -> _Batch:
        """Decode, turn away what cannot be committed, and hand the signatures over."""
        waiting: list[Waiting] = []
        counts: list[int] = []
        jobs: list[Job] = []
        try:
            for group in groups:
                with self.chain.lock:
                    for position, data in enumerate(group.data):
                        admitted = self._admit(group, position, data)
                        if admitted is not None:
                            waiting.append(admitted[0])
                            counts.append(len(admitted[1]))
                            jobs.extend(admitted[1])
        except StoreDamaged as damage:
            self._not_recorded(waiting, damage)
            for group in groups:
                group.give_up(Status.NOT_RECORDED, str(damage))
            return _Batch([], [], self._checkers.submit([]))
        return _Batch(waiting, counts, self._checkers.submit(jobs))

    def _admit(self, group: Group, position: int, data: bytes) -> tuple[Waiting, list[Job]] | None:
        """Return a transaction and its signatures to check, unless it has its answer already.

        Whether it may be committed is asked once, when its block is made; here only what the
        signatures need: the right chain and known keys.
        """
        try:
            incoming = self.chain.opener.open(data)
        except Malformed as error:
            group.answer(position, Outcome(Status.MALFORMED, b"", -1, "", str(error)))
            return None
        waiting = Waiting(incoming, (group, position))
        pending = self._pending.get(incoming.id)
        if pending is not None:
            if pending.incoming.data == data:
                pending.places.append((group, position))
            else:
                pending.others.append(waiting)
            return None
        if self._answer_again(waiting):
            return None
        jobs = self._jobs(incoming)
        if jobs is None:
            try:
                self.chain.machine.check(incoming, self.chain.height + 1, self._now_ms())
            except Refused as refused:
                waiting.turn_away(self.chain.machine.registry, refused)
            return None
        self._pending[incoming.id] = waiting
        return waiting, jobs

    def _answer_again(self, waiting: Waiting) -> bool:
        """Give a transaction that is on the ledger its first outcome once more."""
        seen = self.chain.outcome(waiting.incoming.id)
        if seen is not None:
            waiting.answer_decided(*seen, "recorded before")
        return seen is not None

    def _jobs(self, incoming: Incoming) -> list[Job] | None:
        """Return the signatures to check; none where the chain or a key is not known here."""
        machine = self.chain.machine
        if incoming.transaction.chain != machine.chain:
            return None
        if incoming.data in self._verified:
            return []
        jobs: list[Job] = []
        try:
            pairs = zip(incoming.transaction.signers, incoming.signatures, strict=True)
            for key_id, signature in pairs:
                actor = machine.directory.actor(key_id)
                jobs.append((actor.suite, actor.public, incoming.message, signature))
        except Refused:
            return None
        return jobs

    def _execute(self, batch: _Batch) -> None:
        """Make blocks of the transactions whose signatures hold."""
        verdicts = self._checkers.collect(batch.ticket)
        valid: list[Waiting] = []
        at = 0
        for waiting, count in zip(batch.waiting, batch.counts, strict=True):
            holds = all(verdicts[at : at + count])
            at += count
            chosen = waiting if holds and not waiting.others else self._choose(waiting, holds=holds)
            if chosen is None:
                del self._pending[waiting.incoming.id]
                continue
            valid.append(chosen)
        for portion in portions(valid):
            self._block(portion)

    def _choose(self, waiting: Waiting, *, holds: bool) -> Waiting | None:
        """Return the first form of a transaction whose signatures hold; answer for the others."""
        chosen = waiting if holds else None
        for other in (waiting, *waiting.others):
            if other is chosen:
                continue
            jobs = None if other is waiting else self._jobs(other.incoming)
            if jobs is not None and all(check(jobs)):
                if chosen is None:
                    chosen = other
                else:
                    chosen.places.extend(other.places)
            else:
                other.answer(Status.MALFORMED, detail=BAD_SIGNATURE)
        return chosen

    def _block(self, waiting: list[Waiting]) -> None:
        """Decide and make durable one block, leaving out transactions whose handler fails."""
        while waiting:
            try:
                if self._reload_due:
                    self._catch_up()
                    waiting = [place for place in waiting if not self._was_settled(place)]
                with self.chain.lock:
                    now_ms = self._now_ms()
                    waiting, checked = self._committable(waiting, now_ms)
                    if not waiting:
                        return
                    height, applied = self.chain.apply(
                        now_ms, [w.incoming for w in waiting], self._maker, checked
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
                place.answer_decided(height, result.outcome)
            return

    def _committable(
        self, waiting: list[Waiting], now_ms: int
    ) -> tuple[list[Waiting], list[tuple[Actor, ...]]]:
        """Return the transactions that may be in the next block, with their signers.

        The others are turned away: a block records no transaction that could not be committed.
        """
        height, check_one = self.chain.height + 1, self.chain.machine.check
        kept: list[Waiting] = []
        checked: list[tuple[Actor, ...]] = []
        for place in waiting:
            try:
                checked.append(check_one(place.incoming, height, now_ms))
            except Refused as refused:
                self._pending.pop(place.incoming.id, None)
                place.turn_away(self.chain.machine.registry, refused)
                continue
            kept.append(place)
        return kept, checked

    def _not_recorded(self, waiting: list[Waiting], error: StorageError) -> None:
        """Answer for a block that the disk did not take; go on from what is durable."""
        self._verified = dict.fromkeys((place.incoming.data for place in waiting), True)
        if isinstance(error, LogDamaged):
            raise error
        certain = self._reload_due or isinstance(error, StorageFull | StoreDamaged)
        if self._reload_due:
            self._idle_left = IDLE_RETRY
        else:
            certain = self._go_back(error) or certain
        for place in waiting:
            if self._reload_due or not self._was_settled(place):
                self._pending.pop(place.incoming.id, None)
                status = Status.NOT_RECORDED if certain else Status.UNKNOWN
                place.answer(status, detail=str(error))

    def _go_back(self, error: StorageError) -> bool:
        """Return to what is durable; say whether the state is then that of the block log."""
        try:
            self._catch_up(str(error) if isinstance(error, StoreDamaged) else "")
        except LogDamaged:
            raise
        except StorageError:
            self._idle_left = IDLE_RETRY
        return not self._reload_due

    def _catch_up(self, damage: str = "") -> None:
        """Bring the state up to the block log, or make it anew where it is damaged."""
        self._reload_due = True
        self.chain.reload(damage)
        self._reload_due = False

    def _was_settled(self, waiting: Waiting) -> bool:
        """Answer for a transaction that the block log already had."""
        answered = self._answer_again(waiting)
        if answered:
            self._pending.pop(waiting.incoming.id, None)
        return answered

    def _run_deadlines(self) -> None:
        """Cut a block when a deadline has come though nobody submits anything."""
        self._idle_left = max(self._idle_left - 1, 0)
        if self._idle_left:
            return
        try:
            if self._reload_due:
                self._catch_up()
            with self.chain.lock:
                now_ms = self._now_ms()
                if self.chain.machine.has_due(now_ms):
                    self.chain.apply(now_ms, (), self._maker)
        except StorageError as error:
            # Nobody waits for this block: it is tried again when the disk takes writes.
            self._not_recorded([], error)
            self._idle_left = IDLE_RETRY

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
        for group in (*self._taken, *groups):
            group.give_up(Status.NOT_RECORDED, detail)
