"""A ledger of one machine becomes a network; nodes come and go; what was proven stays proven."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cluster import Cluster, needs_engine
from network import found_network, use_network
from shelf import THINGS
from small import CLERKS, OFFICES, Small, put, receipts

from tongjian.engines.outcomes import Status
from tongjian.engines.receipts import Receipts
from tongjian.engines.trust import anchors_of
from tongjian.node.devnet import Place, free_ports, hand_over
from tongjian.node.engine_home import EngineHome, EngineHomeError
from tongjian.node.home import Home
from tongjian.node.joining import (
    accept_invitation,
    know_peers,
    make_card,
    peers_of,
    write_invitation,
)
from tongjian.services.membership.acts_network import RetireNode
from tongjian.storage.errors import StorageError
from tongjian.verifier.receipt import VerificationFailed, verify_receipt


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    use_network(monkeypatch.setattr)
    made = Path(tempfile.mkdtemp(prefix="tj"))
    yield made
    shutil.rmtree(made)


def one_machine(place: Path) -> None:
    engine = EngineHome(place)
    settings = msgspec.structs.replace(
        engine.settings(), one_machine=True, timeout_propose="500ms", timeout_vote="200ms"
    )
    engine.keep_settings(settings)


class Grown(Cluster):
    """Four nodes, the first over the folder of the ledger that was there before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        found_network(folder / "node0")
        self.small = Small(folder / "node0")
        with self.small.opened() as chain:
            self.small.apply(chain, self.small.envelope(put("before", 1)))
            self.small._nonce = 1000
            self.old = receipts(chain).of_row(THINGS.key("before"))
        names = [folder / f"node{n}" for n in range(4)]
        ports = free_ports(4)
        self.places = [Place(p, f"127.0.0.1:{port}") for p, port in zip(names, ports, strict=True)]
        cards = [
            make_card(place.folder, OFFICES[n % 2], place.listen)
            for n, place in enumerate(self.places)
        ]
        home = Home(names[0])
        genesis = hand_over(home, [home.key(c) for c in CLERKS], [card.act() for card in cards])
        EngineHome(names[0]).keep_genesis(genesis)
        know_peers(names[0], peers_of(cards))
        with home.open() as chain:
            write_invitation(home, chain, folder / "invitation.tar", peers_of(cards))
            self.old_anchors = anchors_of(chain)
        for name in names[1:]:
            assert len(accept_invitation(folder / "invitation.tar", name)) == 3
        for name in names:
            one_machine(name)
        self.processes = [None] * 4
        self.wrap = lambda number: ()
        self.manners = {}


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_ledger_grows_into_a_network_and_a_fifth_node_joins(  # noqa: PLR0915 - one story
    folder: Path,
) -> None:
    needs_engine()
    made = Grown(folder)
    try:
        made.start()
        done = made.submit(put("during", 1))
        assert (done.status, done.height) == (Status.COMMITTED, 4)
        fifth = folder / "node4"
        (port,) = free_ports(1)
        card = make_card(fifth, OFFICES[0], f"127.0.0.1:{port}")
        assert made.submit(card.act(), by=(0, 1)).status is Status.COMMITTED
        home = Home(folder / "node1")
        with home.open() as chain:
            peers = [*EngineHome(home.folder).settings().peers]
            write_invitation(home, chain, folder / "later.tar", [*peers, *peers_of([card])])
        accept_invitation(folder / "later.tar", fifth)
        one_machine(fifth)
        made.places.append(Place(fifth, card.listen))
        made.processes.append(None)
        made.start(4)
        made.agree()
        assert made.submit(put("five", 1), to=(4,)).height == 6
        made.agree()
        client = made.client(4)
        new = client.ask("receipt", "row", THINGS.key("five"), -1)
        client.close()
        retire = RetireNode(node=EngineHome(folder / "node3").node_public)
        assert made.submit(retire, by=(1,)).status is Status.COMMITTED
        made.stop(3)
        assert made.submit(put("after", 1), to=(0,)).status is Status.COMMITTED
        made.agree(0, 1, 2, 4)
        client = made.client(0)
        last = client.ask("receipt", "row", THINGS.key("after"), -1)
        client.close()
    finally:
        made.stop()
    with Home(folder / "node0").open() as chain:
        anchors = anchors_of(chain)
        chain.certify = None
        with pytest.raises(StorageError, match="with the engine"):
            Receipts(chain).of_row(THINGS.key("five"))
    for receipt in (made.old, new, last):
        verify_receipt(receipt, anchors)
        verify_receipt(receipt, made.old_anchors)
    stranger = msgspec.structs.replace(made.old_anchors.seals[-1], public="11" * 32)
    seals = [*made.old_anchors.seals[:-1], stranger]
    verify_receipt(made.old, msgspec.structs.replace(anchors, seals=seals))
    with pytest.raises(VerificationFailed, match="nothing leads"):
        verify_receipt(last, msgspec.structs.replace(anchors, seals=seals))


def test_an_invitation_overwrites_nothing_and_must_be_one(folder: Path) -> None:
    found_network(folder / "ledger")
    (folder / "other.tar").write_bytes(b"not a tar")
    with pytest.raises(EngineHomeError, match="no invitation"):
        accept_invitation(folder / "other.tar", folder / "empty")
    home = Home(folder / "ledger")
    card = make_card(home.folder, OFFICES[0], "127.0.0.1:1")
    genesis = hand_over(home, [home.key(clerk) for clerk in CLERKS], [card.act()])
    EngineHome(home.folder).keep_genesis(genesis)
    with home.open() as chain:
        write_invitation(home, chain, folder / "i.tar", peers_of([card]))
    with pytest.raises(EngineHomeError, match="holds a ledger already"):
        accept_invitation(folder / "i.tar", home.folder)
