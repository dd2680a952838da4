"""The socket that CometBFT dials: four connections, a thread each, answers in order of requests."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tongjian.engines.comet.wire import (
    Message,
    decode_message,
    encode_message,
    frame,
    take_frame,
)

READ_BYTES: Final = 1 << 18
CONNECTIONS: Final = 4
Handler = Callable[[Message], Message]


class AbciServer:
    """Listens for one engine; a failure of a handler closes its connection and is kept."""

    def __init__(self, path: Path, handlers: dict[str, Handler], ended: Callable[[], None]) -> None:
        """Open the socket, over whatever a dead process left there.

        `handlers` are by the name of the request; echo and flush are answered here. `ended` is
        called on the thread of a connection when it ends.
        """
        self._ended = ended
        self.path = path
        self._handlers = handlers
        self._connections: list[socket.socket] = []
        self._closing = False
        self.failure: Exception | None = None
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(CONNECTIONS)
        self._thread = threading.Thread(target=self._accept, name="abci", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the socket and every connection; the engine then stops by itself."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self._thread.join()
        self.path.unlink(missing_ok=True)

    def hang_up(self) -> None:
        """Close the connections; whoever dials next is answered again."""
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._connections = []

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            name = f"abci-{connection.fileno()}"
            threading.Thread(target=self._serve, args=(connection,), name=name, daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._converse(connection)
                self._ended()
            except Exception as error:  # noqa: BLE001 - whatever failed, the node must hear of it
                self.failure = self.failure or error
                # A node that cannot go on must not answer: the engine stops with its connections.
                self.hang_up()
                with contextlib.suppress(Exception):  # the first failure is the one that is told
                    self._ended()

    def _converse(self, connection: socket.socket) -> None:
        waiting = bytearray()
        while True:
            try:
                read = connection.recv(READ_BYTES)
            except ConnectionError:
                return
            if not read:
                return
            waiting += read
            answers = bytearray()
            at = 0
            while (taken := take_frame(waiting, at)) is not None:
                data, at = taken
                answers += frame(self._answer(data))
            if at:
                waiting = waiting[at:]
            if answers:
                with contextlib.suppress(ConnectionError):  # the next read says that it has ended
                    connection.sendall(answers)

    def _answer(self, data: bytes) -> bytes:
        request = decode_message("Request", data)
        ((name, asked),) = [(k, v) for k, v in request.items() if v is not None]
        if name in ("echo", "flush"):
            return encode_message("Response", {name: asked})
        handler = self._handlers.get(name)
        if handler is None:
            return encode_message("Response", {"exception": {"error": f"no {name} here"}})
        return encode_message("Response", {name: handler(asked)})


def socket_path(folder: Path, name: str) -> Path:
    """Return where a socket stands; raises `ValueError` where the system takes no such long path.

    The address of a unix socket has 108 bytes (unix(7)).
    """
    path = folder / name
    if len(os.fsencode(path.absolute())) > 100:  # noqa: PLR2004 - with room for a suffix
        msg = f"{path} is too long for the path of a socket; use a folder with a shorter path"
        raise ValueError(msg)
    return path
