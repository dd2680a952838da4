"""Projects of the ledger as OC4IDS: whole, valid by the standard's own schema and codelists."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ocds_files import ORACLES
from treasury_acts import PROJECT, USCC
from treasury_source import TownSource
from treasury_town import Town

from tongjian.connectors.exporting import Refused, faces
from tongjian.connectors.oc4ids.exporter import exporter

SHARED = Path(__file__).parents[4] / "shared/data/spending"
SCHEMA = SHARED / "oc4ids-schema"
WISHES = {option.name: option.default for option in exporter.options}
# Validates each package named with the schema of projects, offline, and the codelists it names.
CHECKER = """
import csv, json, sys
from pathlib import Path
from jsonschema import Draft4Validator, FormatChecker
folder = Path(sys.argv[1])
schema = json.loads((folder / "project-schema.json").read_text("utf-8"))
package = json.loads((folder / "project-package-schema.json").read_text("utf-8"))
package["properties"]["projects"]["items"] = schema
package["definitions"] = {**package.get("definitions", {}), **schema["definitions"]}
found = []
for path in sys.argv[2:]:
    data = json.loads(Path(path).read_text("utf-8"))
    checker = Draft4Validator(package, format_checker=FormatChecker())
    found += [f"{list(e.absolute_path)}: {e.message[:200]}" for e in checker.iter_errors(data)]
print(json.dumps(found))
"""
BRIDGE = f"""
propose_project {PROJECT}                                          accepted
advance_project {PROJECT} stage=feasible amount=28000000.00        accepted
advance_project {PROJECT} stage=designed amount=30000000.00        accepted
set_milestone {PROJECT}/first_span due_on=20270331                 accepted
set_milestone {PROJECT}/survey due_on=20261101                     accepted
draft_line 1 project={PROJECT} amount=30000000.00                  accepted
approve_line 1                                                     accepted
issue_line 1                                                       accepted
grant_quota 1 amount=10000000.00                                   accepted
advance_project {PROJECT} stage=funded                             accepted
advance_project {PROJECT} stage=started                            accepted
commit bridge project={PROJECT} kind=works amount=6200000.00 by=ledger  accepted
commit study project={PROJECT} kind=services amount=5000.00 payee=beta  accepted
certify_progress bridge value=6200000.00                           accepted
invoice 1 amount=6200000.00                                        accepted
request_payment bridge/1 purpose=wages amount=1550000.00           accepted
check_payment 1/1                                                  accepted
approve_payment 1/1                                                accepted
order_payment 1/1                                                  accepted
confirm_paid 1/1 account=wages amount=1550000.00                   accepted
adjust_commitment bridge amount=100000.00 by=ledger                accepted
meet_milestone {PROJECT}/first_span                                accepted
advance_project {PROJECT} stage=completed                          accepted
"""


def bridge() -> TownSource:
    town = Town()
    source = TownSource(town)
    town.with_accounts().run(BRIDGE)
    return source


def exported(source: TownSource, **wishes: str) -> Any:
    out = io.BytesIO()
    counts = exporter.export(source, out, {**WISHES, **wishes})
    return counts, (json.loads(out.getvalue()) if out.getvalue() else None)


def test_a_project_is_told_with_budget_contracts_changes_milestones_and_payments() -> None:
    counts, package = exported(bridge())
    assert counts == {"projects": 1}
    (project,) = package["projects"]
    assert project["id"] == f"oc4ids-000000-{PROJECT}"
    assert project["status"] == "completion"
    assert project["budget"]["amount"] == {"amount": 30_000_000, "currency": "CNY"}
    (group,) = project["budget"]["budgetBreakdowns"]
    assert group["budgetBreakdown"][0]["sourceParty"] == {"id": USCC["finance"]}
    assert [each["status"] for each in project["milestones"]] == ["met", "notMet"]
    works, study = project["contractingProcesses"]
    assert works["summary"]["contractValue"]["amount"] == 6_200_000
    (change,) = works["summary"]["modifications"]
    assert change["newContractValue"]["amount"] == 6_300_000
    (payment,) = works["summary"]["transactions"]
    assert payment["value"] == {"amount": 1_550_000, "currency": "CNY"}
    assert payment["payee"] == {"id": USCC["alpha"]}
    assert "transactions" not in study["summary"]
    roles = {party["id"]: party["roles"] for party in project["parties"]}
    assert roles[USCC["super"]] == ["independentMonitor"]
    assert roles[USCC["bureau"]] == ["publicAuthority", "buyer"]


def test_every_body_that_is_referred_to_is_a_party() -> None:
    _, package = exported(bridge())
    (project,) = package["projects"]
    parties = {party["id"] for party in project["parties"]}
    references = set(_references(project)) - parties
    assert references == set()


def _references(value: Any) -> Any:
    if isinstance(value, dict):
        for name in ("payer", "payee", "sourceParty", "publicAuthority"):
            if name in value:
                yield value[name]["id"]
        for supplier in value.get("suppliers", ()):
            yield supplier["id"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def test_small_payments_are_left_out_by_the_threshold() -> None:
    _, package = exported(bridge(), least="1550000.01")
    works = package["projects"][0]["contractingProcesses"][0]["summary"]
    assert "transactions" not in works


def test_a_ledger_without_projects_writes_nothing() -> None:
    town = Town()
    source = TownSource(town)
    assert exported(source) == ({"projects": 0}, None)


@pytest.mark.parametrize(("wish", "value"), [("prefix", "ocds-000000"), ("least", "1e3")])
def test_a_wish_that_cannot_be_is_refused(wish: str, value: str) -> None:
    with pytest.raises(Refused):
        exported(bridge(), **{wish: value})


def test_the_verb_is_found() -> None:
    (face,) = [face for face in faces() if face.service == "treasury"]
    assert (face.kind, face.name) == ("export", "export")
    assert face.load() is exporter


@pytest.mark.skipif(not SCHEMA.is_dir(), reason="the schema of ../shared is not on this machine")
def test_the_standard_s_own_schema_finds_no_error(tmp_path: Path) -> None:
    python = ORACLES / "python"
    if not python.is_file():
        pytest.skip("needs jsonschema, an oracle in an environment of its own: make venv")
    _, package = exported(bridge(), license="https://example.org/licence")
    ours, wrong = tmp_path / "ours.json", tmp_path / "wrong.json"
    ours.write_text(json.dumps(package), "utf-8")
    package["projects"][0]["status"] = "soon"
    wrong.write_text(json.dumps(package), "utf-8")

    def errors(path: Path) -> list[str]:
        told = subprocess.run(
            [python, "-c", CHECKER, SCHEMA, path], capture_output=True, check=True, timeout=100
        )
        answer: list[str] = json.loads(told.stdout)
        return answer

    assert errors(ours) == []
    assert len(errors(wrong)) == 1


@pytest.mark.skipif(not SCHEMA.is_dir(), reason="the schema of ../shared is not on this machine")
def test_every_code_is_in_its_codelist() -> None:
    import csv

    def codes(name: str) -> set[str]:
        with (SCHEMA / "codelists" / f"{name}.csv").open(encoding="utf-8") as file:
            return {row["Code"] for row in csv.DictReader(file)}

    _, package = exported(bridge())
    (project,) = package["projects"]
    assert project["status"] in codes("projectStatus")
    assert {role for p in project["parties"] for role in p["roles"]} <= codes("partyRole")
    assert {m["status"] for m in project["milestones"]} <= codes("milestoneStatus")
    assert {m["type"] for m in project["milestones"]} <= codes("milestoneType")
    for process in project["contractingProcesses"]:
        summary = process["summary"]
        assert summary["status"] in codes("contractingProcessStatus")
        assert set(summary.get("nature", ())) <= codes("contractNature")
        changes = summary.get("modifications", ())
        assert {change["type"] for change in changes} <= codes("modificationType")
