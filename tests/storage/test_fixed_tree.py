"""A tree over a fixed list of hashes has the shape of the one that grows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.padded import PaddedTree, compute_top_height
from tongjian.storage.fixed_tree import FixedTree


@pytest.mark.parametrize("suite", list(HashSuite))
@given(size=st.integers(0, 70), higher=st.integers(0, 3))
def test_every_node_is_that_of_the_growing_tree(suite: HashSuite, size: int, higher: int) -> None:
    digest = hash_of(suite)
    leaves = [digest(bytes([number])) for number in range(size)]
    height = compute_top_height(size) + higher
    grown, fixed = PaddedTree(digest, leaves), FixedTree(digest, b"".join(leaves), height)
    assert fixed.top(height) == grown.top(height)
    assert (len(fixed), fixed.top()) == (size, grown.top())
    for level in range(height + 1):
        for index in range(1 << (height - level)):
            assert fixed.node(level, index) == grown.node(level, index)
