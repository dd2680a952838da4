"""Signing keys: read, written and used, never printed.

A key file holds the secret itself, or the secret under a passphrase (Argon2id with
XSalsa20-Poly1305: libsodium's `pwhash` and `secretbox`), or the secret wrapped by a key in a
security module, or where the key itself is in one.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple

from tongjian.core.block import Seal, compute_seal_message, compute_seal_protected
from tongjian.core.directory import SealKey
from tongjian.core.hashing import Hash
from tongjian.core.signatures import SUITE_NAMES, KeySuite, compute_key_id
from tongjian.node import secrecy, tokens
from tongjian.node.signers import Sign, signer_of
from tongjian.storage.errors import StorageError
from tongjian.storage.files import write_whole

FORMAT: Final = "tongjian-key/1"
_SUITES: Final = {SUITE_NAMES[suite]: suite for suite in KeySuite}


class KeyFileError(Exception):
    """A key file that cannot be used; the text says why and what to do."""


class Identity(NamedTuple):
    """Which key a file holds, and how its secret is kept."""

    suite: KeySuite
    public: bytes
    id: bytes
    kept: str
    """`seed` in the open, `sealed` or `wrapped` in the file, `token` or `credential` elsewhere."""


class KeyPair:
    """A key of suite 1, 2, 3 or 5 that signs transactions or seals."""

    def __init__(self, secret: bytes, digest: Hash, suite: KeySuite = KeySuite.ED25519) -> None:
        """Take a secret as `signers.generate_secret` makes it, and the chain's hash, for the id.

        Raises `KeyRefused` for a secret that is none of the suite, `SuiteUnavailable` where this
        machine has no library for it.
        """
        self.suite = suite
        self.public, self._sign = signer_of(suite, secret)
        self.id = compute_key_id(digest, suite, self.public)

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message: 64 bytes, 3373 of suite 5."""
        return self._sign(message)


class TokenKey(KeyPair):
    """A key whose secret is in a security module: the same to whoever signs with it."""

    def __init__(self, suite: KeySuite, public: bytes, sign: Sign, digest: Hash) -> None:
        """Take the public key and what signs, in the form of the ledger."""
        self.suite = suite
        self.public = public
        self._sign = sign
        self.id = compute_key_id(digest, suite, public)


class SealKeys:
    """The operator's keys on this machine: seals with the one that the ledger names."""

    def __init__(self, *keys: KeyPair) -> None:
        """Hold the keys; after a rotation the old and the new one."""
        self._keys = {key.public: key for key in keys}

    def seal(self, chain_id: bytes, header: bytes, key: SealKey) -> Seal:
        """Return the seal over a header's bytes.

        Raises `StorageError` where the key that the ledger names for the height is not here.
        """
        pair = self._keys.get(key.public)
        if pair is None:
            msg = (
                f"the ledger names seal key {key.public.hex()[:16]}…, which is not among the keys "
                "of this machine; put its file `operator*.json` into the folder `keys`"
            )
            raise StorageError(msg)
        protected = compute_seal_protected(pair.suite, pair.id)
        message = compute_seal_message(chain_id, protected, header)
        return Seal(suite=int(pair.suite), signature=pair.sign(message))

    def signer(self, key: SealKey) -> KeyPair:
        """Return the operator's key that the ledger names, to sign a receipt or a checkpoint.

        Raises `KeyFileError` where it is not among the keys of this machine.
        """
        pair = self._keys.get(key.public)
        if pair is None:
            msg = (
                f"only the operator can sign this: seal key {key.public.hex()[:16]}… is not among "
                "the keys of this machine. Ask the operator, or put its file `operator*.json` "
                "into the folder `keys`"
            )
            raise KeyFileError(msg)
        return pair


def write_key(
    path: Path,
    secret: bytes,
    holder: str,
    suite: KeySuite = KeySuite.ED25519,
    passphrase: bytes = b"",
) -> None:
    """Write a new key file that only its owner may read, or raise `KeyFileError`.

    With a passphrase the secret stands in it sealed.
    """
    kept: dict[str, Any] = {"seed": secret.hex()}
    if passphrase:
        kept = _sealed(secret, suite, passphrase)
    _write_new(path, {**_head(suite, holder), **kept})


def write_token_key(
    path: Path, place: tokens.Place, holder: str, suite: KeySuite, public: bytes
) -> None:
    """Write the file of a key that is in a token: where it is, and its public half."""
    _write_new(path, {**_head(suite, holder), "token": asdict(place), "public": public.hex()})


def write_passkey(path: Path, credential: bytes, holder: str, public: bytes) -> None:
    """Write the file of a passkey: its public half, and the id by which a browser knows it."""
    kept = {"credential": credential.hex(), "public": public.hex()}
    _write_new(path, {**_head(KeySuite.WEBAUTHN, holder), **kept})


def read_credential(path: Path) -> bytes:
    """Return the id by which a browser knows a passkey; raises `KeyFileError` for another key."""
    document = _read(path)
    if "credential" not in document:
        msg = f"{path.name} is no passkey; `tongjian tx sign` signs with it"
        raise KeyFileError(msg)
    return bytes.fromhex(document["credential"])


def seal_key(path: Path, passphrase: bytes) -> None:
    """Put the secret of a key file under a passphrase, or under another; one step, in place."""
    _keep_otherwise(path, lambda suite, secret: _sealed(secret, suite, passphrase))


def wrap_key(path: Path, place: tokens.Place, pin: str) -> None:
    """Have the secret of a key file wrapped by a key in a token; one step, in place.

    What was wrapped is unwrapped once before the file is replaced: a module that wraps and cannot
    unwrap would lock the key for ever.
    """

    def kept(suite: KeySuite, secret: bytes) -> dict[str, Any]:
        wrapped = tokens.wrap(place, secret, pin)
        if tokens.unwrap(place, wrapped, pin) != secret:
            raise tokens.TokenError(f"token {place.token} does not unwrap what it wrapped")
        public, _ = signer_of(suite, secret)
        return {"wrapped": wrapped.hex(), "by": asdict(place), "public": public.hex()}

    _keep_otherwise(path, kept)


def _keep_otherwise(path: Path, kept: Callable[[KeySuite, bytes], dict[str, Any]]) -> None:
    document = _read(path)
    if not {"seed", "sealed", "wrapped"} & document.keys():
        msg = f"{path.name}: its secret is in a token or an authenticator, not in the file"
        raise KeyFileError(msg)
    suite = _SUITES[document["suite"]]
    try:
        fields = kept(suite, _secret(path, document))
    except (secrecy.PassphraseError, tokens.TokenError) as error:
        msg = f"{path.name}: {error}"
        raise KeyFileError(msg) from error
    write_whole(path, _encoded({**_head(suite, document["holder"]), **fields}), mode=0o600)


def _sealed(secret: bytes, suite: KeySuite, passphrase: bytes) -> dict[str, Any]:
    public, _ = signer_of(suite, secret)
    return {"sealed": secrecy.seal(secret, passphrase), "public": public.hex()}


def _head(suite: KeySuite, holder: str) -> dict[str, Any]:
    return {"format": FORMAT, "suite": SUITE_NAMES[suite], "holder": holder}


def _encoded(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()


def _write_new(path: Path, document: dict[str, Any]) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        msg = f"{path.name} exists already; keys are never overwritten"
        raise KeyFileError(msg) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(_encoded(document))


def read_key(path: Path, digest: Hash) -> KeyPair:
    """Read a key file; raises `KeyFileError` where it is missing, open to others or no key.

    Asks for the passphrase of a sealed one, and for the PIN of a token that has or wraps it.
    """
    document = _read(path)
    try:
        suite = _SUITES[document["suite"]]
        if "credential" in document:
            msg = f"{path.name} is a passkey: it signs in a browser, `tongjian tx passkey --help`"
            raise KeyFileError(msg)
        if "token" not in document:
            return _opened(document, _secret(path, document), digest, suite)
        place, public = tokens.Place(**document["token"]), bytes.fromhex(document["public"])
        pin = secrecy.ask_pin(place.token)
        return TokenKey(suite, public, tokens.signer_of(place, suite, pin), digest)
    except (secrecy.PassphraseError, tokens.TokenError) as error:
        msg = f"{path.name}: {error}"
        raise KeyFileError(msg) from error
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path.name} is not a key file: {error}"
        raise KeyFileError(msg) from error


def _opened(document: dict[str, Any], secret: bytes, digest: Hash, suite: KeySuite) -> KeyPair:
    """Return the key of a secret; raises `ValueError` where the file names another public half."""
    pair = KeyPair(secret, digest, suite)
    if document.get("public", pair.public.hex()) != pair.public.hex():
        msg = "its secret is not that of the public key it names"
        raise ValueError(msg)
    return pair


def read_identity(path: Path, digest: Hash) -> Identity:
    """Return which key a file holds without opening what is under a passphrase or in a token."""
    document = _read(path)
    suite = _SUITES[document["suite"]]
    try:
        if "public" in document:
            public = bytes.fromhex(document["public"])
        else:
            public, _ = signer_of(suite, bytes.fromhex(document["seed"]))
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path.name} is not a key file: {error}"
        raise KeyFileError(msg) from error
    kept = next(
        name for name in ("credential", "token", "wrapped", "sealed", "seed") if name in document
    )
    return Identity(suite, public, compute_key_id(digest, suite, public), kept)


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_mode & 0o077:
            msg = f"{path.name} can be read by others; run `chmod 600 {path.name}`"
            raise KeyFileError(msg)
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT or document["suite"] not in _SUITES:
            msg = f"{path.name} is not a key file of this release"
            raise KeyFileError(msg)
        return document
    except FileNotFoundError as error:
        msg = f"there is no key file {path.name}; keys stand in the folder `keys` of the ledger"
        raise KeyFileError(msg) from error
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path.name} is not a key file: {error}"
        raise KeyFileError(msg) from error


def _secret(path: Path, document: dict[str, Any]) -> bytes:
    if "sealed" in document:
        passphrase = secrecy.ask(f"passphrase of {path.stem}", secrecy.PASSPHRASE)
        return secrecy.unseal(document["sealed"], passphrase)
    if "wrapped" in document:
        place = tokens.Place(**document["by"])
        pin = secrecy.ask_pin(place.token)
        return tokens.unwrap(place, bytes.fromhex(document["wrapped"]), pin)
    return bytes.fromhex(document["seed"])
