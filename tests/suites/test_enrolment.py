"""The registrar enrols keys of every suite, and none that is weak; seals are of fewer suites."""

import pytest
from passkey import Passkey
from possession import NO_PROOF

from tongjian.core import values
from tongjian.core.directory import KEYS, Directory
from tongjian.core.hashing import sha256
from tongjian.core.signatures import (
    SEAL_SUITES,
    KeySuite,
    compute_key_id,
    compute_possession_message,
)
from tongjian.node.keys import KeyPair
from tongjian.node.signers import BESIDE, SECRET_BYTES
from tongjian.services.membership.acts_keys import EnrolKey
from tongjian.services.membership.acts_rules import RotateSealKey
from tongjian.services.membership.refusals import Refusal
from tongjian.testkit import Person, World
from tongjian.testkit.world import CHAIN

CITY = "11990100001400700T"
PROVINCE = "11990000001401252U"


OF_PERSONS = [suite for suite in KeySuite if suite is not KeySuite.NETWORK]


def key_of(suite: KeySuite) -> KeyPair | Passkey:
    if suite is KeySuite.WEBAUTHN:
        return Passkey()
    # Drawn keys would make a vector that no other run makes.
    secret = bytes([7]) * SECRET_BYTES
    beside = bytes([BESIDE]) + secret if suite is KeySuite.ML_DSA_65 else b""
    return KeyPair(beside + secret, sha256, suite)


def public_of(suite: KeySuite) -> bytes:
    return key_of(suite).public


class Network(World):
    """Two governing offices and the registrars of one."""

    def __init__(self) -> None:
        super().__init__()
        self.office(CITY)
        self.office(PROVINCE, region="990000")
        self.ann = self.person("ann", CITY, "registrar")
        self.bo = self.person("bo", CITY, "registrar_checker")
        self.vote = (
            self.person("gao", CITY, "governor"),
            self.person("pan", PROVINCE, "governor"),
        )
        self.cui: Person = self.person("cui", CITY, "clerk")
        self.parameter("membership", "seal_notice_blocks", 0)

    def enrol(self, suite: int, public: bytes, proof: bytes = NO_PROOF) -> EnrolKey:
        return EnrolKey(
            officer=self.cui.officer,
            suite=suite,
            public=public,
            until_ms=values.FOREVER,
            proof=proof,
        )


@pytest.mark.parametrize("suite", OF_PERSONS, ids=lambda suite: suite.name)
def test_a_key_of_every_suite_is_enrolled(suite: KeySuite) -> None:
    world, key = Network(), key_of(suite)
    public = key.public
    message = compute_possession_message(CHAIN, world.cui.officer, suite, public)
    unproven = world.enrol(suite, public)
    world.refuses(Refusal.POSSESSION_UNPROVEN, world.ann, world.bo, act=unproven)
    world.accepts(world.ann, world.bo, act=world.enrol(suite, public, key.sign(message)))
    identity = compute_key_id(sha256, suite, public)
    row = world.row(KEYS, identity)
    assert (row.suite, row.public) == (suite, public)
    assert Directory(world.state).actor(identity).suite == suite


@pytest.mark.parametrize("suite", OF_PERSONS, ids=lambda suite: suite.name)
def test_a_key_is_not_enrolled_as_one_of_another_suite_or_length(suite: KeySuite) -> None:
    world, public = Network(), public_of(suite)
    for other in KeySuite:
        if other is not suite:
            act = world.enrol(other, public)
            world.refuses(Refusal.KEY_WEAK, world.ann, world.bo, act=act)
    changed = [public + b"\0", bytes(len(public)), bytes([public[0] ^ 2]) + public[1:]]
    if suite is not KeySuite.ED25519:  # where every second byte string is the start of a point
        for wrong in changed:
            act = world.enrol(suite, wrong)
            world.refuses(Refusal.KEY_WEAK, world.ann, world.bo, act=act)


def test_nobody_enrols_a_network_as_a_key() -> None:
    world = Network()
    for public in (bytes(32), public_of(KeySuite.ED25519)):
        act = world.enrol(KeySuite.NETWORK, public)
        world.refuses(Refusal.KEY_WEAK, world.ann, world.bo, act=act)


@pytest.mark.parametrize("suite", OF_PERSONS, ids=lambda suite: suite.name)
def test_headers_are_sealed_by_plain_suites_only(suite: KeySuite) -> None:
    world = Network()
    act = RotateSealKey(suite=suite, public=public_of(suite), from_height=values.height(7))
    if suite in SEAL_SUITES:
        world.accepts(*world.vote, act=act)
    else:
        world.refuses(Refusal.KEY_WEAK, *world.vote, act=act)
