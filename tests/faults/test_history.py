"""The checker of histories: it passes what one honest ledger says, and finds every planted lie."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from history import Asked, Entry, Heard, History, Looked, Read, violations
from small import change, drop, put

from tongjian.engines.outcomes import Status

ONE, TWO, THREE, LATE, FORGED = (bytes([n]) * 32 for n in range(1, 6))
EXISTS = "shelf/2@0"


class Story:
    """A small true history, for tests to spoil."""

    def __init__(self) -> None:
        self.entries = [Entry(5, ONE, ""), Entry(6, TWO, EXISTS), Entry(8, THREE, "")]
        self.history = History(
            asked={
                ONE: Asked(ONE, (put("alpha", 1),), 1.0),
                TWO: Asked(TWO, (put("alpha", 2),), 2.0),
                LATE: Asked(LATE, (drop("alpha"),), 2.5),
                FORGED: Asked(FORGED, (drop("alpha"),), 2.6, valid=False),
                THREE: Asked(THREE, (change("alpha", 3),), 4.0),
            },
            heard=[
                Heard("a", ONE, Status.COMMITTED, 5, "", 1.5),
                Heard("b", TWO, Status.REFUSED, 6, EXISTS, 3.0),
                Heard("b", LATE, Status.TURNED_AWAY, -1, "kernel/1@0", 3.1),
                Heard("b", FORGED, Status.MALFORMED, -1, "", 3.2),
                Heard("a", THREE, Status.UNKNOWN, -1, "", 4.5),
                Heard("a", THREE, Status.COMMITTED, 8, "", 5.0),
            ],
            looked=[
                Looked("a", THREE, -1, "", 7, 4.8),
                Looked("a", THREE, 8, "", 8, 5.5),
                Looked("b", LATE, -1, "", 8, 6.0),
            ],
            reads=[
                Read("c", "alpha", 1, 6, 3.5),
                Read("c", "alpha", 3, 8, 7.0),
                Read("d", "beta", None, 8, 7.0),
            ],
        )
        self.told = {
            name: {ONE: (5, ""), TWO: (6, EXISTS), THREE: (8, ""), LATE: (-1, ""), FORGED: (-1, "")}
            for name in ("node 0", "node 1")
        }

    def violations(self) -> list[str]:
        return violations(self.history, self.entries, self.told)


def test_a_true_history_has_no_violation() -> None:
    assert Story().violations() == []


def lose(story: Story) -> None:
    del story.entries[0]


def record_twice(story: Story) -> None:
    story.entries.append(Entry(9, ONE, EXISTS))


def go_back(story: Story) -> None:
    story.entries = [story.entries[0], Entry(8, TWO, EXISTS), Entry(6, THREE, "")]


def invent(story: Story) -> None:
    story.entries.append(Entry(9, bytes(32), ""))


def record_forged(story: Story) -> None:
    story.entries.append(Entry(9, FORGED, ""))


def record_turned_away(story: Story) -> None:
    story.entries.append(Entry(9, LATE, ""))


def answer_otherwise(story: Story) -> None:
    story.history.heard.append(Heard("d", ONE, Status.COMMITTED, 6, "", 8.0))


def change_the_outcome(story: Story) -> None:
    story.history.heard.append(Heard("d", TWO, Status.COMMITTED, 6, "", 8.0))


def mix_the_status(story: Story) -> None:
    story.history.heard.append(Heard("d", ONE, Status.REFUSED, 5, "", 8.0))


def never_answer(story: Story) -> None:
    story.history.heard.pop()


def record_before_asked(story: Story) -> None:
    story.history.asked[THREE] = story.history.asked[THREE]._replace(at_s=9.0)


def deny(story: Story) -> None:
    story.history.looked.append(Looked("d", ONE, -1, "", 6, 8.0))


def look_up_wrongly(story: Story) -> None:
    story.history.looked.append(Looked("d", TWO, 6, "", 8, 8.0))


def look_up_what_is_not(story: Story) -> None:
    story.history.looked.append(Looked("d", LATE, 7, "", 8, 8.0))


def see_ahead(story: Story) -> None:
    story.history.looked.append(Looked("d", THREE, 8, "", 7, 8.0))


def read_backwards(story: Story) -> None:
    story.history.reads.append(Read("c", "alpha", 1, 6, 8.0))


def read_the_refused(story: Story) -> None:
    story.history.reads.append(Read("e", "alpha", 2, 6, 8.0))


def read_the_stale(story: Story) -> None:
    story.history.reads.append(Read("e", "alpha", 1, 8, 8.0))


def read_the_absent(story: Story) -> None:
    story.history.reads.append(Read("e", "beta", 1, 8, 8.0))


def refuse_without_reason(story: Story) -> None:
    story.entries[2] = Entry(8, THREE, "shelf/1@0")
    story.history.heard[-1] = Heard("a", THREE, Status.REFUSED, 8, "shelf/1@0", 5.0)
    story.history.looked[1] = Looked("a", THREE, 8, "shelf/1@0", 8, 5.5)
    story.history.reads[1] = Read("c", "alpha", 1, 8, 7.0)
    for told in story.told.values():
        told[THREE] = (8, "shelf/1@0")


def disagree(story: Story) -> None:
    story.told["node 1"][THREE] = (9, "")


def forget(story: Story) -> None:
    del story.told["node 0"][ONE]


LIES: dict[Callable[[Story], None], str] = {
    lose: "was acknowledged at 5 and is not recorded",
    record_twice: "is recorded at 5 and at 9",
    go_back: "height 6 follows height 8",
    invent: "nobody submitted it",
    record_forged: "its signature is wrong",
    record_turned_away: "was turned away and is recorded at 9",
    answer_otherwise: "was acknowledged as (6, '')",
    change_the_outcome: "was acknowledged as (6, '')",
    mix_the_status: "was answered refused: ''",
    never_answer: "was never answered",
    record_before_asked: "was first asked for when height 8 was known",
    deny: "was not seen up to 6",
    look_up_wrongly: "was looked up as 6 ''",
    look_up_what_is_not: "was looked up as 7 ''",
    see_ahead: "was seen at 8 by a node at 7",
    read_backwards: "c was at 8 and then at 6",
    read_the_refused: "e read alpha = 2 at 6",
    read_the_stale: "e read alpha = 1 at 8",
    read_the_absent: "e read beta = 1 at 8",
    refuse_without_reason: "at 8 should not be 'shelf/1@0'",
    disagree: "node 1 says (9, '')",
    forget: "node 0 says None",
}


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_every_planted_lie_is_found(lie: Callable[[Story], None]) -> None:
    story = Story()
    lie(story)
    found = story.violations()
    assert [one for one in found if LIES[lie] in one], found


def test_all_or_nothing_is_played_again() -> None:
    story = Story()
    pair = bytes([9]) * 32
    acts = put("gamma", 1), change("delta", 1)
    story.history.asked[pair] = Asked(pair, acts, 9.0)
    story.history.heard.append(Heard("a", pair, Status.REFUSED, 9, "shelf/1@1", 9.5))
    story.entries.append(Entry(9, pair, "shelf/1@1"))
    for told in story.told.values():
        told[pair] = (9, "shelf/1@1")
    story.history.reads.append(Read("a", "gamma", None, 9, 9.9))
    assert story.violations() == []
    story.history.reads[-1] = Read("a", "gamma", 1, 9, 9.9)
    assert len(story.violations()) == 1


def test_parts_of_a_history_keep_the_first_asking() -> None:
    one, other = (
        History(asked={ONE: Asked(ONE, (), 2.0)}),
        History(asked={ONE: Asked(ONE, (), 1.0)}),
    )
    one.add(other)
    assert one.asked[ONE].at_s == 1.0
    assert replace(one).acknowledged == 0
