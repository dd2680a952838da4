"""Stored blocks as records, and the lock that keeps a ledger to one writer."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from tongjian.core import values
from tongjian.core.block import (
    BODIES,
    HEADERS,
    SEALED,
    Body,
    Header,
    Result,
    Seal,
    Sealed,
    compute_header_hash,
    encode_body,
    findings_of,
)
from tongjian.core.encoding import Malformed, encode
from tongjian.core.hashing import Hash
from tongjian.core.machine import Applied
from tongjian.core.state import Advance, Commitment
from tongjian.storage.blocklog import Frame
from tongjian.storage.errors import InUse, LogDamaged, StoreDamaged
from tongjian.storage.packing import Tip

LOCK_NAME: Final = "lock"


@dataclass(frozen=True)
class Opened:
    """What opening a ledger found and did."""

    replayed: int
    """Blocks taken from the block log into the derived state."""
    cut_bytes: int
    """Bytes of an unfinished frame removed from the end of the block log."""
    rebuilt: str
    """Why the derived state was rebuilt from the first block; empty where it was not."""


class Decided(NamedTuple):
    """A block that is decided and not yet durable."""

    header: Header
    envelopes: tuple[bytes, ...]
    applied: Applied
    advance: Advance
    findings: tuple[bytes, ...] = ()


def make_header(place: tuple[bytes, int, int, bytes], advance: Advance, batch: bytes) -> Header:
    """Return the header of a block: `place` is chain id, height, time in ms, previous header."""
    chain, height, time_ms, previous = place
    return Header(
        version=1,
        chain=values.digest(chain),
        height=values.height(height),
        time_ms=values.time_ms(time_ms),
        previous=values.digest(previous),
        state_root=values.digest(advance.state_root),
        log_root=values.digest(advance.log_root),
        log_size=values.count(advance.log_size),
        batch=values.digest(batch),
    )


def read_frame(frame: Frame) -> tuple[Header, Seal, Body]:
    """Decode a stored block; raises `LogDamaged` where it is not one."""
    try:
        sealed: Sealed = SEALED.decode(frame.head)
        header: Header = HEADERS.decode(sealed.header)
        body: Body = BODIES.decode(frame.body)
    except Malformed as error:
        msg = f"the block at byte {frame.offset} cannot be decoded: {error}"
        raise LogDamaged(msg) from error
    return header, sealed.seal, body


def expect_header(header: Header, expected: Header) -> None:
    """Raise `LogDamaged` with the first field in which a stored header is not the expected one."""
    for name in Header.__struct_fields__:
        if getattr(header, name) != getattr(expected, name):
            msg = f"block {header.height}: its {name} is not the one that replay gives"
            raise LogDamaged(msg)


def expect_body(frame: Frame, body: Body | None, results: tuple[Result, ...]) -> None:
    """Raise `LogDamaged` unless a stored block holds what replay of its body gives.

    None stands for the body of block 0, which records nothing.
    """
    envelopes, findings = ((), ()) if body is None else (body.envelopes, findings_of(body))
    if encode_body(envelopes, results, findings) != frame.body:
        msg = f"the block at byte {frame.offset} does not hold what replay gives"
        raise LogDamaged(msg)


def expect_state(tip: Tip, header: Header, commitment: Commitment, digest: Hash) -> None:
    """Raise unless the restored state is the one that the header of its height commits to."""
    if compute_header_hash(digest, encode(header)) != tip.header_hash:
        msg = (
            f"the block log has another block {tip.height} than the state was made from: one of "
            "the two is of another history. Compare both with a receipt or another node; if the "
            "block log is right, move store.lmdb away and open the ledger again."
        )
        raise LogDamaged(msg)
    if commitment.tree.root() != header.state_root:
        msg = f"the restored state root differs from the header of block {tip.height}"
        raise StoreDamaged(msg)
    if (commitment.log.root(), tip.log_size) != (header.log_root, header.log_size):
        msg = f"the restored log root differs from the header of block {tip.height}"
        raise StoreDamaged(msg)


def lock(folder: Path) -> int:
    """Take the writer's lock of a ledger and return its descriptor; raises `InUse`."""
    descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        msg = f"the ledger in {folder.name} is open in another process ({holder or 'unknown'})"
        raise InUse(msg) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"pid {os.getpid()}\n".encode(), 0)
    return descriptor
