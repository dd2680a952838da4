"""A disk that takes nothing: answers stay true, and what was recorded is not decided again."""

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from shelf import THINGS
from small import (
    START_MS,
    Small,
    answers,
    log_of,
    put,
    receipts,
    things_of,
)
from truth import read_row

from tongjian.core.operation import InvariantBroken
from tongjian.engines import solo
from tongjian.engines.solo import Status
from tongjian.storage.blocklog import BlockLog
from tongjian.storage.errors import (
    StorageError,
    StorageFull,
    Unsettled,
)
from tongjian.storage.store import Store


def test_a_block_time_before_the_last_is_refused_before_anything_is_written(small: Small) -> None:
    with small.opened() as chain:
        small.apply(chain, small.envelope(put("alpha", 1)))
        size = log_of(small).stat().st_size
        with pytest.raises(InvariantBroken, match="would come before block 1"):
            chain.apply(START_MS, [], small.seal_key)
        assert log_of(small).stat().st_size == size


def test_a_state_that_takes_nothing_leaves_the_block_recorded_and_says_so(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise StorageFull("no room for the derived state")

    with small.opened() as chain:
        envelope = small.envelope(put("alpha", 1))
        with monkeypatch.context() as patch:
            patch.setattr(Store, "commit", full)
            with pytest.raises(Unsettled, match="block 1 is in the block log"):
                small.apply(chain, envelope)
            with pytest.raises(StorageFull):
                chain.reload()
            # What can be read is old, but right.
            assert (chain.height, things_of(chain)) == (0, {})
            assert chain.commitment.tree.root() == chain.header(0).state_root
            proof = receipts(chain).of_row(THINGS.key("alpha"))
            assert read_row(proof, small.anchors) is None
        chain.reload()
        assert (chain.height, things_of(chain)) == (1, {"alpha": 1})
        small.apply(chain, small.envelope(put("beta", 2)))
    with small.opened() as chain:
        assert (chain.opened.replayed, chain.height) == (0, 2)


class Failing:
    """Lets a method fail a number of times."""

    def __init__(self, method: Callable[..., Any], error: Exception, times: int) -> None:
        self.method, self.error, self.times = method, error, times

    def __call__(self, *arguments: Any) -> Any:
        if self.times:
            self.times -= 1
            raise self.error
        return self.method(*arguments)

    def __get__(self, instance: Any, owner: type) -> Callable[..., Any]:
        return lambda *arguments: self(instance, *arguments)


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("error", [StorageFull("no room"), StorageError("input/output error")])
def test_the_engine_answers_truly_when_the_state_fails(
    small: Small, monkeypatch: pytest.MonkeyPatch, times: int, error: StorageError
) -> None:
    envelope = small.envelope(put("alpha", 1))
    monkeypatch.setattr(Store, "commit", Failing(Store.commit, error, times))
    with small.engine() as engine:
        (first,) = answers(engine, envelope)
        if times == 1:  # the block log already had it, and the state has followed
            assert (first.status, first.height) == (Status.COMMITTED, 1)
        else:
            assert first.status is Status.UNKNOWN
            assert "is in the block log" in first.detail
        (again,) = answers(engine, envelope)
        if times == 3:  # nothing new is taken while the state is behind
            assert again.status is Status.NOT_RECORDED
            (again,) = answers(engine, envelope)
        assert (again.status, again.height) == (Status.COMMITTED, 1)
        assert answers(engine, small.envelope(put("beta", 2)))[0].height == 2
        assert things_of(engine.chain) == {"alpha": 1, "beta": 2}
    with small.opened() as chain:
        assert chain.log_size(2) == 2


@pytest.mark.parametrize("times", [1, 4])
def test_the_engine_answers_truly_when_the_log_is_full(
    small: Small, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    envelope = small.envelope(put("alpha", 1))
    monkeypatch.setattr(BlockLog, "append", Failing(BlockLog.append, StorageFull("full"), times))
    with small.engine() as engine:
        for _ in range(times):
            (outcome,) = answers(engine, envelope)
            assert (outcome.status, outcome.detail) == (Status.NOT_RECORDED, "full")
            assert things_of(engine.chain) == {}
        (outcome,) = answers(engine, envelope)
        assert (outcome.status, outcome.height) == (Status.COMMITTED, 1)


def test_a_transaction_of_an_unsettled_block_is_not_decided_again(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    envelope = small.envelope(put("alpha", 1))
    with small.engine() as engine:
        monkeypatch.setattr(Store, "commit", Failing(Store.commit, StorageFull("no room"), 3))
        assert answers(engine, envelope)[0].status is Status.UNKNOWN
        futures = [engine.submit([envelope]) for _ in range(5)]
        statuses = {future.result(timeout=60)[0].status for future in futures}
        assert statuses <= {Status.NOT_RECORDED, Status.COMMITTED}
        assert answers(engine, envelope)[0].height == 1
        assert engine.chain.log_size(engine.chain.height) == 1


def test_an_idle_engine_takes_in_what_the_state_lacks(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(solo, "IDLE_WAIT_S", 0.005)
    monkeypatch.setattr(Store, "commit", Failing(Store.commit, StorageFull("no room"), 3))
    with small.engine() as engine:
        answers(engine, small.envelope(put("alpha", 1)))
        pause = threading.Event()
        for _ in range(6000):
            if engine.chain.height == 1:
                break
            pause.wait(0.01)
        assert things_of(engine.chain) == {"alpha": 1}


def test_a_damaged_log_stops_a_running_engine(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small.engine() as engine:
        answers(engine, small.envelope(put("alpha", 1)))
        size = log_of(small).stat().st_size
        os.truncate(log_of(small), size - 1)
        (outcome,) = answers(engine, small.envelope(put("beta", 2)))
        assert outcome.status is Status.UNKNOWN
        assert "while it was in use" in outcome.detail
        assert log_of(small).stat().st_size == size - 1
