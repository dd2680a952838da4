"""Releases published elsewhere become evidence on the ledger, once; the rest is told why not."""

import gzip
import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocds_files import EXAMPLES, FLAGS, PORTUGAL, needs_samples, release
from terminal import answer, fails, ok

from tongjian.cli.failures import ExitCode
from tongjian.connectors.canonicaljson import canonical
from tongjian.connectors.importing import Declined, Read, Site
from tongjian.connectors.ocds import Json, encode, parse
from tongjian.connectors.ocds.importer import importer
from tongjian.core.hashing import sha256

HOLDER = "buyer"
OFFICER = f"""
[[officer]]
holder = "{HOLDER}"
office = "11990100001400700T"
roles = ["purchase_officer"]
"""
SITE = Site(chain=bytes(32), digest=sha256, office="11990100001400700T")


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracting")
    plan = folder / "plan.toml"
    plan.write_text(ok("init", "--example").stdout + OFFICER, "utf-8")
    ok("init", folder / "ledger", "--plan", plan)
    return folder / "ledger"


@pytest.fixture
def home(founded: Path, tmp_path: Path) -> Path:
    from terminal import copy_of

    return copy_of(founded, tmp_path)


def imported(home: Path, *paths: object, code: int = 0) -> Any:
    return answer("procurement", "import", *paths, "--as", HOLDER, home=home, code=code)


def write(folder: Path, name: str, *releases: Json) -> Path:
    path = folder / name
    path.write_bytes(b'{"releases":[' + b",".join(map(encode, releases)) + b"]}")
    return path


@needs_samples
def test_the_hundred_real_processes_are_recorded_with_their_total(home: Path) -> None:
    first = imported(home, PORTUGAL)
    assert first["counts"] == Counter(recorded=100) | dict.fromkeys(
        ("already", "refused", "waiting", "unknown"), 0
    )
    assert first["sums"] == {"EUR": {"awarded": "1613064.48", "contracted": "1613064.48"}}
    assert len({one["record"].split("/")[0] for one in first["documents"]}) == 100
    second = imported(home, PORTUGAL)
    assert second["counts"]["already"] == 100
    assert second["sums"] == first["sums"]


@needs_samples
def test_what_was_imported_is_kept_byte_for_byte(home: Path) -> None:
    imported(home, PORTUGAL)
    whole, kept = PORTUGAL.read_bytes(), home / "documents"
    entries = [json.loads(path.read_text("utf-8")) for path in kept.glob("*.json")]
    assert len(entries) == 100
    for entry in entries:
        data = (kept / entry["file"]).read_bytes()
        assert data in whole
        content = json.loads(data)
        assert (content["ocid"], content["id"]) == (entry["ocid"], entry["release"])


@needs_samples
def test_records_bring_their_releases_and_links_are_refused(home: Path) -> None:
    said = imported(home, EXAMPLES / "merging", code=ExitCode.PARTIAL)
    whys = Counter(one["rule"] for one in said["documents"] if one["status"] == "refused")
    assert whys["OCDS 1.1.5, linked releases"] == 10
    assert said["counts"]["recorded"] >= 8


def test_a_record_without_its_releases_brings_what_is_compiled(home: Path, tmp_path: Path) -> None:
    compiled = release(id="ocds-213czf-952-2026", tag=["compiled"])
    link = {"url": "https://example.org/1.json", "date": "2026-05-04T00:00:00Z", "tag": ["tender"]}
    records = [
        {"ocid": "ocds-213czf-952", "releases": [link], "compiledRelease": compiled},
        {"ocid": "ocds-213czf-1", "releases": [release(ocid="ocds-213czf-1")]},
        {"ocid": "ocds-213czf-2"},
    ]
    path = tmp_path / "records.json"
    path.write_bytes(encode({"records": records}))
    said = imported(home, path, code=ExitCode.PARTIAL)
    assert [one["status"] for one in said["documents"]] == [
        "refused",
        "recorded",
        "recorded",
        "refused",
    ]
    assert "neither a release" in said["documents"][-1]["why"]


def test_a_release_changed_under_its_old_id_is_refused(home: Path, tmp_path: Path) -> None:
    one = release(title="cables")
    imported(home, write(tmp_path, "one.json", one))
    dearer = write(tmp_path, "two.json", one | {"title": "gold cables"})
    (told,) = imported(home, dearer, code=ExitCode.PARTIAL)["documents"]
    assert told["status"] == "refused"
    assert "content" in told["why"]
    copy = tmp_path / "copy.jsonl.gz"
    copy.write_bytes(gzip.compress(json.dumps(one, indent=3).encode(), mtime=0))
    (told,) = imported(home, copy)["documents"]
    assert told["status"] == "already"


def test_two_copies_in_one_run_are_one_record(home: Path, tmp_path: Path) -> None:
    write(tmp_path, "a.json", release())
    write(tmp_path, "b.json", release(), release(id="2"))
    said = imported(home, tmp_path)
    assert Counter(one["status"] for one in said["documents"]) == {"recorded": 2, "already": 1}


def test_a_signer_who_may_not_is_told_before_anything_is_recorded(
    home: Path, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.json", release())
    said = fails(5, "procurement", "import", path, "--as", "haiming-accountant", home=home)
    assert "may not record" in said


def test_an_empty_ledger_has_nothing_to_export_and_no_flags(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    said = ok("procurement", "export", "-o", out, home=home)
    assert "nothing to write" in said.stderr
    assert not out.exists()
    assert answer("procurement", "flags", home=home)["counts"]["examined"] == 0
    said = fails(2, "procurement", "export", "--prefix", "mine", "-o", out, home=home)
    assert "ocds-1a2b3c" in said


@needs_samples
def test_flags_of_files_are_told_with_their_reasons() -> None:
    said = answer("procurement", "flags", FLAGS / "R035.jsonl", "--codes", "r035")
    assert said["counts"]["R035"] == 4
    assert {one["subject"] for one in said["findings"]} == {"F1", "F2", "repeat", "accept"}
    assert all(one["why"] and one["unless"] and one["zh"] for one in said["findings"])
    assert "excludes nobody" in said["note"]
    spoken = ok("procurement", "flags", FLAGS / "R035.jsonl", "--codes", "R035")
    assert "R035  F2" in spoken.stdout
    fails(2, "procurement", "flags", FLAGS / "R035.jsonl", "--codes", "R999")
    fails(2, "procurement", "flags", FLAGS / "R035.jsonl", "--period-days", "many")


# --------------------------------------------------------------------------------- without a ledger


def read(content: Json | bytes) -> Read | Declined:
    data = content if isinstance(content, bytes) else encode(content)
    return importer.read("name", data, SITE)


def award(amount: Any, currency: str = "CNY", status: str = "active") -> Json:
    return {"id": "1", "status": status, "value": {"amount": amount, "currency": currency}}


@pytest.mark.parametrize(
    ("fields", "face"),
    [
        ({}, ("", 0, 0)),
        ({"awards": [award(12.5), award(1)]}, ("CNY", 1_350, 0)),
        ({"awards": [award(5, status="cancelled")]}, ("", 0, 0)),
        ({"contracts": [award(7, "JPY")]}, ("JPY", 0, 7)),
        ({"awards": [award(5)], "contracts": [award(7, "EUR")]}, ("", 0, 0)),
        ({"awards": [award(-5)]}, ("", 0, 0)),
        ({"awards": [award(0.001)]}, ("", 0, 0)),
        ({"awards": [award(10**17)]}, ("", 0, 0)),
        ({"awards": [award(5, "euro")]}, ("", 0, 0)),
    ],
)
def test_sums_are_recorded_where_they_can_be_said(fields: Json, face: tuple[str, int, int]) -> None:
    found = read(json.dumps(release(**fields)).encode())
    assert isinstance(found, Read)
    names = ("currency", "awarded_fen", "contracted_fen")
    assert tuple(found.face[name] for name in names) == face
    is_unsaid = face == ("", 0, 0) and "value" in str(fields) and "cancelled" not in str(fields)
    assert ("sums_uncounted" in found.flags) == is_unsaid


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"ocid": ""}, "OCDS-ID"),
        ({"ocid": "x" * 300}, "OCDS-ID"),
        ({"id": 7}, "OCDS-ID"),
        ({"date": "2026-05-04"}, "OCDS-DATE"),
        ({"date": "1969-05-04T00:00:00Z"}, "OCDS-DATE"),
        ({"tag": []}, "OCDS-TAG"),
        ({"tag": ["purchase"]}, "OCDS-TAG"),
        ({"tag": "tender"}, "OCDS-TAG"),
        ({"tag": [{}]}, "OCDS-TAG"),
        ({"initiationType": "auction"}, "OCDS-INITIATION"),
        ({"parties": {}}, "OCDS-TYPE"),
        ({"awards": [1]}, "OCDS-TYPE"),
        ({"tender": []}, "OCDS-TYPE"),
    ],
)
def test_what_is_no_release_is_refused_by_its_rule(fields: Json, rule: str) -> None:
    found = read(release(**fields))
    assert isinstance(found, Declined)
    assert found.rule == rule
    assert found.then


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({"tender": {"status": "open"}}, "ocds_code"),
        ({"awards": [{"id": "1", "status": "done"}]}, "ocds_code"),
        ({"contracts": [{"id": "1", "status": "done"}]}, "ocds_code"),
        ({"buyer": {"id": "x"}}, "ocds_party"),
        ({"awards": [{"suppliers": [{"id": "x"}]}]}, "ocds_party"),
        (
            {
                "tender": {
                    "tenderPeriod": {
                        "startDate": "2026-05-05T00:00:00Z",
                        "endDate": "2026-05-04T00:00:00Z",
                    }
                }
            },
            "ocds_period",
        ),
        (
            {
                "tender": {"value": {"amount": 1, "currency": "CNY"}},
                "awards": [award(2)],
            },
            "ocds_ceiling",
        ),
    ],
)
def test_what_does_not_agree_with_itself_is_flagged_and_recorded(fields: Json, flag: str) -> None:
    found = read(release(**fields))
    assert isinstance(found, Read)
    assert flag in found.flags


@given(st.binary(max_size=80))
def test_no_bytes_make_the_importer_fail(data: bytes) -> None:
    assert isinstance(read(data), Read | Declined)


@given(
    st.dictionaries(
        st.sampled_from([*release(), "parties", "tender", "awards", "contracts", "bids", "buyer"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "active", "1"]),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["id", "status", "value", "amount", "suppliers", "details"]),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=8,
        ),
    )
)
def test_wrong_types_anywhere_are_refused_or_flagged(fields: Json) -> None:
    assert isinstance(read(release() | fields), Read | Declined)


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), NUMBERS))
def test_the_canonical_text_is_one_for_all_ways_to_write_a_value(value: dict[str, Any]) -> None:
    plain = parse(encode(value)) if all(len(str(one)) < 60 for one in value.values()) else {}
    reversed_ = dict(reversed(plain.items()))
    padded = json.loads(
        json.dumps({name: str(one) for name, one in reversed_.items()}, ensure_ascii=True)
    )
    rewritten = {name: parse(text.encode()) for name, text in padded.items()}
    assert canonical(plain) == canonical(rewritten)
    again = parse(canonical(plain))
    assert {name: Fraction(one) for name, one in again.items()} == {
        name: Fraction(one) for name, one in plain.items()
    }


def test_numbers_that_are_equal_have_one_canonical_text() -> None:
    texts = {canonical(parse(text)) for text in (b"[100]", b"[100.00]", b"[1E+2]", b"[ 1e2 ]")}
    assert texts == {b"[100]"}
    assert canonical(parse(b'{"b":1,"a":{"d":-0,"c":1.50}}')) == b'{"a":{"c":1.5,"d":0},"b":1}'
    long = b"0.1234567890123456789012345678901234567890"
    assert canonical(parse(long)) == long[:-1]
