"""Invitations without blocks, a member that begins anew, and who serves signed headers to both."""

import json
import socket
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError

import pytest
from network import found_network, use_network
from small import CLERKS, OFFICES
from terminal import ok

from tongjian.node.devnet import free_ports, hand_over
from tongjian.node.engine_home import EngineHome, EngineHomeError
from tongjian.node.home import Home
from tongjian.node.joining import (
    SyncPoint,
    accept_invitation,
    make_card,
    peers_of,
    rejoin,
    sync_point,
    write_invitation,
)
from tongjian.node.light_server import CLIENTS_MAX, LightServer, read_question
from tongjian.node.member import Member

POINT = SyncPoint(7, "AB" * 32, ["one.example:1"], ["archive.example:443"])


@pytest.fixture
def member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of a ledger that was handed over to one node."""
    use_network(monkeypatch.setattr)
    found_network(tmp_path / "member")
    home = Home(tmp_path / "member")
    card = make_card(home.folder, OFFICES[0], "127.0.0.1:1")
    genesis = hand_over(home, [home.key(clerk) for clerk in CLERKS], [card.act()])
    EngineHome(home.folder).keep_genesis(genesis)
    return home.folder


def write(member: Path, point: SyncPoint | None, *, blocks: bool) -> Path:
    path = member.parent / "i.tar"
    home = Home(member)
    card = make_card(member, OFFICES[0], "127.0.0.1:1")
    with home.open() as chain:
        write_invitation(home, chain, path, peers_of([card]), sync=point, blocks=blocks)
    return path


def test_a_node_invited_without_blocks_waits_for_a_snapshot(member: Path, tmp_path: Path) -> None:
    accept_invitation(write(member, POINT, blocks=False), tmp_path / "new")
    assert not (tmp_path / "new" / "blocks.log").exists()
    settings = EngineHome(tmp_path / "new").settings()
    assert (settings.sync_height, settings.sync_hash) == (7, "AB" * 32)
    assert settings.sync_servers == ["one.example:1", "one.example:1"]
    assert settings.archives == ["archive.example:443"]
    with Home(tmp_path / "new").open(writable=True) as chain:
        assert chain.needs_founding()
    accept_invitation(write(member, POINT, blocks=True), tmp_path / "other", state_sync=True)
    assert not (tmp_path / "other" / "blocks.log").exists()


def test_a_node_that_waits_for_a_snapshot_says_where_it_stands(
    member: Path, tmp_path: Path
) -> None:
    accept_invitation(write(member, POINT, blocks=False), tmp_path / "new")
    home = Home(tmp_path / "new")
    with home.open(writable=True) as chain:
        standing = Member(home, chain).standing()
    assert (standing["syncing"], standing["power"], standing["key_ends_s"]) == (True, 0, -1)
    assert ok("network", "status", home=home.folder).stdout.startswith("running")


def test_without_blocks_and_without_a_header_nothing_is_begun(member: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineHomeError, match=r"blocks\.log is missing"):
        accept_invitation(write(member, None, blocks=False), tmp_path / "new")
    with pytest.raises(EngineHomeError, match="names nobody who serves signed headers"):
        accept_invitation(write(member, None, blocks=True), tmp_path / "new", state_sync=True)
    assert sync_point(member) is None
    with pytest.raises(EngineHomeError, match="must run"):
        sync_point(member, ["one.example:1"])


def test_a_member_begins_anew_with_its_keys_and_does_not_vote_yet(member: Path) -> None:
    invitation = write(member, POINT, blocks=False)
    engine = EngineHome(member)
    keys = engine.node_public, engine.validator_public
    (engine.folder / "data" / "priv_validator_state.json").write_text('{"height": "90"}')
    rejoin(invitation, member)
    assert (engine.node_public, engine.validator_public) == keys
    assert "its state was lost" in engine.why_observes()
    aside = member / "aside-1"
    assert (aside / "blocks.log").exists()
    assert json.loads((aside / "data/priv_validator_state.json").read_text())["height"] == "90"
    rejoin(invitation, member)
    assert (member / "aside-2").exists()


def test_who_fails_to_begin_anew_does_not_vote_either(member: Path) -> None:
    invitation = write(member, None, blocks=True)
    with pytest.raises(EngineHomeError, match="names nobody who serves signed headers"):
        rejoin(invitation, member, state_sync=True)
    assert EngineHome(member).observes()


def test_a_key_whose_record_is_lost_does_not_vote_yet(member: Path) -> None:
    engine = EngineHome(member)
    assert not engine.observes()
    (engine.folder / "data" / "priv_validator_state.json").unlink()
    make_card(member, OFFICES[0], "127.0.0.1:1")
    assert "record of what it signed is missing" in engine.why_observes()


def test_a_folder_without_keys_does_not_join_again(member: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineHomeError, match="is missing"):
        rejoin(write(member, POINT, blocks=False), tmp_path / "new")


# -- who serves signed headers -------------------------------------------------------------------


def test_only_questions_for_signed_headers_are_read() -> None:
    def ask(**asked: Any) -> dict[str, Any] | None:
        return read_question(json.dumps({"jsonrpc": "2.0", "id": 1, **asked}).encode())

    assert ask(method="commit", params={"height": "12", "more": "x"}) == {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "commit",
        "params": {"height": "12"},
    }
    assert ask(method="validators", params={"page": 2, "height": None}) is not None
    assert ask(method="consensus_params") is not None
    for method in ("broadcast_tx_sync", "unsafe_flush_mempool", "net_info", "genesis"):
        assert ask(method=method) is None
    for height in ("-1", "1e9", "9" * 30, '1","x":"', {"a": 1}):
        assert ask(method="commit", params={"height": height}) is None
    for bad in (b"", b"[]", b"{}", b'{"method": "commit", "id": [1]}', b"\xff"):
        assert read_question(bad) is None


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Give the address of a server in front of an engine that answers with what it was asked."""

    class Engine(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = json.dumps({"result": {"asked": json.loads(body)["method"]}}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
            pass

        def address_string(self) -> str:
            return ""

    class Listener(HTTPServer):
        address_family = socket.AF_UNIX

        def server_bind(self) -> None:
            self.socket.bind(self.server_address)

    engine = Listener(str(tmp_path / "rpc.sock"), Engine)  # type: ignore[arg-type]
    thread = Thread(target=engine.serve_forever)
    thread.start()
    (port,) = free_ports(1)
    server = LightServer(f"127.0.0.1:{port}", tmp_path / "rpc.sock")
    yield f"http://127.0.0.1:{port}"
    server.close()
    engine.shutdown()
    engine.server_close()
    thread.join()


def test_what_is_not_served_is_refused_and_the_rest_is_passed_on(served: str) -> None:
    def ask(body: bytes) -> Any:
        with urllib.request.urlopen(served, body, timeout=30) as answer:
            return json.load(answer)

    good = b'{"jsonrpc": "2.0", "id": 3, "method": "commit", "params": {"height": "5"}}'
    assert ask(good) == {"result": {"asked": "commit"}}
    for body, code in ((b'{"id": 1, "method": "genesis"}', 400), (b" " * 5000, 413)):
        with pytest.raises(HTTPError) as refused:
            ask(body)
        assert refused.value.code == code
        refused.value.close()


def test_who_connects_and_says_nothing_takes_a_place_and_no_more(served: str) -> None:
    host, port = served.removeprefix("http://").split(":")
    silent = [socket.create_connection((host, int(port)), timeout=30) for _ in range(CLIENTS_MAX)]
    with socket.create_connection((host, int(port)), timeout=30) as further:
        assert further.recv(1) == b""  # hung up on, and no thread begun
    silent[0].settimeout(0)
    with pytest.raises(BlockingIOError):
        silent[0].recv(1)  # the first has its place still: the last did not wait for silence
    for one in silent:
        one.close()
