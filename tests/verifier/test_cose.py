"""COSE Receipts (RFC 9942): made from a ledger, verified here and by two other implementations."""

import json
import subprocess
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from small import Small, put

from tongjian.core.block import compute_log_leaf
from tongjian.core.hashing import sha256
from tongjian.core.merkle import ProofInvalid
from tongjian.engines.chain import Chain
from tongjian.engines.cose_receipts import CoseReceipts
from tongjian.engines.receipts import NotRecorded
from tongjian.node.keys import KeyFileError, KeyPair, SealKeys
from tongjian.verifier import cose, cose_making
from tongjian.verifier.anchors import Anchors, SealAnchor
from tongjian.verifier.receipt import VerificationFailed

KEY = KeyPair(bytes(range(32)), sha256)
OTHER = KeyPair(bytes(range(1, 33)), sha256)
ANCHORS = Anchors(
    chain="11" * 32,
    label="made-up",
    hash="sha256",
    seals=[SealAnchor(from_height=0, suite="ed25519", public=KEY.public.hex())],
)
ORACLE_PYTHON = Path(__file__).parents[2] / ".venv/oracles/bin/python"


def pem(public: bytes) -> bytes:
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Log:
    """A ledger with five transactions, and the maker of its receipts."""

    def __init__(self, small: Small, chain: Chain) -> None:
        """Record the transactions, two of them in one block."""
        self.small, self.chain = small, chain
        envelopes = [small.envelope(put(f"thing_{n}", n)) for n in range(5)]
        for group in (envelopes[:1], envelopes[1:3], envelopes[3:4], envelopes[4:]):
            small.apply(chain, *group)
        self.ids = [small.identity(envelope, chain) for envelope in envelopes]
        self.maker = CoseReceipts(chain, small.seal_key.signer(chain.sealing_key(chain.height)))

    def entry(self, number: int) -> bytes:
        found = self.chain.result(self.ids[number])
        assert found is not None
        return compute_log_leaf(sha256, found[2])


def opened(data: bytes) -> list[Any]:
    return list(cbor2.loads(data).value)


def test_a_log_entry_is_proven_at_every_height(small: Small) -> None:
    with small.opened() as chain:
        log = Log(small, chain)
        for number, identity in enumerate(log.ids):
            found = chain.result(identity)
            assert found is not None
            for height in range(found[0], chain.height + 1):
                held = cose.verify_statement(
                    log.maker.of_transaction(identity, height), small.anchors
                )
                assert held.entry.transaction == identity
                assert held.entry.outcome == ""
                ((proof,), (root,)) = held.proofs, held.roots
                assert (proof.index, proof.size) == (number, chain.log_size(height))
                assert root == chain.header(height).log_root
                assert [step.title for step in held.steps][:3] == ["form", "statement", "entry"]


def test_the_labels_are_those_of_rfc_9942(small: Small) -> None:
    with small.opened() as chain:
        log = Log(small, chain)
        protected, unprotected, payload, _ = opened(log.maker.of_transaction(log.ids[1]))
        assert payload == log.entry(1)
    assert set(cbor2.loads(protected)) == {1, 3, 4}
    (receipt,) = unprotected[394]
    assert isinstance(receipt, bytes)
    protected, unprotected, payload, signature = opened(receipt)
    assert cbor2.loads(protected) == {1: -8, 4: small.home.key("operator").id, 395: 1}
    assert payload is None
    assert len(signature) == 64
    size, index, path = cbor2.loads(unprotected[396][-1][0])
    assert (size, index) == (5, 1)
    assert all(len(node) == 32 for node in path)


def test_a_later_log_is_proven_to_continue_an_earlier(small: Small) -> None:
    with small.opened() as chain:
        log = Log(small, chain)
        for first in range(1, chain.height + 1):
            for second in range(first, chain.height + 1):
                receipt = log.maker.of_consistency(first, second)
                root = chain.header(first).log_root
                proof, newer = cose.verify_consistency_receipt(receipt, root, small.anchors)
                assert (proof.first, proof.second) == (
                    chain.log_size(first),
                    chain.log_size(second),
                )
                assert newer == chain.header(second).log_root
                with pytest.raises(ProofInvalid):
                    cose.verify_consistency_receipt(receipt, bytes(32), small.anchors)
        with pytest.raises(NotRecorded):
            log.maker.of_consistency(0, 1)


def test_what_is_not_recorded_has_no_receipt(small: Small) -> None:
    with small.opened() as chain:
        log = Log(small, chain)
        with pytest.raises(NotRecorded):
            log.maker.of_transaction(bytes(32))
        with pytest.raises(NotRecorded):
            log.maker.of_transaction(log.ids[4], 1)


def test_without_the_operators_key_the_message_says_whom_to_ask(small: Small) -> None:
    with small.opened() as chain, pytest.raises(KeyFileError, match="Ask the operator"):
        SealKeys(small.keys[0]).signer(chain.sealing_key(0))


def test_a_chain_of_sm3_says_that_vds_1_is_of_sha_256(small: Small) -> None:
    with small.opened() as chain:
        log = Log(small, chain)
        statement = log.maker.of_transaction(log.ids[0])
        receipt = log.maker.of_consistency(1, 2)
    sm3 = Anchors(chain=small.anchors.chain, label="small", hash="sm3", seals=small.anchors.seals)
    with pytest.raises(cose.HashUnsuited, match="SHA-256"):
        cose.verify_statement(statement, sm3)
    with pytest.raises(cose.HashUnsuited):
        cose.verify_consistency_receipt(receipt, bytes(32), sm3)


# ------------------------------------------------------------------------------- what must not hold


def made(entries: int = 7, index: int = 4) -> tuple[bytes, bytes]:
    """Return a statement and its receipt over an invented log, by the key of `ANCHORS`."""
    merkle = pytest.importorskip("scitt_cose.merkle")
    leaves = [bytes([number]) * 3 for number in range(entries)]
    leaves[index] = b"\x93\xc4\x20" + bytes(32) + b"\xa0\xc4\x20" + bytes(32)
    texts = [leaf.hex() for leaf in leaves]
    path = tuple(bytes.fromhex(node) for node in merkle.inclusion_proof(texts, index))
    root = bytes.fromhex(merkle.merkle_root(texts))
    receipt = cose_making.make_inclusion_receipt(KEY, root, cose.Inclusion(entries, index, path))
    return cose_making.make_statement(KEY, leaves[index], [receipt]), receipt


@given(st.data())
@settings(max_examples=300)
def test_a_statement_with_a_changed_byte_does_not_hold(data: st.DataObject) -> None:
    statement, _ = made()
    position = data.draw(st.integers(0, len(statement) - 1))
    flipped = data.draw(st.integers(1, 255))
    changed = bytearray(statement)
    changed[position] ^= flipped
    with pytest.raises(VerificationFailed):
        cose.verify_statement(bytes(changed), ANCHORS)


@given(st.integers(1, 40), st.data())
def test_every_position_of_every_size_holds(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    (proof,) = cose.verify_statement(made(size, index)[0], ANCHORS).proofs
    assert (proof.size, proof.index) == (size, index)


def altered(part: int, value: Any) -> bytes:
    parts = opened(made()[0])
    parts[part] = value
    return cbor2.dumps(cbor2.CBORTag(18, parts), canonical=True)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not CBOR"),
        (b"\xd2\x80", "0 parts"),
        (cbor2.dumps(cbor2.CBORTag(98, [b"", {}, b"", b""])), "tag 98, which has no place"),
        (b"\xd2\x00", "no array"),
        (bytes(cose.STATEMENT_BYTES_MAX + 1), "over the limit"),
        (altered(0, b"\x80"), "no map"),
        (altered(0, 1), "byte strings"),
        (altered(1, {}), "no array"),
        (altered(1, {394: []}), "0 parts"),
        (altered(1, {394: [b""] * 17}), "17 parts"),
        (altered(1, {394: [7]}), "byte string"),
        (altered(2, None), "no payload"),
        (altered(2, 5), "payload"),
        (made()[0] + b"\x00", "shortest form"),
    ],
)
def test_what_has_another_form_is_told(data: bytes, why: str) -> None:
    with pytest.raises(VerificationFailed, match=why) as failed:
        cose.verify_statement(data, ANCHORS)
    assert failed.value.step == 1


def receipt_with(
    protected: Any, proofs: Any, payload: bytes | None = None, key: KeyPair = KEY
) -> bytes:
    head = cbor2.dumps(protected, canonical=True)
    signature = key.sign(cose.compute_message(head, b""))
    return cbor2.dumps(cbor2.CBORTag(18, [head, proofs, payload, signature]), canonical=True)


HEAD = {1: -8, 4: KEY.id, 395: 1}
PROOF = cbor2.dumps([1, 0, []])


@pytest.mark.parametrize(
    ("receipt", "why"),
    [
        (receipt_with(HEAD, {396: {-1: [PROOF]}}, b"attached"), "detached"),
        (receipt_with({1: -8, 4: KEY.id}, {396: {-1: [PROOF]}}), "none"),
        (receipt_with(HEAD | {395: 2}, {396: {-1: [PROOF]}}), "vds 1"),
        (receipt_with(HEAD | {395: True}, {396: {-1: [PROOF]}}), "number"),
        (receipt_with(HEAD, {}), "no map"),
        (receipt_with(HEAD, {396: {}}), "no array"),
        (receipt_with(HEAD, {396: {-1: [PROOF, PROOF]}}), "2 parts"),
        (receipt_with(HEAD, {396: {-1: ["text"]}}), "byte string"),
        (receipt_with(HEAD, {396: {-1: [cbor2.dumps([1, 1, []])]}}), "outside"),
        (receipt_with(HEAD, {396: {-1: [cbor2.dumps([3, 1, []])]}}), "too short"),
        (receipt_with(HEAD, {396: {-1: [cbor2.dumps([1, 0, [bytes(32)]])]}}), "longer"),
        (receipt_with(HEAD, {396: {-1: [cbor2.dumps([2, 0, [bytes(31)]])]}}), "32 bytes"),
        (receipt_with(HEAD, {396: {-1: [cbor2.dumps([-1, 0, []])]}}), "number"),
        (receipt_with(HEAD, {396: {-1: [PROOF]}}), "does not match"),
        (receipt_with(HEAD | {2: [395]}, {396: {-1: [PROOF]}}), "critical"),
        (receipt_with(HEAD | {1: -7}, {396: {-1: [PROOF]}}), "algorithm of this key"),
        (receipt_with(HEAD | {4: OTHER.id}, {396: {-1: [PROOF]}}, key=OTHER), "no seal key"),
    ],
)
def test_a_receipt_that_proves_nothing_is_told(receipt: bytes, why: str) -> None:
    with pytest.raises(ProofInvalid, match=why):
        cose.verify_inclusion_receipt(receipt, b"entry", ANCHORS)


def test_a_good_statement_does_not_carry_a_bad_receipt() -> None:
    entry = opened(made()[0])[2]
    elsewhere = receipt_with(HEAD, {396: {-1: [PROOF]}})
    statement = cose_making.make_statement(KEY, entry, [made()[1], elsewhere])
    with pytest.raises(VerificationFailed) as failed:
        cose.verify_statement(statement, ANCHORS)
    assert (failed.value.step, failed.value.title) == (5, "receipt")


def test_a_statement_over_something_else_is_no_log_entry() -> None:
    with pytest.raises(VerificationFailed, match="no entry") as failed:
        cose.verify_statement(cose_making.make_statement(KEY, b"else", [made()[1]]), ANCHORS)
    assert failed.value.step == 3


# ----------------------------------------------------------------------------------- second opinion


def test_scitt_cose_verifies_our_receipts(small: Small) -> None:
    receipts = pytest.importorskip("scitt_cose.receipt")
    statements = pytest.importorskip("scitt_cose.statement")
    key = pem(small.home.key("operator").public)
    with small.opened() as chain:
        log = Log(small, chain)
        for number, identity in enumerate(log.ids):
            statement = log.maker.of_transaction(identity)
            (receipt,) = statements.extract_receipts(statement)
            found = receipts.verify_receipt(
                receipt, leaf_entry_hex=log.entry(number).hex(), log_public_key_pem=key
            )
            assert found.ok, found.errors
            assert (found.tree_size, found.leaf_index) == (5, number)
            assert found.root == chain.header(chain.height).log_root.hex()
            said = statements.parse_signed_statement(statement, public_key_pem=key)
            assert said["signature_verified"] is True
            wrong = receipts.verify_receipt(receipt, leaf_entry_hex="00", log_public_key_pem=key)
            assert not wrong.ok


def test_we_verify_the_receipts_of_scitt_cose() -> None:
    receipts = pytest.importorskip("scitt_cose.receipt")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    secret = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    private = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    texts = [bytes([number]).hex() for number in range(11)]
    receipt = receipts.build_receipt(
        leaf_entry_hex=texts[6],
        leaf_index=6,
        tree_entries_hex=texts,
        alg="EdDSA",
        log_private_key_pem=private,
        kid=KEY.id,
    )
    proof, _ = cose.verify_inclusion_receipt(receipt, b"\x06", ANCHORS)
    assert (proof.size, proof.index) == (11, 6)


def test_scitt_cose_agrees_on_consistency(small: Small) -> None:
    merkle = pytest.importorskip("scitt_cose.merkle")
    with small.opened() as chain:
        log = Log(small, chain)
        receipt = log.maker.of_consistency(1, 4)
        first, second = (chain.header(height).log_root.hex() for height in (1, 4))
    proof, _ = cose.verify_consistency_receipt(receipt, bytes.fromhex(first), small.anchors)
    path = [node.hex() for node in proof.path]
    assert merkle.verify_consistency(first, second, proof.first, proof.second, path)


CWT_PROGRAM = """
import json, sys
from cwt import COSE, COSEKey
from cwt.enums import COSEAlgs
asked = json.load(sys.stdin)
public, kid = bytes.fromhex(asked["public"]), bytes.fromhex(asked["kid"])
key = COSEKey.new({1: 1, -1: 6, -2: public, 3: -8, 2: kid})
for message, payload in asked["messages"]:
    detached = None if payload is None else bytes.fromhex(payload)
    print(COSE.new().decode(bytes.fromhex(message), key, detached_payload=detached).hex())
"""


def test_cwt_verifies_statement_and_receipt(small: Small) -> None:
    if not ORACLE_PYTHON.is_file():
        pytest.skip("needs the oracles that do not share our CBOR library: make venv")
    key = small.home.key("operator")
    with small.opened() as chain:
        log = Log(small, chain)
        statement = log.maker.of_transaction(log.ids[2])
        consistency = log.maker.of_consistency(1, 4)
        root = chain.header(chain.height).log_root.hex()
        entry = log.entry(2).hex()
    (receipt,) = opened(statement)[1][394]
    asked = {
        "public": key.public.hex(),
        "kid": key.id.hex(),
        "messages": [
            (statement.hex(), None),
            (receipt.hex(), root),
            (consistency.hex(), root),
        ],
    }
    done = subprocess.run(
        [ORACLE_PYTHON, "-c", CWT_PROGRAM],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [entry, root, root]
    asked["messages"] = [(receipt.hex(), "00" * 32)]
    wrong = subprocess.run(
        [ORACLE_PYTHON, "-c", CWT_PROGRAM],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode != 0
