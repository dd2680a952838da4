"""SM2 against the standard's vector, OpenSSL's vectors, a second library and a hostile caller."""

import base64
import functools
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sm2_formulas import accepts, digest_to_sign, integer

from tongjian.suites import _libcrypto, _tongsuo
from tongjian.suites import sm2 as suite
from tongjian.verifier import sm2

DATA = Path(__file__).parents[3] / "shared/data/crypto/sm"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the vectors of ../shared are not on this machine"
)

SECRET = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
PUBLIC = suite._PROBE_PUBLIC
SIGNATURE = suite._PROBE_SIGNATURE
MESSAGE = b"message digest"


@functools.cache
def vectors() -> dict:
    return json.loads((DATA / "sm2-gbt32918.json").read_text())


def pair(r: int, s: int) -> bytes:
    return integer(r % 2**256) + integer(s % 2**256)


def tlv(tag: int, body: bytes) -> bytes:
    return bytes([tag, len(body)]) + body


@contextmanager
def quiet() -> Iterator[None]:
    """Silence descriptor 2: gmssl writes a line there for each signature it refuses."""
    sys.stderr.flush()
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def test_the_probe_names_the_library() -> None:
    assert sm2.probe().startswith(("OpenSSL", "tongsuopy"))


def test_annex_a_signature_is_accepted_and_its_key_derived() -> None:
    sm2.verify(PUBLIC, SIGNATURE, MESSAGE)
    assert sm2.compute_public_key(SECRET) == PUBLIC


@needs_data
def test_the_probe_is_the_vector_of_annex_a() -> None:
    v = vectors()["sign"]
    assert bytes.fromhex("04" + v["Px"] + v["Py"]) == PUBLIC
    assert bytes.fromhex(v["r"] + v["s"]) == SIGNATURE
    assert bytes.fromhex(v["d"]) == SECRET
    assert v["message_ascii"].encode() == MESSAGE
    assert digest_to_sign(PUBLIC, MESSAGE, sm2.IDENTITY) == int(v["e"], 16)


@needs_data
def test_the_curve_is_that_of_the_standard() -> None:
    curve = {name: int(value, 16) for name, value in vectors()["curve"].items()}
    assert (curve["p"], curve["a"], curve["b"], curve["n"]) == (sm2.P, sm2.A, sm2.B, sm2.N)
    assert curve["n"] == sm2.N


@needs_data
def test_openssl_signatures_survive_the_strict_forms_and_fit_their_key() -> None:
    block = vectors()["openssl_evppkey"]
    der = base64.b64decode("".join(block["private_key_pem"].split("\n")[1:-2]))
    secret = der[36:68]
    public = sm2.compute_public_key(secret)
    assert der.endswith(public)
    for vector in block["prehash_verify"]:
        signature = bytes.fromhex(vector["sig_der_hex"])
        raw = sm2.raw_from_der(signature)
        assert sm2.der_from_raw(raw) == signature
        assert accepts(public, raw, int(vector["digest_hex"], 16))


@needs_data
def test_sm3_agrees_with_the_standard_and_with_the_published_list() -> None:
    for vector in vectors()["sm3"]:
        assert hashlib.new("sm3", bytes.fromhex(vector["msg_hex"])).hexdigest() == vector["digest"]
    lines = (DATA / "pyca/hashes_SM3_oscca.txt").read_text().splitlines()
    fields = [line.split(" = ") for line in lines if " = " in line]
    checked = 0
    for (_, size), (_, message), (_, expected) in zip(
        fields[0::3], fields[1::3], fields[2::3], strict=True
    ):
        data = bytes.fromhex(message)[: int(size) // 8]
        assert hashlib.new("sm3", data).hexdigest() == expected
        checked += 1
    assert checked > 5


@pytest.mark.parametrize(
    ("r", "s"),
    [
        *[(r, s) for r in (0, 1, sm2.N - 1, sm2.N, sm2.N + 1) for s in (0, 1, sm2.N, sm2.N + 1)],
        *[(r, sm2.N - r) for r in (1, 2, sm2.N // 2, sm2.N - 1)],
        (2**256 - 1, 1),
        (1, 2**256 - 1),
    ],
)
def test_numbers_out_of_range_are_refused(r: int, s: int) -> None:
    with pytest.raises(sm2.SignatureInvalid):
        sm2.verify(PUBLIC, pair(r, s), MESSAGE)


def test_a_good_signature_shifted_by_n_is_refused() -> None:
    r, s = (int.from_bytes(part, "big") for part in (SIGNATURE[:32], SIGNATURE[32:]))
    for other in (pair(r + sm2.N, s), pair(r, s + sm2.N), pair(s, r), pair(r, sm2.N - s)):
        with pytest.raises(sm2.SignatureInvalid):
            sm2.verify(PUBLIC, other, MESSAGE)


@pytest.mark.parametrize("size", [0, 1, 63, 65, 72])
def test_a_signature_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(sm2.SignatureInvalid, match="64 bytes"):
        sm2.verify(PUBLIC, bytes(size), MESSAGE)


def test_another_identity_or_message_is_refused() -> None:
    for identity in (b"", b"1234567812345679", b"ALICE123@YAHOO.COM"):
        with pytest.raises(sm2.SignatureInvalid):
            sm2.verify(PUBLIC, SIGNATURE, MESSAGE, identity)
    with pytest.raises(sm2.SignatureInvalid):
        sm2.verify(PUBLIC, SIGNATURE, MESSAGE + b"\x00")


def test_a_signature_under_another_identity_holds_only_under_it() -> None:
    signature = sm2.sign(SECRET, MESSAGE, b"ALICE123@YAHOO.COM")
    sm2.verify(PUBLIC, signature, MESSAGE, b"ALICE123@YAHOO.COM")
    with pytest.raises(sm2.SignatureInvalid):
        sm2.verify(PUBLIC, signature, MESSAGE)


@pytest.mark.parametrize(
    "public",
    [
        b"",
        b"\x00",
        b"\x00" * 65,
        b"\x04" + bytes(64),
        b"\x02" + PUBLIC[1:33],
        b"\x03" + PUBLIC[1:33],
        b"\x06" + PUBLIC[1:],
        b"\x07" + PUBLIC[1:],
        PUBLIC[:64],
        PUBLIC + b"\x00",
        PUBLIC[:64] + bytes([PUBLIC[64] ^ 1]),
        b"\x04" + integer(sm2.P) + PUBLIC[33:],
        b"\x04" + PUBLIC[1:33] + integer(sm2.P),
        b"\x04" + integer(2**256 - 1) * 2,
    ],
    ids=lambda value: value[:2].hex() + f"-{len(value)}",
)
def test_a_key_that_is_no_uncompressed_point_of_the_curve_is_refused(public: bytes) -> None:
    with pytest.raises(sm2.KeyRefused):
        sm2.verify(public, SIGNATURE, MESSAGE)


def test_a_coordinate_shifted_by_p_is_refused_though_it_names_the_same_point() -> None:
    """A point with a small x has a second 256-bit spelling, x + p."""
    x = next(x for x in range(1, 99) if pow(x**3 + sm2.A * x + sm2.B, (sm2.P - 1) // 2, sm2.P) == 1)
    y = pow(x**3 + sm2.A * x + sm2.B, (sm2.P + 1) // 4, sm2.P)
    sm2.check_public_key(b"\x04" + integer(x) + integer(y))
    with pytest.raises(sm2.KeyRefused):
        sm2.check_public_key(b"\x04" + integer(x + sm2.P) + integer(y))


@pytest.mark.parametrize("number", [0, sm2.N - 1, sm2.N, 2**256 - 1])
def test_a_secret_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(sm2.KeyRefused):
        sm2.sign(integer(number), MESSAGE)
    with pytest.raises(sm2.KeyRefused):
        sm2.compute_public_key(integer(number)[1:])


def test_every_other_spelling_of_a_der_signature_is_refused() -> None:
    der = sm2.der_from_raw(SIGNATURE)
    r, s = b"\x00" + SIGNATURE[:32], b"\x00" + SIGNATURE[32:]
    assert der == tlv(0x30, tlv(2, r) + tlv(2, s))
    others = [
        b"",
        der[:-1],
        der + b"\x00",
        tlv(0x31, tlv(2, r) + tlv(2, s)),
        b"\x30\x81" + der[1:],
        b"\x30\x80" + der[2:] + b"\x00\x00",
        tlv(0x30, tlv(2, b"\x00" + r) + tlv(2, s)),
        tlv(0x30, tlv(2, r[1:]) + tlv(2, s)),
        tlv(0x30, tlv(2, r) + tlv(2, s[1:])),
        tlv(0x30, tlv(2, r) + tlv(2, s) + b"\x05\x00"),
        tlv(0x30, b"\x02\x81" + tlv(2, r)[1:] + tlv(2, s)),
        tlv(0x30, tlv(3, r) + tlv(2, s)),
        tlv(0x30, tlv(2, b"") + tlv(2, s)),
        tlv(0x30, tlv(2, r)),
        tlv(0x30, b""),
        tlv(0x30, tlv(2, b"\x01" + bytes(32)) + tlv(2, b"\x01")),
        tlv(0x30, tlv(2, b"\x00\x01") + tlv(2, b"\x01")),
        tlv(0x30, tlv(2, b"\x80") + tlv(2, b"\x01")),
    ]
    for other in others:
        with pytest.raises(sm2.SignatureInvalid):
            sm2.raw_from_der(other)


@given(st.integers(1, sm2.N - 1), st.integers(1, sm2.N - 1))
def test_der_and_raw_are_one_to_one(r: int, s: int) -> None:
    if r + s != sm2.N:
        raw = pair(r, s)
        assert sm2.raw_from_der(sm2.der_from_raw(raw)) == raw


@given(st.binary(max_size=80))
def test_whatever_der_is_read_is_written_back_the_same(data: bytes) -> None:
    try:
        raw = sm2.raw_from_der(data)
    except sm2.SignatureInvalid:
        return
    r, s = raw[:32].lstrip(b"\x00") or b"\x00", raw[32:].lstrip(b"\x00") or b"\x00"
    r, s = (b"\x00" + v if v[0] >= 0x80 else v for v in (r, s))
    assert data == tlv(0x30, tlv(2, r) + tlv(2, s))


def test_hundreds_of_random_cases_agree_with_a_second_library() -> None:
    gmssl = pytest.importorskip("gmssl_pyx")
    for index in range(300):
        secret, public = sm2.generate_key()
        message = hashlib.sha256(index.to_bytes(2, "big")).digest() * (index % 5)
        ours = sm2.sign(secret, message)
        theirs = sm2.raw_from_der(gmssl.sm2_sign(secret, public[1:], message))
        sm2.verify(public, theirs, message)
        assert gmssl.sm2_verify(public[1:], message, sm2.der_from_raw(ours))

        position = index % 64
        forged = ours[:position] + bytes([ours[position] ^ 1 << index % 8]) + ours[position + 1 :]
        with quiet():
            other = gmssl.sm2_verify(public[1:], message, sm2.der_from_raw(forged))
        assert not other
        with pytest.raises(sm2.SignatureInvalid):
            sm2.verify(public, forged, message)


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=200), st.binary(max_size=40), st.integers(0, 511))
def test_the_library_decides_as_the_formulas_do(message: bytes, identity: bytes, bit: int) -> None:
    signature = sm2.sign(SECRET, message, identity)
    e = digest_to_sign(PUBLIC, message, identity)
    assert accepts(PUBLIC, signature, e)
    sm2.verify(PUBLIC, signature, message, identity)
    forged = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    assert not accepts(PUBLIC, forged, e)
    with pytest.raises(sm2.SignatureInvalid):
        sm2.verify(PUBLIC, forged, message, identity)


def test_threads_share_keys_without_harm() -> None:
    keys = [sm2.generate_key() for _ in range(8)]

    def work(index: int) -> int:
        for turn in range(40):
            secret, public = keys[(index + turn) % len(keys)]
            message = bytes([index, turn])
            signature = sm2.sign(secret, message)
            sm2.verify(public, signature, message)
            with pytest.raises(sm2.SignatureInvalid):
                sm2.verify(public, signature, message + b"!")
        return index

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == list(range(8))


def test_a_machine_without_sm2_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> None:
        msg = "libcrypto.so.3 was built without SM2 or SM3"
        raise sm2.SM2Unavailable(msg)

    monkeypatch.setattr(_libcrypto, "load", nothing)
    monkeypatch.setattr(_tongsuo, "load", nothing)
    suite.backend.cache_clear()
    try:
        with pytest.raises(sm2.SM2Unavailable, match="Install OpenSSL 3"):
            sm2.probe()
    finally:
        suite.backend.cache_clear()


def test_a_library_that_answers_wrongly_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Yes:
        name = "says yes to all"

        def accepts(self, *_: object) -> bool:
            return True

    def nothing() -> None:
        msg = "tongsuopy is not installed"
        raise sm2.SM2Unavailable(msg)

    monkeypatch.setattr(_libcrypto, "load", Yes)
    monkeypatch.setattr(_tongsuo, "load", nothing)
    suite.backend.cache_clear()
    try:
        with pytest.raises(sm2.SM2Unavailable, match="wrong answer"):
            sm2.probe()
    finally:
        suite.backend.cache_clear()


def test_a_missing_library_is_an_operating_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_libcrypto, "_candidates", lambda: ["libcrypto.so.0"])
    with pytest.raises(OSError, match=r"libcrypto\.so\.0 cannot be loaded"):
        _libcrypto.load()


def test_tongsuo_agrees_where_it_is_installed() -> None:
    pytest.importorskip("tongsuopy")
    other = _tongsuo.load()
    der = sm2.der_from_raw(SIGNATURE)
    assert other.public_of(SECRET) == PUBLIC
    assert other.accepts(PUBLIC, der, MESSAGE, sm2.IDENTITY)
    assert not other.accepts(PUBLIC, der, MESSAGE + b"!", sm2.IDENTITY)
    signature = sm2.raw_from_der(other.sign(SECRET, PUBLIC, MESSAGE, sm2.IDENTITY))
    sm2.verify(PUBLIC, signature, MESSAGE)
    with pytest.raises(sm2.SM2Unavailable):
        other.accepts(PUBLIC, der, MESSAGE, b"ALICE123@YAHOO.COM")
