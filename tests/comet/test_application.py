"""The ledger under the engine: the same blocks give the same hash, empty ones change nothing."""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from network import Caller, Node, admit, bundle, sign_all, use_network
from small import START_MS, Small, change, drop, lend, put, stumble, things_of

from tongjian.core import limits
from tongjian.core.block import HEADERS, Seal, compute_app_hash
from tongjian.core.directory import SealKey
from tongjian.core.operation import InvariantBroken
from tongjian.engines.chain import Chain
from tongjian.engines.checkers import Checkers
from tongjian.engines.comet import application as application_module
from tongjian.engines.comet.bundles import make_tick
from tongjian.engines.seals import make_network_seal, network_seal


class Repeat:
    """Seals as the network did: the test gives the seals of the other engine."""

    def __init__(self, other: Chain) -> None:
        self.other = other
        self.height = other.height

    def seal(self, chain_id: bytes, header: bytes, key: SealKey) -> Seal:
        return self.other.sealed(HEADERS.decode(header).height).seal


def invent(small: Small, seed: int, blocks: int) -> list[list[bytes]]:
    """Return blocks of envelopes, some of which are refused, repeated or out of time."""
    chance = random.Random(seed)
    made: list[list[bytes]] = []
    for number in range(blocks):
        envelopes: list[bytes] = []
        for _ in range(chance.randrange(6)):
            thing = f"thing_{chance.randrange(12)}"
            act = chance.choice(
                (put(thing, 5), change(thing, 7), drop(thing), lend(f"{thing}_l", _due(number)))
            )
            envelopes.append(small.envelope(act, by=(chance.randrange(2),)))
        if made and chance.random() < 0.3:
            envelopes += chance.choice(made)
        made.append(envelopes)
    return made


def _due(number: int) -> int:
    return START_MS + 10_000_000 + 1000 * (number + 3)


@pytest.mark.parametrize("seed", [1, 2])
def test_solo_and_the_engine_give_the_same_hashes_at_every_height(
    seed: int, node: Node, town: Small, tmp_path: Path
) -> None:
    """Solo decides what the network decided, from a copy of the ledger at the hand-over."""
    copy = shutil.copytree(node.folder, tmp_path / "solo", ignore=shutil.ignore_patterns("*.sock"))
    blocks = invent(town, seed, 25)
    first = node.chain.height + 1
    times: list[int] = []
    for envelopes in blocks:
        before = node.chain.height
        node.engine.block(*([bundle(*envelopes)] if envelopes else []))
        if node.chain.height > before:
            times.append(node.chain.header(node.chain.height).time_ms)
    solo = Chain(copy, town.genesis, writable=True)
    hashes = []
    try:
        for height, time_ms in enumerate(times, first):
            body = node.chain.body(height)
            incoming = [solo.opener.open(envelope) for envelope in body.envelopes]
            solo.apply(time_ms, incoming, Repeat(node.chain))
            header = solo.header(height)
            assert header == node.chain.header(height)
            hashes.append(solo.hash_of(header))
            roots = header.state_root, header.log_root
            assert compute_app_hash(solo.digest, *roots) != bytes(32)
        assert hashes == list(dict.fromkeys(h for h in node.engine.hashes if h in hashes))
        assert hashes[-1] == node.engine.hashes[-1]
        assert len(times) > 15
        assert things_of(solo) == things_of(node.chain)
    finally:
        solo.close()


def test_a_block_that_records_nothing_changes_no_hash_and_makes_no_block(
    node: Node, town: Small
) -> None:
    (envelope,) = sign_all(town, put("alpha", 1))
    node.engine.block(bundle(envelope))
    height, app_hash = node.chain.height, node.engine.hashes[-1]
    node.engine.block()
    node.engine.block(make_tick(7))
    node.engine.block(bundle(envelope))
    assert node.engine.hashes[-3:] == [app_hash] * 3
    assert node.chain.height == height


def test_a_deadline_makes_a_block_without_any_transaction(node: Node, town: Small) -> None:
    due = node.engine.now_ms + 5000
    node.engine.block(bundle(*sign_all(town, lend("book", due))))
    assert "book" in things_of(node.chain)
    node.engine.block()
    height = node.chain.height
    node.engine.now_ms = due
    assert node.application.has_due()
    assert node.caller.ask("check_tx", {"tx": node.application.tick()}).get("code") == 0
    node.engine.block(node.application.tick())
    assert node.chain.height == height + 1
    assert "book" not in things_of(node.chain)
    assert not node.application.has_due()
    assert node.caller.ask("check_tx", {"tx": node.application.tick()})["code"] != 0


def test_nothing_is_durable_before_commit(node: Node, town: Small) -> None:
    node.engine.block(bundle(*sign_all(town, put("alpha", 1))))
    size, height = node.chain.log.size(), node.chain.height
    node.engine.height += 1
    request = node.engine.request([bundle(*sign_all(town, put("beta", 1)))])
    once = node.caller.ask("finalize_block", request)["app_hash"]
    assert (node.chain.log.size(), node.chain.height) == (size, height)
    mempool = Caller(node.server.path)
    assert mempool.ask("check_tx", {"tx": bundle(*sign_all(town, put("c", 1)))})["code"] == 0
    assert mempool.ask("check_tx", {"tx": b"\xc1b"})["code"] != 0
    mempool.close()
    node.dial_again()
    with node.chain.lock:
        node.chain.store.check_sum()
    assert node.application.header_hash() == node.engine.hashes[-1]
    assert node.caller.ask("finalize_block", request)["app_hash"] == once
    node.caller.ask("commit", {})
    assert node.chain.height == height + 1
    assert node.caller.ask("info", {})["last_block_app_hash"] == once


def test_the_engine_is_told_what_is_durable_after_a_restart(node: Node, town: Small) -> None:
    node.engine.block(bundle(*sign_all(town, put("alpha", 1))))
    engine_height, app_hash = node.engine.height, node.engine.hashes[-1]
    node.engine.block()
    node.close()
    again = Node(node.folder, town)
    try:
        info = again.caller.ask("info", {})
        assert info["last_block_height"] == engine_height
        assert info["last_block_app_hash"] == app_hash
        assert again.chain.opened.replayed == 0
    finally:
        again.close()
    node.chain = Chain(node.folder, town.genesis, writable=False)


def test_blocks_of_the_network_replay_from_the_log_alone(node: Node, town: Small) -> None:
    for envelopes in invent(town, 5, 8):
        node.engine.block(bundle(put_one(town), *envelopes))
    tip, things = node.application.header_hash(), things_of(node.chain)
    node.chain.close()
    (node.folder / "store.lmdb").unlink()
    chain = Chain(node.folder, town.genesis, writable=True)
    assert chain.opened.replayed == chain.height + 1
    assert chain.tip is not None
    assert chain.tip.header_hash == tip
    assert things_of(chain) == things
    node.chain = chain


def put_one(small: Small) -> bytes:
    small._nonce += 1
    return small.envelope(put(f"always_{small._nonce}", 1))


def test_a_network_begins_only_where_its_genesis_says(town: Small) -> None:
    chain = Chain(town.folder, town.genesis, writable=True)
    try:
        application = application_module.Application(chain, Checkers(0), lambda: 0)
        state = b'{"chain": "%s", "height": 2, "header": "00"}' % chain.chain_id.hex().encode()
        with pytest.raises(InvariantBroken, match="begins after block 2"):
            application.init_chain({"app_state_bytes": state, "initial_height": 3})
    finally:
        chain.close()


# ------------------------------------------------------------------------------------- proposals


def test_a_proposal_takes_bundles_up_to_what_a_block_holds(
    node: Node, town: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BLOCK_TRANSACTIONS_MAX", 5)
    bundles = [bundle(*sign_all(town, put(f"a{n}", 1), put(f"b{n}", 1))) for n in range(4)]
    request = {**node.engine.request(bundles), "max_tx_bytes": 1 << 20}
    assert node.caller.ask("prepare_proposal", request)["txs"] == bundles[:2]
    request["max_tx_bytes"] = len(bundles[0]) + 10
    assert node.caller.ask("prepare_proposal", request)["txs"] == bundles[:1]


def test_an_honest_proposer_first_renews_a_time_that_lags(node: Node, town: Small) -> None:
    transactions = [bundle(*sign_all(town, put("alpha", 1))), make_tick(1)]
    request = {**node.engine.request(transactions), "max_tx_bytes": 1 << 20}
    assert node.caller.ask("prepare_proposal", request)["txs"] == transactions
    node.engine.now_ms += application_module.LAG_MS_MAX + 1
    assert node.caller.ask("prepare_proposal", request)["txs"] == [make_tick(1)]


def test_what_an_honest_proposer_proposes_is_accepted(node: Node, town: Small) -> None:
    envelopes = sign_all(town, put("alpha", 1), put("alpha", 2), drop("none"))
    node.engine.block(bundle(envelopes[0]))
    request = node.engine.request([bundle(*envelopes), bundle(*envelopes), make_tick(1)])
    proposed = node.caller.ask("prepare_proposal", {**request, "max_tx_bytes": 1 << 20})["txs"]
    assert len(proposed) == 3
    answer = node.caller.ask("process_proposal", node.engine.request(proposed))
    assert answer["result"] == application_module.ACCEPT


def forged(small: Small) -> bytes:
    envelope = bytearray(small.envelope(put("forged", 1)))
    envelope[-1] ^= 1
    return bytes(envelope)


@pytest.mark.parametrize(
    "bad",
    [
        lambda town: [b"", b"x" * 10],
        lambda town: [b"\xc1b\x90"],
        lambda town: [bundle(forged(town))],
        lambda town: [bundle(town.envelope(put("a", 1), chain=bytes(32)))],
        lambda town: [bundle(town.envelope(put("a", 1))) + b"\x00"],
        lambda town: [make_tick(n) for n in range(17)],
        lambda town: [bundle(*sign_all(town, *[put(f"t{n}", 1)] * 1)) for n in range(4001)],
    ],
    ids=["no form", "empty", "forged", "other chain", "longer", "ticks", "too many"],
)
def test_a_bad_proposal_is_voted_down_and_harms_nobody_when_decided(
    bad: Any, node: Node, town: Small
) -> None:
    transactions = bad(town)
    if len(transactions) > 4000:
        transactions = [transactions[0]] * 4001
    answer = node.caller.ask("process_proposal", node.engine.request(transactions))
    assert answer["result"] == application_module.REJECT
    if len(transactions) <= 17:
        height = node.chain.height
        good = bundle(*sign_all(town, put("good", 1)))
        node.engine.block(*transactions, good)
        assert node.chain.height == height + 1
        assert "good" in things_of(node.chain)
        assert "forged" not in things_of(node.chain)


def test_a_handler_that_fails_leaves_its_transaction_out_on_every_node(
    node: Node, town: Small
) -> None:
    envelopes = sign_all(town, put("alpha", 1), stumble("defect"), put("beta", 1))
    node.engine.block(bundle(*envelopes))
    assert {"alpha", "beta"} <= set(things_of(node.chain))
    assert len(node.chain.body(node.chain.height).envelopes) == 2


# --------------------------------------------------------------------------------------- mempool


def test_the_mempool_takes_what_can_be_recorded_and_nothing_else(node: Node, town: Small) -> None:
    good = sign_all(town, put("alpha", 1))
    ask = node.caller.ask
    assert ask("check_tx", {"tx": bundle(*good)})["code"] == 0
    for transaction, why in (
        (bundle(forged(town)), "not that of the key"),
        (bundle(town.envelope(put("a", 1), expiry=0)), "nothing of the bundle"),
        (b"\xc1b", "codec" if False else ""),
        (good[0], "neither a bundle"),
    ):
        answer = ask("check_tx", {"tx": transaction})
        assert answer["code"] != 0
        assert why in answer["log"]
    node.engine.block(bundle(*good))
    assert "nothing of the bundle" in ask("check_tx", {"tx": bundle(*good)})["log"]


# ------------------------------------------------------------------------------- validators, peers


def test_a_vote_changes_the_validators_and_who_seals_next(node: Node, town: Small) -> None:
    answer = node.engine.block(bundle(town.envelope(admit(4, 10), by=(0, 1))))
    (update,) = answer["validator_updates"]
    assert update == {"pub_key": {"ed25519": admit(4).public, "secp256k1": b""}, "power": 10}
    from tongjian.engines.comet.members import validators_hash_of

    assert node.chain.sealing_key(node.chain.height + 1).public == validators_hash_of(node.chain)
    with pytest.raises(ConnectionError):
        node.engine.block(bundle(*sign_all(town, put("alpha", 1))))
    assert isinstance(node.server.failure, InvariantBroken)


def test_only_members_are_peers(node: Node) -> None:
    from tongjian.engines.comet.members import peer_id

    member, stranger = peer_id(admit(1).node), peer_id(admit(5).node)
    assert node.caller.ask("query", {"path": f"/p2p/filter/id/{member}"})["code"] == 0
    assert node.caller.ask("query", {"path": f"/p2p/filter/id/{stranger}"})["code"] != 0


def test_a_block_names_the_engine_block_that_decided_it(node: Node, town: Small) -> None:
    node.engine.block(bundle(*sign_all(town, put("alpha", 1))))
    seal = network_seal(node.chain.sealed(node.chain.height).seal)
    assert seal is not None
    assert seal.height == node.engine.height
    assert node.chain.sealed(node.chain.height).seal == make_network_seal(
        seal.height, seal.block, node.engine.validators
    )


@pytest.fixture(autouse=True)
def _network(monkeypatch: pytest.MonkeyPatch) -> None:
    use_network(monkeypatch.setattr)
