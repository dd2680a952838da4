"""Files of strangers are read release by release, whole and unchanged, or refused with a reason."""

import gzip
import json
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocds_files import PORTUGAL, contents, examples, found, needs_samples, read, release

from tongjian.connectors.ocds import (
    Found,
    Json,
    Shell,
    Unreadable,
    encode,
    parse,
    read_path,
    read_stream,
)
from tongjian.connectors.ocds.reading import COLLECTIONS
from tongjian.connectors.splitting import CHUNK_BYTES, DEPTH_MAX, NotSplit, Piece, Splitter

NUMBERS = st.integers(-(10**30), 10**30) | st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
EXTRAS = st.dictionaries(TEXTS.filter(lambda name: name not in release()), VALUES, max_size=4)


def package(*releases: bytes) -> bytes:
    return b'{"uri":"u","releases":[' + b", ".join(releases) + b'],"x_seen":[{}]}'


def refused(data: bytes) -> list[str]:
    return [one.why for one in read(data) if isinstance(one, Unreadable)]


@needs_samples
def test_the_hundred_real_processes_are_read_as_a_plain_reader_reads_them() -> None:
    plain = json.loads(PORTUGAL.read_bytes())
    read_ = found(PORTUGAL)
    assert len(read_) == 100
    assert [json.loads(encode(one.content)) for one in read_] == [
        one for part in plain for one in part["releases"]
    ]
    assert len({one.content["ocid"] for one in read_}) == 100


@needs_samples
def test_what_is_yielded_stood_in_the_file_byte_for_byte() -> None:
    whole = PORTUGAL.read_bytes()
    for one in found(PORTUGAL):
        assert whole.count(one.data) == 1
        assert parse(one.data) == one.content


@needs_samples
def test_every_published_example_is_read_without_a_refusal() -> None:
    paths = list(examples())
    assert len(paths) > 40
    for path in paths:
        parts = list(read_path(path))
        assert not [one for one in parts if isinstance(one, Unreadable)], path
        assert any(isinstance(one, Found) for one in parts), path
        assert any(isinstance(one, Shell) for one in parts), path


@given(st.lists(EXTRAS, min_size=1, max_size=4))
def test_unknown_fields_and_exact_numbers_live_through_reading_and_writing(
    extras: list[Json],
) -> None:
    releases = [release() | extra for extra in extras]
    again = [one.content for one in read(package(*map(encode, releases))) if isinstance(one, Found)]
    assert again == releases
    assert [list(one) for one in again] == [list(one) for one in releases]
    assert [str(one) for one in again] == [str(parse(encode(one))) for one in releases]


def test_decimals_keep_their_zeros() -> None:
    (one,) = read(b'{"ocid":"a","value":{"amount":775.70,"low":1.0,"high":100}}')
    assert isinstance(one, Found)
    assert encode(one.content) == b'{"ocid":"a","value":{"amount":775.70,"low":1.0,"high":100}}'


@given(EXTRAS, st.integers(1, 9))
def test_where_the_stream_is_cut_into_chunks_changes_nothing(extra: Json, size: int) -> None:
    data = package(encode(release() | extra), encode(release(id="2")))
    splitter, pieces = Splitter(COLLECTIONS), []
    for start in range(0, len(data), size):
        pieces += splitter.feed(data[start : start + size])
    splitter.close()
    assert pieces == Splitter(COLLECTIONS).feed(data)
    assert all(data[one.offset :].startswith(one.data) for one in pieces if one.collection)


@pytest.mark.parametrize(
    "data",
    [
        package(b'{"ocid":"a"}', b'{"ocid":"b"}'),
        b'[{"releases":[{"ocid":"a"}]}, {"releases":[{"ocid":"b"}]}]',
        b'{"ocid":"a"}\n{"ocid":"b"}\n',
        b'\xef\xbb\xbf[{"ocid":"a"},{"ocid":"b"}]',
        gzip.compress(b'{"ocid":"a"}\n', mtime=0) + gzip.compress(b'{"ocid":"b"}\n', mtime=0),
    ],
    ids=["package", "list of packages", "lines", "byte order mark", "gzip of two members"],
)
def test_every_form_of_a_file_gives_the_same_releases(data: bytes) -> None:
    assert [one.content["ocid"] for one in read(data) if isinstance(one, Found)] == ["a", "b"]
    assert not refused(data)


def test_records_are_told_from_releases() -> None:
    kinds = [
        one.kind
        for data in (
            b'{"records":[{"ocid":"a","compiledRelease":{}}]}',
            b'{"ocid":"a","compiledRelease":{}}',
            b'{"ocid":"a"}',
        )
        for one in read(data)
        if isinstance(one, Found)
    ]
    assert kinds == ["record", "record", "release"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b"[", "it ends in the middle"),
        (b'{"ocid":"a"', "it ends in the middle"),
        (b'{"ocid":"a', "it ends in the middle"),
        (b"[1]", "an object must stand here"),
        (b'[{"ocid":"a"}{"ocid":"b"}]', "an object must stand here"),
        (b'[,{"ocid":"a"}]', "an object must stand here"),
        (b"{}", "neither a package nor a release"),
        (b'{"ocid":"a"]', "a bracket closes what was not open"),
        (b'{"releases":[}]}', "a bracket closes what was not open"),
        (b'{"ocid":"a","x":' + b"[" * 100 + b"]" * 100 + b"}", f"deeper than {DEPTH_MAX}"),
        (b'{"ocid":"a","ocid":"b"}', "stands twice"),
        (b'{"ocid":"a","x":NaN}', "no number of JSON"),
        (b'{"ocid":"a","x":-Infinity}', "no number of JSON"),
        (b'{"ocid":"a","x":1e999999999}', "out of all bounds"),
        (b'{"ocid":"a","x":1e99999999999999999999999}', "out of all bounds"),
        (b'{"ocid":"a","x":' + b"9" * 10_000 + b"}", "more than 64 characters"),
        (b'{"ocid":"\\ud800"}', "surrogate"),
        (b'{"ocid":"caf\xe9"}', "not UTF-8"),
        (b'{"ocid":"\x00"}', "not JSON"),
        (b'{"ocid":"a"}'[:-1] + b",}", "not JSON"),
        (b'{"releases":[3]}', "no JSON object"),
        (b"\x1f\x8bxx", "gzip"),
        (gzip.compress(b'{"ocid":"a"}', mtime=0)[:-9], "gzip"),
        (gzip.compress(b'{"ocid":"' + b"a" * 20_000_000, mtime=0), "times its size"),
    ],
)
def test_hostile_or_broken_text_is_refused_with_its_reason(data: bytes, why: str) -> None:
    assert any(why in told for told in refused(data)), refused(data)


def test_one_broken_release_does_not_hide_its_neighbours() -> None:
    parts = read(package(b'{"ocid":"a"}', b'{"ocid":NaN}', b'{"ocid":"c"}'))
    assert [type(one).__name__ for one in parts] == ["Found", "Unreadable", "Found", "Shell"]
    assert parts[1].place == "releases[1]"


def test_an_escape_does_not_hide_a_list_of_releases() -> None:
    parts = read(b'{"rele\\u0061ses":[{"ocid":"a"}]}')
    assert isinstance(parts[0], Found)
    assert parts[0].place == "releases[0]"


def test_a_list_of_releases_that_stands_twice_is_refused() -> None:
    data = b'{"releases":[{"ocid":"a"}],"releases":[{"ocid":"b"}]}'
    assert any("stands twice" in why for why in refused(data))


class Endless:
    """A package of many releases that is never whole in memory."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.unit = b",\n" + encode(release(x_note="9" * 4_000))
        self.rest = b'{"releases":[' + self.unit[1:]

    def read(self, size: int = -1) -> bytes:
        while len(self.rest) < size and self.left:
            self.left -= 1
            self.rest += self.unit if self.left else b"]}"
        given_, self.rest = self.rest[:size], self.rest[size:]
        return given_


def test_memory_does_not_grow_with_the_file() -> None:
    stream: Any = Endless(5_000)
    tracemalloc.start()
    try:
        count = sum(isinstance(one, Found) for one in read_stream(stream))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 5_000
    assert peak < 16 * CHUNK_BYTES
    assert len(stream.unit) * count > 20_000_000


def test_a_release_beyond_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongjian.connectors.splitting.PIECE_BYTES_MAX", 1_000)
    assert refused(b'{"ocid":"' + b"a" * 2_000 + b'"}')
    assert refused(package(encode(release(x=[0] * 2_000))))


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    for one in read(data):
        assert isinstance(one, Found | Shell | Unreadable)


@given(st.lists(st.sampled_from(list(b'{}[],:"\\ releasocid1n')), max_size=60))
def test_no_structure_makes_the_splitter_fail(signs: list[int]) -> None:
    pieces: list[Piece] = []
    splitter = Splitter(COLLECTIONS)
    with suppress(NotSplit):
        pieces = splitter.feed(bytes(signs))
        splitter.close()
    assert all(piece.data in bytes(signs) for piece in pieces if piece.collection)


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_members_of_an_archive_are_read_in_order_of_their_names(tmp_path: Path) -> None:
    members = {"b.json": b'{"ocid":"b"}', "../a.json": b'{"ocid":"a"}', "notes.txt": b"hello"}
    parts = list(read_path(zipped(tmp_path / "x.zip", members)))
    assert [(one.place, type(one).__name__) for one in parts] == [
        ("../a.json!package", "Found"),
        ("b.json!package", "Found"),
        ("notes.txt!byte 0", "Unreadable"),
    ]
    assert not (tmp_path.parent / "a.json").exists()


def test_archives_that_are_damaged_or_grow_beyond_reason_are_refused(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "bomb.zip", {"a.json": b'{"ocid":"' + b"a" * 15_000_000 + b'"}'})
    assert any("times its size" in one.why for one in refusals_of(bomb))
    whole = bomb.read_bytes()
    for spoiled in (whole[:-20], whole[:200], whole[:40] + b"\xff" * 9 + whole[49:]):
        path = tmp_path / "spoiled.zip"
        path.write_bytes(spoiled)
        assert refusals_of(path)
    locked = tmp_path / "locked.zip"
    data = bytearray(zipped(tmp_path / "open.zip", {"a.json": b'{"ocid":"a"}'}).read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    locked.write_bytes(bytes(data))
    assert any("cannot be unpacked" in one.why for one in refusals_of(locked))


def refusals_of(path: Path) -> list[Unreadable]:
    return [one for one in read_path(path) if isinstance(one, Unreadable)]


@needs_samples
def test_a_file_that_is_not_there_is_an_operating_failure(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        contents(tmp_path / "missing.json")
