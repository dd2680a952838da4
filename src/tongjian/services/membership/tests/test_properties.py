"""Properties over drawn acts: refusals change nothing, votes stay possible, persons stay apart."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey
from possession import prove

from tongjian.core import values
from tongjian.core.directory import KEYS, OFFICERS, OFFICES
from tongjian.core.operation import Act, AnyTable
from tongjian.services.membership.acts_keys import EnrolKey, RevokeKey
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
from tongjian.testkit import Person, World

CODES = ("11990100001400700T", "11990000001401252U", "119901000014002175")
ROLES = ("governor", "registrar", "registrar_checker", "clerk")
NEW = bytes(range(16))


class Network(World):
    """Three offices with a governor, a registrar and a checker each."""

    def __init__(self) -> None:
        super().__init__()
        self.people: list[Person] = []
        for number, code in enumerate(CODES):
            self.office(code, parent=CODES[0] if number else "")
            for role in ROLES:
                self.people.append(self.person(f"{role} {number}", code, role))
        self.block()

    def all(self, table: AnyTable) -> dict[bytes, Any]:
        low = table.prefix
        found = self.state.scan(low, low[:-1] + b"\x01", 10**6)
        return {table.split(key)[0]: table.codec.decode(row) for key, row in found}

    def voices(self) -> tuple[int, int]:
        """Count the offices with a governor, and those of them with one able to sign next."""
        keys = [
            key
            for key in self.all(KEYS).values()
            if not key.revoked_height and self.now_ms < key.until_ms
        ]
        offices = self.all(OFFICES)
        voices: dict[str, bool] = {}
        for identity, officer in self.all(OFFICERS).items():
            governs = any(grant.role == "governor" for grant in officer.grants)
            if governs and not officer.suspended and not offices[officer.office].closed:
                able = any(key.officer == identity for key in keys)
                voices[officer.office] = voices.get(officer.office, False) or able
        return len(voices), sum(voices.values())


@st.composite
def acts(draw: st.DrawFn, world: Network) -> Act:
    person = draw(st.sampled_from(world.people))
    officer = draw(st.sampled_from((person.officer, person.officer, NEW)))
    role = values.name(draw(st.sampled_from(ROLES)))
    forever = values.FOREVER
    now = values.time_ms(0)
    seed = person.key * 2
    public = bytes(SigningKey(seed).verify_key)
    choices: tuple[Act, ...] = (
        Suspend(officer=officer),
        Reinstate(officer=officer),
        SeatGovernor(officer=officer),
        UnseatGovernor(officer=officer),
        WithdrawRole(officer=officer, role=role),
        GrantRole(officer=officer, role=role, from_ms=now, until_ms=forever),
        RevokeKey(officer=officer, key=values.key_id(person.key), from_height=values.height(0)),
        EnrolKey(
            officer=officer, suite=1, public=public, until_ms=forever, proof=prove(seed, officer)
        ),
        CloseOffice(office=values.uscc(person.office)),
        CharterKind(kind=values.name("bureau"), roles=(role,), kinds_below=()),
        Appoint(
            officer=NEW,
            person=values.person_id(person.person),
            office=values.uscc(person.office),
            role=role,
            from_ms=now,
            until_ms=forever,
        ),
    )
    return draw(st.sampled_from(choices))


@given(st.data())
def test_no_run_of_acts_ends_the_votes_and_a_refused_act_changes_nothing(
    data: st.DataObject,
) -> None:
    world = Network()
    for _ in range(data.draw(st.integers(4, 12))):
        # Everybody who can signs: what is refused is refused by the rules, not for want of roles.
        able = [person for person in world.people if may_sign(world, person)]
        before = world.rows()
        result = world.submit(*able, acts=(data.draw(acts(world)),))
        if result.outcome:
            assert world.rows() == before
        voices, able_voices = world.voices()
        assert able_voices * 3 >= voices * 2
        assert able_voices > 0


@given(st.data())
def test_governors_are_removed_down_to_the_last_who_can_vote_and_no_further(
    data: st.DataObject,
) -> None:
    world = Network()
    governors = [person for person in world.people if person.name.startswith("governor")]
    for victim in data.draw(st.permutations(governors)):
        ways: tuple[Act, ...] = (
            UnseatGovernor(officer=victim.officer),
            Suspend(officer=victim.officer),
            CloseOffice(office=values.uscc(victim.office)),
        )
        world.submit(*governors, acts=(data.draw(st.sampled_from(ways)),))
        governors = [person for person in governors if may_sign(world, person)]
        voices, able = world.voices()
        assert able == voices >= 1


def may_sign(world: Network, person: Person) -> bool:
    officer = world.row(OFFICERS, person.officer)
    closed = world.row(OFFICES, person.office).closed
    return not (officer.suspended or closed or world.row(KEYS, person.key).revoked_height)


@given(st.data())
def test_whoever_signs_a_person_is_counted_once(data: st.DataObject) -> None:
    world = World()
    office = world.office(CODES[0])
    world.person("governor", office, "governor")
    roles = st.lists(st.sampled_from(("registrar", "registrar_checker")), min_size=1, unique=True)
    first = world.person("first", office, *data.draw(roles))
    more = range(data.draw(st.integers(1, 3)))
    posts = [
        world.person(f"post {number}", office, *data.draw(roles), same_person_as=first)
        for number in more
    ]
    posts.append(first)
    act = Reinstate(officer=first.officer)
    signing = data.draw(st.lists(st.sampled_from(posts), min_size=1, unique=True))
    result = world.submit(*signing, acts=(act,))
    assert world.explain(result.outcome).endswith("NOT_PERMITTED")


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_revoked_key_does_nothing_from_its_height_on_and_all_before(
    ahead: int, blocks: int
) -> None:
    world = World()
    office = world.office(CODES[0])
    governor = world.person("governor", office, "governor")
    clerk = world.person("clerk", office, "clerk")
    revoke = RevokeKey(
        officer=clerk.officer,
        key=values.key_id(clerk.key),
        from_height=values.height(world.height + 1 + ahead),
    )
    world.accepts(clerk, act=revoke)
    first_dead = world.height + max(ahead, 1)
    for _ in range(blocks):
        act = Suspend(officer=governor.officer)
        explained = world.explain(world.submit(clerk, acts=(act,)).outcome)
        dead = world.height >= first_dead
        assert explained.endswith("KEY_REVOKED" if dead else "NOT_PERMITTED")
