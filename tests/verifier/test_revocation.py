"""Evidence of a certificate's status: lists and answers that count, and those that do not."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st
from officer_ca import DAY, DAY_MS, NOW, NOW_MS, Ca, certify, responder

from tongjian.verifier.certificates import Certificate, CertificateInvalid
from tongjian.verifier.key_certificates import read_blocks, read_certificates
from tongjian.verifier.revocation import Status, read_status

GM = Path(__file__).parent / "gm_authority"
SINCE = NOW - 3 * DAY
SINCE_MS = NOW_MS - 3 * DAY_MS


def gm_path() -> tuple[Certificate, ...]:
    names = ("sign", "mid", "root")
    return tuple(read_certificates((GM / f"{name}.pem").read_bytes())[0] for name in names)


def gm_status(name: str) -> Status:
    (der,) = read_blocks((GM / name).read_bytes(), "X509 CRL")
    return read_status(der, gm_path())


def fails(why: str, der: bytes, path: tuple[Certificate, ...]) -> None:
    with pytest.raises(CertificateInvalid, match=why):
        read_status(der, path)


# -- what counts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["p256", "ed25519"])
def test_a_list_says_good_or_since_when_revoked(kind: str) -> None:
    ca = Ca(kind)
    other = (ca.leaf.certificate.serial_number + 1, SINCE)
    good = read_status(ca.list(other), ca.path)
    assert (good.kind, good.revoked_ms) == ("crl", None)
    assert (good.this_ms, good.next_ms) == (NOW_MS - DAY_MS, NOW_MS + 6 * DAY_MS)
    mine = (ca.leaf.certificate.serial_number, SINCE)
    assert read_status(ca.list(other, mine), ca.path).revoked_ms == SINCE_MS
    assert read_status(ca.list(), ca.path).revoked_ms is None


@pytest.mark.parametrize("named", list(ocsp.OCSPResponderEncoding), ids=str)
@pytest.mark.parametrize("hashed", [hashes.SHA1(), hashes.SHA256()], ids=["sha1", "sha256"])
def test_an_answer_says_good_or_since_when_revoked(named: Any, hashed: Any) -> None:
    ca = Ca()
    good = read_status(ca.answer(named=named, hash=hashed), ca.path)
    assert (good.kind, good.revoked_ms) == ("ocsp", None)
    gone = read_status(ca.answer(named=named, hash=hashed, since=SINCE), ca.path)
    assert gone.revoked_ms == SINCE_MS


def test_an_answer_may_come_from_a_responder_that_the_issuer_certified() -> None:
    ca = Ca()
    one = responder(ca.middle)
    assert read_status(ca.answer(by=one), ca.path).revoked_ms is None


@pytest.mark.parametrize(("name", "kind"), [("good.crl", "crl"), ("good.ocsp", "ocsp")])
def test_evidence_of_sm2_that_openssl_made_says_good(name: str, kind: str) -> None:
    found = gm_status(name)
    assert (found.kind, found.revoked_ms) == (kind, None)


@pytest.mark.parametrize("name", ["revoked.crl", "revoked.ocsp"])
def test_evidence_of_sm2_that_openssl_made_says_revoked(name: str) -> None:
    since = dt.datetime(2026, 11, 10, tzinfo=dt.UTC)
    assert gm_status(name).revoked_ms == int(since.timestamp() * 1000)


def test_the_status_at_the_time_of_signing_is_what_counts() -> None:
    ca = Ca()
    good = read_status(ca.list(), ca.path)
    good.check_covers(NOW_MS)
    with pytest.raises(CertificateInvalid, match="replaced by then"):
        good.check_covers(NOW_MS + 7 * DAY_MS)
    gone = read_status(ca.list((ca.leaf.certificate.serial_number, SINCE)), ca.path)
    gone.check_covers(SINCE_MS - 1)
    with pytest.raises(CertificateInvalid, match="revoked by then"):
        gone.check_covers(SINCE_MS)


# -- lists that do not ----------------------------------------------------------------------------


def test_a_list_of_another_authority_or_key_is_refused() -> None:
    ca = Ca()
    fails("another authority", ca.list(by=ca.root), ca.path)
    forger = certify("middle")
    fails("does not match the key", ca.list(by=forger), ca.path)


def test_an_authority_that_may_not_sign_lists_signs_none() -> None:
    ca = Ca()
    ca.middle = certify("middle", ca.root, uses=("key_cert_sign",))
    ca.leaf = certify("officer", ca.middle, ca=False)
    fails("may not sign lists", ca.list(), ca.path)


def test_a_list_that_is_not_whole_is_refused() -> None:
    ca = Ca()
    fails("delta_crl_indicator", ca.list(extra=[x509.DeltaCRLIndicator(1)]), ca.path)
    point = x509.IssuingDistributionPoint(
        None,
        None,
        only_contains_user_certs=True,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    fails("issuing_distribution_point", ca.list(extra=[point]), ca.path)
    issuer = x509.CertificateIssuer([x509.DNSName("elsewhere.test")])
    mine = (ca.leaf.certificate.serial_number, SINCE)
    fails("certificate_issuer", ca.list(mine, entry=[issuer]), ca.path)


# -- answers that do not --------------------------------------------------------------------------


def test_an_answer_about_another_certificate_is_refused() -> None:
    ca = Ca()
    other = certify("other", ca.middle, ca=False)
    fails("not about this certificate", ca.answer(about=other), ca.path)
    namesake = certify("middle", ca.root)
    fails("not about this certificate", ca.answer(issuer=namesake), ca.path)


def test_an_answer_of_a_stranger_is_refused() -> None:
    ca = Ca()
    stranger = certify("answers", ca.root, ca=False)
    fails("certified by another", ca.answer(by=stranger), ca.path)
    forger = certify("middle")
    fails("does not match", ca.answer(by=responder(forger)), ca.path)
    fails("neither the issuer", ca.answer(by=responder(ca.middle), alone=True), ca.path)


def test_a_responder_without_the_purpose_or_that_could_be_revoked_is_refused() -> None:
    ca = Ca()
    plain = responder(ca.middle, purpose=False)
    fails("may not answer", ca.answer(by=plain), ca.path)
    revocable = responder(ca.middle, nocheck=False)
    fails("could itself be revoked", ca.answer(by=revocable), ca.path)
    ended = responder(ca.middle, days=(-10, -5))
    fails("not valid at the time", ca.answer(by=ended), ca.path)


def test_an_answer_that_says_nothing_is_refused() -> None:
    ca = Ca()
    unknown = ca.answer(status=ocsp.OCSPCertStatus.UNKNOWN)
    fails("does not know", unknown, ca.path)
    fails("when it is replaced", ca.answer(endless=True), ca.path)
    later = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    from cryptography.hazmat.primitives.serialization import Encoding

    fails("try_later", later.public_bytes(Encoding.DER), ca.path)


# -- hostile bytes --------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(["good.crl", "revoked.crl", "good.ocsp", "revoked.ocsp"]))
def test_a_changed_byte_never_passes(data: st.DataObject, name: str) -> None:
    (der,) = read_blocks((GM / name).read_bytes(), "X509 CRL")
    changed = bytearray(der)
    at = data.draw(st.integers(0, len(der) - 1))
    changed[at] ^= data.draw(st.integers(1, 255))
    try:
        found = read_status(bytes(changed), gm_path())
    except CertificateInvalid:
        return
    # What an answer carries beside the signed part (certificates it does not need) may change.
    assert found.revoked_ms == gm_status(name).revoked_ms
    assert (found.this_ms, found.next_ms) == (gm_status(name).this_ms, gm_status(name).next_ms)


@given(st.binary(max_size=300))
def test_bytes_of_a_stranger_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(CertificateInvalid):
        read_status(data, gm_path())
