"""Evidence from the command line: hashed, fixed, packed, and verified without a node."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from evidence_ledger import CourtLedger
from evidence_town import USCC, commit, id16
from terminal import answer, fails, ok, run
from tsa import Tsa

NODE = ("tongjian.node", "tongjian.storage", "tongjian.engines", "lmdb")
ITEM = id16("ad").hex()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> CourtLedger:
    return CourtLedger(tmp_path_factory.mktemp("evidence") / "ledger")


@pytest.fixture(scope="module")
def files(ledger: CourtLedger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that an officer captures, fixes and hands to custody from the command line."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "ad.png").write_bytes(b"the false advertisement")
    hashed = answer("evidence", "hash", folder / "ad.png")
    ledger.run("capture ad accepted")
    imprint = f'{{"algorithm": {hashed["algorithm"]}, "digest": "{hashed["digest"]}"}}'
    fields = ("--item", ITEM, "--content", imprint)
    by = ("--office", USCC["platform"], "--as", "platform-evidence-officer")
    ok(
        *("evidence", "fix", *fields, "--size-bytes", 23, "--media", "image", *by),
        home=ledger.folder,
    )
    ok(
        *("evidence", "store", *fields, "--giver", USCC["platform"], "--receiver", USCC["notary"]),
        *("--place", commit("safe").hex()),
        *("--as", "platform-evidence-officer", "--as", "notary-custodian"),
        home=ledger.folder,
    )
    return folder


@pytest.fixture(scope="module")
def package(ledger: CourtLedger, files: Path) -> Path:
    path = files / "ad.evidence"
    said = answer(
        *("evidence", "pack", files / "ad.png", "--item", ITEM, "-o", path), home=ledger.folder
    )
    assert said["result"] == "consistent"
    return path


def verified(ledger: CourtLedger, path: Path, code: int = 0) -> dict[str, Any]:
    trust = ledger.folder / "anchors.json"
    said: dict[str, Any] = answer("evidence", "verify", path, "--trust", trust, code=code)
    return said


def test_a_package_is_verified_step_by_step_in_both_languages(
    ledger: CourtLedger, package: Path
) -> None:
    said = verified(ledger, package)
    assert (said["holds"], said["before_recording"]) == (True, "not_proven")
    assert [step["number"] for step in said["steps"]] == [1, 2, 3, 4, 5, 6, 7]
    shown = ok("evidence", "verify", package, "--trust", ledger.folder / "anchors.json").stdout
    for words in ("一致 CONSISTENT", "保管链", "chain of custody", "不予证明 not proven"):
        assert words in shown


def test_an_altered_package_ends_with_code_4_and_says_where(
    ledger: CourtLedger, package: Path, tmp_path: Path
) -> None:
    altered = tmp_path / "altered.evidence"
    altered.write_bytes(package.read_bytes().replace(b"the false advert", b"the legal advert"))
    said = verified(ledger, altered, code=4)
    assert (said["holds"], said["failed"]["number"]) == (False, 1)
    done = run("evidence", "verify", altered, "--trust", ledger.folder / "anchors.json")
    assert done.exit_code == 4
    assert "不成立 DOES NOT HOLD" in done.stdout


def test_verifying_a_package_loads_no_part_of_a_node(ledger: CourtLedger, package: Path) -> None:
    trust = ledger.folder / "anchors.json"
    program = (
        "import sys\n"
        "from tongjian.cli import main\n"
        "code = 0\n"
        "try:\n"
        f"    sys.argv = ['tongjian', 'evidence', 'verify', {str(package)!r}, '--trust', "
        f"{str(trust)!r}]\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    code = end.code or 0\n"
        "print(code, *sorted(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    code, *modules = done.stdout.splitlines()[-1].split()
    assert code == "0"
    assert [name for name in modules if name.startswith(NODE)] == []


def test_what_cannot_be_packed_says_why_and_what_next(
    ledger: CourtLedger, files: Path, package: Path, tmp_path: Path
) -> None:
    home = ledger.folder
    (tmp_path / "new.png").write_bytes(b"never hashed")
    new = tmp_path / "new.png"
    fails(2, "evidence", "pack", new, "--item", ITEM, "-o", tmp_path / "p", home=home)
    fails(3, "evidence", "pack", tmp_path / "no", "--item", ITEM, home=home)
    fails(2, "evidence", "pack", files / "ad.png", "--item", "zz", home=home)
    fails(6, "evidence", "pack", files / "ad.png", "--item", ITEM, "-o", package, home=home)
    fails(2, "evidence", "hash", new, "--algorithm", "md5")
    answer("evidence", "hash", new)
    done = run("evidence", "pack", new, "--item", ITEM, "-o", tmp_path / "p", home=home)
    assert done.exit_code == 4
    other = id16("other").hex()
    done = run("evidence", "pack", files / "ad.png", "--item", other, home=home)
    assert done.exit_code == 4


def test_a_package_carries_the_witnesses_that_a_court_demands(
    ledger: CourtLedger, files: Path, tmp_path: Path
) -> None:
    home, anchors = ledger.folder, ledger.folder / "anchors.json"
    folder = tmp_path / "witness"
    witness = answer("witness", "init", folder, "--anchors", anchors, "--name", "press")
    head = answer("witness", "follow", folder, home, "--once")["file"]
    document = json.loads(anchors.read_text("utf-8"))
    named = {"name": witness["name"], "public": witness["public"]}
    strict = tmp_path / "strict.json"
    strict.write_text(json.dumps(document | {"witnesses": [named], "quorum": 1}), "utf-8")
    pack = ("evidence", "pack", files / "ad.png", "--item", ITEM)
    ok(*pack, "-o", tmp_path / "plain", home=home)
    ok(*pack, "-o", tmp_path / "signed", "--cosigned", head, home=home)
    assert run("evidence", "verify", tmp_path / "plain", "--trust", strict).exit_code == 4
    said = answer("evidence", "verify", tmp_path / "signed", "--trust", strict)
    assert not any("no party" in each["en"] for each in said["not_proven"])


def test_a_time_stamp_is_checked_and_its_facts_are_printed(tmp_path: Path) -> None:
    tsa = Tsa()
    (tmp_path / "data").write_bytes(b"data")
    (tmp_path / "t.tsr").write_bytes(tsa.respond(b"data"))
    (tmp_path / "root.pem").write_bytes(tsa.root.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "root.der").write_bytes(Tsa().root.der)
    told = ("--data", tmp_path / "data", "--tsa-root")
    said = answer("evidence", "stamp-check", tmp_path / "t.tsr", *told, tmp_path / "root.pem")
    assert said["accuracy_ms"] == 1500
    fails(4, "evidence", "stamp-check", tmp_path / "t.tsr", *told, tmp_path / "root.der")
    (tmp_path / "bad.pem").write_bytes(b"-----BEGIN NOTHING-----")
    fails(2, "evidence", "stamp-check", tmp_path / "t.tsr", *told, tmp_path / "bad.pem")
