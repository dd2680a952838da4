"""Status lists: the official value, every bit in its place, and lists made to do harm."""

import datetime as dt
import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongjian.connectors.credentials.datamodel import check_credential
from tongjian.connectors.credentials.errors import (
    CredentialMalformed,
    OutsidePeriod,
    StatusRefused,
)
from tongjian.connectors.credentials.multibase import encode_base64url
from tongjian.connectors.credentials.statuslist import (
    DECODED_BYTES_MAX,
    ENTRIES_MIN,
    Status,
    check_status,
    decode_list,
    empty_list,
    encode_list,
    list_credential,
    status_at,
    status_entry,
    with_status,
)

OFFICIAL = (
    Path(__file__).parents[4] / "shared/data/identity/bitstring-status-list-1.0/zero-list.json"
)
URL = "https://office.example/status/3"
NOON = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
CREDENTIAL: dict[str, Any] = {"credentialStatus": status_entry(URL, 94567, "revocation")}


def published(bits: bytes, purpose: str = "revocation") -> dict[str, Any]:
    whole = list_credential(
        URL,
        "did:web:office.example",
        purpose,
        bits,
        validFrom="2026-11-01T00:00:00Z",
        validUntil="2026-11-02T00:00:00Z",
    )
    check_credential(whole)
    return whole


@pytest.mark.skipif(
    not OFFICIAL.is_file(), reason="the identity data of ../shared is not on this machine"
)
def test_the_official_list_is_read_and_ours_reads_back_alike() -> None:
    official = json.loads(OFFICIAL.read_bytes())
    bits = decode_list(official["encodedList"])
    assert bits == bytes(official["decoded_length_bytes"])
    assert bits == empty_list()
    assert decode_list(encode_list(bits)) == bits


def test_index_0_is_the_most_significant_bit_of_the_first_byte() -> None:
    assert with_status(empty_list(), 0, 1)[0] == 0b1000_0000
    assert with_status(empty_list(), 9, 1)[1] == 0b0100_0000
    assert with_status(empty_list(), ENTRIES_MIN - 1, 1)[-1] == 1
    assert with_status(empty_list(ENTRIES_MIN, 2), 1, 2, 2)[0] == 0b0010_0000


@given(st.integers(1, 8), st.data())
def test_an_entry_reads_back_and_its_neighbours_stay(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(1, ENTRIES_MIN - 2))
    value = data.draw(st.integers(0, 2**size - 1))
    full = b"\xff" * len(empty_list(ENTRIES_MIN, size))
    bits = with_status(full, index, value, size)
    assert status_at(bits, index, size) == value
    assert status_at(bits, index - 1, size) == status_at(bits, index + 1, size) == 2**size - 1
    assert with_status(bits, index, 2**size - 1, size) == full


def test_the_text_of_a_list_does_not_depend_on_the_clock() -> None:
    text = encode_list(with_status(empty_list(), 5, 1))
    assert text == encode_list(with_status(empty_list(), 5, 1))
    assert text.startswith("uH4sIAAAAAAA")


def packed(data: bytes) -> str:
    return "u" + encode_base64url(data)


def zipped(size: int) -> bytes:
    # With the time of day in gzip's header no two processes would name the same test.
    return gzip.compress(bytes(size), mtime=0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no multibase"),
        ("H4sI", "no multibase"),
        ("u" + "A" * 1_000_000, "no multibase"),
        ("u*", "no base64url"),
        (packed(b"no gzip"), "cannot be unpacked"),
        (packed(zipped(16_383)), "fewer than 131072"),
        (packed(zipped(16_384)[:-1]), "cut off"),
        (packed(zipped(16_384) + b"x"), "follows"),
        (packed(zipped(16_384) * 2), "follows"),
        (packed(zipped(16_384)[:-8] + bytes(8)), "cannot be unpacked"),
        (packed(zipped(DECODED_BYTES_MAX + 1)), "unpacks to more"),
    ],
)
def test_a_list_that_is_not_one_is_refused(text: str, why: str) -> None:
    with pytest.raises(CredentialMalformed, match=why):
        decode_list(text)


def test_a_bomb_does_not_fill_the_memory() -> None:
    bomb = packed(zipped(64 * 1024 * 1024))
    tracemalloc.start()
    try:
        with pytest.raises(CredentialMalformed, match="unpacks to more"):
            decode_list(bomb)
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_the_largest_list_passes() -> None:
    assert decode_list(encode_list(empty_list(DECODED_BYTES_MAX * 8))) == bytes(DECODED_BYTES_MAX)


@pytest.mark.parametrize(("entries", "size"), [(ENTRIES_MIN - 8, 1), (2**23, 1), (2**18, 9)])
def test_a_list_that_no_reader_takes_is_not_made(entries: int, size: int) -> None:
    with pytest.raises(ValueError, match="a list has from"):
        empty_list(entries, size)


def test_an_entry_beyond_the_list_or_its_size_is_refused() -> None:
    for index in (-1, ENTRIES_MIN):
        with pytest.raises(CredentialMalformed, match="beyond the list"):
            status_at(empty_list(), index)
    with pytest.raises(ValueError, match="cannot hold"):
        with_status(empty_list(), 0, 2)


def test_a_credential_stands_until_its_bit_is_set_and_again_after_a_suspension() -> None:
    others = with_status(with_status(empty_list(), 94566, 1), 94568, 1)
    assert check_status(CREDENTIAL, {URL: published(others)}, NOON) == [Status("revocation", 0)]
    with pytest.raises(StatusRefused, match="revocation"):
        check_status(CREDENTIAL, {URL: published(with_status(others, 94567, 1))}, NOON)
    assert check_status({}, {}, NOON) == []


def test_a_list_is_not_relied_on_outside_its_period() -> None:
    lists = {URL: published(empty_list())}
    with pytest.raises(OutsidePeriod, match="expired"):
        check_status(CREDENTIAL, lists, NOON + dt.timedelta(days=1))
    with pytest.raises(OutsidePeriod, match="valid only from"):
        check_status(CREDENTIAL, lists, NOON - dt.timedelta(days=1))


def test_a_status_that_cannot_be_known_is_refused() -> None:
    with pytest.raises(StatusRefused, match="not given"):
        check_status(CREDENTIAL, {}, NOON)
    with pytest.raises(StatusRefused, match="is not for"):
        check_status(CREDENTIAL, {URL: published(empty_list(), "suspension")}, NOON)
    other = {**published(empty_list()), "id": URL + "0"}
    with pytest.raises(StatusRefused, match="calls itself"):
        check_status(CREDENTIAL, {URL: other}, NOON)
    with pytest.raises(StatusRefused, match="unknown here"):
        check_status({"credentialStatus": {"type": "Other"}}, {}, NOON)


@pytest.mark.parametrize(
    "fields",
    [
        {"statusListIndex": 94567},
        {"statusListIndex": "-1"},
        {"statusListIndex": "01"},
        {"statusListIndex": "9" * 5000},
        {"statusListCredential": "here"},
        {"statusPurpose": None},
        {"statusSize": 0},
        {"statusSize": True},
        {"statusSize": 64},
        {"statusListIndex": "131072"},
    ],
)
def test_an_entry_of_the_wrong_form_is_refused(fields: dict[str, Any]) -> None:
    entry = {**CREDENTIAL["credentialStatus"], **fields}
    with pytest.raises(CredentialMalformed):
        check_status({"credentialStatus": entry}, {URL: published(empty_list())}, NOON)
