"""What a connector says of itself so that documents of its kind can be recorded from files.

A connector that has a file `verbs.toml` brings its verbs to the services it names: surfaces find
them, nothing lists them, and the connector itself is loaded when its verb is used. An importer
reads and plans; it neither signs nor submits nor keeps anything, and draws no salt of its own.
"""

import importlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tongjian import connectors
from tongjian.core.hashing import Hash
from tongjian.core.operation import Act, AnyTable

Face = Mapping[str, int | str]
"""What every copy of a document must agree in, by name."""


@dataclass(frozen=True)
class Site:
    """Where documents are to be recorded, and for whom."""

    chain: bytes
    digest: Hash
    office: str
    """Code of the office whose documents they are."""


@dataclass(frozen=True)
class Declined:
    """A document that is not recorded: why, by which rule, what its holder can do."""

    why: str
    rule: str
    then: str = ""
    label: str = ""
    """What the document is, where that much was understood."""


@dataclass(frozen=True)
class Read:
    """A document that can be recorded, before anything is drawn or signed."""

    label: str
    """The document's own key: the same for every copy and format of it."""
    table: AnyTable
    key: tuple[Any, ...]
    """Of the row that records it."""
    face: Face
    flags: tuple[str, ...]
    """Findings that did not forbid to record it."""
    content: Any
    """What the importer needs to compose the act."""


@dataclass(frozen=True)
class Composed:
    """The act that records a document, and what its office must keep to open the commitments."""

    act: Act
    kept: Mapping[str, str]


class Importer(Protocol):
    """Reads documents of one kind and plans their recording."""

    salts: tuple[str, ...]
    """Names of the salts that `compose` is to be given, 32 random bytes each."""

    def walk(self, paths: Iterable[Path]) -> Iterator[tuple[str, bytes | Declined]]:
        """Yield name and bytes of every document at or below the paths, always in one order."""
        ...

    def read(self, name: str, data: bytes, site: Site) -> Read | Declined:
        """Read one document."""
        ...

    def compose(self, read: Read, data: bytes, site: Site, salts: Mapping[str, bytes]) -> Composed:
        """Return the act that records a document under the given salts."""
        ...

    def face_of(self, row: Any) -> Face:
        """Return what a recorded row says of the things in `Read.face`."""
        ...


@dataclass(frozen=True)
class Verb:
    """What a connector lets people do in a service."""

    service: str
    name: str
    zh: str
    en: str
    importer: str
    """Where the importer is, `module:name`."""

    def load(self) -> Importer:
        """Load the connector and return its importer."""
        module, _, name = self.importer.partition(":")
        importer: Importer = getattr(importlib.import_module(module), name)
        return importer


def verbs() -> list[Verb]:
    """Return the verbs of all connectors, in order of the connectors' names."""
    paths = sorted(Path(connectors.__path__[0]).glob("*/verbs.toml"))
    declared = (tomllib.loads(path.read_text("utf-8")) for path in paths)
    entries = (entry for one in declared for entry in one.get("verb", ()))
    return [Verb(**entry) for entry in entries]


def differences(one: Face, other: Face) -> list[str]:
    """Return in what two copies of a document differ, as `total_fen 10490 is not 10500`."""
    return [
        f"{name} {one[name]} is not {other[name]}" for name in one if one[name] != other.get(name)
    ]
