"""Each fraud of domain section 6 and each insider attack of section 24 on money, by name.

Whoever tries has valid keys and the roles of the office; what stops the attempt is the rule.
"""

from typing import Any

import pytest
from treasury_acts import USCC
from treasury_town import Town

from tongjian.core.standing import STANDINGS, Limit, Standing
from tongjian.services.invoice.records import INVOICES


@pytest.fixture
def town() -> Town:
    return Town().with_goods()


PAID = """
request_payment c1/1      accepted
check_payment 1/1         accepted
order_payment 1/1         accepted
confirm_paid 1/1          accepted
"""


def test_payment_without_a_line_of_the_budget(town: Town) -> None:
    town.run("commit c2 line=7    refused LINE_UNKNOWN")


def test_payment_without_a_contract(town: Town) -> None:
    town.run("request_payment c9/1    refused NOT_PERMITTED")


def test_payment_without_acceptance(town: Town) -> None:
    town.run(
        """
        commit c2                                         accepted
        invoice 2 amount=1000.00                          accepted
        request_payment c2/1 invoices=2:1000.00           refused ACCEPTANCE_UNKNOWN
        """
    )


def test_payment_without_an_invoice(town: Town) -> None:
    town.run("request_payment c1/1 invoices=8:1000.00    refused INVOICE_UNKNOWN")


def test_payment_against_an_invoice_that_was_taken_back(town: Town) -> None:
    town.run(
        """
        red 1 amount=0.01 as=900      accepted
        request_payment c1/1          refused CLAIMS_EXCEED_TOTAL
        """
    )


def test_taking_an_invoice_back_after_it_was_claimed(town: Town) -> None:
    town.run(
        """
        request_payment c1/1          accepted
        red 1 amount=0.01 as=900      refused CLAIMS_EXCEED_TOTAL
        """
    )


def test_payment_to_another_account(town: Town) -> None:
    """The bank's clerk sends the money elsewhere: no receipt of it can be entered."""
    town.run(
        """
        request_payment c1/1                               accepted
        check_payment 1/1                                  accepted
        order_payment 1/1                                  accepted
        confirm_paid 1/1 account=account-of-a-friend       refused ACCOUNT_WRONG
        then payment 1/1 status=ordered
        """
    )


def test_payment_from_an_account_that_is_not_registered(town: Town) -> None:
    town.run("request_payment c1/1 source_account=slush    refused ACCOUNT_UNKNOWN")


def test_payment_above_the_line(town: Town) -> None:
    town.run(
        """
        commit c2 amount=999000.01 by=ledger   refused LINE_EXCEEDED
        then line 1 committed=1000.00
        """
    )


def test_payment_above_the_contract(town: Town) -> None:
    town.run(
        """
        accept_delivery c1 value=0.01                             refused ACCEPTED_EXCEEDS_CONTRACT
        invoice 2 amount=0.01                                     accepted
        request_payment c1/1 amount=1000.01 invoices=1:1000.00,2:0.01  refused ACCEPTANCE_EXCEEDED
        """
    )


def test_payment_twice_for_one_acceptance(town: Town) -> None:
    town.run(PAID)
    town.run(
        """
        invoice 2 amount=1000.00                          accepted
        request_payment c1/1 invoices=2:1000.00           refused ACCEPTANCE_EXCEEDED
        confirm_paid 1/1 receipt=r2                       refused PAYMENT_NOT_THERE
        """
    )


def test_payment_twice_of_one_invoice_by_two_units(town: Town) -> None:
    """The invoice is made out to the bureau; the school has none of its own to show."""
    town.run(PAID)
    by = "by=school.accountant source_account=school-zero"
    town.run(
        f"""
        draft_line 2 unit=school                          accepted
        approve_line 2                                    accepted
        issue_line 2                                      accepted
        grant_quota 2                                     accepted
        commit s1 line=2 unit=school                      accepted
        accept_delivery s1 by=school.acceptor,school.acceptor2  accepted
        request_payment s1/1 {by}    refused INVOICE_NOT_OF_UNIT
        commit c2                                         accepted
        accept_delivery c2                                accepted
        request_payment c2/1                              refused CLAIMS_EXCEED_TOTAL
        """
    )


def test_payment_to_a_shell_vendor(town: Town) -> None:
    """A shell's invoice pays no contract of another, and without procurement it gets none."""
    town.run(
        """
        invoice 2 amount=1000.00 seller=shell             accepted
        request_payment c1/1 invoices=2:1000.00           refused INVOICE_NOT_OF_PAYEE
        commit c2 payee=shell amount=999000.01            refused NEEDS_PROCUREMENT
        """
    )


def test_a_contract_split_to_stay_under_the_threshold(town: Town) -> None:
    town.run(
        """
        adjust_line 1 amount=5000000.00                   accepted
        commit c2 amount=600000.00                        accepted
        commit c3 amount=399000.01 payee=beta             refused NEEDS_PROCUREMENT
        commit c3 amount=399000.00 payee=beta             accepted
        commit c4 amount=0.01 payee=shell                 refused NEEDS_PROCUREMENT
        """
    )


def test_the_account_swapped_by_a_forged_letter_on_a_friday_evening(town: Town) -> None:
    """Domain section 6: asked for at 17:40, delayed; the payee, called back, knows of nothing."""
    town.world.wait(29 * 3_600_000 + 40 * 60_000)
    town.run(
        """
        request_payment c1/1                              accepted
        check_payment 1/1                                 accepted
        ask_account_change c1 account=account-of-mallory  accepted
        order_payment 1/1                                 accepted
        confirm_paid 1/1 account=account-of-mallory       refused ACCOUNT_WRONG
        call_back c1/1 confirmed=no                       accepted
        wait 48h
        then change c1/1 status=failed
        confirm_paid 1/1                                  accepted
        """
    )


def test_the_account_swapped_between_request_and_order(town: Town) -> None:
    town.run(
        """
        request_payment c1/1                              accepted
        check_payment 1/1                                 accepted
        ask_account_change c1 account=new                 accepted
        call_back c1/1                                    accepted
        wait 24h
        order_payment 1/1                                 refused ACCOUNT_WRONG
        reject_payment 1/1                                accepted
        request_payment c1/1                              accepted
        check_payment 1/2                                 accepted
        order_payment 1/2                                 accepted
        confirm_paid 1/2 account=new                      accepted
        """
    )


def test_a_treasury_clerk_changes_the_payee_account_alone(town: Town) -> None:
    town.run(
        """
        ask_account_change c1 by=finance.treasury_clerk                     refused NOT_PERMITTED
        ask_account_change c1 by=bureau.accountant                          refused NOT_PERMITTED
        ask_account_change c1 by=bureau.accountant,finance.treasury_clerk   refused NOT_PERMITTED
        """
    )


def test_ghost_workers_on_the_payroll(town: Town) -> None:
    town.run(
        """
        commit c2 kind=works                                  accepted
        register_worker c2/ghost by=alpha.payroll             refused NOT_PERMITTED
        pay_wages c2 wages=ghost:100.00                       refused WORKER_UNKNOWN
        """
    )


def test_progress_inflated_by_the_contractor_alone(town: Town) -> None:
    town.run(
        """
        commit c2 kind=works                                          accepted
        certify_progress c2 by=alpha.contractor                       refused NOT_PERMITTED
        certify_progress c2 by=alpha.contractor,bureau.acceptor       refused NOT_PERMITTED
        commit c3 kind=works supervisor=alpha refused PARTIES_NOT_INDEPENDENT
        """
    )


def test_change_orders_that_pad_a_contract(town: Town) -> None:
    """Domain section 6: 4.0 % passes, 10.5 % in all does not."""
    town.run(
        """
        adjust_line 1 amount=50000000.00                             accepted
        commit bridge amount=24800000.00 by=ledger                   accepted
        adjust_commitment bridge amount=1000000.00 by=ledger         accepted
        adjust_commitment bridge amount=1600000.00 by=ledger         refused CHANGES_EXCEEDED
        """
    )


def test_money_rushed_out_at_the_end_of_the_year(town: Town) -> None:
    """What is free when the year ends lapses; what is accepted later is paid only if carried."""
    town.run(
        """
        wait 60d
        request_payment c1/1                  refused YEAR_OVER
        commit c2                             refused YEAR_OVER
        close_line 1 outcome=carried          accepted
        then line 1 cut=999000.00
        request_payment c1/1                  accepted
        """
    )


def test_money_moved_to_another_class_without_a_resolution(town: Town) -> None:
    town.run(
        """
        draft_line 2 functional=2040101                   accepted
        approve_line 2                                    accepted
        issue_line 2                                      accepted
        move_funds 1                                      refused MOVE_NEEDS_CONGRESS
        adjust_line 2 by=finance.budget_officer,finance.budget_approver  refused NOT_PERMITTED
        """
    )


def test_a_payment_keeps_the_codes_of_its_line(town: Town) -> None:
    town.run(PAID)
    found = town.ask("origin", line="2026-990100-000001", payment=1)
    assert (found.payment.functional, found.payment.economic, found.payment.source) == (
        found.line.functional,
        found.line.economic,
        found.line.source,
    )
    assert found.payment.payee == found.contract.payee == USCC["alpha"]


def test_revenue_kept_in_a_private_till(town: Town) -> None:
    town.run(
        """
        bill_revenue b1                       accepted
        receive_revenue b1 account=zero       refused ACCOUNT_WRONG
        receive_revenue b1 account=till       refused NOT_PERMITTED
        """
    )


def test_the_bank_keeps_what_the_treasury_cleared(town: Town) -> None:
    town.run(PAID)
    town.run(
        """
        clear_day zero/20261119 amount=1000.01    refused CLEARING_DIFFERS
        clear_day zero/20261119 amount=999.99     refused CLEARING_DIFFERS
        clear_day zero/20261119 by=bank.bank_officer,bank.bank_officer2  refused NOT_PERMITTED
        """
    )


def test_a_rival_bank_confirms_a_payment(town: Town) -> None:
    town.run("request_payment c1/1 accepted")
    town.run("check_payment 1/1 accepted")
    town.run("order_payment 1/1 accepted")
    town.run("confirm_paid 1/1 by=rival.bank_officer    refused NOT_PERMITTED")


def test_a_commitment_signed_as_if_procurement_had_caused_it(town: Town) -> None:
    """Nobody can sign on behalf of the ledger: more signatures do not make fewer."""
    town.run(
        """
        commit c2 amount=999000.00 by=bureau.unit_head,finance.budget_approver refused NOT_PERMITTED
        commit c2 amount=999000.01                                  refused NEEDS_PROCUREMENT
        """
    )


def test_a_payee_whom_a_court_holds_is_paid_elsewhere_first(town: Town) -> None:
    town.run(
        """
        freeze_funds payee/alpha amount=1000.00   accepted
        request_payment c1/1 amount=0.01          refused FUNDS_FROZEN
        """
    )


def test_a_court_order_does_not_stop_the_wages_of_workers(town: Town) -> None:
    town.run(
        """
        commit c2 kind=works amount=1000.00                         accepted
        certify_progress c2                                         accepted
        freeze_funds payee/alpha amount=2000.00                     accepted
        invoice 2 amount=1000.00                                    accepted
        request_payment c2/1 purpose=wages amount=250.00 invoices=2:250.00  accepted
        check_payment 1/1                                           accepted
        order_payment 1/1                                           accepted
        confirm_paid 1/1 account=wages amount=250.00                accepted
        request_payment c2/1 amount=720.00 invoices=2:720.00        refused FUNDS_FROZEN
        """
    )


def test_an_auditor_changes_what_is_found(town: Town) -> None:
    """A finding is a row of its own; the payment it names stays, to the byte."""
    town.run("request_payment c1/1 accepted")
    before = dict(town.world.rows())
    town.run("write_finding f1 accepted")
    after = town.world.rows()
    changed = [key for key in after if after[key] != before.get(key)]
    assert [key.partition(b"\x00")[0] for key in changed] == [b"treasury.findings"]


def test_all_that_a_rejected_payment_claimed_is_free_again(town: Town) -> None:
    keep = ("lines", "totals", "commitments", "acceptances", "payees")
    tables = tuple(f"treasury.{name}\x00".encode() for name in keep)

    def sums() -> dict[bytes, bytes]:
        return {key: row for key, row in town.world.rows().items() if key.startswith(tables)}

    town.run("request_payment c1/1 accepted")
    town.run("reject_payment 1/1 accepted")
    once = sums()
    town.run("request_payment c1/1 accepted")
    town.run("reject_payment 1/2 accepted")
    again = sums()
    changed = {key.partition(b"\x00")[0].decode() for key in again if again[key] != once[key]}
    assert changed == {"treasury.lines", "treasury.totals"}, "only the numbers of payments went on"
    row = town.world.row(INVOICES, "26990000000000000001")
    assert row.reimbursed_fen == row.refunded_fen == 200_000


def test_a_stolen_key_of_an_accountant_asks_for_no_more_than_the_limit_of_a_day() -> None:
    """Attack 13: a limit in money, set by the office, counts over all that was asked in a day."""
    town = Town()
    made: Any = Limit
    row: Any = Standing
    limit = made(role="accountant", acts=None, amount_fen=60_000)
    standing = row(away_from_ms=0, away_until_ms=0, deputy_for=(), limits=(limit,))
    town.world._found(STANDINGS, standing, town.people["bureau.accountant"].officer)
    town.with_goods()
    town.run(
        """
        request_payment c1/1 amount=600.01        refused LIMIT_REACHED
        request_payment c1/1 amount=500.00        accepted
        request_payment c1/1 amount=100.01        refused LIMIT_REACHED
        wait 24h
        request_payment c1/1 amount=500.00        accepted
        """
    )
