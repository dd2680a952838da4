"""Key and envelope apart from the ledger: what fewer holders learn, what a changed byte does."""

import contextlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from procurement_acts import form_of
from procurement_secrets import public_key, salt, scalar

from tongjian.core.encoding import encode
from tongjian.core.hashing import compute_commitment, sha256
from tongjian.services.procurement import custody, envelopes
from tongjian.services.procurement import ristretto as group

FEW = settings(max_examples=15)
TIED = envelopes.where("t1", public_key("slot"))
SECRET = scalar("secret")
KEY = group.encode(group.multiply_base(SECRET))
FORM = encode(form_of("alpha", 113_000_000))


def seal(form: bytes = FORM) -> tuple[bytes, bytes]:
    return envelopes.seal(sha256, KEY, TIED, form, salt=salt("s"), nonce=scalar("n"))


def test_any_threshold_of_shares_gives_the_secret_and_fewer_another() -> None:
    dealt = [[scalar(f"{dealer} {power}") for power in range(3)] for dealer in range(4)]
    secret = sum(each[0] for each in dealt) % group.ORDER
    shares = {at: sum(custody.evaluate(each, at) for each in dealt) for at in range(1, 5)}
    for chosen in itertools.combinations(shares, 3):
        assert custody.recover({at: shares[at] for at in chosen}) == secret
    for chosen in itertools.combinations(shares, 2):
        assert custody.recover({at: shares[at] for at in chosen}) != secret


def test_fewer_shares_than_the_threshold_fit_every_secret() -> None:
    # For any two shares and any secret there is a polynomial that gives both: they tell nothing.
    shares = {1: scalar("one"), 3: scalar("three")}
    for secret in (0, 1, scalar("any")):
        # Fix the third share so that the three give this secret; its weight at 0 is not zero.
        base = custody.recover({**shares, 2: 0})
        weight = (custody.recover({**shares, 2: 1}) - base) % group.ORDER
        fitting = (secret - base) * pow(weight, -1, group.ORDER) % group.ORDER
        assert custody.recover({**shares, 2: fitting}) == secret


def test_a_share_is_checked_against_what_all_dealings_commit_to() -> None:
    dealt = [[scalar(f"{dealer} {power}") for power in range(3)] for dealer in range(4)]
    elements = [custody.decode_all(custody.commit(each)) for each in dealt]
    for at in range(1, 5):
        share = sum(custody.evaluate(each, at) for each in dealt)
        assert group.encode(group.multiply_base(share)) == custody.public_share(elements, at)


def test_a_masked_share_is_read_by_its_holder_and_by_no_other() -> None:
    where = custody.place("t1", 1) + custody.place("t1", 2)
    transport = group.encode(group.multiply_base(scalar("holder")))
    masked = custody.mask(sha256, where, transport, scalar("nonce"), 42)
    assert custody.unmask(sha256, where, scalar("holder"), masked) == 42
    with contextlib.suppress(group.NoElement):  # a wrong stream often gives no scalar at all
        assert custody.unmask(sha256, where, scalar("other"), masked) != 42


def test_a_proof_of_another_place_or_constant_does_not_hold() -> None:
    where = custody.place("t1", 1)
    committed = custody.commit([scalar("a")])[0]
    proof = custody.prove(sha256, where, scalar("a"), scalar("n"))
    custody.check_proof(sha256, where, committed, proof)
    for place, constant in ((custody.place("t1", 2), "a"), (where, "b")):
        with pytest.raises(group.NoElement):
            custody.check_proof(sha256, place, custody.commit([scalar(constant)])[0], proof)


def test_an_envelope_opens_to_its_form_and_its_commitment() -> None:
    ciphertext, commitment = seal()
    opened_salt, form = envelopes.unseal(sha256, SECRET, TIED, ciphertext)
    assert form == FORM
    assert compute_commitment(sha256, opened_salt, form) == commitment
    assert envelopes.read_form(form).price_fen == 113_000_000


def test_every_envelope_has_one_size_whatever_is_inside() -> None:
    assert {len(seal(form)[0]) for form in (b"", b"x", FORM, bytes(envelopes.FORM_BYTES_MAX))} == {
        envelopes.CIPHER_BYTES
    }
    with pytest.raises(ValueError, match="does not fit"):
        seal(bytes(envelopes.FORM_BYTES_MAX + 1))


@FEW
@given(st.integers(0, envelopes.CIPHER_BYTES - 1), st.integers(1, 255))
def test_a_changed_byte_never_gives_another_bid(position: int, change: int) -> None:
    ciphertext, commitment = seal()
    spoiled = bytearray(ciphertext)
    spoiled[position] ^= change
    try:
        opened_salt, form = envelopes.unseal(sha256, SECRET, TIED, bytes(spoiled))
    except envelopes.Unreadable:
        return
    assert compute_commitment(sha256, opened_salt, form) != commitment


@FEW
@given(st.sampled_from(["key", "tender", "slot"]))
def test_an_envelope_of_another_key_procedure_or_slot_gives_nothing(part: str) -> None:
    ciphertext, commitment = seal()
    secret = scalar("other") if part == "key" else SECRET
    tied = {
        "tender": envelopes.where("t2", public_key("slot")),
        "slot": envelopes.where("t1", public_key("another")),
    }.get(part, TIED)
    try:
        opened_salt, form = envelopes.unseal(sha256, secret, tied, ciphertext)
    except envelopes.Unreadable:
        return
    assert compute_commitment(sha256, opened_salt, form) != commitment
