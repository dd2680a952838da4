"""Offices and charters: every refusal in order of precedence, then the life of an office."""

from tongjian.core import values
from tongjian.core.directory import OFFICES, Kernel
from tongjian.services.membership.acts_offices import CharterKind, CloseOffice, RegisterOffice
from tongjian.services.membership.records import CHARTERS, OfficeRegistered
from tongjian.services.membership.refusals import Refusal
from tongjian.testkit import World

CITY = "11990100001400700T"
PROVINCE = "11990000001401252U"
FINANCE = "119901000014002175"
DISTRICT = "1199010600140041XB"
VENDOR = "91990106MA7K3D2102"


class Network(World):
    """A province and a city with a voice each, and the city's registrar."""

    def __init__(self) -> None:
        super().__init__()
        self.office(PROVINCE, region="990000", kind="province")
        self.office(CITY, region="990100", kind="city", parent=PROVINCE)
        self.ann = self.person("ann", CITY, "registrar")
        self.gao = self.person("gao", CITY, "governor")
        self.pan = self.person("pan", PROVINCE, "governor")
        self.eve = self.person("eve", PROVINCE, "registrar")

    def charter(self, kind: str, *kinds_below: str) -> None:
        act = CharterKind(
            kind=values.name(kind), roles=(), kinds_below=tuple(map(values.name, kinds_below))
        )
        self.accepts(self.gao, self.pan, act=act)


def register(
    office: str = DISTRICT,
    *,
    region: str = "990106",
    level: int = 5,
    kind: str = "bureau",
    parent: str = CITY,
) -> RegisterOffice:
    return RegisterOffice(
        office=values.uscc(office),
        label=values.label("civil-affairs.xiwan"),
        region=values.region(region),
        level=level,
        kind=values.name(kind),
        parent=parent,
    )


def close(office: str) -> CloseOffice:
    return CloseOffice(office=values.uscc(office))


# ------------------------------------------------------------------------------------ who may do it


def test_only_a_vote_charters_a_kind() -> None:
    world = Network()
    act = CharterKind(kind=values.name("city"), roles=(), kinds_below=())
    world.refuses(Kernel.NOT_PERMITTED, world.gao, act=act)
    world.accepts(world.gao, world.pan, act=act)
    assert world.row(CHARTERS, "city").roles == ()


def test_the_registrar_of_another_office_registers_nothing_below_this_one() -> None:
    world = Network()
    world.charter("city", "bureau")
    world.refuses(Kernel.NOT_PERMITTED, world.eve, act=register())


def test_an_office_at_the_top_needs_a_vote() -> None:
    world = Network()
    top = register(FINANCE, region="990200", parent="")
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=top, vector="refuses_top_by_registrar")
    world.accepts(world.gao, world.pan, act=top, vector="accepts_by_vote")
    assert world.row(OFFICES, FINANCE).parent == ""


# ----------------------------------------------------------------------- refusals, in their order


def test_registration_is_refused_in_order_of_precedence() -> None:
    world = Network()
    wrong = register("1199010600140041XA", region="990006", level=4, parent=FINANCE)
    votes = (world.gao, world.pan)
    world.refuses(Refusal.OFFICE_CODE_INVALID, *votes, act=wrong)
    wrong = register(CITY, region="990006", level=4, parent=FINANCE)
    world.refuses(Refusal.REGION_INVALID, *votes, act=wrong)
    wrong = register(CITY, region="990200", level=4, parent=FINANCE)
    world.refuses(Refusal.OFFICE_EXISTS, *votes, act=wrong)
    wrong = register(region="990200", level=4, parent=FINANCE)
    world.refuses(Refusal.PARENT_UNKNOWN, *votes, act=wrong)
    wrong = register(region="990200", level=4)
    world.refuses(Refusal.LEVEL_ABOVE_PARENT, *votes, act=wrong)
    wrong = register(region="990200")
    world.refuses(Refusal.REGION_OUTSIDE_PARENT, *votes, act=wrong)
    world.refuses(Refusal.KIND_NOT_CHARTERED, *votes, act=register())
    world.charter("city", "bureau")
    world.accepts(*votes, act=register(), vector="accepts_below_by_vote")


def test_a_charter_of_other_kinds_does_not_help() -> None:
    world = Network()
    world.charter("city", "school", "hospital")
    act = register()
    world.refuses(
        Refusal.KIND_NOT_CHARTERED, world.ann, act=act, vector="refuses_kind_in_other_charter"
    )


def test_nothing_is_registered_below_a_closed_office() -> None:
    world = Network()
    world.office(FINANCE, region="990100", parent=CITY)
    world.accepts(world.ann, act=close(FINANCE))
    below = register(level=4, region="990200", parent=FINANCE)
    world.refuses(Refusal.PARENT_CLOSED, world.gao, world.pan, act=below)


def test_closing_is_refused_in_order_of_precedence() -> None:
    world = Network()
    world.office(FINANCE, region="990100", parent=CITY)
    votes = (world.gao, world.pan)
    world.refuses(Refusal.OFFICE_UNKNOWN, *votes, act=close(VENDOR))
    world.accepts(*votes, act=close(FINANCE))
    world.refuses(Refusal.OFFICE_CLOSED, *votes, act=close(FINANCE))


def test_the_offices_of_the_last_governors_stay_open() -> None:
    world = Network()
    world.accepts(world.gao, world.pan, act=close(CITY), vector="accepts_of_a_governor")
    world.refuses(Refusal.VOTE_IMPOSSIBLE, world.pan, act=close(PROVINCE))


# ---------------------------------------------------------------------------------------- the life


def test_an_office_registers_below_another_and_closes() -> None:
    world = Network()
    world.charter("city", "bureau")
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=close(DISTRICT))
    registered = world.accepts(world.ann, act=register())
    assert registered == OfficeRegistered(
        office=values.uscc(DISTRICT),
        label=values.label("civil-affairs.xiwan"),
        region=values.region("990106"),
        level=5,
        kind=values.name("bureau"),
        parent=CITY,
    )
    world.accepts(world.ann, act=close(DISTRICT))
    assert world.row(OFFICES, DISTRICT).closed


def test_officers_of_a_closed_office_sign_nothing_from_the_next_block_on() -> None:
    world = Network()
    below = world.office(FINANCE, region="990100", parent=CITY)
    fan = world.person("fan", below, "registrar")
    shut = ((world.gao, world.pan), (close(FINANCE),))
    in_block = ((fan,), (register(DISTRICT, parent=FINANCE),))
    outcomes = [result.outcome for result in world.block(shut, in_block)]
    assert outcomes == ["", f"membership/{Refusal.PARENT_CLOSED.number}@0"]
    act = register(parent=FINANCE)
    world.refuses(Kernel.OFFICE_CLOSED, fan, act=act)
