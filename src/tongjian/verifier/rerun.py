"""Decides a recorded decision again: the same handlers, over exactly the rows that are proven.

Only what a bundle shows can be read; a row that it leaves out ends the attempt. Nothing here needs
a ledger, a database or a network.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tongjian.core.actors import Actor
from tongjian.core.block import Header, Result
from tongjian.core.directory import Reader
from tongjian.core.encoding import Malformed
from tongjian.core.envelope import Incoming, Opener, verify_signatures
from tongjian.core.ledger import Ledger
from tongjian.core.machine import Applied, HandlerFault, Machine
from tongjian.core.operation import AnyTable, InvariantBroken, Refused
from tongjian.core.registry import Registry
from tongjian.core.signatures import SignatureInvalid
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.code import KERNEL, compute_code_digest
from tongjian.verifier.decisions import Turn, header_before, turn_of
from tongjian.verifier.proofs import EntryShown
from tongjian.verifier.receipt import Verified
from tongjian.verifier.statements import (
    CodeShown,
    DecisionStatement,
    RowStatement,
    TransactionStatement,
    Written,
)


class CannotDecide(Exception):
    """A decision that this release cannot decide again from what is shown; the text says why."""


@dataclass(frozen=True)
class Otherwise:
    """One thing in which the decision made again differs from the recorded one."""

    part: str
    """`signature`, `deadlines`, `outcome`, `event`, `row`."""
    place: str
    key: bytes
    """Of a row; empty elsewhere."""
    recorded: bytes | None
    redecided: bytes | None


class DecidedOtherwise(Exception):
    """The rules, applied again to the proven rows, give something else than what was recorded."""

    def __init__(self, differences: tuple[Otherwise, ...]) -> None:
        """Take what differs, at least one thing."""
        first = differences[0]
        super().__init__(f"{first.part} {first.place} is not what the rules give")
        self.differences = differences


@dataclass(frozen=True)
class CodeCompared:
    """The code that decided, as the bundle says, and the code that decided here."""

    service: str
    version: int
    there: bytes
    here: bytes | None
    """None where this release has no such service."""


@dataclass(frozen=True)
class Redecided:
    """A decision that came out the same."""

    transaction: bytes
    height: int
    outcome: str
    events: tuple[bytes, ...]
    rows: tuple[tuple[bytes, bytes | None], ...]
    """What it wrote, as it stands after the block; none for a removed row."""
    read: int
    """Rows that were shown."""
    transactions: int
    """Of the block, that were decided again."""
    code: tuple[CodeCompared, ...]


def rerun(verified: Verified, anchors: Anchors, registry: Registry) -> tuple[Redecided, ...]:
    """Decide all decisions of a verified receipt again.

    Raises `DecidedOtherwise` where one is not the same, `CannotDecide` where it cannot be said.
    """
    done: list[Redecided] = []
    last: Any = None
    for statement in verified.statements:
        if isinstance(statement, DecisionStatement) and isinstance(last, TransactionStatement):
            done.append(_Rerun(verified, anchors, registry, statement, last).result())
        last = statement
    if not done:
        msg = "it holds no decision; make one with `tongjian receipt TX --decision`"
        raise CannotDecide(msg)
    return tuple(done)


class NotShown(Exception):
    """The rules read a row that the bundle does not show."""


class ShownRows(Reader):
    """Reads exactly what a state proof shows: rows, and that nothing stands between two of them."""

    def __init__(self, entries: Sequence[EntryShown], values: Sequence[bytes | None]) -> None:
        """Take proven entries and the bytes of their rows."""
        self._entries = {
            bytes(entry.key): (bytes(entry.next_key), value)
            for entry, value in zip(entries, values, strict=True)
        }
        self._keys = sorted(self._entries)

    def row(self, table: AnyTable, key: bytes) -> Any | None:
        """Return the decoded row under a key, or none; raises `NotShown`."""
        if key not in self._entries:
            self._before(key)
            return None
        return table.codec.decode(self._value(key))

    def scan(self, low: bytes, high: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Return up to `limit` keys and row bytes with low <= key < high; raises `NotShown`."""
        found: list[tuple[bytes, bytes]] = []
        following = self._before(low)
        while len(found) < limit and following and following < high:
            found.append((following, self._value(following)))
            following = self._entries[following][0]
        return found

    def stood(self, key: bytes) -> bool:
        """Say whether a row is shown to have stood under a key."""
        return key in self._entries

    def _before(self, key: bytes) -> bytes:
        """Return the first key from `key` on, or empty, by the entry that stands before it."""
        at = bisect_left(self._keys, key) - 1
        following = self._entries[self._keys[at]][0] if at >= 0 else None
        if following is None or (following and following < key):
            raise NotShown(_not_shown(key))
        return following

    def _value(self, key: bytes) -> bytes:
        value = self._entries[key][1] if key in self._entries else None
        if value is None:
            raise NotShown(_not_shown(key))
        return value


def _not_shown(key: bytes) -> str:
    return f"the rules of this release read {key!r}, which the bundle does not show"


class Watching(Machine):
    """A machine that notes which rows one transaction of a block writes."""

    def __init__(
        self, registry: Registry, anchors: tuple[bytes, Any], reader: Reader, turn: Turn
    ) -> None:
        """Decide as a machine does, over a reader; the anchors are chain id and hash."""
        super().__init__(registry, anchors[0], anchors[1], reader)
        self._turn = turn
        self.touched: tuple[bytes, ...] = ()
        """The rows that it wrote or removed; for a deadline, those of all deadlines."""

    def _run(
        self,
        ledger: Ledger,
        position: int,
        incoming: Incoming,
        actors: tuple[Actor, ...] | None,
    ) -> Result:
        if position != self._turn.position - self._turn.timers:
            return super()._run(ledger, position, incoming, actors)
        before = dict(ledger.block)
        result = super()._run(ledger, position, incoming, actors)
        self.touched = tuple(
            key for key, staged in ledger.block.items() if before.get(key) is not staged
        )
        return result

    def _run_timers(self, ledger: Ledger) -> list[Result]:
        results = super()._run_timers(ledger)
        if self._turn.position < self._turn.timers:
            self.touched = tuple(ledger.block)
        return results


class _Rerun:
    """One decision, decided again."""

    def __init__(
        self,
        verified: Verified,
        anchors: Anchors,
        registry: Registry,
        statement: DecisionStatement,
        stated: TransactionStatement,
    ) -> None:
        self._header: Header = verified.header
        self._entries = verified.entries
        self._anchors = anchors
        self._registry = registry
        self._statement = statement
        self._stated = stated
        digest = anchors.digest
        previous = header_before(digest, self._header, statement)
        self._turn = turn_of(self._header, previous, statement, stated)
        self._rows = rows = ShownRows(statement.before.entries, statement.values)
        bound = (anchors.chain_id, digest)
        self._machine = Watching(registry, bound, rows, self._turn)
        self._found: list[Otherwise] = []

    def result(self) -> Redecided:
        """Return the decision made again, or raise `DecidedOtherwise` or `CannotDecide`."""
        try:
            incoming = self._incoming()
            code = self._code()
            header = self._header
            applied = self._machine.apply(int(header.height), int(header.time_ms), incoming)
        except (NotShown, Malformed, InvariantBroken, HandlerFault) as error:
            raise CannotDecide(str(error)) from error
        rows = {key: applied.writes[key] for key in self._machine.touched}
        if applied.timers != self._turn.timers:
            counts = (str(count).encode() for count in (self._turn.timers, applied.timers))
            self._add("deadlines", "of the block", b"", *counts)
        else:
            self._compare_result(applied.results[self._turn.position])
            self._compare_rows(rows, applied)
        if self._found:
            raise DecidedOtherwise(tuple(self._found))
        stated, statement = self._stated, self._statement
        return Redecided(
            transaction=stated.transaction,
            height=int(self._header.height),
            outcome=stated.outcome,
            events=stated.events,
            rows=tuple(rows.items()),
            read=sum(value is not None for value in statement.values),
            transactions=len(incoming),
            code=code,
        )

    def _incoming(self) -> list[Incoming]:
        """Return the transactions up to the stated one, their signatures checked."""
        opener = Opener(self._registry, self._anchors.chain_id, self._anchors.digest)
        opened: list[Incoming] = []
        for position, envelope in enumerate(self._statement.envelopes[: self._statement.until]):
            one = opener.open(envelope)
            try:
                verify_signatures(one, self._machine.directory)
            except (Refused, SignatureInvalid) as error:
                place = f"of transaction {position} ({error})"
                self._add("signature", place, b"", b"".join(one.signatures), None)
            opened.append(one)
        return opened

    def _code(self) -> tuple[CodeCompared, ...]:
        return tuple(self._compare_code(shown) for shown in self._statement.code)

    def _compare_code(self, shown: CodeShown) -> CodeCompared:
        service, here = str(shown.service), None
        if service == KERNEL or service in self._registry.services:
            here = compute_code_digest(self._registry, service, self._anchors.digest)
        if service != KERNEL:
            version = self._machine.directory.version(service, int(self._header.height))
            if version != shown.version:
                msg = f"the rows say that {service} ran by version {version}, not {shown.version}"
                raise CannotDecide(msg)
        return CodeCompared(service, int(shown.version), bytes(shown.digest), here)

    def _compare_result(self, made: Result) -> None:
        stated = self._stated
        if made.transaction != stated.transaction:
            self._add("deadlines", "id", b"", stated.transaction, made.transaction)
        if made.outcome != stated.outcome:
            texts = (text.encode("ascii") for text in (stated.outcome, made.outcome))
            self._add("outcome", "", b"", *texts)
        for number in range(max(len(made.events), len(stated.events))):
            recorded, redecided = (
                side[number] if number < len(side) else None
                for side in (stated.events, made.events)
            )
            if recorded != redecided:
                self._add("event", str(number), b"", recorded, redecided)

    def _compare_rows(self, made: dict[bytes, bytes | None], applied: Applied) -> None:
        """Compare what the transaction wrote with what stands after the block.

        A bundle is made by somebody: what it leaves out accuses nobody.
        """
        recorded = {self._key_of(written): written for written in self._statement.written}
        for key in sorted({**recorded, **made}):
            if key not in recorded:
                msg = f"the rules write {key!r}; how it stands after the block is not shown"
                raise CannotDecide(msg)
            written = recorded[key]
            value = written.value if isinstance(written, RowStatement) else None
            if key in applied.writes:
                stands_so = applied.writes[key] == value
            else:
                stands_so = not self._was_changed(key, written)
            if not stands_so:
                self._expect_whole_block(key)
                place = "" if key in made else "not written by the rules"
                self._add("row", place, key, value, applied.writes.get(key))

    def _key_of(self, written: Written) -> bytes:
        if isinstance(written, RowStatement):
            return bytes(self._entries[written.entry].key)
        return bytes(written.key)

    def _was_changed(self, key: bytes, written: Written) -> bool:
        """Say whether the block is shown to have changed a row."""
        if isinstance(written, RowStatement):
            return self._entries[written.entry].height == self._header.height
        return self._rows.stood(key)

    def _expect_whole_block(self, key: bytes) -> None:
        if self._statement.until < len(self._statement.envelopes):
            msg = (
                f"{key!r} stands otherwise after the block, of which only the first "
                f"{self._statement.until} transactions are to be decided: a later one may have "
                "written it"
            )
            raise CannotDecide(msg)

    def _add(
        self, part: str, place: str, key: bytes, recorded: bytes | None, redecided: bytes | None
    ) -> None:
        self._found.append(Otherwise(part, place, key, recorded, redecided))
