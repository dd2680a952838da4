"""Keys through their life: drawn, put under a passphrase or into a token, enrolled, ending."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import keywrap
from possession import proof_of
from softhsm import soft_token
from terminal import FIRM, TAX, answer, fails, ok, register, run

from tongjian.cli.failures import ExitCode
from tongjian.node import secrecy, tokens


@pytest.fixture(autouse=True)
def fast_stretching(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretch passphrases as little as the library lets, so that tests do not wait."""
    monkeypatch.setattr(secrecy, "_OPERATIONS", 1)
    monkeypatch.setattr(secrecy, "_MEMORY_BYTES", 2**13)


@pytest.fixture
def passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "passphrase"
    file.write_text("correct horse 正确\n", "utf-8")
    monkeypatch.setenv(secrecy.PASSPHRASE, str(file))
    return file


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> str:
    return soft_token(tmp_path_factory.mktemp("hsm"))


def officers(home: Path) -> dict[str, dict[str, str]]:
    return {row["holder"]: row for row in answer("keys", "list", home=home)}


def sign_with(home: Path, holder: str) -> None:
    """Make a draft that only this key signs, and sign it: the signature is checked then."""
    act = json.dumps(
        {
            "type": "invoice.set_taxpayer",
            "taxpayer": FIRM,
            "kind": "general",
            "grade": "A",
            "notice": "11" * 32,
        }
    )
    draft = answer("tx", "draft", "--act", act, "--as", holder, home=home)["file"]
    ok("tx", "sign", draft, "--as", holder, "--yes", home=home)


# -- passphrases ----------------------------------------------------------------------------------


def test_a_protected_key_signs_with_its_passphrase_only(home: Path, passphrase: Path) -> None:
    ok("keys", "protect", "tax-officer", home=home)
    text = (home / "keys" / "tax-officer.json").read_text("utf-8")
    assert "seed" not in json.loads(text)
    sign_with(home, "tax-officer")
    passphrase.write_text("wrong horse battery\n")
    act = ("tx", "sign", "--all", "--as", "tax-officer", "--yes")
    assert "passphrase is wrong" in fails(ExitCode.UNAUTHORISED, *act, home=home)


def test_without_a_passphrase_at_hand_the_error_says_what_to_do(
    home: Path, passphrase: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ok("keys", "protect", "tax-officer", home=home)
    monkeypatch.delenv(secrecy.PASSPHRASE)
    said = fails(ExitCode.UNAUTHORISED, "tx", "sign", "--all", "--as", "tax-officer", home=home)
    assert secrecy.PASSPHRASE in said
    assert passphrase.exists()


def test_keys_are_listed_without_opening_them(home: Path, passphrase: Path) -> None:
    before = officers(home)
    ok("keys", "protect", "tax-officer", home=home)
    passphrase.unlink()
    assert officers(home) == before


def test_a_short_passphrase_is_refused_and_the_key_stays(home: Path, passphrase: Path) -> None:
    before = (home / "keys" / "tax-officer.json").read_bytes()
    passphrase.write_text("short")
    fails(ExitCode.UNAUTHORISED, "keys", "protect", "tax-officer", home=home)
    assert (home / "keys" / "tax-officer.json").read_bytes() == before


@pytest.mark.parametrize("field", ["salt", "box", "operations", "memory_bytes", "kdf"])
def test_a_changed_key_file_is_told(home: Path, passphrase: Path, field: str) -> None:
    ok("keys", "protect", "tax-officer", home=home)
    path = home / "keys" / "tax-officer.json"
    document = json.loads(path.read_text("utf-8"))
    changed = {"salt": "00" * 16, "box": "00" * 60, "operations": 99, "memory_bytes": 2**40}
    document["sealed"][field] = changed.get(field, "md5")
    path.write_text(json.dumps(document), "utf-8")
    fails(ExitCode.UNAUTHORISED, "tx", "sign", "--all", "--as", "tax-officer", home=home)
    assert passphrase.exists()


# -- new keys and tokens --------------------------------------------------------------------------


@pytest.mark.parametrize("suite", ["ed25519", "sm2", "p256"])
def test_a_new_key_is_drawn_for_its_owner_alone(home: Path, suite: str) -> None:
    made = answer("keys", "new", "fresh", "--suite", suite, home=home)
    path = home / "keys" / "fresh.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert officers(home)["fresh"]["id"] == made["id"]
    assert run("keys", "new", "fresh", home=home).exit_code == ExitCode.UNAUTHORISED


@pytest.mark.parametrize("suite", ["rsa", "webauthn", "cometbft"])
def test_a_suite_of_which_no_file_is_drawn_is_told(home: Path, suite: str) -> None:
    told = fails(ExitCode.USAGE, "keys", "new", "x", "--suite", suite, home=home)
    assert f"There is no suite {suite}" in told
    assert "keys passkey" in told


@pytest.mark.parametrize("name", ["../x", "", "a b", "a/b", ".x"], ids=repr)
@pytest.mark.parametrize("verb", ["new", "passkey", "protect"])
def test_a_key_stands_in_the_folder_of_keys_and_nowhere_else(
    home: Path, verb: str, name: str
) -> None:
    before = sorted(home.rglob("*.json"))
    assert "no name of a holder" in fails(ExitCode.UNAUTHORISED, "keys", verb, name, home=home)
    assert sorted(home.rglob("*.json")) == before


def test_who_drew_a_key_is_told_of_officers_and_persons(home: Path) -> None:
    said = ok("keys", "new", "fresh", home=home).stderr
    assert "OFFICER, or the PSEUDONYM" in " ".join(said.split())


@pytest.mark.parametrize("suite", ["p256", "ed25519"])
def test_a_key_in_a_token_signs_what_the_ledger_accepts(
    home: Path, module: str, suite: str
) -> None:
    holder = f"card-{suite}"
    where = ("--module", module, "--token", "office", "--suite", suite)
    made = answer("keys", "token", holder, *where, home=home)
    kept = json.loads((home / "keys" / f"{holder}.json").read_text("utf-8"))
    assert "seed" not in kept
    assert kept["public"] == made["public"]
    officer = next(iter(_officers_of(home)))
    enrol = (
        *("membership", "enrol-key", "--officer", officer, "--suite", str(made["suite"])),
        *("--public", made["public"], "--until-ms", "2030-01-01"),
        *proof_of(home, holder, officer),
    )
    registrars = _governors(home)
    signers = [part for one in registrars for part in ("--as", one)]
    ok(*enrol, *signers, home=home)
    sign_with(home, holder)


def test_a_token_that_is_not_there_is_told(home: Path, module: str) -> None:
    arguments = ("keys", "token", "nobody", "--module", module, "--token", "elsewhere")
    assert "elsewhere" in fails(ExitCode.UNAUTHORISED, *arguments, home=home)
    arguments = ("keys", "token", "nobody", "--module", "/nowhere.so", "--token", "office")
    fails(ExitCode.UNAUTHORISED, *arguments, home=home)
    assert not (home / "keys" / "nobody.json").exists()


# -- secrets wrapped by a token -------------------------------------------------------------------


def wrapped(home: Path, module: str, *more: str, holder: str = "tax-officer") -> Path:
    ok("keys", "protect", holder, "--token", "office", "--module", module, *more, home=home)
    return home / "keys" / f"{holder}.json"


def test_a_key_wrapped_by_a_token_signs_and_its_file_alone_is_worth_nothing(
    home: Path, module: str
) -> None:
    before = json.loads((home / "keys" / "tax-officer.json").read_text("utf-8"))["seed"]
    path = wrapped(home, module)
    kept = json.loads(path.read_text("utf-8"))
    assert "seed" not in kept
    assert before not in path.read_text("utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    sign_with(home, "tax-officer")


@pytest.mark.parametrize("suite", ["sm2", "ml-dsa-65"])
def test_keys_that_a_token_cannot_use_are_wrapped_by_one(
    home: Path, module: str, suite: str
) -> None:
    made = answer("keys", "new", "fresh", "--suite", suite, home=home)
    wrapped(home, module, holder="fresh")
    assert officers(home)["fresh"]["id"] == made["id"], "its id needs no token"
    assert _opens(home, "fresh") == made["public"]


def test_a_key_goes_from_a_passphrase_to_a_token_and_back(
    home: Path, module: str, passphrase: Path
) -> None:
    ok("keys", "protect", "tax-officer", home=home)
    wrapped(home, module)
    passphrase.rename(passphrase.with_name("away"))
    sign_with(home, "tax-officer")
    passphrase.with_name("away").rename(passphrase)
    ok("keys", "protect", "tax-officer", home=home)
    assert "sealed" in json.loads((home / "keys" / "tax-officer.json").read_text("utf-8"))


def test_the_wrong_pin_another_key_and_a_removed_token_are_told_apart(
    home: Path, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = wrapped(home, module)
    wrapped(home, module, "--key", "second", holder="tax-approver")
    whole = json.loads(path.read_text("utf-8"))

    def told(**changed: str) -> str:
        by = {**whole["by"], **{name: changed[name] for name in changed if name in whole["by"]}}
        fields = {**whole, "by": by, "wrapped": changed.get("wrapped", whole["wrapped"])}
        path.write_text(json.dumps(fields), "utf-8")
        arguments = ("tx", "sign", "--all", "--as", "tax-officer", "--yes")
        return fails(ExitCode.UNAUTHORISED, *arguments, home=home)

    assert "did not wrap this" in told(label="second")
    assert "no wrapping key" in told(label="third")
    assert "it is not there" in told(token="elsewhere")
    flipped = bytes([int(whole["wrapped"][:2], 16) ^ 1]).hex() + whole["wrapped"][2:]
    assert "was changed" in told(wrapped=flipped)
    pin = tmp_path / "pin"
    pin.write_text("0000\n")
    monkeypatch.setenv(secrecy.PIN, str(pin))
    script = "from tongjian.cli import main; main()"
    path.write_text(json.dumps(whole), "utf-8")
    # A process that has logged in stays so: a wrong PIN shows in a new one.
    found = subprocess.run(
        [sys.executable, "-c", script, "tx", "sign", "--all", "--as", "tax-officer", "--yes"],
        env={**os.environ, "TONGJIAN_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == ExitCode.UNAUTHORISED
    assert "the PIN is wrong" in found.stderr


def test_a_file_whose_public_half_was_exchanged_signs_nothing(home: Path, module: str) -> None:
    path = wrapped(home, module)
    fields = json.loads(path.read_text("utf-8"))
    fields["public"] = officers(home)["tax-approver"]["id"] * 2
    path.write_text(json.dumps(fields), "utf-8")
    arguments = ("tx", "sign", "--all", "--as", "tax-officer", "--yes")
    assert "not that of the public key" in fails(ExitCode.UNAUTHORISED, *arguments, home=home)


def test_a_token_without_its_library_is_not_asked(home: Path) -> None:
    arguments = ("keys", "protect", "tax-officer", "--token", "office")
    assert "go together" in fails(ExitCode.USAGE, *arguments, home=home)


def test_the_wrapping_is_that_of_rfc_3394_over_length_and_secret(module: str) -> None:
    place = tokens.Place(module=module, token="office", label="known")
    value, secret = bytes(range(32)), bytes(range(100, 133))
    library = tokens._library()
    attributes = library.Attribute
    with tokens._session(place, "4321", writable=True) as session:
        session.create_object(
            {
                attributes.CLASS: library.ObjectClass.SECRET_KEY,
                attributes.KEY_TYPE: library.KeyType.AES,
                attributes.LABEL: place.label,
                attributes.VALUE: value,
                attributes.WRAP: True,
                attributes.UNWRAP: True,
                attributes.TOKEN: True,
            }
        )
    wrapped_by_token = tokens.wrap(place, secret, "4321")
    framed = b"\x00\x21" + secret + bytes(5)
    assert wrapped_by_token == keywrap.aes_key_wrap(value, framed)
    assert tokens.unwrap(place, wrapped_by_token, "4321") == secret
    for wrong in (b"", bytes(4097)):
        with pytest.raises(tokens.TokenError, match="from 1 to 4096"):
            tokens.wrap(place, wrong, "4321")


def _opens(home: Path, holder: str) -> str:
    from tongjian.node.home import Home

    return Home(home).key(holder).public.hex()


def _officers_of(home: Path) -> list[str]:
    """Return ids of officers of the tax bureau."""
    found = answer("show", "membership.officers:*", home=home)
    return [row["record"].rpartition(":")[2] for row in found["rows"]]


def _governors(home: Path) -> list[str]:
    return [
        row["holder"] for row in answer("keys", "list", home=home) if "governor" in row["roles"]
    ]


# -- what ends ------------------------------------------------------------------------------------


def test_what_ends_within_days_is_told_with_what_nobody_could_do(home: Path) -> None:
    found = answer("keys", "rehearse", "--days", "36500", home=home)
    kinds = [one["kind"] for one in found]
    assert "key" in kinds
    assert "nobody" in kinds
    last = [one for one in found if one["kind"] == "nobody" and one["what"] == "tax_officer"]
    assert "invoice.set_taxpayer" in last[0]["acts"]
    assert [one["at_ms"] for one in found] == sorted(one["at_ms"] for one in found)


def test_nothing_ends_tomorrow(home: Path) -> None:
    assert answer("keys", "rehearse", "--days", "1", home=home) == []
    assert "nothing ends" in ok("keys", "rehearse", "--days", "1", home=home).stdout


# -- what a stolen key signed ---------------------------------------------------------------------


def test_a_stolen_keys_acts_are_listed_until_each_is_settled(home: Path) -> None:
    keys = officers(home)
    before = register(home)
    for holder in TAX:
        officer = _officer(home, keys[holder]["id"])
        key = keys[holder]["id"]
        report = ("--officer", officer, "--key", key, "--safe-height", "0")
        ok("membership", "report-compromise", *report, "--as", holder, home=home)
    found = answer("keys", "exposure", keys[TAX[0]]["id"], home=home)
    committed = [one for one in found["exposed"] if one["acts"] == ["invoice.set_taxpayer"]]
    assert [one["transaction"] for one in committed] == [before["transaction"]]
    assert committed[0]["settled"] is None
    later = answer("keys", "exposure", TAX[0], "--since", "1", home=home)["exposed"]
    assert [one["acts"] for one in later] == [["membership.report_compromise"]]
    assert "to settle" in ok("keys", "exposure", TAX[0], home=home).stderr


def test_a_key_that_is_not_reported_needs_a_height(home: Path) -> None:
    assert "not reported" in fails(ExitCode.NOT_FOUND, "keys", "exposure", TAX[0], home=home)
    assert answer("keys", "exposure", TAX[0], "--since", "0", home=home)["exposed"] == []


def _officer(home: Path, key: str) -> str:
    return str(answer("show", f"membership.keys:{key}", home=home)["row"]["officer"])
