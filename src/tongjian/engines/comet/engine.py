"""Takes envelopes as the solo engine does, and answers when the network has decided them.

Envelopes that wait together travel in one bundle. Each has its own outcome, which is durable here
before it is told. What the network has not recorded after a while is handed to it again: the id of
a transaction stops it from being decided twice, on whichever node it arrives.
"""

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from tongjian.core.block import Result
from tongjian.core.envelope import Incoming
from tongjian.core.operation import Refused
from tongjian.engines.comet.admission import Admitted, Bad
from tongjian.engines.comet.application import Application
from tongjian.engines.comet.bundles import fits, make_bundle
from tongjian.engines.comet.rpc import Rpc, RpcFailed
from tongjian.engines.outcomes import Busy, Group, Outcome, Status, Stopped, Waiting

__all__ = ["CometEngine"]

QUEUE_MAX: Final = 20_000
QUEUE_BYTES_MAX: Final = 256 * 1024 * 1024
"""What waits here at most, by number and by size; then clients are told to come again."""
SENDERS: Final = 2
IN_FLIGHT_MAX: Final = 4_000
IN_FLIGHT_BYTES: Final = 1024 * 1024
"""What is with the network at once; the rest waits here, where it costs no other node anything."""
AGAIN_S: Final = 5.0
"""After so long unrecorded, and not seen in the mempool, an envelope is handed over again; then
after twice as long, for a network that is slow is no faster with everything twice."""
AGAIN_MAX_S: Final = 20.0
SOON_S: Final = 0.5
"""The same where the engine is known not to have it."""
LOOK_S: Final = 0.25
"""How often deadlines and forgotten envelopes are looked for."""


class CometEngine:
    """Submits to the network through this node's engine; a listener of its application."""

    def __init__(self, application: Application, rpc: Path) -> None:
        """Run over an application whose engine listens at `rpc`."""
        self.chain = application.chain
        self._application = application
        self._rpc = rpc
        self._queue: deque[tuple[Group, int, bytes]] = deque()
        self._queue_bytes = 0
        self._ready = threading.Condition()
        self._pending: dict[bytes, Waiting] = {}
        self._pending_bytes = 0
        self._again_at: dict[bytes, tuple[float, float]] = {}
        """When an envelope is handed over again, and how long that was waited for."""
        self._guard = threading.Lock()
        self._closing = False
        application.listener = self
        self._threads = [
            threading.Thread(target=self._send, name=f"sender-{n}", daemon=True)
            for n in range(SENDERS)
        ]
        self._threads.append(threading.Thread(target=self._look, name="looker", daemon=True))
        for thread in self._threads:
            thread.start()

    # -- for clients --------------------------------------------------------------------------

    def submit(self, data: Sequence[bytes]) -> "Future[list[Outcome]]":
        """Queue envelopes; the future gives one durable outcome each, in order.

        Raises `Busy` where too many wait already and `Stopped` where the engine is closed.
        """
        group = Group(data)
        with self._ready:
            if self._closing:
                msg = "the engine has stopped: closed"
                raise Stopped(msg)
            size = sum(map(len, data))
            if self.waiting and (
                self.waiting + len(data) > QUEUE_MAX or self._queue_bytes + size > QUEUE_BYTES_MAX
            ):
                raise Busy(retry_after_ms=200)
            if not data:
                group.future.set_result([])
            self._queue.extend((group, position, one) for position, one in enumerate(data))
            self._queue_bytes += size
            self._ready.notify()
        return group.future

    @property
    def waiting(self) -> int:
        """How many envelopes wait for the network."""
        return len(self._pending) + len(self._queue)

    def close(self) -> None:
        """Stop; what is still waiting may or may not be recorded, and is told so."""
        with self._ready:
            self._closing = True
            self._ready.notify_all()
        for thread in self._threads:
            thread.join()
        with self._guard:
            waiting, self._pending = list(self._pending.values()), {}
        detail = "the node stopped; ask again by transaction id, here or at another node"
        for one in waiting:
            one.answer(Status.UNKNOWN, detail=detail)
        for group, _, _ in self._queue:
            group.give_up(Status.NOT_RECORDED, detail)

    # -- what the application tells -----------------------------------------------------------

    def committed(self, admitted: Admitted, results: Sequence[Result]) -> None:
        """Answer for what a block of the engine recorded; look again at what it left."""
        self._answer_for(admitted, results)
        with self._ready:
            self._ready.notify_all()

    def _answer_for(self, admitted: Admitted, results: Sequence[Result]) -> None:
        height = self.chain.height
        for incoming, result in zip(admitted.incoming, results, strict=True):
            waiting = self._take(incoming.id)
            if waiting is not None:
                waiting.answer_decided(height, result.outcome)
        for left in admitted.left:
            waiting = self._pending.get(left.incoming.id)
            if waiting is None:
                continue
            if left.refusal:
                self._take(left.incoming.id)
                waiting.answer(Status.TURNED_AWAY, refusal=left.refusal, detail=left.detail)
            elif not self._answer_again(waiting):
                self._take(left.incoming.id)
                waiting.answer(Status.NOT_RECORDED, detail=left.detail)

    def held(self, opened: Sequence[Incoming]) -> None:
        """Wait on for what the mempool still has: it is proposed in its turn."""
        now = time.monotonic()
        with self._guard:
            for incoming in opened:
                found = self._again_at.get(incoming.id)
                if found is not None:
                    self._again_at[incoming.id] = (now + found[1], found[1])

    def forgotten(self) -> None:
        """Hand over again soon what waits: the engine ended, and its mempool with it."""
        with self._guard:
            self._due_soon(self._pending)

    def _due_soon(self, identities: Iterable[bytes]) -> None:
        soon = time.monotonic() + SOON_S
        for identity in identities:
            if identity in self._again_at:
                self._again_at[identity] = (soon, AGAIN_S)

    def _take(self, identity: bytes) -> Waiting | None:
        with self._guard:
            self._again_at.pop(identity, None)
            waiting = self._pending.pop(identity, None)
            if waiting is not None:
                self._pending_bytes -= len(waiting.incoming.data)
            return waiting

    # -- sending ------------------------------------------------------------------------------

    def _send(self) -> None:
        rpc = Rpc(self._rpc)
        while True:
            batch = self._next()
            if not batch:
                break
            admitted = [one for one in map(self._admit_safely, batch) if one is not None]
            if admitted:
                self._broadcast(rpc, admitted)
        rpc.close()

    def _next(self) -> list[tuple[Group, int, bytes]]:
        """Return what fits into one bundle; nothing once the engine closes."""
        with self._ready:
            while not self._closing and (not self._queue or self._is_full()):
                self._ready.wait(LOOK_S)
            if self._closing:
                return []
            batch: list[tuple[Group, int, bytes]] = []
            size = 0
            while self._queue and fits(len(batch) + 1, size := size + len(self._queue[0][2])):
                batch.append(self._queue.popleft())
                self._queue_bytes -= len(batch[-1][2])
            return batch

    def _is_full(self) -> bool:
        return len(self._pending) >= IN_FLIGHT_MAX or self._pending_bytes >= IN_FLIGHT_BYTES

    def _admit_safely(self, place: tuple[Group, int, bytes]) -> Incoming | None:
        try:
            return self._admit(*place)
        except Exception as error:  # noqa: BLE001 - the client must hear of it, the thread go on
            place[0].answer(place[1], Outcome(Status.NOT_RECORDED, b"", -1, "", str(error)))
            return None

    def _admit(self, group: Group, position: int, data: bytes) -> Incoming | None:
        """Return an envelope to send, unless it has its answer already."""
        chain = self.chain
        with chain.lock:
            try:
                incoming = self._application.admission.judge(data)
            except Bad as bad:
                group.answer(position, Outcome(Status.MALFORMED, b"", -1, "", str(bad)))
                return None
            waiting = Waiting(incoming, (group, position))
            if self._answer_again(waiting):
                return None
            now_ms = self._application.now_ms()
            try:
                chain.machine.check(incoming, chain.height + 1, now_ms)
            except Refused as refused:
                waiting.turn_away(chain.machine.registry, refused)
                return None
            with self._guard:
                pending = self._pending.get(incoming.id)
                if pending is not None:
                    pending.places.append((group, position))
                    return None
                self._pending[incoming.id] = waiting
                self._pending_bytes += len(incoming.data)
                self._again_at[incoming.id] = (time.monotonic() + AGAIN_S, AGAIN_S)
            return incoming

    def _answer_again(self, waiting: Waiting) -> bool:
        """Give a transaction that is on the ledger its first outcome once more."""
        seen = self.chain.outcome(waiting.incoming.id)
        if seen is not None:
            self._take(waiting.incoming.id)
            waiting.answer_decided(*seen, "recorded before")
        return seen is not None

    def _broadcast(self, rpc: Rpc, admitted: Sequence[Incoming]) -> None:
        try:
            if not rpc.broadcast(make_bundle([incoming.data for incoming in admitted])):
                return
        except RpcFailed:
            pass  # the engine is down or full
        with self._guard:
            self._due_soon([incoming.id for incoming in admitted])

    # -- looking after what waits -------------------------------------------------------------

    def _look(self) -> None:
        rpc = Rpc(self._rpc)
        while not self._closing:
            time.sleep(LOOK_S)
            try:
                if self._application.has_due():
                    rpc.broadcast(self._application.tick())
                self._again(rpc)
            except RpcFailed:
                continue
            except Exception:  # noqa: BLE001, S112 - a damaged store is told where it is read
                continue
        rpc.close()

    def _again(self, rpc: Rpc) -> None:
        """Hand over again what is not recorded after a while; tell what can be no more."""
        now = time.monotonic()
        with self._guard:
            late = [self._pending[i] for i, (due, _) in self._again_at.items() if due < now]
            for waiting in late:
                waited = min(2 * self._again_at[waiting.incoming.id][1], AGAIN_MAX_S)
                self._again_at[waiting.incoming.id] = (now + waited, waited)
        still: list[Incoming] = []
        with self.chain.lock:
            for waiting in late:
                if self._answer_again(waiting):
                    continue
                try:
                    self.chain.machine.check(
                        waiting.incoming, self.chain.height + 1, self._application.now_ms()
                    )
                except Refused as refused:
                    self._take(waiting.incoming.id)
                    waiting.turn_away(self.chain.machine.registry, refused)
                    continue
                still.append(waiting.incoming)
        portion: list[Incoming] = []
        size = 0
        for incoming in still:
            size += len(incoming.data)
            if not fits(len(portion) + 1, size):
                self._broadcast(rpc, portion)
                portion, size = [], len(incoming.data)
            portion.append(incoming)
        if portion:
            self._broadcast(rpc, portion)
