"""Mandates: within one domain, never passed on, ended by either side or by time."""

from typing import Any

import pytest
from identity_town import DAY_MS, FOREVER, POLICE, ROLES, Kernel, Refusal, Town, digest, presence

from tongjian.core.persons import MANDATES
from tongjian.core.standing import Deputy
from tongjian.services.identity.acts_keys import RevokeKey
from tongjian.services.identity.acts_mandates import (
    AppointGuardian,
    EndGuardianship,
    GrantMandate,
    WithdrawMandate,
)
from tongjian.services.identity.acts_persons import SuspendPerson

TWO = "clerk+verifier"


def grant(principal: bytes, agent: bytes, **changes: Any) -> GrantMandate:
    fields: dict[str, Any] = {
        "principal": principal,
        "agent": agent,
        "matters": ("land.declare",),
        "from_ms": 0,
        "until_ms": FOREVER,
        "limit_fen": None,
        "uses_max": None,
        "evidence": digest("power of attorney"),
        "presence": None,
    }
    return GrantMandate(**(fields | changes))


def withdraw(principal: Any, agent: Any, **given: Any) -> WithdrawMandate:
    return WithdrawMandate(principal=principal, agent=agent, **({"presence": None} | given))


def guard(principal: Any, agent: Any) -> AppointGuardian:
    return AppointGuardian(
        principal=principal,
        agent=agent,
        matters=("land",),
        until_ms=FOREVER,
        evidence=digest("register of births"),
    )


def test_a_person_grants_by_key_or_at_the_counter_and_nobody_for_them() -> None:
    town = Town()
    lin, zhou = town.keyed("lin"), town.keyed("zhou")
    act = grant(lin.person, zhou.person)
    town.no(Kernel.NOT_PERMITTED, zhou, act)
    town.no(Kernel.NOT_PERMITTED, TWO, act)
    town.ok(lin, act)
    assert town.world.row(MANDATES, lin.person, zhou.person).from_ms == town.world.now_ms
    town.no(Refusal.MANDATE_STANDS, lin, act)
    he = town.person("he")
    there = grant(he, zhou.person, presence=presence())
    town.no(Kernel.NOT_PERMITTED, "clerk", there)
    town.no(Kernel.NOT_PERMITTED, "far clerk+far verifier", there)
    town.ok(TWO, there, vector="accepts_at_the_counter")


def test_a_mandate_is_refused_in_order_of_precedence() -> None:
    town = Town()
    lin, zhou = town.keyed("lin"), town.keyed("zhou")
    child, elsewhere = town.person("man", capacity="child"), town.person("zhou", "invoice")
    town.no(Refusal.PERIOD_EMPTY, lin, grant(lin.person, lin.person, until_ms=1))
    for agent in (lin.person, child, elsewhere, bytes(16)):
        town.no(Refusal.AGENT_WRONG, lin, grant(lin.person, agent, matters=("invoice",)))
    for matter in ("invoice", "identity.grant_mandate", "landed"):
        town.no(Refusal.MATTER_WRONG, lin, grant(lin.person, zhou.person, matters=(matter,)))


def test_a_key_revoked_in_this_block_gives_no_mandate_after_it() -> None:
    town = Town()
    lin, zhou = town.keyed("lin"), town.keyed("zhou")
    revoke: Any = RevokeKey(person=lin.person, key=lin.key)  # type: ignore[arg-type]
    thief = ((lin,), (grant(lin.person, zhou.person),))
    outcomes = [one.outcome for one in town.world.block((town.signers("clerk"), (revoke,)), thief)]
    assert outcomes == ["", f"identity/{Refusal.KEY_REVOKED.number}@0"]
    assert town.world.row(MANDATES, lin.person, zhou.person) is None


@pytest.mark.parametrize("by", ["principal", "agent", "counter"])
def test_either_side_ends_a_mandate(by: str) -> None:
    town = Town()
    lin, zhou = town.keyed("lin"), town.keyed("zhou")
    act = withdraw(lin.person, zhou.person)
    town.no(Refusal.MANDATE_UNKNOWN, lin, act)
    town.ok(lin, grant(lin.person, zhou.person))
    if by == "counter":
        act = withdraw(lin.person, zhou.person, presence=presence("visit"))
    who = {"principal": lin, "agent": zhou, "counter": TWO}[by]
    town.ok(who, act, vector="accepts_by_" + by)
    town.no(Refusal.MANDATE_ENDED, who, act, vector="refuses_mandate_ended_by_" + by)
    town.ok(lin, grant(lin.person, zhou.person), vector="accepts_after_another")


def test_a_mandate_that_has_run_out_has_ended() -> None:
    town = Town()
    lin, zhou = town.keyed("lin"), town.keyed("zhou")
    until_ms = town.world.now_ms + DAY_MS
    town.ok(lin, grant(lin.person, zhou.person, until_ms=until_ms))
    town.world.now_ms = until_ms
    town.no(Refusal.MANDATE_ENDED, lin, withdraw(lin.person, zhou.person))
    town.ok(lin, grant(lin.person, zhou.person))


def test_guardians_are_appointed_and_removed_by_two_officers() -> None:
    town = Town()
    minor, parent = town.keyed("gao", capacity="minor"), town.keyed("he")
    act = guard(minor.person, parent.person)
    town.no(Kernel.NOT_PERMITTED, parent, act)
    town.no(Kernel.NOT_PERMITTED, "clerk+twin verifier", act)
    town.ok(TWO, act)
    town.no(Refusal.MANDATE_UNKNOWN, minor, withdraw(minor.person, parent.person))
    end = EndGuardianship(principal=minor.person, agent=parent.person)  # type: ignore[arg-type]
    town.no(Kernel.NOT_PERMITTED, "verifier", end)
    town.ok(TWO, end)
    town.no(Refusal.MANDATE_ENDED, TWO, end)


def test_a_minor_signs_with_a_guardian_and_a_child_not_at_all() -> None:
    town = Town()
    minor, child, parent = (
        town.keyed("gao", capacity="minor"),
        town.keyed("man", capacity="child"),
        town.keyed("he"),
    )
    town.ok(TWO, guard(minor.person, parent.person))
    town.ok(TWO, guard(child.person, parent.person))
    zhou = town.keyed("zhou")
    act = grant(minor.person, zhou.person)
    world = town.world
    world.refuses(Kernel.NOT_PERMITTED, minor, act=act, vector="refuses_minor_alone")
    world.refuses(Kernel.NOT_PERMITTED, minor, zhou, act=act, vector="refuses_with_another")
    world.refuses(Kernel.NOT_PERMITTED, parent, act=act, vector="refuses_guardian_alone")
    of_child = grant(child.person, zhou.person)
    world.refuses(Kernel.NOT_PERMITTED, child, parent, act=of_child, vector="refuses_child")
    world.accepts(minor, parent, act=act, vector="accepts_with_guardian")
    alone = grant(child.person, zhou.person, presence=presence())
    town.no(Kernel.NOT_PERMITTED, TWO, alone, vector="refuses_child_at_the_counter")
    guarded = grant(child.person, zhou.person, presence=presence(guardian=True))
    town.ok(TWO, guarded, vector="accepts_of_a_child_with_guardian")


def test_an_officer_attests_no_presence_of_their_own_or_of_kin() -> None:
    town = Town()
    world = town.world
    clerk = town.officers["clerk"]
    own = world.citizen("clerk", POLICE, "land")
    assert own.person == clerk.person, "the pseudonym of the post is that of the domain"
    kin = world.citizen("kin", POLICE, "land")
    world.related(kin, clerk)
    zhou, lin = world.citizen("zhou", POLICE, "land"), town.person("lin")
    for who in (own, kin):
        act = grant(who.person, zhou.person, presence=presence())
        town.no(Kernel.NOT_PERMITTED, TWO, act, vector="refuses_presence_of_own_or_kin")
        gained = grant(zhou.person, who.person, presence=presence())
        town.no(Refusal.AGENT_WRONG, TWO, gained, vector="refuses_agent_of_the_office")
        guardian = guard(zhou.person, who.person)
        town.no(Refusal.AGENT_WRONG, TWO, guardian, vector="refuses_agent_of_the_office")
    town.ok(TWO, grant(zhou.person, lin, presence=presence()))


def test_a_deputy_attests_no_presence_of_the_principals_kin() -> None:
    town = Town()
    world = town.world
    role, kin = ROLES["clerk"], world.citizen("kin", POLICE, "land")
    boss, deputy = world.person("boss", POLICE, role), world.person("deputy", POLICE)
    duty: Any = {"principal": boss.officer, "role": role, "from_ms": 0, "until_ms": FOREVER}
    world.standing(deputy, deputy_for=(Deputy(**duty),))
    world.related(kin, boss)
    zhou, lin = world.citizen("zhou", POLICE, "land"), town.person("lin")
    two = (deputy, town.officers["verifier"])
    act = grant(kin.person, lin, presence=presence())
    vector = "refuses_presence_of_kin_of_the_principal"
    world.refuses(Kernel.NOT_PERMITTED, *two, act=act, vector=vector)
    world.accepts(*two, act=grant(zhou.person, lin, presence=presence()))


def test_a_suspended_agent_grants_and_holds_nothing() -> None:
    town = Town()
    lin, zhou = town.keyed("lin"), town.keyed("zhou")
    town.ok("verifier", SuspendPerson(person=zhou.person))  # type: ignore[arg-type]
    town.no(Refusal.AGENT_WRONG, lin, grant(lin.person, zhou.person))
