"""Proofs of possession, for tests that enrol keys of officers or persons."""

from pathlib import Path
from typing import Any

from nacl.signing import SigningKey
from terminal import answer

from tongjian.core.genesis import compute_chain_id
from tongjian.core.signatures import compute_possession_message
from tongjian.node.home import Home
from tongjian.testkit.world import CHAIN

NO_PROOF = bytes(64)
"""Of the right length, by nobody."""


def prove(seed: bytes, holder: bytes, chain: bytes = CHAIN) -> bytes:
    """Return the proof of an Ed25519 key for a person or officer."""
    key = SigningKey(seed)
    message = compute_possession_message(chain, holder, 1, bytes(key.verify_key))
    return key.sign(message).signature


def message_here(home: Path, officer: str, suite: int, public: bytes) -> bytes:
    """Return what a key signs to be enrolled for an officer of a ledger on this machine."""
    chain = compute_chain_id(Home(home).genesis())
    return compute_possession_message(chain, bytes.fromhex(officer), suite, public)


def proof_of(home: Path, holder: str, officer: str) -> tuple[str, str]:
    """Return the option with the proof that the program makes of a key file here."""
    proven: dict[str, Any] = answer("keys", "prove", holder, "--for", officer, home=home)
    return ("--proof", proven["proof"])
