"""What may be in a block: bundles opened, signatures checked once, the rest left out alike.

Every node leaves out the same envelopes, because what decides is the committed state, the height,
the block's time and the bytes. What was verified for the mempool is not verified again in a block.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tongjian.core import limits
from tongjian.core.actors import Actor
from tongjian.core.encoding import Malformed
from tongjian.core.envelope import Incoming
from tongjian.core.machine import outcome_of
from tongjian.core.operation import Refused
from tongjian.engines.chain import Chain
from tongjian.engines.checkers import Checkers, Job
from tongjian.engines.comet.bundles import envelopes_of
from tongjian.engines.outcomes import BAD_SIGNATURE

VERIFIED_MAX: Final = 100_000
"""Envelopes whose verdict is remembered; two generations are kept."""
VERIFIED_BYTES_MAX: Final = 64 * 1024 * 1024
"""And so many bytes of them: a member may send large ones for ever."""


class Bad(Exception):
    """A transaction of the engine that no honest node would propose; the text says why."""


class Left(NamedTuple):
    """An envelope that a block carries and the ledger does not record."""

    incoming: Incoming
    refusal: str
    """`service/number@act`; empty where the ledger has it already."""
    detail: str


class Admitted(NamedTuple):
    """What a block is decided from."""

    incoming: list[Incoming]
    actors: list[tuple[Actor, ...]]
    left: list[Left]


class Admission:
    """Opens and judges what the engine carries, over the committed state of a chain."""

    def __init__(self, chain: Chain, checkers: Checkers) -> None:
        """Judge by a chain's directory; call it under the chain's lock."""
        self._chain = chain
        self._checkers = checkers
        self._verified: dict[bytes, Incoming] = {}
        self._verified_old: dict[bytes, Incoming] = {}
        self._verified_bytes = 0
        self.signatures = 0
        """Checked since the start."""

    def open(self, data: bytes) -> list[Incoming]:
        """Return the envelopes of a transaction, their signatures checked where keys are known.

        Raises `Bad` where it has no form, is of another chain, or a signature does not hold: keys
        never change under their id, so every node finds that at any time.
        """
        try:
            opened = [self._open_one(envelope) for envelope in envelopes_of(data)]
        except Malformed as error:
            raise Bad(str(error)) from error
        self._verify([one for one in opened if one.data not in self._verified])
        return opened

    def judge(self, envelope: bytes) -> Incoming:
        """Return an envelope on its own, checked like one of a bundle; raises `Bad`."""
        try:
            incoming = self._open_one(envelope)
        except Malformed as error:
            raise Bad(str(error)) from error
        if incoming.data not in self._verified:
            self._verify([incoming])
        return incoming

    def admit(self, transactions: Sequence[Sequence[Incoming]], time_ms: int) -> Admitted:
        """Return what of the opened transactions of a block the ledger can record, in order."""
        chain = self._chain
        height = chain.height + 1
        seen: dict[bytes, None] = {}
        admitted = Admitted([], [], [])
        size = acts = 0
        for incoming in (one for bundle in transactions for one in bundle):
            if incoming.id in seen or chain.store.transaction(incoming.id) is not None:
                admitted.left.append(Left(incoming, "", "recorded before"))
                continue
            more, further = len(incoming.data), len(incoming.transaction.acts)
            if (
                len(admitted.incoming) == limits.BLOCK_TRANSACTIONS_MAX
                or size + more > limits.BLOCK_BYTES_MAX
                or acts + further > limits.BLOCK_ACTS_MAX
            ):
                admitted.left.append(Left(incoming, "", "beyond what a block may hold"))
                continue
            try:
                actors = chain.machine.check(incoming, height, time_ms)
                if incoming.data not in self._verified:
                    self._verify([incoming])
            except Refused as refused:
                code = outcome_of(chain.machine.registry, refused, 0)
                admitted.left.append(Left(incoming, code, str(refused)))
                continue
            except Bad as bad:
                admitted.left.append(Left(incoming, "", str(bad)))
                continue
            seen[incoming.id] = None
            size, acts = size + more, acts + further
            admitted.incoming.append(incoming)
            admitted.actors.append(actors)
        return admitted

    def may_record(self, opened: Sequence[Incoming], time_ms: int) -> bool:
        """Say whether the ledger could record any of a bundle now; most often the first tells."""
        chain = self._chain
        height = chain.height + 1
        for incoming in opened:
            if chain.store.transaction(incoming.id) is not None:
                continue
            try:
                chain.machine.check(incoming, height, time_ms)
            except Refused:
                continue
            return True
        return False

    def all_verified(self, opened: Sequence[Incoming]) -> bool:
        """Say whether every signature of opened envelopes was checked: all their keys are known."""
        return all(one.data in self._verified for one in opened)

    def forget(self) -> None:
        """Drop the older generation of verdicts once the younger is full."""
        if len(self._verified) > VERIFIED_MAX or self._verified_bytes > VERIFIED_BYTES_MAX:
            self._verified_old, self._verified = self._verified, {}
            self._verified_bytes = 0

    def _open_one(self, envelope: bytes) -> Incoming:
        known = self._verified.get(envelope)
        if known is None:
            known = self._verified_old.get(envelope)
            if known is not None:
                self._remember(known)
        if known is not None:
            return known
        incoming = self._chain.opener.open(envelope)
        if incoming.transaction.chain != self._chain.chain_id:
            what = "a transaction of another chain"
            raise Malformed(what)
        return incoming

    def _verify(self, fresh: list[Incoming]) -> None:
        """Check signatures; an envelope whose keys are all known is remembered."""
        jobs: list[Job] = []
        complete: list[Incoming] = []
        for incoming in fresh:
            found = self._jobs(incoming)
            jobs += found
            if len(found) == len(incoming.signatures):
                complete.append(incoming)
        self.signatures += len(jobs)
        verdicts = self._checkers.collect(self._checkers.submit(jobs)) if jobs else b""
        if not all(verdicts):
            raise Bad(BAD_SIGNATURE)
        for incoming in complete:
            self._remember(incoming)

    def _remember(self, incoming: Incoming) -> None:
        self._verified[incoming.data] = incoming
        self._verified_bytes += len(incoming.data)

    def _jobs(self, incoming: Incoming) -> list[Job]:
        directory = self._chain.machine.directory
        jobs: list[Job] = []
        pairs = zip(incoming.transaction.signers, incoming.signatures, strict=True)
        for key_id, signature in pairs:
            try:
                actor = directory.actor(key_id)
            except Refused:
                continue
            jobs.append((actor.suite, actor.public, incoming.message, signature))
        return jobs
