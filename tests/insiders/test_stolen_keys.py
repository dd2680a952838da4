"""A stolen key, by the commands that an office has: flow F10 from the theft to whoever is told.

Attack 13: a limit a day (treasury), a second person, a revocation height, a list of all that was
signed since, and each of them confirmed, corrected or void.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from passkey import Passkey
from possession import message_here, proof_of
from terminal import FIRM, OTHER_FIRM, TAX, answer, copy_of, ok, register

from tongjian.cli.failures import ExitCode
from tongjian.core import values
from tongjian.core.envelope import compose, seal_envelope, signed_message
from tongjian.core.signatures import KeySuite, compute_key_id
from tongjian.engines.solo import Outcome, Status
from tongjian.node.clock import nonce
from tongjian.node.home import Home
from tongjian.services.membership.acts_certificates import TrustAnchor

OFFICER, APPROVER = TAX
REGISTRARS = ("--as", "tax-registrar", "--as", "tax-checker")
POSTS = """
[[officer]]
holder = "tax-registrar"
office = "11990100001400110R"
roles = ["registrar"]

[[officer]]
holder = "tax-checker"
office = "11990100001400110R"
roles = ["registrar_checker"]
"""


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Found the example's ledger, with registrars in the tax bureau; do not write to it."""
    folder = tmp_path_factory.mktemp("insiders")
    plan = folder / "plan.toml"
    plan.write_text(ok("init", "--example").stdout + POSTS, "utf-8")
    ok("init", folder / "ledger", "--plan", plan)
    return folder / "ledger"


@pytest.fixture
def home(founded: Path, tmp_path: Path) -> Path:
    return copy_of(founded, tmp_path)


def key_of(home: Path, holder: str) -> tuple[str, str]:
    """Return the ids of a holder's post and key."""
    (row,) = (row for row in answer("keys", "list", home=home) if row["holder"] == holder)
    found = answer("show", f"membership.keys:{row['id']}", home=home)["row"]
    return found["officer"], row["id"]


def refused(home: Path, code: ExitCode, name: str, *arguments: Any) -> None:
    assert answer(*arguments, home=home, code=code)["refusal"]["name"] == name


def test_from_the_theft_to_the_firm_that_is_told(home: Path, tmp_path: Path) -> None:
    safe = register(home, FIRM)
    officer, key = key_of(home, OFFICER)
    stolen = register(home, OTHER_FIRM)

    # Reported: the key ends at once, and signs nothing more.
    report = ("--officer", officer, "--key", key, "--safe-height", safe["height"])
    ok("membership", "report-compromise", *report, "--as", "tax-registrar", home=home)
    refused(home, ExitCode.UNAUTHORISED, "KEY_REVOKED", *_set_taxpayer("A"), *_by(*TAX))

    # Listed: what it signed since, and whom that concerns.
    (open_,) = answer("keys", "exposure", OFFICER, home=home)["exposed"]
    assert (open_["transaction"], open_["settled"]) == (stolen["transaction"], None)
    assert OTHER_FIRM in open_["concerned"]
    assert FIRM not in open_["concerned"]

    # Corrected by a new key of the same officer, and settled by two others.
    made = answer("keys", "new", "tax-officer-2", home=home)
    enrol = ("--officer", officer, "--suite", made["suite"], "--public", made["public"])
    proven = (*proof_of(home, "tax-officer-2", officer), "--until-ms", "2040-01-01")
    ok("membership", "enrol-key", *enrol, *proven, *REGISTRARS, home=home)
    correction = answer(*_set_taxpayer("C"), *_by("tax-officer-2", APPROVER), home=home)
    settle = (
        *("membership", "settle-exposed", "--officer", officer, "--key", key),
        *("--transaction", stolen["transaction"], "--verdict", "corrected"),
        *("--correction", correction["transaction"], *REGISTRARS),
    )
    ok(*settle, home=home)
    refused(home, ExitCode.CONFLICT, "EXPOSED_SETTLED", *settle)

    # Told: the firm that is named, and nobody else beside the bureau itself.
    folder = tmp_path / "notices"
    said = answer("keys", "exposure", OFFICER, "--notices", folder, home=home)
    assert said["exposed"][0]["settled"]["verdict"] == "corrected"
    notice = (folder / f"{OTHER_FIRM}.txt").read_text("utf-8")
    assert stolen["transaction"] in notice
    assert correction["transaction"] in notice
    assert "已更正" in notice
    assert not (folder / f"{FIRM}.txt").exists()
    ok("receipt", stolen["transaction"], "-o", tmp_path / "proof", home=home)


def test_a_key_revoked_after_it_signed_and_before_the_submission_commits_nothing(
    home: Path,
) -> None:
    act = {"type": "invoice.set_taxpayer", "taxpayer": FIRM, "kind": "general", "grade": "A"}
    text = json.dumps(act | {"notice": "11" * 32})
    draft = answer("tx", "draft", "--act", text, *_by(*TAX), home=home)["file"]
    for holder in TAX:
        ok("tx", "sign", draft, "--as", holder, "--yes", home=home)
    officer, key = key_of(home, OFFICER)
    revoke = ("--officer", officer, "--key", key, "--from-height", 0)
    ok("membership", "revoke-key", *revoke, "--as", "tax-registrar", home=home)
    refused(home, ExitCode.UNAUTHORISED, "KEY_REVOKED", "tx", "submit", draft)
    assert answer("show", "invoice.taxpayers:*", home=home)["rows"] == []


def test_an_assertion_of_a_passkey_is_worth_one_transaction_once(home: Path) -> None:
    passkey = Passkey()
    officer, _ = key_of(home, "tax-governor")
    enrol = ("--officer", officer, "--suite", 4, "--public", passkey.public.hex())
    voters = _by("data-governor", "tax-governor")
    proof = passkey.sign(message_here(home, officer, 4, passkey.public)).hex()
    proven = ("--proof", proof, "--until-ms", "2040-01-01")
    ok("membership", "enrol-key", *enrol, *proven, *voters, home=home)
    vote = Vote(home, passkey)
    body = vote.body(1)
    assertion = passkey.sign(signed_message(vote.chain, body))
    first = vote.submit(body, assertion)
    assert first.status is Status.COMMITTED
    replayed = vote.submit(body, assertion)
    assert (replayed.id, replayed.height) == (first.id, first.height)
    other = vote.submit(vote.body(2), assertion)
    assert other.status is not Status.COMMITTED
    assert vote.height() == first.height, "neither made a block"


class Vote:
    """A vote of the passkey and the other governor, signed apart."""

    def __init__(self, home: Path, passkey: Passkey) -> None:
        self._home = Home(home)
        digest = self._home.digest()
        self._signer = compute_key_id(digest, KeySuite.WEBAUTHN, passkey.public)
        self._other = self._home.key("data-governor")
        with self._home.open() as chain:
            self.chain = chain.chain_id

    def height(self) -> int:
        with self._home.open() as chain:
            return chain.height

    def body(self, number: int) -> bytes:
        act = TrustAnchor(anchor=values.digest(bytes([number]) * 32), until_ms=values.FOREVER)
        signers = (self._signer, self._other.id)
        expiry = self.height() + 100
        return compose(chain=self.chain, expiry=expiry, nonce=nonce(), signers=signers, acts=(act,))

    def submit(self, body: bytes, assertion: bytes) -> Outcome:
        other = self._other.sign(signed_message(self.chain, body))
        with self._home.engine() as engine:
            (outcome,) = engine.submit([seal_envelope(body, (assertion, other))]).result()
        return outcome


def _set_taxpayer(grade: str) -> tuple[Any, ...]:
    fields = ("--taxpayer", OTHER_FIRM, "--kind", "general", "--grade", grade)
    return ("invoice", "set-taxpayer", *fields, "--notice", "22" * 32)


def _by(*holders: str) -> tuple[str, ...]:
    return tuple(part for holder in holders for part in ("--as", holder))
