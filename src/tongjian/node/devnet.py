"""A network on one machine, for trying out and for tests: founded, handed over, one folder a node.

Each folder is a whole ledger with its own engine and its own keys; nothing is shared but what the
nodes send each other.
"""

import shutil
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tongjian.core import values
from tongjian.engines.comet.members import validators_hash_of
from tongjian.node.clock import now_ms
from tongjian.node.engine_home import EngineHome, Settings, make_genesis
from tongjian.node.home import ANCHORS_NAME, GENESIS_NAME, KEYS_NAME, NAMES_NAME, Home
from tongjian.node.keys import KeyPair
from tongjian.node.signing import sign_acts
from tongjian.services.membership.acts_network import AdmitNode, BeginNetwork

POWER: Final = 10
HOST: Final = "127.0.0.1"
SHARED: Final = (GENESIS_NAME, ANCHORS_NAME, NAMES_NAME)


@dataclass(frozen=True)
class Place:
    """A node of a network on this machine."""

    folder: Path
    listen: str
    """Host and port where peers reach it."""


def hand_over(
    home: Home, voters: Sequence[KeyPair], nodes: Sequence[AdmitNode]
) -> dict[str, object]:
    """Vote nodes in and begin the network by the operator's last blocks; return its genesis."""
    with home.open(writable=True) as chain:
        for acts in (tuple(nodes), None):
            chosen = acts or (BeginNetwork(validators=values.digest(validators_hash_of(chain))),)
            incoming = chain.opener.open(sign_acts(chain, voters, chosen))
            time_ms = max(now_ms(), chain.tip.time_ms if chain.tip else 0)
            _, applied = chain.apply(time_ms, [incoming], home.seal_keys())
            if applied.results[-1].outcome:
                msg = f"the network could not begin: {applied.results[-1].outcome}"
                raise ValueError(msg)
        return make_genesis(chain)


def lay_out(
    origin: Path,
    folder: Path,
    count: int,
    *,
    voters: Sequence[str],
    offices: Sequence[str],
    settings: Settings | None = None,
    ports: Callable[[int], Sequence[int]] | None = None,
) -> list[Place]:
    """Make folders for the nodes of a network out of a ledger; return where each will listen.

    `voters` are the holders of keys in the origin who carry a vote; `offices` run the nodes in
    turn. The operator's key stays behind, with those of the officers, in the first folder.
    """
    free = (ports or free_ports)(count)
    places = [Place(folder / f"node{n}", f"{HOST}:{port}") for n, port in enumerate(free)]
    engines = [EngineHome(place.folder) for place in places]
    for engine in engines:
        engine.make_keys()
    nodes = [
        AdmitNode(
            node=engine.node_public,
            office=values.uscc(offices[number % len(offices)]),
            public=engine.validator_public,
            power=POWER,
        )
        for number, engine in enumerate(engines)
    ]
    home = Home(origin)
    genesis = hand_over(home, [home.key(voter) for voter in voters], nodes)
    for number, (place, engine) in enumerate(zip(places, engines, strict=True)):
        copy_ledger(origin, place.folder, with_keys=number == 0)
        engine.keep_genesis(genesis)
        others = [
            other.peer(there.listen)
            for other, there in zip(engines, places, strict=True)
            if there is not place
        ]
        base = settings or Settings(timeout_propose="500ms", timeout_vote="200ms")
        engine.keep_settings(
            msgspec.structs.replace(base, listen=place.listen, peers=others, one_machine=True)
        )
    return places


def copy_ledger(origin: Path, target: Path, *, with_keys: bool = False) -> None:
    """Copy a ledger that nobody writes: its documents and its blocks; the state follows."""
    target.mkdir(parents=True, exist_ok=True)
    for name in (*SHARED, "blocks.log"):
        if (origin / name).exists():
            shutil.copy2(origin / name, target / name)
    if with_keys:
        shutil.copytree(origin / KEYS_NAME, target / KEYS_NAME, dirs_exist_ok=True)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
