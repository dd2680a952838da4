"""Each refusal of budget and income, in order of precedence, as lines that an official can read.

`tests/support/treasury_town.py` says what a line means. Every line that stands alone is a golden
vector under `vectors/`.
"""

import pytest
from treasury_acts import CAUSED, DEFAULTS, PROJECT, SUBJECTS, USUAL
from treasury_town import Town

DRAFT = f"""
draft_line 1                                        accepted
draft_line 1                                        refused LINE_EXISTS
draft_line 2025-990100-000002                       refused LINE_WRONG_YEAR
draft_line 2028-990100-000002                       refused LINE_WRONG_YEAR
draft_line 2026-990106-000002                       refused LINE_WRONG_REGION
draft_line 2 project={PROJECT}                      refused PROJECT_UNKNOWN
propose_project {PROJECT}                           accepted
draft_line 2 project={PROJECT} unit=school          refused PROJECT_OF_ANOTHER
draft_line 2 source=transfer                        refused TRANSFER_UNKNOWN
draft_line 2 transfer=t1                            refused TRANSFER_UNKNOWN
draft_line 2 source=transfer transfer=t1            refused TRANSFER_UNKNOWN
draft_line 2 project={PROJECT}                      accepted
draft_line 2027-990100-000001                       accepted
then line 1 approved=0.00 proposed=1000000.00 status=draft
"""

APPROVE = """
draft_line 1                                                             accepted
approve_line 1 by=finance.budget_officer,council.congress_approver       refused APPROVER_ELSEWHERE
issue_line 1                                                             refused LINE_NOT_APPROVED
approve_line 1                                                           accepted
approve_line 1                                                           refused LINE_NOT_DRAFT
adjust_line 1                                                            refused LINE_NOT_ISSUED
issue_line 1                                                             accepted
issue_line 1                                                             refused LINE_NOT_APPROVED
then line 1 approved=1000000.00 status=issued resolution=resolution
"""

ADJUST = """
draft_line 1 amount=1000.00      accepted
approve_line 1                   accepted
issue_line 1                     accepted
adjust_line 1 by=finance.budget_officer,council.congress_approver  refused APPROVER_ELSEWHERE
adjust_line 1 change=cut amount=1000.01  refused LINE_EXCEEDED
adjust_line 1 change=cut amount=400.00   accepted
adjust_line 1 change=add amount=150.00   accepted
then line 1 approved=1000.00 cut=400.00 added=150.00
freeze_line 1 frozen=750.01      refused LINE_EXCEEDED
freeze_line 1 frozen=750.00      accepted
adjust_line 1 change=cut amount=0.01  refused LINE_EXCEEDED
commit c1 amount=0.01            refused LINE_EXCEEDED
freeze_line 1 frozen=50.00       accepted
commit c1 amount=700.00          accepted
freeze_line 1 frozen=50.01       refused LINE_EXCEEDED
freeze_line 1                    accepted
grant_quota 1 amount=750.01      refused LINE_EXCEEDED
grant_quota 1 amount=750.00      accepted
"""

MOVE = """
draft_line 1 amount=1000.00      accepted
approve_line 1                   accepted
move_funds 1                     refused NOT_PERMITTED
draft_line 2 functional=2120501  accepted
move_funds 1                     refused LINE_NOT_ISSUED
issue_line 1                     accepted
move_funds 1                     refused LINE_NOT_ISSUED
approve_line 2                   accepted
issue_line 2                     accepted
move_funds 1 to_line=1           refused SAME_LINE
move_funds 1 amount=1000.01      refused LINE_EXCEEDED
move_funds 1 amount=1000.00      accepted
then line 1 cut=1000.00
then line 2 added=1000.00
draft_line 3 functional=2130101  accepted
approve_line 3                   accepted
issue_line 3                     accepted
move_funds 2 to_line=3           refused MOVE_NEEDS_CONGRESS
draft_line 4 source=bond         accepted
approve_line 4                   accepted
issue_line 4                     accepted
move_funds 2 to_line=4           refused MOVE_NEEDS_CONGRESS
"""

CLOSE = """
close_line 1 outcome=carried          refused YEAR_NOT_OVER
commit c1 amount=1000.00              accepted
wait 60d
adjust_line 1                         refused YEAR_OVER
commit c2 amount=10.00                refused YEAR_OVER
request_payment c1/1                  refused YEAR_OVER
close_line 1 outcome=closed           refused LINE_HAS_COMMITMENTS
close_line 1 outcome=carried          accepted
then line 1 status=carried cut=999000.00
close_line 1 outcome=carried          refused LINE_NOT_ISSUED
commit c2 amount=10.00                refused LINE_NOT_ISSUED
close_line 1 outcome=closed           refused LINE_HAS_COMMITMENTS
accept_delivery c1 value=1000.00      accepted
invoice 27990000000000000001 amount=1000.00 accepted
request_payment c1/1 invoices=27990000000000000001:1000.00 accepted
check_payment 1/1                     accepted
order_payment 1/1                     accepted
confirm_paid 1/1                      accepted
close_line 1 outcome=closed           accepted
close_line 1 outcome=closed           refused LINE_NOT_ISSUED
then line 1 status=closed paid=1000.00
"""

REVENUE = """
bill_revenue b1                             accepted
bill_revenue b1                             refused BILL_EXISTS
receive_revenue b1 account=zero             refused ACCOUNT_WRONG
receive_revenue b2                          refused BILL_UNKNOWN
receive_revenue b1 amount=199.99            refused AMOUNT_DIFFERS
receive_revenue b1                          accepted
receive_revenue b1                          refused BILL_PAID
bill_revenue b2                             accepted
receive_revenue b2                          refused RECEIPT_USED
receive_revenue b2 receipt=rr2              accepted
then bill b1 account=single receipt=rr
close_account single                        accepted
bill_revenue b3                             accepted
receive_revenue b3 receipt=rr3              refused ACCOUNT_CLOSED
"""

D1, D2 = "2026-990106-000001", "2026-990106-000002"
"""Lines of the district below."""
BY = "by=district.budget_officer,council.congress_approver"
DOWN = "finance=district by=district.budget_officer source=transfer transfer=t1"
TRANSFERS = f"""
send_transfer t1 receiver=finance           refused PARTIES_NOT_INDEPENDENT
send_transfer t1 amount=1000000.01          refused LINE_EXCEEDED
send_transfer t1                            accepted
send_transfer t1                            refused TRANSFER_EXISTS
then line 1 cut=1000.00
draft_line {D1} {DOWN}  refused TRANSFER_UNKNOWN
receive_transfer t1 amount=999.99           refused AMOUNT_DIFFERS
receive_transfer t1                         accepted
receive_transfer t1                         refused TRANSFER_RECEIVED
draft_line {D1} {DOWN} amount=600.00  accepted
draft_line {D2} {DOWN} amount=400.01  accepted
approve_line {D1} {BY}  accepted
approve_line {D2} {BY}  refused TRANSFER_EXCEEDED
then transfer t1 budgeted=600.00
issue_line {D1} by=district.budget_officer,district.budget_approver  accepted
"""

NEXT = "2027-990100-000001"
OUT_OF_YEAR = f"""
draft_line {NEXT}                              accepted
freeze_line {NEXT}                             refused LINE_NOT_ISSUED
grant_quota {NEXT}                             refused LINE_NOT_ISSUED
send_transfer t1 line={NEXT}                   refused LINE_NOT_ISSUED
approve_line {NEXT}                            accepted
issue_line {NEXT}                              accepted
adjust_line {NEXT}                             refused LINE_WRONG_YEAR
move_funds {NEXT} to_line=1                    refused LINE_WRONG_YEAR
freeze_line {NEXT}                             refused LINE_WRONG_YEAR
grant_quota {NEXT}                             refused LINE_WRONG_YEAR
send_transfer t1 line={NEXT}                   refused LINE_WRONG_YEAR
wait 60d
move_funds 1 to_line={NEXT}                    refused YEAR_OVER
freeze_line 1                                  refused YEAR_OVER
grant_quota 1                                  refused YEAR_OVER
send_transfer t1                               refused YEAR_OVER
adjust_line {NEXT}                             accepted
"""


@pytest.mark.parametrize("table", [DRAFT, APPROVE, ADJUST, MOVE], ids=lambda t: t.split()[0])
def test_lines_of_the_budget(table: str) -> None:
    Town().run(table)


@pytest.mark.parametrize(
    "table", [CLOSE, REVENUE, TRANSFERS, OUT_OF_YEAR], ids=lambda t: t.split()[0]
)
def test_year_end_revenue_and_transfers(table: str) -> None:
    Town().with_line().run(table)


def test_a_transfer_that_does_not_arrive_in_time_is_announced() -> None:
    town = Town().with_line()
    town.run("send_transfer t1 accepted")
    town.run("send_transfer t2 accepted")
    town.world.wait(29 * 86_400_000)
    town.run("receive_transfer t2 accepted")
    before = len(town.world.events)
    town.run("wait 1d")
    late = town.world.events[before:]
    assert [event.transfer for event in late] == ["t1"]  # type: ignore[attr-defined]
    town.run(
        """
        note_transfer_late t9   refused TRANSFER_UNKNOWN
        note_transfer_late t1   accepted
        """
    )


SUBJECT = {
    **dict.fromkeys(("line", "payment", "acceptance", "change"), "1"),
    "day": "20261119",
    "contract": "c1",
    "project": PROJECT,
    "share": "bridge",
    "milestone": "opening",
    "worker": "w1",
    "account": "zero",
}


@pytest.mark.parametrize("verb", sorted(USUAL))
def test_nobody_else_may(verb: str) -> None:
    """An act signed by an officer of a body that it does not concern is refused."""
    town = Town()
    fields = SUBJECTS.get(verb, ("number",))
    subject = "/".join(SUBJECT.get(field, "x1") for field in fields)
    if verb in {"draft_line", "approve_line", "issue_line", "adjust_line", "move_funds"} | {
        *("freeze_line", "grant_quota", "close_line")
    }:
        subject = "1"
    if "project" in verb or verb == "raise_estimate":
        subject = PROJECT
    town.run(f"{verb} {subject} by=rival.bank_officer,tax.tax_officer refused NOT_PERMITTED")


@pytest.mark.parametrize("verb", sorted(CAUSED))
def test_nobody_signs_what_only_the_ledger_does(verb: str) -> None:
    town = Town()
    fields = SUBJECTS.get(verb, ("number",))
    given = {"target": "payee", "ref": "alpha", **SUBJECT}
    subject = "/".join(given.get(field, "x1") for field in fields)
    assert verb not in DEFAULTS or DEFAULTS[verb]
    town.run(f"{verb} {subject} by=bank.bank_officer,pbc.state_treasury refused NOT_PERMITTED")
