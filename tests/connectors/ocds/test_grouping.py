"""Releases of many files are brought together by process before they are looked at."""

import json
from pathlib import Path

import pytest
from ocds_files import EXAMPLES, contents, needs_samples, release

from tongjian.connectors.ocds import Json
from tongjian.connectors.ocds.grouping import Processes


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def write(folder: Path, name: str, *releases: Json) -> Path:
    path = folder / name
    path.write_text("\n".join(map(json.dumps, releases)))
    return path


def compiled(*paths: Path) -> tuple[list[Json], list[str]]:
    with Processes() as processes:
        processes.take_paths(paths)
        found = list(processes.compiled())
        return found, [one.why for one in processes.refused]


def test_releases_of_one_process_in_many_files_become_one(inbox: Path) -> None:
    one = write(inbox, "1", release(date="2026-05-04T00:00:00Z", title="a"), release(ocid="other"))
    two = write(inbox, "2", release(date="2026-05-05T00:00:00Z", title="b"))
    found, refused = compiled(two, one)
    assert not refused
    assert {(one["ocid"], one.get("title")) for one in found} == {
        ("ocds-213czf-952", "b"),
        ("other", None),
    }


@needs_samples
def test_a_record_brings_its_compiled_release() -> None:
    path = EXAMPLES / "merging/updates/merged.json"
    found, refused = compiled(path)
    assert found == [contents(path)[0]["compiledRelease"]]
    assert not refused


def test_a_record_without_one_is_merged(inbox: Path) -> None:
    releases = [release(date=f"2026-05-0{day}T00:00:00Z", title=str(day)) for day in (1, 2)]
    found, _ = compiled(write(inbox, "1", {"records": [{"ocid": "x", "releases": releases}]}))
    assert [one["title"] for one in found] == ["2"]


def test_a_compiled_release_stands_above_its_releases(inbox: Path) -> None:
    done = release(tag=["compiled"], title="compiled")
    found, _ = compiled(write(inbox, "1", release(title="a"), done, release(title="b")))
    assert [one["title"] for one in found] == ["compiled"]


def test_what_cannot_be_merged_or_read_is_told(inbox: Path) -> None:
    path = write(inbox, "1", release(date="never"), release(), release(ocid="good"))
    broken = inbox / "2"
    broken.write_bytes(b'{"releases":[{"ocid":5},{"x":NaN}]}')
    found, refused = compiled(path, broken)
    assert [one["ocid"] for one in found] == ["good"]
    assert len(refused) == 3
    assert any("no date and time" in why for why in refused)
