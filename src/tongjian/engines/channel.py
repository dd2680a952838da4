"""Messages between a process and one that it started: four bytes of length, then the bytes."""

import socket
import subprocess
import sys
from typing import Final

SOCKET_BYTES: Final = 4 * 1024 * 1024
_PART_BYTES: Final = 1 << 20


def start(module: str, *arguments: str) -> "tuple[subprocess.Popen[bytes], socket.socket]":
    """Start `python -m module DESCRIPTOR …` and return the process with our end of its channel."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(theirs.fileno()), *arguments],
        pass_fds=(theirs.fileno(),),
        stdin=subprocess.DEVNULL,
    )
    theirs.close()
    return process, ours


def send(channel: socket.socket, data: bytes) -> None:
    """Send a message; raises `ConnectionError` where the other process has gone."""
    channel.sendall(len(data).to_bytes(4, "big") + data)


def receive(channel: socket.socket) -> bytes:
    """Return the next message; raises `ConnectionError` where the other process has gone."""
    return _receive_exactly(channel, int.from_bytes(_receive_exactly(channel, 4), "big"))


def _receive_exactly(channel: socket.socket, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = channel.recv(min(size, _PART_BYTES))
        if not part:
            msg = "a process that was started for this has gone"
            raise ConnectionError(msg)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
