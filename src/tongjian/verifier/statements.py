"""What a receipt can say: the records under its label, in their order on the wire.

The format is docs/reference/format.md, 8 and 18; `verifier.receipt` checks them.
"""

from typing import Annotated, Final, Union

from msgspec import Meta

from tongjian.core import limits
from tongjian.core.block import HEADER_BYTES_MAX
from tongjian.core.directory import Version
from tongjian.core.encoding import Record
from tongjian.core.envelope import ENVELOPE_BYTES_MAX
from tongjian.core.values import Count, Digest
from tongjian.verifier.proofs import (
    DECISION_ENTRIES_MAX,
    ENTRIES_MAX,
    KeyBytes,
    RowBytes,
    StateBefore,
    StateProof,
)

STATEMENTS_MAX: Final = 64

EntryIndex = Annotated[int, Meta(ge=0, le=ENTRIES_MAX)]


class RowStatement(Record, tag="row"):
    """This row stood in the state."""

    entry: EntryIndex
    """Position of its entry in the state proof."""
    value: RowBytes


class AbsenceStatement(Record, tag="absence"):
    """No row had this key."""

    key: KeyBytes
    entry: EntryIndex
    """Position of the entry before it in the state proof."""


class RangeStatement(Record, tag="range"):
    """These were all rows with low <= key < high."""

    low: KeyBytes
    high: KeyBytes
    entries: Annotated[tuple[EntryIndex, ...], Meta(min_length=1, max_length=ENTRIES_MAX)]
    """Positions in the state proof: the entry before the range, then those of the rows in order."""
    values: Annotated[tuple[RowBytes, ...], Meta(max_length=ENTRIES_MAX)]


class TransactionStatement(Record, tag="transaction"):
    """This transaction was recorded with this outcome."""

    body: Annotated[bytes, Meta(max_length=limits.TRANSACTION_BYTES_MAX)]
    """The signed bytes; empty for a deadline that the ledger itself performed."""
    transaction: Digest
    outcome: Annotated[str, Meta(max_length=80, pattern=r"^[a-z0-9_/@]*$(?!\n)")]
    events: Annotated[
        tuple[Annotated[bytes, Meta(max_length=limits.ROW_BYTES_MAX)], ...],
        Meta(max_length=limits.ACTS_MAX * limits.EVENTS_PER_ACT_MAX),
    ]
    index: Count
    path: Annotated[tuple[Digest, ...], Meta(max_length=64)]


class ConsistencyStatement(Record, tag="consistency"):
    """The log of this header begins with an earlier one."""

    size: Count
    """Entries of the earlier log; an empty one begins every log and is not stated."""
    root: Digest
    path: Annotated[tuple[Digest, ...], Meta(max_length=64)]


class CodeShown(Record):
    """Which code decides the acts of a service, as whoever made the bundle says."""

    service: Annotated[str, Meta(max_length=64, pattern=r"^[a-z][a-z0-9_]*$(?!\n)")]
    """`core` for the kernel."""
    version: Version
    """Rule version in force at the height; 0 for the kernel."""
    digest: Digest
    """Of its source files, by `verifier.code`."""


Written = RowStatement | AbsenceStatement
"""A row that was written, or that was removed, as it stands after the block."""


class DecisionStatement(Record, tag="decision"):
    """All that the transaction stated just before was decided from: it can be decided again."""

    previous: Annotated[bytes, Meta(max_length=HEADER_BYTES_MAX)]
    """The header before; this receipt's header names its hash."""
    before: StateBefore
    """Rows as they stood before the block, proven in the state of the header before."""
    values: Annotated[tuple[RowBytes | None, ...], Meta(max_length=DECISION_ENTRIES_MAX)]
    """The bytes of each of those entries; nil where it only shows what is absent beside it."""
    envelopes: Annotated[
        tuple[Annotated[bytes, Meta(max_length=ENVELOPE_BYTES_MAX)], ...],
        Meta(max_length=limits.BLOCK_TRANSACTIONS_MAX),
    ]
    """All transactions of the block, with their signatures."""
    until: Annotated[int, Meta(ge=0, le=limits.BLOCK_TRANSACTIONS_MAX)]
    """How many of them, from the first, are to be decided again."""
    written: Annotated[
        tuple[Union[RowStatement, AbsenceStatement], ...],  # noqa: UP007
        Meta(max_length=ENTRIES_MAX),
    ]
    """What the transaction wrote or removed, as it stands after the block."""
    code: Annotated[tuple[CodeShown, ...], Meta(max_length=limits.SERVICES_MAX + 1)]


Statement = (
    RowStatement
    | AbsenceStatement
    | RangeStatement
    | TransactionStatement
    | ConsistencyStatement
    | DecisionStatement
)


class Statements(Record):
    """What a receipt says, beside the header that it follows from."""

    state: StateProof | None
    """Shared by all statements about rows; none where there are none."""
    statements: Annotated[
        tuple[
            Union[  # noqa: UP007
                RowStatement,
                AbsenceStatement,
                RangeStatement,
                TransactionStatement,
                ConsistencyStatement,
                DecisionStatement,
            ],
            ...,
        ],
        Meta(min_length=1, max_length=STATEMENTS_MAX),
    ]
