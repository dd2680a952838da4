"""A witness signs one history: forks, lost blocks and forged heads are noticed and proven."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from posts import NOW_S, Form, Post, as_blocks, as_tiles, copy, trusting, two_ledgers, write
from small import Small

from tongjian.core.hashing import sha256
from tongjian.core.signatures import KeySuite
from tongjian.engines.heads import head_at
from tongjian.node.keys import KeyPair
from tongjian.storage.errors import LogDamaged
from tongjian.verifier import evidence as ev
from tongjian.verifier.checkpoint import CheckpointInvalid, parse_checkpoint, verify_quorum
from tongjian.witness.blocks import BlockRefused
from tongjian.witness.witness import WitnessRefuses

FORMS = pytest.mark.parametrize("form", [as_blocks, as_tiles])


# --------------------------------------------------------------------------------- one history


@FORMS
def test_a_ledger_that_goes_on_is_signed_at_each_look(
    small: Small, post: Post, tmp_path: Path, form: Form
) -> None:
    for round_, things in enumerate((["a", "b"], [], ["c"], ["d", "e", "f"])):
        write(small, *things)
        followed = post.look(form(small, tmp_path), NOW_S + round_)
        with small.opened() as chain:
            assert followed.head == head_at(chain, chain.height)
        assert followed.taken_in == len(things)
        signed = parse_checkpoint(followed.path.read_bytes())
        (own,) = verify_quorum(signed, trusting(small.anchors, post, quorum=1))
        assert (own.name, own.time_s) == (post.name, NOW_S + round_)
        assert (post.folder / "checkpoint").read_bytes() == followed.path.read_bytes()


def test_the_log_of_tiles_keeps_the_operators_signature(
    small: Small, post: Post, tmp_path: Path
) -> None:
    write(small, "a")
    signed = post.look(as_tiles(small, tmp_path)).checkpoint
    assert [one.name for one in signed.signatures] == [signed.origin, post.name]


def test_a_witness_follows_one_form_only(small: Small, post: Post, tmp_path: Path) -> None:
    post.look(small.folder)
    with pytest.raises(WitnessRefuses, match="follows blocks"):
        post.look(as_tiles(small, tmp_path))


def test_what_was_cut_short_is_taken_in_again(small: Small, post: Post) -> None:
    write(small, "a", "b")
    post.look(small.folder)
    for name in ("leaves.bin", "headers.bin"):
        with (post.folder / name).open("ab") as file:
            file.write(b"of a crash")
    write(small, "c")
    assert post.look(small.folder).head.size == 3


def test_a_witness_that_lost_its_memory_signs_nothing(small: Small, post: Post) -> None:
    from tongjian.witness.memory import MemoryDamaged

    write(small, "a", "b")
    post.look(small.folder)
    (post.folder / "leaves.bin").write_bytes(b"")
    with pytest.raises(MemoryDamaged, match="Restore"):
        post.look(small.folder)
    (post.folder / "state.json").write_text("{}")
    with pytest.raises(MemoryDamaged, match="cannot be read"):
        post.look(small.folder)


# ------------------------------------------------------------------------------------------ forks


@FORMS
@pytest.mark.parametrize(("seen", "shown"), [(1, 1), (1, 3), (3, 1), (2, 2), (2, 5), (5, 2)])
def test_a_fork_is_proven_to_a_third_party(
    small: Small, post: Post, tmp_path: Path, form: Form, seen: int, shown: int
) -> None:
    first, second = two_ledgers(small, seen, shown)
    post.look(form(first, tmp_path))
    data = post.accuses(form(second, tmp_path), "fork")
    for trust in (small.anchors, trusting(small.anchors, post)):
        proven = ev.verify_evidence(data, trust)
        assert proven.evidence.kind == "fork"
        assert proven.first.header_hash != proven.second.header_hash
    assert post.look(form(first, tmp_path)).head.size == seen + 1


@FORMS
def test_a_fork_at_the_first_block_is_proven(
    small: Small, post: Post, tmp_path: Path, form: Form
) -> None:
    other = copy(small, "other")
    write(small, "seen")
    write(other, "shown", "more")
    post.look(form(small, tmp_path))
    ev.verify_evidence(post.accuses(form(other, tmp_path), "fork"), small.anchors)


def test_the_same_evidence_is_kept_once(small: Small, post: Post) -> None:
    first, second = two_ledgers(small, 1, 1)
    post.look(first.folder)
    post.accuses(second.folder, "fork")
    post.accuses(second.folder, "fork")
    assert len(list((post.folder / "evidence").iterdir())) == 1


def test_two_states_under_one_log_are_a_fork(small: Small, post: Post) -> None:
    """The witness does not replay, but it keeps every header."""
    write(small, "a")
    post.look(small.folder)
    with small.opened() as chain:
        sealed = chain.sealed(chain.height)
        header = chain.header(chain.height)
    forged = msgspec.structs.replace(header, state_root=bytes(32))
    packed = msgspec.msgpack.encode(forged)
    seal = small.seal_key.seal(header.chain, packed, small_key(small))
    other = copy(small, "other")
    log = other.folder / "blocks.log"
    from tongjian.core.block import Sealed
    from tongjian.core.encoding import encode
    from tongjian.storage.blocklog import BlockLog

    with BlockLog(log, header.chain, writable=True) as blocks:
        frames = list(blocks.frames())
        blocks.truncate(frames[-1].offset)
        blocks.append(encode(Sealed(header=packed, seal=seal)), frames[-1].body)
    assert sealed.header != packed
    proven = ev.verify_evidence(post.accuses(other.folder, "fork"), small.anchors)
    assert proven.first.root == proven.second.root
    assert "two different blocks of height 1" in proven.proves[-1]


def small_key(small: Small) -> Any:
    with small.opened() as chain:
        return chain.sealing_key(chain.height)


# -------------------------------------------------------------------------------- going back


@FORMS
def test_a_rollback_is_noticed_and_testified(
    small: Small, post: Post, tmp_path: Path, form: Form
) -> None:
    write(small, "a")
    older = copy(small, "older")
    write(small, "b", "c")
    post.look(form(small, tmp_path))
    data = post.accuses(form(older, tmp_path), "rollback")
    proven = ev.verify_evidence(data, trusting(small.anchors, post))
    assert (proven.first.height, proven.second.height) == (3, 1)
    with pytest.raises(ev.EvidenceInvalid, match="rests on the word"):
        ev.verify_evidence(data, small.anchors)
    stranger = Post(tmp_path / "stranger", small.anchors, 2)
    with pytest.raises(ev.EvidenceInvalid, match="rests on the word"):
        ev.verify_evidence(data, trusting(small.anchors, stranger))


def test_an_emptied_block_log_is_refused(small: Small, post: Post) -> None:
    write(small, "a")
    post.look(small.folder)
    log = small.folder / "blocks.log"
    log.write_bytes(log.read_bytes()[:40])
    with pytest.raises(WitnessRefuses, match="empty"):
        post.look(small.folder)


# -------------------------------------------------------------------- what is not of the operator


def test_damage_is_no_evidence(small: Small, post: Post) -> None:
    write(small, "a", "b")
    post.look(small.folder)
    log = small.folder / "blocks.log"
    data = bytearray(log.read_bytes())
    data[-1] ^= 1
    log.write_bytes(data)
    with pytest.raises(LogDamaged):
        post.look(small.folder)
    assert not (post.folder / "evidence").exists()


def test_a_ledger_of_another_operator_is_refused(small: Small, post: Post, tmp_path: Path) -> None:
    other_key = KeyPair(bytes(31) + b"\x01", sha256, KeySuite(small.genesis.seal_suite))
    anchors = msgspec.structs.replace(
        small.anchors,
        seals=[msgspec.structs.replace(small.anchors.seals[0], public=other_key.public.hex())],
    )
    stranger = Post(tmp_path / "stranger", anchors, 2)
    with pytest.raises(BlockRefused, match="not one that the operator sealed"):
        stranger.look(small.folder)
    with pytest.raises(CheckpointInvalid, match="not signed"):
        stranger.look(as_tiles(small, tmp_path))
    assert not (stranger.folder / "cosigned").exists()


def test_tiles_that_do_not_give_their_root_are_refused(
    small: Small, post: Post, tmp_path: Path
) -> None:
    write(small, "a", "b")
    folder = as_tiles(small, tmp_path)
    bundle = folder / "tile/entries/000.p/2"
    data = bundle.read_bytes()
    bundle.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(LogDamaged, match="export the tiles again"):
        post.look(folder)
    bundle.write_bytes(data)
    post.look(folder)
