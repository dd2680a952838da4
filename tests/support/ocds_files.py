"""Published contracting data for tests, and a release that has all it must have."""

import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tongjian.connectors.exporting import Source
from tongjian.connectors.ocds import Found, Json, Shell, Unreadable, read_path, read_stream
from tongjian.connectors.ocds.exporter import processes

SAMPLES = Path(__file__).parents[3] / "shared/data/procurement"
PORTUGAL = SAMPLES / "real-portugal-base-100/collection_file.json"
EXAMPLES = SAMPLES / "ocds-docs-examples-1.1"
SCHEMA = SAMPLES / "ocds-1.1.5-schema"
FLAGS = SAMPLES / "redflag-indicators"
OWNERS = SAMPLES / "bods-0.4-fixtures"
ORACLES = Path(__file__).parents[2] / ".venv/oracles/bin"
PUBLISHED = "https://standard.open-contracting.org/schema/1__1__5/"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the contracting data of ../shared is not on this machine"
)


def read(data: bytes) -> list[Found | Shell | Unreadable]:
    return list(read_stream(io.BytesIO(data)))


def found(*paths: Path) -> list[Found]:
    return [one for path in paths for one in read_path(path) if isinstance(one, Found)]


def contents(*paths: Path) -> list[Json]:
    return [one.content for one in found(*paths)]


def examples() -> Iterator[Path]:
    """Every published package, release or record of the samples."""
    for folder in ("ocds-docs-examples-1.1", "ocds-sample-1.1", "real-portugal-base-100"):
        for path in sorted((SAMPLES / folder).rglob("*.json")):
            if "extension" not in str(path.parent.name):
                yield path


def release(**fields: Any) -> Json:
    """A release with all that OCDS demands; fields given here stand above."""
    return {
        "ocid": "ocds-213czf-952",
        "id": "952-1",
        "date": "2026-05-04T09:30:00+08:00",
        "tag": ["tender"],
        "initiationType": "tender",
        **fields,
    }


def releases_of(source: Source, prefix: str, name: str) -> list[Json]:
    """The releases of one process of a ledger; none where it has none."""
    for found_ in processes(source, prefix):
        if found_[0]["ocid"] == f"{prefix}-{name}":
            return found_
    return []


def standard_for_oracle(folder: Path) -> Path:
    """The schema as lib-cove-ocds wants it, its references turned to files: no network."""
    schema = folder / "standard-1__1__5/schema"
    shutil.copytree(SCHEMA, schema)
    for path in schema.glob("*.json"):
        path.chmod(0o600)
        text = path.read_text("utf-8")
        path.write_text(text.replace(PUBLISHED, schema.as_uri() + "/"), "utf-8")
    made = shutil.make_archive(str(folder / "standard"), "zip", folder, "standard-1__1__5")
    return Path(made)


def validated(data: bytes, folder: Path, standard: Path) -> Json:
    oracle = ORACLES / "libcoveocds"
    if not oracle.is_file():
        pytest.skip("needs lib-cove-ocds, an oracle in an environment of its own: make venv")
    path = folder / "package.json"
    path.write_bytes(data)
    told = subprocess.run(
        [oracle, "--standard-zip", standard, path],
        capture_output=True,
        check=True,
        cwd=folder,
        timeout=100,
    )
    answer: Json = json.loads(told.stdout)
    return answer


def release_files() -> list[bytes]:
    """Contracting data of every form, with bids, awards and parties that raise flags."""
    value = {"amount": 100, "currency": "CNY"}
    bids = [
        {"id": who, "status": status, "value": value, "tenderers": [{"id": who}]}
        for who, status in (("a", "valid"), ("b", "disqualified"))
    ]
    address = {"streetAddress": "Harbour Road 5"}
    full = release(
        parties=[{"id": who, "roles": ["tenderer"], "address": address} for who in "ab"],
        tender={
            "procurementMethod": "open",
            "numberOfTenderers": 1,
            "tenderPeriod": {
                "startDate": "2026-05-04T09:00:00Z",
                "endDate": "2026-05-05T09:00:00Z",
            },
        },
        bids={"details": bids},
        awards=[{"id": "1", "status": "active", "suppliers": [{"id": "a"}], "value": value}],
    )
    other = release(id="2", date="2026-06-04T09:30:00Z", title=None, amount=1.50)
    return [
        json.dumps({"uri": "u", "releases": [full, other]}).encode(),
        json.dumps([{"records": [{"ocid": "x", "releases": [full]}]}]).encode(),
        b"\n".join(json.dumps(one).encode() for one in (full, other)),
    ]


def ownership_files() -> list[bytes]:
    """Ownership statements: two bodies, a circle, a person and an owner who is not named."""

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

    interests = [{"type": "shareholding", "share": {"minimum": 25, "maximum": 50}}]
    parties = (("a", "b"), ("b", "a"), ("b", "p"), ("a", {"reason": "noBeneficialOwners"}))
    links = [
        statement(
            "relationship", f"r{place}", subject=one, interestedParty=other, interests=interests
        )
        for place, (one, other) in enumerate(parties)
    ]
    bodies = [
        statement("entity", record, entityType={"type": "registeredEntity"}) for record in "ab"
    ]
    whole = [*bodies, statement("person", "p", personType="knownPerson"), *links]
    return [json.dumps(whole).encode(), b"\n".join(json.dumps(one).encode() for one in whole)]
