"""Fixtures of the tests of witnesses: every one holds on ledgers of Ed25519 and of SM2."""

from pathlib import Path

import pytest
from posts import post
from small import Small, copy_of, found_small, use_shelf

__all__ = ["post"]


@pytest.fixture(scope="session")
def founded_sm3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Found one ledger of SM3 and SM2 for all tests of a process; each works on its copy."""
    folder = tmp_path_factory.mktemp("founded-sm3") / "ledger"
    with pytest.MonkeyPatch.context() as patch:
        use_shelf(patch.setattr)
        found_small(folder, hash_name="sm3", suite="sm2")
    return folder


@pytest.fixture(params=["sha256", "sm2"])
def small(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    founded: Path,
    founded_sm3: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Small:
    """Give a fresh small ledger of either suite in the test's own folder."""
    use_shelf(monkeypatch.setattr)
    source = founded if request.param == "sha256" else founded_sm3
    return Small(copy_of(source, tmp_path / "ledger"))
