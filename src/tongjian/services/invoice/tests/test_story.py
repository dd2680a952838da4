"""What happens to invoices over time: the story of domain section 2 and others, to the fen."""

import pytest
from invoice_acts import USCC, commit, key_of, salt_of
from invoice_town import Town

from tongjian.core import values
from tongjian.core.encoding import replace
from tongjian.services.invoice import acts
from tongjian.services.invoice.records import (
    BOOKINGS,
    INVOICES,
    RED_CONFIRMATIONS,
    TAXPAYERS,
    RedConfirmation,
    Refusal,
)

SENSORS = "12345678"
"""26990000000012345678, as `key_of` writes it out."""


@pytest.fixture
def town() -> Town:
    return Town().open_for_business()


def status(town: Town, invoice: str, number: int = 1) -> str:
    row = town.world.row(RED_CONFIRMATIONS, key_of(invoice), number)
    assert isinstance(row, RedConfirmation)
    return row.status


def test_twenty_air_sensors_are_claimed_to_the_fen_and_two_go_back(town: Town) -> None:
    town.run(
        """
        issue 12345678 buyer=city subtotals=13%:1000000.00+130000.00    accepted
        then invoice 12345678 total=1130000.00 tax=130000.00
        deliver 12345678                                                accepted
        reimburse 12345678 claimant=city amount=600000.00 voucher=v1    accepted
        reimburse 12345678 claimant=city amount=530000.00 voucher=v2    accepted
        reimburse 12345678 claimant=city amount=0.01 voucher=v3         refused CLAIMS_EXCEED_TOTAL
        book 12345678 buyer=city                                        accepted
        request_red 12345678 party=alpha subtotals=13%:100000.00+13000.00 accepted
        """
    )
    assert status(town, SENSORS) == "02"
    town.run("wait 72h")
    assert status(town, SENSORS) == "07"
    town.run(
        """
        request_red 12345678 party=alpha subtotals=13%:100000.00+13000.00 accepted
        confirm_red 12345678 party=city no=2                            accepted
        issue_red 12345678 no=2                                         refused CLAIMS_EXCEED_TOTAL
        """
    )
    refund = "refund 12345678 claimant=city voucher=v2"
    red = "issue_red 12345678 no=2"
    town.run(
        f"""
        {refund} amount=112999.99 + {red}   refused CLAIMS_EXCEED_TOTAL
        then invoice 12345678 refunded=0 red=0
        {refund} amount=113000.00 + {red}   accepted
        then invoice 12345678 reimbursed=1130000.00 refunded=113000.00 red=113000.00
        then invoice 900 total=113000.00 tax=13000.00 red_of={key_of(SENSORS)}
        reimburse 12345678 claimant=city amount=0.01 voucher=v4 refused CLAIMS_EXCEED_TOTAL
        """
    )
    assert status(town, SENSORS, 2) == "04"


def test_a_request_is_void_after_72_hours_and_not_a_second_before(town: Town) -> None:
    town.run(
        """
        issue 1 + deliver 1               accepted
        book 1                            accepted
        request_red 1 party=alpha         accepted
        wait 259199s
        then invoice 1 under_way=1
        confirm_red 1                     accepted
        wait 1s
        then invoice 1 under_way=1
        issue_red 1                       accepted
        issue 2 + deliver 2               accepted
        book 2                            accepted
        request_red 2 party=beta          accepted
        wait 72h
        then invoice 2 under_way=0
        confirm_red 2 party=alpha         refused CONFIRMATION_CLOSED
        request_red 2 party=beta          accepted
        """
    )
    assert [status(town, "1"), status(town, "2"), status(town, "2", 2)] == ["04", "07", "03"]


def test_each_way_a_confirmation_ends_has_its_code(town: Town) -> None:
    town.run(
        """
        issue 1 + deliver 1                   accepted
        request_red 1 party=alpha             accepted
        withdraw_red 1 party=alpha            accepted
        book 1                                accepted
        request_red 1 party=alpha             accepted
        refuse_red 1 party=beta no=2          accepted
        request_red 1 party=beta              accepted
        refuse_red 1 party=alpha no=3         accepted
        request_red 1 party=beta              accepted
        withdraw_red 1 party=beta no=4        accepted
        request_red 1 party=beta              accepted
        confirm_red 1 party=alpha no=5        accepted
        withdraw_red 1 party=beta no=5        accepted
        """
    )
    assert [status(town, "1", number) for number in range(1, 6)] == ["08", "05", "06", "08", "09"]


def test_an_answer_after_the_deadline_is_late_even_before_the_clock_has_voided(town: Town) -> None:
    # As on a ledger where more deadlines came at once than a block takes.
    key = key_of("1")
    row = RedConfirmation(
        initiator="seller",
        reason="return",
        status="02",
        subtotals=(),
        total_fen=values.fen(1),
        deadline_ms=values.time_ms(Town().world.now_ms),
    )
    other = Town()
    example = _issued(town)
    other.world._found(INVOICES, replace(example, booked=True, under_way=1), key)
    other.world._found(RED_CONFIRMATIONS, replace(row, subtotals=example.subtotals), key, 1)
    act = acts.ConfirmRed(
        invoice=key,
        confirmation=values.count(1),
        party=values.uscc(USCC["beta"]),
        buyer_salt=salt_of(key),
    )
    other.world.refuses(Refusal.CONFIRMATION_LATE, other.people["beta.tax_clerk"], act=act)
    refusal = acts.RefuseRed(
        invoice=key, confirmation=act.confirmation, party=act.party, buyer_salt=act.buyer_salt
    )
    other.world.refuses(Refusal.CONFIRMATION_LATE, other.people["beta.tax_clerk"], act=refusal)


def _issued(town: Town):  # noqa: ANN202 - a row
    town.run("issue 1 accepted")
    return town.world.row(INVOICES, key_of("1"))


def test_more_deadlines_than_a_block_takes_are_voided_in_the_next(town: Town) -> None:
    world, seller = town.world, town.people["alpha.issuer"]
    numbers = [str(n) for n in range(1, 1102)]
    clerk, accountant = town.people["beta.tax_clerk"], town.people["beta.accountant"]
    for verb, who in (
        ("issue {} subtotals=13%:1.00+0.13", seller),
        ("deliver {}", seller),
        ("book {}", accountant),
        ("request_red {} party=alpha subtotals=13%:1.00+0.13", seller),
    ):
        made = [town.act(verb.format(n).split())[0] for n in numbers]
        done = world.block(*(((who,), tuple(made[i : i + 100])) for i in range(0, 1101, 100)))
        assert {result.outcome for result in done} == {""}
    world.now_ms += 72 * 3_600_000
    last = town.act(["confirm_red", numbers[-1], "party=beta"])[0]
    results = world.block(((clerk,), (last,)))
    assert len(results) == 1001
    assert world.explain(results[-1].outcome).endswith("CONFIRMATION_LATE")
    assert len(world.wait(1)) == 101
    assert {status(town, n) for n in numbers} == {"07"}


def test_a_month_has_its_own_limit_and_a_red_letter_of_the_month_restores_it(town: Town) -> None:
    town.run(
        """
        set_limit alpha limit=1000.00                           accepted
        issue 1                                                 accepted
        issue 2 subtotals=13%:0.01+0.00                         refused LIMIT_EXCEEDED
        request_red 1 party=alpha subtotals=13%:400.00+52.00    accepted
        issue_red 1                                             accepted
        then taxpayer alpha issued=600.00
        issue 2 subtotals=13%:400.01+52.00                      refused LIMIT_EXCEEDED
        issue 2 subtotals=13%:400.00+52.00                      accepted
        wait 12d
        issue 3 subtotals=13%:1000.00+130.00                    accepted
        then taxpayer alpha issued=1000.00 period=202612
        request_red 1 party=alpha subtotals=13%:600.00+78.00    accepted
        issue_red 1 as=901 no=2                                 accepted
        then taxpayer alpha issued=1000.00 period=202612
        then invoice 1 red=1130.00
        """
    )


def test_a_new_month_and_year_begin_at_midnight_in_shanghai(town: Town) -> None:
    town.run(
        """
        set_limit alpha limit=1000.00       accepted
        issue 1                             accepted
        wait 11d
        wait 43199s
        issue 2                             refused LIMIT_EXCEEDED
        wait 1s
        issue 2                             accepted
        then invoice 2 issued_on=20261201
        wait 31d
        issue 3                             refused NUMBER_WRONG_YEAR
        issue 27990000000000000003          accepted
        then invoice 27990000000000000003 issued_on=20270101
        """
    )


def test_a_red_letter_after_deduction_reverses_the_input_tax_in_its_own_month(town: Town) -> None:
    town.run(
        """
        issue 1 + deliver 1                                     accepted
        request_red 1 party=alpha subtotals=13%:100.00+13.00    accepted
        issue_red 1 as=901                                      accepted
        confirm_deduction 1                                     accepted
        wait 20d
        request_red 1 party=beta subtotals=13%:200.00+26.00     accepted
        confirm_red 1 party=alpha no=2                          accepted
        issue_red 1 as=902 no=2                                 accepted
        """
    )
    original = town.world.row(INVOICES, key_of("1")).deduction
    assert (original.period, original.tax_fen, original.reversed_fen) == (202611, 11700, 2600)
    assert town.world.row(INVOICES, key_of("901")).deduction is None
    reversal = town.world.row(INVOICES, key_of("902")).deduction
    assert (reversal.period, reversal.tax_fen) == (202612, 2600)
    event = town.world.events[-1]
    assert (event.period, event.reversed_fen, event.red_fen) == (202612, 2600, 33900)  # type: ignore[attr-defined]


def test_a_pledged_invoice_is_corrected_only_together_with_its_release(town: Town) -> None:
    town.run(
        """
        issue 1 + deliver 1                accepted
        pledge 1                           accepted
        request_red 1 party=alpha          accepted
        issue_red 1                        refused PLEDGED
        issue_red 1 + release_pledge 1     refused PLEDGED
        then invoice 1 pledgee=bank red=0
        release_pledge 1 + issue_red 1     accepted
        then invoice 1 pledgee=none red=113.00
        """
    )


def test_a_private_buyer_is_known_by_pseudonym_and_no_office_opens_it(town: Town) -> None:
    town.run(
        """
        issue 1 kind=ordinary buyer=lin + deliver 1            accepted
        book 1 buyer=beta                                      refused NOT_BUYER
        reimburse 1 claimant=city salt=none amount=1130.00     accepted
        """
    )
    assert town.world.row(INVOICES, key_of("1")).buyer == commit(key_of("1"), "lin")


def test_booking_keeps_a_commitment_to_the_voucher_and_its_month(town: Town) -> None:
    town.run(
        """
        issue 1 + deliver 1         accepted
        wait 20d
        book 1 period=202611        accepted
        """
    )
    row = town.world.row(BOOKINGS, key_of("1"))
    assert (row.period, row.recorded_ms) == (202611, town.world.now_ms)


def test_a_red_letter_is_delivered_and_booked_like_an_invoice(town: Town) -> None:
    town.run(
        """
        issue 1 + deliver 1                accepted
        book 1                             accepted
        request_red 1 party=beta           accepted
        confirm_red 1 party=alpha          accepted
        issue_red 1                        accepted
        deliver 900                        accepted
        book 900 salt=1 voucher=v2         accepted
        """
    )


def test_the_rate_of_one_per_cent_ends_with_2027(town: Town) -> None:
    town.run(
        """
        wait 407d
        issue 27990000000000000001 seller=gamma subtotals=1%:100.00+1.00   accepted
        wait 1d
        issue 28990000000000000001 seller=gamma subtotals=1%:100.00+1.00   refused RATE_NOT_IN_FORCE
        issue 28990000000000000001 seller=gamma subtotals=3%:100.00+3.00   accepted
        """
    )


def test_an_abnormal_seller_issues_no_red_letter_but_its_invoices_may_be_claimed(
    town: Town,
) -> None:
    town.run(
        """
        issue 1 + deliver 1               accepted
        request_red 1 party=alpha         accepted
        mark_abnormal alpha               accepted
        issue_red 1                       refused TAXPAYER_NOT_NORMAL
        reimburse 1                       accepted
        """
    )
    assert town.world.row(TAXPAYERS, USCC["alpha"]).status == "abnormal"


def test_a_payer_who_issues_for_a_purchase_corrects_it_alone(town: Town) -> None:
    town.run(
        """
        issue 1 business=purchase buyer=alpha kind=ordinary + deliver 1   accepted
        book 1 buyer=alpha                                                accepted
        request_red 1 party=alpha                                         accepted
        issue_red 1                                                       accepted
        """
    )
    assert status(town, "1") == "01"
