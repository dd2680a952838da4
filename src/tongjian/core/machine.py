"""The state machine: genesis, check, apply. The same block gives the same results everywhere.

The machine decides; it neither stores nor signs. An engine gives it decoded transactions whose
signatures were checked, and makes durable what it returns.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tongjian.core import limits
from tongjian.core.actors import Actor
from tongjian.core.block import Result, compute_finding_id
from tongjian.core.directory import TIMERS, Directory, Kernel, Reader, Timer
from tongjian.core.encoding import Malformed
from tongjian.core.envelope import Incoming, check_envelope
from tongjian.core.hashing import TAG_TIMER, Hash
from tongjian.core.ledger import Ledger, check_bounds
from tongjian.core.operation import Act, Event, InvariantBroken, Operation, Refused
from tongjian.core.permission import Context, Engine, require, roles_of
from tongjian.core.registry import Registry
from tongjian.core.seal import sealed

KERNEL = "kernel"
_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,  # with RecursionError, and with Barred of the guard
    StopIteration,
    TypeError,
    ValueError,
)
"""How a handler fails by a defect; a broken invariant or a lack of memory stops the node."""


class HandlerFault(Exception):
    """A handler failed, and not by refusing: a defect of its service.

    The block was not applied. The engine leaves the transaction out and says so loudly.
    """

    def __init__(self, position: int, tag: str) -> None:
        """Take the position of the transaction in the block and the tag of the act."""
        super().__init__(f"the handler of {tag} failed; its transaction was not applied")
        self.position = position


class Applied(NamedTuple):
    """What a block did."""

    results: tuple[Result, ...]
    timers: int
    """How many of the results nobody signed: of deadlines, then of findings; they come first."""
    writes: dict[bytes, bytes | None]
    rows: dict[bytes, Any]
    """The decoded rows behind `writes`."""


class Machine:
    """Decides blocks over committed state."""

    def __init__(self, registry: Registry, chain: bytes, digest: Hash, reader: Reader) -> None:
        """Run the services of a registry over the committed state of a chain."""
        self.registry = registry
        self.chain = chain
        self.digest = digest
        self.directory = Directory(reader)
        self._reader = reader
        self._decided_height = -1
        self._decided: dict[type[Act], Operation] = {}
        """The operations that decide acts at that height, as far as they were asked for."""

    def check(self, incoming: Incoming, height: int, time_ms: int) -> tuple[Actor, ...]:
        """Return the signers of a transaction that may be committed at the next height, or refuse.

        Checks chain, expiry, keys, then for each act that its service is active. Who may do it is
        decided in the block with the handlers: an earlier act of the block may change it, and an
        attempt without permission belongs on the ledger.
        """
        transaction = incoming.transaction
        actors = check_envelope(transaction, self.chain, height, time_ms, self.directory)
        for act in transaction.acts:
            self._operation(act, height)
        return actors

    def apply(
        self,
        height: int,
        time_ms: int,
        incoming: Sequence[Incoming],
        checked: Sequence[tuple[Actor, ...]] | None = None,
        findings: Sequence[bytes] = (),
    ) -> Applied:
        """Decide a block: deadlines that have come first, then the transactions in order.

        `findings` are acts of the network's engine; they are decided between the two.
        `checked` are the signers that `check` gave for each transaction at this very height and
        time, where the engine has asked already; the directory has not changed since. Raises
        `HandlerFault` where a handler failed, `InvariantBroken` where the ledger did.
        """
        ledger = Ledger(self._reader, self.directory, self.digest, height, time_ms, self.chain)
        with sealed():
            results = self._run_timers(ledger)
            results += self._run_findings(ledger, findings)
            timers = len(results)
            for position, transaction in enumerate(incoming):
                actors = None if checked is None else checked[position]
                results.append(self._run(ledger, position, transaction, actors))
        rows = {key: staged[0] for key, staged in ledger.block.items()}
        return Applied(tuple(results), timers, ledger.writes(), rows)

    def has_due(self, time_ms: int) -> bool:
        """Say whether a deadline has come by a time."""
        return bool(self._reader.scan(TIMERS.prefix, TIMERS.key_of((time_ms + 1,)), 1))

    def _run(
        self,
        ledger: Ledger,
        position: int,
        incoming: Incoming,
        actors: tuple[Actor, ...] | None,
    ) -> Result:
        """Decide one transaction, all or nothing."""
        transaction = incoming.transaction
        events: list[bytes] = []
        index = 0
        ledger.begin(incoming.id)
        try:
            if actors is None:
                actors = check_envelope(
                    transaction, self.chain, ledger.height, ledger.time_ms, self.directory
                )
            context = Context(actors, ledger.time_ms, self.directory, ledger.read)
            for index, act in enumerate(transaction.acts):  # noqa: B007 - a refusal names it
                events += self._perform(ledger, act, context, position)
            ledger.commit(events)
        except Refused as refused:
            return self._refusal(incoming.id, refused, index)
        return Result(transaction=_digest32(incoming.id), outcome="", events=tuple(events))

    def _run_timers(self, ledger: Ledger) -> list[Result]:
        """Decide the acts whose moment has come, each all or nothing."""
        results: list[Result] = []
        for key, timer in ledger.due_timers():
            ledger.drop_timer(key)
            act = self._timed_act(timer)
            identity = self.digest(TAG_TIMER + self.chain + key + timer.act)
            results.append(self._run_unsigned(ledger, identity, act))
        return results

    def _run_findings(self, ledger: Ledger, findings: Sequence[bytes]) -> list[Result]:
        """Decide what the engine found, each all or nothing."""
        results: list[Result] = []
        for finding in findings:
            act = self._found_act(finding, ledger.height)
            identity = compute_finding_id(self.digest, self.chain, finding)
            results.append(self._run_unsigned(ledger, identity, act))
        return results

    def _run_unsigned(self, ledger: Ledger, identity: bytes, act: Act) -> Result:
        """Decide an act that nobody signed."""
        ledger.begin(identity)
        context = Context((), ledger.time_ms, self.directory, ledger.read)
        try:
            events = self._perform(ledger, act, context, -1)
            ledger.commit(events)
        except Refused as refused:
            return self._refusal(identity, refused, 0)
        return Result(transaction=_digest32(identity), outcome="", events=tuple(events))

    def _refusal(self, identity: bytes, refused: Refused, act: int) -> Result:
        outcome = outcome_of(self.registry, refused, act)
        return Result(transaction=_digest32(identity), outcome=outcome, events=())

    def _perform(self, ledger: Ledger, act: Act, context: Context, position: int) -> list[bytes]:
        """Decide one act and return the bytes of its events, those of its consequences after."""
        operation = self._operation(act, ledger.height)
        context.act = act
        try:
            signers = require(operation.by, context)
            for signer in signers:
                if signer.limits:
                    ledger.charge(signer, roles_of(operation.by), _worth(operation, act))
                if signer.acting_for:
                    ledger.use_mandate(signer, _worth(operation, act))
            ledger.enter(operation, signers)
            happened = operation.handler(act, ledger)
            events = self._announced(operation, happened)
        except _FAULTS as error:
            raise HandlerFault(position, operation.tag) from error
        for follower in ledger.take_followers() if operation.follows else ():
            # Nobody signs a consequence: the ledger itself performs it, as it does on a deadline.
            nobody = Context((), ledger.time_ms, self.directory, ledger.read)
            events += self._perform(ledger, follower, nobody, position)
        return events

    def _announced(self, operation: Operation, happened: Event | tuple[Event, ...]) -> list[bytes]:
        """Return the bytes of an operation's events, each as a reader will decode it."""
        if isinstance(happened, operation.events):
            return [check_bounds(self.registry.event_codec, happened)[1]]
        announced = happened if isinstance(happened, tuple) else (happened,)
        if len(announced) > limits.EVENTS_PER_ACT_MAX:
            detail = f"At most {limits.EVENTS_PER_ACT_MAX} events an act."
            raise Refused(Kernel.OUT_OF_BOUNDS, detail)
        for event in announced:
            if not isinstance(event, operation.events):
                msg = f"{operation.tag} announces {type(event).__name__} without declaring it"
                raise TypeError(msg)
        return [check_bounds(self.registry.event_codec, event)[1] for event in announced]

    def _timed_act(self, timer: Timer) -> Act:
        try:
            act: Act = self.registry.act_codec.decode(timer.act)
        except Malformed as error:
            msg = f"a deadline on the ledger holds no act of this release: {error}"
            raise InvariantBroken(msg) from error
        return act

    def _found_act(self, finding: bytes, height: int) -> Act:
        """Return what the engine puts to the ledger; it may put nothing but what is its own."""
        try:
            act: Act = self.registry.act_codec.decode(finding)
            operation = self._operation(act, height)
        except (Malformed, Refused) as error:
            msg = f"a finding of the engine is no act of this release: {error}"
            raise InvariantBroken(msg) from error
        if not isinstance(operation.by, Engine):
            msg = f"{operation.tag} is nothing that an engine finds"
            raise InvariantBroken(msg)
        return act

    def _operation(self, act: Act, height: int) -> Operation:
        """Return what decides an act at a height; the directory stands still within one."""
        if height != self._decided_height:
            self._decided_height, self._decided = height, {}
        operation = self._decided.get(type(act))
        if operation is None:
            operation = self._decided[type(act)] = self._find_operation(act, height)
        return operation

    def _find_operation(self, act: Act, height: int) -> Operation:
        tag = str(act.__struct_config__.tag)
        service = tag.partition(".")[0]
        version = self.directory.version(service, height)
        known = self.registry.services[service].version
        if version > known:
            # Deciding by older rules than the other nodes would part the states.
            msg = f"{service} has rule version {version} in force; this release knows {known}"
            raise InvariantBroken(msg)
        operation = self.registry.operation(act, version)
        if operation is None:
            raise Refused(Kernel.SERVICE_INACTIVE, f"Act {tag}.")
        return operation


def outcome_of(registry: Registry, refused: Refused, act: int) -> str:
    """Return a refusal as the log writes it: `service/number@act`."""
    for name, service in registry.services.items():
        if isinstance(refused.code, service.refusals):
            return f"{name}/{refused.code.number}@{act}"
    return f"{KERNEL}/{refused.code.number}@{act}"


def _worth(operation: Operation, act: Act) -> int:
    """Return what an act is worth in fen; 0 where its operation names no amount."""
    return int(getattr(act, operation.amount)) if operation.amount else 0


def _digest32(data: bytes) -> Any:
    return data
