"""Composes, signs and submits acts in this process; or decides them without recording anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.words import KERNEL, Refusal, read_refusal
from tongjian.core.directory import Kernel
from tongjian.core.envelope import verify_signatures
from tongjian.core.machine import outcome_of
from tongjian.core.operation import Act, Event, Refused
from tongjian.core.registry import Registry
from tongjian.engines.chain import Chain
from tongjian.engines.solo import Outcome, Status
from tongjian.node.client import Client, is_running
from tongjian.node.clock import now_ms
from tongjian.node.home import Home
from tongjian.node.keys import KeyPair
from tongjian.node.signing import sign_acts

_UNAUTHORISED: Final = frozenset(
    code.number
    for code in (
        Kernel.KEY_UNKNOWN,
        Kernel.KEY_NOT_YET_VALID,
        Kernel.KEY_REVOKED,
        Kernel.KEY_EXPIRED,
        Kernel.OFFICER_SUSPENDED,
        Kernel.OFFICE_CLOSED,
        Kernel.NOT_PERMITTED,
        Kernel.PERSON_SUSPENDED,
    )
)


@dataclass(frozen=True)
class Answer:
    """What became of a transaction, or would become of it."""

    status: Status
    id: bytes
    height: int
    """-1 where it is not on the ledger."""
    refusal: Refusal | None
    events: tuple[Event, ...]
    detail: str

    @property
    def code(self) -> ExitCode:
        """The exit code that tells it."""
        if self.refusal is not None:
            is_about_who = self.refusal.service == KERNEL and self.refusal.number in _UNAUTHORISED
            return ExitCode.UNAUTHORISED if is_about_who else ExitCode.CONFLICT
        return _CODES[self.status]


_CODES: Final = {
    Status.COMMITTED: ExitCode.OK,
    Status.REFUSED: ExitCode.CONFLICT,
    Status.TURNED_AWAY: ExitCode.CONFLICT,
    Status.MALFORMED: ExitCode.USAGE,
    Status.NOT_RECORDED: ExitCode.UNAVAILABLE,
    Status.UNKNOWN: ExitCode.UNKNOWN,
}


def keys_of(home: Home, holders: Sequence[str]) -> list[KeyPair]:
    """Return the keys of the holders who sign, in order; raises `Failure` for one named twice."""
    for position, holder in enumerate(holders):
        if holder in holders[:position]:
            raise Failure(
                ExitCode.USAGE,
                f"{holder} is named twice.",
                why="Each signer signs once.",
                rule="separation of duties: every signature is another natural person's",
                then="tongjian keys list",
            )
    return [home.key(holder) for holder in holders]


def submit(home: Home, holders: Sequence[str], acts: tuple[Act, ...]) -> Answer:
    """Record a transaction and return its durable answer."""
    keys = keys_of(home, holders)
    if is_running(home.folder):
        with home.open() as chain:
            return _through_node(home, chain, sign_acts(chain, keys, acts))
    with home.engine() as engine:
        (outcome,) = engine.submit([sign_acts(engine.chain, keys, acts)]).result()
        return answer_of(engine.chain, outcome)


def _through_node(home: Home, chain: Chain, envelope: bytes) -> Answer:
    """Hand an envelope to the node that runs over this ledger."""
    client = Client([home.folder])
    try:
        (outcome,) = client.submit([envelope])
    finally:
        client.close()
    chain.refresh()
    return answer_of(chain, outcome)


def send(home: Home, envelope: bytes) -> Answer:
    """Record a transaction that was signed before and return its durable answer."""
    if is_running(home.folder):
        with home.open() as chain:
            return _through_node(home, chain, envelope)
    with home.engine() as engine:
        (outcome,) = engine.submit([envelope]).result()
        return answer_of(engine.chain, outcome)


def answer_of(chain: Chain, outcome: Outcome) -> Answer:
    """Return an engine's outcome with its words and its events."""
    registry = chain.machine.registry
    refusal = read_refusal(registry, outcome.refusal) if outcome.refusal else None
    events: tuple[Event, ...] = ()
    if outcome.status is Status.COMMITTED:
        recorded = chain.result(outcome.id)
        if recorded is not None:
            events = events_of(registry, recorded[2].events)
    return Answer(outcome.status, outcome.id, outcome.height, refusal, events, outcome.detail)


def events_of(registry: Registry, encoded: Sequence[bytes]) -> tuple[Event, ...]:
    """Return the events of a result."""
    return tuple(registry.event_codec.decode(event) for event in encoded)


def rehearse(home: Home, holders: Sequence[str], acts: tuple[Act, ...]) -> Answer:
    """Return what would become of a transaction in the next block; nothing is recorded."""
    keys = keys_of(home, holders)
    with home.open() as chain:
        return decide(chain, sign_acts(chain, keys, acts))


def decide(chain: Chain, envelope: bytes, *, is_signed: bool = True) -> Answer:
    """Return what the next block would decide of an envelope, were it the only one.

    One that is not signed yet is decided as if all its signers had signed.
    """
    machine = chain.machine
    incoming = chain.opener.open(envelope)
    height = chain.height + 1
    time_ms = max(now_ms(), chain.tip.time_ms if chain.tip else 0)
    try:
        machine.check(incoming, height, time_ms)
        if is_signed:
            verify_signatures(incoming, machine.directory)
    except Refused as refused:
        refusal = read_refusal(machine.registry, outcome_of(machine.registry, refused, 0))
        return Answer(Status.TURNED_AWAY, incoming.id, -1, refusal, (), str(refused))
    result = machine.apply(height, time_ms, [incoming]).results[-1]
    if result.outcome:
        refusal = read_refusal(machine.registry, result.outcome)
        return Answer(Status.REFUSED, incoming.id, height, refusal, (), "")
    events = events_of(machine.registry, result.events)
    return Answer(Status.COMMITTED, incoming.id, height, None, events, "")
