"""Licences, and e-licences that live as long as theirs (IDN-I8)."""

from typing import Any

import pytest
from credential_town import (
    CITY,
    DATA,
    LIN,
    PERMIT,
    POLICE,
    RESIDENT,
    SCHOOLS,
    YEAR_MS,
    Town,
    licence_number,
)

from tongjian.core.directory import Kernel
from tongjian.core.values import name
from tongjian.services.identity.acts_credentials import (
    FollowPerson,
    ReinstateCredential,
    SuspendCredential,
)
from tongjian.services.identity.acts_issuers import RetireType
from tongjian.services.identity.acts_licences import EndLicence, RestoreLicence, SuspendLicence
from tongjian.services.identity.records_credentials import LICENCE_COPIES_MAX, LICENCES
from tongjian.services.identity.refusals import Refusal

SUSPEND = SuspendLicence(licence=licence_number())
RESTORE = RestoreLicence(licence=licence_number())
END = EndLicence(licence=licence_number())


@pytest.fixture
def town() -> Town:
    return Town().found()


def permit(town: Town, index: int, **given: Any) -> Any:
    return town.issue(index, kind=PERMIT, licence=licence_number(), **given)


def test_a_licence_is_granted_by_two_under_its_own_number(town: Town) -> None:
    world = town.world
    both = town.both(SCHOOLS)
    world.refuses(Kernel.NOT_PERMITTED, both[0], act=town.grant())
    wrong = licence_number()[:-1] + ("0" if licence_number()[-1] != "0" else "1")
    wrongs: list[tuple[Refusal, dict[str, Any]]] = [
        (Refusal.LICENCE_NUMBER_WRONG, {"licence": wrong}),
        (Refusal.LICENCE_NUMBER_WRONG, {"licence": licence_number(office=POLICE)}),
        (Refusal.LICENCE_EXPECTED, {"kind": RESIDENT}),
        (Refusal.TYPE_UNKNOWN, {"version": 2}),
        (Refusal.TERM_OVER, {"until_ms": world.now_ms}),
    ]
    for refusal, given in wrongs:
        world.refuses(refusal, *both, act=town.grant(**given))
    police = town.grant(office=POLICE, licence=licence_number(office=POLICE))
    world.refuses(Refusal.ISSUER_UNKNOWN, *town.both(POLICE), act=police)
    world.accepts(*both, act=town.grant())
    world.refuses(Refusal.LICENCE_EXISTS, *both, act=town.grant())
    retire: Any = {"kind": PERMIT, "version": 1, "region": CITY}
    town.of(DATA, RetireType(**retire))
    other = town.grant(licence=licence_number("000002"))
    world.refuses(Refusal.TYPE_RETIRED, *both, act=other)


def test_an_e_licence_lives_as_long_as_its_licence(town: Town) -> None:
    world = town.world
    both = town.both(SCHOOLS)
    for unknown in (SUSPEND, RESTORE, END):
        world.refuses(Kernel.NOT_PERMITTED, *both, act=unknown)
    world.refuses(Refusal.LICENCE_UNKNOWN, both[0], act=permit(town, 1))
    soon = world.now_ms + YEAR_MS - 1
    world.accepts(*both, act=town.grant(until_ms=soon))
    outliving = permit(town, 1)
    world.refuses(Refusal.TERM_WRONG, both[0], act=outliving, vector="refuses_outliving")
    for index in (1, 2, 3):
        world.accepts(both[0], act=permit(town, index, until_ms=soon), vector="accepts_e_licence")
    doubt: Any = {"office": SCHOOLS, "list": 0, "index": 2, "reason": "doubt"}
    world.accepts(both[0], act=SuspendCredential(**doubt))
    world.refuses(Refusal.LICENCE_STATUS_WRONG, *both, act=RESTORE)
    world.accepts(*both, act=SUSPEND)
    assert [town.credential(n).reason for n in (1, 2, 3)] == ["licence"] * 3
    world.refuses(Refusal.LICENCE_STATUS_WRONG, *both, act=SUSPEND)
    world.refuses(Refusal.LICENCE_STATUS_WRONG, both[0], act=permit(town, 4, until_ms=soon))
    for index in (1, 2):
        cleared: Any = {"office": SCHOOLS, "list": 0, "index": index, "reason": "doubt_cleared"}
        world.refuses(Refusal.NOT_ITS_REASON, *both, act=ReinstateCredential(**cleared))
    world.accepts(*both, act=RESTORE)
    assert [town.credential(n).status for n in (1, 2, 3)] == ["issued", "suspended", "issued"]
    world.accepts(*both, act=END)
    assert [town.credential(n).status for n in (1, 2, 3)] == ["revoked"] * 3
    world.refuses(Refusal.LICENCE_STATUS_WRONG, *both, act=END)
    assert world.row(LICENCES, licence_number()).copies == 3


@pytest.mark.parametrize("first", ["licence", "person"])
def test_an_e_licence_counts_again_when_licence_and_holder_both_do(town: Town, first: str) -> None:
    world, both = town.world, town.both(SCHOOLS)
    town.of(SCHOOLS, town.grant())
    world.accepts(both[0], act=permit(town, 1, holder=LIN))
    steps: dict[str, Any] = {
        "licence": lambda act: world.accepts(*both, act=act),
        "person": town.cause,
    }
    off: Any = {"licence": SUSPEND, "person": FollowPerson(holder=LIN, status="suspended")}
    on: Any = {"licence": RESTORE, "person": FollowPerson(holder=LIN, status="active")}
    second = "person" if first == "licence" else "licence"
    for which in (first, second):
        steps[which](off[which])
    for which, left in ((first, "suspended"), (second, "issued")):
        steps[which](on[which])
        assert town.credential(1).status == left
    assert town.credential(1).stops == ()


def test_a_licence_has_so_many_e_licences_and_all_of_its_own_type(town: Town) -> None:
    world, both = town.world, town.both(SCHOOLS)
    town.of(SCHOOLS, town.grant())
    town.of(DATA, town.define(name("other_permit"), is_licence=True))
    town.of(DATA, town.register(name("other_permit")))
    other = town.issue(99, kind=name("other_permit"), licence=licence_number())
    world.refuses(Refusal.LICENCE_OF_ANOTHER, both[0], act=other)
    acts = tuple(permit(town, index) for index in range(LICENCE_COPIES_MAX))
    assert world.submit(both[0], acts=acts).outcome == ""
    world.refuses(Refusal.COPIES_TOO_MANY, both[0], act=permit(town, 98))
    world.accepts(*both, act=END, vector="accepts_many")
    assert town.list_row().revoked == LICENCE_COPIES_MAX


def test_two_persons_issue_an_e_licence_of_high_risk_by_the_same_rules(town: Town) -> None:
    kind = name("gun_permit")
    world, both = town.world, town.both(SCHOOLS)
    number = licence_number("000007")
    own: Any = {"kind": kind, "licence": number}
    town.of(DATA, town.define(kind, is_licence=True, is_high_risk=True))
    town.of(DATA, town.register(kind))
    world.refuses(Refusal.LICENCE_UNKNOWN, *both, act=town.issue_checked(1, **own))
    town.of(SCHOOLS, town.grant(**own))
    town.of(SCHOOLS, town.grant())
    another = town.issue_checked(1, kind=kind, licence=licence_number())
    world.refuses(Refusal.LICENCE_OF_ANOTHER, *both, act=another)
    acts = tuple(town.issue_checked(n, **own) for n in range(LICENCE_COPIES_MAX))
    assert world.submit(*both, acts=acts).outcome == ""
    world.refuses(Refusal.COPIES_TOO_MANY, *both, act=town.issue_checked(99, **own))
    town.of(SCHOOLS, SuspendLicence(licence=number))
    world.refuses(Refusal.LICENCE_STATUS_WRONG, *both, act=town.issue_checked(99, **own))
