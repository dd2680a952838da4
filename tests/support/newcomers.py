"""What nodes that join, leave and are put back have in common in tests with real engines."""

import threading
from pathlib import Path
from typing import Any, Final

import msgspec
from cluster import Cluster
from small import OFFICES, put

from tongjian.engines.outcomes import Outcome, Status
from tongjian.node.devnet import Place, free_ports
from tongjian.node.engine_home import EngineHome
from tongjian.node.home import Home
from tongjian.node.joining import (
    accept_invitation,
    make_card,
    peers_of,
    sync_point,
    write_invitation,
)

WRITERS: Final = (0, 1)
"""Nodes that write snapshots: each of its own process, and the machine is small."""


def change_settings(folder: Path, **changes: Any) -> None:
    engine = EngineHome(folder)
    engine.keep_settings(msgspec.structs.replace(engine.settings(), **changes))


def serve_snapshots(made: Cluster, *, keep_blocks: int = 0) -> None:
    """Have every node serve signed headers, and two write snapshots, one after the other."""
    ports = free_ports(len(made.places))
    for number, (place, port) in enumerate(zip(made.places, ports, strict=True)):
        change_settings(
            place.folder,
            light=f"127.0.0.1:{port}",
            snapshot_blocks=1 if number in WRITERS else 0,
            snapshot_s=2,
            keep_blocks=keep_blocks,
            archives=["archive.example:443"],
        )


def invite(made: Cluster, folder: Path, power: int = 0) -> None:
    """Admit a node and lay out its folder; its ledger comes as a snapshot."""
    (port,) = free_ports(1)
    card = make_card(folder, OFFICES[0], f"127.0.0.1:{port}")
    assert made.submit(card.act(power), by=(0, 1)).status is Status.COMMITTED
    first = made.places[0].folder
    home = Home(first)
    engine = EngineHome(first)
    servers = [EngineHome(place.folder).settings().light for place in made.places[1:3]]
    peers = [*engine.settings().peers, engine.peer(made.places[0].listen), *peers_of([card])]
    with home.open() as chain:
        point = sync_point(first, servers)
        write_invitation(home, chain, made.folder / "i.tar", peers, sync=point, blocks=False)
    accept_invitation(made.folder / "i.tar", folder)
    change_settings(folder, one_machine=True, timeout_propose="500ms", timeout_vote="200ms")
    made.places.append(Place(folder, card.listen))
    made.processes.append(None)


def make_headers(made: Cluster) -> None:
    """Have the network sign what a newcomer needs of a snapshot that is there."""
    made.wait(
        lambda: all(standing(made, number).get("snapshot", 0) for number in WRITERS), "snapshots"
    )
    for number in range(3):
        made.submit(put(f"more_{number}", 1))


def standing(made: Cluster, number: int) -> dict[str, Any]:
    """Return where a node stands; nothing where it does not answer."""
    return made.standing(number) or {}


class Load:
    """Submits one transaction after the other until it is told to end."""

    def __init__(self, made: Cluster, *nodes: int) -> None:
        self._made = made
        self._nodes = nodes
        self._ended = threading.Event()
        self.outcomes: list[Outcome] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        client = self._made.client(*self._nodes)
        number = 0
        while not self._ended.is_set():
            envelope = self._made.small.envelope(put(f"load_{number}", number))
            (outcome,) = client.submit([envelope])
            while outcome.status in (Status.UNKNOWN, Status.NOT_RECORDED):
                # The node was stopped over it; what is submitted again is decided once.
                (outcome,) = client.submit([envelope])
            self.outcomes.append(outcome)
            number += 1
        client.close()

    def end(self) -> list[Outcome]:
        self._ended.set()
        self._thread.join()
        return self.outcomes
