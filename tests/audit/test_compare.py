"""Two ledgers that part, or a store that is not what its blocks give: height and rows are named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shelf
from forger import flip, flip_in_frame, flip_in_log, harm_store
from shelf import THINGS, Thing
from small import Small, change, copy_of, frames_of, log_of, put

from tongjian.core import values
from tongjian.core.encoding import encode, replace
from tongjian.core.hashing import HashSuite
from tongjian.engines.audit import peek
from tongjian.engines.audit.compare import (
    Compared,
    Ledger,
    compare_ledgers,
    compare_store,
    explained,
)
from tongjian.engines.audit.difference import Difference, Differs
from tongjian.engines.audit.replay import Counts, Replay
from tongjian.engines.audit.states import changes_differing
from tongjian.engines.chain import STORE_NAME
from tongjian.storage.errors import StoreDamaged
from tongjian.storage.packing import unpack_entry


def ignore(counts: Counts) -> None:
    del counts


def ledger(small: Small, *, store: bool = True) -> Ledger:
    path = small.folder / STORE_NAME
    return Ledger(small.genesis, log_of(small), path if store else None)


def twin_of(small: Small) -> Small:
    twin = Small(copy_of(small.folder, small.folder.with_name("twin")))
    twin.now_ms, twin._nonce = small.now_ms, small._nonce
    return twin


def parted(one: Ledger, other: Ledger) -> Difference:
    with pytest.raises(Differs) as caught:
        compare_ledgers(one, other)
    return caught.value.difference


def against_log(small: Small) -> Difference:
    folder = small.folder.with_name("derived")
    folder.mkdir()
    with pytest.raises(Differs) as caught:
        compare_store(ledger(small), folder, shelf.REGISTRY, 0, ignore)
    return caught.value.difference


# ---------------------------------------------------------------------------------- two ledgers


def test_a_copy_does_not_part(three: Small) -> None:
    done = compare_ledgers(ledger(three), ledger(twin_of(three)))
    assert done.heights == (3, 3)
    assert done.stores is not None
    assert (done.stores.height, done.stores.total) == (3, 0)


def test_a_ledger_that_is_behind_does_not_part(three: Small) -> None:
    twin = twin_of(three)
    with three.opened() as chain:
        three.grow(chain, 4, acts=30)
    for one, other in ((three, twin), (twin, three)):
        done = compare_ledgers(ledger(one), ledger(other))
        assert sorted(done.heights) == [3, 7]
        assert done.stores is not None
        assert done.stores.height == 3


def test_ledgers_without_stores_are_compared_by_their_blocks(three: Small) -> None:
    done = compare_ledgers(ledger(three, store=False), ledger(twin_of(three)))
    assert done == Compared((3, 3), None)


def test_two_ledgers_that_part_are_named_with_height_field_and_rows(three: Small) -> None:
    twin = twin_of(three)
    for small, amount in ((three, 5), (twin, 7)):
        with small.opened() as chain:
            small.apply(chain, small.envelope(put("gamma", 1)))
            small.apply(chain, small.envelope(change("gamma", amount)))
            small.apply(chain, small.envelope(put("delta", 1)))

    found = parted(ledger(three), ledger(twin))

    assert (found.height, found.field, found.place) == (5, "envelope", "envelope 0")
    (row,) = found.parts
    assert (row.part, row.key, row.height) == ("row", THINGS.key("gamma"), 5)
    assert [THINGS.codec.decode(side) for side in (row.recorded or b"", row.replayed or b"")] == [
        Thing(amount=values.fen(5)),
        Thing(amount=values.fen(7)),
    ]


def test_another_order_of_the_same_transactions_is_named(three: Small) -> None:
    twin = twin_of(three)
    both = [three.envelope(put(name, 1)) for name in ("gamma", "delta")]
    for small, envelopes in ((three, both), (twin, both[::-1])):
        with small.opened() as chain:
            small.apply(chain, *envelopes)
    found = parted(ledger(three), ledger(twin))
    assert (found.height, found.field, found.parts) == (4, "envelope", ())


def test_a_row_that_only_one_has_is_named(three: Small) -> None:
    twin = twin_of(three)
    with three.opened() as chain:
        three.apply(chain, three.envelope(put("gamma", 1)))
    with twin.opened() as chain:
        twin.now_ms += 0
        twin.apply(chain, twin.envelope(change("beta", 9)))
    found = parted(ledger(three), ledger(twin))
    names = {part.key: (part.recorded, part.replayed) for part in found.parts if part.part == "row"}
    assert names[THINGS.key("gamma")] == (encode(Thing(amount=values.fen(1))), None)
    assert found.height == 4


def test_a_seal_alone_that_differs_is_named(three: Small) -> None:
    twin = twin_of(three)
    frame = frames_of(twin)[2]
    flip_in_frame(log_of(twin), frame, "head", len(frame.head) - 5)
    found = parted(ledger(three), ledger(twin))
    assert (found.height, found.field) == (2, "seal")


@pytest.mark.parametrize("side", [0, 1])
def test_a_damaged_block_of_either_is_named(three: Small, side: int) -> None:
    twin = twin_of(three)
    harmed = (three, twin)[side]
    flip_in_log(log_of(harmed), frames_of(harmed)[1].end - 1)
    found = parted(ledger(three), ledger(twin))
    assert (found.height, found.field) == (1, "frame")
    assert ("in the first", "in the second")[side] in found.why


def test_every_changed_byte_of_a_block_is_found_and_its_field_named(three: Small) -> None:
    twin = twin_of(three)
    whole = log_of(twin).read_bytes()
    frame = frames_of(twin)[3]
    fields = dict.fromkeys(
        _flipped_field(three, twin, whole, (part, at))
        for part, size in (("head", len(frame.head)), ("body", len(frame.body)))
        for at in range(0, size, 5)
    )
    assert {"seal", "envelope", "event", "header.previous", "header.state_root"} <= set(fields)


def _flipped_field(three: Small, twin: Small, whole: bytes, where: tuple[str, int]) -> str:
    log_of(twin).write_bytes(whole)
    flip_in_frame(log_of(twin), frames_of(twin)[3], *where)
    found = parted(ledger(three, store=False), ledger(twin, store=False))
    assert found.height == 3
    return found.field


def test_ledgers_of_two_foundings_are_two_ledgers(three: Small) -> None:
    other = Ledger(replace(three.genesis, time_ms=three.genesis.time_ms + 1), log_of(three), None)
    found = parted(ledger(three), other)
    assert (found.height, found.field) == (0, "genesis")
    assert "time_ms" in found.why


# ------------------------------------------------------------------- a store against its own log


def test_a_store_that_its_blocks_give_again_is_the_same_in_every_byte(
    small: Small, tmp_path: Path
) -> None:
    with small.opened() as chain:
        small.grow(chain, 20, acts=60)
    folder = tmp_path / "derived"
    folder.mkdir()
    replayed, stores = compare_store(ledger(small), folder, shelf.REGISTRY, 1, ignore)
    assert (replayed.header.height, stores.height, stores.total) == (20, 20, 0)


def test_a_store_that_is_behind_its_blocks_is_compared_where_it_stands(
    three: Small, tmp_path: Path
) -> None:
    behind = (three.folder / STORE_NAME).read_bytes()
    with three.opened() as chain:
        three.grow(chain, 2)
    (three.folder / STORE_NAME).write_bytes(behind)
    folder = tmp_path / "derived"
    folder.mkdir()
    _, stores = compare_store(ledger(three), folder, shelf.REGISTRY, 0, ignore)
    assert (stores.height, stores.total) == (3, 0)


def amount_of(name: str, amount: int) -> Callable[[bytes, bytes], bytes | None]:
    """Give a thing another amount in every entry that holds it."""

    def change(key: bytes, packed: bytes) -> bytes | None:
        number = int.from_bytes(key, "big")
        entry = unpack_entry(packed, number)
        if entry.key != THINGS.key(name):
            return None
        return packed[: -len(entry.value)] + encode(Thing(amount=values.fen(amount)))

    return change


@pytest.mark.parametrize("mended", [False, True])
def test_a_changed_row_is_named_with_both_values(three: Small, *, mended: bool) -> None:
    harm_store(three.folder, "entries", amount_of("beta", 99), numbered=mended)

    found = against_log(three)

    assert (found.height, found.field) == (3, "store")
    (row,) = found.parts
    assert (row.part, row.key, row.height) == ("row", THINGS.key("beta"), 3)
    assert THINGS.codec.decode(row.recorded or b"").amount == 99
    assert THINGS.codec.decode(row.replayed or b"").amount == 2


def test_a_row_changed_in_the_past_is_named_with_its_height(three: Small) -> None:
    harm_store(three.folder, "entries", amount_of("alpha", 99), numbered=True)
    found = against_log(three)
    assert found.height == 1
    assert [part.key for part in found.parts] == [THINGS.key("alpha")] * len(found.parts)


TABLES = {
    "index": "index",
    "retired": "retired",
    "blocks": "place of block",
    "transactions": "place of transaction",
    "tiles": "log",
    "tombs": "grave",
}


@pytest.mark.parametrize("table", TABLES)
def test_a_changed_byte_of_any_table_is_found_and_named(three: Small, table: str) -> None:
    harm_store(three.folder, table, lambda _, value: flip(value, len(value) - 1), numbered=False)
    found = against_log(three)
    assert found.field == "store"
    assert {part.part for part in found.parts} == {TABLES[table]}


def test_a_changed_twig_is_found(small: Small) -> None:
    with small.opened() as chain:
        small.grow(chain, 25, acts=60)
    harm_store(small.folder, "twigs", lambda _, value: flip(value, 700), numbered=False)
    found = against_log(small)
    assert {part.part for part in found.parts} == {"twig"}


def test_a_changed_tip_is_found(three: Small, tmp_path: Path) -> None:
    harm_store(
        three.folder,
        "meta",
        lambda key, value: flip(value, 30) if key == b"tip" else None,
        numbered=False,
    )
    with pytest.raises(StoreDamaged, match="tip"):
        compare_store(ledger(three), tmp_path, shelf.REGISTRY, 0, ignore)


def test_a_store_whose_reader_the_system_ends_is_told(three: Small, tmp_path: Path) -> None:
    path = three.folder / STORE_NAME
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(StoreDamaged):
        compare_store(ledger(three), tmp_path, shelf.REGISTRY, 0, ignore)


def test_a_log_cut_below_its_store_is_named(three: Small, tmp_path: Path) -> None:
    log = log_of(three)
    log.write_bytes(log.read_bytes()[: frames_of(three)[3].offset])
    with pytest.raises(Differs) as caught:
        compare_store(ledger(three), tmp_path, shelf.REGISTRY, 0, ignore)
    assert caught.value.difference.height == 3


# --------------------------------------------------------- a state that does not follow, explained


def test_a_handler_that_the_operator_changed_is_found_by_its_rows(
    three: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator's own program doubles what is put on the shelf; events and outcome are alike."""
    operation = next(o for o in shelf.REGISTRY.operations() if o.name == "change")

    def doubled(act: shelf.Change, held: Any) -> Any:
        return operation_handler(replace(act, amount=values.fen(2 * act.amount)), held)

    operation_handler = operation.handler
    object.__setattr__(operation, "handler", doubled)
    try:
        with three.opened() as chain:
            three.apply(chain, three.envelope(change("beta", 50)))
    finally:
        object.__setattr__(operation, "handler", operation_handler)

    with (
        Replay(log_of(three), three.genesis, tmp_path, shelf.REGISTRY, workers=1) as replay,
        pytest.raises(Differs) as caught,
    ):
        replay.run(ignore)
    bare = caught.value.difference
    assert (bare.height, bare.field, bare.parts) == (4, "header.state_root", ())

    found = explained(bare, three.folder / STORE_NAME, HashSuite.SHA256)
    (row,) = found.parts
    assert row.key == THINGS.key("beta")
    assert THINGS.codec.decode(row.recorded or b"").amount == 100
    assert THINGS.codec.decode(row.replayed or b"").amount == 50


def test_where_the_store_holds_what_follows_that_is_said(three: Small, tmp_path: Path) -> None:
    changes = peek.block_changes(three.folder / STORE_NAME, HashSuite.SHA256, 3)
    assert changes_differing(changes, changes, 3) == ()
    bare = Difference(3, "header.state_root", "why", changes=changes)
    assert (
        "what the header was made from"
        in explained(bare, three.folder / STORE_NAME, HashSuite.SHA256).why
    )


def test_where_the_store_is_too_short_that_is_said(three: Small) -> None:
    bare = Difference(9, "header.state_root", "why", changes=(), parts=())
    assert explained(bare, three.folder / STORE_NAME, HashSuite.SHA256) == bare
    changes = peek.block_changes(three.folder / STORE_NAME, HashSuite.SHA256, 3)
    beyond = Difference(9, "header.state_root", "why", changes=changes)
    said = explained(beyond, three.folder / STORE_NAME, HashSuite.SHA256).why
    assert "block 9 is not in the store" in said
