"""A machine without SM2 says so, whoever asks; it never calls a signature invalid."""

import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT = """
from tongjian.suites import _libcrypto, _tongsuo
from tongjian.suites.errors import SM2Unavailable

def none():
    raise SM2Unavailable("built without SM2")

_libcrypto.load = _tongsuo.load = none
from tongjian.cli import main
main()
"""
PLAN = Path(__file__).parents[2] / "src/tongjian/cli/plan-example.toml"
UNAVAILABLE = 7


def without_sm2(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", WITHOUT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tongjian.node.founding import found, read_plan

    folder = tmp_path_factory.mktemp("sm2")
    plan = folder / "plan.toml"
    text = PLAN.read_text(encoding="utf-8")
    plan.write_text(text.replace('suite = "ed25519"', 'suite = "sm2"'), encoding="utf-8")
    return found(read_plan(plan), folder / "ledger").folder


def test_nothing_is_verified_founded_or_signed_without_the_library(
    ledger: Path, tmp_path: Path
) -> None:
    from tongjian.engines.receipts import Receipts
    from tongjian.node.home import Home

    receipt = tmp_path / "row.receipt"
    with Home(ledger).open() as chain:
        receipt.write_bytes(Receipts(chain).of_row(b"membership.nothing"))
    for arguments in (
        ("verify", receipt, "--trust", ledger / "anchors.json"),
        ("doctor", "--deep", "--home", ledger),
        ("init", tmp_path / "new", "--plan", ledger.parent / "plan.toml"),
    ):
        done = without_sm2(*arguments)
        assert done.returncode == UNAVAILABLE, (arguments, done.stdout, done.stderr)
        assert "built without SM2" in done.stderr
        assert "Install OpenSSL 3" in done.stderr
        assert "DOES NOT HOLD" not in done.stdout
    assert not (tmp_path / "new").exists()
