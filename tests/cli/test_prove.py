"""Receipts: written, verified offline by a program without a node, and refused when changed."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from terminal import FIRM, answer, fails, ok, program, register, run

from tongjian.cli.failures import ExitCode

ROW = f"invoice.taxpayers:{FIRM}"
NODE = ("tongjian.node", "tongjian.storage", "tongjian.engines", "tongjian.connectors", "lmdb")


def receipt(home: Path, path: Path, *arguments: object) -> Path:
    answer("receipt", *arguments, "-o", path, home=home)
    return path


def verified(home: Path, path: Path, code: int = 0) -> dict[str, Any]:
    said: dict[str, Any] = answer("verify", path, "--trust", home / "anchors.json", code=code)
    return said


def test_a_row_is_proven_step_by_step(used_home: Path, tmp_path: Path) -> None:
    path = receipt(used_home, tmp_path / "row", ROW)
    said = verified(used_home, path)
    assert said["holds"] is True
    assert [step["number"] for step in said["steps"]] == [1, 2, 3, 4, 5, 6]
    assert said["statements"][0]["row"]["kind"] == "general"
    assert said["not_proven"]
    shown = ok("verify", path, "--trust", used_home / "anchors.json").stdout
    assert "HOLDS" in shown
    assert "1. form" in shown
    assert "limit_fen   0.00 (0 fen)" in shown
    assert "not proven:" in shown


def test_an_absence_is_proven(used_home: Path, tmp_path: Path) -> None:
    name = "invoice.taxpayers:919901007100011120"
    path = receipt(used_home, tmp_path / "absence", name)
    statement = verified(used_home, path)["statements"][0]
    assert (statement["kind"], statement["record"]) == ("absence", name)
    before = receipt(used_home, tmp_path / "before", ROW, "--at-height", 0)
    assert verified(used_home, before)["statements"][0]["kind"] == "absence"


def test_a_transaction_is_proven_with_its_acts(used_home: Path, tmp_path: Path) -> None:
    identity = answer("block", 1, home=used_home)["transactions"][0]["transaction"]
    path = receipt(used_home, tmp_path / "tx", identity, "--transaction")
    statement = verified(used_home, path)["statements"][0]
    assert statement["acts"][0]["taxpayer"] == FIRM
    assert statement["events"][0]["type"] == "invoice.taxpayer_set"
    assert "set_taxpayer" in ok("verify", path, "--trust", used_home / "anchors.json").stdout
    fails(3, "receipt", "00" * 32, "--transaction", "-o", tmp_path / "x", home=used_home)
    fails(3, "receipt", identity, "--at-height", 0, "-o", tmp_path / "x", home=used_home)


def test_a_past_height_is_proven(used_home: Path, tmp_path: Path) -> None:
    path = receipt(used_home, tmp_path / "past", ROW, "--at-height", 1)
    assert verified(used_home, path)["height"] == 1


def test_a_receipt_has_a_name_of_its_own_and_replaces_nothing(
    used_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ok("receipt", ROW, home=used_home).stdout == f"{FIRM}-2.receipt\n"
    before = (tmp_path / f"{FIRM}-2.receipt").read_bytes()
    assert "--force" in fails(ExitCode.CONFLICT, "receipt", ROW, home=used_home)
    ok("receipt", ROW, "--force", home=used_home)
    assert (tmp_path / f"{FIRM}-2.receipt").read_bytes() == before


def test_a_receipt_goes_to_stdout_alone(used_home: Path, tmp_path: Path) -> None:
    written = run("receipt", ROW, "-o", "-", home=used_home).stdout_bytes
    (tmp_path / "piped").write_bytes(written)
    assert verified(used_home, tmp_path / "piped")["holds"] is True


def test_a_changed_receipt_fails_at_a_step_with_exit_code_4(
    used_home: Path, tmp_path: Path
) -> None:
    path = receipt(used_home, tmp_path / "row", ROW)
    data = path.read_bytes()
    titles = set()
    for position in range(0, len(data), 7):
        path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        result = run("verify", path, "--trust", used_home / "anchors.json", "--json")
        assert result.exit_code == ExitCode.VERIFICATION_FAILED, position
        said = json.loads(result.stdout)
        assert said["holds"] is False
        titles.add(said["failed"]["title"])
    assert {"form", "seal"} <= titles
    shown = run("verify", path, "--trust", used_home / "anchors.json")
    assert "DOES NOT HOLD" in shown.stdout
    assert "next:" in shown.stderr


def test_the_trust_file_of_another_ledger_proves_nothing(used_home: Path, tmp_path: Path) -> None:
    path = receipt(used_home, tmp_path / "row", ROW)
    plan = tmp_path / "plan.toml"
    plan.write_text(ok("init", "--example").stdout, "utf-8")
    ok("init", tmp_path / "other", "--plan", plan)
    assert verified(tmp_path / "other", path, code=4)["failed"]["number"] == 2


def test_files_that_are_missing_or_unusable_are_told(used_home: Path, tmp_path: Path) -> None:
    anchors = used_home / "anchors.json"
    path = receipt(used_home, tmp_path / "row", ROW)
    fails(3, "verify", tmp_path / "no.receipt", "--trust", anchors)
    fails(3, "verify", path, "--trust", tmp_path / "no.json")
    (tmp_path / "bad.json").write_text("{}")
    assert "nothing was verified" in fails(2, "verify", path, "--trust", tmp_path / "bad.json")
    (tmp_path / "empty").write_bytes(b"")
    assert verified(used_home, tmp_path / "empty", code=4)["failed"]


def test_verifying_loads_no_part_of_a_node(used_home: Path, tmp_path: Path) -> None:
    path = receipt(used_home, tmp_path / "row", ROW)
    trust = tmp_path / "anchors.json"
    shutil.copy(used_home / "anchors.json", trust)
    program_text = (
        "import sys; from tongjian.cli import main\n"
        "try: main()\nexcept SystemExit as end: print(end.code, *sorted(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program_text, "verify", str(path), "--trust", str(trust)],
        capture_output=True,
        text=True,
        check=True,
    )
    code, *modules = done.stdout.splitlines()[-1].split()
    assert code == "0"
    assert [name for name in modules if name.startswith(NODE)] == []


def test_verifying_needs_no_network(used_home: Path, tmp_path: Path) -> None:
    wrap = ("unshare", "--map-root-user", "--net")
    tried = subprocess.run([*wrap, "true"], capture_output=True, check=False)
    if shutil.which("unshare") is None or tried.returncode:
        pytest.skip("this system gives no process a network of its own")
    path = receipt(used_home, tmp_path / "row", ROW)
    done = program("verify", path, "--trust", used_home / "anchors.json", wrap=wrap)
    assert done.returncode == 0
    assert "HOLDS" in done.stdout


def test_all_rows_that_begin_in_one_way_are_proven_to_be_all(
    used_home: Path, tmp_path: Path
) -> None:
    path = receipt(used_home, tmp_path / "range", "membership.offices:9199*")
    statement = verified(used_home, path)["statements"][0]
    assert [row["record"] for row in statement["rows"]] == [
        "membership.offices:91990106MA7K3D2102",
        "membership.offices:91990106MA7K3E811E",
    ]
    shown = ok("verify", path, "--trust", used_home / "anchors.json").stdout
    assert "these 2 rows were all of the range" in shown
    empty = receipt(used_home, tmp_path / "empty", "invoice.reimbursements:26990000/*")
    assert verified(used_home, empty)["statements"][0]["rows"] == []
    listed = answer("show", "membership.offices:*", home=used_home)["rows"]
    assert len(listed) == 4
    before = answer("show", "invoice.taxpayers:*", "--at-height", 1, home=used_home)["rows"]
    assert len(before) == 1


@pytest.mark.parametrize(
    "name", ["membership.keys:ab*", "membership.offices:9/*", "membership.parameters:税/*"]
)
def test_a_range_that_cannot_be_named_is_told(used_home: Path, tmp_path: Path, name: str) -> None:
    fails(2, "receipt", name, "-o", tmp_path / "x", home=used_home)
    fails(2, "history", "membership.offices:9199*", home=used_home)


def test_a_transaction_has_a_cose_receipt(used_home: Path, tmp_path: Path) -> None:
    identity = answer("block", 1, home=used_home)["transactions"][0]["transaction"]
    path = receipt(used_home, tmp_path / "tx.cose", identity, "--cose")
    said = verified(used_home, path)
    assert said["holds"] is True
    assert said["transaction"] == identity
    assert [(one["index"], one["size"]) for one in said["receipts"]] == [(0, 2)]
    shown = ok("verify", path, "--trust", used_home / "anchors.json").stdout
    assert "HOLDS" in shown
    assert "4. receipt" in shown
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    assert verified(used_home, path, code=4)["failed"]["title"] == "statement"


def test_only_the_operator_makes_a_cose_receipt(used: Path, tmp_path: Path) -> None:
    identity = answer("block", 1, home=used)["transactions"][0]["transaction"]
    (used / "keys" / "operator.json").unlink()
    said = fails(5, "receipt", identity, "--cose", "-o", tmp_path / "x", home=used)
    assert "only the operator" in said
    assert not (tmp_path / "x").exists()


def test_a_row_has_no_cose_receipt(used_home: Path, tmp_path: Path) -> None:
    fails(2, "receipt", ROW, "--cose", "-o", tmp_path / "x", home=used_home)


def test_a_ledger_of_sm3_has_no_cose_receipts(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    text = ok("init", "--example").stdout
    plan.write_text(text.replace('hash = "sha256"', 'hash = "sm3"'), "utf-8")
    home = tmp_path / "sm3"
    ok("init", home, "--plan", plan)
    assert json.loads((home / "anchors.json").read_text("utf-8"))["hash"] == "sm3"
    register(home)
    identity = answer("block", 1, home=home)["transactions"][0]["transaction"]
    said = fails(6, "receipt", identity, "--cose", "-o", tmp_path / "x", home=home)
    assert "SHA-256" in said


def test_damage_on_the_way_is_told_from_what_was_written_so(
    used_home: Path, tmp_path: Path
) -> None:
    path = receipt(used_home, tmp_path / "row", ROW)
    data = path.read_bytes()
    path.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    assert verified(used_home, path, code=4)["as_written"] is False
    shown = run("verify", path, "--trust", used_home / "anchors.json").stderr
    assert "damaged since it was written" in shown

    # A forger changes the row and computes the check anew.
    place = len(data) - data[::-1].index(b"general"[::-1]) - len(b"general")
    label = b"\x70tongjian/check/1\x48"
    at = data.index(label) + len(label)
    forged = data[:place] + b"smaller" + data[place + 7 :]
    blank = forged[:at] + bytes(8) + forged[at + 8 :]
    check = hashlib.sha256(b"tongjian/check/1\0" + blank).digest()[:8]
    path.write_bytes(blank[:at] + check + blank[at + 8 :])
    said = verified(used_home, path, code=4)
    assert (said["as_written"], said["failed"]["title"]) == (True, "row")
    path.write_bytes(b"nothing of the kind")
    assert verified(used_home, path, code=4)["as_written"] is None
