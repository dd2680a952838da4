"""A seeded relay of TCP between nodes: delay, jitter, losses, stalls, cuts one way or both, resets.

`python relay.py CONTROL PLAN SEED` listens for each way of the plan, a JSON list of
`[from, to, host, port, target host, target port]`, and obeys lines of JSON at the unix socket
CONTROL. A connection that node 1 opens towards node 2 goes through the way from 1 to 2; what comes
back obeys the way from 2 to 1. A way that is cut holds what it is given, as TCP does, until it is
open again.

A loss costs what TCP makes of it: a round trip where more was sent behind it, else the time-out of
retransmission, 200 ms at least (RFC 6298 as Linux has it). Everything behind it waits.
"""

import asyncio
import contextlib
import json
import random
import socket
import sys
from collections import deque
from pathlib import Path
from typing import Any, Final

CHUNK_BYTES: Final = 1 << 16
HELD_BYTES: Final = 1 << 20
"""What a way holds before it takes no more, as the buffers of both ends do."""
SEGMENT_BYTES: Final = 1448
TIMEOUT_S: Final = 0.2
Way = tuple[int, int]


class Manner:
    """How one way treats what is sent over it."""

    def __init__(self) -> None:
        self.delay_s = self.jitter_s = self.loss = 0.0
        self.open = asyncio.Event()
        self.open.set()


class Pump:
    """Carries bytes one way, in order, each chunk not before its time."""

    def __init__(
        self,
        manner: Manner,
        chance: random.Random,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
    ) -> None:
        self.manner, self.chance = manner, chance
        self.source, self.target = source, target
        self.held: deque[tuple[float, bytes]] = deque()
        self.bytes = 0
        self.last_s = 0.0
        self.changed = asyncio.Condition()

    async def run(self) -> None:
        reading = asyncio.create_task(self._read())
        try:
            await self._write()
        finally:
            reading.cancel()

    async def _read(self) -> None:
        while True:
            data = await self.source.read(CHUNK_BYTES)
            self.last_s = max(self.last_s, self._due(len(data)))
            async with self.changed:
                self.held.append((self.last_s, data))
                self.bytes += len(data)
                self.changed.notify_all()
                if not data:
                    return
                await self.changed.wait_for(lambda: self.bytes < HELD_BYTES)

    def _due(self, size: int) -> float:
        manner, chance = self.manner, self.chance
        due = asyncio.get_running_loop().time() + manner.delay_s + chance.random() * manner.jitter_s
        segments = -(-size // SEGMENT_BYTES)
        for _ in range(segments):
            if chance.random() < manner.loss:
                due += 2 * manner.delay_s + (0 if segments > 3 else TIMEOUT_S)
        return due

    async def _write(self) -> None:
        while True:
            async with self.changed:
                await self.changed.wait_for(lambda: self.held)
                due, data = self.held.popleft()
                self.bytes -= len(data)
                self.changed.notify_all()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            await self.manner.open.wait()
            if not data:
                return
            self.target.write(data)
            await self.target.drain()


class Relay:
    """All ways between the nodes, and who may change them."""

    def __init__(self, plan: list[list[Any]], seed: str) -> None:
        self.plan = plan
        self.chance = random.Random(seed)
        nodes = sorted({one[0] for one in plan} | {one[1] for one in plan})
        self.manners = {(a, b): Manner() for a in nodes for b in nodes if a != b}
        self.running: dict[Way, set[asyncio.Task[None]]] = {way: set() for way in self.manners}

    async def serve(self, control: Path) -> None:
        for source, target, host, port, there, at in self.plan:
            way = source, target

            def accept(
                reader: asyncio.StreamReader,
                writer: asyncio.StreamWriter,
                way: Way = way,
                end: tuple[str, int] = (there, at),
            ) -> None:
                task = asyncio.create_task(self._carry(way, end, reader, writer))
                self.running[way].add(task)
                task.add_done_callback(self.running[way].discard)

            await asyncio.start_server(accept, host, port)
        await asyncio.start_unix_server(self._obey, str(control))
        print("ready", flush=True)
        await asyncio.Event().wait()

    async def _carry(
        self,
        way: Way,
        end: tuple[str, int],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        back = way[1], way[0]
        other: asyncio.StreamWriter | None = None
        pumps: list[asyncio.Task[None]] = []
        try:
            for one in (way, back):
                await self.manners[one].open.wait()
            other_reader, other = await asyncio.open_connection(*end)
            pumps = [
                asyncio.create_task(Pump(self.manners[way], self.chance, reader, other).run()),
                asyncio.create_task(
                    Pump(self.manners[back], self.chance, other_reader, writer).run()
                ),
            ]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            for pump in pumps:
                pump.cancel()
            with contextlib.suppress(OSError):
                await asyncio.gather(*pumps, return_exceptions=True)
            for each in (writer, other):
                if each is not None:
                    each.close()

    async def _obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            order = json.loads(line)
            for one in order["ways"]:
                self._change((one[0], one[1]), order)
            writer.write(b"done\n")
            await writer.drain()
        writer.close()

    def _change(self, way: Way, order: dict[str, Any]) -> None:
        manner = self.manners[way]
        if "open" in order:
            (manner.open.set if order["open"] else manner.open.clear)()
        for name in ("delay_s", "jitter_s", "loss"):
            if name in order:
                setattr(manner, name, float(order[name]))
        if order.get("reset"):
            for task in list(self.running[way]):
                task.cancel()


def tell(control: Path, ways: list[Way], **order: Any) -> None:
    """Have the relay change ways; it has done so when this returns."""
    with socket.socket(socket.AF_UNIX) as made:
        made.settimeout(30)
        made.connect(str(control))
        made.sendall(json.dumps({"ways": ways, **order}).encode() + b"\n")
        if made.recv(16) != b"done\n":
            msg = "the relay does not obey"
            raise ConnectionError(msg)


if __name__ == "__main__":
    asyncio.run(Relay(json.loads(sys.argv[2]), sys.argv[3]).serve(Path(sys.argv[1])))
