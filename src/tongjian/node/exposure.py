"""What a stolen key signed since the last safe height, and what became of each."""

from typing import NamedTuple

from tongjian.engines.chain import Chain
from tongjian.services.membership.records import COMPROMISES, EXPOSED, Compromise, Settled


class Exposed(NamedTuple):
    """A transaction that a key signed while it may have been in other hands."""

    height: int
    transaction: bytes
    acts: tuple[str, ...]
    outcome: str
    """Empty where it was committed."""
    signers: int
    settled: Settled | None


def compromise_of(chain: Chain, key: bytes) -> Compromise | None:
    """Return the report that a key was stolen, or none."""
    found: Compromise | None = chain.store.row(COMPROMISES, COMPROMISES.key(key))
    return found


def exposed(chain: Chain, key: bytes, safe_height: int) -> list[Exposed]:
    """Return what a key signed after a height, oldest first; reads every block since."""
    found: list[Exposed] = []
    for height in range(safe_height + 1, chain.height + 1):
        body = chain.body(height)
        for envelope, decision in zip(
            body.envelopes, body.decisions[len(body.timers) :], strict=True
        ):
            incoming = chain.opener.open_trusted(envelope)
            signers = incoming.transaction.signers
            if key not in signers:
                continue
            tags = [str(act.__struct_config__.tag) for act in incoming.transaction.acts]
            settled = chain.store.row(EXPOSED, EXPOSED.key(key, incoming.id))
            found.append(
                Exposed(
                    height,
                    incoming.id,
                    tuple(dict.fromkeys(tags)),
                    decision.outcome,
                    len(signers),
                    settled,
                )
            )
    return found
