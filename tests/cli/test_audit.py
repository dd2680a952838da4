"""The auditor at the terminal: what is said when all follows, and when something does not."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from forger import flip, flip_in_log, harm_store
from terminal import FIRM, TAX, answer, copy_of, fails, ok, program, run

from tongjian.catalogue import load_registry
from tongjian.core.encoding import encode, replace
from tongjian.engines.audit import bundles
from tongjian.engines.chain import LOG_NAME, STORE_NAME
from tongjian.node.home import Home
from tongjian.services.invoice.records import TAXPAYERS
from tongjian.storage.packing import unpack_entry
from tongjian.verifier.anchors import Anchors


def replay(home: Path, *more: object) -> tuple[object, ...]:
    return ("audit", "replay", "--log", home / LOG_NAME, "--genesis", home / "genesis.json", *more)


def regrade(home: Path, grade: str) -> None:
    """Give the first firm another grade."""
    ok(
        *("invoice", "set-taxpayer", "--taxpayer", FIRM, "--kind", "general", "--grade", grade),
        *("--notice", "00" * 32, "--as", TAX[0], "--as", TAX[1]),
        home=home,
    )


def test_replay_says_what_follows_and_what_is_not_proven(used: Path) -> None:
    result = ok(*replay(used))
    header = answer("status", home=used)
    assert "EVERYTHING FOLLOWS up to block 2 截至区块 2，全部由规则推得" in result.stdout
    assert header["state_root"] in result.stdout
    assert "Not proven" in result.stderr


def test_replay_answers_machines(used: Path) -> None:
    told = answer(*replay(used, "--workers", 0))
    assert (told["holds"], told["height"], told["blocks"]) == (True, 2, 3)
    assert told["signatures"] == 3 + 2 * 2
    assert told["chain"] == Home(used).anchors().chain


def test_what_a_replay_keeps_is_a_ledger_that_can_be_asked(used: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    ok(*replay(used, "--into", own))
    assert Anchors.read(own / "anchors.json") == Home(used).anchors()
    shown = [answer("show", f"taxpayers:{FIRM}", home=home) for home in (own, used)]
    assert shown[0] == shown[1]
    regrade(used, "B")
    again = answer(*replay(used, "--into", own))
    assert (again["resumed_height"], again["height"], again["blocks"]) == (2, 3, 1)


def test_a_changed_byte_of_a_block_is_named_and_the_exit_code_is_4(used: Path) -> None:
    log = used / LOG_NAME
    flip_in_log(log, log.stat().st_size - 3)
    result = run(*replay(used))
    assert result.exit_code == 4
    assert f"{log} DIFFERS at block 2, frame" in result.stdout
    assert "所记与重算（或另一份）不符" in result.stdout
    told = answer(*replay(used), code=4)
    assert (told["holds"], told["height"], told["field"]) == (False, 2, "frame")


def other_grade(key: bytes, packed: bytes) -> bytes | None:
    entry = unpack_entry(packed, int.from_bytes(key, "big"))
    if entry.key != TAXPAYERS.key(FIRM):
        return None
    row = TAXPAYERS.codec.decode(entry.value)
    return packed[: -len(entry.value)] + encode(replace(row, grade="B"))


def test_a_changed_row_is_named_with_the_fields_that_differ(used: Path) -> None:
    harm_store(used, "entries", other_grade, numbered=True)
    result = run("audit", "compare", used)
    assert result.exit_code == 4
    assert f"invoice.taxpayers:{FIRM}, written at height 1" in result.stdout
    assert "grade: B → A" in result.stdout
    told = answer("audit", "compare", used, code=4)
    row = told["parts"][0]
    assert (row["record"], row["height"]) == (f"invoice.taxpayers:{FIRM}", 1)
    assert [row["values"][side]["grade"] for side in ("recorded", "by the rules")] == ["B", "A"]


def test_a_replay_compares_a_store_that_it_is_given(used: Path) -> None:
    ok(*replay(used, "--store", used / STORE_NAME))
    harm_store(used, "entries", other_grade, numbered=True)
    result = run(*replay(used, "--store", used / STORE_NAME))
    assert result.exit_code == 4
    assert "grade: B → A" in result.stdout


def test_a_store_that_follows_is_said_to(used: Path) -> None:
    said = ok("audit", "compare", used).stdout
    assert "THE STORE FOLLOWS from its blocks up to height 2 状态库由区块推得" in said
    assert answer("audit", "compare", used)["stores_height"] == 2


def test_two_ledgers_that_part_are_told_with_height_and_row(used: Path, tmp_path: Path) -> None:
    other = copy_of(used, tmp_path / "other")
    same = ok("audit", "compare", used, other)
    assert "THEY DO NOT PART up to block 2 截至该区块，两份账本一致" in same.stdout
    regrade(used, "B")
    behind = ok("audit", "compare", used, other)
    assert "the second is 1 blocks behind" in behind.stdout
    regrade(other, "C")
    result = run("audit", "compare", used, other)
    assert result.exit_code == 4
    assert "DIFFERS at block 3, envelope, envelope 0" in result.stdout
    assert f"invoice.taxpayers:{FIRM}, written at height 3" in result.stdout
    assert "grade: B → C" in result.stdout


def test_an_outcome_that_differs_is_told_in_words(used: Path) -> None:
    from tongjian.cli.audit_said import value_text

    assert value_text("outcome", b"") == "committed"
    assert "NOT_PERMITTED" in value_text("outcome", b"kernel/11@0")
    del used


def test_a_file_that_is_missing_or_of_another_ledger_is_told(used: Path, tmp_path: Path) -> None:
    fails(3, "audit", "replay", "--log", used / "none.log", "--genesis", used / "genesis.json")
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    fails(2, "audit", "replay", "--log", used / LOG_NAME, "--genesis", wrong)
    changed = json.loads((used / "genesis.json").read_text("utf-8"))
    changed["time_ms"] += 1
    wrong.write_text(json.dumps(changed))
    result = run("audit", "replay", "--log", used / LOG_NAME, "--genesis", wrong)
    assert result.exit_code == 4
    assert "prologue" in result.stdout


def test_progress_goes_to_stderr_and_json_stays_alone(used: Path) -> None:
    done = program(*replay(used, "--json"))
    assert done.returncode == 0
    assert json.loads(done.stdout)["holds"] is True
    assert not done.stderr


@pytest.mark.parametrize("seconds", [0, 59.4, 61, 3599, 7260])
def test_time_left_is_written_in_fitting_units(seconds: float) -> None:
    from tongjian.cli.audit_progress import write_seconds

    text = write_seconds(seconds)
    expected = {0: "0 s", 59.4: "59 s", 61: "1 min 1 s", 3599: "59 min 59 s", 7260: "2 h 1 min"}
    assert text == expected[seconds]


# -------------------------------------------------------------------------------- decision bundles


def bundle_of(home: Path, folder: Path) -> tuple[str, Path]:
    """Make the bundle of the first transaction; return its id and the file."""
    identity = answer("block", 1, home=home)["transactions"][0]["transaction"]
    file = folder / "first.decision"
    made = ok("receipt", identity, "--decision", "-o", file, home=home)
    assert f"tongjian audit rerun {file}" in made.stderr
    return identity, file


def test_a_decision_is_decided_again_from_two_files(used: Path, tmp_path: Path) -> None:
    identity, file = bundle_of(used, tmp_path)
    trust = tmp_path / "anchors.json"
    trust.write_bytes((used / "anchors.json").read_bytes())
    shutil.rmtree(used)

    said = ok("audit", "rerun", file, "--trust", trust).stdout

    assert f"{file} DECIDED THE SAME 重新裁决，结果相同" in said
    assert identity in said
    assert f"row invoice.taxpayers:{FIRM}" in said
    assert "code of invoice version 1" in said
    assert "not proven:" in said
    told = answer("audit", "rerun", file, "--trust", trust)
    assert (told["same"], told["height"]) == (True, 1)
    (decision,) = told["decisions"]
    assert decision["rows"][0]["row"]["grade"] == "A"
    assert {code["service"] for code in decision["code"]} == {"core", "invoice"}
    assert all(code["there"] == code["here"] for code in decision["code"])


def test_a_bundle_is_a_receipt_that_can_be_verified(used: Path, tmp_path: Path) -> None:
    _, file = bundle_of(used, tmp_path)
    said = ok("verify", file, "--trust", used / "anchors.json").stdout
    assert "tongjian audit rerun" in said
    told = answer("verify", file, "--trust", used / "anchors.json")
    assert [one["kind"] for one in told["statements"]] == ["transaction", "decision"]


def test_a_bundle_that_was_changed_or_is_none_ends_with_4(used: Path, tmp_path: Path) -> None:
    identity, file = bundle_of(used, tmp_path)
    data = file.read_bytes()
    file.write_bytes(flip(data, len(data) // 2))
    result = run("audit", "rerun", file, "--trust", used / "anchors.json")
    assert result.exit_code == 4
    assert "DOES NOT HOLD 凭据不成立" in result.stdout
    plain = tmp_path / "plain.receipt"
    ok("receipt", identity, "--transaction", "-o", plain, home=used)
    result = run("audit", "rerun", plain, "--trust", used / "anchors.json")
    assert result.exit_code == 4
    assert "CANNOT BE DECIDED AGAIN 无法重新裁决" in result.stdout
    told = answer("audit", "rerun", plain, "--trust", used / "anchors.json", code=4)
    assert told["same"] is None


def test_what_a_decision_differs_in_is_told_by_field(
    used: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, file = bundle_of(used, tmp_path)
    operation = load_registry().tags["invoice.set_taxpayer"]
    original = operation.handler

    def lenient(act: Any, ledger: Any) -> Any:
        return original(replace(act, grade="M"), ledger)

    monkeypatch.setitem(operation.__dict__, "handler", lenient)
    result = run("audit", "rerun", file, "--trust", used / "anchors.json")
    assert result.exit_code == 4
    assert "DECIDED OTHERWISE 重新裁决，结果不同" in result.stdout
    assert "grade: A → M" in result.stdout
    told = answer("audit", "rerun", file, "--trust", used / "anchors.json", code=4)
    assert told["same"] is False
    assert {one["part"] for one in told["differences"]} == {"event", "row"}
    _, again = bundle_again(used, tmp_path)
    assert "decided otherwise" in again


def bundle_again(home: Path, folder: Path) -> tuple[Path, str]:
    identity = answer("block", 1, home=home)["transactions"][0]["transaction"]
    file = folder / "again.decision"
    return file, ok("receipt", identity, "--decision", "-o", file, home=home).stderr


def test_why_no_bundle_can_be_made_is_told(used: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = answer("block", 1, home=used)["transactions"][0]["transaction"]
    monkeypatch.setattr(bundles, "DECISION_ENTRIES_MAX", 2)
    said = fails(6, "receipt", identity, "--decision", home=used)
    assert "a bundle shows at most 2" in said
