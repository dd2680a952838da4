"""What a desk, or the ledger, must refuse of credentials, each for its reason."""

import datetime as dt
import json
from pathlib import Path

import pytest
from credential_city import City, both
from credential_town import DATA, DISTRICT, LIN, POLICE, SCHOOLS
from terminal import answer, fails, run

from tongjian.cli.credential_files import signer_of_file
from tongjian.connectors.credentials.presenting import present_token
from tongjian.connectors.credentials.sdjwt import Asked
from tongjian.connectors.credentials.steps import PresentationRefused
from tongjian.connectors.credentials.verifying import verify_shown
from tongjian.node.home import Home
from tongjian.verifier.anchors import Anchors

LIN_HEX = LIN.hex()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return City(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def lin(city: City) -> Path:
    """Lin Xiaohai's credential, of a key that she made for it."""
    return city.issue("lin", city.key("lin")["did"], "--holder", LIN_HEX)


def test_a_disclosure_that_was_added_is_refused(city: City, lin: Path) -> None:
    asked = city.ask("added")
    shown = city.present(lin, asked, "is_adult")
    head, _, binding = shown.read_text("utf-8").strip().rpartition("~")
    other = city.present(lin, (), "school").read_text("utf-8").strip("~\n").rpartition("~")[2]
    foreign = "WyJBIiwiaXNfbWF5b3IiLHRydWVd"
    # One of hers that she kept back: her key signed another set. One of nobody's: no digest of it.
    for added, step in ((other, "binding: sd_hash"), (foreign, "signature:")):
        shown.write_text(f"{head}~{added}~{binding}", "utf-8")
        assert city.refused(shown, asked, city.receipt(lin)).startswith(step)


def test_a_presentation_by_another_key_is_refused(city: City, lin: Path) -> None:
    city.key("stranger")
    asked = city.ask("key")
    shown = city.present(lin, asked, "is_adult", by="stranger")
    assert city.refused(shown, asked, city.receipt(lin)).startswith("binding:")


def test_a_presentation_without_a_request_is_refused_and_so_is_one_for_another(
    city: City, lin: Path
) -> None:
    asked = city.ask("none")
    receipt = city.receipt(lin)
    assert "not bound" in city.refused(city.present(lin, (), "is_adult"), asked, receipt)
    assert "is of a holder" in city.refused(city.present(lin, (), "is_adult"), (), receipt)
    bound = city.present(lin, asked, "is_adult")
    assert "say which were asked for" in city.refused(bound, (), receipt)


def test_a_receipt_that_is_too_old_or_of_another_credential_is_refused(
    city: City, lin: Path
) -> None:
    receipt = city.receipt(lin)
    asked = city.ask("age")
    shown = city.present(lin, asked, "is_adult")
    other = city.receipt(city.issue("other", city.key("other")["did"]))
    assert "the receipt is silent" in city.refused(shown, asked, other)
    lapsed = receipt.with_suffix(".bytes")
    lapsed.write_bytes(receipt.read_bytes()[:-1] + b"\0")
    assert city.refused(shown, asked, lapsed).startswith("receipt:")
    while True:  # a head of this very second is not yet older than none
        result = run(
            *("credential", "verify", shown, "--trust", city.trust, "--receipt", receipt),
            *(*asked, "--max-age", "0s", "--json"),
        )
        if result.exit_code:
            break
    assert "step 8, fresh" in json.loads(result.stdout)["failed"]["why"]["en"] or (
        "before the moment that was demanded" in result.stdout
    )


def test_suspended_revoked_and_reinstated_are_told_apart_from_the_next_receipt_on(
    city: City,
) -> None:
    file = city.issue("status", city.key("status")["did"])
    before = city.receipt(file).read_bytes()
    asked = city.ask("status")
    shown = city.present(file, asked, "is_adult", by="status")
    one = ("--as", "schools-credential-issuer")
    city.ok("credential", "suspend", file, "--reason", "doubt", *one)
    why = city.refused(shown, asked, city.receipt(file))
    assert why.startswith("status: the credential is suspended")
    fails(5, "credential", "reinstate", file, *one, home=city.home)
    city.ok("credential", "reinstate", file, *both(SCHOOLS))
    city.verify(shown, asked, city.receipt(file))
    city.ok("credential", "revoke", file, "--reason", "fraud", *both(SCHOOLS))
    why = city.refused(shown, asked, city.receipt(file))
    assert why.startswith("status: the credential is revoked")
    assert why.endswith("fraud")
    said = answer("credential", "status", file, home=city.home)
    assert (said["status"], said["reason"]) == ("revoked", "fraud")
    # An older state still says otherwise: the verifier's limit bounds for how long (IDN-I4).
    old = file.with_suffix(".old")
    old.write_bytes(before)
    accepted = city.verify(shown, asked, old)
    assert any("after that block" in each["en"] for each in accepted["not_proven"])


def test_an_issuer_that_is_not_registered_or_suspended_is_refused(city: City) -> None:
    city.ok("keys", "new", "police-seal")
    city.create_did(POLICE, "police-seal")
    words = city.key("unregistered")
    path = city.folder / "unregistered.vc"
    issue = (
        *("credential", "issue", "--type", "resident", "--office", POLICE, "--region", DISTRICT),
        *("--claims", '{"is_adult":true}', "--until", "2027-06-30", "--seal", "police-seal"),
        *("--holder-key", words["did"], "--as", "police-credential-issuer", "-o", path),
    )
    said = answer(*issue, home=city.home, code=6)
    assert said["refusal"]["name"] == "ISSUER_UNKNOWN"
    assert not path.exists()
    # The office signs one all the same, and hands it out.
    _forge(city, path, words["did"])
    asked = city.ask("forged")
    shown = city.present(path, asked, "is_adult", by="unregistered")
    why = city.refused(shown, asked, city.receipt(path))
    assert why == f"issuer: {POLICE} is not registered to issue resident"
    register = ("identity", "register-issuer", "--kind", "resident", "--version", 1)
    until = ("--until-ms", "2030-01-01T00:00:00Z")
    city.ok(
        *(*register, "--office", POLICE, "--registrar", DATA, "--region", DISTRICT, *until),
        *both(DATA),
    )
    why = city.refused(shown, asked, city.receipt(path))
    assert why.startswith(f"record: {POLICE} has no credential at")
    said = answer(*issue, "--force", home=city.home)
    shown = city.present(path, asked, "is_adult", by="unregistered")
    city.verify(shown, asked, city.receipt(path))
    of = ("--kind", "resident", "--office", POLICE)
    city.ok("identity", "suspend-issuer", *of, "--as", "data-issuer-registrar")
    assert "is suspended" in city.refused(shown, asked, city.receipt(path))
    city.ok("identity", "reinstate-issuer", *of, *both(DATA))
    city.ok("identity", "end-issuer", *of, *both(DATA))
    city.verify(shown, asked, city.receipt(path))


def _forge(city: City, path: Path, did: str) -> None:
    """Write a credential that was never recorded, under a real key of the office."""
    from credential_town import HOST

    from tongjian.cli.credential_files import holder_key, signer
    from tongjian.connectors.credentials import making
    from tongjian.connectors.credentials.registered import Place

    place = Place(HOST, POLICE, 1, "resident", 1, 0, 77)
    text = making.make_token(
        place,
        {"is_adult": True},
        signer(Home(city.home).key("police-seal")),
        from_ms=1_795_000_000_000,
        until_ms=1_850_000_000_000,
        holder=holder_key(did),
    )
    path.write_text(text, "utf-8")


def test_a_stolen_key_counts_for_nothing_recorded_since_the_theft(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.ok("keys", "new", "schools-next")
    public = Home(city.home).identity("schools-next").public.hex()
    until = ("--until-ms", "2030-01-01T00:00:00Z")
    of = ("--office", SCHOOLS)
    city.ok(
        *("identity", "add-did-key", *of, "--suite", 1, "--public", public, *until, *both(SCHOOLS))
    )
    stolen = ("--seal", "schools-next")
    before = city.issue("before", city.key("before")["did"], *stolen)
    height = answer("credential", "status", before, home=city.home)["height"]
    after = city.issue("after", city.key("after")["did"], *stolen)
    city.ok(
        *("identity", "revoke-did-key", *of, "--key", 2, "--end", "compromised"),
        *("--from-height", height + 1, *both(SCHOOLS)),
    )
    asked = city.ask("stolen")
    shown = city.present(before, asked, "is_adult", by="before")
    city.verify(shown, asked, city.receipt(before))
    shown = city.present(after, asked, "is_adult", by="after")
    assert city.refused(shown, asked, city.receipt(after)).startswith("key: key 2 counts for")
    document = answer("credential", "did", SCHOOLS, home=city.home)["didDocument"]
    assert [method["id"][-5:] for method in document["verificationMethod"]] == ["key-1"]
    again = fails(
        5,
        *("credential", "issue", "--type", "resident", *of, "--region", DISTRICT),
        *(
            "--claims",
            '{"is_adult":true}',
            "--until",
            "2027-06-30",
            "--seal",
            "police-identity-clerk",
        ),
        *("--as", "schools-credential-issuer"),
        home=city.home,
    )
    assert "none of the office's DID" in again


def test_a_credential_whose_term_is_over_is_refused_by_ledger_and_by_token(
    city: City, lin: Path
) -> None:
    asked = Asked("desk", "nonce")
    receipt, anchors = city.receipt(lin).read_bytes(), Anchors.read(city.trust)
    signing = signer_of_file(city.folder / "lin.key")
    for text, step in (("2027-06-29T23:59:00Z", ""), ("2027-06-30T00:00:00Z", "record")):
        at = dt.datetime.fromisoformat(text)
        shown = present_token(lin.read_text("utf-8"), ["is_adult"], asked, signing, at)
        try:
            verify_shown(
                shown.encode(), receipt, anchors, at=at, asked=asked, age_seconds_max=10**9
            )
            refused = ""
        except PresentationRefused as error:
            refused = error.step
        assert refused == step
