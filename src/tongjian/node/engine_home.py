"""The folder of the engine inside a ledger's: keys of this node, genesis, configuration.

engine/config/genesis.json              what the network begins with; the same on every node
engine/config/node_key.json             key of this node's connections; never leaves it
engine/config/priv_validator_key.json   key with which it signs blocks; never leaves it
engine/config/config.toml               written anew at every start, from `engine/settings.json`
engine/data/                            blocks and votes of the engine
"""

import base64
import json
from pathlib import Path
from typing import Any, Final

import msgspec
from nacl.signing import SigningKey

from tongjian.core.validators import compute_address, in_order
from tongjian.engines.chain import Chain
from tongjian.engines.comet.members import nodes_of, peer_id, validators_of
from tongjian.node.clock import salt
from tongjian.storage.files import write_json
from tongjian.verifier.light import engine_chain_of

ENGINE_NAME: Final = "engine"
GATE_NAME: Final = "node.sock"
"""In the ledger's folder, where programs of this machine speak to a running node."""
GENESIS: Final = "config/genesis.json"
NODE_KEY: Final = "config/node_key.json"
VALIDATOR_KEY: Final = "config/priv_validator_key.json"
VALIDATOR_STATE: Final = "data/priv_validator_state.json"
_NOTHING_SIGNED: Final = {"height": "0", "round": 0, "step": 0}
SETTINGS: Final = "settings.json"
OBSERVER: Final = "observer.json"
"""Says why this node's validator does not vote now; while it is there, another key stands in."""
OBSERVER_KEY: Final = "config/observer_key.json"
OBSERVER_STATE: Final = "data/observer_state.json"
_ROUND_MAX: Final = 2**31 - 1
_STEP_LAST: Final = 3
BLOCK_BYTES_MAX: Final = 22_020_096
EVIDENCE_BLOCKS: Final = 1_000_000
EVIDENCE_NS: Final = 30 * 86_400 * 10**9
"""Thirty days: within them a double signature is punished."""


class EngineHomeError(Exception):
    """The folder of the engine cannot be used; the text says what to do."""


class Settings(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What differs from node to node."""

    listen: str = "0.0.0.0:26656"
    """Where peers reach this node."""
    external: str = ""
    """The address that peers are told, where it is another."""
    peers: list[str] = []
    """`id@host:port` of each."""
    one_machine: bool = False
    """Peers share an address, as on a developer's machine."""
    metrics: str = ""
    """Where the engine serves its own Prometheus metrics, such as 127.0.0.1:26660."""
    timeout_propose: str = "1s"
    timeout_vote: str = "500ms"
    timeout_commit: str = "0s"
    gossip: str = "2ms"
    sync_servers: list[str] = []
    """Where members serve signed headers; a node without a ledger begins with a snapshot then."""
    sync_height: int = 0
    sync_hash: str = ""
    """Of a header that the invitation vouches for: from it all others are proven."""
    light: str = ""
    """Where this node serves signed headers to newcomers, such as 0.0.0.0:26657."""
    snapshot_blocks: int = 1000
    """A snapshot is written after so many blocks of the ledger; 0 for never."""
    snapshot_s: int = 600
    """And not more often than that."""
    snapshots_kept: int = 3
    keep_blocks: int = 0
    """Blocks of the ledger that are kept; 0 for all, as an archive node does."""
    archives: list[str] = []
    """Nodes that keep all, told to who asks for what is pruned here."""


class EngineHome:
    """The engine's folder of one node."""

    def __init__(self, ledger: Path) -> None:
        """Point at the folder inside a ledger's; nothing is read yet."""
        self.folder = ledger / ENGINE_NAME
        self.rpc = self.folder / "rpc.sock"
        self.abci = self.folder / "abci.sock"

    def make_keys(self) -> None:
        """Draw the keys of this node, where it has none yet.

        A validator's key without its record does not vote at once: it may have signed before.
        """
        (self.folder / "config").mkdir(parents=True, exist_ok=True)
        (self.folder / "data").mkdir(exist_ok=True)
        self.folder.chmod(0o700)
        if not (self.folder / NODE_KEY).exists():
            secret = _private(SigningKey(salt()))
            write_json(self.folder / NODE_KEY, {"priv_key": secret}, mode=0o600)
        known = (self.folder / VALIDATOR_KEY).exists()
        if known and not (self.folder / VALIDATOR_STATE).exists() and not self.observes():
            self.observe(
                "the record of what it signed is missing beside its key: it watches until the "
                "network has decided blocks without it"
            )
        self._make_validator(VALIDATOR_KEY, VALIDATOR_STATE)

    def _make_validator(self, name: str, state: str) -> None:
        if not (self.folder / name).exists():
            key = SigningKey(salt())
            document = {
                "address": compute_address(bytes(key.verify_key)).hex().upper(),
                "pub_key": _public(bytes(key.verify_key)),
                "priv_key": _private(key),
            }
            write_json(self.folder / name, document, mode=0o600)
        if not (self.folder / state).exists():
            write_json(self.folder / state, _NOTHING_SIGNED, mode=0o600)

    # -- whether the validator votes ----------------------------------------------------------

    def observes(self) -> bool:
        """Say whether this node's validator does not vote now."""
        return (self.folder / OBSERVER).exists()

    def observe(self, why: str) -> None:
        """Have another key stand in for the validator's from the next start on."""
        write_json(self.folder / OBSERVER, {"why": why}, mode=0o600)

    def why_observes(self) -> str:
        """Return why the validator does not vote; empty where it does."""
        return str(self._read(OBSERVER)["why"]) if self.observes() else ""

    def vote_above(self, height: int) -> None:
        """Let the validator vote again, on blocks above one that the network has decided."""
        path = self.folder / VALIDATOR_STATE
        recorded = int(json.loads(path.read_text())["height"]) if path.exists() else 0
        above = str(max(height, recorded))
        state = {"height": above, "round": _ROUND_MAX, "step": _STEP_LAST}
        write_json(path, state, mode=0o600)
        (self.folder / OBSERVER).unlink(missing_ok=True)

    @property
    def node_public(self) -> bytes:
        """The public key of this node's connections."""
        return _public_of(self._read(NODE_KEY)["priv_key"]["value"])

    @property
    def validator_public(self) -> bytes:
        """The public key with which this node signs blocks."""
        return _public_of(self._read(VALIDATOR_KEY)["priv_key"]["value"])

    def peer(self, host: str) -> str:
        """Return this node as its peers name it: `id@host:port`."""
        return f"{peer_id(self.node_public)}@{host}"

    def settings(self) -> Settings:
        """Return what differs from node to node; the defaults where nothing was written."""
        path = self.folder / SETTINGS
        if not path.exists():
            return Settings()
        try:
            return msgspec.json.decode(path.read_bytes(), type=Settings)
        except msgspec.MsgspecError as error:
            msg = f"{path.name} of the engine cannot be used: {error}"
            raise EngineHomeError(msg) from error

    def keep_settings(self, settings: Settings) -> None:
        """Write what differs from node to node."""
        write_json(self.folder / SETTINGS, msgspec.to_builtins(settings), mode=0o600)

    def begins_with_snapshot(self) -> bool:
        """Say whether a ledger that is not here yet comes as a snapshot of others."""
        return bool(self.settings().sync_servers)

    def genesis(self) -> dict[str, Any]:
        """Return the engine's genesis; raises `EngineHomeError` where there is none."""
        return self._read(GENESIS)

    def keep_genesis(self, genesis: dict[str, Any]) -> None:
        """Write the engine's genesis."""
        (self.folder / "config").mkdir(parents=True, exist_ok=True)
        write_json(self.folder / GENESIS, genesis, mode=0o600)

    def configure(self) -> None:
        """Write the engine's configuration from the settings."""
        (self.folder / "data").mkdir(exist_ok=True)
        if self.observes():
            self._make_validator(OBSERVER_KEY, OBSERVER_STATE)
        text = _CONFIG.format(**_config_of(self, self.settings()))
        (self.folder / "config" / "config.toml").write_text(text, encoding="utf-8")

    def _read(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        try:
            document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            msg = f"{path} is missing; join a network with `tongjian network join`"
            raise EngineHomeError(msg) from error
        except ValueError as error:
            msg = f"{path.name} cannot be read: {error}"
            raise EngineHomeError(msg) from error
        return document


def make_genesis(chain: Chain) -> dict[str, Any]:
    """Return the engine's genesis for a ledger whose last block handed the seal over.

    It follows from the ledger alone, so whoever has the ledger up to there can make it again.
    """
    tip = chain.tip
    if tip is None:
        msg = "the ledger has no block"
        raise EngineHomeError(msg)
    seconds, rest = divmod(tip.time_ms, 1000)
    validators = [
        {
            "address": compute_address(public).hex().upper(),
            "pub_key": _public(public),
            "power": str(power),
            "name": "",
        }
        for public, power in in_order(validators_of(nodes_of(chain)))
    ]
    return {
        "genesis_time": f"{_utc(seconds)}.{rest:03d}Z",
        "chain_id": engine_chain_of(chain.chain_id),
        "initial_height": str(tip.height + 1),
        "consensus_params": {
            "block": {"max_bytes": str(BLOCK_BYTES_MAX), "max_gas": "-1"},
            "evidence": {
                "max_age_num_blocks": str(EVIDENCE_BLOCKS),
                "max_age_duration": str(EVIDENCE_NS),
                "max_bytes": "1048576",
            },
            "validator": {"pub_key_types": ["ed25519"]},
            "version": {"app": "1"},
            "abci": {"vote_extensions_enable_height": "0"},
        },
        "validators": validators,
        "app_hash": tip.header_hash.hex().upper(),
        "app_state": {
            "chain": chain.chain_id.hex(),
            "height": tip.height,
            "header": tip.header_hash.hex(),
        },
    }


def _utc(seconds: int) -> str:
    """Return a moment as RFC 3339 has it, without a fraction."""
    import time  # noqa: PLC0415 - formatting only; the clock is read in `clock`

    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _public(public: bytes) -> dict[str, str]:
    return {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(public).decode()}


def _private(key: SigningKey) -> dict[str, str]:
    value = bytes(key) + bytes(key.verify_key)
    return {"type": "tendermint/PrivKeyEd25519", "value": base64.b64encode(value).decode()}


def _public_of(value: str) -> bytes:
    return base64.b64decode(value)[32:]


def _config_of(home: EngineHome, settings: Settings) -> dict[str, str]:
    flag = {True: "true", False: "false"}
    ids = ",".join(peer.partition("@")[0] for peer in settings.peers)
    return {
        "abci": str(home.abci.absolute()),
        "rpc": str(home.rpc.absolute()),
        "listen": settings.listen,
        "external": settings.external,
        "peers": ",".join(settings.peers),
        "ids": ids,
        "one": flag[settings.one_machine],
        "strict": flag[not settings.one_machine],
        "metrics_on": flag[bool(settings.metrics)],
        "metrics": settings.metrics,
        "propose": settings.timeout_propose,
        "vote": settings.timeout_vote,
        "commit": settings.timeout_commit,
        "gossip": settings.gossip,
        "sync": flag[bool(settings.sync_servers)],
        "sync_servers": ",".join(settings.sync_servers),
        "sync_height": str(settings.sync_height),
        "sync_hash": settings.sync_hash,
        "key": OBSERVER_KEY if home.observes() else VALIDATOR_KEY,
        "state": OBSERVER_STATE if home.observes() else VALIDATOR_STATE,
        "data": str((home.folder / "data").absolute()),
    }


_CONFIG: Final = """\
# Written by tongjian at every start; change engine/settings.json instead.
version = "0.38.26"
proxy_app = "unix://{abci}"
moniker = "tongjian"
priv_validator_key_file = "{key}"
priv_validator_state_file = "{state}"
db_backend = "goleveldb"
log_level = "error"
log_format = "json"
abci = "socket"
filter_peers = true

[rpc]
laddr = "unix://{rpc}"
unsafe = false
max_body_bytes = 4000000
timeout_broadcast_tx_commit = "10s"

[p2p]
laddr = "tcp://{listen}"
external_address = "{external}"
persistent_peers = "{peers}"
unconditional_peer_ids = "{ids}"
private_peer_ids = "{ids}"
persistent_peers_max_dial_period = "5s"
pex = true
addr_book_strict = {strict}
allow_duplicate_ip = {one}
flush_throttle_timeout = "1ms"
max_packet_msg_payload_size = 65536
send_rate = 500000000
recv_rate = 500000000

[mempool]
type = "flood"
recheck = true
size = 5000
max_txs_bytes = 1073741824
max_tx_bytes = 1048576
cache_size = 20000

[statesync]
enable = {sync}
rpc_servers = "{sync_servers}"
trust_height = {sync_height}
trust_hash = "{sync_hash}"
trust_period = "720h0m0s"
discovery_time = "5s"
temp_dir = "{data}"
chunk_request_timeout = "20s"

[consensus]
timeout_propose = "{propose}"
timeout_propose_delta = "250ms"
timeout_prevote = "{vote}"
timeout_prevote_delta = "100ms"
timeout_precommit = "{vote}"
timeout_precommit_delta = "100ms"
timeout_commit = "{commit}"
skip_timeout_commit = true
create_empty_blocks = false
create_empty_blocks_interval = "60s"
peer_gossip_sleep_duration = "{gossip}"
peer_query_maj23_sleep_duration = "2s"
double_sign_check_height = 0

[tx_index]
indexer = "null"

[instrumentation]
prometheus = {metrics_on}
prometheus_listen_addr = "{metrics}"
namespace = "cometbft"
"""
