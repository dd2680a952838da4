"""Makes receipts from a chain: statements, their proofs, the header they follow from, its seal."""

from tongjian.core import values
from tongjian.core.block import HEADERS, Header, compute_seal_protected
from tongjian.core.envelope import body_of
from tongjian.core.signatures import KeySuite, compute_key_id
from tongjian.engines.chain import Chain
from tongjian.verifier.receipt import (
    AbsenceStatement,
    RangeStatement,
    RowStatement,
    Statement,
    TransactionStatement,
    make_receipt,
)


class NotRecorded(Exception):
    """The ledger has nothing of that name at that height."""


class Receipts:
    """Answers with receipts from a chain."""

    def __init__(self, chain: Chain) -> None:
        """Read from a chain."""
        self._chain = chain

    def row_statement(self, key: bytes, height: int) -> RowStatement | AbsenceStatement:
        """Return the proof that a row stood at a height, or that none had its key."""
        prover = self._chain.prover
        number = prover.entry_at(key, height)
        if number is None:
            before = prover.before_at(key, height)
            return AbsenceStatement(key=key, entry=prover.entry_proof(before, height))
        value = self._chain.store.entry(number).value
        return RowStatement(entry=prover.entry_proof(number, height), value=value)

    def range_statement(self, low: bytes, high: bytes, height: int) -> RangeStatement:
        """Return the proof of all rows with low <= key < high at a height."""
        entries, rows = self._chain.prover.range_proof(low, high, height)
        return RangeStatement(low=low, high=high, entries=tuple(entries), values=tuple(rows))

    def transaction_statement(self, identity: bytes, height: int) -> TransactionStatement:
        """Return the proof that a transaction is in the log of a height with its outcome.

        Raises `NotRecorded` where it is not.
        """
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

    def receipt(self, statements: tuple[Statement, ...], height: int) -> bytes:
        """Return the receipt of statements made for a height."""
        chain = self._chain
        sealed = chain.sealed(height)
        header: Header = HEADERS.decode(sealed.header)
        key = chain.seal_key(header.height)
        kid = compute_key_id(chain.digest, KeySuite(key.suite), key.public)
        return make_receipt(
            sealed.header,
            sealed.seal.signature,
            compute_seal_protected(key.suite, kid),
            chain.prover.view(height).count,
            statements,
        )

    def of_row(self, key: bytes, height: int | None = None) -> bytes:
        """Return the receipt of one row, or of its absence; by default at the tip."""
        at = self._chain.height if height is None else height
        return self.receipt((self.row_statement(key, at),), at)
