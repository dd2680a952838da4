"""Each refusal of each act, in order of precedence, as lines that a tax officer can read.

`tests/support/invoice_town.py` says what a line means and what is left unsaid. Every line that
stands alone is a golden vector under `vectors/`.
"""

import re
from pathlib import Path

import pytest
from invoice_town import Town

from tongjian.services.invoice.records import Refusal

SET_TAXPAYER = """
set_taxpayer alpha by=tax.tax_officer,alpha.finance                refused NOT_PERMITTED
set_taxpayer alpha by=elsewhere.tax_officer,elsewhere.tax_approver refused NOT_PERMITTED
set_taxpayer alpha kind=small grade=B  accepted
set_taxpayer alpha kind=general        accepted
cancel_taxpayer alpha                  accepted
set_taxpayer alpha                     refused TAXPAYER_CANCELLED
"""

SET_LIMIT = """
set_limit alpha by=tax.tax_officer  refused NOT_PERMITTED
set_limit alpha                     refused TAXPAYER_UNKNOWN
set_taxpayer alpha                  accepted
set_limit alpha limit=5000.00       accepted
then taxpayer alpha limit=5000.00
set_limit alpha limit=100.00 reason=cut accepted
cancel_taxpayer alpha               accepted
set_limit alpha                     refused TAXPAYER_CANCELLED
"""

STATUS = """
mark_abnormal alpha     refused TAXPAYER_UNKNOWN
mark_normal alpha       refused TAXPAYER_UNKNOWN
cancel_taxpayer alpha   refused TAXPAYER_UNKNOWN
set_taxpayer alpha      accepted
mark_normal alpha       refused TAXPAYER_NOT_ABNORMAL
mark_abnormal alpha     accepted
mark_abnormal alpha     refused TAXPAYER_NOT_NORMAL
then taxpayer alpha status=abnormal
mark_normal alpha       accepted
cancel_taxpayer alpha   accepted
cancel_taxpayer alpha   refused TAXPAYER_CANCELLED
mark_abnormal alpha     refused TAXPAYER_CANCELLED
mark_normal alpha       refused TAXPAYER_CANCELLED
"""

# Each line of `issue` is wrong in what it is refused for, and most in something later too.
ISSUE = """
issue 1 by=beta.issuer                        refused NOT_PERMITTED
issue 1 by=alpha.accountant                   refused NOT_PERMITTED
issue 25990000000000000001                    refused TAXPAYER_UNKNOWN
set_taxpayer alpha                            accepted
mark_abnormal alpha                           accepted
issue 25990000000000000001                    refused TAXPAYER_NOT_NORMAL
mark_normal alpha                             accepted
set_limit alpha limit=3000.00                 accepted
issue 25980000000000000001 event=+1s          refused NUMBER_WRONG_YEAR
issue 27990000000000000001                    refused NUMBER_WRONG_YEAR
issue 26980000000000000001 event=+1s          refused NUMBER_WRONG_REGION
issue 1                                       accepted
issue 1 event=+1s                             refused NUMBER_USED
issue 2 event=+1s subtotals=14%:1.00+9.00     refused CLAIMED_TIME_AHEAD
issue 2 event=-361d subtotals=14%:1.00+9.00   refused CLAIMED_TIME_TOO_OLD
issue 2 event=-8d subtotals=14%:1.00+9.00     refused LATE_WITHOUT_REASON
issue 2 subtotals=14%:1.00+9.00,13%:1.00+9.00 refused RATES_UNSORTED
issue 2 subtotals=13%:1.00+9.00,13%:1.00+9.00 refused RATES_UNSORTED
issue 2 subtotals=13%:1.00+9.00,14%:1.00+9.00 refused RATE_NOT_IN_FORCE
issue 2 subtotals=13%:1000.00+130.02 tax=0    refused TAX_WRONG
issue 2 subtotals=13%:1000.00+129.98          refused TAX_WRONG
issue 2 subtotals=13%:9000.00+1170.00 tax=0   refused TOTALS_WRONG
issue 2 subtotals=13%:9000.00+1170.00 total=1 refused TOTALS_WRONG
issue 2 subtotals=13%:2000.01+260.00          refused LIMIT_EXCEEDED
issue 2 subtotals=13%:2000.00+260.00          accepted
issue 3 subtotals=0%:0.01+0.00                refused LIMIT_EXCEEDED
then taxpayer alpha issued=3000.00 period=202611
then invoice 1 total=1130.00 tax=130.00 issued_on=20261119 late=no delivered=no
"""

RATES_OF_SMALL_TAXPAYERS = """
issue 1 seller=gamma subtotals=13%:100.00+13.00                refused RATE_NOT_IN_FORCE
issue 1 seller=gamma subtotals=1%:100.00+1.00,3%:100.00+3.00   accepted
issue 2 seller=alpha subtotals=1%:100.00+1.00                  refused RATE_NOT_IN_FORCE
issue 2 seller=alpha subtotals=0%:5.00+0.00,3%:100.00+3.00,6%:1.00+0.06,9%:1.00+0.09   accepted
"""

TAX_TO_WITHIN_A_FEN_A_LINE = """
issue 1 subtotals=13%:1000.00+130.01     accepted
issue 2 subtotals=13%:1000.00+129.99     accepted
issue 3 subtotals=13%x3:1000.00+130.03   accepted
issue 4 subtotals=13%x3:1000.00+130.04   refused TAX_WRONG
issue 5 subtotals=13%:0.04+0.01          accepted
issue 6 subtotals=13%:0.04+0.00          accepted
"""

LATE = """
issue 1 event=-7d                  accepted
then invoice 1 late=no
issue 2 event=-8d late=dispute     accepted
then invoice 2 late=yes issued_on=20261119
issue 3 event=-360d late=outage    accepted
"""

DELIVER = """
deliver 1 by=beta.issuer                       refused NOT_PERMITTED
deliver 1                                      refused INVOICE_UNKNOWN
issue 1                                        accepted
deliver 1 seller=beta                          refused NOT_SELLER
deliver 1                                      accepted
deliver 1                                      refused ALREADY_DELIVERED
"""

RECORD_FOREIGN = """
record_foreign doc1 by=alpha.accountant        refused NOT_PERMITTED
record_foreign doc1                            accepted
record_foreign doc1 holder=city day=20991231   refused ALREADY_RECORDED
issue 1                                        accepted
record_foreign 1                               refused ALREADY_RECORDED
record_foreign 2 day=20261120 total=0.01       refused CLAIMED_TIME_AHEAD
record_foreign 2 day=20260230 total=0.01       refused DATE_WRONG
record_foreign 2 total=0.01                    refused TOTALS_WRONG
record_foreign 2 currency=CNY flags=check_digit_wrong accepted
issue 2                                        refused NUMBER_USED
"""

CONFIRM_DEDUCTION = """
confirm_deduction 1 by=beta.accountant                        refused NOT_PERMITTED
confirm_deduction 1 buyer=delta                               refused TAXPAYER_UNKNOWN
mark_abnormal beta                                            accepted
confirm_deduction 1                                           refused TAXPAYER_NOT_NORMAL
mark_normal beta                                              accepted
confirm_deduction 1 buyer=gamma                               refused TAXPAYER_NOT_GENERAL
confirm_deduction 1                                           refused INVOICE_UNKNOWN
issue 1                                                       accepted
confirm_deduction 1 buyer=alpha                               refused NOT_BUYER
confirm_deduction 1 salt=wrong                                refused NOT_BUYER
issue 2 buyer=alpha                                           accepted
confirm_deduction 2 buyer=alpha                               refused SELLER_IS_BUYER
issue 3                                                       accepted
request_red 3 party=alpha                                     accepted
issue_red 3 as=903                                            accepted
confirm_deduction 903 salt=3 use=EXEMPT_ITEM                  refused IS_RED_LETTER
confirm_deduction 1 use=EXEMPT_ITEM                           refused NOT_DELIVERED
issue 4 kind=ordinary + deliver 4 + deliver 1                 accepted
confirm_deduction 4 use=EXEMPT_ITEM                           refused NOT_DEDUCTIBLE
confirm_deduction 1 use=EXEMPT_ITEM period=202612             refused USE_EXCLUDED
confirm_deduction 1 period=202612                             refused PERIOD_WRONG
confirm_deduction 1 period=202610                             refused PERIOD_WRONG
confirm_deduction 1 period=202600                             refused PERIOD_WRONG
confirm_deduction 1                                           accepted
confirm_deduction 1 period=202612                             refused ALREADY_DEDUCTED
issue 5 + deliver 5                                           accepted
request_red 5 party=alpha subtotals=13%:1000.00+130.00        accepted
issue_red 5 as=905                                            accepted
confirm_deduction 5                                           refused FULLY_RED
"""

DEDUCTIBLE_ORDINARY_INVOICES = """
issue 1 kind=ordinary business=passenger + deliver 1       accepted
confirm_deduction 1                                        accepted
issue 2 kind=ordinary business=purchase buyer=alpha + deliver 2 accepted
confirm_deduction 2 buyer=alpha                            accepted
"""

BOOK = """
book 1 by=beta.finance                                  refused NOT_PERMITTED
book 1                                                  refused INVOICE_UNKNOWN
issue 1                                                 accepted
book 1 buyer=city                                       refused NOT_BUYER
issue 2 buyer=alpha                                     accepted
book 2 buyer=alpha                                      refused SELLER_IS_BUYER
book 1 period=202613                                    refused NOT_DELIVERED
deliver 1                                               accepted
book 1 period=202613                                    refused PERIOD_WRONG
book 1                                                  accepted
book 1 period=202613                                    refused ALREADY_BOOKED
issue 3 + deliver 3                                     accepted
request_red 3 party=alpha subtotals=13%:1000.00+130.00  accepted
issue_red 3 as=903                                      accepted
book 3                                                  refused FULLY_RED
record_foreign doc1                                     accepted
book doc1 buyer=city                                    refused NOT_BUYER
book doc1                                               accepted
"""

REIMBURSE = """
reimburse 1 by=beta.finance                          refused NOT_PERMITTED
reimburse 1 by=beta.finance,beta.accountant          refused NOT_PERMITTED
reimburse 1 by=beta.finance,city.finance             refused NOT_PERMITTED
reimburse 1                                          refused INVOICE_UNKNOWN
issue 1                                              accepted
reimburse 1 salt=none amount=9999.00                 refused NOT_BUYER
reimburse 1 claimant=city amount=9999.00             refused NOT_BUYER
issue 2 buyer=alpha                                  accepted
reimburse 2 claimant=alpha                           refused SELLER_IS_BUYER
issue 3 + deliver 3                                  accepted
request_red 3 party=alpha                            accepted
issue_red 3 as=903                                   accepted
reimburse 903 salt=3 amount=9999.00                  refused IS_RED_LETTER
reimburse 1 amount=9999.00                           refused NOT_DELIVERED
deliver 1                                            accepted
reimburse 1 amount=1130.01                           refused CLAIMS_EXCEED_TOTAL
reimburse 1 amount=1130.00                           accepted
reimburse 1 amount=0.01                              refused VOUCHER_USED
reimburse 1 amount=0.01 voucher=v2                   refused CLAIMS_EXCEED_TOTAL
reimburse 3 amount=1017.01                           refused CLAIMS_EXCEED_TOTAL
reimburse 3 amount=1017.00                           accepted
"""

ONE_INVOICE_IN_TWO_ORGANISATIONS = """
issue 1 kind=ordinary buyer=lin + deliver 1             accepted
reimburse 1 claimant=city salt=none amount=1000.00      accepted
reimburse 1 claimant=beta salt=none amount=1000.00      refused CLAIMS_EXCEED_TOTAL
reimburse 1 claimant=beta salt=none amount=130.00       accepted
then invoice 1 reimbursed=1130.00 refunded=0
reimburse 1 claimant=alpha salt=none amount=0.01        refused SELLER_IS_BUYER
record_foreign doc1 total=100.00 tax=0                  accepted
reimburse doc1 claimant=city salt=none amount=60.00     accepted
reimburse doc1 claimant=beta salt=none amount=60.00     refused CLAIMS_EXCEED_TOTAL
"""

REFUND = """
refund 1 by=beta.finance          refused NOT_PERMITTED
refund 1                          refused INVOICE_UNKNOWN
issue 1 + deliver 1               accepted
refund 1                          refused REIMBURSEMENT_UNKNOWN
reimburse 1 amount=100.00         accepted
refund 1 claimant=city            refused REIMBURSEMENT_UNKNOWN
refund 1 voucher=v2               refused REIMBURSEMENT_UNKNOWN
refund 1 amount=100.01            refused REFUND_EXCEEDS_CLAIM
refund 1 amount=60.00             accepted
refund 1 amount=40.01             refused REFUND_EXCEEDS_CLAIM
refund 1 amount=40.00             accepted
then invoice 1 reimbursed=100.00 refunded=100.00
reimburse 1 amount=1130.00 voucher=v2 accepted
"""

PLEDGE = """
pledge 1 by=bank.bank_officer     refused NOT_PERMITTED
pledge 1 by=alpha.finance         refused NOT_PERMITTED
pledge 1                          refused INVOICE_UNKNOWN
issue 1                           accepted
pledge 1 seller=beta              refused NOT_SELLER
issue 3                           accepted
request_red 3 party=alpha subtotals=13%:1000.00+130.00 accepted
issue_red 3 as=903                accepted
pledge 903                        refused IS_RED_LETTER
pledge 1                          accepted
pledge 1 pledgee=rival            refused PLEDGED
pledge 3                          refused FULLY_RED
then invoice 1 pledgee=bank
"""

RELEASE_PLEDGE = """
release_pledge 1 by=alpha.finance  refused NOT_PERMITTED
release_pledge 1                   refused INVOICE_UNKNOWN
issue 1                            accepted
release_pledge 1                   refused NOT_PLEDGED
pledge 1                           accepted
release_pledge 1 pledgee=rival     refused NOT_PLEDGEE
release_pledge 1                   accepted
release_pledge 1                   refused NOT_PLEDGED
then invoice 1 pledgee=none
"""

ON_A_LEDGER_WITHOUT_TAXPAYERS = {
    "set_taxpayer": SET_TAXPAYER,
    "set_limit": SET_LIMIT,
    "status": STATUS,
    "issue": ISSUE,
}
IN_BUSINESS = {
    "rates_of_small_taxpayers": RATES_OF_SMALL_TAXPAYERS,
    "tax_to_within_a_fen_a_line": TAX_TO_WITHIN_A_FEN_A_LINE,
    "late": LATE,
    "deliver": DELIVER,
    "record_foreign": RECORD_FOREIGN,
    "confirm_deduction": CONFIRM_DEDUCTION,
    "deductible_ordinary_invoices": DEDUCTIBLE_ORDINARY_INVOICES,
    "book": BOOK,
    "reimburse": REIMBURSE,
    "one_invoice_in_two_organisations": ONE_INVOICE_IN_TWO_ORGANISATIONS,
    "refund": REFUND,
    "pledge": PLEDGE,
    "release_pledge": RELEASE_PLEDGE,
}


@pytest.mark.parametrize("name", ON_A_LEDGER_WITHOUT_TAXPAYERS)
def test_taxpayers_and_issue_refuse_as_the_table_says(name: str) -> None:
    Town().run(ON_A_LEDGER_WITHOUT_TAXPAYERS[name])


@pytest.mark.parametrize("name", IN_BUSINESS)
def test_acts_refuse_as_the_table_says(name: str) -> None:
    Town().open_for_business().run(IN_BUSINESS[name])


def test_every_refusal_has_a_line() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    shown = set(re.findall(r"(?:refused |Refusal\.)(\w+)", source))
    missing = [code.name for code in Refusal if code.name not in shown]
    assert not missing, f"no line shows {missing}"


def test_refusals_are_numbered_without_gap_in_order_of_precedence() -> None:
    assert [code.number for code in Refusal] == list(range(1, len(Refusal) + 1))
