"""Transactions that keys of every suite sign together, and what becomes of signatures moved."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import shelf
from passkey import Passkey
from small import put

from tongjian.core.encoding import Malformed
from tongjian.core.envelope import (
    ENVELOPE_BYTES_MAX,
    Incoming,
    Opener,
    compose,
    seal_envelope,
    signed_message,
    verify_signatures,
)
from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.operation import Act
from tongjian.core.signatures import KeySuite, SignatureInvalid, compute_key_id
from tongjian.node.keys import KeyPair
from tongjian.node.signers import generate_secret

CHAINS = (bytes([1]) * 32, bytes([2]) * 32)
FILED = (KeySuite.ED25519, KeySuite.SM2, KeySuite.P256, KeySuite.ML_DSA_65)
ACT = put("thing", 7)


class Hand:
    """A key with what signs by it, on a chain of a hash."""

    def __init__(
        self, digest: Any, suite: KeySuite, public: bytes, sign: Callable[[bytes], bytes]
    ) -> None:
        self.suite, self.public, self.sign = suite, public, sign
        self.id = compute_key_id(digest, suite, public)


class Desk:
    """Hands of every suite, and the directory that knows them."""

    def __init__(self, hash_suite: HashSuite) -> None:
        self.digest = hash_of(hash_suite)
        pairs = [KeyPair(generate_secret(suite), self.digest, suite) for suite in FILED]
        self.passkey = Passkey()
        self.hands = [Hand(self.digest, pair.suite, pair.public, pair.sign) for pair in pairs]
        self.hands.append(
            Hand(self.digest, KeySuite.WEBAUTHN, self.passkey.public, self.passkey.sign)
        )
        self.directory: Any = SimpleNamespace(
            actor={hand.id: hand for hand in self.hands}.__getitem__
        )

    def body(
        self, hands: Sequence[Hand], act: Act = ACT, chain: bytes = CHAINS[0], nonce: int = 0
    ) -> bytes:
        signers = tuple(hand.id for hand in hands)
        return compose(
            chain=chain, expiry=9, nonce=nonce.to_bytes(16, "big"), signers=signers, acts=(act,)
        )

    def signatures(
        self, hands: Sequence[Hand], body: bytes, chain: bytes = CHAINS[0]
    ) -> list[bytes]:
        return [hand.sign(signed_message(chain, body)) for hand in hands]

    def opened(
        self, body: bytes, signatures: Sequence[bytes], chain: bytes = CHAINS[0]
    ) -> Incoming:
        opener = Opener(shelf.REGISTRY, chain, self.digest)
        return opener.open(seal_envelope(body, tuple(signatures)))

    def refuses(self, body: bytes, signatures: Sequence[bytes], chain: bytes = CHAINS[0]) -> None:
        with pytest.raises(SignatureInvalid):
            verify_signatures(self.opened(body, signatures, chain), self.directory)


@pytest.fixture(params=list(HashSuite), ids=lambda suite: suite.name)
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(request.param)


def test_keys_of_every_suite_sign_one_transaction(desk: Desk) -> None:
    body = desk.body(desk.hands)
    incoming = desk.opened(body, desk.signatures(desk.hands, body))
    verify_signatures(incoming, desk.directory)
    assert {hand.suite for hand in desk.hands} == set(KeySuite) - {KeySuite.NETWORK}


def test_no_signature_stands_at_the_place_of_another(desk: Desk) -> None:
    body = desk.body(desk.hands)
    signatures = desk.signatures(desk.hands, body)
    for at in range(len(signatures)):
        other = signatures[at:] + signatures[:at]
        if at:
            desk.refuses(body, other)
        desk.refuses(body, [*signatures[:at], bytes(64), *signatures[at + 1 :]])


def test_a_signature_is_not_moved_to_another_act_chain_or_time(desk: Desk) -> None:
    for hand in desk.hands:
        signatures = desk.signatures([hand], desk.body([hand]))
        desk.refuses(desk.body([hand], put("thing", 8)), signatures)
        desk.refuses(desk.body([hand], nonce=1), signatures)
        other = desk.body([hand], chain=CHAINS[1])
        desk.refuses(other, signatures, CHAINS[1])
        desk.refuses(desk.body([hand]), signatures, CHAINS[1])


def test_a_signature_is_not_moved_to_the_same_key_in_another_suite(desk: Desk) -> None:
    """One point enrolled as P-256 and within a passkey and a pair: three keys, three signatures."""
    secret = generate_secret(KeySuite.P256)
    plain = KeyPair(secret, desk.digest, KeySuite.P256)
    paired_secret = bytes([KeySuite.P256]) + secret + bytes(32)
    paired = KeyPair(paired_secret, desk.digest, KeySuite.ML_DSA_65)
    hands = [Hand(desk.digest, pair.suite, pair.public, pair.sign) for pair in (plain, paired)]
    assert hands[1].public[1:66] == hands[0].public
    actors = {hand.id: hand for hand in hands}
    desk.directory = SimpleNamespace(actor=actors.__getitem__)
    one, two = (desk.body([hand]) for hand in hands)
    (by_two,) = desk.signatures([hands[1]], two)
    desk.refuses(one, [by_two[:64]])
    desk.refuses(two, [hands[0].sign(signed_message(CHAINS[0], two))])


def test_a_passkey_assertion_is_not_replayed(desk: Desk) -> None:
    hand = desk.hands[-1]
    first, second = desk.body([hand], nonce=1), desk.body([hand], nonce=2)
    assertion = desk.signatures([hand], first)
    verify_signatures(desk.opened(first, assertion), desk.directory)
    desk.refuses(second, assertion)
    # Nor with the challenge of the second written into what was signed for the first.
    client = desk.passkey.client(signed_message(CHAINS[0], second))
    head = assertion[0][: 64 + 2 + 37]
    desk.refuses(second, [head + client])


def test_an_envelope_has_room_for_the_largest_signatures(desk: Desk) -> None:
    (largest,) = (hand for hand in desk.hands if hand.suite is KeySuite.ML_DSA_65)
    hands = [largest, *desk.hands[:3], desk.hands[-1]]
    body = desk.body(hands)
    whole = seal_envelope(body, tuple(desk.signatures(hands, body)))
    assert len(whole) < ENVELOPE_BYTES_MAX
    sixteen = seal_envelope(body, (bytes(8192),) * 16)
    assert len(sixteen) - len(body) < ENVELOPE_BYTES_MAX - 262_144
    with pytest.raises(Malformed):
        desk.opened(body, [bytes(8193)] * len(hands))
