"""Ed25519 at its edges: weak keys, small-order points, malleable forms, other libraries' opinions.

The curve is written out once more in integers (RFC 8032, 5.1), so that no list in the program is
taken on trust.
"""

import hashlib
import json
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ed25519_zebra import ed_from_seed, ed_sign, ed_verify
from hypothesis import given
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from tongjian.core.hashing import TAG_KEY, sha256
from tongjian.core.signatures import (
    KeyRefused,
    KeySuite,
    SignatureInvalid,
    check_public_key,
    compute_key_id,
    verify,
)
from tongjian.suites import ed25519

# ------------------------------------------------------------------------- the curve in integers

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


def add(one: Point, two: Point) -> Point:
    (x1, y1), (x2, y2) = one, two
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def multiply(number: int, point: Point) -> Point:
    total = NEUTRAL
    while number:
        if number & 1:
            total = add(total, point)
        point = add(point, point)
        number >>= 1
    return total


def roots(square: int) -> list[int]:
    """Give the square roots modulo P, smallest first."""
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square % P:
        root = root * pow(2, (P - 1) // 4, P) % P
    if root * root % P != square % P:
        return []
    return sorted({root, P - root if root else 0})


def xs_of(y: int) -> list[int]:
    return roots((y * y - 1) * pow(D * y * y + 1, -1, P) % P)


def encode(point: Point) -> bytes:
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point | None:
    """Give the point of an encoding as ZIP 215 reads it: y may be P or more, -0 is allowed."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number % 2**255 % P
    found = [x for x in xs_of(y) if x & 1 == sign] or [x for x in xs_of(y) if x == 0]
    return (found[0], y) if found else None


BASE_Y = 4 * pow(5, -1, P) % P
BASE: Point = (next(x for x in xs_of(BASE_Y) if x & 1 == 0), BASE_Y)


@cache
def torsion() -> list[Point]:
    """Give the points of order 1, 2, 4 and 8: what L times a point leaves over."""
    y = 2
    found: dict[Point, None] = {}
    while len(found) < 8:
        for x in xs_of(y):
            left = multiply(L, (x, y))
            for times in range(8):
                found[multiply(times, left)] = None
        y += 1
    return list(found)


@cache
def small_order_encodings() -> list[bytes]:
    """Give every string of 32 bytes that ZIP 215 reads as a point of small order."""
    return [
        (number | sign << 255).to_bytes(32, "little")
        for x, y in torsion()
        for number in (y, y + P)
        for sign in (0, 1)
        if number < 2**255 and (x == 0 or x & 1 == sign)
    ]


def secret_scalar(seed: bytes) -> int:
    head = bytearray(hashlib.sha512(seed).digest()[:32])
    head[0] &= 248
    head[31] = head[31] & 127 | 64
    return int.from_bytes(head, "little")


def challenge(r: bytes, public: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % L


def respond(seed: bytes, r: bytes, nonce: int, public: bytes, message: bytes) -> bytes:
    """Sign with a chosen R whose logarithm, but for a small-order part, is the nonce."""
    s = (nonce + challenge(r, public, message) * secret_scalar(seed)) % L
    return r + s.to_bytes(32, "little")


SEED = bytes(range(32))
PUBLIC = SigningKey(SEED).verify_key.encode()
MESSAGE = b"the register of 2026"
SIGNATURE = SigningKey(SEED).sign(MESSAGE).signature


def refused(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        verify(KeySuite.ED25519, public, message, signature)
    except SignatureInvalid:
        return True
    return False


def nacl_refuses(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(public).verify(message, signature)
    except (BadSignatureError, ValueError):
        return True
    return False


def test_the_curve_of_this_file_is_the_curve_of_the_libraries() -> None:
    assert multiply(L, BASE) == NEUTRAL
    assert encode(multiply(secret_scalar(SEED), BASE)) == PUBLIC
    assert decode(PUBLIC) == multiply(secret_scalar(SEED), BASE)
    nonce = 12345
    r = encode(multiply(nonce, BASE))
    signature = respond(SEED, r, nonce, PUBLIC, MESSAGE)
    assert not refused(PUBLIC, MESSAGE, signature)
    assert not nacl_refuses(PUBLIC, MESSAGE, signature)


# ------------------------------------------------------------------------------------ small order


def test_the_list_of_small_order_points_is_complete_and_correct() -> None:
    assert len(torsion()) == 8
    assert all(multiply(8, point) == NEUTRAL for point in torsion())
    assert len(small_order_encodings()) == 14
    assert frozenset(small_order_encodings()) == ed25519.SMALL_ORDER_R
    for data in small_order_encodings():
        point = decode(data)
        assert point is not None
        assert multiply(8, point) == NEUTRAL


@given(st.binary(min_size=32, max_size=32))
def test_no_other_encoding_is_of_small_order(data: bytes) -> None:
    point = decode(data)
    small = point is not None and multiply(8, point) == NEUTRAL
    assert small is (data in ed25519.SMALL_ORDER_R)


def test_no_encoding_near_the_ends_of_the_field_is_missed() -> None:
    for y in (*range(40), *range(P - 40, 2**255)):
        for sign in (0, 1):
            data = (y | sign << 255).to_bytes(32, "little")
            point = decode(data)
            small = point is not None and multiply(8, point) == NEUTRAL
            assert small is (data in ed25519.SMALL_ORDER_R)


@pytest.mark.parametrize("r", small_order_encodings(), ids=bytes.hex)
def test_an_r_of_small_order_is_refused_although_the_equation_holds(r: bytes) -> None:
    signature = respond(SEED, r, 0, PUBLIC, MESSAGE)
    assert ed_verify(signature, MESSAGE, PUBLIC), "the library alone would accept it"
    assert refused(PUBLIC, MESSAGE, signature)


@pytest.mark.parametrize("key", small_order_encodings(), ids=bytes.hex)
def test_a_key_of_small_order_is_not_enrolled_and_its_forgery_not_accepted(key: bytes) -> None:
    with pytest.raises(KeyRefused):
        check_public_key(KeySuite.ED25519, key)
    identity = encode(NEUTRAL)
    forged = identity + bytes(32)
    assert ed_verify(forged, MESSAGE, key), "under this key nothing signs everything"
    assert refused(key, MESSAGE, forged)


# ------------------------------------------------------------------------------- what is enrolled


def test_sound_keys_are_enrolled() -> None:
    for number in range(20):
        key = SigningKey(bytes([number]) * 32).verify_key.encode()
        check_public_key(KeySuite.ED25519, key)


@pytest.mark.parametrize("point", torsion()[1:], ids=lambda point: encode(point).hex()[:8])
def test_a_key_of_mixed_order_is_not_enrolled(point: Point) -> None:
    sound = decode(PUBLIC)
    assert sound is not None
    with pytest.raises(KeyRefused, match="prime-order"):
        check_public_key(KeySuite.ED25519, encode(add(sound, point)))


def test_a_key_in_another_than_its_canonical_form_is_not_enrolled() -> None:
    longer = [y + P for y in range(19) if xs_of(y)]
    assert longer
    for number in longer:
        for sign in (0, 1):
            with pytest.raises(KeyRefused):
                check_public_key(KeySuite.ED25519, (number | sign << 255).to_bytes(32, "little"))


def test_bytes_that_are_no_point_are_not_enrolled() -> None:
    off = [y for y in range(2, 60) if not xs_of(y)]
    assert off
    for y in off:
        with pytest.raises(KeyRefused):
            check_public_key(KeySuite.ED25519, y.to_bytes(32, "little"))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_key_of_another_length_is_not_enrolled(size: int) -> None:
    with pytest.raises(KeyRefused):
        check_public_key(KeySuite.ED25519, bytes(size))


def test_the_id_of_a_key_depends_on_its_suite_and_its_bytes() -> None:
    found = compute_key_id(sha256, KeySuite.ED25519, PUBLIC)
    assert found == sha256(TAG_KEY + b"\x01" + PUBLIC)[:16]
    assert found != compute_key_id(sha256, KeySuite.ED25519, bytes(32))


# -------------------------------------------------------------------------------------- one form


def test_a_signature_has_one_form() -> None:
    assert not refused(PUBLIC, MESSAGE, SIGNATURE)
    s = int.from_bytes(SIGNATURE[32:], "little")
    times = 1
    while s + times * L < 2**256:
        larger = SIGNATURE[:32] + (s + times * L).to_bytes(32, "little")
        assert refused(PUBLIC, MESSAGE, larger)
        times += 1
    assert times > 10
    for other in (b"", SIGNATURE[:-1], SIGNATURE + b"\x00", bytes(64), b"\xff" * 64):
        assert refused(PUBLIC, MESSAGE, other)


@pytest.mark.parametrize("suite", [0, 9, 16, 255])
def test_an_unknown_suite_is_refused(suite: int) -> None:
    with pytest.raises(SignatureInvalid, match="suite"):
        verify(suite, PUBLIC, MESSAGE, SIGNATURE)


@given(st.binary(max_size=70), st.binary(max_size=70))
def test_hostile_bytes_are_refused_and_nothing_else_is_raised(
    public: bytes, signature: bytes
) -> None:
    assert refused(public, MESSAGE, signature)
    assert refused(PUBLIC, MESSAGE, signature)
    assert refused(public, MESSAGE, SIGNATURE)


def test_a_signer_alone_can_make_a_form_on_which_libraries_differ() -> None:
    """ZIP 215 multiplies by the cofactor: an R with a small-order part holds, for whom it holds.

    Only the holder of the key can make one, and every node has the same rule, so replicas agree.
    """
    nonce = 777
    for point in torsion()[1:]:
        r = encode(add(multiply(nonce, BASE), point))
        signature = respond(SEED, r, nonce, PUBLIC, MESSAGE)
        assert not refused(PUBLIC, MESSAGE, signature)
        assert nacl_refuses(PUBLIC, MESSAGE, signature)


# -------------------------------------------------------------------------- agreement of libraries


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100))
def test_what_either_library_signs_both_accept(seed: bytes, message: bytes) -> None:
    secret, public = ed_from_seed(seed)
    key = SigningKey(seed)
    assert public == key.verify_key.encode()
    for signature in (key.sign(message).signature, ed_sign(secret, message)):
        assert not refused(public, message, signature)
        assert not nacl_refuses(public, message, signature)


def test_both_libraries_refuse_every_flipped_bit() -> None:
    chance = random.Random(11)
    for _ in range(8):
        key = SigningKey(chance.randbytes(32))
        public = key.verify_key.encode()
        message = chance.randbytes(chance.randrange(1, 60))
        signature = key.sign(message).signature
        for bit in range(512):
            flipped = flip(signature, bit)
            assert refused(public, message, flipped)
            assert nacl_refuses(public, message, flipped)
        for bit in range(256):
            assert refused(flip(public, bit), message, signature)
        assert refused(public, flip(message, chance.randrange(8 * len(message))), signature)


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# -------------------------------------------------------------------------------------- wycheproof

WYCHEPROOF = Path(__file__).parents[3] / "shared/data/crypto/wycheproof/ed25519_test.json"
needs_wycheproof = pytest.mark.skipif(
    not WYCHEPROOF.is_file(), reason="the vectors of ../shared are not on this machine"
)
ACCEPTED_BY_OUR_RULE: dict[int, str] = {}
"""Cases that Wycheproof calls invalid and ZIP 215 accepts, each with its reason: none."""


def cases() -> list[tuple[bytes, dict[str, Any]]]:
    groups = json.loads(WYCHEPROOF.read_text("utf-8"))["testGroups"]
    return [
        (bytes.fromhex(group["publicKey"]["pk"]), case)
        for group in groups
        for case in group["tests"]
    ]


@needs_wycheproof
def test_wycheproof_agrees_case_by_case() -> None:
    accepted: list[int] = []
    judged = 0
    for public, case in cases():
        message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
        check_public_key(KeySuite.ED25519, public)
        holds = not refused(public, message, signature)
        judged += 1
        if case["result"] == "valid":
            assert holds, case
        elif holds:
            accepted.append(case["tcId"])
    assert judged == 151
    assert accepted == list(ACCEPTED_BY_OUR_RULE)
