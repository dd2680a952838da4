"""Signing keys in files: read, written and used, never printed."""

import json
import os
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from tongjian.core.block import Seal, compute_seal_message, compute_seal_protected
from tongjian.core.directory import SealKey
from tongjian.core.envelope import seal_envelope, signed_message
from tongjian.core.hashing import Hash
from tongjian.core.signatures import KeySuite, compute_key_id
from tongjian.storage.errors import StorageError


class KeyFileError(Exception):
    """A key file that cannot be used; the text says why and what to do."""


class KeyPair:
    """An Ed25519 key that signs transactions or seals."""

    suite = KeySuite.ED25519

    def __init__(self, secret: bytes, digest: Hash) -> None:
        """Take the 32-byte seed and the hash of the chain, which names the key."""
        self._key = SigningKey(secret)
        self.public = bytes(self._key.verify_key)
        self.id = compute_key_id(digest, self.suite, self.public)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over a message."""
        return self._key.sign(message).signature

    def sign_transaction(self, chain: bytes, body: bytes) -> bytes:
        """Return the envelope of a transaction that this key alone signs."""
        return seal_envelope(body, (self.sign(signed_message(chain, body)),))


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


def write_key(path: Path, secret: bytes, holder: str) -> None:
    """Write a new key file that only its owner may read, or raise `KeyFileError`."""
    document = {
        "format": "tongjian-key/1",
        "suite": "ed25519",
        "holder": holder,
        "seed": secret.hex(),
    }
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        msg = f"{path.name} exists already; keys are never overwritten"
        raise KeyFileError(msg) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.write("\n")


def read_key(path: Path, digest: Hash) -> KeyPair:
    """Read a key file; raises `KeyFileError` where it is missing, open to others or no key."""
    try:
        if path.stat().st_mode & 0o077:
            msg = f"{path.name} can be read by others; run `chmod 600 {path.name}`"
            raise KeyFileError(msg)
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        secret = bytes.fromhex(document["seed"])
        if document["format"] != "tongjian-key/1" or document["suite"] != "ed25519":
            msg = f"{path.name} is not a key file of this release"
            raise KeyFileError(msg)
        return KeyPair(secret, digest)
    except FileNotFoundError as error:
        msg = f"there is no key file {path.name}; keys stand in the folder `keys` of the ledger"
        raise KeyFileError(msg) from error
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path.name} is not a key file: {error}"
        raise KeyFileError(msg) from error
