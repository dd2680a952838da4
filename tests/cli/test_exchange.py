"""How exporters and examiners of connectors see a ledger, and how their files are written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from terminal import fails, ok, register

from tongjian.cli import exchange
from tongjian.cli.exchange import LedgerSource
from tongjian.connectors.exporting import Refused, Source, faces
from tongjian.core.directory import OFFICERS, OFFICES
from tongjian.node.home import Home
from tongjian.services.invoice.records import TAXPAYERS

FIRM = "91990106MA7K3D2102"


@pytest.mark.parametrize("page", [1, 2, 1_000])
def test_rows_come_whole_and_in_order_whatever_the_page(
    used_home: Path, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "_PAGE_ROWS", page)
    with Home(used_home).open() as chain:
        source = LedgerSource(chain)
        offices = list(source.rows(OFFICES))
        keys = [OFFICES.key(*key) for key, _ in offices]
        assert keys == sorted(keys)
        assert len(offices) == 4
        assert len(list(source.rows(OFFICERS))) == 9
        assert [key for key, _ in source.rows(TAXPAYERS)] == sorted(
            [(FIRM,), ("91990106MA7K3E811E",)]
        )
        assert [row for _, row in source.rows(OFFICES, FIRM)] == [
            row for key, row in offices if key == (FIRM,)
        ]
        assert source.time_ms == (chain.tip.time_ms if chain.tip else None)


def test_versions_tell_height_and_time_of_each_change(used: Path) -> None:
    with Home(used).open() as chain:
        source = LedgerSource(chain)
        (first,) = source.versions(TAXPAYERS, FIRM)
        assert first.height == 1
        assert first.time_ms == chain.header(1).time_ms
        assert first.row == chain.store.row(TAXPAYERS, TAXPAYERS.key(FIRM))
        assert not source.versions(TAXPAYERS, "119901000014002175")


class Scribe:
    """An exporter that writes, and fails when it is told to."""

    options = ()

    def __init__(self, text: bytes, fault: Exception | None = None) -> None:
        self.text, self.fault = text, fault

    def export(self, source: Source, out: BinaryIO, wishes: Mapping[str, str]) -> Mapping[str, int]:
        out.write(self.text)
        if self.fault is not None:
            raise self.fault
        return {"lines": len(self.text)}


def written(scribe: Scribe, path: Path, source: Any = None) -> None:
    exchange._write(scribe, source, str(path), {})


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    written(Scribe(b"first"), path)
    assert path.read_bytes() == b"first"
    with pytest.raises(Refused):
        written(Scribe(b"half", Refused("no", "rule", "next")), path)
    written(Scribe(b""), path)
    assert path.read_bytes() == b"first"
    assert [one.name for one in tmp_path.iterdir()] == ["out.json"]


def test_a_folder_that_is_not_there_is_told(home: Path, tmp_path: Path) -> None:
    register(home)
    said = fails(1, "procurement", "export", "-o", tmp_path / "none/out.json", home=home)
    assert "none" in said


def test_every_verb_of_a_connector_has_its_help() -> None:
    found = faces()
    assert {"export", "flags", "owners"} <= {face.name for face in found}
    for face in found:
        assert face.load().options is not None
        said = ok(face.service, face.name, "--help").stdout
        assert face.zh[:8] in said.replace("\n", "")
