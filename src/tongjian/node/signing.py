"""Makes a transaction of acts and has keys sign it."""

from collections.abc import Sequence
from typing import Final

from tongjian.core.envelope import compose, seal_envelope, signed_message
from tongjian.core.operation import Act
from tongjian.engines.chain import Chain
from tongjian.node.clock import nonce
from tongjian.node.keys import KeyPair

EXPIRY_BLOCKS: Final = 1000
"""A transaction that was not taken in by then never will be."""


def sign_body(chain: bytes, keys: Sequence[KeyPair], body: bytes) -> bytes:
    """Return the envelope of a transaction whose signers are these keys, in this order."""
    message = signed_message(chain, body)
    return seal_envelope(body, tuple(key.sign(message) for key in keys))


def sign_acts(
    chain: Chain, keys: Sequence[KeyPair], acts: Sequence[Act], *, blocks: int = EXPIRY_BLOCKS
) -> bytes:
    """Return the envelope of a new transaction that the keys sign; it expires so many blocks on."""
    body = compose(
        chain=chain.chain_id,
        expiry=chain.height + blocks,
        nonce=nonce(),
        signers=tuple(key.id for key in keys),
        acts=tuple(acts),
    )
    return sign_body(chain.chain_id, keys, body)
