"""JUD-I1 to JUD-I5, each as a property of any sequence of acts that may touch it.

Acts come twice, out of order, from offices that hold nothing and with content that is another's;
all are well signed. What a small model expects is what the ledger must say.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from evidence_town import ROLES, USCC, Court, case_of, id16, imprint
from hypothesis import given, settings
from hypothesis import strategies as st

from tongjian.connectors.evidence.custody import walk
from tongjian.connectors.evidence.errors import PackageInvalid
from tongjian.connectors.evidence.facts import Facts
from tongjian.core.encoding import Record, replace
from tongjian.services.evidence.records import (
    CUSTODY,
    ITEMS,
    READINGS,
    RENEWALS,
    SUBMISSIONS,
    service,
)

ACCEPTED = "accepted"
FEW = settings(max_examples=60)

# ------------------------------------------------------------------------------- I1 and I2: custody

OFFICE = st.sampled_from(["=", "=", "=", "notary", "court", "lab"])
CONTENT = st.sampled_from(["=", "=", "=", "ad.copy", "ad@sm3<ad", "other"])
"""`=` is what is so: the holder, the content as it is."""
MOVES = st.one_of(
    st.tuples(st.just("store"), st.just("platform"), OFFICE, CONTENT, CONTENT),
    st.tuples(st.just("hand_over"), OFFICE, OFFICE, CONTENT, CONTENT),
    st.tuples(st.just("derive"), OFFICE, OFFICE, CONTENT, CONTENT),
    st.tuples(st.just("renew"), OFFICE, OFFICE, CONTENT, CONTENT),
)


@dataclass
class Model:
    """Who holds the item, with which content, after how many steps."""

    holder: str = "platform"
    content: str = "ad"
    steps: int = 0
    renewals: int = 0

    def fill(self, move: tuple[str, ...]) -> tuple[str, str, str, str, str]:
        """Put what is so in the place of `=`."""
        verb, giver, receiver, before, after = move
        holder = "notary" if receiver == "=" else receiver
        content = self.content.partition("@")[0]
        renewed = f"{content}@sm3<{content}"
        after = after if after != "=" else renewed if verb == "renew" else f"{content}.copy"
        return (
            verb,
            self.holder if giver == "=" else giver,
            holder,
            self.content if before == "=" else before,
            after,
        )

    def takes(self, move: tuple[str, str, str, str, str]) -> bool:
        verb, giver, receiver, before, after = move
        if verb == "renew":
            return self._renews(giver, after)
        if verb == "hand_over" and giver == receiver:
            return False  # two custodians sign, two persons
        if verb == "store":
            fits = self.steps == 0 and (giver, before) == (self.holder, self.content)
        elif verb == "hand_over":
            fits = self.steps > 0 and (giver, before) == (self.holder, self.content)
        else:
            fits = self.steps > 0 and (giver, before) == (self.holder, self.content)
            fits = fits and before != after
        if fits:
            self.steps += 1
            self.holder = giver if verb == "derive" else receiver
            self.content = after if verb == "derive" else before
        return fits

    def _renews(self, giver: str, after: str) -> bool:
        fits = giver == self.holder and ("@sm3" in self.content) != ("@sm3" in after)
        if fits:
            self.renewals += 1
            self.content = after
        return fits


POSTS = {
    "store": ("evidence_officer", "custodian"),
    "hand_over": ("custodian", "custodian"),
    "derive": ("custodian", ""),
    "renew": ("evidence_officer", ""),
}


def _has_posts(move: tuple[str, str, str, str, str]) -> bool:
    """Say whether the town has the officers who would sign."""
    verb, giver, receiver, *_ = move
    first, second = POSTS[verb]
    return first in ROLES[giver] and (not second or second in ROLES[receiver])


def line_of(move: tuple[str, str, str, str, str]) -> str:
    verb, giver, receiver, before, after = move
    match verb:
        case "derive":
            return f"derive ad holder={giver} before={before} after={after}"
        case "renew":
            return f"renew ad office={giver} after={after}"
        case _:
            return f"{verb} ad giver={giver} receiver={receiver} content={before}"


def facts_of(court: Court) -> Facts:
    """Return what a receipt of the item would prove."""
    world, item = court.world, id16("ad")
    row = world.row(ITEMS, item)
    return Facts(
        header=None,  # type: ignore[arg-type]
        item_id=item,
        item=row,
        custody=tuple(world.row(CUSTODY, item, n + 1) for n in range(row.steps)),
        stamps=(),
        renewals=tuple(world.row(RENEWALS, item, n + 1) for n in range(row.renewals)),
        deeds=(),
        submission=None,
        challenges=(),
    )


def custodians(court: Court) -> Court:
    court.run("capture ad + fix ad accepted")
    return court


def hand(moves: list[tuple[str, str, str, str, str]]) -> Court:
    """Play moves; each is accepted just where the model takes it."""
    court = custodians(Court())
    model = Model()
    for drawn in moves:
        move = model.fill(drawn)
        if not _has_posts(move):
            continue
        said = court.outcome(line_of(move))
        expected = model.takes(move)
        assert (said == ACCEPTED) == expected, (line_of(move), said, model)
        row = court.world.row(ITEMS, id16("ad"))
        assert (row.holder, row.current) == (USCC[model.holder], imprint(model.content))
        assert (row.steps, row.renewals) == (model.steps, model.renewals)
        assert row.content == imprint("ad")
    return court


@FEW
@given(st.lists(MOVES, max_size=14))
def test_i2_custody_is_gap_free_and_only_a_declared_derivation_changes_the_bytes(
    moves: list[tuple[str, str, str, str, str]],
) -> None:
    court = hand(moves)
    if court.world.row(ITEMS, id16("ad")).steps:
        links = walk(facts_of(court))
        assert links[0].imprint == imprint("ad")


CHAIN = (
    "store ad",
    "derive ad after=ad.copy",
    "renew ad office=notary after=ad.copy@sm3<ad.copy",
    "hand_over ad content=ad.copy@sm3<ad.copy",
    "hand_over ad giver=court receiver=lab content=ad.copy@sm3<ad.copy",
)
SPOILS = st.sampled_from(
    ["drop", "swap", "giver", "receiver", "before", "after", "action", "tool", "earlier", "renewal"]
)


@FEW
@given(SPOILS, st.integers(0, 3), st.integers(1, 4))
def test_i1_any_row_dropped_swapped_or_changed_breaks_the_chain_offline(
    spoil: str, at: int, length: int
) -> None:
    court = custodians(Court())
    for line in CHAIN:
        court.run(f"{line} accepted")
    facts = facts_of(court)
    assert len(walk(facts)) == 3
    spoiled = _spoiled(facts, spoil, at, length)
    if (spoiled.custody, spoiled.renewals) == (facts.custody, facts.renewals):
        return
    with pytest.raises(PackageInvalid):
        walk(spoiled)


def _spoiled(facts: Facts, spoil: str, at: int, length: int) -> Facts:
    steps = list(facts.custody)
    other = USCC["vendor"]
    match spoil:
        case "drop":
            del steps[at : at + length]
        case "swap":
            second = (at + 1) % len(steps)
            steps[at], steps[second] = steps[second], steps[at]
        case "giver" | "receiver":
            steps[at] = replace(steps[at], **{spoil: other})
        case "before" | "after":
            steps[at] = replace(steps[at], **{spoil: imprint("other")})
        case "action":
            verb = "copy" if steps[at].action != "copy" else "hand_over"
            steps[at] = replace(steps[at], action=verb)
        case "tool":
            steps[1] = replace(steps[1], tool=None)
        case "earlier":
            steps[max(at, 1)] = replace(steps[max(at, 1)], recorded_ms=0)
        case _:
            return dataclasses.replace(facts, renewals=())
    return dataclasses.replace(facts, custody=tuple(steps))


# -------------------------------------------------------------------------------------- I4: report

CLAIMS = ("true", "truth", "genuine", "authentic", "proven")


def _words(record: type[Any], seen: set[type[Any]]) -> list[str]:
    if record in seen or not (isinstance(record, type) and issubclass(record, Record)):
        return []
    seen.add(record)
    found: list[str] = []
    for annotation in record.__annotations__.values():
        found += _said(annotation, seen)
    return found


def _said(annotation: Any, seen: set[type[Any]]) -> list[str]:
    if isinstance(annotation, type):
        return _words(annotation, seen)
    found: list[str] = []
    for part in get_args(annotation):
        found += [part] if isinstance(part, str) else _said(part, seen)
    return found


def test_i4_no_row_and_no_event_has_a_word_that_calls_evidence_true() -> None:
    seen: set[type[Any]] = set()
    kinds = [table.row for table in service.tables]
    kinds += [event for operation in service.operations for event in operation.events]
    said = [word for kind in kinds for word in _words(kind, seen)]
    assert "consistent" in said
    assert {word for word in said if any(claim in word for claim in CLAIMS)} == {"not_proven"}


@FEW
@given(
    st.lists(st.sampled_from(["consistent", "inconsistent", "not_found", "partial"]), max_size=5),
    st.integers(0, 5),
)
def test_i4_a_check_says_since_when_where_it_is_consistent_and_nothing_else(
    results: list[str], hours: int
) -> None:
    court = Court().before_court()
    fixed_ms = court.world.row(ITEMS, id16("ad")).fixed_ms
    for result in results:
        court.run(f"wait {hours}h")
        court.run(f"verify_item ad result={result} accepted")
        report = court.world.row(SUBMISSIONS, case_of("123"), id16("ad")).report
        assert report.before_recording == "not_proven"
        assert report.unchanged_since_ms == (fixed_ms if result == "consistent" else 0)


# ------------------------------------------------------------------------------------ I5: readings

READS = st.tuples(
    st.sampled_from(["read", "read", "admit", "dismiss", "close"]),
    st.sampled_from(["court.judge", "court.court_clerk", "lab.appraiser", "other.judge"]),
)


@FEW
@given(st.lists(READS, max_size=16), st.sampled_from(["yes", "no"]))
def test_i5_only_members_read_what_is_sealed_and_every_reading_is_on_the_ledger(
    steps: list[tuple[str, str]], sealed: str
) -> None:
    court = Court().before_court(sealed=sealed)
    members: set[str] = set()
    readers: list[str] = []
    closed = False
    for verb, who in steps:
        match verb:
            case "read":
                said = court.outcome(f"read ad officer={who}")
                fits = who in members and sealed == "yes" and not closed
                readers += [who] if fits else []
            case "admit":
                said = court.outcome(f"admit_member 123 officer={who} capacity=party")
                fits = who not in members and not closed
                members |= {who} if fits else set()
            case "dismiss":
                said = court.outcome(f"dismiss_member 123 officer={who}")
                fits = who in members
                members -= {who}
            case _:
                said = court.outcome("close_case 123")
                fits, closed = not closed, True
        assert (said == ACCEPTED) == fits, (verb, who, said)
    key = (case_of("123"), id16("ad"))
    rows = [court.world.row(READINGS, *key, n + 1) for n in range(len(readers))]
    assert [row.officer for row in rows] == [court.people[who].officer for who in readers]
    assert court.world.row(READINGS, *key, len(readers) + 1) is None
    assert court.world.row(SUBMISSIONS, *key).readings == len(readers)
