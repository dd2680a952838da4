"""Documents of the identifiers of offices (did:web, DID Core 1.0), made from rows of the ledger.

A key that was stolen or lost is left out: what it signed is refused. One that was rotated stays
for the credentials that it signed; the ledger knows which were recorded in its time.
"""

from collections.abc import Iterable
from typing import Final

from tongjian.connectors.credentials.dates import text_of
from tongjian.connectors.credentials.jose import EDDSA, ES256, jwk_of, key
from tongjian.connectors.credentials.multibase import encode_multikey
from tongjian.connectors.credentials.registered import method_of
from tongjian.connectors.strictjson import Json
from tongjian.core.signatures import KeySuite
from tongjian.services.identity.exchange_credentials import did_of
from tongjian.services.identity.records_credentials import Did, DidKey

CONTEXTS: Final = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
)


def document_of(office: str, did: Did, keys: Iterable[DidKey], height: int) -> Json:
    """Return the DID document of an office as of a height; `keys` are all, by number from 1.

    A deactivated identifier has no keys.
    """
    own = did_of(did.host, office)
    numbered = list(enumerate(keys, start=1)) if did.status == "active" else []
    methods = [
        _method(own, number, held) for number, held in numbered if not _is_void(held, height)
    ]
    urls = [method["id"] for method in methods]
    return {
        "@context": list(CONTEXTS),
        "id": own,
        "verificationMethod": methods,
        "assertionMethod": urls,
        "authentication": urls,
    }


def resolution_of(office: str, did: Did, keys: Iterable[DidKey], height: int) -> Json:
    """Return a DID document with the metadata that DID Core 1.0, 7.1.3 gives beside it."""
    return {
        "didDocument": document_of(office, did, keys, height),
        "didResolutionMetadata": {"contentType": "application/did+ld+json"},
        "didDocumentMetadata": {
            "deactivated": did.status == "deactivated",
            "versionId": str(int(did.updated_height)),
        },
    }


def _is_void(held: DidKey, height: int) -> bool:
    is_over = bool(held.revoked_height) and held.revoked_height <= height
    return is_over and held.end != "rotated"


def _method(did: str, number: int, held: DidKey) -> Json:
    method: Json = {"id": method_of(did, number), "controller": did}
    if held.suite == KeySuite.ED25519:
        found = key(EDDSA, held.public)
        method |= {"type": "Multikey", "publicKeyMultibase": encode_multikey(found.public)}
    else:
        method |= {"type": "JsonWebKey", "publicKeyJwk": jwk_of(key(ES256, held.public))}
    return method | {"expires": text_of(int(held.until_ms))}
