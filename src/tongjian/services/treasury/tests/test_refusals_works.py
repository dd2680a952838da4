"""Each refusal of projects and wages, as lines that an official can read."""

from treasury_acts import PROJECT
from treasury_town import Town

RAISE = f"raise_estimate {PROJECT} feasibility=27272727.27"
ON = f"line=2 project={PROJECT}"
STAGES = f"""
advance_project {PROJECT} by=ledger                              refused NOT_PERMITTED
propose_project {PROJECT} investor=bureau                        refused PARTIES_NOT_INDEPENDENT
propose_project {PROJECT}                                        accepted
propose_project {PROJECT}                                        refused PROJECT_EXISTS
advance_project {PROJECT} stage=designed amount=1.00             refused STAGE_WRONG
advance_project {PROJECT} stage=feasible                         refused ESTIMATE_WRONG
raise_estimate {PROJECT}                                         refused STAGE_WRONG
advance_project {PROJECT} stage=feasible amount=27272727.27      accepted
advance_project {PROJECT} stage=designed amount=30000000.01  refused ESTIMATE_OVER_FEASIBILITY
advance_project {PROJECT} stage=designed amount=30000000.00      accepted
{RAISE} estimate=30000000.01   refused ESTIMATE_OVER_FEASIBILITY
raise_estimate {PROJECT} feasibility=27272727.26 estimate=30000000.01 refused ESTIMATE_WRONG
raise_estimate {PROJECT} estimate=30000000.00                    refused ESTIMATE_WRONG
set_share {PROJECT}/bridge share=30000000.01                     refused ESTIMATE_EXCEEDED
set_share {PROJECT}/bridge share=25000000.00                     accepted
set_share {PROJECT}/road share=5000000.01                        refused ESTIMATE_EXCEEDED
set_share {PROJECT}/road share=100.00                            accepted
then project {PROJECT} shared=25000100.00
set_milestone {PROJECT}/opening                                  accepted
set_milestone {PROJECT}/opening due_on=20270701                  accepted
meet_milestone {PROJECT}/other                                   refused MILESTONE_UNKNOWN
advance_project {PROJECT} stage=funded                           refused PROJECT_NOT_READY
draft_line 2 project={PROJECT} amount=30000000.00                accepted
approve_line 2                                                   accepted
issue_line 2                                                     accepted
grant_quota 2 amount=30000000.00                                 accepted
commit c1 {ON} share=bridge amount=24800000.00 kind=works by=ledger  refused PROJECT_NOT_READY
advance_project {PROJECT} stage=funded amount=1.00               refused ESTIMATE_WRONG
advance_project {PROJECT} stage=funded                           accepted
commit c1 line=2 amount=1000.00                                  refused PROJECT_OF_ANOTHER
commit c1 {ON} share=tunnel by=ledger        refused SHARE_UNKNOWN
commit c1 {ON} share=road amount=100.01 by=ledger  refused SHARE_EXCEEDED
commit c1 {ON} share=bridge amount=24800000.00 kind=works by=ledger  accepted
set_share {PROJECT}/bridge share=24799999.99                     refused SHARE_EXCEEDED
certify_progress c1 value=100.00                                 refused PROJECT_NOT_READY
advance_project {PROJECT} stage=started                          accepted
certify_progress c1 value=24800000.00                            accepted
meet_milestone {PROJECT}/opening                                 accepted
meet_milestone {PROJECT}/opening                                 refused MILESTONE_MET
set_milestone {PROJECT}/opening                                  refused MILESTONE_MET
raise_estimate {PROJECT}                                         accepted
advance_project {PROJECT} stage=completed                        accepted
advance_project {PROJECT} stage=accepted                         accepted
advance_project {PROJECT} stage=final_accounts amount=24800000.01  refused FINAL_ACCOUNTS_WRONG
advance_project {PROJECT} stage=final_accounts amount=24800000.00  accepted
advance_project {PROJECT} stage=handed_over                      refused PROJECT_NOT_READY
audit_project {PROJECT}                                          refused STAGE_WRONG
invoice 1 amount=6200000.00                                      accepted
request_payment c1/1 purpose=wages amount=6200000.00             accepted
check_payment 2/1                                                accepted
approve_payment 2/1                                              accepted
order_payment 2/1                                                accepted
confirm_paid 2/1 account=wages amount=6200000.00                 accepted
clear_day zero/20261119 amount=6200000.00                        accepted
book_payment 2/1                                                 accepted
record_asset bridge line=2 payment=1 value=6200000.00            accepted
advance_project {PROJECT} stage=handed_over                      accepted
audit_project {PROJECT}                                          accepted
then project {PROJECT} stage=audited final=24800000.00 paid=6200000.00
"""

WAGES = """
commit c1 kind=works amount=10000.00             accepted
certify_progress c1 value=10000.00               accepted
invoice 1 amount=10000.00                        accepted
request_payment c1/1 amount=7200.00              refused WAGES_FIRST
request_payment c1/1 purpose=wages amount=2500.01 refused WAGES_NOT_DUE
request_payment c1/1 purpose=wages amount=2500.00 accepted
request_payment c1/1 amount=7200.00              refused WAGES_FIRST
check_payment 1/1                                accepted
order_payment 1/1                                accepted
register_worker c1/w1                            accepted
register_worker c1/w1                            refused WORKER_EXISTS
pay_wages c1                                     refused WAGES_EXCEEDED
confirm_paid 1/1 account=wages amount=2500.00    accepted
request_payment c1/1 amount=7200.01              refused ACCEPTANCE_EXCEEDED
request_payment c1/1 amount=7200.00              accepted
pay_wages c1 account=single                      refused ACCOUNT_WRONG
pay_wages c1 period=202612                       refused PERIOD_WRONG
pay_wages c1 period=202613                       refused PERIOD_WRONG
pay_wages c1 wages=w1:100.00,ghost:100.00        refused WORKER_UNKNOWN
pay_wages c1 wages=w1:2500.01                    refused WAGES_EXCEEDED
pay_wages c1 wages=w1:2000.00 receipt=r1         refused RECEIPT_USED
pay_wages c1 wages=w1:2000.00                    accepted
pay_wages c1 wages=w1:1.00                       refused WAGE_PAID
register_worker c1/w2                            accepted
pay_wages c1 wages=w2:500.01 receipt=w-2         refused WAGES_EXCEEDED
pay_wages c1 wages=w2:500.00 receipt=w-2         accepted
then contract c1 wages_received=2500.00 wages_paid=2500.00
commit c2                                        accepted
register_worker c2/w1                            refused PURPOSE_WRONG
"""


def test_a_project_from_proposal_to_audit() -> None:
    town = Town().with_line()
    town.run(STAGES)


def test_wages_are_paid_first_and_through_to_each_worker() -> None:
    town = Town().with_line()
    town.run(WAGES)
    paid = town.ask("wages", contract="c1", limit=10)
    assert sorted(wage.amount_fen for wage in paid) == [50_000, 200_000]


def test_the_whole_estimate_holds_where_no_share_does() -> None:
    town = Town().with_line()
    town.run(
        f"""
        propose_project {PROJECT}                                     accepted
        advance_project {PROJECT} stage=feasible amount=1000.00       accepted
        advance_project {PROJECT} stage=designed amount=1000.00       accepted
        draft_line 2 project={PROJECT} amount=9000.00                 accepted
        approve_line 2                                                accepted
        issue_line 2                                                  accepted
        advance_project {PROJECT} stage=funded                        accepted
        commit c1 line=2 project={PROJECT} amount=1000.01 by=ledger   refused ESTIMATE_EXCEEDED
        commit c1 line=2 project={PROJECT} amount=1000.00 by=ledger   accepted
        adjust_commitment c1 amount=0.01 by=ledger                    refused ESTIMATE_EXCEEDED
        raise_estimate {PROJECT} feasibility=1000.00 estimate=1100.00 accepted
        adjust_commitment c1 amount=100.00 by=ledger                  accepted
        then project {PROJECT} contracted=1100.00
        """
    )


def test_an_auditor_is_neither_owner_nor_investor() -> None:
    town = Town()
    bureau = town.people["bureau.accountant"].office
    town.people["a"] = town.world.person("a", bureau, "auditor")
    town.people["h"] = town.world.person("h", bureau, "audit_head")
    town.with_goods().run(
        """
        request_payment c1/1                   accepted
        write_finding f1 auditor=bureau by=a,h refused PARTIES_NOT_INDEPENDENT
        """
    )
    town.run(f"propose_project {PROJECT} accepted")
    from tongjian.core.encoding import encode, replace
    from tongjian.services.treasury.records import PROJECTS

    row = town.world.row(PROJECTS, PROJECT)
    ready = encode(replace(row, stage="handed_over"))
    town.world._commit({PROJECTS.key(PROJECT): ready}, ())
    town.run(f"audit_project {PROJECT} auditor=bureau by=a,h refused PARTIES_NOT_INDEPENDENT")
