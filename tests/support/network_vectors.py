"""Golden vectors of seals of a network: certificates that seal a header, and some that do not."""

import json
from collections.abc import Iterator
from typing import Any

from network_forger import (
    ABSENT,
    FLAG,
    FOR_BLOCK,
    NIL,
    PARTS,
    PARTS_HASH,
    SIGNATURE,
    VALIDATORS,
    VOTES,
    Member,
    Network,
    key_of,
    name_of,
    network_of,
    of_bytes,
    receipt_of,
    set_hash,
    shown,
    to_sign,
    trust_of,
)
from network_seals import FOUR, LATER, NEXT, STRANGERS
from receipt_forger import Parts, replaced, take_apart

Vector = tuple[str, bytes, str]
"""What it is, the receipt, the name of its trust file."""
HEIGHT = 9


def resealed(kinds: dict[str, bytes]) -> dict[str, bytes]:
    """Return receipts of every kind as four validators seal them, one of whom was absent."""
    made = {}
    for number, (name, receipt) in enumerate(kinds.items()):
        parts = take_apart(receipt)
        voters = {member.number for member in FOUR} - {number % 4}
        made[name] = receipt_of(parts, [[], [network_of(parts).block(HEIGHT, FOUR, voters)]])
    return made


def trusts(trust: dict[str, Any], height: int) -> dict[str, Any]:
    """Return trust files: of the network, of a later set, of a ledger that became a network."""
    text = json.dumps(trust)
    return {
        "trust": json.loads(trust_of(text, set_hash(FOUR))),
        "trust_of_later_validators": json.loads(trust_of(text, set_hash(LATER))),
        "trust_of_operator_before": json.loads(trust_of(text, set_hash(FOUR), height)),
        "trust_of_operator_still": json.loads(trust_of(text, set_hash(FOUR), height + 1)),
    }


def vectors(row: bytes) -> Iterator[Vector]:
    """Give receipts of a row at the tip that the operator sealed, under seals of a network."""
    parts = take_apart(row)
    yield "row, sealed by the operator", row, "trust"
    yield "row, sealed by the operator", row, "trust_of_operator_before"
    yield "row, sealed by the operator", row, "trust_of_operator_still"
    network = network_of(parts)
    one = receipt_of(parts, [[], [network.block(HEIGHT, FOUR)]])
    yield "row, as the network begins", one, "trust_of_operator_before"
    yield "row, before the network begins", one, "trust_of_operator_still"
    yield "row, an old set of validators", one, "trust_of_later_validators"
    for name, trusted, steps in (*_followed(network), *_not_followed(network), *_few(network)):
        yield f"row, {name}", receipt_of(parts, [trusted, steps]), "trust"
    yield from _changed(parts, network)


Certified = tuple[str, list[Any], list[Any]]


def _followed(network: Network) -> Iterator[Certified]:
    first, next_ = network.block(HEIGHT, FOUR), network.block(HEIGHT + 2, NEXT)
    yield "another set by a step", [], [first, next_]
    yield "another set by the trusted one", shown(FOUR), [next_]
    yield "two sets later", shown(FOUR), [next_, network.block(HEIGHT + 9, LATER)]
    yield "a later round", [], [network.block(HEIGHT, FOUR, (0, 1, 3), round_=3, parts=2)]
    yield "votes without a time", [], [network.block(HEIGHT, FOUR, seconds=0, nanoseconds=0)]
    yield "strangers before, unused", [], [network.block(1, STRANGERS), first]
    uneven = [*FOUR[:3], Member(3, 25)]
    yield "other powers by the trusted set", shown(FOUR), [network.block(HEIGHT, uneven, (1, 2, 3))]


def _not_followed(network: Network) -> Iterator[Certified]:
    first, next_ = network.block(HEIGHT, FOUR), network.block(HEIGHT + 2, NEXT)
    yield "another set out of nowhere", [], [next_]
    yield "a set between left out", [], [first, network.block(HEIGHT + 9, LATER)]
    yield "strangers", [], [network.block(HEIGHT, STRANGERS)]
    yield "heights that do not ascend", [], [first, network.block(HEIGHT, NEXT)]
    third = [Member(0), Member(4), Member(5)]
    yield "a fourth of the power follows", shown(FOUR), [network.block(HEIGHT, third)]
    elsewhere = Network(bytes(32), network.header_hash)
    yield "another network", [], [elsewhere.block(HEIGHT, FOUR)]
    other = Network(network.chain, bytes(32))
    yield "another header of the ledger", [], [other.block(HEIGHT, FOUR)]


def _few(network: Network) -> Iterator[Certified]:
    yield "one validator of four", [], [network.block(HEIGHT, FOUR, (0,))]
    yield "two validators of four", [], [network.block(HEIGHT, FOUR, (0, 1))]
    strong = [Member(0, 2), Member(1), Member(2), Member(3)]
    yield "not by its own power", shown(FOUR), [network.block(HEIGHT, strong, (0,))]


def _changed(parts: Parts, network: Network) -> Iterator[Vector]:
    block = network.block(HEIGHT, FOUR)
    votes, name = block[VOTES], name_of(network.chain)
    nothing = [*block[:PARTS], 0, b"", *block[PARTS_HASH + 1 :]]
    nil = key_of(0).sign(to_sign(nothing, votes[0], name, HEIGHT)).signature
    changes: tuple[tuple[str, tuple[int, ...], Any], ...] = (
        ("one vote four times", (VOTES,), votes[:1] * 4),
        ("votes in each other's place", (VOTES,), votes[::-1]),
        ("a vote less", (VOTES,), votes[:-1]),
        ("votes for no block", (VOTES,), [[NIL, *vote[1:3], nil] for vote in votes]),
        ("votes for no block as votes for it", (VOTES, 0, SIGNATURE), nil),
        ("an absent one called present", (VOTES, 0), [FOR_BLOCK, 0, 0, b""]),
        ("another time of a vote", (VOTES, 1, 1), votes[1][1] + 1),
        ("a flag of no kind", (VOTES, 2, FLAG), 4),
        ("a power beyond its bounds", (VALIDATORS, 0, 1), 2**63 - 1),
        ("a validator twice", (VALIDATORS, 1), block[VALIDATORS][0]),
        ("validators in another order", (VALIDATORS,), block[VALIDATORS][::-1]),
        ("a changed app hash", (0, 10), of_bytes(1, bytes(32))),
        ("a field less", (0,), block[0][:-1]),
        ("a height in a longer form", (0, 2), b"\x08\x89\x00"),
    )
    for what, place, value in changes:
        receipt = receipt_of(parts, [[], [replaced(block, place, value)]], set_hash(FOUR))
        yield f"row, {what}", receipt, "trust"
    absent = replaced(block, (VOTES, 0), [ABSENT, 7, 7, bytes(64)])
    yield "row, what an absent one says", receipt_of(parts, [[], [absent]]), "trust"
    protected = receipt_of(parts, [[], [block]], set_hash(NEXT))
    yield "row, another set named in protected", protected, "trust"
