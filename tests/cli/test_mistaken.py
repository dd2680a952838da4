"""A file that is no receipt is called what it is, with what to do next; so is each failure."""

import json
from pathlib import Path

import pytest
from second_verifier import ROOT
from terminal import run

from tongjian.cli.failures import ExitCode
from tongjian.cli.mistaken import mistaken_for

VECTORS = json.loads(
    (ROOT / "docs/reference/format-vectors/sha256-ed25519.json").read_text("utf-8")
)
TRUST = json.dumps(VECTORS["trust"]).encode()
ROW = bytes.fromhex(VECTORS["receipts"][0]["receipt"])
FILES = {
    "nothing": (b"", "an empty file", "save or send it again"),
    "a receipt cut short": (ROW[:-9], "cut short or damaged", "ask for the file again"),
    "a trust file": (TRUST, "a trust file", "--trust FILE"),
    "JSON": (b'{"a": 1}', "JSON, neither", "as it was sent"),
    "evidence": (b'{"format": "tongjian-evidence/1"}', "evidence of a witness", "--evidence FILE"),
    "broken JSON": (b"{", "text, and none of a receipt", "as it was sent"),
    "a letter": ("致收件人".encode(), "text, and none of a receipt", "as it was sent"),
    "a code that was misread": (b"TJR1:ABC", "read wrong", "read the code again"),
    "XML": (b"<?xml version='1.0'?><a/>", "a page or XML", "as it was sent"),
    "a PDF": (b"%PDF-1.7", "a PDF", "attached to it"),
    "a damaged picture": (b"\x89PNG\r\n\x1a\n", "a picture", "photograph or scan"),
    "another picture": (b"GIF89a", "not read here", "save it as PNG"),
    "an archive": (b"PK\3\4", "an archive", "unpack it"),
    "a block log": (b"TJLOG1\n\0" + bytes(40), "the block log", "tongjian audit replay"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_receipt_is_called_what_it_is(tmp_path: Path, name: str) -> None:
    data, what, then = FILES[name]
    (tmp_path / "file").write_bytes(data)
    (tmp_path / "anchors.json").write_bytes(TRUST)
    said = run("verify", tmp_path / "file", "--trust", tmp_path / "anchors.json")
    assert said.exit_code == ExitCode.VERIFICATION_FAILED
    assert "DOES NOT HOLD" in said.stdout
    shown = " ".join(said.stderr.split())
    for part in (what, then, "rule: docs/reference/format.md"):
        assert part in shown
    assert "Error" not in said.stdout.replace("(UnidentifiedImageError)", "")


def test_noise_is_called_nothing() -> None:
    assert mistaken_for(b"\xff\xfe\x00") is None
    assert mistaken_for(b"0oR_") is None


@pytest.mark.parametrize(
    ("name", "then"),
    [
        ("of another chain", "trust file of that ledger"),
        ("without the witness that is demanded", "enough witnesses"),
        ("row: another value", "to an auditor"),
    ],
)
def test_each_failure_says_what_to_do_next(tmp_path: Path, name: str, then: str) -> None:
    one = next(each for each in VECTORS["receipts"] if each["name"] == name)
    (tmp_path / "file").write_bytes(bytes.fromhex(one["receipt"]))
    (tmp_path / "anchors.json").write_text(json.dumps(VECTORS[one["trust"]]), "utf-8")
    said = run("verify", tmp_path / "file", "--trust", tmp_path / "anchors.json")
    assert said.exit_code == ExitCode.VERIFICATION_FAILED
    assert then in " ".join(said.stderr.split())


def test_a_folder_is_called_a_folder(tmp_path: Path) -> None:
    said = run("verify", tmp_path, "--trust", tmp_path)
    assert said.exit_code == ExitCode.NOT_FOUND
    assert "is a folder" in " ".join(said.stderr.split())
