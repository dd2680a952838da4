"""Receipts as text: both read the same bytes from the same texts, and refuse the same."""

import random
import zlib
from base64 import b64encode
from collections.abc import Iterator

import pytest
from receipt_town import Town
from second_verifier import ask, needs_js

from tongjian.core.hashing import sha256
from tongjian.verifier import extract
from tongjian.verifier.check import compute_check
from tongjian.verifier.receipt import VerificationFailed

pytestmark = needs_js

REFUSED = "refused"


def program(text: str) -> str | None:
    """Return the receipt in hexadecimal, or that the text is refused, or none."""
    try:
        found = extract.receipt_in_text(text)
    except VerificationFailed:
        return REFUSED
    return None if found is None else found.hex()


def assert_alike(texts: list[str]) -> list[str | None]:
    answers = ask([{"kind": "text", "text": text} for text in texts])
    second = [REFUSED if "refused" in answer else answer["found"] for answer in answers]
    first = [program(text) for text in texts]
    differing = [
        (text[:80], one, two)
        for text, one, two in zip(texts, first, second, strict=True)
        if one != two
    ]
    assert differing == []
    return first


def dense(deflated: bytes) -> str:
    check = compute_check(sha256, deflated)
    return extract.DENSE_PREFIX + extract.encode_base45(check + deflated)


def raw(data: bytes, level: int = 9, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    deflate = zlib.compressobj(level=level, wbits=-15, strategy=strategy)
    return deflate.compress(data) + deflate.flush()


def test_a_receipt_is_read_from_every_form(town: Town) -> None:
    receipt = town.receipts["row"]
    forms = [
        extract.write_dense(receipt) or "",
        receipt.hex(),
        receipt.hex().upper(),
        b64encode(receipt).decode(),
        f"  {receipt.hex()[:60]}\n{receipt.hex()[60:]}\n",
        *(dense(raw(receipt, level)) for level in (0, 1, 6)),
        dense(raw(receipt, 9, zlib.Z_FIXED)),
        dense(raw(receipt, 9, zlib.Z_HUFFMAN_ONLY)),
    ]
    assert assert_alike(forms) == [receipt.hex()] * len(forms)


def other_texts(town: Town) -> Iterator[str]:
    receipt = town.receipts["row"]
    text = extract.write_dense(receipt) or ""
    short = extract.write_short("town", 7, receipt)
    link = extract.write_short("town", 7, receipt, "https://city.example/r")
    yield from ("", " ", "TJR1:", "TJR1", text.lower(), text[:-1], text + "0", text + "AB")
    yield from (text[:9] + "#" + text[10:], text.replace(":", ";", 1), "tjr1:" + text[5:])
    yield text + "0" * extract.DENSE_CHARACTERS_MAX
    yield from (short, link, short.lower(), f"http://a?{short}", f"ftp://a?{short}", short + "A")
    yield from (f"https://{'a' * 300}?{short}", f"HTTPS://CITY?{short}", f"a?{short}", f"?{short}")
    yield from (receipt.hex()[:-1], receipt.hex() + "g", receipt.hex()[2:], "d284zz")
    base64 = b64encode(receipt).decode()
    yield from (base64[:-1], base64 + "=", base64.rstrip("=") + "==", base64[:8] + "!" + base64[9:])
    yield from (base64.replace("+", "-").replace("/", "_"), "0oR", "0oRA", "0oRB", "0oRAAA==")


def test_what_is_no_receipt_as_text_is_told_alike(town: Town) -> None:
    assert_alike(list(other_texts(town)))


def streams(receipt: bytes) -> Iterator[bytes]:
    whole = raw(receipt)
    yield from (b"", b"\0", whole[:-1], whole + b"\0", whole * 2, whole[: len(whole) // 2])
    yield from (b"\x03\0", b"\x01\0\0\xff\xff", b"\x01\0\0\0\0", b"\x01\x01\0\xfe\xff", b"\x07")
    yield from (raw(bytes(65_536)), raw(bytes(65_537)), raw(bytes(10_000_000)))
    yield from (raw(receipt, 9)[:-2] + bytes([a, b]) for a in (0, 255) for b in (0, 1, 255))


def test_streams_at_the_edges_inflate_alike(town: Town) -> None:
    said = assert_alike([dense(stream) for stream in streams(town.receipts["row"])])
    assert said.count(REFUSED) >= 10


@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED])
def test_random_streams_inflate_alike(town: Town, strategy: int) -> None:
    """Bits changed in a sound stream: codes that are over-subscribed, incomplete, too far back."""
    chance = random.Random(strategy)
    whole = raw(town.receipts["row"][:400] * 2, 9, strategy)
    texts: list[str] = []
    for _ in range(1500):
        changed = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            changed[chance.randrange(min(len(changed), 90))] ^= 1 << chance.randrange(8)
        texts.append(dense(bytes(changed)))
    said = assert_alike(texts)
    assert len([each for each in said if each != REFUSED]) > 5
