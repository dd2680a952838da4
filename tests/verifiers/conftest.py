"""Fixtures of the tests of the second verifier."""

import pytest
from receipt_town import Town, build_town

LEDGERS = [("sha256", "ed25519"), ("sm3", "sm2")]
"""Hash and suite of ledgers on which every hostile receipt is tried; others are sampled."""


@pytest.fixture(scope="session", params=LEDGERS, ids="-".join)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Give the receipts of a ledger, once for each hash and suite."""
    return build_town(tmp_path_factory.mktemp("town"), *request.param)
