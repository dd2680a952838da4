"""The light client: a network's seal holds under the trusted validators, and no other does."""

import base64
from collections.abc import Sequence
from typing import Any

import light_blocks
import pytest
from nacl.signing import SigningKey

from tongjian.core import values
from tongjian.core.encoding import encode, replace
from tongjian.core.hashing import sha256
from tongjian.core.validators import compute_address
from tongjian.engines.comet.certificates import leaves_of, read_light_block, read_time
from tongjian.verifier import light
from tongjian.verifier.light import (
    CERTIFICATES,
    CertificateInvalid,
    LightBlock,
    ValidatorShown,
    engine_chain_of,
    make_certificate,
    verify_certificate,
)
from tongjian.verifier.protobuf import pack_uvarint

CHAIN = sha256(b"chain")
OTHER = sha256(b"another chain")
HEAD = sha256(b"header of the ledger")
KEYS = [SigningKey(sha256(b"light %d" % n)) for n in range(12)]
FIRST, LATER = range(4), range(4, 8)


def powers(numbers: Sequence[int], power: int = 10) -> dict[SigningKey, int]:
    return light_blocks.equal([KEYS[n] for n in numbers], power)


def shown(numbers: Sequence[int], power: int = 10) -> tuple[ValidatorShown, ...]:
    return light_blocks.shown(powers(numbers, power))


def set_hash(numbers: Sequence[int], power: int = 10) -> bytes:
    return light_blocks.set_hash(powers(numbers, power))


def block(
    numbers: Sequence[int] = FIRST,
    signers: Sequence[int] | None = None,
    *,
    head: bytes = HEAD,
    chain: bytes = CHAIN,
    **other: Any,
) -> LightBlock:
    chosen = None if signers is None else [KEYS[n] for n in signers]
    return light_blocks.block(powers(numbers), chosen, head=head, chain=chain, **other)


def check(*steps: LightBlock, trusted: Sequence[int] = (), anchor: Sequence[int] = FIRST) -> Any:
    certificate = make_certificate(shown(trusted) if trusted else (), steps)
    return verify_certificate(certificate, CHAIN, set_hash(anchor), HEAD)


def test_more_than_two_thirds_seal_a_header() -> None:
    sealed = check(block(round_=3))
    assert (sealed.height, sealed.signers, sealed.power, sealed.total) == (9, 4, 40, 40)
    assert sealed.time_ms == 1_795_000_009_000
    assert check(block(signers=(0, 1, 2))).power == 30


@pytest.mark.parametrize("signers", [(), (0,), (0, 1)])
def test_two_thirds_or_less_seal_nothing(signers: Sequence[int]) -> None:
    with pytest.raises(CertificateInvalid, match="more than two thirds"):
        check(block(signers=signers))
    with pytest.raises(CertificateInvalid, match="power 20 of 30"):
        check(block(range(3), (0, 1)), anchor=range(3))


def test_an_old_set_of_validators_seals_nothing_under_a_newer_trust_file() -> None:
    with pytest.raises(CertificateInvalid, match="other validators than those of the trust"):
        check(block(FIRST), anchor=LATER)
    with pytest.raises(CertificateInvalid, match="nothing leads"):
        check(block(FIRST), trusted=FIRST, anchor=LATER)
    with pytest.raises(CertificateInvalid, match="power 0 of 40"):
        check(block(FIRST), trusted=LATER, anchor=LATER)


def test_another_header_of_the_ledger_is_not_what_was_sealed() -> None:
    with pytest.raises(CertificateInvalid, match="names another block of the ledger"):
        check(block(head=sha256(b"other")))


def test_a_changed_field_of_the_engine_breaks_every_vote() -> None:
    made = block()
    for place in range(light.LEAVES):
        leaves = list(made.header)
        leaves[place] = leaves[place][:-1] + bytes([leaves[place][-1] ^ 1])
        with pytest.raises(CertificateInvalid):
            check(replace(made, header=tuple(leaves)))
    for change in ({"round": 1}, {"parts": 2}, {"parts_hash": values.digest(bytes(32))}):
        with pytest.raises(CertificateInvalid, match="vote 0"):
            check(replace(made, **change))
    votes = (replace(made.votes[0], nanos=made.votes[0].nanos + 1), *made.votes[1:])
    with pytest.raises(CertificateInvalid, match="vote 0"):
        check(replace(made, votes=votes))


def test_votes_count_once_and_stand_for_their_own_validator() -> None:
    made = block(signers=(0, 1))
    by_flag = sorted(made.votes, key=lambda vote: vote.flag)
    with pytest.raises(CertificateInvalid):
        check(replace(made, votes=(by_flag[-1],) * 4))
    with pytest.raises(CertificateInvalid, match="3 votes stand for 4"):
        check(replace(made, votes=made.votes[:3]))
    with pytest.raises(CertificateInvalid, match="other validators than those shown"):
        check(replace(made, validators=(made.validators[0],) * 4))
    turned = tuple(reversed(made.validators))
    with pytest.raises(CertificateInvalid, match="engine's order"):
        check(replace(made, validators=turned))


def test_another_network_seals_nothing_here() -> None:
    with pytest.raises(CertificateInvalid, match="not of the network"):
        check(block(chain=OTHER))


def test_validators_are_followed_where_a_third_of_those_before_signed() -> None:
    middle = block((2, 3, 4, 5), height=20, head=sha256(b"x"))
    last = block(LATER, height=30)
    assert check(middle, last, trusted=FIRST).height == 30
    with pytest.raises(CertificateInvalid, match="more than a third"):
        check(last, trusted=FIRST)
    with pytest.raises(CertificateInvalid, match="step 20 of the certificate comes after 20"):
        check(middle, block(LATER, height=20), trusted=FIRST)
    for anchor in (FIRST, (2, 3, 4, 5), LATER):
        assert check(middle, last, trusted=FIRST, anchor=anchor).set_hash == set_hash(LATER)
    with pytest.raises(CertificateInvalid, match="nothing leads"):
        check(middle, last, trusted=FIRST, anchor=(8, 9))
    barely = block((3, 4, 5, 6), height=20, head=sha256(b"x"))
    with pytest.raises(CertificateInvalid, match="power 10 of 40"):
        check(barely, block((4, 5, 6, 7), height=30), trusted=FIRST)


def test_a_certificate_has_one_form() -> None:
    data = make_certificate((), (block(),))
    assert encode(CERTIFICATES.decode(data)) == data
    for bad in (data + b"\0", data[:-1], b"", b"\x92\x90\x90"):
        with pytest.raises(CertificateInvalid, match="cannot be decoded"):
            verify_certificate(bad, CHAIN, set_hash(FIRST), HEAD)


def test_the_engines_own_words_are_read() -> None:
    """Numbers as text, hashes in upper case, fractions cut: the forms of its JSON."""
    assert read_time("2026-11-22T03:23:18.71Z") == (1_795_317_798, 710_000_000)
    assert read_time("2026-11-22T03:23:18Z") == (1_795_317_798, 0)
    assert pack_uvarint(-1) == b"\xff" * 9 + b"\x01"
    header = {
        "version": {"block": "11", "app": "1"},
        "chain_id": engine_chain_of(CHAIN),
        "height": "1",
        "time": "2026-11-22T03:23:18.711000001Z",
        "last_block_id": {"hash": "", "parts": {"total": 0, "hash": ""}},
        **dict.fromkeys(
            (
                "last_commit_hash",
                "data_hash",
                "next_validators_hash",
                "consensus_hash",
                "last_results_hash",
                "evidence_hash",
                "proposer_address",
            ),
            "AB" * 32,
        ),
        "validators_hash": set_hash((0,)).hex().upper(),
        "app_hash": HEAD.hex().upper(),
    }
    leaves = leaves_of(header)
    assert leaves[4] == b"\x12\x00"
    made = light_blocks.sign(replace(block((0,)), header=leaves), KEYS[:1], 1, CHAIN)
    public = bytes(KEYS[0].verify_key)
    vote = made.votes[0]
    signed = {
        "header": header,
        "commit": {
            "round": 0,
            "block_id": {
                "hash": light.header_hash(leaves).hex().upper(),
                "parts": {"total": 1, "hash": made.parts_hash.hex().upper()},
            },
            "signatures": [
                {
                    "block_id_flag": 2,
                    "validator_address": compute_address(public).hex().upper(),
                    "timestamp": "2026-11-21T11:08:20Z",
                    "signature": base64.b64encode(vote.signature).decode(),
                }
            ],
        },
    }
    listed = [{"pub_key": {"value": base64.b64encode(public).decode()}, "voting_power": "10"}]
    read = read_light_block(signed, listed)
    assert read.header == leaves
    assert read.validators == made.validators
