"""The how-to page does what it says."""

import re
from pathlib import Path

import pytest
from ocds_files import read, release

from tongjian.connectors.ocds import Found, encode
from tongjian.connectors.ocds.flags import CODES

PAGE = Path(__file__).parents[3] / "docs/how-to/exchange-contracting-data.md"


def test_the_example_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "packages"
    folder.mkdir()
    period = {"startDate": "2026-05-04T00:00:00Z", "endDate": "2026-05-05T00:00:00Z"}
    data = b'{"releases":[' + encode(release(tender={"tenderPeriod": period})) + b"]}"
    (folder / "one.json").write_bytes(data)
    assert any(isinstance(part, Found) for part in read(data))
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})
    said = capsys.readouterr().out
    assert "releases[0] []" in said
    assert "R003 Bidders had 1 days" in said


def test_the_page_names_every_flag() -> None:
    text = PAGE.read_text("utf-8")
    assert all(code in text for code in CODES)
