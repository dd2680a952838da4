"""What the operator signs beside headers: checkpoints and COSE Receipts, with seal keys of a suite.

Seals themselves are tested with the demonstration and by the hostile set of both verifiers.
"""

import json

import pytest

from tongjian.core.block import SEAL_ALGORITHMS, compute_seal_protected
from tongjian.core.hashing import sha256
from tongjian.core.merkle import ProofInvalid
from tongjian.core.signatures import SEAL_SUITES, KeySuite
from tongjian.node.keys import KeyPair
from tongjian.node.signers import generate_secret
from tongjian.verifier import checkpoint as note
from tongjian.verifier import cose, cose_making
from tongjian.verifier.anchors import Anchors, AnchorsInvalid, SealAnchor
from tongjian.verifier.plain_cbor import decode_plain

CHAIN = bytes(range(32))
HEAD = note.Head(5, sha256(b"root"), 3, sha256(b"header"))
KEYS = {suite: KeyPair(generate_secret(suite), sha256, suite) for suite in SEAL_SUITES}
suites = pytest.mark.parametrize("suite", SEAL_SUITES, ids=lambda suite: suite.name)


def trust(*pairs: KeyPair) -> Anchors:
    seals = [SealAnchor.of(height, pair.suite, pair.public) for height, pair in enumerate(pairs)]
    anchors = Anchors(chain=CHAIN.hex(), label="made-up", hash="sha256", seals=seals)
    anchors.check()
    return anchors


@suites
def test_the_protected_header_of_a_seal_is_the_cbor_of_its_algorithm(suite: KeySuite) -> None:
    protected = compute_seal_protected(suite, bytes(16))
    assert decode_plain(protected) == {1: SEAL_ALGORITHMS[suite], 4: bytes(16)}


@suites
def test_a_checkpoint_holds_under_the_key_and_suite_of_the_trust_file(suite: KeySuite) -> None:
    pair, name = KEYS[suite], note.compute_origin("made-up", CHAIN)
    text = note.make_text(name, HEAD)
    signed = note.make_checkpoint(text, (note.sign(text, name, pair),))
    assert note.verify_operator(note.parse_checkpoint(signed.encode()), trust(pair)) == HEAD
    for other in KEYS.values():
        if other is not pair:
            with pytest.raises(note.CheckpointInvalid, match="not signed by"):
                note.verify_operator(signed, trust(other))


@suites
def test_a_checkpoint_of_a_changed_head_fails(suite: KeySuite) -> None:
    pair, name = KEYS[suite], note.compute_origin("made-up", CHAIN)
    line = note.sign(note.make_text(name, HEAD), name, pair)
    other = note.make_text(name, note.Head(6, HEAD.root, HEAD.height, HEAD.header_hash))
    with pytest.raises(note.CheckpointInvalid, match="does not hold"):
        note.verify_operator(note.make_checkpoint(other, (line,)), trust(pair))


@suites
def test_a_cose_receipt_holds_under_the_key_that_it_names(suite: KeySuite) -> None:
    pair = KEYS[suite]
    root = sha256(b"newer root")
    data = cose_making.make_consistency_receipt(pair, root, cose.Consistency(4, 4, ()))
    proof, found = cose.verify_consistency_receipt(data, root, trust(*KEYS.values()))
    assert (proof.first, proof.second, found) == (4, 4, root)
    with pytest.raises(ProofInvalid):
        cose.verify_consistency_receipt(data, sha256(b"older"), trust(*KEYS.values()))
    strangers = [key for key in KEYS.values() if key is not pair]
    with pytest.raises(ProofInvalid, match="no seal key of the trust file"):
        cose.verify_consistency_receipt(data, root, trust(*strangers))


@pytest.mark.parametrize("named", ["webauthn", "ml-dsa-65", "SM2", "sm3", ""])
def test_a_trust_file_names_no_key_that_seals_nothing(named: str) -> None:
    public = KEYS[KeySuite.SM2].public.hex()
    seals = [{"from_height": 0, "suite": named, "public": public}]
    document = {"chain": CHAIN.hex(), "label": "made-up", "hash": "sm3", "seals": seals}
    with pytest.raises(AnchorsInvalid, match="not usable"):
        Anchors.decode(json.dumps(document).encode())
    seals[0]["suite"] = "sm2"
    Anchors.decode(json.dumps(document).encode())
