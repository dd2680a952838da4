"""Stored blocks looked up: by height, and by the transaction that they decided."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from tongjian.core import values
from tongjian.core.block import (
    HEADERS,
    Body,
    Header,
    Result,
    Sealed,
    compute_header_hash,
)
from tongjian.core.directory import SealKey
from tongjian.core.encoding import encode
from tongjian.core.envelope import body_of, signed_message
from tongjian.core.genesis import Genesis
from tongjian.core.hashing import Hash
from tongjian.core.machine import Machine
from tongjian.core.validators import NETWORK_SUITE
from tongjian.engines.frames import read_frame
from tongjian.storage.blocklog import BlockLog, Frame
from tongjian.storage.errors import Pruned, ReplayDiffers, StorageError, StoreDamaged
from tongjian.storage.packing import BlockMeta, Tip
from tongjian.storage.store import Store


class Blocks:
    """What a chain answers about its blocks; whoever opens the files sets the fields."""

    genesis: Genesis
    chain_id: bytes
    digest: Hash
    log: BlockLog
    store: Store
    machine: Machine
    tip: Tip | None
    certify: Callable[[int], bytes] | None = None
    """Gives the certificate of a height that a network sealed, where its engine runs here."""
    archives: str = ""
    """Nodes that keep everything, as the operator named them; told where this one has pruned."""
    lock: AbstractContextManager[object] = nullcontext()
    """Held while a block is taken in, and while another thread looks."""

    @property
    def height(self) -> int:
        """Height of the last durable block; -1 before genesis."""
        return self.tip.height if self.tip is not None else -1

    def needs_founding(self) -> bool:
        """Say whether the ledger has no block yet."""
        return self.tip is None

    def hash_of(self, header: Header) -> bytes:
        """Return the hash of a header: what the next one names, and the engine's app hash."""
        return compute_header_hash(self.digest, encode(header))

    def expect_new(self, height: int, identities: Sequence[bytes]) -> None:
        """Raise `ReplayDiffers` where a block records a transaction a second time."""
        repeated = len(dict.fromkeys(identities)) != len(identities)
        if repeated or any(self.store.transaction(one) is not None for one in identities):
            msg = f"block {height} records a transaction a second time"
            raise ReplayDiffers(msg)

    def sealed(self, height: int) -> Sealed:
        """Return the sealed header of a block; raises `KeyError` where there is none."""
        with self.lock:
            return self.log.head(self._stored(height).offset)

    def header(self, height: int) -> Header:
        """Return the header of a block; raises `KeyError` where there is none."""
        with self.lock:
            self._meta(height)
            kept = self.store.header(height)
            header: Header = HEADERS.decode(self.sealed(height).header if kept is None else kept)
            if header.height != height:
                msg = f"the place of block {height} leads to block {header.height}"
                raise StoreDamaged(msg)
            return header

    def body(self, height: int) -> Body:
        """Return the transactions and results of a block; raises `KeyError`."""
        return read_frame(self.frame(height))[2]

    def frame(self, height: int) -> Frame:
        """Return a block as it is stored; raises `KeyError` where there is none, or `Pruned`."""
        with self.lock:
            return self.log.read(self._stored(height).offset)

    def expect_here(self, height: int) -> None:
        """Raise `Pruned`, with who has it, where a block and its state are not on this node."""
        floor = self.store.floor
        if floor is not None and height < max(floor.blocks, floor.state):
            has = (
                f"an archive node has it: {self.archives}"
                if self.archives
                else "ask an archive node"
            )
            msg = f"height {height} is pruned; this node begins with {floor.blocks}; {has}"
            raise Pruned(msg)

    def _stored(self, height: int) -> BlockMeta:
        meta = self._meta(height)
        self.expect_here(height)
        return meta

    def _meta(self, height: int) -> BlockMeta:
        if not 0 <= height <= self.height:
            msg = f"there is no block {height}; the ledger stands at {self.height}"
            raise KeyError(msg)
        meta = self.store.block(height)
        if meta is None:
            msg = f"block {height} has no place in the index"
            raise StoreDamaged(msg)
        return meta

    def log_size(self, height: int) -> int:
        """Return the number of log entries up to a height."""
        with self.lock:
            return self._meta(height).log_size

    def sealing_key(self, height: int) -> SealKey:
        """Return the operator's key that seals a height."""
        with self.lock:
            if height == 0:
                return SealKey(suite=self.genesis.seal_suite, public=self.genesis.seal_public)
            return self.machine.directory.seal_key(height)

    def seal_shown(self, height: int) -> bytes:
        """Return what a receipt shows as the seal of a block: a signature, or a certificate.

        Raises `StorageError` where a network sealed it and its engine does not answer here.
        """
        seal = self.sealed(height).seal
        if seal.suite != NETWORK_SUITE:
            return seal.signature
        if self.certify is None:
            msg = (
                f"block {height} was sealed by a network; its signatures are with the engine. Ask "
                "a node that runs: `tongjian network run`"
            )
            raise StorageError(msg)
        return self.certify(height)

    def result(self, identity: bytes) -> tuple[int, int, Result] | None:
        """Return height, position and result of a transaction, or none where it is not seen."""
        with self.lock:
            place = self.store.transaction(identity)
            if place is None:
                return None
            if place.height <= self.height:
                self.expect_here(place.height)
            body = self.body(place.height) if place.height <= self.height else None
            if body is None or self._identity(body, place.position) != identity:
                msg = f"the place of transaction {identity.hex()} does not lead to it"
                raise StoreDamaged(msg)
            decision = body.decisions[place.position]
            result = Result(
                transaction=values.digest(identity),
                outcome=decision.outcome,
                events=decision.events,
            )
            return place.height, place.position, result

    def outcome(self, identity: bytes) -> tuple[int, str] | None:
        """Return height and refusal of a transaction, or none where it is not seen.

        That much is known after its block was pruned; the rest `result` has.
        """
        with self.lock:
            place = self.store.transaction(identity)
            floor = self.store.floor
            if place is not None and floor is not None and place.height < floor.blocks:
                return place.height, place.outcome
            found = self.result(identity)
            return None if found is None else (found[0], found[2].outcome)

    def refused(self, height: int) -> list[tuple[bytes, int, int, str]]:
        """Return id, height, position and refusal of what a block refused."""
        body = self.body(height)
        return [
            (self._identity(body, position), height, position, decision.outcome)
            for position, decision in enumerate(body.decisions)
            if decision.outcome
        ]

    def _identity(self, body: Body, position: int) -> bytes:
        """Return the id of the transaction, or deadline, that a block decided at a position."""
        if position < len(body.timers):
            return body.timers[position]
        if position >= len(body.decisions):
            return b""
        signed = body_of(body.envelopes[position - len(body.timers)])
        return self.digest(signed_message(self.chain_id, signed))
