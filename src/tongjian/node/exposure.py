"""What a stolen key signed since the last safe height, what became of each, whom it concerns."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from tongjian.core.directory import OFFICES
from tongjian.engines.chain import Chain
from tongjian.services.membership.records import COMPROMISES, EXPOSED, Compromise, Settled

_CODE_LENGTH = 18


class Exposed(NamedTuple):
    """A transaction that a key signed while it may have been in other hands."""

    height: int
    transaction: bytes
    acts: tuple[str, ...]
    outcome: str
    """Empty where it was committed."""
    signers: int
    settled: Settled | None
    concerned: tuple[str, ...]
    """Codes of the offices and firms that its acts or events name: who is to be told."""


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
            acts = incoming.transaction.acts
            tags = [str(act.__struct_config__.tag) for act in acts]
            settled = chain.store.row(EXPOSED, EXPOSED.key(key, incoming.id))
            found.append(
                Exposed(
                    height,
                    incoming.id,
                    tuple(dict.fromkeys(tags)),
                    decision.outcome,
                    len(signers),
                    settled,
                    _concerned(chain, acts, decision.events),
                )
            )
    return found


def _concerned(chain: Chain, acts: tuple[Any, ...], events: tuple[bytes, ...]) -> tuple[str, ...]:
    codec = chain.machine.registry.event_codec
    named = [text for value in (acts, *map(codec.decode, events)) for text in _texts(value)]
    offices = [
        text
        for text in dict.fromkeys(named)
        if len(text) == _CODE_LENGTH and chain.store.row(OFFICES, OFFICES.key(text)) is not None
    ]
    return tuple(sorted(offices))


def _texts(value: Any) -> Iterator[str]:
    """Yield every text inside a record."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _texts(item)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))
