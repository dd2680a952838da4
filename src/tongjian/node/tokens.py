"""Keys in a security module or a smart card, over PKCS#11: they sign there and never leave.

P-256 by CKM_ECDSA over the SHA-256 that is made here, Ed25519 by CKM_EDDSA (PKCS#11 v3.0). Secrets
that the module cannot use itself, of SM2 keys or of data, are wrapped by a key that never leaves
it: CKM_AES_KEY_WRAP, RFC 3394. The package python-pkcs11 is an extra of its own, `hsm`: without it
the error says so.
"""

import hashlib
import importlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tongjian.core.signatures import KeySuite
from tongjian.suites import p256

SUITES: Final = (KeySuite.ED25519, KeySuite.P256)
"""What tokens are asked for here; SM2 modules have mechanisms of their vendors."""
_EDWARDS25519: Final = bytes([0x13, 12]) + b"edwards25519"
"""The curve as a DER PrintableString, as PKCS#11 v3.0 names it."""
_P256: Final = bytes.fromhex("06082a8648ce3d030107")
"""The curve as the DER of its object identifier (SEC 2, 1.2.840.10045.3.1.7)."""
_POINT_BYTES: Final = {KeySuite.ED25519: 32, KeySuite.P256: 65}

_WRAP_BYTES: Final = 8
"""RFC 3394 wraps whole blocks of so many bytes; modules differ in how they pad others, so the
length and the zeros that fill the last block are written here."""
_LENGTH_BYTES: Final = 2
SECRET_BYTES_MAX: Final = 4096
_WRAPPING_BITS: Final = 256
_MEANINGS: Final = {
    "PinIncorrect": "the PIN is wrong",
    "PinLocked": "the PIN is locked after too many wrong ones; its security officer unlocks it",
    "NoSuchToken": "it is not there; put the card in, or name another",
    "TokenNotPresent": "it was taken out",
    "DeviceRemoved": "it was taken out",
    "SessionHandleInvalid": "it was taken out, or restarted; run the command again",
}
"""What the commonest errors of modules mean, by the class that python-pkcs11 raises."""

Sign = Callable[[bytes], bytes]


class TokenError(Exception):
    """A token that cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Place:
    """Where a key is: the vendor's library, the token's label, the key's label."""

    module: str
    token: str
    label: str


def generate(place: Place, suite: KeySuite, pin: str) -> bytes:
    """Make a key pair in a token and return the public key; raises `TokenError`."""
    library = _library()
    with _told(place), _session(place, pin, writable=True) as session:
        if _private(session, place) is not None:
            raise TokenError(f"token {place.token} has a key {place.label} already")
        if suite is KeySuite.P256:
            kind, curve = library.KeyType.EC, _P256
            mechanism = library.Mechanism.EC_KEY_PAIR_GEN
        elif suite is KeySuite.ED25519:
            kind, curve = library.KeyType.EC_EDWARDS, _EDWARDS25519
            mechanism = library.Mechanism.EC_EDWARDS_KEY_PAIR_GEN
        else:
            raise TokenError(f"suite {int(suite)} is not asked of tokens here; take 1 or 3")
        attributes = {library.Attribute.EC_PARAMS: curve}
        parameters = session.create_domain_parameters(kind, attributes, local=True)
        public, _ = parameters.generate_keypair(mechanism=mechanism, store=True, label=place.label)
        return _point(bytes(public[library.Attribute.EC_POINT]), suite)


def signer_of(place: Place, suite: KeySuite, pin: str) -> Sign:
    """Return what signs with a key in a token; the session stays open for the process's life."""
    library = _library()
    with _told(place):
        session = _session(place, pin, writable=False)
        key = _private(session, place)
    if key is None:
        raise TokenError(f"token {place.token} has no key {place.label}")
    if suite is KeySuite.ED25519:
        mechanism = library.Mechanism.EDDSA
        return lambda message: _signed(place, key, message, mechanism)
    if suite is KeySuite.P256:
        mechanism = library.Mechanism.ECDSA

        def sign(message: bytes) -> bytes:
            digest = hashlib.sha256(message).digest()
            return p256.normalise(_signed(place, key, digest, mechanism))

        return sign
    raise TokenError(f"suite {int(suite)} is not asked of tokens here")


# -- wrapping -------------------------------------------------------------------------------------


def wrap(place: Place, secret: bytes, pin: str) -> bytes:
    """Return a secret wrapped by the AES key of a token, which is made where there is none.

    The result is up to 24 bytes longer and holds its own check. Raises `TokenError`, also for a
    secret that is empty or of more than `SECRET_BYTES_MAX` bytes.
    """
    library = _library()
    framed = _framed(secret)
    with _told(place), _session(place, pin, writable=True) as session:
        key = _wrapping(session, place) or session.generate_key(
            library.KeyType.AES,
            _WRAPPING_BITS,
            label=place.label,
            store=True,
            capabilities=library.MechanismFlag.WRAP | library.MechanismFlag.UNWRAP,
            template={library.Attribute.SENSITIVE: True, library.Attribute.EXTRACTABLE: False},
        )
        attributes = {
            library.Attribute.CLASS: library.ObjectClass.SECRET_KEY,
            library.Attribute.KEY_TYPE: library.KeyType.GENERIC_SECRET,
            library.Attribute.VALUE: framed,
            **_passing(),
        }
        passing = session.create_object(attributes)
        try:
            return bytes(key.wrap_key(passing, mechanism=library.Mechanism.AES_KEY_WRAP))
        finally:
            passing.destroy()


def unwrap(place: Place, wrapped: bytes, pin: str) -> bytes:
    """Return the secret that the AES key of a token wrapped; raises `TokenError`."""
    library = _library()
    with _told(place), _session(place, pin, writable=False) as session:
        key = _wrapping(session, place)
        if key is None:
            raise TokenError(f"token {place.token} has no wrapping key {place.label}")
        try:
            passing = key.unwrap_key(
                library.ObjectClass.SECRET_KEY,
                library.KeyType.GENERIC_SECRET,
                wrapped,
                mechanism=library.Mechanism.AES_KEY_WRAP,
                template=_passing(),
            )
        except library.PKCS11Error as error:
            msg = (
                f"token {place.token}: its key {place.label} did not wrap this, or it was changed "
                f"({type(error).__name__})"
            )
            raise TokenError(msg) from error
        try:
            framed = bytes(passing[library.Attribute.VALUE])
        finally:
            passing.destroy()
    size = int.from_bytes(framed[:_LENGTH_BYTES], "big")
    return framed[_LENGTH_BYTES : _LENGTH_BYTES + size]


def _passing() -> dict[Any, bool]:
    """Return the attributes of a secret that passes through a session and is not kept."""
    attribute = _library().Attribute
    return {attribute.TOKEN: False, attribute.SENSITIVE: False, attribute.EXTRACTABLE: True}


def _framed(secret: bytes) -> bytes:
    if not 0 < len(secret) <= SECRET_BYTES_MAX:
        raise TokenError(f"a secret has from 1 to {SECRET_BYTES_MAX} bytes, not {len(secret)}")
    framed = len(secret).to_bytes(_LENGTH_BYTES, "big") + secret
    return framed + bytes(-len(framed) % _WRAP_BYTES)


def _wrapping(session: Any, place: Place) -> Any:
    library = _library()
    wanted = {
        library.Attribute.CLASS: library.ObjectClass.SECRET_KEY,
        library.Attribute.KEY_TYPE: library.KeyType.AES,
        library.Attribute.LABEL: place.label,
    }
    return next(iter(session.get_objects(wanted)), None)


def _signed(place: Place, key: Any, data: bytes, mechanism: Any) -> bytes:
    with _told(place):
        return bytes(key.sign(data, mechanism=mechanism))


def _library() -> Any:
    try:
        return importlib.import_module("pkcs11")
    except ImportError as error:
        msg = "keys in tokens need the package python-pkcs11: pip install 'tongjian[hsm]'"
        raise TokenError(msg) from error


def _session(place: Place, pin: str, *, writable: bool) -> Any:
    library = _library()
    token = library.lib(place.module).get_token(token_label=place.token)
    try:
        return token.open(rw=writable, user_pin=pin)
    except library.UserAlreadyLoggedIn:
        # A login holds for the whole process, whichever session asked for it.
        return token.open(rw=writable)


def _private(session: Any, place: Place) -> Any:
    library = _library()
    wanted = {
        library.Attribute.CLASS: library.ObjectClass.PRIVATE_KEY,
        library.Attribute.LABEL: place.label,
    }
    return next(iter(session.get_objects(wanted)), None)


def _point(encoded: bytes, suite: KeySuite) -> bytes:
    """Return a public key from CKA_EC_POINT, which most modules wrap as an OCTET STRING."""
    size = _POINT_BYTES[suite]
    return encoded if len(encoded) == size else encoded[-size:]


@contextmanager
def _told(place: Place) -> Generator[None]:
    """Turn what a module raises into `TokenError`; its messages are only the names of codes."""
    try:
        yield
    except TokenError:
        raise
    except (_library().PKCS11Error, OSError, RuntimeError) as error:
        name = type(error).__name__
        what = _MEANINGS.get(name, f"{name} {error}".rstrip())
        msg = f"token {place.token} by {place.module}: {what}"
        raise TokenError(msg) from error
