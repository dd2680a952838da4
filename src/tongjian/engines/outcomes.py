"""What became of transactions, and who waits to hear it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from enum import Enum
from typing import Final

import msgspec

from tongjian.core import limits
from tongjian.core.envelope import Incoming
from tongjian.core.machine import outcome_of
from tongjian.core.operation import Refused
from tongjian.core.registry import Registry

BAD_SIGNATURE: Final = "A signature is not that of the key it names; nothing was recorded."


class Busy(Exception):
    """The queue is full; nothing was taken. `retry_after_ms` says when to come again."""

    def __init__(self, retry_after_ms: int) -> None:
        """Take the advice."""
        super().__init__(f"the ledger is busy; retry after {retry_after_ms} ms")
        self.retry_after_ms = retry_after_ms


class Stopped(Exception):
    """The engine takes no more: it was closed, or an invariant of the ledger is broken."""


class Status(Enum):
    """What became of a submitted transaction."""

    COMMITTED = "committed"
    REFUSED = "refused"
    """The law said no; the refusal is on the ledger."""
    TURNED_AWAY = "turned away"
    """Could not be committed whatever its acts say (chain, expiry, key); not on the ledger."""
    MALFORMED = "malformed"
    """No transaction, or a signature that does not hold; not on the ledger."""
    NOT_RECORDED = "not recorded"
    """The disk took nothing, or a handler failed; may be submitted again."""
    UNKNOWN = "unknown"
    """A failure came between writing and answering: ask again by transaction id."""


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """The durable answer to one transaction."""

    status: Status
    id: bytes
    height: int
    """Height that recorded it; -1 where it is not on the ledger."""
    refusal: str
    """`service/number@act`, or empty."""
    detail: str
    """A sentence for people, not on the ledger."""


class Group:
    """Transactions submitted together, and the promise to answer for them."""

    __slots__ = ("data", "future", "missing", "outcomes")

    def __init__(self, data: Sequence[bytes]) -> None:
        """Take the envelopes."""
        self.data = data
        self.future: Future[list[Outcome]] = Future()
        # What was submitted cannot be called back: a caller who goes away must not stop the engine.
        self.future.set_running_or_notify_cancel()
        self.outcomes: list[Outcome | None] = [None] * len(data)
        self.missing = len(data)

    def answer(self, position: int, outcome: Outcome) -> None:
        """Answer for one of them; the first answer counts."""
        if self.outcomes[position] is None:
            self.outcomes[position] = outcome
            self.missing -= 1
            if not self.missing:
                self.future.set_result([o for o in self.outcomes if o is not None])

    def give_up(self, status: Status, detail: str) -> None:
        """Answer for all that have no answer yet."""
        for position in range(len(self.data)):
            self.answer(position, Outcome(status, b"", -1, "", detail))


class Waiting:
    """A decoded transaction on its way, with all places that wait for its outcome."""

    __slots__ = ("incoming", "others", "places")

    def __init__(self, incoming: Incoming, place: tuple[Group, int]) -> None:
        """Take a transaction and the first place that waits."""
        self.incoming = incoming
        self.places = [place]
        self.others: list[Waiting] = []
        """The same transaction with other signatures, in case these do not hold."""

    def answer(self, status: Status, height: int = -1, refusal: str = "", detail: str = "") -> None:
        """Answer in all places."""
        outcome = Outcome(status, self.incoming.id, height, refusal, detail)
        for group, position in self.places:
            group.answer(position, outcome)

    def answer_decided(self, height: int, refusal: str, detail: str = "") -> None:
        """Answer with what the ledger has of it: committed, or refused where a refusal is given."""
        self.answer(Status.REFUSED if refusal else Status.COMMITTED, height, refusal, detail)

    def turn_away(self, registry: Registry, refused: Refused) -> None:
        """Answer that it could not be committed now, whatever its acts say."""
        refusal = outcome_of(registry, refused, 0)
        self.answer(Status.TURNED_AWAY, refusal=refusal, detail=str(refused))


def portions(waiting: list[Waiting]) -> Iterator[list[Waiting]]:
    """Yield what fits into a block each, in order."""
    portion: list[Waiting] = []
    size = acts = 0
    for place in waiting:
        more, further = len(place.incoming.data), len(place.incoming.transaction.acts)
        if portion and (
            len(portion) == limits.BLOCK_TRANSACTIONS_MAX
            or size + more > limits.BLOCK_BYTES_MAX
            or acts + further > limits.BLOCK_ACTS_MAX
        ):
            yield portion
            portion, size, acts = [], 0, 0
        portion.append(place)
        size += more
        acts += further
    if portion:
        yield portion
