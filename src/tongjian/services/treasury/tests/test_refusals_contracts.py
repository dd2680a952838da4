"""Each refusal of accounts, contracts and acceptance, as lines that an official can read."""

import pytest
from treasury_acts import PROJECT
from treasury_town import Town

ACCOUNTS = """
register_account zero2        accepted
register_account zero2        refused ACCOUNT_EXISTS
close_account zero2           accepted
close_account zero2           refused ACCOUNT_CLOSED
close_account wages           accepted
commit c1 kind=works          refused ACCOUNT_CLOSED
close_account escrow          accepted
open_escrow e1                refused ACCOUNT_CLOSED
commit c1                     accepted
accept_delivery c1            accepted
close_account zero            accepted
request_payment c1/1          refused ACCOUNT_CLOSED
"""

COMMIT = f"""
commit c1 line=2                                refused LINE_UNKNOWN
draft_line 2                                    accepted
commit c1 line=2                                refused LINE_NOT_ISSUED
commit c1 unit=school                           refused LINE_OF_ANOTHER
commit c1 amount=1000000.01                     refused NEEDS_PROCUREMENT
commit c1 payee=bureau                          refused PARTIES_NOT_INDEPENDENT
commit c1 retain=30001                          refused TERMS_WRONG
commit c1 advance=300.01 recover=300000         refused TERMS_WRONG
commit c1 advance=300.00                        refused TERMS_WRONG
commit c1 recover=300000                        refused TERMS_WRONG
commit c1 pay_days=61                           refused TERMS_WRONG
commit c1 supervisor=super                      refused TERMS_WRONG
commit c1 wage_account=wages                    refused TERMS_WRONG
commit c1 share_wages=1                         refused TERMS_WRONG
commit c1 kind=works supervisor=none            refused TERMS_WRONG
commit c1 kind=works share_wages=0              refused TERMS_WRONG
commit c1 kind=works share_wages=980000         refused TERMS_WRONG
commit c1 kind=works supervisor=alpha           refused PARTIES_NOT_INDEPENDENT
commit c1 kind=works wage_account=elsewhere     refused ACCOUNT_UNKNOWN
commit c1 kind=works wage_account=zero          refused ACCOUNT_WRONG
commit c1 kind=works payee=beta                 refused ACCOUNT_WRONG
commit c1 project={PROJECT}                     refused PROJECT_OF_ANOTHER
commit c1 share=bridge                          refused PROJECT_UNKNOWN
commit c1 amount=1000000.01 by=ledger           refused LINE_EXCEEDED
commit c1 amount=1000.00 kind=works             accepted
commit c1 amount=1000.00                        refused CONTRACT_EXISTS
then line 1 committed=1000.00
then contract c1 amount=1000.00 procured=no
commit c2 amount=999000.00 by=ledger            accepted
then contract c2 procured=yes
then payee alpha committed=1000000.00
commit c3 amount=0.01                           refused LINE_EXCEEDED
commit c3 line=2027-990100-000001               refused LINE_UNKNOWN
draft_line 2027-990100-000001                   accepted
approve_line 2027-990100-000001                 accepted
issue_line 2027-990100-000001                   accepted
commit c3 line=2027-990100-000001               refused LINE_WRONG_YEAR
"""

ADJUST = """
adjust_commitment c1 by=ledger                  refused CONTRACT_UNKNOWN
commit c1 amount=1000.00                        accepted
adjust_commitment c1 amount=100.01              refused CHANGES_EXCEEDED
adjust_commitment c1 amount=60.00               accepted
adjust_commitment c1 amount=40.01               refused CHANGES_EXCEEDED
adjust_commitment c1 change=cut amount=500.00   accepted
adjust_commitment c1 amount=40.01               refused CHANGES_EXCEEDED
adjust_commitment c1 amount=40.00               accepted
then contract c1 amount=600.00 added=100.00
then line 1 committed=600.00
accept_delivery c1 value=500.00                 accepted
adjust_commitment c1 change=cut amount=100.01   refused ACCEPTED_EXCEEDS_CONTRACT
adjust_commitment c1 change=cut amount=100.00   accepted
commit c2 amount=2000.00 by=ledger              accepted
adjust_commitment c2 amount=1.00                refused NEEDS_PROCUREMENT
adjust_commitment c2 amount=1.00 by=ledger      accepted
freeze_line 1 frozen=997499.00                  accepted
adjust_commitment c2 amount=0.01 by=ledger      refused LINE_EXCEEDED
freeze_funds payee/alpha amount=2501.00         accepted
adjust_commitment c2 change=cut amount=0.01 by=ledger  refused FUNDS_FROZEN
wait 60d
adjust_commitment c2 amount=0.01 by=ledger      refused YEAR_OVER
close_line 1 outcome=carried                    accepted
"""

ACCOUNT_CHANGE = """
commit c1                                       accepted
ask_account_change c1 account=other             accepted
ask_account_change c1 account=third             refused CHANGE_UNDER_WAY
call_back c1/2                                  refused CHANGE_UNKNOWN
commit c2 by=ledger                             accepted
call_back c1/1 line=1                           accepted
call_back c1/1 line=1                           refused CHANGE_CLOSED
wait 86399s
then contract c1 under_way=1
wait 1s
then contract c1 under_way=0 account=other
then change c1/1 status=effective
ask_account_change c1 account=other             refused SAME_ACCOUNT
ask_account_change c1 account=third             accepted
stop_account_change c1/2                        accepted
stop_account_change c1/2                        refused CHANGE_CLOSED
stop_account_change c1/3                        refused CHANGE_UNKNOWN
ask_account_change c1 account=third             accepted
draft_line 2                                    accepted
call_back c1/3 line=2                           refused LINE_OF_ANOTHER
call_back c1/3 confirmed=no                     accepted
then change c1/3 status=failed
then contract c1 under_way=0 account=other
ask_account_change c1 account=third             accepted
call_back c1/4                                  accepted
stop_account_change c1/4                        accepted
wait 24h
then contract c1 account=other
then change c1/4 status=stopped
apply_account_change c1/9                       refused CHANGE_UNKNOWN
apply_account_change c1/4                       accepted
then contract c1 account=other
"""

ACCEPT = """
commit c1 amount=1000.00 advance=300.00 recover=300000   accepted
commit c2 amount=1000.00 kind=works retain=30000         accepted
accept_delivery c2                                       refused KIND_WRONG
certify_progress c1                                      refused NOT_PERMITTED
accept_delivery c1 value=1000.01                         refused ACCEPTED_EXCEEDS_CONTRACT
grant_advance c1 amount=300.01                           refused ADVANCE_EXCEEDED
grant_advance c1 amount=200.00                           accepted
grant_advance c1 amount=100.01                           refused ADVANCE_EXCEEDED
accept_delivery c1 value=500.00                          accepted
then acceptance c1/2 value=500.00 recovered=150.00 payable=350.00
accept_delivery c1 value=500.00                          accepted
then acceptance c1/3 recovered=50.00 payable=450.00
then contract c1 accepted=1000.00 advanced=200.00 recovered=200.00 acceptances=3
grant_advance c1 amount=100.00                           refused ACCEPTED_EXCEEDS_CONTRACT
certify_progress c2 value=1000.00                        accepted
certify_progress c2 value=0.01                           refused ACCEPTED_EXCEEDS_CONTRACT
then acceptance c2/1 retained=30.00 payable=970.00 wages=250.00
release_retention c2 amount=30.01                        refused RETENTION_EXCEEDED
release_retention c2 amount=30.00                        refused RETENTION_NOT_DUE
wait 365d
release_retention c2 amount=30.00                        accepted
release_retention c2 amount=0.01                         refused RETENTION_EXCEEDED
then acceptance c2/2 payable=30.00 ground=retention
"""


@pytest.mark.parametrize(
    "table",
    [ACCOUNTS, COMMIT, ADJUST, ACCOUNT_CHANGE, ACCEPT],
    ids=["accounts", "commit", "adjust", "account_change", "accept"],
)
def test_contracts_and_acceptance(table: str) -> None:
    Town().with_line().run(table)


def test_works_are_certified_and_only_works() -> None:
    # A contract of goods has no supervisor whose signature would count, so this is decided with a
    # row that no commitment writes.
    town = Town().with_line()
    town.run("commit c1 kind=works accepted")
    from tongjian.core.encoding import encode, replace
    from tongjian.services.treasury.records import COMMITMENTS

    row = town.world.row(COMMITMENTS, "c1")
    town.world._commit({COMMITMENTS.key("c1"): encode(replace(row, kind="goods"))}, ())
    town.run("certify_progress c1 refused KIND_WRONG")


def test_a_finance_department_is_one_person_in_no_two_steps_of_a_change() -> None:
    town = Town()
    town.people["bureau.finance"] = town.world.person(
        "same", town.people["bureau.finance"].office, "finance"
    )
    town.people["finance.payment_checker"] = town.world.person(
        "same again",
        town.people["finance.payment_checker"].office,
        "payment_checker",
        same_person_as=town.people["bureau.finance"],
    )
    town.with_line().run(
        """
        commit c1                                accepted
        ask_account_change c1                    accepted
        call_back c1/1                           refused SAME_PERSON
        call_back c1/1 by=finance.payment_checker2 accepted
        """
    )
