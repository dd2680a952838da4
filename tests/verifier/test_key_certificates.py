"""Certificates of officers' keys: chains that hold, and every way in which one does not."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from officer_ca import DAY_MS, NOW_MS, Ca, Holder, certify, new_key

from tongjian.core.hashing import HashSuite, hash_of, sha256
from tongjian.core.signatures import KeySuite
from tongjian.verifier.certificates import CertificateInvalid
from tongjian.verifier.key_certificates import (
    KeyCertificate,
    check_key_certificate,
    compute_digests,
    read_blocks,
    read_certificates,
    read_key,
)

GM = Path(__file__).parent / "gm_authority"
"""Made by OpenSSL 3.0.19, `openssl ca` and `openssl ocsp`, with the identity of the standard."""


def gm(name: str) -> Any:
    (found,) = read_certificates((GM / f"{name}.pem").read_bytes())
    return found


def check(leaf: Holder, *others: Holder, root: Holder, at_ms: int = NOW_MS) -> KeyCertificate:
    return check_key_certificate(leaf.read, [each.read for each in others], [root.read], at_ms)


def fails(why: str, leaf: Holder, *others: Holder, root: Holder, at_ms: int = NOW_MS) -> None:
    with pytest.raises(CertificateInvalid, match=why):
        check(leaf, *others, root=root, at_ms=at_ms)


# -- what holds -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "suite"), [("p256", KeySuite.P256), ("ed25519", KeySuite.ED25519)]
)
def test_a_chain_of_a_suite_holds_and_gives_the_key_as_it_is_enrolled(
    kind: str, suite: KeySuite
) -> None:
    ca = Ca(kind)
    found = check(ca.leaf, ca.middle, root=ca.root)
    assert found.suite is suite
    assert (found.suite, found.public) == read_key(ca.leaf.read)
    assert [each.der for each in found.path] == [ca.leaf.der, ca.middle.der, ca.root.der]


def test_a_chain_of_sm2_that_openssl_made_holds() -> None:
    found = check_key_certificate(gm("sign"), [gm("mid")], [gm("root")], NOW_MS)
    assert found.suite is KeySuite.SM2
    assert len(found.public) == 65
    assert found.issuer.der == gm("mid").der


def test_the_digests_are_of_the_ledgers_hash_and_hold_no_name() -> None:
    ca = Ca()
    found = check(ca.leaf, ca.middle, root=ca.root)
    digests = compute_digests(found, sha256)
    assert digests.certificate == hashlib.sha256(ca.leaf.der).digest()
    assert digests.anchor == hashlib.sha256(ca.root.der).digest()
    each = [hashlib.sha256(one.der).digest() for one in (ca.leaf, ca.middle, ca.root)]
    assert digests.chain == hashlib.sha256(b"".join(each)).digest()
    assert compute_digests(found, hash_of(HashSuite.SM3)) != digests


def test_a_file_may_hold_the_whole_chain_as_text_or_one_certificate_as_bytes() -> None:
    ca = Ca()
    both = read_certificates(ca.leaf.pem + ca.middle.pem)
    assert [each.der for each in both] == [ca.leaf.der, ca.middle.der]
    assert read_certificates(ca.leaf.der)[0].der == ca.leaf.der


# -- what does not --------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-11, 366])
def test_a_certificate_counts_within_its_period_only(days: int) -> None:
    ca = Ca()
    at_ms = NOW_MS + days * DAY_MS
    fails("not valid at the time", ca.leaf, ca.middle, root=ca.root, at_ms=at_ms)


def test_an_authority_that_had_ended_vouches_for_nobody() -> None:
    root = certify("root")
    middle = certify("middle", root, days=(-10, -1))
    leaf = certify("officer", middle, ca=False)
    fails("middle was not valid", leaf, middle, root=root)


def test_an_authority_without_the_right_to_certify_is_refused() -> None:
    root = certify("root")
    for asked, why in (
        ({"ca": False, "uses": ("digital_signature",)}, "may not issue certificates"),
        ({"constraints": False, "uses": ("key_cert_sign",)}, "may not issue certificates"),
        ({"uses": ("crl_sign",)}, "may not sign certificates"),
    ):
        middle = certify("middle", root, **asked)
        fails(why, certify("officer", middle, ca=False), middle, root=root)


def test_a_path_is_no_longer_than_its_authorities_allow() -> None:
    root = certify("root", path=0)
    middle = certify("middle", root)
    fails("so long a path", certify("officer", middle, ca=False), middle, root=root)


def test_a_chain_of_many_authorities_or_a_circle_of_them_ends_in_words() -> None:
    root = certify("root")
    chain = [certify("0", root)]
    for number in range(1, 7):
        chain.append(certify(str(number), chain[-1]))
    leaf = certify("officer", chain[-1], ca=False)
    fails("more than 6 certificates", leaf, *chain, root=root)
    key_a, key_b = new_key(), new_key()
    a = certify("a", key=key_a)
    b = certify("b", Holder("a", a.certificate, key_a), key=key_b)
    a = certify("a", Holder("b", b.certificate, key_b), key=key_a)
    fails("is not trusted", certify("officer", a, ca=False), a, b, root=root)


def test_a_forged_signature_is_refused_though_the_names_fit() -> None:
    ca, forger = Ca(), certify("middle")
    leaf = certify("officer", forger, ca=False)
    fails("does not match the key", leaf, ca.middle, root=ca.root)


def test_a_root_that_is_not_an_anchor_vouches_for_nobody() -> None:
    ca, other = Ca(), certify("root")
    fails("does not match the key", ca.leaf, ca.middle, root=other)
    fails("the root is not trusted", ca.leaf, ca.middle, root=certify("elsewhere"))


def test_a_root_or_an_authority_is_no_officer() -> None:
    ca = Ca()
    fails("authority's certificate", ca.middle, root=ca.root)
    alone = certify("alone", ca=False)
    fails("itself a trusted root", alone, root=alone)


@pytest.mark.parametrize(
    "uses", [(), ("key_encipherment",), ("key_agreement", "data_encipherment")], ids=str
)
def test_a_certificate_that_is_not_for_signatures_is_refused(uses: tuple[str, ...]) -> None:
    ca = Ca(uses=uses)
    fails("not for signatures", ca.leaf, ca.middle, root=ca.root)


def test_the_gm_certificate_for_encryption_is_refused() -> None:
    with pytest.raises(CertificateInvalid, match="one for signing"):
        check_key_certificate(gm("enc"), [gm("mid")], [gm("root")], NOW_MS)


def test_a_key_of_no_suite_is_refused() -> None:
    ca = Ca(key=new_key("p384"))
    fails("of no suite", ca.leaf, ca.middle, root=ca.root)


@pytest.mark.parametrize("where", ["leaf", "middle"])
def test_a_critical_extension_that_nobody_here_understands_is_refused(where: str) -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    root = certify("root")
    middle = certify("middle", root, extra=[(strange, True)] if where == "middle" else [])
    extra = [(strange, True)] if where == "leaf" else []
    leaf = certify("officer", middle, ca=False, extra=extra)
    fails("not understood", leaf, middle, root=root)


def test_constraints_on_names_are_refused_not_overlooked() -> None:
    root = certify("root")
    names = x509.NameConstraints([x509.DNSName("example")], None)
    middle = certify("middle", root, extra=[(names, True)])
    fails("not understood", certify("officer", middle, ca=False), middle, root=root)


# -- hostile files --------------------------------------------------------------------------------


def test_files_that_hold_something_else_are_refused_with_a_reason() -> None:
    ca = Ca()
    key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    for data, why in (
        (b"", "cannot be read"),
        (b"\x30\x80", "cannot be read"),
        (ca.leaf.der + b"\x00", "cannot be read"),
        (bytes(2**20 + 1), "at most 1048576"),
        (key, "others than CERTIFICATE"),
        (ca.leaf.pem * 33, "more than 32"),
        (b"-----BEGIN CERTIFICATE-----\n!\n", "not PEM|others than"),
    ):
        with pytest.raises(CertificateInvalid, match=why):
            read_certificates(data)


def check_file(data: bytes) -> None:
    (leaf,) = read_certificates(data)
    check_key_certificate(leaf, [gm("mid")], [gm("root")], NOW_MS)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_byte_never_passes_and_never_ends_in_another_error(data: st.DataObject) -> None:
    der = bytearray(gm("sign").der)
    at = data.draw(st.integers(0, len(der) - 1))
    der[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CertificateInvalid):
        check_file(bytes(der))


@given(st.binary(max_size=300))
def test_bytes_of_a_stranger_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(CertificateInvalid):
        check_file(data)
    with pytest.raises(CertificateInvalid):
        read_blocks(b"-----BEGIN X-----\n" + data, "CERTIFICATE")


# -- a real one -----------------------------------------------------------------------------------


def test_a_real_certificate_of_minutes_held_when_it_signed_and_not_an_hour_later() -> None:
    import base64
    import json

    folder = Path(__file__).parents[2].parent / "shared/data/crypto/rfc3161-and-rekor/tsa"
    if not folder.is_dir():
        pytest.skip("needs ../shared: the sigstore bundle of a public package")

    def document(name: str) -> Any:
        return json.loads((folder / name).read_text("utf-8"))

    def certificate(field: dict[str, str]) -> Any:
        return read_certificates(base64.b64decode(field["rawBytes"]))[0]

    leaf = certificate(document("bundle.txt.sigstore")["verificationMaterial"]["certificate"])
    trusted = document("trust_config.json")["trustedRoot"]["certificateAuthorities"][0]
    *others, root = map(certificate, trusted["certChain"]["certificates"])
    found = check_key_certificate(leaf, others, [root], leaf.from_ms + 1000)
    assert found.suite is KeySuite.P256
    with pytest.raises(CertificateInvalid, match="not valid at the time"):
        check_key_certificate(leaf, others, [root], leaf.from_ms + 3_600_000)
