"""What was durable comes back whole after a kill; a torn frame goes; a damaged log stays."""

import os
from pathlib import Path
from typing import Any

import pytest
from small import (
    Small,
    change,
    damaged,
    frames_of,
    log_of,
    put,
    things_of,
)

from tongjian.engines.chain import STORE_NAME, Chain
from tongjian.storage.blocklog import FRAME_BYTES, BlockLog
from tongjian.storage.errors import (
    LogDamaged,
)
from tongjian.storage.store import Store


class Killed(BaseException):
    """The process ends here; nothing tidies up."""


def kill(*arguments: Any, **named: Any) -> None:
    raise Killed


@pytest.mark.parametrize(
    ("target", "name", "recorded"),
    [
        (BlockLog, "append", False),
        (BlockLog, "_write", False),
        (os, "fdatasync", True),
        (Chain, "_take_in", True),
        (Store, "commit", True),
        (Store, "_write_block", True),
        (Chain, "_settle", True),
    ],
)
def test_a_block_killed_at_any_point_is_there_as_a_whole_or_not_at_all(
    small: Small, monkeypatch: pytest.MonkeyPatch, target: Any, name: str, *, recorded: bool
) -> None:
    chain = small.open()
    small.apply(chain, small.envelope(put("alpha", 1)))
    dying = small.envelope(put("beta", 2), change("alpha", 3))
    with monkeypatch.context() as patch:
        patch.setattr(target, name, kill)
        with pytest.raises(Killed):
            small.apply(chain, dying)
    chain.close()

    with small.opened() as chain:
        assert chain.height == (2 if recorded else 1)
        assert things_of(chain) == ({"alpha": 3, "beta": 2} if recorded else {"alpha": 1})
        seen = chain.result(small.identity(dying, chain))
        assert (seen is not None) == recorded
        assert chain.opened.rebuilt == ""
        # It goes on, and all of it opens again.
        small.apply(chain, small.envelope(put("gamma", 4)))
    with small.opened() as chain:
        assert things_of(chain)["gamma"] == 4


def test_founding_killed_between_log_and_state_is_finished_by_opening(
    tmp_path: Path, founded: Path, monkeypatch: pytest.MonkeyPatch, small: Small
) -> None:
    (small.folder / STORE_NAME).unlink()
    with small.opened() as chain:
        assert chain.opened.replayed == 1
        assert chain.height == 0
        assert not chain.needs_founding()
    log_of(small).unlink()
    (small.folder / STORE_NAME).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(Store, "commit", kill)
        with pytest.raises(Killed), small.opened() as chain:
            chain.found(small.seal_key)
    with small.opened() as chain:
        assert (chain.opened.replayed, chain.height) == (1, 0)


def test_founding_killed_before_its_block_is_done_by_the_next_opening(small: Small) -> None:
    log_of(small).unlink()
    (small.folder / STORE_NAME).unlink()
    with small.home.open(writable=True) as chain:
        assert chain.height == 0
    with small.opened() as chain:
        assert chain.opened.replayed == 0


@pytest.mark.parametrize("left", [1, 10, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 50, -1])
def test_a_torn_frame_is_cut_and_said_to_be(small: Small, left: int) -> None:
    with small.opened() as chain:
        small.apply(chain, small.envelope(put("alpha", 1)))
        whole = log_of(small).read_bytes()
        last = frames_of(small)[-1]
    frame = whole[last.offset :]
    torn = frame[:left] if left > 0 else frame[:-1]
    log_of(small).write_bytes(whole + torn)
    with small.opened() as chain:
        assert chain.opened.cut_bytes == len(torn)
        assert things_of(chain) == {"alpha": 1}
    assert log_of(small).read_bytes() == whole


def test_a_reader_leaves_a_torn_frame_alone(small: Small) -> None:
    with log_of(small).open("ab") as file:
        file.write(b"TJBK")
    before = log_of(small).read_bytes()
    with small.opened(writable=False) as chain:
        assert (chain.height, chain.opened.cut_bytes) == (0, 0)
    assert log_of(small).read_bytes() == before


@pytest.mark.parametrize("whole_store", [True, False])
def test_a_flipped_bit_of_the_log_is_noticed_and_nothing_is_cut(
    small: Small, *, whole_store: bool
) -> None:
    with small.opened() as chain:
        small.grow(chain, 3)
    whole = log_of(small).read_bytes()
    frames = frames_of(small)
    # With the state at hand only its last block is read at once; without it, all of them.
    wanted = frames[-1:] if whole_store else frames
    for frame in wanted:
        for at in range(frame.offset, frame.end, 37):
            flipped = bytearray(whole)
            flipped[at] ^= 1 << at % 8
            log_of(small).write_bytes(flipped)
            if not whole_store:
                (small.folder / STORE_NAME).unlink(missing_ok=True)
            said = damaged(small)
            assert f"byte {frame.offset} " in said
            assert "Restore the file from a backup or another node" in said
    log_of(small).write_bytes(whole)
    with small.opened() as chain:
        assert chain.height == 3


def test_a_flipped_bit_of_an_older_block_shows_when_it_is_read(small: Small) -> None:
    envelope = small.envelope(put("alpha", 1))
    with small.opened() as chain:
        small.apply(chain, envelope)
        small.grow(chain, 3)
    frame = frames_of(small)[1]
    data = bytearray(log_of(small).read_bytes())
    data[frame.end - 3] ^= 1
    log_of(small).write_bytes(data)
    with small.opened() as chain:
        assert things_of(chain)["alpha"] == 1
        with pytest.raises(LogDamaged, match=f"byte {frame.offset} "):
            chain.result(small.identity(envelope, chain))
        with pytest.raises(LogDamaged):
            chain.body(1)


@pytest.mark.parametrize("writable", [True, False])
def test_a_log_cut_below_the_state_is_refused(small: Small, *, writable: bool) -> None:
    with small.opened() as chain:
        small.grow(chain, 3)
    frames = frames_of(small)
    whole = log_of(small).read_bytes()
    for size in (frames[-1].end - 1, frames[-1].offset, frames[1].end, len(whole) - 60):
        log_of(small).write_bytes(whole[:size])
        assert "Blocks were lost: restore the block log" in damaged(small, writable=writable)
    log_of(small).write_bytes(whole)
    with small.opened(writable=writable) as chain:
        assert chain.height == 3


def test_a_lost_log_is_not_begun_anew_beside_its_state(small: Small) -> None:
    log_of(small).unlink()
    with pytest.raises(LogDamaged, match="Blocks were lost"):
        small.open()


def test_after_a_failed_opening_everything_can_be_opened_again(small: Small) -> None:
    # What a failed opening left open would make the next one take the state for damaged.
    with small.opened() as chain:
        small.grow(chain, 2)
    whole = log_of(small).read_bytes()
    store = (small.folder / STORE_NAME).stat().st_ino
    log_of(small).write_bytes(whole + bytes(100))
    for _ in range(3):
        with pytest.raises(LogDamaged):
            small.open()
    log_of(small).write_bytes(whole)
    with small.opened() as chain:
        assert (chain.height, chain.opened.rebuilt, chain.opened.replayed) == (2, "", 0)
    assert (small.folder / STORE_NAME).stat().st_ino == store
