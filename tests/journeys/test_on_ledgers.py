"""The three journeys on a real ledger: sealed blocks, real keys; a receipt and a replay of each."""

import re
from pathlib import Path

import pytest
from journeys import JOURNEYS, Journey, play_on_ledger
from network_world import NetworkWorld

from tongjian.catalogue import load_registry
from tongjian.engines.audit.replay import Counts, Replay
from tongjian.engines.chain import LOG_NAME
from tongjian.engines.receipts import Receipts
from tongjian.verifier.receipt import verify_receipt


def name_of(journey: Journey) -> str:
    return journey.flow


def ignore(counts: Counts) -> None:
    del counts


@pytest.mark.parametrize("journey", JOURNEYS, ids=name_of)
def test_a_journey_goes_the_same_way_in_memory_and_on_a_ledger(
    journey: Journey, tmp_path: Path
) -> None:
    said: list[str] = []
    on_ledger: list[str] = []
    journey.play(said.append)
    world = play_on_ledger(journey, tmp_path, on_ledger.append)
    assert on_ledger == said
    assert world.height > 0


@pytest.mark.parametrize("journey", JOURNEYS, ids=name_of)
def test_a_journey_goes_the_same_way_where_a_network_decides(
    journey: Journey, tmp_path: Path
) -> None:
    said: list[str] = []
    on_network: list[str] = []
    journey.play(said.append)
    play_on_ledger(journey, tmp_path, on_network.append, NetworkWorld)
    without_heights = [re.sub(r"height \d+", "height", text) for text in said]
    assert [re.sub(r"height \d+", "height", text) for text in on_network] == without_heights


@pytest.mark.parametrize("journey", JOURNEYS, ids=name_of)
def test_what_a_journey_left_is_proven_offline_and_recomputed(
    journey: Journey, tmp_path: Path
) -> None:
    world = play_on_ledger(journey, tmp_path / "ledger", lambda _: None)
    home = world.home
    with home.open() as chain:
        envelope = chain.body(chain.height).envelopes[-1]
        receipt = Receipts(chain).of_transaction(chain.opener.open(envelope).id)
        verified = verify_receipt(receipt, home.anchors())
        assert verified.header.height == chain.height
        (tmp_path / "replay").mkdir()
        genesis, log = home.genesis(), home.folder / LOG_NAME
        with Replay(log, genesis, tmp_path / "replay", load_registry(), workers=0) as replay:
            done = replay.run(ignore)
        assert done.header == chain.header(chain.height)
