"""Every bound that the format page states is the same in both verifiers."""

import pytest
from receipt_forger import edited
from receipt_town import Town
from second_verifier import Case, assert_agreement, needs_js

pytestmark = needs_js


def longest(kind: str, most: int) -> tuple[object, object]:
    """Give a value at its bound, and one beyond it."""
    made = {
        "bytes": bytes,
        "text": lambda size: "a" * size,
        "number": lambda size: size,
        "hashes": lambda size: [bytes(32)] * size,
        "strings": lambda size: [b""] * size,
        "numbers": lambda size: [0] * size,
        "entries": lambda size: [[number, b"k", bytes(32), b"", 0] for number in range(size)],
        "twigs": lambda size: [[number, bytes(64), []] for number in range(size)],
        "rows": lambda size: [["row", 0, b""]] * size,
    }
    return made[kind](most), made[kind](most + 1)


@pytest.mark.parametrize(
    ("receipt", "path", "kind", "most"),
    [
        ("row", (0, 0), "number", 2**40),
        ("row", (0, 1), "entries", 1002),
        ("row", (0, 1, 0, 0), "number", 2**40),
        ("row", (0, 1, 0, 1), "bytes", 250),
        ("row", (0, 1, 0, 2), "bytes", 32),
        ("row", (0, 1, 0, 3), "bytes", 250),
        ("row", (0, 1, 0, 4), "number", 2**40),
        ("row", (0, 2), "twigs", 1002),
        ("row", (0, 2, 0, 0), "number", 2**40),
        ("row", (0, 2, 0, 1), "bytes", 64),
        ("row", (0, 2, 0, 2), "hashes", 512),
        ("row", (0, 3), "hashes", 32064),
        ("row", (1,), "rows", 64),
        ("row", (1, 0, 1), "number", 1002),
        ("row", (1, 0, 2), "bytes", 16384),
        ("absence", (1, 0, 1), "bytes", 250),
        ("absence", (1, 0, 2), "number", 1002),
        ("range", (1, 0, 1), "bytes", 250),
        ("range", (1, 0, 2), "bytes", 250),
        ("range", (1, 0, 3), "numbers", 1002),
        ("range", (1, 0, 3, 0), "number", 1002),
        ("range", (1, 0, 4), "strings", 1002),
        ("range", (1, 0, 4, 0), "bytes", 16384),
        ("transaction committed", (1, 0, 1), "bytes", 262144),
        ("transaction committed", (1, 0, 2), "bytes", 32),
        ("transaction committed", (1, 0, 3), "text", 80),
        ("transaction committed", (1, 0, 4), "strings", 64000),
        ("transaction committed", (1, 0, 4, 0), "bytes", 16384),
        ("transaction committed", (1, 0, 5), "number", 2**40),
        ("transaction committed", (1, 0, 6), "hashes", 64),
    ],
)
def test_a_value_beyond_its_bound_does_not_decode(
    town: Town, receipt: str, path: tuple[int, ...], kind: str, most: int
) -> None:
    at, beyond = (
        edited(town.receipts[receipt], path, lambda _, v=v: v) for v in longest(kind, most)
    )
    within, over = assert_agreement(
        [Case("at", at, town.trust), Case("beyond", beyond, town.trust)]
    )
    assert within.failed != (4, "statements")
    assert over.failed == (4, "statements")


@pytest.mark.parametrize(
    ("receipt", "path", "value"),
    [
        ("range", (1, 0, 3), []),
        ("row", (1,), []),
        ("row", (0, 1, 0, 2), bytes(31)),
        ("row", (0, 2, 0, 1), bytes(63)),
        ("transaction committed", (1, 0, 3), "Shelf/2@0"),
        ("transaction committed", (1, 0, 3), "shelf/2@0\n"),
        ("transaction committed", (1, 0, 3), "shelf 2"),
    ],
)
def test_a_value_below_its_bound_does_not_decode(
    town: Town, receipt: str, path: tuple[int, ...], value: object
) -> None:
    changed = edited(town.receipts[receipt], path, lambda _: value)
    (said,) = assert_agreement([Case("below", changed, town.trust)])
    assert said.failed == (4, "statements")
