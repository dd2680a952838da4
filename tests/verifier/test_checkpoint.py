"""Checkpoints: those of others verify, ours have the same form, changed ones do not hold."""

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import Small, put

from tongjian.core.hashing import sha256
from tongjian.core.signatures import KeySuite
from tongjian.engines.heads import checkpoint_at, head_at
from tongjian.node.keys import KeyPair
from tongjian.storage.tile_files import TileFiles
from tongjian.verifier import checkpoint as note
from tongjian.verifier.anchors import Anchors, AnchorsInvalid, SealAnchor, WitnessAnchor
from tongjian.verifier.checkpoint import CheckpointInvalid, Head

TESSERA = Path(__file__).parents[3] / "shared/data/crypto/tlog-tiles-tessera"
TESSERA_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
needs_data = pytest.mark.skipif(not TESSERA.is_dir(), reason="needs the reference data: shared/")

OPERATOR = KeyPair(bytes(range(32)), sha256)
WITNESSES = [KeyPair(bytes([n]) * 32, sha256) for n in range(1, 5)]
NAMES = [f"witness.example/{n}" for n in range(1, 5)]
HEAD = Head(5, sha256(b"root"), 3, sha256(b"header"))


def trust(quorum: int = 0, count: int = 3) -> Anchors:
    anchors = Anchors(
        chain="11" * 32,
        label="made-up",
        hash="sha256",
        seals=[SealAnchor(from_height=0, suite="ed25519", public=OPERATOR.public.hex())],
        witnesses=[
            WitnessAnchor(name=name, public=key.public.hex())
            for name, key in list(zip(NAMES, WITNESSES, strict=True))[:count]
        ],
        quorum=quorum,
    )
    anchors.check()
    return anchors


ORIGIN = note.compute_origin("made-up", bytes.fromhex("11" * 32))
TEXT = note.make_text(ORIGIN, HEAD)


def signed(*witnesses: int, time_s: int = 1_790_000_000) -> note.Checkpoint:
    lines = [note.cosign(TEXT, NAMES[n], WITNESSES[n], time_s + n) for n in witnesses]
    return note.make_checkpoint(TEXT, (note.sign(TEXT, ORIGIN, OPERATOR), *lines))


# -------------------------------------------------------------------------------------- of others


@needs_data
@pytest.mark.parametrize("name", ["checkpoint", *(f"checkpoint.{n}" for n in range(16))])
def test_the_checkpoints_of_tessera_verify(name: str) -> None:
    origin, hint, packed = TESSERA_KEY.split("+", 2)
    kind, public = base64.b64decode(packed)[:1], base64.b64decode(packed)[1:]
    assert kind == b"\x01"
    data = (TESSERA / name).read_bytes()
    parsed = note.parse_checkpoint(data)
    assert parsed.encode() == data
    assert note.compute_key_hint(origin, b"\x01", public).hex() == hint
    assert note.verify_log_signature(parsed, origin, ((KeySuite.ED25519, public),)) == public
    if parsed.size:
        assert TileFiles(TESSERA, sha256).check_tiles(parsed.size) == parsed.root
    with pytest.raises(CheckpointInvalid, match="no line"):
        parsed.head()


def test_the_cosignature_is_that_of_the_specification() -> None:
    """Message and key id as tlog-cosignature writes them, put together here by hand."""
    one = note.cosign(TEXT, NAMES[0], WITNESSES[0], 1_679_315_147)
    message = b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()
    key = NAMES[0].encode() + b"\n\x04" + WITNESSES[0].public
    assert one.key_id == hashlib.sha256(key).digest()[:4]
    packed = base64.b64decode(one.line().split(" ")[2])
    assert packed[4:12] == (1_679_315_147).to_bytes(8, "big")
    assert packed[12:] == WITNESSES[0].sign(message)


def test_the_cosigned_example_of_the_specification_is_read() -> None:
    text = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
        "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJs"
        "X3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    parsed = note.parse_checkpoint(text.encode())
    assert parsed.size == 20852163
    witness = parsed.signatures[1]
    assert (witness.name, witness.key_id.hex()) == ("witness.example.com/w1", "8d66cf3f")
    assert int.from_bytes(witness.signature[:8], "big") == 1679315147
    assert len(witness.signature) == 72


# ------------------------------------------------------------------------------------------- ours


def test_the_checkpoint_of_every_height_names_its_block(small: Small) -> None:
    with small.opened() as chain:
        for n in range(4):
            small.apply(chain, small.envelope(put(f"thing_{n}", n)))
        for height in range(chain.height + 1):
            signer = small.seal_key.signer(chain.sealing_key(height))
            made = checkpoint_at(chain, height, signer)
            parsed = note.parse_checkpoint(made.encode())
            assert note.verify_operator(parsed, small.anchors) == head_at(chain, height)
            assert parsed.root == chain.header(height).log_root
            assert parsed.origin == f"tongjian/small/{chain.chain_id.hex()[:16]}"


def test_the_operator_and_the_witnesses_hold() -> None:
    made = note.parse_checkpoint(signed(0, 2).encode())
    assert note.verify_operator(made, trust()) == HEAD
    assert note.verify_quorum(made, trust(2)) == (
        note.Cosigned(NAMES[0], 1_790_000_000),
        note.Cosigned(NAMES[2], 1_790_000_002),
    )


def test_a_quorum_that_is_not_met_says_who_signed() -> None:
    with pytest.raises(CheckpointInvalid, match=r"1 of 3 trusted witnesses .*/1.* demands 2"):
        note.verify_quorum(signed(0), trust(2))
    with pytest.raises(CheckpointInvalid, match="none"):
        note.verify_quorum(signed(), trust(1))


def test_one_witness_counts_once_however_often_it_signs() -> None:
    lines = [note.cosign(TEXT, NAMES[0], WITNESSES[0], time) for time in (5, 9, 7)]
    made = note.make_checkpoint(TEXT, tuple(lines))
    assert note.find_cosignatures(made, trust()) == (note.Cosigned(NAMES[0], 9),)


def test_a_witness_that_is_not_trusted_does_not_count() -> None:
    assert note.find_cosignatures(signed(3), trust()) == ()


def test_the_name_of_a_witness_with_the_key_of_another_does_not_count() -> None:
    forged = note.cosign(TEXT, NAMES[0], WITNESSES[3], 1)
    assert note.find_cosignatures(note.make_checkpoint(TEXT, (forged,)), trust()) == ()
    hint = note.compute_key_hint(NAMES[0], note.COSIGNER_KEY, WITNESSES[0].public)
    hinted = note.NoteSignature(NAMES[0], hint, forged.signature)
    with pytest.raises(CheckpointInvalid, match="does not hold"):
        note.find_cosignatures(note.make_checkpoint(TEXT, (hinted,)), trust())


def test_signatures_of_several_files_are_put_together() -> None:
    merged = note.merge([signed(0), signed(1), signed(0)])
    assert len(note.verify_quorum(merged, trust(2))) == 2
    assert len(merged.signatures) == 3
    other = note.make_text(ORIGIN, Head(6, HEAD.root, 4, HEAD.header_hash))
    with pytest.raises(CheckpointInvalid, match="different heads"):
        note.merge([signed(0), note.make_checkpoint(other, (note.sign(other, ORIGIN, OPERATOR),))])


def test_a_checkpoint_of_another_ledger_or_key_is_refused() -> None:
    other = Anchors(chain="22" * 32, label="made-up", hash="sha256", seals=trust().seals)
    with pytest.raises(CheckpointInvalid, match="is of tongjian/made-up/1111"):
        note.verify_operator(signed(), other)
    stranger = note.make_checkpoint(TEXT, (note.sign(TEXT, ORIGIN, WITNESSES[0]),))
    with pytest.raises(CheckpointInvalid, match="not signed"):
        note.verify_operator(stranger, trust())
    early = Anchors(
        chain="11" * 32,
        label="made-up",
        hash="sha256",
        seals=[SealAnchor(from_height=4, suite="ed25519", public=OPERATOR.public.hex())],
    )
    with pytest.raises(CheckpointInvalid, match="no seal key counts"):
        note.verify_operator(signed(), early)


@given(st.data())
@settings(max_examples=300)
def test_a_changed_byte_never_leaves_two_witnesses_and_another_head(data: st.DataObject) -> None:
    whole = signed(0, 1, 2).encode()
    position = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[position] ^= data.draw(st.integers(1, 255))
    try:
        parsed = note.parse_checkpoint(bytes(changed))
        note.verify_quorum(parsed, trust(2))
    except CheckpointInvalid:
        return
    assert parsed.text == TEXT


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "blank line"),
        (b"\xff\n\n", "UTF-8"),
        (bytes(note.CHECKPOINT_BYTES_MAX + 1), "at most"),
        (b"a\t\n1\nAA==\n\n", "control"),
        (b"a\n1\n\n\xe2\x80\x94 n AAAAAAA=\n", "blank line"),
        (b"a\n01\nAA==\n\n\xe2\x80\x94 n AAAAAAA=\n", "size"),
        (b"a\n9999999999999999999\nAA==\n\n\xe2\x80\x94 n AAAAAAA=\n", "size"),
        (b"a\n1\n%%%\n\n\xe2\x80\x94 n AAAAAAA=\n", "base64"),
        (b"a\n1\nAA==\n\n\xe2\x80\x94 n AAAAAAA=\n", "32 bytes"),
        (TEXT.encode() + b"\n- n AAAAAAA=\n", "dash"),
        (TEXT.encode() + b"\n\xe2\x80\x94 a+b AAAAAAA=\n", "dash"),
        (TEXT.encode() + b"\n\xe2\x80\x94 n AAAA\n", "too short"),
        (TEXT.encode() + b"\n\xe2\x80\x94 n AAAAAAB=\n", "base64"),
        (TEXT.encode() + b"\n" + b"\xe2\x80\x94 n AAAAAAA=\n" * 65, "at most"),
    ],
)
def test_what_is_no_checkpoint_is_told(data: bytes, why: str) -> None:
    with pytest.raises(CheckpointInvalid, match=why):
        note.parse_checkpoint(data)


# ------------------------------------------------------------------------------------- trust files

PUBLIC = WITNESSES[0].public.hex()


@pytest.mark.parametrize(
    ("witnesses", "quorum", "why"),
    [
        ([(NAMES[0], PUBLIC)], 2, "quorum"),
        ([(NAMES[0], PUBLIC)], -1, "quorum"),
        ([(NAMES[0], PUBLIC), (NAMES[1], PUBLIC)], 1, "key of its own"),
        ([(NAMES[0], PUBLIC), (NAMES[0], WITNESSES[1].public.hex())], 1, "key of its own"),
        ([(NAMES[0], OPERATOR.public.hex())], 1, "not the operator"),
        ([("two words", PUBLIC)], 1, "spaces"),
        ([("a+b", PUBLIC)], 1, "plus"),
        ([(NAMES[0], "00" * 32)], 1, "canonical"),
    ],
)
def test_a_trust_file_with_unusable_witnesses_is_refused(
    witnesses: list[tuple[str, str]], quorum: int, why: str
) -> None:
    import json

    plain = trust()
    document = {
        "chain": plain.chain,
        "label": plain.label,
        "hash": plain.hash,
        "seals": [{"from_height": 0, "suite": "ed25519", "public": OPERATOR.public.hex()}],
        "witnesses": [{"name": name, "public": public} for name, public in witnesses],
        "quorum": quorum,
    }
    with pytest.raises(AnchorsInvalid, match=why):
        Anchors.decode(json.dumps(document).encode())
