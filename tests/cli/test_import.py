"""Importing documents: once each, whatever file they come in, and again after an interruption."""

import dataclasses
import json
import os
import signal
import stat
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from einvoice_files import BLUE, RED, SAMPLES, needs_samples
from terminal import ACCOUNTANT, FIRM, OTHER_FIRM, answer, fails, ok, run

from tongjian.cli.failures import ExitCode
from tongjian.connectors.einvoice.write import write_digital, write_e_invoice, write_ubl
from tongjian.core.hashing import compute_commitment, sha256
from tongjian.engines.solo import SoloEngine

IMPORT = ("invoice", "import")
AS = ("--as", ACCOUNTANT)


def imported(home: Path, *paths: object, code: int = 0) -> dict[str, Any]:
    said: dict[str, Any] = answer(*IMPORT, *paths, *AS, home=home, code=code)
    return said


def statuses(said: dict[str, Any]) -> dict[str, str]:
    return {Path(told["file"]).name: told["status"] for told in said["documents"]}


def draft(number: int) -> bytes:
    return write_ubl(dataclasses.replace(BLUE, number=f"{26990000000012000000 + number}"))


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty folder beside the ledger."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five documents, one of them in three formats and one of another sum under its number."""
    folder = tmp_path / "invoices"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.xml").write_bytes(write_e_invoice(BLUE))
    (folder / "b.xml").write_bytes(write_digital(BLUE))
    lines = (dataclasses.replace(BLUE.lines[0], quantity=21),)
    (folder / "c-dearer.xml").write_bytes(write_digital(dataclasses.replace(BLUE, lines=lines)))
    (folder / "d-red.xml").write_bytes(write_digital(RED))
    (folder / "e-letter.txt").write_bytes(b"Dear Sir or Madam")
    (folder / "sub" / "f.xml").write_bytes(draft(1))
    with zipfile.ZipFile(folder / "sub" / "g.zip", "w") as archive:
        archive.writestr("h.xml", draft(2))
        archive.writestr("again.xml", draft(1))
    return folder


def test_each_document_is_recorded_once_and_the_rest_is_told_why(home: Path, folder: Path) -> None:
    said = imported(home, folder, code=ExitCode.PARTIAL)
    told = {
        Path(one["file"].partition("!")[2] or one["file"]).name: one for one in said["documents"]
    }
    assert {name: one["status"] for name, one in told.items()} == {
        "a.xml": "recorded",
        "b.xml": "already",
        "c-dearer.xml": "refused",
        "d-red.xml": "refused",
        "e-letter.txt": "refused",
        "f.xml": "recorded",
        "h.xml": "recorded",
        "again.xml": "already",
    }
    assert told["b.xml"]["copy_of"] == str(folder / "a.xml")
    assert "total_fen" in told["c-dearer.xml"]["why"]
    assert "takes back" in told["d-red.xml"]["why"]
    for one in said["documents"]:
        assert one["status"] != "refused" or (one["why"] and one["rule"] and one["next"])
    assert said["counts"]["recorded"] == 3
    assert answer("status", home=home)["log_size"] == 3


def test_a_second_run_finds_all_of_it_there_already(home: Path, folder: Path) -> None:
    first = imported(home, folder, code=9)
    height = answer("status", home=home)["height"]
    second = imported(home, folder, code=9)
    assert {*statuses(second).values()} == {"already", "refused"}
    assert answer("status", home=home)["height"] == height
    recorded = {one["record"] for one in first["documents"] if one["status"] == "recorded"}
    assert recorded <= {one["record"] for one in second["documents"]}
    dearer = next(one for one in second["documents"] if "dearer" in one["file"])
    assert dearer["status"] == "refused"
    assert second["sums"] == first["sums"]
    assert set(first["sums"]["CNY"]) == {"total", "tax"}


def test_a_document_is_known_by_its_key_not_by_its_file(home: Path, inbox: Path) -> None:
    (inbox / "first.xml").write_bytes(write_e_invoice(BLUE))
    (inbox / "second.xml").write_bytes(write_digital(BLUE))
    assert statuses(imported(home, inbox / "first.xml")) == {"first.xml": "recorded"}
    assert statuses(imported(home, inbox / "second.xml")) == {"second.xml": "already"}
    assert len(list((home / "documents").glob("*.json"))) == 1


def test_the_office_keeps_file_and_salts_for_itself_and_they_open_the_row(
    home: Path, inbox: Path
) -> None:
    data = write_e_invoice(BLUE)
    (inbox / "a.xml").write_bytes(data)
    (told,) = imported(home, inbox / "a.xml")["documents"]
    kept = home / "documents"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.iterdir()} == {0o600}
    (entry_path,) = kept.glob("*.json")
    entry = json.loads(entry_path.read_text("utf-8"))
    assert (kept / entry["file"]).read_bytes() == data
    assert entry["record"] == told["record"] == f"invoice.invoices:{BLUE.number}"
    row = answer("show", told["record"], home=home)["row"]
    salts = {name: bytes.fromhex(salt) for name, salt in entry["salts"].items()}
    opened = {
        row["foreign"]["original"]: (salts["original"], data),
        row["lines"]: (salts["lines"], entry["content"].encode()),
        row["buyer"]: (salts["holder"], FIRM.encode()),
    }
    for committed, (salt, what) in opened.items():
        assert compute_commitment(sha256, salt, what).hex() == committed
    assert len({*salts.values()}) == 3


def test_names_and_lines_never_reach_the_ledger(home: Path, inbox: Path) -> None:
    (inbox / "a.xml").write_bytes(write_e_invoice(BLUE))
    imported(home, inbox)
    ledger = (home / "blocks.log").read_bytes() + (home / "store.lmdb").read_bytes()
    for secret in (BLUE.seller.name, BLUE.buyer.name, BLUE.lines[0].name):
        assert secret.encode() not in ledger
        assert secret.encode() in next((home / "documents").glob("*.json")).read_bytes()


def test_an_interrupted_run_is_repeated_and_goes_on(
    home: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        (inbox / f"{number}.xml").write_bytes(draft(number))
    submit, calls = SoloEngine.submit, Counter[str]()

    def interrupted(engine: SoloEngine, data: Any) -> Any:
        calls["submit"] += 1
        if calls["submit"] == 2:
            raise KeyboardInterrupt
        return submit(engine, data)

    with monkeypatch.context() as patch:
        patch.setattr("tongjian.cli.import_run.TOGETHER", 2)
        patch.setattr(SoloEngine, "submit", interrupted)
        result = run(*IMPORT, inbox, *AS, "--json", home=home)
    assert result.exit_code == ExitCode.INTERRUPTED
    said = json.loads(result.stdout)
    assert said["counts"] == {
        "recorded": 2,
        "already": 0,
        "refused": 0,
        "waiting": 2,
        "unknown": 2,
    }
    salts = {path.name: path.read_bytes() for path in (home / "documents").glob("*.json")}
    assert len(salts) == 6

    again = imported(home, inbox)
    assert again["counts"]["already"] == 2
    assert again["counts"]["recorded"] == 4
    kept = {path.name: path.read_bytes() for path in (home / "documents").glob("*.json")}
    assert kept == salts
    assert answer("status", home=home)["log_size"] == 6


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_killed_is_repeated_and_goes_on(
    home: Path, inbox: Path, how: signal.Signals
) -> None:
    for number in range(8):
        (inbox / f"{number}.xml").write_bytes(draft(number))
    killing = (
        "import os, signal, sys\n"
        # A shell that runs tests in the background has its children ignore the interrupt.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from tongjian.cli import import_run, main\n"
        "from tongjian.engines.solo import SoloEngine\n"
        "import_run.TOGETHER = 3\n"
        "submit, calls = SoloEngine.submit, []\n"
        "def dying(engine, data):\n"
        "    calls.append(1)\n"
        "    future = submit(engine, data)\n"
        "    if len(calls) == 2:\n"
        "        os.kill(os.getpid(), int(os.environ['HOW']))\n"
        "    return future\n"
        "SoloEngine.submit = dying\n"
        "main()\n"
    )
    arguments = [*IMPORT, str(inbox), *AS, "--home", str(home)]
    done = subprocess.run(
        [sys.executable, "-c", killing, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOW": str(int(how))},
    )
    assert done.returncode == (130 if how is signal.SIGINT else -how)
    assert "Traceback" not in done.stderr
    counts = imported(home, inbox)["counts"]
    assert counts["recorded"] + counts["already"] == 8
    assert counts["already"] >= 3
    assert answer("status", home=home)["log_size"] == 8
    assert answer("doctor", "--deep", home=home)["state"] == "ok"


def test_without_resume_new_salts_are_drawn_for_what_is_not_recorded(
    home: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "a.xml").write_bytes(write_e_invoice(BLUE))

    def interrupted(engine: SoloEngine, data: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SoloEngine, "submit", interrupted)
        assert run(*IMPORT, inbox, *AS, home=home).exit_code == ExitCode.INTERRUPTED
    (entry,) = (home / "documents").glob("*.json")
    before = json.loads(entry.read_text("utf-8"))["salts"]
    ok(*IMPORT, inbox, *AS, "--no-resume", home=home)
    assert json.loads(entry.read_text("utf-8"))["salts"] != before


@pytest.mark.parametrize("options", [("--as", "haiming-issuer"), (*AS, "--office", OTHER_FIRM)])
def test_who_may_not_record_is_stopped_before_anything_is_recorded(
    home: Path, folder: Path, options: tuple[str, ...]
) -> None:
    said = fails(ExitCode.UNAUTHORISED, *IMPORT, folder, *options, home=home)
    assert "accountant" in said
    assert answer("status", home=home)["height"] == 0


def test_what_is_not_there_or_empty_is_told(home: Path, inbox: Path) -> None:
    fails(ExitCode.NOT_FOUND, *IMPORT, inbox / "nowhere", *AS, home=home)
    (inbox / "empty").mkdir()
    assert "no documents" in ok(*IMPORT, inbox / "empty", *AS, home=home).stderr
    fails(ExitCode.UNAUTHORISED, *IMPORT, inbox, "--as", "mayor", home=home)


def test_salts_that_were_damaged_stop_the_run(home: Path, inbox: Path) -> None:
    (inbox / "a.xml").write_bytes(write_e_invoice(BLUE))
    ok(*IMPORT, inbox, *AS, home=home)
    (entry,) = (home / "documents").glob("*.json")
    entry.write_text("{}")
    said = fails(ExitCode.VERIFICATION_FAILED, *IMPORT, inbox, *AS, home=home)
    assert "backup" in said


def test_people_get_a_line_for_each_document(home: Path, folder: Path) -> None:
    result = run(*IMPORT, folder, *AS, home=home)
    assert result.exit_code == ExitCode.PARTIAL
    assert len(result.stdout.splitlines()) == 8
    assert "3 recorded, 2 there already, 3 refused" in result.stderr


def test_the_ledgers_own_folder_is_left_out_unless_it_is_asked_for(home: Path) -> None:
    (home.parent / "a.xml").write_bytes(write_e_invoice(BLUE))
    assert statuses(imported(home, home.parent)) == {"a.xml": "recorded"}
    assert imported(home, home / "documents", code=9)["counts"]["already"] == 1


@needs_samples
def test_the_published_samples_are_imported_twice_with_one_result(home: Path) -> None:
    first = imported(home, SAMPLES, code=ExitCode.PARTIAL)
    counts = Counter(one["status"] for one in first["documents"])
    assert counts == {"recorded": 5, "already": 7, "refused": 11}
    second = imported(home, SAMPLES, code=ExitCode.PARTIAL)
    assert second["counts"]["recorded"] == 0
    assert second["counts"]["already"] == 12
    assert answer("status", home=home)["log_size"] == 5
