"""Which types a document may name: those that its contexts map to a URL (VCDM 2.0, 4.5; JSON-LD).

Only what decides that is read of a context. No context is fetched: an unknown one is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tongjian.connectors.credentials.documents import is_url, quoted
from tongjian.connectors.credentials.errors import CredentialMalformed
from tongjian.connectors.jsonfields import is_list, is_object
from tongjian.connectors.strictjson import Json

BASE_CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
CONTEXTS_MAX: Final = 32
_RULE: Final = "VCDM 2.0, 4.3"
_CREDENTIALS: Final = "https://www.w3.org/2018/credentials#"
_STATUS: Final = "https://www.w3.org/ns/credentials/status#"

_BASE: Final[Json] = {
    "@protected": True,
    "id": "@id",
    "type": "@type",
    "description": "https://schema.org/description",
    "digestMultibase": "https://w3id.org/security#digestMultibase",
    "digestSRI": "https://www.w3.org/2018/credentials#digestSRI",
    "mediaType": "https://schema.org/encodingFormat",
    "name": "https://schema.org/name",
    **{
        name: _CREDENTIALS + name
        for name in (
            "EnvelopedVerifiableCredential",
            "EnvelopedVerifiablePresentation",
            "JsonSchema",
            "JsonSchemaCredential",
            "VerifiableCredential",
            "VerifiablePresentation",
        )
    },
    **{
        name: _STATUS + name
        for name in (
            "BitstringStatusList",
            "BitstringStatusListCredential",
            "BitstringStatusListEntry",
        )
    },
    "DataIntegrityProof": "https://w3id.org/security#DataIntegrityProof",
}
_KNOWN: Final[Mapping[str, Json]] = {
    BASE_CONTEXT: _BASE,
    "https://www.w3.org/ns/credentials/undefined-terms/v2": {
        "@vocab": "https://www.w3.org/ns/credentials/undefined-terms#"
    },
    "https://w3id.org/security/data-integrity/v2": {
        "@protected": True,
        "DataIntegrityProof": _BASE["DataIntegrityProof"],
    },
}
_KEYWORDS_READ: Final = ("@vocab", "@protected", "@version")


@dataclass
class Terms:
    """What the contexts read so far make of a name."""

    iris: dict[str, str | None] = field(default_factory=dict[str, str | None])
    protected: dict[str, str | None] = field(default_factory=dict[str, str | None])
    vocabulary: str | None = None

    def is_type(self, name: Any) -> bool:
        """Say whether a name stands for a URL, by itself or by a context."""
        return isinstance(name, str) and is_url(self._expanded(name))

    def _expanded(self, name: str) -> str | None:
        if name in self.iris:
            return self.iris[name]
        if ":" in name:
            return self.absolute(name)
        return None if self.vocabulary is None or not name else self.vocabulary + name

    def absolute(self, iri: str) -> str:
        """Return an IRI with its prefix put in full, where a context defines the prefix."""
        prefix, colon, rest = iri.partition(":")
        base = self.iris.get(prefix) if colon and not rest.startswith("//") else None
        return iri if base is None else base + rest


def read_terms(context: Any, known: Mapping[str, Json]) -> Terms:
    """Return what a document's `@context` defines; `known` has contexts by URL.

    Raises `CredentialMalformed` unless it is a list that begins with the base context, of URLs that
    are known and objects that redefine no protected term.
    """
    if not is_list(context) or not context or context[0] != BASE_CONTEXT:
        raise CredentialMalformed(f"@context is no list that begins with {BASE_CONTEXT}", _RULE)
    if len(context) > CONTEXTS_MAX:
        raise CredentialMalformed(f"@context has over {CONTEXTS_MAX} items", "limit of this reader")
    terms = Terms()
    for one in context:
        _add(terms, _content(one, known))
    return terms


def _content(one: Any, known: Mapping[str, Json]) -> Json:
    if is_object(one):
        return one
    if not is_url(one):
        raise CredentialMalformed(f"@context has {quoted(one)}, no URL and no object", _RULE)
    found = _KNOWN.get(one) or known.get(one)
    if found is None:
        msg = f"the context {quoted(one)} is not known here, and none is fetched: give its content"
        raise CredentialMalformed(msg, "VCDM 2.0, 5.3")
    return found


def _add(terms: Terms, context: Json) -> None:
    protecting = context.get("@protected") is True
    for name, definition in context.items():
        if name.startswith("@"):
            _add_keyword(terms, name, definition)
            continue
        iri = _iri(terms, name, definition)
        if name in terms.protected and terms.protected[name] != iri:
            msg = f"@context gives the protected term {quoted(name)} another meaning"
            raise CredentialMalformed(msg, "VCDM 2.0, 4.3; JSON-LD 1.1, 4.1.11")
        terms.iris[name] = iri
        if protecting or (is_object(definition) and definition.get("@protected") is True):
            terms.protected[name] = iri


def _add_keyword(terms: Terms, name: str, value: Any) -> None:
    if name not in _KEYWORDS_READ:
        msg = f"@context has {quoted(name)}, which this reader does not follow: leave it out"
        raise CredentialMalformed(msg, "limit of this reader")
    if name == "@vocab":
        if value is not None and not is_url(value):
            raise CredentialMalformed(f"@vocab is {quoted(value)}, no URL", "JSON-LD 1.1, 4.1.2")
        terms.vocabulary = value


def _iri(terms: Terms, name: str, definition: Any) -> str | None:
    given = definition.get("@id", name) if is_object(definition) else definition
    if given is None:
        return None
    if not isinstance(given, str):
        msg = f"@context defines {quoted(name)} by {quoted(given)}, neither text nor null"
        raise CredentialMalformed(msg, "JSON-LD 1.1, 9.15.1")
    if ":" in given or given.startswith("@"):
        return terms.absolute(given)
    return None if terms.vocabulary is None else terms.vocabulary + given
