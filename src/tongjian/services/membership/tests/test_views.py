"""What may be asked: the answers, and that an unknown name is refused rather than made up."""

from collections.abc import Callable
from typing import Any

import pytest

from tongjian.core import values
from tongjian.core.encoding import Record
from tongjian.core.hashing import sha256
from tongjian.core.inquiry import answer
from tongjian.core.operation import Refused
from tongjian.services.membership import views
from tongjian.services.membership.acts_officers import Suspend
from tongjian.services.membership.acts_offices import CharterKind
from tongjian.services.membership.refusals import Refusal
from tongjian.testkit import World

CITY = "11990100001400700T"
PROVINCE = "11990000001401252U"
VENDOR = "91990106MA7K3D2102"


class Network(World):
    """A city, a province and a firm."""

    def __init__(self) -> None:
        super().__init__()
        self.office(CITY)
        self.office(PROVINCE, region="990000")
        self.office(VENDOR, region="990106", kind="firm")
        self.gao = self.person("gao", CITY, "governor", "payer")
        self.pan = self.person("pan", PROVINCE, "payer", until_ms=self.now_ms + 1000)
        self.fei = self.person("fei", VENDOR, "payer")
        self.parameter("parks", "fee", 5, from_ms=0)
        self.parameter("parks", "fee", 7, from_ms=self.now_ms + 1)
        self.parameter("parks", "term", 30, from_ms=0)
        self.block()

    def ask(self, question: Callable[..., Any], arguments: Record) -> Any:
        queries = {query.handler: query for query in self.registry.services["membership"].queries}
        return answer(
            queries[question],
            arguments,
            reader=self.state,
            digest=sha256,
            height=self.height,
            time_ms=self.now_ms,
        )


def test_an_office_an_officer_and_a_key_are_found_or_refused() -> None:
    world = Network()
    found = world.ask(views.office, views.OfficeAsked(office=values.uscc(VENDOR)))
    assert found.kind == "firm"
    post = world.ask(views.officer, views.OfficerAsked(officer=world.fei.officer))
    assert post.office == VENDOR
    key = world.ask(views.key, views.KeyAsked(key=values.key_id(world.fei.key)))
    assert key.officer == world.fei.officer
    for question, nothing, code in (
        (views.office, views.OfficeAsked(office=values.uscc(CITY[::-1])), Refusal.OFFICE_UNKNOWN),
        (views.officer, views.OfficerAsked(officer=bytes(16)), Refusal.OFFICER_UNKNOWN),
        (views.key, views.KeyAsked(key=values.key_id(bytes(16))), Refusal.KEY_UNKNOWN),
    ):
        with pytest.raises(Refused) as refused:
            world.ask(question, nothing)
        assert refused.value.code is code


def test_members_come_in_order_of_code_and_by_its_beginning() -> None:
    world = Network()
    everyone = world.ask(views.members, views.MembersAsked(code_prefix="", limit=9))
    assert [member.office for member in everyone] == sorted((CITY, PROVINCE, VENDOR))
    firms = world.ask(views.members, views.MembersAsked(code_prefix="91", limit=9))
    assert [member.office for member in firms] == [VENDOR]
    first = world.ask(views.members, views.MembersAsked(code_prefix="", limit=1))
    assert len(first) == 1


def test_the_parameters_in_force_are_those_of_the_moment() -> None:
    world = Network()
    parks = values.name("parks")
    now = world.ask(views.parameters, views.ParametersAsked(service=parks, at_ms=values.time_ms(0)))
    assert [(each.parameter, each.row.values) for each in now] == [("fee", (5,)), ("term", (30,))]
    later_ms = values.time_ms(world.now_ms + 1)
    later = world.ask(views.parameters, views.ParametersAsked(service=parks, at_ms=later_ms))
    assert [each.row.values for each in later] == [(7,), (30,)]


def test_who_may_sign_in_a_role_leaves_out_the_suspended_and_the_ended() -> None:
    world = Network()

    def holders(prefix: str = "", limit: int = 9) -> set[str]:
        asked = views.RoleAsked(role=values.name("payer"), code_prefix=prefix, limit=limit)
        return {holder.office for holder in world.ask(views.who_may, asked)}

    assert holders() == {CITY, PROVINCE, VENDOR}
    assert holders("91") == {VENDOR}
    assert len(holders(limit=2)) == 2
    world.accepts(world.gao, act=Suspend(officer=world.fei.officer))
    world.wait(1000)
    assert holders() == {CITY}


def test_activations_and_charters_are_told_or_none() -> None:
    world = Network()
    membership = views.ServiceAsked(service=values.name("membership"))
    assert world.ask(views.activation, membership).version == 1
    assert world.ask(views.activation, views.ServiceAsked(service=values.name("none"))) is None
    firm = values.name("firm")
    assert world.ask(views.charter, views.CharterAsked(kind=firm)) is None
    act = CharterKind(kind=firm, roles=(values.name("clerk"),), kinds_below=())
    world.accepts(world.gao, act=act)
    assert world.ask(views.charter, views.CharterAsked(kind=firm)).roles == ("clerk",)
