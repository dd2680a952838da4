"""The ledger as CometBFT sees it: blocks are decided over what is committed, and kept in Commit.

What the engine calls the app hash is the hash of the ledger's newest header, which commits to
state, log, time and batch (docs/decisions/0013-network.md). A block of the engine that records
nothing and meets no deadline makes no block of the ledger, and leaves that hash as it is.
"""

import json
import threading
from collections.abc import Callable, Sequence
from typing import Final, cast

from tongjian.core import limits
from tongjian.core.block import Result
from tongjian.core.encoding import Malformed
from tongjian.core.envelope import Incoming
from tongjian.core.machine import HandlerFault
from tongjian.core.operation import InvariantBroken
from tongjian.core.validators import NETWORK_SUITE
from tongjian.engines.chain import Chain
from tongjian.engines.checkers import Checkers
from tongjian.engines.comet.admission import Admission, Admitted, Bad, Left
from tongjian.engines.comet.bundles import BUNDLE_BYTES_MAX, envelopes_of, is_tick, make_tick
from tongjian.engines.comet.members import nodes_of, validator_updates
from tongjian.engines.comet.misdeeds import findings_from
from tongjian.engines.comet.parts import Counts, Listener, Lock, Pending, milliseconds, refusal
from tongjian.engines.comet.questions import answer_query
from tongjian.engines.comet.releases import expect_rules
from tongjian.engines.comet.snapshots import Snapshots
from tongjian.engines.comet.wire import Message
from tongjian.engines.frames import Decided
from tongjian.engines.seals import make_network_seal, network_seal
from tongjian.verifier.protobuf import pack_uvarint

LAG_MS_MAX: Final = 2000
"""A proposer whose clock is so far ahead of a block's time leaves it empty, and so renews time."""
TICKS_MAX: Final = 16
GAP_LOOK_S: Final = 0.002
"""How often a check that waits for the ledger looks whether it would wait for Commit."""
APP_VERSION: Final = 1

RECORDED, LEFT_OUT, NO_FORM = 0, 1, 2
"""Codes of the engine's results; what became of an envelope is in the ledger's log."""
ACCEPT, REJECT = 1, 2
RECHECK: Final = 1


class Application:
    """Answers the engine, one method a request; each takes the chain's lock while it looks."""

    def __init__(
        self,
        chain: Chain,
        checkers: Checkers,
        clock: Callable[[], int],
        listener: Listener | None = None,
    ) -> None:
        """Serve an open, writable chain."""
        self.chain = chain
        self._lock = cast("Lock", chain.lock)
        self.counts = Counts()
        self.admission = Admission(chain, checkers)
        self.listener = listener
        self.initial_height = 0
        self.retain: Callable[[int], int] | None = None
        """Prunes after a commit; says from which height on the engine keeps its blocks."""
        self.invited: frozenset[str] = frozenset()
        """Peers that a node without a ledger lets in: those of its invitation."""
        self.heard: Callable[[int, list[Message]], None] | None = None
        """Told who voted for a block, before the one after it is decided."""
        self._clock = clock
        self._pending: Pending | None = None
        self._rules_known_at = -1
        self._holder = 0
        """The thread that holds the chain's lock over a decided block; 0 for none."""
        self.engine_height = self._durable_height()
        self.snapshots = Snapshots(chain, lambda: self.engine_height, self.begin_again)

    def _durable_height(self) -> int:
        """Return the engine's height that the newest block of the ledger was decided at."""
        tip = self.chain.height
        seal = network_seal(self.chain.sealed(tip).seal) if tip >= 0 else None
        return 0 if seal is None else int(seal.height)

    def handlers(self) -> dict[str, Callable[[Message], Message]]:
        """Return what answers each request, by its name."""
        return {
            "info": self.info,
            "init_chain": self.init_chain,
            "query": self.query,
            "check_tx": self.check_tx,
            "prepare_proposal": self.prepare_proposal,
            "process_proposal": self.process_proposal,
            "finalize_block": self.finalize_block,
            "commit": self.commit,
            **self.snapshots.handlers(),
        }

    # -- where the ledger stands ----------------------------------------------------------------

    def info(self, request: Message) -> Message:
        """Say what is durable; the engine replays what came after."""
        del request
        with self.chain.lock:
            height = self._durable_height()
            return {
                "data": "tongjian",
                "version": "1",
                "app_version": APP_VERSION,
                "last_block_height": height,
                "last_block_app_hash": self.header_hash() if height else b"",
            }

    def header_hash(self) -> bytes:
        """Return the hash of the ledger's newest header: the engine's app hash."""
        tip = self.chain.tip
        if tip is None:
            msg = "the ledger has no block; found it before it joins a network"
            raise InvariantBroken(msg)
        return tip.header_hash

    def init_chain(self, request: Message) -> Message:
        """Begin where the ledger stands; the engine's genesis names that block.

        The engine asks again where it was stopped before the first block.
        """
        with self.chain.lock:
            state = json.loads(request["app_state_bytes"] or b"{}")
            found = (self.chain.chain_id.hex(), self.chain.height, self.header_hash().hex())
            named = (state.get("chain"), state.get("height"), state.get("header"))
            if named != found:
                msg = (
                    f"the network begins after block {named[1]} ({named[2]}) of chain {named[0]}; "
                    f"this ledger is {found[0]} at block {found[1]} ({found[2]})"
                )
                raise InvariantBroken(msg)
            self.initial_height = int(request["initial_height"])
            return {"app_hash": self.header_hash()}

    # -- what the mempool takes -----------------------------------------------------------------

    def check_tx(self, request: Message) -> Message:
        """Take a bundle whose signatures all hold and of which something can be recorded now.

        Between FinalizeBlock and Commit the ledger cannot be read, and the engine does not commit
        before this is answered: what has form is then taken, and looked at again after Commit,
        when the engine has everything in its mempool rechecked.
        """
        data: bytes = request["tx"]
        self.counts.checked += 1
        if len(data) > BUNDLE_BYTES_MAX:
            return refusal("the bundle is too large")
        if self.chain.tip is None:
            return refusal("this node is still taking a snapshot in")
        while self._pending is not None or not self._lock.acquire(timeout=GAP_LOOK_S):
            if self._pending is not None:
                return self._check_form(data)
        try:
            return self._check(data, again=request["type"] == RECHECK)
        finally:
            self._lock.release()

    def _check_form(self, data: bytes) -> Message:
        try:
            envelopes_of(data)
        except Malformed as error:
            return refusal(str(error))
        return {}

    def _check(self, data: bytes, *, again: bool) -> Message:
        if is_tick(data):
            return {} if data == self.tick() and self.has_due() else refusal("no deadline has come")
        self._expect_rules()
        self.admission.forget()  # blocks may be long in coming
        try:
            opened = self.admission.open(data)
        except Bad as bad:
            return refusal(str(bad))
        if not self.admission.all_verified(opened):
            return refusal("a key is not enrolled")
        if not self.admission.may_record(opened, self.now_ms()):
            return refusal("nothing of the bundle can be recorded")
        if again and self.listener is not None:
            self.listener.held(opened)
        return {}

    def _expect_rules(self) -> None:
        """Stop before the first block whose rules this release lacks; asked once a block."""
        if self._rules_known_at != self.chain.height:
            expect_rules(self.chain)
            self._rules_known_at = self.chain.height

    def tick(self) -> bytes:
        """Return the tick that makes the engine cut a block now; the same on every node."""
        return make_tick(self.engine_height)

    def now_ms(self) -> int:
        """Return this node's time, never before the ledger's: what the next block may have."""
        return self._time_ms(self._clock())

    def has_due(self) -> bool:
        """Say whether a deadline has come by this node's clock."""
        with self.chain.lock:
            return self.chain.machine.has_due(self._clock())

    # -- what a block may hold ------------------------------------------------------------------

    def prepare_proposal(self, request: Message) -> Message:
        """Propose what fits, in the order of the mempool.

        Block time is that of the last commit, so after a pause it lags. An honest proposer then
        proposes an empty block first: what is recorded next has a time of now.
        """
        with self.chain.lock:
            if self._clock() - milliseconds(request["time"]) > LAG_MS_MAX:
                return {"txs": [tx for tx in request["txs"] if is_tick(tx)][:TICKS_MAX]}
            room = request["max_tx_bytes"]
            chosen: list[bytes] = []
            ticks = count = acts = size = 0
            for data in request["txs"]:
                try:
                    opened = self.admission.open(data)
                except Bad:
                    continue
                room -= len(data) + len(pack_uvarint(len(data))) + 1
                ticks += is_tick(data)
                count += len(opened)
                acts += sum(len(one.transaction.acts) for one in opened)
                size += sum(len(one.data) for one in opened)
                full = (
                    count > limits.BLOCK_TRANSACTIONS_MAX
                    or acts > limits.BLOCK_ACTS_MAX
                    or size > limits.BLOCK_BYTES_MAX
                )
                if room < 0 or ticks > TICKS_MAX or (full and chosen):
                    break
                chosen.append(data)
            return {"txs": chosen}

    def process_proposal(self, request: Message) -> Message:
        """Accept a block of bundles with form, whose signatures hold; else vote for none.

        Envelopes that the ledger has already, or that came too late, do no harm: they are left out.
        """
        with self.chain.lock:
            transactions: list[bytes] = request["txs"]
            try:
                if sum(map(is_tick, transactions)) > TICKS_MAX:
                    what = "too many ticks"
                    raise Bad(what)  # noqa: TRY301 - told like the others
                opened = [self.admission.open(data) for data in transactions]
            except Bad:
                self.counts.rejected_proposals += 1
                return {"result": REJECT}
            count = sum(map(len, opened))
            if count > 2 * limits.BLOCK_TRANSACTIONS_MAX:
                self.counts.rejected_proposals += 1
                return {"result": REJECT}
            return {"result": ACCEPT}

    # -- deciding and keeping -------------------------------------------------------------------

    def finalize_block(self, request: Message) -> Message:
        """Decide a block in memory; nothing is durable before Commit.

        The chain's lock is kept until then: what is stored and the tree in memory are of two
        heights meanwhile. Commit, or `abandon`, is called on the same thread and gives it back.
        """
        self._lock.acquire()
        try:
            if self._pending is not None:
                msg = f"block {self._pending.engine_height} of the engine was not committed"
                raise InvariantBroken(msg)  # noqa: TRY301 - the lock is given back below
            answer, self._pending = self._finalize(request)
        except BaseException:
            self._lock.release()
            raise
        self._holder = threading.get_ident()
        return answer

    def _finalize(self, request: Message) -> tuple[Message, Pending]:
        codes: list[int] = []
        opened: list[list[Incoming]] = []
        for data in request["txs"]:
            try:
                opened.append(self.admission.open(data))
                codes.append(RECORDED)
            except Bad:
                codes.append(NO_FORM)
        commit = request["decided_last_commit"]
        if self.heard is not None and commit is not None:
            self.heard(request["height"] - 1, commit["votes"])
        self.counts.misbehaviour += request["misbehavior"]
        time_ms = self._time_ms(milliseconds(request["time"]))
        self._expect_rules()
        admitted = self.admission.admit(opened, time_ms)
        nodes = nodes_of(self.chain)
        app_hash = self.header_hash()
        updates: list[Message] = []
        findings = findings_from(self.chain, request["misbehavior"])
        decided = self._decide(request, admitted, time_ms, findings)
        if decided is not None:
            app_hash = self.chain.hash_of(decided.header)
            updates = validator_updates(nodes, decided.applied)
        answer: Message = {
            "tx_results": [{"code": code} for code in codes],
            "validator_updates": updates,
            "app_hash": app_hash,
        }
        return answer, Pending(
            request["height"],
            decided,
            admitted,
            request["hash"],
            request["next_validators_hash"],
        )

    def _time_ms(self, time_ms: int) -> int:
        tip = self.chain.tip
        return max(time_ms, tip.time_ms if tip is not None else 0)

    def _decide(
        self, request: Message, admitted: Admitted, time_ms: int, findings: tuple[bytes, ...]
    ) -> Decided | None:
        """Decide the ledger's next block, leaving out what a handler fails on: all nodes do.

        Returns none where nothing is to be recorded and no deadline has come.
        """
        chain = self.chain
        due = chain.machine.has_due(time_ms) or bool(findings)
        if due or admitted.incoming:
            self._expect_validators(request["next_validators_hash"])
        while due or admitted.incoming:
            try:
                return chain.decide(time_ms, admitted.incoming, admitted.actors, findings)
            except HandlerFault as fault:
                if fault.position < 0:
                    raise
                admitted.left.append(Left(admitted.incoming.pop(fault.position), "", str(fault)))
                admitted.actors.pop(fault.position)
        return None

    def _expect_validators(self, validators: bytes) -> None:
        height = self.chain.height + 1
        key = self.chain.sealing_key(height)
        if key.suite != NETWORK_SUITE or key.public != validators:
            msg = (
                f"the ledger names {key.public.hex()} to seal block {height}, the engine's "
                f"validators are {validators.hex()}"
            )
            raise InvariantBroken(msg)

    def commit(self, request: Message) -> Message:
        """Make the decided block durable, then answer those who wait for it."""
        del request
        pending = self._pending
        if pending is None or self._holder != threading.get_ident():
            msg = "the engine commits a block that was not decided"
            raise InvariantBroken(msg)
        results: Sequence[Result] = ()
        if pending.decided is not None:
            seal = make_network_seal(pending.engine_height, pending.block, pending.validators)
            self.chain.record(pending.decided, seal)
            applied = pending.decided.applied
            results = applied.results[applied.timers :]
            self.counts.blocks += 1
            self.counts.recorded += len(results)
        self.counts.commit()
        self.counts.left += len(pending.admitted.left)
        self.engine_height = pending.engine_height
        self.admission.forget()
        self._pending, self._holder = None, 0
        self._lock.release()
        if self.listener is not None:
            self.listener.committed(pending.admitted, results)
        return {} if self.retain is None else {"retain_height": self.retain(self.engine_height)}

    def abandon(self) -> None:
        """Go back to what is durable where this thread decided a block that is not committed.

        Called when a connection has ended; the engine asks again after its restart.
        """
        if self._holder != threading.get_ident():
            return
        try:
            self.chain.reload()
        finally:
            self._pending, self._holder = None, 0
            self._lock.release()

    def begin_again(self) -> None:
        """Stand where the ledger stands, before the engine starts anew."""
        with self.chain.lock:
            self.engine_height = self._durable_height()

    def query(self, request: Message) -> Message:
        """Answer whether a peer is a member, and rows with a proof against the app hash."""
        return answer_query(self.chain, self.invited, request)
