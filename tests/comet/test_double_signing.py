"""Two nodes sign with one validator's key: found out by the engine, recorded by everybody."""

import itertools
import re
import shutil
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, needs_engine
from msgspec.structs import replace
from network import use_network
from promql import ENGINE_SERIES
from small import put
from terminal import answer

from tongjian.core.validators import compute_address
from tongjian.engines.comet.members import incidents_of, nodes_of
from tongjian.engines.outcomes import Status
from tongjian.engines.trust import anchors_of
from tongjian.node.devnet import free_ports
from tongjian.node.engine_home import VALIDATOR_KEY, EngineHome
from tongjian.node.home import Home
from tongjian.node.metrics import write_metrics
from tongjian.services.membership.records_incidents import INCIDENTS
from tongjian.verifier.receipt import verify_receipt

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(240)]
CULPRIT, TWIN = 3, 4


@pytest.fixture
def five(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Give five nodes of equal power; the last has the key of the one before it."""
    needs_engine()
    use_network(monkeypatch.setattr)
    folder = Path(tempfile.mkdtemp(prefix="tj"))
    made = Cluster(folder, 5)
    first = EngineHome(made.places[0].folder)
    (port,) = free_ports(1)
    first.keep_settings(replace(first.settings(), metrics=f"127.0.0.1:{port}"))
    key = EngineHome(made.places[CULPRIT].folder).folder / VALIDATOR_KEY
    shutil.copy2(key, EngineHome(made.places[TWIN].folder).folder / VALIDATOR_KEY)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


def rows(made: Cluster, number: int) -> dict[str, Any]:
    with Home(made.places[number].folder).open() as chain:
        powers = sorted(int(node.power) for node in nodes_of(chain).values())
        return {"incidents": list(incidents_of(chain)), "powers": powers}


def check_figures(made: Cluster) -> None:
    """Compare what a node and its engine tell with what the dashboard shows."""
    served = EngineHome(made.places[0].folder).settings().metrics
    with urllib.request.urlopen(f"http://{served}/metrics", timeout=30) as answered:
        named = set(re.findall(r"^(cometbft_[a-z0-9_]+)", answered.read().decode(), re.MULTILINE))
    assert named >= ENGINE_SERIES
    standing = made.standing(0)
    assert standing is not None
    written = write_metrics(standing)
    assert re.search(r"^tongjian_incidents [1-9]$", written, re.MULTILINE)
    assert "tongjian_power_total 40\n" in written


def test_a_key_on_two_nodes_loses_its_power_on_every_node(five: Cluster) -> None:
    public = EngineHome(five.places[CULPRIT].folder).validator_public
    address = compute_address(public).hex()
    five.start()

    numbers = itertools.count()

    def found_out() -> bool:
        assert five.submit(put(f"t{next(numbers)}", 1), to=(0,)).status is Status.COMMITTED
        return bool(rows(five, 0)["incidents"])

    five.wait(found_out, "the misdeed to be recorded", 120)
    after = five.submit(put("after", 1), to=(1,))
    assert after.status is Status.COMMITTED
    five.agree()
    key = INCIDENTS.key(*rows(five, 0)["incidents"][0])
    client = five.client(2)
    receipt = client.ask("receipt", "row", key, -1)
    client.close()
    told = answer("network", "status", home=five.places[0].folder)["incidents"][0]
    assert (told["validator"], told["misdeed"], told["power_after"]) == (
        address,
        "signed_twice",
        0,
    )
    check_figures(five)
    five.stop()
    for number in range(5):
        state = rows(five, number)
        assert state["powers"] == [0, 10, 10, 10, 10]
        assert {one[0] for one in state["incidents"]} == {address}
    with Home(five.places[1].folder).open() as chain:
        entries = verify_receipt(receipt, anchors_of(chain)).entries
    assert key in [entry.key for entry in entries]
