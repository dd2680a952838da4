"""The texts of the codes of an extract: RFC 9285, limits, and whatever is not a receipt."""

import base64
import hashlib
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongjian.verifier import extract
from tongjian.verifier.receipt import VerificationFailed

RECEIPT = bytes.fromhex("d28458") + bytes(range(256)) * 3


def deflated(data: bytes) -> bytes:
    deflate = zlib.compressobj(level=9, wbits=-15)
    return deflate.compress(data) + deflate.flush()


def dense_of(data: bytes) -> str:
    check = hashlib.sha256(b"tongjian/check/1\0" + data).digest()[:8]
    return "TJR1:" + extract.encode_base45(check + data)


def why(text: str) -> str:
    with pytest.raises(VerificationFailed) as failed:
        extract.receipt_in_text(text)
    assert failed.value.step == 1
    return failed.value.why


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
    ],
)
def test_base45_is_that_of_rfc_9285(data: bytes, text: str) -> None:
    assert extract.encode_base45(data) == text
    assert extract.decode_base45(text) == data


@pytest.mark.parametrize("text", ["GGW", ":::", "A", "BB8A", "::", "bb8", "BB8\n", "Ä00"])
def test_base45_that_stands_for_no_bytes_is_refused(text: str) -> None:
    with pytest.raises(VerificationFailed, match="Base45"):
        extract.decode_base45(text)


@given(st.binary(max_size=400))
def test_any_bytes_come_back_from_base45_and_from_the_dense_text(data: bytes) -> None:
    assert extract.decode_base45(extract.encode_base45(data)) == data
    dense = extract.write_dense(data)
    assert dense is not None
    assert extract.read_dense(dense) == data


@given(st.text(max_size=300))
def test_any_text_is_a_receipt_none_or_refused(text: str) -> None:
    for known in (text, "TJR1:" + text, "d284" + text, "0oR" + text, "TONGJIAN:1:" + text):
        try:
            found = extract.receipt_in_text(known)
        except VerificationFailed as failed:
            step = failed.step
        else:
            step = 1 if found is None or found else 0
        assert step == 1


def test_hexadecimal_and_base64_are_read_with_line_breaks() -> None:
    for text in (RECEIPT.hex(), RECEIPT.hex().upper(), base64.encodebytes(RECEIPT).decode()):
        assert extract.receipt_in_text(f"\n{text}\n") == RECEIPT


def test_base64_has_one_form() -> None:
    text = base64.b64encode(RECEIPT[:-1]).decode()
    assert text.endswith("=")
    at = len(text.rstrip("=")) - 1
    assert "spare bits" in why(text[:at] + chr(ord(text[at]) + 1) + text[at + 1 :])


def test_a_deflation_under_another_check_was_read_wrong() -> None:
    packed = deflated(RECEIPT)
    assert "read wrong" in why("TJR1:" + extract.encode_base45(bytes(8) + packed))
    assert "read wrong" in why("TJR1:" + extract.encode_base45(packed[:7]))


def test_a_bomb_is_refused_before_it_is_inflated() -> None:
    bomb = dense_of(deflated(bytes(2_500_000)))
    assert len(bomb) <= extract.DENSE_CHARACTERS_MAX
    assert "more than 65536 bytes" in why(bomb)


def test_the_largest_allowed_receipt_inflates_and_one_byte_more_does_not() -> None:
    largest = bytes(extract.INFLATED_BYTES_MAX)
    assert extract.read_dense(dense_of(deflated(largest))) == largest
    assert "more than" in why(dense_of(deflated(largest + b"\0")))
    assert extract.write_dense(largest + b"\0") is None


def test_bytes_behind_the_deflation_or_too_few_are_refused() -> None:
    packed = deflated(RECEIPT)
    assert "before or after" in why(dense_of(packed + b"\0"))
    assert "before or after" in why(dense_of(packed[:-1]))
    assert "does not inflate" in why(dense_of(b"\xff" * 40))


def test_a_dense_text_longer_than_a_symbol_is_refused() -> None:
    assert "more than a symbol holds" in why("TJR1:" + "0" * extract.DENSE_CHARACTERS_MAX)


def test_a_receipt_that_no_symbol_holds_has_no_dense_text() -> None:
    chance = b"".join(zlib.crc32(bytes([n % 256, n // 256])).to_bytes(4, "big") for n in range(800))
    assert extract.write_dense(chance[:2800]) is not None
    assert extract.write_dense(chance) is None


@pytest.mark.parametrize("link", ["", "https://ledger.example/r", "HTTP://L.EXAMPLE"])
def test_the_short_text_names_the_receipt(link: str) -> None:
    text = extract.write_short("town.one-2", 7, RECEIPT, link)
    named = extract.read_short(text)
    assert named is not None
    assert (named.label, named.height) == ("TOWN.ONE-2", 7)
    assert "names a receipt of ledger TOWN.ONE-2, height 7" in why(text)


@pytest.mark.parametrize("link", ["ftp://x", "https://x?y", "https://x#y", "https://x y", "x" * 9])
def test_a_link_that_is_none_is_refused(link: str) -> None:
    with pytest.raises(ValueError, match=re.escape(link)):
        extract.write_short("town", 1, RECEIPT, link)


def test_a_digest_has_one_form_in_the_short_text() -> None:
    text = extract.write_short("town", 1, RECEIPT)
    assert text[-1] in "AQ"
    assert extract.read_short(text[:-1] + chr(ord(text[-1]) + 1)) is None


def test_codes_of_one_picture_must_agree() -> None:
    dense = extract.write_dense(RECEIPT)
    assert dense is not None
    short = extract.write_short("town", 1, RECEIPT)
    assert extract.receipt_in_texts([short, dense, "https://elsewhere.example"]) == RECEIPT
    other = extract.write_short("town", 1, RECEIPT + b"x")
    for texts, reason in (
        ([dense, other], "names receipt"),
        ([short, other], "several extracts"),
        ([short], "does not hold it"),
        (["hello"], "none of an extract"),
        ([], "none of an extract"),
    ):
        with pytest.raises(VerificationFailed, match=reason):
            extract.receipt_in_texts(texts)
