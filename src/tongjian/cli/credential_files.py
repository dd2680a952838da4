"""Files, keys and words that the commands of credentials share."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.inputs import read_file

if TYPE_CHECKING:
    from tongjian.connectors.credentials.jose import Key, Signer
    from tongjian.connectors.credentials.sdjwt import Asked
    from tongjian.connectors.credentials.verifying import Shown
    from tongjian.core.signatures import KeySuite
    from tongjian.node.keys import KeyPair

SUITES: Final = ("ed25519", "p256")


@contextmanager
def refusing(path: Path) -> Generator[None]:
    """Say of a file why it is no credential that can be used."""
    from tongjian.connectors.credentials.errors import CredentialRefused

    try:
        yield
    except CredentialRefused as error:
        raise Failure(
            ExitCode.USAGE,
            f"{path} cannot be used as asked.",
            why=f"{error.what}.",
            rule=error.rule,
            then="tongjian credential --help",
        ) from error


def read_credential(path: Path) -> "Shown":
    """Return a credential or a presentation, taken apart and not verified."""
    from tongjian.connectors.credentials.verifying import read_shown

    data = read_file(path)
    with refusing(path):
        return read_shown(data)


def suite_of(name: str) -> "KeySuite":
    """Return a suite that credentials use; raises `Failure`."""
    from tongjian.core.signatures import KeySuite

    if name not in SUITES:
        raise Failure(
            ExitCode.USAGE,
            f"Credentials use no keys of suite {name}.",
            why=f"It is one of {', '.join(SUITES)}.",
            rule="RFC 7518, 3.1; Data Integrity EdDSA 1.0",
            then="tongjian credential key FILE --suite ed25519",
        )
    return {"ed25519": KeySuite.ED25519, "p256": KeySuite.P256}[name]


def signer(pair: "KeyPair") -> "Signer":
    """Return a key of the key store, or of a token, as credentials use it; raises `Failure`."""
    from tongjian.connectors.credentials.jose import Signer, key
    from tongjian.connectors.credentials.verifying import ALGORITHMS

    algorithm = ALGORITHMS.get(pair.suite)
    if algorithm is None:
        raise Failure(
            ExitCode.USAGE,
            f"A key of suite {pair.suite.name} signs no credentials.",
            why="Their standards know Ed25519 and P-256.",
            rule="RFC 7518, 3.1; Data Integrity EdDSA 1.0",
            then="tongjian keys new HOLDER --suite ed25519",
        )
    return Signer(key(algorithm, pair.public), pair.sign)


def signer_of_file(path: Path) -> "Signer":
    """Return the holder's key in a file; raises `KeyFileError`."""
    from tongjian.core.hashing import sha256
    from tongjian.node.keys import read_key

    return signer(read_key(path, sha256))


def public_words(pair: "KeyPair") -> dict[str, Any]:
    """Return the public half of a key in the forms that an office takes."""
    import json

    from tongjian.connectors.credentials.jose import EDDSA, jwk_of
    from tongjian.connectors.credentials.making import did_key

    held = signer(pair).key
    words: dict[str, Any] = {"jwk": json.dumps(jwk_of(held), separators=(",", ":"))}
    if held.algorithm == EDDSA:
        words["did"] = did_key(held)
    return words


def holder_key(text: str) -> "Key":
    """Return the public key of a holder: a did:key, or a JWK; raises `Failure`."""
    from tongjian.connectors.credentials.documents import read_document
    from tongjian.connectors.credentials.errors import CredentialRefused
    from tongjian.connectors.credentials.jose import EDDSA, key, read_jwk
    from tongjian.connectors.credentials.multibase import public_of_did_key

    try:
        if text.startswith("did:key:"):
            return key(EDDSA, public_of_did_key(f"{text}#{text.removeprefix('did:key:')}"))
        return read_jwk(read_document(text.encode()))
    except CredentialRefused as error:
        raise Failure(
            ExitCode.USAGE,
            "--holder-key is no public key of a holder.",
            why=f"{error.what}.",
            rule=error.rule,
            then="tongjian credential key FILE",
        ) from error


def asked_of(audience: str | None, nonce: str | None) -> "Asked | None":
    """Return what a verifier asked; raises `Failure` for one half without the other."""
    from tongjian.connectors.credentials.sdjwt import Asked

    if (audience is None) != (nonce is None):
        raise Failure(
            ExitCode.USAGE,
            "A request has an audience and a nonce.",
            why="One without the other binds a presentation to nobody, or to no time.",
            rule="RFC 9901, 7.3; domain IDN-I3",
            then="tongjian credential ask --audience NAME --book FILE",
        )
    return None if audience is None or nonce is None else Asked(audience, nonce)
