"""State and log together: one step a block, one app hash."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tongjian.core.block import Result, compute_app_hash, compute_log_leaf
from tongjian.core.hashing import Hash
from tongjian.core.merkle import Frontier, leaf_hash
from tongjian.core.order import Entries
from tongjian.core.twigs import Staged, TwigTree


class Advance(NamedTuple):
    """What a block adds to state and log, and the roots that follow."""

    staged: Staged
    log_leaves: list[bytes]
    """Leaf hashes appended to the transaction log."""
    state_root: bytes
    log_root: bytes
    log_size: int
    app_hash: bytes


class Commitment:
    """The state tree and the frontier of the transaction log of one chain."""

    def __init__(self, digest: Hash) -> None:
        """Begin empty; storage restores both from what it holds."""
        self.digest = digest
        self.tree = TwigTree(digest)
        self.log = Frontier(digest)

    def advance(
        self,
        height: int,
        writes: Mapping[bytes, bytes | None],
        results: Sequence[Result],
        entries: Entries,
    ) -> Advance:
        """Take in a block and return what storage must make durable."""
        appended, retired = self.tree.stage(writes, height, entries)
        staged = self.tree.apply(appended, retired, height)
        digest = self.digest
        leaves = [leaf_hash(digest, compute_log_leaf(digest, result)) for result in results]
        self.log.extend(leaves)
        log_root = self.log.root()
        return Advance(
            staged,
            leaves,
            staged.root,
            log_root,
            self.log.size,
            compute_app_hash(digest, staged.root, log_root),
        )
