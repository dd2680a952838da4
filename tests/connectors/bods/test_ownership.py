"""Ownership statements: read as published, and who is behind whom."""

import io
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocds_files import OWNERS, needs_samples

from tongjian.connectors.bods import (
    Ownership,
    Share,
    behind,
    declaration_of,
    read_ownership,
    relations,
)
from tongjian.connectors.bods.behind import STEPS_MAX
from tongjian.connectors.strictjson import Json, encode

HALF = Fraction(1, 2)
SHAREHOLDING = {"type": "shareholding"}


def published(name: str) -> Ownership:
    with (Path(OWNERS) / name).open("rb") as source:
        return read_ownership(source)


def read(*statements: Json) -> Ownership:
    return read_ownership(io.BytesIO(encode(list(statements))))


def statement(kind: str, record: str, details: Json, **fields: Any) -> Json:
    return {
        "statementId": f"statement-of-{record}",
        "declarationSubject": record,
        "statementDate": "2026-05-04",
        "publicationDetails": {"bodsVersion": "0.4"},
        "recordId": record,
        "recordStatus": "new",
        "recordType": kind,
        "recordDetails": {"isComponent": False, **details},
        **fields,
    }


def body(record: str, code: str = "") -> Json:
    identifiers = [{"scheme": "CN-USCC", "id": code}] if code else []
    details = {"entityType": {"type": "registeredEntity"}, "identifiers": identifiers}
    return statement("entity", record, details)


def person(record: str) -> Json:
    return statement("person", record, {"personType": "knownPerson"})


def link(subject: str, party: Any, share: Any = None, kind: str = "shareholding") -> Json:
    interest = {"type": kind} | ({} if share is None else {"share": share})
    details = {"subject": subject, "interestedParty": party, "interests": [interest]}
    return statement("relationship", f"{party}-in-{subject}-{kind}", details)


def test_direct_ownership_reaches_the_person_in_one_hop() -> None:
    found = behind(read(body("a"), person("p"), link("a", "p", {"exact": 75})), "a")
    (interest,) = found.persons
    assert (interest.person, interest.hops) == ("p", 1)
    assert interest.share == Share(Fraction(3, 4), Fraction(3, 4))
    assert found.is_complete


@needs_samples
def test_the_published_direct_case() -> None:
    ownership = published("core/01-direct-ownership.json")
    assert not ownership.findings
    assert (len(ownership.entities), len(ownership.persons)) == (1, 1)
    (relationship,) = ownership.links
    assert [kind for kind, _, _ in relationship.interests] == ["shareholding", "votingRights"]
    assert all(declared for _, _, declared in relationship.interests)
    (interest,) = behind(ownership, "rec-acme-holdings-ltd").persons
    assert interest.person == "rec-jane-smith-1975"
    assert interest.hops == 1
    assert interest.is_declared
    # Shares of different rights are not added up.
    assert interest.share.least == interest.share.most == Fraction(3, 4)


@needs_samples
@pytest.mark.parametrize("entity", ["rec-alpha-corp", "rec-beta-corp"])
def test_the_published_circle_ends_and_is_told(entity: str) -> None:
    ownership = published("edge-cases/10-circular-ownership.json")
    assert len(ownership.links) == 2
    found = behind(ownership, entity)
    assert found.persons == ()
    assert found.circles == (("rec-alpha-corp", "rec-beta-corp"),)
    assert found.is_complete


@needs_samples
def test_the_published_unnamed_owner_is_told_with_its_reason() -> None:
    ownership = published("edge-cases/11-anonymous-person.json")
    assert not ownership.persons
    found = behind(ownership, "rec-opaque-holdings-sa")
    reason = "subjectUnableToConfirmOrIdentifyBeneficialOwner"
    assert found.unspecified == (("rec-opaque-holdings-sa", reason),)
    assert ownership.links[0].content["recordDetails"]["interestedParty"]["description"]


def test_nothing_declared_is_told_from_declared_unknown() -> None:
    found = behind(read(body("a")), "a")
    assert found.persons == found.unspecified == found.circles == ()


def test_shares_are_multiplied_along_chains_and_added_over_them() -> None:
    ownership = read(
        *(body(one) for one in ("a", "b", "c")),
        person("p"),
        link("a", "b", {"exact": 50}),
        link("a", "c", {"exact": 50}),
        link("b", "p", {"exact": 40}),
        link("c", "p", {"minimum": 10, "maximum": 20}),
    )
    (interest,) = behind(ownership, "a").persons
    assert interest.share == Share(Fraction(1, 4), Fraction(3, 10))
    assert interest.hops == 2


def test_a_circle_does_not_inflate_what_a_person_holds() -> None:
    ownership = read(
        body("a"),
        body("b"),
        person("p"),
        link("a", "b", {"exact": 60}),
        link("b", "a", {"exact": 60}),
        link("a", "p", {"exact": 40}),
    )
    (interest,) = behind(ownership, "a").persons
    assert interest.share.most == Fraction(2, 5)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8), st.integers(0, 100)), max_size=20))
def test_every_graph_ends_with_shares_between_nothing_and_all(
    edges: list[tuple[int, int, int]],
) -> None:
    statements = [body(f"e{n}") for n in range(7)] + [person(f"p{n}") for n in (7, 8)]
    for place, (subject, party, share) in enumerate(edges):
        name = f"e{party}" if party < 7 else f"p{party}"
        one = link(f"e{subject}", name, {"exact": share})
        statements.append(one | {"recordId": f"r{place}", "statementId": f"s{place}"})
    ownership = read(*statements)
    assert not ownership.findings
    for entity in ownership.entities:
        found = behind(ownership, entity)
        assert found.is_complete
        for interest in found.persons:
            assert 0 <= interest.share.least <= interest.share.most <= 1
            assert 1 <= interest.hops <= 7
        for circle in found.circles:
            assert len(set(circle)) == len(circle)


def test_a_web_too_dense_to_follow_says_that_it_is_not_complete() -> None:
    names = [f"e{n}" for n in range(14)]
    links = [link(one, other, {"exact": 1}) for one in names for other in names if one != other]
    found = behind(read(*map(body, names), *links), "e0")
    assert not found.is_complete
    assert len(links) <= STEPS_MAX


def test_a_chain_longer_than_the_stack_is_followed() -> None:
    names = [f"e{n}" for n in range(2_000)]
    links = [link(one, other, {"exact": 100}) for one, other in pairwise(names)]
    ownership = read(*map(body, names), *links, person("p"), link(names[-1], "p", {"exact": 100}))
    (interest,) = behind(ownership, "e0").persons
    assert interest.hops == 2_000
    assert interest.share.least == 1


def test_the_last_statement_of_a_record_holds_and_a_closed_one_is_gone() -> None:
    first = link("a", "p", {"exact": 75})
    less = first | {
        "statementId": "later",
        "recordStatus": "updated",
        "statementDate": "2026-06-01",
        "recordDetails": first["recordDetails"]
        | {"interests": [SHAREHOLDING | {"share": {"exact": 10}}]},
    }
    gone = less | {"statementId": "last", "recordStatus": "closed", "statementDate": "2026-07-01"}
    base = body("a"), person("p")
    assert behind(read(*base, less, first), "a").persons[0].share.most == Fraction(1, 10)
    assert not behind(read(*base, gone, first, less), "a").persons


def test_an_interest_that_has_ended_counts_no_more() -> None:
    ended = SHAREHOLDING | {"share": {"exact": 75}, "endDate": "2025-01-01"}
    details = {"subject": "a", "interestedParty": "p", "interests": [ended]}
    ownership = read(body("a"), person("p"), statement("relationship", "r", details))
    (interest,) = behind(ownership, "a").persons
    assert interest.share.most == 0


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        ({"statementId": ""}, "BODS-ID"),
        ({"recordId": 7}, "BODS-ID"),
        ({"recordType": "company"}, "BODS-CODE"),
        ({"recordStatus": None}, "BODS-CODE"),
        ({"statementDate": "2026-13-01"}, "BODS-DATE"),
        ({"statementDate": "yesterday"}, "BODS-DATE"),
        ({"recordDetails": []}, "BODS-DETAILS"),
        ({"statementId": "statement-of-p"}, "BODS-TWICE"),
    ],
)
def test_a_statement_that_is_none_is_an_error_and_dropped(spoil: Json, rule: str) -> None:
    ownership = read(person("p"), body("a") | spoil)
    errors = [one for one in ownership.findings if one.severity == "error"]
    assert [one.rule for one in errors] == [rule]
    assert not ownership.entities


@pytest.mark.parametrize(
    ("statements", "rule"),
    [
        ([body("a"), link("a", "nobody")], "BODS-REFERENCE"),
        ([body("a"), person("p"), link("a", "p", {"exact": 101})], "BODS-SHARE"),
        ([body("a"), person("p"), link("a", "p", {"minimum": 9, "maximum": 8})], "BODS-SHARE"),
        ([body("a"), person("p"), link("a", "p", kind="friendship")], "BODS-CODE"),
        ([body("a") | {"publicationDetails": {"bodsVersion": "0.3"}}], "BODS-VERSION"),
    ],
)
def test_what_does_not_agree_is_flagged_and_kept(statements: list[Json], rule: str) -> None:
    ownership = read(*statements)
    assert [(one.rule, one.severity) for one in ownership.findings] == [(rule, "flag")]
    assert len(ownership.entities) == 1


def test_a_relationship_without_party_or_reason_is_an_error() -> None:
    ownership = read(body("a"), link("a", {"reason": "because"}), link("a", None))
    assert {one.rule for one in ownership.findings} >= {"BODS-PARTY"}
    assert not ownership.links


@given(st.binary(max_size=120))
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    ownership = read_ownership(io.BytesIO(data))
    assert ownership.findings or not data.strip() or ownership.links == ()


def test_names_do_not_show_in_what_is_printed() -> None:
    details = {"personType": "knownPerson", "names": [{"fullName": "Wang Li"}]}
    ownership = read(body("a"), statement("person", "p", details), link("a", "p", {"exact": 1}))
    assert "Wang Li" not in repr(ownership)
    assert ownership.persons["p"].content["recordDetails"]["names"]


def kinds_between(*statements: Json) -> set[tuple[str, bool]]:
    ownership = read(body("a"), body("b"), body("c"), person("p"), person("q"), *statements)
    found = relations(ownership, ["b", "a"])
    assert all((one.one, one.other) == ("a", "b") for one in found)
    return {(one.kind, one.forbids) for one in found}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (
            [
                link("a", "p", kind="seniorManagingOfficial"),
                link("b", "p", kind="boardChair"),
            ],
            {("same_head", True)},
        ),
        (
            [link("a", "p", kind="boardMember"), link("b", "p", kind="boardMember")],
            {("same_manager", False)},
        ),
        ([link("a", "b", {"exact": 50})], {("control", True)}),
        ([link("a", "b", {"exact": 49})], {("holding", False)}),
        ([link("a", "b", kind="otherInfluenceOrControl")], {("control", True)}),
        ([link("b", "a", kind="appointmentOfBoard")], {("management", True)}),
        (
            [link("a", "c", {"exact": 10}), link("c", "p", {"exact": 10}), link("b", "p")],
            {("same_owner", False)},
        ),
        ([link("a", "p", {"exact": 90}), link("b", "q", {"exact": 90})], set()),
    ],
    ids=["head", "manager", "half", "less", "influence", "board", "owner over c", "strangers"],
)
def test_how_two_bidders_are_related_by_article_18(
    statements: list[Json], expected: set[tuple[str, bool]]
) -> None:
    assert kinds_between(*statements) == expected


def test_what_a_supplier_has_to_declare() -> None:
    ownership = read(
        body("a", "91990106MA7K3D2102"),
        body("mother", "119901000014002175"),
        body("daughter"),
        person("head"),
        person("owner"),
        person("small"),
        link("a", "head", kind="seniorManagingOfficial"),
        link("a", "mother", {"exact": 60}),
        link("daughter", "a", {"exact": 100}),
        link("mother", "owner", {"exact": 50}),
        link("a", "small", {"exact": 24}),
        link("mother", {"reason": "noBeneficialOwners"}),
    )
    declared = declaration_of(ownership, "a")
    assert declared.heads == ("head",)
    assert declared.links == ("119901000014002175",)
    assert declared.unnumbered == ("daughter",)
    assert declared.owners == ("owner",)
    assert declared.unspecified == ("noBeneficialOwners",)
    found = ownership.entity_of("CN-USCC", "91990106MA7K3D2102")
    assert found is not None
    assert found.record == "a"
    assert ownership.entity_of("CN-USCC", "none") is None
