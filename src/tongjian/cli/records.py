"""What a user may name: a row `service.table:key`, rows `service.table:prefix*`, a transaction."""

from dataclasses import dataclass
from typing import Any, Final

from tongjian.cli.failures import ExitCode, Failure
from tongjian.core.operation import NUMBER, TEXT, AnyTable, InvariantBroken, Part, after
from tongjian.core.registry import Registry
from tongjian.engines.chain import Chain

ID_BYTES: Final = 32
_SEPARATOR: Final = "/"
_ALL: Final = "*"
_RULE: Final = (
    "RECORD is service.table:key, parts of a key joined by /, bytes in hexadecimal, "
    "* at the end for all keys that begin so"
)


@dataclass(frozen=True)
class RowNamed:
    """A row that stands, stood or never stood on the ledger."""

    table: AnyTable
    key: bytes


@dataclass(frozen=True)
class TransactionNamed:
    """A transaction on the ledger."""

    id: bytes


@dataclass(frozen=True)
class RangeNamed:
    """All rows of a table whose keys begin in one way: low <= key < high."""

    table: AnyTable
    begun: str
    """How the keys begin, as it was typed."""
    low: bytes
    high: bytes


Named = RowNamed | RangeNamed | TransactionNamed


def resolve(chain: Chain, text: str, *, is_transaction: bool = False) -> Named:
    """Return what a text names; raises `Failure` where that is nothing, or more than one thing."""
    registry = chain.machine.registry
    if is_transaction:
        return _transaction(chain, text)
    name, colon, key = text.partition(":")
    if colon:
        table = _table(registry, name)
        return _range(table, key) if key.endswith(_ALL) else _row(table, key)
    candidates: list[Named] = []
    for table in registry.tables.values():
        encoded = _key_of(table, text)
        if encoded is not None and chain.store.newest(encoded) is not None:
            candidates.append(RowNamed(table, encoded))
    identity = _id_of(text)
    if identity is not None and chain.result(identity) is not None:
        candidates.append(TransactionNamed(identity))
    if len(candidates) == 1:
        return candidates[0]
    raise _ambiguous(text, candidates) if candidates else _unknown(text)


def _table(registry: Registry, name: str) -> AnyTable:
    tables = [
        table
        for table in registry.tables.values()
        if name in (table.name, table.name.partition(".")[2])
    ]
    if len(tables) != 1:
        raise Failure(
            ExitCode.NOT_FOUND,
            f"There is no table {name!r}." if not tables else f"Several tables are named {name}.",
            why="There are " + ", ".join(registry.tables) + ".",
            rule=_RULE,
            then=f"tongjian show {next(iter(registry.tables), 'service.table')}:KEY",
        )
    return tables[0]


def _row(table: AnyTable, key: str) -> RowNamed:
    encoded = _key_of(table, key)
    if encoded is None:
        raise _no_key(table, key)
    return RowNamed(table, encoded)


def _range(table: AnyTable, key: str) -> RangeNamed:
    """Return the rows whose first parts are given and whose next text, if any, begins so."""
    *whole, begun = key.removesuffix(_ALL).split(_SEPARATOR)
    following = table.parts[len(whole) : len(whole) + 1]
    if len(whole) >= len(table.parts):
        raise _no_key(table, key)
    try:
        parts = zip(table.parts, whole, strict=False)
        low = table.key_of(tuple(_part_of(part, text) for part, text in parts))
        if begun and (following != (TEXT,) or not begun.isascii()):
            raise _no_key(table, key)
    except (InvariantBroken, OverflowError, ValueError) as error:
        raise _no_key(table, key) from error
    low += begun.encode("ascii")
    return RangeNamed(table, key.removesuffix(_ALL), low, after(low))


def _no_key(table: AnyTable, key: str) -> Failure:
    parts = _SEPARATOR.join(part.name for part in table.parts)
    return Failure(
        ExitCode.USAGE,
        f"{key!r} is no key of {table.name}.",
        why=f"Its keys are of the form {parts}.",
        rule=_RULE,
        then=f"tongjian show {table.name}:{parts}",
    )


def _key_of(table: AnyTable, text: str) -> bytes | None:
    """Return the key of a table that a text writes, or none where it cannot be one."""
    texts = text.split(_SEPARATOR)
    if len(texts) != len(table.parts):
        return None
    try:
        values = [_part_of(part, one) for part, one in zip(table.parts, texts, strict=True)]
        return table.key(*values)
    except (InvariantBroken, OverflowError, ValueError):
        return None


def _part_of(part: Part, text: str) -> Any:
    """Return the value of one part of a key; raises `ValueError`."""
    if part is NUMBER:
        return int(text)
    if part.size:
        return bytes.fromhex(text)
    if not text or not text.isascii() or not text.isprintable():
        msg = "a text in a key is printable ASCII"
        raise ValueError(msg)
    return text


def _id_of(text: str) -> bytes | None:
    try:
        identity = bytes.fromhex(text)
    except ValueError:
        return None
    return identity if len(identity) == ID_BYTES else None


def _transaction(chain: Chain, text: str) -> TransactionNamed:
    identity = _id_of(text)
    if identity is None:
        raise Failure(
            ExitCode.USAGE,
            f"{text!r} is no transaction id.",
            why="An id is 32 bytes in hexadecimal, as `committed` printed it.",
            rule=_RULE,
            then="tongjian block HEIGHT",
        )
    if chain.result(identity) is None:
        raise Failure(
            ExitCode.NOT_FOUND,
            f"Transaction {text} is not on the ledger up to height {chain.height}.",
            why="It was never submitted, or was turned away before it was recorded.",
            then=f"tongjian block {chain.height}",
        )
    return TransactionNamed(identity)


def _unknown(text: str) -> Failure:
    return Failure(
        ExitCode.NOT_FOUND,
        f"Nothing on the ledger is named {text!r}.",
        why="No row has or had this key, and no transaction has this id.",
        rule=_RULE,
        then="name the table, as in `tongjian show membership.offices:CODE`",
    )


def _ambiguous(text: str, candidates: list[Named]) -> Failure:
    names = [
        f"{named.table.name}:{text}" if isinstance(named, RowNamed) else f"{text} --transaction"
        for named in candidates
    ]
    return Failure(
        ExitCode.USAGE,
        f"{text!r} names more than one thing.",
        why="It may be " + " or ".join(names) + ".",
        rule=_RULE,
        then=f"tongjian show {names[0]}",
    )
