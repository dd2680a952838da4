"""Looking at a ledger: where it stands, rows, histories, blocks, transactions, keys."""

from pathlib import Path

import pytest
from terminal import FIRM, OTHER_FIRM, TAX, answer, fails, ok, run

from tongjian.cli.failures import ExitCode
from tongjian.cli.moments import parse_moment, write_moment

SIGNED = [part for holder in TAX for part in ("--as", holder)]
ROW = f"invoice.taxpayers:{FIRM}"


def test_status_says_height_roots_services_and_who_writes(used_home: Path) -> None:
    said = answer("status", home=used_home)
    assert (said["height"], said["log_size"], said["label"]) == (2, 2, "haizhou.demo")
    assert {"invoice", "membership"} <= {*said["services"]}
    assert said["writer"] == ""
    shown = ok("status", home=used_home).stdout
    assert said["state_root"] in shown
    assert "nobody has it open" in shown


@pytest.mark.parametrize("name", [ROW, f"taxpayers:{FIRM}"])
def test_a_row_is_shown_by_its_name(used_home: Path, name: str) -> None:
    said = answer("show", name, home=used_home)
    assert said["record"] == ROW
    assert (said["height"], said["since_height"]) == (2, 1)
    assert said["row"]["kind"] == "general"


def test_a_bare_key_is_enough_where_one_row_has_it(used_home: Path, home: Path) -> None:
    assert answer("show", OTHER_FIRM, home=home)["record"] == (f"membership.offices:{OTHER_FIRM}")
    said = fails(ExitCode.USAGE, "show", OTHER_FIRM, home=used_home)
    assert f"membership.offices:{OTHER_FIRM}" in said
    assert f"invoice.taxpayers:{OTHER_FIRM}" in said


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("no.table:1", 3),
        ("invoice.taxpayers:12345", 3),
        ("nothing-of-this-name", 3),
        ("membership.keys:zz", 2),
        ("invoice.red_confirmations:1", 2),
        ("invoice.taxpayers:" + "9" * 300, 2),
        ("invoice.taxpayers:", 2),
        ("invoice.taxpayers:税", 2),
        ("", 3),
    ],
)
def test_what_is_not_there_or_not_a_name_is_told(used_home: Path, name: str, code: int) -> None:
    fails(code, "show", name, home=used_home)


def test_a_row_is_shown_as_it_stood(used_home: Path) -> None:
    fails(3, "show", ROW, "--at-height", 0, home=used_home)
    assert answer("show", ROW, "--at-height", 1, home=used_home)["height"] == 1
    assert "stands at height 2" in fails(3, "show", ROW, "--at-height", 3, home=used_home)


def test_a_history_has_every_version_with_time_and_changes(used: Path) -> None:
    given = ("--taxpayer", FIRM, "--kind", "general", "--grade", "B", "--notice", "22" * 32)
    ok("invoice", "set-taxpayer", *given, *SIGNED, home=used)
    versions = answer("history", ROW, home=used)["versions"]
    assert [(v["height"], v["row"]["grade"]) for v in versions] == [(1, "A"), (3, "B")]
    assert versions[0]["time_ms"] <= versions[1]["time_ms"]
    shown = ok("history", ROW, home=used).stdout
    assert "A → B" in shown
    assert shown.count("kind") == 1


def test_a_block_lists_its_transactions(used_home: Path) -> None:
    said = answer("block", 1, home=used_home)
    assert said["header"]["height"] == 1
    (recorded,) = said["transactions"]
    assert (recorded["acts"], recorded["outcome"]) == ("invoice.set_taxpayer", "committed")
    assert answer("block", 0, home=used_home)["transactions"] == []
    assert answer("block", 2, home=used_home)["header"]["previous"] == said["hash"]
    assert ok("block", 1, home=used_home).stdout.count(recorded["transaction"]) == 1
    fails(3, "block", 3, home=used_home)
    assert run("block", "x", home=used_home).exit_code == ExitCode.USAGE


def test_a_transaction_shows_signers_acts_and_events(used_home: Path) -> None:
    identity = answer("block", 1, home=used_home)["transactions"][0]["transaction"]
    said = answer("tx", identity, home=used_home)
    assert [signer["name"] for signer in said["signers"]] == ["海州市税务局"] * 2
    assert said["acts"][0]["taxpayer"] == FIRM
    assert said["events"][0]["type"] == "invoice.taxpayer_set"
    assert answer("show", identity, home=used_home)["transaction"] == identity
    assert identity in ok("tx", identity, home=used_home).stdout
    fails(2, "history", identity, home=used_home)


def test_a_refused_transaction_tells_its_reason(used: Path) -> None:
    given = ("--taxpayer", FIRM, "--kind", "general", "--grade", "B", "--notice", "22" * 32)
    refused = answer("invoice", "set-taxpayer", *given, "--as", TAX[0], home=used, code=5)
    said = answer("tx", refused["transaction"], home=used)
    assert (said["status"], said["refusal"]["name"]) == ("refused", "NOT_PERMITTED")
    assert "kernel/11" in ok("block", 3, home=used).stdout


@pytest.mark.parametrize(("name", "code"), [("00" * 32, 3), ("xyz", 2), ("00", 2)])
def test_a_transaction_that_is_not_there_is_told(used_home: Path, name: str, code: int) -> None:
    fails(code, "tx", name, home=used_home)


def test_keys_say_whose_they_are_and_whether_they_count(used: Path) -> None:
    (used / "keys" / "tax-officer.json").chmod(0o644)
    rows = {row["holder"]: row for row in answer("keys", "list", home=used)}
    assert rows["tax-approver"]["roles"] == ["tax_approver"]
    assert rows["tax-approver"]["state"] == "counts"
    assert rows["operator"]["roles"] == ["seals blocks"]
    assert "chmod 600" in rows["tax-officer"]["state"]


def test_keys_of_another_ledger_are_not_enrolled(used: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(ok("init", "--example").stdout, "utf-8")
    ok("init", tmp_path / "other", "--plan", plan)
    stranger = (tmp_path / "other" / "keys" / "tax-officer.json").read_bytes()
    key = used / "keys" / "tax-officer.json"
    key.write_bytes(stranger)
    rows = {row["holder"]: row for row in answer("keys", "list", home=used)}
    assert "No key with this id" in rows["tax-officer"]["state"]


def test_moments_are_written_in_shanghai_and_read_back() -> None:
    written = write_moment(1_795_060_800_123)
    assert written == "2026-11-19 12:00:00.123 +08:00"
    assert parse_moment("2026-11-19T12:00:00.123") == 1_795_060_800_123
    assert parse_moment("2026-11-19T04:00:00.123+00:00") == 1_795_060_800_123
    assert parse_moment("1795060800123") == 1_795_060_800_123
    assert parse_moment("now") > 1_700_000_000_000
