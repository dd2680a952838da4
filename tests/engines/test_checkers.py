"""Signature checks in other processes: the verdicts are those of one process, whoever dies."""

import os
import random
import signal
from collections.abc import Generator

import pytest
from nacl.signing import SigningKey
from small import Small, answers, put

from tongjian.engines import checkers as module
from tongjian.engines.channel import start
from tongjian.engines.checkers import Checkers, Job, check
from tongjian.engines.solo import Status

KEYS = [SigningKey(bytes([n]) * 32) for n in range(4)]


def jobs(count: int, seed: int = 0) -> tuple[list[Job], bytes]:
    """Return jobs, some of them wrong, and what must be said of them."""
    chance = random.Random(seed)
    made: list[Job] = []
    expected = bytearray()
    for number in range(count):
        key = chance.choice(KEYS)
        message = b"%d/%d" % (seed, number)
        signature = key.sign(message).signature
        wrong = chance.random() < 0.3
        if wrong:
            message += b"!"
        made.append((1, bytes(key.verify_key), message, signature))
        expected.append(not wrong)
    return made, bytes(expected)


@pytest.fixture
def pool() -> Generator[Checkers]:
    """Give two checking processes."""
    with Checkers(2) as checkers:
        yield checkers


def test_verdicts_come_in_the_order_of_the_jobs(pool: Checkers) -> None:
    for count in (0, 1, 8, 9, 200, 201, 1501):
        made, expected = jobs(count, seed=count)
        assert pool.collect(pool.submit(made)) == expected == check(made)


def test_tickets_may_be_collected_in_any_order(pool: Checkers) -> None:
    lists = [jobs(150 + 100 * n, seed=n) for n in range(6)]
    tickets = [pool.submit(made) for made, _ in lists]
    for at in (3, 0, 5, 1, 4, 2):
        assert pool.collect(tickets[at]) == lists[at][1]


def test_malformed_keys_and_signatures_are_invalid_and_harm_nobody(pool: Checkers) -> None:
    made, expected = jobs(50)
    bad: list[Job] = [
        (1, b"", b"", b""),
        (1, b"\xff" * 32, b"message", b"\xff" * 64),
        (2, made[0][1], made[0][2], made[0][3]),
        (1, made[0][1], made[0][2], made[0][3][:-1]),
        (99, b"", b"", b""),
    ]
    assert pool.collect(pool.submit([*bad, *made, *bad])) == bytes(5) + expected + bytes(5)


def test_a_process_that_was_killed_is_replaced_and_its_jobs_are_checked(pool: Checkers) -> None:
    for seed in range(3):
        first, second = jobs(1000, seed=seed), jobs(1000, seed=seed + 100)
        tickets = [pool.submit(first[0])]
        for worker in pool._workers:
            os.kill(worker.process.pid, signal.SIGKILL)
        tickets.append(pool.submit(second[0]))
        assert [pool.collect(ticket) for ticket in tickets] == [first[1], second[1]]


def test_a_process_that_was_killed_between_jobs_is_replaced(pool: Checkers) -> None:
    worker = pool._workers[0]
    os.kill(worker.process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, worker.process.pid, os.WEXITED | os.WNOWAIT)
    made, expected = jobs(500)

    assert pool.collect(pool.submit(made)) == expected


def test_jobs_that_no_process_survives_are_never_accepted(
    pool: Checkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = jobs(1000)
    monkeypatch.setattr(module, "start", started_and_killed)
    ticket = pool.submit(made)
    for worker in pool._workers:
        os.kill(worker.process.pid, signal.SIGKILL)
    with pytest.raises(ConnectionError, match="has gone again"):
        pool.collect(ticket)


def started_and_killed(name: str) -> object:
    process, channel = start(name)
    os.kill(process.pid, signal.SIGKILL)
    return process, channel


def test_a_short_answer_is_not_taken_for_consent(
    pool: Checkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of an empty list of verdicts, all hold.
    made, _ = jobs(300)
    monkeypatch.setattr(module, "receive", lambda channel: b"")
    with pytest.raises(ConnectionError):
        pool.collect(pool.submit(made))


def test_closing_with_jobs_under_way_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    pool = Checkers(2)
    pool.submit(jobs(3000)[0])
    pool.close()

    assert capfd.readouterr().err == ""


def test_the_engine_goes_on_when_its_checkers_are_killed(small: Small) -> None:
    with small.engine(workers=2) as engine:
        for round_ in range(3):
            for worker in engine._checkers._workers:
                os.kill(worker.process.pid, signal.SIGKILL)
            envelopes = [small.envelope(put(f"t{round_}_{n}", n)) for n in range(60)]
            assert {o.status for o in answers(engine, *envelopes)} == {Status.COMMITTED}
