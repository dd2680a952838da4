"""The program of the how-to page runs, and the page names every rule."""

import re
from pathlib import Path

import pytest
from einvoice_files import BLUE, SEALED_AT, sealer

from tongjian.connectors import einvoice
from tongjian.connectors.einvoice.write import write_digital, write_ubl
from tongjian.connectors.einvoice.write_ofd import write_ofd

PAGE = Path(__file__).parents[3] / "docs/how-to/import-invoices.md"
SOURCE = Path(einvoice.__file__).parent


def test_the_program_of_the_page_sorts_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    folder = tmp_path / "invoices"
    folder.mkdir()
    (folder / "a.ofd").write_bytes(write_ofd(BLUE, sealer(), SEALED_AT))
    (folder / "b.xml").write_bytes(write_digital(BLUE))
    (folder / "c.xml").write_bytes(write_ubl(BLUE).replace(b"1130000.00", b"1130000.01"))
    (folder / "d.xml").write_bytes(b"<!DOCTYPE r><r/>")
    monkeypatch.chdir(tmp_path)
    exec(compile(program, str(PAGE), "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"record: cn:{BLUE.number} ['SES-CHAIN']"
    assert lines[1] == f"record: cn:{BLUE.number} ['CN-SEAL']"
    assert lines[2] == "do not record: invoices/c.xml ['BR-CO-15']"
    assert lines[3].startswith("unreadable: invoices/d.xml: it carries a document type")


def test_every_flag_of_the_source_is_explained_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = text[text.index("## What the flags mean") : text.index("## What a seal does not say")]
    explained = set(re.findall(r"`([A-Z0-9-]+)`", table))
    for file in SOURCE.glob("*.py"):
        code = " ".join(file.read_text(encoding="utf-8").split())
        for rule in re.findall(r'Finding\( ?"([A-Z0-9-]+)", "flag"', code):
            assert rule in explained, f"{rule} of {file.name} is not on the page"
