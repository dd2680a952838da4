"""Receipts about heads: the log continues an earlier one; a head is not older than demanded."""

from itertools import pairwise

import cbor2
import pytest
from receipt_forger import CHECK, COSIGNED, LABEL, checked, edited, outer
from receipt_kinds import Kinds, refused
from small import Small, found_small, put, receipts

from tongjian.engines.chain import Chain
from tongjian.engines.receipts import NoKey, NotRecorded
from tongjian.verifier.receipt import ConsistencyStatement, VerificationFailed, verify_receipt

SIZE, ROOT, PATH = 1, 2, 3
"""Places in the statement."""
STATEMENT = (1, 0)


@pytest.fixture(params=["sha256", "sm3"])
def grown(
    request: pytest.FixtureRequest, small: Small, tmp_path_factory: pytest.TempPathFactory
) -> Small:
    """Give a ledger of seven blocks of one to seven transactions, of either hash."""
    if request.param == "sm3":
        folder = tmp_path_factory.mktemp("sm3") / "ledger"
        found_small(folder, hash_name="sm3")
        small = Small(folder)
    with small.opened() as chain:
        for block in range(1, 8):
            things = [f"thing_{block}_{number}" for number in range(block)]
            small.apply(chain, *(small.envelope(put(thing, 1)) for thing in things))
    return small


def between(chain: Chain, first: int, second: int) -> bytes:
    draft = receipts(chain).draft(second)
    draft.consistency(first)
    return draft.finish()


def test_each_head_is_proven_to_begin_with_each_earlier_one(grown: Small) -> None:
    with grown.opened() as chain:
        for second in range(1, 8):
            for first in range(1, second + 1):
                verified = verify_receipt(between(chain, first, second), grown.anchors)
                (stated,) = verified.statements
                assert isinstance(stated, ConsistencyStatement)
                assert (stated.size, stated.root) == (
                    chain.log_size(first),
                    chain.header(first).log_root,
                )
                assert verified.header.height == second
                titles = [step.title for step in verified.steps]
                assert titles == ["form", "chain", "seal", "consistency", "check"]
        for first, second in ((0, 3), (4, 3)):
            with pytest.raises(NotRecorded, match="no proof leads"):
                between(chain, first, second)


def test_no_other_earlier_head_is_proven(grown: Small) -> None:
    with grown.opened() as chain:
        data = between(chain, 3, 6)
        sizes = [chain.log_size(height) for height in range(8)]
    for size in (0, 1, 2, *sizes, 22, 2**40):
        if size != sizes[3]:
            changed = edited(data, (*STATEMENT, SIZE), lambda _, size=size: size)
            assert refused(changed, grown.anchors).title == "consistency"
    for place, value in (
        ((*STATEMENT, ROOT), bytes(32)),
        ((*STATEMENT, PATH), []),
        ((*STATEMENT, PATH, 0), bytes(32)),
    ):
        changed = edited(data, place, lambda _, value=value: value)
        assert refused(changed, grown.anchors).title == "consistency"
    longer = edited(data, (*STATEMENT, PATH), lambda path: [*path, path[-1]])
    assert refused(longer, grown.anchors).title == "consistency"
    beyond = edited(data, (*STATEMENT, SIZE), lambda _: 2**40 + 1)
    assert refused(beyond, grown.anchors).title == "statements"


def test_the_same_head_twice_needs_no_path(grown: Small) -> None:
    with grown.opened() as chain:
        data = between(chain, 5, 5)
    assert (
        refused(edited(data, (*STATEMENT, PATH), lambda _: [bytes(32)]), grown.anchors).title
        == "consistency"
    )
    assert (
        refused(edited(data, (*STATEMENT, ROOT), lambda _: bytes(32)), grown.anchors).title
        == "consistency"
    )


def test_a_stale_head_does_not_hold_where_a_moment_is_demanded(grown: Small) -> None:
    with grown.opened() as chain:
        newest, stale = (receipts(chain).of_row(b"x", height) for height in (7, 4))
        times = [int(chain.header(height).time_ms) for height in range(8)]
    assert all(one < other for one, other in pairwise(times))
    held = verify_receipt(newest, grown.anchors, times[7])
    assert [step.title for step in held.steps][-2:] == ["fresh", "check"]
    verify_receipt(stale, grown.anchors, times[4])
    failed = refused_at(stale, grown, times[4] + 1)
    assert (failed.title, "old head presented as the newest" in failed.why) == ("fresh", True)
    assert "3 s before" in refused_at(stale, grown, times[7]).why
    assert "fresh" not in [step.title for step in verify_receipt(stale, grown.anchors).steps]


def refused_at(data: bytes, small: Small, not_before_ms: int) -> VerificationFailed:
    with pytest.raises(VerificationFailed) as caught:
        verify_receipt(data, small.anchors, not_before_ms)
    return caught.value


def test_an_empty_entry_of_witnesses_is_no_checkpoint(kinds: Kinds) -> None:
    # Also where no witness is demanded: what is there is looked at.
    protected, unprotected, header, seal = cbor2.loads(kinds.receipts["row"]).value
    for cosigned in (b"", b"\n"):
        entries = {LABEL: unprotected[LABEL], CHECK: bytes(8), COSIGNED: cosigned}
        data = checked(outer(protected, entries, header, seal), bytes(8), "sha256")
        failed = refused(data, kinds.anchors)
        assert (failed.title, "checkpoint" in failed.why) == ("witnesses", True)


@pytest.mark.parametrize("key", [b"", b"\x00", b"\xff" * 251])
def test_bytes_that_can_be_no_key_are_refused_by_name(small: Small, key: bytes) -> None:
    with small.opened() as chain:
        make = receipts(chain)
        with pytest.raises(NoKey, match="no row can have the key"):
            make.of_row(key)
        for bounds in ((key, b"b"), (b"a", key)):
            with pytest.raises(NoKey, match="no row can have the key"):
                make.of_range(*bounds)
        with pytest.raises(NoKey, match="before it begins"):
            make.of_range(b"b", b"a")
        for key_that_might_be in (b"\x00\x00", b"\x01", b"\xff" * 250):
            verify_receipt(make.of_row(key_that_might_be), small.anchors)
        verify_receipt(make.of_range(b"a", b"a"), small.anchors)
