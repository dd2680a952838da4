"""COSE receipts (RFC 9942): both verifiers believe the same statements, and refuse the same."""

import json
import random
from collections.abc import Iterator
from typing import Any

import cbor2
import msgspec
from cose_forger import (
    CHECK,
    COSIGNED,
    ENTRY,
    KEY,
    LOG,
    OTHER,
    RECEIPT_HEAD,
    STATEMENT_HEAD,
    TRUST,
    Log,
    alike,
    checked,
    checkpoint_of,
    hostile,
    id_of,
    trust_of,
)
from nacl.signing import SigningKey
from second_verifier import ROOT, needs_js

pytestmark = needs_js

VECTORS = json.loads(
    (ROOT / "docs/reference/format-vectors/sha256-ed25519.json").read_text("utf-8")
)


# ----------------------------------------------------------------------------------------- sound


def test_statements_of_every_place_in_small_logs_hold() -> None:
    logs = [Log(size, index) for size in range(1, 14) for index in range(size)]
    said = alike((str(log[:2]), log.statement()) for log in logs)
    assert {one.held for one in said} == {("form", "statement", "entry", "receipt", "check")}


def test_the_golden_statement_holds() -> None:
    data = bytes.fromhex(VECTORS["cose"]["statement"])
    (said,) = alike([("golden", data)], json.dumps(VECTORS["trust"]))
    assert said.held[-1] == "check"


def test_statements_that_others_put_together_hold() -> None:
    receipt, refused = LOG.receipt(), msgspec.msgpack.encode([bytes(32), "shelf/2@0", bytes(32)])
    others = {"foreign": 1, -70000: [1.5, None, {"a": b"", 5: {}}], 4: b"id"}
    made = {
        "without a check": LOG.statement(unprotected={394: [receipt]}),
        "sixteen receipts": LOG.statement(*[receipt] * 16),
        "of two logs": LOG.statement(receipt, Log(20, 3).receipt()),
        "of an earlier seal key": LOG.statement(
            receipt, LOG.receipt(RECEIPT_HEAD | {4: id_of(OTHER)}, OTHER)
        ),
        "entries of others in a receipt": LOG.statement(LOG.receipt(more=others)),
        "of what was refused": Log(3, 1, refused).statement(),
        "more in the protected headers": LOG.statement(
            LOG.receipt(RECEIPT_HEAD | {15: {1: "https://example.org"}}),
            head=STATEMENT_HEAD | {15: {2: "x"}},
        ),
    }
    said = alike(made.items())
    assert [name for name, one in zip(made, said, strict=True) if not one.held] == []


# --------------------------------------------------------------------------------------- hostile


def test_a_flip_of_any_byte_is_refused_at_the_same_step() -> None:
    data = LOG.statement()
    masks = random.Random("flips")

    def flips() -> Iterator[tuple[str, bytes]]:
        for place in range(len(data)):
            changed = bytearray(data)
            changed[place] ^= 1 << masks.randrange(8)
            yield f"byte {place}", bytes(changed)
        for size in range(0, len(data), 7):
            yield f"cut to {size}", data[:size]

    where = hostile(flips())
    assert {title for _, title in where} == {"form", "statement", "receipt", "check"}


def changed_parts() -> Iterator[tuple[str, bytes]]:
    good = list(cbor2.loads(LOG.statement()).value)
    values: list[Any] = [None, 1, "", b"", b"\x80", b"\xa0", {}, [], [b""], True, 1.5]
    for place in range(4):
        for value in values:
            parts = [*good[:place], value, *good[place + 1 :]]
            yield f"part {place} {value!r}", cbor2.dumps(cbor2.CBORTag(18, parts), canonical=True)
    for tag in (17, 98, 0, 2**40):
        yield f"tag {tag}", cbor2.dumps(cbor2.CBORTag(tag, good), canonical=True)
    yield "no tag", cbor2.dumps(good, canonical=True)
    for parts in ([], good[:3], [*good, b""]):
        yield f"{len(parts)} parts", cbor2.dumps(cbor2.CBORTag(18, parts), canonical=True)


def changed_entries_beside() -> Iterator[tuple[str, bytes]]:
    """Give other unprotected headers, and what no decoder should be kept busy by."""
    receipt = LOG.receipt()
    for shown in ([], [receipt] * 17, [7], [[receipt]], receipt, None, {0: receipt}, "text"):
        yield f"394 {type(shown)}", LOG.statement(unprotected={394: shown})
    for check in (b"", bytes(7), bytes(9), None, 0, "00000000"):
        unprotected = {394: [receipt], CHECK: check}
        yield f"check {check!r}", LOG.statement(unprotected=unprotected)
    for label in (1, 4, 393, 396, -1, "x", b"x", COSIGNED):
        yield f"unprotected {label}", LOG.statement(unprotected={394: [receipt], label: b"1234"})
    yield "two checks", LOG.statement(LOG.receipt(more={CHECK: bytes(8)}))
    yield "over 1 MiB", LOG.statement(LOG.receipt(more={"x": bytes(1 << 20)}))
    for depth in (11, 12, 13, 14, 15, 16, 200):
        deep: Any = 0
        for _ in range(depth):
            deep = [deep]
        yield f"{depth} deep", LOG.statement(LOG.receipt(more={"x": deep}))
    for items in (19_980, 19_985, 19_986, 19_987, 19_988, 19_989, 19_990, 20_000):
        yield f"{items} items", LOG.statement(LOG.receipt(more={"x": [0] * items}))
    yield "very deep", b"\x81" * 100_000


def changed_heads() -> Iterator[tuple[str, bytes]]:
    """Give other protected headers, all of them signed as they are."""
    changes: list[tuple[Any, Any]] = [
        *((1, value) for value in (-7, 8, -65538, "EdDSA", None, b"\x27", -8.0, 2**64 - 1)),
        *((3, value) for value in ("", "application/json", 60, b"x", None)),
        *((4, value) for value in (id_of(OTHER), id_of(KEY)[:15], b"", id_of(KEY).hex(), None)),
        *((395, value) for value in (0, 2, -1, True, "1", None, [1], 2**64 - 1)),
        *((2, value) for value in ([395], [], None, [1])),
    ]
    for label, value in changes:
        if label != 395:
            yield (
                f"statement {label} {value!r}",
                LOG.statement(head=STATEMENT_HEAD | {label: value}),
            )
        if label != 3:
            yield (
                f"receipt {label} {value!r}",
                LOG.statement(LOG.receipt(RECEIPT_HEAD | {label: value})),
            )


def missing_heads() -> Iterator[tuple[str, bytes]]:
    """Give protected headers that lack a label, or have it in another form."""
    for missing in STATEMENT_HEAD:
        less = {label: value for label, value in STATEMENT_HEAD.items() if label != missing}
        yield f"statement without {missing}", LOG.statement(head=less)
    for missing in RECEIPT_HEAD:
        less = {label: value for label, value in RECEIPT_HEAD.items() if label != missing}
        yield f"receipt without {missing}", LOG.statement(LOG.receipt(less))
    for head in (b"", b"\xa0", b"\x80", b"\xa1\x01\x27\x00", b"\xff", b"\x01"):
        yield f"statement head {head.hex()}", LOG.statement(head=head)
        yield f"receipt head {head.hex()}", LOG.statement(LOG.receipt(head))
    rest = b"\x27\x04\x50" + id_of(KEY)
    for label in (b"\xf5", b"\xf9\x3c\x00", b"\x41\x01", b"\x61\x31", b"\xc2\x41\x01"):
        yield f"label {label.hex()} of a statement", LOG.statement(head=b"\xa2" + label + rest)
        head = b"\xa3" + label + rest + b"\x19\x01\x8b\x01"
        yield f"label {label.hex()} of a receipt", LOG.statement(LOG.receipt(head))
        both = b"\xa3\x01\x27" + label + rest
        yield f"label 1 and {label.hex()}", LOG.statement(head=both)
    yield "statement by another key", LOG.statement(key=OTHER)
    yield "receipt by another key", LOG.statement(LOG.receipt(key=OTHER))


def changed_receipts() -> Iterator[tuple[str, bytes]]:
    root, path = LOG.proof()
    yield "an attached root", LOG.statement(LOG.receipt(payload=root))
    yield "an empty payload", LOG.statement(LOG.receipt(payload=b""))
    numbers: list[Any] = [
        0,
        1,
        5,
        6,
        8,
        2**40,
        2**40 + 1,
        2**64 - 1,
        2**70,
        -1,
        True,
        None,
        "7",
        7.0,
    ]
    for value in numbers:
        yield f"index {value}", LOG.statement(LOG.receipt(proof=cbor2.dumps([7, value, path])))
        # Another size may say the same way: then the check tells.
        resized = LOG.statement(LOG.receipt(proof=cbor2.dumps([value, 4, path])))
        yield f"size {value}", resized.replace(b"\x70" + CHECK.encode(), b"\x70" + CHECK.encode())
    paths: list[Any] = [
        path[:-1],
        [*path, bytes(32)],
        path[::-1],
        [],
        [bytes(31)],
        None,
        {},
        ["x" * 32],
    ]
    for number, other in enumerate([*paths, [bytes(32)] * 65, [[], *path]]):
        yield f"path {number}", LOG.statement(LOG.receipt(proof=cbor2.dumps([7, 4, other])))
    proof = cbor2.dumps([7, 4, path])
    for number, value in enumerate(
        (b"", proof + b"\0", proof[:-1], b"\x80", "text", None, [proof])
    ):
        yield f"proof {number}", LOG.statement(LOG.receipt(proof=value))
    shapes: list[Any] = [
        {},
        {396: {}},
        {396: {-1: []}},
        {396: {-1: [proof, proof]}},
        {396: {-1: proof}},
        {396: {-2: [proof]}},
        {396: [proof]},
        {396: None},
        {395: {-1: [proof]}},
    ]
    for number, unprotected in enumerate(shapes):
        yield f"unprotected {number}", LOG.statement(LOG.receipt(unprotected=unprotected))
    for number, other in enumerate((b"", b"\xd2\x80", LOG.statement(), LOG.receipt() + b"\0")):
        yield f"receipt {number}", LOG.statement(LOG.receipt(), other)
    yield "a receipt of another log", LOG.statement(Log(7, 4, b"else").receipt())


def changed_entries() -> Iterator[tuple[str, bytes]]:
    values: list[Any] = [
        [bytes(31), "", bytes(32)],
        [bytes(32), "", bytes(33)],
        [bytes(32), "x" * 81, bytes(32)],
        [bytes(32), "Shelf", bytes(32)],
        [bytes(32), None, bytes(32)],
        [bytes(32), ""],
        [bytes(32), "", bytes(32), 0],
        {},
        [],
    ]
    for number, value in enumerate(values):
        yield f"entry {number}", Log(7, 4, msgspec.msgpack.encode(value)).statement()
    for number, entry in enumerate((b"", b"else", ENTRY + b"\0", b"\xdc\0\3" + ENTRY[1:])):
        yield f"bytes {number}", Log(7, 4, entry).statement()
    yield "detached", LOG.statement(payload=None)


def test_what_has_another_form_is_refused_at_the_same_step() -> None:
    assert hostile(changed_parts()) == {(1, "form"), (2, "statement")}
    said = alike(changed_entries_beside())
    assert {(1, "form"), (4, "receipt"), (5, "check")} <= {one.failed for one in said}


def test_other_headers_are_judged_alike() -> None:
    said = alike([*changed_heads(), *missing_heads()])
    assert {(1, "form"), (2, "statement"), (4, "receipt")} <= {one.failed for one in said}


def test_receipts_that_prove_nothing_are_refused_at_the_same_step() -> None:
    said = alike(changed_receipts())
    assert (4, "receipt") in {one.failed for one in said}


def test_what_is_no_entry_of_the_log_is_refused() -> None:
    assert hostile(changed_entries()) == {(3, "entry"), (1, "form")}


ODD = """
    f7 f8ff e0 f93e00 fa3fc00000 f6 f5 c100 c24101 d9d9f700 62c328 3bffffffffffffffff
    1bffffffffffffffff fb3ff199999999999a f97e00 f97e01 f9fc00 fa7f800000 fa477ff000
    fa33800000 fa33000000 fb36a0000000000000 f98000 fa7fc00000 a202000100 a201000100
    a18000 a1a000 a1f500 a1410000 f818 f820 5f4100ff 7fff 1c
"""
"""Items that others might put beside a proof, some of which are no deterministic CBOR."""


def raw_forms() -> Iterator[tuple[str, bytes]]:
    """Give encodings that are not those of a writer who is deterministic."""
    receipt = LOG.receipt()
    head = cbor2.dumps(STATEMENT_HEAD, canonical=True)
    message = cbor2.dumps(["Signature1", head, b"", ENTRY])
    signature = KEY.sign(message).signature

    def made(unprotected: bytes, start: bytes = b"\xd2\x84") -> bytes:
        return start + cbor2.dumps(head) + unprotected + cbor2.dumps(ENTRY) + cbor2.dumps(signature)

    shown = cbor2.dumps([receipt])
    check = cbor2.dumps(CHECK) + b"\x48" + bytes(8)
    label = b"\x19\x01\x8a"
    yield "as it is", made(b"\xa1" + label + shown)
    yield "the check first", checked(made(b"\xa2" + check + label + shown))
    yield "in order", checked(made(b"\xa2" + label + shown + check))
    yield "a label twice", made(b"\xa2" + (label + shown) * 2)
    yield "a longer label", made(b"\xa1\x1a\x00\x00\x01\x8a" + shown)
    yield "a longer map", made(b"\xb8\x01" + label + shown)
    yield "an endless map", made(b"\xbf" + label + shown + b"\xff")
    yield "an endless array", made(b"\xa1" + label + b"\x9f" + shown[1:] + b"\xff")
    yield "a longer array", made(b"\xa1" + label + b"\x98\x01" + shown[1:])
    yield "a longer tag", made(b"\xa1" + label + shown, b"\xd8\x12\x84")
    yield "an endless whole", made(b"\xa1" + label + shown, b"\xd2\x9f") + b"\xff"
    for odd in map(bytes.fromhex, ODD.split()):
        root, path = LOG.proof()
        proof = cbor2.dumps({-1: [cbor2.dumps([7, 4, path])]})
        inner_head = cbor2.dumps(RECEIPT_HEAD, canonical=True)
        signed = KEY.sign(cbor2.dumps(["Signature1", inner_head, b"", root])).signature
        inner = (
            b"\xd2\x84" + cbor2.dumps(inner_head) + b"\xa2\x19\x01\x8c" + proof + b"\x20" + odd
            + b"\xf6" + cbor2.dumps(signed)
        )  # fmt: skip
        yield f"odd {odd.hex()}", made(b"\xa1" + label + cbor2.dumps([inner]))


def test_encodings_are_judged_alike() -> None:
    said = dict(zip([name for name, _ in raw_forms()], alike(raw_forms()), strict=True))
    assert said["as it is"].held
    assert said["the check first"].held
    assert said["in order"].held


# ----------------------------------------------------------------------------------------- trust


def test_trust_files_are_judged_alike() -> None:
    statement = LOG.statement()
    network = {"from_height": 5, "suite": "cometbft", "public": "ab" * 32}
    seals = json.loads(TRUST)["seals"]
    trusts = [
        trust_of(KEY),
        trust_of(OTHER),
        trust_of(KEY, hash="sm3"),
        trust_of(KEY, chain="00" * 32),
        trust_of(KEY, seals=[*seals, network]),
        trust_of(KEY, seals=[network]),
        trust_of(KEY, witnesses=[], quorum=0),
    ]
    said = [alike([("trust", statement)], trust)[0] for trust in trusts]
    assert [bool(one.held) for one in said] == [True, False, False, True, True, False, True]
    assert said[2].unusable


def test_witnesses_of_a_log_are_counted_alike() -> None:
    (root, _), other = LOG.proof(), bytes(32)
    one, two = ("one.example", SigningKey(b"\7" * 32)), ("two.example", SigningKey(b"\x08" * 32))
    fake = ("two.example", SigningKey(b"\x09" * 32))
    notes: list[Any] = [
        checkpoint_of(7, root, one, two),
        checkpoint_of(7, root, two, one, one),
        checkpoint_of(7, root, one),
        checkpoint_of(7, root, one, one),
        checkpoint_of(7, root, one, fake),
        checkpoint_of(7, root, one, two)[:-9] + b"AAAAAAA=\n",
        checkpoint_of(8, root, one, two),
        checkpoint_of(7, other, one, two),
        checkpoint_of(7, root, one, two, origin="tongjian/other/0001020304050607"),
        checkpoint_of(7, root),
        b"",
        b"x",
        "text",
        None,
        7,
    ]
    named = [{"name": name, "public": bytes(key.verify_key).hex()} for name, key in (one, two)]
    held = []
    for quorum in (0, 1, 2):
        trust = trust_of(KEY, witnesses=named, quorum=quorum)
        said = alike(
            (
                (f"{number}", LOG.statement(LOG.receipt(more={COSIGNED: note})))
                for number, note in enumerate(notes)
            ),
            trust,
        )
        held.append([number for number, each in enumerate(said) if each.held])
        (bare,) = alike([("bare", LOG.statement())], trust)
        assert bool(bare.held) == (quorum == 0)
    assert held == [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1]]
