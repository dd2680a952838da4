"""Every attack of the index is held by tests that exist, or names the service it waits for."""

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tongjian.catalogue import load_registry

ROOT = Path(__file__).parents[2]
ATTACKS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "attacks.toml").read_text("utf-8")
)["attack"]
ROWS = [attack["row"] for attack in ATTACKS]


@cache
def functions_of(path: str) -> dict[str, None]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return dict.fromkeys(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("attack", ATTACKS, ids=ROWS)
def test_an_attack_is_held_by_tests_that_exist(attack: dict[str, Any]) -> None:
    missing = [
        test
        for test in attack.get("tests", [])
        if test.partition("::")[2] not in functions_of(test.partition("::")[0])
    ]
    assert missing == []
    assert bool(attack.get("tests")) != bool(attack.get("waits_for"))


@pytest.mark.parametrize("attack", ATTACKS, ids=ROWS)
def test_an_attack_waits_for_no_service_that_is_there(attack: dict[str, Any]) -> None:
    assert attack.get("waits_for") not in load_registry().services, "write its tests now"


def test_all_twenty_rows_of_the_section_are_there_in_order_and_none_twice() -> None:
    assert [row for row in ROWS if row.isdecimal()] == [str(n) for n in range(1, 21)]
    assert len(ROWS) == len(set(ROWS))


def test_every_test_of_this_folder_stands_in_the_index() -> None:
    indexed = {test for attack in ATTACKS for test in attack.get("tests", [])}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path.name != Path(__file__).name:
            name = path.relative_to(ROOT).as_posix()
            here = {f"{name}::{test}" for test in functions_of(name) if test.startswith("test_")}
            assert here - indexed == set()
