"""The whole demonstration on a ledger of SM3 with keys of SM2, and on one with keys of P-256."""

import json
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from tongjian.core.hashing import HashSuite
from tongjian.core.signatures import KeySuite
from tongjian.demo import story
from tongjian.node.home import ANCHORS_NAME, Home
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.receipt import verify_receipt

HASHES = {KeySuite.SM2: HashSuite.SM3, KeySuite.P256: HashSuite.SHA256}
RECEIPT = "invoice.invoices:26990000000012345678"


def tongjian(folder: Path, *arguments: str) -> str:
    program = "from tongjian.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--home", str(folder), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("suite", [KeySuite.SM2, KeySuite.P256], ids=["sm2", "p256"])
def test_a_ledger_of_another_suite_runs_the_whole_demonstration(
    suite: KeySuite, tmp_path: Path
) -> None:
    folder, told = tmp_path / "ledger", StringIO()
    with redirect_stdout(told):
        code = story.main(folder, invoices=60, firms=12, workers=0, suite=suite.name.lower())
    assert code == 0, told.getvalue()

    home = Home(folder)
    genesis = home.genesis()
    assert genesis.hash_suite == HASHES[suite]
    assert {genesis.seal_suite, *(key.key.suite for key in genesis.keys)} == {int(suite)}
    named = json.loads((folder / "keys/operator.json").read_text())["suite"]
    assert named == home.anchors().seals[0].suite == suite.name.lower()

    receipt = tmp_path / "row.receipt"
    tongjian(folder, "receipt", RECEIPT, "-o", str(receipt))
    verified = verify_receipt(receipt.read_bytes(), Anchors.read(folder / ANCHORS_NAME))
    assert [step.title for step in verified.steps][:3] == ["form", "chain", "seal"]
    files = ("--log", str(folder / "blocks.log"), "--genesis", str(folder / "genesis.json"))
    tongjian(folder, "audit", "replay", *files, "--workers", "0")
    tongjian(folder, "doctor", "--deep")
