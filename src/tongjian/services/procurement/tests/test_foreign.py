"""Releases published elsewhere: recorded once, by whoever keeps them, with no effect here."""

import pytest
from procurement_people import USCC
from procurement_town import Town

from tongjian.core.hashing import sha256
from tongjian.services.procurement.exchange import KEY_BYTES_MAX, compute_foreign_key
from tongjian.services.procurement.records import FOREIGN

OTHER = b"\x07" * 32


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_release_is_recorded_once_for_its_process(town: Town) -> None:
    town.no("NOT_PERMITTED", "record_foreign", by=("alpha.bidder",))
    town.no("NOT_PERMITTED", "record_foreign", keeper=USCC["finance"])
    town.no("FOREIGN_AHEAD", "record_foreign", released_ms=town.world.now_ms + 1)
    town.ok("record_foreign")
    town.no("FOREIGN_RECORDED", "record_foreign", awarded_fen=1, released_ms=2_000_000_000_000)
    town.ok("record_foreign", release=OTHER, currency=None, flags=("sums_uncounted",))
    town.ok("record_foreign", process=OTHER, by=("buyer.purchase_officer",))


def test_what_is_recorded_says_who_keeps_it_and_since_when(town: Town) -> None:
    town.ok("record_foreign")
    act, _ = town.act("record_foreign")
    row = town.world.row(FOREIGN, act.process, act.release)  # type: ignore[attr-defined]
    assert (row.keeper, row.currency, row.contracted_fen) == (USCC["buyer"], "EUR", 77_576)
    assert row.released_ms < row.recorded_ms == town.world.now_ms


def test_keys_are_of_one_ledger_and_bounded() -> None:
    keys = {
        compute_foreign_key(sha256, chain, name)
        for chain in (bytes(32), b"\x01" * 32)
        for name in ("ocds-213czf-1", "ocds-213czf-2")
    }
    assert len(keys) == 4
    for name in ("", "x" * (KEY_BYTES_MAX + 1)):
        with pytest.raises(ValueError, match="bytes"):
            compute_foreign_key(sha256, bytes(32), name)
