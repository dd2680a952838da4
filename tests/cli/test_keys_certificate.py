"""Certificates of keys by command: trusted roots, chain, status, and what is then on the ledger."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import officer_ca
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from officer_ca import Ca
from possession import proof_of
from terminal import answer, fails, ok

from tongjian.cli.failures import ExitCode
from tongjian.core.signatures import KeySuite
from tongjian.node.clock import now_ms
from tongjian.node.keys import write_key

VOTERS = ("--as", "data-governor", "--as", "tax-governor")
HOLDER = "tax-officer"
GM = Path(__file__).parents[1] / "verifier/gm_authority"
GM_SECRET = "b583c9ff9e709221b6367067d654398f691636e3a951baf4e8b93736" + "00a2c830"
"""Of the certificate `sign.pem`, which certifies nobody."""
DAYS = (-2000, 9000)
"""The authority of the tests holds whenever they run."""


@dataclass
class Desk:
    """A ledger, an authority, and the files that an officer has from it."""

    home: Path
    folder: Path
    ca: Ca = field(init=False)

    def __post_init__(self) -> None:
        secret = json.loads((self.home / "keys" / f"{HOLDER}.json").read_text("utf-8"))["seed"]
        key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
        self.ca = Ca("p256", key=key, days=DAYS)
        self.ca.root = officer_ca.certify("root", key=self.ca.root.key, days=DAYS)
        self.ca.middle = officer_ca.certify(
            "middle", self.ca.root, key=self.ca.middle.key, days=DAYS
        )

    def file(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def trust(self, digest: str) -> None:
        act = ("--anchor", digest, "--until-ms", "2040-01-01")
        ok("membership", "trust-anchor", *act, *VOTERS, home=self.home)

    @property
    def files(self) -> tuple[Any, ...]:
        root = self.file("root.pem", self.ca.root.pem)
        chain = self.file("chain.pem", self.ca.leaf.pem + self.ca.middle.pem)
        return HOLDER, chain, "--root", root

    def root_digest(self) -> str:
        import hashlib

        return hashlib.sha256(self.ca.root.der).hexdigest()

    def certified(self, at_ms: int) -> Any:
        key = answer("keys", "list", home=self.home)
        (identity,) = (row["id"] for row in key if row["holder"] == HOLDER)
        arguments = ("--key", identity, "--at-ms", at_ms)
        return answer("membership", "certified", *arguments, home=self.home)


@pytest.fixture
def desk(home: Path, tmp_path: Path) -> Desk:
    return Desk(home, tmp_path)


def test_a_certificate_is_checked_recorded_and_answered_for_years_later(desk: Desk) -> None:
    said = fails(ExitCode.VERIFICATION_FAILED, "keys", "certificate", *desk.files, home=desk.home)
    assert "does not trust the root" in said
    desk.trust(desk.root_digest())
    found = answer("keys", "certificate", *desk.files, home=desk.home)
    assert not found["is_recorded"]
    assert [act["type"] for act in found["acts"]] == ["membership.record_certificate"]
    status = desk.file("list.crl", desk.ca.list(days=9000))
    arguments = (*desk.files, "--status", status)
    done = answer("keys", "certificate", *arguments, *VOTERS, home=desk.home)
    assert done["status"] == "committed"
    again = answer("keys", "certificate", *arguments, home=desk.home)
    assert (again["is_recorded"], again["acts"]) == (True, [])
    assert "on the ledger  yes" in ok("keys", "certificate", *arguments, home=desk.home).stdout
    assert '"good"' in json.dumps(desk.certified(now_ms()))


def test_a_revoked_certificate_is_told_and_its_evidence_recorded(desk: Desk) -> None:
    desk.trust(desk.root_digest())
    ok("keys", "certificate", *desk.files, *VOTERS, home=desk.home)
    mine = (desk.ca.leaf.certificate.serial_number, officer_ca.NOW)
    status = desk.file("list.crl", desk.ca.list(mine, at=officer_ca.NOW, days=9000))
    arguments = ("keys", "certificate", *desk.files, "--status", status)
    said = fails(ExitCode.VERIFICATION_FAILED, *arguments, home=desk.home)
    assert "revoked by then" in said
    ok(*arguments, "--at", "2026-11-01", home=desk.home)
    assert answer(*arguments, *VOTERS, home=desk.home)["status"] == "committed"
    assert '"revoked"' in json.dumps(desk.certified(now_ms()))


def test_the_certificate_of_another_key_is_refused(desk: Desk) -> None:
    desk.trust(desk.root_digest())
    _, *others = desk.files
    arguments = ("keys", "certificate", "tax-approver", *others)
    assert "another key" in fails(ExitCode.VERIFICATION_FAILED, *arguments, home=desk.home)


def test_a_key_that_is_no_officers_gets_no_certificate(desk: Desk) -> None:
    ok("keys", "new", "lin", home=desk.home)
    arguments = ("keys", "certificate", "lin", *desk.files[1:])
    told = " ".join(fails(ExitCode.VERIFICATION_FAILED, *arguments, home=desk.home).split())
    assert "of an officer is enrolled" in told


def test_files_that_are_none_are_told(desk: Desk) -> None:
    _, chain, option, root = desk.files
    junk = desk.file("junk.pem", b"-----BEGIN PRIVATE KEY-----\n")
    for wrong in (
        (junk, option, root),
        (chain, option, junk),
        (chain, option, root, "--status", junk),
    ):
        arguments = ("keys", "certificate", HOLDER, *wrong)
        fails(ExitCode.VERIFICATION_FAILED, *arguments, home=desk.home)
    missing = ("keys", "certificate", HOLDER, desk.folder / "none", option, root)
    fails(ExitCode.NOT_FOUND, *missing, home=desk.home)
    moment = ("keys", "certificate", *desk.files, "--at", "yesterday")
    assert "--at" in fails(ExitCode.USAGE, *moment, home=desk.home)


def test_the_end_of_a_certificate_stands_among_what_ends(desk: Desk) -> None:
    desk.trust(desk.root_digest())
    ok("keys", "certificate", *desk.files, *VOTERS, home=desk.home)
    found = answer("keys", "rehearse", "--days", "36500", home=desk.home)
    ends = [one for one in found if one["kind"] == "certificate"]
    assert [one["at_ms"] for one in ends] == [desk.ca.leaf.read.until_ms]


@pytest.mark.parametrize("suite", ["p256", "sm2"])
def test_certificates_of_the_other_suites_are_recorded_alike(desk: Desk, suite: str) -> None:
    secret = GM_SECRET if suite == "sm2" else "11" * 32
    path = desk.home / "keys" / "fresh.json"
    write_key(path, bytes.fromhex(secret), "fresh", KeySuite[suite.upper()])
    holders = {row["holder"]: row for row in answer("keys", "list", home=desk.home)}
    officer = answer("show", f"membership.keys:{holders[HOLDER]['id']}", home=desk.home)["row"]
    if suite == "sm2":
        chain, root = (GM / "sign.pem", GM / "mid.pem"), GM / "root.pem"
    else:
        key = ec.derive_private_key(int(secret, 16), ec.SECP256R1())
        leaf = officer_ca.certify("officer", desk.ca.middle, ca=False, key=key, days=DAYS)
        chain = (desk.file("leaf.der", leaf.der), desk.file("mid.pem", desk.ca.middle.pem))
        root = desk.file("root.pem", desk.ca.root.pem)
    public = _public(path, suite)
    enrol = ("--officer", officer["officer"], "--suite", int(KeySuite[suite.upper()]))
    until = ("--public", public, "--until-ms", "2030-01-01")
    proof = proof_of(desk.home, "fresh", officer["officer"])
    ok("membership", "enrol-key", *enrol, *until, *proof, *VOTERS, home=desk.home)
    desk.trust(_digest(root))
    arguments = ("keys", "certificate", "fresh", *chain, "--root", root)
    assert answer(*arguments, *VOTERS, home=desk.home)["status"] == "committed"


def _public(path: Path, suite: str) -> str:
    from tongjian.node.signers import signer_of

    secret = bytes.fromhex(json.loads(path.read_text("utf-8"))["seed"])
    return signer_of(KeySuite[suite.upper()], secret)[0].hex()


def _digest(root: Path) -> str:
    import hashlib

    from tongjian.verifier.key_certificates import read_certificates

    return hashlib.sha256(read_certificates(root.read_bytes())[0].der).hexdigest()
