"""What happens to public money over time: the bridge of domain section 6, to the fen."""

import pytest
from treasury_acts import PROJECT, fen_of
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


def test_sensors_for_a_bridge_are_paid_as_they_are_built(town: Town) -> None:
    """Domain section 6: estimate 30 million, contract 24.8 million, the first progress, changes."""
    works = f"project={PROJECT} share=sensors kind=works"
    town.run(
        f"""
        # The project is proposed, found feasible, designed; its estimate has two shares.
        propose_project {PROJECT}                                          accepted
        advance_project {PROJECT} stage=feasible amount=28000000.00        accepted
        advance_project {PROJECT} stage=designed amount=30000000.00        accepted
        set_share {PROJECT}/sensors share=28000000.00                      accepted
        set_milestone {PROJECT}/first_span due_on=20270331                 accepted
        # The People's Congress puts 30 million into the budget; only now are contracts signed.
        draft_line 1 project={PROJECT} amount=30000000.00                  accepted
        approve_line 1                                                     accepted
        issue_line 1                                                       accepted
        grant_quota 1 amount=10000000.00                                   accepted
        advance_project {PROJECT} stage=funded                             accepted
        advance_project {PROJECT} stage=started                            accepted
        # Haiming Tech won the tender; procurement commits 24.8 million.
        commit bridge {works} amount=24800000.00 by=ledger                 accepted
        then line 1 approved=30000000.00 committed=24800000.00
        # The first progress: 6.2 million, 3 % retained, a quarter of it wages.
        certify_progress bridge value=6200000.00                           accepted
        then acceptance bridge/1 retained=186000.00 payable=6014000.00 wages=1550000.00
        invoice 1 amount=6200000.00                                        accepted
        # The contractor asks for its own money first; the workers' comes first.
        request_payment bridge/1 amount=4464000.00                         refused WAGES_FIRST
        request_payment bridge/1 purpose=wages amount=1550000.00           accepted
        check_payment 1/1                                                  accepted
        approve_payment 1/1                                                accepted
        order_payment 1/1                                                  accepted
        confirm_paid 1/1 account=wages amount=1550000.00                   accepted
        register_worker bridge/w1                                          accepted
        register_worker bridge/w2                                          accepted
        pay_wages bridge wages=w1:9800.00,w2:10200.00                      accepted
        request_payment bridge/1 amount=4464000.00                         accepted
        check_payment 1/2                                                  accepted
        approve_payment 1/2                                                accepted
        order_payment 1/2                                                  accepted
        confirm_paid 1/2 amount=4464000.00 receipt=r2                      accepted
        then contract bridge paid=6014000.00 retained=186000.00 wages_paid=20000.00
        clear_day zero/20261119 amount=6014000.00                          accepted
        meet_milestone {PROJECT}/first_span                                accepted
        # A first change order of 4.0 % passes; a second would make 10.5 %.
        adjust_commitment bridge amount=1000000.00 by=ledger               accepted
        adjust_commitment bridge amount=1600000.00 by=ledger               refused CHANGES_EXCEEDED
        then contract bridge amount=25800000.00 added=1000000.00
        """
    )
    # Friday 17:40: a clerk asks to change the payee's account.
    town.world.wait(29 * 3_600_000 + 40 * 60_000)
    town.run(
        """
        ask_account_change bridge account=account-of-mallory               accepted
        certify_progress bridge value=100000.00                            accepted
        invoice 2 amount=100000.00                                         accepted
        request_payment bridge/2 purpose=wages amount=25000.00 invoices=2:25000.00  accepted
        # The payee, called at the number in the contract, knows of nothing.
        call_back bridge/1 confirmed=no                                    accepted
        wait 72h
        then change bridge/1 status=failed
        """
    )
    assert town.ask("project", project=PROJECT).paid_fen == fen_of("6014000.00")


def test_a_house_is_paid_when_the_transfer_is_entered_and_not_before(town: Town) -> None:
    """Flow F2: the price waits; the old loan comes off first; a court may arrive at any block."""
    town.run(
        """
        open_escrow e1 price=2000000.00 lender=oldbank payoff=500000.00    accepted
        fund_escrow e1                                                     accepted
        freeze_funds escrow/e1 amount=300000.00                            accepted
        release_escrow e1                                                  refused FUNDS_FROZEN
        unfreeze_funds escrow/e1                                           accepted
        release_escrow e1                                                  accepted
        pay_out_escrow e1                                                  accepted
        then escrow e1 status=released
        """
    )
    (settled,) = [e for e in town.world.events if type(e).__name__ == "EscrowSettled"]
    parts = (settled.seller_fen, settled.lender_fen, settled.payer_fen)  # type: ignore[attr-defined]
    assert parts == (fen_of("1500000.00"), fen_of("500000.00"), 0)


def test_money_is_followed_from_the_line_and_back_from_the_payment(town: Town) -> None:
    town.run(
        """
        draft_line 1                                       accepted
        approve_line 1                                     accepted
        issue_line 1                                       accepted
        grant_quota 1                                      accepted
        commit c1 amount=30000.00                          accepted
        accept_delivery c1 value=30000.00                  accepted
        invoice 1 amount=20000.00                          accepted
        invoice 2 amount=10000.00                          accepted
        request_payment c1/1 amount=25000.00 invoices=1:20000.00,2:5000.00  accepted
        request_payment c1/1 amount=5000.00 invoices=2:5000.00   accepted
        check_payment 1/1                                  accepted
        order_payment 1/1                                  accepted
        confirm_paid 1/1 amount=25000.00                   accepted
        """
    )
    line = "2026-990100-000001"
    first, second = town.ask("payments", line=line, after=0, limit=1000)
    assert (first.status, second.status) == ("paid", "requested")
    assert town.ask("payments", line=line, after=1, limit=1000) == (second,)
    assert town.ask("payments", line=line, after=0, limit=1) == (first,)
    back = town.ask("origin", line=line, payment=1)
    assert [part.part_fen for part in back.invoices] == [2_000_000, 500_000]
    assert [part.claimed_fen for part in back.invoices] == [2_000_000, 1_000_000]
    assert (back.receipt.line, back.receipt.payment) == (line, 1)
    assert back.acceptance.payable_fen == back.contract.accepted_fen == 3_000_000
    assert back.line == town.ask("line", line=line)
    (shown,) = town.ask("published", line=line, after=0, limit=1000)
    assert (shown.payment, shown.amount_fen) == (1, 2_500_000)
    totals = town.ask("totals", finance=back.line.finance, year=2026)
    assert (totals.sums, totals.payments) == (back.line.sums, 2)
    assert town.ask("origin", line=line, payment=2).receipt is None


def test_what_is_not_there_is_refused(town: Town) -> None:
    from tongjian.core.operation import Refused

    asked = {
        "line": {"line": "2026-990100-000009"},
        "totals": {"finance": "9" * 18, "year": 2026},
        "origin": {"line": "2026-990100-000009", "payment": 1},
        "commitment": {"contract": "c9"},
        "project": {"project": PROJECT},
        "clearing_day": {"account": bytes(32), "day": 20261119},
        "payee": {"payee": "9" * 18},
        "escrow": {"escrow": "e9"},
        "finding": {"finding": "f9"},
    }
    for name, fields in asked.items():
        with pytest.raises(Refused):
            town.ask(name, **fields)
    assert town.ask("payments", line="2026-990100-000009", after=0, limit=5) == ()
    assert town.ask("milestones", project=PROJECT) == ()
    assert town.ask("account_changes", contract="c9", limit=5) == ()
