"""What a connector says of itself so that the ledger can be written, or looked at, in its format.

Verbs stand in the connector's `verbs.toml` beside those of importing, as `[[export]]` and
`[[examine]]`. An exporter reads rows and their history; it never writes to the ledger.
"""

import importlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

from tongjian import connectors
from tongjian.core.operation import AnyTable


@dataclass(frozen=True)
class Version:
    """A row from a height on; none where it was removed."""

    height: int
    time_ms: int
    """Of the block."""
    row: Any | None


class Source(Protocol):
    """A ledger, read only."""

    @property
    def time_ms(self) -> int:
        """Time of its last block."""
        ...

    def rows(self, table: AnyTable, *begun: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        """Yield key and row of all rows whose keys begin so, in order of the keys."""
        ...

    def versions(self, table: AnyTable, *key: Any) -> Sequence[Version]:
        """Return every version of a row, oldest first."""
        ...


@dataclass(frozen=True)
class Option:
    """Something that a verb can be told."""

    name: str
    words: str
    default: str = ""
    choices: tuple[str, ...] = ()


class Refused(Exception):
    """What a verb cannot do as it was asked: what, by which rule, what to do next."""

    def __init__(self, what: str, rule: str, next_step: str) -> None:
        """Say what, by which rule, and what to do next."""
        super().__init__(what)
        self.what = what
        self.rule = rule
        self.next_step = next_step


class Exporter(Protocol):
    """Writes what a ledger holds in the format of a standard."""

    options: tuple[Option, ...]

    def export(self, source: Source, out: BinaryIO, wishes: Mapping[str, str]) -> Mapping[str, int]:
        """Write it and return how many of what; raises `Refused`."""
        ...


@dataclass(frozen=True)
class Remark:
    """One finding, as it is told at the terminal and to machines."""

    subject: str
    rule: str
    text_zh: str
    text_en: str
    fields: Mapping[str, Any]
    """For machines: texts, whole numbers, lists and objects of them."""


@dataclass(frozen=True)
class Examined:
    """What an examination found."""

    remarks: Sequence[Remark]
    counts: Mapping[str, int]
    note: str
    """What the findings are, and what they are not."""


class Examiner(Protocol):
    """Looks for what a person should look at, in files or on the ledger."""

    options: tuple[Option, ...]

    def examine(
        self, paths: Iterable[Path], source: Source | None, wishes: Mapping[str, str]
    ) -> Examined:
        """Examine files, or the ledger where none are given; raises `Refused`."""
        ...


@dataclass(frozen=True)
class Face:
    """A verb that a connector brings to a service."""

    kind: Literal["export", "examine"]
    service: str
    name: str
    zh: str
    en: str
    made_by: str
    """Where it is, `module:name`."""

    def load(self) -> Any:
        """Load the connector and return its `Exporter` or `Examiner`."""
        module, _, name = self.made_by.partition(":")
        return getattr(importlib.import_module(module), name)


def faces() -> list[Face]:
    """Return the verbs of all connectors, in order of the connectors' names."""
    kinds: tuple[Literal["export", "examine"], ...] = ("export", "examine")
    found: list[Face] = []
    for path in sorted(Path(connectors.__path__[0]).glob("*/verbs.toml")):
        declared = tomllib.loads(path.read_text("utf-8"))
        found += [Face(kind, **entry) for kind in kinds for entry in declared.get(kind, ())]
    return found
