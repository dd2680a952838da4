"""`tongjian policy`: the matrix, and whether somebody could do an act and why not."""

import json
from pathlib import Path

from terminal import FIRM, TAX, answer, fails, ok, run

from tongjian.catalogue import load_registry
from tongjian.cli.failures import ExitCode

ACT = json.dumps(
    {
        "type": "invoice.set_taxpayer",
        "taxpayer": FIRM,
        "kind": "general",
        "grade": "A",
        "notice": "11" * 32,
    }
)


def tried(home: Path, *who: str, code: int = 0, act: str = ACT) -> dict[str, object]:
    hands = [part for one in who for part in ("--as", one)]
    found: dict[str, object] = answer("policy", "test", "--act", act, *hands, home=home, code=code)
    return found


def test_who_could_do_it_is_told_so_and_nothing_is_recorded(home: Path) -> None:
    found = tried(home, *TAX)
    assert found["could"] is True
    assert answer("status", home=home)["height"] == 0


def test_each_requirement_says_who_meets_it_and_why_the_others_do_not(home: Path) -> None:
    result = run("policy", "test", "--act", ACT, "--as", TAX[0], home=home)
    assert result.exit_code == ExitCode.UNAUTHORISED
    assert "✓ tax_officer of" in result.stdout
    assert "✗ tax_approver of" in result.stdout
    assert "holds tax_officer" in result.stdout
    assert "kernel/11 NOT_PERMITTED" in result.stdout


def test_a_refusal_of_the_rule_itself_is_told_too(home: Path) -> None:
    unknown = ACT.replace(FIRM, "91990106MA7K3D2129")
    found = tried(home, *TAX, code=ExitCode.UNAUTHORISED, act=unknown)
    assert found["refusal"] is not None


def test_a_key_is_enough_no_secret_is_asked_for(home: Path) -> None:
    keys = {row["holder"]: row["id"] for row in answer("keys", "list", home=home)}
    for file in (home / "keys").glob("tax-*.json"):
        file.unlink()
    assert tried(home, *(keys[holder] for holder in TAX))["could"] is True


def test_the_matrix_has_every_act_and_can_be_narrowed() -> None:
    every = answer("policy", "matrix")
    assert [row["act"] for row in every] == [one.tag for one in load_registry().operations()]
    (issue,) = [
        row for row in answer("policy", "matrix", "invoice") if row["act"] == "invoice.issue"
    ]
    assert issue["roles"] == ["issuer"]
    acts = answer("policy", "matrix", "--role", "governor")
    assert {row["act"].partition(".")[0] for row in acts} == {"membership"}
    assert "税务经办" in ok("policy", "matrix", "invoice").stdout


def test_a_service_that_is_none_is_told() -> None:
    assert "There is no service" in fails(ExitCode.NOT_FOUND, "policy", "matrix", "nothing")
