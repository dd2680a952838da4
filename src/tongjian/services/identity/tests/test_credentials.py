"""Credentials: issued, suspended, reinstated, revoked; and what a death does to them."""

from typing import Any

import pytest
from credential_town import (
    CITY,
    DATA,
    DAY_MS,
    DISTRICT,
    LIN,
    PERMIT,
    POLICE,
    SCHOOLS,
    TEACHER,
    YEAR_MS,
    ZHOU,
    Town,
    commit,
    licence_number,
)
from hypothesis import given
from hypothesis import strategies as st

from tongjian.core.directory import Kernel
from tongjian.core.hashing import sha256
from tongjian.core.persons import PERSONS
from tongjian.core.values import name, person_id
from tongjian.services.identity.acts_credentials import (
    FollowPerson,
    ReinstateCredential,
    RevokeCredential,
    SuspendCredential,
)
from tongjian.services.identity.acts_dids import DeactivateDid
from tongjian.services.identity.acts_issuers import RetireType, SuspendIssuer
from tongjian.services.identity.acts_persons import RecordDeaths, RestorePerson, SuspendPerson
from tongjian.services.identity.exchange_credentials import list_root
from tongjian.services.identity.records_credentials import HOLDINGS, HOLDINGS_MAX, LIST_ENTRIES
from tongjian.services.identity.refusals import Refusal


@pytest.fixture
def town() -> Town:
    return Town().found()


def place(index: int) -> Any:
    return {"office": SCHOOLS, "list": 0, "index": index}


def suspend(index: int = 7) -> SuspendCredential:
    return SuspendCredential(**place(index), reason="doubt")


def reinstate(index: int = 7) -> ReinstateCredential:
    return ReinstateCredential(**place(index), reason="doubt_cleared")


def revoke(index: int = 7) -> RevokeCredential:
    return RevokeCredential(**place(index), reason="fraud")


# -- issuing --------------------------------------------------------------------------------------

NOBODY = person_id(bytes(16))
WRONG: list[tuple[Refusal, dict[str, Any]]] = [
    (Refusal.TYPE_UNKNOWN, {"kind": name("unheard_of")}),
    (Refusal.ISSUER_UNKNOWN, {"office": POLICE}),
    (Refusal.REGION_OUTSIDE, {"region": "990204"}),
    (Refusal.DID_KEY_UNKNOWN, {"key": 2}),
    (Refusal.TERM_WRONG, {"until_ms": 1}),
    (Refusal.TERM_WRONG, {"until_ms": 2**42}),
    (Refusal.LICENCE_EXPECTED, {"licence": licence_number()}),
    (Refusal.LICENCE_EXPECTED, {"kind": PERMIT}),
    (Refusal.LIST_TOO_EARLY, {"list": 1}),
    (Refusal.INDEX_TAKEN, {"index": 1, "commitment": commit("another")}),
    (Refusal.PERSON_UNKNOWN, {"holder": NOBODY}),
]


def name_of(value: Any) -> str:
    return value.name if isinstance(value, Refusal) else "-".join(value)


@pytest.mark.parametrize(("refusal", "given"), WRONG, ids=name_of)
def test_an_issuer_keeps_to_its_types_region_key_term_and_list(
    town: Town, refusal: Refusal, given: dict[str, Any]
) -> None:
    town.of(SCHOOLS, town.issue(1), by=1)
    both = town.both(given.get("office", SCHOOLS))
    town.world.refuses(refusal, both[0], act=town.issue(**given))
    town.world.refuses(refusal, *both, act=town.issue_checked(**given))


def test_a_retired_type_and_a_suspended_issuer_stop_two_persons_as_well(town: Town) -> None:
    both = town.both(SCHOOLS)
    act = town.issue_checked(kind=TEACHER)
    town.of(DATA, SuspendIssuer(kind=TEACHER, office=SCHOOLS), by=1)
    town.world.refuses(Refusal.ISSUER_NOT_ACTIVE, *both, act=act)
    town.of(DATA, RetireType(kind=TEACHER, version=1, region=CITY))  # type: ignore[arg-type]
    town.world.refuses(Refusal.TYPE_RETIRED, *both, act=act)


def test_only_the_issuer_of_the_office_issues(town: Town) -> None:
    issuer, checker = town.both(SCHOOLS)
    town.world.refuses(Kernel.NOT_PERMITTED, checker, act=town.issue())
    town.world.refuses(Kernel.NOT_PERMITTED, town.both(POLICE)[0], act=town.issue())
    town.world.accepts(issuer, act=town.issue())
    assert town.credential(7).commitment == commit("credential 7")


def test_an_office_issues_once_it_is_registered_and_has_an_identifier() -> None:
    town = Town().found()
    both = town.both(POLICE)
    act, checked = town.issue(office=POLICE), town.issue_checked(office=POLICE)
    town.of(DATA, town.register(office=POLICE))
    town.world.refuses(Refusal.DID_UNKNOWN, both[0], act=act)
    town.world.refuses(Refusal.DID_UNKNOWN, *both, act=checked)
    soon = town.world.now_ms + DAY_MS
    town.of(POLICE, town.create_did(office=POLICE, until_ms=soon))
    town.world.accepts(both[0], act=act)
    town.world.wait(DAY_MS)
    late = town.issue(8, office=POLICE)
    town.world.refuses(Refusal.DID_KEY_ENDED, both[0], act=late)
    checked = town.issue_checked(8, office=POLICE)
    town.world.refuses(Refusal.DID_KEY_ENDED, *both, act=checked)
    town.of(POLICE, DeactivateDid(office=POLICE))
    town.world.refuses(Refusal.DID_DEACTIVATED, *both, act=checked)
    town.world.wait(5 * YEAR_MS)
    later = town.issue(9, office=POLICE)
    town.world.refuses(Refusal.ISSUER_NOT_ACTIVE, both[0], act=later, vector="refuses_after_term")


def test_a_credential_of_high_risk_takes_a_maker_and_a_checker(town: Town) -> None:
    world = town.world
    issuer, checker = town.both(SCHOOLS)
    world.refuses(Refusal.CHECKER_NEEDED, issuer, act=town.issue(kind=TEACHER))
    world.refuses(Kernel.NOT_PERMITTED, issuer, act=town.issue_checked(kind=TEACHER))
    world.accepts(issuer, checker, act=town.issue_checked(kind=TEACHER))
    world.accepts(issuer, checker, act=town.issue_checked(8), vector="accepts_ordinary")


def test_maker_and_checker_are_two_natural_persons() -> None:
    town = Town()
    maker, _ = town.both(SCHOOLS)
    same = town.world.person("second key", SCHOOLS, "credential_checker", same_person_as=maker)
    town.found()
    act = town.issue_checked(kind=TEACHER)
    town.world.refuses(Kernel.NOT_PERMITTED, maker, same, act=act, vector="refuses_one_person")


def test_a_second_list_begins_when_the_first_hides_enough(town: Town) -> None:
    for index in (1, 2):
        town.of(SCHOOLS, town.issue(index), by=1)
    town.of(SCHOOLS, town.issue(1, list=1), by=1)
    assert (town.list_row().used, town.list_row(1).used) == (2, 1)


def test_a_person_holds_so_many_credentials_and_expired_ones_are_let_go() -> None:
    town = Town().found()
    issuer, _ = town.both(SCHOOLS)
    acts = tuple(town.issue(index, holder=LIN) for index in range(HOLDINGS_MAX))
    assert town.world.submit(issuer, acts=acts).outcome == ""
    town.world.refuses(Refusal.HOLDS_TOO_MANY, issuer, act=town.issue(100, holder=LIN))
    checked = town.issue_checked(100, kind=TEACHER, holder=LIN)
    town.world.refuses(Refusal.HOLDS_TOO_MANY, *town.both(SCHOOLS), act=checked)
    town.world.wait(YEAR_MS)
    assert town.world.submit(issuer, acts=(town.issue(100, holder=LIN),)).outcome == ""
    assert town.world.row(HOLDINGS, LIN, SCHOOLS, 0, 0) is None
    assert town.world.row(HOLDINGS, LIN, SCHOOLS, 0, 100) is not None


def test_a_person_whose_pseudonym_is_not_in_force_gets_no_credential() -> None:
    town = Town()
    gone = person_id(sha256(b"gone")[:16])
    town.world._found(PERSONS, town.person_row("ended"), gone)
    town.found()
    both = town.both(SCHOOLS)
    town.world.refuses(Refusal.PERSON_NOT_ACTIVE, both[0], act=town.issue(holder=gone))
    checked = town.issue_checked(kind=TEACHER, holder=gone)
    town.world.refuses(Refusal.PERSON_NOT_ACTIVE, *both, act=checked)


def test_no_row_that_a_verifier_is_shown_names_a_holder(town: Town) -> None:
    town.of(SCHOOLS, town.issue(holder=LIN, region=DISTRICT), by=1)
    naming = [key for key, row in town.world.rows().items() if LIN in key + row]
    assert {key.partition(b"\0")[0] for key in naming} == {
        b"identity.persons",
        b"identity.holdings",
    }


# -- status ---------------------------------------------------------------------------------------


def bits(town: Town) -> tuple[bytes, bytes]:
    chunk = town.chunk()
    assert chunk is not None
    return chunk.revoked, chunk.suspended


def test_suspension_is_one_persons_the_way_back_and_revocation_are_two(town: Town) -> None:
    world = town.world
    issuer, checker = town.both(SCHOOLS)
    for unknown in (suspend(), reinstate(), revoke()):
        world.refuses(Refusal.CREDENTIAL_UNKNOWN, issuer, checker, act=unknown)
    world.accepts(issuer, act=town.issue())
    assert bits(town) == (bytes(256), bytes(256))
    world.refuses(Refusal.CREDENTIAL_STATUS_WRONG, issuer, checker, act=reinstate())
    world.refuses(Kernel.NOT_PERMITTED, town.both(POLICE)[0], act=suspend())
    world.accepts(issuer, act=suspend())
    assert bits(town) == (bytes(256), b"\x01" + bytes(255))
    world.refuses(Refusal.CREDENTIAL_STATUS_WRONG, issuer, act=suspend())
    world.refuses(Kernel.NOT_PERMITTED, issuer, act=reinstate())
    world.accepts(issuer, checker, act=reinstate())
    assert bits(town) == (bytes(256), bytes(256))
    world.refuses(Kernel.NOT_PERMITTED, issuer, act=revoke())
    world.accepts(issuer, checker, act=revoke())
    assert bits(town) == (b"\x01" + bytes(255), bytes(256))
    assert town.credential(7).changed_height == world.height
    world.refuses(Refusal.CREDENTIAL_STATUS_WRONG, issuer, checker, act=revoke())


def test_the_roots_of_a_list_are_those_of_its_published_bits_in_the_same_block(town: Town) -> None:
    for index in (0, 9, LIST_ENTRIES - 1):
        town.of(SCHOOLS, town.issue(index), by=1)
    town.of(SCHOOLS, revoke(9))
    town.of(SCHOOLS, suspend(LIST_ENTRIES - 1), by=1)
    revoked = b"\x00\x40" + bytes(LIST_ENTRIES // 8 - 2)
    suspended = bytes(LIST_ENTRIES // 8 - 1) + b"\x01"
    row = town.list_row()
    assert row.revocation_root == list_root(sha256, revoked)
    assert row.suspension_root == list_root(sha256, suspended)
    assert (row.used, row.revoked, row.suspended, row.height) == (3, 1, 1, town.world.height)


# -- death ----------------------------------------------------------------------------------------


def test_death_suspends_all_that_a_person_held_and_no_issuer_gives_it_back(town: Town) -> None:
    both = town.both(SCHOOLS)
    for index, holder in ((1, LIN), (2, LIN), (3, LIN), (4, ZHOU), (5, None)):
        town.of(SCHOOLS, town.issue(index, holder=holder), by=1)
    town.of(SCHOOLS, suspend(2), by=1)
    town.of(SCHOOLS, revoke(3))
    town.world.refuses(Kernel.NOT_PERMITTED, both[0], act=FollowPerson(holder=LIN, status="ended"))
    town.cause(FollowPerson(holder=LIN, status="ended"))
    standing = [(town.credential(n).status, town.credential(n).reason) for n in range(1, 6)]
    assert standing == [
        ("suspended", "death"),
        ("suspended", "death"),
        ("revoked", "fraud"),
        ("issued", None),
        ("issued", None),
    ]
    assert town.credential(1).changed_height == town.world.height
    for index in (1, 2):
        town.world.refuses(Refusal.NOT_ITS_REASON, *both, act=reinstate(index))


def test_the_death_of_somebody_who_held_the_most_is_one_act(town: Town) -> None:
    issuer, _ = town.both(SCHOOLS)
    acts = tuple(town.issue(index * 2000, holder=LIN) for index in range(HOLDINGS_MAX))
    assert town.world.submit(issuer, acts=acts).outcome == ""
    town.cause(FollowPerson(holder=LIN, status="ended"))
    assert town.list_row().suspended == HOLDINGS_MAX


def test_a_suspended_pseudonym_takes_its_credentials_along_and_back(town: Town) -> None:
    for index in (1, 2):
        town.of(SCHOOLS, town.issue(index, holder=LIN), by=1)
    town.of(SCHOOLS, suspend(2), by=1)
    clerk, verifier = town.identity
    town.world.accepts(verifier, act=SuspendPerson(person=LIN), vector="accepts_with_credentials")
    assert [town.credential(n).reason for n in (1, 2)] == ["person", "person"]
    for index in (1, 2):
        town.world.refuses(Refusal.NOT_ITS_REASON, *town.both(SCHOOLS), act=reinstate(index))
    restore = RestorePerson(person=LIN)
    town.world.accepts(clerk, verifier, act=restore, vector="accepts_with_credentials")
    assert [town.credential(n).status for n in (1, 2)] == ["issued", "suspended"]
    assert town.credential(2).reason == "doubt"
    town.of(SCHOOLS, reinstate(2))
    assert town.credential(2).status == "issued"


def test_a_recorded_death_reaches_credentials_in_its_own_block(town: Town) -> None:
    town.of(SCHOOLS, town.issue(1, holder=LIN), by=1)
    fields: Any = {"office": POLICE, "tags": (), "persons": (LIN,), "evidence": commit("report")}
    death = RecordDeaths(**fields)
    town.world.accepts(*town.identity, act=death, vector="accepts_with_credentials")
    row = town.credential(1)
    assert (row.status, row.reason, row.changed_height) == ("suspended", "death", town.world.height)


# -- properties -----------------------------------------------------------------------------------

PLACES = (0, 1, 2047, 2048, LIST_ENTRIES - 1)


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from("srx")), max_size=12))
def test_lists_say_exactly_what_rows_say_whatever_happens(steps: list[tuple[int, str]]) -> None:
    town = Town().found()
    both = town.both(SCHOOLS)
    for index in PLACES:
        town.of(SCHOOLS, town.issue(index), by=1)
    acts = {"s": suspend, "r": reinstate, "x": revoke}
    for index, step in steps:
        town.world.submit(*both, acts=(acts[step](index),))
    rows = {index: town.credential(index).status for index in PLACES}
    for status, root in (("revoked", "revocation_root"), ("suspended", "suspension_root")):
        bits_on = [index for index in PLACES if rows[index] == status]
        whole = bytearray(LIST_ENTRIES // 8)
        for index in bits_on:
            whole[index // 8] |= 0x80 >> index % 8
        held = town.list_row()
        assert getattr(held, root) == list_root(sha256, bytes(whole))
        assert getattr(held, status) == len(bits_on)


@given(st.permutations(("issue", "suspend", "revoke", "reinstate")), st.booleans())
def test_what_is_revoked_never_counts_again(order: list[str], alone: bool) -> None:  # noqa: FBT001 - drawn
    town = Town().found()
    maker, checker = town.both(SCHOOLS)
    acts: dict[str, Any] = {
        "issue": town.issue(),
        "suspend": suspend(),
        "revoke": revoke(),
        "reinstate": reinstate(),
    }
    town.world.submit(maker, acts=(town.issue(),))
    town.world.submit(maker, checker, acts=(revoke(),))
    for step in order:
        town.world.submit(*((maker,) if alone else (maker, checker)), acts=(acts[step],))
        assert town.credential(7).status == "revoked"
