"""Proofs that leave something out, are of another time, or were changed at random."""

import random
from collections.abc import Iterator

import pytest
from receipt_forger import (
    ENTRIES,
    STATE,
    STATEMENTS,
    TWIGS,
    edited,
    put_together,
    random_change,
    take_apart,
)
from receipt_town import Town
from second_verifier import Case, assert_agreement, cases, needs_js

pytestmark = needs_js


def test_rows_left_out_of_a_range_are_missed(town: Town) -> None:
    receipt = town.receipts["range"]
    _, low, high, entries, values = take_apart(receipt).record[STATEMENTS][0]

    def ranges() -> Iterator[tuple[str, list[object]]]:
        for place in range(1, len(entries)):
            fewer = entries[:place] + entries[place + 1 :]
            yield f"{place} left out", [low, high, fewer, values[: place - 1] + values[place:]]
            yield f"value of {place} left out", [low, high, entries, values[:-1]]
        yield "the end left out", [low, high, entries[:3], values[:2]]
        yield "the beginning left out", [low, high, entries[2:], values[2:]]
        yield "a row twice", [low, high, [*entries, entries[-1]], [*values, values[-1]]]
        yield "one before another", [low, high, [entries[0], *entries[:0:-1]], values[::-1]]
        yield "values exchanged", [low, high, entries, [values[1], values[0], *values[2:]]]
        yield "only before", [low, high, entries[:1], []]
        yield "a lower beginning", [b"shelf", high, entries, values]
        yield "a higher beginning", [high, high, entries, values]
        yield "a higher end", [low, b"\xff", entries, values]
        yield "a lower end", [low, low + b"0", entries, values]
        yield "backwards", [high, low, entries, values]

    made = (
        (n, edited(receipt, (STATEMENTS, 0), lambda _, r=r: ["range", *r])) for n, r in ranges()
    )
    asked = cases(town.trust, made)
    assert {said.failed for said in assert_agreement(asked)} == {(5, "range")}


def test_bits_of_another_time_do_not_hold(town: Town) -> None:
    row, past = town.receipts["row"], town.receipts["row at a past height"]
    stale = take_apart(past).record[STATE]
    bits = (STATE, TWIGS, 0, 1)

    def changed() -> Iterator[tuple[str, bytes]]:
        yield "the state of another height", edited(row, (STATE,), lambda _: stale)
        yield "the twig of another height", edited(row, (STATE, TWIGS), lambda _: stale[TWIGS])
        yield "the bits of another height", edited(row, bits, lambda _: stale[TWIGS][0][1])
        yield "all active", edited(row, bits, lambda _: b"\xff" * 64)
        yield "none active", edited(row, bits, lambda _: bytes(64))
        for bit in range(0, 512, 7):
            mask = 1 << bit
            yield (
                f"bit {bit}",
                edited(
                    row,
                    bits,
                    lambda b, m=mask: (int.from_bytes(b, "little") ^ m).to_bytes(64, "little"),
                ),
            )

    asked = cases(town.trust, changed())
    assert {said.failed for said in assert_agreement(asked)} == {(4, "state")}


def test_a_retired_row_is_not_proven_by_the_new_state(town: Town) -> None:
    """The old entry, its twig filled in with the nodes of the new proof: bits say it is retired."""
    row, past = town.receipts["row"], town.receipts["row at a past height"]
    old = take_apart(past)
    entries, statement = old.record[STATE][ENTRIES], old.record[STATEMENTS][0]
    new = take_apart(row)
    state = [*new.record[STATE]]
    state[ENTRIES] = entries
    receipt = put_together(new._replace(record=[state, [statement]]))
    (said,) = assert_agreement([Case("retired", receipt, town.trust)])
    assert said.failed == (4, "state")
    assert "active" in said.why


@pytest.mark.parametrize("name", ["row", "absence", "range", "transaction committed", "several"])
def test_random_changes_of_the_record_get_the_same_verdict(town: Town, name: str) -> None:
    chance = random.Random(name)
    found = next(receipt for each, receipt in town.receipts.items() if each.startswith(name))
    parts = take_apart(found)

    def changed() -> Iterator[tuple[str, bytes]]:
        for number in range(250):
            record = random_change(parts.record, chance)
            if chance.random() < 0.2:
                record = random_change(record, chance)
            yield f"change {number}", put_together(parts._replace(record=record))

    said = assert_agreement(cases(town.trust, changed()))
    assert len({each.failed for each in said}) > 2
