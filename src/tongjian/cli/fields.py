"""Fields of acts and questions as options: their names, their words, their units, their bounds."""

import ast
import inspect
import textwrap
import typing
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final

from msgspec import NODEFAULT
from msgspec import inspect as shapes

from tongjian.cli.words import Words
from tongjian.core.encoding import Record

RESERVED: Final = frozenset(("as", "draft", "dry-run", "help", "home", "json"))
"""Names of options that every act has; a field of such a name is asked for as `--the-NAME`."""
TAG: Final = "tag"
"""Member of a JSON object that says which of several records it is."""
METAVAR_LENGTH_MAX: Final = 20
"""Choices that are longer stand in the text of the help."""
_METAVARS: Final = {"fen": "FEN", "ppm": "PPM", "ms": "MOMENT", "block": "HEIGHT"}
_UNIT_WORDS: Final = {
    "fen": "in fen, 100 to the yuan",
    "ppm": "in millionths: 130000 is 13 %",
    "ms": "an ISO 8601 time, Shanghai's where it has no offset; or ms since 1970 UTC; or now",
    "block": "a block height",
}


@dataclass(frozen=True)
class Shape:
    """A type without its annotations: what a text or a JSON value is read into."""

    type: shapes.Type
    unit: str
    description: str
    is_optional: bool
    """Nil is a value."""


@dataclass(frozen=True)
class Field:
    """A field of an act or a question as an option of the command line."""

    name: str
    hint: Any
    """The annotated type, whose bounds are enforced."""
    shape: Shape
    docstring: str
    default: Any
    """`NODEFAULT` where the field has none."""

    @property
    def flag(self) -> str:
        """The name of the option."""
        dashed = self.name.replace("_", "-")
        return f"--the-{dashed}" if dashed in RESERVED else f"--{dashed}"

    @property
    def many(self) -> shapes.VarTupleType | None:
        """The list that the option fills when it is given several times, or none."""
        return self.shape.type if isinstance(self.shape.type, shapes.VarTupleType) else None

    @property
    def item(self) -> Shape:
        """What one value of the option is read into."""
        return self.shape if self.many is None else shape_of(self.many.item_type)

    @property
    def is_required(self) -> bool:
        """Whether the option must be given; a list may be empty and nil be left out."""
        if self.many is not None:
            return bool(self.many.min_length)
        return self.default is NODEFAULT and not self.shape.is_optional

    @property
    def metavar(self) -> str:
        """What stands for a value in help."""
        item = self.item
        choices = "|".join(choices_of(item.type))
        if choices:
            return choices if len(choices) <= METAVAR_LENGTH_MAX else "WORD"
        match item.type:
            case shapes.BytesType(min_length=least, max_length=most) if least and least == most:
                return f"HEX{least}"
            case shapes.BytesType():
                return "HEX"
            case shapes.StructType() | shapes.UnionType():
                return "JSON"
            case shapes.IntType():
                return _METAVARS.get(item.unit, item.unit.upper() or "NUMBER")
            case _:
                return "TEXT"

    def help(self, words: Words) -> str:
        """Return what the option means: the law's word, the field's own sentence, its unit."""
        label = words.label("fields", self.name)
        meaning = self.docstring or words.hint("fields", self.name) or self.item.description
        parts = [label.zh, meaning or label.en, self._form()]
        return " ".join(part for part in parts if part)

    def _form(self) -> str:
        item = self.item
        form = _UNIT_WORDS.get(item.unit, "")
        if self.metavar == "WORD":
            form = "one of " + ", ".join(choices_of(item.type))
        match item.type:
            case shapes.BytesType(min_length=least, max_length=most) if least and least == most:
                form = f"{least} bytes in hexadecimal"
            case shapes.BytesType():
                form = "bytes in hexadecimal"
            case shapes.StructType(fields=inner):
                form = "JSON or @FILE with " + ", ".join(field.name for field in inner)
            case shapes.UnionType():
                tags = ", ".join(records_of(item.type))
                form = f"JSON or @FILE, its {TAG} one of {tags}"
            case _:
                pass
        if self.many is not None:
            form = f"{form}; repeat for more" if form else "repeat for more"
        return f"({form})" if form else ""


def records_of(union: shapes.UnionType) -> dict[str, shapes.StructType]:
    """Return the records among which a value is one, by their tags."""
    records = (one for one in union.types if isinstance(one, shapes.StructType))
    return {str(one.tag): one for one in records}


def fields_of(record: type[Record]) -> list[Field]:
    """Return the fields of a record in their order."""
    info = typing.cast(shapes.StructType, shapes.type_info(record))
    hints = typing.get_type_hints(record, include_extras=True)
    words = docstrings_of(record)
    return [
        Field(
            name=field.name,
            hint=hints[field.name],
            shape=shape_of(field.type),
            docstring=words.get(field.name, ""),
            default=field.default,
        )
        for field in info.fields
    ]


def shape_of(info: shapes.Type) -> Shape:
    """Return a type without its annotations, and without the nil that it may be."""
    unit = description = ""
    is_optional = False
    while True:
        match info:
            case shapes.Metadata():
                unit = unit or _noted(info, "extra", "unit")
                description = description or _noted(info, "extra_json_schema", "description")
                info = info.type
            case shapes.UnionType(types=types):
                others = [one for one in types if not isinstance(one, shapes.NoneType)]
                if len(others) != 1:
                    return Shape(info, unit, description, is_optional)
                is_optional = len(others) < len(types)
                info = others[0]
            case _:
                return Shape(info, unit, description, is_optional)


def _noted(meta: Any, kind: str, name: str) -> str:
    noted: dict[str, Any] | None = getattr(meta, kind)
    return str(noted.get(name, "")) if noted else ""


def choices_of(info: shapes.Type) -> list[str]:
    """Return the words among which a value is chosen; none where it is not a choice."""
    match info:
        case shapes.LiteralType(values=values):
            return [str(value) for value in values]
        case shapes.EnumType(cls=cls):
            return [member.name.lower() for member in cls]
        case _:
            return []


@cache
def docstrings_of(record: type) -> dict[str, str]:
    """Return the sentences below the fields of a record, read from its source."""
    found: dict[str, str] = {}
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(record)))
    except (OSError, TypeError):
        return found
    body = typing.cast(ast.ClassDef, tree.body[0]).body
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                value=ast.Constant(value=str() as text)
            ):
                found[name] = " ".join(text.split())
            case _:
                pass
    return found
