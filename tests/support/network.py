"""A small ledger that many nodes run: shelf and membership, validators, an engine made by hand."""

import json
import shutil
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import shelf
from nacl.signing import SigningKey
from small import CLERKS, OFFICES, START_MS, Small, put

from tongjian.catalogue import load_parameters
from tongjian.core import values
from tongjian.core.hashing import sha256
from tongjian.core.operation import Act
from tongjian.core.registry import Registry
from tongjian.engines import chain as chain_module
from tongjian.engines.chain import Chain
from tongjian.engines.checkers import Checkers
from tongjian.engines.comet.application import Application
from tongjian.engines.comet.bundles import make_bundle
from tongjian.engines.comet.members import validators_hash_of
from tongjian.engines.comet.server import AbciServer
from tongjian.engines.comet.wire import Message, decode_message, encode_message, frame, take_frame
from tongjian.node import founding
from tongjian.node.founding import Plan, PlanOffice, PlanOfficer
from tongjian.services import membership
from tongjian.services.membership import acts as _acts
from tongjian.services.membership import views as _views
from tongjian.services.membership.acts_network import AdmitNode, BeginNetwork

assert _acts
assert _views
REGISTRY: Final = Registry((membership.service, shelf.shelf))
VALIDATORS: Final = tuple(SigningKey(sha256(b"validator %d" % n)) for n in range(7))
PEERS: Final = tuple(SigningKey(sha256(b"peer %d" % n)) for n in range(7))


def use_network(replace: Callable[[Any, str, Any], None] = setattr) -> None:
    """Let this process run shelf and the real membership."""
    replace(chain_module, "load_registry", lambda: REGISTRY)
    replace(founding, "load_registry", lambda: REGISTRY)
    replace(
        founding,
        "load_parameters",
        lambda name: load_parameters(name) if name == "membership" else (),
    )


def found_network(folder: Path, *, hash_name: str = "sha256") -> None:
    """Found the ledger; its two clerks govern too, so together they carry a vote."""
    plan = Plan(
        label="small",
        hash=hash_name,
        office=[
            PlanOffice(
                uscc=uscc, label=f"office-{n}", name=f"第{n}处", region="990100", kind="bureau"
            )
            for n, uscc in enumerate(OFFICES)
        ],
        officer=[
            PlanOfficer(holder=clerk, office=uscc, roles=["clerk", "governor", "registrar"])
            for clerk, uscc in zip(CLERKS, OFFICES, strict=True)
        ],
    )
    founding.found(plan, folder, time_ms=START_MS)


def admit(node: int, power: int = 10, *, validator: int | None = None) -> AdmitNode:
    """Make the act that admits a node."""
    return AdmitNode(
        node=bytes(PEERS[node].verify_key),
        office=values.uscc(OFFICES[node % 2]),
        public=bytes(VALIDATORS[node if validator is None else validator].verify_key),
        power=power,
    )


def begin(chain: Chain) -> BeginNetwork:
    """Make the act that hands the seal over to the validators on the ledger."""
    return BeginNetwork(validators=values.digest(validators_hash_of(chain)))


def hand_over(small: Small, chain: Chain, nodes: int = 4) -> None:
    """Admit nodes and begin the network, by the operator's last blocks."""
    small.apply(chain, small.envelope(*[admit(n) for n in range(nodes)], by=(0, 1)))
    small.apply(chain, small.envelope(begin(chain), by=(0, 1)))


class ByHand:
    """An engine of one process: it makes blocks as it is told and keeps no signatures."""

    def __init__(self, application: Application, ask: Callable[[str, Message], Message]) -> None:
        self.application = application
        self.ask = ask
        chain = application.chain
        self.genesis_height = chain.height
        self.height = application.engine_height or chain.height
        self.validators = validators_hash_of(chain)
        self.hashes: list[bytes] = []
        self.now_ms = START_MS + 10_000_000

    def start(self) -> None:
        """Shake hands as the engine does."""
        info = self.ask("info", {"version": "0.38.26"})
        if info["last_block_height"] == 0:
            state = {
                "chain": self.application.chain.chain_id.hex(),
                "height": self.application.chain.height,
                "header": self.application.header_hash().hex(),
            }
            self.ask(
                "init_chain",
                {
                    "chain_id": "test",
                    "initial_height": self.height + 1,
                    "app_state_bytes": json.dumps(state).encode(),
                },
            )

    def block(self, *transactions: bytes, **other: Any) -> Message:
        """Decide and commit one block; transactions are bundles or ticks."""
        self.height += 1
        self.now_ms += 1000
        request = {**self.request(transactions), **other}
        answer = self.ask("finalize_block", request)
        self.ask("commit", {})
        self.hashes.append(answer["app_hash"])
        return answer

    def request(self, transactions: Sequence[bytes]) -> Message:
        seconds, rest = divmod(self.now_ms, 1000)
        return {
            "txs": list(transactions),
            "hash": sha256(b"block %d" % self.height),
            "height": self.height,
            "time": {"seconds": seconds, "nanos": rest * 1_000_000 + 345},
            "next_validators_hash": self.validators,
            "proposer_address": bytes(20),
            "misbehavior": [],
            "decided_last_commit": {"round": 0, "votes": []},
        }


class Caller:
    """One connection to an ABCI server, as the engine would hold it."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._read = bytearray()

    def ask(self, name: str, message: Message) -> Message:
        """Send a request and a flush; return the answer."""
        for one in ({name: message}, {"flush": {}}):
            self._socket.sendall(frame(encode_message("Request", one)))
        answer = self._next()
        assert self._next()["flush"] == {}
        assert answer["exception"] is None
        found: Message = answer[name]
        assert found is not None
        return found

    def _next(self) -> Message:
        while (taken := take_frame(self._read)) is None:
            more = self._socket.recv(1 << 16)
            if not more:
                raise ConnectionError
            self._read += more
        data, end = taken
        self._read = self._read[end:]
        return decode_message("Response", data)

    def close(self) -> None:
        self._socket.close()


class Node:
    """A ledger's copy with an application and its socket, and the caller's end."""

    def __init__(self, folder: Path, small: Small) -> None:
        self.folder = folder
        self.chain = Chain(folder, small.genesis, writable=True)
        self.clock_ms = START_MS + 10_000_000
        self.application = Application(self.chain, Checkers(0), lambda: self.engine.now_ms)
        self.server = AbciServer(
            folder / "abci.sock", self.application.handlers(), self.application.abandon
        )
        self.caller = Caller(self.server.path)
        self.engine = ByHand(self.application, self.caller.ask)
        self.engine.start()

    def dial_again(self) -> None:
        """End the connection, as when the engine is killed, and open another."""
        self.caller.close()
        self.caller = Caller(self.server.path)
        self.engine.ask = self.caller.ask

    def close(self) -> None:
        self.caller.close()
        self.server.close()
        self.chain.close()


@pytest.fixture(scope="session")
def handed_over(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Found one ledger and begin its network, for all tests of a process."""
    folder = tmp_path_factory.mktemp("network") / "ledger"
    with pytest.MonkeyPatch.context() as patch:
        use_network(patch.setattr)
        found_network(folder)
        small = Small(folder)
        with small.opened() as chain:
            small.apply(chain, small.envelope(put("before", 1)))
            hand_over(small, chain)
    return folder


@pytest.fixture
def town(tmp_path: Path, handed_over: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """Give a fresh ledger whose network has begun."""
    use_network(monkeypatch.setattr)
    small = Small(shutil.copytree(handed_over, tmp_path / "ledger"))
    small._nonce = 1000
    return small


@pytest.fixture
def node(town: Small) -> Any:
    """Give an application over the ledger, reached over its socket."""
    made = Node(town.folder, town)
    yield made
    made.close()


def bundle(*envelopes: bytes) -> bytes:
    """Put envelopes into one transaction of the engine."""
    return make_bundle(envelopes)


def sign_all(small: Small, *acts: Act) -> list[bytes]:
    """Sign each act in a transaction of its own."""
    return [small.envelope(act) for act in acts]
