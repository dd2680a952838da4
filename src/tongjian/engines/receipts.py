"""Makes receipts from a chain: statements, their proofs, the header they follow from, its seal."""

from collections.abc import Callable, Iterable

from tongjian.core import values
from tongjian.core.block import compute_seal_protected
from tongjian.core.envelope import body_of
from tongjian.core.signatures import KeySuite, compute_key_id
from tongjian.engines.chain import Chain
from tongjian.engines.trust import anchors_of
from tongjian.storage.errors import StoreDamaged
from tongjian.verifier.receipt import (
    AbsenceStatement,
    RangeStatement,
    RowStatement,
    Statement,
    Statements,
    TransactionStatement,
    VerificationFailed,
    make_receipt,
    verify_receipt,
)


class NotRecorded(Exception):
    """The ledger has nothing of that name at that height."""


class Receipts:
    """Answers with receipts from a chain."""

    def __init__(self, chain: Chain) -> None:
        """Read from a chain."""
        self._chain = chain

    def draft(self, height: int | None = None) -> "Draft":
        """Begin a receipt for a height, by default the tip."""
        return Draft(self._chain, self._chain.height if height is None else height)

    def of_row(self, key: bytes, height: int | None = None) -> bytes:
        """Return the receipt of one row, or of its absence; by default at the tip."""
        with self._chain.lock:
            draft = self.draft(height)
            draft.row(key)
            return draft.finish()

    def of_range(self, low: bytes, high: bytes, height: int | None = None) -> bytes:
        """Return the receipt of all rows with low <= key < high; by default at the tip."""
        with self._chain.lock:
            draft = self.draft(height)
            draft.range(low, high)
            return draft.finish()

    def of_transaction(self, identity: bytes, height: int | None = None) -> bytes:
        """Return the receipt of a transaction and its outcome; by default in the newest log.

        Raises `NotRecorded` where it is not on the ledger.
        """
        with self._chain.lock:
            draft = self.draft(height)
            draft.transaction(identity)
            return draft.finish()


class Draft:
    """A receipt in the making: statements about one height that share their proof.

    Beside a running engine hold the chain's `lock` from the first statement to the last.
    """

    def __init__(self, chain: Chain, height: int) -> None:
        """Speak of a height of a chain."""
        self._chain = chain
        self.height = height
        self._numbers: dict[int, bool] = {}
        self._statements: list[Callable[[dict[int, int]], Statement]] = []

    def row(self, key: bytes) -> bool:
        """State the row of a key, or that there is none; return whether it stands."""
        prover = self._chain.prover
        found = prover.entry_at(key, self.height)
        if found is None:
            before = prover.before_at(key, self.height)
            self._numbers[before] = True
            self._statements.append(lambda at: AbsenceStatement(key=key, entry=at[before]))
            return False
        value = self._chain.store.entry(found).value
        self._numbers[found] = True
        self._statements.append(lambda at: RowStatement(entry=at[found], value=value))
        return True

    def range(self, low: bytes, high: bytes) -> None:
        """State all rows with low <= key < high."""
        numbers = self._chain.prover.range_numbers(low, high, self.height)
        rows = tuple(self._chain.store.entry(number).value for number in numbers[1:])
        self._numbers.update(dict.fromkeys(numbers, True))
        self._statements.append(
            lambda at: RangeStatement(
                low=low, high=high, entries=tuple(at[number] for number in numbers), values=rows
            )
        )

    def transaction(self, identity: bytes) -> None:
        """State a transaction with its outcome; raises `NotRecorded`."""
        statement = self._transaction(identity)
        self._statements.append(lambda _: statement)

    def add(self, numbers: Iterable[int], make: Callable[[dict[int, int]], Statement]) -> None:
        """State something that rests on entries of this height.

        `make` is given the position of each entry number in the shared proof.
        """
        self._numbers.update(dict.fromkeys(numbers, True))
        self._statements.append(make)

    def finish(self, cosigned: bytes | None = None) -> bytes:
        """Return the receipt, verified as a stranger would.

        `cosigned` is the checkpoint of this height with signatures of witnesses, or none.

        Raises `StoreDamaged` where it does not hold: what is stored is then not what was sealed.
        """
        chain = self._chain
        numbers = sorted(self._numbers)
        at = {number: index for index, number in enumerate(numbers)}
        state = chain.prover.state_proof(numbers, self.height) if numbers else None
        statements = tuple(make(at) for make in self._statements)
        sealed = chain.sealed(self.height)
        key = chain.sealing_key(self.height)
        kid = compute_key_id(chain.digest, KeySuite(key.suite), key.public)
        receipt = make_receipt(
            chain.digest,
            (compute_seal_protected(key.suite, kid), sealed.header, sealed.seal.signature),
            Statements(state=state, statements=statements),
            cosigned,
        )
        try:
            verify_receipt(receipt, anchors_of(chain))
        except VerificationFailed as failed:
            msg = f"the state of height {self.height} does not prove what it says: {failed}"
            raise StoreDamaged(msg) from failed
        return receipt

    def _transaction(self, identity: bytes) -> TransactionStatement:
        height = self.height
        chain = self._chain
        found = chain.result(identity)
        if found is None or found[0] > height:
            msg = f"transaction {identity.hex()} is not on the ledger up to height {height}"
            raise NotRecorded(msg)
        at, position, result = found
        first = chain.log_size(at - 1)
        body = b""
        block = chain.body(at)
        timers = len(block.timers)
        if position >= timers:
            body = body_of(block.envelopes[position - timers])
        path = chain.prover.log_path(first + position, chain.log_size(height))
        return TransactionStatement(
            body=body,
            transaction=result.transaction,
            outcome=result.outcome,
            events=result.events,
            index=values.count(first + position),
            path=tuple(values.digest(node) for node in path),
        )
