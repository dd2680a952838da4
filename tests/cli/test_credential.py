"""A credential from the office to the desk, by commands."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from credential_city import CLAIMS, City, both
from credential_town import DISTRICT, LIN, SCHOOLS
from terminal import answer, fails, ok

from tongjian.node import secrecy
from tongjian.node.home import Home
from tongjian.node.secrecy import PASSPHRASE

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


@pytest.mark.parametrize("suite", ["ed25519", "p256"])
def test_an_offices_key_may_lie_under_a_passphrase_and_be_of_either_suite(
    city: City, suite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passphrase").write_text("correct horse battery", "utf-8")
    monkeypatch.setenv(PASSPHRASE, str(tmp_path / "passphrase"))
    monkeypatch.setattr(secrecy, "_OPERATIONS", 1)
    monkeypatch.setattr(secrecy, "_MEMORY_BYTES", 2**13)
    holder = f"sealed-{suite}"
    city.ok("keys", "new", holder, "--suite", suite, "--protect")
    public = Home(city.home).identity(holder).public.hex()
    number = {"ed25519": 1, "p256": 3}[suite]
    until = ("--until-ms", "2030-01-01T00:00:00Z")
    key_of = ("--office", SCHOOLS, "--suite", number, "--public", public)
    city.ok("identity", "add-did-key", *key_of, *until, *both(SCHOOLS))
    file = city.issue(holder, city.key(f"for-{suite}")["did"], "--seal", holder)
    assert "sealed" in _key_file(city, holder)
    asked = city.ask("sealed")
    shown = city.present(file, asked, "is_adult", by=f"for-{suite}")
    city.verify(shown, asked, city.receipt(file), desk="sealed")


def _key_file(city: City, holder: str) -> str:
    return (city.home / "keys" / f"{holder}.json").read_text("utf-8")


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
