"""A transaction through several hands: draft, inspect, sign, decline, attach, submit."""

import json
from pathlib import Path

import pytest
from terminal import FIRM, TAX, answer, fails, ok, run

from tongjian.cli.failures import ExitCode

ACT = {
    "type": "invoice.set_taxpayer",
    "taxpayer": FIRM,
    "kind": "general",
    "grade": "A",
    "notice": "11" * 32,
}
OFFICER, APPROVER = TAX


def begin(home: Path, *more: object, act: object = ACT, signers: tuple[str, ...] = TAX) -> str:
    """Draft an act for its signers and return the file."""
    hands = [part for holder in signers for part in ("--as", holder)]
    drafted = answer("tx", "draft", "--act", json.dumps(act), *hands, *more, home=home)
    return str(drafted["file"])


def sign(home: Path, draft: str, holder: str) -> None:
    ok("tx", "sign", draft, "--as", holder, "--yes", home=home)


def change(draft: str, **fields: object) -> None:
    document = json.loads(Path(draft).read_text("utf-8"))
    Path(draft).write_text(json.dumps(document | fields), "utf-8")


def test_an_act_signed_on_two_desks_is_committed_and_leaves_the_tray(home: Path) -> None:
    draft = begin(home)
    sign(home, draft, OFFICER)
    sign(home, draft, APPROVER)
    submitted = answer("tx", "submit", draft, home=home)
    assert (submitted["status"], submitted["height"]) == ("committed", 1)
    assert answer("tx", "pending", home=home) == []
    assert answer("tx", submitted["transaction"], home=home)["acts"] == [ACT]


def test_an_act_command_can_begin_a_draft(home: Path) -> None:
    fields = [part for k, v in ACT.items() if k != "type" for part in (f"--{k}", v)]
    hands = [part for holder in TAX for part in ("--as", holder)]
    drafted = answer("invoice", "set-taxpayer", *fields, *hands, "--draft", home=home)
    assert drafted["acts"] == [ACT]
    (waiting,) = answer("tx", "pending", home=home)
    assert (waiting["signed"], waiting["acts"]) == ("0 of 2", "invoice.set_taxpayer")


def test_what_is_signed_is_said_in_chinese_and_english(home: Path) -> None:
    said = ok("tx", "inspect", begin(home), home=home).stdout
    assert "办理“登记纳税人”" in said
    assert "does “Register a taxpayer”" in said
    assert said.count(FIRM) >= 2
    assert "11" * 32 in said
    assert "it would be committed" in said


def test_a_draft_that_would_be_refused_says_so_before_anybody_signs(home: Path) -> None:
    draft = begin(home, signers=(OFFICER, OFFICER.replace("officer", "approver"))[:1])
    inspected = answer("tx", "inspect", draft, home=home)
    assert inspected["would_be"] == "refused"
    assert inspected["refusal"]["name"] == "NOT_PERMITTED"


def test_several_acts_stand_in_one_draft_and_are_one_transaction(home: Path) -> None:
    other = ACT | {"grade": "B"}
    hands = [part for holder in TAX for part in ("--as", holder)]
    acts = ("--act", json.dumps(ACT), "--act", json.dumps(other))
    draft = str(answer("tx", "draft", *acts, *hands, home=home)["file"])
    assert len(answer("tx", "inspect", draft, home=home)["sentences"]) == len((ACT, other))


def test_all_drafts_that_wait_for_a_key_are_signed_at_once(home: Path) -> None:
    drafts = [begin(home, act=ACT | {"grade": grade}) for grade in "ABC"]
    ok("tx", "sign", "--all", "--as", OFFICER, "--yes", home=home)
    ok("tx", "sign", "--all", "--as", APPROVER, "--yes", home=home)
    assert {row["signed"] for row in answer("tx", "pending", home=home)} == {"2 of 2"}
    for draft in drafts:
        answer("tx", "submit", draft, home=home)
    said = fails(ExitCode.NOT_FOUND, "tx", "sign", "--all", "--as", OFFICER, home=home)
    assert "nothing to sign" in said


def test_nothing_is_signed_without_a_yes(home: Path) -> None:
    draft = begin(home)
    assert run("tx", "sign", draft, "--as", OFFICER, home=home).exit_code != ExitCode.OK
    assert answer("tx", "inspect", draft, home=home)["signers"][0]["state"] == "has not signed"


def test_a_signature_made_elsewhere_is_attached(home: Path) -> None:
    here, there = begin(home), None
    sign(home, here, OFFICER)
    (one,) = json.loads(Path(here).read_text("utf-8"))["signed"]
    change(here, signed=[])
    there = here
    ok("tx", "attach", there, "--key", one["key"], "--signature", one["signature"], home=home)
    assert answer("tx", "inspect", there, home=home)["signers"][0]["state"] == "signed"


# -- what must fail -------------------------------------------------------------------------------


def test_the_checker_cannot_sign_before_the_handler(home: Path) -> None:
    said = fails(ExitCode.CONFLICT, "tx", "sign", begin(home), "--as", APPROVER, "--yes", home=home)
    assert "it is the turn of key" in said


def test_nobody_signs_twice(home: Path) -> None:
    draft = begin(home)
    sign(home, draft, OFFICER)
    said = fails(ExitCode.CONFLICT, "tx", "sign", draft, "--as", OFFICER, "--yes", home=home)
    assert "has signed it already" in said


def test_a_key_that_is_no_signer_cannot_sign(home: Path) -> None:
    arguments = ("tx", "sign", begin(home), "--as", "haiming-issuer", "--yes")
    assert "none of its signers" in fails(ExitCode.CONFLICT, *arguments, home=home)


def test_an_incomplete_draft_cannot_be_submitted(home: Path) -> None:
    draft = begin(home)
    sign(home, draft, OFFICER)
    assert "has not signed yet" in fails(ExitCode.CONFLICT, "tx", "submit", draft, home=home)


def test_who_declines_says_why_and_closes_the_draft(home: Path) -> None:
    draft = begin(home)
    sign(home, draft, OFFICER)
    ok("tx", "decline", draft, "--as", APPROVER, "--reason", "等级依据不足", home=home)
    for step in (("sign", draft, "--as", APPROVER, "--yes"), ("submit", draft)):
        assert "等级依据不足" in fails(ExitCode.CONFLICT, "tx", *step, home=home)
    (row,) = answer("tx", "pending", home=home)
    assert row["waits_for"] == "nobody: declined"


def test_who_has_signed_cannot_decline_afterwards(home: Path) -> None:
    draft = begin(home)
    sign(home, draft, OFFICER)
    arguments = ("tx", "decline", draft, "--as", OFFICER, "--reason", "second thoughts")
    assert "has signed" in fails(ExitCode.CONFLICT, *arguments, home=home)


def test_after_the_deadline_nobody_signs(home: Path) -> None:
    draft = begin(home, "--deadline", "2020-01-01")
    said = fails(ExitCode.CONFLICT, "tx", "sign", draft, "--as", OFFICER, "--yes", home=home)
    assert "deadline has passed" in said


def test_a_changed_act_invalidates_the_signatures_before_it(home: Path) -> None:
    draft, other = begin(home), begin(home, act=ACT | {"grade": "B"})
    sign(home, draft, OFFICER)
    body = json.loads(Path(other).read_text("utf-8"))["body"]
    change(draft, body=body)
    said = fails(ExitCode.VERIFICATION_FAILED, "tx", "inspect", draft, home=home)
    assert "does not hold" in said


@pytest.mark.parametrize(
    "fields",
    [
        {"format": "tongjian-draft/2"},
        {"body": "zz"},
        {"body": "00"},
        {"signed": [{"key": "00" * 16, "signature": "00" * 64}]},
        {"deadline_ms": -1},
        {"more": 1},
        {"declined": {"key": "00" * 16, "reason": "no", "signature": "00" * 64}},
    ],
)
def test_a_damaged_draft_is_told_and_kept(home: Path, fields: dict[str, object]) -> None:
    draft = begin(home)
    change(draft, **fields)
    result = run("tx", "submit", draft, home=home)
    assert result.exit_code in {ExitCode.VERIFICATION_FAILED, ExitCode.CONFLICT}
    assert "next:" in result.stderr
    assert Path(draft).exists()
    assert len(answer("tx", "pending", home=home)) == 1


def test_rubbish_is_no_draft(home: Path, tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"\xff\xfe", b"[" * 100_000, b"{}", b"x" * 10**6)):
        path = tmp_path / f"{number}.json"
        path.write_bytes(data)
        fails(ExitCode.VERIFICATION_FAILED, "tx", "inspect", path, home=home)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        ({}, "invoice.issue"),
        ({"type": "invoice.nothing"}, "there is no act"),
        (ACT | {"kind": "royal"}, "none of"),
        (ACT | {"extra": 1}, "There is no 'extra'"),
        ([1], "JSON object"),
    ],
)
def test_an_act_that_is_none_is_told(home: Path, act: object, why: str) -> None:
    arguments = ("tx", "draft", "--act", json.dumps(act), "--as", OFFICER)
    assert why in fails(ExitCode.USAGE, *arguments, home=home)


def test_a_draft_for_another_ledger_is_refused(home: Path, tmp_path: Path) -> None:
    draft = begin(home)
    plan = tmp_path / "plan.toml"
    plan.write_text(ok("init", "--example").stdout.replace("海", "河"), "utf-8")
    other = tmp_path / "other"
    ok("init", other, "--plan", plan)
    said = fails(ExitCode.VERIFICATION_FAILED, "tx", "inspect", draft, home=other)
    assert "another ledger" in said
