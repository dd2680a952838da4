"""SD-JWT (RFC 9901): issued once, presented with chosen claims only, to one verifier, once.

Whether a nonce was used before is for the verifier to remember; everything else is decided here.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from secrets import token_bytes
from typing import Any, Final, NamedTuple

from tongjian.connectors.credentials.datamodel import NO_CONTEXTS
from tongjian.connectors.credentials.disclosures import (
    ALGORITHM,
    SHA_256,
    Disclosure,
    Place,
    digest_of,
    hide,
    read_disclosures,
    reveal,
)
from tongjian.connectors.credentials.documents import quoted
from tongjian.connectors.credentials.errors import (
    CredentialMalformed,
    OutsidePeriod,
    ProofInvalid,
    StatusRefused,
)
from tongjian.connectors.credentials.jose import (
    TOKEN_CHARACTERS_MAX,
    Key,
    Signer,
    Token,
    jwk_of,
    read_jwk,
    read_token,
    sign_token,
)
from tongjian.connectors.credentials.multibase import encode_base64url
from tongjian.connectors.credentials.statuslist import check_status
from tongjian.connectors.jsonfields import is_object, member
from tongjian.connectors.strictjson import Json

TYPE: Final = "dc+sd-jwt"
TYPES: Final = (TYPE, "vc+sd-jwt")
"""What a header calls an SD-JWT VC, and what it called it up to draft 6."""
BINDING_TYPE: Final = "kb+jwt"
BINDING_AGE_SECONDS_MAX: Final = 300
SKEW_SECONDS_MAX: Final = 60
"""By which clocks of holder and verifier may differ."""
NEVER_HIDDEN: Final = frozenset(
    ("aud", "cnf", "credentialStatus", "exp", "iss", "nbf", "status", "vct", "vct#integrity")
)
"""At the top: kept back, they would make a credential look better than it is (RFC 9901, 9.7)."""
_SALT_BYTES: Final = 16


class Asked(NamedTuple):
    """What a verifier asked a holder for."""

    audience: str
    nonce: str
    """New and random for each request; the verifier accepts it once."""


class Parts(NamedTuple):
    """A token in its parts; nothing in it is verified."""

    token: Token
    disclosures: dict[str, Disclosure]
    binding: str
    """Of the key: a signed token, or an empty text."""
    bound: str
    """What the binding is over."""


def new_salt() -> str:
    """Return a text of 128 random bits."""
    return encode_base64url(token_bytes(_SALT_BYTES))


def issue(
    claims: Json,
    hidden: Iterable[Place],
    signer: Signer,
    *,
    holder: Key | None = None,
    header: Mapping[str, str] | None = None,
    decoys: int = 0,
    salt: Callable[[], str] = new_salt,
) -> str:
    """Return a signed SD-JWT with all its disclosures.

    Args:
        claims: All of them, those of the issuer (`iss`, `exp`, `vct`, …) included.
        hidden: Places of claims that the holder may keep back.
        signer: The issuer's.
        holder: Key that a presentation must be bound to.
        header: More of the header, such as `kid`; `typ` is `dc+sd-jwt` unless given.
        decoys: Digests of nothing, in each object that hides a member.
        salt: Gives a new text of at least 128 random bits at each call.

    Raises `CredentialMalformed` for places that cannot be hidden.
    """
    places = list(hidden)
    for place in places:
        if len(place) == 1 and place[0] in NEVER_HIDDEN:
            raise CredentialMalformed(f"{place[0]} must not be hidden", "RFC 9901, 9.7")
    payload, texts = hide(claims, places, salt, decoys)
    payload[ALGORITHM] = SHA_256
    if holder is not None:
        payload["cnf"] = {"jwk": jwk_of(holder)}
    signed = sign_token({"typ": TYPE, **(header or {})}, payload, signer)
    return "~".join((signed, *texts, ""))


def hidden_places(text: str) -> list[Place]:
    """Return the places of the claims that a token discloses, in order.

    Raises `CredentialRefused`; signatures are not verified.
    """
    parts = _split(text)
    _, shown = reveal(parts.token.payload, parts.disclosures)
    return sorted((one.place for one in shown.values()), key=lambda place: [*map(str, place)])


def present(
    text: str,
    chosen: Iterable[Place],
    *,
    asked: Asked | None = None,
    holder: Signer | None = None,
    at: dt.datetime | None = None,
) -> str:
    """Return a token with the chosen claims only, bound to what a verifier asked.

    Args:
        text: What the issuer gave.
        chosen: Places of claims to show; what one stands in is shown with it, what stands in it
            and is hidden by itself is not.
        asked: By the verifier; none for a presentation that is not bound.
        holder: Signs the binding; needed with `asked`.
        at: The moment of the binding, with an offset; needed with `asked`.

    Raises `CredentialRefused` for a token that does not hold together, or a place without a
    disclosure.
    """
    parts = _split(text)
    _, shown = reveal(parts.token.payload, parts.disclosures)
    places = {one.place: digest for digest, one in shown.items()}
    wanted: set[str] = set()
    for place in chosen:
        if place not in places:
            msg = f"the token hides no claim at {quoted(str(place))}"
            raise CredentialMalformed(msg, "RFC 9901, 7.2")
        wanted.update((places[place], *shown[places[place]].within))
    kept = [one.text for digest, one in parts.disclosures.items() if digest in wanted]
    bound = "~".join((text.partition("~")[0], *kept, ""))
    if asked is None:
        return bound
    if holder is None or at is None:
        msg = "a bound presentation needs the holder's signer and the moment"
        raise ValueError(msg)
    payload: Json = {
        "iat": int(at.timestamp()),
        "aud": asked.audience,
        "nonce": asked.nonce,
        "sd_hash": digest_of(bound),
    }
    return bound + sign_token({"typ": BINDING_TYPE}, payload, holder)


def verify(
    text: str,
    key_of: Callable[[str, str], Key],
    *,
    at: dt.datetime,
    asked: Asked | None = None,
    types: tuple[str, ...] = TYPES,
    lists: Mapping[str, Json] | None = None,
    contexts: Mapping[str, Json] = NO_CONTEXTS,
) -> Json:
    """Return the claims of a presentation once everything about it holds.

    Args:
        text: What the holder sent.
        key_of: Gives the key of an issuer, by `iss` and `kid` (empty where there is none); it
            raises for an issuer that is not trusted.
        at: The moment in question, with an offset.
        asked: What the verifier asked for; none takes presentations that are not bound, and no
            others.
        types: What `typ` of the header may be.
        lists: Verified status lists by URL: see `check_status`.
        contexts: For the status lists: the content of further contexts, by URL.

    Raises `ProofInvalid`, `OutsidePeriod`, `StatusRefused` or `CredentialMalformed`.
    """
    parts = _split(text)
    header, payload = parts.token.header, parts.token.payload
    if header.get("typ") not in types:
        msg = f"the token is a {quoted(header.get('typ'))}, none of {', '.join(types)}"
        raise ProofInvalid(msg, "RFC 8725, 3.11; SD-JWT VC, 2.2.1")
    issuer, key_id = payload.get("iss", ""), header.get("kid", "")
    if not isinstance(issuer, str) or not isinstance(key_id, str):
        raise CredentialMalformed("iss or kid is no text", "RFC 7519, 4.1.1; RFC 7515, 4.1.4")
    parts.token.verify(key_of(issuer, key_id))
    claims, _ = reveal(payload, parts.disclosures)
    _check_period(claims, at)
    _check_binding(parts, asked, at)
    if "status" in claims:
        msg = "the status is in a Token Status List, which is not read here: it cannot be known"
        raise StatusRefused(msg, "SD-JWT VC, 2.2.2.2")
    check_status(claims, lists or {}, at, contexts)
    return claims


def verify_binding(text: str, asked: Asked, *, at: dt.datetime) -> None:
    """Check only that the holder's key answered what was asked, over exactly what is shown.

    The holder's key is the one that the token names: `verify` says whether its issuer signed that.
    Raises `ProofInvalid`, `OutsidePeriod` or `CredentialMalformed`.
    """
    _check_binding(_split(text), asked, at)


def _split(text: str) -> Parts:
    if len(text) > TOKEN_CHARACTERS_MAX or not text.isascii():
        msg = f"the token has over {TOKEN_CHARACTERS_MAX} characters, or some beyond ASCII"
        raise CredentialMalformed(msg, "limit of this reader; RFC 9901, 4")
    signed, *texts = text.split("~")
    if not texts:
        raise CredentialMalformed("the token has no ~: it is no SD-JWT", "RFC 9901, 4")
    binding = texts.pop()
    bound = text.removesuffix(binding)
    return Parts(read_token(signed), read_disclosures(texts), binding, bound)


def _number(claims: Json, name: str) -> int | Decimal | None:
    value: Any = claims.get(name)
    if name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise CredentialMalformed(f"{name} is no number of seconds", "RFC 7519, 2, NumericDate")
    return value


def _check_period(claims: Json, at: dt.datetime) -> None:
    now = int(at.timestamp())
    ends, starts = _number(claims, "exp"), _number(claims, "nbf")
    if ends is not None and now >= ends:
        raise OutsidePeriod(f"the credential expired at {ends}", "RFC 7519, 4.1.4")
    if starts is not None and now < starts:
        raise OutsidePeriod(f"the credential is valid only from {starts}", "RFC 7519, 4.1.5")


def _check_binding(parts: Parts, asked: Asked | None, at: dt.datetime) -> None:
    rule = "RFC 9901, 7.3"
    if asked is None:
        if parts.binding:
            msg = "the presentation is bound to an audience and a nonce: say which were asked for"
            raise ProofInvalid(msg, rule)
        return
    if not parts.binding:
        raise ProofInvalid("the presentation is not bound to what was asked for", rule)
    jwk = member(parts.token.payload, "cnf", "jwk")
    if not is_object(jwk):
        raise ProofInvalid("the credential names no key of its holder", "RFC 9901, 4.1.2")
    token = read_token(parts.binding)
    if token.header.get("typ") != BINDING_TYPE:
        raise ProofInvalid(f"the binding is no {BINDING_TYPE}", "RFC 9901, 4.3")
    token.verify(read_jwk(jwk))
    expected = {
        "aud": asked.audience,
        "nonce": asked.nonce,
        "sd_hash": digest_of(parts.bound),
    }
    for name, value in expected.items():
        if token.payload.get(name) != value:
            msg = f"{name} of the binding is {quoted(token.payload.get(name))}, not {quoted(value)}"
            raise ProofInvalid(msg, "RFC 9901, 4.3; 7.3")
    _check_age(_number(token.payload, "iat"), int(at.timestamp()))


def _check_age(made: int | Decimal | None, now: int) -> None:
    if made is None:
        raise CredentialMalformed("the binding has no iat", "RFC 9901, 4.3")
    if made > now + SKEW_SECONDS_MAX:
        raise OutsidePeriod(f"the binding was made only at {made}", "RFC 9901, 7.3")
    if made < now - BINDING_AGE_SECONDS_MAX:
        msg = f"the binding was made at {made}, over {BINDING_AGE_SECONDS_MAX} s ago: ask again"
        raise OutsidePeriod(msg, "RFC 9901, 7.3")
