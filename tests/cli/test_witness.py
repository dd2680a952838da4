"""Witnesses from the command line: made, following, accusing; receipts that carry them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from terminal import FIRM, answer, fails, ok, register

ROW = f"invoice.taxpayers:{FIRM}"


def made(home: Path, folder: Path, *arguments: object) -> dict[str, Any]:
    said: dict[str, Any] = answer(
        "witness", "init", folder, "--anchors", home / "anchors.json", *arguments
    )
    return said


def trust(home: Path, path: Path, quorum: int, *witnesses: dict[str, Any]) -> Path:
    document = json.loads((home / "anchors.json").read_text("utf-8"))
    path.write_text(json.dumps(document | {"witnesses": witnesses, "quorum": quorum}), "utf-8")
    return path


def test_receipts_carry_the_witnesses_that_are_demanded(used: Path, tmp_path: Path) -> None:
    names = [made(used, tmp_path / f"w{n}", "--name", f"w.example/{n}") for n in (1, 2)]
    heads = [answer("witness", "follow", tmp_path / f"w{n}", used, "--once") for n in (1, 2)]
    assert [head["taken_in"] for head in heads] == [2, 2]
    asked = trust(used, tmp_path / "trust.json", 2, *names)
    signed = [part for head in heads for part in ("--cosigned", head["file"])]
    register(used)
    path = tmp_path / "row.receipt"
    assert answer("receipt", ROW, *signed, "-o", path, home=used)["height"] == 2
    said = answer("verify", path, "--trust", asked)
    assert [step["title"] for step in said["steps"]][-2:] == ["witnesses", "check"]
    ok("receipt", ROW, *signed[:2], "-o", path, "--force", home=used)
    failed = answer("verify", path, "--trust", asked, code=4)["failed"]
    assert failed["title"] == "witnesses"
    assert "demands 2" in failed["why"]
    fails(6, "receipt", ROW, *signed, "--at-height", 3, "-o", tmp_path / "x", home=used)


def test_a_fork_is_accused_and_the_evidence_verifies(used: Path, tmp_path: Path) -> None:
    made(used, tmp_path / "w")
    other = tmp_path / "other"
    shutil.copytree(used, other)
    register(used)
    register(other)
    ok("witness", "follow", tmp_path / "w", used, "--once")
    said = fails(4, "witness", "follow", tmp_path / "w", other, "--once")
    assert "fork" in said
    (evidence,) = (tmp_path / "w" / "evidence").iterdir()
    anchors = used / "anchors.json"
    proven = answer("verify", "--evidence", evidence, "--trust", anchors)
    assert (proven["kind"], proven["holds"]) == ("fork", True)
    assert "PROVES A FORK" in ok("verify", "--evidence", evidence, "--trust", anchors).stdout
    evidence.write_text(evidence.read_text("utf-8").replace('"fork"', '"rollback"'), "utf-8")
    fails(4, "verify", "--evidence", evidence, "--trust", anchors)


def test_a_checkpoint_is_verified(used: Path, tmp_path: Path) -> None:
    name = made(used, tmp_path / "w")
    path = Path(answer("witness", "follow", tmp_path / "w", used, "--once")["file"])
    fails(4, "verify", path, "--trust", used / "anchors.json")
    asked = trust(used, tmp_path / "trust.json", 1, name)
    said = answer("verify", path, "--trust", asked)
    assert (said["operator"], said["witnesses"][0]["name"]) == (False, name["name"])
    assert "signed by" in ok("verify", path, "--trust", asked).stdout
    own = tmp_path / "own"
    own.write_text(ok("checkpoint", home=used).stdout, "utf-8")
    assert answer("verify", own, "--trust", used / "anchors.json")["operator"] is True
    fails(4, "verify", own, "--trust", asked)


def test_a_ledger_that_stands_still_is_told(used: Path, tmp_path: Path) -> None:
    made(used, tmp_path / "w")
    ok("witness", "follow", tmp_path / "w", used, "--once", "--stale-after", 10**6)
    old = tmp_path / "old"
    shutil.copytree(used, old)
    state = tmp_path / "w" / "state.json"
    document = json.loads(state.read_text("utf-8"))
    state.write_text(json.dumps(document | {"time_ms": 1000}), "utf-8")
    assert "old" in fails(
        4, "witness", "follow", tmp_path / "w", old, "--once", "--stale-after", 60
    )


def test_what_cannot_be_followed_is_told(used: Path, tmp_path: Path) -> None:
    fails(3, "witness", "follow", tmp_path / "none", used, "--once")
    anchors = used / "anchors.json"
    fails(2, "witness", "init", tmp_path / "w", "--anchors", anchors, "--name", "two words")
    made(used, tmp_path / "w")
    fails(5, "witness", "init", tmp_path / "w", "--anchors", anchors)
    fails(2, "verify", "--trust", anchors)
    fails(1, "witness", "follow", tmp_path / "w", tmp_path / "nowhere", "--once")


def test_a_witness_loads_no_part_of_a_node_but_its_key(used: Path, tmp_path: Path) -> None:
    """The package itself needs the verifier and readers of files."""
    program = "import sys, tongjian.witness.witness; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    heavy = ("tongjian.node", "tongjian.engines", "tongjian.storage.store", "lmdb")
    assert [name for name in loaded if name.startswith(heavy)] == []
    assert "tongjian.services" not in loaded
