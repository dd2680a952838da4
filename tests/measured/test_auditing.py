"""An auditor's run over a ledger names what was changed: the short form of `make audit-million`."""

from pathlib import Path

import pytest
from bench import auditing
from bench.auditing import NotFound, Run
from bench.town import Town


@pytest.mark.slow
def test_a_changed_byte_in_a_block_a_seal_or_a_row_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "CHUNK", 40)
    monkeypatch.setattr(auditing, "GROUP", 20)
    monkeypatch.setattr(auditing, "PLACES", 2)
    town = Town(tmp_path / "ledger")
    figures = list(auditing.figures(town, 200, 1, 1))

    named = [figure.what for figure in figures if "named" in figure.what]
    assert sum("byte of block" in what for what in named) == 2
    assert sum("byte of seal" in what for what in named) == 2
    assert any("byte of the file" in what for what in named)
    (rows,) = [figure for figure in figures if "changed rows" in figure.what]
    assert rows.note.count(":") == 2
    # Everything was put back.
    assert auditing.audit("compare", town.folder, "--workers", 0, code=0).told["holds"] is True


def test_an_audit_that_names_something_else_has_failed() -> None:
    run = Run(told={"height": 3, "field": "seal", "place": ""})
    auditing._expect(run, 3, ("seal",))
    auditing._expect(run, 3, None)
    for height, fields in ((4, None), (3, ("frame",))):
        with pytest.raises(NotFound, match="told 3, seal"):
            auditing._expect(run, height, fields)
