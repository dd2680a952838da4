"""Officers and governors: who appoints, every refusal in order, and what a vote protects."""

from tongjian.core import limits, values
from tongjian.core.directory import OFFICERS, Kernel
from tongjian.core.operation import Act
from tongjian.services.membership.acts_officers import (
    Appoint,
    GrantRole,
    Reinstate,
    SeatGovernor,
    Suspend,
    UnseatGovernor,
    WithdrawRole,
)
from tongjian.services.membership.acts_offices import CharterKind, CloseOffice
from tongjian.services.membership.records import OfficerAppointed, RoleGranted
from tongjian.services.membership.refusals import Refusal
from tongjian.testkit import Person, World

CITY = "11990100001400700T"
PROVINCE = "11990000001401252U"
FINANCE = "119901000014002175"
VENDOR = "91990106MA7K3D2102"
NEW = bytes(range(16))
HER = bytes(range(16, 32))
NOBODY = bytes(16)
FOREVER = values.FOREVER


class Network(World):
    """Two governing offices; the city keeps its own officers and those of finance below it."""

    def __init__(self) -> None:
        super().__init__()
        self.office(PROVINCE, region="990000", kind="province")
        self.office(CITY, kind="city", parent=PROVINCE)
        self.office(FINANCE, kind="bureau", parent=CITY)
        self.ann = self.person("ann", CITY, "registrar")
        self.bo = self.person("bo", CITY, "registrar_checker")
        self.gao = self.person("gao", CITY, "governor")
        self.pan = self.person("pan", PROVINCE, "governor")
        self.cui = self.person("cui", CITY, "clerk")
        self.charters = 0

    def charter(self, kind: str, *roles: str) -> None:
        act = CharterKind(
            kind=values.name(kind), roles=tuple(map(values.name, roles)), kinds_below=()
        )
        self.accepts(self.gao, self.pan, act=act)


def appoint(
    office: str = CITY,
    *,
    officer: bytes = NEW,
    role: str = "clerk",
    from_ms: int = 0,
    until_ms: int = FOREVER,
) -> Appoint:
    return Appoint(
        officer=officer,
        person=values.person_id(HER),
        office=values.uscc(office),
        role=values.name(role),
        from_ms=values.time_ms(from_ms),
        until_ms=values.time_ms(until_ms),
    )


def grant(
    officer: bytes, role: str = "payer", *, from_ms: int = 0, until_ms: int = FOREVER
) -> GrantRole:
    return GrantRole(
        officer=officer,
        role=values.name(role),
        from_ms=values.time_ms(from_ms),
        until_ms=values.time_ms(until_ms),
    )


def withdraw(officer: bytes, role: str = "clerk") -> WithdrawRole:
    return WithdrawRole(officer=officer, role=values.name(role))


# ------------------------------------------------------------------------------------ who may do it


def test_registrar_and_checker_of_an_office_appoint_into_it() -> None:
    world = Network()
    world.charter("city", "clerk")
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=appoint())
    world.refuses(Kernel.NOT_PERMITTED, world.bo, act=appoint(), vector="refuses_checker_alone")
    appointed = world.accepts(world.ann, world.bo, act=appoint())
    assert appointed == OfficerAppointed(
        officer=NEW, person=values.person_id(HER), office=values.uscc(CITY)
    )
    assert world.row(OFFICERS, NEW).grants[0].from_ms == world.now_ms, "never back-dated"


def test_one_person_in_two_posts_is_not_two_persons() -> None:
    world = Network()
    double = world.person("ann as checker", CITY, "registrar_checker", same_person_as=world.ann)
    world.charter("city", "clerk")
    act = appoint()
    world.refuses(Kernel.NOT_PERMITTED, world.ann, double, act=act, vector="refuses_same_person")


def test_the_office_above_appoints_the_first_officers_but_not_the_office_beside() -> None:
    world = Network()
    world.charter("bureau", "registrar")
    first = appoint(FINANCE, role="registrar")
    world.accepts(world.ann, world.bo, act=first, vector="accepts_by_office_above")
    stranger = appoint(PROVINCE, officer=bytes([9]) * 16, role="registrar")
    world.refuses(
        Kernel.NOT_PERMITTED, world.ann, world.bo, act=stranger, vector="refuses_office_below"
    )


def test_governors_are_seated_and_unseated_by_vote_only() -> None:
    world = Network()
    seat = SeatGovernor(officer=world.cui.officer)
    world.refuses(Kernel.NOT_PERMITTED, world.ann, world.bo, act=seat)
    unseat = UnseatGovernor(officer=world.gao.officer)
    world.refuses(Kernel.NOT_PERMITTED, world.ann, world.bo, act=unseat)


def test_grant_and_reinstatement_take_two_persons_withdrawal_and_suspension_one() -> None:
    world = Network()
    world.charter("city", "payer")
    cui = world.cui.officer
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=grant(cui))
    world.accepts(world.ann, world.bo, act=grant(cui))
    world.refuses(Kernel.NOT_PERMITTED, world.bo, act=withdraw(cui))
    world.accepts(world.ann, act=withdraw(cui))
    world.refuses(Kernel.NOT_PERMITTED, world.bo, act=Suspend(officer=cui))
    world.accepts(world.ann, act=Suspend(officer=cui))
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=Reinstate(officer=cui))
    world.accepts(world.ann, world.bo, act=Reinstate(officer=cui))


# ----------------------------------------------------------------------- refusals, in their order


def test_appointment_is_refused_in_order_of_precedence() -> None:
    world = Network()
    votes = (world.gao, world.pan)
    cui = world.cui.officer
    wrong = {"officer": cui, "role": "governor", "until_ms": 0}
    world.refuses(Refusal.OFFICE_UNKNOWN, *votes, act=appoint(VENDOR, **wrong))
    world.accepts(*votes, act=CloseOffice(office=values.uscc(FINANCE)))
    world.refuses(Refusal.OFFICE_CLOSED, *votes, act=appoint(FINANCE, **wrong))
    world.refuses(Refusal.OFFICER_EXISTS, *votes, act=appoint(**wrong))
    world.refuses(Refusal.ROLE_BY_VOTE_ONLY, *votes, act=appoint(role="governor", until_ms=0))
    world.refuses(Refusal.ROLE_NOT_CHARTERED, *votes, act=appoint(until_ms=0))
    world.charter("city", "clerk")
    late = appoint(from_ms=world.now_ms + 5, until_ms=world.now_ms + 5)
    world.refuses(Refusal.PERIOD_EMPTY, *votes, act=late)
    world.accepts(*votes, act=appoint(), vector="accepts_by_vote")


def test_a_grant_is_refused_in_order_of_precedence() -> None:
    world = Network()
    roles = [f"role_{number}" for number in range(limits.ROLES_PER_OFFICER_MAX)]
    full = world.person("full", CITY, *roles)
    off = world.person("off", CITY, "clerk")
    votes = (world.gao, world.pan)
    world.accepts(world.ann, act=Suspend(officer=off.officer))
    world.refuses(Refusal.OFFICER_UNKNOWN, *votes, act=grant(NOBODY, "governor", until_ms=0))
    world.refuses(Refusal.OFFICER_SUSPENDED, *votes, act=grant(off.officer, "governor"))
    world.refuses(Refusal.ROLE_BY_VOTE_ONLY, *votes, act=grant(full.officer, "governor"))
    world.refuses(Refusal.ROLE_NOT_CHARTERED, *votes, act=grant(full.officer, "role_0"))
    world.charter("city", "role_0", "payer")
    world.refuses(Refusal.ROLE_HELD, *votes, act=grant(full.officer, "role_0"))
    world.refuses(Refusal.ROLES_FULL, *votes, act=grant(full.officer, "payer", until_ms=0))
    world.refuses(Refusal.PERIOD_EMPTY, *votes, act=grant(world.cui.officer, until_ms=0))


def test_the_other_acts_are_refused_in_order_of_precedence() -> None:
    world = Network()
    votes = (world.gao, world.pan)
    cui = world.cui.officer
    unknown: tuple[Act, ...] = (
        withdraw(NOBODY, "governor"),
        Suspend(officer=NOBODY),
        Reinstate(officer=NOBODY),
        SeatGovernor(officer=NOBODY),
        UnseatGovernor(officer=NOBODY),
    )
    for act in unknown:
        world.refuses(Refusal.OFFICER_UNKNOWN, *votes, act=act)
    world.refuses(Refusal.ROLE_BY_VOTE_ONLY, *votes, act=withdraw(cui, "governor"))
    world.refuses(Refusal.ROLE_NOT_HELD, *votes, act=withdraw(cui, "payer"))
    world.refuses(Refusal.ROLE_NOT_HELD, *votes, act=UnseatGovernor(officer=cui))
    world.refuses(Refusal.OFFICER_NOT_SUSPENDED, *votes, act=Reinstate(officer=cui))
    world.accepts(*votes, act=Suspend(officer=cui), vector="accepts_by_vote")
    world.refuses(Refusal.OFFICER_SUSPENDED, *votes, act=Suspend(officer=cui))
    world.refuses(Refusal.OFFICER_SUSPENDED, *votes, act=SeatGovernor(officer=cui))


def test_a_governor_is_seated_once_and_within_the_bound_of_roles() -> None:
    world = Network()
    roles = [f"role_{number}" for number in range(limits.ROLES_PER_OFFICER_MAX)]
    full = world.person("full", CITY, *roles)
    votes = (world.gao, world.pan)
    world.refuses(Refusal.ROLE_HELD, *votes, act=SeatGovernor(officer=world.gao.officer))
    world.refuses(Refusal.ROLES_FULL, *votes, act=SeatGovernor(officer=full.officer))


# --------------------------------------------------------------------------- what a vote protects


def vote_is_impossible(world: Network, *who: Person, act: Act) -> None:
    world.refuses(Refusal.VOTE_IMPOSSIBLE, *who, act=act)


def test_the_last_governor_stays() -> None:
    world = Network()
    seated = world.accepts(world.gao, world.pan, act=SeatGovernor(officer=world.cui.officer))
    assert isinstance(seated, RoleGranted)
    assert (seated.role, seated.until_ms) == ("governor", FOREVER)
    world.accepts(world.gao, world.pan, act=UnseatGovernor(officer=world.pan.officer))
    world.accepts(world.gao, act=UnseatGovernor(officer=world.gao.officer), vector="accepts_own")
    vote_is_impossible(world, world.cui, act=UnseatGovernor(officer=world.cui.officer))
    vote_is_impossible(world, world.cui, act=Suspend(officer=world.cui.officer))


def test_a_governor_without_a_key_is_not_seated_where_the_vote_would_fail() -> None:
    world = Network()
    world.charter("bureau", "registrar")
    world.accepts(world.ann, world.bo, act=appoint(FINANCE, role="registrar"))
    second = appoint(PROVINCE, officer=bytes([7]) * 16, role="registrar")
    world.charter("province", "registrar")
    world.accepts(world.gao, world.pan, act=second)
    seat = SeatGovernor(officer=NEW)
    world.accepts(world.gao, world.pan, act=seat, vector="accepts_without_key")
    world.accepts(world.gao, world.pan, act=UnseatGovernor(officer=NEW))
    world.accepts(world.gao, world.pan, act=UnseatGovernor(officer=world.pan.officer))
    # One voice is left: a second one without a key could stop every vote.
    vote_is_impossible(world, world.gao, act=seat)


def test_reinstating_a_governor_without_a_key_does_not_stop_the_votes() -> None:
    world = Network()
    frozen = world.person("fei", FINANCE, "governor", until_ms=world.now_ms + 1000)
    del frozen
    world.charter("bureau", "registrar")
    world.accepts(world.ann, world.bo, act=appoint(FINANCE, role="registrar"))
    world.wait(2000)
    world.accepts(world.gao, world.pan, act=SeatGovernor(officer=NEW))
    world.accepts(world.gao, world.pan, act=Suspend(officer=NEW))
    world.accepts(world.gao, world.pan, act=UnseatGovernor(officer=world.pan.officer))
    vote_is_impossible(world, world.gao, act=Reinstate(officer=NEW))


# ---------------------------------------------------------------------------------------- the life


def test_a_role_that_ended_makes_room_and_can_be_granted_again() -> None:
    world = Network()
    world.charter("city", "payer")
    cui = world.cui.officer
    until_ms = world.now_ms + 1000
    world.accepts(world.ann, world.bo, act=grant(cui, until_ms=until_ms))
    later = grant(cui, from_ms=until_ms, until_ms=until_ms + 1000)
    world.accepts(world.ann, world.bo, act=later, vector="accepts_following_period")
    roles = [held.role for held in world.row(OFFICERS, cui).grants]
    assert roles == ["clerk", "payer", "payer"]
    world.wait(5000)
    world.accepts(world.ann, world.bo, act=grant(cui), vector="accepts_after_end")
    roles = [held.role for held in world.row(OFFICERS, cui).grants]
    assert roles == ["clerk", "payer"]


def test_a_suspended_officer_signs_nothing_until_reinstated() -> None:
    world = Network()
    world.charter("city", "clerk")
    world.accepts(world.ann, world.bo, act=appoint())
    world.accepts(world.gao, world.pan, act=Suspend(officer=world.ann.officer))
    suspended = withdraw(NEW)
    world.refuses(Kernel.OFFICER_SUSPENDED, world.ann, act=suspended)
    world.accepts(world.gao, world.pan, act=Reinstate(officer=world.ann.officer))
    world.accepts(world.ann, act=suspended)
