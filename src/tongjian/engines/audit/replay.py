"""Recomputes a ledger from its block log and founding document alone.

Three things run side by side: the signatures of coming blocks are checked, a block is decided, and
the blocks before it are put into the tree, the log and a store, whose roots must be those of their
headers. The first block that differs ends the replay.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast

from tongjian.core.block import (
    HEADERS,
    SEALED,
    Header,
    Sealed,
    compute_app_hash,
    compute_header_hash,
    findings_of,
)
from tongjian.core.directory import CACHED_PREFIXES, SealKey
from tongjian.core.envelope import Opener
from tongjian.core.genesis import Genesis, compute_chain_id, compute_genesis_rows
from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.machine import Applied, HandlerFault, Machine
from tongjian.core.operation import InvariantBroken
from tongjian.core.registry import Registry
from tongjian.core.validators import NETWORK_SUITE
from tongjian.engines.audit.ahead import Signed
from tongjian.engines.audit.blocks import Block, Links, check_results, place_of
from tongjian.engines.audit.difference import Difference, Differs
from tongjian.engines.audit.frames import Digests, digest_of, frames_from
from tongjian.engines.audit.keeper import (
    ROWS_NAME,
    Decided,
    Keeper,
    KeeperProcess,
    Keeping,
    Made,
    remove_kept,
)
from tongjian.engines.checkers import Checkers
from tongjian.storage.blocklog import PROLOGUE_BYTES, BlockLog
from tongjian.storage.errors import LogDamaged
from tongjian.storage.rows import Rows


@dataclass
class Counts:
    """How far a replay has come in this run."""

    height: int = -1
    blocks: int = 0
    transactions: int = 0
    acts: int = 0
    signatures: int = 0
    """Those of seals included."""
    offset: int = PROLOGUE_BYTES
    """Where the next block begins in the block log."""
    size: int = PROLOGUE_BYTES
    """Of the block log in bytes."""


@dataclass(frozen=True)
class Replayed:
    """A ledger of which everything follows from its beginning."""

    chain: bytes
    header: Header
    header_hash: bytes
    app_hash: bytes
    seals: tuple[tuple[int, SealKey], ...]
    """The operator's keys with the heights they seal from."""
    counts: Counts
    resumed_height: int
    """The block that an earlier run had come to; -1 where there was none."""
    unfinished_bytes: int
    """Of a frame at the end that was cut short; it was never acknowledged."""
    anew: str
    """Why what an earlier run had kept was thrown away; empty where it was not."""


class Replay:
    """One run over a block log, in a folder that a later run can go on in."""

    def __init__(
        self, log: Path, genesis: Genesis, folder: Path, registry: Registry, *, workers: int
    ) -> None:
        """Open the log and what the folder holds; with no workers all is done in this process.

        Raises `Differs` where the log is not that of the founding document, or has changed below
        the height that an earlier run in the folder had come to.
        """
        self.genesis = genesis
        self._suite = HashSuite(genesis.hash_suite)
        self._digest = hash_of(self._suite)
        self.chain = compute_chain_id(genesis)
        self.counts = Counts()
        self.anew = ""
        self._last: Header | None = None
        opener = Opener(registry, self.chain, self._digest)
        self._links = Links(opener, self.chain, self._digest)
        with contextlib.ExitStack() as undo:
            self._log = undo.enter_context(_open_log(log, self.chain))
            self.counts.size = self._log.size()
            self._digests = Digests(folder)
            undo.callback(self._digests.close)
            self._keeper = self._resume(folder, KeeperProcess if workers else Keeper)
            undo.callback(self._keeper.close)
            self._rows = Rows(folder / ROWS_NAME)
            undo.callback((folder / ROWS_NAME).unlink)
            undo.callback(self._rows.close)
            self._checkers = undo.enter_context(Checkers(workers))
            self._machine = Machine(registry, self.chain, self._digest, self._rows)
            self._undo = undo.pop_all()
        self.resumed_height = self.counts.height

    def _resume(self, folder: Path, start: Callable[[Path, HashSuite], Keeping]) -> Keeping:
        """Start a keeper that goes on after what an earlier run kept, or one that begins anew.

        Raises `Differs` where the log no longer holds what was replayed.
        """
        keeper = start(folder, self._suite)
        try:
            self.anew = keeper.standing.anew
            tip = keeper.standing.tip
            if tip is None:
                return keeper
            frame = self._digests.compare(self._log, tip.height)
        except BaseException:
            keeper.close()
            raise
        sealed: Sealed = SEALED.decode(frame.head)
        header: Header = HEADERS.decode(sealed.header)
        if (header.state_root, header.log_root) == keeper.standing.roots:
            self._links.resume(header, compute_header_hash(self._digest, sealed.header))
            self._last = header
            self.counts.height, self.counts.offset = tip.height, frame.end
            return keeper
        # The log is as it was: what this folder kept of it is not.
        keeper.close()
        remove_kept(folder)
        keeper = start(folder, self._suite)
        self.anew = f"what was kept does not give the roots of block {tip.height}"
        return keeper

    # -- running ------------------------------------------------------------------------------

    def run(self, progress: Callable[[Counts], None], until: int | None = None) -> Replayed:
        """Replay to the end of the log, or to a height; raises `Differs` at the first difference.

        `progress` is called after each block that was decided.
        """
        signed = Signed(self._blocks(until), self._machine, self._checkers, self.genesis)
        if self._last is not None:
            signed.changed()
        try:
            for block in signed:
                self._decide(block, signed)
                progress(self.counts)
        except Exception:
            # A block before the one that failed here may differ in its roots: the first counts.
            self._keeper.settle()
            raise
        self._keeper.settle()
        return self._finish(0 if until is not None else self.counts.size - self.counts.offset)

    def _blocks(self, until: int | None) -> Iterator[Block]:
        height = self._links.height + 1
        for frame in frames_from(self._log, self.counts.offset, height):
            if until is not None and height > until:
                return
            yield self._links.open(frame)
            height += 1

    def _decide(self, block: Block, signed: Signed) -> None:
        height = int(block.header.height)
        applied = self._apply(block) if height else self._found(block)
        check_results(block, applied)
        self._digests.put(height, digest_of(block.frame))
        frame, results = block.frame, cast(tuple[Made, ...], applied.results)
        self._keeper.give(
            Decided(block.header_bytes, frame.offset, frame.end, applied.writes, results)
        )
        self._rows.take_in(applied.writes, applied.rows)
        if any(key.startswith(CACHED_PREFIXES) for key in applied.writes):
            self._machine.directory.invalidate(list(applied.writes))
            signed.changed()
        self._last = block.header
        self._count(block, signed)

    def _apply(self, block: Block) -> Applied:
        height, time_ms = int(block.header.height), int(block.header.time_ms)
        findings = findings_of(block.body)
        if findings and block.seal.suite != NETWORK_SUITE:
            why = "the operator sealed it, and only the engine of a network finds anything"
            raise Differs(Difference(height, "findings", why))
        try:
            return self._machine.apply(height, time_ms, block.incoming, findings=findings)
        except InvariantBroken as broken:
            if not findings:
                raise
            raise Differs(Difference(height, "findings", str(broken))) from broken
        except HandlerFault as fault:
            why = f"{fault}: a node of this release would not have recorded it"
            identity = block.incoming[fault.position].id if fault.position >= 0 else b""
            place = place_of(fault.position, 0, identity)
            raise Differs(Difference(height, "transaction", why, place)) from fault

    def _found(self, block: Block) -> Applied:
        if block.header.time_ms != self.genesis.time_ms:
            why = "it is not the time of the founding document"
            times = int(block.header.time_ms), int(self.genesis.time_ms)
            raise Differs(Difference(0, "header.time_ms", why, "", *times))
        return Applied((), 0, dict(compute_genesis_rows(self.genesis)), {})

    def _count(self, block: Block, signed: Signed) -> None:
        counts = self.counts
        counts.height = int(block.header.height)
        counts.offset = block.frame.end
        counts.blocks += 1
        counts.transactions += len(block.incoming)
        counts.acts += sum([len(one.transaction.acts) for one in block.incoming])
        counts.signatures = signed.signatures

    def _finish(self, unfinished: int) -> Replayed:
        header = self._last
        if header is None:
            raise Differs(Difference(0, "frame", "the block log has no whole block"))
        return Replayed(
            chain=self.chain,
            header=header,
            header_hash=self._links.header_hash,
            app_hash=compute_app_hash(self._digest, header.state_root, header.log_root),
            seals=tuple(self._machine.directory.seal_keys()),
            counts=self.counts,
            resumed_height=self.resumed_height,
            unfinished_bytes=unfinished,
            anew=self.anew,
        )

    def close(self) -> None:
        """Make what was kept durable and stop the other processes."""
        self._undo.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


def _open_log(path: Path, chain: bytes) -> BlockLog:
    try:
        return BlockLog(path, chain, writable=False)
    except LogDamaged as damage:
        why = f"{damage} The founding document is of another ledger, or the file was changed"
        raise Differs(Difference(0, "prologue", why)) from damage
