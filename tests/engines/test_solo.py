"""The solo engine: one durable answer for each transaction, in order, whatever else is sent."""

from typing import Any

import pytest
from gate import held, status
from small import (
    ANSWER_S,
    EXPIRY,
    START_MS,
    Small,
    answers,
    change,
    drop,
    put,
    things_of,
    totals_of,
)

from tongjian.core import limits
from tongjian.core.envelope import compose, seal_envelope
from tongjian.core.hashing import sha256
from tongjian.engines import solo
from tongjian.engines.solo import Status
from tongjian.node.keys import KeyPair
from tongjian.node.signing import sign_body

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
            engine, sign_body(small.chain_id, [stranger], body), small.envelope(put("beta", 1))
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
