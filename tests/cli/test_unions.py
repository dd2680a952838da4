"""A field that is one of several records is given as JSON with a tag."""

import datetime as dt
import json
from pathlib import Path

import land_acts as on
from terminal import answer, fails, ok

from tongjian.cli.failures import ExitCode

YEAR = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).year
COUNTER = """
[[officer]]
holder = "counter"
office = "11990100001400700T"
roles = ["land_counter"]
"""
GIVEN = (
    *("land", "submit", "--application", f"990106-{YEAR}-0000001", "--documents", "00" * 32),
    *("--registry", "11990100001400700T", "--as", "counter"),
)


def _home(tmp_path: Path) -> Path:
    plan = tmp_path / "plan.toml"
    plan.write_text(ok("init", "--example").stdout + COUNTER, "utf-8")
    ok("init", tmp_path / "ledger", "--plan", plan)
    return tmp_path / "ledger"


def test_the_tag_says_which_record_it_is_and_help_lists_the_tags(tmp_path: Path) -> None:
    home = _home(tmp_path)
    demand = {"tag": "objection", "unit": on.flat(21, 1), "objector": "11" * 32}
    said = answer(*GIVEN, "--demand", json.dumps(demand), "--dry-run", home=home, code=6)
    # No such unit: the demand was read and the handler decided it.
    assert said["refusal"]["name"] == "UNIT_UNKNOWN"
    wrong = {**demand, "tag": "theft"}
    told = fails(ExitCode.USAGE, *GIVEN, "--demand", json.dumps(wrong), home=home)
    assert "first, transfer, change" in told
    told = fails(ExitCode.USAGE, *GIVEN, "--demand", '{"tag": "objection"}', home=home)
    assert "'unit' is missing" in told
    assert "objection, deletion" in ok("land", "submit", "--help").stdout.replace("\n", " ")
