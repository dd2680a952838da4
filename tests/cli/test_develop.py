"""Commands for a checkout, and the demonstration's door."""

from pathlib import Path

import pytest
from terminal import answer, fails, ok

import tongjian
from tongjian.cli.failures import ExitCode


def test_version_names_what_is_part_of_the_rules() -> None:
    said = answer("version")
    assert said["tongjian"] == tongjian.__version__
    assert {"python", "msgspec"} <= {*said}
    assert tongjian.__version__ in ok("version").stdout


def test_pages_are_written_in_a_checkout_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "checkout" in fails(ExitCode.NOT_FOUND, "docs")


def test_stale_pages_are_a_conflict_and_a_failing_program_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "docs.py").write_text("import sys; sys.exit(len(sys.argv) - 1)\n")
    ok("docs")
    assert "tongjian docs" in fails(ExitCode.CONFLICT, "docs", "--check")
    (tmp_path / "tools" / "docs.py").write_text("raise SystemExit(1)\n")
    fails(ExitCode.FAILURE, "docs")


@pytest.mark.parametrize("name", ["Parks", "membership", "x", "1st", "../parks"])
def test_a_service_needs_a_name_that_is_free(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    from tongjian.cli.failures import Failure
    from tongjian.cli.new_service import write_service

    (tmp_path / "src/tongjian/services/membership").mkdir(parents=True)
    with pytest.raises(Failure) as failure:
        write_service(name, tmp_path)
    assert fails(failure.value.code, "new-service", name)


def test_a_demonstration_overwrites_nothing(home: Path) -> None:
    before = sorted(home.iterdir())
    fails(ExitCode.CONFLICT, "demo", home)
    assert sorted(home.iterdir()) == before
