"""A verifier's book: each nonce is asked once, answered in time, accepted once (IDN-I3)."""

import datetime as dt
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tongjian.connectors.credentials.errors import OutsidePeriod, ProofInvalid
from tongjian.connectors.credentials.noncebook import (
    ANSWER_SECONDS_MAX,
    KEPT_SECONDS,
    NonceBook,
)
from tongjian.connectors.credentials.sdjwt import Asked

NOON = dt.datetime(2026, 11, 19, 4, tzinfo=dt.UTC)


def later(seconds: int) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


@pytest.fixture
def book(tmp_path: Path) -> NonceBook:
    return NonceBook(tmp_path / "desk.book")


def test_a_request_is_answered_once(book: NonceBook) -> None:
    asked = book.ask("desk", NOON)
    book.take(asked, later(1))
    for at in (later(1), later(ANSWER_SECONDS_MAX + 1)):
        with pytest.raises(ProofInvalid, match="replay"):
            book.take(asked, at)


def test_no_two_requests_have_the_same_nonce(book: NonceBook) -> None:
    nonces = [book.ask("desk", NOON).nonce for _ in range(50)]
    assert len(set(nonces)) == len(nonces)
    assert all(len(nonce) == len("AAAAAAAAAAAAAAAAAAAAAA") for nonce in nonces)


def test_a_request_that_was_not_made_or_not_of_this_audience_is_refused(book: NonceBook) -> None:
    asked = book.ask("desk", NOON)
    for foreign in (Asked("another desk", asked.nonce), Asked("desk", "of my own")):
        with pytest.raises(ProofInvalid, match="asked for no such nonce"):
            book.take(foreign, NOON)
    book.take(asked, NOON)


def test_an_answer_comes_in_time(book: NonceBook) -> None:
    asked = book.ask("desk", NOON)
    with pytest.raises(OutsidePeriod, match="ask again"):
        book.take(asked, later(ANSWER_SECONDS_MAX + 1))
    book.take(asked, later(ANSWER_SECONDS_MAX))


def test_a_book_that_is_opened_again_remembers(tmp_path: Path) -> None:
    asked = NonceBook(tmp_path / "book").ask("desk", NOON)
    NonceBook(tmp_path / "book").take(asked, NOON)
    with pytest.raises(ProofInvalid, match="replay"):
        NonceBook(tmp_path / "book").take(asked, NOON)


def test_of_many_desks_that_share_a_book_one_accepts(book: NonceBook) -> None:
    asked = book.ask("desk", NOON)

    def take(_: int) -> bool:
        try:
            book.take(asked, NOON)
        except ProofInvalid:
            return False
        return True

    with ThreadPoolExecutor(8) as desks:
        assert sum(desks.map(take, range(16))) == 1


def test_a_book_forgets_what_is_long_over_and_holds_nothing_of_a_nonce(tmp_path: Path) -> None:
    path = tmp_path / "book"
    book = NonceBook(path)
    asked = book.ask("desk", NOON)
    book.take(asked, NOON)
    assert asked.nonce.encode() not in path.read_bytes()
    book.ask("desk", later(KEPT_SECONDS + 1))
    with sqlite3.connect(path) as held:
        assert held.execute("SELECT count(*) FROM asked").fetchone() == (1,)
    with pytest.raises(ProofInvalid, match="no such nonce"):
        book.take(asked, later(KEPT_SECONDS + 1))
