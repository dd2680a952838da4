"""COSE receipts of consistency: both say alike whether a log continues one that was kept."""

import json
from typing import Any

import cbor2
from cose_forger import (
    CHECK,
    COSIGNED,
    KEY,
    RECEIPT_HEAD,
    TRUST,
    checked,
    root_and_path,
    sign1,
    trust_of,
)
from second_verifier import ROOT, ask, needs_js

from tongjian.core.merkle import ProofInvalid
from tongjian.verifier import cose
from tongjian.verifier.anchors import Anchors

pytestmark = needs_js

VECTORS = json.loads(
    (ROOT / "docs/reference/format-vectors/sha256-ed25519.json").read_text("utf-8")
)


Asked = tuple[bytes, str, tuple[int, bytes]]
"""A receipt, the trust file, size and root of the log that was kept."""


def believes(data: bytes, trust: str, kept: tuple[int, bytes]) -> bool:
    """Ask the program's verifier, which leaves the size to whoever kept the log."""
    try:
        anchors = Anchors.decode(trust.encode())
        proof, _ = cose.verify_consistency_receipt(data, kept[1], anchors)
    except (ProofInvalid, cose.HashUnsuited):
        return False
    return proof.first == kept[0]


def continued(asked: list[Asked]) -> list[bool]:
    """Ask both whether each receipt continues the log that was kept; they must agree."""
    said = ask(
        [
            {"kind": "continued", "receipt": data.hex(), "trust": trust}
            | {"size": kept[0], "root": kept[1].hex()}
            for data, trust, kept in asked
        ]
    )
    held = [believes(*each) for each in asked]
    assert ["second" in one for one in said] == held, said
    return held


def test_the_golden_receipt_of_consistency_continues_its_first_log_alone() -> None:
    data, trust = bytes.fromhex(VECTORS["cose"]["consistency"]), json.dumps(VECTORS["trust"])
    root = bytes.fromhex(VECTORS["cose"]["first_root"])
    size = cbor2.loads(cbor2.loads(data).value[1][396][-2][0])[0]
    asked: list[Asked] = [
        (data, trust, (size, root)),
        (data, trust, (size, bytes(32))),
        (data, trust, (size + 1, root)),
        (data, trust_of(KEY), (size, root)),
        (data, trust_of(KEY, hash="sm3"), (size, root)),
        (data, json.dumps(VECTORS["trust_with_witness"]), (size, root)),
    ]
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        asked.append((bytes(changed), trust, (size, root)))
    assert continued(asked) == [True] + [False] * (len(asked) - 1)


def test_other_receipts_of_consistency_are_judged_alike() -> None:
    entries = [b"%d" % number for number in range(4)]
    (first, _), (second, _) = root_and_path(entries[:2], 0), root_and_path(entries, 0)
    path = [root_and_path(entries[2:], 0)[0]]
    shapes: list[tuple[int, Any, Any]] = [
        *((2, size, path) for size in (1, 2, 3, 4, 5, 2**40, 2**40 + 1, True)),
        *((size, 4, path) for size in (0, 1, 3, 4)),
        *((2, 4, nodes) for nodes in ([], [*path, bytes(32)], [bytes(31)], [bytes(32)] * 65, None)),
        (4, 4, []),
    ]
    extras: list[dict[Any, Any]] = [{}, {"x": 1}, {COSIGNED: b""}, {CHECK: bytes(8)}, {395: 1}]
    asked: list[Asked] = []
    for extra in extras:
        for shape in shapes:
            unprotected = {396: {-2: [cbor2.dumps(list(shape))]}} | extra
            data = sign1(RECEIPT_HEAD, unprotected, None, second)
            for made in (data, checked(data)):
                asked += [(made, TRUST, (int(shape[0]), root)) for root in (first, second)]
        attached = sign1(
            RECEIPT_HEAD, {396: {-2: [cbor2.dumps([2, 4, path])]}} | extra, second, second
        )
        asked.append((attached, TRUST, (2, first)))
    assert sum(continued(asked)) >= 4
