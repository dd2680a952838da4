"""Suite 4: an assertion of a passkey (W3C WebAuthn Level 2) whose challenge is the transaction.

    public key = P-256 point (65) ‖ SHA-256 of the relying party id (32) ‖ origin (ASCII)
    signature  = r ‖ s (64) ‖ uint16(length) ‖ authenticator data ‖ client data (JSON)

The key pins where it may be used. The challenge is the SHA-256 of the message: the transaction id
of a chain of SHA-256. So an assertion is of one transaction, and a second one needs the person
again. The client data are judged as bytes, never parsed: they must begin as the standard has every
browser write them (WebAuthn Level 2, 5.8.1.1), so two readers cannot see two different things.

User presence and user verification are demanded. The signature counter is any number, since
transactions wait for other signatures and are not committed in the order in which they were
signed; `read_counter` is for whoever looks for cloned authenticators.
"""

import re
from binascii import b2a_base64
from hashlib import sha256
from typing import Final, NamedTuple

from tongjian.suites import p256
from tongjian.suites.errors import KeyRefused, SignatureInvalid
from tongjian.suites.weierstrass import PUBLIC_BYTES as POINT_BYTES
from tongjian.suites.weierstrass import SIGNATURE_BYTES

HASH_BYTES: Final = 32
ORIGIN_BYTES_MAX: Final = 128
CLIENT_DATA_BYTES_MAX: Final = 1024
AUTHENTICATOR_BYTES: Final = 37
"""Relying party hash, flags, counter; more only with extensions."""
AUTHENTICATOR_BYTES_MAX: Final = 512
_ORIGIN_AT: Final = POINT_BYTES + HASH_BYTES
_LENGTH_BYTES: Final = 2
_PRESENT: Final = 0x01
_VERIFIED: Final = 0x04
_ATTESTED: Final = 0x40
_EXTENDED: Final = 0x80
_PLAIN: Final = b',"crossOrigin":false'
_ENDS: Final = (_PLAIN + b"}", b"}")
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_LABEL: Final = rb"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN: Final = re.compile(
    rb"(https://(?:(%s)(?:\.(%s))+)|https?://localhost)(:[1-9][0-9]{0,4})?" % (_LABEL, _LABEL)
)


class Assertion(NamedTuple):
    """The parts of a signature of this suite."""

    signature: bytes
    authenticator: bytes
    client: bytes


def check_public_key(public: bytes) -> None:
    """Raise `KeyRefused` unless point, relying party and origin are what they must be.

    The relying party is the host of the origin or a domain above it, of two labels at least.
    """
    p256.check_public_key(public[:POINT_BYTES])
    party, origin = (
        public[POINT_BYTES : POINT_BYTES + HASH_BYTES],
        public[POINT_BYTES + HASH_BYTES :],
    )
    if len(origin) > ORIGIN_BYTES_MAX or not _ORIGIN.fullmatch(origin):
        msg = (
            "a passkey's key ends with its origin: https, a host in lower case, "
            f"a port if any; {ORIGIN_BYTES_MAX} bytes at most"
        )
        raise KeyRefused(msg)
    host = origin.split(b"//")[1].split(b":")[0]
    labels = host.split(b".")
    parties = [b".".join(labels[i:]) for i in range(max(len(labels) - 1, 1))]
    if all(sha256(one).digest() != party for one in parties):
        msg = f"the relying party of a passkey is {host.decode()} or a domain above it"
        raise KeyRefused(msg)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Raise `SignatureInvalid` unless the passkey asserted this very message."""
    raw, authenticator, client = split(signature)
    _check_client(client, sha256(message).digest(), public[_ORIGIN_AT:])
    _check_authenticator(authenticator, public[POINT_BYTES:_ORIGIN_AT])
    p256.verify(public[:POINT_BYTES], authenticator + sha256(client).digest(), raw)


def compute_challenge(message: bytes) -> bytes:
    """Return the 32 bytes that the browser is given to assert."""
    return sha256(message).digest()


def make_public_key(point: bytes, party: str, origin: str) -> bytes:
    """Return the public key of a passkey of a relying party id at an origin.

    Raises `KeyRefused` where these do not go together.
    """
    public = point + sha256(party.encode()).digest() + origin.encode()
    check_public_key(public)
    return public


def make_signature(signature: bytes, authenticator: bytes, client: bytes) -> bytes:
    """Return the signature of this suite from what a browser answers (a DER signature).

    Raises `SignatureInvalid` where a part is beyond its bounds; the whole is not verified.
    """
    size = len(authenticator).to_bytes(_LENGTH_BYTES, "big")
    whole = p256.normalise(signature) + size + authenticator + client
    split(whole)
    return whole


def split(signature: bytes) -> Assertion:
    """Return the parts of a signature; raises `SignatureInvalid` where their lengths are wrong."""
    start = SIGNATURE_BYTES + _LENGTH_BYTES
    size = int.from_bytes(signature[SIGNATURE_BYTES:start], "big")
    client = signature[start + size :]
    if (
        not AUTHENTICATOR_BYTES <= size <= AUTHENTICATOR_BYTES_MAX
        or not 0 < len(client) <= CLIENT_DATA_BYTES_MAX
    ):
        msg = (
            "a passkey's signature is r and s, then the authenticator data with their length "
            f"({AUTHENTICATOR_BYTES} to {AUTHENTICATOR_BYTES_MAX}), then at most "
            f"{CLIENT_DATA_BYTES_MAX} bytes of client data"
        )
        raise SignatureInvalid(msg)
    return Assertion(signature[:SIGNATURE_BYTES], signature[start : start + size], client)


def read_counter(signature: bytes) -> int:
    """Return the authenticator's counter; 0 where it keeps none.

    Two different transactions with one counter above 0 show a cloned authenticator (WebAuthn
    Level 2, 6.1.1). Raises `SignatureInvalid`.
    """
    return int.from_bytes(split(signature).authenticator[33:AUTHENTICATOR_BYTES], "big")


def _check_client(client: bytes, challenge: bytes, origin: bytes) -> None:
    expected = (
        b'{"type":"webauthn.get","challenge":"'
        + b2a_base64(challenge, newline=False).translate(_URL_SAFE, b"=")
        + b'","origin":"'
        + origin
        + b'"'
    )
    if not client.startswith(expected):
        msg = (
            "the passkey asserted something else: another transaction, another origin, or another "
            "use than signing in (WebAuthn Level 2, 5.8.1.2)"
        )
        raise SignatureInvalid(msg)
    rest = client[len(expected) :]
    if rest not in _ENDS and not (rest.startswith(_PLAIN + b",") and rest.endswith(b"}")):
        msg = "the passkey was asked from within a page of another origin (WebAuthn Level 2, 5.8.1)"
        raise SignatureInvalid(msg)


def _check_authenticator(data: bytes, party: bytes) -> None:
    flags = data[HASH_BYTES]
    if data[:HASH_BYTES] != party:
        msg = "the passkey was used for another relying party than it was enrolled for"
        raise SignatureInvalid(msg)
    if not flags & _PRESENT or not flags & _VERIFIED:
        msg = "the passkey's holder was not present or not verified (flags UP and UV)"
        raise SignatureInvalid(msg)
    if flags & _ATTESTED or bool(flags & _EXTENDED) != (len(data) > AUTHENTICATOR_BYTES):
        msg = "the authenticator data are not those of an assertion (WebAuthn Level 2, 6.1)"
        raise SignatureInvalid(msg)
