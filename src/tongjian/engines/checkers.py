"""Signature checks in worker processes, ahead of execution.

The verifier of Ed25519 holds Python's lock, so threads would gain nothing; two processes reach the
limit of two cores. A worker knows nothing but `core.signatures`: it gets jobs and answers a byte
for each.
"""

import os
import socket
import sys
from collections import deque
from types import TracebackType
from typing import Final, Self

from msgspec import msgpack

from tongjian.core.signatures import SuiteUnavailable, holds
from tongjian.engines.channel import receive, send, start

Job = tuple[int, bytes, bytes, bytes]
"""Suite, public key, message, signature."""

CHUNK_JOBS: Final = 200
"""A few milliseconds of work: long enough to make the hand-over cheap, short enough to share."""
INLINE_JOBS_MAX: Final = 8
"""Fewer jobs than a hand-over to another process is worth are checked on the spot."""


_GONE_AGAIN: Final = "a signature-checking process was started anew and has gone again"


_CANNOT_TELL: Final = 2


def check(jobs: list[Job]) -> bytes:
    """Return one byte for each job: 1 where the signature is valid, 0 where it is not.

    2 where this machine has no library for the suite: `Checkers.collect` then raises.
    """
    try:
        return bytes([holds(*job) for job in jobs])
    except SuiteUnavailable:
        return bytes([_check_one(job) for job in jobs])


def _check_one(job: Job) -> int:
    try:
        return int(holds(*job))
    except SuiteUnavailable:
        return _CANNOT_TELL


class Ticket:
    """The verdicts of a list of jobs, some of them still to come."""

    def __init__(self, chunks: int) -> None:
        """Expect a number of chunks."""
        self.verdicts: list[bytes] = [b""] * chunks
        self.missing = chunks


class _Worker:
    def __init__(self) -> None:
        self.process, self.channel = start("tongjian.engines.checkers")
        self.pending: deque[tuple[Ticket, int, list[Job]]] = deque()
        self.revived = False
        """Whether it was started anew and has not answered since."""

    def hand_over(self, ticket: Ticket, position: int, jobs: list[Job]) -> None:
        self.pending.append((ticket, position, jobs))
        try:
            send(self.channel, msgpack.encode(jobs))
        except ConnectionError:
            self.revive()

    def take_answer(self) -> None:
        """Put the next answer where it belongs."""
        ticket, position, jobs = self.pending[0]
        try:
            verdicts = receive(self.channel)
        except ConnectionError:
            verdicts = b""
        if len(verdicts) != len(jobs):
            self.revive()
            return
        self.pending.popleft()
        ticket.verdicts[position] = verdicts
        ticket.missing -= 1
        self.revived = False

    def revive(self) -> None:
        """Start anew a process that was killed, and give it its jobs again.

        Raises `ConnectionError` where the new one did not live to answer either.
        """
        self.process.kill()
        self.close()
        if self.revived:
            raise ConnectionError(_GONE_AGAIN)
        self.revived = True
        self.process, self.channel = start("tongjian.engines.checkers")
        try:
            for _, _, jobs in self.pending:
                send(self.channel, msgpack.encode(jobs))
        except ConnectionError as error:
            raise ConnectionError(_GONE_AGAIN) from error

    def close(self) -> None:
        self.channel.close()
        self.process.wait(timeout=10)


class Checkers:
    """A pool of checking processes; with none, checks run where they are asked for."""

    def __init__(self, workers: int) -> None:
        """Start the workers; the first check must not wait for them to load."""
        self._workers = [_Worker() for _ in range(workers)]
        for worker in self._workers:
            send(worker.channel, msgpack.encode([]))
        for worker in self._workers:
            receive(worker.channel)

    def submit(self, jobs: list[Job]) -> Ticket:
        """Hand over jobs and return at once; `collect` waits for the verdicts."""
        if not self._workers or len(jobs) <= INLINE_JOBS_MAX:
            ticket = Ticket(1)
            ticket.verdicts[0] = check(jobs)
            ticket.missing = 0
            return ticket
        chunks = [jobs[i : i + CHUNK_JOBS] for i in range(0, len(jobs), CHUNK_JOBS)]
        ticket = Ticket(len(chunks))
        for position, chunk in enumerate(chunks):
            worker = min(self._workers, key=lambda worker: len(worker.pending))
            worker.hand_over(ticket, position, chunk)
        return ticket

    def collect(self, ticket: Ticket) -> bytes:
        """Return one byte for each job of a ticket, in order.

        A worker that was killed is started anew. Raises `ConnectionError` where that does not help:
        its jobs are then unchecked, none accepted. Raises `SuiteUnavailable` where this machine
        cannot check a suite.
        """
        while ticket.missing:
            for worker in self._workers:
                if any(waiting is ticket for waiting, _, _ in worker.pending):
                    worker.take_answer()
        verdicts = b"".join(ticket.verdicts)
        if _CANNOT_TELL in verdicts:
            msg = (
                "this machine cannot check signatures of a suite that the ledger has (SM2 needs "
                "OpenSSL 3 with SM2 and SM3, or the package tongsuopy; ML-DSA-65 a wheel of "
                "cryptography 50); nothing was accepted"
            )
            raise SuiteUnavailable(msg)
        return verdicts

    def close(self) -> None:
        """Stop the workers."""
        for worker in self._workers:
            worker.close()
        self._workers = []

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the workers."""
        self.close()


def serve(descriptor: int) -> None:
    """Answer jobs until the other end closes."""
    decoder = msgpack.Decoder(list[tuple[int, bytes, bytes, bytes]])
    with socket.socket(fileno=descriptor) as channel:
        while True:
            try:
                send(channel, check(decoder.decode(receive(channel))))
            except ConnectionError:
                return


if __name__ == "__main__":
    os.setpgrp()  # An interrupt at the keyboard is for the parent, which closes us in order.
    serve(int(sys.argv[1]))
