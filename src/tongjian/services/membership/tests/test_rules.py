"""The rules in force: activation with notice, parameters never back-dated, the seal by vote."""

import pytest
from nacl.signing import SigningKey

from tongjian.core import limits, values
from tongjian.core.directory import PARAMETERS, SEAL_KEYS, SERVICES, Directory, Kernel
from tongjian.core.operation import InvariantBroken
from tongjian.services.membership.acts_offices import CharterKind
from tongjian.services.membership.acts_rules import (
    ActivateService,
    RotateSealKey,
    SetNetworkParameter,
    SetParameter,
)
from tongjian.services.membership.refusals import Refusal
from tongjian.testkit import World

CITY = "11990100001400700T"
PROVINCE = "11990000001401252U"
PUBLIC = bytes(SigningKey(bytes([1]) * 32).verify_key)


class Network(World):
    """Two governing offices and a legal office's two persons; notices of five blocks."""

    def __init__(self, *, notice: int = 5) -> None:
        super().__init__(services={"membership": 1, "parks": 2})
        self.office(CITY)
        self.office(PROVINCE, region="990000")
        gao = self.person("gao", CITY, "governor")
        self.vote = (gao, self.person("pan", PROVINCE, "governor"))
        self.fa = self.person("fa", CITY, "legal_drafter")
        self.lu = self.person("lu", CITY, "legal_approver")
        self.legal = (self.fa, self.lu)
        self.parameter("membership", "activation_notice_blocks", notice)
        self.parameter("membership", "seal_notice_blocks", notice)


def activate(service: str, version: int, height: int) -> ActivateService:
    return ActivateService(
        service=values.name(service), version=version, height=values.height(height)
    )


def fix(service: str, from_ms: int, *amounts: int) -> SetParameter:
    return SetParameter(
        service=values.name(service),
        parameter=values.name("fee"),
        from_ms=values.time_ms(from_ms),
        values=amounts or (7,),
        source=values.label("parks.fee"),
    )


def fix_network(from_ms: int, name: str = "activation_notice_blocks") -> SetNetworkParameter:
    return SetNetworkParameter(
        parameter=values.name(name),
        from_ms=values.time_ms(from_ms),
        values=(2,),
        source=values.label("network.notice"),
    )


def reseal(height: int, public: bytes = PUBLIC) -> RotateSealKey:
    return RotateSealKey(suite=1, public=public, from_height=values.height(height))


# ------------------------------------------------------------------------------------ who may do it


def test_services_network_parameters_and_seals_change_by_vote_only() -> None:
    world = Network()
    for act in (activate("parks", 3, 50), fix_network(world.now_ms), reseal(50)):
        world.refuses(Kernel.NOT_PERMITTED, *world.legal, world.vote[0], act=act)


def test_a_legal_office_sets_parameters_with_two_persons() -> None:
    world = Network()
    act = fix("parks", world.now_ms)
    world.refuses(Kernel.NOT_PERMITTED, world.fa, act=act)
    world.accepts(*world.legal, act=act)
    world.accepts(*world.vote, act=act, vector="accepts_by_vote")


# ----------------------------------------------------------------------- refusals, in their order


def test_activation_is_refused_in_order_of_precedence() -> None:
    world = Network()
    world.refuses(Refusal.MEMBERSHIP_STAYS, *world.vote, act=activate("membership", 0, 0))
    world.refuses(Refusal.VERSION_NOT_NEWER, *world.vote, act=activate("parks", 2, 0))
    world.refuses(
        Refusal.VERSION_NOT_NEWER,
        *world.vote,
        act=activate("trees", 0, 0),
        vector="refuses_ending_what_is_off",
    )
    # Height 4 decides: five blocks of notice end at height 9.
    world.refuses(Refusal.NOTICE_TOO_SHORT, *world.vote, act=activate("parks", 3, 8))
    world.accepts(*world.vote, act=activate("parks", 3, 10))


def test_a_parameter_is_refused_in_order_of_precedence() -> None:
    world = Network()
    for number in range(limits.RANGE_ROWS_MAX):
        world.parameter("parks", "fee", 1, from_ms=number)
    past = world.now_ms - 1
    world.refuses(Refusal.PARAMETER_OF_NETWORK, *world.vote, act=fix("membership", past))
    world.refuses(Refusal.PARAMETER_RETROACTIVE, *world.vote, act=fix("parks", past))
    full = fix("parks", world.now_ms)
    result = world.submit(*world.vote, acts=(full, fix("lakes", world.now_ms)))
    assert world.explain(result.outcome).endswith("HISTORY_FULL")


def test_a_parameter_of_the_network_is_refused_in_order_of_precedence() -> None:
    world = Network()
    for number in range(1, limits.RANGE_ROWS_MAX):
        world.parameter("membership", "activation_notice_blocks", 5, from_ms=number)
    act = fix_network(world.now_ms - 1)
    world.refuses(Refusal.PARAMETER_RETROACTIVE, *world.vote, act=act)
    result = world.submit(*world.vote, acts=(fix_network(world.now_ms),) * 2)
    assert world.explain(result.outcome).endswith("HISTORY_FULL")


def test_a_seal_key_is_refused_in_order_of_precedence() -> None:
    world = Network()
    world.refuses(Refusal.KEY_WEAK, *world.vote, act=reseal(0, bytes(32)))
    world.accepts(*world.vote, act=reseal(7))
    world.refuses(Refusal.KEY_EXISTS, *world.vote, act=reseal(0))
    other = bytes(SigningKey(bytes([2]) * 32).verify_key)
    world.refuses(Refusal.NOTICE_TOO_SHORT, *world.vote, act=reseal(0, other))


def test_no_more_seal_keys_are_kept_than_can_be_looked_through() -> None:
    world = Network(notice=0)
    votes = []
    for number in range(1, limits.RANGE_ROWS_MAX + 1):
        key = bytes(SigningKey(number.to_bytes(32, "big")).verify_key)
        votes.append((world.vote, (reseal(number, key),)))
    outcomes = [result.outcome for result in world.block(*votes)]
    assert outcomes[:-1] == [""] * (limits.RANGE_ROWS_MAX - 1)
    assert world.explain(outcomes[-1]).endswith("HISTORY_FULL")


# ---------------------------------------------------------------------------------------- the life


def test_a_version_is_in_force_from_its_height_and_can_be_followed_by_another() -> None:
    world = Network()
    world.accepts(*world.vote, act=activate("parks", 3, 6))
    directory = Directory(world.state)
    assert [directory.version("parks", height) for height in (5, 6)] == [2, 3]
    while world.height < 5:
        world.block()
    world.accepts(*world.vote, act=activate("parks", 4, 20), vector="accepts_after_another")
    assert world.row(SERVICES, "parks").version == 3
    world.accepts(*world.vote, act=activate("parks", 0, 30), vector="accepts_switching_off")
    world.accepts(*world.vote, act=activate("trees", 1, 30), vector="accepts_first_version")
    assert world.row(SERVICES, "trees").version == 0


def test_a_machine_whose_release_is_too_old_stops_rather_than_decide_by_older_rules() -> None:
    world = Network()
    world.accepts(*world.vote, act=activate("membership", 2, 6))
    act = CharterKind(kind=values.name("city"), roles=(), kinds_below=())
    while world.height < 5:
        world.accepts(*world.vote, act=act)
    with pytest.raises(InvariantBroken, match="membership has rule version 2 in force"):
        world.submit(*world.vote, acts=(act,))


def test_a_parameter_holds_from_its_moment_and_may_be_set_again_before() -> None:
    world = Network()
    later = world.now_ms + 1000
    world.accepts(*world.legal, act=fix("parks", later, 7, 8))
    world.accepts(*world.legal, act=fix("parks", later, 9), vector="accepts_another_value")
    world.accepts(*world.legal, act=fix("parks", world.now_ms, 5), vector="accepts_from_now")
    directory = Directory(world.state)
    assert directory.parameter("parks", "fee", later - 1) == (5,)
    assert directory.parameter("parks", "fee", later) == (9,)
    assert world.row(PARAMETERS, "parks", "fee", later).source == "parks.fee"


def test_a_network_parameter_changes_the_notice() -> None:
    world = Network()
    short = activate("parks", 3, 5)
    world.refuses(Refusal.NOTICE_TOO_SHORT, *world.vote, act=short)
    world.accepts(*world.vote, act=fix_network(world.now_ms))
    world.accepts(*world.vote, act=short, vector="accepts_shorter_notice")


def test_headers_are_signed_by_the_new_seal_key_from_its_height_on() -> None:
    world = Network()
    world.accepts(*world.vote, act=reseal(7))
    directory = Directory(world.state)
    assert directory.seal_key(6).public == bytes(32)
    assert directory.seal_key(7).public == PUBLIC
    assert world.row(SEAL_KEYS, 7).suite == 1
