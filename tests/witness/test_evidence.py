"""Evidence accuses nobody falsely; receipts carry the witnesses that a trust file demands."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from posts import (
    NOW_S,
    Post,
    as_tiles,
    trusting,
    two_ledgers,
    write,
)
from small import Small

from tongjian.engines.chain import Chain
from tongjian.engines.heads import head_at
from tongjian.engines.receipts import Receipts
from tongjian.verifier import evidence as ev
from tongjian.verifier.receipt import VerificationFailed, verify_receipt
from tongjian.witness.witness import Followed, init_witness

# ------------------------------------------------------------------------------ false accusations


@pytest.fixture
def fork(small: Small, post: Post, tmp_path: Path) -> dict[str, Any]:
    first, second = two_ledgers(small, 2, 5)
    post.look(as_tiles(first, tmp_path))
    data: dict[str, Any] = json.loads(post.accuses(as_tiles(second, tmp_path), "fork"))
    assert data["path"]
    return data


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"prefix_root": "00" * 32}, "not shown"),
        ({"path": []}, "not shown"),
        ({"chain": "00" * 32}, "chain"),
        ({"format": "other"}, "not a file"),
        ({"more": 1}, "not a file"),
        ({"path": ["0"]}, "not a file"),
        ({"kind": "rollback"}, "nothing went back"),
    ],
)
def test_evidence_that_was_changed_proves_nothing(
    small: Small, fork: dict[str, Any], change: dict[str, Any], why: str
) -> None:
    ev.verify_evidence(json.dumps(fork).encode(), small.anchors)
    with pytest.raises(ev.EvidenceInvalid, match=why):
        ev.verify_evidence(json.dumps(fork | change).encode(), small.anchors)


def test_nobody_is_accused_with_heads_of_one_history(
    small: Small, post: Post, tmp_path: Path, fork: dict[str, Any]
) -> None:
    """Two heads of the honest ledger with a true consistency proof are no fork."""
    with small.opened() as chain:
        early, late = head_at(chain, 1), head_at(chain, 3)
        path = [node.hex() for node in chain.prover.consistency(early.size, late.size)]
        shown = [ev.show_sealed(*parts(chain, height)) for height in (1, 3)]
    heads = {
        "first": msgspec.to_builtins(shown[0]),
        "second": msgspec.to_builtins(shown[1]),
        "prefix_root": early.root.hex(),
        "path": path,
    }
    with pytest.raises(ev.EvidenceInvalid, match="no fork"):
        ev.verify_evidence(json.dumps(fork | heads).encode(), small.anchors)
    same = heads | {"second": heads["first"], "path": []}
    with pytest.raises(ev.EvidenceInvalid, match="no fork"):
        ev.verify_evidence(json.dumps(fork | same).encode(), small.anchors)


def parts(chain: Chain, height: int) -> tuple[bytes, Any, bytes]:
    sealed = chain.sealed(height)
    return sealed.header, chain.header(height), sealed.seal.signature


def test_a_head_that_the_operator_did_not_sign_accuses_nobody(
    small: Small, fork: dict[str, Any]
) -> None:
    second = fork["second"]
    unsigned = second["checkpoint"].partition("\n\n")[0] + "\n\n— a AAAAAAA=\n"
    for change, why in (
        ({"checkpoint": unsigned}, "not signed"),
        ({"checkpoint": "nothing"}, "blank line"),
        ({"height": 1}, "not those"),
        ({"root": "00" * 32}, "not those"),
        ({"checkpoint": "", "header": "00", "seal": "00"}, "not one that the operator sealed"),
    ):
        data = json.dumps(fork | {"second": second | change}).encode()
        with pytest.raises(ev.EvidenceInvalid, match=why):
            ev.verify_evidence(data, small.anchors)


def test_a_witness_answers_for_its_words(small: Small, post: Post, fork: dict[str, Any]) -> None:
    data = json.dumps(fork | {"why": "something else"}).encode()
    with pytest.raises(ev.EvidenceInvalid, match="did not sign"):
        ev.verify_evidence(data, trusting(small.anchors, post))


# ----------------------------------------------------------------------------- receipts and quorum


def receipt(small: Small, cosigned: bytes | None, height: int | None = None) -> bytes:
    with small.opened() as chain:
        draft = Receipts(chain).draft(height)
        draft.row(b"nothing")
        return draft.finish(cosigned)


def merged(*followed: Followed) -> bytes:
    from tongjian.verifier.checkpoint import merge

    return merge([one.checkpoint for one in followed]).encode()


def test_a_receipt_carries_the_witnesses_that_the_trust_file_demands(
    small: Small, tmp_path: Path
) -> None:
    write(small, "a", "b")
    posts = [Post(tmp_path / f"w{n}", small.anchors, n) for n in (1, 2, 3)]
    looks = [one.look(small.folder, NOW_S + n) for n, one in enumerate(posts)]
    two = receipt(small, merged(*looks[:2]))
    held = verify_receipt(two, trusting(small.anchors, *posts, quorum=2))
    assert held.steps[-2].title == "witnesses"
    assert "2 signed" in held.steps[-2].proves
    assert verify_receipt(two, small.anchors).steps[-2].proves.endswith("none that is trusted")
    with pytest.raises(VerificationFailed, match=r"2 of 3 trusted witnesses.*demands 3") as failed:
        verify_receipt(two, trusting(small.anchors, *posts, quorum=3))
    assert failed.value.title == "witnesses"
    with pytest.raises(VerificationFailed, match="no witness signed"):
        verify_receipt(receipt(small, None), trusting(small.anchors, *posts, quorum=1))


def test_the_key_of_a_stranger_does_not_count(small: Small, post: Post, tmp_path: Path) -> None:
    write(small, "a")
    posing = Post(tmp_path / "posing", small.anchors, 9)
    posing.name = post.name
    init_witness(posing.folder, small.anchors, post.name)
    data = receipt(small, merged(posing.look(small.folder)))
    with pytest.raises(VerificationFailed, match="0 of 1 trusted"):
        verify_receipt(data, trusting(small.anchors, post, quorum=1))


def test_a_stale_head_does_not_stand_for_a_newer_block(small: Small, post: Post) -> None:
    from tongjian.storage.errors import StoreDamaged
    from tongjian.verifier.receipt import COSIGNED_LABEL

    write(small, "a")
    stale = merged(post.look(small.folder))
    write(small, "b")
    trust = trusting(small.anchors, post, quorum=1)
    verify_receipt(receipt(small, stale, 1), trust)
    with pytest.raises(StoreDamaged, match="height 1"):
        receipt(small, stale)
    import cbor2

    good = cbor2.loads(receipt(small, merged(post.look(small.folder)))).value
    put_in = dict(good[1]) | {COSIGNED_LABEL: stale}
    data = cbor2.dumps(cbor2.CBORTag(18, [good[0], put_in, good[2], good[3]]))
    with pytest.raises(VerificationFailed, match="height 1, of size 1; the receipt rests on"):
        verify_receipt(data, trust)


@pytest.mark.parametrize("small", ["sha256"], indirect=True)
def test_a_cose_receipt_carries_witnesses_too(small: Small, post: Post) -> None:
    from tongjian.engines.cose_receipts import CoseReceipts
    from tongjian.verifier.cose import verify_statement

    write(small, "a", "b")
    signed = merged(post.look(small.folder))
    trust = trusting(small.anchors, post, quorum=1)
    with small.opened() as chain:
        maker = CoseReceipts(chain, small.seal_key.signer(chain.sealing_key(chain.height)))
        identity = chain.digest(message(chain))
        verify_statement(maker.of_transaction(identity, 2, signed), trust)
        verify_statement(maker.of_transaction(identity, 2, signed), small.anchors)
        with pytest.raises(VerificationFailed, match="no witness signed"):
            verify_statement(maker.of_transaction(identity, 2), trust)
        with pytest.raises(VerificationFailed, match="log of 2 entries"):
            verify_statement(maker.of_transaction(identity, 1, signed), trust)


def message(chain: Chain) -> bytes:
    from tongjian.core.envelope import body_of, signed_message

    return signed_message(chain.chain_id, body_of(chain.body(1).envelopes[0]))


def test_a_trust_file_without_witnesses_is_written_as_before(small: Small) -> None:
    document = json.loads((small.folder / "anchors.json").read_text("utf-8"))
    assert list(document) == ["chain", "label", "hash", "seals"]
