"""What is common to the suites: a signature is of one message, one key and one suite."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import pytest
import sm2_formulas
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey
from passkey import Passkey, point_of

from tongjian.core.hashing import sha256
from tongjian.core.signatures import (
    SEAL_SUITES,
    KeyRefused,
    KeySuite,
    SignatureInvalid,
    SuiteUnavailable,
    check_public_key,
    check_seal_key,
    compute_key_id,
    holds,
    verify,
)
from tongjian.engines import checkers
from tongjian.suites import mldsa, p256, sm2
from tongjian.suites.errors import SM2Unavailable

MESSAGE = b"tongjian/transaction/1\0" + bytes(range(200))


class Signer(NamedTuple):
    suite: KeySuite
    public: bytes
    sign: Callable[[bytes], bytes]


def ed25519(seed: int = 1) -> Signer:
    key = SigningKey(bytes([seed]) * 32)
    return Signer(KeySuite.ED25519, bytes(key.verify_key), lambda m: key.sign(m).signature)


def of_sm2(seed: int = 1) -> Signer:
    secret = (seed + 2**200).to_bytes(32, "big")
    return Signer(KeySuite.SM2, sm2.compute_public_key(secret), lambda m: sm2.sign(secret, m))


def of_p256(seed: int = 1) -> Signer:
    key = ec.derive_private_key(seed + 2**200, ec.SECP256R1())
    return Signer(
        KeySuite.P256,
        point_of(key),
        lambda m: p256.normalise(key.sign(m, ec.ECDSA(hashes.SHA256()))),
    )


def of_passkey(seed: int = 1) -> Signer:
    passkey = Passkey(seed)
    return Signer(KeySuite.WEBAUTHN, passkey.public, passkey.sign)


def paired(other: Signer, seed: int = 1) -> Signer:
    key = MLDSA65PrivateKey.from_seed_bytes(bytes([seed]) * 32)
    public = bytes([other.suite]) + other.public + key.public_key().public_bytes_raw()
    return Signer(KeySuite.ML_DSA_65, public, lambda m: other.sign(m) + key.sign(m, mldsa.CONTEXT))


MAKERS = [ed25519, of_sm2, of_p256, of_passkey, lambda seed=1: paired(of_sm2(seed), seed)]
ALL = [*(make() for make in MAKERS), paired(ed25519()), paired(of_p256())]
named = pytest.mark.parametrize("signer", ALL, ids=lambda s: f"{s.suite.name}-{len(s.public)}")


@named
def test_a_signature_holds_for_its_message_and_key(signer: Signer) -> None:
    check_public_key(signer.suite, signer.public)
    signature = signer.sign(MESSAGE)
    verify(signer.suite, signer.public, MESSAGE, signature)
    assert holds(signer.suite, signer.public, MESSAGE, signature)


@named
def test_a_signature_moved_to_another_message_key_or_suite_fails(signer: Signer) -> None:
    signature = signer.sign(MESSAGE)
    for message in (b"", MESSAGE[:-1], MESSAGE + b"\0", sha256(MESSAGE)):
        with pytest.raises(SignatureInvalid):
            verify(signer.suite, signer.public, message, signature)
    for make in MAKERS:
        for other in (make(seed=2), make(seed=1)):
            if (other.suite, other.public) == (signer.suite, signer.public):
                continue
            assert not holds(other.suite, other.public, MESSAGE, signature)
            with pytest.raises(SignatureInvalid):
                verify(other.suite, other.public, MESSAGE, signature)
            if other.suite != signer.suite:
                assert not holds(other.suite, signer.public, MESSAGE, signature)
    for unknown in (0, 6, 16):
        assert not holds(unknown, signer.public, MESSAGE, signature)
        with pytest.raises(SignatureInvalid, match="not known to this release"):
            verify(unknown, signer.public, MESSAGE, signature)


@named
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_no_changed_byte_of_a_signature_holds(signer: Signer, data: st.DataObject) -> None:
    signature = bytearray(signer.sign(MESSAGE))
    at = data.draw(st.integers(0, len(signature) - 1))
    signature[at] ^= data.draw(st.integers(1, 255))
    assert not holds(signer.suite, signer.public, MESSAGE, bytes(signature))


@named
def test_no_other_length_of_a_signature_holds(signer: Signer) -> None:
    signature = signer.sign(MESSAGE)
    for other in (b"", signature[:-1], signature + b"\0", signature[1:], signature * 2, bytes(64)):
        assert not holds(signer.suite, signer.public, MESSAGE, other)


@named
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_bad_key_is_refused_and_never_crashes_the_check(
    signer: Signer, data: st.DataObject
) -> None:
    public = bytearray(signer.public)
    cut = data.draw(st.integers(0, len(public)))
    public = public[:cut] + data.draw(st.binary(max_size=3))
    signature = signer.sign(MESSAGE)
    if bytes(public) != signer.public:
        assert not holds(signer.suite, bytes(public), MESSAGE, signature)
        # Another last byte may make another sound key, a shorter origin is one as well.
        if len(public) != len(signer.public) and signer.suite != KeySuite.WEBAUTHN:
            with pytest.raises(KeyRefused):
                check_public_key(signer.suite, bytes(public))


def test_the_same_point_has_another_id_in_another_suite() -> None:
    signer = of_p256()
    assert compute_key_id(sha256, KeySuite.P256, signer.public) != compute_key_id(
        sha256, KeySuite.SM2, signer.public
    )


def test_a_point_of_one_curve_is_refused_by_the_other() -> None:
    for mine, other in ((of_p256(), KeySuite.SM2), (of_sm2(), KeySuite.P256)):
        with pytest.raises(KeyRefused, match="not a point of the curve"):
            check_public_key(other, mine.public)


@pytest.mark.parametrize(
    "public",
    [
        b"",
        b"\0",
        bytes(65),
        b"\x04" + bytes(64),
        *(bytes([first]) + of_p256().public[1:33] for first in (2, 3)),
        *(bytes([first]) + of_p256().public[1:] for first in (6, 7)),
        of_p256().public + b"\0",
        b"\x04" + p256.CURVE.p.to_bytes(32, "big") + of_p256().public[33:],
    ],
    ids=lambda public: f"{public[:1].hex()}-{len(public)}",
)
def test_p256_refuses_at_enrolment_what_is_no_uncompressed_point(public: bytes) -> None:
    with pytest.raises(KeyRefused):
        check_public_key(KeySuite.P256, public)


def test_half_a_pair_is_worth_nothing() -> None:
    """Each half from a sound signature, beside a half of another message."""
    signer = paired(ed25519())
    one, two = signer.sign(MESSAGE), signer.sign(b"another")
    for mixed in (one[:64] + two[64:], two[:64] + one[64:], bytes(64) + one[64:], one[:64]):
        assert not holds(signer.suite, signer.public, MESSAGE, mixed)
    assert not holds(KeySuite.ED25519, ed25519().public, MESSAGE, one)


@pytest.mark.parametrize("other", [0, 4, 5, 255])
def test_a_lattice_key_stands_beside_a_plain_suite_only(other: int) -> None:
    public = bytes([other]) + ed25519().public + paired(ed25519()).public[-1952:]
    with pytest.raises(KeyRefused, match="stands beside"):
        check_public_key(KeySuite.ML_DSA_65, public)
    assert not holds(KeySuite.ML_DSA_65, public, MESSAGE, bytes(3373))


def test_only_plain_suites_seal_headers() -> None:
    for signer in ALL:
        if signer.suite in SEAL_SUITES:
            check_seal_key(signer.suite, signer.public)
        else:
            with pytest.raises(KeyRefused, match="sealed by"):
                check_seal_key(signer.suite, signer.public)


def test_the_pool_serves_every_suite_at_once() -> None:
    jobs = [(int(s.suite), s.public, b"%d" % n, s.sign(b"%d" % n)) for s in ALL for n in range(5)]
    wrong = [(*job[:2], job[2] + b"!", job[3]) for job in jobs]
    with checkers.Checkers(2) as pool:
        verdicts = pool.collect(pool.submit([*jobs, *wrong]))
    assert verdicts == b"\1" * len(jobs) + b"\0" * len(wrong)


def test_a_suite_that_the_machine_lacks_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> None:
        raise SM2Unavailable

    signer = of_sm2()
    job = (2, signer.public, MESSAGE, signer.sign(MESSAGE))
    monkeypatch.setattr(sm2, "backend", nothing)
    with pytest.raises(SuiteUnavailable):
        holds(*job)
    with checkers.Checkers(0) as pool:
        ticket = pool.submit([(1, *job[1:]), job])
        assert ticket.verdicts == [b"\0\2"]
        with pytest.raises(SuiteUnavailable, match="nothing was accepted"):
            pool.collect(ticket)


def test_the_formulas_sign_what_the_library_accepts() -> None:
    for secret in (1, 12345, sm2.N - 2):
        signature = sm2_formulas.sign(secret, MESSAGE, 987654321)
        verify(KeySuite.SM2, sm2_formulas.public_of(secret), MESSAGE, signature)
    assert hashlib.new("sm3", b"abc").hexdigest().startswith("66c7f0f4")
