"""Release packages, record packages and JSON lines, written one release at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, Literal

from tongjian.connectors.jsonfields import text
from tongjian.connectors.ocds.merging import compile_releases, version_releases
from tongjian.connectors.ocds.standard import standard
from tongjian.connectors.strictjson import Json, encode

Form = Literal["release-package", "record-package", "lines"]
FORMS: Final[tuple[Form, ...]] = ("release-package", "record-package", "lines")


@dataclass(frozen=True)
class Head:
    """What a package says of itself; without a licence nobody may use it."""

    uri: str
    """Where the package is published; every release of it is found there by its id."""
    published_date: str
    """RFC 3339."""
    publisher: Json
    """With `name`, and `scheme` and `uid` where it is registered."""
    license: str = ""
    publication_policy: str = ""
    extensions: Sequence[str] = ()
    rest: Json = field(default_factory=dict[str, Any])
    """Fields of a package that was read, known or not, so that they are written again."""

    def as_json(self) -> Json:
        """Return the fields of a package without its releases."""
        own: Json = {
            "uri": self.uri,
            "version": standard()["version"],
            "publishedDate": self.published_date,
            "publisher": self.publisher,
        }
        optional: Json = {
            "license": self.license,
            "publicationPolicy": self.publication_policy,
            "extensions": list(self.extensions),
        }
        given = {name: value for name, value in optional.items() if value}
        lists = {"releases", "records"}
        return {name: value for name, value in self.rest.items() if name not in lists} | own | given


def write_releases(out: BinaryIO, head: Head, releases: Iterable[Json]) -> int:
    """Write a release package and return how many releases it has.

    A package needs one at least; of none, nothing is written and the answer is 0.
    """
    return _write(out, head, "releases", releases)


def write_records(
    out: BinaryIO, head: Head, processes: Iterable[Sequence[Json]], *, versioned: bool
) -> int:
    """Write a record package, one record for all releases of a process; return their number.

    Raises `NotMerged` for releases that cannot be merged.
    """
    return _write(out, head, "records", (record_of(one, versioned=versioned) for one in processes))


def write_lines(out: BinaryIO, releases: Iterable[Json]) -> int:
    """Write one release a line and return how many there were."""
    count = 0
    for release in releases:
        out.write(encode(release) + b"\n")
        count += 1
    return count


def record_of(releases: Sequence[Json], *, versioned: bool) -> Json:
    """Return the record of one process: its releases, compiled and, if asked for, versioned."""
    record: Json = {
        "ocid": text(releases[0], "ocid"),
        "releases": list(releases),
        "compiledRelease": compile_releases(releases),
    }
    if versioned:
        record["versionedRelease"] = version_releases(releases)
    return record


def _write(out: BinaryIO, head: Head, name: str, members: Iterable[Json]) -> int:
    count = 0
    for one in members:
        out.write(_begin(head, name) if not count else b",\n")
        out.write(encode(one))
        count += 1
    if count:
        out.write(b"\n]}\n")
    return count


def _begin(head: Head, name: str) -> bytes:
    return encode(head.as_json())[:-1] + f',"{name}":[\n'.encode()
