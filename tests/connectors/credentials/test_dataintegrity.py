"""Proofs of eddsa-jcs-2022: the official vectors to the byte, and what must not hold."""

import datetime as dt
import json
import struct
from collections.abc import Callable
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tongjian.connectors import strictjson
from tongjian.connectors.credentials.dataintegrity import (
    AUTHENTICATION,
    create_proof,
    signed_bytes,
    verify_proof,
)
from tongjian.connectors.credentials.documents import read_document
from tongjian.connectors.credentials.errors import (
    CredentialMalformed,
    CredentialRefused,
    OutsidePeriod,
    ProofInvalid,
)
from tongjian.connectors.credentials.jcs import canonical
from tongjian.connectors.credentials.multibase import (
    decode_base58,
    decode_base64url,
    did_key_method,
    encode_base58,
    encode_base64url,
    public_of_did_key,
)

VECTORS = Path(__file__).parents[4] / "shared/data/identity/vc-di-eddsa-1.0"
JCS = VECTORS / "eddsa-jcs-2022"
NOON = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
KEY = SigningKey(bytes(range(32)))
METHOD = did_key_method(bytes(KEY.verify_key))
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the identity data of ../shared is not on this machine"
)


def signer(key: SigningKey) -> Callable[[bytes], bytes]:
    return lambda message: key.sign(message).signature


def document(**fields: Any) -> dict[str, Any]:
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": "did:web:office.example",
        "credentialSubject": {"id": "did:example:subject", "years": 12},
        **fields,
    }


def secured(**members: Any) -> dict[str, Any]:
    options = {"method": METHOD, "created": "2026-10-01T00:00:00Z", **members}
    return create_proof(document(), signer(KEY), **options)


def official_key() -> SigningKey:
    pair = json.loads((VECTORS / "keyPair.json").read_bytes())
    # Two bytes of multicodec before the seed.
    return SigningKey(decode_base58(pair["privateKeyMultibase"])[2:])


@needs_vectors
def test_every_intermediate_value_of_the_official_vector_is_reached() -> None:
    unsigned = read_document((VECTORS / "unsigned.json").read_bytes())
    options = read_document((JCS / "proofConfigJCS.json").read_bytes())
    assert canonical(unsigned) == (JCS / "canonDocJCS.txt").read_bytes()
    assert canonical(options) == (JCS / "proofCanonJCS.txt").read_bytes()
    assert sha256(canonical(unsigned)).hexdigest() == (JCS / "docHashJCS.txt").read_text()
    assert sha256(canonical(options)).hexdigest() == (JCS / "proofHashJCS.txt").read_text()
    assert signed_bytes(unsigned, options).hex() == (JCS / "combinedHashJCS.txt").read_text()


@needs_vectors
def test_the_official_proof_is_made_to_the_byte_and_holds() -> None:
    unsigned = read_document((VECTORS / "unsigned.json").read_bytes())
    options = read_document((JCS / "proofConfigJCS.json").read_bytes())
    signed = read_document((JCS / "signedJCS.json").read_bytes())
    made = create_proof(
        unsigned,
        signer(official_key()),
        method=options["verificationMethod"],
        created=options["created"],
    )
    assert made == signed
    value = made["proof"]["proofValue"]
    assert value == (JCS / "sigBTC58JCS.txt").read_text()
    assert decode_base58(value).hex() == (JCS / "sigHexJCS.txt").read_text()
    assert verify_proof(signed, public_of_did_key, at=NOON) == unsigned


@needs_vectors
def test_a_proof_of_another_suite_is_not_read() -> None:
    other = VECTORS / "eddsa-rdfc-2022/signedDataInt.json"
    with pytest.raises(CredentialMalformed, match="only eddsa-jcs-2022"):
        verify_proof(read_document(other.read_bytes()), public_of_did_key, at=NOON)


def altered(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    whole = deepcopy(secured(expires="2026-12-01T00:00:00Z", domain="desk.example"))
    inner = whole
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return whole


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("credentialSubject", "years"), 13),
        (("credentialSubject", "more"), True),
        (("issuer",), "did:web:other.example"),
        (("proof", "created"), "2026-10-02T00:00:00Z"),
        (("proof", "expires"), "2027-12-01T00:00:00Z"),
        (("proof", "domain"), "other.example"),
        (("proof", "verificationMethod"), did_key_method(bytes(SigningKey(b"9" * 32).verify_key))),
        (("proof", "proofValue"), encode_base58(b"\x01" * 64)),
        (("proof", "proofValue"), encode_base58(bytes(63))),
        (("proof", "@context"), ["https://www.w3.org/ns/credentials/v3"]),
        (("@context",), ["https://elsewhere.example/v1"]),
    ],
)
def test_nothing_under_a_proof_can_be_changed(path: tuple[str, ...], value: Any) -> None:
    with pytest.raises(ProofInvalid):
        verify_proof(altered(path, value), public_of_did_key, at=NOON)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("proof",), None),
        (("proof",), [{}]),
        (("proof", "proofValue"), 5),
        (("proof", "proofValue"), "z0"),
        (("proof", "proofValue"), "z" + "2" * 400),
        (("proof", "created"), "yesterday"),
        (("proof", "verificationMethod"), "did:web:office.example#1"),
        (("proof", "verificationMethod"), "did:key:z6Mk#z6Mk"),
    ],
)
def test_what_is_no_proof_is_refused_as_malformed(path: tuple[str, ...], value: Any) -> None:
    with pytest.raises(CredentialMalformed):
        verify_proof(altered(path, value), public_of_did_key, at=NOON)


def test_a_proof_is_refused_before_it_was_made_and_after_it_expired() -> None:
    whole = secured(expires="2026-12-01T00:00:00Z")
    with pytest.raises(OutsidePeriod, match="made only"):
        verify_proof(whole, public_of_did_key, at=NOON - dt.timedelta(days=60))
    with pytest.raises(OutsidePeriod, match="expired"):
        verify_proof(whole, public_of_did_key, at=NOON + dt.timedelta(days=60))


def test_a_proof_for_another_purpose_domain_or_challenge_is_refused() -> None:
    whole = secured(purpose=AUTHENTICATION, domain="desk.example", challenge="952-1")
    asked = {"purpose": AUTHENTICATION, "domain": "desk.example", "challenge": "952-1"}
    assert verify_proof(whole, public_of_did_key, at=NOON, **asked) == document()
    for name in asked:
        with pytest.raises(ProofInvalid, match="not the one asked for"):
            verify_proof(whole, public_of_did_key, at=NOON, **{**asked, name: "other"})


def test_a_context_added_after_the_signature_is_no_part_of_the_answer() -> None:
    whole = secured()
    whole["@context"] = [*whole["@context"], {"years": "https://elsewhere.example/#months"}]
    assert verify_proof(whole, public_of_did_key, at=NOON) == document()
    whole["@context"].reverse()
    with pytest.raises(ProofInvalid, match="contexts of its proof"):
        verify_proof(whole, public_of_did_key, at=NOON)


def test_a_second_proof_is_not_made_over_a_first() -> None:
    with pytest.raises(CredentialMalformed, match="has a proof"):
        create_proof(secured(), signer(KEY), method=METHOD, created="2026-10-01T00:00:00Z")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        # RFC 8785, appendix B, and 3.2.2.
        ("-0", "0"),
        ("5e-324", None),
        ("9007199254740992", "9007199254740992"),
        ("295147905179352830000", "295147905179352830000"),
        ("9.999999999999997e22", "9.999999999999997e+22"),
        ("1e23", "1e+23"),
        ("1E30", "1e+30"),
        ("999999999999999900000", "999999999999999900000"),
        ("1e21", "1e+21"),
        ("9.999999999999997e-7", "9.999999999999997e-7"),
        ("0.000001", "0.000001"),
        ("333333333.3333332", "333333333.3333332"),
        ("-0.0000033333333333333333", "-0.0000033333333333333333"),
        ("4.50", "4.5"),
        ("2e-3", "0.002"),
        ("0.000000000000000000000000001", "1e-27"),
        # What a double cannot carry.
        ("333333333.33333329", None),
        ("9007199254740993", None),
    ],
)
def test_a_number_has_the_text_of_ecmascript_or_none(written: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(CredentialRefused):
            canonical(read_document(b'{"n":%b}' % written.encode()))
        return
    assert canonical(read_document(b'{"n":%b}' % written.encode())) == b'{"n":%b}' % text.encode()


def test_names_are_in_order_of_utf_16_and_texts_are_escaped_as_rfc_8785_says() -> None:
    # RFC 8785, 3.2.3 and 3.2.2.2.
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    data = canonical(dict.fromkeys(names, '\u20ac$\x0f\nA\'B"\\\\"/\x7f'))
    assert list(json.loads(data)) == ["\r", "1", "\x80", "ö", "€", "\U0001f600", "\ufb33"]
    assert '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'.encode() in data


@given(st.integers(0, 2**64 - 1))
def test_every_double_within_bounds_reads_back_as_itself(bits: int) -> None:
    (number,) = struct.unpack("<d", bits.to_bytes(8, "little"))
    try:
        value = strictjson.parse(json.dumps(number).encode())
    except strictjson.Malformed:
        return
    assert float(canonical(value)) == number


@given(st.binary(max_size=80))
def test_multibase_texts_read_back_as_their_bytes(data: bytes) -> None:
    assert decode_base58(encode_base58(data)) == data
    assert decode_base64url(encode_base64url(data)) == data


@pytest.mark.parametrize("text", ["AB==", "A", "AB", "A+/A", "A A", "Ａ"])
def test_a_second_spelling_of_base64url_is_refused(text: str) -> None:
    with pytest.raises(CredentialMalformed):
        decode_base64url(text)
