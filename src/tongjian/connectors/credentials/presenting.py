"""What a holder hands over: chosen claims only, signed for one verifier's one request."""

import datetime as dt
from collections.abc import Iterable

from tongjian.connectors.credentials import sdjwt
from tongjian.connectors.credentials.dataintegrity import AUTHENTICATION, create_proof
from tongjian.connectors.credentials.errors import CredentialMalformed
from tongjian.connectors.credentials.jose import Signer
from tongjian.connectors.credentials.making import UNDEFINED_TERMS, did_key
from tongjian.connectors.credentials.multibase import did_key_method
from tongjian.connectors.credentials.sdjwt import Asked
from tongjian.connectors.credentials.terms import BASE_CONTEXT
from tongjian.connectors.jsonfields import is_object
from tongjian.connectors.strictjson import Json, encode


def present_token(
    text: str,
    disclose: Iterable[str],
    asked: Asked | None,
    holder: Signer | None,
    at: dt.datetime,
) -> str:
    """Return an SD-JWT with the chosen claims, bound to what was asked, if anything was.

    Raises `CredentialMalformed` for a claim that the credential does not have.
    """
    if asked is not None and holder is None:
        raise CredentialMalformed("the holder's key is needed to answer", "RFC 9901, 7.2")
    chosen = [(name,) for name in disclose]
    return sdjwt.present(text.strip(), chosen, asked=asked, holder=holder, at=at)


def present_document(document: Json, asked: Asked, holder: Signer, at: dt.datetime) -> Json:
    """Return a VCDM 2.0 presentation of a credential, which shows all its claims.

    Raises `CredentialMalformed` where the key is not that of the credential's subject.
    """
    subject = document.get("credentialSubject")
    own = did_key(holder.key)
    if not is_object(subject) or subject.get("id") != own:
        msg = "the key is not that of the credential's subject"
        raise CredentialMalformed(msg, "VCDM 2.0, 4.13; domain IDN-I3")
    presentation: Json = {
        "@context": [BASE_CONTEXT, UNDEFINED_TERMS],
        "type": ["VerifiablePresentation"],
        "holder": own,
        "verifiableCredential": [document],
    }
    return create_proof(
        presentation,
        holder.sign,
        method=did_key_method(holder.key.public),
        created=at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        purpose=AUTHENTICATION,
        domain=asked.audience,
        challenge=asked.nonce,
    )


def written(shown: str | Json) -> bytes:
    """Return a credential or a presentation as the bytes of its file."""
    return (shown.encode() if isinstance(shown, str) else encode(shown)) + b"\n"


def vcdm(document: Json, asked: Asked | None, holder: Signer | None, at: dt.datetime) -> Json:
    """Return a presentation, or the credential itself where nothing was asked.

    Raises `CredentialMalformed` where something was asked and there is no key to answer with.
    """
    if asked is None:
        return document
    if holder is None:
        raise CredentialMalformed("the holder's key is needed to answer", "VCDM 2.0, 4.13")
    return present_document(document, asked, holder, at)
