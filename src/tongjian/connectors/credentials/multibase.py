"""Multibase texts of bytes, and Ed25519 keys as Multikey and did:key (Controlled Identifiers 1.0).

Each value has one text only: a second spelling of a proof or a key is refused.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from tongjian.connectors.credentials.documents import quoted
from tongjian.connectors.credentials.errors import CredentialMalformed
from tongjian.suites import ed25519
from tongjian.suites.errors import KeyRefused

BASE58_CHARACTERS_MAX: Final = 256
"""Of one text: reading takes time by the square of its length; a signature has 88."""
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_ED25519_PUBLIC: Final = b"\xed\x01"
_MULTIKEY_RULE: Final = "Controlled Identifiers 1.0, 2.2.2"
_DID_KEY: Final = "did:key:"


def encode_base58(data: bytes) -> str:
    """Return the base58btc text of bytes with its letter `z`."""
    number = int.from_bytes(data, "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "z" + "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def decode_base58(text: str) -> bytes:
    """Return the bytes of a base58btc text that begins with `z`.

    Raises `CredentialMalformed`.
    """
    rule = "Controlled Identifiers 1.0, 2.4"
    if not text.startswith("z") or len(text) > BASE58_CHARACTERS_MAX:
        msg = f"{quoted(text)} is no base58btc text of up to {BASE58_CHARACTERS_MAX} characters"
        raise CredentialMalformed(msg, rule)
    number = 0
    for character in text[1:]:
        if character not in _VALUES:
            raise CredentialMalformed(f"{quoted(character)} is no digit of base58btc", rule)
        number = number * 58 + _VALUES[character]
    zeros = len(text) - 1 - len(text[1:].lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_base64url(data: bytes) -> str:
    """Return the base64url text of bytes, without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """Return the bytes of a base64url text without padding.

    Raises `CredentialMalformed`, also for bits left over that are not zero.
    """
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        msg = f"{quoted(text)} is no base64url text without padding"
        raise CredentialMalformed(msg, "RFC 4648, 5; RFC 7515, 2")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode_base64url(data) != text:
        msg = f"{quoted(text)} is not the one base64url text of its bytes"
        raise CredentialMalformed(msg, "RFC 4648, 3.5")
    return data


def encode_multikey(public: bytes) -> str:
    """Return the Multikey text of an Ed25519 key of 32 bytes."""
    return encode_base58(_ED25519_PUBLIC + public)


def decode_multikey(text: str) -> bytes:
    """Return the 32 bytes of the Ed25519 key that a Multikey text holds.

    Raises `CredentialMalformed`, also for a key that suite 1 would not enrol.
    """
    data = decode_base58(text)
    if not data.startswith(_ED25519_PUBLIC):
        raise CredentialMalformed(f"{quoted(text)} is no Ed25519 key", _MULTIKEY_RULE)
    public = data.removeprefix(_ED25519_PUBLIC)
    try:
        ed25519.check_public_key(public)
    except KeyRefused as error:
        raise CredentialMalformed(str(error), _MULTIKEY_RULE) from error
    return public


def did_key_method(public: bytes) -> str:
    """Return the did:key URL of the only verification method of an Ed25519 key."""
    key = encode_multikey(public)
    return f"{_DID_KEY}{key}#{key}"


def public_of_did_key(method: str) -> bytes:
    """Return the Ed25519 key that the URL of a verification method of did:key names.

    Raises `CredentialMalformed`.
    """
    key, hash_sign, fragment = method.removeprefix(_DID_KEY).partition("#")
    if not method.startswith(_DID_KEY) or not hash_sign or key != fragment:
        msg = f"{quoted(method)} is no verification method of did:key"
        raise CredentialMalformed(msg, "did:key 0.9, 3.1.1")
    return decode_multikey(key)
