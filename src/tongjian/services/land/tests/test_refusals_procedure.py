"""Application, acceptance, review: each refusal of each act, in order of precedence."""

import land_acts as on
import pytest
from land_acts import number, shares, step
from land_town import DAY_MS, FLAT, Kernel, Refusal, Town

from tongjian.core.calendar import legal_date
from tongjian.core.hashing import sha256
from tongjian.services.land.acts_apply import DeemAccepted, NoteOverdue


@pytest.fixture
def town() -> Town:
    return Town().with_flat("zhou")


SALE = on.transfer(FLAT, ["zhou"], shares("lin"))


def test_handing_in_is_refused_in_this_order(town: Town) -> None:
    town.no(Kernel.NOT_PERMITTED, on.submit(number(50), SALE, by="registry.land_acceptor"))
    town.no(Refusal.OUTSIDE_DISTRICT, on.submit(number(50), SALE, by="elsewhere.land_counter"))
    elsewhere = "980106" + number(50)[6:]
    town.no(Refusal.OUTSIDE_DISTRICT, on.submit(elsewhere, SALE))
    town.no(Refusal.NUMBER_WRONG, on.submit(number(50, 2027), SALE))
    town.ok(on.submit(number(50), SALE))
    town.no(Refusal.NUMBER_USED, on.submit(number(50), SALE))
    unknown = on.transfer(on.flat(21, 9), ["zhou"], shares("lin"))
    town.no(Refusal.UNIT_UNKNOWN, on.submit(number(51), unknown))


@pytest.mark.parametrize("verb", ["accept", "decline", "withdraw", "approve", "reject", "enter"])
def test_a_step_needs_its_officer_and_an_application(town: Town, verb: str) -> None:
    town.no(Kernel.NOT_PERMITTED, step(verb, number(99)))
    town.ok(on.submit(number(50), SALE))
    town.no(Kernel.NOT_PERMITTED, step(verb, number(50), by="bank.bank_officer"))
    town.no(Kernel.NOT_PERMITTED, step(verb, number(50), by="elsewhere.land_registrar"))


def test_each_step_has_its_time(town: Town) -> None:
    town.ok(on.submit(number(50), SALE))
    for verb in ("approve", "reject", "enter"):
        town.no(Refusal.APPLICATION_CLOSED, step(verb, number(50)))
    town.ok(step("accept", number(50)))
    for verb in ("accept", "decline", "enter"):
        town.no(Refusal.APPLICATION_CLOSED, step(verb, number(50)))
    town.ok(step("approve", number(50)))
    town.no(Refusal.APPLICATION_CLOSED, step("approve", number(50)))
    town.ok(on.certify_tax(number(50)), step("enter", number(50)))
    for verb in ("accept", "decline", "approve", "reject", "enter", "withdraw"):
        town.no(Refusal.APPLICATION_CLOSED, step(verb, number(50)))
    town.no(Refusal.APPLICATION_CLOSED, on.certify_tax(number(50)))
    town.no(Refusal.APPLICATION_CLOSED, on.agree(number(50)))


def test_what_is_missing_is_told_once_and_the_application_is_over(town: Town) -> None:
    town.ok(on.submit(number(50), SALE), step("decline", number(50)))
    assert town.application(number(50)).missing == ("deed", "identity")
    town.no(Refusal.APPLICATION_CLOSED, step("accept", number(50)))
    town.wait_days(1)
    assert town.application(number(50)).status == "not_accepted"


def test_silence_is_acceptance_by_law(town: Town) -> None:
    town.ok(on.submit(number(50), SALE))
    town.world.wait(12 * 3_600_000 - 1)
    assert town.application(number(50)).status == "submitted"
    town.world.wait(1)
    row = town.application(number(50))
    counter = town.people["registry.land_counter"].person
    assert (row.status, row.officers.acceptor) == ("accepted", counter)
    # The person at the counter is the first of three; whoever else might have accepted is free.
    town.no(Refusal.SAME_PERSON, step("approve", number(50), by="counter.land_reviewer"))
    town.ok(step("approve", number(50), by="twin.land_reviewer"))


def test_who_accepted_neither_reviews_nor_enters_in_whatever_post(town: Town) -> None:
    town.ok(on.submit(number(50), SALE), step("accept", number(50)))
    town.no(Refusal.SAME_PERSON, step("approve", number(50), by="twin.land_reviewer"))
    town.no(Refusal.SAME_PERSON, step("reject", number(50), by="twin.land_reviewer"))
    town.ok(step("approve", number(50)), on.certify_tax(number(50)))
    town.no(Refusal.SAME_PERSON, step("enter", number(50), by="twin.land_registrar"))
    town.no(Refusal.SAME_PERSON, step("enter", number(50), by="second.land_registrar"))
    town.ok(step("enter", number(50)))
    officers = town.application(number(50)).officers
    three = {officers.acceptor, officers.reviewer, officers.registrar}
    assert len(three) == 3


def test_an_application_is_withdrawn_before_entry_and_refused_for_a_reason(town: Town) -> None:
    town.ok(on.submit(number(50), SALE), step("withdraw", number(50)))
    assert town.application(number(50)).status == "withdrawn"
    town.ok(on.submit(number(51), SALE), step("accept", number(51)), step("reject", number(51)))
    row = town.application(number(51))
    assert (row.status, row.reason) == ("refused", sha256(b"reason"))


def test_thirty_working_days_leave_out_holidays_and_count_make_up_days() -> None:
    # Accepted on Monday 2026-09-14; 09-20 is a make-up day, 09-25 and 10-01 to 10-07 are holidays.
    town = Town().with_flat("zhou")
    start = 1_789_358_400_000
    town.world.now_ms = start
    town.world.block()
    town.ok(on.submit(number(50), SALE), step("accept", number(50)))
    due_ms = town.application(number(50)).due_ms
    # 4 until the weekend, 09-20, 4, three before the holidays, 8 to 10 October, three weeks.
    assert (due_ms + 8 * 3_600_000) % DAY_MS == 0
    assert str(legal_date(due_ms - 1)) == "2026-10-30"


def test_an_officer_who_delays_is_seen_by_everybody(town: Town) -> None:
    town.ok(on.submit(number(50), SALE), step("accept", number(50)), step("approve", number(50)))
    town.ok(on.certify_tax(number(50)))
    town.wait_days(60)
    assert town.application(number(50)).overdue
    town.ok(step("enter", number(50)))
    (*_, last) = town.ask("history", unit=FLAT, limit=9)
    assert last.entry.overdue
    town.wait_days(60)
    assert town.application(number(50)).status == "entered"


def test_the_clock_alone_deems_and_notes(town: Town) -> None:
    town.ok(on.submit(number(50), SALE))
    for act in (DeemAccepted(application=number(50)), NoteOverdue(application=number(50))):
        town.no(Kernel.NOT_PERMITTED, on.Step(act, ("registry.land_acceptor",)))


def test_agreement_and_tax_are_refused_in_this_order(town: Town) -> None:
    town.no(Refusal.APPLICATION_UNKNOWN, on.agree(number(50)))
    town.no(Refusal.APPLICATION_UNKNOWN, on.certify_tax(number(50)))
    name = town.ready(SALE)
    town.ok(on.agree(name))
    town.no(Refusal.ALREADY_RECORDED, on.agree(name))
    town.no(Refusal.TAX_BASE_LOW, on.certify_tax(name, base=184_999_999))
    town.no(Refusal.TAX_BASE_LOW, on.certify_tax(name, paid=1_849_999))
    town.ok(on.certify_tax(name))
    loan = town.ready(on.mortgage(FLAT, ["zhou"]))
    town.no(Refusal.APPLICATION_CLOSED, on.certify_tax(loan))
    elsewhere = on.certify_tax("980106-2026-0000001")
    town.no(Refusal.OUTSIDE_DISTRICT, elsewhere)
