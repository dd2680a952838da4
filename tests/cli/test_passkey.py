"""One act, three people: a key file, a key in a security module, a passkey in the browser."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chromium import Browser, chromium, needs_chromium
from possession import proof_of
from softhsm import soft_token
from terminal import answer, fails, ok

from tongjian.cli.failures import ExitCode

FINANCE = "11990100001400700T"
UNIT = "11990100001400110R"
LINE = "2026-990100-000017"
POSTS = {
    FINANCE: ("governor", "budget_officer", "budget_approver", "congress_approver"),
    UNIT: ("purchase_officer", "purchase_approver"),
}
PLAN: dict[str, object] = {
    "type": "procurement.plan_exempted",
    "plan": "plan-1",
    "purchaser": UNIT,
    "line": LINE,
    "category": "servers",
    "kind": "goods",
    "method": "single",
    "ceiling_fen": 1_000_000,
    "demand": "11" * 32,
    "approval": "22" * 32,
}
HANDS = ("purchase_officer", "card", "passkey")
"""Handler with a key file, checker with a card, approver with a passkey."""
TWIN = "twin"


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> str:
    return soft_token(tmp_path_factory.mktemp("hsm"))


def post(holder: str, office: str, role: str, person: str = "") -> str:
    """One officer of the plan; the same `person` in two posts is one natural person."""
    name = f'person = "{person}"\n' if person else ""
    return f'[[officer]]\nholder = "{holder}"\noffice = "{office}"\nroles = ["{role}"]\n{name}'


def plan() -> str:
    """A finance bureau and a unit, an officer for each role."""
    offices = "".join(
        f'[[office]]\nuscc = "{uscc}"\nlabel = "{name}"\nname = "{name}"\n'
        f'region = "990100"\nkind = "{name}"\n'
        for uscc, name in ((FINANCE, "finance"), (UNIT, "unit"))
    )
    posts = [
        post(role, uscc, role, "one" if role == HANDS[0] else "")
        for uscc, roles in POSTS.items()
        for role in roles
    ]
    posts.append(post("supervisor", FINANCE, "supervisor_approver"))
    posts.append(post(TWIN, UNIT, "purchase_approver", "one"))
    return f'label = "haizhou.desk"\n{offices}{"".join(posts)}'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A ledger with an issued line of the budget."""
    file = tmp_path / "plan.toml"
    file.write_text(plan(), "utf-8")
    home = tmp_path / "ledger"
    ok("init", home, "--plan", file)
    drafted = ("--line", LINE, "--finance", FINANCE, "--unit", UNIT, "--functional", "2120399")
    more = ("--economic", "31005", "--source", "own", "--amount-fen", "500000000")
    ok("treasury", "draft-line", *drafted, *more, "--as", "budget_officer", home=home)
    resolved = ("--line", LINE, "--resolution", "33" * 32, "--as", "budget_officer")
    ok("treasury", "approve-line", *resolved, "--as", "congress_approver", home=home)
    two = ("--as", "budget_officer", "--as", "budget_approver")
    ok("treasury", "issue-line", "--line", LINE, *two, home=home)
    return home


def officer_of(home: Path, holder: str) -> str:
    keys = {row["holder"]: row["id"] for row in answer("keys", "list", home=home)}
    return str(answer("show", f"membership.keys:{keys[holder]}", home=home)["row"]["officer"])


def enrol(home: Path, made: dict[str, Any], officer: str, proof: str) -> None:
    """Enrol a key for an officer by vote of the only governor."""
    ok(
        *("membership", "enrol-key", "--officer", officer, "--suite", str(made["suite"])),
        *("--public", made["public"], "--until-ms", "2030-01-01", "--as", "governor"),
        *("--proof", proof),
        home=home,
    )


@contextmanager
def browser_with_authenticator(profile: Path) -> Iterator[Browser]:
    """Run Chromium with an authenticator whose holder is always there and verified."""
    with chromium(profile) as browser:
        browser.call("WebAuthn.enable")
        browser.call(
            "WebAuthn.addVirtualAuthenticator",
            options={
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            },
        )
        yield browser


def at_the_page(browser: Browser, home: Path, *arguments: str, picture: Path | None = None) -> Any:
    """Run a command that asks the browser, press the page's button, return its JSON."""
    command = [sys.executable, "-c", "from tongjian.cli import main; main()", *arguments, "--json"]
    environment = {**os.environ, "TONGJIAN_HOME": str(home)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        url = process.stderr.readline().strip()
        assert url.startswith("http://localhost:"), url
        browser.open(url)
        if picture is not None:
            browser.screenshot(picture)
        browser.evaluate("document.getElementById('go').click()")
        browser.wait_for("document.getElementById('said').className")
        said = browser.evaluate("document.getElementById('said').textContent")
        assert browser.evaluate("document.getElementById('said').className") == "good", said
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return json.loads(output)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def draft(home: Path, *hands: str, act: dict[str, object] | None = None) -> str:
    signers = [part for holder in hands for part in ("--as", holder)]
    text = json.dumps(act or PLAN)
    return str(answer("tx", "draft", "--act", text, *signers, home=home)["file"])


@needs_chromium
@pytest.mark.browser
def test_three_people_with_three_kinds_of_key_sign_one_act(
    home: Path, module: str, tmp_path: Path
) -> None:
    card = answer("keys", "token", "card", "--module", module, "--token", "office", home=home)
    officer = officer_of(home, "purchase_approver")
    enrol(home, card, officer, proof_of(home, "card", officer)[1])
    port = free_port()
    with browser_with_authenticator(tmp_path / "profile") as browser:
        made = at_the_page(browser, home, "keys", "passkey", "passkey", "--port", port)
        officer = officer_of(home, "supervisor")
        proving = ("keys", "prove", "passkey", "--for", officer, "--port", port)
        enrol(home, made, officer, at_the_page(browser, home, *proving)["proof"])
        file = draft(home, *HANDS)
        ok("tx", "sign", file, "--as", HANDS[0], "--yes", home=home)
        ok("tx", "sign", file, "--as", HANDS[1], "--yes", home=home)
        picture = tmp_path / "sign.png"
        page = ("tx", "passkey", file, "--as", HANDS[2], "--port", port)
        at_the_page(browser, home, *page, picture=picture)
        submitted = answer("tx", "submit", file, home=home)
        assert submitted["status"] == "committed"

        # The assertion was of this transaction: in another it is nothing.
        other = draft(home, *HANDS, act=PLAN | {"plan": "plan-2"})
        signed = answer("tx", submitted["transaction"], home=home)
        assert [one["key"] for one in signed["signers"]][2] == made["id"]
        ok("tx", "sign", other, "--as", HANDS[0], "--yes", home=home)
        ok("tx", "sign", other, "--as", HANDS[1], "--yes", home=home)
        replayed = _assertion_of(home, submitted["transaction"])
        said = fails(
            ExitCode.VERIFICATION_FAILED,
            *("tx", "attach", other, "--key", made["id"], "--signature", replayed),
            home=home,
        )
        assert "asserted something else" in said


def _assertion_of(home: Path, transaction: str) -> str:
    """Return the third signature of a transaction on the ledger, in hexadecimal."""
    from tongjian.node.home import Home

    with Home(home).open() as chain:
        recorded = chain.result(bytes.fromhex(transaction))
        assert recorded is not None
        envelope = chain.body(recorded[0]).envelopes[0]
        return chain.opener.open(envelope).signatures[2].hex()


@pytest.mark.parametrize(
    "hands",
    [
        pytest.param(("purchase_officer", "purchase_approver"), id="without the supervisor"),
        pytest.param(("purchase_officer", "supervisor"), id="without the checker"),
        pytest.param(("purchase_officer", TWIN, "supervisor"), id="the maker in another post"),
        pytest.param(
            ("purchase_officer", "budget_approver", "supervisor"), id="a checker of another office"
        ),
    ],
)
def test_a_violated_separation_of_duties_has_its_number(home: Path, hands: tuple[str, ...]) -> None:
    file = draft(home, *hands)
    for holder in hands:
        ok("tx", "sign", file, "--as", holder, "--yes", home=home)
    refused = answer("tx", "submit", file, home=home, code=ExitCode.UNAUTHORISED)
    assert (refused["refusal"]["service"], refused["refusal"]["number"]) == ("kernel", 11)


def test_related_persons_do_not_check_each_other(home: Path) -> None:
    hands = ("purchase_officer", "purchase_approver", "supervisor")
    officers = [officer_of(home, holder) for holder in hands]
    row = answer("show", f"membership.officers:{officers[1]}", home=home)["row"]
    declared = ("--officer", officers[0], "--relative", row["person"])
    ok("membership", "declare-relation", *declared, "--as", hands[0], home=home)
    file = draft(home, *hands)
    for holder in hands:
        ok("tx", "sign", file, "--as", holder, "--yes", home=home)
    answer("tx", "submit", file, home=home, code=ExitCode.UNAUTHORISED)


def test_a_key_revoked_after_signing_does_not_count(home: Path) -> None:
    hands = ("purchase_officer", "purchase_approver", "supervisor")
    file = draft(home, *hands)
    for holder in hands:
        ok("tx", "sign", file, "--as", holder, "--yes", home=home)
    keys = {row["holder"]: row["id"] for row in answer("keys", "list", home=home)}
    officer = officer_of(home, hands[0])
    revoke = ("--officer", officer, "--key", keys[hands[0]], "--from-height", "0")
    ok("membership", "revoke-key", *revoke, "--as", hands[0], home=home)
    refused = answer("tx", "submit", file, home=home, code=ExitCode.UNAUTHORISED)
    assert refused["refusal"]["name"] == "KEY_REVOKED"
