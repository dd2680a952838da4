"""What a user may name: a row as `service.table:key`, a bare key, a transaction by its id."""

from dataclasses import dataclass
from typing import Any, Final

from tongjian.cli.failures import ExitCode, Failure
from tongjian.core.operation import NUMBER, AnyTable, InvariantBroken, Part, Registry
from tongjian.engines.chain import Chain

ID_BYTES: Final = 32
_SEPARATOR: Final = "/"
_RULE: Final = "RECORD is service.table:key, parts of a key joined by /, bytes in hexadecimal"


@dataclass(frozen=True)
class RowNamed:
    """A row that stands, stood or never stood on the ledger."""

    table: AnyTable
    key: bytes


@dataclass(frozen=True)
class TransactionNamed:
    """A transaction on the ledger."""

    id: bytes


Named = RowNamed | TransactionNamed


def resolve(chain: Chain, text: str, *, is_transaction: bool = False) -> Named:
    """Return what a text names; raises `Failure` where that is nothing, or more than one thing."""
    registry = chain.machine.registry
    if is_transaction:
        return _transaction(chain, text)
    name, colon, key = text.partition(":")
    if colon:
        return _row(registry, name, key)
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


def _row(registry: Registry, name: str, key: str) -> RowNamed:
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
    encoded = _key_of(tables[0], key)
    if encoded is None:
        parts = _SEPARATOR.join(part.name for part in tables[0].parts)
        raise Failure(
            ExitCode.USAGE,
            f"{key!r} is no key of {tables[0].name}.",
            why=f"Its keys are of the form {parts}.",
            rule=_RULE,
            then=f"tongjian show {tables[0].name}:{parts}",
        )
    return RowNamed(tables[0], encoded)


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
