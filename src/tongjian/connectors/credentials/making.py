"""Credentials of this ledger as files: SD-JWT VC, and VCDM 2.0 with a proof by eddsa-jcs-2022.

What is made names its issuer, key, type and place in a status list; `commitment` is what the
ledger keeps of it.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from tongjian.connectors.credentials import sdjwt
from tongjian.connectors.credentials.dataintegrity import create_proof
from tongjian.connectors.credentials.dates import text_of
from tongjian.connectors.credentials.disclosures import Place as ClaimPlace
from tongjian.connectors.credentials.documents import quoted
from tongjian.connectors.credentials.errors import CredentialMalformed
from tongjian.connectors.credentials.jcs import canonical
from tongjian.connectors.credentials.jose import EDDSA, Key, Signer
from tongjian.connectors.credentials.multibase import did_key_method
from tongjian.connectors.credentials.registered import Place
from tongjian.connectors.credentials.statuslist import REVOCATION, SUSPENSION, status_entry
from tongjian.connectors.credentials.terms import BASE_CONTEXT
from tongjian.connectors.strictjson import Json
from tongjian.core.hashing import Hash
from tongjian.services.identity.exchange_credentials import commit, list_url
from tongjian.services.identity.records_credentials import Claim

UNDEFINED_TERMS: Final = "https://www.w3.org/ns/credentials/undefined-terms/v2"
PURPOSES: Final = (REVOCATION, SUSPENSION)
TEXT_CHARACTERS_MAX: Final = 1_000
_RULE: Final = "type of the credential on the ledger"
_DATE: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", re.ASCII)
_CODE: Final = re.compile(r"[A-Za-z0-9._:/-]{1,64}", re.ASCII)
_INTEGER_MAX: Final = 2**53 - 1
"""Beyond it, JSON readers differ (RFC 7493, 2.2)."""


def check_claims(declared: Iterable[Claim], claims: Json) -> None:
    """Raise `CredentialMalformed` unless every claim is declared by the type, and of its kind."""
    kinds = {claim.name: claim.kind for claim in declared}
    for name, value in claims.items():
        kind = kinds.get(name)  # type: ignore[call-overload]
        if kind is None:
            msg = f"credentials of this type have no claim {quoted(name)}"
            raise CredentialMalformed(msg, _RULE)
        if not _is_of_kind(kind, value):
            raise CredentialMalformed(f"the claim {quoted(name)} is no {kind}", _RULE)


def _is_of_kind(kind: str, value: Any) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return type(value) is int and abs(value) <= _INTEGER_MAX
    if not isinstance(value, str):
        return False
    if kind == "text":
        return len(value) <= TEXT_CHARACTERS_MAX
    return (_DATE if kind == "date" else _CODE).fullmatch(value) is not None


def _statuses(place: Place) -> list[Json]:
    return [
        status_entry(
            list_url(place.host, place.office, place.list_number, purpose), place.position, purpose
        )
        for purpose in PURPOSES
    ]


def make_token(
    place: Place,
    claims: Json,
    signer: Signer,
    *,
    from_ms: int,
    until_ms: int,
    holder: Key | None = None,
) -> str:
    """Return an SD-JWT VC in which the holder may keep back each claim.

    Args:
        place: Where it will stand on the ledger.
        claims: Checked by `check_claims`.
        signer: The key of the office that `place` names.
        from_ms: When it was issued, in milliseconds since 1970.
        until_ms: Until when it is in force.
        holder: Key to which presentations are bound; none for one that anybody may show.
    """
    payload: Json = {
        "iss": place.did,
        "vct": place.type_url,
        "iat": from_ms // 1000,
        "exp": until_ms // 1000,
        "credentialStatus": _statuses(place),
        **claims,
    }
    hidden: list[ClaimPlace] = [(name,) for name in claims]
    return sdjwt.issue(payload, hidden, signer, holder=holder, header={"kid": place.method})


def make_document(
    place: Place,
    claims: Json,
    signer: Signer,
    *,
    from_ms: int,
    until_ms: int,
    holder: Key | None = None,
) -> Json:
    """Return a VCDM 2.0 credential with its proof; all its claims are shown together.

    Arguments as of `make_token`. Raises `CredentialMalformed` for keys other than Ed25519.
    """
    subject = dict(claims)
    if holder is not None:
        subject = {"id": did_key(holder), **claims}
    if signer.key.algorithm != EDDSA:
        raise CredentialMalformed("the suite eddsa-jcs-2022 signs with Ed25519", "DI EdDSA 1.0, 3")
    moment = text_of(from_ms)
    document: Json = {
        "@context": [BASE_CONTEXT, UNDEFINED_TERMS],
        "type": ["VerifiableCredential", place.type_url],
        "issuer": place.did,
        "validFrom": moment,
        "validUntil": text_of(until_ms),
        "credentialSubject": subject,
        "credentialStatus": _statuses(place),
    }
    return create_proof(document, signer.sign, method=place.method, created=moment)


def did_key(key: Key) -> str:
    """Return the did:key of an Ed25519 key; raises `CredentialMalformed` for another."""
    if key.algorithm != EDDSA:
        raise CredentialMalformed("a did:key of this release is of Ed25519", "did:key 0.9, 3.1")
    return did_key_method(key.public).partition("#")[0]


def signed_part(credential: str | Json) -> bytes:
    """Return the bytes that the ledger commits to: what the issuer signed, with the signature."""
    if isinstance(credential, str):
        return credential.partition("~")[0].encode()
    return canonical(credential)


def commitment(digest: Hash, credential: str | Json) -> bytes:
    """Return the commitment of a credential, under the hash of the chain."""
    return commit(digest, signed_part(credential))
