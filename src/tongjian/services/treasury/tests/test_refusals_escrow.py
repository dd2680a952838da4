"""Each refusal of escrow, court orders and findings, as lines that an official can read."""

import pytest
from treasury_town import Town

ESCROW = """
open_escrow e1 account=zero                      refused ACCOUNT_WRONG
open_escrow e1 account=elsewhere                 refused ACCOUNT_UNKNOWN
open_escrow e1 bank=rival by=rival.bank_officer,rival.bank_officer2  refused ACCOUNT_WRONG
open_escrow e1 payoff=100.00                     refused PAYOFF_EXCEEDS
open_escrow e1 lender=oldbank                    refused PAYOFF_EXCEEDS
open_escrow e1 lender=oldbank payoff=2000000.01  refused PAYOFF_EXCEEDS
open_escrow e1 lender=oldbank payoff=500000.00   accepted
open_escrow e1                                   refused ESCROW_EXISTS
release_escrow e9                                refused ESCROW_UNKNOWN
release_escrow e1                                refused ESCROW_NOT_THERE
fund_escrow e1                                   accepted
fund_escrow e1                                   refused ESCROW_NOT_THERE
pay_out_escrow e1                                refused ESCROW_NOT_THERE
release_escrow e1 case=case-2                    refused ESCROW_OF_ANOTHER_CASE
freeze_funds escrow/e1 amount=100.00             accepted
freeze_funds escrow/e1 amount=100.00             refused ORDER_EXISTS
release_escrow e1                                refused FUNDS_FROZEN
refund_escrow e1                                 refused FUNDS_FROZEN
unfreeze_funds escrow/e1                         accepted
unfreeze_funds escrow/e1                         refused ORDER_UNKNOWN
release_escrow e1                                accepted
then escrow e1 status=released
release_escrow e1                                refused ESCROW_NOT_THERE
freeze_funds escrow/e1                           refused ESCROW_NOT_THERE
pay_out_escrow e1 receipt=deposit                refused RECEIPT_USED
pay_out_escrow e1                                accepted
pay_out_escrow e1 receipt=again                  refused ESCROW_NOT_THERE
freeze_funds escrow/e9                           refused ESCROW_UNKNOWN
open_escrow e2                                   accepted
fund_escrow e2                                   refused RECEIPT_USED
fund_escrow e2 receipt=deposit-2                 accepted
refund_escrow e2 case=case-2                     refused ESCROW_OF_ANOTHER_CASE
refund_escrow e2                                 accepted
then escrow e2 status=refunded
refund_escrow e2                                 accepted
refund_escrow e9                                 refused ESCROW_UNKNOWN
pay_out_escrow e2 receipt=back                   accepted
"""

HOLDS = """
freeze_funds payee/beta                          refused PAYEE_UNKNOWN
freeze_funds payee/alpha amount=600.00           accepted
then payee alpha committed=1000.00 frozen=600.00
request_payment c1/1 amount=400.01               refused FUNDS_FROZEN
request_payment c1/1 amount=400.00               accepted
adjust_commitment c1 change=cut amount=0.01      refused ACCEPTED_EXCEEDS_CONTRACT
check_payment 1/1                                accepted
freeze_funds payee/alpha amount=0.01 order=second accepted
order_payment 1/1                                refused FUNDS_FROZEN
unfreeze_funds payee/alpha order=second          accepted
order_payment 1/1                                accepted
unfreeze_funds payee/alpha order=third           refused ORDER_UNKNOWN
unfreeze_funds payee/alpha                       accepted
then payee alpha frozen=0.00
"""

FINDINGS = """
request_payment c1/1                             accepted
write_finding f1 payment=2                       refused PAYMENT_UNKNOWN
write_finding f1 line=2                          refused LINE_UNKNOWN
write_finding f1 at_height=99                    refused VERSION_UNKNOWN
write_finding f1                                 accepted
write_finding f1                                 refused FINDING_EXISTS
rectify_finding f1                               refused FINDING_CLOSED
reply_finding f1                                 accepted
reply_finding f1                                 refused FINDING_CLOSED
rectify_finding f1                               accepted
rectify_finding f1                               refused FINDING_CLOSED
write_finding f2 payment=0                       accepted
then finding f1 status=rectified
then payment 1/1 status=requested
"""


@pytest.mark.parametrize("table", [ESCROW, HOLDS, FINDINGS], ids=["escrow", "holds", "findings"])
def test_escrow_orders_and_findings(table: str) -> None:
    Town().with_goods().run(table)


def test_the_price_goes_back_when_no_transfer_was_entered_in_time() -> None:
    town = Town().with_accounts()
    town.run(
        """
        open_escrow e1                                 accepted
        fund_escrow e1                                 accepted
        open_escrow e2 case=case-2                     accepted
        fund_escrow e2 receipt=deposit-2               accepted
        freeze_funds escrow/e2                         accepted
        wait 4319h
        then escrow e1 status=funded
        wait 1h
        then escrow e1 status=refunded
        then escrow e2 status=funded
        unfreeze_funds escrow/e2                       accepted
        wait 1s
        then escrow e2 status=refunded
        """
    )
