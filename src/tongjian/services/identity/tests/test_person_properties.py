"""Properties of numbers, persons, keys, recoveries and presentations, whatever is tried."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from identity_town import (
    DAY_MS,
    HOUSING,
    POLICE,
    REGISTRY,
    Secret,
    Town,
    apply,
    digest,
    key_fields,
    number,
    presence,
    pseudonym,
    register,
    signing,
)

from tongjian.core.operation import Act
from tongjian.core.persons import PERSON_KEYS, PERSONS
from tongjian.core.values import name, time_ms, uscc
from tongjian.services.identity.acts_keys import AddKey, EnrolKey, RevokeKey
from tongjian.services.identity.acts_numbers import (
    ActivateNumber,
    EndNumber,
    ResumeNumber,
    SuspendNumber,
    VerifyNumber,
)
from tongjian.services.identity.acts_persons import RecordDeaths, RestorePerson
from tongjian.services.identity.acts_presentations import RecordPresentation
from tongjian.services.identity.acts_recovery import (
    AskRecovery,
    CompleteRecovery,
    NoticeRecovery,
    ObjectRecovery,
)
from tongjian.services.identity.records import NUMBERS, Channel, PresentationDecided

DELAY_DAYS = 7
FEW = settings(max_examples=25, deadline=None)
NAMES = ("lin one", "lin two", "zhou one", "zhou two", "zhou three")
STEPS: dict[str, Any] = {
    "clerk": apply,
    "verifier": lambda who: VerifyNumber(number=number(who), assurance=2, presence=presence()),
    "approver": lambda who: ActivateNumber(number=number(who)),
    "verifier+": lambda who: SuspendNumber(number=number(who), reason=name("doubt")),
    "clerk+verifier": lambda who: ResumeNumber(number=number(who)),
    "verifier+approver": lambda who: EndNumber(
        number=number(who), outcome="cancelled", evidence=digest("request")
    ),
}


def attempt(town: Town, who: str, act: Act) -> str:
    """Try an act, which makes no vector beside another that is tried in the block."""
    nothing = (town.signers("far verifier"), (RestorePerson(person=pseudonym("x", "y")),))
    return town.world.block((town.signers(who), (act,)), nothing)[-2].outcome


@FEW
@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(NAMES)), max_size=40))
def test_a_person_has_at_most_one_number_under_way(tried: list[tuple[str, str]]) -> None:
    town = Town()
    for who, whose in tried:
        attempt(town, who, STEPS[who](whose))
        rows = [town.world.row(NUMBERS, number(each)) for each in NAMES]
        tags = [row.tag for row in rows if row and row.status not in ("cancelled", "dead")]
        assert len(tags) == len(dict.fromkeys(tags)), "IDN-I1"


@FEW
@given(
    st.lists(
        st.tuples(st.sampled_from(["land", "invoice", "treasury"]), st.booleans()),
        min_size=2,
        max_size=8,
    )
)
def test_no_row_leads_from_one_domain_to_another(acts: list[tuple[str, bool]]) -> None:
    town = Town()
    marks: dict[str, list[bytes]] = {}
    for turn, (domain, adds) in enumerate(acts):
        person = pseudonym("lin", domain)
        if domain not in marks:
            first = Secret("lin " + domain)
            attempt(town, "clerk+verifier", register("lin", domain))
            attempt(town, "clerk+verifier", EnrolKey(**key_fields(person, first)))
            marks[domain] = [bytes(person), bytes(first.id), first.public]
        elif adds:
            more = Secret(f"{domain} {turn}")
            own = signing(person, Secret("lin " + domain))
            town.officers["lin"] = own
            attempt(town, "lin", AddKey(**key_fields(person, more), replaces=None))
            marks[domain] += [bytes(more.id), more.public]
    for key, row in town.world.rows().items():
        seen = [d for d, parts in marks.items() if any(part in key + row for part in parts)]
        assert len(seen) < 2, "IDN-I2"


@FEW
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["one", "two", "three"]),
            st.sampled_from([("desk", HOUSING), ("other desk", REGISTRY)]),
            st.integers(-700, 700),
            st.integers(0, 400),
        ),
        max_size=30,
    )
)
def test_a_nonce_is_decided_once_and_in_its_window(
    tried: list[tuple[str, tuple[str, str], int, int]],
) -> None:
    town = Town()
    for text, (who, audience), ago_s, wait_s in tried:
        town.world.now_ms += wait_s * 1000
        issued = town.world.now_ms - ago_s * 1000
        act = RecordPresentation(
            # A nonce is drawn once, at one moment: a replay has the same.
            nonce=digest(f"{text} {issued // 3_600_000}"),
            audience=uscc(audience),
            issued_ms=time_ms(issued // 3_600_000 * 3_600_000),
            accepted=True,
            assurance=2,
        )
        attempt(town, who, act)
    decided = [one.nonce for one in town.world.events if isinstance(one, PresentationDecided)]
    assert len(decided) == len(dict.fromkeys(decided)), "IDN-I3"


NEW = Secret("new")
WHO = {
    "ask": ("clerk", "far clerk"),
    "notice": ("verifier", "twin verifier"),
    "object": ("lin", "verifier"),
    "complete": ("approver", "twin approver"),
    "enrol": ("clerk+verifier",),
    "revoke": ("clerk", "lin"),
    "wait 3": ("",),
    "wait 7": ("",),
}
TRIES = st.sampled_from([(what, who) for what, those in WHO.items() for who in those])
CHAIN = (("ask", "clerk"), ("notice", "verifier"), ("wait 7", ""), ("complete", "approver"))


@st.composite
def sequences(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Draw a recovery with steps left out and others put in between."""
    tried: list[tuple[str, str]] = []
    for step in CHAIN:
        tried += draw(st.lists(TRIES, max_size=2))
        if draw(st.integers(0, 9)):
            tried.append(step)
    return tried + draw(st.lists(TRIES, max_size=2))


def step_of(what: str, lin: Any, old: Secret) -> Act:
    """Return one step somebody may try."""
    channels = tuple(Channel(kind=kind, evidence=digest(kind)) for kind in ("counter", "post"))
    match what:
        case "ask":
            return AskRecovery(**key_fields(lin, NEW), channels=channels)  # type: ignore[arg-type]
        case "notice":
            return NoticeRecovery(person=lin, notice=digest("sent"))
        case "object":
            return ObjectRecovery(person=lin)
        case "complete":
            return CompleteRecovery(person=lin)
        case "enrol":
            return EnrolKey(**key_fields(lin, NEW))
        case _:
            return RevokeKey(person=lin, key=old.id)


@FEW
@given(sequences())
def test_no_key_comes_back_by_one_officer_or_at_once(tried: list[tuple[str, str]]) -> None:
    town = Town()
    old, lin = Secret("linland"), pseudonym("lin", "land")
    town.officers["lin"] = signing(lin, old)
    for who, act in (
        ("clerk+verifier", register("lin")),
        ("clerk+verifier", EnrolKey(**key_fields(lin, old))),
    ):
        assert attempt(town, who, act) == ""
    done: dict[str, tuple[bytes, int]] = {}
    for what, who in tried:
        if what.startswith("wait"):
            town.world.now_ms += int(what[5:]) * DAY_MS
            continue
        if attempt(town, who, step_of(what, lin, old)):
            continue
        if what == "ask":
            done = {}
        done[what] = (town.officers[who].person, town.world.now_ms)
        if town.world.row(PERSON_KEYS, NEW.id) is not None:
            persons = [done[step][0] for step in ("ask", "notice", "complete")]
            assert len(dict.fromkeys(persons)) == len(persons), "IDN-I6"
            assert "object" not in done, "IDN-I6"
            assert done["complete"][1] - done["notice"][1] >= DELAY_DAYS * DAY_MS, "IDN-I6"
            return


@FEW
@given(
    st.sets(st.sampled_from(["lin", "zhou", "he", "chen"]), min_size=1),
    st.sampled_from(["before", "after"]),
)
def test_the_dead_do_nothing_in_the_block_of_their_death(dead: set[str], own_acts: str) -> None:
    early = own_acts == "before"
    town = Town()
    everybody = ("lin", "zhou", "he", "chen")
    for one in everybody:
        secret = Secret(one)
        person = pseudonym(one, "land")
        attempt(town, "clerk+verifier", register(one))
        attempt(town, "clerk+verifier", EnrolKey(**key_fields(person, secret)))
        town.officers[one] = signing(person, secret)
    persons = tuple(sorted(pseudonym(one, "land") for one in dead))
    deaths = RecordDeaths(office=uscc(POLICE), tags=(), persons=persons, evidence=digest("report"))
    own = [
        (town.signers(one), (RevokeKey(person=pseudonym(one, "land"), key=Secret(one).id),))
        for one in everybody
    ]
    recorded = (town.signers("clerk+verifier"), (deaths,))
    results = town.world.block(*([*own, recorded] if early else [recorded, *own]))
    acted = results[:-1] if early else results[1:]
    for one, result in zip(everybody, acted, strict=True):
        assert bool(result.outcome) == (one in dead and not early), "IDN-I8"
        status = town.world.row(PERSONS, pseudonym(one, "land")).status
        assert status == ("ended" if one in dead else "active")
