"""Reads every block: checksum, chain of headers, seal, transactions and their signatures, log root.

Where the store can be opened, its index of blocks and transactions and its tiles are compared too,
and keys are those on the ledger. Where it cannot, the seals are checked by the trust file and
signatures are left for after the repair.
"""

from collections.abc import Iterator
from typing import Any, Final

from tongjian.cli.findings import REPAIR, RESTORE, Finding, Findings, ok
from tongjian.core.block import (
    Body,
    Header,
    Result,
    Seal,
    compute_batch,
    compute_header_hash,
    compute_log_leaf,
)
from tongjian.core.encoding import Malformed, encode
from tongjian.core.envelope import Incoming, Opener, verify_signatures
from tongjian.core.genesis import compute_chain_id
from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.merkle import Frontier, leaf_hash
from tongjian.core.operation import Refused
from tongjian.core.signatures import SignatureInvalid
from tongjian.core.values import digest as as_digest
from tongjian.engines.chain import LOG_NAME, ZERO_DIGEST, Chain
from tongjian.engines.frames import read_frame
from tongjian.engines.seals import check_seal
from tongjian.node.home import Home
from tongjian.storage.blocklog import PROLOGUE_BYTES, BlockLog, Frame
from tongjian.storage.errors import Damaged, LogDamaged, Pruned, StoreDamaged
from tongjian.storage.packing import Place

CHECK: Final = "blocks"


def check_blocks(home: Home, chain: Chain | None) -> Findings:
    """Yield one finding: all blocks hold, or the first that does not, and why."""
    walk = _Walk(home, chain)
    try:
        for frame in walk.frames():
            walk.take(frame)
        walk.check_end()
    except LogDamaged as error:
        yield Finding(CHECK, "damaged", f"block {walk.height + 1}: {error}", RESTORE)
        return
    except StoreDamaged as error:
        yield Finding("index", "damaged", f"block {walk.height}: {error}", REPAIR)
        return
    except Pruned as pruned:
        if chain is None:
            raise  # from such a log no store can be made
        text = f"not examined: {pruned}"
        yield Finding(CHECK, "note", text, "run this on an archive node")
        return
    yield ok(CHECK, walk.summary())
    if chain is None:
        text = f"{walk.signatures} signatures were not checked: their keys stand in the store"
        yield Finding(CHECK, "note", text, f"{REPAIR}, then tongjian doctor --deep")


class _Walk:
    """Follows the chain of blocks from the first and remembers where it stands."""

    def __init__(self, home: Home, chain: Chain | None) -> None:
        genesis = home.genesis()
        self.digest = hash_of(HashSuite(genesis.hash_suite))
        self.chain_id = compute_chain_id(genesis)
        self.height = -1
        self.transactions = 0
        self.signatures = 0
        self._home = home
        self._chain = chain
        self._anchors = home.anchors(chain)
        self._opener = Opener(_registry(), self.chain_id, self.digest)
        self._previous = ZERO_DIGEST
        self._time_ms = 0
        self._log = Frontier(self.digest)

    def frames(self) -> Iterator[Frame]:
        """Yield the stored blocks; with a store, those that it has taken in."""
        with BlockLog(self._home.folder / LOG_NAME, self.chain_id, writable=False) as log:
            end = log.size()
            if self._chain is not None and self._chain.tip is not None:
                end = self._chain.tip.log_end
            for frame in log.frames(PROLOGUE_BYTES):
                if frame.offset >= end:
                    return
                yield frame

    def take(self, frame: Frame) -> None:
        """Check one block; raises `LogDamaged` where it does not hold, `StoreDamaged` its index."""
        header, seal, body = read_frame(frame)
        self._check_header(header, body)
        self._check_seal(header, seal)
        results = list(self._results(body))
        first = self._log.size
        leaves = [leaf_hash(self.digest, compute_log_leaf(self.digest, one)) for one in results]
        for leaf in leaves:
            self._log.append(leaf)
        if (self._log.root(), self._log.size) != (header.log_root, header.log_size):
            raise LogDamaged("what it decided does not give the log root of its header")
        self.height = int(header.height)
        self._previous = compute_header_hash(self.digest, encode(header))
        self._time_ms = int(header.time_ms)
        self.transactions += len(body.envelopes)
        if self._chain is not None:
            self._check_index(self._chain, frame, first, (results, leaves))

    def _check_header(self, header: Header, body: Body) -> None:
        wanted: dict[str, Any] = {
            "chain": self.chain_id,
            "height": self.height + 1,
            "previous": self._previous,
            "batch": compute_batch(self.digest, body.envelopes),
        }
        for name, value in wanted.items():
            if getattr(header, name) != value:
                raise LogDamaged(f"the `{name}` of its header does not follow from what is before")
        if header.time_ms < self._time_ms:
            raise LogDamaged("it is older than the block before")

    def _check_seal(self, header: Header, seal: Seal) -> None:
        if self._chain is not None:
            key = self._chain.sealing_key(header.height)
            check_seal(key.suite, key.public, self, header, seal)
        else:
            suite, public = self._anchors.seal_at(header.height)
            check_seal(suite, public, self, header, seal)

    def _results(self, body: Body) -> Iterator[Result]:
        if len(body.decisions) != len(body.timers) + len(body.envelopes):
            raise LogDamaged("it has not one decision for each thing that it records")
        identities = [*body.timers, *(self._check_envelope(data).id for data in body.envelopes)]
        for identity, decision in zip(identities, body.decisions, strict=True):
            yield Result(
                transaction=as_digest(identity), outcome=decision.outcome, events=decision.events
            )

    def _check_envelope(self, data: bytes) -> Incoming:
        try:
            incoming = self._opener.open(data)
            self.signatures += len(incoming.signatures)
            if self._chain is not None:
                verify_signatures(incoming, self._chain.machine.directory)
        except (Malformed, Refused, SignatureInvalid) as error:
            raise LogDamaged(f"one of its transactions is not sound: {error}") from error
        return incoming

    def _check_index(
        self,
        chain: Chain,
        frame: Frame,
        first: int,
        recorded: tuple[list[Result], list[bytes]],
    ) -> None:
        meta = chain.store.block(self.height)
        if meta is None or (meta.offset, meta.log_size) != (frame.offset, self._log.size):
            raise StoreDamaged("the index has another place for it")
        for position, (result, leaf) in enumerate(zip(*recorded, strict=True)):
            place = chain.store.transaction(result.transaction)
            if place != Place(self.height, position):
                raise StoreDamaged(f"the index has lost transaction {result.transaction.hex()}")
            if _tile_leaf(chain, first + position) != leaf:
                raise StoreDamaged(f"entry {first + position} of the log is not what it decided")

    def check_end(self) -> None:
        """Raise where the walk ends elsewhere than the store says."""
        chain = self._chain
        if chain is None:
            return
        if self.height != chain.height or self._previous != (chain.tip and chain.tip.header_hash):
            raise LogDamaged(f"the chain ends here, the store stands at height {chain.height}")

    def summary(self) -> str:
        """Return what held."""
        signed = f", {self.signatures} signatures" if self._chain is not None else ""
        return (
            f"{self.height + 1} blocks: checksums, chain of headers, seals, "
            f"{self.transactions} transactions{signed}"
        )


def _tile_leaf(chain: Chain, index: int) -> bytes:
    try:
        return chain.store.tiles.node(0, index)
    except (KeyError, IndexError) as error:
        raise StoreDamaged(f"the log lacks entry {index}") from error


def _registry() -> Any:
    from tongjian.catalogue import load_registry

    return load_registry()


__all__ = ["Damaged", "check_blocks"]
