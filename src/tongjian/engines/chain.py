"""One chain on one disk: block log, store, machine and commitment kept in step.

`Chain` opens a ledger, brings the derived state up to the block log, and takes in blocks. It knows
no clock and no queue: engines bring those.
"""

import contextlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tongjian.catalogue import load_registry
from tongjian.core.actors import Actor
from tongjian.core.block import (
    Header,
    Seal,
    Sealed,
    compute_batch,
    encode_body,
    findings_of,
)
from tongjian.core.encoding import Malformed, encode
from tongjian.core.envelope import Incoming, Opener, verify_signatures
from tongjian.core.genesis import Genesis, compute_chain_id, compute_genesis_rows
from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.machine import Applied, HandlerFault, Machine
from tongjian.core.operation import InvariantBroken, Refused
from tongjian.core.signatures import SignatureInvalid
from tongjian.core.state import Advance
from tongjian.engines.blocks import Blocks
from tongjian.engines.frames import (
    Decided,
    Opened,
    expect_body,
    expect_header,
    expect_state,
    lock,
    make_header,
    read_frame,
)
from tongjian.engines.seals import SealMaker, check_seal, expect_no_findings
from tongjian.storage.blocklog import PROLOGUE_BYTES, BlockLog, Frame
from tongjian.storage.errors import (
    LogDamaged,
    ReplayDiffers,
    StorageError,
    StoreDamaged,
    Unsettled,
)
from tongjian.storage.packing import Tip
from tongjian.storage.prover import Prover
from tongjian.storage.store import Store

ZERO_DIGEST: Final = bytes(32)
LOG_NAME: Final = "blocks.log"
STORE_NAME: Final = "store.lmdb"
DAMAGED: Final = ".damaged"


class Chain(Blocks):
    """A ledger's blocks and state on disk; one writer at a time.

    One thread at a time works with it. Beside a running engine hold `lock` to read rows or proofs;
    what `Blocks` answers, and receipts, take it by themselves.
    """

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
        self.lock = threading.RLock()
        with contextlib.ExitStack() as undo:
            self._held = lock(folder) if writable else -1
            undo.callback(self._release)
            self.log = BlockLog(folder / LOG_NAME, self.chain_id, writable=writable)
            undo.callback(self.log.close)
            self.opened = self._bring_up()
            undo.pop_all()

    # -- opening ------------------------------------------------------------------------------

    def _bring_up(self, damage: str = "") -> Opened:
        """Open the store and replay what it lacks; make it anew where it turns out damaged.

        Where replay gives something else than the log has, the state is doubted before the log is.
        """
        rebuilt = self._open_store(damage)
        fresh = self.tip is None
        try:
            replayed, cut = self._catch_up() if self.writable else (0, 0)
        except (HandlerFault, InvariantBroken, ReplayDiffers, StoreDamaged) as error:
            self.store.close()
            if fresh:
                raise
            return self._bring_up(str(error))
        except BaseException:
            self.store.close()
            raise
        return Opened(replayed, cut, rebuilt)

    def _open_store(self, damage: str = "") -> str:
        """Attach the store; begin a new one where it is damaged, and return why."""
        if not damage:
            try:
                self._attach()
            except StoreDamaged as found:
                if not self.writable:
                    raise
                damage = str(found)
        if damage:
            for name in (STORE_NAME, STORE_NAME + "-lock"):
                if (self.folder / name).exists():
                    (self.folder / name).rename(self.folder / (name + DAMAGED))
            self._attach()
        return damage

    def _attach(self) -> None:
        """Open the store and check that it is the state it says it is."""
        self.store = Store(self.folder / STORE_NAME, self.digest, writable=self.writable)
        try:
            self._load()
            self._check_store()
            if self.writable:
                self.store.check_sum()
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
        if tip.log_end > self.log.size():
            msg = (
                f"the state stands at height {tip.height} but the block log ends before it. "
                "Blocks were lost: restore the block log from a backup or another node."
            )
            raise LogDamaged(msg)
        header = read_frame(self.log.read(self._meta(tip.height).offset))[0]
        expect_state(tip, header, self.commitment, self.digest)

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
        cut = self.log.truncate(end)
        for name in (STORE_NAME, STORE_NAME + "-lock"):
            (self.folder / (name + DAMAGED)).unlink(missing_ok=True)
        return replayed, cut

    # -- taking in ----------------------------------------------------------------------------

    def found(self, maker: SealMaker) -> None:
        """Write block 0: the state that the founding document describes, sealed by the operator."""
        advance, writes = self._founding()
        header = self._header(0, self.genesis.time_ms, advance, ())
        body = encode_body((), ())
        seal = maker.seal(self.chain_id, encode(header), self.sealing_key(0))
        self._append(header, seal, body, advance, writes, [])

    def apply(
        self,
        time_ms: int,
        incoming: Sequence[Incoming],
        maker: SealMaker,
        checked: Sequence[tuple[Actor, ...]] | None = None,
    ) -> tuple[int, Applied]:
        """Decide, seal and make durable the next block; return its height and what it did.

        `checked` are the signers of each transaction as `Machine.check` gave them for this block.
        Raises `StorageFull` where nothing was recorded, `Unsettled` where the block is recorded but
        the state is behind: `reload` must then come before the next block. What can be read after a
        failure is as old as the store, but right.
        """
        with self.lock:
            try:
                return self._apply(time_ms, incoming, maker, checked)
            except StorageError:
                self.store.refresh()
                self._load()
                raise

    def _apply(
        self,
        time_ms: int,
        incoming: Sequence[Incoming],
        maker: SealMaker,
        checked: Sequence[tuple[Actor, ...]] | None,
    ) -> tuple[int, Applied]:
        # Read before the tree advances: the store stands at the block before until it is taken in.
        key = self.sealing_key(self.height + 1)
        decided = self.decide(time_ms, incoming, checked)
        self.record(decided, maker.seal(self.chain_id, encode(decided.header), key))
        return decided.header.height, decided.applied

    def decide(
        self,
        time_ms: int,
        incoming: Sequence[Incoming],
        checked: Sequence[tuple[Actor, ...]] | None = None,
        findings: Sequence[bytes] = (),
    ) -> Decided:
        """Decide the next block; nothing is durable before `record` has taken it in.

        The tree stands at the new block then, the store at the one before: nothing may be decided
        or read in between. Whoever does not record it must `reload`. `findings` are acts of the
        engine of a network.
        """
        height = self.height + 1
        if self.tip is not None and time_ms < self.tip.time_ms:
            msg = f"block {height} at {time_ms} ms would come before block {self.height}"
            raise InvariantBroken(msg)
        applied = self.machine.apply(height, time_ms, incoming, checked, findings)
        advance = self.commitment.advance(height, applied.writes, applied.results, self.store)
        envelopes = tuple(transaction.data for transaction in incoming)
        header = self._header(height, time_ms, advance, envelopes)
        return Decided(header, envelopes, applied, advance, tuple(findings))

    def record(self, decided: Decided, seal: Seal) -> None:
        """Make durable what was decided last; fails as `apply` does."""
        applied = decided.applied
        body = encode_body(decided.envelopes, applied.results, decided.findings)
        identities = [result.transaction for result in applied.results]
        self._append(decided.header, seal, body, decided.advance, applied.writes, identities)
        self._settle(applied)

    def replay(self, frame: Frame) -> None:
        """Take in a stored block after checking its chain, seal, transactions and roots."""
        header, seal, body = read_frame(frame)
        if self.tip is None:
            advance, writes = self._founding()
            expect_header(header, self._header(0, self.genesis.time_ms, advance, ()))
            expect_body(frame, None, ())
            check_seal(self.genesis.seal_suite, self.genesis.seal_public, self, header, seal)
            self._take_in(header, frame, advance, writes, [])
            return
        height, time_ms = self.height + 1, header.time_ms
        if header.height != height or time_ms < self.tip.time_ms:
            msg = f"block {header.height} at {time_ms} ms does not follow block {self.height}"
            raise ReplayDiffers(msg)
        key = self.sealing_key(height)
        check_seal(key.suite, key.public, self, header, seal)
        incoming = [self._recheck(data) for data in body.envelopes]
        expect_no_findings(key.suite, header, findings_of(body))
        applied = self.machine.apply(height, time_ms, incoming, findings=findings_of(body))
        identities = [result.transaction for result in applied.results]
        self.expect_new(height, identities)
        advance = self.commitment.advance(height, applied.writes, applied.results, self.store)
        expect_header(header, self._header(height, time_ms, advance, body.envelopes))
        expect_body(frame, body, applied.results)
        self._take_in(header, frame, advance, applied.writes, identities)
        self._settle(applied)

    def reload(self, damage: str = "") -> None:
        """Go back to what is durable after a failure; `damage` says why to make the state anew.

        Raises `StorageError` where the disk still takes nothing. What can be read is then as old as
        the store, but right.
        """
        with self.lock:
            self.store.close()
            try:
                self._bring_up(damage)
            except StorageError:
                self._attach()
                raise

    def adopt(self, folder: Path) -> None:
        """Put block log and store of a folder in place; a crash in between leaves half of two."""
        with self.lock:
            self.store.close()
            self.log.close()
            for name in (STORE_NAME, STORE_NAME + "-lock"):
                (self.folder / name).unlink(missing_ok=True)
            for name in (LOG_NAME, STORE_NAME):
                (folder / name).replace(self.folder / name)
            self.log = BlockLog(self.folder / LOG_NAME, self.chain_id, writable=self.writable)
            self.opened = self._bring_up()

    def refresh(self) -> None:
        """Look at what the writer in another process has done since; for readers.

        Raises `StoreDamaged` where the state does not agree with the header it stands at.
        """
        with self.lock:
            since = self.tip
            if since is None or (self.folder / STORE_NAME).stat().st_ino != self.store.inode:
                self.store.close()
                self._attach()
                return
            self.store.refresh()
            floor = self.store.floor
            if floor is not None and since.height < floor.state:
                # What lies between was pruned by the writer.
                self.store.close()
                self._attach()
                return
            self.store.follow(self.commitment, since)
            self.tip = self.store.tip()
            self.machine = Machine(self.machine.registry, self.chain_id, self.digest, self.store)
            self._check_store()

    def _recheck(self, data: bytes) -> Incoming:
        try:
            incoming = self.opener.open(data)
            verify_signatures(incoming, self.machine.directory)
        except (Malformed, Refused, SignatureInvalid) as error:
            msg = f"a stored transaction is not one that was admitted: {error}"
            raise ReplayDiffers(msg) from error
        return incoming

    def _header(
        self, height: int, time_ms: int, advance: Advance, envelopes: tuple[bytes, ...]
    ) -> Header:
        previous = self.tip.header_hash if self.tip is not None else ZERO_DIGEST
        place = (self.chain_id, height, time_ms, previous)
        return make_header(place, advance, compute_batch(self.digest, envelopes))

    def _append(
        self,
        header: Header,
        seal: Seal,
        body: bytes,
        advance: Advance,
        writes: dict[bytes, bytes | None],
        identities: Sequence[bytes],
    ) -> None:
        head = encode(Sealed(header=encode(header), seal=seal))
        offset = self.log.append(head, body)
        frame = Frame(offset, self.log.end, head, body)
        try:
            self._take_in(header, frame, advance, writes, identities)
        except StorageError as error:
            msg = (
                f"block {header.height} is in the block log, but the state could not take it in "
                f"({error}); it will as soon as it can be written"
            )
            raise Unsettled(msg) from error

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
            header_hash=self.hash_of(header),
            time_ms=header.time_ms,
        )
        self.store.commit(tip, frame.offset, advance, writes, identities)
        self.tip = tip

    def _settle(self, applied: Applied) -> None:
        self.machine.directory.invalidate(list(applied.writes))
        self.store.remember(applied.rows)

    def close(self) -> None:
        """Close all files."""
        self.store.close()
        self.log.close()
        self._release()

    def _release(self) -> None:
        if self._held >= 0:
            os.close(self._held)
            self._held = -1
