"""Makes decision bundles: a transaction with all that it was decided from, each row proven.

What a transaction read is found by deciding its block again over the state before it. Where it
stood behind others in its block, those are in the bundle too: only they say how the rows stood when
it had its turn.
"""

import contextlib
from typing import Any, Final, NamedTuple

from tongjian.core import values
from tongjian.core.block import Body, Header, findings_of
from tongjian.core.directory import Reader
from tongjian.core.encoding import Malformed, encode, replace
from tongjian.core.machine import HandlerFault
from tongjian.core.operation import AnyTable, InvariantBroken, Refused
from tongjian.engines.chain import Chain
from tongjian.engines.receipts import NotRecorded, Receipts
from tongjian.verifier.code import KERNEL, compute_code_digest
from tongjian.verifier.decisions import Turn
from tongjian.verifier.proofs import DECISION_ENTRIES_MAX, ENTRIES_MAX, StateBefore
from tongjian.verifier.receipt import RECEIPT_BYTES_MAX
from tongjian.verifier.rerun import Watching
from tongjian.verifier.statements import (
    AbsenceStatement,
    CodeShown,
    DecisionStatement,
    RowStatement,
    Written,
)

_KERNEL_VERSION: Final = 0


class CannotBundle(Exception):
    """A decision of which no bundle can be made; the text says why."""


class PastRows(Reader):
    """Reads rows as they stood at a height, and notes which entries show what was read."""

    def __init__(self, chain: Chain, height: int) -> None:
        """Read from a chain as of a height."""
        self._chain = chain
        self._height = height
        self.shown: dict[int, bool] = {}
        """Entry numbers; true where the row's bytes were read, not only that it stands there."""

    def row(self, table: AnyTable, key: bytes) -> Any | None:
        """Return the decoded row under a key, or none."""
        prover = self._chain.prover
        number = prover.entry_at(key, self._height)
        if number is None:
            self.shown.setdefault(prover.before_at(key, self._height), False)
            return None
        return table.codec.decode(self._value(number))

    def scan(self, low: bytes, high: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Return up to `limit` keys and row bytes with low <= key < high, in order."""
        found: list[tuple[bytes, bytes]] = []
        prover, store = self._chain.prover, self._chain.store
        number = prover.before_at(low, self._height)
        self.shown.setdefault(number, False)
        following = store.entry(number).next_key
        while len(found) < limit and following and following < high:
            at = prover.entry_at(following, self._height)
            if at is None:
                msg = f"the order of height {self._height} breaks off at {following!r}"
                raise CannotBundle(msg)
            found.append((following, self._value(at)))
            following = store.entry(at).next_key
        return found

    def _value(self, number: int) -> bytes:
        self.shown[number] = True
        return self._chain.store.entry(number).value


def make_bundle(chain: Chain, identity: bytes) -> bytes:
    """Return the decision bundle of a transaction: a receipt at the height that recorded it.

    Raises `NotRecorded` where it is not on the ledger, `CannotBundle` where none can be made.
    """
    with chain.lock:
        found = chain.result(identity)
        if found is None:
            msg = f"transaction {identity.hex()} is not on the ledger"
            raise NotRecorded(msg)
        return _Bundle(chain, identity, found[0], found[1]).finish()


class _Decided(NamedTuple):
    """A block that was decided again, as far as `until`."""

    until: int
    rows: PastRows
    written: dict[bytes, tuple[int, bytes | None]]
    """For each row that the transaction wrote, the entry that shows it, or its absence, after."""
    versions: dict[str, int]
    is_settled: bool
    """The rows stand after the block as the transaction left them."""


class _Bundle:
    """A bundle in the making."""

    def __init__(self, chain: Chain, identity: bytes, height: int, position: int) -> None:
        self._chain = chain
        self._identity = identity
        self._height = height
        self._header: Header = chain.header(height)
        self._body: Body = chain.body(height)
        if findings_of(self._body):
            msg = (
                f"block {height} records that a validator signed twice: what is decided in such a "
                "block is proven by replay (`tongjian audit replay`), not by a bundle"
            )
            raise CannotBundle(msg)
        self._turn = Turn(len(self._body.timers), position)
        try:
            self._incoming = [chain.opener.open_trusted(one) for one in self._body.envelopes]
        except Malformed as error:
            msg = f"this release does not know an act of block {height}: {error}"
            raise CannotBundle(msg) from error

    def finish(self) -> bytes:
        """Return the receipt with its decision statement."""
        decided = self._decide()
        written = decided.written
        self._expect_few(len(decided.rows.shown), DECISION_ENTRIES_MAX, "reads")
        self._expect_few(len(written), ENTRIES_MAX, "writes")
        statement = self._statement(decided)
        size = len(encode(statement))
        if size > RECEIPT_BYTES_MAX // 2:
            msg = f"what it was decided from takes {size} bytes, a receipt has no room for it"
            raise CannotBundle(msg)
        draft = Receipts(self._chain).draft(self._height)
        draft.transaction(self._identity)
        draft.add(
            [number for number, _ in written.values()],
            lambda at: replace(
                statement,
                written=tuple(_written(key, at[n], value) for key, (n, value) in written.items()),
            ),
        )
        return draft.finish()

    def _statement(self, decided: _Decided) -> DecisionStatement:
        """Return the statement without what was written."""
        store, shown = self._chain.store, decided.rows.shown
        numbers = sorted(shown)
        before = self._chain.prover.state_proof(numbers, self._height - 1)
        return DecisionStatement(
            previous=self._chain.sealed(self._height - 1).header,
            before=StateBefore(
                entry_count=before.entry_count,
                entries=before.entries,
                twigs=before.twigs,
                nodes=before.nodes,
            ),
            values=tuple(store.entry(n).value if shown[n] else None for n in numbers),
            envelopes=self._body.envelopes,
            until=decided.until,
            written=(),
            code=self._code(decided.versions),
        )

    def _decide(self) -> _Decided:
        """Decide the block again as far as is needed to tell what the transaction did."""
        every = len(self._incoming)
        own = max(self._turn.position - self._turn.timers + 1, 0)
        decided = self._attempt(own)
        if own < every and not decided.is_settled:
            # A later transaction of the block has written the same rows once more.
            decided = self._attempt(every)
        return decided

    def _attempt(self, until: int) -> _Decided:
        chain = self._chain
        rows = PastRows(chain, self._height - 1)
        bound = (chain.chain_id, chain.digest)
        machine = Watching(chain.machine.registry, bound, rows, self._turn)
        incoming = self._incoming[:until]
        try:
            applied = machine.apply(self._height, int(self._header.time_ms), incoming)
        except (HandlerFault, InvariantBroken) as error:
            msg = f"this release cannot decide block {self._height} again: {error}"
            raise CannotBundle(msg) from error
        # Whoever decides again asks for keys and versions too: what tells them is shown as well.
        for one in incoming:
            for key in one.transaction.signers:
                with contextlib.suppress(Refused):
                    machine.directory.actor(key)
        versions = {one: machine.directory.version(one, self._height) for one in self._services()}
        written = {key: self._after(key) for key in sorted(machine.touched)}
        settled = all(applied.writes[key] == value for key, (_, value) in written.items())
        return _Decided(until, rows, written, versions, settled)

    def _after(self, key: bytes) -> tuple[int, bytes | None]:
        """Return the entry that shows a row, or its absence, after the block."""
        prover = self._chain.prover
        number = prover.entry_at(key, self._height)
        if number is None:
            return prover.before_at(key, self._height), None
        return number, self._chain.store.entry(number).value

    def _services(self) -> list[str]:
        """Return the services of the acts that are decided, in order of name."""
        at = self._turn.position - self._turn.timers
        if at < 0:
            return sorted(self._chain.machine.registry.services)
        acts = self._incoming[at].transaction.acts
        return sorted({str(act.__struct_config__.tag).partition(".")[0] for act in acts})

    def _code(self, versions: dict[str, int]) -> tuple[CodeShown, ...]:
        registry, digest = self._chain.machine.registry, self._chain.digest
        return tuple(
            CodeShown(
                service=service,
                version=version,
                digest=values.digest(compute_code_digest(registry, service, digest)),
            )
            for service, version in {KERNEL: _KERNEL_VERSION, **versions}.items()
        )

    def _expect_few(self, count: int, most: int, verb: str) -> None:
        if count > most:
            msg = (
                f"deciding it {verb} {count} rows, a bundle shows at most {most}; "
                "`tongjian audit replay` decides the whole ledger again"
            )
            raise CannotBundle(msg)


def _written(key: bytes, index: int, value: bytes | None) -> Written:
    if value is None:
        return AbsenceStatement(key=key, entry=index)
    return RowStatement(entry=index, value=value)


__all__ = ["CannotBundle", "make_bundle"]
