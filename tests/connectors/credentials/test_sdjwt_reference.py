"""The official inputs of RFC 9901, issued, presented and verified both ways with the reference."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from tongjian.connectors.credentials.disclosures import Place
from tongjian.connectors.credentials.jose import Key, Signer, read_jwk
from tongjian.connectors.credentials.multibase import decode_base64url
from tongjian.connectors.credentials.sdjwt import (
    TYPE,
    Asked,
    hidden_places,
    issue,
    present,
    verify,
)

INPUTS = Path(__file__).parents[4] / "shared/data/identity/sd-jwt-rfc9901"
NAMES = (
    "address_only_flat",
    "address_only_recursive",
    "arf-pid",
    "complex_ekyc",
    "simple",
    "simple_structured",
)
if not INPUTS.is_dir():
    pytest.skip("the identity data of ../shared is not on this machine", allow_module_level=True)

yaml = pytest.importorskip("yaml")
jwk = pytest.importorskip("jwcrypto.jwk")
reference = pytest.importorskip("sd_jwt")
common = pytest.importorskip("sd_jwt.common")
issuers = pytest.importorskip("sd_jwt.issuer")
holders = pytest.importorskip("sd_jwt.holder")
verifiers = pytest.importorskip("sd_jwt.verifier")
specifications = pytest.importorskip("sd_jwt.utils.yaml_specification")

SETTINGS = yaml.safe_load((INPUTS / "settings.yml").read_text("utf-8"))
ISSUER = SETTINGS["key_settings"]["issuer_keys"][0]
HOLDER = SETTINGS["key_settings"]["holder_key"]
ASKED = Asked(SETTINGS["identifiers"]["verifier"], SETTINGS["key_binding_nonce"])


def public(private: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in private.items() if name != "d"}


def signer(private: dict[str, str]) -> Signer:
    key = ec.derive_private_key(
        int.from_bytes(decode_base64url(private["d"]), "big"), ec.SECP256R1()
    )

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return Signer(read_jwk(public(private)), sign)


def key_of(_issuer: str, _key_id: str) -> Key:
    return read_jwk(public(ISSUER))


class Input:
    """One official input, with marks for the reference and as places for us."""

    def __init__(self, name: str) -> None:
        specification = specifications.load_yaml_specification(INPUTS / name / "specification.yml")
        times = {"iss": SETTINGS["identifiers"]["issuer"], "iat": SETTINGS["iat"]}
        self.marked = {**times, "exp": SETTINGS["exp"], **specification["user_claims"]}
        self.claims = common_claims(self.marked)
        self.hidden = list(marks(self.marked, ()))
        self.disclosed = specification["holder_disclosed_claims"]
        self.chosen = [one for one in shown(self.disclosed, ()) if one in self.hidden]
        self.bound = specification.get("key_binding", False)
        self.decoys = specification.get("add_decoy_claims", False)
        self.asked = ASKED if self.bound else None


def common_claims(marked: Any) -> Any:
    return specifications.remove_sdobj_wrappers(marked)


def marks(value: Any, here: Place) -> Iterator[Place]:
    """Yield the places that a specification marks with !sd."""
    if isinstance(value, common.SDObj):
        yield here
        value = value.value
    if isinstance(value, dict):
        for name, one in value.items():
            hidden = isinstance(name, common.SDObj)
            inner = (*here, name.value if hidden else name)
            if hidden:
                yield inner
            yield from marks(one, inner)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from marks(one, (*here, index))


def shown(value: Any, here: Place) -> Iterator[Place]:
    """Yield the places that a specification wants to be shown, with those they stand in."""
    if not value:
        return
    yield here
    if isinstance(value, dict):
        for name, one in value.items():
            yield from shown(one, (*here, name))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from shown(one, (*here, index))


def issued_by_us(one: Input) -> str:
    return issue(
        one.claims,
        one.hidden,
        signer(ISSUER),
        holder=read_jwk(public(HOLDER)) if one.bound else None,
        decoys=3 if one.decoys else 0,
    )


def issued_by_reference(one: Input) -> str:
    made = issuers.SDJWTIssuer(
        one.marked,
        jwk.JWK(**ISSUER),
        jwk.JWK(**HOLDER) if one.bound else None,
        add_decoy_claims=one.decoys,
        extra_header_parameters={"typ": TYPE},
    )
    return str(made.sd_jwt_issuance)


def presented_by_us(one: Input, text: str) -> str:
    now = dt.datetime.now(dt.UTC)
    return present(text, one.chosen, asked=one.asked, holder=signer(HOLDER), at=now)


def presented_by_reference(one: Input, text: str) -> str:
    holder = holders.SDJWTHolder(text)
    bound = (ASKED.nonce, ASKED.audience, jwk.JWK(**HOLDER)) if one.bound else ()
    holder.create_presentation(one.disclosed, *bound)
    return str(holder.sd_jwt_presentation)


def verified_by_us(one: Input, text: str) -> Any:
    return verify(text, key_of, at=dt.datetime.now(dt.UTC), asked=one.asked)


def verified_by_reference(one: Input, text: str) -> Any:
    bound = (ASKED.audience, ASKED.nonce) if one.bound else ()
    checked = verifiers.SDJWTVerifier(
        text, lambda _issuer, _header: jwk.JWK(**public(ISSUER)), *bound
    )
    return checked.get_verified_payload()


@pytest.mark.parametrize("issuing", [issued_by_us, issued_by_reference])
@pytest.mark.parametrize("presenting", [presented_by_us, presented_by_reference])
@pytest.mark.parametrize("name", NAMES)
def test_both_verifiers_read_the_same_claims_whoever_issued_and_presented(
    name: str, issuing: Any, presenting: Any
) -> None:
    one = Input(name)
    text = presenting(one, issuing(one))
    ours = verified_by_us(one, text)
    assert ours == json.loads(json.dumps(verified_by_reference(one, text)))
    assert set(hidden_places(text)) == set(one.chosen)


@pytest.mark.parametrize("name", NAMES)
def test_all_disclosures_together_say_all_claims(name: str) -> None:
    one = Input(name)
    one.asked = None
    for text in (issued_by_us(one), issued_by_reference(one)):
        claims = verified_by_us(one, text)
        claims.pop("cnf", None)
        assert claims == one.claims
        assert set(hidden_places(text)) == set(one.hidden)
