"""Seals of blocks: the operator's signature as COSE_Sign1 has it, or the network's block."""

from typing import TYPE_CHECKING, Protocol

from tongjian.core import values
from tongjian.core.block import Header, Seal, compute_seal_message, compute_seal_protected
from tongjian.core.directory import SealKey
from tongjian.core.encoding import Malformed, encode
from tongjian.core.signatures import KeySuite, SignatureInvalid, compute_key_id, verify
from tongjian.core.validators import NETWORK_SEALS, NETWORK_SUITE, NetworkSeal
from tongjian.storage.errors import ReplayDiffers

if TYPE_CHECKING:
    from tongjian.core.hashing import Hash


class SealMaker(Protocol):
    """Signs headers with the operator's keys, wherever they are kept."""

    def seal(self, chain_id: bytes, header: bytes, key: SealKey) -> Seal:
        """Return the seal over a header's bytes by the key that the ledger names for its height.

        Raises `StorageError` where this machine does not hold that key: nothing is then recorded.
        """
        ...


class Chained(Protocol):
    """What a seal is bound to."""

    chain_id: bytes
    digest: "Hash"


def make_network_seal(height: int, block: bytes, validators: bytes) -> Seal:
    """Return what a block of a network holds for a seal: the engine's block that decided it."""
    named = NetworkSeal(
        height=values.height(height),
        block=values.digest(block),
        validators=values.digest(validators),
    )
    return Seal(suite=NETWORK_SUITE, signature=encode(named))


def network_seal(seal: Seal) -> NetworkSeal | None:
    """Return the engine's block that decided a block, or none where an operator sealed it."""
    if seal.suite != NETWORK_SUITE:
        return None
    try:
        named: NetworkSeal = NETWORK_SEALS.decode(seal.signature)
    except Malformed as error:
        msg = f"a seal of the network cannot be decoded: {error}"
        raise ReplayDiffers(msg) from error
    return named


def expect_network_seal(validators: bytes, header: Header, seal: Seal) -> None:
    """Raise `ReplayDiffers` unless a block was decided under the validators the ledger names.

    Their signatures are in receipts and with the engine; replay proves what they decided.
    """
    named = network_seal(seal)
    if named is None or named.validators != validators:
        msg = f"the seal of block {header.height} is not of the validators that the ledger names"
        raise ReplayDiffers(msg)


def expect_no_findings(suite: int, header: Header, findings: tuple[bytes, ...]) -> None:
    """Raise `ReplayDiffers` where an operator's block holds what only a network's engine finds."""
    if findings and suite != NETWORK_SUITE:
        msg = f"block {header.height} was sealed by the operator and holds findings of an engine"
        raise ReplayDiffers(msg)


def check_seal(suite: int, public: bytes, chain: Chained, header: Header, seal: Seal) -> None:
    """Raise `ReplayDiffers` unless the operator's key, or the network, sealed the header."""
    if suite == NETWORK_SUITE:
        expect_network_seal(public, header, seal)
        return
    kid = compute_key_id(chain.digest, KeySuite(suite), public)
    protected = compute_seal_protected(suite, kid)
    message = compute_seal_message(chain.chain_id, protected, encode(header))
    if seal.suite != suite:
        msg = f"the seal of block {header.height} has suite {seal.suite}, the key has {suite}"
        raise ReplayDiffers(msg)
    try:
        verify(suite, public, message, seal.signature)
    except SignatureInvalid as error:
        msg = f"the seal of block {header.height} is not the operator's: {error}"
        raise ReplayDiffers(msg) from error
