"""Reads the block log as an auditor does: each fault with its height, each frame's digest kept."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tongjian.engines.audit.difference import Difference, Differs
from tongjian.storage.blocklog import PROLOGUE_BYTES, BlockLog, Frame
from tongjian.storage.errors import LogDamaged

DIGESTS_NAME: Final = "frames.sha256"
DIGEST_BYTES: Final = 32


def digest_of(frame: Frame) -> bytes:
    """Return the SHA-256 of what a frame holds, whatever hash the chain has."""
    state = hashlib.sha256(len(frame.head).to_bytes(4, "big"))
    state.update(frame.head)
    state.update(frame.body)
    return state.digest()


def frames_from(log: BlockLog, offset: int, height: int) -> Iterator[Frame]:
    """Yield frames from an offset on, where the block of a height begins.

    Raises `Differs` for a frame that is damaged; ends at one that is cut short.
    """
    frames = log.frames(offset)
    while True:
        try:
            frame = next(frames)
        except StopIteration:
            return
        except LogDamaged as damage:
            raise Differs(Difference(height, "frame", str(damage))) from damage
        yield frame
        height += 1


class Digests:
    """The digest of each frame that was replayed, so that a later run notices a changed one."""

    def __init__(self, folder: Path) -> None:
        """Open or create the list in a folder."""
        self._fd = os.open(folder / DIGESTS_NAME, os.O_RDWR | os.O_CREAT, 0o640)

    def put(self, height: int, digest: bytes) -> None:
        """Note the digest of a block's frame; it is on its way to the disk when this returns."""
        os.pwrite(self._fd, digest, height * DIGEST_BYTES)

    def compare(self, log: BlockLog, height: int) -> Frame:
        """Read all frames up to a height, compare them with the list and return the last.

        Raises `Differs` for the first that is not as it was.
        """
        count = 0
        for frame in frames_from(log, PROLOGUE_BYTES, 0):
            if digest_of(frame) != os.pread(self._fd, DIGEST_BYTES, count * DIGEST_BYTES):
                raise Differs(Difference(count, "frame", "it was changed since it was replayed"))
            if count == height:
                return frame
            count += 1
        why = f"it is missing, though an earlier run had come to block {height}"
        raise Differs(Difference(count, "frame", why))

    def close(self) -> None:
        """Close the list."""
        os.close(self._fd)
