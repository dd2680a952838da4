"""What a node measures of itself beside its standing: for those who must act before it stops."""

import shutil
import threading
import time
from bisect import bisect_left
from pathlib import Path
from typing import Any, Final

from tongjian.core.directory import KEYS, OFFICERS, rows_below
from tongjian.engines.chain import Chain
from tongjian.engines.comet.members import incidents_of, nodes_of
from tongjian.engines.comet.rpc import Rpc, RpcFailed
from tongjian.services.membership.records_certificates import CERTIFICATES

BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the latency histogram."""
SILENT: Final = -1
NEVER_S: Final = -1
"""In place of a span until something ends, where nothing does."""
ENDS_LOOK_S: Final = 60.0
"""Keys and certificates are looked through again after so long."""
_RPC_S: Final = 2.0


class Latencies:
    """A histogram of how long submissions waited for their outcome, since the start."""

    def __init__(self) -> None:
        """Begin empty."""
        self._guard = threading.Lock()
        self._counts = [0] * (len(BUCKETS_S) + 1)
        self._sum_s = 0.0

    def observe(self, seconds: float) -> None:
        """Count one submission."""
        with self._guard:
            self._counts[bisect_left(BUCKETS_S, seconds)] += 1
            self._sum_s += seconds

    def read(self) -> dict[str, Any]:
        """Return counts up to each bound, the last for all, and the sum in seconds."""
        with self._guard:
            up_to = [sum(self._counts[: n + 1]) for n in range(len(self._counts))]
            return {"bounds_s": list(BUCKETS_S), "up_to": up_to, "sum_s": self._sum_s}


class Ends:
    """When the next key and the next certificate of an office end."""

    def __init__(self, chain: Chain) -> None:
        """Look through a chain's rows when asked, and not more often than `ENDS_LOOK_S`."""
        self._chain = chain
        self._looked_s = 0.0
        self._next_ms: dict[str, int] = {}

    def read(self, office: str, now_ms: int) -> dict[str, int]:
        """Return seconds until each ends; `NEVER_S` where none is bound to end."""
        now_s = time.monotonic()
        if not self._looked_s or now_s - self._looked_s > ENDS_LOOK_S:
            self._looked_s = now_s
            self._next_ms = next_ends_ms(self._chain, office, now_ms)
        return {
            name: (at - now_ms) // 1000 if at else NEVER_S for name, at in self._next_ms.items()
        }


def next_ends_ms(chain: Chain, office: str, now_ms: int) -> dict[str, int]:
    """Return when the next key, and the next last certificate of a key, of an office end.

    0 where none does; what has ended or is revoked counts no more. An empty office is any.
    """
    if chain.tip is None:  # the ledger is still to come, by a snapshot
        return dict.fromkeys(("key_ends_s", "certificate_ends_s"), 0)
    officers = {identity: row.office for (identity,), row in rows_below(chain.store, OFFICERS)}
    keys = {
        identity: row.until_ms
        for (identity,), row in rows_below(chain.store, KEYS)
        if not row.revoked_height and office in ("", officers.get(row.officer))
    }
    certificates: dict[bytes, int] = {}
    for (key, _), row in rows_below(chain.store, CERTIFICATES):
        if key in keys:
            certificates[key] = max(certificates.get(key, 0), row.until_ms)
    forever = 1 << 43
    return {
        name: min((at for at in ends.values() if now_ms < at < forever), default=0)
        for name, ends in (("key_ends_s", keys), ("certificate_ends_s", certificates))
    }


def measure_disk(folder: Path) -> dict[str, int]:
    """Return the bytes that are free on a ledger's disk, and its size."""
    usage = shutil.disk_usage(folder)
    return {"disk_free": usage.free, "disk_size": usage.total}


def measure_engine(rpc: Path) -> dict[str, int]:
    """Return the engine's peers and what is in its mempool; `SILENT` where it does not answer."""
    asked = Rpc(rpc, timeout_s=_RPC_S)
    try:
        pool = asked.call("num_unconfirmed_txs")
        return {
            "peers": int(asked.call("net_info")["n_peers"]),
            "mempool": int(pool["n_txs"]),
            "mempool_bytes": int(pool["total_bytes"]),
        }
    except (RpcFailed, KeyError, ValueError):
        return dict.fromkeys(("peers", "mempool", "mempool_bytes"), SILENT)
    finally:
        asked.close()


def measure_part(chain: Chain, node: bytes) -> tuple[str, dict[str, int]]:
    """Return the office that runs a node, and its power, all power, and the incidents there are."""
    nodes = nodes_of(chain)
    own = nodes.get(node)
    return ("" if own is None else own.office), {
        "power": 0 if own is None else int(own.power),
        "power_total": sum(int(one.power) for one in nodes.values()),
        "incidents": len(incidents_of(chain)),
    }
