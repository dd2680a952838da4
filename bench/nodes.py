"""Four validators on this machine: ours, or CometBFT with its built-in key-value store.

Both have the engine's configuration that the product writes. What differs for the control stands in
`CONTROL`: no application of its own beside it, no filter of peers, and a mempool for transactions
that no bundle holds together, without rechecks, which serves it best.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.machine import TICKS
from bench.town import Town
from bench.workers import ROOT
from tongjian.engines.comet.rpc import Rpc, RpcFailed
from tongjian.node.client import Client, NodeFailed, NodeSilent
from tongjian.node.devnet import lay_out
from tongjian.node.engine_home import EngineHome
from tongjian.node.supervisor import find_binary

NODES: Final = 4
READY_S: Final = 60.0
LOOK_S: Final = 0.01
CONTROL: Final = {
    "proxy_app": '"kvstore"',
    "filter_peers": "false",
    "recheck": "false",
    "size": "200000",
    "cache_size": "400000",
    "max_body_bytes": "100000000",
    "max_request_batch_size": "10000",
}
"""Settings by which the control differs from what the product writes."""
RUN: Final = "from tongjian.cli import main; main()"


class NotReady(Exception):
    """The nodes did not come to what was waited for; the text says what."""


def wait(holds: Callable[[], object], what: str, timeout_s: float = READY_S) -> float:
    """Wait until something holds; return how long that took, in seconds."""
    began = time.perf_counter()
    while not holds():
        if time.perf_counter() - began > timeout_s:
            msg = f"waited {timeout_s:.0f} s for {what}"
            raise NotReady(msg)
        time.sleep(LOOK_S)
    return time.perf_counter() - began


def cpu_s(pid: int) -> float:
    """Return the processor time of a process and of all below it, user and system, in seconds."""
    spent = 0.0
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children = (task / "children").read_text().split()
            spent += sum(cpu_s(int(child)) for child in children)
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / TICKS
    return spent


class Network:
    """Nodes of this product, in folders beside each other."""

    def __init__(self, town: Town, folder: Path) -> None:
        """Hand a town's ledger over to the nodes; none runs yet."""
        self.places = lay_out(
            town.folder, folder, NODES, voters=town.voters, offices=town.firms[:NODES]
        )
        self.processes: list[subprocess.Popen[bytes] | None] = [None] * NODES

    @property
    def folders(self) -> list[Path]:
        """The nodes' folders."""
        return [place.folder for place in self.places]

    def start(self, *numbers: int) -> None:
        """Start nodes, all by default, and return at once."""
        # As it is installed: modules are compiled once and kept.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
        for number in numbers or range(NODES):
            folder = self.places[number].folder
            with (folder / "node.log").open("ab") as log:
                self.processes[number] = subprocess.Popen(
                    [sys.executable, "-c", RUN, "--home", str(folder), "network", "run"],
                    cwd=ROOT,
                    env=environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )

    def wait_connected(self, *numbers: int) -> None:
        """Wait until nodes answer and speak to all the others that were started."""
        peers = sum(process is not None for process in self.processes) - 1
        for number in numbers or range(NODES):
            wait(partial(self._has_peers, number, peers), f"peers of node {number}")

    def _has_peers(self, number: int, peers: int) -> bool:
        return self.standing(number).get("peers") == peers

    def standing(self, number: int) -> dict[str, Any]:
        """Return where a node stands; nothing where it does not answer."""
        client = Client([self.places[number].folder], 5)
        try:
            found: dict[str, Any] = client.ask("standing")
        except (NodeSilent, NodeFailed):
            return {}
        finally:
            client.close()
        return found

    def cpu_s(self) -> float:
        """Return the processor time of all nodes, engines and checkers so far, in seconds."""
        return sum(cpu_s(process.pid) for process in self.processes if process is not None)

    def kill(self, *numbers: int, engine: bool = False) -> None:
        """Kill nodes with SIGKILL, or only their engines."""
        for number in numbers:
            process = self.processes[number]
            if process is None:
                continue
            if engine:
                os.kill(int(self.standing(number)["engine_pid"]), signal.SIGKILL)
                continue
            process.kill()
            process.wait()
            self.processes[number] = None

    def stop(self) -> None:
        """End all nodes in order."""
        _end(self.processes)


class Control:
    """CometBFT alone, with the key-value store that is built into it."""

    def __init__(self, network: Network, folder: Path) -> None:
        """Make homes with keys, peers and configuration of stopped nodes, and no ledger."""
        self._binary = find_binary()
        self.folders = [folder / f"kv{number}" for number in range(NODES)]
        genesis = EngineHome(network.folders[0]).genesis()
        genesis |= {"initial_height": "1", "app_hash": "", "app_state": {}}
        for ours, theirs in zip(network.folders, self.folders, strict=True):
            shutil.copytree(ours / "engine", theirs / "engine")
            home = EngineHome(theirs)
            home.keep_genesis(genesis)
            home.configure()
            config = theirs / "engine/config/config.toml"
            config.write_text(_changed(config.read_text()), encoding="utf-8")
        self.processes: list[subprocess.Popen[bytes] | None] = [None] * NODES

    def start(self) -> None:
        """Start all nodes and wait until they speak to each other."""
        for number, folder in enumerate(self.folders):
            home = EngineHome(folder)
            with (folder / "node.log").open("ab") as log:
                self.processes[number] = subprocess.Popen(
                    [str(self._binary), "start", "--home", str(home.folder)],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        for number in range(NODES):
            wait(partial(self._has_peers, number), f"peers of control {number}")

    def _has_peers(self, number: int) -> bool:
        rpc = Rpc(EngineHome(self.folders[number]).rpc)
        try:
            return int(rpc.call("net_info")["n_peers"]) == NODES - 1
        except RpcFailed:
            return False
        finally:
            rpc.close()

    def cpu_s(self) -> float:
        """Return the processor time of all nodes so far, in seconds."""
        return sum(cpu_s(process.pid) for process in self.processes if process is not None)

    def stop(self) -> None:
        """End all nodes in order."""
        _end(self.processes)


def stored(folder: Path) -> int:
    """Return how many transactions a control's store has taken in."""
    rpc = Rpc(EngineHome(folder).rpc)
    try:
        told = json.loads(rpc.call("abci_info")["response"].get("data") or "{}")
    finally:
        rpc.close()
    return int(told.get("size", 0))


def _changed(config: str) -> str:
    lines: list[str] = []
    for line in config.splitlines():
        name = line.partition(" = ")[0]
        lines.append(f"{name} = {CONTROL[name]}" if name in CONTROL else line)
        if line == "[rpc]":
            lines.append(f"max_request_batch_size = {CONTROL['max_request_batch_size']}")
    return "\n".join(lines) + "\n"


def _end(processes: Sequence["subprocess.Popen[bytes] | None"]) -> None:
    for process in processes:
        if process is not None:
            process.terminate()
    for process in processes:
        if process is not None:
            process.wait()
