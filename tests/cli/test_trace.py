"""Tracing a record at the terminal: what it rests on, and what rests on it."""

from pathlib import Path

import pytest
from terminal import FIRM, answer, fails, ok

from tongjian.cli.failures import ExitCode

ROW = f"invoice.taxpayers:{FIRM}"


def test_a_row_that_nothing_refers_to_is_told_so(used_home: Path) -> None:
    said = answer("trace", ROW, home=used_home)
    assert said == {"record": ROW, "rests_on": [], "rests_on_it": []}
    shown = ok("trace", ROW, "--depth", "2", home=used_home).stdout
    assert "rests on: nothing" in shown
    assert "rests on it: nothing" in shown


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("invoice.taxpayers:*", ExitCode.USAGE),
        ("invoice.taxpayers:91990106MA7K3F5151", ExitCode.NOT_FOUND),
        ("nothing-of-this-name", ExitCode.NOT_FOUND),
    ],
)
def test_what_is_no_single_row_is_not_traced(used_home: Path, record: str, code: ExitCode) -> None:
    fails(code, "trace", record, home=used_home)
