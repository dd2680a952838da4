"""A stored block as an auditor opens it: form, chain of headers, envelopes, each fault named."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tongjian.core.block import (
    BODIES,
    HEADERS,
    SEALED,
    Body,
    Decision,
    Header,
    Seal,
    Sealed,
    compute_batch,
    compute_header_hash,
    encode_body,
    findings_of,
)
from tongjian.core.encoding import Malformed
from tongjian.core.envelope import Incoming, Opener
from tongjian.core.hashing import Hash
from tongjian.core.machine import Applied
from tongjian.engines.audit.difference import Difference, Differs, Value
from tongjian.storage.blocklog import Frame


class Block(NamedTuple):
    """A decoded block whose header follows from the one before."""

    frame: Frame
    header: Header
    header_bytes: bytes
    header_hash: bytes
    seal: Seal
    body: Body
    incoming: tuple[Incoming, ...]


class Links:
    """Where the chain of headers stands: what the next one must name."""

    def __init__(self, opener: Opener, chain_id: bytes, digest: Hash) -> None:
        """Begin before the first block of a chain."""
        self._opener = opener
        self._chain_id = chain_id
        self._digest = digest
        self.height = -1
        self.header_hash = bytes(32)
        self.time_ms = 0

    def open(self, frame: Frame) -> Block:
        """Return the next block; raises `Differs` where it is not one, or does not follow."""
        height = self.height + 1
        sealed: Sealed = _decode(SEALED.decode, frame.head, height, "head")
        header: Header = _decode(HEADERS.decode, sealed.header, height, "header")
        # That the body has its one valid form shows when it is compared with the one made again.
        body: Body = _decode(BODIES.decode_trusted, frame.body, height, "body")
        self._check(header, height)
        batch = compute_batch(self._digest, body.envelopes)
        _expect(height, "header.batch", header.batch, batch, "it is not the hash of its envelopes")
        incoming = tuple(
            self._open_one(data, height, position) for position, data in enumerate(body.envelopes)
        )
        self.height = height
        self.header_hash = compute_header_hash(self._digest, sealed.header)
        self.time_ms = int(header.time_ms)
        return Block(frame, header, sealed.header, self.header_hash, sealed.seal, body, incoming)

    def resume(self, block: Header, header_hash: bytes) -> None:
        """Go on after a block that was replayed earlier."""
        self.height = int(block.height)
        self.header_hash = header_hash
        self.time_ms = int(block.time_ms)

    def _check(self, header: Header, height: int) -> None:
        for name, wanted, why in (
            ("chain", self._chain_id, "it is of another ledger"),
            ("height", height, "it does not follow the block before"),
            ("previous", self.header_hash, "it is not the hash of the header before"),
        ):
            _expect(height, f"header.{name}", getattr(header, name), wanted, why)
        if header.time_ms < self.time_ms:
            why = "its time lies before that of the block before"
            _differ(height, "header.time_ms", int(header.time_ms), self.time_ms, why)

    def _open_one(self, data: bytes, height: int, position: int) -> Incoming:
        try:
            return self._opener.open(data)
        except Malformed as error:
            place = f"envelope {position}"
            raise Differs(Difference(height, "envelope", f"it is none: {error}", place)) from error


def _decode(decode: Callable[[bytes], Any], data: bytes, height: int, field: str) -> Any:
    try:
        return decode(data)
    except Malformed as error:
        raise Differs(Difference(height, field, f"it cannot be decoded: {error}")) from error


def _differ(height: int, field: str, recorded: Value, expected: Value, why: str) -> None:
    raise Differs(Difference(height, field, why, recorded=recorded, expected=expected))


def _expect(height: int, field: str, recorded: Value, expected: Value, why: str) -> None:
    if recorded != expected:
        _differ(height, field, recorded, expected, why)


def check_results(block: Block, applied: Applied) -> None:
    """Raise `Differs` at the first recorded decision that is not the one just made."""
    results, body = applied.results, block.body
    if encode_body(body.envelopes, results, findings_of(body)) == block.frame.body:
        return
    height = int(block.header.height)
    timers = tuple(result.transaction for result in results[: applied.timers])
    if timers != body.timers:
        why = "the deadlines that have come by its time are others"
        recorded, expected = (b"".join(ids) for ids in (body.timers, timers))
        _differ(height, "deadlines", recorded, expected, why)
    if len(body.decisions) != len(results):
        why = "it has not one decision for each thing that it records"
        _differ(height, "decisions", len(body.decisions), len(results), why)
    for position, (decision, result) in enumerate(zip(body.decisions, results, strict=True)):
        place = place_of(position, applied.timers, result.transaction)
        _check_decision(height, place, decision, (result.outcome, result.events))
    raise Differs(Difference(height, "body", "its bytes are not in the one valid form"))


def place_of(position: int, timers: int, identity: bytes) -> str:
    """Return the name of a decision's place in a block."""
    if position < timers:
        return f"deadline {position} ({identity.hex()})"
    return f"transaction {position - timers} ({identity.hex()})"


def _check_decision(
    height: int, place: str, decision: Decision, made: tuple[str, tuple[bytes, ...]]
) -> None:
    outcome, events = made
    if decision.outcome != outcome:
        why = "it was decided otherwise than the rules decide"
        texts = decision.outcome.encode("ascii"), outcome.encode("ascii")
        raise Differs(Difference(height, "outcome", why, place, *texts))
    for number in range(max(len(decision.events), len(events))):
        recorded, expected = (
            side[number] if number < len(side) else None for side in (decision.events, events)
        )
        if recorded != expected:
            why = "it is not the event that the act announces"
            where = f"{place}, event {number}"
            raise Differs(Difference(height, "event", why, where, recorded, expected))
