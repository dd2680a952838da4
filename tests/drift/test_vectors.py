"""Golden vectors: each decides again from its file alone, and none is missing."""

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import drift
import pytest

from tongjian.catalogue import load_registry
from tongjian.core.operation import Operation, Service
from tongjian.testkit import vectors

VECTORS = vectors.vector_files()
WITHOUT = Path(__file__).with_name("without-vector.toml")
"""Refusals that have a test but no vector, each with its reason."""


def _path(path: Path) -> str:
    return path.relative_to(drift.SERVICES).as_posix()


def _vector(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read


@pytest.mark.parametrize("path", VECTORS, ids=_path)
def test_a_vector_is_decided_again_from_its_file_alone(path: Path) -> None:
    vector = _vector(path)
    vectors.check_vector(load_registry(), vector)
    assert vector["operation"] == f"{path.parts[-4]}.{path.parts[-2]}", "it lies where it belongs"
    verb = "accepts" if vector["refusal"] is None else "refuses"
    assert path.stem.startswith(verb)
    assert path.read_text("utf-8") == vectors.dump_vector(vector)
    assert vectors.is_test_there(vector["test"]), f"{path}: its test is gone; make vectors"


@pytest.mark.parametrize("operation", drift.OPERATIONS, ids=drift.tag_of)
def test_every_operation_has_an_accepting_vector(operation: Operation) -> None:
    folder = drift.SERVICES / operation.service / "vectors" / operation.name
    accepting = sorted(folder.glob("accepts*.json"))
    assert accepting, f"{operation.tag}: a test with `world.accepts`, then: make vectors"


def _without(service: Service) -> dict[str, str]:
    return dict(tomllib.loads(WITHOUT.read_text("utf-8")).get(service.name, {}))


@pytest.mark.parametrize("service", drift.SERVICE_LIST, ids=drift.name_of)
def test_every_refusal_of_a_service_has_a_vector(service: Service) -> None:
    refused = {_vector(path)["outcome"] for path in vectors.vector_files(service.name)}
    numbers = {outcome.partition("@")[0] for outcome in refused}
    excused = _without(service)
    missing = [
        code.name
        for code in service.refusals
        if f"{service.name}/{code.number}" not in numbers and code.name not in excused
    ]
    assert missing == [], f"{service.name}: a test with `world.refuses`, then: make vectors"
    stale = [
        name
        for name in excused
        if f"{service.name}/{drift.codes(service.refusals)[name]}" in numbers
    ]
    assert stale == [], f"take them out of {WITHOUT.name}"


# -------------------------------------------------------------------- a vector that lies is found


def _spoil(vector: dict[str, Any], part: str) -> None:
    match part:
        case "time_ms" | "height":
            vector[part] += 10**7
        case "outcome":
            vector[part] = "membership/1@0"
        case "row removed":
            del vector["rows_before"][0]
        case "row changed":
            vector["rows_after"][0]["row"] = vector["rows_before"][0]["row"]
        case "says":
            vector["rows_after"][0]["says"]["row"] = {"closed": False}
        case "event":
            vector["events"] = []
        case "transaction":
            vector["transaction"] = vector["transaction"].replace("c410", "c411", 1)
        case _:
            vector[part] = "0" * 64


@pytest.mark.parametrize(
    "part",
    [
        *("chain", "event", "format", "height", "id", "outcome", "row changed", "row removed"),
        *("says", "transaction"),
    ],
)
def test_a_spoiled_vector_is_found(part: str) -> None:
    path = drift.SERVICES / "membership/vectors/close_office/accepts.json"
    vector = copy.deepcopy(_vector(path))
    vectors.check_vector(load_registry(), vector)
    _spoil(vector, part)
    with pytest.raises(vectors.VectorDiffers):
        vectors.check_vector(load_registry(), vector)
