"""Whether somebody could do an act now: the kernel asked without a signature or a record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tongjian.cli.failures import ExitCode
from tongjian.cli.permits import Reason, explain
from tongjian.cli.readable import tag_of
from tongjian.cli.submit import decide
from tongjian.cli.words import Refusal
from tongjian.core.envelope import compose, seal_envelope
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act
from tongjian.core.permission import Context
from tongjian.engines.chain import Chain
from tongjian.node.clock import nonce, now_ms


@dataclass(frozen=True)
class Rehearsed:
    """The answer: would it be committed, and how each requirement stands."""

    tag: str
    law: str
    reasons: tuple[Reason, ...]
    refusal: Refusal | None
    code: ExitCode

    def as_json(self) -> dict[str, Any]:
        """Return the answer for machines."""
        return {
            "act": self.tag,
            "could": self.refusal is None,
            "requirements": [reason._asdict() for reason in self.reasons],
            "refusal": self.refusal and self.refusal.as_json(),
            "law": self.law,
        }


def rehearse_policy(chain: Chain, act: Act, keys: Sequence[bytes]) -> Rehearsed:
    """Return what the next block would decide of an act signed by keys; nothing is recorded."""
    machine, height = chain.machine, chain.height + 1
    time_ms = max(now_ms(), chain.tip.time_ms if chain.tip else 0)
    body = compose(
        chain=chain.chain_id, expiry=height, nonce=nonce(), signers=tuple(keys), acts=(act,)
    )
    envelope = seal_envelope(body, tuple(bytes(64) for _ in keys))
    answer = decide(chain, envelope, is_signed=False)
    actors = tuple(machine.directory.actor(key) for key in keys)
    ledger = Ledger(chain.store, machine.directory, chain.digest, height, time_ms)
    context = Context(actors, time_ms, machine.directory, ledger.read)
    context.act = act
    operation = machine.registry.tags[tag_of(act)]
    reasons = tuple(explain(operation.by, context))
    return Rehearsed(operation.tag, operation.law, reasons, answer.refusal, answer.code)
