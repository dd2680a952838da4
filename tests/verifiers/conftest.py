"""Fixtures of the tests of the second verifier."""

import pytest
from receipt_town import Town, build_town


@pytest.fixture(scope="session", params=["sha256", "sm3"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Give the receipts of a ledger, once for each hash."""
    return build_town(tmp_path_factory.mktemp("town"), request.param)
