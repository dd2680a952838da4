"""The official inputs of VCDM 2.0, decided as their names say, each for the reason it was made."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tongjian.connectors.credentials.datamodel import (
    check_credential,
    check_period,
    check_presentation,
)
from tongjian.connectors.credentials.documents import read_document
from tongjian.connectors.credentials.errors import CredentialMalformed, OutsidePeriod

INPUTS = Path(__file__).parents[4] / "shared/data/identity/vcdm-2.0"
COUNT = 84
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
SUITE_2020 = "https://w3id.org/security/suites/ed25519-2020/v1"
CONTEXTS: dict[str, dict[str, Any]] = {
    EXAMPLES: {"@vocab": "https://www.w3.org/ns/credentials/examples#"},
    SUITE_2020: {"Ed25519Signature2020": "https://w3id.org/security#Ed25519Signature2020"},
}
REASONS = {
    "context-combo3": "no URL and no object",
    "context-combo4": "no URL and no object",
    "id-multi": "id of the credential",
    "id-nonidentifier": "id of the credential",
    "id-not-url": "id of the credential",
    "id-subject-multi": "id of a subject",
    "issuer-": "^issuer is",
    "missing-base-context": "begins with",
    "missing-required-type": "not among the types",
    "no-context": "begins with",
    "no-issuer": "credentialSubject",
    "no-subject": "credentialSubject",
    "no-type": "there is no type",
    "proof-missing-type": "proof has no type",
    "redef-type": "protected term",
    "schema-no-id": "credentialSchema has no id",
    "schema-no-type": "credentialSchema has no type",
    "schema-non-url-id": "id of credentialSchema",
    "status-missing-type": "credentialStatus has no type",
    "status-multiple-id": "id of credentialStatus",
    "status-nonurl-id": "id of credentialStatus",
    "status-type-nonurl": "no context maps it",
    "subject-": "with claims",
    "type-mapped-nonurl": "no context maps it",
    "type-unmapped": "no context maps it",
    "validUntil-validFrom": "before validFrom",
    "validfrom-invalid": "validFrom is",
    "validuntil-invalid": "validUntil is",
    "context-order": "begins with",
    "enveloped-vc-missing-type": "there is no type|begins with",
    "holder-": "^holder is",
    "self-asserted-vc-holder-mismatch": "not the issuer",
    "self-asserted-vc-issuer-mismatch": "not the issuer",
    "self-asserted-vc-no-holder": "holder is missing",
    "vc-as-string": "has a text",
    "vc-missing-required-type": "not among the types",
}
needs_inputs = pytest.mark.skipif(
    not INPUTS.is_dir(), reason="the identity data of ../shared is not on this machine"
)


def decide(path: Path) -> None:
    """Check one input as the official test does: placeholders filled, the issuer yet to come."""
    data = path.read_bytes()
    data = data.replace(b"PAST DATE", b"2020-01-01T00:00:00Z")
    data = data.replace(b"FUTURE DATE", b"2090-01-01T00:00:00Z")
    document = read_document(data)
    if path.name.startswith("presentation-"):
        asserted = "self-asserted" in path.name
        check_presentation(document, self_asserted=asserted, contexts=CONTEXTS)
    else:
        check_credential(document, issued=False, contexts=CONTEXTS)


def reason_of(name: str) -> str:
    stem = name.partition("-")[2]
    return next(REASONS[key] for key in sorted(REASONS, key=len, reverse=True) if key in stem)


@needs_inputs
def test_all_official_inputs_are_there() -> None:
    assert len(list(INPUTS.glob("*.json"))) == COUNT


@needs_inputs
@pytest.mark.parametrize("path", sorted(INPUTS.glob("*.json")), ids=lambda path: path.stem)
def test_an_official_input_is_decided_as_its_name_says(path: Path) -> None:
    if path.stem.endswith("-ok"):
        decide(path)
        return
    with pytest.raises(CredentialMalformed, match=reason_of(path.stem)):
        decide(path)


def credential(**fields: Any) -> dict[str, Any]:
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": "did:web:office.example",
        "credentialSubject": {"id": "did:example:subject"},
        **fields,
    }


def test_an_issued_credential_needs_its_issuer() -> None:
    check_credential(credential())
    for issuer in (None, {}, {"id": None}, 5, [], "office"):
        with pytest.raises(CredentialMalformed, match="issuer"):
            check_credential(credential(issuer=issuer))


def test_a_context_that_is_not_known_is_refused_and_never_fetched() -> None:
    unknown = credential()
    unknown["@context"].append("https://elsewhere.example/v1")
    with pytest.raises(CredentialMalformed, match="none is fetched"):
        check_credential(unknown)
    check_credential(unknown, contexts={"https://elsewhere.example/v1": {}, **CONTEXTS})


@pytest.mark.parametrize(
    "fields",
    [
        {"name": 5},
        {"description": [{"@language": "zh"}]},
        {"evidence": [{}]},
        {"termsOfUse": "all"},
        {"relatedResource": {"id": "https://example.org/x"}},
        {"credentialStatus": []},
        {"validFrom": "2026-02-30T00:00:00Z"},
        {"validFrom": "2026-02-03T00:00:00"},
    ],
)
def test_a_part_of_the_wrong_form_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(CredentialMalformed, match=r"VCDM 2\.0"):
        check_credential(credential(**fields))


def test_a_name_may_have_its_language() -> None:
    check_credential(credential(name=[{"@value": "教师", "@language": "zh"}, "teacher"]))


def test_a_period_includes_both_ends_and_nothing_outside() -> None:
    limited = credential(validFrom="2026-01-01T00:00:00+08:00", validUntil="2026-12-31T00:00:00Z")
    start = dt.datetime(2025, 12, 31, 16, tzinfo=dt.UTC)
    end = dt.datetime(2026, 12, 31, tzinfo=dt.UTC)
    check_period(limited, start)
    check_period(limited, end)
    with pytest.raises(OutsidePeriod, match="valid only from"):
        check_period(limited, start - dt.timedelta(seconds=1))
    with pytest.raises(OutsidePeriod, match="expired"):
        check_period(limited, end + dt.timedelta(seconds=1))


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b'{"a":1,"a":2}',
        b'{"a":' + b"[" * 70 + b"]" * 70 + b"}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":[' + b"0," * 30_000 + b"0]}",
        b'{"a":"' + b"0" * 1_100_000 + b'"}',
        b"\xff",
    ],
    ids=["list", "twice", "deep", "very deep", "many", "large", "bytes"],
)
def test_a_hostile_text_is_refused(data: bytes) -> None:
    with pytest.raises(CredentialMalformed):
        read_document(data)
