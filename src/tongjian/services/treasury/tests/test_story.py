"""What happens to public money over time: the bridge of domain section 6, to the fen."""

import pytest
from treasury_town import Town


@pytest.fixture
def town() -> Town:
    return Town().with_accounts()


def test_goods_go_from_the_budget_to_the_asset_card(town: Town) -> None:
    town.run(
        """
        # The People's Congress approves, finance issues and releases money for payment.
        draft_line 1 amount=1000000.00                     accepted
        approve_line 1                                     accepted
        issue_line 1                                       accepted
        grant_quota 1 amount=500000.00                     accepted
        then line 1 approved=1000000.00 quota=500000.00 status=issued
        # The bureau buys; the goods come; two persons look at them.
        commit c1 amount=1000.00 payee=alpha               accepted
        accept_delivery c1 value=1000.00                   accepted
        # The invoice is verified and claimed with the request; finance checks and orders.
        invoice 1 amount=1000.00                           accepted
        request_payment c1/1 amount=1000.00                accepted
        then invoice 1 reimbursed=1000.00
        check_payment 1/1                                  accepted
        then payment 1/1 status=approved
        order_payment 1/1                                  accepted
        # The bank pays and proves it; in the evening the treasury clears; the bureau books.
        confirm_paid 1/1 amount=1000.00                    accepted
        clear_day zero/20261119 amount=1000.00             accepted
        then account zero paid=1000.00 cleared=1000.00
        book_payment 1/1 buyer_salts=1                     accepted
        then invoice 1 booked=yes
        record_asset sensor-1 value=1000.00                accepted
        then payment 1/1 status=booked assets=1000.00
        then line 1 committed=1000.00 ordered=1000.00 paid=1000.00
        """
    )
