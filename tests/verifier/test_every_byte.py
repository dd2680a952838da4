"""Every byte of every kind of file that proves something: no change of one goes unnoticed."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from receipt_kinds import flipped, make_kinds
from shelf import THINGS
from small import Small, copy_of, found_small, put, receipts, use_shelf

from tongjian.core import values
from tongjian.core.hashing import sha256
from tongjian.core.merkle import ProofInvalid
from tongjian.engines.audit.bundles import make_bundle
from tongjian.engines.chain import Chain
from tongjian.engines.cose_receipts import CoseReceipts
from tongjian.engines.heads import checkpoint_at
from tongjian.node.keys import KeyPair
from tongjian.verifier import checkpoint, cose, extract
from tongjian.verifier.receipt import VerificationFailed, verify_receipt

Check = Callable[[bytes], object]
Files = dict[str, tuple[bytes, Check]]
"""Of each kind a file and what verifies it."""
KINDS = (
    *("row", "absence", "range", "empty range", "committed", "refused", "deadline", "several"),
    *("cosigned", "decision", "sm3 row", "sm3 absence", "dense", "dense absence"),
    *("cose", "cose cosigned", "cose consistency"),
)
LARGE = 4_000
"""Above it a file has one flip of each bit of a sample, and one of each byte."""
WITNESS = KeyPair(bytes(range(7, 39)), sha256)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, founded: Path) -> Files:
    """Give a file of each kind and what verifies it."""
    folder = tmp_path_factory.mktemp("bytes")
    with pytest.MonkeyPatch.context() as patch:
        use_shelf(patch.setattr)
        small = Small(copy_of(founded, folder / "ledger"))
        kinds = make_kinds(small)
        check: Check = lambda data: verify_receipt(data, small.anchors)  # noqa: E731
        found = {kind: (data, check) for kind, data in kinds.receipts.items()}
        for name, kind in (("dense", "row"), ("dense absence", "absence")):
            found[name] = (_dense(kinds.receipts[kind]), lambda data: check(_read(data)))
        with small.opened() as chain:
            found |= _of_chain(small, chain, check)
        found_small(folder / "sm3", hash_name="sm3")
        other = Small(folder / "sm3")
        with other.opened() as chain:
            other.apply(chain, other.envelope(put("alpha", 1)))
            for name, key in (("sm3 row", "alpha"), ("sm3 absence", "aloha")):
                data = receipts(chain).of_row(_key(key))
                found[name] = (data, lambda data: verify_receipt(data, other.anchors))
    return found


def _key(name: str) -> bytes:
    return THINGS.key(values.name(name))


def _dense(receipt: bytes) -> bytes:
    text = extract.write_dense(receipt)
    assert text is not None
    return text.encode("ascii")


def _read(data: bytes) -> bytes:
    """Read a pasted text as the program does: what is no text is a receipt by itself."""
    return (extract.receipt_in_text(data.decode("ascii")) if data.isascii() else None) or data


def _of_chain(small: Small, chain: Chain, check: Check) -> Files:
    height = chain.height
    head = checkpoint_at(chain, height, small.home.key("operator"))
    signed = [checkpoint.cosign(head.text, name, WITNESS, 1_795_060_800) for name in "ab"]
    cosigned = checkpoint.make_checkpoint(head.text, (*head.signatures, *signed)).encode()
    row = receipts(chain).draft()
    row.row(_key("aloha"))
    identity = next(iter(chain.body(height).envelopes))
    transaction = small.identity(identity, chain)
    maker = CoseReceipts(chain, small.seal_key.signer(chain.sealing_key(height)))
    first = chain.header(2).log_root
    statement: Check = lambda data: cose.verify_statement(data, small.anchors)  # noqa: E731
    return {
        "cosigned": (row.finish(cosigned), check),
        "decision": (make_bundle(chain, transaction), check),
        "cose": (maker.of_transaction(transaction), statement),
        "cose cosigned": (maker.of_transaction(transaction, height, cosigned), statement),
        "cose consistency": (
            maker.of_consistency(2, height),
            lambda data: cose.verify_consistency_receipt(data, first, small.anchors),
        ),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_no_change_of_a_byte_goes_unnoticed(files: Files, kind: str) -> None:
    data, verify = files[kind]
    verify(data)
    chance = random.Random(kind)
    whole = chance.sample(range(len(data)), 12)
    masks = [1 << chance.randrange(8)] if len(data) > LARGE else [1, 4, 32, 128, 255]
    tried = [(at, mask) for at in range(len(data)) for mask in masks]
    tried += [(at, chance.randrange(1, 256)) for at in range(len(data))]
    tried += [(at, mask) for at in whole for mask in range(1, 256)]
    for at, mask in tried:
        with pytest.raises((VerificationFailed, ProofInvalid)):
            verify(flipped(data, at, mask))


@pytest.mark.parametrize("kind", KINDS)
def test_no_byte_lost_or_doubled_goes_unnoticed(files: Files, kind: str) -> None:
    data, verify = files[kind]
    for at in range(0, len(data), 1 if len(data) < LARGE else 9):
        for changed in (data[:at] + data[at + 1 :], data[: at + 1] + data[at:]):
            with pytest.raises((VerificationFailed, ProofInvalid)):
                verify(changed)
