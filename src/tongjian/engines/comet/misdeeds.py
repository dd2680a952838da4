"""What the engine proves against validators, as acts that it puts to the ledger.

CometBFT decides about evidence as about transactions: it stands in a block, every node is told of
it in FinalizeBlock, and again in replay, in the same words. The votes themselves stay in the
engine's block, whose hash the seal of the ledger's block names.
"""

from collections.abc import Sequence
from typing import Final

from tongjian.core import limits, values
from tongjian.core.block import compute_finding_id
from tongjian.core.encoding import encode
from tongjian.core.hashing import sha256
from tongjian.engines.chain import Chain
from tongjian.engines.comet.wire import Message, encode_message
from tongjian.services.membership.acts_incidents import RecordMisdeed
from tongjian.services.membership.records_incidents import Misdeed

KINDS: Final[dict[int, Misdeed]] = {1: "signed_twice", 2: "attacked_light_clients"}
"""By the number of the kind in ABCI 2.0; another kind is of another engine and is passed over."""


def findings_from(chain: Chain, told: Sequence[Message]) -> tuple[bytes, ...]:
    """Return what the ledger does not have yet of what the engine told, in its order."""
    found: dict[bytes, bytes] = {}
    for misbehaviour in told:
        act = read_misdeed(misbehaviour)
        if act is None:
            continue
        finding = encode(act)
        identity = compute_finding_id(chain.digest, chain.chain_id, finding)
        if chain.store.transaction(identity) is None:
            found[identity] = finding
    return tuple(found.values())[: limits.FINDINGS_PER_BLOCK_MAX]


def read_misdeed(told: Message) -> RecordMisdeed | None:
    """Return the act that records what the engine told of a validator."""
    kind, validator = KINDS.get(told["type"]), told["validator"]
    if kind is None or validator is None:
        return None
    time = told["time"] or {"seconds": 0, "nanos": 0}
    return RecordMisdeed(
        validator=validator["address"].hex(),
        misdeed=kind,
        height=values.height(told["height"]),
        committed_ms=values.time_ms(time["seconds"] * 1000 + time["nanos"] // 1_000_000),
        evidence=values.digest(sha256(encode_message("Misbehavior", told))),
    )
