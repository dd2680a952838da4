"""A replay recomputes a ledger from its blocks, and names the first place that does not follow."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shelf
from forger import (
    body_start,
    break_seal,
    flip,
    flip_in_frame,
    flip_in_log,
    forge,
    harm_store,
    rewrite_frame,
)
from small import START_MS, Small, frames_of, log_of, put, things_of

from tongjian.core.block import Body, Header, compute_app_hash, compute_batch
from tongjian.core.encoding import encode, replace
from tongjian.core.envelope import compose
from tongjian.core.hashing import sha256
from tongjian.engines.audit.difference import Difference, Differs
from tongjian.engines.audit.replay import Counts, Replay, Replayed
from tongjian.engines.chain import STORE_NAME
from tongjian.engines.frames import read_frame
from tongjian.node.keys import KeyPair
from tongjian.node.signing import sign_body
from tongjian.storage.blocklog import Frame
from tongjian.storage.errors import InUse


def ignore(counts: Counts) -> None:
    del counts


def replayed(small: Small, folder: Path, *, workers: int = 0, until: int | None = None) -> Replayed:
    folder.mkdir(exist_ok=True)
    with Replay(log_of(small), small.genesis, folder, shelf.REGISTRY, workers=workers) as replay:
        return replay.run(ignore, until)


def difference(small: Small, folder: Path, *, workers: int = 0) -> Difference:
    with pytest.raises(Differs) as caught:
        replayed(small, folder, workers=workers)
    return caught.value.difference


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    folder = tmp_path / "audit"
    folder.mkdir()
    return folder


# ---------------------------------------------------------------------------------- all is well


@pytest.mark.parametrize("workers", [0, 1])
def test_a_whole_ledger_is_recomputed_to_the_same_roots(
    three: Small, audit: Path, workers: int
) -> None:
    done = replayed(three, audit, workers=workers)

    with three.opened(writable=False) as chain:
        header = chain.header(3)
        assert done.header == header
        assert chain.tip is not None
        assert done.header_hash == chain.tip.header_hash
    assert done.app_hash == compute_app_hash(sha256, header.state_root, header.log_root)
    assert (done.counts.blocks, done.counts.transactions, done.counts.acts) == (4, 4, 4)
    assert done.counts.signatures == 4 + 4
    assert (done.resumed_height, done.unfinished_bytes, done.anew) == (-1, 0, "")
    assert [height for height, _ in done.seals] == [0]
    assert not (audit / "rows.lmdb").exists()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_long_history_is_recomputed_by_one_process_and_by_several(
    small: Small, audit: Path, workers: int
) -> None:
    with small.opened() as chain:
        small.grow(chain, 25, acts=60)
        header = chain.header(25)
        things = things_of(chain)

    done = replayed(small, audit, workers=workers)

    assert done.header == header
    shutil.copy(audit / STORE_NAME, small.folder / STORE_NAME)
    with small.opened(writable=False) as chain:
        assert things_of(chain) == things


def test_a_replay_ends_at_the_height_it_is_told(three: Small, audit: Path) -> None:
    done = replayed(three, audit, until=2)
    assert (done.header.height, done.unfinished_bytes) == (2, 0)


def test_progress_is_told_after_every_block(three: Small, audit: Path) -> None:
    heights: list[tuple[int, int]] = []
    with Replay(log_of(three), three.genesis, audit, shelf.REGISTRY, workers=0) as replay:
        replay.run(lambda counts: heights.append((counts.height, counts.offset)))
    assert heights == [(at, frame.end) for at, frame in enumerate(frames_of(three))]


def test_an_unfinished_frame_is_told_and_is_no_difference(three: Small, audit: Path) -> None:
    with log_of(three).open("ab") as file:
        file.write(b"TJBK" + bytes(7))
    done = replayed(three, audit)
    assert (done.header.height, done.unfinished_bytes) == (3, 11)


# ------------------------------------------------------------------------------ bytes on the disk


PARTS: dict[str, Callable[[Frame], int]] = {
    "magic": lambda frame: frame.offset,
    "length of head": lambda frame: frame.offset + 7,
    "length of body": lambda frame: frame.offset + 11,
    "checksum of head": lambda frame: frame.offset + 13,
    "checksum of body": lambda frame: frame.offset + 18,
    "checksum of start": lambda frame: frame.offset + 22,
    "header": lambda frame: frame.offset + 24 + 30,
    "seal": lambda frame: body_start(frame) - 20,
    "body": lambda frame: body_start(frame) + 2,
    "last byte": lambda frame: frame.end - 1,
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("at", [0, 2])
def test_a_changed_byte_of_a_frame_names_its_block(
    three: Small, audit: Path, at: int, part: str
) -> None:
    flip_in_log(log_of(three), PARTS[part](frames_of(three)[at]))

    found = difference(three, audit)

    assert (found.height, found.field) == (at, "frame")


def test_the_log_of_another_ledger_is_named(three: Small, audit: Path) -> None:
    flip_in_log(log_of(three), 20)
    found = difference(three, audit)
    assert (found.height, found.field) == (0, "prologue")


def test_a_log_without_a_block_is_named(three: Small, audit: Path) -> None:
    log = log_of(three)
    log.write_bytes(log.read_bytes()[:40])
    assert difference(three, audit).field == "frame"


# ---------------------------------------------------------- bytes in a frame whose checksums fit


def test_a_changed_bit_anywhere_in_a_block_is_named_with_its_height(
    three: Small, audit: Path, tmp_path: Path
) -> None:
    whole = log_of(three).read_bytes()
    frame = frames_of(three)[2]
    for part, size in (("head", len(frame.head)), ("body", len(frame.body))):
        for at in range(0, size, 7):
            log_of(three).write_bytes(whole)
            flip_in_frame(log_of(three), frame, part, at)
            folder = tmp_path / f"{part}{at}"
            found = difference(three, folder)
            assert found.height == 2, (part, at, found)
            assert found.field != "frame", (part, at, found)


FIELDS = {
    "chain": bytes(32),
    "height": 7,
    "previous": bytes(32),
    "state_root": bytes(32),
    "log_root": bytes(32),
    "log_size": 9,
    "batch": bytes(32),
    "time_ms": START_MS - 1,
}


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("name", FIELDS)
def test_a_header_that_does_not_follow_names_the_field_though_it_is_sealed(
    three: Small, audit: Path, name: str, workers: int
) -> None:
    recorded = getattr(frames_header(three, 2), name)
    forge(three, 2, lambda header: replace(header, **{name: FIELDS[name]}))

    found = difference(three, audit, workers=workers)

    assert (found.height, found.field) == (2, f"header.{name}")
    assert found.recorded == FIELDS[name]
    if name != "time_ms":
        assert found.expected == recorded


def frames_header(small: Small, at: int) -> Header:
    return read_frame(frames_of(small)[at])[0]


def test_another_state_root_comes_with_what_the_block_does_to_the_state(
    three: Small, audit: Path
) -> None:
    forge(three, 2, lambda header: replace(header, state_root=bytes(32)))
    found = difference(three, audit)
    tables = [change.key.partition(b"\x00")[0] for change in found.changes]
    assert b"shelf.things" in tables
    assert b"membership.timers" in tables


def test_a_changed_seal_is_named(three: Small, audit: Path) -> None:
    break_seal(three, 2)
    found = difference(three, audit)
    assert (found.height, found.field) == (2, "seal")


def test_a_seal_by_another_key_is_named(three: Small, audit: Path) -> None:
    three.seal_key = type(three.seal_key)(three.keys[0])
    three.seal_key._keys = {three.genesis.seal_public: three.keys[0]}
    forge(three, 1)
    found = difference(three, audit)
    assert (found.height, found.field) == (1, "seal")


def with_batch(small: Small, at: int, envelopes: tuple[bytes, ...]) -> None:
    """Replace the envelopes of a block and make its header fit them."""
    forge(
        small,
        at,
        lambda header: replace(header, batch=compute_batch(sha256, envelopes)),
        lambda body: encode(
            (envelopes, body.timers, [(d.outcome, d.events) for d in body.decisions])
        ),
    )


def body_of_block(small: Small, at: int) -> Body:
    return read_frame(frames_of(small)[at])[2]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_changed_signature_names_transaction_and_key(
    three: Small, audit: Path, workers: int
) -> None:
    first, second = body_of_block(three, 3).envelopes
    with_batch(three, 3, (first, flip(second, len(second) - 10)))

    found = difference(three, audit, workers=workers)

    assert (found.height, found.field) == (3, "signature")
    assert found.place.startswith("transaction 1 (")
    assert three.keys[0].id.hex() in found.place


def test_an_envelope_that_is_none_is_named(three: Small, audit: Path) -> None:
    first, second = body_of_block(three, 3).envelopes
    with_batch(three, 3, (first, second + b"\x00"))
    found = difference(three, audit)
    assert (found.height, found.field, found.place) == (3, "envelope", "envelope 1")


def test_a_transaction_by_a_key_that_nobody_enrolled_is_named(three: Small, audit: Path) -> None:
    stranger = KeyPair(bytes(range(32)), sha256)
    body = compose(
        chain=three.chain_id,
        expiry=900_000,
        nonce=bytes(16),
        signers=(stranger.id,),
        acts=(put("gamma", 3),),
    )
    with_batch(three, 1, (sign_body(three.chain_id, [stranger], body),))
    found = difference(three, audit)
    assert (found.height, found.field) == (1, "signature")
    assert "no such key" in found.why


def with_decisions(small: Small, at: int, change: Callable[[list[Any]], list[Any]]) -> None:
    def body(stored: Body) -> bytes:
        decisions = [(d.outcome, d.events) for d in stored.decisions]
        return encode((stored.envelopes, stored.timers, change(decisions)))

    forge(small, at, body=body)


def test_another_outcome_is_named_with_its_place(three: Small, audit: Path) -> None:
    with_decisions(three, 3, lambda ds: [ds[0], ("shelf/1@0", ()), ds[2]])
    found = difference(three, audit)
    assert (found.height, found.field) == (3, "outcome")
    assert found.place.startswith("transaction 0 (")
    assert (found.recorded, found.expected) == (b"shelf/1@0", b"")


def test_another_event_is_named_with_its_place(three: Small, audit: Path) -> None:
    def other(decisions: list[Any]) -> list[Any]:
        outcome, (event,) = decisions[1]
        return [decisions[0], (outcome, (flip(event, len(event) - 1),)), decisions[2]]

    with_decisions(three, 3, other)
    found = difference(three, audit)
    assert (found.height, found.field) == (3, "event")
    assert found.place.endswith("event 0")
    assert found.recorded != found.expected


def test_an_event_too_many_is_named(three: Small, audit: Path) -> None:
    with_decisions(three, 1, lambda ds: [(ds[0][0], (*ds[0][1], ds[0][1][0]))])
    found = difference(three, audit)
    assert (found.field, found.expected) == ("event", None)


def test_a_deadline_that_had_not_come_is_named(three: Small, audit: Path) -> None:
    def body(stored: Body) -> bytes:
        decisions = [(d.outcome, d.events) for d in stored.decisions[1:]]
        return encode((stored.envelopes, (), decisions))

    forge(three, 3, body=body)
    assert difference(three, audit).field == "deadlines"


def test_a_decision_too_few_is_named(three: Small, audit: Path) -> None:
    with_decisions(three, 3, lambda ds: ds[:-1])
    found = difference(three, audit)
    assert (found.field, found.recorded, found.expected) == ("decisions", 2, 3)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_transaction_recorded_a_second_time_is_named(
    three: Small, audit: Path, workers: int
) -> None:
    envelope = body_of_block(three, 1).envelopes[0]
    with three.opened() as chain:
        three.now_ms += 10_000
        three.apply(chain, envelope)
    found = difference(three, audit, workers=workers)
    assert (found.height, found.field) == (4, "transaction")
    assert "second time" in found.why


def test_a_founding_block_of_another_time_is_named(three: Small, audit: Path) -> None:
    forge(three, 0, lambda header: replace(header, time_ms=START_MS + 1))
    found = difference(three, audit)
    assert (found.height, found.field) == (0, "header.time_ms")


def test_a_body_beside_the_founding_block_is_named(three: Small, audit: Path) -> None:
    frame = frames_of(three)[0]
    rewrite_frame(log_of(three), frame, frame.head, encode(((), (), [("", ())])))
    found = difference(three, audit)
    assert (found.height, found.field) == (0, "decisions")


def test_the_lowest_of_two_differences_is_named(three: Small, audit: Path) -> None:
    """The state root of block 1 is compared after the signatures of block 3 were found wrong."""
    forge(three, 1, lambda header: replace(header, state_root=bytes(32)))
    flip_in_log(log_of(three), frames_of(three)[2].end - 1)
    for workers in (0, 1):
        found = difference(three, audit / f"{workers}", workers=workers)
        assert (found.height, found.field) == (1, "header.state_root")


# ------------------------------------------------------------------------------------ resumption


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stopped_replay_goes_on_where_it_stopped(small: Small, audit: Path, workers: int) -> None:
    with small.opened() as chain:
        small.grow(chain, 12, acts=30)
        whole = chain.header(12)

    first = replayed(small, audit, workers=workers, until=5)
    second = replayed(small, audit, workers=workers)

    assert first.header.height == 5
    assert (second.resumed_height, second.counts.blocks) == (5, 7)
    assert second.header == whole


class Stopped(Exception):
    """Somebody pulled the plug."""


def test_a_replay_that_is_interrupted_keeps_what_it_had(small: Small, audit: Path) -> None:
    with small.opened() as chain:
        small.grow(chain, 12, acts=30)

    def stop(counts: Counts) -> None:
        if counts.height == 7:
            raise Stopped

    with (
        pytest.raises(Stopped),
        Replay(log_of(small), small.genesis, audit, shelf.REGISTRY, workers=1) as replay,
    ):
        replay.run(stop)
    assert replayed(small, audit).resumed_height == 7


def test_a_block_changed_below_where_the_replay_had_come_is_named(
    three: Small, audit: Path
) -> None:
    replayed(three, audit, until=2)
    break_seal(three, 1)
    found = difference(three, audit)
    assert (found.height, found.field) == (1, "frame")


def test_a_log_cut_below_where_the_replay_had_come_is_named(three: Small, audit: Path) -> None:
    replayed(three, audit)
    log = log_of(three)
    log.write_bytes(log.read_bytes()[: frames_of(three)[2].offset])
    found = difference(three, audit)
    assert (found.height, found.field) == (2, "frame")


def test_a_difference_can_be_mended_and_the_replay_goes_on(three: Small, audit: Path) -> None:
    whole = log_of(three).read_bytes()
    forge(three, 3, lambda header: replace(header, state_root=bytes(32)))
    assert difference(three, audit).height == 3
    log_of(three).write_bytes(whole)
    done = replayed(three, audit)
    assert (done.resumed_height, done.header.height) == (2, 3)


@pytest.mark.parametrize("mended", [False, True])
def test_a_damaged_folder_of_a_replay_is_begun_anew(
    three: Small, audit: Path, *, mended: bool
) -> None:
    replayed(three, audit, until=2)

    def change(key: bytes, packed: bytes) -> bytes | None:
        return flip(packed, len(packed) - 1) if b"shelf.things" in packed else None

    harm_store(audit, "entries", change, numbered=mended)
    done = replayed(three, audit)
    assert (done.header.height, done.resumed_height) == (3, -1)
    assert done.anew


@pytest.mark.parametrize("workers", [0, 1])
def test_two_replays_do_not_share_a_folder(three: Small, audit: Path, workers: int) -> None:
    with (
        Replay(log_of(three), three.genesis, audit, shelf.REGISTRY, workers=0) as first,
        pytest.raises(InUse),
    ):
        replayed(three, audit, workers=workers)
    del first
    assert replayed(three, audit, workers=workers).header.height == 3
