"""Leave, deputies, handover, limits and kinship: who may, every refusal in order, what follows."""

from tongjian.core import limits, values
from tongjian.core.directory import OFFICERS, Kernel
from tongjian.core.operation import Act
from tongjian.core.standing import RELATIVES, RELATIVES_MAX, STANDINGS, Deputy, Limit
from tongjian.services.membership.acts_officers import Suspend
from tongjian.services.membership.acts_standing import (
    AppointDeputy,
    DeclareRelation,
    DismissDeputy,
    EndLeave,
    HandOver,
    SetLimit,
    TakeLeave,
    WithdrawRelation,
)
from tongjian.services.membership.refusals import Refusal
from tongjian.testkit import Person, World
from tongjian.testkit.world import NOON_MS

CITY = "11990100001400700T"
PROVINCE = "11990000001401252U"
DAY_MS = 24 * 3_600_000
LATER = NOON_MS + DAY_MS
NOBODY = bytes(16)
STRANGER = bytes([7]) * 16


class Office(World):
    """A city with its registrars, two governing offices, a clerk and a colleague."""

    def __init__(self) -> None:
        super().__init__()
        self.office(PROVINCE, region="990000", kind="province")
        self.office(CITY, kind="city", parent=PROVINCE)
        self.ann = self.person("ann", CITY, "registrar")
        self.bo = self.person("bo", CITY, "registrar_checker")
        self.gao = self.person("gao", CITY, "governor")
        self.pan = self.person("pan", PROVINCE, "governor", "clerk")
        self.cui = self.person("cui", CITY, "clerk", until_ms=NOON_MS + 10 * DAY_MS)
        self.dong = self.person("dong", CITY, "payer")
        self.twin = self.person("twin", CITY, "payer", same_person_as=self.cui)

    def both(self, act: Act) -> None:
        self.accepts(self.ann, self.bo, act=act)

    def says_no(self, code: Refusal, act: Act, vector: str | None = None) -> None:
        self.refuses(code, self.ann, self.bo, act=act, vector=vector)


def leave(who: Person | bytes, from_ms: int = 0, until_ms: int = LATER) -> TakeLeave:
    return TakeLeave(
        officer=who if isinstance(who, bytes) else who.officer,
        from_ms=values.time_ms(from_ms),
        until_ms=values.time_ms(until_ms),
    )


def deputy(
    principal: bytes, other: bytes, role: str = "clerk", *, from_ms: int = 0, until_ms: int = LATER
) -> AppointDeputy:
    return AppointDeputy(
        principal=principal,
        deputy=other,
        role=values.name(role),
        from_ms=values.time_ms(from_ms),
        until_ms=values.time_ms(until_ms),
    )


def dismiss(principal: Person, other: Person, role: str = "clerk") -> DismissDeputy:
    return DismissDeputy(principal=principal.officer, deputy=other.officer, role=values.name(role))


def bound(officer: bytes, acts: int | None = 3, role: str = "clerk") -> SetLimit:
    return SetLimit(
        officer=officer,
        role=values.name(role),
        acts=None if acts is None else values.count(acts),
        amount_fen=None,
    )


def related(officer: bytes, relative: bytes) -> DeclareRelation:
    return DeclareRelation(officer=officer, relative=values.person_id(relative))


def unrelated(officer: bytes, relative: bytes) -> WithdrawRelation:
    return WithdrawRelation(officer=officer, relative=values.person_id(relative))


# ------------------------------------------------------------------------------------------ leave


def test_an_officer_takes_leave_and_comes_back() -> None:
    world = Office()
    world.refuses(Kernel.NOT_PERMITTED, world.dong, act=leave(world.cui))
    world.accepts(world.cui, act=leave(world.cui))
    assert world.row(STANDINGS, world.cui.officer).away_from_ms == NOON_MS, "never back-dated"
    world.accepts(world.ann, act=EndLeave(officer=world.cui.officer))
    assert world.row(STANDINGS, world.cui.officer).away_until_ms == 0


def test_a_leave_is_refused_in_order_of_precedence() -> None:
    world = Office()
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=leave(NOBODY))
    world.refuses(Refusal.PERIOD_EMPTY, world.ann, act=leave(world.cui, until_ms=NOON_MS))
    world.refuses(Refusal.VOTE_IMPOSSIBLE, world.ann, act=leave(world.gao))
    world.accepts(world.ann, act=leave(world.cui, LATER, LATER + 1))
    world.refuses(Refusal.LEAVE_TAKEN, world.ann, act=leave(world.cui))
    world.refuses(Refusal.LEAVE_NOT_TAKEN, world.ann, act=EndLeave(officer=world.dong.officer))


def test_a_leave_that_is_over_makes_room_for_the_next() -> None:
    world = Office()
    world.accepts(world.cui, act=leave(world.cui))
    world.now_ms = LATER
    world.refuses(Refusal.LEAVE_NOT_TAKEN, world.cui, act=EndLeave(officer=world.cui.officer))
    world.accepts(world.cui, act=leave(world.cui, until_ms=LATER + 1))


# --------------------------------------------------------------------------------------- deputies


def test_two_persons_appoint_a_deputy_and_one_dismisses() -> None:
    world = Office()
    act = deputy(world.cui.officer, world.dong.officer)
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=act)
    world.refuses(Kernel.NOT_PERMITTED, world.cui, world.ann, act=act, vector="refuses_principal")
    world.both(act)
    expected = Deputy(
        role=values.name("clerk"),
        principal=world.cui.officer,
        from_ms=values.time_ms(NOON_MS),
        until_ms=values.time_ms(LATER),
    )
    assert world.row(STANDINGS, world.dong.officer).deputy_for == (expected,)
    world.accepts(world.cui, act=dismiss(world.cui, world.dong))
    assert world.row(STANDINGS, world.dong.officer).deputy_for == ()


def test_a_deputy_for_a_leave_is_none_when_the_officer_is_back_early() -> None:
    world = Office()
    cui, dong = world.cui, world.dong
    world.accepts(cui, act=leave(cui))
    world.both(deputy(cui.officer, dong.officer))
    world.both(deputy(cui.officer, world.gao.officer, until_ms=LATER + 1))
    held = world.row(STANDINGS, world.gao.officer).deputy_for
    world.accepts(cui, act=EndLeave(officer=cui.officer), vector="accepts_early")
    assert world.row(STANDINGS, dong.officer).deputy_for == ()
    assert world.row(STANDINGS, world.gao.officer).deputy_for == held, "longer than the leave"


def test_a_deputy_is_refused_in_order_of_precedence() -> None:
    world = Office()
    cui, dong = world.cui.officer, world.dong.officer
    world.says_no(Refusal.OFFICER_UNKNOWN, deputy(cui, NOBODY))
    world.accepts(world.ann, act=Suspend(officer=dong))
    world.says_no(Refusal.OFFICER_SUSPENDED, deputy(cui, dong, "governor"))
    pan, twin, gao = world.pan.officer, world.twin.officer, world.gao.officer
    world.says_no(Refusal.ROLE_BY_VOTE_ONLY, deputy(cui, pan, "governor", until_ms=0))
    world.says_no(Refusal.PERIOD_EMPTY, deputy(cui, pan, until_ms=NOON_MS))
    world.says_no(Refusal.DEPUTY_ELSEWHERE, deputy(cui, pan, "payer"))
    world.says_no(Refusal.DEPUTY_IS_PRINCIPAL, deputy(cui, twin, "payer"))
    world.says_no(Refusal.DELEGATION_EXCEEDS, deputy(cui, gao, until_ms=LATER + 30 * DAY_MS))
    world.both(deputy(cui, gao))
    world.says_no(Refusal.DEPUTY_KNOWN, deputy(cui, gao))
    world.refuses(Refusal.DEPUTY_UNKNOWN, world.ann, act=dismiss(world.cui, world.dong))


def test_an_officer_is_deputy_a_bounded_number_of_times() -> None:
    world = Office()
    held = tuple(
        Deputy(
            role=values.name(f"role_{n}"),
            principal=STRANGER,
            from_ms=values.time_ms(0),
            until_ms=values.FOREVER,
        )
        for n in range(limits.ROLES_PER_OFFICER_MAX)
    )
    world.standing(world.dong, deputy_for=held)
    world.says_no(Refusal.ROLES_FULL, deputy(world.cui.officer, world.dong.officer))


# --------------------------------------------------------------------------------------- handover


def test_all_roles_pass_to_a_successor_for_no_longer_than_before() -> None:
    world = Office()
    before = world.cui
    act = HandOver(officer=before.officer, successor=world.dong.officer)
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=act)
    world.both(act)
    assert world.row(OFFICERS, before.officer).grants == ()
    grants = {g.role: g.until_ms for g in world.row(OFFICERS, world.dong.officer).grants}
    assert grants == {"payer": values.FOREVER, "clerk": NOON_MS + 10 * DAY_MS}


def test_a_handover_is_refused_in_order_of_precedence() -> None:
    world = Office()

    def over(officer: Person, successor: bytes) -> HandOver:
        return HandOver(officer=officer.officer, successor=successor)

    world.says_no(Refusal.OFFICER_UNKNOWN, over(world.cui, NOBODY))
    world.accepts(world.ann, act=Suspend(officer=world.twin.officer))
    world.says_no(Refusal.OFFICER_SUSPENDED, over(world.gao, world.twin.officer))
    world.says_no(Refusal.ROLE_NOT_HELD, over(world.gao, world.pan.officer))
    world.says_no(Refusal.DEPUTY_ELSEWHERE, over(world.cui, world.pan.officer))
    world.says_no(Refusal.DEPUTY_IS_PRINCIPAL, over(world.cui, world.cui.officer))


def test_a_successor_holds_no_more_roles_than_an_officer_can() -> None:
    world = Office()
    many = [f"role_{n}" for n in range(limits.ROLES_PER_OFFICER_MAX)]
    full = world.person("full", CITY, *many)
    world.says_no(Refusal.ROLES_FULL, HandOver(officer=world.cui.officer, successor=full.officer))


# ----------------------------------------------------------------------------------------- limits


def test_a_limit_is_set_changed_and_lifted_by_two_persons() -> None:
    world = Office()
    cui = world.cui.officer
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=bound(cui))
    world.both(bound(cui))
    world.accepts(world.ann, world.bo, act=bound(cui, 5), vector="accepts_change")
    kept = Limit(role=values.name("clerk"), acts=values.count(5), amount_fen=None)
    assert world.row(STANDINGS, cui).limits == (kept,)
    world.accepts(world.ann, world.bo, act=bound(cui, None), vector="accepts_lift")
    assert world.row(STANDINGS, cui).limits == ()


def test_a_limit_needs_an_officer_and_room() -> None:
    world = Office()
    full = tuple(
        Limit(role=values.name(f"role_{n}"), acts=values.count(1), amount_fen=None)
        for n in range(limits.ROLES_PER_OFFICER_MAX)
    )
    world.standing(world.dong, limits=full)
    world.refuses(Kernel.NOT_PERMITTED, world.ann, world.bo, act=bound(NOBODY))
    world.says_no(Refusal.ROLES_FULL, bound(world.dong.officer))


# ---------------------------------------------------------------------------------------- kinship


def test_a_relation_holds_both_ways_and_two_persons_withdraw_it() -> None:
    world = Office()
    cui, dong = world.cui, world.dong
    world.refuses(Kernel.NOT_PERMITTED, dong, act=related(cui.officer, dong.person))
    world.accepts(cui, act=related(cui.officer, dong.person))
    assert world.row(RELATIVES, dong.person).persons == (cui.person,)
    world.refuses(Kernel.NOT_PERMITTED, cui, act=unrelated(cui.officer, dong.person))
    world.both(unrelated(dong.officer, cui.person))
    assert world.row(RELATIVES, cui.person).persons == ()


def test_a_relation_is_refused_in_order_of_precedence() -> None:
    world = Office()
    cui = world.cui.officer
    world.refuses(Refusal.RELATIVE_IS_SELF, world.cui, act=related(cui, world.twin.person))
    world.accepts(world.cui, act=related(cui, STRANGER))
    world.refuses(Refusal.RELATION_KNOWN, world.cui, act=related(cui, STRANGER))
    for n in range(1, RELATIVES_MAX):
        other = bytes([n]) + bytes(15)
        assert world.submit(world.cui, acts=(related(cui, other),)).outcome == ""
    world.refuses(Refusal.RELATIVES_FULL, world.cui, act=related(cui, bytes([99]) * 16))
    world.says_no(Refusal.RELATION_UNKNOWN, unrelated(cui, bytes([99]) * 16))
