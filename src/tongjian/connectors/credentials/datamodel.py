"""The rules of the Verifiable Credentials Data Model 2.0 for the form of a document.

Who signed it, whether it is in force and whether it was revoked are questions of other modules.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from tongjian.connectors.credentials.documents import check_bounds, is_url, quoted
from tongjian.connectors.credentials.errors import CredentialMalformed, OutsidePeriod
from tongjian.connectors.credentials.terms import BASE_CONTEXT, Terms, read_terms
from tongjian.connectors.jsonfields import is_list, is_object, moment
from tongjian.connectors.strictjson import Json

NO_CONTEXTS: Final[Mapping[str, Json]] = MappingProxyType({})
CREDENTIAL: Final = "VerifiableCredential"
PRESENTATION: Final = "VerifiablePresentation"
ENVELOPE: Final = "EnvelopedVerifiableCredential"
ENVELOPE_MEDIA: Final = ("data:application/vc+", "data:application/vc-ld+", "data:application/dc+")


def check_credential(
    credential: Json, *, issued: bool = True, contexts: Mapping[str, Json] = NO_CONTEXTS
) -> None:
    """Raise `CredentialMalformed` unless the form of a credential is right.

    Args:
        credential: What `read_document` gave.
        issued: False for a draft, whose issuer is still to be filled in.
        contexts: The content of `@context` of further contexts, by URL.
    """
    check_bounds(credential)
    terms = read_terms(credential.get("@context"), contexts)
    _check_types(credential, terms, CREDENTIAL)
    _check_id(credential, "the credential", "VCDM 2.0, 4.4")
    _check_issuer(credential, issued=issued)
    _check_subject(credential.get("credentialSubject"))
    check_times(credential)
    for name in ("name", "description"):
        _check_words(credential, name)
    for name, (check, rule) in _PARTS.items():
        for one in _several(credential, name, rule):
            check(one, name, terms, rule)


def check_presentation(
    presentation: Json,
    *,
    self_asserted: bool = False,
    contexts: Mapping[str, Json] = NO_CONTEXTS,
) -> None:
    """Raise `CredentialMalformed` unless the form of a presentation and of all in it is right.

    Args:
        presentation: What `read_document` gave.
        self_asserted: True where the credentials in it without a proof are secured by nothing but
            the presentation; then the holder must be there and be their issuer (4.13.3).
        contexts: The content of `@context` of further contexts, by URL.
    """
    check_bounds(presentation)
    terms = read_terms(presentation.get("@context"), contexts)
    _check_types(presentation, terms, PRESENTATION)
    _check_id(presentation, "the presentation", "VCDM 2.0, 4.4")
    if "holder" in presentation:
        _require_identified(presentation["holder"], "holder", "VCDM 2.0, 4.13")
    for one in _several(presentation, "proof", "VCDM 2.0, 4.12"):
        _check_part(one, "proof", terms, "VCDM 2.0, 4.12")
    for credential in _several(presentation, "verifiableCredential", "VCDM 2.0, 4.13"):
        if not is_object(credential):
            msg = "verifiableCredential has a text; an encoded one stands in an envelope"
            raise CredentialMalformed(msg, "VCDM 2.0, 4.13")
        if ENVELOPE in _names(credential.get("type")):
            _check_envelope(credential)
            continue
        check_credential(credential, contexts=contexts)
        if self_asserted and "proof" not in credential:
            _check_self_asserted(credential, presentation)


def check_times(credential: Json) -> None:
    """Raise `CredentialMalformed` unless both ends of the period, where given, are moments."""
    ends: list[dt.datetime] = []
    for name in ("validFrom", "validUntil"):
        if name not in credential:
            continue
        end = moment(credential, name)
        if end is None:
            msg = f"{name} is {quoted(credential[name])}, no moment with its offset"
            raise CredentialMalformed(msg, "VCDM 2.0, 4.9; XML Schema 1.1, dateTimeStamp")
        ends.append(end)
    if ends != sorted(ends):
        raise CredentialMalformed("validUntil is before validFrom", "VCDM 2.0, 4.9")


def check_period(credential: Json, at: dt.datetime) -> None:
    """Raise `OutsidePeriod` unless a credential is in force at a moment, both ends included.

    The moment has an offset. Raises `CredentialMalformed` for ends that are no moments.
    """
    check_times(credential)
    start, end = moment(credential, "validFrom"), moment(credential, "validUntil")
    if start is not None and at < start:
        raise OutsidePeriod(f"valid only from {start.isoformat()}", "VCDM 2.0, 4.9")
    if end is not None and at > end:
        raise OutsidePeriod(f"expired at {end.isoformat()}", "VCDM 2.0, 4.9")


def issuer_of(credential: Json) -> str:
    """Return the URL of the issuer of a checked credential, or an empty text."""
    issuer = credential.get("issuer")
    found = issuer.get("id") if is_object(issuer) else issuer
    return found if isinstance(found, str) else ""


def _several(document: Json, name: str, rule: str) -> list[Any]:
    if name not in document:
        return []
    value = document[name]
    if not is_list(value):
        return [value]
    if not value:
        raise CredentialMalformed(f"{name} is an empty list: leave it out", rule)
    return value


def _names(types: Any) -> list[Any]:
    return types if is_list(types) else [types]


def _check_types(document: Json, terms: Terms, required: str | None) -> None:
    rule = "VCDM 2.0, 4.5"
    if "type" not in document:
        raise CredentialMalformed(f"there is no type; {required or 'one'} is needed", rule)
    names = _names(document["type"])
    for name in names:
        if not terms.is_type(name):
            msg = f"the type {quoted(name)} is no URL, and no context maps it to one"
            raise CredentialMalformed(msg, rule)
    if not names or (required is not None and required not in names):
        raise CredentialMalformed(f"{required or 'a type'} is not among the types", rule)


def _check_id(document: Json, what: str, rule: str) -> None:
    if "id" in document and not is_url(document["id"]):
        raise CredentialMalformed(f"the id of {what} is not one URL", rule)


def _require_identified(value: Any, name: str, rule: str) -> None:
    found = value.get("id") if is_object(value) else value
    if not is_url(found):
        msg = f"{name} is {quoted(found)}, neither a URL nor an object whose id is one"
        raise CredentialMalformed(msg, rule)


def _check_issuer(credential: Json, *, issued: bool) -> None:
    issuer = credential.get("issuer")
    if not issued:
        if "issuer" not in credential:
            return
        if is_object(issuer) and "id" not in issuer:
            return
    _require_identified(issuer, "issuer", "VCDM 2.0, 4.7")


def _check_subject(subject: Any) -> None:
    rule = "VCDM 2.0, 4.8"
    subjects = _names(subject)
    if not subjects:
        raise CredentialMalformed("credentialSubject is an empty list", rule)
    for one in subjects:
        if not is_object(one) or not one:
            raise CredentialMalformed("credentialSubject is not an object with claims", rule)
        _check_id(one, "a subject", "VCDM 2.0, 4.4")


def _check_words(document: Json, name: str) -> None:
    for one in _several(document, name, "VCDM 2.0, 4.6"):
        text = one.get("@value") if is_object(one) else one
        if not isinstance(text, str):
            msg = f"{name} is neither a text nor an object with @value"
            raise CredentialMalformed(msg, "VCDM 2.0, 4.6; 11.1")


def _check_part(one: Any, name: str, terms: Terms, rule: str) -> None:
    if not is_object(one):
        raise CredentialMalformed(f"{name} is no object", rule)
    if "type" not in one:
        raise CredentialMalformed(f"{name} has no type", rule)
    _check_types(one, terms, None)
    _check_id(one, name, rule)


def _check_schema(one: Any, name: str, terms: Terms, rule: str) -> None:
    _check_part(one, name, terms, rule)
    if "id" not in one:
        raise CredentialMalformed(f"{name} has no id", rule)


def _check_resource(one: Any, name: str, _terms: Terms, rule: str) -> None:
    if not is_object(one) or not is_url(one.get("id")):
        raise CredentialMalformed(f"{name} is no object whose id is a URL", rule)
    if "digestSRI" not in one and "digestMultibase" not in one:
        raise CredentialMalformed(f"{name} has no digest", rule)


_Check = Callable[[Any, str, Terms, str], None]
_PARTS: Final[Mapping[str, tuple[_Check, str]]] = {
    "credentialStatus": (_check_part, "VCDM 2.0, 4.10"),
    "credentialSchema": (_check_schema, "VCDM 2.0, 4.11"),
    "proof": (_check_part, "VCDM 2.0, 4.12"),
    "relatedResource": (_check_resource, "VCDM 2.0, 5.3"),
    "refreshService": (_check_part, "VCDM 2.0, 5.4"),
    "termsOfUse": (_check_part, "VCDM 2.0, 5.5"),
    "evidence": (_check_part, "VCDM 2.0, 5.6"),
}


def _check_envelope(envelope: Json) -> None:
    rule = "VCDM 2.0, 4.13.2"
    if envelope.get("@context") not in (BASE_CONTEXT, [BASE_CONTEXT]):
        raise CredentialMalformed(f"the @context of an envelope is not {BASE_CONTEXT}", rule)
    if envelope["type"] not in (ENVELOPE, [ENVELOPE]):
        raise CredentialMalformed("an envelope has a second type", rule)
    held = envelope.get("id")
    if not is_url(held) or not str(held).startswith(ENVELOPE_MEDIA) or "," not in str(held):
        raise CredentialMalformed("the id of an envelope is no data: URL of a credential", rule)


def _check_self_asserted(credential: Json, presentation: Json) -> None:
    rule = "VCDM 2.0, 4.13.3"
    if "holder" not in presentation:
        raise CredentialMalformed("holder is missing, but a credential is self-asserted", rule)
    holder = presentation["holder"]
    if issuer_of(credential) != (holder.get("id") if is_object(holder) else holder):
        raise CredentialMalformed("holder is not the issuer of a self-asserted credential", rule)
