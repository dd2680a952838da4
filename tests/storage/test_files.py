"""A file is there whole, as before, or not at all."""

import os
import stat
from pathlib import Path

import pytest

from tongjian.storage.files import write_json, write_whole


def test_a_file_is_replaced_and_no_draft_stays(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert [found.name for found in path.parent.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")

    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_room)
        with pytest.raises(OSError, match="No space"):
            write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    write_whole(path, b"new")  # the draft of the failed one is in nobody's way
    assert path.read_bytes() == b"new"


def test_a_secret_is_never_open_to_others_even_where_its_draft_was(tmp_path: Path) -> None:
    path = tmp_path / "key"
    (tmp_path / "key.draft").touch(mode=0o666)
    write_json(path, {"seed": "鑑"}, mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text("utf-8") == '{\n "seed": "鑑"\n}\n'
