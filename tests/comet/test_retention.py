"""Pruning keeps what receipts need, and says who has the rest."""

import contextlib
import shutil
from pathlib import Path

import pytest
from network import Node, bundle, sign_all
from shelf import THINGS
from small import Small, change, drop, put, things_of

from tongjian.cli.deep_blocks import check_blocks
from tongjian.core.hashing import sha256
from tongjian.core.merkle import follow_inclusion
from tongjian.core.operation import Act
from tongjian.engines.chain import Chain
from tongjian.engines.comet.retention import Policy, Retention, make_policy
from tongjian.engines.comet.snapshot_maker import make_snapshot
from tongjian.node.backup import copy_chain
from tongjian.node.home import Home
from tongjian.storage.checks import check_entries
from tongjian.storage.errors import LogDamaged, Pruned
from tongjian.storage.store import Store

KEPT = 6


def live(node: Node, town: Small, blocks: int) -> dict[bytes, tuple[int, str]]:
    """Make blocks of changes, removals and refusals; return what was decided, by id."""
    decided: dict[bytes, tuple[int, str]] = {}
    for _ in range(blocks):
        number = node.chain.height
        acts: list[Act] = [put(f"new_{number}_{n}", n) for n in range(30)]
        acts += [change(f"new_{number - 1}_{n}", 7) for n in range(0, 30, 2)]
        acts += [drop(f"new_{number - 2}_{n}") for n in range(0, 30, 3)]
        acts.append(put(f"new_{number}_1", 1))
        envelopes = sign_all(town, *acts)
        node.engine.block(bundle(*envelopes))
        for one in envelopes:
            identity = node.chain.opener.open(one).id
            height, _, result = node.chain.result(identity) or pytest.fail("not recorded")
            decided[identity] = height, result.outcome
    return decided


def keep(node: Node, policy: Policy) -> None:
    node.application.retain = Retention(node.chain, node.application.snapshots, policy).after_commit


def test_what_is_kept_is_proven_and_the_rest_is_told_as_pruned(node: Node, town: Small) -> None:
    first = node.chain.height + 1
    keep(node, Policy(KEPT, 0, 0, step=1))
    node.chain.archives = "archive.example:443"
    decided = live(node, town, 14)
    pruned, tip = node.chain, node.chain.height
    floor = pruned.store.floor
    assert floor is not None
    assert (floor.blocks, floor.state) == (tip - KEPT + 1, tip - KEPT + 1)
    for height in range(first, tip + 1):
        with pytest.raises(Pruned) if height < floor.blocks else contextlib.nullcontext():
            pruned.frame(height)
        assert pruned.header(height).height == height
    assert things_of(pruned)
    for height in (floor.blocks, tip - 2, tip):
        for name in [f"new_{h}_{n}" for h in range(4, tip) for n in (0, 1, 2, 3)]:
            number = pruned.prover.entry_at(THINGS.key(name), height)
            if number is None:
                number = pruned.prover.before_at(THINGS.key(name), height)
            proof = pruned.prover.state_proof([number], height)
            assert proof.entry_count == pruned.prover.view(height).count
        assert pruned.prover.view(height).root() == pruned.header(height).state_root
    with pytest.raises(Pruned, match="is pruned"):
        pruned.prover.entry_at(THINGS.key("new_4_1"), floor.state - 1)
    with pytest.raises(Pruned, match=r"height \d+ is pruned.*archive\.example:443"):
        pruned.result(next(iter(decided)))
    assert {one: pruned.outcome(one) for one in decided} == decided
    assert {said for _, said in decided.values()} == {"", "shelf/1@0", "shelf/2@0"}
    size = pruned.log_size(tip)
    for index in range(pruned.log_size(floor.blocks), size, 9):
        leaf, path = pruned.store.tiles.node(0, index), pruned.prover.log_path(index, size)
        assert follow_inclusion(sha256, leaf, index, size, path) == pruned.header(tip).log_root


def test_a_pruned_ledger_is_opened_again_and_goes_on(node: Node, town: Small) -> None:
    keep(node, Policy(KEPT, 0, 0, step=1))
    live(node, town, 12)
    before, room = node.application.header_hash(), node.folder / "blocks.log"
    used = room.stat().st_blocks * 512
    assert used < room.stat().st_size
    node.chain.reload()
    assert node.chain.opened.rebuilt == ""
    assert node.application.header_hash() == before
    live(node, town, 3)
    assert node.chain.log.kept() is not None
    with pytest.raises(Pruned, match="begins with block"):
        list(node.chain.log.frames())
    (kept, offset) = node.chain.log.kept() or (0, 0)
    assert next(node.chain.log.frames(offset)).offset == offset
    assert kept == node.chain.height - KEPT  # a step behind the store
    node.chain.close()
    (node.folder / "store.lmdb").unlink()
    with pytest.raises(Pruned, match="comes from a backup, or from a snapshot"):
        Chain(node.folder, town.genesis, writable=True)
    with room.open("r+b") as file:
        file.seek(45)
        file.write(b"\xff")
    with pytest.raises(LogDamaged, match="note of what was pruned"):
        Chain(node.folder, town.genesis, writable=True)
    room.unlink()
    node.chain = Chain(node.folder, town.genesis, writable=True)


def test_a_backup_that_is_taken_while_blocks_are_pruned_has_what_its_store_names(
    node: Node, town: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(node, Policy(KEPT, 0, 0, step=1))
    live(node, town, 8)
    copy = Store.copy

    def copy_slowly(store: Store, path: Path) -> None:
        live(node, town, 1)
        copy(store, path)
        live(node, town, 3)

    monkeypatch.setattr(Store, "copy", copy_slowly)
    target = tmp_path / "backup"
    target.mkdir()
    copy_chain(node.chain, target)
    with contextlib.closing(Chain(target, town.genesis, writable=True)) as restored:
        assert (restored.height, restored.opened.rebuilt) == (node.chain.height, "")
        floor, kept = restored.store.floor, restored.log.kept()
        assert floor is not None
        assert kept is not None
        assert kept.height <= floor.blocks
        for height in range(floor.blocks, restored.height + 1):
            assert restored.frame(height).end > 0
            assert restored.header(height) == node.chain.header(height)


def test_a_pruned_ledger_is_examined_as_far_as_it_goes(node: Node, town: Small) -> None:
    keep(node, Policy(KEPT, 0, 0, step=1))
    live(node, town, 12)
    tree = node.chain.commitment.tree
    assert check_entries(node.chain.store, tree, node.chain.digest) == tree.count
    blocks = check_blocks(Home(node.folder), node.chain)
    assert [(one.state, "are pruned" in one.text) for one in blocks] == [("note", True)]
    with pytest.raises(Pruned):
        list(check_blocks(Home(node.folder), None))


def test_nothing_is_pruned_that_the_engine_or_a_newcomer_needs(node: Node, town: Small) -> None:
    height, engine = node.chain.height, node.engine.height
    live(node, town, 10)

    snapshots = node.application.snapshots
    for policy, first in (
        (Policy(0, 0, 0, step=1), 0),
        (Policy(100, 0, 0, step=1), 0),
        (Policy(1, 100, 0, step=1), 0),
        (Policy(1, 0, 10**9, step=1), 0),
        (Policy(1, 0, 0, step=1000), 0),
        (Policy(1, 0, 0, step=1, snapshots=True), 0),
        (Policy(1, 5, 0, step=1), height + 6),
        (Policy(1, 0, 3500, step=1), height + 7),
    ):
        node.chain.reload()
        got = Retention(node.chain, snapshots, policy).after_commit(node.engine.height)
        floor = node.chain.store.floor
        assert (0 if floor is None else floor.blocks) == first
        assert got == (0 if not first else engine + first - height)


def test_what_follows_a_snapshot_on_offer_is_kept(node: Node, town: Small) -> None:
    live(node, town, 3)
    make_snapshot(node.chain)
    offered = node.chain.height
    keep(node, Policy(1, 0, 0, step=1))
    live(node, town, 4)
    floor = node.chain.store.floor
    assert floor is not None
    assert floor.blocks == offered


def test_a_pruned_node_still_writes_snapshots_from_what_it_kept(node: Node, town: Small) -> None:
    live(node, town, 3)
    shutil.rmtree(make_snapshot(node.chain))
    whole = make_snapshot(node.chain)
    keep(node, Policy(1, 0, 0, step=1))
    live(node, town, 5)
    assert node.chain.store.floor is not None
    assert make_snapshot(node.chain) != whole


def test_the_policy_comes_from_settings_and_genesis() -> None:
    evidence = {"max_age_num_blocks": "1000", "max_age_duration": "2000000000"}
    assert make_policy(7, evidence, snapshots=True) == Policy(7, 1000, 2000, snapshots=True)
