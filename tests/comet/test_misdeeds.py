"""A validator that signs twice: recorded alike on every node, from the block log alone too."""

from pathlib import Path
from typing import Any

import pytest
from light_blocks import certifier, equal
from network import VALIDATORS, Node, admit, bundle, sign_all, use_network
from small import Small, put, receipts, things_of

from tongjian.core.block import BODIES, FoundBody, encode_body, findings_of
from tongjian.core.encoding import Malformed, encode
from tongjian.core.validators import compute_address
from tongjian.engines.audit.difference import Differs
from tongjian.engines.audit.replay import Replay
from tongjian.engines.chain import LOG_NAME, Chain
from tongjian.engines.comet.members import nodes_of, validators_hash_of
from tongjian.engines.comet.misdeeds import findings_from, read_misdeed
from tongjian.engines.seals import expect_no_findings, make_network_seal
from tongjian.engines.trust import anchors_of
from tongjian.services.membership.records_incidents import INCIDENTS
from tongjian.storage.errors import ReplayDiffers
from tongjian.verifier.receipt import verify_receipt

CULPRIT = 2
ADDRESS = compute_address(bytes(VALIDATORS[CULPRIT].verify_key))


@pytest.fixture(autouse=True)
def _network(monkeypatch: pytest.MonkeyPatch) -> None:
    use_network(monkeypatch.setattr)


def told(height: int = 5, *, kind: int = 1, address: bytes = ADDRESS) -> dict[str, Any]:
    """Make what the engine tells of a duplicate vote."""
    return {
        "type": kind,
        "validator": {"address": address, "power": 10},
        "height": height,
        "time": {"seconds": 1_795_000_000, "nanos": 5_000_000},
        "total_voting_power": 40,
    }


def record(node: Node, *transactions: bytes) -> dict[str, Any]:
    answer = node.engine.block(*transactions, misbehavior=[told()])
    node.engine.validators = validators_hash_of(node.chain)
    return answer


def test_the_culprit_has_no_power_and_the_incident_is_a_row_with_a_receipt(
    node: Node, town: Small
) -> None:
    height = node.chain.height
    (update,) = record(node)["validator_updates"]
    public = bytes(VALIDATORS[CULPRIT].verify_key)
    assert update == {"pub_key": {"ed25519": public, "secp256k1": b""}, "power": 0}
    assert node.chain.height == height + 1
    assert nodes_of(node.chain)[admit(CULPRIT).node].power == 0
    key = INCIDENTS.key(ADDRESS.hex(), 5, "signed_twice")
    node.chain.certify = certifier(node.chain, equal(VALIDATORS[:4]))
    receipt = receipts(node.chain).of_row(key)
    assert key in [entry.key for entry in verify_receipt(receipt, anchors_of(node.chain)).entries]
    node.engine.block(bundle(*sign_all(town, put("after", 1))))
    assert "after" in things_of(node.chain)


def test_evidence_that_comes_again_is_recorded_once(node: Node, town: Small) -> None:
    record(node, bundle(*sign_all(town, put("alpha", 1))))
    height, app_hash = node.chain.height, node.engine.hashes[-1]
    assert node.engine.block(misbehavior=[told()])["validator_updates"] == []
    assert (node.chain.height, node.engine.hashes[-1]) == (height, app_hash)
    twice = [told(9), told(9)]
    node.engine.block(misbehavior=twice)
    assert len(node.chain.body(node.chain.height).decisions) == 1
    assert len(findings_of(node.chain.body(height))) == 1


def test_the_block_replays_and_is_audited_from_the_log_alone(
    node: Node, town: Small, tmp_path: Path
) -> None:
    record(node, bundle(*sign_all(town, put("alpha", 1))))
    node.engine.block(bundle(*sign_all(town, put("beta", 1))))
    tip, height = node.application.header_hash(), node.chain.height
    registry = node.chain.machine.registry
    log = node.folder / LOG_NAME
    with Replay(log, town.genesis, tmp_path, registry, workers=0) as replay:
        replayed = replay.run(lambda counts: None)
    assert (replayed.header_hash, int(replayed.header.height)) == (tip, height)
    node.close()
    (node.folder / "store.lmdb").unlink()
    node.chain = Chain(node.folder, town.genesis, writable=True)
    assert node.chain.opened.replayed == height + 1
    assert node.chain.tip is not None
    assert node.chain.tip.header_hash == tip


@pytest.mark.parametrize(
    ("finding", "why"),
    [(encode(admit(1)), "nothing that an engine finds"), (b"x", "no act of this release")],
    ids=["an act of others", "no act"],
)
def test_a_log_with_a_finding_that_no_engine_makes_is_named_by_the_audit(
    finding: bytes, why: str, node: Node, town: Small, tmp_path: Path
) -> None:
    """Whoever writes the log could name any act there; the place and the reason are told."""
    chain = node.chain
    height = chain.height + 1
    decided = chain.decide(node.engine.now_ms, (), (), findings_from(chain, [told()]))
    seal = make_network_seal(node.engine.height + 1, bytes(32), node.engine.validators)
    chain.record(decided._replace(findings=(finding,)), seal)
    registry, log = chain.machine.registry, node.folder / LOG_NAME
    with (
        Replay(log, town.genesis, tmp_path, registry, workers=0) as replay,
        pytest.raises(Differs, match=why) as differs,
    ):
        replay.run(lambda counts: None)
    assert (differs.value.difference.height, differs.value.difference.field) == (
        height,
        "findings",
    )


def test_a_body_with_findings_has_one_form_and_only_a_network_has_any(node: Node) -> None:
    record(node)
    chain = node.chain
    body = chain.body(chain.height)
    assert isinstance(body, FoundBody)
    header = chain.header(chain.height)
    with pytest.raises(ReplayDiffers, match="sealed by the operator and holds findings"):
        expect_no_findings(1, header, findings_of(body))
    expect_no_findings(16, header, findings_of(body))
    plain = encode_body((), ())
    with pytest.raises(Malformed):
        BODIES.decode(b"\x94" + plain[1:] + b"\x90")
    assert findings_of(BODIES.decode(plain)) == ()


def test_what_the_engine_tells_of_no_known_kind_is_passed_over(node: Node) -> None:
    assert findings_from(node.chain, [told(kind=0), {**told(), "validator": None}]) == ()
    act = read_misdeed({**told(kind=2), "time": None})
    assert act is not None
    assert (act.misdeed, act.committed_ms) == ("attacked_light_clients", 0)
