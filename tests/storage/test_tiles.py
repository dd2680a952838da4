"""The tiles of the transaction log against a slow model that hashes every node anew."""

import random
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongjian.core.hashing import HashSuite, hash_of, sha256
from tongjian.core.merkle import Frontier, inclusion_proof, verify_inclusion
from tongjian.storage.tiles import TILE_HASHES, Tiles, tile_name

LEAVES = [sha256(number.to_bytes(4, "big")) for number in range(5000)]


@cache
def model(level: int, index: int) -> bytes:
    """Hash a complete node of the log of `LEAVES` from its two children."""
    if level == 0:
        return LEAVES[index]
    return sha256(b"\x01" + model(level - 1, 2 * index) + model(level - 1, 2 * index + 1))


class Disk(dict[bytes, bytes]):
    """Stored tiles, and the log that is opened over them."""

    size = 0

    def open(self) -> Tiles:
        return Tiles(sha256, self.get)

    def append(self, tiles: Tiles, leaves: list[bytes]) -> None:
        self.update(tiles.append(leaves, self.size))
        self.size += len(leaves)


def filled(sizes: list[int], *, reopen: bool) -> tuple[Disk, Tiles]:
    """Append leaves up to each size in turn."""
    disk = Disk()
    tiles = disk.open()
    for start, end in pairwise([0, *sizes]):
        disk.append(tiles, LEAVES[start:end])
        if reopen:
            tiles = disk.open()
    return disk, tiles


def all_nodes(size: int) -> list[tuple[int, int]]:
    return [(level, index) for level in range(size.bit_length()) for index in range(size >> level)]


@pytest.mark.parametrize("reopen", [False, True])
def test_every_node_of_a_growing_log_is_that_of_the_model(*, reopen: bool) -> None:
    sizes = [1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 1000, 1024, 2047, 4096, 4097, 5000]
    for end in range(1, len(sizes) + 1):
        _, tiles = filled(sizes[:end], reopen=reopen)
        size = sizes[end - 1]
        # Every node near the right edge, which changes; elsewhere a sample.
        near = [(level, index) for level, index in all_nodes(size) if index + 600 > size >> level]
        some = random.Random(size).sample(all_nodes(size), min(200, size))
        for level, index in (*near, *some):
            assert tiles.node(level, index) == model(level, index), (size, level, index)


def test_one_leaf_at_a_time_gives_the_same_tiles_as_all_at_once() -> None:
    size = 2 * TILE_HASHES + 3
    one, _ = filled(list(range(1, size + 1)), reopen=False)
    reopened, _ = filled(list(range(1, size + 1)), reopen=True)
    together, _ = filled([size], reopen=False)

    assert one == reopened == together


def test_three_levels_of_tiles_grow_as_they_should() -> None:
    # 65,536 leaves fill the first tile of the second level; the model is the frontier.
    disk = Disk()
    tiles = disk.open()
    frontier = Frontier(sha256)
    size = TILE_HASHES * TILE_HASHES + TILE_HASHES + 1
    leaves = [number.to_bytes(32, "big") for number in range(size)]
    for start in range(0, size, 10_000):
        disk.append(tiles, leaves[start : start + 10_000])
    for leaf in leaves:
        frontier.append(leaf)
    reopened = disk.open()

    assert tile_name(2, 0) in disk
    assert len(disk[tile_name(1, 0)]) == 32 * TILE_HASHES
    for index in (0, 255, 256, 65_535, 65_536, size - 1):
        for source in (tiles, reopened):
            path = inclusion_proof(sha256, index, size, source.node)
            verify_inclusion(sha256, leaves[index], index, size, path, frontier.root())


@given(batches=st.lists(st.integers(1, 400), min_size=1, max_size=8), reopen=st.booleans())
def test_any_batches_give_paths_that_verify(*, batches: list[int], reopen: bool) -> None:
    sizes = [sum(batches[: n + 1]) for n in range(len(batches))]
    _, tiles = filled(sizes, reopen=reopen)
    frontier = Frontier(sha256)
    for leaf in LEAVES[: sizes[-1]]:
        frontier.append(leaf)
    for index in (0, sizes[-1] // 2, sizes[-1] - 1):
        path = inclusion_proof(sha256, index, sizes[-1], tiles.node)
        verify_inclusion(sha256, LEAVES[index], index, sizes[-1], path, frontier.root())


def test_a_partial_tile_that_was_read_is_read_again_when_it_has_grown() -> None:
    disk, tiles = filled([100], reopen=False)
    assert tiles.node(0, 99) == LEAVES[99]
    with pytest.raises(KeyError, match="does not reach"):
        tiles.node(0, 100)
    disk.append(tiles, LEAVES[100:300])

    assert [tiles.node(0, index) for index in (99, 100, 255, 256, 299)] == [
        LEAVES[index] for index in (99, 100, 255, 256, 299)
    ]
    assert tiles.node(8, 0) == model(8, 0)


@pytest.mark.parametrize(("level", "index"), [(0, 300), (1, 150), (8, 1), (9, 0), (20, 0)])
def test_a_node_that_is_not_complete_is_not_given(level: int, index: int) -> None:
    _, tiles = filled([300], reopen=False)

    with pytest.raises(KeyError):
        tiles.node(level, index)


def test_leaves_of_a_block_that_was_not_stored_are_forgotten() -> None:
    disk, tiles = filled([250], reopen=False)
    list(tiles.append(LEAVES[1000:1100], 250))  # what it yields is lost with the block
    tiles.forget()
    disk.append(tiles, LEAVES[250:300])

    assert tiles.node(0, 255) == LEAVES[255]
    assert tiles.node(8, 0) == model(8, 0)


def test_the_cache_of_tiles_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongjian.storage.tiles.TILES_CACHED_MAX", 3)
    _, tiles = filled([5000], reopen=False)
    for index in range(0, 4999, 100):
        assert tiles.node(0, index) == LEAVES[index]

    assert len(tiles._nodes) == 3


def test_tiles_take_the_hash_of_the_chain() -> None:
    sm3 = hash_of(HashSuite.SM3)
    disk: dict[bytes, bytes] = {}
    tiles = Tiles(sm3, disk.get)
    disk.update(tiles.append(LEAVES[:2], 0))

    assert tiles.node(1, 0) == sm3(b"\x01" + LEAVES[0] + LEAVES[1])
