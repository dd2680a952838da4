"""One receipt of each kind from a small ledger, and the truth behind them."""

import random
from pathlib import Path
from typing import NamedTuple

import pytest
from shelf import THINGS
from small import START_MS, Small, change, copy_of, drop, lend, put, receipts, scan, use_shelf

from tongjian.verifier.anchors import Anchors
from tongjian.verifier.receipt import (
    AbsenceStatement,
    RangeStatement,
    RowStatement,
    Statement,
    TransactionStatement,
    VerificationFailed,
    Verified,
    verify_receipt,
)

ALL = (b"\x01", b"\xff")


class Kinds(NamedTuple):
    """Receipts by kind, the anchors that verify them, and all rows at their height."""

    anchors: Anchors
    receipts: dict[str, bytes]
    rows: dict[bytes, bytes]
    folder: Path


def make_kinds(small: Small) -> Kinds:
    """Grow a ledger and take a receipt of each kind at its last height."""
    with small.opened() as chain:
        small.grow(chain, 3, acts=30)
        committed = small.envelope(put("alpha", 1), put("beta", 2))
        refused = small.envelope(drop("nothing"))
        small.apply(chain, committed, refused, small.envelope(lend("book", START_MS + 4500)))
        small.apply(chain, small.envelope(change("alpha", 3)))
        (timer,) = chain.body(chain.height).timers
        rows = dict(chain.store.scan(*ALL, 10**6))
        make, height = receipts(chain), chain.height
        low, high = THINGS.key("thing_05"), THINGS.key("thing_20")
        several = make.draft()
        several.row(THINGS.key("alpha"))
        several.row(THINGS.key("aloha"))
        several.range(low, high)
        several.transaction(small.identity(committed, chain))
        found = {
            "row": make.of_row(THINGS.key("alpha")),
            "absence": make.of_row(THINGS.key("aloha")),
            "range": make.of_range(low, high),
            "empty range": make.of_range(THINGS.key("aloha"), THINGS.key("aloha~")),
            "committed": make.of_transaction(small.identity(committed, chain)),
            "refused": make.of_transaction(small.identity(refused, chain)),
            "deadline": make.of_transaction(timer),
            "several": several.finish(),
        }
        assert len(scan(chain, THINGS)) > 10
        assert height == 5
    return Kinds(small.anchors, found, rows, small.folder)


@pytest.fixture(scope="session")
def kinds(tmp_path_factory: pytest.TempPathFactory, founded: Path) -> Kinds:
    """Give receipts of all kinds, made once."""
    with pytest.MonkeyPatch.context() as patch:
        use_shelf(patch.setattr)
        return make_kinds(Small(copy_of(founded, tmp_path_factory.mktemp("kinds") / "ledger")))


def outcome_of(data: bytes, anchors: Anchors) -> Verified | VerificationFailed:
    """Verify; any other exception than `VerificationFailed` is the test's own failure."""
    try:
        return verify_receipt(data, anchors)
    except VerificationFailed as failed:
        refusal = failed
    assert refusal.step >= 1
    assert refusal.title
    assert refusal.why
    return refusal


def refused(data: bytes, anchors: Anchors) -> VerificationFailed:
    """Return why a receipt is refused; fail where it is not."""
    outcome = outcome_of(data, anchors)
    assert isinstance(outcome, VerificationFailed), "the receipt was accepted"
    return outcome


def is_true(verified: Verified, rows: dict[bytes, bytes]) -> bool:
    """Say whether what a receipt of the last height proves about rows is the truth."""
    return all(_is_true(verified, statement, rows) for statement in verified.statements)


def _is_true(verified: Verified, statement: Statement, rows: dict[bytes, bytes]) -> bool:
    entries = verified.entries
    match statement:
        case RowStatement():
            return rows.get(entries[statement.entry].key) == statement.value
        case AbsenceStatement():
            return statement.key not in rows
        case RangeStatement():
            shown = {
                entries[index].key: value
                for index, value in zip(statement.entries[1:], statement.values, strict=True)
            }
            low, high = statement.low, statement.high
            return shown == {key: row for key, row in rows.items() if low <= key < high}
        case TransactionStatement():
            return True
        case _:
            return False


def flips(data: bytes, chance: random.Random, masks: int) -> list[tuple[int, int]]:
    """Return positions and masks: some for each byte, and all for some bytes."""
    some = [(at, 1 << chance.randrange(8)) for at in range(len(data))]
    some += [(at, chance.randrange(1, 256)) for at in range(len(data)) for _ in range(masks)]
    every = chance.sample(range(len(data)), 24)
    return some + [(at, mask) for at in every for mask in range(1, 256)]


def flipped(data: bytes, at: int, mask: int) -> bytes:
    """Return the data with one byte changed."""
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]
