"""What became of a transaction: told truly, and each answer with a proof that a stranger checks."""

from pathlib import Path
from typing import Any

import pytest
from terminal import answer, fails, ok, run

from tongjian.cli.failures import ExitCode

NOWHERE = "ab" * 32


def verified(home: Path, path: Path, code: int = 0) -> dict[str, Any]:
    said: dict[str, Any] = answer("verify", path, "--trust", home / "anchors.json", code=code)
    return said


def test_a_committed_transaction_is_told_with_its_receipt(used_home: Path, tmp_path: Path) -> None:
    identity = answer("block", 1, home=used_home)["transactions"][0]["transaction"]
    path = tmp_path / "receipt"
    said = answer("outcome", identity, "-o", path, home=used_home)
    assert (said["status"], said["height"], said["refusal"]) == ("committed", 1, None)
    assert verified(used_home, path)["statements"][0]["kind"] == "transaction"
    assert "committed at height 1" in ok("outcome", identity, home=used_home).stdout


def test_what_is_not_there_is_told_with_a_proof(used_home: Path, tmp_path: Path) -> None:
    tip = answer("status", home=used_home)["height"]
    for since in (0, tip - 1, tip):
        path = tmp_path / f"absent-{since}"
        said = answer("outcome", NOWHERE, "--since", since, "-o", path, home=used_home, code=3)
        assert (said["status"], said["since"], said["height"]) == ("not seen", since, tip)
        held = verified(used_home, path)
        assert (held["transaction"], held["since"], held["height"]) == (NOWHERE, since, tip)
        shown = ok("verify", path, "--trust", used_home / "anchors.json").stdout
        assert f"was not recorded after height {since}, up to height {tip}" in shown
    text = run("outcome", NOWHERE, home=used_home)
    assert (text.exit_code, "not seen after height 0" in text.stdout) == (3, True)


def test_a_transaction_whose_expiry_height_has_come_is_expired(used_home: Path) -> None:
    tip = answer("status", home=used_home)["height"]
    for expires, status in ((tip, "expired"), (tip + 1, "not seen")):
        said = answer("outcome", NOWHERE, "--expires", expires, home=used_home, code=3)
        assert said["status"] == status
    shown = run("outcome", NOWHERE, "--expires", 0, home=used_home).stdout
    assert "expired, not seen after height 0" in shown


def test_a_proof_of_absence_that_was_changed_does_not_hold(used_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "absent"
    answer("outcome", NOWHERE, "-o", path, home=used_home, code=3)
    data = path.read_bytes()
    recorded = answer("block", 1, home=used_home)["transactions"][0]["transaction"]
    path.write_bytes(data.replace(bytes.fromhex(NOWHERE), bytes.fromhex(recorded)))
    failed = verified(used_home, path, ExitCode.VERIFICATION_FAILED)["failed"]
    assert (failed["title"], "is in the log, as entry" in failed["why"]) == ("absence", True)
    for at, title in ((len(data) - 40, "absence"), (100, "earlier head"), (20, "form")):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        said = verified(used_home, path, ExitCode.VERIFICATION_FAILED)
        assert said["failed"]["title"] == title, (at, said)
    stale = run("verify", path, "--trust", used_home / "anchors.json", "--fresher-than", "1s")
    assert stale.exit_code == ExitCode.VERIFICATION_FAILED


@pytest.mark.parametrize("text", ["", "zz", "00" * 31], ids=["none", "letters", "short"])
def test_what_is_no_id_is_refused(text: str, used_home: Path) -> None:
    assert "no id of a transaction" in fails(ExitCode.USAGE, "outcome", text, home=used_home)


def test_a_height_that_is_not_there_is_refused(used_home: Path) -> None:
    said = fails(ExitCode.NOT_FOUND, "outcome", NOWHERE, "--since", 10**6, home=used_home)
    assert "There is no block" in said
