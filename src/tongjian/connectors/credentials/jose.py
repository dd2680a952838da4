"""Signed tokens in compact form (RFC 7515) by ES256 and EdDSA, and their keys as JWK (RFC 7517).

The key decides the algorithm, never the token: no header talks a verifier into another one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from tongjian.connectors.credentials.documents import quoted, read_document
from tongjian.connectors.credentials.errors import CredentialMalformed, ProofInvalid
from tongjian.connectors.credentials.multibase import decode_base64url, encode_base64url
from tongjian.connectors.jsonfields import is_object
from tongjian.connectors.strictjson import Json, encode
from tongjian.suites import ed25519, p256
from tongjian.suites.errors import KeyRefused, SignatureInvalid

ES256: Final = "ES256"
EDDSA: Final = "EdDSA"
TOKEN_CHARACTERS_MAX: Final = 512 * 1024
_COORDINATE_BYTES: Final = 32
_UNCOMPRESSED: Final = b"\x04"
_CURVES: Final = {(EDDSA, "OKP"): "Ed25519", (ES256, "EC"): "P-256"}
_NAMES: Final = {ES256: (ES256,), EDDSA: (EDDSA, "Ed25519")}
"""What a header may call an algorithm; RFC 9864 gives EdDSA on this curve a name of its own."""


@dataclass(frozen=True)
class Key:
    """A public key that was checked: build it with `key` or `read_jwk`."""

    algorithm: str
    public: bytes
    """32 bytes of Ed25519, or 65 of P-256, uncompressed."""

    def verify(self, message: bytes, signature: bytes) -> None:
        """Raise `ProofInvalid` unless the key made the 64-byte signature."""
        try:
            if self.algorithm == EDDSA:
                ed25519.verify(self.public, message, signature)
            else:
                # Other libraries give either of the two signatures; both are of the key's holder.
                p256.verify(self.public, message, p256.normalise(signature))
        except SignatureInvalid as error:
            raise ProofInvalid(str(error), "RFC 7515, 5.2") from error


class Signer(NamedTuple):
    """A key and what signs with it: of a file, a module or a card."""

    key: Key
    sign: Callable[[bytes], bytes]
    """Gives the signature of a message as 64 bytes."""


class Token(NamedTuple):
    """A signed token taken apart; nothing in it is verified."""

    header: Json
    payload: Json
    signed: bytes
    signature: bytes

    def verify(self, key: Key) -> None:
        """Raise `ProofInvalid` unless the key signed the token, by its own algorithm."""
        if self.header.get("alg") not in _NAMES[key.algorithm]:
            msg = f"the token is signed by {quoted(self.header.get('alg'))}, the key by "
            raise ProofInvalid(msg + key.algorithm, "RFC 8725, 3.1")
        if "crit" in self.header:
            msg = "the token has extensions that a verifier must know; none is known"
            raise ProofInvalid(msg, "RFC 7515, 4.1.11")
        key.verify(self.signed, self.signature)


def key(algorithm: str, public: bytes) -> Key:
    """Return a key once its suite would enrol it.

    Raises `CredentialMalformed`.
    """
    if algorithm not in _NAMES:
        raise CredentialMalformed(f"{quoted(algorithm)} is not read here", "RFC 7518, 3.1")
    try:
        (ed25519 if algorithm == EDDSA else p256).check_public_key(public)
    except KeyRefused as error:
        raise CredentialMalformed(str(error), "RFC 7518, 6.2; RFC 8037, 2") from error
    return Key(algorithm, public)


def read_jwk(jwk: Any) -> Key:
    """Return the public key that a JWK holds.

    Raises `CredentialMalformed`, also for a JWK that gives the private key away.
    """
    rule = "RFC 7517, 4; RFC 7518, 6.2; RFC 8037, 2"
    if not is_object(jwk):
        raise CredentialMalformed("the key is no JWK", rule)
    if "d" in jwk:
        raise CredentialMalformed("the JWK holds the private key: replace the key", rule)
    for (algorithm, kind), curve in _CURVES.items():
        if jwk.get("kty") == kind and jwk.get("crv") == curve:
            names = ("x",) if algorithm == EDDSA else ("x", "y")
            prefix = b"" if algorithm == EDDSA else _UNCOMPRESSED
            return key(algorithm, prefix + b"".join(_coordinate(jwk.get(name)) for name in names))
    raise CredentialMalformed("the key is neither of Ed25519 nor of P-256", rule)


def jwk_of(public_key: Key) -> Json:
    """Return a key as JWK."""
    if public_key.algorithm == EDDSA:
        return {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(public_key.public)}
    x, y = public_key.public[1 : 1 + _COORDINATE_BYTES], public_key.public[1 + _COORDINATE_BYTES :]
    return {"kty": "EC", "crv": "P-256", "x": encode_base64url(x), "y": encode_base64url(y)}


def sign_token(header: Json, payload: Json, signer: Signer) -> str:
    """Return a signed token; the header is completed by the algorithm of the key."""
    whole = {"alg": signer.key.algorithm, **header}
    signed = f"{encode_base64url(encode(whole))}.{encode_base64url(encode(payload))}"
    return f"{signed}.{encode_base64url(signer.sign(signed.encode()))}"


def read_token(text: str) -> Token:
    """Take a signed token apart.

    Raises `CredentialMalformed`.
    """
    if len(text) > TOKEN_CHARACTERS_MAX:
        msg = f"the token has over {TOKEN_CHARACTERS_MAX} characters"
        raise CredentialMalformed(msg, "limit of this reader")
    parts = text.split(".")
    if len(parts) != len(("header", "payload", "signature")):
        raise CredentialMalformed("the token has not three parts", "RFC 7515, 3.1")
    header, payload, signature = map(decode_base64url, parts)
    signed = text[: text.rindex(".")].encode()
    return Token(read_document(header), read_document(payload), signed, signature)


def _coordinate(text: Any) -> bytes:
    data = decode_base64url(text) if isinstance(text, str) else b""
    if len(data) != _COORDINATE_BYTES:
        msg = f"a coordinate of the key is no text of {_COORDINATE_BYTES} bytes"
        raise CredentialMalformed(msg, "RFC 7518, 6.2.1")
    return data
