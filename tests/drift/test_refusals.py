"""Refusal numbers: in order of precedence, all used, none changed or given twice."""

import inspect
import re
import tomllib

import drift
import pytest

from tongjian.core.directory import Kernel
from tongjian.core.operation import Operation, RefusalCode, Service

NUMBERS = "docs/reference/refusal-numbers.toml"


@pytest.mark.parametrize("service", drift.SERVICE_LIST, ids=drift.name_of)
def test_refusals_are_numbered_in_the_order_they_stand(service: Service) -> None:
    numbers = list(drift.codes(service.refusals).values())
    assert numbers == sorted(set(numbers)), f"{service.name}: a number twice, or out of order"
    assert min(numbers) > 0


@pytest.mark.parametrize("service", drift.SERVICE_LIST, ids=drift.name_of)
def test_every_refusal_is_used(service: Service) -> None:
    unused = sorted(set(drift.codes(service.refusals)) - drift.used_refusals(service))
    assert unused == [], f"{service.name}: remove them from records.py, their numbers stay taken"


@pytest.mark.parametrize("operation", drift.OPERATIONS, ids=drift.tag_of)
def test_a_handler_refuses_in_the_order_of_its_numbers(operation: Operation) -> None:
    (service,) = [s for s in drift.SERVICE_LIST if s.name == operation.service]
    name = service.refusals.__name__
    source = inspect.getsource(operation.handler)
    order = [service.refusals[each] for each in re.findall(rf"\b{name}\.([A-Z_0-9]+)", source)]
    numbers = [code.number for code in order]
    assert numbers == sorted(numbers), f"{operation.tag} refuses {[c.name for c in order]}"


def _kept() -> dict[str, dict[str, str]]:
    return tomllib.loads((drift.ROOT / NUMBERS).read_text("utf-8"))


@pytest.mark.parametrize(
    ("service", "refusals"),
    [("kernel", Kernel), *((s.name, s.refusals) for s in drift.SERVICE_LIST)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_number_is_changed_or_reused(service: str, refusals: type[RefusalCode]) -> None:
    kept = _kept().get(service, {})
    wrong = {
        number: (kept.get(str(number), "not in the list: make docs"), name)
        for name, number in drift.codes(refusals).items()
        if kept.get(str(number)) != name
    }
    assert wrong == {}, f"{service}: a retired or changed number; give a new one ({NUMBERS})"
