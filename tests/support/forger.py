"""An operator who rewrites what is stored, with every checksum mended and seals made anew."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb
from small import Small, frames_of, log_of

from tongjian.core.block import SEALED, Header, Sealed
from tongjian.core.directory import SealKey
from tongjian.core.encoding import encode, replace
from tongjian.engines.chain import STORE_NAME
from tongjian.engines.frames import read_frame
from tongjian.storage.blocklog import FRAME_BYTES, START, Frame
from tongjian.storage.packing import CRC_BYTES

MAP_BYTES = 1 << 30


def frame_bytes(head: bytes, body: bytes) -> bytes:
    """Return a frame with checksums that fit."""
    start = START.pack(b"TJBK", len(head), len(body), zlib.crc32(head), zlib.crc32(body))
    return start + zlib.crc32(start).to_bytes(4, "big") + head + body


def rewrite_frame(log: Path, frame: Frame, head: bytes, body: bytes) -> None:
    """Put another frame in the place of one; what follows stays."""
    data = log.read_bytes()
    log.write_bytes(data[: frame.offset] + frame_bytes(head, body) + data[frame.end :])


def flip(data: bytes, at: int) -> bytes:
    """Return bytes with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flip_in_log(log: Path, offset: int) -> None:
    """Change one bit of the block log, checksums left as they are."""
    log.write_bytes(flip(log.read_bytes(), offset))


def flip_in_frame(log: Path, frame: Frame, part: str, at: int) -> None:
    """Change one bit of the head or the body of a block and mend the checksums."""
    head, body = (
        flip(data, at) if name == part else data
        for name, data in (("head", frame.head), ("body", frame.body))
    )
    rewrite_frame(log, frame, head, body)


def body_start(frame: Frame) -> int:
    """Return where the body of a block begins in the log."""
    return frame.offset + FRAME_BYTES + len(frame.head)


def forge(
    small: Small,
    at: int,
    header: Callable[[Header], Header] = lambda header: header,
    body: Callable[[Any], bytes] | None = None,
) -> None:
    """Rewrite a block, sealed anew with the operator's own key; what follows stays."""
    frame = frames_of(small)[at]
    old, _, stored = read_frame(frame)
    encoded = encode(header(old))
    genesis = small.genesis
    key = SealKey(suite=genesis.seal_suite, public=genesis.seal_public)
    seal = small.seal_key.seal(small.chain_id, encoded, key)
    head = encode(Sealed(header=encoded, seal=seal))
    rewrite_frame(log_of(small), frame, head, frame.body if body is None else body(stored))


def break_seal(small: Small, at: int) -> None:
    """Change one bit of the signature that seals a block."""
    frame = frames_of(small)[at]
    sealed: Sealed = SEALED.decode(frame.head)
    signature = flip(sealed.seal.signature, 40)
    head = encode(replace(sealed, seal=replace(sealed.seal, signature=signature)))
    rewrite_frame(log_of(small), frame, head, frame.body)


def harm_store(
    folder: Path, table: str, change: Callable[[bytes, bytes], bytes | None], *, numbered: bool
) -> None:
    """Change records of a table of the store; those whose number is in a checksum are mended."""
    env = lmdb.open(
        str(folder / STORE_NAME), subdir=False, max_dbs=20, map_size=MAP_BYTES, lock=False
    )
    db = env.open_db(table.encode())
    changed = 0
    with env.begin(write=True) as txn:
        for key, value in list(txn.cursor(db)):
            new = change(key, value)
            if new is None or new == value:
                continue
            if numbered:
                rest = new[CRC_BYTES:]
                place = int.from_bytes(key, "big") & 0xFFFF_FFFF
                new = zlib.crc32(rest, place).to_bytes(CRC_BYTES, "big") + rest
            txn.put(key, new, db=db)
            changed += 1
    env.close()
    assert changed, "nothing was harmed"
