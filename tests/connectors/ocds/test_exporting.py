"""What the ledger knows of a procurement, as releases that lib-cove-ocds finds no error in."""

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocds_files import (
    PORTUGAL,
    contents,
    examples,
    needs_samples,
    read,
    release,
    releases_of,
    validated,
)
from ocds_ledger import (
    CITY,
    ONE,
    TWO,
    Written,
    award,
    clarify,
    conclude,
    hand_in,
    open_bid,
    pay,
    plan,
    publish,
    whole_procedure,
)

from tongjian.connectors.exporting import Refused
from tongjian.connectors.ocds import Found, Json, Shell, encode
from tongjian.connectors.ocds.checking import check_release
from tongjian.connectors.ocds.exporter import exporter, processes
from tongjian.connectors.ocds.merging import compile_releases
from tongjian.connectors.ocds.writing import Head, write_lines, write_releases
from tongjian.services.procurement.records import CONTRACTS, PLANS, TENDERS

PREFIX = "ocds-213czf"
WISHES = {option.name: option.default for option in exporter.options} | {"prefix": PREFIX}


def of_tender(written: Written, number: str = "T-1") -> list[Json]:
    return releases_of(written, PREFIX, f"tender-{number}")


def exported(written: Written, **wishes: str) -> bytes:
    out = io.BytesIO()
    exporter.export(written, out, WISHES | wishes)
    return out.getvalue()


@needs_samples
@pytest.mark.parametrize("form", ["release-package", "record-package"])
def test_lib_cove_ocds_finds_no_error_in_what_is_exported(
    form: str, tmp_path: Path, standard_zip: Path
) -> None:
    answer = validated(exported(whole_procedure(), form=form), tmp_path, standard_zip)
    assert answer["validation_errors"] == []
    assert answer["additional_closed_codelist_values"] == {}
    assert answer["deprecated_fields"] == []
    assert answer["unique_ocids_count"] == 2
    # Bids are an extension, which the oracle may not fetch.
    assert {one["path"] for one in answer["additional_fields"]} <= {"/releases", "/records"} | {
        one["path"] for one in answer["additional_fields"] if "bids" in str(one)
    }


@needs_samples
def test_lib_cove_ocds_does_find_errors(tmp_path: Path, standard_zip: Path) -> None:
    package = json.loads(exported(whole_procedure()))
    package["releases"][0]["tag"] = ["purchase"]
    package["releases"][1]["date"] = "yesterday"
    answer = validated(json.dumps(package).encode(), tmp_path, standard_zip)
    assert [one["field"] for one in answer["validation_errors"]] == ["releases/date"]
    assert answer["additional_closed_codelist_values"]


@needs_samples
def test_what_was_imported_is_exported_as_valid_as_it_was(
    tmp_path: Path, standard_zip: Path
) -> None:
    out = io.BytesIO()
    head = Head("http://example.org/p.json", "2026-05-04T10:00:00+08:00", {"name": "Haizhou"})
    assert write_releases(out, head, contents(PORTUGAL)) == 100
    answer = validated(out.getvalue(), tmp_path, standard_zip)
    assert answer["validation_errors"] == []
    assert answer["unique_ocids_count"] == 100


def test_each_stage_has_its_tag() -> None:
    tags = [one["tag"] for one in of_tender(whole_procedure())]
    assert tags == [
        ["tender"],
        ["tenderUpdate"],
        ["tenderAmendment"],
        ["tenderUpdate"],
        ["tenderUpdate"],
        ["award"],
        ["contract"],
        ["contractAmendment"],
        ["implementation"],
        ["implementationUpdate"],
    ]
    (planned,) = [one for one in processes(whole_procedure(), PREFIX) if "plan" in one[0]["ocid"]]
    assert [one["tag"] for one in planned] == [["planning"]]


def test_nothing_of_the_bids_shows_before_they_are_opened() -> None:
    written = Written()
    plan(written, "P-1")
    publish(written, "T-1", "P-1")
    before = of_tender(written)
    hand_in(written, "T-1", b"1" * 32)
    hand_in(written, "T-1", b"2" * 32)
    assert of_tender(written) == before
    open_bid(written, "T-1", b"1" * 32, ONE, 1)
    # The opening is not over: whoever is not opened yet must not be missing from the list.
    assert of_tender(written) == before
    written.block()
    written.change(TENDERS, "T-1", status="opened")
    assert of_tender(written)[-1]["tender"]["numberOfTenderers"] == 1
    assert ONE.encode() not in b"".join(map(encode, before))


def test_a_tender_that_is_not_published_and_a_sale_have_no_release() -> None:
    written = Written()
    publish(written, "S-1", None, method="sale")
    plan(written, "P-1")
    publish(written, "T-1", "P-1")
    versions = written.versions_of[TENDERS.key("T-1")]
    versions.pop()
    first: Any = versions[0].row
    written.put(TENDERS, "T-1", row=first)
    assert [one[0]["ocid"] for one in processes(written, PREFIX)] == [f"{PREFIX}-plan-P-1"]


def test_amounts_are_yuan_and_fen_exactly() -> None:
    last = of_tender(whole_procedure())[-1]
    (contract,) = last["contracts"]
    assert contract["value"] == {"amount": Decimal("1050000.00"), "currency": "CNY"}
    paid = contract["implementation"]["transactions"]
    assert [one["value"]["amount"] for one in paid] == [Decimal("600000.00"), Decimal("450000.00")]
    assert paid[0]["payer"] == {"id": CITY}
    assert b'"amount":1050000.00' in exported(whole_procedure())


def test_an_award_taken_back_stays_as_cancelled() -> None:
    written = whole_procedure()
    fresh = Written()
    plan(fresh, "P-1")
    publish(fresh, "T-1", "P-1")
    for place, bidder in enumerate((ONE, TWO), 1):
        hand_in(fresh, "T-1", bytes([place]) * 32)
        open_bid(fresh, "T-1", bytes([place]) * 32, bidder, place * 100)
    fresh.change(TENDERS, "T-1", status="ranked", ranking=(ONE, TWO))
    award(fresh, "T-1", ONE, 100)
    fresh.block()
    fresh.change(TENDERS, "T-1", status="ranked", winner=None, price_fen=0)
    award(fresh, "T-1", TWO, 200)
    releases = of_tender(fresh)
    assert [one["tag"] for one in releases[-3:]] == [["award"], ["awardCancellation"], ["award"]]
    states = {one["suppliers"][0]["id"]: one["status"] for one in releases[-1]["awards"]}
    assert states == {ONE: "cancelled", TWO: "active"}
    assert of_tender(written)[-1]["awards"][0]["status"] == "active"


def test_a_failed_tender_and_the_one_that_follows_it_are_tied() -> None:
    written = Written()
    plan(written, "P-1")
    publish(written, "T-1", "P-1")
    written.block()
    written.change(TENDERS, "T-1", status="failed", fail_reason="few_bidders")
    publish(written, "T-2", "P-1")
    failed = of_tender(written)[-1]
    assert failed["tag"] == ["tenderCancellation"]
    assert failed["tender"]["status"] == "unsuccessful"
    related = of_tender(written, "T-2")[0]["relatedProcesses"]
    assert [(one["relationship"], one["identifier"]) for one in related] == [
        (["planning"], f"{PREFIX}-plan-P-1"),
        (["unsuccessfulProcess"], f"{PREFIX}-tender-T-1"),
    ]


def test_a_plan_that_is_dropped_is_told() -> None:
    written = Written()
    plan(written, "P-1")
    written.block()
    written.change(PLANS, "P-1", status="dropped")
    (releases,) = processes(written, PREFIX)
    assert [one["tag"] for one in releases] == [["planning"], ["planningUpdate"]]
    assert releases[-1]["tender"]["status"] == "cancelled"


STEPS = st.lists(
    st.sampled_from(["clarify", "amend", "bid", "open", "award", "strike", "sign", "add", "pay"]),
    max_size=12,
)


def perform(written: Written, step: str, place: int) -> None:
    tender: Any = written.row(TENDERS, "T-1")
    slot, bidder = bytes([place]) * 32, (ONE, TWO)[place % 2]
    contracts = list(written.rows(CONTRACTS))
    match step:
        case "clarify" | "amend":
            clarify(written, "T-1", tender.addenda + 1, affects=step == "amend")
        case "open":
            hand_in(written, "T-1", slot)
            open_bid(written, "T-1", slot, bidder, place * 100 + 1)
            written.change(TENDERS, "T-1", status="opened")
        case "award":
            award(written, "T-1", bidder, place * 100 + 1)
        case "strike":
            written.block()
            written.change(TENDERS, "T-1", status="ranked", winner=None, price_fen=0)
        case "sign" if tender.winner is not None:
            conclude(written, "T-1", f"C-{place}")
        case _ if contracts:
            pay_or_add(written, step, place, contracts[-1])
        case _:
            hand_in(written, "T-1", slot)


def pay_or_add(written: Written, step: str, place: int, contract: Any) -> None:
    key, row = contract
    if step == "pay":
        pay(written, key[0], place + 1, place * 10 + 1)
    else:
        written.block()
        written.change(CONTRACTS, *key, supplements=row.supplements + 1, added_fen=place)


def ordered(value: Any) -> Any:
    """A value whose lists of objects stand by their ids: a merge keeps no order among them."""
    if isinstance(value, dict):
        return {name: ordered(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return sorted((ordered(one) for one in value), key=str)
    return value


@given(STEPS)
def test_whatever_happens_releases_are_whole_and_compile_to_the_last(steps: list[str]) -> None:
    written = Written()
    plan(written, "P-1")
    publish(written, "T-1", "P-1")
    for place, step in enumerate(steps):
        perform(written, step, place)
    releases = of_tender(written)
    dates = [one["date"] for one in releases]
    assert dates == sorted(dates)
    assert len({one["id"] for one in releases}) == len(releases)
    for one in releases:
        errors = [finding for finding in check_release(one) if finding.severity == "error"]
        assert not errors
        assert not [finding for finding in check_release(one) if finding.rule == "OCDS-PARTY"]
    own = {"id": "", "tag": ""}
    assert ordered(compile_releases(releases) | own) == ordered(releases[-1] | own)


def test_the_forms_hold_the_same_releases() -> None:
    written = whole_procedure()
    package, lines = read(exported(written)), read(exported(written, form="lines"))
    wanted = [one for process in processes(written, PREFIX) for one in process]
    assert len(wanted) == 11
    for parts in (package, lines):
        assert [one.content for one in parts if isinstance(one, Found)] == wanted
    (shell,) = [one for one in package if isinstance(one, Shell)]
    assert shell.content["version"] == "1.1"
    parts = read(exported(written, form="record-package"))
    records = [one.content for one in parts if isinstance(one, Found)]
    assert [one["ocid"] for one in records] == [f"{PREFIX}-plan-P-1", f"{PREFIX}-tender-T-1"]
    assert all({"compiledRelease", "versionedRelease"} <= one.keys() for one in records)


def test_an_empty_ledger_writes_nothing() -> None:
    out = io.BytesIO()
    assert exporter.export(Written(), out, WISHES) == {"releases": 0}
    assert out.getvalue() == b""


@pytest.mark.parametrize("prefix", ["", "ocds-", "213czf", "ocds-213CZF", "ocds-213czf-1"])
def test_a_prefix_that_is_none_is_refused(prefix: str) -> None:
    with pytest.raises(Refused) as refused:
        exported(Written(), prefix=prefix)
    assert refused.value.next_step


@needs_samples
def test_a_package_that_is_read_and_written_keeps_all_it_says() -> None:
    for path in examples():
        parts = read(path.read_bytes())
        releases = [
            one.content for one in parts if isinstance(one, Found) and one.kind == "release"
        ]
        shells = [one.content for one in parts if isinstance(one, Shell)]
        if not releases or len(shells) != 1:
            continue
        out, (shell,) = io.BytesIO(), shells
        head = Head(
            shell.get("uri", ""),
            shell.get("publishedDate", ""),
            shell.get("publisher", {}),
            rest=shell,
        )
        write_releases(out, head, releases)
        again = read(out.getvalue())
        assert [one.content for one in again if isinstance(one, Found)] == releases
        (kept,) = [one.content for one in again if isinstance(one, Shell)]
        assert (
            kept.items()
            >= {
                name: value for name, value in shell.items() if name not in {"releases", "version"}
            }.items()
        )


def test_lines_hold_one_release_each() -> None:
    out = io.BytesIO()
    assert write_lines(out, [release(), release(id="2")]) == 2
    assert len(out.getvalue().splitlines()) == 2
