"""The benchmark runs at tiny sizes and reports in the shape that its readers rely on."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import report as reports
from bench.__main__ import main
from bench.limit import Limit
from bench.report import BEGIN, Figure, Report, Section
from bench.scenarios import SCENARIOS, Sizes, Workshop, run
from bench.stages import ORDER, STAGES

TINY = Sizes(
    limit_s=0.02,
    runs=2,
    transactions=300,
    acts=300,
    commits=12,
    receipts=20,
    stage_acts=300,
    records=600,
    network=80,
    network_commits=4,
    network_rounds=0,
)
NEEDS = {"network": [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(180)]}


@pytest.fixture
def shop() -> Iterator[Workshop]:
    # In the system's own folder: the server of PostgreSQL may not enter that of pytest.
    workshop = Workshop(TINY, None)
    yield workshop
    workshop.close()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=NEEDS.get(name, [])) for name in SCENARIOS]
)
def test_a_scenario_measures_or_says_why_not(name: str, shop: Workshop) -> None:
    section = run(name, shop)
    if section.skipped:
        assert name in {"postgres", "network"}
        return
    assert section.limit is not None
    assert section.limit.per_second > 0
    assert section.figures
    for figure in section.figures:
        assert figure.value >= 0, figure
        assert figure.what
    assert any(figure.of_limit for figure in section.figures) == (
        name in {"single", "hundred", "receipts", "large", "sqlite", "postgres", "suites"}
    )


def test_the_breakdown_names_every_stage_and_leaves_the_product_as_it_was(shop: Workshop) -> None:
    before = [getattr(owner, name) for owner, name, _ in STAGES]
    section = run("stages", shop)
    stages = [figure.what.removeprefix("— ") for figure in section.figures]
    assert [stage for stage in stages if stage in ORDER] == [*ORDER, *ORDER]
    assert [getattr(owner, name) for owner, name, _ in STAGES] == before


def test_only_what_is_asked_for_is_measured_and_json_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bench.__main__.QUICK", TINY)
    document = tmp_path / "figures.json"
    arguments = ["alone", "--quick", "--acts", "200", "--only", "disk"]
    assert main([*arguments, "--place", str(tmp_path), "--json", str(document)]) == 0
    told = json.loads(document.read_text("utf-8"))
    assert [section["name"] for section in told["sections"]] == ["disk", "alone"]
    assert told["sizes"]["transactions"] == 200
    assert {"processor", "kernel", "flush of 4 KiB", "suite"} <= told["facts"].keys()
    printed = capsys.readouterr().out
    assert "wait for a commit, p99" in printed
    assert "≤ 800 B" in printed
    assert list(tmp_path.iterdir()) == [document]


# ------------------------------------------------------------------------------------------ report


def _report() -> Report:
    figures = [
        Figure("alpha", 1234.5, "tx/s", 0.617, "≥ 0.6 L", "3 blocks"),
        Figure("beta 账", 0.01234, "ms"),
    ]
    section = Section("one", "One", figures, Limit(40_000, 50.04), 1.26)
    skipped = Section("two", "Two", skipped="no server")
    return Report({"kernel": "6"}, {"runs": 1}, [section, skipped])


def test_a_table_is_aligned_and_leaves_out_empty_columns() -> None:
    told = _report()
    told.sections[0].figures = told.sections[0].figures[1:]
    assert told.text() == (
        "- kernel: 6\n\n- sizes: runs 1\n\n## One\n\n"
        "L = 40,000/s (50.0 µs of a core each), load average at the end 1.3\n\n"
        "| what    | figure    |\n"
        "|---------|-----------|\n"
        "| beta 账 | 0.0123 ms |\n\n"
        "## Two\n\nnot measured: no server\n"
    )


def test_a_ratio_to_the_limit_has_two_digits() -> None:
    assert "| alpha   | 1,234 tx/s | 0.62 | ≥ 0.6 L | 3 blocks |" in _report().text()


def test_writing_keeps_the_words_above_the_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"words\n\n{BEGIN}\n\nold figures\n", "utf-8")
    monkeypatch.setattr(reports, "README", page)
    _report().write(whole=True)
    written = page.read_text("utf-8")
    assert written.startswith(f"words\n\n{BEGIN}\n\n- kernel: 6\n")
    assert "old figures" not in written


def test_sections_written_alone_take_their_places_and_leave_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"words\n\n{BEGIN}\n\nfacts\n\n## One\n\nold\n\n## Three\n\nkept\n", "utf-8")
    monkeypatch.setattr(reports, "README", page)
    report = Report({"when": "today"}, {}, _report().sections)
    report.write(whole=False)
    written = page.read_text("utf-8")
    report.write(whole=False)
    assert page.read_text("utf-8") == written
    assert written.startswith(f"words\n\n{BEGIN}\n\nfacts\n\n## One\n\ntoday: L = 40,000/s")
    assert written.endswith(
        " |\n\n## Three\n\nkept\n\n## Two\n\ntoday: not measured: no server\n"
    ), written
    assert "old" not in written


def test_small_sizes_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--quick", "--write"])
    assert ended.value.code == 2
    assert "leave out --quick" in capsys.readouterr().err


def test_a_scenario_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["networks"])
    assert "networks is none of single" in capsys.readouterr().err


def test_writing_refuses_a_page_without_the_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "README.md"
    page.write_text("words\n", "utf-8")
    monkeypatch.setattr(reports, "README", page)
    with pytest.raises(ValueError, match="under which the figures go"):
        _report().write(whole=True)
    assert page.read_text("utf-8") == "words\n"
