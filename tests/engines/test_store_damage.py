"""A damaged store: noticed, made anew from the block log, and never believed."""

import random
from collections.abc import Callable
from pathlib import Path

import lmdb
import pytest
from small import Small, answers, copy_of, put, things_of, use_shelf
from truth import Truth

from tongjian.engines.chain import STORE_NAME, Chain
from tongjian.engines.solo import Status
from tongjian.storage.errors import LogDamaged, StoreDamaged

TABLES = (
    "entries",
    "index",
    "twigs",
    "retired",
    "blocks",
    "transactions",
    "tiles",
    "tombs",
    "meta",
)
Records = list[tuple[bytes, bytes]]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory, founded: Path) -> tuple[Path, Truth]:
    """Give a ledger with every kind of record, and what it must answer."""
    with pytest.MonkeyPatch.context() as patch:
        use_shelf(patch.setattr)
        small = Small(copy_of(founded, tmp_path_factory.mktemp("learnt") / "ledger"))
        with small.opened() as chain:
            history = small.grow(chain, 20, acts=90)
            truth = Truth(small, chain, history)
            assert truth.ask(chain) == []
    return small.folder, truth


@pytest.fixture
def truth(learnt: tuple[Path, Truth]) -> Truth:
    return learnt[1]


@pytest.fixture
def grown(learnt: tuple[Path, Truth], tmp_path: Path, small: Small) -> Small:
    """Give a copy of that ledger."""
    return Small(copy_of(learnt[0], tmp_path / "grown"))


def rewrite(folder: Path, table: str, change: Callable[[Records], Records]) -> None:
    """Replace the records of a table, as a disk might have done."""
    env = lmdb.open(str(folder / STORE_NAME), subdir=False, max_dbs=20, map_size=1 << 30)
    db = env.open_db(table.encode())
    with env.begin(write=True) as txn:
        records = list(txn.cursor(db))
        txn.drop(db, delete=False)
        for key, value in change(records):
            txn.put(key, value, db=db)
    env.close()


def flip_value(chance: random.Random) -> Callable[[Records], Records]:
    def change(records: Records) -> Records:
        at = chance.randrange(len(records))
        key, value = records[at]
        return [*records[:at], (key, flipped(chance, value)), *records[at + 1 :]]

    return change


def flip_key(chance: random.Random) -> Callable[[Records], Records]:
    def change(records: Records) -> Records:
        at = chance.randrange(len(records))
        key, value = records[at]
        return [*records[:at], (flipped(chance, key), value), *records[at + 1 :]]

    return change


def lose(chance: random.Random) -> Callable[[Records], Records]:
    def change(records: Records) -> Records:
        at = chance.randrange(len(records))
        return [*records[:at], *records[at + 1 :]]

    return change


def swap(chance: random.Random) -> Callable[[Records], Records]:
    def change(records: Records) -> Records:
        if len(records) == 1:
            return []
        one, other = sorted(chance.sample(range(len(records)), 2))
        changed = list(records)
        changed[one] = (records[one][0], records[other][1])
        changed[other] = (records[other][0], records[one][1])
        return changed

    return change


def invent(chance: random.Random) -> Callable[[Records], Records]:
    def change(records: Records) -> Records:
        key, value = chance.choice(records)
        return [*records, (key[:-1] + bytes([key[-1] ^ 1]), value)]

    return change


def cut(chance: random.Random) -> Callable[[Records], Records]:
    def change(records: Records) -> Records:
        at = chance.randrange(len(records))
        key, value = records[at]
        return [*records[:at], (key, value[: chance.randrange(len(value))]), *records[at + 1 :]]

    return change


def flipped(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


HARMS = {
    "value": flip_value,
    "key": flip_key,
    "lost": lose,
    "swapped": swap,
    "invented": invent,
    "cut": cut,
}


def ask_and_mend(small: Small, truth: Truth) -> bool:
    """Open a damaged ledger, put every question, mend what is found; say if damage was seen."""
    with small.opened() as chain:
        found = bool(chain.opened.rebuilt or chain.opened.replayed)
        damaged = truth.ask(chain)
        if damaged:
            chain.reload(damaged[0])
            assert truth.ask(chain) == []
    assert left_over(small.folder) == []
    return found or bool(damaged)


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "damaged" in path.name)


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("table", TABLES)
def test_a_harmed_record_is_noticed_or_harmless_and_never_believed(
    grown: Small, truth: Truth, tmp_path: Path, table: str, harm: str
) -> None:
    whole = (grown.folder / STORE_NAME).read_bytes()
    seen = 0
    for seed in range(2):
        (grown.folder / STORE_NAME).write_bytes(whole)
        rewrite(grown.folder, table, HARMS[harm](random.Random(f"{table} {harm} {seed}")))
        seen += ask_and_mend(grown, truth)
    # Some harm is beside every question (a spare record, an entry of a version nobody asked for);
    # in these tables none is.
    if table in ("meta", "transactions", "blocks", "retired") and harm in ("lost", "cut"):
        assert seen == 2


@pytest.mark.parametrize("table", TABLES)
def test_a_lost_table_is_noticed(grown: Small, truth: Truth, table: str) -> None:
    rewrite(grown.folder, table, lambda records: [])

    assert ask_and_mend(grown, truth)


def test_a_lost_place_of_a_transaction_is_noticed_before_it_is_decided_again(
    grown: Small, truth: Truth
) -> None:
    for seed in range(10):
        rewrite(grown.folder, "transactions", lose(random.Random(seed)))
        with grown.opened() as chain:
            assert "places of transactions or" in chain.opened.rebuilt
            assert truth.ask(chain) == []


def test_a_missing_store_is_made_anew(grown: Small, truth: Truth) -> None:
    (grown.folder / STORE_NAME).unlink()
    with grown.opened() as chain:
        assert chain.opened.replayed == 21
        assert truth.ask(chain) == []


@pytest.mark.parametrize("size", [0, 1, 100, 4096, 8192, 60_000])
def test_a_store_cut_short_is_made_anew(grown: Small, truth: Truth, size: int) -> None:
    # Cut within its first pages LMDB itself notices; further behind a read would be a bus error,
    # which the fault tests look at from outside.
    data = (grown.folder / STORE_NAME).read_bytes()
    assert len(data) > size
    (grown.folder / STORE_NAME).write_bytes(data[:size] if size <= 4096 else b"\xff" * size)
    with grown.opened() as chain:
        assert chain.opened.rebuilt or chain.opened.replayed
        assert truth.ask(chain) == []
    assert left_over(grown.folder) == []


def test_an_older_store_catches_up(grown: Small, truth: Truth, tmp_path: Path) -> None:
    old = (grown.folder / STORE_NAME).read_bytes()
    with grown.opened() as chain:
        grown.apply(chain, grown.envelope(put("later", 1), nonce=999))
    (grown.folder / STORE_NAME).write_bytes(old)
    with grown.opened() as chain:
        assert (chain.opened.replayed, chain.opened.rebuilt) == (1, "")
        assert things_of(chain)["later"] == 1


def test_a_store_of_another_format_is_made_anew(grown: Small, truth: Truth) -> None:
    def older(records: Records) -> Records:
        return [(k, b"tongjian-store/0" if k == b"format" else v) for k, v in records]

    rewrite(grown.folder, "meta", older)
    with grown.opened() as chain:
        assert "another format" in chain.opened.rebuilt
        assert truth.ask(chain) == []


def test_the_store_of_another_ledger_is_not_repaired_in_silence(
    grown: Small, tmp_path: Path, founded: Path, truth: Truth
) -> None:
    # It may as well be the log that is of another history: a person must look.
    other = Small(copy_of(founded, tmp_path / "other"))
    with other.opened() as chain:
        other.grow(chain, 36, seed=99)
    log = (grown.folder / "blocks.log").read_bytes()
    (grown.folder / STORE_NAME).write_bytes((other.folder / STORE_NAME).read_bytes())
    with pytest.raises((LogDamaged, StoreDamaged), match=r"another history|does not begin|lost"):
        grown.open()
    assert (grown.folder / "blocks.log").read_bytes() == log


def test_a_reader_does_not_repair_but_says_so(grown: Small) -> None:
    rewrite(grown.folder, "retired", lambda records: records[1:])
    before = (grown.folder / STORE_NAME).read_bytes()
    with pytest.raises(StoreDamaged, match="state root differs"):
        grown.open(writable=False)

    assert (grown.folder / STORE_NAME).read_bytes() == before


def test_what_was_set_aside_stays_until_the_state_is_made_anew(
    grown: Small, monkeypatch: pytest.MonkeyPatch, truth: Truth
) -> None:
    rewrite(grown.folder, "retired", lambda records: records[1:])

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Chain, "_settle", stop)  # after the first two blocks
        with pytest.raises(KeyboardInterrupt):
            grown.open()
    assert left_over(grown.folder) == ["store.lmdb-lock.damaged", "store.lmdb.damaged"]
    with grown.opened() as chain:
        assert chain.opened.replayed == 19
        assert truth.ask(chain) == []
    assert left_over(grown.folder) == []


# ------------------------------------------------------------------------ while the engine runs


@pytest.fixture
def damaged_index(grown: Small, truth: Truth) -> str:
    """Give a name whose row the index of the store has lost."""
    name = next(question.truth for question in truth.questions if question.name == "things")
    lost = sorted(name)[3]
    key = b"shelf.things\x00" + lost.encode()
    rewrite(grown.folder, "index", lambda records: [r for r in records if r[0] != key])
    return lost


def test_damage_found_by_the_engine_is_mended_and_the_transaction_may_come_again(
    grown: Small, truth: Truth, damaged_index: str
) -> None:
    with grown.engine() as engine:
        assert engine.chain.opened.rebuilt == ""
        envelope = grown.envelope(put(damaged_index, 7), nonce=10**6)
        (first,) = answers(engine, envelope)
        # Believed, the index would have let the name be given a second time.
        assert first.status is Status.NOT_RECORDED
        assert "contradict each other" in first.detail
        assert truth.ask(engine.chain) == []
        (second,) = answers(engine, envelope)
        assert (second.status, second.refusal) == (Status.REFUSED, "shelf/2@0")
    with grown.opened() as chain:
        assert chain.opened.replayed == 0


def test_damage_found_while_admitting_is_mended_too(
    grown: Small, truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    with grown.engine() as engine:
        result = engine.chain.result
        calls = [0]

        def once(identity: bytes) -> object:
            calls[0] += 1
            if calls[0] == 2:
                raise StoreDamaged("the place of a transaction does not lead to it")
            return result(identity)

        monkeypatch.setattr(engine.chain, "result", once)
        envelopes = [grown.envelope(put(f"new{n}", n), nonce=10**6 + n) for n in range(3)]
        outcomes = answers(engine, *envelopes)
        assert {outcome.status for outcome in outcomes} == {Status.NOT_RECORDED}
        assert truth.ask(engine.chain) == []
        assert {o.status for o in answers(engine, *envelopes)} == {Status.COMMITTED}
