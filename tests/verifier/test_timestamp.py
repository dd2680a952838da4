"""Time stamps: a sound one holds, and each thing a forger would change is named."""

import base64
import datetime as dt
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from tsa import NOW, NOW_MS, Tsa, authority
from tsa_sm2 import Sm2Tsa

from tongjian.testkit.vectors import ROOT
from tongjian.verifier.timestamp import (
    Stamped,
    TimeStampInvalid,
    read_token,
    verify_time_stamp,
)

SAMPLES = ROOT.parent / "shared/data/crypto/rfc3161-and-rekor/tsa"
DATA = b"the false advertisement"


@pytest.fixture(scope="module")
def tsa() -> Tsa:
    return Tsa()


def check(token: bytes, tsa: Tsa, data: bytes = DATA, **options: Any) -> Stamped:
    roots = options.pop("roots", [tsa.root.der])
    options.setdefault("until_ms", NOW_MS)
    return verify_time_stamp(read_token(token), data, roots, **options)


def test_a_sound_stamp_holds_and_says_by_whom_and_when(tsa: Tsa) -> None:
    found = check(tsa.stamp(DATA), tsa)
    assert (found.token.gen_ms, found.token.accuracy_ms) == (NOW_MS, 1500)
    assert found.path == (
        "Common Name: stamps",
        "Common Name: middle",
        "Common Name: root",
    )
    assert check(tsa.respond(DATA), tsa).token.gen_ms == NOW_MS


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_each_accepted_hash_makes_an_imprint(tsa: Tsa, hash_name: str) -> None:
    assert check(tsa.stamp(DATA, hash=hash_name), tsa).token.hash_name == hash_name


def test_an_rsa_authority_holds_and_a_short_key_does_not() -> None:
    tsa = Tsa()
    long, short = (authority("stamps", tsa.middle, ca=False, rsa=bits) for bits in (2048, 1024))
    check(tsa.stamp(DATA, leaf=long, carried=[long, tsa.middle]), tsa)
    with pytest.raises(TimeStampInvalid, match="too short"):
        check(tsa.stamp(DATA, leaf=short, carried=[short, tsa.middle]), tsa)


@pytest.mark.parametrize(
    ("step", "faults"),
    [
        ("signature", {"altered_info": True}),
        ("certificate", {"unsigned": True}),
        ("signature", {"signers": 2}),
        ("signature", {"content_type": "data"}),
        ("signature", {"without": ["message_digest"]}),
        ("signature", {"without": ["content_type"]}),
        ("signature", {"without": ["signing_certificate_v2"]}),
        ("signature", {"twice": True}),
        ("certificate", {"carried": []}),
        ("imprint", {"hash": "sha1"}),
        ("form", {"critical_extension": True}),
        ("certificate", {"at": NOW + dt.timedelta(days=6 * 365)}),
        ("certificate", {"at": NOW - dt.timedelta(days=2 * 365)}),
    ],
)
def test_a_forged_token_is_refused(tsa: Tsa, step: str, faults: dict[str, Any]) -> None:
    data = b"other data" if faults.get("altered_info") else DATA
    with pytest.raises(TimeStampInvalid) as failure:
        check(tsa.stamp(DATA, **faults), tsa, data)
    assert failure.value.step == step


@pytest.mark.parametrize(
    ("why", "made"),
    [
        ("not for time stamps alone", {"usage": [x509.oid.ExtendedKeyUsageOID.CODE_SIGNING]}),
        ("not for time stamps alone", {"critical": False}),
        ("not valid at the time", {"years": (-3, -1)}),
        ("not understood", {"strange": True}),
    ],
)
def test_a_certificate_that_may_not_stamp_is_refused(
    tsa: Tsa, why: str, made: dict[str, Any]
) -> None:
    leaf = authority("stamps", tsa.middle, ca=False, **made)
    with pytest.raises(TimeStampInvalid, match=why):
        check(tsa.stamp(DATA, leaf=leaf, carried=[leaf, tsa.middle]), tsa)


@pytest.mark.parametrize(
    ("why", "made"),
    [
        ("may not issue", {"ca": False, "usage": None}),
        ("so long a path", {"path": 0}),
        ("not valid at the time", {"years": (-3, -1)}),
    ],
)
def test_an_issuer_that_may_not_issue_is_refused(tsa: Tsa, why: str, made: dict[str, Any]) -> None:
    middle = authority("weak", tsa.root, **made)
    low = authority("low", middle) if made == {"path": 0} else middle
    leaf = authority("stamps", low, ca=False)
    carried = [leaf, middle, *([low] if low is not middle else [])]
    with pytest.raises(TimeStampInvalid, match=why):
        check(tsa.stamp(DATA, leaf=leaf, carried=carried), tsa)


def test_a_stamp_by_a_root_that_nobody_trusts_is_refused(tsa: Tsa) -> None:
    stranger = authority("stranger")
    with pytest.raises(TimeStampInvalid, match="root is not trusted"):
        check(tsa.stamp(DATA), tsa, roots=[stranger.der])
    with pytest.raises(TimeStampInvalid, match="root is not trusted"):
        check(tsa.stamp(DATA), tsa, roots=[])
    with pytest.raises(TimeStampInvalid, match="does not match the key"):
        check(Tsa().stamp(DATA), tsa)  # a root of the same name with another key


def test_a_stamp_over_other_data_is_refused(tsa: Tsa) -> None:
    with pytest.raises(TimeStampInvalid, match="over other data"):
        check(tsa.stamp(DATA), tsa, DATA + b".")


def test_a_stamp_from_after_the_block_that_records_it_is_refused(tsa: Tsa) -> None:
    check(tsa.stamp(DATA), tsa, until_ms=NOW_MS - 1500)
    with pytest.raises(TimeStampInvalid, match="time"):
        check(tsa.stamp(DATA), tsa, until_ms=NOW_MS - 1501)


def test_a_refusal_by_the_authority_is_no_stamp(tsa: Tsa) -> None:
    with pytest.raises(TimeStampInvalid, match="did not grant"):
        read_token(tsa.respond(DATA, status="rejection"))


def test_the_signer_names_his_own_certificate(tsa: Tsa) -> None:
    other = authority("stamps", tsa.middle, ca=False)
    with pytest.raises(TimeStampInvalid):
        check(tsa.stamp(DATA, named=other, carried=[tsa.leaf, other, tsa.middle]), tsa)


@settings(max_examples=150)
@given(st.data())
def test_no_changed_byte_of_a_token_passes_or_fails_otherwise(data: st.DataObject) -> None:
    tsa, token = _made()
    position = data.draw(st.integers(0, len(token) - 1))
    changed = bytearray(token)
    changed[position] ^= data.draw(st.integers(1, 255))
    try:
        found = check(bytes(changed), tsa)
    except TimeStampInvalid:
        return
    # What is outside the signature (versions, the carried list) proves nothing and may differ.
    assert (found.token.imprint, found.token.gen_ms) == (read_token(token).imprint, NOW_MS)


_MADE: list[tuple[Tsa, bytes]] = []


def _made() -> tuple[Tsa, bytes]:
    if not _MADE:
        tsa = Tsa()
        _MADE.append((tsa, tsa.stamp(DATA)))
    return _MADE[0]


@given(st.binary(max_size=300))
def test_bytes_that_are_no_token_are_refused(data: bytes) -> None:
    with pytest.raises(TimeStampInvalid):
        read_token(data)


def test_openssl_agrees_that_our_test_tokens_are_sound(tsa: Tsa, tmp_path: Path) -> None:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("needs the openssl program")
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "token").write_bytes(tsa.stamp(DATA))
    (tmp_path / "root.pem").write_bytes(tsa.root.certificate.public_bytes(Encoding.PEM))
    files = ("-data", "data", "-in", "token", "-token_in", "-CAfile", "root.pem")
    at = ("-attime", str(NOW_MS // 1000))
    done = subprocess.run(
        [program, "ts", "-verify", *files, *at],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Verification: OK" in done.stdout + done.stderr, done.stderr


def test_a_published_token_of_another_authority_holds() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("needs the published samples, which are not part of this repository")
    bundle = json.loads((SAMPLES / "bundle.txt.sigstore").read_text("utf-8"))
    material = bundle["verificationMaterial"]["timestampVerificationData"]
    token = read_token(base64.b64decode(material["rfc3161Timestamps"][0]["signedTimestamp"]))
    signed = base64.b64decode(bundle["messageSignature"]["signature"])
    chain = json.loads((SAMPLES / "ca.json").read_text("utf-8"))["certChain"]["certificates"]
    *middle, root = (base64.b64decode(each["rawBytes"]) for each in chain)
    found = verify_time_stamp(token, signed, [root], intermediates=middle, until_ms=token.gen_ms)
    assert found.root == "Common Name: Test TSA Root, Organization: local"
    assert token.gen_ms == 1_730_370_219_000


def test_a_published_token_without_certificates_needs_one_from_elsewhere() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("needs the published samples, which are not part of this repository")
    token = read_token((SAMPLES / "issue1482-timestamp-with-no-cert").read_bytes())
    message = (SAMPLES / "issue1482-message").read_bytes()
    with pytest.raises(TimeStampInvalid, match="not at hand"):
        verify_time_stamp(token, message, [], until_ms=token.gen_ms)


def test_an_authority_of_sm2_and_sm3_holds_and_another_does_not() -> None:
    national = Sm2Tsa()
    token = read_token(national.stamp(DATA))
    found = verify_time_stamp(token, DATA, [national.root], until_ms=NOW_MS)
    assert (token.hash_name, token.algorithm) == ("sm3", 2)
    assert found.path == ("Common Name: sm2 stamps", "Common Name: sm2 root")
    with pytest.raises(TimeStampInvalid, match="does not match the key"):
        verify_time_stamp(token, DATA, [Sm2Tsa().root], until_ms=NOW_MS)
    with pytest.raises(TimeStampInvalid, match="over other data"):
        verify_time_stamp(token, DATA + b".", [national.root], until_ms=NOW_MS)
