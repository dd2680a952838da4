"""What goes into one transaction of the engine, and when it is handed over again."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from network import Node, handed_over, node, town
from small import Small, put

from tongjian.core.encoding import Malformed
from tongjian.engines.comet import admission as admission_module
from tongjian.engines.comet import engine as engine_module
from tongjian.engines.comet.bundles import (
    BUNDLE_BYTES_MAX,
    BUNDLE_BYTES_TARGET,
    BUNDLE_ENVELOPES_MAX,
    envelopes_of,
    fits,
    make_bundle,
)
from tongjian.engines.comet.engine import CometEngine
from tongjian.engines.comet.rpc import Rpc, RpcFailed
from tongjian.engines.outcomes import Busy, Status

__all__ = ["handed_over", "node", "town"]


class Mempool:
    """Stands for the engine's mempool: takes bundles, or is away."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.asked = 0
        self.away = False

    def broadcast(self, transaction: bytes) -> str:
        self.asked += 1
        if self.away:
            msg = "away"
            raise RpcFailed(msg)
        self.taken.append(transaction)
        return ""


@pytest.fixture
def mempool(monkeypatch: pytest.MonkeyPatch) -> Mempool:
    made = Mempool()
    monkeypatch.setattr(Rpc, "broadcast", lambda _, transaction: made.broadcast(transaction))
    monkeypatch.setattr(engine_module, "SOON_S", 0.01)
    monkeypatch.setattr(engine_module, "LOOK_S", 0.01)
    return made


@pytest.fixture
def engine(node: Node, mempool: Mempool) -> Iterator[CometEngine]:
    del mempool
    made = CometEngine(node.application, Path("nowhere"))
    yield made
    made.close()


def wait(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.005)


def test_a_bundle_is_full_by_number_or_by_size_but_takes_one_envelope_of_any_size() -> None:
    assert fits(BUNDLE_ENVELOPES_MAX, BUNDLE_BYTES_TARGET)
    assert not fits(BUNDLE_ENVELOPES_MAX + 1, 1)
    assert not fits(2, BUNDLE_BYTES_TARGET + 1)
    assert fits(1, BUNDLE_BYTES_MAX)
    with pytest.raises(Malformed):
        envelopes_of(make_bundle([b"x"] * (BUNDLE_ENVELOPES_MAX + 1)))


@pytest.mark.timeout(60)
def test_only_so_much_is_with_the_network_at_once(
    town: Small, node: Node, mempool: Mempool, engine: CometEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "IN_FLIGHT_MAX", 1)
    monkeypatch.setattr(engine_module, "fits", lambda envelopes, _: envelopes <= 1)
    futures = [engine.submit([town.envelope(put(f"t{number}", 1))]) for number in range(5)]
    # Each of the senders may have looked before the other had handed over.
    while not all(future.done() for future in futures):
        bundles, mempool.taken = mempool.taken, []
        assert len(bundles) <= engine_module.SENDERS
        node.engine.block(*bundles)
    assert {future.result()[0].status for future in futures} == {Status.COMMITTED}


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("name", "bound"), [("QUEUE_MAX", 2), ("QUEUE_BYTES_MAX", 1000)])
def test_clients_are_told_busy_while_the_ledger_is_held(
    town: Small,
    node: Node,
    engine: CometEngine,
    mempool: Mempool,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    bound: int,
) -> None:
    monkeypatch.setattr(engine_module, name, bound)
    monkeypatch.setattr(engine_module, "fits", lambda envelopes, _: envelopes <= 1)
    envelopes = [town.envelope(put(f"t{number}", 1)) for number in range(12)]
    futures = []
    with node.chain.lock, pytest.raises(Busy):  # nobody can be admitted meanwhile
        futures += [engine.submit([one]) for one in envelopes]
    wait(lambda: not engine._queue)
    assert engine._queue_bytes == 0
    assert mempool.asked <= len(envelopes)


@pytest.mark.parametrize(("name", "bound"), [("VERIFIED_MAX", 2), ("VERIFIED_BYTES_MAX", 500)])
def test_what_was_verified_is_remembered_within_bounds(
    town: Small, node: Node, monkeypatch: pytest.MonkeyPatch, name: str, bound: int
) -> None:
    monkeypatch.setattr(admission_module, name, bound)
    admission = node.application.admission
    for number in range(20):
        transaction = make_bundle([town.envelope(put(f"t{number}", 1))])
        assert node.caller.ask("check_tx", {"tx": transaction, "type": 0})["code"] == 0
    assert len(admission._verified) + len(admission._verified_old) < 12


@pytest.mark.timeout(60)
def test_large_envelopes_fill_the_network_by_their_bytes(
    town: Small, mempool: Mempool, node: Node, engine: CometEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "IN_FLIGHT_BYTES", 1)
    first = engine.submit([town.envelope(put("alpha", 1))])
    wait(lambda: bool(mempool.taken))
    second = engine.submit([town.envelope(put("beta", 1))])
    node.engine.block()
    assert (len(mempool.taken), engine.waiting) == (1, 2)
    node.engine.block(mempool.taken[0])
    wait(lambda: len(mempool.taken) > 1)
    node.engine.block(mempool.taken[1])
    assert first.result()[0].height < second.result()[0].height


def test_what_the_mempool_still_has_is_not_handed_over_again(
    town: Small, mempool: Mempool, node: Node, engine: CometEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    future = engine.submit([town.envelope(put("alpha", 1))])
    wait(lambda: bool(mempool.taken))
    bundle = mempool.taken[0]
    (due,) = engine._again_at.values()
    assert node.caller.ask("check_tx", {"tx": bundle, "type": 1})["code"] == 0
    (later,) = engine._again_at.values()
    assert later[0] > due[0]
    node.engine.block(bundle)
    assert future.result()[0].status is Status.COMMITTED
    assert (engine._again_at, engine._pending_bytes) == ({}, 0)


@pytest.mark.timeout(60)
def test_what_the_engine_did_not_take_is_handed_over_again_soon(
    town: Small, node: Node, mempool: Mempool, engine: CometEngine
) -> None:
    mempool.away = True
    future = engine.submit([town.envelope(put("alpha", 1))])
    wait(lambda: mempool.asked > 1)
    mempool.away = False
    wait(lambda: bool(mempool.taken))
    node.engine.block(mempool.taken[0])
    assert future.result()[0].status is Status.COMMITTED


@pytest.mark.timeout(60)
def test_what_an_ended_engine_had_is_handed_over_again_and_decided_once(
    town: Small, node: Node, mempool: Mempool, engine: CometEngine
) -> None:
    future = engine.submit([town.envelope(put("alpha", 1))])
    wait(lambda: bool(mempool.taken))
    engine.forgotten()
    wait(lambda: len(mempool.taken) > 1)
    node.engine.block(*mempool.taken[:2])
    assert future.result()[0].status is Status.COMMITTED
    assert (node.application.counts.recorded, node.application.counts.left) == (1, 1)
