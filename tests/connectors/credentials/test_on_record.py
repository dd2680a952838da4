"""The forms of this ledger's credentials: what they say, and what is none of them."""

import datetime as dt
import json
from contextlib import suppress
from typing import Any

import pytest
from credential_town import HOST, SCHOOLS
from hypothesis import given
from hypothesis import strategies as st

from tongjian.connectors.credentials import making, presenting, sdjwt
from tongjian.connectors.credentials.datamodel import check_credential
from tongjian.connectors.credentials.dates import moment_of, text_of
from tongjian.connectors.credentials.didweb import document_of, resolution_of
from tongjian.connectors.credentials.errors import CredentialMalformed, CredentialRefused
from tongjian.connectors.credentials.jose import ES256, Signer, key, read_token
from tongjian.connectors.credentials.registered import Place
from tongjian.connectors.credentials.verifying import read_shown
from tongjian.core.hashing import sha256
from tongjian.core.signatures import KeySuite
from tongjian.core.values import count, height, name, time_ms
from tongjian.node.keys import KeyPair
from tongjian.services.identity.exchange_credentials import commit, did_of, office_of
from tongjian.services.identity.records_credentials import Claim, Did, DidKey

PLACE = Place(HOST, SCHOOLS, 3, "resident", 2, 1, 4711)
FROM_MS, UNTIL_MS = 1_795_060_800_000, 1_826_596_800_000
CLAIMS: dict[str, Any] = {"is_adult": True, "school": "第三小学"}


def signer(text: str, suite: KeySuite = KeySuite.ED25519) -> Signer:
    pair = KeyPair(sha256(text.encode()), sha256, suite)
    algorithm = "EdDSA" if suite is KeySuite.ED25519 else ES256
    return Signer(key(algorithm, pair.public), pair.sign)


def token(suite: KeySuite = KeySuite.ED25519) -> str:
    return making.make_token(
        PLACE,
        CLAIMS,
        signer("office", suite),
        from_ms=FROM_MS,
        until_ms=UNTIL_MS,
        holder=signer("holder").key,
    )


def document() -> dict[str, Any]:
    return making.make_document(
        PLACE,
        CLAIMS,
        signer("office"),
        from_ms=FROM_MS,
        until_ms=UNTIL_MS,
        holder=signer("holder").key,
    )


@pytest.mark.parametrize("suite", [KeySuite.ED25519, KeySuite.P256], ids=lambda one: one.name)
def test_an_sd_jwt_vc_has_the_type_the_names_and_the_key_of_its_standard(suite: KeySuite) -> None:
    """SD-JWT VC, 2.2: typ, vct, iss, exp, cnf, the status; every claim of the type is hidden."""
    held = read_token(token(suite).partition("~")[0])
    assert held.header["typ"] == "dc+sd-jwt"
    assert held.header["kid"] == f"did:web:{HOST}:offices:{SCHOOLS}#key-3"
    assert held.payload["vct"] == "urn:tongjian:credential:resident:2"
    assert held.payload["iss"] == f"did:web:{HOST}:offices:{SCHOOLS}"
    assert (held.payload["iat"], held.payload["exp"]) == (FROM_MS // 1000, UNTIL_MS // 1000)
    assert held.payload["cnf"]["jwk"]["crv"] == "Ed25519"
    statuses = held.payload["credentialStatus"]
    assert [one["statusPurpose"] for one in statuses] == ["revocation", "suspension"]
    assert {one["statusListIndex"] for one in statuses} == {"4711"}
    assert len(held.payload["_sd"]) == len(CLAIMS)
    assert not CLAIMS.keys() & held.payload.keys()
    assert sdjwt.hidden_places(token(suite)) == [("is_adult",), ("school",)]


def test_both_forms_name_the_place_at_which_they_stand() -> None:
    check_credential(document())
    for written in (token(), document()):
        shown = read_shown(presenting.written(written))
        assert shown.place == PLACE
        assert making.commitment(sha256, shown.credential) == making.commitment(sha256, written)


def test_the_commitment_is_over_what_the_issuer_signed_and_no_disclosure() -> None:
    whole = token()
    signed = whole.partition("~")[0]
    assert making.commitment(sha256, whole) == commit(sha256, signed.encode())
    chosen = presenting.present_token(whole, ["is_adult"], None, None, moment_of(FROM_MS))
    assert making.commitment(sha256, chosen) == making.commitment(sha256, whole)
    forged = document()
    forged["proof"] = {**forged["proof"], "created": text_of(FROM_MS + 1000)}
    assert making.commitment(sha256, forged) != making.commitment(sha256, document())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"issuer": "did:web:other.example:offices:1"}, "is not whose key signs"),
        ({"type": ["VerifiableCredential"]}, "not of one type"),
        ({"type": [PLACE.type_url, PLACE.type_url]}, "not of one type"),
        ({"credentialStatus": []}, "not of one place"),
        ({"credentialStatus": {}}, "the status list"),
        ({"proof": {}}, "the key of the issuer"),
        ({"proof": {"verificationMethod": "did:key:z6Mk#key-1"}}, "no office's identifier"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_names_no_place_of_the_ledger_is_none_of_its_credentials(
    change: dict[str, Any], why: str
) -> None:
    data = json.dumps({**document(), **change}).encode()
    with pytest.raises(CredentialMalformed, match=why):
        read_shown(data)


def test_statuses_of_two_places_are_refused() -> None:
    whole = document()
    second = {**whole["credentialStatus"][1], "statusListIndex": "9"}
    data = json.dumps({**whole, "credentialStatus": [whole["credentialStatus"][0], second]})
    with pytest.raises(CredentialMalformed, match="not of one place"):
        read_shown(data.encode())


@given(st.binary(max_size=300) | st.sampled_from([token().encode(), b"{}", b"a.b.c~"]))
def test_reading_ends_in_a_place_or_a_reason(data: bytes) -> None:
    with suppress(CredentialRefused):
        assert len(read_shown(data).place.office) == len(SCHOOLS)


@given(st.data())
def test_no_changed_byte_of_a_credential_leaves_place_and_commitment_as_they_were(
    data: st.DataObject,
) -> None:
    signed = token().partition("~")[0]
    at = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.sampled_from("AZaz09-_.").filter(lambda one: one != signed[at]))
    changed = signed[:at] + other + signed[at + 1 :]
    assert making.commitment(sha256, changed) != making.commitment(sha256, signed)


KINDS = [Claim(name=name(f"a_{kind}"), kind=kind) for kind in ("boolean", "integer", "date")] + [
    Claim(name=name("a_code"), kind="code"),
    Claim(name=name("a_text"), kind="text"),
]


@pytest.mark.parametrize(
    "claims",
    [
        {"a_boolean": False, "a_integer": -3, "a_date": "2026-02-28", "a_code": "990106"},
        {"a_text": "第三小学"},
    ],
    ids=["plain", "text"],
)
def test_claims_of_their_kinds_pass(claims: dict[str, Any]) -> None:
    making.check_claims(KINDS, claims)


@pytest.mark.parametrize(
    "claims",
    [
        {"a_boolean": 1},
        {"a_boolean": "true"},
        {"a_integer": True},
        {"a_integer": 2**53},
        {"a_integer": 1.5},
        {"a_date": "2026-13-01"},
        {"a_date": "20260101"},
        {"a_code": "with space"},
        {"a_code": 5},
        {"a_text": "x" * 1001},
        {"a_text": None},
        {"another": True},
    ],
    ids=lambda claims: "-".join(f"{k}_{str(v)[:12]}" for k, v in claims.items()),
)
def test_claims_that_the_type_does_not_declare_so_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(CredentialMalformed):
        making.check_claims(KINDS, claims)


def test_a_did_names_host_and_office_and_no_other_did_is_an_offices() -> None:
    assert office_of(did_of(HOST, SCHOOLS)) == (HOST, SCHOOLS)
    for other in ("did:web:host", f"did:key:{HOST}:offices:{SCHOOLS}", "did:web:h:firms:1"):
        assert office_of(other) is None


def did_key_row(text: str, revoked: int = 0, end: Any = None, suite: int = 1) -> DidKey:
    return DidKey(
        suite=suite,
        public=signer(text, KeySuite(suite)).key.public,
        from_height=height(1),
        until_ms=time_ms(UNTIL_MS),
        revoked_height=height(revoked),
        end=end,
    )


def test_a_did_document_keeps_rotated_keys_and_drops_stolen_and_lost_ones() -> None:
    did = Did(host=HOST, keys=count(4), status="active", updated_height=height(9))
    keys = [
        did_key_row("a", 5, "rotated"),
        did_key_row("b", 5, "compromised"),
        did_key_row("c", 99, "lost"),
        did_key_row("d", suite=3),
    ]
    found = document_of(SCHOOLS, did, keys, 9)
    kinds = {one["id"].partition("#")[2]: one["type"] for one in found["verificationMethod"]}
    assert kinds == {"key-1": "Multikey", "key-3": "Multikey", "key-4": "JsonWebKey"}
    assert found["assertionMethod"] == [one["id"] for one in found["verificationMethod"]]
    assert [
        one["id"][-5:] for one in document_of(SCHOOLS, did, keys, 99)["verificationMethod"]
    ] == [
        "key-1",
        "key-4",
    ]


def test_a_deactivated_did_has_no_keys_and_says_so() -> None:
    did = Did(host=HOST, keys=count(1), status="deactivated", updated_height=height(7))
    found = resolution_of(SCHOOLS, did, [did_key_row("a")], 9)
    assert found["didDocument"]["verificationMethod"] == []
    assert found["didDocumentMetadata"] == {"deactivated": True, "versionId": "7"}


def test_the_moments_of_a_credential_are_in_whole_seconds() -> None:
    assert text_of(FROM_MS + 999) == "2026-11-19T04:00:00Z"
    assert moment_of(FROM_MS) == dt.datetime(2026, 11, 19, 4, tzinfo=dt.UTC)
    assert moment_of(2**62).year == 9999
