"""Keys of persons: the secret is shown to exist, the first by two officers, the next by oneself."""

from typing import Any

import pytest
from identity_town import (
    FOREVER,
    POLICE,
    Kernel,
    Refusal,
    Secret,
    Town,
    key_fields,
    pseudonym,
    signing,
)

from tongjian.core.hashing import sha256
from tongjian.core.persons import PERSON_KEYS
from tongjian.core.signatures import (
    KeySuite,
    compute_possession_message,
    is_sound,
)
from tongjian.core.values import KeyId, PersonId
from tongjian.node.signers import generate_secret, signer_of
from tongjian.services.identity.acts_keys import AddKey, EnrolKey, RevokeKey
from tongjian.services.identity.acts_persons import SuspendPerson
from tongjian.services.membership.acts_keys import EnrolKey as OfficerKey
from tongjian.services.membership.acts_keys import RotateKey
from tongjian.services.membership.refusals import Refusal as MembershipRefusal
from tongjian.testkit.world import CHAIN

TWO = "clerk+verifier"
NEUTRAL = bytes([1]) + bytes(31)


def add(person: PersonId, secret: Secret, replaces: KeyId | None = None, **given: Any) -> AddKey:
    return AddKey(**key_fields(person, secret, **given), replaces=replaces)


def test_two_officers_enrol_the_first_key_and_it_signs_from_the_next_block() -> None:
    town = Town()
    person, secret = town.person("lin"), Secret("lin")
    act = EnrolKey(**key_fields(person, secret))
    town.no(Kernel.NOT_PERMITTED, "clerk", act)
    town.no(Kernel.NOT_PERMITTED, "far clerk+far verifier", act)
    town.ok(TWO, act)
    assert town.world.row(PERSON_KEYS, secret.id).from_height == town.world.height + 1
    town.ok(signing(person, secret), RevokeKey(person=person, key=secret.id))


def test_enrolment_is_refused_in_order_of_precedence() -> None:
    town = Town()
    taken = town.keyed("zhou")
    person, secret = town.person("lin"), Secret("lin")

    def enrol(**changes: Any) -> EnrolKey:
        return EnrolKey(**key_fields(person, secret, **changes))

    town.no(Refusal.PERIOD_EMPTY, TWO, enrol(until_ms=1, public=NEUTRAL))
    town.no(Refusal.KEY_WEAK, TWO, enrol(public=NEUTRAL))
    town.no(Refusal.KEY_WEAK, TWO, enrol(suite=9), vector="refuses_key_of_unknown_suite")
    theirs = Secret("zhouland")
    assert theirs.id == taken.key
    public = {"public": theirs.public, "proof": theirs.proof(person)}
    town.no(Refusal.KEY_EXISTS, TWO, enrol(**public))
    town.ok("verifier", SuspendPerson(person=person))
    town.no(Refusal.PERSON_NOT_ACTIVE, TWO, enrol())


@pytest.mark.parametrize("of", ["another person", "another ledger", "another key"])
def test_a_key_that_did_not_sign_for_this_person_is_not_enrolled(of: str) -> None:
    town = Town()
    person, secret = town.person("lin"), Secret("lin")
    proof = {
        "another person": secret.proof(pseudonym("lin", "invoice")),
        "another ledger": secret.proof(person, sha256(b"another ledger")),
        "another key": Secret("zhou").proof(person),
    }[of]
    act = EnrolKey(**key_fields(person, secret, proof=proof))
    vector = "refuses_possession_unproven_of_" + of.replace(" ", "_")
    town.no(Refusal.POSSESSION_UNPROVEN, TWO, act, vector=vector)


@pytest.mark.parametrize("suite", [KeySuite.SM2, KeySuite.P256, KeySuite.ML_DSA_65])
def test_a_key_of_every_suite_shows_possession(suite: KeySuite) -> None:
    town = Town()
    person = town.person("lin")
    public, sign = signer_of(suite, generate_secret(suite))
    proof = sign(compute_possession_message(CHAIN, person, suite, public))
    fields = {"person": person, "suite": int(suite), "public": public, "until_ms": FOREVER}
    signers = town.signers(TWO)
    spoiled = proof[:-1] + bytes([proof[-1] ^ 1])
    acts = [(signers, (EnrolKey(**fields, proof=each),)) for each in (spoiled, proof)]
    outcomes = [result.outcome for result in town.world.block(*acts)]
    assert outcomes == [f"identity/{Refusal.POSSESSION_UNPROVEN.number}@0", ""]
    assert is_sound(suite, public)


def test_no_office_enrols_a_second_key_in_silence() -> None:
    town = Town()
    lin = town.keyed("lin")
    person: Any = lin.person
    second = EnrolKey(**key_fields(person, Secret("second")))
    town.no(Refusal.RECOVERY_NEEDED, TWO, second)
    town.ok("clerk", RevokeKey(person=person, key=lin.key), vector="accepts_by_clerk")  # type: ignore[arg-type]
    town.no(Refusal.RECOVERY_NEEDED, TWO, second, vector="refuses_recovery_needed_after_all")


def test_a_person_adds_and_replaces_keys_of_their_own() -> None:
    town = Town()
    lin, zhou = town.keyed("lin"), town.keyed("zhou")
    person: Any = lin.person
    old: Any = lin.key
    town.no(Kernel.NOT_PERMITTED, TWO, add(person, Secret("second")))
    town.no(Kernel.NOT_PERMITTED, zhou, add(person, Secret("second")))
    town.ok(lin, add(person, Secret("second")))
    new = Secret("third")
    town.no(Refusal.PERIOD_EMPTY, lin, add(person, new, until_ms=1))
    town.no(Refusal.KEY_OF_ANOTHER, lin, add(person, new, zhou.key))  # type: ignore[arg-type]
    town.no(Refusal.KEY_UNKNOWN, lin, add(person, new, new.id))
    unproven = add(person, new, old, proof=Secret("second").proof(person))
    town.no(Refusal.POSSESSION_UNPROVEN, lin, unproven)
    town.ok(lin, add(person, new, old), vector="accepts_in_the_place_of_another")
    town.no(Kernel.KEY_REVOKED, lin, add(person, Secret("fourth")))
    assert town.row(person).keys == (Secret("second").id, new.id)
    third = signing(person, new)
    town.no(Refusal.KEY_REVOKED, third, add(person, Secret("fourth"), old))
    for text in ("fourth", "fifth"):
        town.ok(third, add(person, Secret(text)))
    town.no(Refusal.KEYS_FULL, third, add(person, Secret("sixth")))


def test_a_key_revoked_in_this_block_brings_no_other_key_after_it() -> None:
    town = Town()
    lin = town.keyed("lin")
    person: Any = lin.person
    revoked = (town.signers("clerk"), (RevokeKey(person=person, key=lin.key),))  # type: ignore[arg-type]
    thief = ((lin,), (add(person, Secret("thief")),))
    outcomes = [result.outcome for result in town.world.block(revoked, thief)]
    assert outcomes == ["", f"identity/{Refusal.KEY_REVOKED.number}@0"]
    assert town.row(person).keys == ()


def test_a_key_is_revoked_by_its_person_or_by_one_officer() -> None:
    town = Town()
    lin, zhou = town.keyed("lin"), town.keyed("zhou")

    def revoke(key: Any) -> RevokeKey:
        return RevokeKey(person=lin.person, key=key)  # type: ignore[arg-type]

    town.no(Kernel.NOT_PERMITTED, zhou, revoke(lin.key))
    town.no(Kernel.NOT_PERMITTED, "far clerk", revoke(lin.key))
    town.no(Refusal.KEY_UNKNOWN, "clerk", revoke(bytes(16)))
    town.no(Refusal.KEY_OF_ANOTHER, "clerk", revoke(zhou.key))
    town.ok(lin, revoke(lin.key))
    town.no(Refusal.KEY_REVOKED, "clerk", revoke(lin.key))
    town.no(Kernel.KEY_REVOKED, lin, revoke(lin.key))


def test_a_persons_key_is_enrolled_for_no_officer() -> None:
    town = Town()
    world = town.world
    two = world.person("ann", POLICE, "registrar"), world.person("bo", POLICE, "registrar_checker")
    lin, clerk = town.keyed("lin"), town.officers["clerk"]
    secret = Secret("linland")
    assert secret.id == lin.key
    fields: Any = key_fields(lin.person, secret, proof=secret.proof(clerk.officer))  # type: ignore[arg-type]
    del fields["person"]
    act = OfficerKey(officer=clerk.officer, **fields)
    world.refuses(MembershipRefusal.KEY_EXISTS, *two, act=act, vector="refuses_key_of_a_person")
    rotated = RotateKey(officer=clerk.officer, key=clerk.key, overlap_blocks=0, **fields)  # type: ignore[arg-type]
    world.refuses(
        MembershipRefusal.KEY_EXISTS, clerk, act=rotated, vector="refuses_key_of_a_person"
    )
