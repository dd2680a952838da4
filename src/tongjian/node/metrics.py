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
    "block_age_s": (
        "tongjian_block_age_seconds",
        "gauge",
        "Time since the engine's newest block; one is made at least every minute.",
    ),
    "parted": (
        "tongjian_app_hash_mismatch",
        "gauge",
        "1 where this node decided something else than the others.",
    ),
    "disk_free": ("tongjian_disk_free_bytes", "gauge", "Free on the disk of the ledger."),
    "disk_size": ("tongjian_disk_size_bytes", "gauge", "Size of the disk of the ledger."),
    "mempool": (
        "tongjian_mempool_transactions",
        "gauge",
        "Bundles in the engine's mempool; -1 where it is silent.",
    ),
    "mempool_bytes": ("tongjian_mempool_bytes", "gauge", "Bytes of them; -1 where it is silent."),
    "key_ends_s": (
        "tongjian_key_expiry_seconds",
        "gauge",
        "Until the next key of the node's office ends; -1 where none is bound to end.",
    ),
    "certificate_ends_s": (
        "tongjian_certificate_expiry_seconds",
        "gauge",
        "Until the next certificate of such a key ends; -1 where none is bound to end.",
    ),
    "signatures": ("tongjian_signatures_total", "counter", "Signatures checked since the start."),
    "power": ("tongjian_power", "gauge", "Voting power of this node; 0 has no vote."),
    "power_total": ("tongjian_power_total", "gauge", "Voting power of all nodes."),
    "incidents": ("tongjian_incidents", "gauge", "Misdeeds of validators on the ledger."),
    "rules_lacking": (
        "tongjian_rules_lacking",
        "gauge",
        "1 where rules are voted in that this release lacks: it stops at their first block.",
    ),
    "observes": (
        "tongjian_observes",
        "gauge",
        "1 where this node's validator does not vote, and its status says why.",
    ),
    "first_block": ("tongjian_first_block", "gauge", "The lowest height whose block is here."),
    "snapshot": ("tongjian_snapshot_height", "gauge", "Of the newest snapshot, the engine's."),
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


LATENCY: Final = "tongjian_commit_seconds"
_LATENCY_WORDS: Final = "From a submission to this node until its outcome is durable."


def metric_names() -> frozenset[str]:
    """Return the names of all series, those of the histogram included."""
    histogram = {f"{LATENCY}_{part}" for part in ("bucket", "sum", "count")}
    return frozenset({name for name, _, _ in METRICS.values()} | histogram)


def write_metrics(standing: Mapping[str, Any]) -> str:
    """Return a node's standing as Prometheus reads it; text counts as 1 where there is any."""
    lines: list[str] = []
    for key, (name, kind, words) in METRICS.items():
        value = standing[key]
        number = int(bool(value)) if isinstance(value, str) else int(value)
        lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}", f"{name} {number}"]
    lines += _histogram(standing["latency"])
    return "\n".join(lines) + "\n"


def _histogram(latency: Mapping[str, Any]) -> list[str]:
    bounds = [*(f"{bound:g}" for bound in latency["bounds_s"]), "+Inf"]
    counts: list[int] = latency["up_to"]
    return [
        f"# HELP {LATENCY} {_LATENCY_WORDS}",
        f"# TYPE {LATENCY} histogram",
        *(f'{LATENCY}_bucket{{le="{le}"}} {n}' for le, n in zip(bounds, counts, strict=True)),
        f"{LATENCY}_sum {latency['sum_s']:.6f}",
        f"{LATENCY}_count {counts[-1]}",
    ]
