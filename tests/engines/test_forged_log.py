"""Blocks that the operator forged: replay finds them out, though they are sealed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small import (
    START_MS,
    Small,
    change,
    copy_of,
    damaged,
    drop,
    frames_of,
    log_of,
    put,
    things_of,
)

from tongjian.core.block import (
    SEALED,
    Body,
    Header,
    Sealed,
)
from tongjian.core.directory import SealKey
from tongjian.core.encoding import encode, replace
from tongjian.core.envelope import compose
from tongjian.core.hashing import sha256
from tongjian.engines.chain import STORE_NAME
from tongjian.engines.frames import read_frame
from tongjian.node.keys import KeyPair
from tongjian.node.signing import sign_body
from tongjian.storage.blocklog import BlockLog, Frame


def forge(
    small: Small,
    change_header: Callable[[Header], Header] = lambda header: header,
    change_body: Callable[[Frame, Body], bytes] = lambda frame, body: frame.body,
    *,
    at: int = -1,
) -> None:
    """Rewrite a block of the log, sealed anew by the operator's own key, and drop the state."""
    frame = frames_of(small)[at]
    header, _, body = read_frame(frame)
    encoded = encode(change_header(header))
    genesis = small.genesis
    seal = small.seal_key.seal(
        small.chain_id, encoded, SealKey(suite=genesis.seal_suite, public=genesis.seal_public)
    )
    head = encode(Sealed(header=encoded, seal=seal))
    log_of(small).write_bytes(log_of(small).read_bytes()[: frame.offset])
    with BlockLog(log_of(small), small.chain_id, writable=True) as log:
        log.append(head, change_body(frame, body))
    (small.folder / STORE_NAME).unlink()


def test_the_forger_of_these_tests_can_write_a_block_that_holds(three: Small) -> None:
    forge(three)
    with three.opened() as chain:
        assert (chain.height, things_of(chain)) == (3, {"beta": 2})
        assert len(chain.body(3).timers) == 1


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("chain", bytes(32)),
        ("previous", bytes(32)),
        ("state_root", bytes(32)),
        ("log_root", bytes(32)),
        ("log_size", 2),
        ("batch", bytes(32)),
    ],
)
def test_a_header_that_replay_does_not_give_is_damage_though_it_is_sealed(
    three: Small, name: str, other: Any
) -> None:
    forge(three, lambda header: replace(header, **{name: other}))
    assert f"its {name} is not the one that replay gives" in damaged(three)


@pytest.mark.parametrize(
    "change_header",
    [
        lambda header: replace(header, height=4),
        lambda header: replace(header, height=2),
        lambda header: replace(header, time_ms=header.time_ms - 2000),
    ],
)
def test_a_block_out_of_order_or_back_in_time_is_damage(
    three: Small, change_header: Callable[[Header], Header]
) -> None:
    forge(three, change_header)
    assert "does not follow block 2" in damaged(three)


def test_another_time_gives_other_deadlines_and_is_damage(three: Small) -> None:
    # At this moment the book was still lent: the block could not have taken it back.
    forge(three, lambda header: replace(header, time_ms=START_MS + 2100))
    assert "is not the one that replay gives" in damaged(three)


def test_a_block_without_a_seal_of_the_operator_is_damage(three: Small) -> None:
    frame = frames_of(three)[-1]
    sealed: Sealed = SEALED.decode(frame.head)
    broken = replace(sealed.seal, signature=bytes(64))
    log_of(three).write_bytes(log_of(three).read_bytes()[: frame.offset])
    with BlockLog(log_of(three), three.chain_id, writable=True) as log:
        log.append(encode(replace(sealed, seal=broken)), frame.body)
    (three.folder / STORE_NAME).unlink()
    assert "is not the operator's" in damaged(three)


def test_an_outcome_or_event_that_replay_does_not_give_is_damage(three: Small) -> None:
    def other_outcome(frame: Frame, body: Body) -> bytes:
        decisions = [(d.outcome or "shelf/1@0", d.events) for d in body.decisions]
        return encode((body.envelopes, body.timers, decisions))

    forge(three, change_body=other_outcome)
    assert "does not hold what replay gives" in damaged(three)


def test_a_body_beside_the_founding_block_is_damage(small: Small) -> None:
    envelope = small.envelope(put("alpha", 1))

    forge(small, change_body=lambda frame, body: encode(((envelope,), (), ())), at=0)
    assert "does not hold what replay gives" in damaged(small)


def test_a_transaction_without_a_valid_signature_is_damage(three: Small) -> None:
    body = three.body(put("gamma", 9))
    forged = three.sign(body, by=(1,))

    def insert(frame: Frame, stored: Body) -> bytes:
        return encode(((forged,), stored.timers, [("", ()), ("", ())]))

    forge(three, change_body=insert)
    assert "a stored transaction is not one that was admitted" in damaged(three)


def test_a_transaction_by_an_unknown_key_is_damage(three: Small) -> None:

    stranger = KeyPair(b"s" * 32, sha256)
    body = compose(
        chain=three.chain_id,
        expiry=100,
        nonce=bytes(16),
        signers=(stranger.id,),
        acts=(put("gamma", 1),),
    )
    envelope = sign_body(three.chain_id, [stranger], body)

    def insert(frame: Frame, stored: Body) -> bytes:
        return encode(((envelope,), stored.timers, [("", ()), ("", ())]))

    forge(three, change_body=insert)
    assert "a stored transaction is not one that was admitted" in damaged(three)


@pytest.mark.parametrize("within", [True, False])
def test_an_operator_who_records_a_transaction_twice_is_found_out(
    small: Small, *, within: bool
) -> None:
    # Replay decides as the engine did, so only the rule against repeats can show it.
    envelope = small.envelope(change("alpha", 5))
    with small.opened() as chain:
        small.apply(chain, small.envelope(put("alpha", 1)))
        if within:
            small.apply(chain, envelope, envelope)
        else:
            small.apply(chain, envelope)
            small.apply(chain, envelope)
    (small.folder / STORE_NAME).unlink()
    height = 2 if within else 3
    assert f"block {height} records a transaction a second time" in damaged(small)


def test_a_block_that_is_no_block_is_damage(three: Small) -> None:
    forge(three, change_body=lambda frame, body: b"\xc1")
    assert "cannot be decoded" in damaged(three)


def test_a_log_of_another_history_beside_the_state_is_not_repaired_in_silence(
    three: Small, tmp_path: Path, founded: Path
) -> None:
    # Both logs replay well: only the state remembers which one was told before.
    other = Small(copy_of(founded, tmp_path / "other"))
    with other.opened() as chain:
        for _ in range(3):
            other.apply(chain, other.envelope(put(f"other_{chain.height}", 1)))
    log_of(three).write_bytes(log_of(other).read_bytes())
    said = damaged(three)
    assert "another history" in said or "Blocks were lost" in said


def test_a_rewritten_last_block_is_noticed_by_the_state(three: Small, tmp_path: Path) -> None:
    twin = Small(copy_of(three.folder, tmp_path / "twin"))
    frame = frames_of(twin)[-1]
    log_of(twin).write_bytes(log_of(twin).read_bytes()[: frame.offset])
    (twin.folder / STORE_NAME).unlink()
    with twin.opened() as chain:
        # As long as the block it replaces, and as well sealed.
        twin.apply(
            chain,
            twin.envelope(put("data", 2), nonce=77),
            twin.envelope(drop("alpha"), nonce=78),
        )
    assert len(log_of(twin).read_bytes()) == len(log_of(three).read_bytes())
    log_of(three).write_bytes(log_of(twin).read_bytes())
    assert "the block log has another block 3 than the state was made from" in damaged(three)
