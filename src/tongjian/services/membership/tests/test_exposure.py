"""A stolen key: reported, exposed, settled; every refusal in order (flow F10)."""

from tongjian.core import values
from tongjian.core.directory import KEYS, Kernel
from tongjian.services.membership.acts_exposure import ReportCompromise, SettleExposed
from tongjian.services.membership.acts_offices import CharterKind
from tongjian.services.membership.records import COMPROMISES, EXPOSED, Verdict
from tongjian.services.membership.refusals import Refusal
from tongjian.testkit import Person, World

CITY = "11990100001400700T"
PROVINCE = "11990000001401252U"
SOMETHING = values.digest(bytes([5]) * 32)
OTHER = values.digest(bytes([6]) * 32)
ACT = CharterKind(kind=values.name("city"), roles=(), kinds_below=())


class Network(World):
    """Two governing offices, and the city's registrars and clerk."""

    def __init__(self) -> None:
        super().__init__()
        self.office(CITY)
        self.office(PROVINCE, region="990000")
        self.ann = self.person("ann", CITY, "registrar")
        self.bo = self.person("bo", CITY, "registrar_checker")
        self.gao = self.person("gao", CITY, "governor")
        self.pan = self.person("pan", PROVINCE, "governor")
        self.cui = self.person("cui", CITY, "clerk")
        self.post = self.person("bo's other post", CITY, "clerk", same_person_as=self.bo)


def report(who: Person, key: bytes, safe_height: int = 0) -> ReportCompromise:
    return ReportCompromise(
        officer=who.officer, key=values.key_id(key), safe_height=values.height(safe_height)
    )


def settle(
    who: Person,
    verdict: Verdict = "confirmed",
    correction: values.Digest | None = None,
    *,
    transaction: values.Digest = SOMETHING,
    officer: bytes = b"",
) -> SettleExposed:
    return SettleExposed(
        officer=officer or who.officer,
        key=values.key_id(who.key),
        transaction=transaction,
        verdict=verdict,
        correction=correction,
    )


def test_a_stolen_key_ends_at_once_and_its_acts_are_settled_by_others() -> None:
    world = Network()
    cui = world.cui
    world.accepts(cui, act=report(cui, cui.key))
    ends = world.row(KEYS, cui.key).revoked_height
    assert ends == world.height + 1
    assert world.row(COMPROMISES, cui.key).ends_height == ends
    world.refuses(Kernel.KEY_REVOKED, cui, act=ACT)
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=settle(cui))
    world.accepts(world.ann, world.bo, act=settle(cui))
    act = settle(cui, "corrected", OTHER, transaction=OTHER)
    world.accepts(world.ann, world.bo, act=act, vector="accepts_corrected")
    assert world.row(EXPOSED, cui.key, OTHER).correction == OTHER


def test_a_theft_that_began_earlier_widens_and_never_narrows() -> None:
    world = Network()
    cui = world.cui
    world.block()
    world.accepts(world.ann, act=report(cui, cui.key, 1), vector="accepts_registrar")
    ends = world.row(KEYS, cui.key).revoked_height
    world.accepts(world.ann, act=report(cui, cui.key, 0), vector="accepts_wider")
    assert world.row(KEYS, cui.key).revoked_height == ends, "it ended when it was first told"
    world.refuses(Refusal.COMPROMISE_REPORTED, world.ann, act=report(cui, cui.key, 1))


def test_a_report_is_refused_in_order_of_precedence() -> None:
    world = Network()
    world.refuses(Refusal.KEY_UNKNOWN, world.ann, act=report(world.cui, bytes(16), 99))
    world.refuses(Refusal.KEY_OF_ANOTHER, world.ann, act=report(world.cui, world.bo.key, 99))
    world.refuses(Refusal.VOTE_IMPOSSIBLE, world.ann, act=report(world.gao, world.gao.key, 99))
    world.refuses(Refusal.SAFE_HEIGHT_AHEAD, world.ann, act=report(world.cui, world.cui.key, 99))


def test_a_settlement_is_refused_in_order_of_precedence() -> None:
    world = Network()
    two = (world.ann, world.bo)
    world.refuses(Refusal.COMPROMISE_UNKNOWN, *two, act=settle(world.cui, "corrected"))
    world.accepts(world.ann, act=report(world.cui, world.cui.key))
    world.accepts(*two, act=settle(world.cui))
    of_another = settle(world.cui, "corrected", officer=world.gao.officer)
    world.refuses(Refusal.COMPROMISE_OF_ANOTHER, *two, act=of_another)
    world.refuses(Refusal.EXPOSED_SETTLED, *two, act=settle(world.cui, "corrected"))
    unsaid = settle(world.cui, "corrected", transaction=OTHER)
    world.refuses(Refusal.CORRECTION_MISMATCH, *two, act=unsaid)
    unasked = settle(world.cui, "void", OTHER, transaction=OTHER)
    assert world.submit(*two, acts=(unasked,)).outcome == "membership/50@0"


def test_the_holder_settles_nothing_in_whatever_post() -> None:
    world = Network()
    world.accepts(world.ann, act=report(world.post, world.post.key), vector="accepts_of_post")
    act = settle(world.post)
    world.refuses(Refusal.SETTLED_BY_HOLDER, world.ann, world.bo, act=act)


def test_an_officer_who_is_none_has_no_key() -> None:
    world = Network()
    act = settle(world.cui, officer=bytes(16))
    world.refuses(Kernel.NOT_PERMITTED, world.ann, world.bo, act=act, vector="refuses_nobody")
