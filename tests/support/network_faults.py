"""Every fault that a network is to survive, as a case: what happens while the load goes on."""

import contextlib
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from placing import NOWHERE, readdress
from scene import Act, Scene

from tongjian.node.devnet import HOST, Place, free_ports

LINE_DELAY_S: Final = 0.022
"""Beijing to Urumqi: 2400 km by air, about 3,200 km of fibre and switches; 44-56 ms both ways."""
LINE_JITTER_S: Final = 0.006
LINE_LOSS: Final = 0.0075
DISK_BYTES: Final = 64 * 1024 * 1024


class Case(NamedTuple):
    """A row of the table."""

    name: str
    act: Act
    how: str = "namespaces"
    """Where the long form places the nodes: see `play`."""
    needs_root: bool = False


def rounds() -> int:
    """Return how often a case repeats its fault."""
    return int(os.environ.get("NETWORK_ROUNDS", "3"))


def repeated(act: Act) -> Act:
    """Repeat a fault under one load."""

    def run(scene: Scene) -> None:
        scene.begin()
        for _ in range(rounds()):
            act(scene)
            scene.pause(0.5, 1.5)

    return run


# -- killed ------------------------------------------------------------------------------------


def kill(number: int, scene: Scene, *, app: bool, engine: bool) -> None:
    scene.cluster.kill(number, app=app, engine=engine)
    if app:
        scene.pause(0.5, 2)
        scene.cluster.start_soon(number)
    scene.recovered()


def kill_app(scene: Scene) -> None:
    kill(scene.any_node(), scene, app=True, engine=False)


def kill_engine(scene: Scene) -> None:
    kill(scene.any_node(), scene, app=False, engine=True)


def kill_both(scene: Scene) -> None:
    kill(scene.any_node(), scene, app=True, engine=True)


def kill_two(scene: Scene) -> None:
    pair = scene.chance.sample(range(4), 2)
    for number in pair:
        scene.cluster.kill(number)
    scene.pause(1, 3)
    for number in pair:
        scene.cluster.start_soon(number)
    scene.recovered()


def kill_all(scene: Scene) -> None:
    for number in scene.chance.sample(range(4), 4):
        scene.cluster.kill(number)
    scene.pause(0.2, 1)
    for number in range(4):
        scene.cluster.start_soon(number)
    scene.recovered()


def one_down(scene: Scene) -> None:
    number = scene.any_node()
    scene.cluster.kill(number)
    scene.pause(1, 1)
    with scene.going_on():
        scene.pause(8, 10)
    scene.cluster.start_soon(number)
    scene.recovered()


# -- cut off -----------------------------------------------------------------------------------


def part_one(scene: Scene) -> None:
    number = scene.any_node()
    scene.lines.part([n for n in range(4) if n != number], [number])
    scene.pause(1, 1)
    with scene.going_on():
        scene.pause(6, 10)
    scene.lines.heal()
    scene.recovered()


def part_two(scene: Scene) -> None:
    order = scene.chance.sample(range(4), 4)
    scene.lines.part(order[:2], order[2:])
    scene.pause(6, 12)
    scene.lines.heal()
    scene.recovered()


def part_one_way(scene: Scene) -> None:
    """One node is heard by nobody, and hears all."""
    number = scene.any_node()
    for other in range(4):
        if other != number:
            scene.lines.cut(number, other)
    scene.pause(1, 1)
    with scene.going_on():
        scene.pause(6, 10)
    scene.lines.heal()
    scene.recovered()


def flap(scene: Scene) -> None:
    for _ in range(8):
        order = scene.chance.sample(range(4), 4)
        size = scene.chance.choice((1, 2))
        scene.lines.part(order[size:], order[:size])
        scene.pause(0.2, 2)
        scene.lines.heal()
        if scene.chance.random() < 0.3:
            scene.lines.reset()
        scene.pause(0.2, 2)
    scene.recovered()


# -- slow --------------------------------------------------------------------------------------


def freeze(scene: Scene) -> None:
    number = scene.any_node()
    scene.suspend(number)
    with scene.going_on():
        scene.pause(5, 9)
    scene.suspend(number, resume=True)
    scene.recovered()


def slow(scene: Scene) -> None:
    """A node that has a tenth of the time of the others."""
    number = scene.any_node()
    over = threading.Event()

    def hold() -> None:
        while not over.wait(0.01):
            scene.suspend(number)
            time.sleep(0.09)
            scene.suspend(number, resume=True)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        with scene.going_on():
            scene.pause(8, 10)
    finally:
        over.set()
        holder.join()
    scene.recovered()


def long_line(scene: Scene) -> None:
    scene.lines.worsen(LINE_DELAY_S, LINE_JITTER_S, LINE_LOSS)
    with scene.going_on():
        scene.pause(12, 15)
    scene.lines.heal()
    scene.recovered()


# -- disks -------------------------------------------------------------------------------------


def disk_limit(scene: Scene) -> None:
    """No file of a node grows beyond a limit, as under a quota; then there is room again."""
    scene.cluster.manners[3] = "disk full"
    scene.begin()
    scene.cluster.wait(lambda: scene.tip() > scene.watches[3].tip + 10, "the disk to be full")
    with scene.going_on():
        scene.pause(4, 6)
    scene.give_room(3)
    scene.recovered()


def disk_full(scene: Scene) -> None:
    """A small disk under one node is full, ledger and engine alike; then there is room again."""
    folder = scene.cluster.places[3].folder
    with mounted(folder):
        scene.begin()
        ballast = folder / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        scene.cluster.wait(lambda: scene.tip() > scene.watches[3].tip + 10, "the disk to be full")
        with scene.going_on():
            scene.pause(4, 6)
        ballast.unlink()
        scene.recovered()
        scene.finish()


@contextlib.contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """Put a folder on a small disk of its own until the block ends; what it holds stays in it."""
    kept = folder.with_name("before")
    folder.rename(kept)
    folder.mkdir()
    size = f"size={DISK_BYTES}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=True)
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def wiped(scene: Scene) -> None:
    """The state of a node is gone; the block log and the engine's data are there."""
    number = scene.any_node()
    scene.cluster.stop(number)
    for name in ("store.lmdb", "store.lmdb-lock"):
        (scene.cluster.places[number].folder / name).unlink()
    scene.pause(0.5, 2)
    scene.cluster.start_soon(number)
    scene.recovered()


def backup_ledger(scene: Scene) -> None:
    """A node's ledger is of an old backup; the engine's data, with what it signed, is not."""
    number = scene.any_node()
    folder = scene.cluster.places[number].folder
    scene.cluster.stop(number)
    shutil.copy2(folder / "blocks.log", folder / "blocks.old")
    scene.cluster.start(number)
    scene.pause(2, 4)
    scene.cluster.stop(number)
    (folder / "blocks.old").rename(folder / "blocks.log")
    for name in ("store.lmdb", "store.lmdb-lock"):
        (folder / name).unlink()
    scene.cluster.start_soon(number)
    scene.recovered()


def backup_whole(scene: Scene) -> None:
    """A whole folder is put back, the record of what the node signed too; the others went on."""
    number = scene.any_node()
    folder = scene.cluster.places[number].folder
    kept = scene.cluster.folder / "kept"
    scene.cluster.stop(number)
    shutil.copytree(folder, kept)
    scene.cluster.start(number)
    scene.pause(2, 4)
    scene.cluster.stop(number)
    high = scene.tip()
    scene.cluster.wait(lambda: scene.tip() > high + 5, "the others to go on")
    shutil.rmtree(folder)
    kept.rename(folder)
    scene.cluster.start_soon(number)
    scene.recovered()


# -- crooked -----------------------------------------------------------------------------------


def crooked(manner: str, *, rejected: bool, pace: float = 1.0) -> Act:
    """Return the case of a proposer that proposes what it must not."""

    def run(scene: Scene) -> None:
        scene.pace = pace
        scene.cluster.manners[3] = manner
        scene.begin()
        with scene.going_on():
            scene.pause(10, 12)
        for number in range(3):
            standing = _standing(scene, number)
            assert bool(standing["rejected_proposals"]) == rejected, standing
            assert standing["alarm"] == ""
        scene.cluster.stop(3)
        del scene.cluster.manners[3]
        scene.cluster.start_soon(3)
        scene.recovered()

    return run


def decide_otherwise(scene: Scene) -> None:
    scene.cluster.manners[3] = "decide otherwise"
    scene.honest = {0, 1, 2}
    scene.begin()
    with scene.going_on():
        scene.cluster.wait(lambda: _alarm(scene, 3), "the alarm of node 3")
        scene.pause(6, 8)
    assert _standing(scene, 3)["engine_starts"] == 1
    assert all(_alarm(scene, number) == "" for number in range(3))


def _standing(scene: Scene, number: int) -> dict[str, Any]:
    found = scene.cluster.standing(number)
    assert found is not None
    return found


def _alarm(scene: Scene, number: int) -> str:
    return str(_standing(scene, number)["alarm"])


def clocks(scene: Scene) -> None:
    """One clock ten minutes ahead, one ten minutes behind; of the engines too, where built."""
    scene.cluster.manners |= {2: "clock ahead", 3: "clock behind"}
    scene.begin()
    with scene.going_on():
        scene.pause(10, 12)
    scene.cluster.kill(2)
    scene.cluster.start_soon(2)
    scene.recovered()


def one_key_twice(scene: Scene) -> None:
    """Two machines with all keys of one node, the first joined to two others, the second to one."""
    cluster, of = scene.cluster, 3
    place = Place(cluster.folder / "twin", f"{HOST}:{free_ports(1)[0]}")
    shutil.copytree(cluster.places[of].folder, place.folder)
    ends = {2: cluster.places[2].listen}
    readdress(cluster.places, place, place.listen, NOWHERE, ends)
    scene.lines.cut(of, 2)
    scene.lines.cut(2, of)
    scene.honest = {0, 1, 2}
    cluster.manners |= {of: "vote blindly", 4: "vote blindly"}
    scene.begin()
    cluster.places.append(place)
    cluster.processes.append(None)
    cluster.start_soon(4)
    with scene.going_on():
        for number in sorted(scene.honest):
            cluster.wait(lambda n=number: _standing(scene, n)["misbehaviour"], "the evidence")
        scene.pause(6, 8)
    scene.recovered()


def short(scene: Scene) -> None:
    """Play the short form: one fault of each family, one after another, under one load."""
    scene.pace = 0.4
    scene.begin()
    for act in (kill_app, part_two, kill_engine, part_one_way, long_line, kill_all):
        act(scene)


CASES: Final = (
    Case("kill -9 of one app", repeated(kill_app)),
    Case("kill -9 of one engine", repeated(kill_engine)),
    Case("kill -9 of app and engine", repeated(kill_both)),
    Case("kill -9 of two nodes", repeated(kill_two)),
    Case("kill -9 of all", repeated(kill_all)),
    Case("one node down", repeated(one_down)),
    Case("partition 1|3", repeated(part_one)),
    Case("partition 2|2", repeated(part_two)),
    Case("one way cut", repeated(part_one_way)),
    Case("flapping lines", repeated(flap), "namespaces and relay"),
    Case("a node stands still (SIGSTOP)", repeated(freeze)),
    Case("a node with a tenth of the time", repeated(slow)),
    Case("Beijing-Urumqi lines", repeated(long_line), "namespaces and relay"),
    Case("a full disk under one node", disk_full, needs_root=True),
    Case("no room for one node's files", disk_limit),
    Case("a node's state wiped", repeated(wiped)),
    Case("a ledger of an old backup", repeated(backup_ledger)),
    Case("a whole folder of an old backup", repeated(backup_whole)),
    Case("a proposer of what has no form", crooked("propose invalid", rejected=True)),
    Case("a proposer of forged acts", crooked("propose forged", rejected=True)),
    Case("a proposer of oversized transactions", crooked("propose oversized", rejected=True)),
    Case("a proposer of duplicates", crooked("propose twice", rejected=False)),
    Case("a node that decides otherwise", decide_otherwise),
    Case("two nodes with one validator key", one_key_twice, "relay"),
    Case("clocks ten minutes apart", clocks),
)
