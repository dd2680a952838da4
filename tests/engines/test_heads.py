"""The log as files: whole, continued, recomputed from the files alone, never mixed with another."""

import shutil
from pathlib import Path

import pytest
from small import Small, found_small, put, use_shelf

from tongjian.core.hashing import sha256
from tongjian.engines.chain import Chain
from tongjian.engines.heads import OtherLog, export_tiles, head_at, log_entries
from tongjian.storage.errors import LogDamaged
from tongjian.storage.tile_files import TileFiles, tile_path, tiles_of, unpack_bundle
from tongjian.verifier.checkpoint import parse_checkpoint, verify_operator

BLOCK = 40


def grow(small: Small, chain: Chain, entries: int) -> None:
    made = chain.log_size(chain.height)
    while made < entries:
        count = min(BLOCK, entries - made)
        small.apply(
            chain, *(small.envelope(put(f"thing_{n}", n)) for n in range(made, made + count))
        )
        made += count


def export(small: Small, chain: Chain, folder: Path) -> int:
    signer = small.seal_key.signer(chain.sealing_key(chain.height))
    head, written = export_tiles(chain, folder, signer)
    assert head == head_at(chain, chain.height)
    return written


def checked(small: Small, folder: Path) -> int:
    """Recompute the root from the files alone, compare it with the signed head."""
    files = TileFiles(folder, sha256)
    signed = parse_checkpoint(files.checkpoint())
    verify_operator(signed, small.anchors)
    if signed.size:
        assert files.check_tiles(signed.size) == signed.root
    return signed.size


def test_the_log_is_continued_file_by_file(small: Small, tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    with small.opened() as chain:
        assert export(small, chain, folder) == 1
        for size in (1, 5, 255, 256, 257, 300, 513):
            grow(small, chain, size)
            export(small, chain, folder)
            assert checked(small, folder) == size
        assert export(small, chain, folder) == 1  # the checkpoint
        fresh = tmp_path / "fresh"
        export(small, chain, fresh)
        entries = list(TileFiles(folder, sha256).entries(0, 513))
        assert entries == list(log_entries(chain, 0, 513))
        assert entries[300:400] == list(log_entries(chain, 300, 400))
        assert list(TileFiles(folder, sha256).entries(300, 513)) == entries[300:]
        assert list(TileFiles(folder, sha256).entries(300, 400)) == entries[300:400]
    for path in fresh.rglob("*"):
        if path.is_file():
            assert (folder / path.relative_to(fresh)).read_bytes() == path.read_bytes()
    assert not (folder / "tile/0/000.p").exists()
    assert not list(folder.rglob("*.draft"))


def test_an_export_that_was_cut_short_is_completed(small: Small, tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    with small.opened() as chain:
        grow(small, chain, 300)
        export(small, chain, folder)
        (folder / "checkpoint").unlink()
        (folder / "tile/0/000").write_bytes(b"of a crash")
        export(small, chain, folder)
    assert checked(small, folder) == 300


def test_another_history_is_never_mixed_in(small: Small, tmp_path: Path) -> None:
    folder, copied = tmp_path / "tiles", tmp_path / "fork"
    shutil.copytree(small.folder, copied)
    fork = Small(copied)
    with small.opened() as chain:
        grow(small, chain, 9)
        export(small, chain, folder)
    before = (folder / "checkpoint").read_bytes()
    with fork.opened() as chain:
        grow(fork, chain, 4)
        with pytest.raises(OtherLog, match="of size 9"):
            export(fork, chain, folder)
        fork.apply(chain, *(fork.envelope(put(f"other_{n}", n)) for n in range(7)))
        with pytest.raises(OtherLog, match="evidence"):
            export(fork, chain, folder)
    assert (folder / "checkpoint").read_bytes() == before


def test_a_folder_of_another_ledger_is_refused(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_shelf(monkeypatch.setattr)
    found_small(tmp_path / "second")
    second = Small(tmp_path / "second")
    folder = tmp_path / "tiles"
    with small.opened() as chain:
        export(small, chain, folder)
    with second.opened() as chain:
        with pytest.raises(OtherLog, match="Choose another"):
            export(second, chain, folder)
        (folder / "checkpoint").write_text("nothing")
        with pytest.raises(OtherLog, match="cannot be read"):
            export(second, chain, folder)


def test_changed_files_are_found(small: Small, tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    with small.opened() as chain:
        grow(small, chain, 260)
        export(small, chain, folder)
    files = TileFiles(folder, sha256)
    for name in ("tile/0/000", "tile/0/001.p/4", "tile/1/000.p/1", "tile/entries/000"):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(LogDamaged):
            files.check_tiles(260)
        (folder / name).write_bytes(data)
    assert files.check_tiles(260)
    (folder / "tile/entries/001.p/4").unlink()
    with pytest.raises(LogDamaged, match="missing"):
        files.check_tiles(260)


def test_names_are_those_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 0, 7) == "tile/entries/000.p/7"
    assert tile_path(1, 1000) == "tile/1/x001/000"
    assert list(tiles_of(70000)) == [
        *((0, n, 256) for n in range(273)),
        (0, 273, 112),
        (1, 0, 256),
        (1, 1, 17),
        (2, 0, 1),
    ]
    with pytest.raises(LogDamaged):
        unpack_bundle(b"\x00\x05abc", 1, "cut")
