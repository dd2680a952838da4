"""The vocabulary of a service: acts, events, rows, tables, refusals, operations, queries.

A service declares each operation once; routes, commands, forms, the permission matrix and the
reference pages are derived from that declaration. See docs/decisions/0002-handler-form.md.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Generic,
    NoReturn,
    TypeVar,
    TypeVarTuple,
    get_args,
)

from tongjian.core import limits
from tongjian.core.encoding import Codec, Record

if TYPE_CHECKING:
    from tongjian.core.ledger import Ledger
    from tongjian.core.links import Link
    from tongjian.core.permission import Permission

RowT = TypeVar("RowT", bound="Row")
KeyParts = TypeVarTuple("KeyParts")


class Act(Record):
    """What is asked: one operation with its arguments. Tagged `service.operation`."""


class Event(Record, matched=True):
    """What changed, for the read model and for whoever follows the ledger.

    Its texts come from the act or from rows, never from a handler's own words.
    """


class Row(Record):
    """One entry of a table of a service's state."""


class RefusalCode(Enum):
    """Numbered reasons why not, in order of precedence. A number is never changed or reused."""

    def __init__(self, number: int, sentence: str) -> None:
        """Take the stable number and the English sentence."""
        self.number = number
        self.sentence = sentence


class Refused(Exception):
    """Raised where an act is not allowed; carries the code that goes on the ledger."""

    def __init__(self, code: RefusalCode, detail: str = "") -> None:
        """Take the code; `detail` is for people and never reaches the ledger."""
        super().__init__(code.sentence if not detail else f"{code.sentence} {detail}")
        self.code = code
        self.detail = detail


class InvariantBroken(Exception):
    """Something that must always hold does not: the node stops rather than go on."""


def refuse(code: RefusalCode, detail: str = "") -> NoReturn:
    """Refuse the act."""
    raise Refused(code, detail)


def ensure(condition: bool, code: RefusalCode) -> None:  # noqa: FBT001 - reads as a sentence
    """Refuse the act with the code unless the condition holds."""
    if not condition:
        raise Refused(code)


@dataclass(frozen=True)
class Part:
    """How one part of a row key becomes bytes that sort like the value itself."""

    name: str
    to_bytes: Callable[[Any], bytes]
    size: int
    """Bytes; 0 for text, which ends with a zero byte unless it is the last part."""


def _fixed(size: int) -> Callable[[bytes], bytes]:
    def to_bytes(value: bytes) -> bytes:
        if len(value) != size:
            msg = f"a key part of {len(value)} bytes where {size} are declared"
            raise InvariantBroken(msg)
        return bytes(value)

    return to_bytes


def _text(value: str) -> bytes:
    encoded = value.encode("ascii")
    if 0 in encoded:
        msg = "a text in a key may not hold a zero byte"
        raise InvariantBroken(msg)
    return encoded


def _number(value: int) -> bytes:
    return value.to_bytes(8, "big")


TEXT: Final = Part("text", _text, 0)
NUMBER: Final = Part("number", _number, 8)
BYTES16: Final = Part("bytes16", _fixed(16), 16)
BYTES32: Final = Part("bytes32", _fixed(32), 32)


def _key_encoder(prefix: bytes, parts: tuple[Part, ...]) -> Callable[[tuple[Any, ...]], bytes]:
    """Return the function from the parts of a key, or its first parts, to its bytes."""
    # Text ends with a zero byte, so that a parent sorts before its children, unless it is last.
    steps = tuple(
        (part.to_bytes, b"" if part.size or position == len(parts) - 1 else b"\x00")
        for position, part in enumerate(parts)
    )

    is_text = parts == (TEXT,)

    def key_of(values: tuple[Any, ...]) -> bytes:
        if is_text and len(values) == 1:
            # Most tables are keyed by one identifier: the loop below, written out.
            encoded: bytes = prefix + values[0].encode("ascii")
            if len(encoded) <= limits.KEY_BYTES_MAX and "\x00" not in values[0]:
                return encoded
        encoded = prefix
        for (to_bytes, end), value in zip(steps, values, strict=False):
            encoded += to_bytes(value) + end
        if len(encoded) > limits.KEY_BYTES_MAX:
            msg = f"a key of {prefix[:-1].decode()} is over {limits.KEY_BYTES_MAX} bytes"
            raise InvariantBroken(msg)
        return encoded

    return key_of


class Table(Generic[RowT, *KeyParts]):
    """A named table of a service: order-preserving keys, parent first, and one type of row."""

    __slots__ = ("codec", "key_of", "name", "parts", "prefix", "row")

    def __init__(self, name: str, row: type[RowT], parts: tuple[Part, ...]) -> None:
        """Declare a table `service.table` with its row type and the parts of its key."""
        self.name = name
        self.row = row
        self.parts = parts
        self.prefix = name.encode("ascii") + b"\x00"
        self.codec = Codec(row, limits.ROW_BYTES_MAX)
        self.key_of: Callable[[tuple[Any, ...]], bytes] = _key_encoder(self.prefix, parts)
        """Returns the bytes of a whole key, or of its first parts: where a range begins."""

    def __repr__(self) -> str:
        """Name the table."""
        return f"Table({self.name})"

    def key(self, *values: *KeyParts) -> bytes:
        """Return the bytes of a whole key."""
        return self.key_of(values)

    def bounds(self, *parents: Any) -> tuple[bytes, bytes]:
        """Return the range of the keys that begin with these parts, all without: low, high."""
        low = self.key_of(parents)
        return low, after(low)

    def split(self, key: bytes) -> tuple[Any, ...]:
        """Return the parts of a whole key; the inverse of `key`."""
        rest = key[len(self.prefix) :]
        values: list[Any] = []
        for position, part in enumerate(self.parts):
            if part.size:
                raw, rest = rest[: part.size], rest[part.size :]
                values.append(int.from_bytes(raw, "big") if part is NUMBER else raw)
            elif position == len(self.parts) - 1:
                values.append(rest.decode("ascii"))
            else:
                raw, _, rest = rest.partition(b"\x00")
                values.append(raw.decode("ascii"))
        return tuple(values)


def after(prefix: bytes) -> bytes:
    """Return the first key after all keys that begin with a prefix."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1])


AnyTable = Table[Any, *tuple[Any, ...]]
Handler = Callable[[Any, "Ledger"], Event | tuple[Event, ...]]


@dataclass(frozen=True)
class Operation:
    """One act a service accepts: who may, by which law, what it reads and writes, its handler."""

    service: str
    name: str
    act: type[Act]
    events: tuple[type[Event], ...]
    by: "Permission"
    law: str
    amount: str
    """The field that holds what the act is worth in fen, for limits of officers; empty for none."""
    reads: frozenset[AnyTable]
    writes: frozenset[AnyTable]
    follows: tuple[type[Act], ...]
    """Acts, of this service or another, that the ledger performs as a consequence of this one."""
    since: int
    """The rule version of the service from which this handler decides."""
    handler: Handler
    sentence: str
    """What the operation does, the first line of the handler's docstring."""

    @property
    def tag(self) -> str:
        """The name on the wire, `service.operation`."""
        return f"{self.service}.{self.name}"


@dataclass(frozen=True)
class Query:
    """A question a service answers from its tables, with its audience (domain 0.8: D0 to D5)."""

    service: str
    name: str
    arguments: type[Record]
    audience: str
    handler: Callable[[Any, "Ledger"], Any]
    reads: frozenset[AnyTable]
    sentence: str

    @property
    def tag(self) -> str:
        """The name of the question, `service.query`."""
        return f"{self.service}.{self.name}"

    @property
    def writes(self) -> frozenset[AnyTable]:
        """Nothing: a question changes nothing."""
        return frozenset()


@dataclass
class Service:
    """One public service: its name, the versions of its rules, and all that it declares."""

    name: str
    refusals: type[RefusalCode]
    tables: tuple[AnyTable, ...]
    version: int = 1
    """The newest rule version this code knows."""
    operations: list[Operation] = field(default_factory=list[Operation])
    queries: list[Query] = field(default_factory=list[Query])
    links: "tuple[Link, ...]" = ()
    """How rows of its tables refer to rows, of its own or of services it may read."""

    def operation(
        self,
        *,
        by: "Permission",
        law: str,
        reads: tuple[AnyTable, ...] = (),
        writes: tuple[AnyTable, ...] = (),
        follows: tuple[type[Act], ...] = (),
        amount: str = "",
        since: int = 1,
    ) -> Callable[[Callable[[Any, "Ledger"], Any]], Callable[[Any, "Ledger"], Any]]:
        """Declare a handler as an operation; types and words come from its own signature.

        A table that is written may be read as well.
        """

        def register(handler: Callable[[Any, "Ledger"], Any]) -> Callable[[Any, "Ledger"], Any]:
            act, events = _types_of(handler)
            self.operations.append(
                Operation(
                    service=self.name,
                    name=handler.__name__,
                    act=act,
                    events=events,
                    by=by,
                    law=law,
                    amount=_field_of(act, amount),
                    reads=frozenset((*reads, *writes)),
                    writes=frozenset(writes),
                    follows=follows,
                    since=since,
                    handler=handler,
                    sentence=_first_line(handler),
                )
            )
            return handler

        return register

    def query(
        self, *, audience: str, reads: tuple[AnyTable, ...]
    ) -> Callable[[Callable[[Any, "Ledger"], Any]], Callable[[Any, "Ledger"], Any]]:
        """Declare a question; its arguments are the record its first parameter names."""

        def register(handler: Callable[[Any, "Ledger"], Any]) -> Callable[[Any, "Ledger"], Any]:
            arguments = _annotations(handler)[0]
            self.queries.append(
                Query(
                    service=self.name,
                    name=handler.__name__,
                    arguments=arguments,
                    audience=audience,
                    handler=handler,
                    reads=frozenset(reads),
                    sentence=_first_line(handler),
                )
            )
            return handler

        return register


def _field_of(act: type[Act], name: str) -> str:
    """Return the name of a field of an act, or nothing; raises `ValueError` where it has none."""
    if name and name not in act.__struct_fields__:
        msg = f"{act.__name__} has no field {name!r}"
        raise ValueError(msg)
    return name


def _first_line(handler: Callable[..., Any]) -> str:
    text = inspect.getdoc(handler)
    if not text:
        msg = f"{handler.__name__} has no docstring: an operation says what it does"
        raise TypeError(msg)
    return text.partition("\n")[0]


def _annotations(handler: Callable[..., Any]) -> tuple[Any, Any]:
    """Return the annotations of the first parameter and of the result."""
    hints = inspect.get_annotations(handler, eval_str=True)
    first = next(iter(inspect.signature(handler).parameters))
    return hints[first], hints["return"]


def _types_of(handler: Callable[..., Any]) -> tuple[type[Act], tuple[type[Event], ...]]:
    act, result = _annotations(handler)
    events = tuple(_event_types(result))
    if not (isinstance(act, type) and issubclass(act, Act)) or not events:
        msg = f"{handler.__name__} must take an Act and return an Event or a tuple of them"
        raise TypeError(msg)
    return act, events


def _event_types(annotation: Any) -> Iterator[type[Event]]:
    if isinstance(annotation, type) and issubclass(annotation, Event):
        yield annotation
        return
    for part in get_args(annotation):
        if part is not Ellipsis:
            yield from _event_types(part)
