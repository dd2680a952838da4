"""Everything a person sees has words in Chinese and English, and no word is left over."""

import re
import tomllib
from typing import Any

import drift
import pytest

from tongjian.cli.words import KERNEL, words_of
from tongjian.core.directory import Kernel
from tongjian.core.operation import Operation, Service
from tongjian.core.permission import roles_of

HAN = re.compile(r"[一-鿿]")


def _tables(service: str) -> dict[str, Any]:
    return words_of(service).tables


def _lacking(service: Service, kind: str, names: list[str]) -> list[str]:
    table = _tables(service.name).get(kind, {})
    return [name for name in names if not _is_said(table.get(name, {}))]


def _is_said(entry: dict[str, str]) -> bool:
    return bool(HAN.search(entry.get("zh", ""))) and entry.get("en", "").isascii() and "en" in entry


@pytest.mark.parametrize("operation", drift.OPERATIONS, ids=drift.tag_of)
def test_an_operation_has_words_in_both_languages(operation: Operation) -> None:
    entry = _tables(operation.service).get("operations", {}).get(operation.name, {})
    file = f"services/{operation.service}/words.toml"
    assert _is_said(entry), f"add [operations.{operation.name}] with zh and en to {file}"


@pytest.mark.parametrize("service", drift.SERVICE_LIST, ids=drift.name_of)
def test_a_service_and_its_fields_questions_and_events_have_words(service: Service) -> None:
    lacking = {
        "fields": _lacking(service, "fields", drift.field_names(service)),
        "queries": _lacking(service, "queries", [query.name for query in service.queries]),
        "events": _lacking(service, "events", drift.event_names(service)),
    }
    assert {kind: names for kind, names in lacking.items() if names} == {}
    assert _is_said(_tables(service.name).get("service", {}))


@pytest.mark.parametrize("service", drift.SERVICE_LIST, ids=drift.name_of)
def test_every_role_that_an_act_asks_for_has_words_somewhere(service: Service) -> None:
    named = {role for each in drift.SERVICE_LIST for role in _tables(each.name).get("roles", {})}
    asked = {role for each in service.operations for role in roles_of(each.by)}
    assert sorted(asked - named) == [], f"add [roles.NAME] to services/{service.name}/words.toml"


@pytest.mark.parametrize("service", drift.SERVICE_LIST, ids=drift.name_of)
def test_every_refusal_has_a_sentence_in_both_languages(service: Service) -> None:
    table = _tables(service.name).get("refusals", {})
    without = [code.name for code in service.refusals if not HAN.search(table.get(code.name, ""))]
    assert without == [], f"add them under [refusals] in services/{service.name}/words.toml"
    for code in service.refusals:
        assert code.sentence[0].isupper(), f"{code.name}: a sentence begins with a capital"
        assert code.sentence.endswith("."), f"{code.name}: a sentence ends with a full stop"


def test_every_refusal_of_the_kernel_has_a_chinese_sentence() -> None:
    assert sorted(_tables(KERNEL)["refusals"]) == sorted(drift.codes(Kernel))


@pytest.mark.parametrize("service", drift.SERVICE_LIST, ids=drift.name_of)
def test_no_word_is_left_over(service: Service) -> None:
    declared = {
        "operations": {operation.name for operation in service.operations},
        "queries": {query.name for query in service.queries},
        "events": set(drift.event_names(service)),
        "fields": set(drift.field_names(service)),
        "refusals": set(drift.codes(service.refusals)),
        "roles": {role for each in service.operations for role in roles_of(each.by)},
    }
    tables = _tables(service.name)
    extra = {kind: sorted(set(tables.get(kind, {})) - names) for kind, names in declared.items()}
    assert {kind: names for kind, names in extra.items() if names} == {}
    known = {"service", "choices", "tables", *declared}
    assert sorted(set(tables) - known) == [], "a kind of word that nothing reads"


@pytest.mark.parametrize("service", drift.SERVICE_LIST, ids=drift.name_of)
def test_every_parameter_that_is_read_is_in_the_file_with_unit_and_words(service: Service) -> None:
    path = drift.SERVICES / service.name / "parameters.toml"
    entries = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    for name, entry in entries.items():
        assert _is_said(entry), f"{name}: words in zh and en"
        assert entry["unit"]
    text = "\n".join(drift.sources(service).values())
    read = set(re.findall(r"\.parameters?\(\s*\"([a-z0-9_]+)\"", text))
    assert sorted(read - set(entries)) == [], f"add them to {path.relative_to(drift.ROOT)}"
