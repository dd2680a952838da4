"""The golden vectors of the service, decided again from the files alone, and none missing."""

import json

import pytest

from tongjian.catalogue import load_registry
from tongjian.services.invoice.records import Refusal, service
from tongjian.testkit.vectors import check_vector, vector_files

VECTORS = vector_files("invoice")


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_vector_is_decided_as_it_states(path) -> None:  # noqa: ANN001 - a Path
    check_vector(load_registry(), json.loads(path.read_text("utf-8")))


def test_every_act_has_an_accepting_vector_and_every_refusal_one() -> None:
    accepting = {path.parent.name for path in VECTORS if path.stem == "accepts"}
    assert accepting == {operation.name for operation in service.operations}
    refusing = {path.stem.removeprefix("refuses_") for path in VECTORS}
    missing = [code.name for code in Refusal if code.name.lower() not in refusing]
    assert not missing, f"no vector shows {missing}; run: make vectors"
