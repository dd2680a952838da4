"""One chain on one disk: block log, store, machine and commitment kept in step.

`Chain` opens a ledger, brings the derived state up to the block log, and takes in blocks. It knows
no clock and no queue: engines bring those.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tongjian.catalogue import load_registry
from tongjian.core import values
from tongjian.core.block import (
    HEADERS,
    Body,
    Header,
    Result,
    Sealed,
    compute_batch,
    compute_header_hash,
    encode_body,
)
from tongjian.core.directory import SealKey
from tongjian.core.encoding import Malformed, encode
from tongjian.core.envelope import Incoming, Opener, body_of, signed_message, verify_signatures
from tongjian.core.genesis import Genesis, compute_chain_id, compute_genesis_rows
from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.machine import Applied, Machine
from tongjian.core.signatures import SignatureInvalid
from tongjian.core.state import Advance
from tongjian.engines.frames import lock, read_frame
from tongjian.engines.seals import SealMaker, check_seal
from tongjian.storage.blocklog import PROLOGUE_BYTES, BlockLog, Frame
from tongjian.storage.errors import LogDamaged, StoreDamaged
from tongjian.storage.packing import Tip
from tongjian.storage.prover import Prover
from tongjian.storage.store import Store

ZERO_DIGEST: Final = bytes(32)
LOG_NAME: Final = "blocks.log"
STORE_NAME: Final = "store.lmdb"


@dataclass(frozen=True)
class Opened:
    """What opening a ledger found and did."""

    replayed: int
    """Blocks taken from the block log into the derived state."""
    cut_bytes: int
    """Bytes of an unfinished frame removed from the end of the block log."""
    rebuilt: str
    """Why the derived state was rebuilt from the first block; empty where it was not."""


class Chain:
    """A ledger's blocks and state on disk; one writer at a time."""

    def __init__(self, folder: Path, genesis: Genesis, *, writable: bool) -> None:
        """Open the ledger in a folder and bring the derived state up to the block log.

        Raises `InUse` where another process writes, `LogDamaged` where the block log is not what
        was written; a damaged store is rebuilt from it.
        """
        self.folder = folder
        self.genesis = genesis
        self.digest = hash_of(HashSuite(genesis.hash_suite))
        self.chain_id = compute_chain_id(genesis)
        self.writable = writable
        self._lock = lock(folder) if writable else -1
        try:
            self.log = BlockLog(folder / LOG_NAME, self.chain_id, writable=writable)
            self.opened = self._open()
        except BaseException:
            self._unlock()
            raise

    # -- opening ------------------------------------------------------------------------------

    def _open(self) -> Opened:
        rebuilt = ""
        kept = self.folder / (STORE_NAME + ".damaged")
        try:
            self._attach()
        except StoreDamaged as damage:
            if not self.writable:
                raise
            rebuilt = str(damage)
            (self.folder / STORE_NAME).rename(kept)
            self._attach()
        replayed, cut = self._catch_up() if self.writable else (0, 0)
        if rebuilt:
            kept.unlink()
        return Opened(replayed, cut, rebuilt)

    def _attach(self) -> None:
        """Open the store and check that it is the state it says it is."""
        self.store = Store(self.folder / STORE_NAME, self.digest, writable=self.writable)
        try:
            self._load()
            self._check_store()
        except Malformed as error:
            self.store.close()
            raise StoreDamaged(str(error)) from error
        except BaseException:
            self.store.close()
            raise

    def _load(self) -> None:
        registry = load_registry()
        self.commitment = self.store.restore()
        self.machine = Machine(registry, self.chain_id, self.digest, self.store)
        self.opener = Opener(registry, self.chain_id, self.digest)
        self.prover = Prover(self.store, self.commitment, self.digest)
        self.tip = self.store.tip()

    def _check_store(self) -> None:
        """Compare the restored roots with the last header that the store took in."""
        tip = self.tip
        if tip is None:
            return
        if tip.log_end > self.log.end:
            msg = (
                f"the state stands at height {tip.height} but the block log ends before it. "
                "Blocks were lost: restore the block log from a backup or another node."
            )
            raise LogDamaged(msg)
        header = self._stored_header(tip.height)
        if compute_header_hash(self.digest, encode(header)) != tip.header_hash:
            msg = f"the header of block {tip.height} in the block log is not the one taken in"
            raise LogDamaged(msg)
        if self.commitment.tree.root() != header.state_root:
            msg = f"the restored state root differs from the header of block {tip.height}"
            raise StoreDamaged(msg)
        if self.commitment.log.root() != header.log_root:
            msg = f"the restored log root differs from the header of block {tip.height}"
            raise StoreDamaged(msg)

    def _stored_header(self, height: int) -> Header:
        meta = self.store.block(height)
        if meta is None:
            msg = f"block {height} has no place in the index"
            raise StoreDamaged(msg)
        return read_frame(self.log.read(meta.offset))[0]

    def _founding(self) -> tuple[Advance, dict[bytes, bytes | None]]:
        writes: dict[bytes, bytes | None] = dict(compute_genesis_rows(self.genesis))
        return self.commitment.advance(0, writes, (), self.store), writes

    def _catch_up(self) -> tuple[int, int]:
        """Replay whole frames that the store has not taken in; cut an unfinished one."""
        end = self.tip.log_end if self.tip is not None else PROLOGUE_BYTES
        replayed = 0
        for frame in self.log.frames(end):
            self.replay(frame)
            replayed += 1
            end = frame.end
        return replayed, self.log.truncate(end)

    def needs_founding(self) -> bool:
        """Say whether the ledger has no block yet."""
        return self.tip is None

    # -- taking in ----------------------------------------------------------------------------

    def found(self, maker: SealMaker) -> None:
        """Write block 0: the state that the founding document describes, sealed by the operator."""
        advance, writes = self._founding()
        header = self._header(0, self.genesis.time_ms, advance, ())
        body = encode_body((), ())
        self._append(header, maker, body, advance, writes, [])

    def apply(
        self, time_ms: int, incoming: Sequence[Incoming], maker: SealMaker
    ) -> tuple[int, Applied]:
        """Decide, seal and make durable the next block; return its height and what it did.

        Raises `StorageFull` where nothing was recorded; `reload` must then come next.
        """
        height = self.height + 1
        applied = self.machine.apply(height, time_ms, incoming)
        advance = self.commitment.advance(height, applied.writes, applied.results, self.store)
        envelopes = tuple(transaction.data for transaction in incoming)
        header = self._header(height, time_ms, advance, envelopes)
        body = encode_body(envelopes, applied.results)
        identities = [result.transaction for result in applied.results]
        self._append(header, maker, body, advance, applied.writes, identities)
        self._settle(applied)
        return height, applied

    def replay(self, frame: Frame) -> None:
        """Take in a stored block after checking its chain, seal, transactions and roots."""
        header, seal, body = read_frame(frame)
        if self.tip is None:
            advance, writes = self._founding()
            self._expect(header, advance, height=0, previous=ZERO_DIGEST)
            check_seal(self.genesis.seal_suite, self.genesis.seal_public, self, header, seal)
            self._take_in(header, frame, advance, writes, [])
            return
        key = self.sealing_key(header.height)
        check_seal(key.suite, key.public, self, header, seal)
        incoming = [self._recheck(data) for data in body.envelopes]
        applied = self.machine.apply(header.height, header.time_ms, incoming)
        advance = self.commitment.advance(
            header.height, applied.writes, applied.results, self.store
        )
        self._expect(header, advance, height=self.height + 1, previous=self.tip.header_hash)
        same = encode_body(body.envelopes, applied.results) == frame.body
        if not same or compute_batch(self.digest, body.envelopes) != header.batch:
            msg = f"block {header.height} does not hold what its header commits to"
            raise LogDamaged(msg)
        identities = [result.transaction for result in applied.results]
        self._take_in(header, frame, advance, applied.writes, identities)
        self._settle(applied)

    def reload(self) -> None:
        """Go back to what is durable after a block could not be taken in."""
        self.store.refresh()
        self._load()
        self._catch_up()

    def _recheck(self, data: bytes) -> Incoming:
        try:
            incoming = self.opener.open(data)
            verify_signatures(incoming, self.machine.directory)
        except (Malformed, SignatureInvalid) as error:
            msg = f"a stored transaction is not one that was admitted: {error}"
            raise LogDamaged(msg) from error
        return incoming

    def _header(
        self, height: int, time_ms: int, advance: Advance, envelopes: tuple[bytes, ...]
    ) -> Header:
        previous = self.tip.header_hash if self.tip is not None else ZERO_DIGEST
        return Header(
            version=1,
            chain=values.digest(self.chain_id),
            height=values.height(height),
            time_ms=values.time_ms(time_ms),
            previous=values.digest(previous),
            state_root=values.digest(advance.state_root),
            log_root=values.digest(advance.log_root),
            log_size=values.count(advance.log_size),
            batch=values.digest(compute_batch(self.digest, envelopes)),
        )

    def _append(
        self,
        header: Header,
        maker: SealMaker,
        body: bytes,
        advance: Advance,
        writes: dict[bytes, bytes | None],
        identities: Sequence[bytes],
    ) -> None:
        encoded = encode(header)
        seal = maker.seal(self.chain_id, encoded, self.sealing_key(header.height))
        head = encode(Sealed(header=encoded, seal=seal))
        offset = self.log.append(head, body)
        frame = Frame(offset, self.log.end, head, body)
        self._take_in(header, frame, advance, writes, identities)

    def _take_in(
        self,
        header: Header,
        frame: Frame,
        advance: Advance,
        writes: dict[bytes, bytes | None],
        identities: Sequence[bytes],
    ) -> None:
        tip = Tip(
            height=header.height,
            log_end=frame.end,
            entry_count=self.commitment.tree.count,
            log_size=advance.log_size,
            peaks=self.commitment.log.peaks(),
            header_hash=compute_header_hash(self.digest, encode(header)),
            time_ms=header.time_ms,
        )
        self.store.commit(tip, frame.offset, advance, writes, identities)
        self.tip = tip

    def _settle(self, applied: Applied) -> None:
        self.machine.directory.invalidate(list(applied.writes))
        self.store.remember(applied.rows)

    def _expect(self, header: Header, advance: Advance, *, height: int, previous: bytes) -> None:
        found = (header.chain, header.height, header.previous, header.state_root, header.log_root)
        wanted = (self.chain_id, height, previous, advance.state_root, advance.log_root)
        names = ("chain id", "height", "previous header", "state root", "log root")
        for name, has, wants in zip(names, found, wanted, strict=True):
            if has != wants:
                msg = f"block {header.height}: its {name} is not the one that replay gives"
                raise LogDamaged(msg)

    # -- looking ------------------------------------------------------------------------------

    @property
    def height(self) -> int:
        """Height of the last durable block; -1 before genesis."""
        return self.tip.height if self.tip is not None else -1

    def sealed(self, height: int) -> Sealed:
        """Return the sealed header of a block; raises `KeyError` where there is none."""
        meta = self.store.block(height)
        if meta is None:
            msg = f"there is no block {height}; the ledger stands at {self.height}"
            raise KeyError(msg)
        return self.log.head(meta.offset)

    def header(self, height: int) -> Header:
        """Return the header of a block; raises `KeyError` where there is none."""
        header: Header = HEADERS.decode(self.sealed(height).header)
        return header

    def body(self, height: int) -> Body:
        """Return the transactions and results of a block."""
        meta = self.store.block(height)
        if meta is None:
            msg = f"there is no block {height}; the ledger stands at {self.height}"
            raise KeyError(msg)
        return read_frame(self.log.read(meta.offset))[2]

    def log_size(self, height: int) -> int:
        """Return the number of log entries up to a height."""
        meta = self.store.block(height)
        return meta.log_size if meta is not None else 0

    def sealing_key(self, height: int) -> SealKey:
        """Return the operator's key that seals a height."""
        if height == 0:
            return SealKey(suite=self.genesis.seal_suite, public=self.genesis.seal_public)
        return self.machine.directory.seal_key(height)

    def result(self, identity: bytes) -> tuple[int, int, Result] | None:
        """Return height, position and result of a transaction, or none where it is not seen."""
        place = self.store.transaction(identity)
        if place is None:
            return None
        body = self.body(place.height)
        decision = body.decisions[place.position]
        if self._identity(body, place.position) != identity:
            return None
        result = Result(
            transaction=values.digest(identity), outcome=decision.outcome, events=decision.events
        )
        return place.height, place.position, result

    def _identity(self, body: Body, position: int) -> bytes:
        """Return the id of the transaction, or deadline, that a block decided at a position."""
        if position < len(body.timers):
            return body.timers[position]
        signed = body_of(body.envelopes[position - len(body.timers)])
        return self.digest(signed_message(self.chain_id, signed))

    def close(self) -> None:
        """Close all files."""
        self.store.close()
        self.log.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
