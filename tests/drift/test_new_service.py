"""A new service passes as it is written: its tests, the drift tests, lint and types."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import drift
import pytest
import tidy

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.new_service import NAME_LENGTH_MAX, write_service

NAME = "parks_and_ponds_2026"
COPIED = ("conftest.py", "pyproject.toml", "docs", "src", "tests", "tools", "typings")
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what a checkout needs, and write a service of the longest name into it."""
    root = tmp_path_factory.mktemp("checkout")
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "node_modules")
    for name in COPIED:
        source = drift.ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=ignored)
        else:
            shutil.copy(source, root)
    assert len(NAME) == NAME_LENGTH_MAX
    written = write_service(NAME, root)
    assert all(path.is_file() for path in written)
    assert {path.stem for path in written if path.suffix == ".json"} == {
        *("accepts", "refuses_not_permitted", "refuses_number_used", "refuses_without_role"),
    }
    return root


def _run(root: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _pytest(root: Path, *arguments: str) -> str:
    return _run(root, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)


def test_its_own_tests_pass(tree: Path) -> None:
    assert "3 passed" in _pytest(tree, f"src/tongjian/services/{NAME}")


def test_the_drift_tests_pass_for_it(tree: Path) -> None:
    chosen = f"({NAME} or fresh) and not new_service"
    assert "passed" in _pytest(tree, "tests/drift", "-k", chosen)


def test_every_page_tells_of_it(tree: Path) -> None:
    for page in ("operations", "permissions", "refusals", "events", "parameters"):
        assert NAME in (tree / f"docs/reference/{page}.md").read_text("utf-8")


def test_lint_and_the_deterministic_zone_hold_for_it(tree: Path) -> None:
    folder = f"src/tongjian/services/{NAME}"
    _run(tree, str(BIN / "ruff"), "format", "--check", folder)
    _run(tree, str(BIN / "ruff"), "check", folder)
    found = [
        each
        for path, text in tidy.zone_files(tree)
        if NAME in path
        for each in tidy.zone_findings(path, text)
    ]
    assert found == []


def test_the_page_that_explains_it_shows_its_code(tree: Path) -> None:
    page = (tree / "docs/how-to/add-a-service.md").read_text("utf-8").replace("parks", NAME)
    folder = tree / "src/tongjian/services" / NAME
    written = {
        line.strip() for path in folder.rglob("*.py") for line in path.read_text().splitlines()
    }
    shown = [block.partition("```")[0] for block in page.split("```python\n")[1:]]
    assert len(shown) == 2
    lines = [line.strip() for block in shown for line in block.splitlines()]
    assert [line for line in lines if line not in (written | {"..."})] == []
    table = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert sorted(name.rstrip("/") for name in table) == sorted(
        path.name for path in folder.iterdir() if path.name != "__pycache__"
    )


@pytest.mark.slow
def test_its_types_and_imports_hold(tree: Path) -> None:
    folder = f"src/tongjian/services/{NAME}"
    _run(tree, str(BIN / "mypy"), folder)
    _run(tree, str(BIN / "basedpyright"), "--pythonpath", sys.executable, folder)
    _run(tree, str(BIN / "lint-imports"), "--no-cache")


@pytest.mark.parametrize(
    "name", ["", "a", "Parks", "parks!", "2parks", "class", "kernel", "p" * 21]
)
def test_an_unfit_name_is_refused(name: str) -> None:
    with pytest.raises(Failure) as failure:
        write_service(name, drift.ROOT)
    assert failure.value.code is ExitCode.USAGE


def test_a_service_is_never_written_over() -> None:
    with pytest.raises(Failure) as failure:
        write_service("membership", drift.ROOT)
    assert failure.value.code is ExitCode.CONFLICT


def test_a_service_is_written_only_into_a_checkout(tmp_path: Path) -> None:
    with pytest.raises(Failure) as failure:
        write_service("parks", tmp_path)
    assert failure.value.code is ExitCode.NOT_FOUND
    assert list(tmp_path.iterdir()) == []
