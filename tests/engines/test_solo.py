"""The solo engine: one durable answer for each transaction, in order, whatever else is sent."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import pytest
from small import (
    ANSWER_S,
    EXPIRY,
    START_MS,
    Small,
    answers,
    carry,
    change,
    drop,
    lend,
    put,
    stumble,
    things_of,
    totals_of,
)

from tongjian.core import limits
from tongjian.core.block import Seal
from tongjian.core.directory import SealKey
from tongjian.core.envelope import compose, seal_envelope
from tongjian.core.hashing import sha256
from tongjian.core.operation import InvariantBroken
from tongjian.engines import solo
from tongjian.engines.solo import Busy, Outcome, SoloEngine, Status, Stopped
from tongjian.node.keys import KeyPair


def status(outcomes: list[Outcome]) -> list[Status]:
    return [outcome.status for outcome in outcomes]


class Gate:
    """Makes seals only while it is open, so that a test can hold the engine still."""

    def __init__(self, small: Small) -> None:
        self._maker = small.seal_key
        self._open = threading.Event()
        self.waiting = threading.Event()
        self.open = self._open.set

    def seal(self, chain_id: bytes, header: bytes, key: SealKey) -> Seal:
        self.waiting.set()
        assert self._open.wait(ANSWER_S)
        return self._maker.seal(chain_id, header, key)


@contextmanager
def held(small: Small) -> Iterator[tuple[SoloEngine, Gate, "Future[list[Outcome]]"]]:
    """Run an engine that is held within a block of one transaction."""
    gate = Gate(small)
    with small.engine(maker=gate) as engine:
        first = engine.submit([small.envelope(put("first", 1))])
        try:
            assert gate.waiting.wait(ANSWER_S)
            yield engine, gate, first
        finally:
            gate.open()


# ----------------------------------------------------------------------------------- answers


def test_outcomes_come_in_the_order_of_submission(small: Small) -> None:
    with small.engine() as engine:
        outcomes = answers(
            engine,
            small.envelope(put("alpha", 1)),
            small.envelope(put("alpha", 2)),
            b"\xc0",
            small.envelope(change("alpha", 3)),
            small.envelope(drop("beta")),
            small.envelope(put("beta", 4), expiry=0),
        )
        assert status(outcomes) == [
            Status.COMMITTED,
            Status.REFUSED,
            Status.MALFORMED,
            Status.COMMITTED,
            Status.REFUSED,
            Status.TURNED_AWAY,
        ]
        assert [outcome.refusal for outcome in outcomes] == [
            "",
            "shelf/2@0",
            "",
            "",
            "shelf/1@0",
            "kernel/2@0",
        ]
        assert [outcome.height for outcome in outcomes] == [1, 1, -1, 1, 1, -1]
        assert things_of(engine.chain) == {"alpha": 3}


def test_an_answer_is_durable_before_it_is_given(small: Small) -> None:
    with small.engine() as engine:
        (outcome,) = answers(engine, small.envelope(put("alpha", 1)))
        log = (small.folder / "blocks.log").read_bytes()
    with small.opened() as chain:
        assert chain.opened.replayed == 0
        assert len(log) == (small.folder / "blocks.log").stat().st_size
        seen = chain.result(outcome.id)
        assert seen is not None
        assert seen[:2] == (1, 0)


def test_many_groups_are_answered_each_in_its_own_order(small: Small) -> None:
    with small.engine(workers=1) as engine:
        groups = [
            [small.envelope(put(f"t{group}_{n}", n), by=(n % 2,)) for n in range(50)]
            for group in range(20)
        ]
        futures = [engine.submit(group) for group in groups]
        for group, future in zip(groups, futures, strict=True):
            outcomes = future.result(timeout=ANSWER_S)
            assert set(status(outcomes)) == {Status.COMMITTED}
            assert [o.id for o in outcomes] == [small.identity(e, engine.chain) for e in group]
        assert len(things_of(engine.chain)) == 1000
        assert {count for count, _ in totals_of(engine.chain).values()} == {500}


def test_an_empty_group_is_answered_at_once(small: Small) -> None:
    with small.engine() as engine:
        assert engine.submit([]).result(timeout=0) == []


def test_a_transaction_of_many_acts_is_all_or_nothing(small: Small) -> None:
    with small.engine() as engine:
        outcomes = answers(
            engine,
            small.envelope(put("alpha", 1), put("beta", 2), put("alpha", 3)),
            small.envelope(put("alpha", 1), put("beta", 2)),
        )
        assert [outcome.refusal for outcome in outcomes] == ["shelf/2@2", ""]
        assert things_of(engine.chain) == {"alpha": 1, "beta": 2}
        assert list(totals_of(engine.chain).values()) == [(2, 3)]


def test_one_caller_alone_waits_for_no_timer(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    # An engine that waited for its clock would answer in an hour.
    monkeypatch.setattr(solo, "IDLE_WAIT_S", 3600)
    with small.engine() as engine:
        for n in range(5):
            assert status(answers(engine, small.envelope(put(f"t{n}", n)))) == [Status.COMMITTED]
        assert engine.chain.height == 5


def test_what_waits_together_shares_a_block(small: Small) -> None:
    with held(small) as (engine, gate, first):
        futures = [engine.submit([small.envelope(put(f"t{n}", n))]) for n in range(30)]
        gate.open()
        heights = [future.result(timeout=ANSWER_S)[0].height for future in futures]
        assert first.result(timeout=ANSWER_S)[0].height == 1
        assert set(heights) == {2}


def test_block_time_never_goes_back(small: Small) -> None:
    with small.engine() as engine:
        for now_ms in (START_MS + 5000, START_MS + 1000, START_MS + 9000):
            small.now_ms = now_ms
            answers(engine, small.envelope(put(f"t{now_ms}", 1)))
        times = [engine.chain.header(height).time_ms for height in range(4)]
    assert times == [START_MS, START_MS + 5000, START_MS + 5000, START_MS + 9000]
    with small.opened() as chain:
        assert chain.height == 3


# ------------------------------------------------------------------------------- the same again


def test_a_resubmission_gets_the_first_outcome_and_changes_nothing(small: Small) -> None:
    good, bad = small.envelope(put("alpha", 1)), small.envelope(drop("beta"))
    with small.engine() as engine:
        first = answers(engine, good, bad)
        answers(engine, small.envelope(put("beta", 2)), small.envelope(drop("alpha")))
        height = engine.chain.height
        again = answers(engine, bad, good, good)
        for before, after in zip((first[1], first[0], first[0]), again, strict=True):
            assert (after.status, after.id, after.height, after.refusal) == (
                before.status,
                before.id,
                before.height,
                before.refusal,
            )
        assert engine.chain.height == height
        assert things_of(engine.chain) == {"beta": 2}


def test_a_resubmission_after_reopening_gets_the_first_outcome(small: Small) -> None:
    envelope = small.envelope(put("alpha", 1))
    with small.engine() as engine:
        (first,) = answers(engine, envelope)
    with small.engine() as engine:
        (again,) = answers(engine, envelope)
        assert (again.status, again.height) == (first.status, first.height)
        assert engine.chain.height == 1


def test_duplicates_within_a_group_and_across_groups_run_once(small: Small) -> None:
    envelope = small.envelope(put("alpha", 1))
    with held(small) as (engine, gate, _):
        futures = [engine.submit([envelope, envelope]) for _ in range(5)]
        gate.open()
        outcomes = [o for future in futures for o in future.result(timeout=ANSWER_S)]
        assert len({(o.id, o.height) for o in outcomes}) == 1
        assert set(status(outcomes)) == {Status.COMMITTED}
        assert engine.chain.log_size(engine.chain.height) == 2


def test_a_body_with_other_signatures_has_the_same_id_and_runs_once(small: Small) -> None:
    body = small.body(put("alpha", 1))
    good, bad = small.sign(body), seal_envelope(body, (b"\x01" * 64,))
    with small.engine() as engine:
        outcomes = answers(engine, good, bad, good)
        assert status(outcomes) == [Status.COMMITTED, Status.MALFORMED, Status.COMMITTED]
        assert things_of(engine.chain) == {"alpha": 1}


@pytest.mark.parametrize("garbage", [1, 5])
def test_garbage_signatures_sent_first_do_not_block_the_owner(small: Small, garbage: int) -> None:
    body = small.body(put("alpha", 1))
    bad = [seal_envelope(body, (bytes([n + 1]) * 64,)) for n in range(garbage)]
    with small.engine() as engine:
        assert status(answers(engine, *bad, small.sign(body), *bad)) == [
            *[Status.MALFORMED] * garbage,
            Status.COMMITTED,
            *[Status.MALFORMED] * garbage,
        ]
        assert things_of(engine.chain) == {"alpha": 1}


def test_garbage_signatures_alone_record_nothing_and_leave_the_id_free(small: Small) -> None:
    body = small.body(put("alpha", 1))
    bad = [seal_envelope(body, (bytes([n]) * 64,)) for n in range(3)]
    with small.engine() as engine:
        assert set(status(answers(engine, *bad))) == {Status.MALFORMED}
        assert engine.chain.height == 0
        assert status(answers(engine, small.sign(body))) == [Status.COMMITTED]


def test_garbage_in_other_groups_while_the_owner_waits_does_not_harm(small: Small) -> None:
    body = small.body(put("alpha", 1))
    bad = seal_envelope(body, (b"\x01" * 64,))
    with held(small) as (engine, gate, _):
        before, own, after = (engine.submit([e]) for e in (bad, small.sign(body), bad))
        gate.open()
        assert status(before.result(timeout=ANSWER_S)) == [Status.MALFORMED]
        assert status(own.result(timeout=ANSWER_S)) == [Status.COMMITTED]
        assert status(after.result(timeout=ANSWER_S)) == [Status.MALFORMED]


# ---------------------------------------------------------------------------------- not admitted


def test_what_is_malformed_answers_only_for_itself(small: Small) -> None:
    good = [small.envelope(put(f"t{n}", n)) for n in range(4)]
    signed = small.envelope(put("alpha", 1))
    bad = [b"", b"\x00", b"\xff" * 100, signed[:-1], signed + b"\x00", signed[:40] + signed[41:]]
    with small.engine() as engine:
        outcomes = answers(engine, good[0], *bad[:3], good[1], *bad[3:], good[2], good[3])
        assert [o.status for o in outcomes if o.status is not Status.MALFORMED] == [
            Status.COMMITTED
        ] * 4
        assert outcomes[0].status is outcomes[4].status is Status.COMMITTED
        assert all(o.detail and o.height == -1 for o in outcomes if o.status is Status.MALFORMED)
        assert len(things_of(engine.chain)) == 4


def test_a_wrong_signature_is_malformed_and_not_recorded(small: Small) -> None:
    body = small.body(put("alpha", 1))
    by_another = small.sign(body, by=(1,))
    with small.engine() as engine:
        (outcome,) = answers(engine, by_another)
        assert outcome.status is Status.MALFORMED
        assert "signature is not that of the key" in outcome.detail
        assert engine.chain.height == 0


@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        ({"chain": bytes(32)}, "kernel/1@0"),
        ({"expiry": 0}, "kernel/2@0"),
        ({"expiry": limits.EXPIRY_BLOCKS_MAX + 5}, "kernel/3@0"),
    ],
)
def test_what_could_not_be_committed_is_turned_away_with_its_reason(
    small: Small, how: dict[str, Any], refusal: str
) -> None:
    with small.engine() as engine:
        (outcome,) = answers(engine, small.envelope(put("alpha", 1), **how))
        assert (outcome.status, outcome.refusal) == (Status.TURNED_AWAY, refusal)
        assert outcome.detail
        assert engine.chain.height == 0


def test_an_unknown_key_is_turned_away(small: Small) -> None:
    stranger = KeyPair(b"s" * 32, sha256)
    body = compose(
        chain=small.chain_id,
        expiry=EXPIRY,
        nonce=bytes(16),
        signers=(stranger.id,),
        acts=(put("alpha", 1),),
    )
    with small.engine() as engine:
        outcomes = answers(
            engine, stranger.sign_transaction(small.chain_id, body), small.envelope(put("beta", 1))
        )
        assert [outcome.refusal for outcome in outcomes] == ["kernel/4@0", ""]


def test_a_transaction_turned_away_by_a_clock_that_then_steps_back_has_an_answer(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = START_MS + 10 * 365 * 86_400_000  # beyond the end of every key
    clock = iter([late])
    with small.engine() as engine:
        monkeypatch.setattr(engine, "_clock", lambda: next(clock, START_MS))
        (outcome,) = answers(engine, small.envelope(put("alpha", 1)))
        assert (outcome.status, outcome.refusal) == (Status.TURNED_AWAY, "kernel/7@0")


# ---------------------------------------------------------------------------------- limits


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
