"""Each refusal of the acts about red letters, in order of precedence."""

import pytest
from invoice_town import Town

REQUEST_RED = """
request_red 1 by=beta.accountant                               refused NOT_PERMITTED
request_red 1                                                  refused INVOICE_UNKNOWN
issue 1 subtotals=6%:200.00+12.00,13%x2:1000.00+130.00 + deliver 1 accepted
request_red 1 party=city subtotals=9%:1.00+1.00                refused NOT_PARTY
request_red 1 salt=wrong subtotals=9%:1.00+1.00                refused NOT_PARTY
issue 2                                                        accepted
request_red 2 party=alpha                                      accepted
issue_red 2 as=902                                             accepted
request_red 902 party=alpha subtotals=9%:1.00+1.00             refused IS_RED_LETTER
record_foreign 3                                               accepted
request_red 3 subtotals=9%:1.00+1.00                           refused NOT_ISSUED_HERE
request_red 1 subtotals=9%:1.00+1.00                           refused BUYER_NOT_USED
request_red 1 party=alpha subtotals=13%:1.00+9.00,6%:1.00+9.00 refused RATES_UNSORTED
request_red 1 party=alpha subtotals=9%:1.00+9.00               refused RATE_NOT_ON_INVOICE
request_red 1 party=alpha subtotals=13%x3:1.00+9.00            refused RATE_NOT_ON_INVOICE
request_red 1 party=alpha subtotals=6%:1.00+9.00,13%:1000.01+9.00 refused RED_EXCEEDS_INVOICE
request_red 1 party=alpha subtotals=13%:500.00+130.01          refused RED_EXCEEDS_INVOICE
request_red 1 party=alpha subtotals=13%:500.00+64.00           refused TAX_WRONG
request_red 1 party=alpha subtotals=13%:1000.00+129.99         refused TAX_WRONG
request_red 1 party=alpha subtotals=13%x2:1000.00+130.00       accepted
request_red 1 party=alpha subtotals=9%:1.00+9.00               refused CONFIRMATION_UNDER_WAY
issue_red 1 as=901                                             accepted
request_red 1 party=alpha subtotals=13%:0.01+0.00              refused RED_EXCEEDS_INVOICE
request_red 1 party=alpha subtotals=6%:200.00+12.00            accepted
"""

CONFIRM_RED = """
confirm_red 1 by=beta.finance        refused NOT_PERMITTED
confirm_red 1                        refused INVOICE_UNKNOWN
issue 1 + deliver 1                  accepted
book 1                               accepted
confirm_red 1 party=city             refused NOT_PARTY
confirm_red 1                        refused CONFIRMATION_UNKNOWN
request_red 1 party=alpha            accepted
confirm_red 1 party=alpha            refused NOT_COUNTERPARTY
confirm_red 1                        accepted
confirm_red 1 party=alpha            refused CONFIRMATION_CLOSED
"""

REFUSE_RED = """
refuse_red 1 by=beta.finance         refused NOT_PERMITTED
refuse_red 1                         refused INVOICE_UNKNOWN
issue 1 + deliver 1                  accepted
book 1                               accepted
refuse_red 1 party=city              refused NOT_PARTY
refuse_red 1                         refused CONFIRMATION_UNKNOWN
request_red 1 party=beta             accepted
refuse_red 1 party=beta              refused NOT_COUNTERPARTY
refuse_red 1 party=alpha             accepted
refuse_red 1 party=alpha             refused CONFIRMATION_CLOSED
request_red 1 party=alpha            accepted
refuse_red 1 no=2                    accepted
"""

WITHDRAW_RED = """
withdraw_red 1 by=beta.finance       refused NOT_PERMITTED
withdraw_red 1                       refused INVOICE_UNKNOWN
issue 1 + deliver 1                  accepted
book 1                               accepted
withdraw_red 1 party=city            refused NOT_PARTY
withdraw_red 1                       refused CONFIRMATION_UNKNOWN
request_red 1 party=beta             accepted
withdraw_red 1 party=alpha           refused NOT_INITIATOR
withdraw_red 1 party=beta            accepted
withdraw_red 1 party=alpha           refused CONFIRMATION_CLOSED
request_red 1 party=beta             accepted
confirm_red 1 party=alpha no=2       accepted
withdraw_red 1 party=beta no=2       accepted
issue_red 1 no=2                     refused CONFIRMATION_CLOSED
"""

ISSUE_RED = """
issue_red 1 by=beta.issuer                         refused NOT_PERMITTED
issue_red 1 seller=delta as=25990000000000000900   refused TAXPAYER_UNKNOWN
mark_abnormal alpha                                accepted
issue_red 1 as=25990000000000000900                refused TAXPAYER_NOT_NORMAL
mark_normal alpha                                  accepted
issue_red 1 as=25990000000000000900                refused NUMBER_WRONG_YEAR
issue_red 1 as=26980000000000000900                refused NUMBER_WRONG_REGION
issue 9                                            accepted
issue_red 1 as=9                                   refused NUMBER_USED
issue_red 1                                        refused INVOICE_UNKNOWN
issue 1 + deliver 1                                accepted
issue_red 1 seller=beta                            refused NOT_SELLER
pledge 1                                           accepted
issue_red 1                                        refused PLEDGED
release_pledge 1                                   accepted
issue_red 1                                        refused CONFIRMATION_UNKNOWN
request_red 1 party=alpha                          accepted
book 1                                             accepted
issue_red 1                                        refused CONFIRMATION_NEEDED
withdraw_red 1 party=alpha                         accepted
issue_red 1                                        refused CONFIRMATION_CLOSED
request_red 1 party=alpha                          accepted
issue_red 1 no=2                                   refused CONFIRMATION_CLOSED
confirm_red 1 no=2                                 accepted
reimburse 1 amount=1017.01                         accepted
issue_red 1 no=2                                   refused CLAIMS_EXCEED_TOTAL
refund 1 amount=0.01 + issue_red 1 no=2            accepted
issue_red 1 no=2 as=901                            refused CONFIRMATION_CLOSED
then invoice 1 red=113.00 reimbursed=1017.01 refunded=0.01
"""

VOID_RED = """
void_red 1        refused NOT_PERMITTED
"""

TABLES = {
    "request_red": REQUEST_RED,
    "confirm_red": CONFIRM_RED,
    "refuse_red": REFUSE_RED,
    "withdraw_red": WITHDRAW_RED,
    "issue_red": ISSUE_RED,
    "void_red": VOID_RED,
}


@pytest.mark.parametrize("name", TABLES)
def test_acts_about_red_letters_refuse_as_the_table_says(name: str) -> None:
    Town().open_for_business().run(TABLES[name])
