"""Sets of validators: how they are shown, and how one follows another, is judged alike."""

from collections.abc import Iterator
from typing import Any

from network_forger import (
    ABSENT,
    FLAG,
    FOR_BLOCK,
    OF_VALIDATORS,
    SIGNATURE,
    STEPS,
    VALIDATORS,
    VOTES,
    Member,
    Network,
    hash_of_shown,
    key_of,
    name_of,
    of_bytes,
    public_of,
    receipt_of,
    set_hash,
    shown,
    to_sign,
    trust_of,
)
from network_seals import (
    FOUR,
    LATER,
    NEXT,
    SEAL,
    STRANGERS,
    UNEVEN,
    Named,
    Sealed,
    assert_held,
    assert_refused,
)
from receipt_forger import replaced
from receipt_town import Town
from second_verifier import Case, assert_agreement, needs_js

pytestmark = needs_js


# -------------------------------------------------------------------------------- the validators


def changed_sets(sealed: Sealed) -> Named:
    """Give sets that are not shown as they must be, each voted for by all of its members."""

    def made(validators: list[Any], numbers: list[int]) -> Any:
        field = {OF_VALIDATORS: of_bytes(1, hash_of_shown(validators))}
        block = sealed.network.block(9, FOUR, fields=field)
        name = name_of(sealed.network.chain)
        votes = [[FOR_BLOCK, 1, 1, b""] for _ in validators]
        for vote, number in zip(votes, numbers, strict=True):
            vote[SIGNATURE] = key_of(number).sign(to_sign(block, vote, name, 9)).signature
        return [[], [[*block[:VOTES], votes, validators]]]

    four = shown(FOUR)
    numbers = [[public_of(n) for n in range(4)].index(key) for key, _ in four]
    yield "in another order", made(four[::-1], numbers[::-1])
    yield "one twice", made([four[0], *four[:3]], [numbers[0], *numbers[:3]])
    yield "one twice with two powers", made([[four[1][0], 11], *four], [numbers[1], *numbers])
    for power in (0, 10**6 + 1, 2**31, 2**63 - 1, 2**63, 2**64 - 1, -1, "10", None, True):
        changed = [[four[0][0], power], *four[1:]]
        if isinstance(power, int) and 0 <= power < 2**64:
            yield f"power {power}", made(changed, numbers)
        else:
            block = sealed.network.block(9, FOUR)
            yield f"power {power}", [[], [replaced(block, (VALIDATORS,), changed)]]
    rising = [[four[0][0], 1], *four[1:]]
    yield "the least powerful first", made(rising, numbers)


def test_a_set_has_one_form(town: Town) -> None:
    sealed = Sealed(town)
    asked = []
    for name, made in changed_sets(sealed):
        validators = made[STEPS][0][VALIDATORS]
        known = all(isinstance(power, int) and 0 <= power < 2**64 for _, power in validators)
        set_ = hash_of_shown(validators) if known else sealed.set
        asked.append(Case(name, receipt_of(sealed.parts, made, set_), trust_of(town.trust, set_)))
    assert_refused(asked)


def test_keys_of_small_order_are_judged_alike(town: Town) -> None:
    """A validator's key stands under the rule of keys, whether or not it voted."""
    sealed = Sealed(town)
    weak = [b"\1" + bytes(31), bytes(32), b"\2" + bytes(31), b"\xff" * 32, b"\xee" + b"\xff" * 31]
    asked = []
    for number, key in enumerate(weak):
        four = shown(FOUR)
        places = [*four, [key, 5]]
        field = {OF_VALIDATORS: of_bytes(1, hash_of_shown(places))}
        block = sealed.network.block(9, FOUR, fields=field)
        block[VALIDATORS] = places
        set_ = hash_of_shown(places)
        trust = trust_of(town.trust, set_)
        for vote in ([ABSENT, 0, 0, b""], [FOR_BLOCK, 1, 1, b"\1" + bytes(63)]):
            certificate = [[], [replaced(block, (VOTES,), [*block[VOTES], vote])]]
            receipt = receipt_of(sealed.parts, certificate, set_)
            asked.append(Case(f"{number} {vote[FLAG]}", receipt, trust))
    said = assert_agreement(asked)
    assert [one.failed for one in said[1::2]] == [SEAL] * len(weak)


# ----------------------------------------------------------------------------- changes of the set


def test_a_set_is_followed_where_a_third_of_the_one_before_voted_for_it(sealed: Sealed) -> None:
    network, four = sealed.network, shown(FOUR)
    last = network.block(11, NEXT)
    asked = [
        sealed.case("by a step", network.block(9, FOUR), last),
        sealed.case("by the trusted set", last, trusted=four),
        sealed.case("twice", last, network.block(12, LATER), trusted=four),
        sealed.case("and back", last, network.block(12, FOUR), trusted=four),
        sealed.case(
            "from a step, skipping", network.block(1, FOUR), last, network.block(99, LATER)
        ),
        sealed.case(
            "of those before, two of four", network.block(9, NEXT, (0, 1, 4)), trusted=four
        ),
        sealed.case(
            "known from the middle on", network.block(3, STRANGERS), network.block(9, FOUR), last
        ),
    ]
    assert_held(asked)


def not_followed(sealed: Sealed) -> Iterator[Case]:
    """Give certificates that do not lead from the validators of the trust file to the last step."""
    network, four = sealed.network, shown(FOUR)
    first, last = network.block(9, FOUR), network.block(11, NEXT)
    one_left = [Member(0), Member(4), Member(5)]
    yield sealed.case("strangers", network.block(9, STRANGERS))
    yield sealed.case(
        "strangers who follow themselves", *[network.block(n, STRANGERS) for n in (1, 2)]
    )
    yield sealed.case("strangers after", first, network.block(11, STRANGERS))
    yield sealed.case("strangers by the trusted set", network.block(11, STRANGERS), trusted=four)
    yield sealed.case("strangers between", first, network.block(10, STRANGERS), last)
    yield sealed.case("an old set under a newer trust file", first, set_=sealed.set)._replace(
        trust=trust_of(sealed.town.trust, set_hash(LATER))
    )
    yield sealed.case("one of four, a fourth", network.block(11, one_left), trusted=four)
    yield sealed.case("a jump over the set between", first, network.block(12, LATER))
    yield sealed.case("the set before was not shown", last)
    yield sealed.case("another set is called trusted", last, trusted=shown(NEXT))

    yield sealed.case("the trusted set without one", last, trusted=four[:-1])
    yield sealed.case("the trusted set with one twice", last, trusted=[*four, four[0]])
    yield sealed.case("with other powers", last, trusted=[[key, 11] for key, _ in four])
    yield sealed.case(
        "only absent ones are shared", network.block(11, NEXT, (0, 4, 5)), trusted=four
    )
    yield sealed.case("back in height", network.block(11, FOUR), network.block(9, NEXT))
    yield sealed.case("at one height", network.block(11, FOUR), last)
    yield sealed.case("the same step twice", last, last, trusted=four)


def of_other_shapes(sealed: Sealed) -> Iterator[Case]:
    """Give certificates that are too long, or say of themselves what they are not."""
    network, four = sealed.network, shown(FOUR)
    first, last = network.block(9, FOUR), network.block(11, NEXT)
    weak = network.block(9, FOUR, (0, 1))
    yield sealed.case("a step before that does not hold", weak, last, trusted=four)
    unknown = network.block(3, STRANGERS, (20, 21))
    yield sealed.case("an unknown step that does not hold", unknown, first)
    yield sealed.case("protected names another set", first, set_=set_hash(NEXT))
    yield sealed.case("protected names the set before", first, last, set_=sealed.set)
    yield sealed.case("65 steps", *[network.block(height, FOUR) for height in range(1, 66)])
    yield sealed.case("no step", set_=sealed.set)
    crowd = [Member(number) for number in range(101)]
    yield sealed.case("101 validators", first, network.block(11, crowd))
    yield sealed.case("101 trusted", first, trusted=shown(crowd))
    early = Network(network.chain, bytes(32))
    yield sealed.case("the header in an earlier step", first, early.block(10, FOUR))


def test_what_does_not_lead_from_the_trust_file_is_refused(sealed: Sealed) -> None:
    assert_refused([*not_followed(sealed), *of_other_shapes(sealed)])


def test_a_third_of_an_uneven_set_is_counted_by_its_own_power(town: Town) -> None:
    """By the power that they had when they were known, not by that which they gave themselves."""
    sealed = Sealed(town, members=UNEVEN)
    risen = [Member(0, 1000), Member(1, 1000), Member(4, 1)]
    fallen = [Member(3, 1), Member(4, 1), Member(5, 1)]
    network, before = sealed.network, shown(UNEVEN)
    (one,) = assert_agreement([sealed.case("risen", network.block(9, risen), trusted=before)])
    (two,) = assert_agreement([sealed.case("fallen", network.block(9, fallen), trusted=before)])
    assert one.failed == SEAL
    assert two.held
