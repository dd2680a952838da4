"""Clients that act, look up and read without end, each in a thread, and note what they hear."""

import contextlib
import itertools
import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from history import Asked, Heard, History, Looked, Read, ShelfAct
from network import REGISTRY
from shelf import THINGS
from small import Small, change, drop, put
from truth import Wrong

from tongjian.core.envelope import Opener
from tongjian.core.hashing import sha256
from tongjian.engines.outcomes import Busy, Status
from tongjian.engines.trust import anchors_of
from tongjian.node.client import Client, NodeFailed, NodeSilent
from tongjian.node.home import Home
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.receipt import RowStatement, VerificationFailed, verify_receipt

TIMEOUT_S = 4.0
"""After so long without an answer a client goes to another node."""
SETTLE_S = 90.0
CONTESTED = 12
"""Things that all clients put, change and drop, so that many acts are refused."""
FINAL = (Status.COMMITTED, Status.REFUSED, Status.TURNED_AWAY, Status.MALFORMED)
KEPT = 400
GONE = (NodeSilent, NodeFailed, Busy)


def network_anchors(folder: Path) -> Anchors:
    """Return what a citizen trusts who verifies receipts of a node's ledger that nobody runs."""
    with Home(folder).open() as chain:
        return anchors_of(chain)


class Clerk(threading.Thread):
    """One client: seeded, sequential; goes to the next node where one is silent."""

    def __init__(
        self, number: int, seed: str, origin: Path, folders: Sequence[Path], anchors: Anchors
    ) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self.history = History()
        self.failure: BaseException | None = None
        self.stopping = threading.Event()
        self._number = number
        self._chance = random.Random(f"{seed}/{number}")
        self._small = Small(origin)
        self._anchors = anchors
        self._opener = Opener(REGISTRY, self._small.chain_id, sha256)
        nonce = sha256(f"{seed}/{number}".encode())[:8]
        self._small._nonce = int.from_bytes(nonce, "big") << 32
        at = number % len(folders)
        self._client = Client([*folders[at:], *folders[:at]], TIMEOUT_S)
        self._open: dict[bytes, bytes] = {}
        """Envelopes without a final answer, by id."""
        self._kept: list[tuple[bytes, bytes]] = []
        self._unique = itertools.count()

    # -- what it does ---------------------------------------------------------------------------

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                with contextlib.suppress(*GONE):
                    self._step()
                self.stopping.wait(self._chance.random() * 0.03)
            self._settle()
        except BaseException as error:  # noqa: BLE001 - told by whoever joins the thread
            self.failure = error
        finally:
            self._client.close()

    def _step(self) -> None:
        kinds: list[tuple[int, Callable[[], None]]] = [
            (60, self._act),
            (15, self._again),
            (15, self._look),
            (6, self._read),
            (2, self._late),
            (2, self._forge),
        ]
        weights, does = zip(*kinds, strict=True)
        self._chance.choices(does, weights)[0]()

    def _act(self) -> None:
        group = [self._sign(self._invent()) for _ in range(self._chance.choice((1, 1, 2, 5)))]
        self._submit(group)

    def _invent(self) -> tuple[ShelfAct, ...]:
        chance = self._chance
        contested = f"contested_{chance.randrange(CONTESTED)}"
        amount = chance.randrange(10**6)
        kind = chance.random()
        if kind < 0.4:
            return (put(f"own_{self._number}_{next(self._unique)}", amount),)
        if kind < 0.6:
            return (put(contested, amount),)
        if kind < 0.8:
            return (change(contested, amount),)
        if kind < 0.9:
            return (drop(contested),)
        # All or nothing: the second act is refused where the thing is not there.
        name = f"pair_{self._number}_{next(self._unique)}"
        return put(name, amount), change(contested, amount)

    def _again(self) -> None:
        if self._open:
            self._submit([self._chance.choice(list(self._open.items()))])
        elif self._kept:
            self._submit([self._chance.choice(self._kept)])

    def _look(self) -> None:
        identity = self._chance.choice(self._kept)[0] if self._kept else bytes(32)
        if self._open and self._chance.random() < 0.7:
            identity = self._chance.choice(list(self._open))
        height, refusal, tip = self._client.outcome(identity)
        found = Looked(self.name, identity, height, refusal, tip, time.monotonic())
        self.history.looked.append(found)

    def _read(self) -> None:
        thing = f"contested_{self._chance.randrange(CONTESTED)}"
        floor = self._client.height
        receipt = self._client.ask("receipt", "row", THINGS.key(thing), -1)
        try:
            verified = verify_receipt(receipt, self._anchors)
        except VerificationFailed as failed:
            msg = f"a receipt was handed out that does not verify: {failed}"
            raise Wrong(msg) from failed
        height = int(verified.header.height)
        if height < floor:
            return  # another node that is behind: the client was told of more, and asks again
        self._client.height = height
        (statement,) = verified.statements
        amount = None
        if isinstance(statement, RowStatement):
            amount = int(THINGS.codec.decode(statement.value).amount)
        self.history.reads.append(Read(self.name, thing, amount, height, time.monotonic()))

    def _late(self) -> None:
        """Submit what expires in a moment, or has."""
        expiry = max(self._client.height, 1) + self._chance.choice((-1, 0, 1, 2, 6))
        self._submit([self._sign(self._invent(), expiry=expiry)])

    def _forge(self) -> None:
        """Submit under a signature that does not hold; nobody signed it, so it never counts."""
        identity, envelope = self._sign(self._invent(), valid=False)
        self._submit([(identity, bytes([*envelope[:-1], envelope[-1] ^ 1]))])

    # -- how -----------------------------------------------------------------------------------

    def _sign(
        self, acts: tuple[ShelfAct, ...], *, valid: bool = True, **other: int
    ) -> tuple[bytes, bytes]:
        envelope = self._small.envelope(*acts, by=(self._chance.randrange(2),), **other)
        identity = self._opener.open_trusted(envelope).id
        self.history.asked[identity] = Asked(identity, acts, time.monotonic(), valid)
        return identity, envelope

    def _submit(self, group: Sequence[tuple[bytes, bytes]]) -> None:
        self._open.update(group)
        outcomes = self._client.submit([envelope for _, envelope in group])
        now = time.monotonic()
        for (identity, envelope), outcome in zip(group, outcomes, strict=True):
            self.history.heard.append(
                Heard(self.name, identity, outcome.status, outcome.height, outcome.refusal, now)
            )
            if outcome.status in FINAL:
                self._open.pop(identity, None)
                if len(self._kept) < KEPT:
                    self._kept.append((identity, envelope))
                else:
                    self._kept[self._chance.randrange(KEPT)] = identity, envelope

    def _settle(self) -> None:
        """Submit again, until it is answered, what is not."""
        end = time.monotonic() + SETTLE_S
        while self._open and time.monotonic() < end:
            with contextlib.suppress(*GONE):
                self._submit(list(self._open.items())[:20])
            time.sleep(0.05)


class Load:
    """Several clients at once."""

    def __init__(
        self, seed: str, origin: Path, folders: Sequence[Path], anchors: Anchors, clients: int = 4
    ) -> None:
        self.clerks = [Clerk(n, seed, origin, folders, anchors) for n in range(clients)]

    def start(self) -> None:
        for clerk in self.clerks:
            clerk.start()

    def stop(self) -> History:
        """End the load once everything is answered; return what all have seen."""
        for clerk in self.clerks:
            clerk.stopping.set()
        history = History()
        for clerk in self.clerks:
            clerk.join(SETTLE_S + 60)
            assert not clerk.is_alive(), f"{clerk.name} does not end"
            if clerk.failure is not None:
                raise clerk.failure
            history.add(clerk.history)
        return history
