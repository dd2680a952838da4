"""The command of the second verifier: every kind of file, what is demanded, what to do next."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from second_verifier import JS, ROOT, needs_js

pytestmark = needs_js

FOLDER = ROOT / "docs/reference/format-vectors"
OPERATOR: dict[str, Any] = json.loads((FOLDER / "sha256-ed25519.json").read_text("utf-8"))
NETWORK: dict[str, Any] = json.loads((FOLDER / "recorded-cometbft.json").read_text("utf-8"))
HOLDS, UNUSABLE, FAILED = 0, 2, 4


class Place:
    """A folder with files of the vectors, and the command run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("anchors.json", json.dumps(OPERATOR["trust"]).encode())
        self.write("network.json", json.dumps(NETWORK["trust"]).encode())
        self.write("network", bytes.fromhex(NETWORK["receipts"][0]["receipt"]))
        self.write("statement", bytes.fromhex(OPERATOR["cose"]["statement"]))
        self.write("continued", bytes.fromhex(OPERATOR["cose"]["consistency"]))
        self.write("head", OPERATOR["checkpoint"].encode())
        for one in OPERATOR["receipts"]:
            if one["name"] in ("consistency", "past row"):
                self.write(one["name"], bytes.fromhex(one["receipt"]))

    def write(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)

    def run(self, *arguments: str, trust: str = "anchors.json") -> tuple[int, str]:
        command = ["node", str(JS / "verify.mjs"), *arguments, "--trust", trust]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give the files."""
    return Place(tmp_path)


def test_every_kind_of_file_is_verified_and_said_in_json_too(place: Place) -> None:
    for name, trust, said in (
        ("network", "network.json", "3 of 4 validators, with power 30 of 40"),
        ("statement", "anchors.json", "it is entry 94 of the log of 95"),
        ("head", "anchors.json", "block 5, 95 entries"),
        ("consistency", "anchors.json", "begins with the 60 of the earlier head"),
    ):
        code, text = place.run(name, trust=trust)
        assert (code, said in text) == (HOLDS, True), text
        code, text = place.run(name, "--json", trust=trust)
        assert (code, json.loads(text)["holds"]) == (HOLDS, True)


def test_an_earlier_head_may_be_demanded(place: Place) -> None:
    assert place.run("consistency", "--since", "head")[0] == HOLDS
    code, text = place.run("past row", "--since", "head")
    assert (code, ", kept: " in text, "ask for a receipt of consistency" in text) == (
        FAILED,
        True,
        True,
    )
    code, text = place.run("continued", "--since", "head")
    assert (code, "of another size" in text) == (FAILED, True)
    code, text = place.run("continued")
    assert (code, "give the checkpoint that you kept as well" in text) == (UNUSABLE, True)
    code, text = place.run("consistency", "--since", "statement")
    assert (code, "cannot be used" in text) == (UNUSABLE, True)
    for name in ("statement", "head"):
        assert place.run(name, "--fresher-than", "1h")[0] == UNUSABLE


def test_a_file_that_is_no_receipt_is_called_what_it_is(place: Place) -> None:
    code, text = place.run("anchors.json")
    assert (code, "this is a trust file" in text, "next: " in text) == (FAILED, True, True)
    place.write("empty", b"")
    assert "the file is empty" in place.run("empty")[1]
    place.write("cut", (place.folder / "network").read_bytes()[:99])
    code, text = place.run("cut")
    assert "damaged or cut short" in text
    assert "rule: docs/reference/format.md, section 8" in text


def test_a_forged_seal_of_a_network_names_its_rule(place: Place) -> None:
    changed = bytearray((place.folder / "network").read_bytes())
    changed[-40] ^= 1
    place.write("changed", bytes(changed))
    code, text = place.run("changed", trust="network.json")
    assert code == FAILED
    assert "step 3, seal" in text
    assert "rule: docs/reference/format.md, section 20" in text


@pytest.mark.parametrize(("late_ms", "code"), [(0, HOLDS), (1, FAILED)])
def test_the_trust_file_of_a_network_has_a_trust_period(
    place: Place, late_ms: int, code: int
) -> None:
    """The command reads the machine's clock: stand it at the end of the period, and after."""
    trust = {**NETWORK["trust"], "as_of_ms": 1_700_000_000_000, "trust_days": 14}
    place.write("network.json", json.dumps(trust).encode())
    now_ms = trust["as_of_ms"] + 14 * 86_400_000 + late_ms
    place.write("clock.cjs", f"Date.now = () => {now_ms};\n".encode())
    command = ["node", "--require", "./clock.cjs", str(JS / "verify.mjs"), "network"]
    done = subprocess.run(
        [*command, "--trust", "network.json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=place.folder,
    )
    assert done.returncode == code, done.stdout
    assert ("trust period" in done.stdout) == (code == FAILED)
