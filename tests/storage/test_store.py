"""The store: what a history of blocks left is read back, in order, and opens again as it was."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shelf import REGISTRY, THINGS, Thing
from small import START_MS, Small, change, drop, put, scan, things_of

from tongjian.core import values
from tongjian.core.block import Result
from tongjian.core.encoding import encode
from tongjian.core.hashing import sha256
from tongjian.core.operation import AnyTable
from tongjian.core.state import Commitment
from tongjian.core.twigs import TWIG_ENTRIES
from tongjian.engines.chain import STORE_NAME, Chain
from tongjian.storage.errors import InUse, StorageError, StoreDamaged
from tongjian.storage.packing import Tip
from tongjian.storage.store import Store

Rows = dict[bytes, bytes]


class Grown:
    """A store that takes in blocks without an engine, beside a model of what it must hold."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: Rows = {}
        self.store = Store(path, sha256, writable=True)
        self.commitment = self.store.restore()
        self.height = -1
        self.results: list[Result] = []

    def block(self, writes: dict[bytes, bytes | None], transactions: int = 0) -> None:
        self.height += 1
        results = [
            Result(transaction=values.digest(sha256(b"%d" % n)), outcome="", events=())
            for n in range(len(self.results), len(self.results) + transactions)
        ]
        self.results.extend(results)
        advance = self.commitment.advance(self.height, writes, results, self.store)
        tip = Tip(
            height=self.height,
            log_end=100 * (self.height + 1),
            entry_count=self.commitment.tree.count,
            log_size=advance.log_size,
            peaks=self.commitment.log.peaks(),
            header_hash=bytes(32),
            time_ms=START_MS,
        )
        names = [result.transaction for result in results]
        self.store.commit(tip, 100 * self.height, advance, writes, names)
        for key, value in writes.items():
            if value is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = value

    def reopen(self) -> Commitment:
        """Open the store again; return what was in memory before."""
        self.store.close()
        self.store = Store(self.path, sha256, writable=True)
        grown, self.commitment = self.commitment, self.store.restore()
        return grown


def key(number: int) -> bytes:
    return b"shelf.things\x00%04d" % number


def random_block(chance: random.Random, rows: Rows, changes: int, keys: int) -> dict[bytes, Any]:
    writes: dict[bytes, bytes | None] = {}
    for _ in range(changes):
        name = key(chance.randrange(keys))
        gone = name in rows and chance.random() < 0.3
        writes[name] = None if gone else chance.randbytes(chance.randrange(60))
    return writes


def grow(path: Path, blocks: int, *, seed: int = 0, changes: int = 20, keys: int = 80) -> Grown:
    chance = random.Random(seed)
    grown = Grown(path)
    grown.block({b"a.first\x00": b"genesis"})
    for _ in range(blocks):
        writes = random_block(chance, grown.rows, changes, keys)
        grown.block(writes, transactions=chance.randrange(4))
    return grown


# ---------------------------------------------------------------------------------- reading


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32))
def test_rows_order_and_neighbours_are_those_of_the_model(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    grown = grow(tmp_path_factory.mktemp("store") / "s", 12, seed=seed)
    store, rows = grown.store, grown.rows
    ordered = sorted(rows)
    chance = random.Random(seed)
    for number in range(-1, 82):
        name = key(number)
        assert store.value(name) == rows.get(name)
        assert (store.locate(name) is None) == (name not in rows)
        assert store.before(name) == max((k for k in ordered if k < name), default=b"")
    for _ in range(60):
        low, high = key(chance.randrange(90)), key(chance.randrange(90))
        limit = chance.randrange(1, 30)
        within = [(k, rows[k]) for k in ordered if low <= k < high]
        assert store.scan(low, high, limit) == within[:limit]
    assert store.scan(b"", b"\xff", 10**9) == [(k, rows[k]) for k in ordered]
    store.close()


def test_a_scan_of_no_rows_or_of_none_asked_for_is_empty(tmp_path: Path) -> None:
    store = grow(tmp_path / "s", 5).store

    assert store.scan(key(0), key(10**3), 0) == []
    assert store.scan(key(9), key(2), 10) == []
    assert store.scan(b"zoo", b"zoo\xff", 10) == []
    store.close()


def test_each_version_of_a_row_leads_to_the_one_before_across_its_removal(tmp_path: Path) -> None:
    grown = Grown(tmp_path / "s")
    values_of: list[bytes | None] = [b"one", b"two", None, b"three", None, None, b"four"]
    for value in values_of:
        grown.block({key(1): value})
    number = grown.store.newest(key(1))
    found: list[tuple[int, bytes]] = []
    while number is not None:
        entry = grown.store.entry(number)
        assert entry.key == key(1)
        found.append((entry.height, entry.value))
        number = entry.previous - 1 if entry.previous else None

    assert found == [(6, b"four"), (3, b"three"), (1, b"two"), (0, b"one")]
    grown.store.close()


def test_the_newest_entry_of_a_removed_row_is_known(tmp_path: Path) -> None:
    grown = Grown(tmp_path / "s")
    grown.block({key(1): b"one"})
    grown.block({key(1): None})
    newest = grown.store.newest(key(1))

    assert newest is not None
    assert grown.store.entry(newest).value == b"one"
    assert grown.store.locate(key(1)) is None
    assert grown.store.newest(key(2)) is None
    grown.store.close()


def test_removing_what_is_not_there_changes_nothing(tmp_path: Path) -> None:
    grown = grow(tmp_path / "s", 3)
    root = grown.commitment.tree.root()
    grown.block({key(500): None})

    assert grown.commitment.tree.root() == root
    assert grown.store.newest(key(500)) is None
    grown.store.close()


def test_places_of_blocks_and_transactions_are_found(tmp_path: Path) -> None:
    grown = grow(tmp_path / "s", 10)
    seen = 0
    for height in range(grown.height + 1):
        meta = grown.store.block(height)
        assert meta is not None
        assert meta.offset == 100 * height
        for position in range(meta.log_size - seen):
            place = grown.store.transaction(grown.results[seen + position].transaction)
            assert place == (height, position, "")
        seen = meta.log_size
    assert seen == len(grown.results) > 0
    assert grown.store.block(grown.height + 1) is None
    assert grown.store.transaction(sha256(b"never")) is None
    grown.store.close()


def test_decoded_rows_are_remembered_until_a_block_changes_them(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tongjian.storage.store.ROWS_CACHED_MAX", 4)
    with small.opened() as chain:
        history = small.grow(chain, 25)
        for _ in range(3):
            for thing in [f"thing_{number:02d}" for number in range(40)]:
                row = chain.store.row(THINGS, THINGS.key(thing))
                assert (row.amount if row else None) == history.things.get(thing)
        assert len(chain.store._rows) <= 4


# ---------------------------------------------------------------------------------- reopening


def same_state(one: Commitment, other: Commitment) -> None:
    """Compare all that a commitment remembers."""
    assert one.tree.count == other.tree.count
    assert one.tree.root() == other.tree.root()
    assert one.tree.retired_at == other.tree.retired_at
    assert one.tree.leaf_roots == other.tree.leaf_roots
    assert one.tree.young_leaves() == other.tree.young_leaves()
    for twig in range(-(-one.tree.count // TWIG_ENTRIES)):
        assert one.tree.bits(twig) == other.tree.bits(twig)
    assert one.log.peaks() == other.log.peaks()
    assert one.log.root() == other.log.root()
    assert one.log.size == other.log.size


@pytest.mark.parametrize("entries", [1, 2, 511, 512, 513, 1023, 1024, 1025, 2600])
def test_a_reopened_state_is_the_grown_one(tmp_path: Path, entries: int) -> None:
    grown = Grown(tmp_path / "s")
    grown.block({key(0): b"first"})  # two entries: the empty key and this one
    chance = random.Random(entries)
    while grown.commitment.tree.count < entries:
        missing = entries - grown.commitment.tree.count
        known = sorted(grown.rows)
        # A change of a known row appends one entry; a new row two, itself and the one before.
        names = chance.sample(known, min(len(known), missing, 40))
        writes: dict[bytes, bytes | None] = {name: chance.randbytes(9) for name in names}
        if missing > 50:
            writes[key(len(known))] = b"new"
        grown.block(writes, transactions=3)
    rows = dict(grown.rows)
    before = grown.reopen()

    same_state(before, grown.commitment)
    assert before.tree.count in (entries, 2)
    assert dict(grown.store.scan(b"", b"\xff", 10**9)) == rows
    grown.store.close()


def test_a_reopened_state_grows_as_if_it_had_never_been_closed(tmp_path: Path) -> None:
    one = grow(tmp_path / "one", 40, changes=30)
    chance = random.Random(0)
    two = Grown(tmp_path / "two")
    two.block({b"a.first\x00": b"genesis"})
    for _ in range(40):
        two.block(random_block(chance, two.rows, 30, 80), transactions=chance.randrange(4))
        two.reopen()

    same_state(one.commitment, two.commitment)
    one.store.close()
    two.store.close()


def test_what_follows_an_older_tip_is_the_state_of_the_newest(tmp_path: Path) -> None:
    chance = random.Random(3)
    grown = grow(tmp_path / "s", 10, seed=3)
    behind, since = grown.store.restore(), grown.store.tip()
    grown.store._tree = grown.commitment.tree
    for _ in range(30):
        grown.block(random_block(chance, grown.rows, 30, 80), transactions=2)
    assert since is not None
    grown.store.follow(behind, since)

    same_state(behind, grown.commitment)
    grown.store.close()


def test_following_backwards_is_refused(tmp_path: Path) -> None:
    grown = grow(tmp_path / "s", 3)
    tip = grown.store.tip()
    assert tip is not None
    with pytest.raises(StoreDamaged, match="went back behind height 9"):
        grown.store.follow(grown.commitment, Tip(**{**_fields(tip), "height": 9}))
    grown.store.close()


def _fields(tip: Tip) -> dict[str, Any]:
    return {name: getattr(tip, name) for name in tip.__struct_fields__}


def test_a_new_store_has_no_tip_and_an_empty_state(tmp_path: Path) -> None:
    store = Store(tmp_path / "s", sha256, writable=True)

    assert store.tip() is None
    assert store.restore().tree.count == 0
    store.check_sum()
    store.close()


def test_a_block_that_fails_half_way_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = grow(tmp_path / "s", 5)
    tip, rows = grown.store.tip(), dict(grown.rows)

    def stop(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tongjian.storage.store.pack_tip", stop)
        with pytest.raises(KeyboardInterrupt):
            grown.block({key(1): b"lost"}, transactions=300)
    del grown.results[-300:]
    grown.height -= 1
    grown.rows = rows
    grown.reopen()

    assert grown.store.tip() == tip
    assert dict(grown.store.scan(b"", b"\xff", 10**9)) == rows
    grown.block({key(1): b"kept"}, transactions=300)
    assert grown.store.value(key(1)) == b"kept"
    grown.store.check_sum()
    grown.store.close()


# ---------------------------------------------------------------------------------- the file


def test_the_file_is_private_to_its_owner_and_group(small: Small) -> None:
    assert (small.folder / STORE_NAME).stat().st_mode & 0o007 == 0


def test_a_store_that_is_open_in_this_process_is_in_use_and_not_damaged(small: Small) -> None:
    with small.opened() as chain:
        before = things_of(chain)
        with pytest.raises(InUse, match="open in this process"):
            small.open(writable=False)
        assert things_of(chain) == before


def test_a_reader_of_a_ledger_without_a_state_is_told_to_open_it_for_writing(small: Small) -> None:
    (small.folder / STORE_NAME).unlink()

    with pytest.raises(StoreDamaged, match="open the ledger once for writing"):
        small.open(writable=False)


def test_a_store_that_may_not_be_read_is_an_operating_failure(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    import lmdb

    def refuse(*arguments: Any, **options: Any) -> None:
        raise lmdb.Error("Permission denied")

    monkeypatch.setattr(lmdb, "open", refuse)
    with pytest.raises(StorageError, match="cannot be opened") as caught:
        small.open()

    assert type(caught.value) is StorageError
    assert (small.folder / STORE_NAME).exists()


def test_rows_of_the_real_machine_are_those_of_the_store(small: Small) -> None:
    with small.opened() as chain:
        small.apply(chain, small.envelope(put("alpha", 1)), small.envelope(put("beta", 2)))
        small.apply(chain, small.envelope(change("alpha", 3)), small.envelope(drop("beta")))

        assert things_of(chain) == {"alpha": 3}
        assert chain.store.value(THINGS.key("alpha")) == encode(Thing(amount=values.fen(3)))


def all_rows(chain: Chain, *tables: AnyTable) -> list[tuple[bytes, bytes]]:
    return [row for table in tables for row in scan(chain, table)]


def test_a_reopened_ledger_has_the_same_rows(small: Small) -> None:
    tables = tuple(REGISTRY.tables.values())
    with small.opened() as chain:
        small.grow(chain, 20)
        before = all_rows(chain, *tables)
    with small.opened() as chain:
        assert all_rows(chain, *tables) == before
    with small.opened(writable=False) as chain:
        assert all_rows(chain, *tables) == before
