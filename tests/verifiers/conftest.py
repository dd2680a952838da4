"""Fixtures of the tests of the second verifier."""

from collections.abc import Callable
from functools import cache

import pytest
from receipt_town import Town, build_town

LEDGERS = [("sha256", "ed25519"), ("sm3", "sm2")]
"""Hash and suite of ledgers on which every hostile receipt is tried; others are sampled."""


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Town]:
    """Build each ledger once, in whichever order tests run.

    A parametrized session fixture would be built anew at every change of its parameter, which in
    random order is every other test.
    """
    return cache(lambda *pair: build_town(tmp_path_factory.mktemp("town"), *pair))


@pytest.fixture(params=LEDGERS, ids="-".join)
def town(request: pytest.FixtureRequest, towns: Callable[[str, str], Town]) -> Town:
    """Give the receipts of a ledger, once for each hash and suite."""
    return towns(*request.param)
