"""Seals of the solo engine: the operator's signature over each header, as COSE_Sign1 has it."""

from typing import TYPE_CHECKING, Protocol

from tongjian.core.block import Header, Seal, compute_seal_message, compute_seal_protected
from tongjian.core.directory import SealKey
from tongjian.core.encoding import encode
from tongjian.core.signatures import KeySuite, SignatureInvalid, compute_key_id, verify
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


def check_seal(suite: int, public: bytes, chain: Chained, header: Header, seal: Seal) -> None:
    """Raise `ReplayDiffers` unless the operator's key sealed the header."""
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
