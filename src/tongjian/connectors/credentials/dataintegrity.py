"""Proofs of the Data Integrity suite eddsa-jcs-2022 (Data Integrity EdDSA Cryptosuites 1.0, 3.3).

The signature is over the hash of the proof without its value, followed by the hash of the document
without its proof, both in the canonical form of RFC 8785.
"""

import datetime as dt
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from tongjian.connectors.credentials.documents import check_bounds, quoted
from tongjian.connectors.credentials.errors import (
    CredentialMalformed,
    OutsidePeriod,
    ProofInvalid,
)
from tongjian.connectors.credentials.jcs import canonical
from tongjian.connectors.credentials.multibase import decode_base58, encode_base58
from tongjian.connectors.jsonfields import is_list, is_object, moment
from tongjian.connectors.strictjson import Json
from tongjian.suites import ed25519
from tongjian.suites.errors import SignatureInvalid

SUITE: Final = "eddsa-jcs-2022"
PROOF_TYPE: Final = "DataIntegrityProof"
ASSERTION: Final = "assertionMethod"
AUTHENTICATION: Final = "authentication"
_RULE: Final = "Data Integrity EdDSA 1.0, 3.3"
_MEMBERS_OF_TEXT: Final = ("verificationMethod", "proofPurpose", "proofValue")


def create_proof(
    document: Json,
    sign: Callable[[bytes], bytes],
    *,
    method: str,
    created: str,
    purpose: str = ASSERTION,
    **members: str,
) -> Json:
    """Return the document with its proof; the document itself stays as it is.

    Args:
        document: What `read_document` gave, without a proof.
        sign: Makes the Ed25519 signature of a message, 64 bytes.
        method: URL of the verification method, whose key `sign` uses.
        created: When, by RFC 3339 with an offset.
        purpose: What for: `assertionMethod` of an issuer, `authentication` of a holder.
        members: More members of the proof: `expires`, `domain`, `challenge`, `nonce`.

    Raises `CredentialMalformed` for a document that has a proof already.
    """
    check_bounds(document)
    if "proof" in document:
        raise CredentialMalformed("the document has a proof: one is made per document", _RULE)
    proof: Json = {
        "type": PROOF_TYPE,
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": purpose,
        **members,
    }
    if "@context" in document:
        proof["@context"] = document["@context"]
    _check_times(proof)
    signature = sign(signed_bytes(document, proof))
    return {**document, "proof": {**proof, "proofValue": encode_base58(signature)}}


def signed_bytes(document: Json, proof: Json) -> bytes:
    """Return the 64 bytes that a proof signs: the hash of its options, then of the document."""
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    return sha256(canonical(options)).digest() + sha256(canonical(document)).digest()


def verify_proof(
    secured: Json,
    key_of: Callable[[str], bytes],
    *,
    at: dt.datetime,
    purpose: str = ASSERTION,
    domain: str | None = None,
    challenge: str | None = None,
) -> Json:
    """Return the document as it was signed, without its proof, once the proof holds.

    Args:
        secured: What `read_document` gave, with one proof.
        key_of: Gives the 32 bytes of the enrolled Ed25519 key of a verification method; it raises
            for a method that the issuer does not have.
        at: The moment in question, with an offset; `created` must not be later, `expires` not
            before.
        purpose: What the proof must be for.
        domain: Whom the proof must be for; none asks for nothing.
        challenge: What the proof must answer; none asks for nothing.

    Raises `CredentialMalformed`, `OutsidePeriod` or `ProofInvalid`.
    """
    check_bounds(secured)
    proof = _proof_of(secured)
    document = {name: value for name, value in secured.items() if name != "proof"}
    if "@context" in proof:
        _check_context(document, proof)
        # What was added after the signature is no part of what is signed, nor of the answer.
        document["@context"] = proof["@context"]
    _check_asked(proof, {"proofPurpose": purpose, "domain": domain, "challenge": challenge})
    signature = decode_base58(proof["proofValue"])
    public = key_of(proof["verificationMethod"])
    try:
        ed25519.verify(public, signed_bytes(document, proof), signature)
    except SignatureInvalid as error:
        raise ProofInvalid(str(error), f"{_RULE}.7") from error
    _check_moment(proof, at)
    return document


def _proof_of(secured: Json) -> Json:
    proof = secured.get("proof")
    if not is_object(proof):
        what = "several proofs" if is_list(proof) else "no proof"
        raise CredentialMalformed(f"the document has {what}; one is read", _RULE)
    if proof.get("type") != PROOF_TYPE or proof.get("cryptosuite") != SUITE:
        msg = f"the proof is of {quoted(proof.get('cryptosuite'))}; only {SUITE} is read here"
        raise CredentialMalformed(msg, f"{_RULE}.2")
    for name in _MEMBERS_OF_TEXT:
        if not isinstance(proof.get(name), str):
            msg = f"{name} of the proof is missing or no text"
            raise CredentialMalformed(msg, "Data Integrity 1.0, 2.1")
    _check_times(proof)
    return proof


def _check_times(proof: Json) -> None:
    for name in ("created", "expires"):
        if name in proof and moment(proof, name) is None:
            msg = f"{name} of the proof is {quoted(proof[name])}, no moment with its offset"
            raise CredentialMalformed(msg, "Data Integrity 1.0, 2.1")


def _check_context(document: Json, proof: Json) -> None:
    """Refuse a proof that was made under contexts with which the document does not begin."""
    held, own = _as_list(document.get("@context")), _as_list(proof["@context"])
    if held[: len(own)] != own:
        msg = "the document does not begin with the contexts of its proof"
        raise ProofInvalid(msg, f"{_RULE}.2, step 4")


def _as_list(value: Any) -> list[Any]:
    return value if is_list(value) else [value]


def _check_asked(proof: Json, asked: dict[str, str | None]) -> None:
    for name, value in asked.items():
        found = proof.get(name)
        if value is None or found == value or (name == "domain" and value in _as_list(found)):
            continue
        msg = f"{name} of the proof is {quoted(found)}, not the one asked for, {quoted(value)}"
        raise ProofInvalid(msg, "Data Integrity 1.0, 4.4")


def _check_moment(proof: Json, at: dt.datetime) -> None:
    created, expires = moment(proof, "created"), moment(proof, "expires")
    if created is not None and at < created:
        msg = f"the proof was made only at {created.isoformat()}"
        raise OutsidePeriod(msg, "Data Integrity 1.0, 2.1")
    if expires is not None and at > expires:
        msg = f"the proof expired at {expires.isoformat()}"
        raise OutsidePeriod(msg, "Data Integrity 1.0, 4.4")
