"""The history of a row agrees with what a test kept by itself, removals and returns included."""

from typing import Any

import pytest
from shelf import THINGS
from small import Small

from tongjian.cli.histories import changes_between, versions_of
from tongjian.core.operation import Row


def expected(at: dict[int, dict[str, int]], thing: str) -> list[tuple[int, int | None]]:
    """Return the height and amount of each version; none where the thing was taken away."""
    found: list[tuple[int, int | None]] = []
    before: int | None = None
    for height in sorted(at):
        amount = at[height].get(thing)
        if amount != before:
            found.append((height, amount))
        before = amount
    return found


@pytest.mark.parametrize("seed", range(4))
def test_versions_are_those_that_stood_at_each_height(small: Small, seed: int) -> None:
    def amount_of(row: Any) -> int | None:
        return None if row is None else row.amount

    with small.opened() as chain:
        history = small.grow(chain, 60, seed=seed, acts=3)
        removals = 0
        for thing in {name for things in history.at.values() for name in things}:
            versions = versions_of(chain, THINGS, THINGS.key(thing))
            told = [(v.height, amount_of(v.row)) for v in versions]
            assert told == expected(history.at, thing)
            assert [v.time_ms for v in versions] == [chain.header(h).time_ms for h, _ in told]
            removals += sum(amount is None for _, amount in told)
        assert removals
        assert versions_of(chain, THINGS, THINGS.key("never")) == []


def test_changes_name_only_what_changed(small: Small) -> None:
    with small.opened() as chain:
        small.grow(chain, 1)
        key, value = next(iter(chain.store.scan(THINGS.prefix, THINGS.prefix + b"\xff", 1)))
        row: Row = THINGS.codec.decode(value)
        del key
    assert changes_between(row, row) == []
    assert [name for name, _ in changes_between(None, row)]
    assert changes_between(row, None) == []
