"""Whose hand it was: one person as two, a deputy too long, another region, a limit cut to size.

The act is the raise of a firm's invoice limit (attack 3): an officer and an approver of the firm's
own tax bureau. Everybody here has valid keys; what stops them is who they are.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tongjian.core import values
from tongjian.core.directory import KEYS, Kernel, Key
from tongjian.core.hashing import sha256
from tongjian.core.standing import Deputy, Limit
from tongjian.services.invoice.acts_taxpayers import LimitSet, SetLimit, SetTaxpayer
from tongjian.services.membership.acts_standing import EndLeave, TakeLeave
from tongjian.testkit import Person, World
from tongjian.testkit.world import NOON_MS

CITY, HARBOUR = "11990100001400110R", "119902000014002255"
FIRM = values.uscc("91990106MA7K3D2102")
DAY_MS = 86_400_000
RAISE = SetLimit(
    taxpayer=FIRM, limit_fen=values.fen(10**12), reason="raise", notice=values.digest(bytes(32))
)


class Bureaus(World):
    """The tax bureaus of two cities; the firm is in the first."""

    def __init__(self, prepare: Callable[["Bureaus"], None] = lambda _: None) -> None:
        super().__init__()
        self.office(CITY)
        self.office(HARBOUR, region="990200")
        self.office(FIRM, region="990106", kind="firm")
        self.officer = self.person("officer", CITY, "tax_officer")
        self.approver = self.person("approver", CITY, "tax_approver")
        self.both = self.person("both", CITY, "tax_officer", "tax_approver")
        self.far = self.person("far officer", HARBOUR, "tax_officer")
        self.far_approver = self.person("far approver", HARBOUR, "tax_approver")
        self.clerk = self.person("clerk", CITY, "clerk")
        self.registrar = self.person("registrar", CITY, "registrar")
        self.checker = self.person("checker", CITY, "registrar_checker")
        self.twin = self.person("twin", CITY, "tax_approver", same_person_as=self.officer)
        self.second = self.another_key(self.both)
        prepare(self)
        register = SetTaxpayer(
            taxpayer=FIRM, kind="general", grade="A", notice=values.digest(bytes(32))
        )
        self.accepts(self.officer, self.approver, act=register)

    def another_key(self, who: Person) -> Person:
        """Found a second key of an officer who has one."""
        key = sha256(b"second key of " + who.name.encode())[:16]
        row = Key(
            suite=1,
            public=sha256(key),
            officer=who.officer,
            from_height=values.height(0),
            until_ms=values.FOREVER,
            revoked_height=values.height(0),
        )
        self._found(KEYS, row, key)
        return replace(who, key=key)

    def turns_away(self, *who: Person) -> None:
        self.refuses(Kernel.NOT_PERMITTED, *who, act=RAISE)


def deputy(principal: Person, until_ms: int) -> Deputy:
    return Deputy(
        role=values.name("tax_approver"),
        principal=principal.officer,
        from_ms=values.time_ms(NOON_MS),
        until_ms=values.time_ms(until_ms),
    )


# -- one person as two ----------------------------------------------------------------------------


def test_insider_3_one_officer_alone_raises_no_limit() -> None:
    world = Bureaus()
    for who in (world.officer, world.approver, world.both, world.clerk):
        world.turns_away(who)
    raised = world.accepts(world.officer, world.approver, act=RAISE)
    assert isinstance(raised, LimitSet), "every raise is an event, listed to audit"


def test_the_maker_does_not_sign_as_checker_with_a_second_key() -> None:
    world = Bureaus()
    world.turns_away(world.both, world.second)
    world.accepts(world.both, world.approver, act=RAISE)
    world.accepts(world.second, world.officer, act=RAISE)


def test_the_maker_does_not_sign_as_checker_in_a_second_post() -> None:
    world = Bureaus()
    world.turns_away(world.officer, world.twin)


def test_whom_the_maker_is_related_to_does_not_check() -> None:
    world = Bureaus(lambda world: world.related(world.both, world.officer))
    world.turns_away(world.officer, world.both)
    world.accepts(world.officer, world.approver, act=RAISE)


# -- deputies -------------------------------------------------------------------------------------


def with_deputy(until_ms: int) -> Callable[[Bureaus], None]:
    """Have the clerk stand in for the approver, who is away for two days."""

    def prepare(world: Bureaus) -> None:
        world.standing(world.approver, away=(NOON_MS + 1, NOON_MS + 2 * DAY_MS))
        world.standing(world.clerk, deputy_for=(deputy(world.approver, until_ms),))

    return prepare


def test_a_deputy_does_nothing_after_the_leave_ended() -> None:
    world = Bureaus(with_deputy(NOON_MS + 2 * DAY_MS))
    world.now_ms += DAY_MS
    world.accepts(world.officer, world.clerk, act=RAISE)
    world.turns_away(world.officer, world.approver)
    world.now_ms = NOON_MS + 2 * DAY_MS
    world.turns_away(world.officer, world.clerk)
    world.accepts(world.officer, world.approver, act=RAISE)


def test_a_deputy_does_nothing_after_the_officer_came_back_early() -> None:
    world = Bureaus()
    leave = TakeLeave(
        officer=world.approver.officer,
        from_ms=values.time_ms(0),
        until_ms=values.time_ms(NOON_MS + 2 * DAY_MS),
    )
    world.accepts(world.approver, act=leave)
    standing = with_deputy_of_record(world)
    world.accepts(world.officer, world.clerk, act=RAISE)
    world.accepts(world.approver, act=EndLeave(officer=world.approver.officer))
    assert standing() == ()
    world.turns_away(world.officer, world.clerk)


def with_deputy_of_record(world: Bureaus) -> Callable[[], object]:
    """Appoint the clerk by the act that does so, and return what reads the deputyships."""
    from tongjian.core.standing import STANDINGS
    from tongjian.services.membership.acts_standing import AppointDeputy

    appoint = AppointDeputy(
        principal=world.approver.officer,
        deputy=world.clerk.officer,
        role=values.name("tax_approver"),
        from_ms=values.time_ms(0),
        until_ms=values.time_ms(NOON_MS + 2 * DAY_MS),
    )
    world.accepts(world.registrar, world.checker, act=appoint)
    return lambda: world.row(STANDINGS, world.clerk.officer).deputy_for


def test_a_deputy_is_not_the_other_side_of_whom_they_stand_in_for() -> None:
    def prepare(world: Bureaus) -> None:
        world.standing(world.clerk, deputy_for=(deputy(world.both, NOON_MS + DAY_MS),))

    world = Bureaus(prepare)
    world.turns_away(world.both, world.clerk)
    world.accepts(world.officer, world.clerk, act=RAISE)


# -- another region, a limit of a day -------------------------------------------------------------


def test_an_officer_of_another_region_signs_for_nobody_here() -> None:
    world = Bureaus()
    for hands in (
        (world.far, world.far_approver),
        (world.far, world.approver),
        (world.officer, world.far_approver),
    ):
        world.turns_away(*hands)


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_acts_over_the_limit_of_a_day_are_over_it_in_one_batch_or_several(parts: int) -> None:
    def prepare(world: Bureaus) -> None:
        limit = Limit(role=values.name("tax_officer"), acts=values.count(2), amount_fen=None)
        world.standing(world.officer, limits=(limit,))

    world = Bureaus(prepare)
    world.now_ms += DAY_MS
    acts = tuple(
        SetLimit(
            taxpayer=FIRM,
            limit_fen=values.fen(10**9 + number),
            reason="raise",
            notice=values.digest(bytes(32)),
        )
        for number in range(parts)
    )
    batch = world.submit(world.officer, world.approver, acts=acts).outcome
    over = f"kernel/{Kernel.LIMIT_REACHED.number}@2"
    assert batch == ("" if parts <= 2 else over)
    hands = (world.officer, world.approver)
    one_by_one = world.block(*((hands, (act,)) for act in acts))
    accepted = [result.outcome for result in one_by_one].count("")
    assert accepted == (0 if parts <= 2 else 2), "what the batch took, or two of the day"
