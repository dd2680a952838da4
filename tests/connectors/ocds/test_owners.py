"""Bidders of one process that are related are told, with what the regulation says of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from ocds_files import release

from tongjian.connectors.ocds import Json
from tongjian.connectors.ocds.owners import Owners

ONE, TWO, THREE = "91990100MA00000014", "91990100MA00000022", "91990106MA7K3D2102"


def statement(kind: str, record: str, **details: Any) -> Json:
    return {
        "statementId": f"s-{record}",
        "declarationSubject": record,
        "statementDate": "2026-05-04",
        "publicationDetails": {"bodsVersion": "0.4"},
        "recordId": record,
        "recordStatus": "new",
        "recordType": kind,
        "recordDetails": details,
    }


def body(code: str) -> Json:
    identifiers = [{"scheme": "CN-USCC", "id": code}]
    kind = {"type": "registeredEntity"}
    return statement("entity", f"rec-{code}", entityType=kind, identifiers=identifiers)


def head(code: str, person: str) -> Json:
    interests = [{"type": "seniorManagingOfficial"}]
    record, subject = f"{person}-{code}", f"rec-{code}"
    details = {"subject": subject, "interestedParty": person, "interests": interests}
    return statement("relationship", record, **details)


@pytest.fixture
def owners(tmp_path: Path) -> Owners:
    statements = [
        *map(body, (ONE, TWO, THREE)),
        statement("person", "p", personType="knownPerson", names=[{"fullName": "Wang Li"}]),
        head(ONE, "p"),
        head(TWO, "p"),
    ]
    path = tmp_path / "owners.json"
    path.write_text(json.dumps(statements))
    return Owners(path)


def tenderers(*codes: str, role: str = "tenderer") -> list[Json]:
    return [
        {"id": f"party-{code}", "roles": [role], "identifier": {"scheme": "CN-USCC", "id": code}}
        for code in codes
    ]


def test_two_bidders_with_one_head_are_told_and_the_person_is_not_named(owners: Owners) -> None:
    (remark,) = owners.remarks_on(release(parties=tenderers(ONE, TWO, THREE)))
    assert remark.rule == "PRO-I6"
    assert remark.fields["kind"] == "same_head"
    assert remark.fields["forbids"] is True
    assert remark.fields["tenderers"] == [f"party-{ONE}", f"party-{TWO}"]
    assert remark.fields["by"] == "p"
    assert "Wang" not in str(remark)
    assert "art. 18" in remark.text_en
    assert "第十八条" in remark.text_zh


def test_bodies_that_do_not_bid_against_each_other_are_not_told(owners: Owners) -> None:
    assert not list(owners.remarks_on(release(parties=tenderers(ONE, THREE))))
    buyer = tenderers(ONE, role="buyer") + tenderers(TWO)
    assert not list(owners.remarks_on(release(parties=buyer)))
    assert not list(owners.remarks_on(release(parties=[3, {"roles": "tenderer"}])))
