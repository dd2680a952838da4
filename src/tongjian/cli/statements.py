"""What a receipt says, decoded through the catalogue: rows, absences, ranges, transactions."""

from collections.abc import Iterator
from typing import Any, Final

from tongjian.catalogue import load_registry
from tongjian.cli.readable import as_json, key_text, pairs_of, tag_of
from tongjian.cli.words import read_refusal
from tongjian.core import limits
from tongjian.core.encoding import Codec, Malformed, Record
from tongjian.core.envelope import Transaction
from tongjian.verifier.proofs import EntryShown
from tongjian.verifier.receipt import (
    AbsenceStatement,
    ConsistencyStatement,
    DecisionStatement,
    RangeStatement,
    RowStatement,
    Statement,
    TransactionStatement,
)

StyledLine = tuple[str, str]
Entries = tuple[EntryShown, ...]
INDENT: Final = "    "


def statement_lines(statement: Statement, entries: Entries) -> Iterator[StyledLine]:
    """Yield the lines that show a verified statement, each with its style."""
    match statement:
        case RowStatement(entry=index, value=value):
            yield from _row_lines(entries[index], value)
        case AbsenceStatement(key=key):
            yield f"no row {_name_of(key)}", "bold"
        case RangeStatement(low=low, entries=indexes, values=values):
            yield f"all {len(values)} rows from {_name_of(low)} on", "bold"
            for index, value in zip(indexes[1:], values, strict=True):
                yield from _row_lines(entries[index], value)
        case TransactionStatement():
            yield from _transaction_lines(statement)
        case ConsistencyStatement(size=size, root=root):
            yield f"the log of {size} entries, root {root.hex()}, is how this one begins", "bold"
        case DecisionStatement():
            yield _decision_text(statement), "bold"


def statement_json(statement: Statement, entries: Entries) -> dict[str, Any]:
    """Return a verified statement for machines."""
    kind = {"kind": str(statement.__struct_config__.tag)}
    match statement:
        case RowStatement(entry=index, value=value):
            return kind | _row_json(entries[index], value)
        case AbsenceStatement(key=key):
            return kind | {"record": _name_of(key), "key": key.hex()}
        case RangeStatement(low=low, high=high, entries=indexes, values=values):
            rows = [
                _row_json(entries[index], value)
                for index, value in zip(indexes[1:], values, strict=True)
            ]
            return kind | {"low": low.hex(), "high": high.hex(), "rows": rows}
        case TransactionStatement():
            return kind | _transaction_json(statement)
        case ConsistencyStatement(size=size, root=root):
            return kind | {"size": size, "root": root.hex()}
        case DecisionStatement():
            return kind | _decision_json(statement)


def _decision_text(statement: DecisionStatement) -> str:
    shown = sum(value is not None for value in statement.values)
    return (
        f"with {shown} rows and {len(statement.envelopes)} transactions to decide it again: "
        "tongjian audit rerun"
    )


def _decision_json(statement: DecisionStatement) -> dict[str, Any]:
    return {
        "rows": sum(value is not None for value in statement.values),
        "transactions": len(statement.envelopes),
        "written": len(statement.written),
        "code": {str(one.service): one.digest.hex() for one in statement.code},
    }


def _name_of(key: bytes) -> str:
    """Return a row's name; its bytes where no table of this release has such a key."""
    table = load_registry().table_of(key)
    if table is None:
        return key.hex()
    try:
        return key_text(table, key)
    except (UnicodeDecodeError, ValueError):
        return key.hex()


def _row_of(key: bytes, value: bytes) -> Record | None:
    """Return the decoded row, or none where this release does not know its form."""
    table = load_registry().table_of(key)
    try:
        row: Record | None = None if table is None else table.codec.decode(value)
    except Malformed:
        return None
    return row


def _row_lines(entry: EntryShown, value: bytes) -> Iterator[StyledLine]:
    yield f"{_name_of(entry.key)}, written at height {entry.height}", "bold"
    row = _row_of(entry.key, value)
    if row is None:
        yield f"{INDENT}bytes of a form that this release does not know: {value.hex()}", ""
    else:
        yield from _pair_lines(row)


def _pair_lines(record: Record) -> Iterator[StyledLine]:
    pairs = list(pairs_of(record))
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        yield f"{INDENT}{name:<{width}}  {value}".rstrip(), ""


def _row_json(entry: EntryShown, value: bytes) -> dict[str, Any]:
    row = _row_of(entry.key, value)
    return {
        "record": _name_of(entry.key),
        "written_height": entry.height,
        "row": None if row is None else as_json(row),
        "bytes": value.hex(),
    }


def _opened(statement: TransactionStatement) -> Transaction[Any] | None:
    """Return the decoded transaction; none for a deadline, or acts of a newer release."""
    if not statement.body:
        return None
    registry = load_registry()
    codec = Codec(
        Transaction[registry.act_union],  # type: ignore[name-defined]
        limits.TRANSACTION_BYTES_MAX,
    )
    try:
        transaction: Transaction[Any] = codec.decode(statement.body)
    except Malformed:
        return None
    return transaction


def _events_of(statement: TransactionStatement) -> list[Record | bytes]:
    codec = load_registry().event_codec
    events: list[Record | bytes] = []
    for encoded in statement.events:
        try:
            events.append(codec.decode(encoded))
        except Malformed:
            events.append(encoded)
    return events


def _transaction_lines(statement: TransactionStatement) -> Iterator[StyledLine]:
    yield f"transaction {statement.transaction.hex()}", "bold"
    if statement.outcome:
        refusal = read_refusal(load_registry(), statement.outcome)
        yield f"{INDENT}refused: {refusal.service}/{refusal.number} {refusal.name}", ""
        yield from ((f"{INDENT}{text}", "") for text in (refusal.zh, refusal.en) if text)
    transaction = _opened(statement)
    if not statement.body:
        yield f"{INDENT}by the ledger itself, on a deadline", ""
    elif transaction is None:
        yield f"{INDENT}acts of a form that this release does not know", ""
    for key in transaction.signers if transaction else ():
        yield f"{INDENT}names signer {key.hex()}", ""
    for record in (*(transaction.acts if transaction else ()), *_events_of(statement)):
        if isinstance(record, bytes):
            yield f"{INDENT}event of a form that this release does not know", ""
        else:
            yield f"  {tag_of(record)}", "bold"
            yield from _pair_lines(record)


def _transaction_json(statement: TransactionStatement) -> dict[str, Any]:
    transaction = _opened(statement)
    refusal = read_refusal(load_registry(), statement.outcome) if statement.outcome else None
    return {
        "transaction": statement.transaction.hex(),
        "status": "refused" if refusal else "committed",
        "refusal": refusal and refusal.as_json(),
        "index": statement.index,
        "signers": [key.hex() for key in transaction.signers] if transaction else [],
        "acts": [as_json(act) for act in transaction.acts] if transaction else [],
        "events": [as_json(event) for event in _events_of(statement)],
    }
