"""Whole procedures, decided by the machine, and what is published of them at each moment."""

import io
import json
from pathlib import Path

import pytest
from ocds_files import needs_samples, releases_of, validated
from ocds_watch import Watched
from procurement_people import USCC
from procurement_secrets import salt
from procurement_town import STAGES, Town

from tongjian.connectors.ocds import Json, encode
from tongjian.connectors.ocds.examiner import examiner
from tongjian.connectors.ocds.exporter import exporter
from tongjian.connectors.ocds.merging import compile_releases
from tongjian.core.hashing import compute_commitment, sha256
from tongjian.services.procurement.records import FINDINGS

PREFIX = "ocds-213czf"
WISHES = {option.name: option.default for option in exporter.options} | {"prefix": PREFIX}
ASKED = {option.name: option.default for option in examiner.options}


def brought(stage: str) -> tuple[Town, Watched]:
    town = Town()
    watched = Watched(town.world)
    return town.go(stage), watched


def tender_of(watched: Watched) -> list[Json]:
    return releases_of(watched, PREFIX, "tender-t1")


def test_every_stage_of_a_procedure_shows_when_it_is_public_and_not_before() -> None:
    town = Town()
    watched = Watched(town.world)
    tags: dict[str, list[str]] = {}
    for stage in STAGES:
        getattr(town, f"_{stage}")()
        tags[stage] = [tag for release in tender_of(watched) for tag in release["tag"]]
    assert tags["keyed"] == []
    assert tags["published"] == tags["received"] == tags["due"] == tags["opened"] == ["tender"]
    assert tags["closed"] == ["tender", "tenderUpdate"]
    assert tags["awarded"][-1] == "award"
    assert tags["contracted"][-1] == "contract"


def test_no_bidder_shows_before_the_opening_is_closed() -> None:
    _, watched = brought("opened")
    text = b"".join(map(encode, tender_of(watched))).decode()
    assert all(USCC[firm] not in text for firm in ("alpha", "beta", "gamma"))
    _, watched = brought("closed")
    last = tender_of(watched)[-1]
    assert last["tender"]["numberOfTenderers"] == 3
    assert {bid["status"] for bid in last["bids"]["details"]} == {"pending"}


def test_the_award_is_the_one_of_the_ledger() -> None:
    town, watched = brought("contracted")
    last = tender_of(watched)[-1]
    (award,) = last["awards"]
    assert award["suppliers"] == [{"id": town.tender().winner}]
    assert award["value"]["amount"] * 100 == town.tender().price_fen
    (contract,) = last["contracts"]
    assert contract["awardID"] == award["id"]
    assert last["tender"]["status"] == "complete"


@needs_samples
def test_lib_cove_ocds_finds_no_error_in_a_whole_procedure(
    tmp_path: Path, standard_zip: Path
) -> None:
    _, watched = brought("contracted")
    for form in ("release-package", "record-package"):
        out = io.BytesIO()
        exporter.export(watched, out, WISHES | {"form": form})
        assert json.loads(out.getvalue())["extensions"]
        answer = validated(out.getvalue(), tmp_path, standard_zip)
        assert answer["validation_errors"] == []
        assert answer["additional_closed_codelist_values"] == {}


def test_releases_of_a_whole_procedure_compile_to_the_last() -> None:
    _, watched = brought("contracted")
    compiled, last = compile_releases(tender_of(watched)), tender_of(watched)[-1]
    for name in ("tender", "awards", "contracts", "planning", "buyer"):
        assert compiled[name] == last[name]
    assert last["ocid"].startswith(PREFIX)


def test_flags_of_the_ledger_come_from_what_is_public() -> None:
    town = Town()
    watched = Watched(town.world)
    town.prices = {"alpha": 113_000_000, "beta": 113_000_000, "gamma": 119_000_000}
    town.go("opened")
    assert not examiner.examine((), watched, ASKED).remarks
    town._closed()
    found = examiner.examine((), watched, ASKED | {"codes": "R028"})
    (remark,) = found.remarks
    assert remark.rule == "R028"
    assert remark.fields["tenderers"] == sorted([USCC["alpha"], USCC["beta"]])
    assert found.counts["examined"] == 1
    # A flag is a finding: the ledger is as it was, and both still compete.
    assert {town.offer(firm).validity for firm in ("alpha", "beta")} == {"valid"}


def test_a_flag_comes_before_the_committee_which_decides() -> None:
    town = Town()
    watched = Watched(town.world)
    town.prices = {"alpha": 113_000_000, "beta": 113_000_000, "gamma": 119_000_000}
    town.go("drawn")
    (remark,) = examiner.examine((), watched, ASKED | {"codes": "R028"}).remarks
    asked = remark.fields
    evidence = json.dumps({"subject": remark.subject, **asked}, sort_keys=True).encode()
    committed = compute_commitment(sha256, salt("salt of the evidence"), evidence)
    names = {code: name for name, code in USCC.items()}
    town.ok(
        "raise_finding",
        tender=asked["tender"],
        flag=asked["flag"],
        bidders=tuple(names[code] for code in asked["tenderers"]),
        evidence=committed,
    )
    finding = town.world.row(FINDINGS, "t1", 1)
    assert (finding.flag, finding.status, finding.evidence) == ("r028", "open", committed)
    assert {*finding.bidders} == {USCC["alpha"], USCC["beta"]}
    assert {town.offer(firm).validity for firm in ("alpha", "beta")} == {"valid"}
    # The committee has not disposed of it: nobody is ranked, nobody is out.
    for bidder in town.prices:
        for member in town.panel():
            town.ok("score_bid", by=(member,), bidder=bidder, points=town.points[bidder])
    town.no("FINDING_OPEN", "rank_bids")


def test_a_bid_that_does_not_compete_is_told_with_its_reason() -> None:
    town = Town()
    watched = Watched(town.world)
    town.prices["gamma"] = 120_000_001
    town.go("closed")
    last = tender_of(watched)[-1]
    states = {
        bid["id"]: (bid["status"], bid.get("statusDetails")) for bid in last["bids"]["details"]
    }
    assert states[USCC["gamma"]] == ("disqualified", "price_outside")
    assert states[USCC["alpha"]] == ("valid", None)
    # Two are left, so there is no award.
    assert last["tag"] == ["tenderCancellation"]
    assert last["tender"]["status"] == "unsuccessful"


@pytest.mark.parametrize("field", ["device", "bond_source"])
def test_marks_of_bids_are_not_published(field: str) -> None:
    town = Town()
    watched = Watched(town.world)
    town.forms = {"gamma": {field: salt(f"{field} gamma")}}
    town.go("closed")
    text = b"".join(map(encode, tender_of(watched))).decode()
    assert salt(f"{field} gamma").hex() not in text
