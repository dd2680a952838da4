"""What a node measures, the alerts that watch it, and the page for whoever is woken."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from network import Node, use_network
from promql import ENGINE_SERIES, PromqlError, Series, evaluate
from small import START_MS

from tongjian.node.measures import BUCKETS_S, Ends, Latencies, measure_disk, measure_engine
from tongjian.node.metrics import METRICS, metric_names, write_metrics

PAGES: Final = Path(__file__).parents[2] / "docs/operations"
RULES: Final[list[dict[str, Any]]] = yaml.safe_load((PAGES / "alerts.yml").read_text("utf-8"))[
    "groups"
][0]["rules"]
CALM: Final[dict[str, list[float]]] = {
    "tongjian_alarm": [0],
    "tongjian_app_hash_mismatch": [0],
    "tongjian_block_age_seconds": [61],
    "tongjian_waiting": [3],
    "tongjian_engine_height": [7, 8, 9],
    "tongjian_height": [9],
    "tongjian_peers": [3],
    "tongjian_engine_starts_total": [1, 1, 2],
    "tongjian_disk_free_bytes": [40e9],
    "tongjian_disk_size_bytes": [100e9],
    "tongjian_key_expiry_seconds": [-1],
    "tongjian_certificate_expiry_seconds": [90 * 86_400],
    "tongjian_mempool_transactions": [12],
    "tongjian_commit_seconds_sum": [1, 2],
    "tongjian_commit_seconds_count": [10, 30],
    "tongjian_incidents": [1, 1],
    "tongjian_rejected_proposals_total": [2, 2],
    "tongjian_rules_lacking": [0],
    "tongjian_observes": [0],
}
TROUBLE: Final[dict[str, dict[str, list[float]]]] = {
    "NodeStandsStill": {"tongjian_alarm": [0, 1]},
    "AppHashMismatch": {"tongjian_app_hash_mismatch": [1]},
    "HeightStandsStill": {"tongjian_block_age_seconds": [181]},
    "NothingIsDecided": {"tongjian_engine_height": [7, 7, 7]},
    "NodeTellsNothing": {"tongjian_height": []},
    "NoPeers": {"tongjian_peers": [-1]},
    "EngineEndsAgainAndAgain": {"tongjian_engine_starts_total": [1, 3, 5]},
    "DiskFillsUp": {"tongjian_disk_free_bytes": [14e9]},
    "DiskIsFull": {"tongjian_disk_free_bytes": [0.9e9], "tongjian_disk_size_bytes": [5e9]},
    "KeyEndsSoon": {"tongjian_key_expiry_seconds": [13 * 86_400]},
    "CertificateEndsSoon": {"tongjian_certificate_expiry_seconds": [0]},
    "MempoolFills": {"tongjian_mempool_transactions": [4001]},
    "AnswersAreSlow": {"tongjian_commit_seconds_sum": [1, 80]},
    "SomebodySignedTwice": {"tongjian_incidents": [1, 2]},
    "RulesAreMissing": {"tongjian_rules_lacking": [1]},
    "ValidatorDoesNotVote": {"tongjian_observes": [1]},
    "ProposalsAreBad": {"tongjian_rejected_proposals_total": [2, 3]},
}


def firing(series: Series) -> set[str]:
    return {rule["alert"] for rule in RULES if evaluate(rule["expr"], series) is not None}


def metrics_in(expression: str) -> set[str]:
    return set(re.findall(r"(?:tongjian|cometbft|node)_[a-z_0-9]+", expression))


def test_every_alert_watches_a_metric_that_there_is_and_has_its_page() -> None:
    page = (PAGES / "at-night.md").read_text("utf-8")
    headings = re.findall(r"^## (\w+)$", page, re.MULTILINE)
    assert [rule["alert"] for rule in RULES] == headings
    for rule in RULES:
        assert metrics_in(rule["expr"])
        assert metrics_in(rule["expr"]) <= metric_names()
        runbook = f"docs/operations/at-night.md#{rule['alert'].lower()}"
        assert rule["annotations"]["runbook"] == runbook
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["labels"]["severity"] in ("page", "ticket")
    for link in re.findall(r"\(#(\w+)\)", page):
        assert link in {heading.lower() for heading in headings}


def test_nothing_is_told_of_a_calm_node() -> None:
    assert firing(CALM) == set()


@pytest.mark.parametrize("alert", sorted(TROUBLE))
def test_an_alert_is_raised_by_its_trouble(alert: str) -> None:
    told = firing({**CALM, **TROUBLE[alert]})
    assert alert in told
    assert told <= {alert, "DiskFillsUp", "NodeLags"}


def test_every_alert_is_simulated() -> None:
    # How far one node is behind another needs series of two nodes; the rule is parsed all the same.
    assert {rule["alert"] for rule in RULES} == {*TROUBLE, "NodeLags"}
    with pytest.raises(PromqlError):
        evaluate("floor(tongjian_height)", CALM)


def test_the_dashboard_shows_what_there_is() -> None:
    board = json.loads((PAGES / "dashboard.json").read_text("utf-8"))
    places = [tuple(panel["gridPos"].values()) for panel in board["panels"]]
    assert len(set(places)) == len(places) == len({panel["id"] for panel in board["panels"]})
    shown: set[str] = set()
    for panel in board["panels"]:
        assert panel["title"]
        assert panel["targets"]
        for target in panel["targets"]:
            shown |= metrics_in(target["expr"])
    assert shown <= metric_names() | ENGINE_SERIES
    assert {name for name in shown if name.startswith("cometbft")} == ENGINE_SERIES
    watched = {name for rule in RULES for name in metrics_in(rule["expr"])}
    assert {name.removesuffix("_sum").removesuffix("_count") for name in watched} <= {
        name.removesuffix("_bucket") for name in shown
    } | {"tongjian_engine_height"}


def test_metrics_are_written_as_prometheus_reads_them() -> None:
    latencies = Latencies()
    for seconds in (0.001, 0.005, 0.3, 99.0):
        latencies.observe(seconds)
    standing: dict[str, Any] = dict.fromkeys(METRICS, 5) | {"alarm": "stands still"}
    written = write_metrics({**standing, "latency": latencies.read()}).splitlines()
    values = dict(line.rsplit(" ", 1) for line in written if not line.startswith("#"))
    assert values["tongjian_alarm"] == "1"
    assert values['tongjian_commit_seconds_bucket{le="0.005"}'] == "2"
    assert values['tongjian_commit_seconds_bucket{le="0.5"}'] == "3"
    assert values['tongjian_commit_seconds_bucket{le="30"}'] == "3"
    assert values['tongjian_commit_seconds_bucket{le="+Inf"}'] == "4"
    assert float(values["tongjian_commit_seconds_sum"]) == pytest.approx(99.306)
    assert values["tongjian_commit_seconds_count"] == "4"
    assert {name.partition("{")[0] for name in values} == metric_names()
    assert len(latencies.read()["up_to"]) == len(BUCKETS_S) + 1


def test_keys_disk_and_a_silent_engine_are_measured(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_network(monkeypatch.setattr)
    found = Ends(node.chain).read("", START_MS)
    assert found == {"key_ends_s": 3 * 365 * 86_400, "certificate_ends_s": -1}
    assert Ends(node.chain).read("none", START_MS)["key_ends_s"] == -1
    disk = measure_disk(node.folder)
    assert 0 < disk["disk_free"] <= disk["disk_size"]
    assert set(measure_engine(node.folder / "none.sock").values()) == {-1}
