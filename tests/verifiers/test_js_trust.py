"""Other ledgers, keys and signatures: whom a receipt is believed, and why not."""

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator

import cbor2
import msgspec
from nacl import bindings
from receipt_forger import Parts, longer_forms, put_together, take_apart
from receipt_town import Town
from second_verifier import (
    ROOT,
    Case,
    assert_agreement,
    cases,
    needs_js,
    verdict,
)

from tongjian.core.hashing import HashSuite, hash_of

pytestmark = needs_js

PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
"""The key of RFC 8032, 7.1, test 1."""
ORDER = 2**252 + 27742317777372353535851937790883648493
SMALL_ORDER = [
    bytes.fromhex(line)
    for line in (ROOT / "docs/reference/format.md").read_text("utf-8").splitlines()
    if re.fullmatch("[0-9a-f]{64}", line)
]
"""The fourteen encodings of the page."""
SM2_KEYS = [
    case
    for case in json.loads((ROOT / "tests/suites/sm2.json").read_text("utf-8"))["tests"]
    if case["comment"].startswith("key: ")
]


# ------------------------------------------------------------------------- other ledgers and keys


def sealed(town: Town, parts: Parts, header: bytes) -> bytes:
    """Have the operator seal another header."""
    aad = b"tongjian/header/1\x00" + bytes.fromhex(json.loads(town.trust)["chain"])
    signed = cbor2.dumps(["Signature1", parts.protected, aad, header])
    return put_together(parts._replace(header=header, seal=town.seal(signed)))


def test_a_header_that_the_operator_sealed_is_still_bounded(town: Town) -> None:
    parts = take_apart(town.receipts["row"])
    right = msgspec.msgpack.decode(parts.header)
    assert verdict(Case("right", sealed(town, parts, parts.header), town.trust)).held
    changes = [
        *((0, value) for value in (0, 2, 127, "1", None)),
        *((1, value) for value in (bytes(32), bytes(31), "x" * 32)),
        *((2, value) for value in (0, 2**32, 2**40, 2**40 + 1, 2**63 - 1, 2**64 - 1, -1, 1.0)),
        *((3, value) for value in (0, 2**43, 2**43 + 1, -1)),
        *((4, value) for value in (bytes(32), bytes(33), b"")),
        *((5, value) for value in (bytes(32), bytes(31))),
        *((6, value) for value in (bytes(32), bytes(31))),
        *((7, value) for value in (0, 2**40, 2**40 + 1)),
        *((8, value) for value in (bytes(32), bytes(31), None, [])),
    ]

    def headers() -> Iterator[tuple[str, bytes]]:
        for place, value in changes:
            changed = msgspec.msgpack.encode([*right[:place], value, *right[place + 1 :]])
            yield f"{place}: {value!r}", sealed(town, parts, changed)
        yield "short", sealed(town, parts, msgspec.msgpack.encode(right[:-1]))
        yield "long", sealed(town, parts, msgspec.msgpack.encode([*right, 0]))
        for number, longer in enumerate(longer_forms(right)):
            yield f"longer {number}", sealed(town, parts, longer)

    said = assert_agreement(cases(town.trust, headers()))
    assert {each.failed for each in said} == {None, (2, "chain"), (4, "state")}


def witnessed(right: dict[str, object], key: str, seal: str) -> Iterator[tuple[str, str]]:
    """Give trust files with witnesses, usable ones first."""
    one, two = {"name": "one", "public": key}, {"name": "two", "public": PUBLIC}
    longest = {**one, "name": "~" * 128}
    for quorum in (0, 1, 2):
        yield f"quorum {quorum}", json.dumps({**right, "witnesses": [one, two], "quorum": quorum})
    yield "no witness", json.dumps({**right, "witnesses": []})
    yield "a long name", json.dumps({**right, "witnesses": [longest]})
    others: list[dict[str, object]] = [
        *({"quorum": quorum} for quorum in (1, -1, True, "0", None)),
        *(
            {"witnesses": [{**one, "name": name}]}
            for name in ("", "a b", "a+b", "海", "~" * 129, 1)
        ),
        *({"witnesses": [{**one, "public": public}]} for public in (seal, "01" + "00" * 31, "")),
        *({"witnesses": [one, {**two, **same}]} for same in ({"public": key}, {"name": "one"})),
        *({"witnesses": witnesses} for witnesses in (None, {}, [None], [{"name": "one"}])),
        {"witnesses": [one, two], "quorum": 3},
        {"witnesses": [{**one, "url": ""}]},
    ]
    for number, other in enumerate(others):
        yield f"witnesses {number}", json.dumps({**right, **other})


def height_of(receipt: bytes) -> int:
    return msgspec.msgpack.decode(take_apart(receipt).header)[2]


def keyed(seal: dict[str, object], wrong: dict[str, object], height: int) -> Iterator[object]:
    """Give lists of seal keys for a receipt of a height, usable ones first."""
    yield [wrong]
    yield [{**seal, "from_height": height}]
    yield [{**seal, "from_height": height + 1}]
    yield [wrong, {**seal, "from_height": height}]
    yield [wrong, {**seal, "from_height": height + 1}]
    yield [seal, {**wrong, "from_height": height}]
    yield [seal, {**wrong, "from_height": height + 1}]
    yield from ([], {}, None, "", [seal, None], [[seal]])
    yield [{**seal, "from_height": 5}, wrong]
    yield [seal, wrong]
    yield from ([{**seal, "from_height": bad}] for bad in (-1, 0.5, "0", True, None))
    yield from ([{**seal, **more}] for more in ({"suite": "p256"}, {"suite": 1}, {"name": ""}))
    yield [{"suite": "ed25519", "public": seal["public"]}]
    identity, zero, no_point = "01" + "00" * 31, "00" * 32, "02" + "00" * 31
    above = [f"{first}{'ff' * 30}7f" for first in ("ec", "ed", "ee", "f0")]
    small = [encoding.hex() for encoding in SMALL_ORDER]
    for public in (identity, zero, no_point, *above, *small, PUBLIC[:-2], PUBLIC + "00", "", 1):
        yield [{**seal, "suite": "ed25519", "public": public}]
    for case in SM2_KEYS:
        yield [{**seal, "suite": "sm2", "public": case["public"]}]
    for suite in ("ed25519", "sm2", "p256", "webauthn", "ml-dsa-65", "SM2"):
        yield [{**seal, "suite": suite}]
        yield [{**wrong, "suite": suite}]


def trusts(town: Town, height: int) -> Iterator[tuple[str, str]]:
    """Give other trust files, usable ones first."""
    right, other = json.loads(town.trust), json.loads(town.other_trust)
    (seal,), (wrong,) = right["seals"], other["seals"]
    yield "right", town.trust
    yield "other ledger", town.other_trust
    yield "with a trust period", json.dumps({**right, "as_of_ms": 2**43, "trust_days": 36_500})
    for name, value in (("as_of_ms", 2**43 + 1), ("as_of_ms", -1), ("trust_days", 36_501)):
        yield f"{name} {value}", json.dumps({**right, name: value})
    others: list[dict[str, object]] = [
        {"chain": other["chain"]},
        {"chain": right["chain"].upper()},
        {"hash": "sm3" if right["hash"] != "sm3" else "sha256"},
        {"label": "海州"},
        {"label": 1},
        {"witness": ""},
        *({"hash": name} for name in ("sha512", "constructor", "", None)),
        *({"chain": chain} for chain in (right["chain"][:32], "x" * 64, right["chain"] + "00", 1)),
        *({"seals": seals} for seals in keyed(seal, wrong, height)),
    ]
    for number, change in enumerate(others):
        yield f"change {number}", json.dumps({**right, **change})
    for name in right:
        yield f"no {name}", json.dumps({k: v for k, v in right.items() if k != name})
    yield from witnessed(right, KEY.hex(), seal["public"])
    for text in ("[]", "null", "1", "", "{", "{}", town.trust + "{}", " " * (1 << 20) + "{}"):
        yield text[-9:], text


FAILURES = {(2, "chain"), (3, "seal"), (5, "witnesses"), (6, "witnesses")}


def test_every_trust_file_is_read_alike(town: Town) -> None:
    asked = [
        Case(f"{name}: {kind}", town.receipts[kind], trust)
        for kind in ("row", "row at a past height", "transaction refused")
        for name, trust in trusts(town, height_of(town.receipts[kind]))
    ]
    said = assert_agreement(asked)
    assert {each.failed for each in said if each.failed} == FAILURES
    assert sum(each.unusable for each in said) > len(said) // 2
    assert len([each for each in said if each.held]) > 20


# -------------------------------------------------------------------------------- signatures

SCALAR = bindings.crypto_core_ed25519_scalar_reduce(hashlib.sha512(b"a seal key").digest())
NONCE = bindings.crypto_core_ed25519_scalar_reduce(hashlib.sha512(b"a nonce").digest())
KEY = bindings.crypto_scalarmult_ed25519_base_noclamp(SCALAR)


def respond(r: bytes, nonce: bytes, message: bytes) -> bytes:
    """Sign by KEY with a chosen R whose logarithm, but for a small-order part, is the nonce."""
    challenge = hashlib.sha512(r + KEY + message).digest()
    product = bindings.crypto_core_ed25519_scalar_mul(
        bindings.crypto_core_ed25519_scalar_reduce(challenge), SCALAR
    )
    return r + bindings.crypto_core_ed25519_scalar_add(nonce, product)


def odd_signatures(message: bytes) -> Iterator[tuple[str, bytes]]:
    """Give signatures on which libraries differ; the holder of the key alone can make them."""
    sound = bindings.crypto_scalarmult_ed25519_base_noclamp(NONCE)
    yield "sound", respond(sound, NONCE, message)
    for small in SMALL_ORDER:
        with contextlib.suppress(RuntimeError):  # libsodium takes no encoding that is not canonical
            mixed = bindings.crypto_core_ed25519_add(sound, small)
            yield f"mixed {small.hex()}", respond(mixed, NONCE, message)
        yield f"small {small.hex()}", respond(small, bytes(32), message)
    signature = respond(sound, NONCE, message)
    s = int.from_bytes(signature[32:], "little")
    for times in range(1, 16):
        yield f"S + {times} L", signature[:32] + (s + times * ORDER).to_bytes(32, "little")
    yield "S of zero", signature[:32] + bytes(32)
    yield "no point", b"\x02" + bytes(31) + signature[32:]
    yield "R by another sign", signature[:31] + bytes([signature[31] ^ 0x80]) + signature[32:]
    for size in (0, 63, 65):
        yield f"{size} bytes", (signature + b"\x00")[:size]


def test_signatures_at_the_edges_of_the_rule_are_judged_alike(town: Town) -> None:
    trust = json.loads(town.trust)
    digest = hash_of(HashSuite[trust["hash"].upper()])
    key_id = digest(b"tongjian/key/1\x00\x01" + KEY)[:16]
    parts = take_apart(town.receipts["row"])
    parts = parts._replace(protected=b"\xa2\x01\x27\x04\x50" + key_id)
    aad = b"tongjian/header/1\x00" + bytes.fromhex(trust["chain"])
    message = cbor2.dumps(["Signature1", parts.protected, aad, parts.header])
    seals = [{"from_height": 0, "suite": "ed25519", "public": KEY.hex()}]
    asked = [
        Case(name, put_together(parts._replace(seal=seal)), json.dumps({**trust, "seals": seals}))
        for name, seal in odd_signatures(message)
    ]
    said = dict(zip([case.name for case in asked], assert_agreement(asked), strict=True))
    assert len(SMALL_ORDER) == 14
    held = [name for name, each in said.items() if each.held]
    assert [name.split()[0] for name in held] == ["sound"] + ["mixed"] * (len(held) - 1)
    assert len(held) > 4
