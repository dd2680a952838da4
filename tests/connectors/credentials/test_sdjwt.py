"""SD-JWT: what a holder shows is what a verifier reads, and nothing else holds."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tongjian.connectors.credentials.disclosures import DISCLOSURES_MAX, digest_of
from tongjian.connectors.credentials.errors import (
    CredentialMalformed,
    CredentialRefused,
    OutsidePeriod,
    ProofInvalid,
    StatusRefused,
)
from tongjian.connectors.credentials.jose import (
    EDDSA,
    Key,
    Signer,
    jwk_of,
    key,
    read_jwk,
    sign_token,
)
from tongjian.connectors.credentials.multibase import decode_base64url, encode_base64url
from tongjian.connectors.credentials.sdjwt import (
    BINDING_TYPE,
    Asked,
    hidden_places,
    issue,
    present,
    verify,
)
from tongjian.connectors.credentials.statuslist import (
    empty_list,
    list_credential,
    status_entry,
    with_status,
)

NOON = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
ASKED = Asked("https://desk.example", "952-1")
URL = "https://office.example/status/3"
CLAIMS: dict[str, Any] = {
    "iss": "did:web:office.example",
    "vct": "https://office.example/teacher",
    "nbf": int(NOON.timestamp()) - 3600,
    "exp": int(NOON.timestamp()) + 3600,
    "credentialStatus": status_entry(URL, 7, "revocation"),
    "adult": True,
    "region": "990106",
    "subjects": ["语文", "maths"],
    "school": {"name": "第一中学", "year": 2019},
}
HIDDEN = [("adult",), ("region",), ("subjects", 0), ("subjects", 1), ("school",)]
HIDDEN_DEEP = [*HIDDEN, ("school", "name"), ("school", "year")]


def signer(seed: bytes) -> Signer:
    private = SigningKey(seed)
    return Signer(
        key(EDDSA, bytes(private.verify_key)), lambda message: private.sign(message).signature
    )


ISSUER, HOLDER, THIEF = signer(b"i" * 32), signer(b"h" * 32), signer(b"t" * 32)
LISTS = {URL: list_credential(URL, CLAIMS["iss"], "revocation", empty_list())}


def key_of(issuer: str, key_id: str) -> Key:
    if (issuer, key_id) != (CLAIMS["iss"], "key-1"):
        raise ProofInvalid("the issuer is not registered", "the registry of this test")
    return ISSUER.key


def issued(hidden: Any = HIDDEN_DEEP, **fields: Any) -> str:
    return issue(
        {**CLAIMS, **fields}, hidden, ISSUER, holder=HOLDER.key, header={"kid": "key-1"}, decoys=2
    )


def presented(*chosen: Any, holder: Signer = HOLDER, asked: Asked = ASKED, text: str = "") -> str:
    return present(text or issued(), chosen, asked=asked, holder=holder, at=NOON)


def checked(text: str, **options: Any) -> Any:
    return verify(text, key_of, **{"at": NOON, "asked": ASKED, "lists": LISTS, **options})


def test_a_verifier_reads_the_chosen_claims_and_learns_no_other() -> None:
    text = presented(("adult",), ("subjects", 1), ("school", "year"))
    claims = checked(text)
    assert claims["adult"] is True
    assert claims["subjects"] == ["maths"]
    assert claims["school"] == {"year": 2019}
    assert "region" not in claims
    seen = b"".join(decode_base64url(part) for part in text.replace(".", "~").split("~"))
    for hidden in ("990106", "语文", "第一中学"):
        assert hidden.encode() not in seen
    assert hidden_places(text) == [("adult",), ("school",), ("school", "year"), ("subjects", 1)]


def test_two_tokens_of_one_person_have_no_digest_in_common() -> None:
    payloads = [json.loads(decode_base64url(issued().split(".")[1])) for _ in range(2)]
    assert len(payloads[0]["_sd"]) == 3 + 2
    assert not set(payloads[0]["_sd"]) & set(payloads[1]["_sd"])
    assert payloads[0]["_sd"] == sorted(payloads[0]["_sd"])


def test_an_added_disclosure_is_refused() -> None:
    other = encode_base64url(json.dumps(["salt", "mayor", True]).encode())
    jwt, rest = presented(("adult",)).split("~", 1)
    with pytest.raises(ProofInvalid, match="did not sign"):
        checked(f"{jwt}~{other}~{rest}")
    unbound = present(issued(), [("adult",)])
    with pytest.raises(ProofInvalid, match="did not sign"):
        checked(f"{unbound}{other}~", asked=None)


def test_a_disclosure_of_the_issuer_cannot_be_added_or_dropped_on_the_way() -> None:
    whole = issued()
    jwt, mine, binding = presented(("adult",), text=whole).split("~")
    more = next(
        part for part in whole.split("~")[1:] if part != mine and b"region" in part_of(part)
    )
    for changed in (f"{jwt}~{mine}~{more}~{binding}", f"{jwt}~{binding}"):
        with pytest.raises(ProofInvalid, match="sd_hash"):
            checked(changed)
    with pytest.raises(CredentialMalformed, match="there twice"):
        checked(f"{jwt}~{mine}~{mine}~{binding}")


def part_of(text: str) -> bytes:
    return decode_base64url(text)


def test_a_changed_disclosure_is_refused() -> None:
    jwt, mine, binding = presented(("adult",)).split("~")
    changed = encode_base64url(part_of(mine).replace(b"true", b"null"))
    with pytest.raises(ProofInvalid, match="did not sign"):
        checked(f"{jwt}~{changed}~{binding}")


def test_another_audience_or_nonce_is_refused() -> None:
    text = presented(("adult",))
    with pytest.raises(ProofInvalid, match="aud of the binding"):
        checked(text, asked=Asked("https://other.example", ASKED.nonce))
    with pytest.raises(ProofInvalid, match="nonce of the binding"):
        checked(text, asked=Asked(ASKED.audience, "952-2"))


def test_a_presentation_needs_the_binding_that_was_asked_for_and_no_other() -> None:
    with pytest.raises(ProofInvalid, match="not bound"):
        checked(present(issued(), []))
    with pytest.raises(ProofInvalid, match="say which"):
        checked(presented(), asked=None)
    with pytest.raises(ProofInvalid, match="does not match"):
        checked(presented(holder=THIEF))
    unnamed = issue(CLAIMS, [], ISSUER, header={"kid": "key-1"})
    with pytest.raises(ProofInvalid, match="names no key"):
        checked(presented(text=unnamed))
    with pytest.raises(ValueError, match="needs the holder"):
        present(issued(), [], asked=ASKED)


def test_a_binding_is_fresh_or_refused() -> None:
    text = presented()
    checked(text, at=NOON + 300 * SECOND)
    with pytest.raises(OutsidePeriod, match="ask again"):
        checked(text, at=NOON + 301 * SECOND)
    with pytest.raises(OutsidePeriod, match="made only"):
        checked(text, at=NOON - 61 * SECOND)


def test_a_binding_of_another_type_or_without_a_time_is_refused() -> None:
    bound = present(issued(), [])
    said = {"aud": ASKED.audience, "nonce": ASKED.nonce, "sd_hash": digest_of(bound)}
    with pytest.raises(ProofInvalid, match="no kb"):
        checked(bound + sign_token({"typ": "jwt"}, {**said, "iat": 1}, HOLDER))
    for time in ({}, {"iat": "now"}, {"iat": True}):
        with pytest.raises(CredentialMalformed, match="iat"):
            checked(bound + sign_token({"typ": BINDING_TYPE}, {**said, **time}, HOLDER))


def test_a_credential_is_refused_before_and_after_its_period() -> None:
    text = present(issued(), [])
    checked(text, asked=None, at=NOON - 3600 * SECOND)
    checked(text, asked=None, at=NOON + 3599 * SECOND)
    with pytest.raises(OutsidePeriod, match="expired"):
        checked(text, asked=None, at=NOON + 3600 * SECOND)
    with pytest.raises(OutsidePeriod, match="valid only from"):
        checked(text, asked=None, at=NOON - 3601 * SECOND)


def test_a_revoked_credential_or_an_expired_or_missing_list_is_refused() -> None:
    text = presented()
    revoked = list_credential(URL, CLAIMS["iss"], "revocation", with_status(empty_list(), 7, 1))
    with pytest.raises(StatusRefused, match="revocation"):
        checked(text, lists={URL: revoked})
    old = {**LISTS[URL], "validUntil": "2026-11-01T11:59:59Z"}
    with pytest.raises(OutsidePeriod, match="expired"):
        checked(text, lists={URL: old})
    with pytest.raises(StatusRefused, match="not given"):
        checked(text, lists=None)
    with pytest.raises(StatusRefused, match="cannot be known"):
        checked(presented(text=issued(status={"status_list": {"idx": 1, "uri": URL}})))


def test_a_token_of_another_key_type_or_algorithm_is_refused() -> None:
    def made(header: dict[str, Any], by: Signer = ISSUER) -> str:
        return issue(CLAIMS, [], by, header={"kid": "key-1", **header})

    checked(made({}), asked=None)
    with pytest.raises(ProofInvalid, match="does not match"):
        checked(made({}, THIEF), asked=None)
    for header, why in (
        ({"typ": "jwt"}, "none of"),
        ({"alg": "none"}, "the key by EdDSA"),
        ({"alg": "HS256"}, "the key by EdDSA"),
        ({"crit": ["exp"]}, "extensions"),
    ):
        with pytest.raises(ProofInvalid, match=why):
            checked(made(header), asked=None)


def test_an_issuer_that_is_not_registered_is_refused() -> None:
    with pytest.raises(ProofInvalid, match="not registered"):
        checked(presented(text=issued(iss="did:web:other.example")))


def signed(payload: dict[str, Any], *disclosures: Any) -> str:
    texts = [encode_base64url(json.dumps(one).encode()) for one in disclosures]
    digests = {f"D{at}": digest_of(text) for at, text in enumerate(texts)}
    whole = json.dumps({"iss": CLAIMS["iss"], **payload})
    for mark, digest in digests.items():
        whole = whole.replace(mark, digest)
    token = sign_token({"typ": "dc+sd-jwt", "kid": "key-1"}, json.loads(whole), ISSUER)
    return "~".join((token, *texts, ""))


@pytest.mark.parametrize(
    ("payload", "disclosures", "why"),
    [
        ({"_sd": ["D0", "D0"]}, [["s", "a", 1]], "digest is there twice"),
        ({"_sd": ["D0"], "x": {"_sd": ["D0"]}}, [["s", "a", 1]], "digest is there twice"),
        ({"_sd": ["D0"], "a": 2}, [["s", "a", 1]], "told twice"),
        ({"_sd": ["D0", "D1"]}, [["s", "a", 1], ["t", "a", 2]], "told twice"),
        ({"_sd": ["D0"]}, [["s", "_sd_alg", 1]], "told twice"),
        ({"_sd": ["D0"]}, [["s", 1]], "stands for a member"),
        ({"x": [{"...": "D0"}]}, [["s", "a", 1]], "stands for an item"),
        ({"_sd": ["D0"]}, [["s", "_sd", []]], "no name"),
        ({"_sd": ["D0"]}, [["s", "...", 1]], "no name"),
        ({"_sd": ["D0"]}, [["s", 5, 1]], "no name"),
        ({"_sd": ["D0"]}, [[5, "a", 1]], "salt"),
        ({"_sd": ["D0"]}, [["s"]], "two or three"),
        ({"_sd": ["D0"]}, [{"a": 1}], "two or three"),
        ({"_sd": "D0"}, [], "no list"),
        ({"_sd": [5]}, [], "no text"),
        ({"x": [{"...": "D0", "y": 1}]}, [["s", 1]], "no name"),
        ({"_sd_alg": "md5"}, [], "only sha-256"),
        ({"exp": "soon"}, [], "exp"),
    ],
)
def test_digests_and_disclosures_that_do_not_fit_are_refused(
    payload: dict[str, Any], disclosures: list[Any], why: str
) -> None:
    with pytest.raises(CredentialRefused, match=why):
        checked(signed(payload, *disclosures), asked=None)


def test_disclosures_within_one_another_do_not_exhaust_the_stack() -> None:
    inner: list[Any] = ["s", "a", 1]
    texts: list[str] = []
    for _ in range(500):
        texts.append(encode_base64url(json.dumps(inner).encode()))
        inner = ["s", "a", {"_sd": [digest_of(texts[-1])]}]
    token = signed(inner[2]).removesuffix("~")
    with pytest.raises(CredentialMalformed, match="nested deeper"):
        checked("~".join((token, *texts, "")), asked=None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        "a.b.c~",
        "....~",
        "é~",
        "A" * 600_000,
        "e30.e30." + "A" * 86 + "~" * (DISCLOSURES_MAX + 3),
        "e30.e30." + "A" * 86 + "~" + encode_base64url(b"[" * 50_000) + "~",
    ],
    ids=["empty", "mark", "parts", "dots", "letters", "long", "many", "deep"],
)
def test_a_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(CredentialMalformed):
        checked(text)


def test_a_place_that_cannot_be_hidden_or_shown_is_refused() -> None:
    for place in (("exp",), ("cnf",), ("credentialStatus",), ("nobody",), ("subjects", 2)):
        with pytest.raises(CredentialMalformed):
            issued([place])
    for name in ("_sd", "...", "_sd_alg"):
        with pytest.raises(CredentialMalformed, match="no name for a claim"):
            issued(**{name: []})
    with pytest.raises(CredentialMalformed, match="hides no claim"):
        presented(("vct",))


@pytest.mark.parametrize(
    "fields",
    [{"d": "AA"}, {"crv": "X25519"}, {"x": "AA"}, {"x": 5}, {"x": "A" * 43}, {"kty": "EC"}],
)
def test_a_key_that_is_not_one_is_refused(fields: dict[str, Any]) -> None:
    assert read_jwk(jwk_of(HOLDER.key)) == HOLDER.key
    with pytest.raises(CredentialMalformed):
        read_jwk({**jwk_of(HOLDER.key), **fields})


WHOLE = presented(("adult",), ("school", "name"))
CLEAR = checked(WHOLE)


@given(st.integers(0, len(WHOLE) - 1), st.characters(max_codepoint=0x7F))
def test_no_character_of_a_presentation_can_be_changed(at: int, character: str) -> None:
    changed = WHOLE[:at] + character + WHOLE[at + 1 :]
    if changed == WHOLE:
        assert checked(changed) == CLEAR
        return
    with pytest.raises(CredentialRefused):
        checked(changed)
