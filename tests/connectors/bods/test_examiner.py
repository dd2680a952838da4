"""What a body has to declare, told from its statements without naming anybody."""

import json
from pathlib import Path

import pytest
from ocds_files import OWNERS, needs_samples
from terminal import answer, fails, ok

OWN = ("procurement", "owners")


@needs_samples
def test_a_direct_owner_is_told_by_record_and_not_by_name() -> None:
    path = Path(OWNERS) / "core/01-direct-ownership.json"
    said = answer(*OWN, path)
    (finding,) = said["findings"]
    assert finding["owners"] == ["rec-jane-smith-1975"]
    assert finding["persons"] == [{"person": "rec-jane-smith-1975", "share": "75%", "hops": 1}]
    assert finding["is_complete"] is True
    assert "Jane Smith" not in json.dumps(said)


@needs_samples
def test_circles_and_unnamed_owners_are_told() -> None:
    circle = answer(*OWN, Path(OWNERS) / "edge-cases/10-circular-ownership.json")
    assert all(
        one["circles"] == ["rec-alpha-corp → rec-beta-corp → rec-alpha-corp"]
        for one in circle["findings"]
    )
    unnamed = answer(*OWN, Path(OWNERS) / "edge-cases/11-anonymous-person.json")
    (finding,) = unnamed["findings"]
    assert finding["unspecified"] == ["subjectUnableToConfirmOrIdentifyBeneficialOwner"]
    assert finding["owners"] == []


@needs_samples
def test_one_body_is_found_by_record_or_identifier() -> None:
    path = Path(OWNERS) / "edge-cases/10-circular-ownership.json"
    for asked in ("rec-beta-corp", "10000011"):
        said = answer(*OWN, path, "--entity", asked)
        assert [one["subject"] for one in said["findings"]] == ["rec-beta-corp"]
    fails(2, *OWN, path, "--entity", "nobody")


def test_what_is_wrong_in_the_statements_is_told(tmp_path: Path) -> None:
    path = tmp_path / "owners.json"
    path.write_text('[{"statementId":"x"}]')
    said = ok(*OWN, path)
    assert "BODS-ID" in said.stdout


@pytest.mark.parametrize("content", ["", "{", "[1]", "nonsense"])
def test_no_file_makes_it_fail(tmp_path: Path, content: str) -> None:
    path = tmp_path / "owners.json"
    path.write_text(content)
    assert answer(*OWN, path)["counts"]["bodies"] == 0
