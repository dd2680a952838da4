"""A node of a network, in one process: the ledger, its application, the engine as a child."""

import contextlib
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tongjian.core.operation import InvariantBroken
from tongjian.core.validators import NETWORK_SUITE
from tongjian.engines.chain import Chain
from tongjian.engines.checkers import Checkers
from tongjian.engines.comet.application import Application
from tongjian.engines.comet.certificates import Certificates
from tongjian.engines.comet.engine import CometEngine
from tongjian.engines.comet.releases import lacking_rules
from tongjian.engines.comet.retention import Retention, make_policy
from tongjian.engines.comet.server import AbciServer, socket_path
from tongjian.engines.comet.snapshots import clear_unfinished
from tongjian.node.backup import take_image
from tongjian.node.clock import now_ms
from tongjian.node.engine_home import EngineHome
from tongjian.node.home import Home, HomeError, calm_collector
from tongjian.node.light_server import LightServer
from tongjian.node.measures import (
    Ends,
    Latencies,
    measure_disk,
    measure_engine,
    measure_part,
)
from tongjian.node.snapshotting import Snapshotter
from tongjian.node.supervisor import Supervisor
from tongjian.node.voting import VotingGuard
from tongjian.storage.errors import StorageError


class Member:
    """What runs on a node; `start` and `stop` it, or use `running`."""

    def __init__(self, home: Home, chain: Chain, *, workers: int = 0) -> None:
        """Prepare over an open, writable chain; nothing runs yet."""
        self.engine_home = EngineHome(home.folder)
        begins = chain.needs_founding()  # with a snapshot of its peers
        if not begins and chain.sealing_key(chain.height + 1).suite != NETWORK_SUITE:
            msg = f"{home.folder} is sealed by its operator; begin with `tongjian network init`"
            raise HomeError(msg)
        self.home = home
        self.chain = chain
        for name in (self.engine_home.abci.name, self.engine_home.rpc.name):
            socket_path(self.engine_home.folder, name)
        self.engine_home.genesis()
        self._checkers = Checkers(workers)
        self.certificates = Certificates(chain, self.engine_home.rpc)
        self.application = Application(chain, self._checkers, now_ms)
        peers = self.engine_home.settings().peers
        self.application.invited = frozenset(peer.partition("@")[0] for peer in peers)
        self.application.retain = self._retention().after_commit
        self._failed = ""
        self.latencies = Latencies()
        self._ends = Ends(chain)
        self.supervisor = Supervisor(
            self.engine_home.folder, self.engine_home.rpc, self._before_start
        )
        self.voting = VotingGuard(self.engine_home, self.supervisor)
        self.application.heard = self.voting.heard
        self._server: AbciServer | None = None
        self._engine: CometEngine | None = None
        self._light: LightServer | None = None
        self._snapshotter: Snapshotter | None = None

    @property
    def engine(self) -> CometEngine:
        """What takes envelopes; raises `HomeError` before `start`."""
        if self._engine is None:
            msg = "the node is not started"
            raise HomeError(msg)
        return self._engine

    def start(self) -> None:
        """Open the socket, start the engine and take envelopes."""
        self.engine_home.configure()
        application = self.application
        self._server = AbciServer(
            self.engine_home.abci, application.handlers(), application.abandon
        )
        self.chain.certify = self.certificates.of
        self._engine = CometEngine(application, self.engine_home.rpc)
        settings = self.engine_home.settings()
        if settings.light:
            self._light = LightServer(settings.light, self.engine_home.rpc)
        if settings.snapshot_blocks:
            self._snapshotter = Snapshotter(self.chain, settings)
        self.voting.start()
        self.supervisor.start()

    def stop(self) -> None:
        """Stop the engine, then what it talked to."""
        self.voting.close()
        self.supervisor.stop()
        if self._snapshotter is not None:
            self._snapshotter.close()
        if self._light is not None:
            self._light.close()
        if self._engine is not None:
            self._engine.close()
        if self._server is not None:
            self._server.close()
        self._checkers.close()

    def _before_start(self) -> str:
        """Make ready for a start of the engine; return why there can be none, or nothing."""
        server = self._server
        failure = None if server is None else server.failure
        if isinstance(failure, InvariantBroken) or (
            failure is not None and not isinstance(failure, StorageError | OSError)
        ):
            return f"this node cannot go on: {type(failure).__name__}: {failure}"
        if server is not None:
            server.failure = None
        if failure is not None:
            # The disk may take writes again by now; if not, the next block fails the same way.
            with contextlib.suppress(StorageError):
                self.chain.reload()
        self.application.begin_again()
        if self._engine is not None:
            self._engine.forgotten()
        return ""

    def engine_image(self) -> str:
        """Return a folder with the engine's files of one moment; whoever asked removes it."""
        return str(take_image(self.engine_home.folder, self.supervisor.pid))

    def _retention(self) -> Retention:
        evidence = self.engine_home.genesis()["consensus_params"]["evidence"]
        settings = self.engine_home.settings()
        snapshots = bool(settings.snapshot_blocks)
        policy = make_policy(settings.keep_blocks, evidence, snapshots=snapshots)
        return Retention(self.chain, self.application.snapshots, policy)

    def standing(self) -> dict[str, Any]:
        """Return where the node stands, for people and for metrics."""
        chain, counts = self.chain, self.application.counts
        with chain.lock:
            tip = chain.tip
            found: dict[str, Any] = {
                "height": chain.height,
                "header": "" if tip is None else self.application.header_hash().hex(),
                "time_ms": tip.time_ms if tip is not None else 0,
                "log_size": tip.log_size if tip is not None else 0,
            }
        found |= {
            "engine_height": self.application.engine_height,
            "engine_pid": self.supervisor.pid,
            "engine_starts": self.supervisor.starts,
            "alarm": self.supervisor.alarm,
            "waiting": 0 if self._engine is None else self._engine.waiting,
            "engine_blocks": counts.engine_blocks,
            "blocks": counts.blocks,
            "recorded": counts.recorded,
            "left": counts.left,
            "rejected_proposals": counts.rejected_proposals,
            "misbehaviour": len(counts.misbehaviour),
            **measure_engine(self.engine_home.rpc),
            **self._kept(),
            **self._measures(),
        }
        return found

    def _measures(self) -> dict[str, Any]:
        """Return what somebody must act on before the node stops."""
        with self.chain.lock:
            office, part = measure_part(self.chain, self.engine_home.node_public)
            ends = self._ends.read(office, now_ms())
        return {
            "block_age_s": int(time.monotonic() - self.application.counts.committed_s),
            "parted": int(self.supervisor.parted),
            "signatures": self.application.admission.signatures,
            "latency": self.latencies.read(),
            **measure_disk(self.home.folder),
            **part,
            **ends,
        }

    def _kept(self) -> dict[str, Any]:
        """Return what of the past is here, and how far a snapshot has come in."""
        snapshots, floor = self.application.snapshots, self.chain.store.floor
        found = snapshots.heights()
        with self.chain.lock:
            lacking = [str(one) for one in lacking_rules(self.chain)]
        return {
            "rules_lacking": "; ".join(lacking),
            "observes": self.engine_home.why_observes(),
            "first_block": 0 if floor is None else floor.blocks,
            "first_state": 0 if floor is None else floor.state,
            "snapshot": found[0] if found else 0,
            "syncing": self.chain.tip is None,
            "chunks_taken": snapshots.taken,
            "snapshots_refused": snapshots.refused[-1:],
        }


@contextmanager
def running(folder: Path, *, workers: int = 0) -> Generator[Member]:
    """Run a node over a ledger's folder until the block ends."""
    home = Home(folder)
    clear_unfinished(folder)
    with home.open(writable=True) as chain:
        calm_collector()
        member = Member(home, chain, workers=workers)
        try:
            member.start()
            yield member
        finally:
            member.stop()
