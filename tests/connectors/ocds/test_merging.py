"""Merged releases equal those that OCDS publishes as expected."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocds_files import EXAMPLES, SAMPLES, SCHEMA, contents, needs_samples, release

from tongjian.connectors.ocds import Json
from tongjian.connectors.ocds.merging import NotMerged, compile_releases, version_releases
from tongjian.connectors.ocds.standard import standard

HISTORY = ["tender", "tenderUpdate", "award", "contract", "implementation", "contractAmendment"]
UPDATES = ["tender1", "tender2", "tender3", "award1", "award2"]


def in_folder(folder: str, *names: str) -> list[Path]:
    return [EXAMPLES / folder / f"{name}.json" for name in names]


def record_at(path: Path) -> Json:
    (record,) = contents(path)
    return record


CASES = {
    "updates": (in_folder("merging/updates", *UPDATES), "merging/updates/merged"),
    "updates-versioned": (in_folder("merging/updates", *UPDATES), "merging/updates/versioned"),
    "deleted-object": (
        in_folder("merging/deletions", "object_tender", "object_tenderAmendment"),
        "merging/deletions/object_record",
    ),
    "deleted-field": (
        in_folder("merging/deletions", "field_tender", "field_tenderUpdate"),
        "merging/deletions/field_record",
    ),
    "deleted-in-array": (
        in_folder("merging/deletions", "array_award", "array_awardAmendment"),
        "merging/deletions/array_record",
    ),
    **{
        f"history-{name}": (
            in_folder("change_history", *HISTORY[: place + 1]),
            f"change_history/records/{name}",
        )
        for place, name in enumerate(HISTORY)
    },
}


@needs_samples
@pytest.mark.parametrize("name", CASES)
def test_worked_examples_of_the_standard_merge_as_expected(name: str) -> None:
    paths, expected = CASES[name]
    record = record_at(EXAMPLES / f"{expected}.json")
    merged = {
        "compiledRelease": compile_releases(contents(*paths)),
        "versionedRelease": version_releases(contents(*reversed(paths))),
    }
    told = [kind for kind in merged if kind in record]
    assert told
    for kind in told:
        assert merged[kind] == record[kind]


@needs_samples
@pytest.mark.parametrize("name", ["ocds-213czf-000-00001", "ocds-213czf-000-00001-withversions"])
def test_the_sample_process_merges_as_expected(name: str) -> None:
    releases = contents(SAMPLES / "ocds-sample-1.1/ocds-213czf-000-00001.json")
    record = record_at(SAMPLES / f"ocds-sample-1.1/record/{name}.json")
    assert compile_releases(releases) == record["compiledRelease"]
    if "versionedRelease" in record:
        assert version_releases(releases) == record["versionedRelease"]


@needs_samples
def test_the_rules_are_those_of_the_released_schema() -> None:
    schema = json.loads((SCHEMA / "dereferenced-release-schema.json").read_bytes())
    omitted: list[str] = []
    whole: list[str] = []

    def walk(properties: Json, path: str) -> None:
        for name, value in properties.items():
            here, types = f"{path}.{name}".lstrip("."), value.get("type", [])
            items = value.get("items", {})
            if value.get("omitWhenMerged"):
                omitted.append(here)
            elif "array" in types and value.get("wholeListMerge"):
                whole.append(here)
            elif "object" in types:
                walk(value.get("properties", {}), here)
            elif "array" in types and "id" in items.get("properties", {}):
                walk(items["properties"], here)
            elif "array" in types:
                whole.append(here)

    walk(schema["properties"], "")
    merge = standard()["merge"]
    assert sorted(merge["omit_when_merged"]) == sorted(omitted)
    assert sorted(merge["whole_list"]) == sorted(whole)


@needs_samples
def test_the_codes_are_those_of_the_released_lists() -> None:
    for name, codes in standard()["codes"].items():
        lines = (SCHEMA / f"codelists/{name}.csv").read_text("utf-8")
        assert all(f"\n{code}," in lines for code in codes), name
    closed = {"releaseTag", "initiationType", "tenderStatus", "method", "procurementCategory"}
    assert closed | {"awardStatus", "contractStatus", "milestoneStatus"} == set(standard()["codes"])


def test_releases_are_ordered_by_the_moment_and_not_by_its_text() -> None:
    earlier = release(id="1", date="2026-05-04T09:00:00+08:00", x=1)
    later = release(id="2", date="2026-05-04T02:00:00Z", x=2)
    assert compile_releases([later, earlier])["x"] == 2


@given(st.permutations([1, 2, 3, 4]))
def test_the_order_in_which_releases_come_does_not_matter(order: list[int]) -> None:
    releases = {
        n: release(
            id=str(n),
            date=f"2026-05-0{n}T00:00:00Z",
            tender={"id": "t", "items": [{"id": str(n), "quantity": n}], "title": f"t{n}"},
        )
        for n in order
    }
    merged = compile_releases([releases[n] for n in order])
    assert merged["tender"]["title"] == "t4"
    assert {item["id"] for item in merged["tender"]["items"]} == {"1", "2", "3", "4"}
    assert merged["id"] == "ocds-213czf-952-2026-05-04T00:00:00Z"


@pytest.mark.parametrize(
    ("releases", "why"),
    [
        ([release(date=None)], "no date and time"),
        ([release(date="2026-05-04")], "no date and time"),
        ([release(), release(ocid="ocds-213czf-other")], "not of one process"),
        ([release(parties=[{"id": {"a": 1}}])], "neither a text nor a whole number"),
        ([release(parties=[{"id": True}])], "neither a text nor a whole number"),
        ([release(x={"a": 1}), release(x=[{"id": "1", "b": 2}])], "An earlier release had"),
    ],
)
def test_what_cannot_be_merged_is_refused_with_its_reason(releases: list[Json], why: str) -> None:
    with pytest.raises(NotMerged, match=why):
        compile_releases(releases)
