"""Checks what a receipt states against the header that it rests on, statement by statement."""

from typing import Final

from tongjian.core.block import Header
from tongjian.core.encoding import Codec, Malformed
from tongjian.core.hashing import TAG_TRANSACTION
from tongjian.core.merkle import ProofInvalid, verify_consistency
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.decisions import check_decision
from tongjian.verifier.proofs import (
    EntryShown,
    StateProof,
    verify_absence,
    verify_range,
    verify_result,
    verify_state,
    verify_value,
)
from tongjian.verifier.statements import (
    AbsenceStatement,
    ConsistencyStatement,
    DecisionStatement,
    RangeStatement,
    RowStatement,
    Statement,
    Statements,
    TransactionStatement,
)
from tongjian.verifier.steps import Step, VerificationFailed

RECEIPT_BYTES_MAX: Final = 8 * 1024 * 1024
STATEMENTS: Final = Codec(Statements, RECEIPT_BYTES_MAX)
FIRST_STEP: Final = 4
"""Of what is stated: form, chain and seal come before."""


def check_statements(
    body: bytes, header: Header, anchors: Anchors
) -> tuple[Statements, list[Step]]:
    """Check the record of a receipt against its header; return it, and a step for each part.

    The header itself is not looked at: whether the chain sealed it must be known. Raises
    `VerificationFailed`.
    """
    try:
        stated: Statements = STATEMENTS.decode(body)
    except Malformed as error:
        raise VerificationFailed(FIRST_STEP, "statements", str(error)) from error
    checker = Checker(stated.state, header, anchors)
    steps: list[Step] = []
    if stated.state is not None:
        steps.append(checker.step_state(FIRST_STEP, stated.state))
    for statement in stated.statements:
        steps.append(checker.step(FIRST_STEP + len(steps), statement))
    return stated, steps


class Checker:
    """Checks statements against one header; entries count only once the state proof holds."""

    def __init__(self, state: StateProof | None, header: Header, anchors: Anchors) -> None:
        self._entries = () if state is None else state.entries
        self._last: Statement | None = None
        self._header = header
        self._anchors = anchors
        self._digest = anchors.digest

    def step_state(self, number: int, state: StateProof) -> Step:
        """Check the state proof that the statements share."""
        try:
            verify_state(self._digest, state, self._header.state_root)
        except ProofInvalid as error:
            raise VerificationFailed(number, "state", str(error)) from error
        return Step(
            number, "state", f"{len(state.entries)} entries stood in the state of this header"
        )

    def step(self, number: int, statement: Statement) -> Step:
        """Check one statement."""
        title = str(statement.__struct_config__.tag)
        try:
            proves = self._check(statement)
        except ProofInvalid as error:
            raise VerificationFailed(number, title, str(error)) from error
        self._last = statement
        return Step(number, title, proves)

    def _entry(self, index: int) -> EntryShown:
        if index >= len(self._entries):
            msg = f"the statement rests on entry {index}, which the state proof does not show"
            raise ProofInvalid(msg)
        return self._entries[index]

    def _check(self, statement: Statement) -> str:
        """Return what a statement proves."""
        as_of = f"at height {self._header.height}"
        match statement:
            case RowStatement():
                entry = self._entry(statement.entry)
                verify_value(self._digest, entry, statement.value)
                return f"this row stood {as_of}, written at height {entry.height}"
            case AbsenceStatement():
                verify_absence(self._entry(statement.entry), statement.key)
                return f"no row had this key {as_of}"
            case RangeStatement():
                return f"{self._check_range(statement)} {as_of}"
            case TransactionStatement():
                return self._check_transaction(statement)
            case ConsistencyStatement():
                return self._check_consistency(statement)
            case DecisionStatement():
                return check_decision(
                    self._digest, self._header, statement, self._last, self._entries
                )

    def _check_range(self, statement: RangeStatement) -> str:
        entries = tuple(self._entry(index) for index in statement.entries)
        if len(statement.values) != len(entries) - 1:
            msg = f"{len(statement.values)} rows for {len(entries) - 1} entries of the range"
            raise ProofInvalid(msg)
        for entry, value in zip(entries[1:], statement.values, strict=True):
            verify_value(self._digest, entry, value)
        verify_range(entries, statement.low, statement.high)
        return f"these {len(statement.values)} rows were all of the range"

    def _check_transaction(self, statement: TransactionStatement) -> str:
        if statement.body:
            message = TAG_TRANSACTION + self._anchors.chain_id + statement.body
            if self._digest(message) != statement.transaction:
                msg = "the transaction's bytes do not have the id that was recorded"
                raise ProofInvalid(msg)
        verify_result(
            self._digest,
            (statement.transaction, statement.outcome, statement.events),
            (statement.index, self._header.log_size),
            statement.path,
            self._header.log_root,
        )
        what = f"refused ({statement.outcome})" if statement.outcome else "committed"
        return f"it stands in the log as entry {statement.index}: {what}"

    def _check_consistency(self, statement: ConsistencyStatement) -> str:
        sizes = int(statement.size), int(self._header.log_size)
        if not 1 <= sizes[0] <= sizes[1]:
            msg = f"nothing is said by how a log of {sizes[1]} entries begins with {sizes[0]}"
            raise ProofInvalid(msg)
        roots = statement.root, self._header.log_root
        verify_consistency(self._digest, *sizes, roots, list(statement.path))
        return (
            f"the log of {sizes[0]} entries with root {statement.root.hex()} is how the log of "
            f"this header, of {sizes[1]}, begins"
        )
