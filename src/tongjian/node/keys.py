"""Signing keys in files: read, written and used, never printed."""

import json
import os
from pathlib import Path
from typing import Any, Final

from tongjian.core.block import Seal, compute_seal_message, compute_seal_protected
from tongjian.core.directory import SealKey
from tongjian.core.envelope import seal_envelope, signed_message
from tongjian.core.hashing import Hash
from tongjian.core.signatures import SUITE_NAMES, KeySuite, compute_key_id
from tongjian.node.signers import signer_of
from tongjian.storage.errors import StorageError

_SUITES: Final = {
    SUITE_NAMES[suite]: suite
    for suite in (KeySuite.ED25519, KeySuite.SM2, KeySuite.P256, KeySuite.ML_DSA_65)
}


class KeyFileError(Exception):
    """A key file that cannot be used; the text says why and what to do."""


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


def write_key(path: Path, secret: bytes, holder: str, suite: KeySuite = KeySuite.ED25519) -> None:
    """Write a new key file that only its owner may read, or raise `KeyFileError`."""
    document = {
        "format": "tongjian-key/1",
        "suite": SUITE_NAMES[suite],
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
        suite = _SUITES.get(document["suite"])
        if document["format"] != "tongjian-key/1" or suite is None:
            msg = f"{path.name} is not a key file of this release"
            raise KeyFileError(msg)
        return KeyPair(secret, digest, suite)
    except FileNotFoundError as error:
        msg = f"there is no key file {path.name}; keys stand in the folder `keys` of the ledger"
        raise KeyFileError(msg) from error
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path.name} is not a key file: {error}"
        raise KeyFileError(msg) from error
