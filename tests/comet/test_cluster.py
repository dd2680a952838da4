"""Four nodes with real engines: they agree at every height, receipts hold, kills lose nothing."""

from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, cluster
from shelf import THINGS
from small import put

from tongjian.core.block import HEADERS
from tongjian.core.hashing import sha256
from tongjian.engines.outcomes import Status
from tongjian.engines.trust import anchors_of
from tongjian.node.client import NodeSilent
from tongjian.node.home import Home
from tongjian.node.metrics import write_metrics
from tongjian.node.supervisor import EngineMissing, find_binary
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.not_seen import verify_not_seen
from tongjian.verifier.receipt import verify_receipt

__all__ = ["cluster"]
pytestmark = pytest.mark.engine


def client_standing(made: Cluster, number: int) -> dict[str, Any]:
    found = made.standing(number)
    assert found is not None
    return found


def anchors(made: Cluster, number: int = 0) -> Anchors:
    with Home(made.places[number].folder).open() as chain:
        return anchors_of(chain)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_network_decides_and_its_receipts_hold_offline(cluster: Cluster) -> None:
    cluster.start()
    first = cluster.submit(put("alpha", 1), to=(0, 1))
    again = cluster.submit(put("alpha", 2), to=(1, 2))
    assert (first.status, again.status, again.refusal) == (
        Status.COMMITTED,
        Status.REFUSED,
        "shelf/2@0",
    )
    cluster.agree()  # node 3 was not asked and may be a block behind
    written = write_metrics(client_standing(cluster, 3))
    assert f"tongjian_height {again.height}\n" in written
    assert "tongjian_alarm 0\n" in written
    client = cluster.client(3)
    by_row, absent, before = (
        client.ask("receipt", "row", THINGS.key(thing), height)
        for thing, height in (("alpha", -1), ("omega", -1), ("alpha", 2))
    )
    by_id = client.ask("receipt", "transaction", first.id, -1)
    outcome = client.ask("outcome", again.id)
    assert outcome[:2] == [again.height, "shelf/2@0"]
    assert client.ask("outcome", bytes(32))[0] == -1
    missing, headers, peaks, entries = client.ask("absence", bytes(32), first.height - 1)
    heads = HEADERS.decode(headers[0]), HEADERS.decode(headers[1])
    verify_not_seen(sha256, bytes(32), heads, peaks, entries)
    assert (missing, len(entries)) == (-1, 2)
    assert client.ask("absence", first.id, first.height - 1) == [first.height]
    assert verify_receipt(by_id, anchors(cluster)).header == heads[1]
    client.close()
    assert len(cluster.agree()) == again.height + 1
    cluster.stop()
    trusted = anchors(cluster)
    for receipt in (by_row, by_id, absent, before):
        assert len(verify_receipt(receipt, trusted).statements) == 1
    seals = [verify_receipt(one, trusted).steps[2].proves for one in (by_row, before)]
    assert "validators, with power" in seals[0]
    assert "operator's key" in seals[1]
    assert THINGS.key("alpha") in [entry.key for entry in verify_receipt(by_row, trusted).entries]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_kill_9_of_any_part_loses_nothing_and_parts_nobody(cluster: Cluster) -> None:
    cluster.start()
    acknowledged = [cluster.submit(put("alpha", 1))]
    for number, (app, engine) in enumerate([(True, False), (False, True), (True, True)]):
        cluster.kill(number, app=app, engine=engine)
        others = [n for n in range(4) if n != number]
        acknowledged.append(cluster.submit(put(f"while_{number}", 1), to=others))
        if app:
            cluster.start(number)
        acknowledged.append(cluster.submit(put(f"after_{number}", 1), to=(number, others[0])))
    cluster.agree()
    for number in range(4):
        cluster.kill(number)
    with pytest.raises(NodeSilent):
        cluster.submit(put("nobody", 1))
    cluster.start()
    acknowledged.append(cluster.submit(put("after_all", 1)))
    cluster.agree()
    assert {one.status for one in acknowledged} == {Status.COMMITTED}
    for number in range(4):
        client = cluster.client(number)
        for one in acknowledged:
            assert client.ask("outcome", one.id)[:2] == [one.height, ""]
        client.close()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_what_is_submitted_everywhere_is_decided_once(cluster: Cluster) -> None:
    cluster.start()
    envelope = cluster.small.envelope(put("alpha", 1))
    outcomes = []
    for number in range(4):
        client = cluster.client(number)
        outcomes += client.submit([envelope, envelope])
        client.close()
    assert {(one.status, one.height, one.id) for one in outcomes} == {
        (Status.COMMITTED, outcomes[0].height, outcomes[0].id)
    }
    cluster.stop(0)
    client = cluster.client(0, 1)
    (again,) = client.submit([envelope])
    assert (again.height, client.moved) == (outcomes[0].height, 1)
    client.close()
    cluster.agree(1, 2, 3)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_three_of_four_go_on_and_two_of_four_wait(cluster: Cluster) -> None:
    cluster.start()
    cluster.submit(put("alpha", 1))
    cluster.stop(3)
    assert cluster.submit(put("beta", 1), to=(0, 1)).status is Status.COMMITTED
    cluster.stop(2)
    client = cluster.client(0, timeout_s=3)
    with pytest.raises(NodeSilent):
        client.submit([cluster.small.envelope(put("gamma", 1))])
    client.close()
    cluster.start(2, 3)
    cluster.wait(lambda: cluster.submit(put("delta", 1), to=(0,)).height > 0, "a block after all")
    cluster.agree()


def test_without_the_program_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TONGJIAN_COMETBFT", str(tmp_path / "none"))
    with pytest.raises(EngineMissing, match="run `make cometbft`"):
        find_binary()
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho 1.0.1\n")
    other.chmod(0o755)
    monkeypatch.setenv("TONGJIAN_COMETBFT", str(other))
    with pytest.raises(EngineMissing, match=r"is version 1\.0\.1"):
        find_binary()
