"""What clients saw of a ledger under faults, and whether one honest ledger could have said it.

Clients note what they asked and heard; afterwards the ledger itself is read. `violations` compares
both: a pure function. The rules:

- what was acknowledged is recorded at that height with that outcome, once, for whoever asks;
- nothing is recorded that nobody submitted, and nothing in a block that was there before it was
  asked for;
- what was turned away or malformed is not recorded; what was refused changed nothing;
- "not seen up to height h" is true, and so is every outcome that was looked up;
- a session's height never goes back, and every row read is what it was at the height of the read;
- in the end every transaction has an answer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from shelf import Change, Drop, Put

from tongjian.engines.outcomes import Status

RECORDED: Final = (Status.COMMITTED, Status.REFUSED)
ABSENT: Final = (Status.TURNED_AWAY, Status.MALFORMED)
ShelfAct = Put | Change | Drop


class Asked(NamedTuple):
    """A transaction that was handed over for the first time."""

    id: bytes
    acts: tuple[ShelfAct, ...]
    at_s: float
    valid: bool = True
    """Its signatures hold."""


class Heard(NamedTuple):
    """An answer to a submission."""

    session: str
    id: bytes
    status: Status
    height: int
    refusal: str
    at_s: float


class Looked(NamedTuple):
    """An outcome looked up by id: height and refusal, or -1, and where the node stood."""

    session: str
    id: bytes
    height: int
    refusal: str
    tip: int
    at_s: float


class Read(NamedTuple):
    """A row with its proof: the amount, or none, at a height."""

    session: str
    thing: str
    amount: int | None
    height: int
    at_s: float


@dataclass
class History:
    """What clients saw, each list in order of time within a session."""

    asked: dict[bytes, Asked] = field(default_factory=dict[bytes, Asked])
    heard: list[Heard] = field(default_factory=list[Heard])
    looked: list[Looked] = field(default_factory=list[Looked])
    reads: list[Read] = field(default_factory=list[Read])

    def add(self, other: "History") -> None:
        """Take another client's part."""
        for identity, asked in other.asked.items():
            mine = self.asked.get(identity)
            self.asked[identity] = asked if mine is None or asked.at_s < mine.at_s else mine
        self.heard += other.heard
        self.looked += other.looked
        self.reads += other.reads

    @property
    def acknowledged(self) -> int:
        """How many transactions have a durable answer."""
        return len({one.id for one in self.heard if one.status in RECORDED})


class Entry(NamedTuple):
    """A transaction on the ledger."""

    height: int
    id: bytes
    refusal: str


def violations(history: History, entries: Sequence[Entry], told: Mapping[str, "Told"]) -> list[str]:
    """Return what no honest ledger could have said; nothing where all is well.

    `entries` are what the ledger has, in order; `told` what each node says of every id in the end.
    """
    places = {entry.id: entry for entry in reversed(entries)}
    return [
        *_once(entries),
        *_wanted(history, entries),
        *_answers(history, places),
        *_times(history, places),
        *_lookups(history, places),
        *_sessions(history),
        *_rows(history, entries),
        *(wrong for node, what in told.items() for wrong in _same(node, what, history, places)),
    ]


Told = Mapping[bytes, tuple[int, str]]


def _short(identity: bytes) -> str:
    return identity.hex()[:12]


def _once(entries: Sequence[Entry]) -> Iterator[str]:
    seen: dict[bytes, int] = {}
    height = 0
    for entry in entries:
        if entry.id in seen:
            yield f"{_short(entry.id)} is recorded at {seen[entry.id]} and at {entry.height}"
        if entry.height < height:
            yield f"height {entry.height} follows height {height}"
        seen[entry.id] = height = entry.height


def _wanted(history: History, entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        asked = history.asked.get(entry.id)
        if asked is None:
            yield f"{_short(entry.id)} is recorded at {entry.height} and nobody submitted it"
        elif not asked.valid:
            yield f"{_short(entry.id)} is recorded at {entry.height} and its signature is wrong"


def _answers(history: History, places: Mapping[bytes, Entry]) -> Iterator[str]:
    answered: set[bytes] = set()
    for heard in history.heard:
        if heard.status in (*RECORDED, *ABSENT):
            answered.add(heard.id)
            yield from _answer(heard, places.get(heard.id))
    for identity in history.asked:
        if identity not in answered:
            yield f"{_short(identity)} was never answered"


def _answer(heard: Heard, entry: Entry | None) -> Iterator[str]:
    who, word = _short(heard.id), heard.status.value
    if heard.status in ABSENT:
        if entry is not None:
            yield f"{who} was {word} and is recorded at {entry.height}"
        return
    said = heard.height, heard.refusal
    if entry is None:
        yield f"{who} was acknowledged at {heard.height} and is not recorded"
    elif said != entry[::2]:
        yield f"{who} was acknowledged as {said}, and is {entry[::2]}"
    if (heard.status is Status.REFUSED) != bool(heard.refusal):
        yield f"{who} was answered {word}: {heard.refusal!r}"


def _times(history: History, places: Mapping[bytes, Entry]) -> Iterator[str]:
    """Whoever asks after a height was told is recorded above it."""
    told = sorted(
        [(h.at_s, h.height) for h in history.heard if h.status in RECORDED]
        + [(one.at_s, one.tip) for one in history.looked]
        + [(one.at_s, one.height) for one in history.reads]
    )
    highest, at = -1, 0
    for asked in sorted(history.asked.values(), key=lambda one: one.at_s):
        while at < len(told) and told[at][0] < asked.at_s:
            highest = max(highest, told[at][1])
            at += 1
        entry = places.get(asked.id)
        if entry is not None and entry.height <= highest:
            yield (
                f"{_short(asked.id)} was first asked for when height {highest} was known, and is "
                f"recorded at {entry.height}"
            )


def _lookups(history: History, places: Mapping[bytes, Entry]) -> Iterator[str]:
    for looked in history.looked:
        entry = places.get(looked.id)
        if looked.height < 0:
            if entry is not None and entry.height <= looked.tip:
                yield (
                    f"{_short(looked.id)} was not seen up to {looked.tip}, and is recorded at "
                    f"{entry.height}"
                )
        elif entry is None or (looked.height, looked.refusal) != entry[::2]:
            said = f"{looked.height} {looked.refusal!r}"
            yield f"{_short(looked.id)} was looked up as {said}: {entry}"
        elif looked.height > looked.tip:
            yield f"{_short(looked.id)} was seen at {looked.height} by a node at {looked.tip}"


def _sessions(history: History) -> Iterator[str]:
    points = [(one.session, one.at_s, one.tip) for one in history.looked]
    points += [(one.session, one.at_s, one.height) for one in history.reads]
    last: dict[str, int] = {}
    for session, _, height in sorted(points):
        if height < last.get(session, -1):
            yield f"{session} was at {last[session]} and then at {height}"
        last[session] = max(height, last.get(session, -1))


def _rows(history: History, entries: Sequence[Entry]) -> Iterator[str]:
    """Play the ledger again by the acts that were asked, and compare refusals and reads."""
    at: dict[str, list[tuple[int, int | None]]] = {}
    things: dict[str, int | None] = {}
    for entry in entries:
        asked = history.asked.get(entry.id)
        if asked is None:
            continue
        after = _play(things, asked.acts)
        if (after is None) != bool(entry.refusal):
            yield f"{_short(entry.id)} at {entry.height} should not be {entry.refusal or 'done'!r}"
        if after is not None and not entry.refusal:
            for thing, amount in after.items():
                things[thing] = amount
                at.setdefault(thing, []).append((entry.height, amount))
    for read in history.reads:
        then = [amount for height, amount in at.get(read.thing, ()) if height <= read.height]
        if read.amount != (then[-1] if then else None):
            yield f"{read.session} read {read.thing} = {read.amount} at {read.height}: {then[-1:]}"


def _play(
    things: Mapping[str, int | None], acts: Iterable[ShelfAct]
) -> dict[str, int | None] | None:
    """Return what a transaction changes; none where the law refuses it."""
    after: dict[str, int | None] = {}
    for act in acts:
        now = after[act.thing] if act.thing in after else things.get(act.thing)
        if isinstance(act, Put) == (now is not None):
            return None
        after[act.thing] = None if isinstance(act, Drop) else int(act.amount)
    return after


def _same(node: str, told: Told, history: History, places: Mapping[bytes, Entry]) -> Iterator[str]:
    for identity in history.asked:
        entry = places.get(identity)
        expected = (-1, "") if entry is None else (entry.height, entry.refusal)
        if told.get(identity) != expected:
            yield f"{node} says {told.get(identity)} of {_short(identity)}, which is {expected}"
