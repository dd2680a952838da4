"""Entries: who may, every refusal in order of precedence, and what holds for all of them."""

from hypothesis import given

from tongjian.core import values
from tongjian.core.calendar import DAY_MS
from tongjian.core.directory import Kernel
from tongjian.core.hashing import sha256
from tongjian.core.inquiry import answer
from tongjian.services.identity import views
from tongjian.services.identity.acts import Enter
from tongjian.services.identity.records import (
    ENTRIES,
    Entered,
    Entry,
    Refusal,
    service,
)
from tongjian.testkit import World
from tongjian.testkit.strategies import records

OFFICE = "11990100001400700T"
OTHER = "119901000014002175"
DAYS = 10


class Town(World):
    """Two offices with a clerk each."""

    def __init__(self) -> None:
        super().__init__()
        self.office(OFFICE)
        self.office(OTHER)
        self.ann = self.person("ann", OFFICE, "identity_clerk")
        self.bo = self.person("bo", OTHER, "identity_clerk")
        self.cui = self.person("cui", OFFICE, "archivist")
        self.parameter("identity", "retention_days", DAYS)


def enter(number: str = "202600000001") -> Enter:
    content = values.digest(sha256(b"salt and content"))
    return Enter(number=number, office=values.uscc(OFFICE), content=content)


def test_a_clerk_of_the_office_enters() -> None:
    town = Town()
    town.refuses(Kernel.NOT_PERMITTED, town.bo, act=enter())
    town.refuses(Kernel.NOT_PERMITTED, town.cui, act=enter(), vector="refuses_without_role")
    entered = town.accepts(town.ann, act=enter())
    assert entered == Entered(number="202600000001", office=values.uscc(OFFICE))
    assert town.row(ENTRIES, "202600000001").keep_until_ms == town.now_ms + DAYS * DAY_MS


def test_an_entry_is_refused_in_order_of_precedence() -> None:
    town = Town()
    town.accepts(town.ann, act=enter())
    town.refuses(Refusal.NUMBER_USED, town.ann, act=enter())


@given(records(Enter))
def test_whatever_is_entered_is_on_record_once(act: Enter) -> None:
    world = World()
    clerk = world.person("clerk", world.office(act.office), "identity_clerk")
    world.parameter("identity", "retention_days", DAYS)
    world.accepts(clerk, act=act)
    world.refuses(Refusal.NUMBER_USED, clerk, act=act)
    (query,) = service.queries
    found = answer(
        query,
        views.EntryAsked(number=act.number),
        reader=world.state,
        digest=sha256,
        height=world.height,
        time_ms=world.now_ms,
    )
    assert isinstance(found, Entry)
    assert (found.office, found.content) == (act.office, act.content)
