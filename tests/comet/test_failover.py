"""A node that dies with a submission, and a deadline that nobody waits for."""

import time
from pathlib import Path

import pytest
from cluster import Cluster, cluster
from shelf import THINGS
from small import lend, put
from terminal import answer

from tongjian.core.hashing import sha256
from tongjian.engines.outcomes import Status
from tongjian.node.home import Home

__all__ = ["cluster"]
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(240)]


def test_a_submission_to_a_node_that_dies_is_decided_once(cluster: Cluster, tmp_path: Path) -> None:
    """One node dies as soon as it has accepted, one when it has decided and not yet answered."""
    cluster.manners = {0: "dies when accepted", 1: "dies when decided"}
    cluster.start()
    cluster.manners = {}
    ids = []
    for number, others in ((0, (2, 3)), (1, (2, 3))):
        client = cluster.client(number, *others)
        (done,) = client.submit([cluster.small.envelope(put(f"thing_{number}", 1))])
        client.close()
        assert (done.status, client.moved > 0) == (Status.COMMITTED, True)
        ids.append((done.id, done.height))
        process = cluster.processes[number]
        assert process is not None
        assert process.wait(30) == -9
        cluster.processes[number] = None
        cluster.start(number)
    cluster.agree()
    path = tmp_path / "absent"
    home = cluster.places[2].folder
    said = answer("outcome", sha256(b"never").hex(), "-o", path, home=home, code=3)
    assert said["status"] == "not seen"
    cluster.stop()
    for place in cluster.places:
        with Home(place.folder).open() as chain:
            listed = [
                chain.opener.open(envelope).id
                for height in range(chain.height + 1)
                for envelope in chain.body(height).envelopes
            ]
            for identity, height in ids:
                assert listed.count(identity) == 1
                found = chain.result(identity)
                assert found is not None
                assert (found[0], found[2].outcome) == (height, "")
    held = answer("verify", path, "--trust", home / "anchors.json")
    assert (held["since"], held["height"]) == (0, said["height"])


def test_a_deadline_makes_a_block_on_a_network_that_is_idle(cluster: Cluster) -> None:
    cluster.start()
    due = time.time_ns() // 1_000_000 + 2000
    done = cluster.submit(lend("book", due))
    assert done.status is Status.COMMITTED
    cluster.wait(lambda: min(cluster.heights()) > done.height, "the deadline's block")
    cluster.agree()
    cluster.stop()
    for place in cluster.places:
        with Home(place.folder).open() as chain:
            body = chain.body(done.height + 1)
            assert (len(body.timers), body.envelopes) == (1, ())
            assert chain.header(done.height + 1).time_ms >= due
            assert chain.store.value(THINGS.key("book")) is None
