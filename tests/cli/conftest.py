"""A ledger founded once from the example plan, and a copy of it for each test that changes it."""

from pathlib import Path

import pytest
from terminal import copy_of, ok, register


@pytest.fixture(scope="session")
def founded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Found a ledger with the program itself; do not write to it."""
    folder = tmp_path_factory.mktemp("cli")
    plan = folder / "plan.toml"
    plan.write_text(ok("init", "--example").stdout, "utf-8")
    ok("init", folder / "ledger", "--plan", plan)
    return folder / "ledger"


@pytest.fixture(scope="session")
def used_home(founded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with three blocks; do not write to it."""
    home = copy_of(founded_home, tmp_path_factory.mktemp("used"))
    register(home)
    register(home, "91990106MA7K3E811E")
    return home


@pytest.fixture
def home(founded_home: Path, tmp_path: Path) -> Path:
    """A ledger at height 0 that the test may change."""
    return copy_of(founded_home, tmp_path)


@pytest.fixture
def used(used_home: Path, tmp_path: Path) -> Path:
    """A ledger at height 2, two taxpayers registered, that the test may change."""
    return copy_of(used_home, tmp_path)
