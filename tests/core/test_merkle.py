"""The log tree against the vectors of RFC 9162, a recursive model, and every kind of tampering."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongjian.core.hashing import Hash, HashSuite, hash_of, sha256
from tongjian.core.merkle import (
    Frontier,
    ProofInvalid,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of_range,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parents[3] / "shared/data/crypto/merkle"
FILES = {"rfc6962-sha256.json": HashSuite.SHA256, "rfc6962-sm3.json": HashSuite.SM3}
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the vectors of ../shared are not on this machine"
)

SIZE_MAX = 130
LEAVES = tuple(leaf_hash(sha256, b"leaf %d" % number) for number in range(SIZE_MAX + 2))


# The definitions of RFC 9162, 2.1.1, 2.1.3.1 and 2.1.4.1, word for word over lists of leaf hashes.


def split(size: int) -> int:
    """Give the largest power of two smaller than the size."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power


@cache
def model_root(leaves: tuple[bytes, ...]) -> bytes:
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + model_root(leaves[:k]) + model_root(leaves[k:]))


def model_path(index: int, leaves: tuple[bytes, ...]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*model_path(index, leaves[:k]), model_root(leaves[k:])]
    return [*model_path(index - k, leaves[k:]), model_root(leaves[:k])]


def model_subproof(size: int, leaves: tuple[bytes, ...], *, whole: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if whole else [model_root(leaves)]
    k = split(len(leaves))
    if size <= k:
        return [*model_subproof(size, leaves[:k], whole=whole), model_root(leaves[k:])]
    return [*model_subproof(size - k, leaves[k:], whole=False), model_root(leaves[:k])]


def nodes_of(digest: Hash, leaves: tuple[bytes, ...]) -> Callable[[int, int], bytes]:
    """Give the look-up of complete nodes; asking for one that is not complete is an IndexError."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = range(0, len(below) - 1, 2)
        levels.append([node_hash(digest, below[i], below[i + 1]) for i in pairs])
    return lambda level, index: levels[level][index]


NODE_AT = nodes_of(sha256, LEAVES)
ROOTS = [model_root(LEAVES[:size]) for size in range(SIZE_MAX + 1)]


def tampered(path: list[bytes]) -> list[list[bytes]]:
    """Give every neighbour of a path: each node changed, cut or moved, one less, one more."""
    wrong = [[*path, bytes(32)], [bytes(32), *path]]
    for place, node in enumerate(path):
        before, behind = path[:place], path[place + 1 :]
        flipped = bytes([node[0] ^ 1]) + node[1:]
        wrong += [
            [*before, flipped, *behind],
            [*before, *behind],
            [*before, node, node, *behind],
            [*before, node[:-1], *behind],
            [*before, node + b"\x00", *behind],
        ]
        if behind:
            # The same bytes in a row, with the border between two nodes moved by one.
            other, rest = behind[0], behind[1:]
            wrong.append([*before, node[:-1], node[-1:] + other, *rest])
            wrong.append([*before, node + other[:1], other[1:], *rest])
            wrong.append([*before, other[-1:] + node, other[:-1], *rest])
            wrong.append([*before, node[1:], other + node[:1], *rest])
            if other != node:
                wrong.append([*before, other, node, *rest])
    return wrong


# ---------------------------------------------------------------------------------- given vectors


@pytest.fixture(params=FILES)
def vectors(request: pytest.FixtureRequest) -> tuple[Hash, dict[str, Any]]:
    return hash_of(FILES[request.param]), json.loads((VECTORS / request.param).read_text("utf-8"))


@needs_vectors
def test_leaves_and_roots_are_those_of_the_vectors(vectors: tuple[Hash, dict[str, Any]]) -> None:
    digest, data = vectors
    leaves = [leaf_hash(digest, bytes.fromhex(text)) for text in data["leaf_inputs_hex"]]
    assert [leaf.hex() for leaf in leaves] == data["leaf_hashes"]
    frontier = Frontier(digest)
    roots = [frontier.root().hex()]
    for leaf in leaves:
        frontier.append(leaf)
        roots.append(frontier.root().hex())
    assert roots == data["roots_by_size"]
    assert len(roots) == 9


@needs_vectors
def test_the_inclusion_proofs_of_the_vectors_are_made_and_verified(
    vectors: tuple[Hash, dict[str, Any]],
) -> None:
    digest, data = vectors
    leaves = tuple(bytes.fromhex(text) for text in data["leaf_hashes"])
    node_at = nodes_of(digest, leaves)
    assert len(data["inclusion"]) == 36
    for case in data["inclusion"]:
        index, size = case["index"], case["size"]
        path = [bytes.fromhex(text) for text in case["proof"]]
        assert inclusion_proof(digest, index, size, node_at) == path
        root = bytes.fromhex(data["roots_by_size"][size])
        verify_inclusion(digest, leaves[index], index, size, path, root)


@needs_vectors
def test_the_consistency_proofs_of_the_vectors_are_made_and_verified(
    vectors: tuple[Hash, dict[str, Any]],
) -> None:
    digest, data = vectors
    node_at = nodes_of(digest, tuple(bytes.fromhex(text) for text in data["leaf_hashes"]))
    assert len(data["consistency"]) == 36
    for case in data["consistency"]:
        first, second = case["size1"], case["size2"]
        path = [bytes.fromhex(text) for text in case["proof"]]
        assert consistency_proof(digest, first, second, node_at) == path
        roots = data["roots_by_size"]
        both = (bytes.fromhex(roots[first]), bytes.fromhex(roots[second]))
        verify_consistency(digest, first, second, both, path)


# ------------------------------------------------------------------------------------- all sizes


def test_the_frontier_has_the_root_of_the_definition_at_every_size() -> None:
    frontier = Frontier(sha256)
    for size in range(SIZE_MAX + 1):
        assert frontier.size == size
        assert frontier.root() == ROOTS[size]
        assert len(frontier.peaks()) == size.bit_count()
        if size:
            assert root_of_range(sha256, 0, size, NODE_AT) == ROOTS[size]
        frontier.append(LEAVES[size])


def test_a_frontier_resumed_from_its_peaks_grows_as_the_first() -> None:
    frontier = Frontier(sha256)
    for size in range(SIZE_MAX):
        resumed = Frontier(sha256, frontier.size, frontier.peaks())
        copied = frontier.copy()
        frontier.append(LEAVES[size])
        resumed.append(LEAVES[size])
        assert resumed.root() == frontier.root()
        assert resumed.peaks() == frontier.peaks()
        assert (copied.size, copied.root()) == (size, ROOTS[size])


def test_every_inclusion_proof_is_the_definition_and_verifies() -> None:
    for size in range(1, SIZE_MAX + 1):
        for index in range(size):
            path = inclusion_proof(sha256, index, size, NODE_AT)
            assert path == model_path(index, LEAVES[:size])
            verify_inclusion(sha256, LEAVES[index], index, size, path, ROOTS[size])


def test_every_consistency_proof_is_the_definition_and_verifies() -> None:
    for second in range(1, SIZE_MAX + 1):
        for first in range(1, second + 1):
            path = consistency_proof(sha256, first, second, NODE_AT)
            assert path == model_subproof(first, LEAVES[:second], whole=True)
            verify_consistency(sha256, first, second, (ROOTS[first], ROOTS[second]), path)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (5, 4), (-1, 4)])
def test_no_inclusion_proof_is_made_for_a_leaf_outside(index: int, size: int) -> None:
    with pytest.raises(IndexError):
        inclusion_proof(sha256, index, size, NODE_AT)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 4), (5, 4), (-1, 4)])
def test_no_consistency_proof_is_made_from_nothing_or_backwards(first: int, second: int) -> None:
    with pytest.raises(IndexError):
        consistency_proof(sha256, first, second, NODE_AT)


# ------------------------------------------------------------------------------------- tampering

sizes = st.integers(1, SIZE_MAX)


@given(st.data(), sizes)
def test_a_tampered_inclusion_proof_is_refused(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaf, root = LEAVES[index], ROOTS[size]
    path = inclusion_proof(sha256, index, size, NODE_AT)
    verify_inclusion(sha256, leaf, index, size, path, root)

    for wrong in tampered(path):
        with pytest.raises(ProofInvalid):
            verify_inclusion(sha256, leaf, index, size, wrong, root)
    for other in (*range(size), size, size + 1, -1, index - 2**64):
        if other != index:
            with pytest.raises(ProofInvalid):
                verify_inclusion(sha256, leaf, other, size, path, root)
    for another in (LEAVES[index + 1], root, bytes(32), b"", leaf + b"\x00"):
        if another != leaf:
            with pytest.raises(ProofInvalid):
                verify_inclusion(sha256, another, index, size, path, root)
    with pytest.raises(ProofInvalid):
        verify_inclusion(sha256, leaf, index, size, path, ROOTS[size - 1])


@given(st.data(), sizes, sizes)
def test_an_inclusion_proof_does_not_hold_in_a_log_of_another_shape(
    data: st.DataObject, size: int, other: int
) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(sha256, index, size, NODE_AT)
    # A path fixes the turns it takes, not the size: it may lead to the same root in a log of
    # another size whose turns are the same. The size is bound by the header that holds the root.
    same_turns = index < other and turns(index, other) == turns(index, size)
    try:
        verify_inclusion(sha256, LEAVES[index], index, other, path, ROOTS[size])
    except ProofInvalid:
        assert not same_turns
    else:
        assert same_turns


def turns(index: int, size: int) -> str:
    """Give the way from a leaf up: on which side each node of its path stands."""
    if size == 1:
        return ""
    k = split(size)
    return turns(index, k) + "r" if index < k else turns(index - k, size - k) + "l"


@given(sizes, sizes)
def test_a_tampered_consistency_proof_is_refused(first: int, second: int) -> None:
    first, second = min(first, second), max(first, second)
    roots = (ROOTS[first], ROOTS[second])
    path = consistency_proof(sha256, first, second, NODE_AT)
    verify_consistency(sha256, first, second, roots, path)

    for wrong in tampered(path):
        with pytest.raises(ProofInvalid):
            verify_consistency(sha256, first, second, roots, wrong)
    for both in ((bytes(32), roots[1]), (roots[0], bytes(32)), (ROOTS[first - 1], roots[1])):
        with pytest.raises(ProofInvalid):
            verify_consistency(sha256, first, second, both, path)
    for sizes_wrong in ((0, second), (-first, second), (second + 1, second), (first, first - 1)):
        with pytest.raises(ProofInvalid):
            verify_consistency(sha256, *sizes_wrong, roots, path)
    if first != second:
        with pytest.raises(ProofInvalid):
            verify_consistency(sha256, second, first, (roots[1], roots[0]), path)
        with pytest.raises(ProofInvalid):
            verify_consistency(sha256, first, second, roots, [])


def test_a_consistency_proof_does_not_hold_for_a_higher_log() -> None:
    for second in range(2, 40):
        for first in range(1, second):
            roots = (ROOTS[first], ROOTS[second])
            path = consistency_proof(sha256, first, second, NODE_AT)
            for higher in (2 * second, 64 + second, 2**40):
                with pytest.raises(ProofInvalid):
                    verify_consistency(sha256, first, higher, roots, path)


def test_a_log_that_was_rewritten_is_not_consistent_with_what_it_was() -> None:
    rewritten = (*LEAVES[:40], leaf_hash(sha256, b"another outcome"), *LEAVES[41:])
    node_at = nodes_of(sha256, rewritten)
    new = model_root(rewritten[:100])
    path = consistency_proof(sha256, 64, 100, node_at)
    with pytest.raises(ProofInvalid):
        verify_consistency(sha256, 64, 100, (ROOTS[64], new), path)


def test_an_empty_log_proves_nothing() -> None:
    with pytest.raises(ProofInvalid):
        verify_inclusion(sha256, LEAVES[0], 0, 0, [], sha256(b""))
    with pytest.raises(ProofInvalid):
        verify_consistency(sha256, 0, 5, (sha256(b""), ROOTS[5]), [])


def test_an_inner_node_is_not_taken_for_a_leaf() -> None:
    inner = node_hash(sha256, LEAVES[0], LEAVES[1])
    as_leaf = leaf_hash(sha256, LEAVES[0] + LEAVES[1])
    assert inner != as_leaf
    path = inclusion_proof(sha256, 0, 4, NODE_AT)[1:]
    with pytest.raises(ProofInvalid):
        verify_inclusion(sha256, as_leaf, 0, 2, path, ROOTS[4])
