"""What a ledger must answer, learnt while it was whole, and put to it again after damage."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from shelf import THINGS
from small import History, Small, things_of, totals_of

from tongjian.core.hashing import sha256
from tongjian.engines.chain import Chain
from tongjian.engines.receipts import Receipts
from tongjian.storage.errors import StoreDamaged
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.receipt import (
    RangeStatement,
    RowStatement,
    TransactionStatement,
    VerificationFailed,
    verify_receipt,
)

NAMES = [f"thing_{number:02d}" for number in range(40)]
LOW, HIGH = THINGS.prefix, THINGS.prefix[:-1] + b"\x01"


class Wrong(AssertionError):
    """A ledger gave an answer that is not the truth."""


class Question(NamedTuple):
    """Something a ledger is asked, and its true answer."""

    name: str
    ask: Callable[[Chain], Any]
    truth: Any


class Truth:
    """The answers of a whole ledger: rows, order, places, headers, receipts at many heights."""

    def __init__(self, small: Small, chain: Chain, history: History) -> None:
        """Learn from a ledger that nothing has happened to yet."""
        self.anchors = small.anchors
        identities = [small.identity(envelope, chain) for envelope in history.envelopes]
        heights = list(range(0, chain.height + 1, max(chain.height // 4, 1)))
        self.questions = [
            Question(name, ask, ask(chain))
            for name, ask in (
                *self._plain(heights, identities),
                *self._proven(heights, identities[::150]),
            )
        ]
        self._compare(history, chain.height)

    def _plain(
        self, heights: list[int], identities: list[bytes]
    ) -> Iterator[tuple[str, Callable[[Chain], Any]]]:
        yield "height", lambda chain: chain.height
        yield "things", things_of
        yield "totals", totals_of
        for name in NAMES:
            key = THINGS.key(name)
            yield f"row {name}", lambda chain, key=key: chain.store.row(THINGS, key)
            yield f"before {name}", lambda chain, key=key: chain.store.before(key)
            yield f"versions {name}", lambda chain, key=key: chain.prover.versions(key)
        for first in NAMES[::9]:
            low = THINGS.key(first)
            yield f"scan {first}", lambda chain, low=low: chain.store.scan(low, HIGH, 7)
        for identity in (*identities[::12], sha256(b"never seen")):
            yield f"result {identity.hex()[:8]}", lambda chain, one=identity: chain.result(one)
        for height in heights:
            yield f"header {height}", lambda chain, height=height: chain.header(height)
            yield f"body {height}", lambda chain, height=height: chain.body(height)

    def _proven(
        self, heights: list[int], identities: list[bytes]
    ) -> Iterator[tuple[str, Callable[[Chain], Any]]]:
        def row(chain: Chain, key: bytes, height: int) -> Any:
            return read_row(Receipts(chain).of_row(key, height), self.anchors)

        def whole(chain: Chain, height: int) -> Any:
            return read_range(Receipts(chain).of_range(LOW, HIGH, height), self.anchors)

        def recorded(chain: Chain, identity: bytes) -> Any:
            return read_outcome(Receipts(chain).of_transaction(identity), self.anchors)

        for height in heights:
            yield f"range at {height}", lambda chain, height=height: whole(chain, height)
            for name in NAMES[::9]:
                key = THINGS.key(name)
                yield (
                    f"receipt {name} at {height}",
                    lambda chain, key=key, height=height: row(chain, key, height),
                )
        for identity in identities:
            yield f"receipt {identity.hex()[:8]}", lambda chain, one=identity: recorded(chain, one)

    def _compare(self, history: History, tip: int) -> None:
        """Make sure that what was learnt is what the test itself knows."""
        truths = {question.name: question.truth for question in self.questions}
        assert truths["things"] == history.at[tip]
        for height, things in history.at.items():
            for name in NAMES[::9]:
                known = truths.get(f"receipt {name} at {height}", "not asked")
                assert known in (things.get(name), "not asked")

    def ask(self, chain: Chain) -> list[str]:
        """Ask everything; return the questions that found damage.

        Raises `Wrong` where an answer is not the truth. Any other failure than `StoreDamaged` is
        one too: the block log, which is whole here, must not be blamed.
        """
        damaged: list[str] = []
        for name, ask, truth in self.questions:
            try:
                with chain.lock:
                    answer = ask(chain)
            except StoreDamaged as damage:
                damaged.append(f"{name}: {damage}")
                continue
            if answer != truth:
                msg = f"{name}: {answer!r} is not {truth!r}"
                raise Wrong(msg)
        return damaged


def read_row(receipt: bytes, anchors: Anchors) -> int | None:
    """Return the amount that a receipt proves; none where it proves absence."""
    try:
        (statement,) = verify_receipt(receipt, anchors).statements
    except VerificationFailed as failed:
        msg = f"a receipt was handed out that does not verify: {failed}"
        raise Wrong(msg) from failed
    if isinstance(statement, RowStatement):
        return int(THINGS.codec.decode(statement.value).amount)
    return None


def read_range(receipt: bytes, anchors: Anchors) -> dict[str, int]:
    """Return the amounts by name that a receipt proves to be all."""
    verified = verify_receipt(receipt, anchors)
    (statement,) = verified.statements
    assert isinstance(statement, RangeStatement)
    keys = [verified.entries[index].key for index in statement.entries[1:]]
    rows = [THINGS.codec.decode(value) for value in statement.values]
    return {THINGS.split(key)[0]: int(row.amount) for key, row in zip(keys, rows, strict=True)}


def read_outcome(receipt: bytes, anchors: Anchors) -> tuple[bytes, str, tuple[bytes, ...]]:
    """Return id, outcome and events that a receipt proves."""
    (statement,) = verify_receipt(receipt, anchors).statements
    assert isinstance(statement, TransactionStatement)
    return statement.transaction, statement.outcome, statement.events
