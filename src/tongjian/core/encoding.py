"""The canonical bytes of every record; the only file that knows the wire form.

The rule: a record is a MessagePack array in field order; only integers 0 to 2**63-1 in shortest
form, ASCII text, bytes, booleans, nil and arrays; and `encode(decode(b)) == b`, else the bytes are
refused. What MessagePack would let through (duplicate or unordered keys, long forms, NaN, trailing
bytes) is refused by that one comparison. See docs/decisions/0001-encoding.md.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar, dataclass_transform, get_args, get_origin

import msgspec
from msgspec import msgpack

T = TypeVar("T")


class Malformed(ValueError):
    """Bytes that are no record: they never enter the ledger."""


def _without_pattern(annotation: Any) -> Any:
    """Return a field's type with its length; the pattern stays as a note for tests and pages."""
    if get_origin(annotation) is not Annotated:
        return annotation
    inner, *notes = get_args(annotation)
    if not any(isinstance(note, msgspec.Meta) and note.pattern for note in notes):
        return annotation
    lengths = [
        msgspec.Meta(
            min_length=note.min_length,
            max_length=note.max_length,
            description=note.description,
            extra={**(note.extra or {}), "pattern": note.pattern},
        )
        for note in notes
        if isinstance(note, msgspec.Meta)
    ]
    return Annotated[inner, *lengths]


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class RecordMeta(msgspec.StructMeta):
    """Makes each record frozen, keyword-only and an array on the wire, said in one place."""

    def __new__(  # noqa: PYI034 - Self has no meaning in a metaclass
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        matched: bool = False,
        **config: Any,
    ) -> "RecordMeta":
        """Build the class; fields are keyword-only in every subclass.

        `matched` is said of rows and events whose texts all come from acts or other rows: their
        patterns were matched when those were decoded, and are not matched again each time the
        kernel checks bounds (0.6 µs a text). Lengths are checked all the same.
        """
        if matched or any(getattr(base, "__matched__", False) for base in bases):
            namespace["__matched__"] = True
            fields = namespace.get("__annotations__", {})
            namespace["__annotations__"] = {f: _without_pattern(a) for f, a in fields.items()}
        return super().__new__(mcls, name, bases, namespace, kw_only=True, **config)


class Record(
    msgspec.Struct,
    metaclass=RecordMeta,
    frozen=True,
    array_like=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """A frozen record with one byte form. Bounds are enforced when it is decoded."""


_encoder = msgpack.Encoder(order="deterministic")
encode: Callable[[Any], bytes] = _encoder.encode


_HOSTILE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What hostile input raises: three unrelated families. The text names the field and the rule."""


class Codec:
    """Decodes one type of record strictly."""

    __slots__ = ("_decode", "bytes_max")

    def __init__(self, record: Any, bytes_max: int) -> None:
        """Prepare for a record type (or a union of tagged ones) of at most `bytes_max` bytes."""
        self._decode = msgpack.Decoder(record, strict=True).decode
        self.bytes_max = bytes_max

    def decode(self, data: bytes) -> Any:
        """Decode canonical bytes or raise `Malformed`."""
        # The body of `decode_trusted`, written out: every transaction passes here twice.
        if len(data) > self.bytes_max:
            raise self._oversized(data)
        try:
            record = self._decode(data)
        except _HOSTILE as error:
            raise Malformed(str(error)) from error
        if encode(record) != data:
            what = "the bytes are not in canonical form (shortest integers, field order)"
            raise Malformed(what)
        return record

    def decode_trusted(self, data: bytes) -> Any:
        """Decode bytes whose canonical form was checked before; bounds are still enforced."""
        if len(data) > self.bytes_max:
            raise self._oversized(data)
        try:
            return self._decode(data)
        except _HOSTILE as error:
            raise Malformed(str(error)) from error

    def _oversized(self, data: bytes) -> Malformed:
        return Malformed(f"{len(data)} bytes is over the limit of {self.bytes_max}")


def decode(record: type[T], data: bytes, bytes_max: int = 1 << 20) -> T:
    """Decode canonical bytes of one record type or raise `Malformed`; not for hot paths."""
    decoded: T = Codec(record, bytes_max).decode(data)
    return decoded


def replace(record: T, /, **changes: Any) -> T:
    """Return a copy of a record with some fields changed."""
    return msgspec.structs.replace(record, **changes)  # type: ignore[type-var]
