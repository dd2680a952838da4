"""A node's standing in the text form of Prometheus, version 0.0.4."""

from collections.abc import Mapping
from typing import Any, Final

METRICS: Final[dict[str, tuple[str, str, str]]] = {
    "height": ("tongjian_height", "gauge", "Height of the ledger's newest block."),
    "log_size": ("tongjian_log_entries", "gauge", "Transactions and deadlines on the ledger."),
    "time_ms": ("tongjian_block_time_ms", "gauge", "Time of the newest block, ms since 1970 UTC."),
    "engine_height": ("tongjian_engine_height", "gauge", "Height of the engine's newest block."),
    "engine_starts": ("tongjian_engine_starts_total", "counter", "Starts of the engine."),
    "waiting": ("tongjian_waiting", "gauge", "Envelopes that wait for the network."),
    "peers": ("tongjian_peers", "gauge", "Peers the engine speaks to; -1 where it is silent."),
    "alarm": ("tongjian_alarm", "gauge", "1 where the node stands still and says why."),
    "recorded": ("tongjian_recorded_total", "counter", "Envelopes recorded since the start."),
    "left": ("tongjian_left_total", "counter", "Envelopes carried and not recorded."),
    "rejected_proposals": (
        "tongjian_rejected_proposals_total",
        "counter",
        "Proposals of others that this node voted down.",
    ),
    "misbehaviour": (
        "tongjian_misbehaviour_total",
        "counter",
        "Proofs that a validator signed twice, seen in blocks since the start.",
    ),
}
"""By the name in a node's standing: name, type and meaning of the metric."""


def write_metrics(standing: Mapping[str, Any]) -> str:
    """Return a node's standing as Prometheus reads it; text counts as 1 where there is any."""
    lines: list[str] = []
    for key, (name, kind, words) in METRICS.items():
        value = standing[key]
        number = int(bool(value)) if isinstance(value, str) else int(value)
        lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}", f"{name} {number}"]
    return "\n".join(lines) + "\n"
