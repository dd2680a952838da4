"""A new node joins a large ledger by a snapshot: `python -m bench.state_sync`.

A million transactions are lived through on one machine, the ledger is handed over to a network of
four nodes on this machine, one writes a snapshot beside its work, and a fifth node joins. Told is
the time from its start until it stands at the network's height, and what it took.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.auditing import live
from bench.machine import facts
from bench.town import Town
from tongjian.engines.chain import STORE_NAME
from tongjian.engines.comet.snapshot_maker import FOLDER
from tongjian.node.client import Client, NodeSilent
from tongjian.node.devnet import free_ports, lay_out
from tongjian.node.engine_home import EngineHome
from tongjian.node.home import Home
from tongjian.node.joining import (
    accept_invitation,
    make_card,
    peers_of,
    sync_point,
    write_invitation,
)
from tongjian.node.signing import sign_acts

NODES: Final = 4
WAIT_S: Final = 600.0
GOVERNOR: Final = "tax-handler"


class Late(Exception):
    """Something did not come about in the time that a measurement waits."""


def main() -> None:
    """Take the options, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--ledger", type=Path, help="a ledger of bench.auditing that is there")
    parser.add_argument("--place", type=Path, help="folder for the network; else the system's")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tj", dir=options.place) as name:
        folder = Path(name)
        for key, value in facts(folder).items():
            print(f"- {key}: {value}")
        origin = options.ledger
        if origin is None:
            origin = folder / "ledger"
            live(Town(origin), options.transactions, 1, 2)
        for line in measure(origin, folder):
            print(line, flush=True)


def measure(origin: Path, folder: Path) -> list[str]:
    """Hand a ledger over to a network, have a fifth node join; return what to tell."""
    home = Home(origin)
    offices = [home.genesis().offices[0].uscc]
    places = lay_out(origin, folder, NODES, voters=(GOVERNOR,), offices=offices)
    for place, port in zip(places, free_ports(NODES), strict=True):
        # The state follows from the blocks; a copy of it spares the measurement four replays.
        shutil.copy2(origin / STORE_NAME, place.folder / STORE_NAME)
        _set(place.folder, light=f"127.0.0.1:{port}", snapshot_blocks=0)
    _set(places[0].folder, snapshot_blocks=1, snapshot_s=1)
    folders = [place.folder for place in places]
    nodes = [_start(one) for one in folders]
    try:
        _wait(lambda: all(_standing(one) for one in folders), "the nodes to answer")
        return _join(home, folders, nodes)
    finally:
        for node in nodes:
            node.terminate()
        for node in nodes:
            node.wait()


def _join(home: Home, folders: list[Path], nodes: "list[subprocess.Popen[bytes]]") -> list[str]:
    first, fifth = folders[0], folders[0].parent / "node4"
    (port,) = free_ports(1)
    card = make_card(fifth, Home(first).genesis().offices[0].uscc, f"127.0.0.1:{port}")
    client = Client(folders)
    began = time.monotonic()
    with Home(first).open() as chain:
        envelope = sign_acts(chain, [home.key(GOVERNOR)], (card.act(0),))
    (outcome,) = client.submit([envelope])
    _wait(lambda: _standing(first).get("snapshot", 0), "a snapshot")
    written_s = time.monotonic() - began
    _set(first, snapshot_blocks=0)
    # The engine makes an empty block a minute: two headers after the snapshot prove it.
    newest = _standing(first)["snapshot"]
    _wait(lambda: _standing(first)["engine_height"] >= newest + 2, "headers after the snapshot")
    with Home(first).open() as chain:
        engine = EngineHome(first)
        peers = [*engine.settings().peers, engine.peer(engine.settings().listen)]
        point = sync_point(first, [EngineHome(one).settings().light for one in folders[1:3]])
        invitation = fifth.parent / "invitation.tar"
        write_invitation(
            Home(first), chain, invitation, [*peers, *peers_of([card])], sync=point, blocks=False
        )
    accept_invitation(invitation, fifth)
    _set(fifth, one_machine=True)
    began = time.monotonic()
    nodes.append(_start(fifth))
    height = outcome.height
    _wait(lambda: _standing(fifth).get("height", -1) >= height, "the fifth node")
    joined_s = time.monotonic() - began
    size = sum(p.stat().st_size for p in (first / FOLDER).glob("*/[0-9]*"))
    rss = _peak_mib(nodes[-1].pid)
    standing = _standing(fifth)
    return [
        f"| log of the ledger | {standing['log_size']:,} transactions, {height:,} blocks |",
        f"| snapshot written beside the running node | {written_s:.1f} s |",
        f"| its size | {size / 1e6:.0f} MB in {standing['chunks_taken']} chunks |",
        f"| joined: start of the process to the network's height | {joined_s:.1f} s |",
        f"| peak memory of the node that joined | {rss:.0f} MiB |",
    ]


def _set(folder: Path, **changes: Any) -> None:
    engine = EngineHome(folder)
    engine.keep_settings(msgspec.structs.replace(engine.settings(), **changes))


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    program = "from tongjian.cli import main; main()"
    with (folder / "node.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", program, "--home", str(folder), "network", "run"],
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _standing(folder: Path) -> dict[str, Any]:
    client = Client([folder], 10)
    try:
        found: dict[str, Any] = client.ask("standing")
    except NodeSilent:
        return {}
    finally:
        client.close()
    return found


def _wait(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > end:
            raise Late(what)
        time.sleep(0.1)


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
