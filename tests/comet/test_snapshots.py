"""A snapshot brings a node to the proven state, and nothing else: every lie in it is refused."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lmdb
import msgspec
import pytest
from network import Node, bundle, sign_all, use_network
from shelf import THINGS
from small import Small, change, drop, lend, put, things_of

from tongjian.core.encoding import encode
from tongjian.core.hashing import sha256
from tongjian.engines.chain import Chain
from tongjian.engines.checkers import Checkers
from tongjian.engines.comet import snapshot_form
from tongjian.engines.comet.application import Application
from tongjian.engines.comet.snapshot_form import (
    MANIFESTS,
    SnapshotRefused,
    TwigPart,
)
from tongjian.engines.comet.snapshot_maker import make_snapshot
from tongjian.engines.comet.snapshots import PLACING, RESTORING, clear_unfinished
from tongjian.engines.comet.wire import Message
from tongjian.storage.checks import check_entries
from tongjian.storage.errors import Pruned, StorageFull


@pytest.fixture(autouse=True)
def _network(monkeypatch: pytest.MonkeyPatch) -> None:
    use_network(monkeypatch.setattr)


class Newcomer:
    """An application without a ledger, and what the engine would ask of it."""

    def __init__(self, folder: Path, small: Small) -> None:
        folder.mkdir(exist_ok=True)
        clear_unfinished(folder)
        self.chain = Chain(folder, small.genesis, writable=True)
        self.application = Application(self.chain, Checkers(0), lambda: 0)
        self.snapshots = self.application.snapshots

    def offer(self, shown: Message, app_hash: bytes) -> int:
        found: int = self.snapshots.offer({"snapshot": shown, "app_hash": app_hash})["result"]
        return found

    def apply(self, index: int, chunk: bytes) -> Message:
        return self.snapshots.apply({"index": index, "chunk": chunk, "sender": "peer"})

    def take(self, shown: Message, chunks: list[bytes], app_hash: bytes) -> int:
        """Offer and apply all; return the last verdict, 1 where everything was taken."""
        if (verdict := self.offer(shown, app_hash)) != 1:
            return verdict
        for index, chunk in enumerate(chunks):
            verdict = self.apply(index, chunk)["result"]
            if verdict != 1:
                break
        return verdict

    def close(self) -> None:
        self.chain.close()


class Taken:
    """A snapshot as a peer would hand it over."""

    def __init__(self, node: Node) -> None:
        folder = make_snapshot(node.chain)
        height = int(folder.name)
        self.app_hash = node.application.header_hash()
        self.shown = node.application.snapshots._shown(height)
        count = self.shown["chunks"]
        load = node.application.snapshots.load
        self.chunks = [
            load({"height": height, "format": 1, "chunk": n})["chunk"] for n in range(count)
        ]

    def listed_with(self, chunks: list[bytes], **other: Any) -> Message:
        """Return the offer of a liar, whose list of hashes names its own chunks."""
        manifest = MANIFESTS.decode(self.shown["metadata"])
        data = encode(
            msgspec.structs.replace(manifest, chunks=b"".join(map(sha256, chunks)), **other)
        )
        return {**self.shown, "chunks": len(chunks), "hash": sha256(data), "metadata": data}

    def position(self, letter: bytes) -> int:
        return next(n for n, chunk in enumerate(self.chunks) if chunk[:1] == letter)


@pytest.fixture(scope="module")
def lived(handed_over: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Give a ledger with replaced, removed and lent things, over two twigs; nobody adds to it."""
    with pytest.MonkeyPatch.context() as patch:
        use_network(patch.setattr)
        folder = shutil.copytree(handed_over, tmp_path_factory.mktemp("lived") / "ledger")
        small = Small(folder)
        small._nonce = 1000
        node = Node(folder, small)
        live(node, small)
        yield node
        node.close()


@pytest.fixture(scope="module")
def taken(lived: Node) -> Taken:
    return Taken(lived)


def live(node: Node, town: Small) -> None:
    due = node.engine.now_ms + 60_000
    acts = [put(f"thing_{n:03d}", n) for n in range(160)]
    node.engine.block(bundle(*sign_all(town, *acts)))
    for more in range(1, 4):
        changes = [change(f"thing_{n:03d}", n + more) for n in range(120)]
        node.engine.block(bundle(*sign_all(town, *changes)))
    node.engine.block(bundle(*sign_all(town, lend("book", due), drop("thing_007"), drop("none"))))


@pytest.fixture
def newcomer(tmp_path: Path, town: Small) -> Iterator[Newcomer]:
    made = Newcomer(tmp_path / "newcomer", town)
    yield made
    made.close()


def test_a_newcomer_stands_where_the_snapshot_does_and_goes_on_alike(
    node: Node, town: Small, newcomer: Newcomer
) -> None:
    live(node, town)
    taken = Taken(node)
    assert newcomer.take(taken.shown, taken.chunks, taken.app_hash) == 1
    info = newcomer.application.info({})
    assert info["last_block_height"] == node.engine.height
    assert info["last_block_app_hash"] == taken.app_hash
    assert things_of(newcomer.chain) == things_of(node.chain)
    again = town.envelope(put("later", 1))
    envelopes = [again, town.envelope(change("thing_100", 5)), town.envelope(drop("thing_003"))]
    newcomer.application.engine_height = node.engine.height
    for one in ([bundle(*envelopes)], [bundle(again)], []):
        theirs = node.engine.block(*one)
        ours = newcomer.application.finalize_block(node.engine.request(one))
        newcomer.application.commit({})
        assert ours["app_hash"] == theirs["app_hash"]
    for height in range(newcomer.chain.height + 1):
        assert newcomer.chain.header(height) == node.chain.header(height)


def test_what_was_decided_before_is_not_decided_again_and_its_outcome_is_known(
    lived: Node, newcomer: Newcomer, taken: Taken
) -> None:
    assert newcomer.take(taken.shown, taken.chunks, taken.app_hash) == 1
    chain = lived.chain
    refused = 0
    for height in range(1, chain.height + 1):
        for envelope in chain.body(height).envelopes:
            identity = chain.opener.open(envelope).id
            assert newcomer.chain.outcome(identity) == chain.outcome(identity)
            refused += bool(chain.outcome(identity) != (height, ""))
            opened = newcomer.application.admission.open(bundle(envelope))
            assert newcomer.application.admission.admit([opened], 0).incoming == []
    assert refused == 1


def test_a_newcomer_proves_from_then_on_and_names_an_archive_for_what_was_before(
    lived: Node, newcomer: Newcomer, taken: Taken
) -> None:
    newcomer.chain.archives = "archive.example:443"
    assert newcomer.take(taken.shown, taken.chunks, taken.app_hash) == 1
    ours, theirs, tip = newcomer.chain, lived.chain, lived.chain.height
    for name in ("thing_000", "thing_007", "thing_120", "never"):
        key = THINGS.key(name)
        at = ours.prover.entry_at(key, tip)
        assert at == theirs.prover.entry_at(key, tip)
        numbers = [ours.prover.before_at(key, tip) if at is None else at]
        assert ours.prover.state_proof(numbers, tip) == theirs.prover.state_proof(numbers, tip)
        with pytest.raises(Pruned, match="pruned"):
            ours.prover.entry_at(key, tip - 1)
    tree = ours.commitment.tree
    assert check_entries(ours.store, tree, ours.digest) == tree.count
    size = ours.log_size(tip)
    assert ours.prover.log_path(size - 1, size) == theirs.prover.log_path(size - 1, size)
    with pytest.raises(Pruned, match=r"height 2 is pruned.*archive\.example:443"):
        ours.body(2)


def test_a_node_that_was_restored_gives_the_same_snapshot(
    town: Small, newcomer: Newcomer, taken: Taken
) -> None:
    assert newcomer.take(taken.shown, taken.chunks, taken.app_hash) == 1
    newcomer.chain.close()
    newcomer.chain = Chain(newcomer.chain.folder, town.genesis, writable=True)
    assert newcomer.chain.opened.rebuilt == ""
    folder = make_snapshot(newcomer.chain)
    chunks = [path.read_bytes() for path in sorted(folder.glob("[0-9]*"))]
    assert chunks == taken.chunks
    assert (folder / "manifest").read_bytes() == taken.shown["metadata"]


def _twigs_changed(make: Callable[[TwigPart], TwigPart]) -> Callable[[Taken], list[bytes]]:
    def lie(taken: Taken) -> list[bytes]:
        chunks, at = list(taken.chunks), taken.position(b"S")
        parts = snapshot_form.TWIG_PARTS.decode(chunks[at][1:])
        chunks[at] = b"S" + encode([make(parts[0]), *parts[1:]])
        return chunks

    return lie


def _with_bit(part: TwigPart) -> TwigPart:
    return TwigPart(bytes([part.bits[0] ^ 1]) + part.bits[1:], part.dead, part.rows)


def _other_value(part: TwigPart) -> TwigPart:
    (key, _, then, height), *rest = part.rows
    return TwigPart(part.bits, part.dead, [(key, b"\x91\x01", then, height), *rest])


def _less(letter: bytes) -> Callable[[Taken], list[bytes]]:
    def lie(taken: Taken) -> list[bytes]:
        at = taken.position(letter)
        return [chunk for n, chunk in enumerate(taken.chunks) if n != at]

    return lie


def _flipped(letter: bytes) -> Callable[[Taken], list[bytes]]:
    def lie(taken: Taken) -> list[bytes]:
        chunks, at = list(taken.chunks), taken.position(letter)
        chunks[at] = chunks[at][:-1] + bytes([chunks[at][-1] ^ 1])
        return chunks

    return lie


LIES: dict[str, tuple[Callable[[Taken], list[bytes]], str]] = {
    "another value": (_twigs_changed(_other_value), "does not lead to the state root"),
    "a row less": (
        _twigs_changed(lambda p: TwigPart(p.bits, p.dead, p.rows[1:])),
        "marks other entries than it has",
    ),
    "a row more": (
        _twigs_changed(lambda p: TwigPart(p.bits, p.dead, [*p.rows, p.rows[0]])),
        "marks other entries than it has",
    ),
    "a dead row alive": (_twigs_changed(_with_bit), "marks other entries than it has"),
    "a hash less": (
        _twigs_changed(lambda p: TwigPart(p.bits, p.dead[32:], p.rows)),
        "of 512 entries",
    ),
    "a height that is none": (
        _twigs_changed(lambda p: TwigPart(p.bits, p.dead, [(*p.rows[0][:3], -1), *p.rows[1:]])),
        "holds what no ledger holds",
    ),
    "other twigs": (_flipped(b"T"), "twigs do not lead"),
    "another log": (_flipped(b"L"), "do not lead to the log root"),
    "another header": (_flipped(b"H"), "is not the one that the next names"),
    "another id": (_flipped(b"E"), "do not lead to the log root"),
    "another block": (_flipped(b"B"), "newest block"),
    "no twigs at the end": (_less(b"S"), "end before the snapshot does"),
    "no log": (_less(b"L"), "none that comes here"),
    "no ids": (_less(b"E"), "none that comes here"),
    "endless": (lambda taken: [*taken.chunks, taken.chunks[-1]], "none that comes here"),
    "empty chunks": (lambda taken: [b"T", *taken.chunks], "another length"),
    "letters of none": (lambda taken: [b"X", *taken.chunks], "none that comes here"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_peer_that_lists_its_own_lies_is_refused_and_another_is_taken(
    name: str, newcomer: Newcomer, taken: Taken
) -> None:
    make, why = LIES[name]
    chunks = make(taken)
    assert newcomer.take(taken.listed_with(chunks), chunks, taken.app_hash) == 5
    assert why in newcomer.snapshots.refused[-1]
    assert newcomer.chain.tip is None
    assert not (newcomer.chain.folder / RESTORING).exists()
    assert newcomer.take(taken.shown, taken.chunks, taken.app_hash) == 1


def test_an_offer_that_the_light_client_did_not_prove_is_refused(
    newcomer: Newcomer, taken: Taken
) -> None:
    shown, chunks = taken.shown, taken.chunks
    header = MANIFESTS.decode(shown["metadata"]).header
    offers = [
        (shown, bytes(32), "is not the one that the network signed"),
        ({**shown, "hash": bytes(32)}, taken.app_hash, "not that of its manifest"),
        ({**shown, "chunks": 10**9}, taken.app_hash, "too many chunks"),
        ({**shown, "chunks": 3}, taken.app_hash, "is offered with 3"),
        (taken.listed_with(chunks, entry_count=5), taken.app_hash, "the state root"),
        (taken.listed_with(chunks, top=bytes(32)), taken.app_hash, "the state root"),
        (taken.listed_with(chunks, chain=bytes(32)), taken.app_hash, "another chain"),
        (taken.listed_with(chunks, header=header[:-1] + b"\0"), taken.app_hash, "the network"),
    ]
    for offer, app_hash, why in offers:
        assert newcomer.offer(offer, app_hash) == 3
        assert why in newcomer.snapshots.refused[-1]
    assert newcomer.offer({**shown, "format": 2}, taken.app_hash) == 4


def test_a_chunk_that_is_not_the_listed_one_is_asked_for_again_of_another_peer(
    newcomer: Newcomer, taken: Taken
) -> None:
    assert newcomer.offer(taken.shown, taken.app_hash) == 1
    for bad in (b"", taken.chunks[0][:-1], taken.chunks[0] + b"\0", b"T" * (11 << 20)):
        answer = newcomer.apply(0, bad)
        assert answer == {"result": 3, "refetch_chunks": [0], "reject_senders": ["peer"]}
    assert newcomer.apply(0, taken.chunks[0])["result"] == 1
    assert newcomer.apply(2, taken.chunks[2])["result"] == 5


def test_a_disk_that_fills_up_while_a_snapshot_comes_is_told_as_full(
    newcomer: Newcomer, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def begin(self, **_: Any) -> Any:
            full: Exception = lmdb.DiskError("no room")
            raise full

        def close(self) -> None:
            pass

    assert newcomer.offer(taken.shown, taken.app_hash) == 1
    restorer = newcomer.snapshots._restorer
    assert restorer is not None
    env = restorer._loader._env
    monkeypatch.setattr(restorer._loader, "_env", Full())
    with pytest.raises(StorageFull, match="it begins anew"):  # the engine is started again then
        _ = [newcomer.apply(index, chunk) for index, chunk in enumerate(taken.chunks)]
    env.close()
    newcomer.chain.reload()
    assert newcomer.take(taken.shown, taken.chunks, taken.app_hash) == 1


def test_a_restore_that_was_cut_off_begins_anew(
    newcomer: Newcomer, taken: Taken, town: Small
) -> None:
    folder = newcomer.chain.folder
    assert newcomer.offer(taken.shown, taken.app_hash) == 1
    assert newcomer.apply(0, taken.chunks[0])["result"] == 1
    newcomer.close()
    second = Newcomer(folder, town)
    assert not (folder / RESTORING).exists()
    assert second.take(taken.shown, taken.chunks, taken.app_hash) == 1
    tip = second.chain.tip
    second.close()
    # Cut off while the files were put in place: the half is removed, and all begins anew.
    (folder / RESTORING).mkdir()
    (folder / RESTORING / PLACING).touch()
    (folder / "store.lmdb").unlink()
    third = Newcomer(folder, town)
    assert third.chain.tip is None
    assert third.take(taken.shown, taken.chunks, taken.app_hash) == 1
    assert third.chain.tip == tip
    third.close()
    newcomer.chain = Chain(folder, town.genesis, writable=True)


def test_a_store_that_is_lost_after_a_snapshot_is_not_made_from_half_a_log(
    newcomer: Newcomer, taken: Taken, town: Small
) -> None:
    assert newcomer.take(taken.shown, taken.chunks, taken.app_hash) == 1
    newcomer.close()
    folder = newcomer.chain.folder
    (folder / "store.lmdb").unlink()
    with pytest.raises(Pruned, match="backup, or from a snapshot"):
        Chain(folder, town.genesis, writable=True)
    (folder / "blocks.log").unlink()
    newcomer.chain = Chain(folder, town.genesis, writable=True)
    assert newcomer.chain.tip is None


def test_a_snapshot_is_offered_once_a_newcomer_can_prove_it(node: Node, town: Small) -> None:
    ask = node.caller.ask
    node.engine.block(bundle(*sign_all(town, put("alpha", 1))))
    taken = Taken(node)
    assert ask("list_snapshots", {})["snapshots"] == []
    node.engine.block()
    node.engine.block()
    (shown,) = ask("list_snapshots", {})["snapshots"]
    assert shown == taken.shown
    chunk = {"height": shown["height"], "format": 1, "chunk": 0}
    assert ask("load_snapshot_chunk", chunk)["chunk"] == taken.chunks[0]
    assert ask("load_snapshot_chunk", {**chunk, "chunk": 99})["chunk"] == b""
    assert ask("load_snapshot_chunk", {**chunk, "format": 2})["chunk"] == b""
    assert ask("offer_snapshot", {"snapshot": shown, "app_hash": bytes(32)})["result"] == 3
    shutil.rmtree(node.folder / "snapshots")
    assert ask("list_snapshots", {})["snapshots"] == []


def test_what_a_chunk_cannot_hold_is_told(newcomer: Newcomer, taken: Taken) -> None:
    with pytest.raises(SnapshotRefused, match="cannot be decoded"):
        snapshot_form.decode_part(snapshot_form.TWIG_PARTS, b"S\xc1", "twigs")
