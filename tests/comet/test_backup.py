"""A backup is taken beside a running ledger; who is put back from it signs nothing twice."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, cluster
from network import found_network, use_network
from newcomers import Load, change_settings, standing
from small import Small, put, things_of

from tongjian.core.hashing import sha256
from tongjian.core.validators import compute_address
from tongjian.engines.comet.rpc import Rpc
from tongjian.engines.outcomes import Status
from tongjian.node import backup, voting
from tongjian.node.backup import BackupError, make_backup, restore_backup, take_image
from tongjian.node.engine_home import VALIDATOR_STATE, EngineHome
from tongjian.node.voting import VotingGuard, recorded_height

__all__ = ["cluster"]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    use_network(monkeypatch.setattr)
    found_network(tmp_path / "ledger")
    small = Small(tmp_path / "ledger")
    with small.opened() as chain:
        for number in range(5):
            small.apply(chain, small.envelope(put(f"thing_{number}", number)))
    return small


def test_a_ledger_is_put_back_as_it_was(ledger: Small, tmp_path: Path) -> None:
    listed = make_backup(ledger.folder, tmp_path / "backup")
    with ledger.opened() as chain:
        things, height = things_of(chain), chain.height
        ledger.apply(chain, ledger.envelope(put("after", 1)))
    assert restore_backup(tmp_path / "backup", tmp_path / "new") == listed
    assert listed.height == height
    restored = Small(tmp_path / "new")
    with restored.opened() as chain:
        assert chain.opened.rebuilt == ""
        assert things_of(chain) == things
        restored.apply(chain, ledger.envelope(put("after", 1)))
    assert make_backup(ledger.folder, tmp_path / "other", with_keys=False).chain == listed.chain
    assert not (tmp_path / "other" / "keys").exists()


def _cut(backup: Path) -> None:
    (backup / "backup.json").unlink()


def _lose(backup: Path) -> None:
    (backup / "genesis.json").unlink()


def _change(backup: Path) -> None:
    data = bytearray((backup / "blocks.log").read_bytes())
    data[-1] ^= 1
    (backup / "blocks.log").write_bytes(data)


def _climb(backup: Path) -> None:
    listed = json.loads((backup / "backup.json").read_text())
    listed["files"]["../outside"] = listed["files"].pop("genesis.json")
    (backup / "backup.json").write_text(json.dumps(listed))


def _other_header(backup: Path) -> None:
    listed = json.loads((backup / "backup.json").read_text())
    listed["header"] = "00" * 32
    (backup / "backup.json").write_text(json.dumps(listed))


def _other_release(backup: Path) -> None:
    listed = json.loads((backup / "backup.json").read_text())
    listed["format"] = "tongjian-backup/9"
    (backup / "backup.json").write_text(json.dumps(listed))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_cut, "no backup, or one that was cut off"),
        (_lose, "is not whole"),
        (_change, "its SHA-256 differs"),
        (_climb, "is not whole"),
        (_other_header, "the backup says 0000"),
        (_other_release, "another release"),
    ],
)
def test_a_backup_that_is_not_as_it_was_made_is_refused(
    ledger: Small, tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    make_backup(ledger.folder, tmp_path / "backup")
    spoil(tmp_path / "backup")
    with pytest.raises(BackupError, match=why):
        restore_backup(tmp_path / "backup", tmp_path / "new")


def test_a_validator_whose_restore_is_cut_off_does_not_vote(
    ledger: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    EngineHome(ledger.folder).make_keys()
    make_backup(ledger.folder, tmp_path / "backup")
    assert EngineHome(tmp_path / "backup").observes()  # also where it is copied by hand

    def is_full(source: Path, target: Path) -> None:
        shutil.copy2(source, target)
        if source.name == "priv_validator_state.json":
            raise OSError

    monkeypatch.setattr(backup, "_copy_sparse", is_full)
    with pytest.raises(OSError):  # noqa: PT011 - the test's own
        restore_backup(tmp_path / "backup", tmp_path / "new")
    assert recorded_height(EngineHome(tmp_path / "new").folder) == 0
    assert EngineHome(tmp_path / "new").observes()


def test_nothing_is_overwritten(ledger: Small, tmp_path: Path) -> None:
    make_backup(ledger.folder, tmp_path / "backup")
    with pytest.raises(BackupError, match="is not empty"):
        make_backup(ledger.folder, tmp_path / "backup")
    with pytest.raises(BackupError, match="is not empty"):
        restore_backup(tmp_path / "backup", ledger.folder)


def test_the_image_of_an_engine_is_of_one_moment(tmp_path: Path) -> None:
    data = tmp_path / "data" / "state.db"
    data.mkdir(parents=True)
    (data / "1.ldb").write_bytes(b"finished")
    (data / "CURRENT").write_bytes(b"open")
    image = take_image(tmp_path, 0)
    (data / "CURRENT").write_bytes(b"later")
    (data / "1.ldb").unlink()
    assert (image / "state.db" / "1.ldb").read_bytes() == b"finished"
    assert (image / "state.db" / "CURRENT").read_bytes() == b"open"


# -- who votes ------------------------------------------------------------------------------------


class Idle:
    """A supervisor whose engine does not run."""

    pid = 0


def votes(*public: bytes, flag: int = 2) -> list[dict[str, Any]]:
    return [
        {"validator": {"address": compute_address(one), "power": 10}, "block_id_flag": flag}
        for one in public
    ]


@pytest.fixture
def engine(tmp_path: Path) -> EngineHome:
    made = EngineHome(tmp_path)
    made.make_keys()
    return made


def test_a_vote_above_the_record_stops_the_validator(engine: EngineHome) -> None:
    own, other = engine.validator_public, sha256(b"other")
    record = engine.folder / VALIDATOR_STATE
    record.write_text('{"height": "7", "round": 0, "step": 3}')
    guard = VotingGuard(engine, Idle())
    guard.heard(6, votes(own, other))
    guard.heard(7, votes(own))
    guard.heard(9, votes(own, flag=1))
    guard.heard(9, votes(other))
    assert not engine.observes()
    guard.heard(9, votes(other, own, flag=3))
    assert "signed block 9 of the engine, but its record ends at 7" in engine.why_observes()
    config = (engine.folder / "config/config.toml").read_text()
    assert 'priv_validator_key_file = "config/observer_key.json"' in config
    assert 'priv_validator_state_file = "data/observer_state.json"' in config


def test_a_validator_votes_again_above_what_was_decided_without_it(engine: EngineHome) -> None:
    engine.observe("a reason")
    engine.configure()
    engine.vote_above(40)
    assert not engine.observes()
    assert recorded_height(engine.folder) == 40
    engine.configure()
    config = (engine.folder / "config/config.toml").read_text()
    assert 'priv_validator_key_file = "config/priv_validator_key.json"' in config
    engine.vote_above(30)
    assert recorded_height(engine.folder) == 40
    (engine.folder / VALIDATOR_STATE).unlink()
    assert recorded_height(engine.folder) == 0


def test_blocks_without_the_validator_are_counted_one_after_the_other(engine: EngineHome) -> None:
    engine.observe("a reason")
    own, other = engine.validator_public, sha256(b"other")
    guard = VotingGuard(engine, Idle())
    for height, who in enumerate((other, other, own, other), 1):
        guard.heard(height, votes(who))
    assert guard.without == 1
    assert voting.WITHOUT == 3


def test_a_block_that_is_asked_for_again_counts_once(engine: EngineHome) -> None:
    guard = VotingGuard(engine, Idle())
    for height in (4, 4, 4, 5):
        guard.heard(height, votes(sha256(b"other")))
    assert guard.without == 2


def test_the_old_blocks_of_a_peer_that_lags_are_not_what_the_network_decides_now(
    engine: EngineHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.observe("a reason")
    guard = VotingGuard(engine, Idle())
    said = {"catching_up": False, "latest_block_time": "2020-01-01T00:00:00.123456789Z"}
    monkeypatch.setattr(Rpc, "call", lambda *_: {"sync_info": said})
    assert not guard._has_caught_up(Rpc(engine.rpc))
    said["latest_block_time"] = "2999-01-01T00:00:00Z"
    assert guard._has_caught_up(Rpc(engine.rpc))
    said["latest_block_time"] = ""
    assert not guard._has_caught_up(Rpc(engine.rpc))
    (engine.folder / "observer.json").unlink()
    assert not guard._has_caught_up(Rpc(engine.rpc))


# -- with real engines ----------------------------------------------------------------------------


def put_in_old(folder: Path, backup: Path, record: str) -> None:
    """Copy old files over those of a node by hand, as nobody should."""
    data = folder / "engine" / "data"
    shutil.rmtree(data)
    shutil.copytree(backup / "engine" / "data", data)
    (folder / "engine" / VALIDATOR_STATE).write_text(record)
    for name in ("blocks.log", "store.lmdb"):
        shutil.copy2(backup / name, folder / name)


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_node_from_a_backup_watches_before_it_votes_and_an_old_record_is_noticed(
    cluster: Cluster,
) -> None:
    for place in cluster.places:
        change_settings(place.folder, snapshot_blocks=0)
    cluster.start()
    load = Load(cluster, 0, 1)
    folder = cluster.places[2].folder
    cluster.wait(lambda: len(load.outcomes) > 5, "load")
    listed = make_backup(folder, cluster.folder / "backup")
    assert listed.height > 2
    old = (folder / "engine" / VALIDATOR_STATE).read_text()
    cluster.wait(lambda: cluster.heights()[2] > listed.height + 5, "blocks after the backup")
    # Put back from the backup: it watches, and votes again by itself.
    cluster.stop(2)
    shutil.move(folder, cluster.folder / "lost")
    restore_backup(cluster.folder / "backup", folder)
    assert "put back from a backup" in EngineHome(folder).why_observes()
    cluster.start(2)
    assert "put back" in standing(cluster, 2)["observes"]
    cluster.wait(lambda: standing(cluster, 2).get("observes") == "", "its vote")
    record = recorded_height(folder / "engine")
    cluster.wait(lambda: recorded_height(folder / "engine") > record, "a new signature")
    # An old record put in by hand: its own signatures in the blocks that it fetches give it away.
    cluster.stop(2)
    before = cluster.heights()[0]
    put_in_old(folder, cluster.folder / "backup", old)
    cluster.start(2)
    cluster.wait(lambda: "of an old backup" in standing(cluster, 2).get("observes", ""), "notice")
    cluster.wait(lambda: standing(cluster, 2).get("observes") == "", "its vote")
    assert recorded_height(folder / "engine") > before
    outcomes = load.end()
    assert {one.status for one in outcomes} == {Status.COMMITTED}
    cluster.agree()
    assert [standing(cluster, n)["misbehaviour"] for n in range(4)] == [0] * 4
