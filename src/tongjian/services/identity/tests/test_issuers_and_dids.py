"""Types, issuers and identifiers of offices: who may, and every refusal."""

from typing import Any

import pytest
from credential_town import (
    CITY,
    DATA,
    DISTRICT,
    HEALTH,
    POLICE,
    RESIDENT,
    SCHOOLS,
    YEAR_MS,
    Town,
    key_bytes,
)

from tongjian.core.directory import Kernel
from tongjian.core.values import name
from tongjian.services.identity.acts_dids import AddDidKey, DeactivateDid, RevokeDidKey
from tongjian.services.identity.acts_issuers import (
    EndIssuer,
    ReinstateIssuer,
    RetireType,
    SuspendIssuer,
)
from tongjian.services.identity.records_credentials import ISSUERS, Claim
from tongjian.services.identity.refusals import Refusal

OF_SCHOOLS: Any = {"kind": RESIDENT, "office": SCHOOLS}


@pytest.fixture
def town() -> Town:
    return Town().found()


def retire(**given: Any) -> RetireType:
    return RetireType(**{"kind": RESIDENT, "version": 1, "region": CITY, **given})


def test_a_type_is_defined_by_two_persons_and_never_changed(town: Town) -> None:
    maker, checker = town.both(DATA)
    world = town.world
    world.refuses(Kernel.NOT_PERMITTED, maker, act=town.define(version=2))
    world.refuses(Refusal.TYPE_EXISTS, maker, checker, act=town.define())
    world.refuses(Refusal.TYPE_UNKNOWN, maker, checker, act=town.define(version=3))
    world.accepts(maker, checker, act=town.define(version=2))
    elsewhere = town.define(version=3, region=DISTRICT)
    world.refuses(Refusal.REGION_OUTSIDE, maker, checker, act=elsewhere)


@pytest.mark.parametrize("names", [("a", "a"), ("iss",), ("id", "b")], ids="-".join)
def test_a_claim_has_one_name_that_no_form_of_credentials_uses(
    town: Town, names: tuple[str, ...]
) -> None:
    claims = tuple(Claim(name=name(one), kind="boolean") for one in names)
    act = town.define(name("other"), claims=claims)
    town.world.refuses(Refusal.CLAIM_TWICE, *town.both(DATA), act=act)


def test_a_type_that_is_retired_is_issued_no_more(town: Town) -> None:
    maker, checker = town.both(DATA)
    world = town.world
    world.refuses(Kernel.NOT_PERMITTED, maker, act=retire())
    world.refuses(Refusal.REGION_OUTSIDE, maker, checker, act=retire(region=DISTRICT))
    world.refuses(Refusal.TYPE_UNKNOWN, maker, checker, act=retire(version=9))
    world.accepts(maker, checker, act=retire())
    world.refuses(Refusal.TYPE_RETIRED, maker, checker, act=retire())
    world.refuses(Refusal.TYPE_RETIRED, town.both(SCHOOLS)[0], act=town.issue())
    world.refuses(Refusal.TYPE_RETIRED, maker, checker, act=town.register(office=POLICE))


@pytest.mark.parametrize(
    ("refusal", "given"),
    [
        (Refusal.TYPE_UNKNOWN, {"version": 2}),
        (Refusal.NOT_ITS_DUTY, {"office": HEALTH}),
        (Refusal.REGION_OUTSIDE, {"office": POLICE, "region": "990200"}),
        (Refusal.REGION_OUTSIDE, {"office": POLICE, "region": "009900"}),
        (Refusal.NOT_REGISTRAR, {"office": POLICE, "registrar": SCHOOLS}),
        (Refusal.ISSUER_EXISTS, {}),
        (Refusal.TERM_OVER, {"office": POLICE, "until_ms": 1}),
        (Kernel.NOT_PERMITTED, {"office": "91990106MA7K3D2102"}),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "-",
)
def test_an_office_is_registered_for_its_duty_and_region_only(
    town: Town, refusal: Any, given: dict[str, Any]
) -> None:
    town.world.refuses(refusal, *town.both(DATA), act=town.register(**given))


def test_a_registration_is_made_by_two_persons(town: Town) -> None:
    maker, checker = town.both(DATA)
    act = town.register(office=POLICE, region=DISTRICT)
    town.world.refuses(Kernel.NOT_PERMITTED, maker, act=act)
    town.world.accepts(maker, checker, act=act)


def test_a_suspended_issuer_issues_nothing_until_two_persons_reinstate_it(town: Town) -> None:
    maker, checker = town.both(DATA)
    issuer, _ = town.both(SCHOOLS)
    world = town.world
    world.refuses(Kernel.NOT_PERMITTED, issuer, act=SuspendIssuer(**OF_SCHOOLS))
    world.refuses(Refusal.ISSUER_STATUS_WRONG, maker, checker, act=ReinstateIssuer(**OF_SCHOOLS))
    world.accepts(maker, act=SuspendIssuer(**OF_SCHOOLS))
    world.refuses(Refusal.ISSUER_STATUS_WRONG, maker, act=SuspendIssuer(**OF_SCHOOLS))
    world.refuses(Refusal.ISSUER_NOT_ACTIVE, issuer, act=town.issue(), vector="refuses_suspended")
    world.refuses(Kernel.NOT_PERMITTED, maker, act=ReinstateIssuer(**OF_SCHOOLS))
    world.accepts(maker, checker, act=ReinstateIssuer(**OF_SCHOOLS))
    world.accepts(issuer, act=town.issue())


def test_a_registration_that_has_ended_may_be_made_anew(town: Town) -> None:
    maker, checker = town.both(DATA)
    issuer, _ = town.both(SCHOOLS)
    world = town.world
    world.refuses(Kernel.NOT_PERMITTED, maker, act=EndIssuer(**OF_SCHOOLS))
    world.accepts(maker, checker, act=EndIssuer(**OF_SCHOOLS))
    assert world.row(ISSUERS, RESIDENT, SCHOOLS).ended_height == world.height
    world.refuses(Refusal.ISSUER_STATUS_WRONG, maker, checker, act=EndIssuer(**OF_SCHOOLS))
    world.refuses(Refusal.ISSUER_NOT_ACTIVE, issuer, act=town.issue())
    world.accepts(maker, checker, act=town.register(), vector="accepts_again")
    world.accepts(issuer, act=town.issue())


@pytest.mark.parametrize("act", [SuspendIssuer, ReinstateIssuer, EndIssuer])
def test_nobody_changes_a_registration_that_does_not_exist(town: Town, act: Any) -> None:
    unknown = act(kind=RESIDENT, office=HEALTH)
    town.world.refuses(Kernel.NOT_PERMITTED, *town.both(DATA), act=unknown)


@pytest.mark.parametrize(
    ("refusal", "given"),
    [
        (Refusal.DID_SUITE_UNSUITED, {"suite": 2, "public": bytes(65)}),
        (Refusal.DID_KEY_WEAK, {"public": bytes(32)}),
        (Refusal.TERM_OVER, {"until_ms": 1}),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "-",
)
def test_an_identifier_needs_a_sound_key_that_lasts(
    town: Town, refusal: Any, given: dict[str, Any]
) -> None:
    both, world = town.both(POLICE), town.world
    world.refuses(refusal, *both, act=town.create_did(office=POLICE, **given))
    fields: Any = {"office": SCHOOLS, "suite": 1, "public": key_bytes("n"), "until_ms": 2**42}
    world.refuses(refusal, *town.both(SCHOOLS), act=AddDidKey(**{**fields, **given}))


def test_an_office_has_one_identifier_made_by_two_of_its_people(town: Town) -> None:
    world = town.world
    maker, checker = town.both(POLICE)
    own = town.create_did(office=POLICE)
    world.refuses(Kernel.NOT_PERMITTED, maker, act=own)
    world.refuses(Kernel.NOT_PERMITTED, *town.both(SCHOOLS), act=own, vector="refuses_of_another")
    world.accepts(maker, checker, act=own)
    world.refuses(Refusal.DID_EXISTS, maker, checker, act=own)


def end(key: int, at: int, why: Any = "rotated") -> RevokeDidKey:
    fields: Any = {"office": SCHOOLS, "key": key, "end": why, "from_height": at}
    return RevokeDidKey(**fields)


def test_a_key_whose_end_is_set_can_end_sooner_and_never_later(town: Town) -> None:
    both = town.both(SCHOOLS)
    town.world.accepts(*both, act=end(1, 2**40))
    town.world.refuses(Refusal.DID_KEY_ENDED, *both, act=end(1, 2**40, "compromised"))
    stolen = end(1, town.world.height, "compromised")
    town.world.accepts(*both, act=stolen, vector="accepts_a_theft_found_after_rotation")
    town.world.refuses(Refusal.DID_KEY_ENDED, both[0], act=town.issue(2))


def test_a_key_is_rotated_with_overlap_and_ends_in_future(town: Town) -> None:
    world = town.world
    both = town.both(SCHOOLS)
    fields: Any = {"office": SCHOOLS, "suite": 1, "public": key_bytes("next"), "until_ms": 2**42}
    add = AddDidKey(**fields)
    world.refuses(Kernel.NOT_PERMITTED, both[0], act=add)
    world.accepts(*both, act=add)
    world.refuses(Refusal.DID_KEY_EXISTS, *both, act=add)
    world.accepts(both[0], act=town.issue(1, key=2))
    world.refuses(Kernel.NOT_PERMITTED, both[0], act=end(1, world.height + 9))
    world.refuses(Refusal.DID_KEY_UNKNOWN, *both, act=end(3, world.height + 9))
    world.refuses(Refusal.DID_KEY_HEIGHT_WRONG, *both, act=end(1, world.height))
    world.refuses(
        Refusal.DID_KEY_HEIGHT_WRONG, *both, act=end(1, 1, "lost"), vector="refuses_before_it_began"
    )
    ahead = world.height + 4
    world.accepts(*both, act=end(1, ahead))
    world.refuses(Refusal.DID_KEY_ENDED, *both, act=end(1, ahead + 9))
    world.accepts(both[0], act=town.issue(2))
    assert world.height + 1 == ahead
    world.refuses(Refusal.DID_KEY_ENDED, both[0], act=town.issue(3))
    world.accepts(both[0], act=town.issue(3, key=2))


def test_a_stolen_key_ends_at_the_height_of_the_theft(town: Town) -> None:
    both = town.both(SCHOOLS)
    town.of(SCHOOLS, town.issue(), by=1)
    theft = end(1, town.world.height, "compromised")
    town.world.accepts(*both, act=theft, vector="accepts_theft")
    town.world.refuses(Refusal.DID_KEY_ENDED, both[0], act=town.issue(8))


def test_a_deactivated_identifier_never_comes_back(town: Town) -> None:
    world = town.world
    both = town.both(SCHOOLS)
    add: Any = {"suite": 1, "public": key_bytes("h"), "until_ms": world.now_ms + YEAR_MS}
    world.refuses(Kernel.NOT_PERMITTED, both[0], act=DeactivateDid(office=SCHOOLS))
    world.accepts(*both, act=DeactivateDid(office=SCHOOLS))
    world.refuses(Refusal.DID_DEACTIVATED, *both, act=DeactivateDid(office=SCHOOLS))
    world.refuses(Refusal.DID_DEACTIVATED, *both, act=AddDidKey(office=SCHOOLS, **add))
    world.refuses(Refusal.DID_DEACTIVATED, *both, act=end(1, world.height + 9))
    world.refuses(Refusal.DID_DEACTIVATED, both[0], act=town.issue())
    world.refuses(Refusal.DID_EXISTS, *both, act=town.create_did())
    others = town.both(HEALTH)
    world.refuses(Refusal.DID_UNKNOWN, *others, act=DeactivateDid(office=HEALTH))
    world.refuses(Refusal.DID_UNKNOWN, *others, act=AddDidKey(office=HEALTH, **add))
    fields: Any = {"office": HEALTH, "key": 1, "end": "lost", "from_height": 1}
    world.refuses(Refusal.DID_UNKNOWN, *others, act=RevokeDidKey(**fields))
