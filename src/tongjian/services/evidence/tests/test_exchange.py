"""Case numbers and content from outside: one key each, no two alike."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongjian.core.identifiers import IdentifierInvalid
from tongjian.services.evidence.exchange import (
    HASHES,
    case_key,
    case_number,
    compute_content,
    compute_renewal,
    hash_content,
)
from tongjian.services.evidence.records import DIGEST_BYTES

SALT = bytes(32)
COURTS = st.sampled_from(["演0192", "演01", "演", "京0101", "最高法"])
KINDS = st.sampled_from(["民初", "民终", "行初", "刑初", "财保", "执", "执恢", "知民初"])
NUMBERS = st.builds(
    lambda year, court, kind, number: f"({year}){court}{kind}{number}号",
    st.integers(1990, 2099),
    COURTS,
    KINDS,
    st.integers(1, 9_999_999),
)


@given(NUMBERS, NUMBERS)
def test_a_case_number_has_one_key_and_the_key_gives_it_back(one: str, other: str) -> None:
    assert case_number(case_key(one)) == one
    assert (case_key(one) == case_key(other)) == (one == other)


@pytest.mark.parametrize(
    "text", ["(2026)演0192民初123号之一", "(2026)演0192怪初1号", "(2026)某0192民初1号"]
)
def test_a_case_number_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not known"):
        case_key(text)


def test_what_is_no_case_number_or_no_key_is_refused() -> None:
    with pytest.raises(IdentifierInvalid):
        case_key("123")
    for key in ("x", "2026-770192-minchu-1", "2026-990192-strange-1"):
        with pytest.raises(ValueError, match="stands for no case number"):
            case_number(key)


@given(st.binary(max_size=64), st.binary(max_size=64), st.sampled_from(sorted(HASHES)))
def test_content_and_renewal_commit_to_every_byte_and_never_meet(
    one: bytes, other: bytes, algorithm: int
) -> None:
    first, second = (compute_content(algorithm, SALT, data) for data in (one, other))
    assert len(first) == DIGEST_BYTES[algorithm]
    assert (first == second) == (one == other)
    assert compute_renewal(algorithm, first, SALT, one) != first
    assert first != hash_content(algorithm, one), "a bare hash could be found by trying"
    same = compute_renewal(algorithm, first, SALT, one) == compute_renewal(
        algorithm, second, SALT, other
    )
    assert same == (one == other)


def test_content_is_the_hash_that_the_page_says() -> None:
    inner = hashlib.sha256(b"content").digest()
    whole = hashlib.sha256(b"tongjian/evidence-content/1\x00" + SALT + inner).digest()
    assert compute_content(1, SALT, b"content") == whole


def test_a_salt_of_another_length_and_an_unknown_algorithm_are_refused() -> None:
    with pytest.raises(ValueError, match="salt of 32 bytes"):
        compute_content(1, b"short", b"content")
    with pytest.raises(ValueError, match="salt of 32 bytes"):
        compute_renewal(1, b"before", b"short", b"content")
    with pytest.raises(ValueError, match="no hash algorithm"):
        compute_content(9, SALT, b"content")
