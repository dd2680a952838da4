"""Keys: enrolment refuses the weak, rotation overlaps, revocation holds from its height on."""

import pytest
from nacl.signing import SigningKey
from possession import NO_PROOF, prove

from tongjian.core import values
from tongjian.core.directory import KEYS, Kernel
from tongjian.core.hashing import sha256
from tongjian.core.signatures import KeySuite, compute_key_id
from tongjian.services.membership.acts_keys import EnrolKey, RevokeKey, RotateKey
from tongjian.services.membership.acts_officers import Suspend, UnseatGovernor
from tongjian.services.membership.acts_offices import CharterKind
from tongjian.services.membership.refusals import Refusal
from tongjian.testkit import Person, World

CITY = "11990100001400700T"
PROVINCE = "11990000001401252U"
FOREVER = values.FOREVER
NOBODY = bytes(16)
ACT = CharterKind(kind=values.name("city"), roles=(), kinds_below=())

# RFC 8032, 5.1: the neutral element; a point of order 8; y above the field prime; off the curve.
WEAK = {
    "neutral element": bytes([1]) + bytes(31),
    "order eight": bytes.fromhex(
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
    ),
    "not canonical": bytes.fromhex(
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
    ),
    "off the curve": bytes([2]) + bytes(31),
    "too long": bytes(33),
}


def public(number: int) -> bytes:
    return bytes(SigningKey(bytes([number]) * 32).verify_key)


def key_id(key: bytes) -> values.KeyId:
    return values.key_id(compute_key_id(sha256, KeySuite.ED25519, key))


class Network(World):
    """Two governing offices, and the city's clerk, registrar and checker."""

    def __init__(self) -> None:
        super().__init__()
        self.office(CITY)
        self.office(PROVINCE, region="990000")
        self.ann = self.person("ann", CITY, "registrar")
        self.bo = self.person("bo", CITY, "registrar_checker")
        self.gao = self.person("gao", CITY, "governor")
        self.pan = self.person("pan", PROVINCE, "governor")
        self.cui = self.person("cui", CITY, "clerk")
        self.parameter("membership", "rotation_overlap_blocks_max", 3)


def proof(holder: bytes, key: bytes) -> bytes:
    """Return the proof of one of the keys above; none of a key that is not."""
    numbers = (number for number in range(1, 9) if public(number) == key)
    return next((prove(bytes([n]) * 32, holder) for n in numbers), NO_PROOF)


def enrol(
    officer: bytes,
    key: bytes,
    *,
    suite: int = 1,
    until_ms: int = FOREVER,
    proven: bytes | None = None,
) -> EnrolKey:
    return EnrolKey(
        officer=officer,
        suite=suite,
        public=key,
        until_ms=values.time_ms(until_ms),
        proof=proof(officer, key) if proven is None else proven,
    )


def rotate(
    who: Person,
    key: bytes,
    new: bytes,
    *,
    overlap: int = 0,
    until_ms: int = FOREVER,
    proven: bytes | None = None,
) -> RotateKey:
    return RotateKey(
        officer=who.officer,
        key=values.key_id(key),
        suite=1,
        public=new,
        until_ms=values.time_ms(until_ms),
        proof=proof(who.officer, new) if proven is None else proven,
        overlap_blocks=overlap,
    )


def revoke(who: Person, *, key: bytes = b"", height: int = 0) -> RevokeKey:
    return RevokeKey(
        officer=who.officer, key=values.key_id(key or who.key), from_height=values.height(height)
    )


def with_key(who: Person, key: bytes) -> Person:
    return Person(who.name, key_id(key), who.officer, who.person, who.office)


# ------------------------------------------------------------------------------------ who may do it


def test_registrar_and_checker_enrol_a_key_which_then_signs() -> None:
    world = Network()
    act = enrol(world.pan.officer, public(1))
    world.refuses(Kernel.NOT_PERMITTED, world.ann, world.bo, act=act, vector="refuses_elsewhere")
    act = enrol(world.gao.officer, public(1))
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=act)
    world.accepts(world.ann, world.bo, act=act)
    assert world.row(KEYS, key_id(public(1))).from_height == world.height + 1
    world.accepts(with_key(world.gao, public(1)), world.pan, act=ACT)


def test_only_the_officer_rotates_a_key() -> None:
    world = Network()
    act = rotate(world.cui, world.cui.key, public(1))
    world.refuses(Kernel.NOT_PERMITTED, world.ann, world.bo, act=act)
    world.accepts(world.cui, act=act)


@pytest.mark.parametrize("who", ["cui", "ann", "gao and pan"])
def test_officer_registrar_and_vote_revoke_a_key(who: str) -> None:
    world = Network()
    signers = tuple(getattr(world, name) for name in who.split(" and "))
    vector = "accepts_by_" + who.replace(" ", "_")
    world.accepts(*signers, act=revoke(world.cui), vector=vector)
    assert world.row(KEYS, world.cui.key).revoked_height == world.height + 1


def test_a_colleague_revokes_no_key() -> None:
    world = Network()
    world.refuses(Kernel.NOT_PERMITTED, world.bo, act=revoke(world.cui))


# ----------------------------------------------------------------------- refusals, in their order


def test_enrolment_is_refused_in_order_of_precedence() -> None:
    world = Network()
    votes = (world.gao, world.pan)
    cui = world.cui.officer
    world.accepts(world.ann, world.bo, act=enrol(cui, public(1)))
    wrong = enrol(NOBODY, WEAK["order eight"], until_ms=0)
    world.refuses(Refusal.OFFICER_UNKNOWN, *votes, act=wrong)
    world.accepts(world.ann, act=Suspend(officer=world.bo.officer))
    wrong = enrol(world.bo.officer, WEAK["order eight"], until_ms=0)
    world.refuses(Refusal.OFFICER_SUSPENDED, *votes, act=wrong)
    wrong = enrol(cui, WEAK["order eight"], until_ms=world.now_ms)
    world.refuses(Refusal.PERIOD_EMPTY, *votes, act=wrong)
    world.refuses(Refusal.KEY_WEAK, *votes, act=enrol(cui, WEAK["order eight"]))
    world.refuses(Refusal.KEY_EXISTS, *votes, act=enrol(cui, public(1)))


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_key_is_not_enrolled(name: str) -> None:
    world = Network()
    act = enrol(world.cui.officer, WEAK[name])
    vector = "refuses_key_weak_" + name.replace(" ", "_")
    world.refuses(Refusal.KEY_WEAK, world.ann, world.bo, act=act, vector=vector)


def test_a_suite_that_the_release_lacks_is_not_enrolled() -> None:
    world = Network()
    act = enrol(world.cui.officer, public(1), suite=16)
    world.refuses(
        Refusal.KEY_WEAK, world.ann, world.bo, act=act, vector="refuses_key_of_unknown_suite"
    )


def test_rotation_is_refused_in_order_of_precedence() -> None:
    world = Network()
    cui, weak = world.cui, WEAK["order eight"]
    world.refuses(
        Refusal.PERIOD_EMPTY, cui, act=rotate(cui, NOBODY, weak, overlap=4, until_ms=world.now_ms)
    )
    world.refuses(Refusal.KEY_UNKNOWN, cui, act=rotate(cui, NOBODY, weak, overlap=4))
    world.refuses(Refusal.KEY_OF_ANOTHER, cui, act=rotate(cui, world.ann.key, weak, overlap=4))
    world.accepts(world.ann, world.bo, act=enrol(cui.officer, public(1)))
    world.accepts(world.ann, act=revoke(cui, key=key_id(public(1))))
    ended = rotate(cui, key_id(public(1)), weak, overlap=4)
    world.refuses(Refusal.KEY_REVOKED, cui, act=ended)
    world.refuses(Refusal.KEY_WEAK, cui, act=rotate(cui, cui.key, weak, overlap=4))
    world.refuses(Refusal.KEY_EXISTS, cui, act=rotate(cui, cui.key, public(1), overlap=4))
    world.refuses(Refusal.OVERLAP_TOO_LONG, cui, act=rotate(cui, cui.key, public(2), overlap=4))


@pytest.mark.parametrize("of", ["another officer", "another ledger", "another key"])
def test_a_key_that_did_not_sign_for_this_officer_is_neither_enrolled_nor_rotated_in(
    of: str,
) -> None:
    world = Network()
    cui, key = world.cui, public(1)
    wrong = {
        "another officer": prove(bytes([1]) * 32, world.ann.officer),
        "another ledger": prove(bytes([1]) * 32, cui.officer, sha256(b"another")),
        "another key": prove(bytes([2]) * 32, cui.officer),
    }[of]
    vector = "refuses_possession_unproven_of_" + of.replace(" ", "_")
    unproven = Refusal.POSSESSION_UNPROVEN
    act = enrol(cui.officer, key, proven=wrong)
    world.refuses(unproven, world.ann, world.bo, act=act, vector=vector)
    world.refuses(unproven, cui, act=rotate(cui, cui.key, key, proven=wrong), vector=vector)


def test_revocation_is_refused_in_order_of_precedence() -> None:
    world = Network()
    cui = world.cui
    world.refuses(Refusal.KEY_UNKNOWN, cui, act=revoke(cui, key=NOBODY))
    world.refuses(Refusal.KEY_OF_ANOTHER, cui, act=revoke(cui, key=world.ann.key))
    world.accepts(cui, act=revoke(cui, height=world.height + 9))
    later = revoke(cui, height=world.height + 9)
    world.refuses(Refusal.KEY_REVOKED, cui, act=later)
    world.accepts(cui, act=revoke(cui, height=world.height + 5), vector="accepts_sooner")


def test_the_keys_of_the_last_governors_are_not_revoked_but_rotated() -> None:
    world = Network()
    world.accepts(world.gao, world.pan, act=UnseatGovernor(officer=world.pan.officer))
    world.refuses(Refusal.VOTE_IMPOSSIBLE, world.gao, act=revoke(world.gao))
    short = rotate(world.gao, world.gao.key, public(1), until_ms=world.now_ms + 1000)
    world.accepts(world.gao, act=short, vector="accepts_of_a_governor")
    world.accepts(with_key(world.gao, public(1)), act=ACT)


# ---------------------------------------------------------------------------------------- the life


def test_old_and_new_key_count_side_by_side_through_the_overlap() -> None:
    world = Network()
    old, new = world.cui, with_key(world.cui, public(1))
    world.accepts(old, act=rotate(old, old.key, public(1), overlap=2))
    ended = world.row(KEYS, old.key).revoked_height
    assert ended == world.height + 3
    # A clerk may not do the act: that is judged only where the key counts.
    world.refuses(Kernel.NOT_PERMITTED, old, act=ACT)
    world.refuses(Kernel.NOT_PERMITTED, new, act=ACT)
    assert world.height + 1 == ended
    world.refuses(Kernel.KEY_REVOKED, old, act=ACT)
    world.refuses(Kernel.NOT_PERMITTED, new, act=ACT)


def test_a_new_key_counts_from_the_next_block_only() -> None:
    world = Network()
    old, new = world.cui, with_key(world.cui, public(1))
    same_block = ((old,), (rotate(old, old.key, public(1)),)), ((new,), (ACT,))
    assert [r.outcome for r in world.block(*same_block)] == ["", "kernel/4@0"]


def test_a_revoked_key_does_nothing_from_its_height_on() -> None:
    world = Network()
    world.accepts(world.cui, act=revoke(world.cui, height=world.height + 3))
    world.refuses(Kernel.NOT_PERMITTED, world.cui, act=ACT)
    for _ in range(3):
        world.refuses(Kernel.KEY_REVOKED, world.cui, act=ACT)


def test_a_key_does_nothing_after_its_period() -> None:
    world = Network()
    act = enrol(world.cui.officer, public(1), until_ms=world.now_ms + 1000)
    world.accepts(world.ann, world.bo, act=act)
    world.now_ms += 999
    world.refuses(Kernel.NOT_PERMITTED, with_key(world.cui, public(1)), act=ACT)
    world.now_ms += 1
    world.refuses(Kernel.KEY_EXPIRED, with_key(world.cui, public(1)), act=ACT)
