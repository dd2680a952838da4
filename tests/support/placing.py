"""Where the nodes of a test's network stand, and how the lines between them are spoiled.

`Lines` need no privilege: every line goes through the relay. `Namespaces` need root: a network
namespace for each node, joined by two bridges in a fifth; ports are taken down or moved to the
other bridge, one way is cut by a blackhole route. Only what is in the namespaces changes.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from relay import Way, tell

from tongjian.node.devnet import HOST, Place, free_ports
from tongjian.node.engine_home import EngineHome

SUPPORT: Final = Path(__file__).parent
NOWHERE: Final = f"{HOST}:1"
"""What a node tells of itself: peers dial by their own list, and so through the relay."""
P2P_PORT: Final = 26656
SUBNET: Final = "10.99.77"


class Lines:
    """Lines between all pairs of nodes, spoiled through a relay."""

    def __init__(self, folder: Path, places: Sequence[Place], seed: str) -> None:
        """Put the relay between nodes that are laid out and not started."""
        self.count = len(places)
        self.control = folder / "relay.sock"
        self.log = folder / "relay.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._seed = seed
        self._plan: list[list[Any]] = []
        self._arrange(places)

    def _arrange(self, places: Sequence[Place]) -> None:
        ways = [(a, b) for a in range(self.count) for b in range(self.count) if a != b]
        ports = dict(zip(ways, free_ports(len(ways)), strict=True))
        for a, b in ways:
            host, _, port = places[b].listen.rpartition(":")
            self._plan.append([a, b, HOST, ports[a, b], host, int(port)])
        for a, place in enumerate(places):
            ends = {b: f"{HOST}:{ports[a, b]}" for b in range(self.count) if b != a}
            readdress(places, place, place.listen, NOWHERE, ends)

    def command(self, number: int) -> Sequence[str]:
        """Return what stands before the command that starts a node."""
        del number
        return ()

    def _before_relay(self) -> Sequence[str]:
        return ()

    def start(self) -> None:
        """Start the relay."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(*self._before_relay(), sys.executable, str(SUPPORT / "relay.py")),
                    *(str(self.control), json.dumps(self._plan), self._seed),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n", self.log.read_text("utf-8")

    def stop(self) -> None:
        """End the relay."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    # -- faults -------------------------------------------------------------------------------

    def all_ways(self) -> list[Way]:
        return [(a, b) for a in range(self.count) for b in range(self.count) if a != b]

    def part(self, *groups: Iterable[int]) -> None:
        """Cut every line between the groups, both ways."""
        side = {node: number for number, group in enumerate(groups) for node in group}
        tell(self.control, [w for w in self.all_ways() if side[w[0]] != side[w[1]]], open=False)

    def cut(self, source: int, target: int) -> None:
        """Let nothing through from one node to another; the way back stays open."""
        tell(self.control, [(source, target)], open=False)

    def reset(self) -> None:
        """Break all connections; what was under way is lost."""
        tell(self.control, self.all_ways(), reset=True)

    def worsen(self, delay_s: float, jitter_s: float, loss: float) -> None:
        """Make every line long and lossy; a round trip takes twice the delay and more."""
        tell(self.control, self.all_ways(), delay_s=delay_s, jitter_s=jitter_s, loss=loss)

    def heal(self) -> None:
        """Open all lines and make them short."""
        tell(self.control, self.all_ways(), open=True, delay_s=0, jitter_s=0, loss=0)


def readdress(
    places: Sequence[Place], place: Place, listen: str, external: str, ends: dict[int, str]
) -> None:
    """Tell a node where it listens, what it says of itself, and where it finds the others."""
    home = EngineHome(place.folder)
    peers = [EngineHome(places[b].folder).peer(end) for b, end in ends.items()]
    settings = msgspec.structs.replace(
        home.settings(), listen=listen, external=external, peers=peers
    )
    home.keep_settings(settings)


def may_use_namespaces() -> bool:
    """Say whether this process may make network namespaces."""
    name = f"tj{os.getpid()}try"
    with contextlib.suppress(FileNotFoundError):
        if _ip("netns", "add", name, check=False) == 0:
            _ip("netns", "del", name)
            return True
    return False


class Namespaces(Lines):
    """Nodes in namespaces of their own; with or without the relay between them."""

    def __init__(
        self, folder: Path, places: Sequence[Place], seed: str, *, relayed: bool = False
    ) -> None:
        self.relayed = relayed
        self.tag = f"tj{os.getpid()}"
        self.switch = f"{self.tag}s"
        super().__init__(folder, places, seed)

    def _address(self, number: int) -> str:
        return f"{SUBNET}.{number + 1}"

    def _arrange(self, places: Sequence[Place]) -> None:
        middle = f"{SUBNET}.100"
        for a, place in enumerate(places):
            ends: dict[int, str] = {}
            for b in range(self.count):
                if b == a:
                    continue
                ends[b] = f"{self._address(b)}:{P2P_PORT}"
                if self.relayed:
                    port = 30000 + 100 * a + b
                    self._plan.append([a, b, middle, port, self._address(b), P2P_PORT])
                    ends[b] = f"{middle}:{port}"
            listen = f"{self._address(a)}:{P2P_PORT}"
            readdress(places, place, listen, NOWHERE if self.relayed else listen, ends)

    def command(self, number: int) -> Sequence[str]:
        return ("ip", "netns", "exec", f"{self.tag}n{number}")

    def _before_relay(self) -> Sequence[str]:
        return ("ip", "netns", "exec", self.switch)

    def start(self) -> None:
        """Make the namespaces and join them; start the relay where there is one."""
        _ip("netns", "add", self.switch)
        for bridge in ("b0", "b1"):
            _ip("-n", self.switch, "link", "add", bridge, "type", "bridge")
            _ip("-n", self.switch, "link", "set", bridge, "up")
        _ip("-n", self.switch, "addr", "add", f"{SUBNET}.100/24", "dev", "b0")
        for number in range(self.count):
            name, port = f"{self.tag}n{number}", f"p{number}"
            _ip("netns", "add", name)
            _ip(*("link", "add", "eth0", "netns", name, "type", "veth"), "peer", "name", port,
                "netns", self.switch)  # fmt: skip
            _ip("-n", self.switch, "link", "set", port, "master", "b0", "up")
            _ip("-n", name, "addr", "add", f"{self._address(number)}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", name, "link", "set", device, "up")
        if self.relayed:
            super().start()

    def stop(self) -> None:
        super().stop()
        for name in (self.switch, *(f"{self.tag}n{n}" for n in range(self.count))):
            _ip("netns", "del", name, check=False)

    def part(self, *groups: Iterable[int]) -> None:
        """Move the ports of all groups but the first to the other bridge, or take them down."""
        first, *others = [tuple(group) for group in groups]
        del first
        for number, group in enumerate(others):
            for node in group:
                port = f"p{node}"
                if number == 0 and len(group) > 1:
                    _ip("-n", self.switch, "link", "set", port, "master", "b1")
                else:
                    _ip("-n", self.switch, "link", "set", port, "down")

    def cut(self, source: int, target: int) -> None:
        there = f"{self._address(target)}/32"
        _ip("-n", f"{self.tag}n{source}", "route", "add", "blackhole", there)

    def reset(self) -> None:
        if self.relayed:
            super().reset()

    def heal(self) -> None:
        if self.relayed:
            super().heal()
        for number in range(self.count):
            name = f"{self.tag}n{number}"
            _ip("-n", self.switch, "link", "set", f"p{number}", "master", "b0", "up")
            _ip("-n", name, "route", "flush", "type", "blackhole", check=False)


def _ip(*words: str, check: bool = True) -> int:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if check and done.returncode:
        msg = f"ip {' '.join(words)}: {done.stderr.strip()}"
        raise OSError(msg)
    return done.returncode
