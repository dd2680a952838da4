"""Each refusal of payments, clearing, books and assets, as lines that an official can read."""

import pytest
from treasury_town import Town

REQUEST = """
request_payment c1/2                                     refused ACCEPTANCE_UNKNOWN
request_payment c1/1 source_account=elsewhere            refused ACCOUNT_UNKNOWN
request_payment c1/1 source_account=single               refused ACCOUNT_WRONG
request_payment c1/1 source_account=school-zero          refused ACCOUNT_WRONG
request_payment c1/1 purpose=wages                       refused PURPOSE_WRONG
request_payment c1/1 invoices=9:1000.00                  refused INVOICE_UNKNOWN
invoice 2 amount=1000.00 seller=shell                    accepted
request_payment c1/1 invoices=2:1000.00                  refused INVOICE_NOT_OF_PAYEE
invoice 3 amount=1000.00 buyer=school                    accepted
request_payment c1/1 invoices=3:1000.00                  refused INVOICE_NOT_OF_UNIT
request_payment c1/1 invoices=1!:1000.00                 refused INVOICE_NOT_OF_UNIT
request_payment c1/1 invoices=1:500.00,1:500.00          refused INVOICE_REPEATED
request_payment c1/1 invoices=1:999.99                   refused INVOICES_WRONG_SUM
invoice 4 amount=0.01                                    accepted
request_payment c1/1 amount=1000.01 invoices=1:1000.00,4:0.01  refused ACCEPTANCE_EXCEEDED
request_payment c1/1 amount=400.00                       accepted
then invoice 1 reimbursed=400.00
then line 1 ordered=400.00
request_payment c1/1 amount=600.01                       refused ACCEPTANCE_EXCEEDED
request_payment c1/1 amount=600.00                       accepted
then line 1 ordered=1000.00 payments=2
commit c2 amount=10.00                                   accepted
accept_delivery c2 value=10.00                           accepted
request_payment c2/1 amount=10.00                        refused CLAIMS_EXCEED_TOTAL
invoice 5 amount=10.00 deliver=no                        accepted
request_payment c2/1 amount=10.00 invoices=5:10.00       refused NOT_DELIVERED
"""

QUOTA = """
draft_line 2 amount=2000.00            accepted
approve_line 2                         accepted
issue_line 2                           accepted
commit c2 line=2 amount=1000.00        accepted
accept_delivery c2 value=1000.00       accepted
request_payment c2/1 amount=1000.00    refused QUOTA_EXCEEDED
grant_quota 2 amount=999.99            accepted
request_payment c2/1 amount=1000.00    refused QUOTA_EXCEEDED
request_payment c2/1 amount=999.99     accepted
"""

STEPS = """
check_payment 1/1                      refused PAYMENT_UNKNOWN
approve_payment 1/1                    refused PAYMENT_UNKNOWN
order_payment 1/1                      refused PAYMENT_UNKNOWN
reject_payment 1/1                     refused PAYMENT_UNKNOWN
confirm_paid 1/1                       refused PAYMENT_UNKNOWN
return_payment 1/1                     refused PAYMENT_UNKNOWN
book_payment 1/1                       refused PAYMENT_UNKNOWN
record_asset a1                        refused PAYMENT_UNKNOWN
request_payment c1/1                   accepted
approve_payment 1/1                    refused PAYMENT_NOT_THERE
order_payment 1/1                      refused PAYMENT_NOT_THERE
check_payment 1/1                      accepted
check_payment 1/1                      refused PAYMENT_NOT_THERE
approve_payment 1/1                    refused PAYMENT_NOT_THERE
confirm_paid 1/1                       refused PAYMENT_NOT_THERE
order_payment 1/1                      accepted
reject_payment 1/1                     refused PAYMENT_NOT_THERE
confirm_paid 1/1 account=account-of-shell refused ACCOUNT_WRONG
confirm_paid 1/1 amount=999.99         refused AMOUNT_DIFFERS
confirm_paid 1/1                       accepted
confirm_paid 1/1 receipt=r2            refused PAYMENT_NOT_THERE
return_payment 1/1                     refused PAYMENT_NOT_THERE
book_payment 1/1                       refused NOT_CLEARED
close_account zero                     refused ACCOUNT_IN_USE
clear_day zero/20261118                refused CLEARING_DIFFERS
clear_day zero/20261119 amount=999.99  refused CLEARING_DIFFERS
clear_day zero/20261119 receipt=r1     refused RECEIPT_USED
clear_day zero/20261119                accepted
clear_day zero/20261119 receipt=x      refused CLEARING_DIFFERS
book_payment 1/1 buyer_salts=1,2       refused INVOICES_DIFFER
book_payment 1/1 buyer_salts=2         refused NOT_BUYER
record_asset a1                        refused PAYMENT_NOT_THERE
book_payment 1/1                       accepted
book_payment 1/1                       refused PAYMENT_NOT_THERE
record_asset a1 value=1000.01          refused ASSET_EXCEEDS_PAYMENT
record_asset a1 value=600.00           accepted
record_asset a1 value=1.00             refused ASSET_EXISTS
record_asset a2 value=400.01           refused ASSET_EXCEEDS_PAYMENT
record_asset a2 value=400.00           accepted
then day zero/20261119 late=no paid=1000.00
"""

RECEIPTS = """
invoice 2 amount=1000.00                          accepted
commit c2                                         accepted
accept_delivery c2                                accepted
request_payment c1/1                              accepted
request_payment c2/1 invoices=2:1000.00           accepted
check_payment 1/1                                 accepted
check_payment 1/2                                 accepted
order_payment 1/1                                 accepted
order_payment 1/2                                 accepted
confirm_paid 1/1                                  accepted
confirm_paid 1/2                                  refused RECEIPT_USED
confirm_paid 1/2 receipt=r2                       accepted
"""

RETURNED = """
request_payment c1/1                   accepted
check_payment 1/1                      accepted
order_payment 1/1                      accepted
return_payment 1/1 source_account=school-zero  refused ACCOUNT_WRONG
return_payment 1/1                     accepted
then payment 1/1 status=returned
then line 1 ordered=0.00 paid=0.00 payments=1
then contract c1 ordered=0.00
then invoice 1 reimbursed=1000.00 refunded=1000.00
request_payment c1/1                   accepted
reject_payment 1/2                     accepted
then payment 1/2 status=rejected
then invoice 1 refunded=2000.00
request_payment c1/1                   accepted
then line 1 ordered=1000.00 payments=3
"""

LARGE = """
commit c2 amount=500000.00             accepted
accept_delivery c2 value=500000.00     accepted
invoice 2 amount=500000.00             accepted
request_payment c2/1 amount=500000.00 invoices=2:500000.00  accepted
check_payment 1/1                      accepted
then payment 1/1 status=checked
order_payment 1/1                      refused APPROVAL_NEEDED
approve_payment 1/1                    accepted
order_payment 1/1                      accepted
then payment 1/1 status=ordered
"""

YEARS = """
request_payment c1/1                   accepted
check_payment 1/1                      accepted
wait 60d
order_payment 1/1                      refused YEAR_OVER
close_line 1 outcome=carried           accepted
order_payment 1/1                      accepted
"""


@pytest.mark.parametrize(
    "table",
    [REQUEST, QUOTA, STEPS, RECEIPTS, RETURNED, LARGE, YEARS],
    ids=["request", "quota", "steps", "receipts", "returned", "large", "years"],
)
def test_payments(table: str) -> None:
    Town().with_goods().run(table)


def test_a_day_that_is_not_cleared_by_midnight_is_announced_and_may_still_be() -> None:
    town = Town().with_goods()
    town.run(
        """
        request_payment c1/1      accepted
        check_payment 1/1         accepted
        order_payment 1/1         accepted
        confirm_paid 1/1          accepted
        wait 43199s
        then day zero/20261119 late=no
        wait 1s
        then day zero/20261119 late=yes
        clear_day zero/20261119   accepted
        then account zero paid=1000.00 cleared=1000.00
        note_uncleared zero/20261119  accepted
        """
    )
    (late,) = [e for e in town.world.events if type(e).__name__ == "DayNotCleared"]
    assert late.balance_fen == 100_000  # type: ignore[attr-defined]


def test_nobody_takes_two_steps_of_one_payment() -> None:
    town = Town()
    office = town.people["finance.payment_checker"].office
    town.people["two"] = town.world.person(
        "two",
        office,
        "treasury_approver",
        same_person_as=town.people["finance.payment_checker"],
    )
    accountant = town.people["bureau.accountant"]
    town.people["both"] = town.world.person(
        "both", office, "payment_checker", same_person_as=accountant
    )
    town.people["three"] = town.world.person(
        "three",
        office,
        "treasury_clerk",
        same_person_as=town.people["finance.payment_checker"],
    )
    town.with_goods().run(
        """
        request_payment c1/1               accepted
        check_payment 1/1 by=both          refused SAME_PERSON
        check_payment 1/1                  accepted
        order_payment 1/1 by=three         refused SAME_PERSON
        order_payment 1/1                  accepted
        commit c2 amount=500000.00         accepted
        accept_delivery c2 value=500000.00 accepted
        invoice 2 amount=500000.00         accepted
        request_payment c2/1 amount=500000.00 invoices=2:500000.00  accepted
        check_payment 1/2                  accepted
        approve_payment 1/2 by=two         refused SAME_PERSON
        """
    )
