"""Passphrases: how a secret lies under one in a file, and how one is asked for."""

import getpass
import os
import sys
from pathlib import Path
from typing import Any, Final

from nacl import pwhash, utils
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

PASSPHRASE: Final = "TONGJIAN_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable
PIN: Final = "TONGJIAN_PIN_FILE"
"""Set in the environment, they name files that hold the passphrase and the PIN, for services."""
_OPERATIONS: Final = pwhash.argon2id.OPSLIMIT_MODERATE
_MEMORY_BYTES: Final = pwhash.argon2id.MEMLIMIT_MODERATE
_MEMORY_BYTES_MAX: Final = 2**30
_OPERATIONS_MAX: Final = 16
PASSPHRASE_LENGTH_MIN: Final = 8


class PassphraseError(Exception):
    """A passphrase that is missing, too short or wrong; the text says which."""


def seal(secret: bytes, passphrase: bytes) -> dict[str, Any]:
    """Return a secret under a passphrase, with all that opening it needs but the passphrase."""
    if len(passphrase) < PASSPHRASE_LENGTH_MIN:
        msg = f"a passphrase has at least {PASSPHRASE_LENGTH_MIN} bytes"
        raise PassphraseError(msg)
    salt = utils.random(pwhash.argon2id.SALTBYTES)
    box = SecretBox(_key(passphrase, salt, _OPERATIONS, _MEMORY_BYTES))
    return {
        "kdf": "argon2id",
        "salt": salt.hex(),
        "operations": _OPERATIONS,
        "memory_bytes": _MEMORY_BYTES,
        "box": bytes(box.encrypt(secret)).hex(),
    }


def unseal(sealed: dict[str, Any], passphrase: bytes) -> bytes:
    """Return the secret; raises `PassphraseError` where the passphrase or the file is wrong."""
    operations, memory = int(sealed["operations"]), int(sealed["memory_bytes"])
    if sealed["kdf"] != "argon2id" or operations > _OPERATIONS_MAX or memory > _MEMORY_BYTES_MAX:
        msg = "its passphrase is stretched in a way this release does not do"
        raise PassphraseError(msg)
    box = SecretBox(_key(passphrase, bytes.fromhex(sealed["salt"]), operations, memory))
    try:
        return box.decrypt(bytes.fromhex(sealed["box"]))
    except CryptoError as error:
        msg = "the passphrase is wrong, or the file was changed"
        raise PassphraseError(msg) from error


def ask(what: str, variable: str) -> bytes:
    """Return what was kept secret, from the file a variable names or from the terminal.

    Raises `PassphraseError` where there is neither.
    """
    path = os.environ.get(variable)
    if path:
        try:
            return Path(path).read_bytes().strip()
        except OSError as error:
            msg = f"{variable} names {path}, which cannot be read: {error.strerror}"
            raise PassphraseError(msg) from error
    if not sys.stdin.isatty():
        msg = f"the {what} is asked for: use a terminal, or name a file in {variable}"
        raise PassphraseError(msg)
    return getpass.getpass(f"{what}: ").encode()


def ask_pin(token: str) -> str:
    """Return the PIN of a token; raises `PassphraseError` where nobody and nothing gives it."""
    return ask(f"PIN of token {token}", PIN).decode()


def _key(passphrase: bytes, salt: bytes, operations: int, memory_bytes: int) -> bytes:
    return pwhash.argon2id.kdf(
        SecretBox.KEY_SIZE, passphrase, salt, opslimit=operations, memlimit=memory_bytes
    )
