"""Fixtures of the tests of the second verifier."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from chromium import Browser, chromium
from network_seals import Sealed
from receipt_town import Town, build_town
from second_verifier import build_page

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


@pytest.fixture
def sealed(town: Town) -> Sealed:
    """Give a receipt of a row, to be sealed by four validators."""
    return Sealed(town)


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the page from its sources."""
    return build_page(tmp_path_factory.mktemp("page") / "verifier.html")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Run one browser for all tests of a file."""
    with chromium(tmp_path_factory.mktemp("profile"), "--accept-lang=en") as running:
        yield running


@pytest.fixture
def opened(browser: Browser, page: Path) -> Iterator[Browser]:
    """Open the page anew; afterwards it has asked for itself alone and complained of nothing."""
    browser.requests.clear()
    browser.complaints.clear()
    browser.open(page.as_uri())
    yield browser
    assert browser.complaints == []
    asked = [url for url in browser.requests if url not in (page.as_uri(), "data:,")]
    assert asked == []
