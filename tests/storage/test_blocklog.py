"""The block log: what was appended is read back, and no flipped or missing byte goes unnoticed."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongjian.core.block import Seal, Sealed
from tongjian.core.encoding import encode
from tongjian.core.operation import InvariantBroken
from tongjian.storage import blocklog
from tongjian.storage.blocklog import FRAME_BYTES, HEAD_BYTES_MAX, PROLOGUE_BYTES, BlockLog, Frame
from tongjian.storage.errors import LogDamaged, StorageError, StorageFull

CHAIN = bytes(range(32))
BLOCKS = [(b"h" * n, b"b" * (5 * n)) for n in (40, 3, 77)]


def head_of(header: bytes) -> bytes:
    """Make a head that decodes."""
    return encode(Sealed(header=header, seal=Seal(suite=1, signature=bytes(64))))


def log_at(path: Path, blocks: list[tuple[bytes, bytes]] = BLOCKS) -> list[Frame]:
    """Write a log and return its frames."""
    with BlockLog(path, CHAIN, writable=True) as log:
        for head, body in blocks:
            log.append(head, body)
        return list(log.frames())


def read(path: Path) -> list[tuple[bytes, bytes]]:
    with BlockLog(path, CHAIN, writable=False) as log:
        return [(frame.head, frame.body) for frame in log.frames()]


def test_frames_come_back_in_order_with_their_places(tmp_path: Path) -> None:
    frames = log_at(tmp_path / "log")

    assert [(frame.head, frame.body) for frame in frames] == BLOCKS
    assert frames[0].offset == PROLOGUE_BYTES
    assert [frame.offset for frame in frames[1:]] == [frame.end for frame in frames[:-1]]
    assert frames[-1].end == (tmp_path / "log").stat().st_size
    with BlockLog(tmp_path / "log", CHAIN, writable=False) as log:
        assert [log.read(frame.offset) for frame in frames] == frames
        assert list(log.frames(frames[1].offset)) == frames[1:]


@given(st.lists(st.tuples(st.binary(max_size=200), st.binary(max_size=2000)), max_size=6))
def test_any_blocks_come_back(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[tuple[bytes, bytes]]
) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    log_at(path, blocks)

    assert read(path) == blocks


def test_a_reopened_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    log_at(tmp_path / "log", BLOCKS[:1])
    log_at(tmp_path / "log", BLOCKS[1:])

    assert read(tmp_path / "log") == BLOCKS


def test_a_reader_sees_what_the_writer_appends_later(tmp_path: Path) -> None:
    with (
        BlockLog(tmp_path / "log", CHAIN, writable=True) as writer,
        BlockLog(tmp_path / "log", CHAIN, writable=False) as reader,
    ):
        offset = writer.append(*BLOCKS[0])

        assert reader.read(offset).body == BLOCKS[0][1]
        assert reader.size() == writer.size()


def test_a_head_is_read_without_its_body(tmp_path: Path) -> None:
    head = head_of(b"a header")
    (frame,) = log_at(tmp_path / "log", [(head, b"body" * 1000)])
    flip(tmp_path / "log", frame.end - 1)

    with BlockLog(tmp_path / "log", CHAIN, writable=False) as log:
        assert log.head(frame.offset).header == b"a header"


# ---------------------------------------------------------------------------------- cut short


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


def flip(path: Path, at: int, mask: int = 1) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= mask
    path.write_bytes(data)


def test_a_log_cut_at_any_length_keeps_its_whole_frames(tmp_path: Path) -> None:
    frames = log_at(tmp_path / "log")
    whole = (tmp_path / "log").read_bytes()
    path = tmp_path / "cut"
    for size in range(PROLOGUE_BYTES, len(whole) + 1):
        path.write_bytes(whole[:size])
        left = [frame for frame in frames if frame.end <= size]
        with BlockLog(path, CHAIN, writable=True) as log:
            assert list(log.frames()) == left
            end = left[-1].end if left else PROLOGUE_BYTES
            assert log.truncate(end) == size - end
            assert log.truncate(end) == 0
            log.append(b"next", b"block")
        assert read(path) == [*((f.head, f.body) for f in left), (b"next", b"block")]


def test_a_log_cut_within_its_prologue_begins_anew_for_a_writer_only(tmp_path: Path) -> None:
    log_at(tmp_path / "log")
    whole = (tmp_path / "log").read_bytes()
    path = tmp_path / "cut"
    for size in range(PROLOGUE_BYTES):
        path.write_bytes(whole[:size])
        with pytest.raises(LogDamaged, match="is not the block log of chain 00010203"):
            BlockLog(path, CHAIN, writable=False)
        with BlockLog(path, CHAIN, writable=True) as log:
            assert list(log.frames()) == []
        assert path.read_bytes() == whole[:PROLOGUE_BYTES]


def test_reading_at_a_cut_frame_says_so(tmp_path: Path) -> None:
    frames = log_at(tmp_path / "log")
    cut(tmp_path / "log", frames[-1].end - 1)

    with (
        BlockLog(tmp_path / "log", CHAIN, writable=False) as log,
        pytest.raises(LogDamaged, match=f"ends within the frame at byte {frames[-1].offset}"),
    ):
        log.read(frames[-1].offset)


# ------------------------------------------------------------------------------------ flipped


def test_every_flipped_bit_of_every_byte_is_damage(tmp_path: Path) -> None:
    log_at(tmp_path / "log", [(b"h" * 9, b"b" * 11), (b"g" * 4, b"c" * 6)])
    whole = bytearray((tmp_path / "log").read_bytes())
    path = tmp_path / "flipped"
    for at in range(len(whole)):
        for bit in range(8):
            whole[at] ^= 1 << bit
            path.write_bytes(whole)
            with pytest.raises(LogDamaged):
                read(path)
            whole[at] ^= 1 << bit


def test_a_flipped_length_of_the_last_frame_is_damage_and_not_an_unfinished_frame(
    tmp_path: Path,
) -> None:
    # A longer length reaches beyond the end of the file, just as a frame cut short does.
    last = log_at(tmp_path / "log")[-1]
    for at in range(last.offset + 4, last.offset + 12):
        for bit in range(8):
            flip(tmp_path / "log", at, 1 << bit)
            with (
                BlockLog(tmp_path / "log", CHAIN, writable=True) as log,
                pytest.raises(LogDamaged, match="does not begin as a block"),
            ):
                list(log.frames())
            flip(tmp_path / "log", at, 1 << bit)


def test_a_flipped_byte_behind_the_last_whole_frame_is_outside_any_frame(tmp_path: Path) -> None:
    frames = log_at(tmp_path / "log")
    cut(tmp_path / "log", frames[-1].offset + FRAME_BYTES - 1)
    flip(tmp_path / "log", frames[-1].offset)

    assert read(tmp_path / "log") == BLOCKS[:-1]


def test_a_flipped_head_is_not_served(tmp_path: Path) -> None:
    head = head_of(b"a header")
    (frame,) = log_at(tmp_path / "log", [(head, b"body")])
    for at in range(frame.offset, frame.offset + FRAME_BYTES + len(head)):
        flip(tmp_path / "log", at)
        with (
            BlockLog(tmp_path / "log", CHAIN, writable=False) as log,
            pytest.raises(LogDamaged, match="Restore the file from a backup or another node"),
        ):
            log.head(frame.offset)
        flip(tmp_path / "log", at)


def test_a_head_that_was_never_a_header_is_damage(tmp_path: Path) -> None:
    (frame,) = log_at(tmp_path / "log", [(b"\xc1", b"body")])

    with (
        BlockLog(tmp_path / "log", CHAIN, writable=False) as log,
        pytest.raises(LogDamaged, match="cannot be decoded"),
    ):
        log.head(frame.offset)


def test_zeros_after_the_last_frame_are_damage(tmp_path: Path) -> None:
    log_at(tmp_path / "log")
    with (tmp_path / "log").open("ab") as file:
        file.write(bytes(4096))

    with pytest.raises(LogDamaged, match="does not begin as a block"):
        read(tmp_path / "log")


def test_the_log_of_another_chain_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    log_at(tmp_path / "log")
    before = (tmp_path / "log").read_bytes()
    for writable in (True, False):
        with pytest.raises(LogDamaged, match="is not the block log of chain 20202020"):
            BlockLog(tmp_path / "log", b" " * 32, writable=writable)

    assert (tmp_path / "log").read_bytes() == before


# ------------------------------------------------------------------------------ writing fails


def failing(code: int, after: int = 0) -> Callable[[int, bytes, int], int]:
    """Write some bytes, then fail, as a full disk does."""
    pwrite = os.pwrite

    def write(descriptor: int, data: bytes, offset: int) -> int:
        if len(data) > after:
            pwrite(descriptor, data[:after], offset)
            raise OSError(code, os.strerror(code))
        return pwrite(descriptor, data, offset)

    return write


@pytest.mark.parametrize(
    ("code", "kind"),
    [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, StorageError)],
)
def test_a_frame_that_could_not_be_written_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[StorageError]
) -> None:
    log_at(tmp_path / "log")
    before = (tmp_path / "log").read_bytes()
    with BlockLog(tmp_path / "log", CHAIN, writable=True) as log:
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", failing(code, after=20))
            with pytest.raises(kind) as caught:
                log.append(b"lost", b"block")
            assert type(caught.value) is kind
        assert (tmp_path / "log").read_bytes() == before
        log.append(b"next", b"block")

    assert read(tmp_path / "log") == [*BLOCKS, (b"next", b"block")]


def test_a_frame_that_could_not_be_flushed_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fdatasync", refuse)
    with BlockLog(tmp_path / "log", CHAIN, writable=True) as log, pytest.raises(StorageFull):
        log.append(b"lost", b"block")

    assert read(tmp_path / "log") == []


def test_what_a_failed_write_left_behind_goes_before_the_next_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, size: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    with BlockLog(tmp_path / "log", CHAIN, writable=True) as log:
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", failing(errno.EIO, after=200))
            patch.setattr(os, "ftruncate", refuse)
            with pytest.raises(StorageError):
                log.append(b"l" * 300, b"block")
        assert log.size() > log.end
        log.append(b"s", b"hort")

    assert read(tmp_path / "log") == [(b"s", b"hort")]


def test_a_log_that_was_cut_while_in_use_takes_nothing_more(tmp_path: Path) -> None:
    with BlockLog(tmp_path / "log", CHAIN, writable=True) as log:
        log.append(*BLOCKS[0])
        cut(tmp_path / "log", log.end - 1)
        with pytest.raises(LogDamaged, match="while it was in use"):
            log.append(*BLOCKS[1])


def test_a_block_that_could_not_be_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocklog, "BODY_BYTES_MAX", 100)
    with BlockLog(tmp_path / "log", CHAIN, writable=True) as log:
        log.append(b"h" * HEAD_BYTES_MAX, b"b" * 100)
        for head, body in ((b"h" * (HEAD_BYTES_MAX + 1), b""), (b"h", b"b" * 101)):
            with pytest.raises(InvariantBroken, match="could not be read again"):
                log.append(head, body)

    assert len(read(tmp_path / "log")) == 1


def test_a_log_is_private_to_its_owner_and_group(tmp_path: Path) -> None:
    log_at(tmp_path / "log")

    assert (tmp_path / "log").stat().st_mode & 0o007 == 0
