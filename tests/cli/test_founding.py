"""Founding a ledger from a plan, and every way in which a plan may be wrong."""

import stat
from pathlib import Path

import pytest
from terminal import answer, fails, ok

from tongjian.cli.failures import ExitCode
from tongjian.node.founding import read_plan


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(ok("init", "--example").stdout, "utf-8")
    return path


def test_the_example_is_a_plan_that_can_be_followed(plan: Path) -> None:
    assert len(read_plan(plan).officer) == 9


def test_founding_writes_keys_for_their_owner_only_and_says_what_it_made(
    plan: Path, tmp_path: Path
) -> None:
    said = answer("init", tmp_path / "city", "--plan", plan)
    keys = tmp_path / "city" / "keys"
    assert said["officers"] == 9
    assert len(list(keys.iterdir())) == 10
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys.iterdir()} == {0o600}
    assert answer("status", home=tmp_path / "city")["height"] == 0


def test_founding_goes_by_home_where_no_folder_is_named(plan: Path, tmp_path: Path) -> None:
    ok("init", "--plan", plan, home=tmp_path / "here")
    assert (tmp_path / "here" / "genesis.json").is_file()


def test_a_ledger_is_never_overwritten(plan: Path, home: Path) -> None:
    before = (home / "genesis.json").read_bytes()
    assert "never overwritten" in fails(ExitCode.CONFLICT, "init", home, "--plan", plan)
    assert (home / "genesis.json").read_bytes() == before


def test_without_a_plan_the_example_is_named(tmp_path: Path) -> None:
    assert "--example" in fails(ExitCode.USAGE, "init", tmp_path / "x")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"sha256"', '"md5"', "hash"),
        ("11990100001400110R", "119901000014001101", "check character"),
        ('kind = "firm"', 'kind = "Firm"', "$.office[2].kind"),
        ('region = "990106"', 'region = "99010"', "$.office[2].region"),
        ('office = "91990106MA7K3E811E"', 'office = "129901004320001192"', "no office of this"),
        ('holder = "tax-officer"', 'holder = "tax-approver"', "tax-approver"),
        ('holder = "tax-officer"', 'holder = "operator2"', "operator2"),
        ('holder = "tax-officer"', 'holder = "../tax"', "$.officer[3].holder"),
        ("level = 3", "level = 9", "level"),
        ("level = 3", 'parent = "12990100432000215B"', "parent"),
        ('label = "haizhou.demo"', "label = ", "line"),
        ("[[office]]", "[[bureau]]", "bureau"),
    ],
)
def test_a_wrong_plan_is_refused_by_its_entry_and_leaves_nothing(
    plan: Path, tmp_path: Path, old: str, new: str, told: str
) -> None:
    text = plan.read_text("utf-8")
    assert old in text
    plan.write_text(text.replace(old, new), "utf-8")
    said = fails(ExitCode.USAGE, "init", tmp_path / "city", "--plan", plan)
    assert told in said
    assert not (tmp_path / "city").exists()


def test_two_offices_of_one_code_are_refused(plan: Path, tmp_path: Path) -> None:
    text = plan.read_text("utf-8").replace("91990106MA7K3E811E", "91990106MA7K3D2102")
    plan.write_text(text, "utf-8")
    assert "already" in fails(ExitCode.USAGE, "init", tmp_path / "city", "--plan", plan)


def test_a_plan_that_is_not_there_is_told(tmp_path: Path) -> None:
    fails(ExitCode.USAGE, "init", tmp_path / "city", "--plan", tmp_path / "no.toml")
