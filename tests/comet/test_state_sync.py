"""A fifth node joins four by a snapshot, over the engine's own network; what it then can prove."""

import pytest
from cluster import Cluster, cluster
from newcomers import invite, make_headers, serve_snapshots, standing
from shelf import THINGS
from small import put

from tongjian.engines.outcomes import Outcome, Status
from tongjian.engines.trust import anchors_of
from tongjian.node.client import NodeFailed
from tongjian.node.home import Home
from tongjian.verifier.receipt import verify_receipt

__all__ = ["cluster"]
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(240)]


def ask_both(made: Cluster, early: Outcome, refused: Outcome) -> list[bytes]:
    """Ask the node that joined for what it has and has not; return receipts of both."""
    client = made.client(4)
    assert client.ask("outcome", early.id)[:2] == [early.height, ""]
    assert client.ask("outcome", refused.id)[:2] == [refused.height, refused.refusal]
    receipts: list[bytes] = [
        client.ask("receipt", "row", THINGS.key(name), -1) for name in ("early", "late")
    ]
    with pytest.raises(NodeFailed, match="is pruned"):
        client.ask("receipt", "row", THINGS.key("early"), early.height)
    with pytest.raises(NodeFailed, match=r"is pruned.*archive\.example"):
        client.ask("receipt", "transaction", early.id, -1)
    client.close()
    archive = made.client(0)
    receipts.append(archive.ask("receipt", "transaction", early.id, -1))
    archive.close()
    return receipts


def test_a_fifth_node_joins_by_a_snapshot_and_goes_on(cluster: Cluster) -> None:
    serve_snapshots(cluster)
    cluster.start()
    early = cluster.submit(put("early", 1))
    refused = cluster.submit(put("early", 2))
    make_headers(cluster)
    invite(cluster, cluster.folder / "node4")
    cluster.start(4)
    cluster.wait(lambda: standing(cluster, 4).get("height", -1) > 0, "the snapshot")
    assert cluster.submit(put("late", 1), to=(4,)).status is Status.COMMITTED
    hashes = cluster.agree()
    assert standing(cluster, 4)["first_block"] == standing(cluster, 4)["first_state"]
    assert standing(cluster, 4)["first_block"] > early.height
    receipts = ask_both(cluster, early, refused)
    # Stopped and started, it goes on from its own ledger.
    cluster.stop(4)
    cluster.start(4)
    assert cluster.submit(put("again", 1), to=(4,)).status is Status.COMMITTED
    assert cluster.agree()[: len(hashes)] == hashes
    cluster.stop()
    with Home(cluster.places[0].folder).open() as chain:
        anchors = anchors_of(chain)
    for receipt in receipts:
        verify_receipt(receipt, anchors)
