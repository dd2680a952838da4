"""Decision bundles: both verifiers say the same of them, sound or hostile."""

import random
from collections.abc import Iterator
from typing import Any, cast

import pytest
from receipt_forger import STATEMENTS, edited, put_together, random_change, take_apart
from receipt_town import Town
from second_verifier import Case, assert_agreement, cases, needs_js

pytestmark = needs_js

DECIDED = ["committed", "refused", "deadline"]
FIELDS = ("previous", "before", "values", "envelopes", "until", "written", "code")


def place_of(bundle: bytes) -> int:
    statements = take_apart(bundle).record[STATEMENTS]
    return [each[0] for each in statements].index("decision")


def test_sound_bundles_hold_in_both(town: Town) -> None:
    for said in assert_agreement(cases(town.trust, iter(town.bundles.items()))):
        assert "decision" in said.held
        assert said.held[-1] == "check"


def others(field: str, value: Any, other: Any) -> Iterator[Any]:
    """Give what else could stand in a field: of another bundle, cut, doubled, of another kind."""
    yield other
    yield None
    match value:
        case bytes():
            yield from (b"", value[:-1], value + b"\0", bytes(len(value)))
        case int():
            yield from (0, value + 1, 2000, 2001, -1)
        case list():
            yield from ([], value[:-1], value[1:], value + value[-1:], value[::-1])
    if field == "values":
        yield [None] * len(cast("list[Any]", value))


@pytest.mark.parametrize("name", DECIDED)
def test_another_field_gets_the_same_verdict(town: Town, name: str) -> None:
    bundle = town.bundles[name]
    at = place_of(bundle)
    other = town.bundles[DECIDED[DECIDED.index(name) - 1]]
    foreign = take_apart(other).record[STATEMENTS][place_of(other)]

    def changed() -> Iterator[tuple[str, bytes]]:
        for number, field in enumerate(FIELDS, 1):
            mine = take_apart(bundle).record[STATEMENTS][at][number]
            for index, value in enumerate(others(field, mine, foreign[number])):
                path = (STATEMENTS, at, number)
                yield f"{field} {index}", edited(bundle, path, lambda _, v=value: v)

    asked = [case for case in cases(town.trust, changed()) if case.receipt != bundle]
    said = assert_agreement(asked)
    failed = {each.failed for each in said if each.failed}
    assert {title for _, title in failed} == {"statements", "decision"}


def test_a_decision_follows_its_transaction(town: Town) -> None:
    bundle = town.bundles["committed"]
    parts = take_apart(bundle)
    at = place_of(bundle)
    state, statements = parts.record
    decision, transaction = statements[at], statements[at - 1]
    assert transaction[0] == "transaction"

    def changed() -> Iterator[tuple[str, bytes]]:
        for number, order in enumerate(
            (
                [decision],
                [decision, transaction],
                [transaction, decision, decision],
                [transaction, transaction, decision],
            )
        ):
            yield str(number), put_together(parts._replace(record=[state, order]))

    said = assert_agreement(cases(town.trust, changed()))
    assert [each.failed is None for each in said] == [False, False, False, True]


@pytest.mark.parametrize("name", DECIDED)
def test_random_changes_get_the_same_verdict(town: Town, name: str) -> None:
    chance = random.Random(name)
    parts = take_apart(town.bundles[name])

    def changed() -> Iterator[tuple[str, bytes]]:
        for number in range(300):
            record = random_change(parts.record, chance)
            yield f"change {number}", put_together(parts._replace(record=record))

    said = assert_agreement(cases(town.trust, changed()))
    assert len({each.failed for each in said}) > 2


def test_a_flip_of_any_byte_is_refused_at_the_same_step(town: Town) -> None:
    bundle = town.bundles["refused"]
    step = max(1, len(bundle) // 300)

    def flips() -> Iterator[tuple[str, bytes]]:
        for place in range(0, len(bundle), step):
            changed = bytearray(bundle)
            changed[place] ^= 0x20
            yield f"byte {place}", bytes(changed)

    assert all(each.failed for each in assert_agreement(cases(town.trust, flips())))


def test_another_ledger_does_not_vouch_for_it(town: Town) -> None:
    (said,) = assert_agreement([Case("other", town.bundles["committed"], town.other_trust)])
    assert said.failed == (2, "chain")
