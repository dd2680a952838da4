"""Seals of a network: both verifiers believe the same certificates, and refuse the same."""

import json
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from network_forger import (
    ABSENT,
    FIELDS,
    FLAG,
    FOR_BLOCK,
    HEIGHT,
    NIL,
    OF_VALIDATORS,
    PARTS,
    PARTS_HASH,
    ROUND,
    SIGNATURE,
    TIME,
    VALIDATORS,
    VOTES,
    Member,
    Network,
    hash_of_shown,
    key_of,
    name_of,
    network_of,
    of_bytes,
    of_number,
    receipt_of,
    set_hash,
    shown,
    sign,
    to_sign,
    uvarint,
)
from network_seals import (
    FOUR,
    NEXT,
    SEAL,
    STRANGERS,
    UNEVEN,
    Named,
    Sealed,
    assert_held,
    assert_refused,
)
from receipt_forger import longer_forms, random_change, replaced, take_apart
from receipt_town import Town
from second_verifier import Case, assert_agreement, needs_js

pytestmark = needs_js


# ------------------------------------------------------------------------------------------ sound


def test_receipts_of_every_kind_hold_under_the_seal_of_a_network(town: Town) -> None:
    asked = []
    for name in town.receipts:
        sealed = Sealed(town, name)
        asked.append(sealed.case(name, sealed.network.block(9, FOUR, (0, 1, 2))))
    for name, bundle in town.bundles.items():
        parts = take_apart(bundle)
        block = network_of(parts).block(9, FOUR)
        asked.append(Case(name, receipt_of(parts, [[], [block]]), Sealed(town).trust))
    assert_held(asked)


def test_sound_certificates_of_other_shapes_hold(sealed: Sealed) -> None:
    network, four = sealed.network, shown(FOUR)
    many = [Member(number, 1 + number % 3) for number in range(100)]
    largest = [Member(number, 10**6) for number in range(4)]
    steps = [network.block(height, FOUR, (1, 2, 3)) for height in range(2, 66)]
    asked = [
        sealed.case("a later round", network.block(9, FOUR, round_=2**31 - 1, parts=2**31 - 1)),
        sealed.case("a high block", network.block(2**40, FOUR)),
        sealed.case("the validators shown twice", network.block(9, FOUR), trusted=four),
        sealed.case("64 steps", *steps),
        sealed.case(
            "strangers before, who prove nothing",
            network.block(1, STRANGERS),
            network.block(2, FOUR),
        ),
        sealed.case("a set of others before, unused", network.block(9, FOUR), trusted=four[:1]),
    ]
    for name, members in (("many", many), ("the largest powers", largest), ("uneven", UNEVEN)):
        other = Sealed(sealed.town, members=members)
        asked.append(other.case(name, network.block(9, members)))
    one = Sealed(sealed.town, members=[Member(3)])
    asked.append(one.case("one alone", network.block(1, [Member(3)])))
    assert_held(asked)


def test_votes_at_the_edges_of_their_bounds_are_judged_alike(sealed: Sealed) -> None:
    network = sealed.network
    times: list[tuple[int, int]] = [
        (0, 0),
        (0, 1),
        (1, 0),
        (2**53 + 1, 999_999_999),
        (2**62, 0),
        (2**62 + 1, 0),
        (2**63 - 1, 0),
        (1, 10**9),
    ]
    asked = [
        sealed.case(f"{seconds}.{rest}", network.block(9, FOUR, seconds=seconds, nanoseconds=rest))
        for seconds, rest in times
    ]
    asked += [
        sealed.case(f"round {value}", network.block(9, FOUR, round_=value))
        for value in (2**31, 2**32)
    ]
    asked += [
        sealed.case(f"parts {value}", network.block(9, FOUR, parts=value)) for value in (0, 2**31)
    ]
    said = assert_agreement(asked)
    assert len([one for one in said if one.held]) == 5


# ------------------------------------------------------------------------------------------ power


@pytest.mark.parametrize(
    ("members", "voters", "enough"),
    [
        (FOUR, (0,), False),
        (FOUR, (0, 1), False),
        (FOUR, (1, 3), False),
        (FOUR, (0, 2, 3), True),
        (FOUR, (), False),
        ([Member(number) for number in range(3)], (0, 1), False),
        ([Member(number) for number in range(3)], (0, 1, 2), True),
        (UNEVEN, (2, 3), True),
        (UNEVEN, (1, 3), False),
        (UNEVEN, (0, 1, 2), False),
        ([Member(0, 2), Member(1, 1)], (0,), False),
        ([Member(0, 2001), Member(1, 1000)], (0,), True),
        ([Member(0, 2000), Member(1, 1000)], (0,), False),
        ([Member(0, 10**6), *(Member(number, 1) for number in range(1, 100))], (0,), True),
    ],
)
def test_more_than_two_thirds_of_the_power_seal(
    town: Town, members: list[Member], voters: tuple[int, ...], *, enough: bool
) -> None:
    sealed = Sealed(town, members=members)
    asked = [sealed.case("made", sealed.network.block(9, members, voters))]
    (assert_held if enough else assert_refused)(asked)


def changed_votes(sealed: Sealed) -> Named:
    """Give certificates whose votes are not three good ones of four."""
    block = sealed.network.block(9, FOUR)
    three = sealed.network.block(9, FOUR, (0, 1, 2))
    votes = block[VOTES]

    def made(changed: list[Any]) -> Any:
        return [[], [replaced(block, (VOTES,), changed)]]

    yield "one vote four times", made([votes[0]] * 4)
    yield "votes of each other's place", made(votes[::-1])
    yield "a vote less", made(votes[:-1])
    yield "a vote more", made([*votes, votes[0]])
    yield "none", made([])
    for place in range(4):
        for flag in (0, ABSENT, NIL, 4, 2**31):
            changed = [list(vote) for vote in votes]
            changed[place][FLAG] = flag
            changed[place - 1][FLAG] = ABSENT
            yield f"flags {place} {flag}", made(changed)
        for signature in (b"", bytes(64), bytes(63), bytes(65), votes[place][SIGNATURE][:-1]):
            yield f"signature {place}", made(replaced(votes, (place, SIGNATURE), signature))
        for field in (1, 2):
            other = votes[place][field] + 1
            yield f"time {place}", made(replaced(votes, (place, field), other))
    absent = [vote[FLAG] for vote in three[VOTES]].index(ABSENT)
    for vote in ([FOR_BLOCK, 0, 0, b""], [FOR_BLOCK, 1, 1, bytes(64)]):
        yield "who was absent", [[], [replaced(three, (VOTES, absent), vote)]]
    name = name_of(sealed.network.chain)
    nothing = [*block[:PARTS], 0, b"", *block[PARTS_HASH + 1 :]]
    nil = [
        [FOR_BLOCK, *vote[1:3], key_of(0).sign(to_sign(nothing, vote, name, 9)).signature]
        for vote in votes
    ]
    yield "votes for no block, called votes for this one", made(nil)
    yield "votes for no block", made([[NIL, *vote[1:]] for vote in nil])


def test_votes_count_once_for_whom_they_stand_and_for_this_block(sealed: Sealed) -> None:
    assert_refused(sealed.cases(changed_votes(sealed)))


def test_what_an_absent_validator_says_counts_for_nothing(sealed: Sealed) -> None:
    three = sealed.network.block(9, FOUR, (0, 1, 2))
    absent = [vote[FLAG] for vote in three[VOTES]].index(ABSENT)
    says = [[ABSENT, 5, 5, bytes(64)], [NIL, 5, 5, bytes(64)], [NIL, 0, 0, b"\1"]]
    certificates = [
        (f"{number}", [[], [replaced(three, (VOTES, absent), vote)]])
        for number, vote in enumerate(says)
    ]
    assert_held(sealed.cases(iter(certificates)))


# ------------------------------------------------------------------------------------- the block


def changed_blocks(sealed: Sealed) -> Named:
    """Give blocks that validators of the network did vote for, and that seal nothing here."""
    network, chain = sealed.network, sealed.network.chain
    other = Network(bytes(32), network.header_hash)
    yield "of another network", [[], [other.block(9, FOUR)]]
    yield "for another header", [[], [Network(chain, bytes(32)).block(9, FOUR)]]
    yield "for no header", [[], [Network(chain, b"").block(9, FOUR)]]
    yield "signed for another height", [[], [network.block(9, FOUR, signed_height=8)]]
    renamed = network.block(9, FOUR, fields={1: of_bytes(1, name_of(bytes(32)))})
    yield "another network's name over this one's votes", [[], [renamed]]
    chains = [b"", name_of(chain), of_bytes(2, name_of(chain)), of_bytes(1, name_of(chain)[:-1])]
    long = b"\x0a\xab\x00" + name_of(chain)
    for value in (
        *chains,
        of_bytes(1, name_of(chain)) * 2,
        of_bytes(1, name_of(chain)) + b"\0",
        long,
    ):
        yield f"chain {value.hex()}", [[], [network.block(9, FOUR, fields={1: value})]]
    for value in (b"", of_bytes(1, bytes(32)), of_bytes(1, set_hash(NEXT)), set_hash(FOUR)):
        field = {OF_VALIDATORS: value}
        yield f"validators {value.hex()}", [[], [network.block(9, FOUR, fields=field)]]
    block = network.block(9, FOUR)
    for place in range(14):
        for value in (b"", bytes(33), b"\xff", block[FIELDS][place] + b"\0"):
            changed = replaced(block, (FIELDS, place), value)
            yield f"field {place} {value.hex()}", [[], [changed]]
    for place, value in ((ROUND, 1), (PARTS, 2), (PARTS_HASH, b"\1" * 32), (PARTS_HASH, b"")):
        yield f"place {place} {value!r}", [[], [replaced(block, (place,), value)]]
    fields = block[FIELDS]
    for changed in (fields[:-1], [*fields, b""], [], fields[::-1]):
        yield f"{len(changed)} fields", [[], [replaced(block, (FIELDS,), changed)]]


def test_validators_of_another_block_seal_nothing_here(sealed: Sealed) -> None:
    assert_refused(sealed.cases(changed_blocks(sealed)))


def forms_of_numbers() -> Iterator[tuple[int, bytes]]:
    """Give other ways to write the height 9, and times."""
    for value in (0, 1, 2**31, 2**40, 2**40 + 1, 2**53, 2**62, 2**63 - 1, 2**63, 2**64 - 1):
        yield HEIGHT, b"\x08" + uvarint(value)
        yield HEIGHT, of_number(1, value)
        yield TIME, of_number(1, value) + of_number(2, 5)
        yield TIME, of_number(1, 5) + of_number(2, value)
    nine = of_number(1, 9)
    for other in (b"\x08\x89\x00", nine + nine, nine + of_number(2, 1), of_number(2, 9), b"\x08"):
        yield HEIGHT, other
    for other in (
        b"\x09" + bytes(8),
        b"\x0a\x01\x09",
        b"\x88\x00\x09",
        nine + b"\x10\x00",
        b"\x89",
    ):
        yield HEIGHT, other
    seconds, rest = of_number(1, 7), of_number(2, 7)
    for other in (b"", seconds, rest, rest + seconds, seconds + seconds, seconds + rest + rest):
        yield TIME, other
    for other in (b"\x08\x00" + rest, seconds + b"\x10\x00", seconds + rest + of_number(3, 1)):
        yield TIME, other
    for value in (999_999_999, 10**9, 2**32):
        yield TIME, seconds + of_number(2, value)


def test_every_form_of_height_and_time_is_judged_alike(sealed: Sealed) -> None:
    def blocks() -> Named:
        for place, value in forms_of_numbers():
            height = 9
            if place == HEIGHT and value[:1] == b"\x08":
                numbers = [byte & 0x7F for byte in value[1:]]
                height = sum(number << 7 * at for at, number in enumerate(numbers)) % 2**64
            made = sealed.network.block(9, FOUR, fields={place: value}, signed_height=height)
            yield f"{place} {value.hex()}", [[], [made]]

    asked = sealed.cases(blocks())
    said = assert_agreement(asked)
    assert {one.failed for one in said} == {None, SEAL}


# ------------------------------------------------------------------------------------------ bytes


def test_random_changes_of_a_certificate_get_the_same_verdict(sealed: Sealed) -> None:
    chance = random.Random("certificates")
    network = sealed.network
    sound = [shown(FOUR), [network.block(9, NEXT), network.block(10, FOUR, (0, 1, 2))]]

    def changed() -> Named:
        for number in range(150):
            made = random_change(sound, chance)
            yield f"change {number}", msgspec.msgpack.encode(made)

    assert SEAL in {one.failed for one in assert_agreement(sealed.cases(changed()))}


def test_a_certificate_has_one_encoding(sealed: Sealed) -> None:
    sound = [[], [sealed.network.block(9, FOUR)]]
    encoded = msgspec.msgpack.encode(sound)
    forms: list[bytes] = list(longer_forms(sound))[::3]
    forms += [
        encoded + b"\0",
        encoded[:-1],
        b"",
        b"\x90",
        b"\x92\x90\x90",
        encoded + bytes(1 << 20),
    ]
    assert_refused(sealed.cases((str(number), form) for number, form in enumerate(forms)))


def test_a_flip_of_any_byte_is_refused_at_the_same_step(sealed: Sealed) -> None:
    receipt = sealed.receipt(sealed.network.block(9, FOUR, (0, 1, 2)))

    def flips() -> Iterator[Case]:
        for place in range(sealed.set[0] % 8, len(receipt), 8):
            changed = bytearray(receipt)
            changed[place] ^= 0x20
            yield Case(f"byte {place}", bytes(changed), sealed.trust)

    said = assert_agreement(list(flips()))
    assert all(one.failed for one in said)


# ------------------------------------------------------------------------------------------ trust


def trusts(sealed: Sealed) -> Iterator[tuple[str, str]]:
    """Give trust files of networks and of operators, usable ones first."""
    right = json.loads(sealed.town.trust)
    (operator,) = right["seals"]
    seal = {"from_height": 0, "suite": "cometbft", "public": sealed.set.hex()}
    height = msgspec.msgpack.decode(sealed.parts.header)[2]
    lists: list[list[dict[str, object]]] = [
        [seal],
        [operator, {**seal, "from_height": height}],
        [operator, {**seal, "from_height": height + 1}],
        [seal, {**operator, "from_height": height}],
        [seal, {**operator, "from_height": height + 1}],
        [{**seal, "public": set_hash(NEXT).hex()}],
        [{**seal, "public": bytes(32).hex()}],
        [{**seal, "public": hash_of_shown([]).hex()}],
        [{**seal, "public": sealed.set.hex().upper()}],
        *([{**seal, "public": public}] for public in (sealed.set.hex()[2:], "", "x" * 64, 1)),
        *([{**seal, "suite": suite}] for suite in ("CometBFT", "comet", 16)),
        [{**seal, "height": 1}],
        [seal, seal],
    ]
    for number, seals in enumerate(lists):
        yield str(number), json.dumps({**right, "seals": seals})
    witness = {"name": "w.example", "public": sealed.set.hex()}
    yield "a witness", json.dumps({**right, "seals": [seal], "witnesses": [witness]})


def test_trust_files_of_networks_are_read_alike(sealed: Sealed) -> None:
    receipts = {
        "of a network": sealed.receipt(sealed.network.block(9, FOUR)),
        "of the operator": sealed.town.receipts["row"],
        "with a trusted set of none": sealed.receipt(sealed.network.block(9, FOUR), trusted=[]),
        "later": sealed.receipt(sealed.network.block(9, NEXT), trusted=shown(FOUR)),
    }
    asked = [
        Case(f"{name}, trust {number}", receipt, trust)
        for name, receipt in receipts.items()
        for number, trust in trusts(sealed)
    ]
    said = assert_agreement(asked)
    assert {one.failed for one in said} == {None, SEAL}
    assert len([one for one in said if one.unusable]) > len(said) // 4


def test_validators_may_sign_again_what_they_signed(sealed: Sealed) -> None:
    """Another time under a vote is another signature, and holds."""
    block = sealed.network.block(9, FOUR)
    later = [[FOR_BLOCK, vote[1] + 1, vote[2], b""] for vote in block[VOTES]]
    again = sign(replaced(block, (VOTES,), later), FOUR, name_of(sealed.network.chain), 9)
    assert again != block
    assert_held([sealed.case("again", again)])
    mixed = [*block[:VOTES], again[VOTES][::-1], block[VALIDATORS]]
    assert_refused([sealed.case("mixed", mixed)])
