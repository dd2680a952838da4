"""Checkpoints and tiles from the command line."""

from pathlib import Path

from terminal import answer, fails, ok, register

from tongjian.core.hashing import sha256
from tongjian.storage.tile_files import TileFiles
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.checkpoint import parse_checkpoint, verify_operator


def test_a_checkpoint_is_printed_as_it_is_signed(used_home: Path) -> None:
    anchors = Anchors.read(used_home / "anchors.json")
    printed = ok("checkpoint", home=used_home).stdout
    assert verify_operator(parse_checkpoint(printed.encode()), anchors).height == 2
    said = answer("checkpoint", "--at-height", 1, home=used_home)
    assert (said["size"], said["height"]) == (1, 1)
    assert verify_operator(parse_checkpoint(said["checkpoint"].encode()), anchors).size == 1
    fails(3, "checkpoint", "--at-height", 9, home=used_home)


def test_tiles_are_written_and_continued(used: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    said = answer("export", "tiles", folder, home=used)
    assert (said["size"], said["written"]) == (2, 3)
    register(used)
    assert ok("export", "tiles", folder, home=used).stdout == f"{folder}\n"
    assert answer("export", "tiles", folder, home=used)["written"] == 1
    files = TileFiles(folder, sha256)
    signed = parse_checkpoint(files.checkpoint())
    assert files.check_tiles(3) == signed.root


def test_the_folder_of_another_log_is_told(used: Path, tmp_path: Path) -> None:
    answer("export", "tiles", tmp_path / "tiles", home=used)
    plan = tmp_path / "plan.toml"
    plan.write_text(ok("init", "--example").stdout, "utf-8")
    ok("init", tmp_path / "other", "--plan", plan)
    assert "another" in fails(6, "export", "tiles", tmp_path / "tiles", home=tmp_path / "other")


def test_without_the_operators_key_there_is_no_head(used: Path, tmp_path: Path) -> None:
    (used / "keys" / "operator.json").unlink()
    assert "only the operator" in fails(5, "checkpoint", home=used)
    fails(5, "export", "tiles", tmp_path / "tiles", home=used)
    assert not (tmp_path / "tiles").exists()
