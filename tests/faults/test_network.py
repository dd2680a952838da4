"""Four nodes under load and faults, the short form; `make faults` runs every case at length."""

import os

import pytest
from cluster import needs_engine
from network import use_network
from network_faults import crooked, short
from scene import Report, play

SEED = os.environ.get("FAULT_SEED", "1")
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the engine, and the small registry that its nodes run."""
    needs_engine()
    use_network(monkeypatch.setattr)


def held(report: Report) -> None:
    assert report.violations == []
    assert report.acknowledged > 20
    assert report.blocks > 5


def test_kills_partitions_and_bad_lines_under_load_lose_nothing_and_part_nobody() -> None:
    report = play("short form", short, SEED, how="relay")
    held(report)
    assert len(report.recoveries_s) == 6


def test_a_proposer_of_what_has_no_form_is_voted_down_and_the_network_goes_on() -> None:
    held(play("no form", crooked("propose invalid", rejected=True, pace=0.3), SEED, how="relay"))
