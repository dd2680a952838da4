"""A client of several nodes: what it is told never goes back, whichever of them answers."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import msgpack

from tongjian.engines.channel import receive, send
from tongjian.node.client import Client, NodeSilent
from tongjian.node.engine_home import GATE_NAME


class Standing:
    """A node of which only the height is known; it gives each of a list in turn, the last again."""

    def __init__(self, folder: Path, *heights: int) -> None:
        folder.mkdir()
        self.folder = folder
        self.heights = list(heights)
        self.asked = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / GATE_NAME))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                while True:
                    receive(connection)
                    self.asked += 1
                    height = self.heights.pop(0) if len(self.heights) > 1 else self.heights[0]
                    send(connection, msgpack.encode([True, [-1, "", height]]))

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Any]:
    made: list[Standing] = []

    def make(*heights: int) -> Path:
        made.append(Standing(tmp_path / f"n{len(made)}", *heights))
        return made[-1].folder

    yield make
    for one in made:
        one.close()


def test_a_node_that_is_behind_is_waited_for(nodes: Any) -> None:
    client = Client([nodes(7, 5, 6, 8)], timeout_s=20)
    assert client.outcome(bytes(32)) == (-1, "", 7)
    assert client.outcome(bytes(32)) == (-1, "", 8)
    assert client.height == 8
    client.close()


def test_another_node_is_asked_where_one_stays_behind(nodes: Any, tmp_path: Path) -> None:
    client = Client([nodes(7, 5), nodes(9)], timeout_s=0.2)
    assert client.outcome(bytes(32))[2] == 7
    assert client.outcome(bytes(32))[2] == 9
    client.close()


def test_where_all_are_behind_nothing_is_told(nodes: Any) -> None:
    client = Client([nodes(7, 5), nodes(6)], timeout_s=0.2)
    assert client.outcome(bytes(32))[2] == 7
    with pytest.raises(NodeSilent, match="no node has reached height 7"):
        client.outcome(bytes(32))
    client.close()
