"""Proofs from the store, at the tip and at every past height, checked by the verifier."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from shelf import THINGS
from small import History, Small, change, drop, put

from tongjian.core import limits
from tongjian.core.block import compute_log_leaf
from tongjian.core.encoding import decode, encode, replace
from tongjian.core.hashing import sha256
from tongjian.core.merkle import ProofInvalid, leaf_hash, verify_consistency, verify_inclusion
from tongjian.core.twigs import TWIG_ENTRIES
from tongjian.engines.chain import Chain
from tongjian.storage.errors import StoreDamaged
from tongjian.verifier.proofs import (
    EntryShown,
    StateProof,
    TwigShown,
    verify_absence,
    verify_range,
    verify_state,
    verify_value,
)

NAMES = [f"thing_{number:02d}" for number in range(40)]


@pytest.fixture
def chain(small: Small) -> Iterator[Chain]:
    """Give an open chain of a fresh ledger."""
    with small.opened() as opened:
        yield opened


def root_of(chain: Chain, height: int) -> bytes:
    """Return the state root that the stored header of a height commits to."""
    return chain.header(height).state_root


def prove(chain: Chain, numbers: list[int], height: int) -> StateProof:
    """Make a proof and send it over the wire."""
    proof = chain.prover.state_proof(numbers, height)
    return decode(StateProof, encode(proof))


def check_row(chain: Chain, thing: str, height: int, amount: int | None) -> None:
    """Prove the row of a thing, or its absence, and compare with the truth."""
    key, prover = THINGS.key(thing), chain.prover
    number = prover.entry_at(key, height)
    assert (number is None) == (amount is None), (thing, height)
    proof = prove(chain, [prover.before_at(key, height) if number is None else number], height)
    verify_state(sha256, proof, root_of(chain, height))
    (entry,) = proof.entries
    if number is None:
        verify_absence(entry, key)
        return
    value = chain.store.entry(number).value
    verify_value(sha256, entry, value)
    assert (entry.key, THINGS.codec.decode(value).amount) == (key, amount)


def in_order(proof: StateProof, numbers: list[int]) -> tuple[EntryShown, ...]:
    """Return the shown entries in the order of their keys, as the prover numbered them."""
    by_number = {int(entry.number): entry for entry in proof.entries}
    return tuple(by_number[number] for number in numbers)


def check_range(chain: Chain, low: bytes, high: bytes, height: int, truth: dict[str, int]) -> None:
    """Prove all things of a range and compare with the truth."""
    numbers = chain.prover.range_numbers(low, high, height)
    proof = prove(chain, numbers, height)
    verify_state(sha256, proof, root_of(chain, height))
    entries = in_order(proof, numbers)
    verify_range(entries, low, high)
    found = {
        entry.key: THINGS.codec.decode(chain.store.entry(entry.number).value).amount
        for entry in entries[1:]
    }
    within = {THINGS.key(thing): amount for thing, amount in truth.items()}
    assert found == {key: amount for key, amount in within.items() if low <= key < high}


# ------------------------------------------------------------------------------ that they hold


@pytest.mark.parametrize("seed", range(3))
def test_every_row_and_every_absence_is_proven_at_every_height(
    small: Small, chain: Chain, seed: int
) -> None:
    history = small.grow(chain, 14, seed=seed, acts=6)
    for height, things in history.at.items():
        for thing in NAMES:
            check_row(chain, thing, height, things.get(thing))


@pytest.mark.parametrize("seed", range(3))
def test_every_range_is_proven_complete_at_every_height(
    small: Small, chain: Chain, seed: int
) -> None:
    history = small.grow(chain, 14, seed=seed, acts=6)
    chance = random.Random(seed)
    for height, things in history.at.items():
        for _ in range(10):
            low, high = sorted(THINGS.key(chance.choice(NAMES)) for _ in range(2))
            check_range(chain, low, high, height, things)
        check_range(chain, THINGS.prefix, THINGS.prefix[:-1] + b"\x01", height, things)


def test_proofs_hold_across_twigs_and_after_reopening(small: Small) -> None:
    with small.opened() as chain:
        history = small.grow(chain, 60, acts=25)
        assert chain.commitment.tree.count > 2 * TWIG_ENTRIES
    sample = random.Random(1).sample(sorted(history.at), 8)
    for writable in (True, False):
        with small.opened(writable=writable) as chain:
            for height in (*sample, 1, chain.height):
                for thing in NAMES[::3]:
                    check_row(chain, thing, height, history.at[height].get(thing))
                check_range(
                    chain, THINGS.key(NAMES[3]), THINGS.key(NAMES[30]), height, history.at[height]
                )


def test_the_root_of_every_past_height_is_rebuilt(small: Small, chain: Chain) -> None:
    small.grow(chain, 70, acts=20)
    for height in range(chain.height + 1):
        assert chain.prover.view(height).root() == root_of(chain, height)


def test_any_entries_of_a_height_share_one_proof(small: Small, chain: Chain) -> None:
    small.grow(chain, 50, acts=25)
    chance = random.Random(7)
    for height in (1, 17, 33, chain.height):
        view = chain.prover.view(height)
        standing = [number for number in range(view.count) if view.is_active(number)]
        for size in (1, 2, 5, 30):
            numbers = chance.sample(standing, min(size, len(standing)))
            proof = prove(chain, numbers, height)
            verify_state(sha256, proof, root_of(chain, height))
            assert [entry.number for entry in proof.entries] == sorted(numbers)


def test_a_removed_row_keeps_its_history_when_it_comes_back(small: Small, chain: Chain) -> None:
    for act in (put("pearl", 1), drop("pearl"), put("pearl", 1), change("pearl", 2), drop("pearl")):
        small.apply(chain, small.envelope(act))
    for height, amount in enumerate((None, 1, None, 1, 2, None)):
        check_row(chain, "pearl", height, amount)


def test_versions_name_height_and_bytes_of_each_newest_first(small: Small, chain: Chain) -> None:
    small.apply(chain, small.envelope(put("pearl", 1)))
    small.apply(chain, small.envelope(put("pebble", 5)))  # pearl's next key changes, not its row
    small.apply(chain, small.envelope(change("pearl", 2)))
    small.apply(chain, small.envelope(change("pearl", 3)))
    versions = chain.prover.versions(THINGS.key("pearl"))

    assert [(height, THINGS.codec.decode(row).amount) for height, _, row in versions] == [
        (4, 3),
        (3, 2),
        (1, 1),
    ]
    assert chain.prover.versions(THINGS.key("nothing")) == []


def test_a_row_that_was_away_for_a_while_has_two_versions_though_its_bytes_are_the_same(
    small: Small, chain: Chain
) -> None:
    for act in (put("pearl", 1), drop("pearl"), put("pearl", 1), change("pearl", 1)):
        small.apply(chain, small.envelope(act))

    assert [version[0] for version in chain.prover.versions(THINGS.key("pearl"))] == [3, 1]


def test_a_proof_made_while_the_state_grows_on_stays_one_of_its_height(
    small: Small, chain: Chain
) -> None:
    history = small.grow(chain, 10, acts=10)
    height = chain.height
    for _ in range(5):
        for thing in NAMES:
            check_row(chain, thing, height, history.at[height].get(thing))
        small.grow(chain, 1, seed=chain.height, acts=120)  # fills the young twig and goes on


def test_an_array_that_is_looked_at_does_not_stop_the_state_from_growing(
    small: Small, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.grow(chain, 3)

    def fail(*arguments: Any) -> None:
        raise StoreDamaged("while a past height is rebuilt")

    monkeypatch.setattr(chain.prover, "_twig", fail)
    with pytest.raises(StoreDamaged) as kept:
        chain.prover.view(1)
    small.apply(chain, small.envelope(put("pearl", 1)))  # the traceback is still alive

    assert "rebuilt" in str(kept.value)


def test_past_views_and_twigs_are_remembered_within_bounds(
    small: Small, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tongjian.storage.prover.TWIGS_CACHED_MAX", 2)
    history = small.grow(chain, 12, acts=8)
    for height, things in [*history.at.items(), *history.at.items()]:
        check_row(chain, "thing_07", height, things.get("thing_07"))

    assert len(chain.prover._views) == 4
    assert len(chain.prover._twigs) == 2


# ----------------------------------------------------------------------- that nothing else does


@pytest.fixture
def grown(small: Small, chain: Chain) -> History:
    """Give the history of a chain whose proofs have every kind of part."""
    return small.grow(chain, 45, acts=60)


def some_proof(chain: Chain, height: int, size: int = 4) -> StateProof:
    view = chain.prover.view(height)
    standing = [number for number in range(view.count) if view.is_active(number)]
    some = random.Random(height).sample(standing[1:-1], size - 2)
    proof = prove(chain, [standing[0], *some, standing[-1]], height)
    verify_state(sha256, proof, root_of(chain, height))
    return proof


def test_a_proof_of_one_height_fails_at_any_other(chain: Chain, grown: History) -> None:
    for height in (1, 12, 30, chain.height):
        proof = some_proof(chain, height)
        for other in range(chain.height + 1):
            if root_of(chain, other) != root_of(chain, height):
                with pytest.raises(ProofInvalid):
                    verify_state(sha256, proof, root_of(chain, other))


def test_a_proof_with_any_altered_field_fails(chain: Chain, grown: History) -> None:
    height = 40
    proof = some_proof(chain, height)
    assert len(proof.twigs) > 1
    assert proof.nodes
    altered = list(alterations(proof))
    assert len(altered) > 60
    root = root_of(chain, height)
    assert [name for name, other in altered if holds(other, root)] == []


def holds(proof: StateProof, root: bytes) -> bool:
    """Say whether a proof verifies; any other failure than `ProofInvalid` is one of this test."""
    try:
        verify_state(sha256, proof, root)
    except ProofInvalid:
        return False
    return True


def bit(data: bytes, at: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def alterations(proof: StateProof) -> Iterator[tuple[str, StateProof]]:
    """Yield the proof with each of its fields altered in turn."""
    for count in (-1, 1, TWIG_ENTRIES, 40 * TWIG_ENTRIES):
        yield f"count{count:+}", replace(proof, entry_count=proof.entry_count + count)
    yield "entry_count 0", replace(proof, entry_count=0)
    for name in ("entries", "twigs", "nodes"):
        parts = getattr(proof, name)
        yield f"{name} short", replace(proof, **{name: parts[:-1]})
        yield f"{name} long", replace(proof, **{name: (*parts, parts[-1])})
        yield f"{name} none", replace(proof, **{name: ()})
        if len(parts) > 1:
            yield f"{name} turned", replace(proof, **{name: parts[::-1]})
    yield from part_alterations(proof)


def part_alterations(proof: StateProof) -> Iterator[tuple[str, StateProof]]:
    """Yield the proof with each of its parts altered in turn."""
    for index, entry in enumerate(proof.entries):
        for name, other in entry_alterations(entry):
            entries = (*proof.entries[:index], other, *proof.entries[index + 1 :])
            yield f"entry {index} {name}", replace(proof, entries=entries)
    for index, twig in enumerate(proof.twigs):
        for name, changed in twig_alterations(twig):
            twigs = (*proof.twigs[:index], changed, *proof.twigs[index + 1 :])
            yield f"twig {index} {name}", replace(proof, twigs=twigs)
    for index, node in enumerate(proof.nodes):
        nodes = (*proof.nodes[:index], bit(node, index % 32), *proof.nodes[index + 1 :])
        yield f"node {index}", replace(proof, nodes=nodes)


def twig_alterations(twig: TwigShown) -> Iterator[tuple[str, TwigShown]]:
    yield "number", replace(twig, twig=twig.twig + 1)
    yield "far", replace(twig, twig=twig.twig + 64)
    yield "bits", replace(twig, bits=bit(twig.bits, 63))
    yield "short", replace(twig, nodes=twig.nodes[:-1])
    yield "long", replace(twig, nodes=(*twig.nodes, bytes(32)))
    for index, node in enumerate(twig.nodes):
        nodes = (*twig.nodes[:index], bit(node, index % 32), *twig.nodes[index + 1 :])
        yield f"node {index}", replace(twig, nodes=nodes)


def entry_alterations(entry: EntryShown) -> Iterator[tuple[str, EntryShown]]:
    yield "number", replace(entry, number=entry.number ^ 1)
    yield "twig", replace(entry, number=entry.number + TWIG_ENTRIES)
    yield "key", replace(entry, key=entry.key + b"x")
    yield "value", replace(entry, value_digest=bit(entry.value_digest))
    yield "next", replace(entry, next_key=entry.next_key + b"x")
    # The border between key and next key is part of what is hashed.
    if entry.next_key:
        shifted = entry.key + entry.next_key[:1]
        yield "border", replace(entry, key=shifted, next_key=entry.next_key[1:])
    yield "height", replace(entry, height=entry.height + 1)


def test_an_entry_that_no_longer_stands_cannot_be_shown(chain: Chain, grown: History) -> None:
    view = chain.prover.view(chain.height)
    retired = next(number for number in range(view.count) if not view.is_active(number))
    proof = chain.prover.state_proof([retired], chain.height)

    with pytest.raises(ProofInvalid, match=f"entry {retired} is no longer active"):
        verify_state(sha256, proof, root_of(chain, chain.height))


def test_an_entry_of_a_later_height_cannot_be_shown_earlier(chain: Chain, grown: History) -> None:
    later = chain.prover.view(chain.height).count - 1
    proof = prove(chain, [later], chain.height)

    with pytest.raises(ProofInvalid):
        verify_state(sha256, proof, root_of(chain, 20))


def test_a_key_that_stands_is_not_absent(chain: Chain, grown: History) -> None:
    for thing in sorted(grown.things)[:5]:
        key = THINGS.key(thing)
        before = chain.prover.before_at(key, chain.height)
        own = chain.prover.entry_at(key, chain.height)
        assert own is not None
        for number in (before, own):
            (entry,) = chain.prover.state_proof([number], chain.height).entries
            with pytest.raises(ProofInvalid, match="does not enclose"):
                verify_absence(entry, key)


Entries = tuple[EntryShown, ...]


@pytest.mark.parametrize(
    ("leave_out", "why"),
    [
        (lambda e: e[1:], "begins with the entry before"),
        (lambda e: e[:-1], "the range goes on with"),
        (lambda e: (*e[:3], *e[4:]), "the proof shows"),
        (lambda e: (*e[:3], e[2], *e[3:]), "the proof shows"),
        (lambda e: (e[0], e[2], e[1], *e[3:]), "the proof shows"),
        (lambda e: (), "begins with the entry before"),
        (lambda e: e[:1], "the range goes on with"),
    ],
)
def test_a_range_without_one_of_its_rows_is_refused(
    chain: Chain, grown: History, leave_out: Callable[[Entries], Entries], why: str
) -> None:
    low, high = THINGS.key(NAMES[0]), THINGS.key(NAMES[-1])
    numbers = chain.prover.range_numbers(low, high, chain.height)
    entries = in_order(chain.prover.state_proof(numbers, chain.height), numbers)
    verify_range(entries, low, high)
    assert len(entries) > 6

    with pytest.raises(ProofInvalid, match=why):
        verify_range(leave_out(entries), low, high)


def test_a_range_with_a_row_outside_of_it_is_refused(chain: Chain, grown: History) -> None:
    low, high = THINGS.key(NAMES[0]), THINGS.key(NAMES[-1])
    numbers = chain.prover.range_numbers(low, high, chain.height)
    entries = in_order(chain.prover.state_proof(numbers, chain.height), numbers)

    with pytest.raises(ProofInvalid, match="the proof shows"):
        verify_range(entries, low, entries[-1].key)
    with pytest.raises(ProofInvalid, match="the proof shows"):
        verify_range(entries, entries[2].key, high)
    with pytest.raises(ProofInvalid, match="begins with the entry before"):
        verify_range(entries, high, low)


# ------------------------------------------------------------------------------------ the log


def test_every_transaction_has_a_path_in_the_log_of_every_later_height(
    small: Small, chain: Chain
) -> None:
    small.grow(chain, 40, acts=8)
    sizes = {height: chain.log_size(height) for height in range(chain.height + 1)}
    leaves = [leaf for height in range(1, chain.height + 1) for leaf in log_leaves(chain, height)]
    assert len(leaves) == sizes[chain.height] > 256
    for height in (1, 2, 31, 32, 33, chain.height):
        size, root = sizes[height], chain.header(height).log_root
        for index in range(0, size, 7):
            path = chain.prover.log_path(index, size)
            verify_inclusion(sha256, leaves[index], index, size, path, root)
            with pytest.raises(ProofInvalid):
                verify_inclusion(sha256, leaves[index - 1], index, size, path, root)


def log_leaves(chain: Chain, height: int) -> list[bytes]:
    """Return the leaves that a stored block adds to the log, from its own bytes."""
    body = chain.body(height)
    found = [chain.result(chain.opener.open(envelope).id) for envelope in body.envelopes]
    return [leaf_hash(sha256, compute_log_leaf(sha256, one[2])) for one in found if one]


def test_a_later_log_is_shown_to_continue_each_earlier_one(small: Small, chain: Chain) -> None:
    small.grow(chain, 25, acts=5)
    headers = [chain.header(height) for height in range(1, chain.height + 1)]
    for first in headers[::4]:
        for second in headers[::3]:
            if first.log_size < second.log_size:
                roots, turned = (first.log_root, second.log_root), (second.log_root, first.log_root)
                path = chain.prover.consistency(first.log_size, second.log_size)
                verify_consistency(sha256, first.log_size, second.log_size, roots, path)
                with pytest.raises(ProofInvalid):
                    verify_consistency(sha256, first.log_size, second.log_size, turned, path)


# --------------------------------------------------------------------------------- odd questions


def test_keys_that_cannot_be_are_refused_in_words(chain: Chain) -> None:
    long = b"k" * (limits.KEY_BYTES_MAX + 1)
    for ask in (chain.prover.entry_at, chain.prover.before_at):
        with pytest.raises(ValueError, match="at most 250 bytes"):
            ask(long, 0)
    with pytest.raises(ValueError, match="at most 250 bytes"):
        chain.prover.versions(long)
    with pytest.raises(ValueError, match="before the empty key"):
        chain.prover.before_at(b"", 0)


def test_a_height_that_is_not_there_is_said_to_be_so(chain: Chain) -> None:
    with pytest.raises(StoreDamaged, match="block 7 is not in the store"):
        chain.prover.view(7)


def test_the_longest_key_below_and_above_all_tables_is_provably_absent(chain: Chain) -> None:
    for key in (b"\x01", b"a" * limits.KEY_BYTES_MAX, b"z" * limits.KEY_BYTES_MAX):
        number = chain.prover.before_at(key, 0)
        proof = prove(chain, [number], 0)
        verify_state(sha256, proof, root_of(chain, 0))
        verify_absence(proof.entries[0], key)
