"""A short, seeded run of every fuzz target: hostile bytes meet only documented refusals."""

import random

import pytest
from mutate import INTERESTING, mutations
from targets import TARGETS, Target, attempt

INPUTS = 20_000
"""Of a cheap target; dear ones get fewer."""


def tried(target: Target, data: bytes) -> bool:
    """Try the bytes; a finding carries them, to be tried again."""
    try:
        return attempt(target, data)
    except Exception as finding:
        finding.add_note(f"bytes.fromhex('{data.hex()}')")
        raise


@pytest.mark.parametrize("name", TARGETS)
def test_the_samples_are_valid(name: str) -> None:
    target = TARGETS[name]
    found = target.samples()
    assert found
    assert all(tried(target, data) for data in found[:: target.cost])


@pytest.mark.parametrize("name", TARGETS)
def test_changed_samples_meet_only_documented_refusals(name: str) -> None:
    target = TARGETS[name]
    chance = random.Random(f"{name} 1")
    found = mutations(target.samples(), INPUTS // target.cost, chance)
    accepted = sum(tried(target, data) for data in found)
    assert accepted < len(found)


@pytest.mark.parametrize("name", TARGETS)
def test_short_and_extreme_bytes_meet_only_documented_refusals(name: str) -> None:
    target = TARGETS[name]
    chance = random.Random(f"{name} 2")
    for data in INTERESTING:
        tried(target, data)
        tried(target, data * 300)
    for size in range(0, 200, target.cost):
        tried(target, chance.randbytes(size))
