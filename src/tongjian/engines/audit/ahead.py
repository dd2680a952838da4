"""Blocks whose signatures are checked by other processes while earlier blocks are decided."""

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from tongjian.core.block import compute_seal_message, compute_seal_protected
from tongjian.core.directory import Directory, SealKey
from tongjian.core.genesis import Genesis
from tongjian.core.machine import Machine
from tongjian.core.operation import InvariantBroken, Refused
from tongjian.core.signatures import KeySuite, SignatureInvalid, compute_key_id, verify
from tongjian.core.validators import NETWORK_SUITE
from tongjian.engines.audit.blocks import Block
from tongjian.engines.audit.difference import Difference, Differs
from tongjian.engines.checkers import Checkers, Job, Ticket
from tongjian.engines.seals import expect_network_seal
from tongjian.storage.errors import ReplayDiffers

STRETCHES_MAX: Final = 3
"""Of blocks on their way through the checkers."""
STRETCH_JOBS: Final = 400
AHEAD_BYTES: Final = 8 * 1024 * 1024
"""Of blocks read ahead, one more stretch aside: decoded they take some ten times that."""

Key = tuple[int, bytes]
"""Suite and public key; suite 0 stands for a key that nobody has enrolled yet."""
_UNKNOWN: Final = (0, b"")
_NO_JOB: Final[Job] = (0, b"", b"", b"")
"""Stands where a block has no signature of an operator; its verdict is not looked at."""


class Stretch(NamedTuple):
    """Some blocks in a row whose signatures are checked together."""

    blocks: list[Block]
    keys: list[Key]
    """By which key each signature is checked: the seal of a block, then its transactions."""
    ticket: Ticket
    epoch: int
    size: int


class Signed:
    """Gives blocks in order, each once all its signatures hold under the keys on the ledger."""

    def __init__(
        self, blocks: Iterator[Block], machine: Machine, checkers: Checkers, genesis: Genesis
    ) -> None:
        """Take blocks as they are read; the machine's directory is that of the last one decided."""
        self._blocks = blocks
        self._chain, self._digest = machine.chain, machine.digest
        self._directory: Directory = machine.directory
        self._checkers = checkers
        self._seals = [(0, SealKey(suite=genesis.seal_suite, public=genesis.seal_public))]
        self._ahead: deque[Stretch] = deque()
        self._ended: Exception | None = None
        self._epoch = 0
        self.signatures = 0
        """Checked so far, seals included."""

    def changed(self) -> None:
        """Note that the directory changed: keys that were asked for before are asked for again."""
        self._epoch += 1
        self._seals = self._directory.seal_keys()

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks; raises `Differs` for the first that does not hold.

        What follows a block is read before that block is decided, so a key may be enrolled in
        between: it is looked up again when the block that uses it has its turn.
        """
        while True:
            while self._may_go_on():
                self._ahead.append(self._read())
            if not self._ahead:
                break
            stretch = self._ahead.popleft()
            verdicts = self._checkers.collect(stretch.ticket)
            if len(verdicts) != len(stretch.keys):
                msg = f"{len(verdicts)} verdicts came of {len(stretch.keys)} signatures"
                raise InvariantBroken(msg)
            at = 0
            for block in stretch.blocks:
                end = at + 1 + sum([len(one.signatures) for one in block.incoming])
                self._check(block, stretch.keys[at:end], verdicts[at:end], stretch.epoch)
                self.signatures += end - at
                at = end
                yield block
        if not isinstance(self._ended, StopIteration) and self._ended is not None:
            raise self._ended

    def _may_go_on(self) -> bool:
        if self._ended is not None or len(self._ahead) >= STRETCHES_MAX:
            return False
        if not self._ahead:
            return True
        # Nobody's key is known before the founding block is decided.
        return self._epoch > 0 and sum(stretch.size for stretch in self._ahead) < AHEAD_BYTES

    def _read(self) -> Stretch:
        blocks: list[Block] = []
        keys: list[Key] = []
        jobs: list[Job] = []
        size = 0
        while len(jobs) < STRETCH_JOBS and size < AHEAD_BYTES:
            try:
                block = next(self._blocks)
            except Exception as ended:  # noqa: BLE001 - raised when the blocks before are done
                self._ended = ended
                break
            blocks.append(block)
            size += len(block.frame.body)
            self._add(block, keys, jobs)
            if not self._epoch:
                break
        return Stretch(blocks, keys, self._checkers.submit(jobs), self._epoch, size)

    def _add(self, block: Block, keys: list[Key], jobs: list[Job]) -> None:
        key = self._seal_key(block)
        keys.append(key)
        if key[0] == NETWORK_SUITE:
            jobs.append(_NO_JOB)
        else:
            jobs.append((*key, self._seal_message(block, key), block.seal.signature))
        for one in block.incoming:
            for key_id, signature in zip(one.transaction.signers, one.signatures, strict=True):
                key = self._key(key_id)
                keys.append(key)
                jobs.append((*key, one.message, signature))

    def _seal_key(self, block: Block) -> Key:
        height = block.header.height
        found = [key for from_height, key in self._seals if from_height <= height][-1]
        return int(found.suite), bytes(found.public)

    def _seal_message(self, block: Block, key: Key) -> bytes:
        suite, public = key
        kid = compute_key_id(self._digest, KeySuite(suite), public)
        protected = compute_seal_protected(suite, kid)
        return compute_seal_message(self._chain, protected, block.header_bytes)

    def _key(self, key_id: bytes) -> Key:
        try:
            actor = self._directory.actor(key_id)
        except Refused:
            return _UNKNOWN
        return actor.suite, actor.public

    def _check(self, block: Block, keys: list[Key], verdicts: bytes, epoch: int) -> None:
        """Raise `Differs` unless every signature of a block holds."""
        height = int(block.header.height)
        suite, public = key = self._seal_key(block)
        if block.seal.suite != suite:
            why = "it is of another suite than the operator's key"
            raise Differs(Difference(height, "seal", why, "", int(block.seal.suite), suite))
        if suite == NETWORK_SUITE:
            _expect_network(block, public)
        elif epoch == self._epoch and all(verdicts):
            return
        elif keys[0] != key or not verdicts[0]:
            message = self._seal_message(block, key)
            _verify((suite, public, message, block.seal.signature), Difference(height, "seal", ""))
        self._check_transactions(block, keys, verdicts)

    def _check_transactions(self, block: Block, keys: list[Key], verdicts: bytes) -> None:
        height = int(block.header.height)
        at = 1
        for position, one in enumerate(block.incoming):
            place = f"transaction {position} ({one.id.hex()})"
            for key_id, signature in zip(one.transaction.signers, one.signatures, strict=True):
                key = self._key(key_id)
                where = f"{place}, key {key_id.hex()}"
                if key == _UNKNOWN:
                    why = "no such key is enrolled"
                    raise Differs(Difference(height, "signature", why, where))
                if keys[at] != key or not verdicts[at]:
                    job = (*key, one.message, signature)
                    _verify(job, Difference(height, "signature", "", where))
                at += 1


def _expect_network(block: Block, validators: bytes) -> None:
    """Expect the seal of the network: who signed for it is proven by receipts, not by the log."""
    try:
        expect_network_seal(validators, block.header, block.seal)
    except ReplayDiffers as error:
        raise Differs(Difference(int(block.header.height), "seal", str(error))) from error


def _verify(job: Job, found: Difference) -> None:
    """Verify one signature here; raises `Differs` with the reason."""
    try:
        verify(*job)
    except SignatureInvalid as error:
        difference = Difference(found.height, found.field, str(error), found.place)
        raise Differs(difference) from error
