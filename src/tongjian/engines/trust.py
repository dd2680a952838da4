"""What a ledger itself says of whom to trust: its id, its hash, its seal keys by height."""

from tongjian.core.hashing import HashSuite
from tongjian.core.signatures import SUITE_NAMES, KeySuite
from tongjian.engines.chain import Chain
from tongjian.verifier.anchors import Anchors, SealAnchor


def anchors_of(chain: Chain) -> Anchors:
    """Return the trust anchors that a chain's state gives, without witnesses.

    Keys that were voted in for a later height are among them; keys that were replaced stay, because
    receipts of their heights do. Beside a running engine hold the chain's `lock`.
    """
    return Anchors(
        chain=chain.chain_id.hex(),
        label=chain.genesis.label,
        hash=HashSuite(chain.genesis.hash_suite).name.lower(),
        seals=[
            SealAnchor(
                from_height=int(height),
                suite=SUITE_NAMES[KeySuite(key.suite)],
                public=key.public.hex(),
            )
            for height, key in chain.machine.directory.seal_keys()
        ],
    )


__all__ = ["anchors_of"]
