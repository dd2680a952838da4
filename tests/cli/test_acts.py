"""Acts and questions from the command line: what comes of them, and how wrong input is told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import FIRM, OTHER_FIRM, TAX, answer, fails, ok, register, run

from tongjian.catalogue import load_registry
from tongjian.cli.failures import ExitCode
from tongjian.cli.fields import fields_of
from tongjian.cli.generated import dashed
from tongjian.core.permission import Clock

COMMANDS = sorted(tag for tag, one in load_registry().tags.items() if not isinstance(one.by, Clock))
SIGNED = [part for holder in TAX for part in ("--as", holder)]
SET = ("invoice", "set-taxpayer")
FIELDS = ("--taxpayer", FIRM, "--kind", "general", "--grade", "A", "--notice", "11" * 32)
SUBTOTAL = {"rate_ppm": 130_000, "lines": 1, "net_fen": 100_000, "tax_fen": 13_000}


def issue(home: Path, *changes: str, number: str = "26990000000012345678") -> list[str]:
    base = {
        "--number": number,
        "--seller": FIRM,
        "--kind": "special",
        "--business": "general",
        "--buyer": "22" * 32,
        "--lines": "33" * 32,
        "--subtotals": json.dumps(SUBTOTAL),
        "--total-fen": "113000",
        "--tax-fen": "13000",
        "--event-ms": "now",
        "--late-reason": "none",
        "--as": "haiming-issuer",
    }
    base.update(zip(changes[::2], changes[1::2], strict=True))
    del home
    return ["invoice", "issue", *(part for pair in base.items() for part in pair)]


def test_an_act_signed_by_two_is_committed_and_its_event_told(home: Path) -> None:
    said = ok(*SET, *FIELDS, *SIGNED, home=home)
    assert said.stdout.startswith("committed at height 1")
    assert "invoice.taxpayer_set" in said.stdout
    assert "next: tongjian tx " in said.stderr


def test_an_act_as_json_has_status_height_transaction_and_events(home: Path) -> None:
    said = register(home)
    assert (said["status"], said["height"], said["refusal"]) == ("committed", 1, None)
    assert said["events"][0] == {
        "type": "invoice.taxpayer_set",
        "taxpayer": FIRM,
        "kind": "general",
        "grade": "A",
    }
    assert answer("tx", said["transaction"], home=home)["height"] == 1


def test_a_dry_run_says_the_same_and_records_nothing(home: Path) -> None:
    said = answer(*SET, *FIELDS, *SIGNED, "--dry-run", home=home)
    assert (said["status"], said["dry_run"], said["transaction"]) == ("committed", True, None)
    assert said["events"][0]["taxpayer"] == FIRM
    refused = answer(*SET, *FIELDS, "--as", TAX[0], "--dry-run", home=home, code=5)
    assert refused["refusal"]["name"] == "NOT_PERMITTED"
    assert answer("status", home=home)["height"] == 0


def test_a_signer_without_the_role_is_refused_on_the_ledger_with_who_may(home: Path) -> None:
    result = run(*SET, *FIELDS, "--as", "haiming-issuer", home=home)
    assert result.exit_code == ExitCode.UNAUTHORISED
    assert "kernel/11 NOT_PERMITTED" in result.stdout
    assert "tax_officer" in result.stdout
    assert "签名人不具备" in result.stdout
    assert "tongjian keys list" in result.stderr
    assert answer("status", home=home)["height"] == 1


def test_a_refusal_of_the_rule_has_number_law_and_both_languages(used: Path) -> None:
    said = answer(*issue(used), home=used, code=ExitCode.CONFLICT)
    assert said["refusal"]["name"] == "LIMIT_EXCEEDED"
    assert said["refusal"]["number"] == 48
    assert said["refusal"]["en"]
    assert "Invoice Measures" in said["law"]


def test_records_are_given_as_json_or_from_a_file(used: Path, tmp_path: Path) -> None:
    limit = ("--taxpayer", FIRM, "--limit-fen", "10000000", "--reason", "first")
    ok("invoice", "set-limit", *limit, "--notice", "11" * 32, *SIGNED, home=used)
    file = tmp_path / "subtotals.json"
    file.write_text(json.dumps([SUBTOTAL]))
    ok(*issue(used, "--subtotals", f"@{file}"), home=used)
    ok(*issue(used, "--number", "26990000000012345679"), home=used)
    asked = ("--number", "26990000000012345679")
    row = answer("invoice", "invoice", *asked, home=used)["answer"]
    assert row["subtotals"] == [SUBTOTAL]


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("--number", "123", "year 2, province 2"),
        ("--seller", "nobody", "Unified social credit code"),
        ("--kind", "secret", "none of ordinary, special"),
        ("--business", "theft", "none of"),
        ("--buyer", "xyz", "bytes in hexadecimal"),
        ("--buyer", "22", "32"),
        ("--total-fen", "1130.00", "whole number"),
        ("--total-fen", "-1", "whole number"),
        ("--total-fen", "0", ">= 1"),
        ("--total-fen", "9" * 30, "total-fen"),
        ("--total-fen", "１２", "whole number"),
        ("--event-ms", "yesterday", "moment such as"),
        ("--event-ms", "2026-13-01", "moment such as"),
        ("--subtotals", "[", "no JSON"),
        ("--subtotals", "7", "JSON object"),
        ("--subtotals", "{}", "missing"),
        ("--subtotals", json.dumps({**SUBTOTAL, "vat": 1}), "There is no 'vat'"),
        ("--subtotals", json.dumps({**SUBTOTAL, "net_fen": "much"}), "net_fen"),
        ("--subtotals", json.dumps({**SUBTOTAL, "net_fen": 0}), ">= 1"),
        ("--subtotals", "@/no/such/file", "No such file"),
    ],
)
def test_a_wrong_value_is_told_with_its_option_and_nothing_is_recorded(
    used_home: Path, option: str, text: str, told: str
) -> None:
    said = fails(ExitCode.USAGE, *issue(used_home, option, text), home=used_home)
    assert option in said
    assert told in said
    assert "tongjian invoice issue --help" in said
    assert answer("status", home=used_home)["height"] == 2


def test_a_holder_without_a_key_is_told_where_keys_stand(used_home: Path) -> None:
    said = fails(ExitCode.UNAUTHORISED, *SET, *FIELDS, "--as", "mayor", home=used_home)
    assert "mayor.json" in said


def test_a_key_file_that_others_can_read_is_not_used(used: Path) -> None:
    (used / "keys" / "tax-officer.json").chmod(0o644)
    assert "chmod 600" in fails(ExitCode.UNAUTHORISED, *SET, *FIELDS, *SIGNED, home=used)


def test_a_holder_cannot_sign_twice(used_home: Path) -> None:
    twice = ("--as", "tax-officer", "--as", "tax-officer")
    assert "named twice" in fails(ExitCode.USAGE, *SET, *FIELDS, *twice, home=used_home)


def test_a_ledger_in_use_is_left_alone(used: Path) -> None:
    hold = (
        "import sys; from pathlib import Path; from tongjian.node.home import Home\n"
        "with Home(Path(sys.argv[1])).open(writable=True):\n"
        "    print('open', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(used)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        said = fails(ExitCode.UNAVAILABLE, *SET, *FIELDS, *SIGNED, home=used)
        assert str(other.pid) in said
        assert str(other.pid) in answer("status", home=used)["writer"]
        assert answer(*SET, *FIELDS, *SIGNED, "--dry-run", home=used)["dry_run"]
        other.communicate("")


def test_a_question_is_answered_as_of_the_tip(used_home: Path) -> None:
    said = answer("invoice", "taxpayer", "--uscc", FIRM, home=used_home)
    assert said["height"] == 2
    assert said["answer"]["status"] == "normal"
    shown = ok("invoice", "taxpayer", "--uscc", FIRM, home=used_home)
    assert "limit_fen   0.00 (0 fen)" in shown.stdout


def test_a_question_that_finds_nothing_says_why(used_home: Path) -> None:
    said = fails(3, "invoice", "taxpayer", "--uscc", "919901007100011120", home=used_home)
    assert "not registered this taxpayer" in said


def test_a_question_with_many_answers_lists_them(used_home: Path) -> None:
    asked = ("membership", "members", "--code-prefix", "9199", "--limit", "10")
    found = answer(*asked, home=used_home)["answer"]
    assert [member["office"] for member in found] == [FIRM, OTHER_FIRM]
    assert "2 found" in ok(*asked, home=used_home).stderr


def test_a_commitment_opens_with_its_salt(used_home: Path, tmp_path: Path) -> None:
    (tmp_path / "notice").write_bytes(b"notice")
    made = answer("commitment", "notice", home=used_home)
    again = answer("commitment", f"@{tmp_path / 'notice'}", "--salt", made["salt"], home=used_home)
    other = answer("commitment", "notice", home=used_home)
    assert again["commitment"] == made["commitment"]
    assert other["commitment"] != made["commitment"]
    assert "32 bytes" in fails(2, "commitment", "notice", "--salt", "00", home=used_home)


@pytest.mark.parametrize("text", ["", "-", "--", "\x00", "💥", "[" * 5000, "9" * 5000, "@", "null"])
@pytest.mark.parametrize("tag", COMMANDS)
def test_whatever_is_typed_into_any_act_is_told_not_a_defect(
    used_home: Path, tag: str, text: str
) -> None:
    operation = load_registry().tags[tag]
    options = (f"{field.flag}={text}" for field in fields_of(operation.act))
    result = run(
        operation.service,
        dashed(operation.name),
        *options,
        "--as=tax-officer",
        "--dry-run",
        home=used_home,
    )
    assert result.exit_code in (ExitCode.USAGE, ExitCode.UNAUTHORISED, ExitCode.CONFLICT)
    assert "defect" not in result.stderr
    assert "Traceback" not in result.stderr
