"""A credential from the office to the desk by commands, and everything that must be refused."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from credential_city import CLAIMS, City, both
from credential_town import DATA, DISTRICT, LIN, POLICE, SCHOOLS
from terminal import answer, fails, ok, run

LIN_HEX = LIN.hex()
NODE = ("tongjian.node.home", "tongjian.storage", "tongjian.engines", "lmdb")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return City(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def lin(city: City) -> Path:
    """Lin Xiaohai's credential, of a key that she made for it."""
    return city.issue("lin", city.key("lin")["did"], "--holder", LIN_HEX)


def test_lin_xiaohai_proves_three_booleans_and_a_clerk_replays_them_in_vain(
    city: City, lin: Path
) -> None:
    """Domain section 15: adult, resident of 990106, teacher; the desk gets three booleans."""
    receipt = city.receipt(lin)
    asked = city.ask("housing")
    shown = city.present(lin, asked, *CLAIMS)
    said = city.verify(shown, asked, receipt, desk="housing")
    assert said["claims"] == dict.fromkeys(CLAIMS, True)
    assert "第三小学" not in shown.read_text("utf-8")
    assert [step["number"] for step in said["steps"]] == list(range(1, 10))
    assert said["age_seconds_max"] == 86_400
    # The clerk at the desk beside it shares the book of the housing office: it is a replay.
    assert "replay" in city.refused(shown, asked, receipt, desk="housing")
    # A clerk of another office asked for something else: it answers neither audience nor nonce.
    elsewhere = city.ask("school", "school desk")
    why = city.refused(shown, elsewhere, receipt, desk="school")
    assert why.startswith("binding: aud")
    # Even with the words of the first request, that desk's book never asked this.
    assert "asked for no such nonce" in city.refused(shown, asked, receipt, desk="school")


def test_two_desks_find_nothing_in_common_in_two_credentials_of_one_person(city: City) -> None:
    seen: list[set[str]] = []
    for name in ("one", "two"):
        file = city.issue(name, city.key(name)["did"], "--holder", LIN_HEX)
        asked = city.ask(name, name)
        shown = city.present(file, asked, "is_adult", by=name)
        text = shown.read_text("utf-8") + city.receipt(file).read_bytes().hex()
        assert LIN_HEX not in text
        place = answer("credential", "status", file, home=city.home)
        payload = _payload(shown)
        seen.append({payload["cnf"]["jwk"]["x"], payload["credentialStatus"][0]["statusListIndex"]})
        assert place["status"] == "issued"
    assert not seen[0] & seen[1]


def _payload(shown: Path) -> dict[str, Any]:
    from tongjian.connectors.credentials.jose import read_token

    return read_token(shown.read_text("utf-8").partition("~")[0]).payload


@pytest.mark.parametrize("suite", ["ed25519", "p256"])
def test_holders_keys_of_both_suites_answer(city: City, suite: str) -> None:
    words = city.key(f"holder-{suite}", suite)
    file = city.issue(f"of-{suite}", words["jwk"])
    asked = city.ask("suites")
    shown = city.present(file, asked, "is_adult", by=f"holder-{suite}")
    said = city.verify(shown, asked, city.receipt(file), desk="suites")
    assert said["claims"] == {"is_adult": True}


def test_a_vcdm_credential_is_presented_whole_and_once(city: City) -> None:
    file = city.issue("vcdm", city.key("vcdm")["did"], "--form", "vcdm")
    asked = city.ask("vcdm")
    shown = city.present(file, asked, by="vcdm")
    receipt = city.receipt(file)
    said = city.verify(shown, asked, receipt, desk="vcdm")
    assert said["claims"]["school"] == "第三小学"
    assert "replay" in city.refused(shown, asked, receipt, desk="vcdm")
    assert city.refused(shown, city.ask("vcdm"), receipt).startswith("binding: challenge")
    other = city.ask("vcdm", "another desk")
    assert city.refused(shown, other, receipt).startswith("binding: domain")
    assert "not bound" in city.refused(file, asked, receipt)
    assert "is of a holder" in city.refused(file, (), receipt)
    document = json.loads(shown.read_text("utf-8"))
    document["verifiableCredential"][0]["credentialSubject"]["school"] = "别的学校"
    forged = shown.with_name("forged")
    forged.write_text(json.dumps(document), "utf-8")
    assert city.refused(forged, asked, receipt).startswith("record:")
    city.key("thief")
    said_to_thief = fails(
        2,
        *("credential", "present", file, "--key", city.folder / "thief.key", *asked),
        *("-o", city.folder / "thief.shown"),
    )
    assert "not that of the credential's subject" in said_to_thief


# -- what must fail -------------------------------------------------------------------------------


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
    from tongjian.node.home import Home

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


def test_a_stolen_key_counts_for_nothing_recorded_since_the_theft(city: City, lin: Path) -> None:
    city.ok("keys", "new", "schools-next")
    from tongjian.node.home import Home

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
    del lin


# -- the rest of the surface ----------------------------------------------------------------------


def test_the_did_document_and_the_status_list_are_published_from_the_ledger(city: City) -> None:
    file = city.issue("listed", city.key("listed")["did"])
    city.ok("credential", "revoke", file, "--reason", "facts_changed", *both(SCHOOLS))
    did_file = city.folder / "did.json"
    ok("credential", "did", SCHOOLS, "-o", did_file, home=city.home)
    document = json.loads(did_file.read_text("utf-8"))
    assert document["id"] == f"did:web:id.haizhou.example:offices:{SCHOOLS}"
    list_file = city.folder / "list.json"
    ok("credential", "publish", SCHOOLS, "--seal", "schools-seal", "-o", list_file, home=city.home)

    from tongjian.connectors.credentials.dataintegrity import verify_proof
    from tongjian.connectors.credentials.dates import moment_of
    from tongjian.connectors.credentials.documents import read_document
    from tongjian.connectors.credentials.errors import StatusRefused
    from tongjian.connectors.credentials.multibase import decode_multikey
    from tongjian.connectors.credentials.statuslist import check_status
    from tongjian.node.clock import now_ms

    keys = {one["id"]: one for one in document["verificationMethod"]}
    listed = read_document(list_file.read_bytes())
    at = moment_of(now_ms() + 1000)
    verify_proof(listed, lambda url: decode_multikey(keys[url]["publicKeyMultibase"]), at=at)
    payload = _payload(file)
    with pytest.raises(StatusRefused, match="revocation"):
        check_status(
            {"credentialStatus": payload["credentialStatus"][0]}, {listed["id"]: listed}, at
        )


def test_a_desk_verifies_with_no_part_of_a_node(city: City, lin: Path) -> None:
    asked = city.ask("plain")
    shown, receipt = city.present(lin, asked, "is_adult"), city.receipt(lin)
    arguments = ["credential", "verify", shown, "--trust", city.trust, "--receipt", receipt, *asked]
    source = (
        "import sys\nfrom tongjian.cli.app import app\n"
        f"try:\n    app({[str(one) for one in arguments]!r})\n"
        f"finally:\n    print([name for name in sys.modules if name.startswith({NODE!r})])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True, cwd=city.folder
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "可以接受 ACCEPTED" in done.stdout
    assert "不予证明 not proven:" in done.stdout


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ('{"is_adult":"yes"}', "is no boolean"),
        ('{"is_mayor":true}', "no claim"),
        ("[]", "no object"),
    ],
)
def test_an_office_certifies_only_what_the_type_declares(city: City, claims: str, why: str) -> None:
    said = fails(
        2,
        *("credential", "issue", "--type", "resident", "--office", SCHOOLS, "--region", DISTRICT),
        *("--claims", claims, "--until", "2027-06-30", "--seal", "schools-seal"),
        *("--as", "schools-credential-issuer", "-o", city.folder / "never.vc"),
        home=city.home,
    )
    assert why in said
    assert not (city.folder / "never.vc").exists()
