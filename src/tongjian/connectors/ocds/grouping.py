"""Releases of many files brought together by process, without holding them in memory.

Their bytes are written to one temporary file; what stays in memory is where they stand.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from tongjian.connectors.jsonfields import is_object, member, objects, text
from tongjian.connectors.ocds.merging import NotMerged, compile_releases
from tongjian.connectors.ocds.reading import Found, Unreadable, read_path
from tongjian.connectors.strictjson import Json, encode, parse


class Processes:
    """The releases of some files, by process; a context, for the file it keeps."""

    def __init__(self) -> None:
        """Begin with no release."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the context
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._compiled: dict[str, list[tuple[int, int]]] = {}
        self.refused: list[Unreadable] = []

    def __enter__(self) -> Self:
        """Begin the context."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop the file."""
        self._file.close()

    def take_paths(self, paths: Iterable[Path]) -> None:
        """Take every release and record of the files; raises `OSError`."""
        for path in paths:
            for found in read_path(path):
                if isinstance(found, Found):
                    self.take(found)
                elif isinstance(found, Unreadable):
                    self.refused.append(found)

    def take(self, found: Found) -> None:
        """Take a release, or the compiled release of a record."""
        content = found.content
        if found.kind == "record":
            compiled = member(content, "compiledRelease")
            if is_object(compiled):
                self._put(self._compiled, compiled)
                return
            for release in objects(content, "releases"):
                self._put(self._places, release)
            return
        tags = member(content, "tag")
        is_compiled = tags is None or tags == ["compiled"]
        self._put(self._compiled if is_compiled else self._places, content)

    def compiled(self) -> Iterator[Json]:
        """Yield the compiled release of each process; what cannot be merged is noted as refused."""
        for ocid in dict.fromkeys((*self._places, *self._compiled)):
            known = self._compiled.get(ocid)
            if known:
                yield self._read(known[-1])
                continue
            releases = [self._read(place) for place in self._places[ocid]]
            try:
                yield compile_releases(releases) if len(releases) > 1 else releases[0]
            except NotMerged as error:
                self.refused.append(Unreadable(ocid, error.why, error.rule, error.next_step))

    def _put(self, places: dict[str, list[tuple[int, int]]], release: Json) -> None:
        ocid = text(release, "ocid")
        if not ocid:
            self.refused.append(Unreadable("release", "it has no ocid"))
            return
        data = encode(release)
        places.setdefault(ocid, []).append((self._file.seek(0, 2), len(data)))
        self._file.write(data)

    def _read(self, place: tuple[int, int]) -> Json:
        self._file.seek(place[0])
        release: Json = parse(self._file.read(place[1]))
        return release
