"""What holds for every test: properties have no clock, and where CI is set nothing is skipped."""

import os
from collections.abc import Generator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

_NAME_MAX: Final = 80

_QUIET = (HealthCheck.too_slow,)
settings.register_profile("tongjian", deadline=None, suppress_health_check=_QUIET)
settings.register_profile(
    "tongjian-ci",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=_QUIET,
)
settings.register_profile(
    "nightly", deadline=None, max_examples=2000, print_blob=True, suppress_health_check=_QUIET
)
settings.load_profile("tongjian-ci" if os.environ.get("CI") else "tongjian")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch of `make vectors`."""
    parser.addoption(
        "--write-vectors",
        action="store_true",
        help="write the golden vectors instead of comparing with them",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let `World` know that it writes vectors, in this process and those of pytest-xdist."""
    if config.getoption("--write-vectors", default=False):
        os.environ["TONGJIAN_VECTORS"] = "write"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a test by its argument where the value is long.

    A blob in the name is unreadable, and one that holds the clock or chance gives each process of
    pytest-xdist other tests.
    """
    return argname if isinstance(val, str | bytes) and len(val) > _NAME_MAX else None


@pytest.fixture(scope="session")
def write_vectors(request: pytest.FixtureRequest) -> bool:
    """Tell whether this run writes the golden vectors: `make vectors`."""
    return bool(request.config.getoption("--write-vectors"))


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not os.environ.get("CI") or not report.skipped or hasattr(report, "wasxfail"):
        return
    detail = report.longrepr
    reason = detail[2] if isinstance(detail, tuple) else str(detail)
    report.outcome = "failed"
    report.longrepr = f"skipped where nothing may be: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test into a failure in CI."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole file into a failure in CI."""
    report = yield
    _refuse_skip(report)
    return report
