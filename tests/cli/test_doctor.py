"""The doctor: what is well is said, and what is not is named, with what to do and an exit code."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from terminal import answer, fails, ok, run

from tongjian.cli.failures import ExitCode
from tongjian.storage.blocklog import PROLOGUE_BYTES


def examined(home: Path, *options: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """Return the findings by check; of several, the worst comes last and stays."""
    findings = answer("doctor", *options, home=home, code=code)["findings"]
    order = {"ok": 0, "note": 1, "bad": 2, "damaged": 3}
    findings.sort(key=lambda finding: order[finding["state"]])
    return {finding["check"]: finding for finding in findings}


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def frame_starts(home: Path) -> list[int]:
    data = (home / "blocks.log").read_bytes()
    starts, at = [], PROLOGUE_BYTES
    while (found := data.find(b"TJBK", at)) >= 0:
        starts.append(found)
        at = found + 4
    return starts


def test_a_sound_ledger_is_well_on_the_surface_and_below(used_home: Path) -> None:
    quick = examined(used_home)
    assert {"files", "trust", "keys", "python", "disk", "lock", "block log", "tip"} <= {*quick}
    deep = examined(used_home, "--deep")
    assert {"blocks", "entries", "order", "rows", "log", "places"} <= {*deep}
    assert "3 blocks" in deep["blocks"]["text"]
    assert "4 signatures" in deep["blocks"]["text"]
    assert {finding["state"] for finding in deep.values()} <= {"ok", "note"}
    shown = ok("doctor", home=used_home)
    assert shown.stdout.startswith("ok")


def test_no_ledger_is_no_patient(tmp_path: Path) -> None:
    findings = examined(tmp_path, code=ExitCode.FAILURE)
    assert findings["files"]["state"] == "bad"
    assert len(findings) == 1


def test_keys_open_to_others_are_bad(used: Path) -> None:
    (used / "keys" / "tax-officer.json").chmod(0o640)
    finding = examined(used, code=ExitCode.FAILURE)["keys"]
    assert "chmod 600" in finding["next"]
    (used / "keys" / "tax-officer.json").chmod(0o600)
    (used / "keys").chmod(0o755)
    assert "chmod 700" in examined(used, code=ExitCode.FAILURE)["keys"]["next"]


def test_a_machine_without_the_operators_key_is_told_that_it_only_reads(used: Path) -> None:
    (used / "keys" / "operator.json").unlink()
    assert examined(used)["keys"]["state"] == "note"


def test_a_trust_file_of_another_ledger_is_bad(used: Path) -> None:
    path = used / "anchors.json"
    path.write_text(path.read_text().replace('"chain": "', '"chain": "00')[:-1])
    assert examined(used, code=ExitCode.FAILURE)["trust"]["state"] == "bad"


def test_the_process_that_writes_is_named(used: Path) -> None:
    hold = (
        "import sys; from pathlib import Path; from tongjian.node.home import Home\n"
        "with Home(Path(sys.argv[1])).open(writable=True):\n"
        "    print('open', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(used)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        assert f"pid {other.pid}" in examined(used, "--deep")["lock"]["text"]
        assert str(other.pid) in fails(ExitCode.UNAVAILABLE, "doctor", "--repair", home=used)
        other.communicate("")


@pytest.mark.parametrize("block", [0, 1, 2])
def test_a_flipped_bit_in_a_block_is_found_and_the_block_named(used: Path, block: int) -> None:
    starts = frame_starts(used)
    flip(used / "blocks.log", starts[block] + 150)
    findings = examined(used, "--deep", code=ExitCode.VERIFICATION_FAILED)
    damaged = [finding for finding in findings.values() if finding["state"] == "damaged"]
    assert any(f"block {block}" in finding["text"] for finding in damaged)
    assert all("backup" in finding["next"] for finding in damaged)


def test_a_block_that_was_cut_out_is_missed(used: Path) -> None:
    log = used / "blocks.log"
    starts = frame_starts(used)
    data = log.read_bytes()
    log.write_bytes(data[: starts[1]] + data[starts[2] :])
    findings = examined(used, "--deep", code=ExitCode.VERIFICATION_FAILED)
    assert any("block 1" in finding["text"] for finding in findings.values())


def test_lost_blocks_are_damage(used: Path) -> None:
    log = used / "blocks.log"
    log.write_bytes(log.read_bytes()[: frame_starts(used)[2]])
    assert examined(used, code=ExitCode.VERIFICATION_FAILED)["tip"]["state"] == "damaged"


def test_an_unfinished_block_is_a_note(used: Path) -> None:
    with (used / "blocks.log").open("ab") as log:
        log.write(b"TJBK\x00")
    finding = examined(used)["tip"]
    assert finding["state"] == "note"
    assert "5 bytes" in finding["text"]


@pytest.mark.parametrize("garbage", [b"", b"no store", bytes(65_536), b"\xff" * 65_536])
def test_a_store_that_cannot_be_read_is_repaired_from_the_blocks(
    used: Path, garbage: bytes
) -> None:
    root = answer("status", home=used)["state_root"]
    (used / "store.lmdb").write_bytes(garbage)
    damaged = examined(used, code=ExitCode.VERIFICATION_FAILED)
    assert damaged["store"]["next"] == "tongjian doctor --repair"
    seen = examined(used, "--repair", "--deep")
    assert "3 blocks replayed" in seen["repair"]["text"]
    assert answer("status", home=used)["state_root"] == root
    assert not list(used.glob("*.damaged"))


def test_every_damaged_page_of_the_store_is_noticed_or_harmless(used: Path) -> None:
    """Overwrite one page after the other: the deep check says so, or the state is still right."""
    store = used / "store.lmdb"
    sound = store.read_bytes()
    root = answer("status", home=used)["state_root"]
    noticed = 0
    for page in range(0, len(sound), 4096 * 3):
        store.write_bytes(sound[:page] + b"\xa5" * 4096 + sound[page + 4096 :])
        result = run("doctor", "--deep", "--json", home=used)
        assert result.exit_code in (ExitCode.OK, ExitCode.VERIFICATION_FAILED)
        if result.exit_code:
            noticed += 1
        else:
            assert answer("status", home=used)["state_root"] == root
    assert noticed


def test_a_store_whose_opening_ends_the_process_is_reported(
    used: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = tmp_path / "dying.py"
    module.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGBUS)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("tongjian.cli.upkeep.PROBE", "dying")
    finding = examined(used, code=ExitCode.VERIFICATION_FAILED)["store"]
    assert "SIGBUS" in finding["text"]


def test_the_store_is_kept_where_the_blocks_could_not_replace_it(used: Path) -> None:
    before = (used / "store.lmdb").read_bytes()
    flip(used / "blocks.log", frame_starts(used)[1] + 150)
    said = fails(ExitCode.VERIFICATION_FAILED, "doctor", "--repair", home=used)
    assert "block 1" in said
    assert (used / "store.lmdb").read_bytes() == before
    (used / "blocks.log").unlink()
    fails(ExitCode.VERIFICATION_FAILED, "doctor", "--repair", home=used)
    assert (used / "store.lmdb").read_bytes() == before
