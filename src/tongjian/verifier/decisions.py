"""Checks what a decision bundle shows, before anything is decided again.

The rows come from the state of the header before, which the sealed header names by its hash; the
transactions are all those of the block; what was written stands in the state of the sealed header.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tongjian.core.block import HEADERS, Header, compute_batch, compute_header_hash
from tongjian.core.encoding import Malformed
from tongjian.core.envelope import body_of
from tongjian.core.hashing import Hash
from tongjian.core.merkle import ProofInvalid
from tongjian.verifier.proofs import EntryShown, verify_absence, verify_state, verify_value
from tongjian.verifier.statements import (
    AbsenceStatement,
    DecisionStatement,
    Statement,
    TransactionStatement,
    Written,
)


class Turn(NamedTuple):
    """When a transaction had its turn in its block."""

    timers: int
    """Deadlines that the block performed; they come first."""
    position: int
    """Among all that the block decided, deadlines included."""


def check_decision(
    digest: Hash,
    header: Header,
    statement: DecisionStatement,
    stated: Statement | None,
    entries: Sequence[EntryShown],
) -> str:
    """Return what a decision statement proves, or raise `ProofInvalid`.

    `stated` is the statement before it, `entries` those of the receipt's own state proof.
    """
    if not isinstance(stated, TransactionStatement):
        msg = "a decision follows the statement of the transaction that was decided"
        raise ProofInvalid(msg)
    previous = header_before(digest, header, statement)
    verify_state(digest, statement.before, previous.state_root)
    _check_values(digest, statement)
    if compute_batch(digest, statement.envelopes) != header.batch:
        msg = "the transactions are not those that the header commits to"
        raise ProofInvalid(msg)
    turn = turn_of(header, previous, statement, stated)
    _check_place(statement, stated, turn)
    for written in statement.written:
        _check_written(digest, written, entries)
    shown = sum(value is not None for value in statement.values)
    return (
        f"it shows {shown} rows as they stood at height {previous.height} and all "
        f"{len(statement.envelopes)} transactions of the block: enough to decide it again"
    )


def header_before(digest: Hash, header: Header, statement: DecisionStatement) -> Header:
    """Return the header before, which the sealed one names; raises `ProofInvalid`."""
    try:
        previous: Header = HEADERS.decode(statement.previous)
    except Malformed as error:
        msg = f"the header before cannot be decoded: {error}"
        raise ProofInvalid(msg) from error
    if compute_header_hash(digest, statement.previous) != header.previous:
        msg = "the header before is not the one that the sealed header names"
        raise ProofInvalid(msg)
    return previous


def turn_of(
    header: Header, previous: Header, statement: DecisionStatement, stated: TransactionStatement
) -> Turn:
    """Return when a transaction had its turn, by the sizes of the log; raises `ProofInvalid`."""
    decided = header.log_size - previous.log_size
    timers = decided - len(statement.envelopes)
    position = stated.index - previous.log_size
    if timers < 0 or not 0 <= position < decided:
        msg = f"entry {stated.index} of the log is not one of block {header.height}"
        raise ProofInvalid(msg)
    return Turn(timers, position)


def _check_values(digest: Hash, statement: DecisionStatement) -> None:
    entries, values = statement.before.entries, statement.values
    if len(values) != len(entries):
        msg = f"{len(values)} rows for {len(entries)} entries of the state before"
        raise ProofInvalid(msg)
    for entry, value in zip(entries, values, strict=True):
        if value is not None:
            verify_value(digest, entry, value)


def _check_place(statement: DecisionStatement, stated: TransactionStatement, turn: Turn) -> None:
    """Raise `ProofInvalid` unless the stated transaction is the one at its turn."""
    at = turn.position - turn.timers
    signed = b""
    if at >= 0:
        try:
            signed = body_of(statement.envelopes[at])
        except Malformed as error:
            msg = f"transaction {at} of the block cannot be decoded: {error}"
            raise ProofInvalid(msg) from error
    if signed != stated.body:
        msg = f"the stated transaction is not the one that had turn {turn.position} in the block"
        raise ProofInvalid(msg)
    if not at < statement.until <= len(statement.envelopes):
        msg = f"{statement.until} transactions do not reach the stated one"
        raise ProofInvalid(msg)


def _check_written(digest: Hash, written: Written, entries: Sequence[EntryShown]) -> None:
    if written.entry >= len(entries):
        msg = f"a written row rests on entry {written.entry}, which the state proof does not show"
        raise ProofInvalid(msg)
    entry = entries[written.entry]
    if isinstance(written, AbsenceStatement):
        verify_absence(entry, written.key)
        return
    verify_value(digest, entry, written.value)
