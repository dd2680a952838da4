"""Courts: seizures, their succession, transfers by order; each refusal in order of precedence."""

import re
from pathlib import Path

import land_acts as on
import pytest
from land_acts import flat, shares
from land_town import DAY_MS, FLAT, Kernel, Refusal, Town

from tongjian.services.land.acts_seizure import ExpireSeizure


@pytest.fixture
def town() -> Town:
    return Town().with_flat("zhou")


def test_a_seizure_is_refused_in_this_order(town: Town) -> None:
    judge_alone = on.Step(on.seize(FLAT).act, ("court.judge",))
    town.no(Kernel.NOT_PERMITTED, judge_alone)
    registrar = on.Step(on.seize(FLAT).act, ("registry.land_registrar",))
    town.no(Kernel.NOT_PERMITTED, registrar)
    town.no(Refusal.UNIT_UNKNOWN, on.seize(flat(21, 9)))
    town.no(Refusal.TERM_TOO_LONG, on.seize(FLAT, days=1096))
    town.ok(on.seize(FLAT))
    town.no(Refusal.ALREADY_RECORDED, on.seize(FLAT, days=1096))
    town.ok(on.seize(FLAT, "other"), vector="accepts_waiting")
    town.no(Refusal.ALREADY_RECORDED, on.seize(FLAT, "other"))
    assert (town.unit().seizure, town.unit().waiting) == (2, (3,))


def test_a_renewal_and_a_lifting_are_refused_in_this_order(town: Town) -> None:
    for make in (on.renew, on.lift):
        town.no(Refusal.UNIT_UNKNOWN, make(flat(21, 9), 2))
        town.no(Refusal.SEIZURE_UNKNOWN, make(FLAT, 2))
    town.ok(on.seize(FLAT))
    town.ok(on.seize(FLAT, court="other_court"))
    for make in (on.renew, on.lift):
        town.no(Refusal.NOT_SEIZING_COURT, make(FLAT, 2, "other_court"))
    town.no(Refusal.TERM_TOO_LONG, on.renew(FLAT, 2, days=1096))
    town.no(Refusal.BURDEN_ENDED, on.renew(FLAT, 3, "other_court"))
    town.ok(on.renew(FLAT, 2), on.lift(FLAT, 3, "other_court"), on.lift(FLAT, 2))
    for make in (on.renew, on.lift):
        town.no(Refusal.BURDEN_ENDED, make(FLAT, 2))


def test_the_next_that_waits_is_in_force_in_the_block_in_which_the_first_is_lifted(
    town: Town,
) -> None:
    town.ok(on.seize(FLAT, "one"), on.seize(FLAT, "two", "other_court"), on.seize(FLAT, "three"))
    event = town.ok(on.lift(FLAT, 2))
    assert (event.successor, town.unit().seizure, town.unit().waiting) == (3, 3, (4,))  # type: ignore[attr-defined]
    row = town.burden("seizure", 3)
    assert (row.status, row.from_ms) == ("active", town.world.now_ms)


def test_the_next_that_waits_is_in_force_in_the_block_in_which_the_first_expires(
    town: Town,
) -> None:
    town.ok(on.seize(FLAT, "one", days=10), on.seize(FLAT, "two", "other_court", days=20))
    until_ms = town.burden("seizure", 2).until_ms
    town.world.wait(until_ms - town.world.now_ms - 1)
    assert town.unit().seizure == 2
    town.world.wait(1)
    assert (town.unit().seizure, town.unit().waiting) == (3, ())
    assert town.burden("seizure", 2).status == "expired"
    # Its own term begins only now; the day on which it begins is not counted (art. 201).
    assert town.burden("seizure", 3).until_ms == until_ms + 21 * DAY_MS
    town.wait_days(21)
    assert (town.unit().seizure, town.burden("seizure", 3).status) == (0, "expired")


def test_a_renewed_seizure_outlives_its_first_clock(town: Town) -> None:
    town.ok(on.seize(FLAT, days=10), on.renew(FLAT, 2, days=10))
    town.wait_days(11)
    assert town.burden("seizure", 2).status == "active"
    town.wait_days(10)
    assert town.burden("seizure", 2).status == "expired"


def test_the_clock_alone_ends_a_seizure(town: Town) -> None:
    town.ok(on.seize(FLAT))
    act = ExpireSeizure(unit=FLAT, number=2, until_ms=town.burden("seizure", 2).until_ms)
    town.no(Kernel.NOT_PERMITTED, on.Step(act, ("court.judge", "court.court_clerk")))


def test_a_transfer_by_order_is_refused_in_this_order(town: Town) -> None:
    town.no(Refusal.UNIT_UNKNOWN, on.by_order(flat(21, 9), shares("lin")))
    town.ok(on.seize(FLAT))
    other = on.by_order(FLAT, shares("lin"), "other_court", effective_ms=2**42)
    town.no(Refusal.NOT_SEIZING_COURT, other)
    town.no(Refusal.TIME_AHEAD, on.by_order(FLAT, shares(lin="1/2"), effective_ms=2**42))
    town.no(Refusal.SHARES_WRONG, on.by_order(FLAT, shares(lin="1/2")))
    town.ok(on.by_order(FLAT, shares("lin")))


def test_a_court_sells_free_of_what_waited_and_of_mortgages(town: Town) -> None:
    town.enter(on.notice(FLAT, ["zhou"], "bank", "bank"))
    town.enter(on.mortgage(FLAT, ["zhou"], transfer_ban=True), on.agree(""))
    town.enter(on.mortgage(FLAT, ["zhou"], "bank"), on.agree(""))
    town.ok(on.seize(FLAT), on.seize(FLAT, "wait", "other_court"))
    event = town.ok(on.by_order(FLAT, shares("lin"), effective_ms=5))
    assert event.executed == 5  # type: ignore[attr-defined]
    unit = town.unit()
    assert (unit.seizure, unit.waiting, unit.mortgages) == (0, (), ())
    found = [town.burden("seizure", n).status for n in (5, 6)]
    assert found == ["executed", "void"]
    assert list(town.owners()) == [on.who("lin")]
    # The old clocks find nothing to end.
    town.wait_days(1200)
    assert [town.burden("seizure", n).status for n in (5, 6)] == found


def test_a_court_may_sell_under_the_mortgage(town: Town) -> None:
    town.enter(on.mortgage(FLAT, ["zhou"]), on.agree(""))
    town.enter(on.notice(FLAT, ["zhou"], "bank", "bank"))
    town.ok(on.by_order(FLAT, shares("lin"), clears=False), vector="accepts_burdened")
    assert (town.unit().mortgages, town.unit().notices) == ((2,), (3,))
    town.ok(on.by_order(FLAT, shares("he")), vector="accepts_cleared")
    assert (town.unit().mortgages, town.unit().notices) == ((), ())


def test_every_refusal_has_a_test() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    shown = set(re.findall(r"Refusal\.(\w+)", source))
    assert [code.name for code in Refusal if code.name not in shown] == []
