"""What a node of a network prunes: old blocks, rows that were replaced long ago, the engine's past.

What receipts of the state since then need stays: every hash of state and log, every header, and of
each transaction its height and outcome. An archive node prunes nothing.
"""

from bisect import bisect_left
from typing import Final, NamedTuple

import structlog

from tongjian.engines.chain import Chain
from tongjian.engines.comet.snapshots import Snapshots
from tongjian.engines.seals import network_seal
from tongjian.storage.blocklog import Kept
from tongjian.storage.errors import StorageError
from tongjian.storage.packing import Floor

STEP_MIN: Final = 16
"""Blocks pruned at once, so that the work is done now and then."""
STEP_MAX: Final = 256
"""And so many at most, so that no block waits for it."""

_log: Final = structlog.get_logger("retention")


class Policy(NamedTuple):
    """How much is kept."""

    blocks: int
    """Blocks of the ledger; 0 for all."""
    engine_blocks: int
    """Of the engine, at least: while a double signature is punished, its block must be here."""
    age_ms: int
    """And what is not as old as that."""
    step: int = STEP_MIN
    snapshots: bool = False
    """Nothing goes before there is a snapshot: it has the ids that blocks would be asked for."""


class Retention:
    """Prunes after a block was committed, on the thread that committed it."""

    def __init__(self, chain: Chain, snapshots: Snapshots, policy: Policy) -> None:
        """Prune a chain by a policy, but nothing that a snapshot on offer is followed by."""
        self._chain = chain
        self._snapshots = snapshots
        self._policy = policy
        self._retain = (-1, 0)

    def after_commit(self, engine_height: int) -> int:
        """Prune what is due; return from which height on the engine must keep its blocks."""
        chain, policy = self._chain, self._policy
        if not policy.blocks or chain.tip is None:
            return 0
        with chain.lock:
            floor = chain.store.floor
            first = 0 if floor is None else floor.blocks
            try:
                begin = self._begin(first, engine_height)
                if begin - first >= policy.step:
                    prune(chain, begin)
                    first = begin
                return self._engine_height(first)
            except StorageError as error:
                _log.warning("not pruned", why=str(error))
                return self._retain[1]

    def _begin(self, first: int, engine_height: int) -> int:
        """Return the first block that must be kept."""
        chain, policy = self._chain, self._policy
        end = min(chain.height - policy.blocks + 1, first + STEP_MAX, self._offered())
        if end <= first or chain.tip is None:
            return first
        oldest_ms = chain.tip.time_ms - policy.age_ms

        def is_young(height: int) -> bool:
            seal = network_seal(chain.sealed(height).seal)
            at = 0 if seal is None else int(seal.height)
            return at > engine_height - policy.engine_blocks or (
                chain.header(height).time_ms > oldest_ms
            )

        return first + bisect_left(range(first, end), True, key=is_young)  # noqa: FBT003 - of a key

    def _offered(self) -> int:
        """Return the block of the oldest snapshot on offer: newcomers go on from there."""
        heights = self._snapshots.heights()
        if not heights:
            return 0 if self._policy.snapshots else self._chain.height
        return self._snapshots.block_of(heights[-1])

    def _engine_height(self, first: int) -> int:
        if self._retain[0] != first:
            seal = network_seal(self._chain.sealed(first).seal)
            self._retain = first, 0 if seal is None else int(seal.height)
        return self._retain[1]


def prune(chain: Chain, begin: int) -> None:
    """Remove the blocks before one, and the rows that were replaced before it.

    The block log gives its room back a step later than the store forgets: a power cut may take back
    the store's last transaction, and it must then find the blocks that it names.
    """
    floor = chain.store.floor
    first = 0 if floor is None else floor.blocks
    headers: list[tuple[int, bytes]] = []
    refused: list[tuple[bytes, int, int, str]] = []
    for height in range(first, begin):
        headers.append((height, chain.sealed(height).header))
        refused += chain.refused(height)
    offset = chain.frame(first).offset
    state = begin if floor is None else max(begin, floor.state)
    chain.store.prune(Floor(state=state, blocks=begin), headers, refused)
    if first:
        chain.log.keep_from(Kept(first, offset))


def make_policy(keep_blocks: int, evidence: dict[str, str], *, snapshots: bool) -> Policy:
    """Return the policy of a node: its settings, and the evidence parameters of the genesis."""
    return Policy(
        keep_blocks,
        int(evidence["max_age_num_blocks"]),
        int(evidence["max_age_duration"]) // 1_000_000,
        snapshots=snapshots,
    )
