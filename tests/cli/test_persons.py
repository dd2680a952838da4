"""A citizen's own key by the program itself: drawn, proven, enrolled, used, revoked."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from terminal import answer, copy_of, fails, ok, run

from tongjian.cli.failures import ExitCode

POLICE = "119901000014014128"
LIN = "0f" * 16
TWO = ("--as", "police-clerk", "--as", "police-verifier")
UNTIL = "2040-01-01T00:00:00"
OFFICE = f"""
[[office]]
uscc = "{POLICE}"
label = "haizhou.police"
name = "海州市公安局"
region = "990100"
kind = "police"
level = 3
""" + "".join(
    f"""
[[officer]]
holder = "police-{post}"
office = "{POLICE}"
roles = ["identity_{post}"]
"""
    for post in ("clerk", "verifier", "approver")
)


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with an identity office at which Lin Xiaohai is registered, without a key."""
    folder = tmp_path_factory.mktemp("persons")
    plan = folder / "plan.toml"
    plan.write_text(ok("init", "--example").stdout + OFFICE, "utf-8")
    ok("init", folder / "founded", "--plan", plan)
    fields = ("--person", LIN, "--office", POLICE, "--domain", "land", "--capacity", "adult")
    ok("identity", "register-person", *fields, "--link", "11" * 32, *TWO, home=folder / "founded")
    return folder / "founded"


@pytest.fixture
def home(registered: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return copy_of(registered, tmp_path)


def prove(home: Path, holder: str, *more: str, whose: str = LIN) -> dict[str, Any]:
    """Draw a key and prove possession of it."""
    ok("keys", "new", holder, *more, home=home)
    proven: dict[str, Any] = answer("keys", "prove", holder, "--for", whose, home=home)
    return proven


def enrolling(proven: dict[str, Any]) -> tuple[str, ...]:
    """Return the options of the act that enrols a key."""
    key = ("--suite", str(proven["suite"]), "--public", proven["public"])
    return ("--person", LIN, *key, "--proof", proven["proof"], "--until-ms", UNTIL)


@pytest.mark.parametrize("suite", ["ed25519", "p256", "sm2"])
def test_a_citizen_enrols_a_key_and_signs_an_act_of_their_own(home: Path, suite: str) -> None:
    ok("identity", "enrol-key", *enrolling(prove(home, "lin", "--suite", suite)), *TWO, home=home)
    second = prove(home, "lin-card")
    act = {
        "type": "identity.add_key",
        "person": LIN,
        "suite": second["suite"],
        "public": second["public"],
        "until_ms": UNTIL,
        "proof": second["proof"],
        "replaces": None,
    }
    drafted = answer("tx", "draft", "--act", json.dumps(act), "--as", "lin", home=home)
    assert drafted["signers"][0]["office"] == f"person {LIN}"
    ok("tx", "sign", drafted["file"], "--as", "lin", "--yes", home=home)
    assert answer("tx", "submit", drafted["file"], home=home)["status"] == "committed"
    shown = answer("identity", "person", "--person", LIN, home=home)
    assert len(shown["answer"]["keys"]) == 2
    listed = {row["holder"]: row for row in answer("keys", "list", home=home)}
    assert listed["lin-card"]["roles"] == [f"person {LIN}"]
    assert listed["lin"]["state"] == "counts"


def test_a_proof_for_another_person_enrols_nothing(home: Path) -> None:
    proven = prove(home, "lin", whose="0e" * 16)
    command = ("identity", "enrol-key", *enrolling(proven), *TWO)
    refused = answer(*command, home=home, code=ExitCode.CONFLICT)
    assert refused["refusal"]["name"] == "POSSESSION_UNPROVEN"


def test_policy_says_why_somebody_may_not_act_for_a_person(home: Path) -> None:
    ok("identity", "enrol-key", *enrolling(prove(home, "lin")), *TWO, home=home)
    act = json.dumps({"type": "identity.object_recovery", "person": LIN})

    def whys(who: str) -> str:
        found = answer(
            "policy", "test", "--act", act, "--as", who, home=home, code=ExitCode.UNAUTHORISED
        )
        return "; ".join(reason["why"] for reason in found["requirements"])

    assert "none of the signing keys is the person's" in whys("police-clerk")
    ok("identity", "suspend-person", "--person", LIN, "--as", "police-verifier", home=home)
    assert "unknown, suspended or ended" in whys("lin")


def test_what_is_no_pseudonym_is_told(home: Path) -> None:
    ok("keys", "new", "lin", home=home)
    assert "16 bytes" in fails(ExitCode.USAGE, "keys", "prove", "lin", "--for", "lin", home=home)


def test_what_is_signed_names_the_person_and_not_an_office(home: Path) -> None:
    ok("identity", "enrol-key", *enrolling(prove(home, "lin")), *TWO, home=home)
    act = json.dumps({"type": "identity.object_recovery", "person": LIN})
    drafted = answer("tx", "draft", "--act", act, "--as", "lin", home=home)
    assert drafted["sentences"][0]["en"].startswith(f"person {LIN} does “Object to a recovery”")


PAGE = Path(__file__).parents[2] / "docs/how-to/citizens-keys.md"
FILLED = {
    "NUMBER": "A" * 24,
    "USCC": POLICE,
    "TAG": "22" * 32,
    "RECORD": "33" * 32,
    "OTHER": "44" * 32,
    "LINK": "55" * 32,
    "PERSON": "0d" * 16,
    "AGENT": LIN,
}
TOLD = {"public": "public", "proof": "proof", "draft": "file"}
"""Words of the page, and the fields of answers that fill them."""


def commands() -> list[list[str]]:
    """Return the commands of the page, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines]


def fill(words: list[str], filled: dict[str, str]) -> list[str]:
    """Put values in the place of the words in capitals."""
    return [re.sub(r"\b[A-Z]{3,}\b", lambda found: filled[found[0]], word) for word in words]


def test_the_page_on_citizens_keys_does_what_it_says(home: Path) -> None:
    filled = dict(FILLED)
    said: dict[str, str] = {}
    for words in commands():
        command = fill(words, filled)
        if command[:2] == ["identity", "ask-recovery"]:
            proven = prove(home, "lin-new", whose=filled["PERSON"])
            command[command.index(filled["PUBLIC"])] = proven["public"]
            command[command.index(filled["PROOF"])] = proven["proof"]
        name = " ".join(command[:2])
        more = ["--yes"] if name == "tx sign" else []
        if name in {"tx submit", "identity complete-recovery"}:
            said[name] = run(*command, home=home).output
        elif name == "keys prove" or "--draft" in command:
            found = answer(*command, home=home)
            filled |= {w.upper(): str(found[k]) for w, k in TOLD.items() if k in found}
        else:
            said[name] = ok(*command, *more, home=home).output
    assert "APPLICATION_UNKNOWN" in said["tx submit"]
    assert "DELAY_RUNS" in said["identity complete-recovery"]
    assert "objected" in said["identity object-recovery"]
