"""The solo engine at its limits: full queues, large groups, deadlines, faults, the end."""

import sys
import threading
from concurrent.futures import Future
from typing import Any

import pytest
from gate import Gate, held, status
from shelf import THINGS
from small import (
    ANSWER_S,
    START_MS,
    Small,
    answers,
    carry,
    lend,
    put,
    receipts,
    stumble,
    things_of,
)
from truth import read_row

from tongjian.core import limits
from tongjian.core.operation import InvariantBroken
from tongjian.engines import solo
from tongjian.engines.solo import Busy, Outcome, SoloEngine, Status, Stopped


def test_a_full_queue_says_busy_and_takes_nothing(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solo, "QUEUE_TRANSACTIONS_MAX", 10)
    with held(small) as (engine, gate, _):
        queued = engine.submit([small.envelope(put(f"t{n}", n)) for n in range(8)])
        with pytest.raises(Busy, match="retry after 100 ms") as caught:
            engine.submit([small.envelope(put(f"u{n}", n)) for n in range(3)])
        assert caught.value.retry_after_ms == 100
        more = engine.submit([small.envelope(put(f"v{n}", n)) for n in range(2)])
        gate.open()
        assert len(queued.result(timeout=ANSWER_S)) == 8
        assert len(more.result(timeout=ANSWER_S)) == 2
        assert not any(name.startswith("u") for name in things_of(engine.chain))
        assert status(answers(engine, small.envelope(put("u0", 0)))) == [Status.COMMITTED]


def test_a_queue_full_of_bytes_says_busy(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solo, "QUEUE_BYTES_MAX", 300_000)
    with held(small) as (engine, gate, _):
        queued = engine.submit([small.envelope(carry(199_000))])
        with pytest.raises(Busy):
            engine.submit([small.envelope(carry(150_000))])
        gate.open()
        assert status(queued.result(timeout=ANSWER_S)) == [Status.COMMITTED]
        assert status(answers(engine, small.envelope(carry(150_000)))) == [Status.COMMITTED]


def test_a_group_above_the_limit_of_a_block_is_cut_into_blocks(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BLOCK_TRANSACTIONS_MAX", 7)
    with small.engine() as engine:
        outcomes = answers(engine, *(small.envelope(put(f"t{n}", n)) for n in range(20)))
        assert [outcome.height for outcome in outcomes] == [1] * 7 + [2] * 7 + [3] * 6


def test_groups_that_fit_no_block_together_go_into_several(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BLOCK_TRANSACTIONS_MAX", 7)
    with held(small) as (engine, gate, _):
        futures = [
            engine.submit([small.envelope(put(f"t{g}_{n}", n)) for n in range(3)]) for g in range(5)
        ]
        gate.open()
        heights = [o.height for future in futures for o in future.result(timeout=ANSWER_S)]
        assert heights == [2] * 6 + [3] * 6 + [4] * 3


def test_a_group_of_large_transactions_is_cut_by_bytes_and_opens_again(small: Small) -> None:
    # Twice the bytes that a block may hold: one block of them could never be read again.
    count = 2 * limits.BLOCK_BYTES_MAX // 199_000 + 1
    with small.engine() as engine:
        outcomes = answers(engine, *(small.envelope(carry(199_000)) for _ in range(count)))
        assert set(status(outcomes)) == {Status.COMMITTED}
        assert engine.chain.height == 3
        for height in range(1, 4):
            body = engine.chain.body(height)
            assert sum(map(len, body.envelopes)) <= limits.BLOCK_BYTES_MAX
    (small.folder / "store.lmdb").unlink()
    with small.opened() as chain:
        assert chain.opened.replayed == 4


# ---------------------------------------------------------------------------------- deadlines


def wait_for_height(engine: SoloEngine, height: int) -> None:
    """Wait until the engine has made a block by itself."""
    waited = threading.Event()
    for _ in range(100 * ANSWER_S):
        if engine.chain.height >= height:
            return
        waited.wait(0.01)
    pytest.fail(f"no block {height} without traffic")


def test_a_deadline_makes_a_block_without_traffic(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solo, "IDLE_WAIT_S", 0.01)
    with small.engine() as engine:
        answers(engine, small.envelope(lend("book", START_MS + 60_000)))
        assert things_of(engine.chain) == {"book": 0}
        small.now_ms = START_MS + 60_000
        wait_for_height(engine, 2)
    with small.opened() as chain:
        assert things_of(chain) == {}
        assert chain.header(2).time_ms == START_MS + 60_000
        assert len(chain.body(2).timers) == 1


def test_no_deadline_no_block(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solo, "IDLE_WAIT_S", 0.001)
    looked = threading.Event()
    with small.engine() as engine:
        answers(engine, small.envelope(lend("book", START_MS + 60_000)))
        has_due = engine.chain.machine.has_due
        count = [0]

        def look(now_ms: int) -> bool:
            count[0] += 1
            if count[0] > 20:
                looked.set()
            return has_due(now_ms)

        monkeypatch.setattr(engine.chain.machine, "has_due", look)
        small.now_ms = START_MS + 59_999
        assert looked.wait(ANSWER_S)
        assert engine.chain.height == 1


def test_deadlines_come_first_in_a_block_with_traffic(small: Small) -> None:
    with small.engine() as engine:
        answers(engine, small.envelope(lend("book", START_MS + 60_000)))
        small.now_ms = START_MS + 60_001
        (outcome,) = answers(engine, small.envelope(put("book", 5)))
        assert outcome.status is Status.COMMITTED
        assert things_of(engine.chain) == {"book": 5}


# ---------------------------------------------------------------------------------- failures


def test_a_handler_that_fails_costs_only_its_own_transaction(small: Small) -> None:
    with small.engine() as engine:
        outcomes = answers(
            engine,
            small.envelope(put("alpha", 1)),
            small.envelope(stumble("defect")),
            small.envelope(put("beta", 2), stumble("defect")),
            small.envelope(put("gamma", 3)),
        )
        assert status(outcomes) == [
            Status.COMMITTED,
            Status.NOT_RECORDED,
            Status.NOT_RECORDED,
            Status.COMMITTED,
        ]
        assert "the handler of shelf.stumble failed" in outcomes[1].detail
        assert things_of(engine.chain) == {"alpha": 1, "gamma": 3}
        assert engine.chain.log_size(1) == 2
    with small.opened() as chain:
        assert chain.height == 1


def test_a_block_of_nothing_but_failing_handlers_is_not_made(small: Small) -> None:
    with small.engine() as engine:
        outcomes = answers(engine, *(small.envelope(stumble("defect")) for _ in range(3)))
        assert set(status(outcomes)) == {Status.NOT_RECORDED}
        assert engine.chain.height == 0


def test_a_broken_invariant_stops_the_engine_and_says_so(small: Small) -> None:
    with small.engine() as engine:
        assert status(answers(engine, small.envelope(put("alpha", 1)))) == [Status.COMMITTED]
        outcomes = answers(
            engine, small.envelope(put("beta", 2)), small.envelope(stumble("invariant"))
        )
        assert set(status(outcomes)) == {Status.UNKNOWN}
        assert "the shelf has fallen over" in outcomes[0].detail
        engine._thread.join(ANSWER_S)
        with pytest.raises(Stopped, match="the shelf has fallen over"):
            engine.submit([small.envelope(put("gamma", 3))])
    with small.opened() as chain:
        assert things_of(chain) == {"alpha": 1}


def test_whatever_waits_when_the_engine_stops_has_an_answer(small: Small) -> None:
    with held(small) as (engine, gate, first):
        broken = engine.submit([small.envelope(stumble("invariant"))])
        behind = [engine.submit([small.envelope(put(f"t{n}", n)), b"\xc1"]) for n in range(10)]
        gate.open()
        assert status(first.result(timeout=ANSWER_S)) == [Status.COMMITTED]
        assert status(broken.result(timeout=ANSWER_S)) == [Status.UNKNOWN]
        for future in behind:
            one, other = future.result(timeout=ANSWER_S)
            assert one.status in (Status.UNKNOWN, Status.NOT_RECORDED)
            assert other.status in (Status.MALFORMED, Status.NOT_RECORDED)
            assert "the shelf has fallen over" in one.detail


def test_a_group_on_its_way_into_a_batch_has_an_answer_when_the_engine_stops(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small.engine() as engine:

        def gone(*arguments: Any) -> None:
            raise ConnectionError("a signature-checking process has gone")

        monkeypatch.setattr(engine._checkers, "submit", gone)
        outcomes = answers(engine, small.envelope(put("alpha", 1)), b"\xc1")
        assert status(outcomes) == [Status.UNKNOWN, Status.MALFORMED]
        monkeypatch.setattr(engine.chain.opener, "open", gone)
        engine._thread.join(ANSWER_S)
        with pytest.raises(Stopped):
            engine.submit([b""])


def test_a_group_that_cannot_even_be_decoded_has_an_answer_when_the_engine_stops(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small.engine() as engine:

        def broken(data: bytes) -> None:
            raise InvariantBroken("no such release")

        monkeypatch.setattr(engine.chain.opener, "open", broken)
        outcomes = answers(engine, small.envelope(put("alpha", 1)), small.envelope(put("beta", 1)))
        assert set(status(outcomes)) == {Status.NOT_RECORDED}
        assert "no such release" in outcomes[0].detail


def test_a_caller_who_goes_away_does_not_stop_the_engine(small: Small) -> None:
    with held(small) as (engine, gate, first):
        future = engine.submit([small.envelope(put("alpha", 1))])
        assert not future.cancel()
        assert not first.cancel()
        gate.open()
        assert status(future.result(timeout=ANSWER_S)) == [Status.COMMITTED]
        assert status(answers(engine, small.envelope(put("beta", 2)))) == [Status.COMMITTED]


def test_a_callback_that_fails_does_not_stop_the_engine(
    small: Small, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(future: "Future[list[Outcome]]") -> None:
        raise RuntimeError("the caller's own fault")

    with small.engine() as engine:
        future = engine.submit([small.envelope(put("alpha", 1))])
        future.add_done_callback(fail)
        future.result(timeout=ANSWER_S)
        assert status(answers(engine, small.envelope(put("beta", 2)))) == [Status.COMMITTED]


# ---------------------------------------------------------------------------------- closing


def test_closing_finishes_what_is_queued(small: Small) -> None:
    gate = Gate(small)
    with small.engine(maker=gate) as engine:
        futures = [engine.submit([small.envelope(put(f"t{n}", n))]) for n in range(10)]
        assert gate.waiting.wait(ANSWER_S)
        closer = threading.Thread(target=engine.close)
        closer.start()
        gate.open()
        closer.join(ANSWER_S)
        assert [future.result(timeout=0)[0].status for future in futures] == [Status.COMMITTED] * 10
        with pytest.raises(Stopped, match="closed"):
            engine.submit([small.envelope(put("late", 1))])


def test_closing_twice_is_no_error(small: Small) -> None:
    with small.engine(workers=1) as engine:
        engine.close()
        engine.close()


def test_many_callers_at_once_each_get_their_own_answers(small: Small) -> None:
    envelopes = {
        caller: [small.envelope(put(f"t{caller}_{n}", n), by=(caller % 2,)) for n in range(20)]
        for caller in range(8)
    }
    seen: dict[int, list[Outcome]] = {}
    with small.engine(workers=2) as engine:

        def call(caller: int) -> None:
            seen[caller] = [answers(engine, one)[0] for one in envelopes[caller]]

        threads = [threading.Thread(target=call, args=(caller,)) for caller in envelopes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(ANSWER_S)
        for caller, outcomes in seen.items():
            assert set(status(outcomes)) == {Status.COMMITTED}
            identities = [small.identity(one, engine.chain) for one in envelopes[caller]]
            assert [outcome.id for outcome in outcomes] == identities
        assert len(things_of(engine.chain)) == 160


def test_a_thread_that_looks_beside_the_engine_sees_whole_blocks_and_proofs_that_hold(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solo, "IDLE_WAIT_S", 0.0001)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns as often as they can
    try:
        with small.engine() as engine:
            futures = [
                engine.submit([small.envelope(put(f"a{n}", n), put(f"b{n}", n))])
                for n in range(150)
            ]
            looks = 0
            while not futures[-1].done() or looks < 50:
                looks += 1
                with engine.chain.lock:
                    height, things = engine.chain.height, things_of(engine.chain)
                names = {name[1:] for name in things if name[0] == "a"}
                assert names == {name[1:] for name in things if name[0] == "b"}
                for name in sorted(names)[-3:]:
                    proof = receipts(engine.chain).of_row(THINGS.key(f"a{name}"), height)
                    assert read_row(proof, small.anchors) == int(name)
            assert len(things_of(engine.chain)) == 300
            assert {future.result()[0].status for future in futures} == {Status.COMMITTED}
    finally:
        sys.setswitchinterval(before)
