"""What a ledger itself says of whom to trust: its id, its hash, its seal keys by height."""

from typing import Final

from tongjian.core.hashing import HashSuite
from tongjian.core.operation import Refused
from tongjian.core.signatures import SUITE_NAMES, KeySuite
from tongjian.engines.chain import Chain
from tongjian.verifier.anchors import Anchors, SealAnchor

DAYS_BEFORE_PARAMETER: Final = 30
"""The trust period of a ledger whose voters have set none."""


def as_of(chain: Chain) -> tuple[int, int]:
    """Return the time of a network's newest block and its trust period in days, for a trust file.

    Zeros for a ledger that its operator seals: a key of one office is revoked by the ledger itself.
    """
    tip = chain.tip
    if tip is None or chain.sealing_key(chain.height + 1).suite != KeySuite.NETWORK:
        return 0, 0
    try:
        directory = chain.machine.directory
        (days,) = directory.parameter("membership", "trust_period_days", tip.time_ms)
    except Refused:
        days = DAYS_BEFORE_PARAMETER
    return tip.time_ms, days


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


__all__ = ["anchors_of", "as_of"]
