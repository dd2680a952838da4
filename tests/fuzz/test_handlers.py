"""No act that can be decoded makes a handler fail: it is decided or refused.

The golden vectors give states in which acts get far; one field after another is then exchanged.
"""

from functools import cache
from typing import Any

import samples
from effort import share
from hypothesis import given
from hypothesis import strategies as st
from targets import REGISTRY

from tongjian.core.encoding import encode, replace
from tongjian.core.envelope import Incoming, Opener, compose, seal_envelope
from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.machine import Machine
from tongjian.core.operation import Act
from tongjian.core.order import Entry
from tongjian.storage.memory import MemoryState
from tongjian.testkit.strategies import records


@cache
def asked() -> list[dict[str, Any]]:
    """Give the vectors of acts that somebody signed."""
    return [vector for vector in samples.vectors() if vector["transaction"]]


class Bench:
    """The state in which a vector's act was decided, and the machine over it."""

    def __init__(self, vector: dict[str, Any]) -> None:
        chain = bytes.fromhex(vector["chain"])
        digest = hash_of(HashSuite(vector["hash_suite"]))
        state = MemoryState()
        rows = {bytes.fromhex(r["key"]): bytes.fromhex(r["row"]) for r in vector["rows_before"]}
        state.commit([Entry(key, row, b"", 0, 0) for key, row in rows.items()], {})
        self.vector = vector
        self.opener = Opener(REGISTRY, chain, digest)
        self.machine = Machine(REGISTRY, chain, digest, state)
        self.transaction = self._open(bytes.fromhex(vector["transaction"])).transaction

    def _open(self, body: bytes) -> Incoming:
        signatures = tuple(bytes(64) for _ in self.vector["signers"])
        return self.opener.open(seal_envelope(body, signatures))

    def decide(self, act: Act) -> str:
        """Put the act in place of the vector's, and return its outcome."""
        t = self.transaction
        body = compose(
            chain=t.chain, expiry=t.expiry, nonce=t.nonce, signers=t.signers, acts=(act,)
        )
        height, time_ms = self.vector["height"], self.vector["time_ms"]
        applied = self.machine.apply(height, time_ms, [self._open(body)])
        for key, row in applied.writes.items():
            table = REGISTRY.table_of(key)
            assert table is not None
            assert row is None or encode(table.codec.decode(row)) == row
        result = applied.results[-1]
        assert bool(result.outcome) != bool(result.events)
        for event in result.events:
            REGISTRY.event_codec.decode(event)
        return result.outcome


def test_the_vectors_are_decided_as_before() -> None:
    outcomes = [(Bench(v).decide(Bench(v).transaction.acts[0]), v["outcome"]) for v in asked()]
    assert outcomes
    assert [found for found, _ in outcomes] == [told for _, told in outcomes]


def exchanged(data: st.DataObject, act: Act) -> Act:
    """Draw some fields of an act anew; the others stay."""
    names = act.__struct_fields__
    other = data.draw(records(type(act)))
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2)) if names else []
    return replace(act, **{name: getattr(other, name) for name in chosen})


@share(300)
@given(st.data())
def test_no_field_of_an_act_makes_its_handler_fail(data: st.DataObject) -> None:
    bench = Bench(data.draw(st.sampled_from(asked())))
    bench.decide(exchanged(data, bench.transaction.acts[0]))


@share(100)
@given(st.data())
def test_no_act_makes_its_handler_fail_in_a_state_that_lacks_what_it_needs(
    data: st.DataObject,
) -> None:
    bench = Bench(data.draw(st.sampled_from(asked())))
    operation = data.draw(st.sampled_from(list(REGISTRY.operations())))
    bench.decide(data.draw(records(operation.act)))
