"""What a node survives, and what makes it stand still and say so."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, cluster
from small import put

from tongjian.engines.outcomes import Status

__all__ = ["cluster"]
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(240)]


def standing(made: Cluster, number: int) -> dict[str, Any]:
    found = made.standing(number)
    assert found is not None
    return found


def test_a_node_that_decides_otherwise_raises_an_alarm_and_the_others_go_on(
    cluster: Cluster,
) -> None:
    cluster.manners[3] = "decide otherwise"
    cluster.start()
    for number in range(4):
        done = cluster.submit(put(f"t{number}", 1), to=(0, 1))
        assert done.status is Status.COMMITTED
    cluster.wait(lambda: standing(cluster, 3)["alarm"], "the alarm of node 3")
    assert "cannot agree" in standing(cluster, 3)["alarm"]
    assert standing(cluster, 3)["engine_starts"] == 1
    cluster.agree(0, 1, 2)
    assert standing(cluster, 0)["alarm"] == ""


def test_a_ledger_from_an_old_backup_or_without_its_state_catches_up(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.start()
    cluster.submit(put("alpha", 1))
    cluster.agree()
    cluster.stop(2)
    folder = cluster.places[2].folder
    shutil.copy2(folder / "blocks.log", tmp_path / "blocks.log")
    cluster.start(2)
    for number in range(5):
        cluster.submit(put(f"later_{number}", 1))
    cluster.agree()
    cluster.stop(2, 3)
    shutil.copy2(tmp_path / "blocks.log", folder / "blocks.log")
    for name in ("store.lmdb", "store.lmdb-lock"):
        (folder / name).unlink()
        (cluster.places[3].folder / name).unlink()
    cluster.start(2, 3)
    cluster.submit(put("omega", 1), to=(2,))
    assert len(cluster.agree()) == standing(cluster, 2)["height"] + 1


def test_a_node_whose_engine_lost_its_data_does_not_sign_again(cluster: Cluster) -> None:
    cluster.start()
    for number in range(3):
        cluster.submit(put(f"t{number}", 1))
    cluster.agree()
    cluster.stop(1)
    data = cluster.places[1].folder / "engine" / "data"
    shutil.rmtree(data)
    data.mkdir()
    (data / "priv_validator_state.json").write_text('{"height": "0", "round": 0, "step": 0}')
    cluster.start(1)
    cluster.wait(lambda: standing(cluster, 1)["alarm"], "the alarm of node 1")
    assert "is behind the ledger" in standing(cluster, 1)["alarm"]
    assert standing(cluster, 1)["height"] >= 5
    assert cluster.submit(put("omega", 1), to=(0,)).status is Status.COMMITTED
    cluster.agree(0, 2, 3)
