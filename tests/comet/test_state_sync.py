"""A fifth node joins four by a snapshot, over the engine's own network; what it then can prove."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from cluster import Cluster, cluster
from shelf import THINGS
from small import OFFICES, put

from tongjian.engines.outcomes import Status
from tongjian.engines.trust import anchors_of
from tongjian.node.client import NodeFailed
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
from tongjian.verifier.receipt import verify_receipt

__all__ = ["cluster"]
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(240)]


def change_settings(folder: Path, **changes: Any) -> None:
    engine = EngineHome(folder)
    engine.keep_settings(msgspec.structs.replace(engine.settings(), **changes))


def serve_snapshots(made: Cluster, *, keep_blocks: int = 0) -> None:
    """Have every node write snapshots at every look, and serve signed headers."""
    for place, port in zip(made.places, free_ports(len(made.places)), strict=True):
        change_settings(
            place.folder,
            light=f"127.0.0.1:{port}",
            snapshot_blocks=1,
            snapshot_s=0,
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
        lambda: all((made.standing(n) or {}).get("snapshot", 0) for n in range(4)), "snapshots"
    )
    for number in range(3):
        made.submit(put(f"more_{number}", 1))


def test_a_fifth_node_joins_by_a_snapshot_and_goes_on(cluster: Cluster) -> None:
    serve_snapshots(cluster)
    cluster.start()
    early = cluster.submit(put("early", 1))
    refused = cluster.submit(put("early", 2))
    make_headers(cluster)
    invite(cluster, cluster.folder / "node4")
    cluster.start(4)
    cluster.wait(lambda: (cluster.standing(4) or {}).get("height", -1) > 0, "the snapshot")
    assert cluster.submit(put("late", 1), to=(4,)).status is Status.COMMITTED
    hashes = cluster.agree()
    client = cluster.client(4)
    standing = client.ask("standing")
    assert standing["first_block"] == standing["first_state"] > early.height
    assert client.ask("outcome", early.id)[:2] == [early.height, ""]
    assert client.ask("outcome", refused.id)[:2] == [refused.height, refused.refusal]
    rows = [client.ask("receipt", "row", THINGS.key(name), -1) for name in ("early", "late")]
    with pytest.raises(NodeFailed, match="is pruned"):
        client.ask("receipt", "row", THINGS.key("early"), early.height)
    with pytest.raises(NodeFailed, match=r"is pruned.*archive\.example"):
        client.ask("receipt", "transaction", early.id, -1)
    client.close()
    archive = cluster.client(0)
    rows.append(archive.ask("receipt", "transaction", early.id, -1))
    archive.close()
    cluster.stop()
    with Home(cluster.places[0].folder).open() as chain:
        anchors = anchors_of(chain)
    for receipt in rows:
        verify_receipt(receipt, anchors)
    # Stopped and started, it goes on from its own ledger.
    cluster.start()
    assert cluster.submit(put("again", 1), to=(4,)).status is Status.COMMITTED
    assert cluster.agree()[: len(hashes)] == hashes
