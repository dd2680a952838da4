"""Every suite against published vectors, and SM2 against a set of our own in that style."""

import json
from pathlib import Path
from typing import Any

import pytest
import sm2_formulas
import sm2_vectors
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import mldsa as library

from tongjian.core.signatures import KeyRefused, KeySuite, SignatureInvalid, holds, verify
from tongjian.suites import mldsa, p256, sm2

WYCHEPROOF = Path(__file__).parents[3] / "shared/data/crypto/wycheproof"
needs_wycheproof = pytest.mark.skipif(
    not WYCHEPROOF.is_dir(), reason="the vectors of ../shared are not on this machine"
)
SM2: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "sm2.json").read_text(encoding="utf-8")
)["tests"]


def groups(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (WYCHEPROOF / f"{name}_test.json").read_text(encoding="utf-8")
    )["testGroups"]
    return found


def as_bytes(case: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    public, message, signature = (bytes.fromhex(case[n]) for n in ("public", "msg", "sig"))
    return public, message, signature


@pytest.mark.parametrize("case", SM2, ids=lambda case: f"{case['tcId']}-{case['comment']}")
def test_sm2_is_accepted_as_the_set_says(case: dict[str, Any]) -> None:
    public, message, signature = as_bytes(case)
    assert holds(KeySuite.SM2, public, message, signature) is (case["result"] == "valid")
    if case["result"] == "invalid":
        with pytest.raises(SignatureInvalid):
            verify(KeySuite.SM2, public, message, signature)


def test_the_formulas_of_the_standard_say_the_same_of_every_sound_key() -> None:
    judged = 0
    for case in SM2[::3]:
        public, message, signature = as_bytes(case)
        if len(signature) != 64 or case["comment"].startswith("key:"):
            continue
        e = sm2_formulas.digest_to_sign(public, message)
        assert sm2_formulas.accepts(public, signature, e) is (case["result"] == "valid"), case
        judged += 1
    assert judged > 40


@pytest.mark.slow
def test_the_set_is_the_one_that_its_program_writes() -> None:
    assert sm2_vectors.make()["tests"] == SM2


def test_a_key_of_the_set_that_is_none_is_refused_at_enrolment() -> None:
    refused = 0
    for case in SM2:
        public, _, _ = as_bytes(case)
        if case["comment"].startswith("key: ") and "base point, another" not in case["comment"]:
            with pytest.raises(KeyRefused):
                sm2.check_public_key(public)
            refused += 1
    assert refused == 18


@needs_wycheproof
def test_p256_agrees_with_wycheproof_once_s_is_in_its_lower_half() -> None:
    """DER that is not strict is refused before; a signature that is too high is normalised."""
    judged = 0
    for group in groups("ecdsa_secp256r1_sha256"):
        public = bytes.fromhex(group["publicKey"]["uncompressed"])
        p256.check_public_key(public)
        for case in group["tests"]:
            message, der = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            try:
                raw = p256.normalise(der)
            except SignatureInvalid:
                assert case["result"] != "valid", case
                continue
            finally:
                judged += 1
            assert holds(KeySuite.P256, public, message, raw) is (case["result"] == "valid"), case
    assert judged == 484


@needs_wycheproof
def test_p256_refuses_the_upper_half_of_every_valid_case() -> None:
    refused = 0
    for group in groups("ecdsa_secp256r1_sha256"):
        public = bytes.fromhex(group["publicKey"]["uncompressed"])
        for case in group["tests"]:
            if case["result"] != "valid":
                continue
            raw = p256.normalise(bytes.fromhex(case["sig"]))
            high = raw[:32] + (p256.N - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
            assert not holds(KeySuite.P256, public, bytes.fromhex(case["msg"]), high)
            refused += 1
    assert refused > 100


@needs_wycheproof
def test_the_library_of_suite_5_agrees_with_wycheproof_on_the_smaller_parameters() -> None:
    """Vectors of ML-DSA-44 are at hand: the code is that of ML-DSA-65 with other numbers."""
    judged = 0
    for group in groups("mldsa_44_verify"):
        for case in group["tests"]:
            context = bytes.fromhex(case.get("ctx", ""))
            try:
                key = library.MLDSA44PublicKey.from_public_bytes(bytes.fromhex(group["publicKey"]))
                key.verify(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]), context)
            except (InvalidSignature, ValueError):
                assert case["result"] != "valid", case
            else:
                assert case["result"] == "valid", case
            judged += 1
    assert judged == 180


def test_suite_5_refuses_what_the_standard_refuses() -> None:
    key = library.MLDSA65PrivateKey.from_seed_bytes(bytes(32))
    public = key.public_key().public_bytes_raw()
    signature = key.sign(b"message", mldsa.CONTEXT)
    mldsa.verify(public, b"message", signature)
    hint = bytearray(signature)
    hint[-1] = 0xFF
    for other in (
        key.sign(b"message"),
        key.sign(b"message", b"another context"),
        signature[:-1],
        signature + b"\0",
        bytes(hint),
        bytes(3309),
        *(
            signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
            for at in range(0, 3309, 97)
        ),
    ):
        with pytest.raises(SignatureInvalid):
            mldsa.verify(public, b"message", other)
    for size in (0, 1951, 1953):
        with pytest.raises(KeyRefused):
            mldsa.check_public_key(bytes(size))
