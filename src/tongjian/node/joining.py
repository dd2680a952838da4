"""How a computer becomes a node: it draws its keys, shows a card, is voted in, takes an invitation.

A card holds public keys only. An invitation holds what every member has: the founding document, the
trust file, the blocks up to the hand-over, the engine's genesis, and where peers listen. What came
after the hand-over the engine fetches from its peers, and this node decides it again.
"""

import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from tongjian.core import values
from tongjian.core.operation import Act
from tongjian.core.validators import NETWORK_SUITE
from tongjian.engines.chain import LOG_NAME, STORE_NAME, Chain
from tongjian.engines.comet.rpc import Rpc, RpcFailed
from tongjian.engines.comet.snapshot_maker import FOLDER
from tongjian.engines.seals import network_seal
from tongjian.node.engine_home import ENGINE_NAME, EngineHome, EngineHomeError
from tongjian.node.home import ANCHORS_NAME, GENESIS_NAME, NAMES_NAME, Home
from tongjian.services.membership.acts_network import AdmitNode

POWER: Final = 10
CARD_FORMAT: Final = "tongjian-node/1"
ENGINE_GENESIS: Final = "engine-genesis.json"
PEERS: Final = "peers.json"
SYNC: Final = "sync.json"
LEDGER_PARTS: Final = (GENESIS_NAME, ANCHORS_NAME, NAMES_NAME, LOG_NAME)
_PARTS: Final = (*LEDGER_PARTS, ENGINE_GENESIS, PEERS, SYNC)
INVITATION_BYTES_MAX: Final = 1 << 40


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a future node shows: its public keys and where it will listen."""

    format: str
    node: str
    """Public key of its connections, in hexadecimal."""
    validator: str
    """Public key with which it signs blocks, in hexadecimal."""
    office: str
    """Unified social credit code of the office that runs it."""
    listen: str
    """Host and port where peers reach it."""

    def act(self, power: int = POWER) -> AdmitNode:
        """Return the act that admits this node."""
        return AdmitNode(
            node=bytes.fromhex(self.node),
            office=values.uscc(self.office),
            public=bytes.fromhex(self.validator),
            power=power,
        )


def make_card(folder: Path, office: str, listen: str, external: str = "") -> Card:
    """Draw the keys of a node where it has none, and return its card."""
    engine = EngineHome(folder)
    engine.make_keys()
    settings = msgspec.structs.replace(engine.settings(), listen=listen, external=external)
    engine.keep_settings(settings)
    return Card(
        CARD_FORMAT,
        engine.node_public.hex(),
        engine.validator_public.hex(),
        office,
        external or listen,
    )


def read_card(path: Path) -> Card:
    """Read a card; raises `EngineHomeError` where it is none."""
    try:
        card = msgspec.json.decode(path.read_bytes(), type=Card)
        keys = bytes.fromhex(card.node), bytes.fromhex(card.validator)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        msg = f"{path} is no card of a node ({error}); make one with `tongjian network join`"
        raise EngineHomeError(msg) from error
    if card.format != CARD_FORMAT or [len(key) for key in keys] != [32, 32]:
        msg = f"{path} is no card of a node of this release"
        raise EngineHomeError(msg)
    return card


def acts_of(cards: Sequence[Card]) -> tuple[Act, ...]:
    """Return the acts that admit the nodes of cards."""
    return tuple(card.act() for card in cards)


def peers_of(cards: Sequence[Card]) -> list[str]:
    """Return the nodes of cards as peers name them: `id@host:port`."""
    from tongjian.engines.comet.members import peer_id  # noqa: PLC0415 - loads the services

    return [f"{peer_id(bytes.fromhex(card.node))}@{card.listen}" for card in cards]


def know_peers(folder: Path, peers: Sequence[str]) -> list[str]:
    """Have a node dial the others of a list; return them."""
    engine = EngineHome(folder)
    own = engine.peer("").partition("@")[0]
    others = [peer for peer in peers if not peer.startswith(own)]
    engine.keep_settings(msgspec.structs.replace(engine.settings(), peers=others))
    return others


class SyncPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed header that a member vouches for, and where newcomers get others from."""

    height: int
    hash: str
    servers: list[str]
    archives: list[str] = []
    """Nodes that keep what a node that begins with a snapshot never has."""


def sync_point(folder: Path, servers: Sequence[str] = ()) -> SyncPoint | None:
    """Return the newest header that a running node's engine has; none where nobody serves any."""
    engine = EngineHome(folder)
    own = engine.settings().light
    listed = [*([own] if own else []), *servers]
    if not listed:
        return None
    rpc = Rpc(engine.rpc)
    try:
        commit = rpc.call("commit")["signed_header"]["commit"]
    except RpcFailed as failed:
        msg = f"the node over {folder} must run, to say which header is the newest: {failed}"
        raise EngineHomeError(msg) from failed
    finally:
        rpc.close()
    archives = engine.settings().archives
    return SyncPoint(int(commit["height"]), commit["block_id"]["hash"], listed, archives)


def write_invitation(
    home: Home,
    chain: Chain,
    path: Path,
    peers: Sequence[str],
    *,
    sync: SyncPoint | None = None,
    blocks: bool = True,
) -> None:
    """Write what a node needs to join: everything in it is known to every member.

    With a sync point the node may begin with a snapshot; without blocks it has to.
    """
    engine = EngineHome(home.folder)
    parts = {name: (home.folder / name) for name in LEDGER_PARTS[:3]}
    with tarfile.open(path, "w") as archive:
        for name, source in parts.items():
            if source.exists():
                archive.add(source, name)
        _add(archive, ENGINE_GENESIS, json.dumps(engine.genesis()).encode())
        _add(archive, PEERS, json.dumps(list(peers)).encode())
        if sync is not None:
            _add(archive, SYNC, msgspec.json.encode(sync))
        if not blocks:
            return
        info = tarfile.TarInfo(LOG_NAME)
        info.size = _hand_over_end(chain)
        with (home.folder / LOG_NAME).open("rb") as log:
            archive.addfile(info, log)


def accept_invitation(path: Path, folder: Path, *, state_sync: bool = False) -> list[str]:
    """Lay out a ledger's folder from an invitation; return the peers. Nothing is overwritten.

    With `state_sync`, or where the invitation has no blocks, the ledger itself comes as a snapshot
    when the node runs.

    Raises `EngineHomeError` where the file is no invitation or the folder has another ledger.
    """
    engine = EngineHome(folder)
    found = _read_invitation(path)
    taken = [name for name in LEDGER_PARTS if (folder / name).exists()]
    if taken:
        msg = f"{folder} holds a ledger already ({taken[0]}); join with an empty folder"
        raise EngineHomeError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    state_sync = state_sync or LOG_NAME not in found
    for name in LEDGER_PARTS:
        if name in found and not (state_sync and name == LOG_NAME):
            (folder / name).write_bytes(found[name])
    engine.make_keys()
    engine.keep_genesis(json.loads(found[ENGINE_GENESIS]))
    others = know_peers(folder, json.loads(found[PEERS]))
    if state_sync:
        _begin_with_snapshot(engine, found)
        return others
    with Home(folder).open(writable=True) as chain:
        _expect_begun(chain, engine.genesis())
    return others


def rejoin(path: Path, folder: Path, *, state_sync: bool = False) -> list[str]:
    """Begin anew in the folder of a node whose state was lost, with its keys; return the peers.

    What is left of ledger and engine is put aside, into a folder `aside-N`. The validator's record
    may be lost with it, so it does not vote before the network has decided blocks without it.
    Raises `EngineHomeError` where the folder has no keys of a node.
    """
    engine = EngineHome(folder)
    _read_invitation(path)
    public = engine.node_public, engine.validator_public
    aside = folder / f"aside-{sum(1 for _ in folder.glob('aside-*')) + 1}"
    aside.mkdir()
    # Before the record goes: whatever fails from here on, the validator does not vote.
    engine.observe(
        "its state was lost, and with it perhaps what it signed last: it watches until the network "
        "has decided blocks without it"
    )
    for name in (*LEDGER_PARTS, STORE_NAME, STORE_NAME + "-lock", FOLDER, f"{ENGINE_NAME}/data"):
        if (folder / name).exists():
            (folder / name).rename(aside / Path(name).name)
    others = accept_invitation(path, folder, state_sync=state_sync)
    if public != (engine.node_public, engine.validator_public):
        msg = f"the keys in {engine.folder} changed while it was read"
        raise EngineHomeError(msg)
    return others


def _begin_with_snapshot(engine: EngineHome, found: dict[str, bytes]) -> None:
    """Note in the settings from which header on the engine proves what it is offered."""
    if SYNC not in found:
        msg = "the invitation names nobody who serves signed headers: ask for one with a sync point"
        raise EngineHomeError(msg)
    point = msgspec.json.decode(found[SYNC], type=SyncPoint)
    servers = point.servers if len(point.servers) > 1 else point.servers * 2
    settings = msgspec.structs.replace(
        engine.settings(),
        sync_servers=servers,
        sync_height=point.height,
        sync_hash=point.hash,
        archives=point.archives,
    )
    engine.keep_settings(settings)


def _expect_begun(chain: Chain, genesis: dict[str, Any]) -> None:
    """Expect that the ledger ends where the engine's genesis begins; it was checked by replay."""
    state = genesis["app_state"]
    tip = chain.tip
    if tip is None or (state["height"], state["header"]) != (tip.height, tip.header_hash.hex()):
        msg = f"the invitation's blocks do not end with block {state['height']} of its genesis"
        raise EngineHomeError(msg)


def _hand_over_end(chain: Chain) -> int:
    """Return the size of the block log up to the block that handed the seal over."""
    with chain.lock:
        keys = chain.machine.directory.seal_keys()
        first = next(height for height, key in keys if key.suite == NETWORK_SUITE)
        if network_seal(chain.sealed(first - 1).seal) is not None:
            msg = f"block {first - 1} was not sealed by the operator"
            raise EngineHomeError(msg)
        meta = chain.store.block(first - 1)
        if meta is None:
            msg = f"block {first - 1} is not in the index"
            raise EngineHomeError(msg)
        return chain.log.read(meta.offset).end


def _read_invitation(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                reader = archive.extractfile(member) if member.isfile() else None
                if reader is not None and member.name in _PARTS:
                    found[member.name] = reader.read()
    except (OSError, tarfile.TarError) as error:
        msg = f"{path} is no invitation: {error}"
        raise EngineHomeError(msg) from error
    missing = [n for n in (GENESIS_NAME, ENGINE_GENESIS, PEERS) if n not in found]
    missing += [LOG_NAME] if LOG_NAME not in found and SYNC not in found else []
    if missing:
        msg = f"{path} is no invitation: {missing[0]} is missing"
        raise EngineHomeError(msg)
    return found


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
