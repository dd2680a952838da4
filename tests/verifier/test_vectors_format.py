"""Golden vectors of the format: what held stays held, for this verifier and for the second one.

`make vectors` writes a file that is not there; receipts that were given out are never written anew.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import network_vectors
import pytest
from receipt_forger import CHECK, COSIGNED, LABEL, edited, outer, take_apart
from receipt_kinds import flipped, make_kinds
from second_verifier import Case, assert_agreement, needs_js, verdict
from small import Small, found_small, receipts, use_shelf

from tongjian.core.hashing import sha256
from tongjian.engines.audit.bundles import make_bundle
from tongjian.engines.chain import Chain
from tongjian.engines.cose_receipts import CoseReceipts
from tongjian.engines.heads import checkpoint_at
from tongjian.node.keys import KeyPair
from tongjian.verifier import checkpoint, cose, extract
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.check import compute_check
from tongjian.verifier.receipt import verify_receipt

FOLDER = Path(__file__).parents[2] / "docs/reference/format-vectors"
FORMAT = "tongjian-format-vectors/2"
CHAINS = {
    "sha256-ed25519": ("sha256", "ed25519"),
    "sm3-sm2": ("sm3", "sm2"),
    "sha256-p256": ("sha256", "p256"),
    "sha256-cometbft": ("sha256", "cometbft"),
    "sm3-cometbft": ("sm3", "cometbft"),
}
RECORDED = FOLDER / "recorded-cometbft.json"
WITNESS = KeyPair(bytes(range(1, 33)), sha256)
WITNESS_NAME = "witness.example"
SECONDS = 1_795_060_800

Document = dict[str, Any]


# ------------------------------------------------------------------------------------- they hold


@pytest.fixture(params=CHAINS)
def document(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write_vectors: bool,  # noqa: FBT001 - a fixture
) -> Document:
    """Give the vectors of a chain; write them first where they are missing and it is asked for."""
    path = FOLDER / f"{request.param}.json"
    if write_vectors and not path.exists():
        use_shelf(monkeypatch.setattr)
        made = make(tmp_path / "ledger", *CHAINS[request.param])
        FOLDER.mkdir(exist_ok=True)
        path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
    found: Document = json.loads(path.read_text("utf-8"))
    assert found["format"] == FORMAT
    return found


def cases(document: Document) -> list[Case]:
    """Give the receipts of the vectors, those that hold and those that do not."""
    return [
        Case(one["name"], bytes.fromhex(one["receipt"]), json.dumps(document[one["trust"]]))
        for one in document["receipts"]
    ]


def wanted(document: Document) -> list[tuple[tuple[str, ...], tuple[int, str] | None]]:
    """Give what each must be told."""
    return [
        (tuple(one.get("steps", ())), tuple(one["fails"]) if "fails" in one else None)
        for one in document["receipts"]
    ]


def test_every_receipt_is_told_as_the_vectors_say(document: Document) -> None:
    said = [verdict(case) for case in cases(document)]
    assert [(one.held, one.failed) for one in said] == wanted(document)
    assert sum(one.failed is None for one in said) >= 10
    assert sum(one.failed is not None for one in said) >= 15


@needs_js
def test_the_second_verifier_tells_them_alike(document: Document) -> None:
    said = assert_agreement(cases(document))
    assert [(one.held, one.failed) for one in said] == wanted(document)


def test_texts_hold_the_receipt_that_they_say(document: Document) -> None:
    row = bytes.fromhex(document["receipts"][0]["receipt"])
    texts = document["texts"]
    for form in ("dense", "base64", "hexadecimal"):
        assert extract.receipt_in_text(texts[form]) == row
    named = extract.read_short(texts["short"])
    assert named is not None
    assert (named.digest, named.label) == (sha256(row), "SMALL")
    assert texts["dense"] == extract.write_dense(row) or extract.read_dense(texts["dense"]) == row


def test_values_follow_from_what_they_are_computed_of(document: Document) -> None:
    anchors = Anchors.decode(json.dumps(document["trust"]).encode())
    parts = take_apart(bytes.fromhex(document["receipts"][0]["receipt"]))
    values = document["values"]
    assert anchors.digest(b"tongjian/header/1\0" + parts.header).hex() == values["header_hash"]
    assert compute_check(anchors.digest, b"").hex() == values["check_of_nothing"]
    assert anchors.digest(b"").hex() == values["empty_log_root"]
    assert anchors.digest(b"\x01" + bytes(64)).hex() == values["node_over_two_missing_children"]


def test_heads_and_statements_of_others_forms_hold(document: Document) -> None:
    anchors = Anchors.decode(json.dumps(document["trust_with_witness"]).encode())
    if "checkpoint" not in document:
        assert anchors.seals[0].suite != "ed25519"
        return
    signed = checkpoint.parse_checkpoint(document["checkpoint"].encode())
    assert [one.name for one in checkpoint.verify_quorum(signed, anchors)] == [WITNESS_NAME]
    if "cose" in document:
        trust = Anchors.decode(json.dumps(document["trust"]).encode())
        held = cose.verify_statement(bytes.fromhex(document["cose"]["statement"]), trust)
        assert held.steps[-1].title == "check"
        root = bytes.fromhex(document["cose"]["first_root"])
        cose.verify_consistency_receipt(bytes.fromhex(document["cose"]["consistency"]), root, trust)


@needs_js
def test_receipts_of_a_real_network_hold_in_both() -> None:
    """Four validators of CometBFT v0.38.26 sealed them, one operator before."""
    recorded: Document = json.loads(RECORDED.read_text("utf-8"))
    said = assert_agreement(cases(recorded))
    assert [(one.held, one.failed) for one in said] == wanted(recorded)
    assert all(one.held for one in said)


# ------------------------------------------------------------------------------------- the making


def make(folder: Path, hash_name: str, suite: str) -> Document:
    """Found a ledger, let it live, and write down what its receipts are worth."""
    of_network = suite == "cometbft"
    found_small(folder, hash_name=hash_name, suite="ed25519" if of_network else suite)
    small = Small(folder)
    kinds = dict(make_kinds(small).receipts)
    with small.opened() as chain:
        identity = small.identity(chain.body(chain.height).envelopes[0], chain)
        kinds |= _more_kinds(chain, identity)
        others = _other_forms(small, chain, identity) if suite == "ed25519" else {}
    trust, more = msgspec.to_builtins(small.anchors), [*hostile(kinds)]
    others |= {"trust": trust, **_trusts(trust)}
    if of_network:
        tip = verify_receipt(kinds["row"], small.anchors).header.height
        networks = network_vectors.trusts(trust, tip)
        others |= {**networks, **_trusts(networks["trust"])}
        more = [*network_vectors.vectors(kinds["row"])]
        kinds = network_vectors.resealed(kinds)
    document: Document = {"format": FORMAT, **others}
    told = [(name, data, "trust") for name, data in kinds.items()]
    if "cosigned" in document:
        told.append(("cosigned", bytes.fromhex(document.pop("cosigned")), "trust_with_witness"))
    document["receipts"] = [_told(document, *one) for one in (*told, *more)]
    document["texts"] = _texts(kinds["row"])
    document["values"] = _values(document["trust"], kinds["row"])
    return document


def _trusts(trust: Document) -> Document:
    witness = {"name": WITNESS_NAME, "public": WITNESS.public.hex()}
    return {
        "trust_of_another": {**trust, "chain": bytes(32).hex()},
        "trust_with_witness": {**trust, "witnesses": [witness], "quorum": 1},
    }


def _more_kinds(chain: Chain, identity: bytes) -> dict[str, bytes]:
    draft = receipts(chain).draft()
    draft.consistency(2)
    return {
        "decision": make_bundle(chain, identity),
        "consistency": draft.finish(),
        "past row": receipts(chain).of_row(b"shelf", chain.height - 1),
    }


def _other_forms(small: Small, chain: Chain, identity: bytes) -> Document:
    """Give a signed head, a receipt that carries it, and COSE Receipts."""
    height, key = chain.height, small.home.key("operator")
    head = checkpoint_at(chain, height, key)
    own = checkpoint.cosign(head.text, WITNESS_NAME, WITNESS, SECONDS)
    text = checkpoint.make_checkpoint(head.text, (*head.signatures, own)).encode()
    row = receipts(chain).draft()
    row.row(b"shelf")
    maker = CoseReceipts(chain, small.seal_key.signer(chain.sealing_key(height)))
    return {
        "cosigned": row.finish(text).hex(),
        "checkpoint": text.decode(),
        "cose": {
            "statement": maker.of_transaction(identity).hex(),
            "consistency": maker.of_consistency(2, height).hex(),
            "first_root": chain.header(2).log_root.hex(),
        },
    }


def _told(document: Document, name: str, receipt: bytes, trust: str) -> Document:
    said = verdict(Case(name, receipt, json.dumps(document[trust])))
    about = {"name": name, "trust": trust, "receipt": receipt.hex()}
    if said.failed is None:
        return about | {"steps": list(said.held)}
    return about | {"fails": list(said.failed), "why": said.why}


def _texts(receipt: bytes) -> Document:
    return {
        "dense": extract.write_dense(receipt),
        "short": extract.write_short("small", 5, receipt),
        "base64": base64.b64encode(receipt).decode(),
        "hexadecimal": receipt.hex(),
    }


def _values(trust: Document, receipt: bytes) -> Document:
    anchors = Anchors.decode(json.dumps(trust).encode())
    digest, (protected, _, header, *_) = anchors.digest, take_apart(receipt)
    verified = verify_receipt(receipt, anchors)
    return {
        "header": header.hex(),
        "header_hash": digest(b"tongjian/header/1\0" + header).hex(),
        "state_root": verified.header.state_root.hex(),
        "log_root": verified.header.log_root.hex(),
        "seal_key_id": protected[-16:].hex(),
        "check_of_nothing": compute_check(digest, b"").hex(),
        "empty_log_root": digest(b"").hex(),
        "node_over_two_missing_children": digest(b"\x01" + bytes(64)).hex(),
    }


STATE, FIRST = (0,), (1, 0)
"""Places in the record: the state proof, the first statement."""


def hostile(kinds: dict[str, bytes]) -> Iterator[tuple[str, bytes, str]]:
    """Give receipts that prove nothing, most of them with the check that their bytes give."""
    row, chance = kinds["row"], random.Random(2)
    parts = take_apart(row)
    yield "of another chain", row, "trust_of_another"
    yield "without the witness that is demanded", row, "trust_with_witness"
    yield "cut short", row[:-1], "trust"
    yield "a byte behind it", row + b"\0", "trust"
    yield "an endless array", b"\xd2\x9f" + row[2:] + b"\xff", "trust"
    old = {"tongjian/1": msgspec.msgpack.encode(parts.record)}
    yield "version 1", outer(parts.protected, old, parts.header, parts.seal), "trust"
    at = row.index(b"\x48", row.index(CHECK.encode())) + 1
    yield "another check", flipped(row, at, 1), "trust"
    for name, data in kinds.items():
        at = chance.randrange(len(data) // 2, len(data))
        yield f"{name}: a bit at {at}", flipped(data, at, 1), "trust"
    changes: tuple[tuple[str, str, tuple[int, ...], Callable[[Any], Any]], ...] = (
        ("row", "another value", (*FIRST, 2), lambda value: value[:-1] + b"\x7f"),
        ("row", "another height of the entry", (*STATE, 1, 0, 4), lambda height: height - 1),
        ("row", "another count of entries", (*STATE, 0), lambda count: count + 1),
        ("row", "an inactive entry", (*STATE, 2, 0, 1), lambda bits: bytes(64)),
        ("row", "a node less", (*STATE, 2, 0, 2), lambda nodes: nodes[:-1]),
        ("row", "a node more", (*STATE, 3), lambda nodes: [*nodes, bytes(32)]),
        ("row", "no statement", (1,), lambda _: []),
        ("absence", "a key that stands", (*FIRST, 1), lambda key: key[:-5] + b"alpha"),
        ("range", "the first row left out", (*FIRST,), lambda one: _without(one, 0)),
        ("range", "a row in the middle left out", (*FIRST,), lambda one: _without(one, 2)),
        ("range", "the last row left out", (*FIRST,), lambda one: _without(one, -1)),
        ("range", "wider than shown", (*FIRST, 2), lambda high: high[:-2] + b"39"),
        ("committed", "refused", (*FIRST, 3), lambda _: "shelf/1@0"),
        ("committed", "another id", (*FIRST, 2), lambda _: bytes(32)),
        ("refused", "committed", (*FIRST, 3), lambda _: ""),
        ("consistency", "another root", (*FIRST, 2), lambda _: bytes(32)),
        ("consistency", "another size", (*FIRST, 1), lambda size: size + 1),
        ("decision", "a transaction left out", (1, 1, 4), lambda envelopes: envelopes[1:]),
    )
    for kind, what, place, change in changes:
        yield f"{kind}: {what}", edited(kinds[kind], place, change), "trust"
    entries = {LABEL: msgspec.msgpack.encode(parts.record), CHECK: bytes(8), COSIGNED: b""}
    yield (
        "an empty checkpoint",
        outer(parts.protected, entries, parts.header, parts.seal),
        "trust",
    )


def _without(statement: list[Any], number: int) -> list[Any]:
    kind, low, high, entries, values = statement
    numbers, kept = list(entries), list(values)
    del numbers[number + 1 if number >= 0 else number], kept[number]
    return [kind, low, high, numbers, kept]
