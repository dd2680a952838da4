"""Stored blocks as records, and the lock that keeps a ledger to one writer."""

import fcntl
import os
from pathlib import Path
from typing import Final

from tongjian.core.block import (
    BODIES,
    HEADERS,
    SEALED,
    Body,
    Header,
    Result,
    Seal,
    Sealed,
    encode_body,
)
from tongjian.core.encoding import Malformed
from tongjian.storage.blocklog import Frame
from tongjian.storage.errors import InUse, LogDamaged

LOCK_NAME: Final = "lock"


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


def expect_body(frame: Frame, envelopes: tuple[bytes, ...], results: tuple[Result, ...]) -> None:
    """Raise `LogDamaged` unless a stored block holds what replay of its envelopes gives."""
    if encode_body(envelopes, results) != frame.body:
        msg = f"the block at byte {frame.offset} does not hold what replay gives"
        raise LogDamaged(msg)


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
