"""Random days of random people against a small model: what the law allows happens, nothing else.

The model keeps for each flat who holds it and what stands on it, in plain words; it knows nothing
of rows. After each step the rows must satisfy LND-I1 to LND-I11 whatever the model thinks.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import land_acts as on
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from land_acts import flat, shares, step
from land_law import Law
from land_town import Town

FLATS = (flat(21, 1), flat(21, 2))
PEOPLE = st.sampled_from(["zhou", "lin", "he"])
BANKS = st.sampled_from(["bank", "rival"])
COURTS = st.sampled_from(["court", "court", "other_court"])
PICK = st.integers(0, 5)


@dataclass
class Flat:
    """A flat as its neighbours know it."""

    owner: str = "zhou"
    entries: int = 1
    seizures: list[tuple[int, str]] = field(default_factory=list)
    """Number and court; the first is in force."""
    notices: dict[int, str] = field(default_factory=dict)
    objections: dict[int, str] = field(default_factory=dict)
    mortgages: dict[int, tuple[str, bool]] = field(default_factory=dict)
    """Number to bank and ban on transfer."""
    is_gone: bool = False


@dataclass(frozen=True)
class Case:
    """An approved application, as the applicants know it."""

    name: str
    kind: str
    unit: int
    old: str
    new: str
    ban: bool
    known: bool
    agreed: bool


class LandMachine(RuleBasedStateMachine):
    """Owners, buyers, banks and courts act as they please."""

    def __init__(self) -> None:
        super().__init__()
        self.town = Town().with_land("zhou")
        self.law = Law()
        self.flats = [Flat(), Flat()]
        self.cases: list[Case] = []

    @initialize()
    def begin(self) -> None:
        """Register two flats of one owner."""
        self.town.ok(*(on.define_unit(code) for code in FLATS))
        self.town.register(on.first(*FLATS, held=shares("zhou")))
        for unit, kind in ((0, "sale"), (0, "notice"), (1, "loan"), (1, "objection")):
            self.apply(kind, unit, "owner", "lin", "bank", (True, False, True))
        self.seize(1, "other_court", "three", 30)

    # -- helpers ------------------------------------------------------------------------------

    def tell(self, taken: on.Step, *, allowed: bool) -> bool:
        """Take a step; it must be accepted exactly where the model allows it."""
        said = self.town.outcome(taken)
        assert (said == "accepted") == allowed, f"{taken.act}: {said}, the model says {allowed}"
        return allowed

    def look_again(self) -> None:
        """Take from the rows what a clock has ended; the law is checked after each step."""
        for code, known in zip(FLATS, self.flats, strict=True):
            unit = self.town.unit(code)
            left = [n for n in (unit.seizure, *unit.waiting) if n]
            known.seizures = [(n, court) for n, court in known.seizures if n in left]
            known.notices = {n: h for n, h in known.notices.items() if n in unit.notices}
            known.objections = {n: h for n, h in known.objections.items() if n in unit.objections}
            known.entries = unit.entries

    # -- applications -------------------------------------------------------------------------

    @rule(
        kind=st.sampled_from(["sale", "sale", "loan", "notice", "objection", "deletion"]),
        unit=st.integers(0, 1),
        old=st.sampled_from(["owner", "owner", "owner", "lin"]),
        new=PEOPLE,
        bank=BANKS,
        flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    )
    def apply(
        self,
        kind: str,
        unit: int,
        old: str,
        new: str,
        bank: str,
        flags: tuple[bool, bool, bool],
    ) -> None:
        """Carry an application to the point where it waits for its entry."""
        owner = self.flats[unit].owner if old == "owner" else old
        other = bank if kind == "loan" else new
        ban, known, agreed = flags
        case = Case("", kind, unit, owner, other, ban, known, agreed)
        demand = self.demand(case, FLATS[unit])
        extra = [on.certify_tax("")] if kind == "sale" else []
        if agreed:
            extra.append(on.agree("", bank if kind == "loan" else "bank"))
        name = self.town.ready(demand, *extra)
        self.cases.append(replace(case, name=name))

    def demand(self, case: Case, code: str) -> Any:
        """Return what a case asks for."""
        match case.kind:
            case "sale":
                known = b"k" * 32 if case.known else None
                return on.transfer(code, [case.old], shares(case.new), acknowledged=known)
            case "loan":
                return on.mortgage(code, [case.old], case.new, transfer_ban=case.ban)
            case "notice":
                return on.notice(code, [case.old], case.new)
            case "objection":
                return on.objection(code, case.new)
            case _:
                return on.deletion(code, [case.old])

    def allows(self, case: Case, known: Flat) -> bool:
        """Say in plain words whether an entry is lawful now."""
        if known.is_gone:
            return False
        if case.kind == "objection":
            return case.new not in known.objections.values()
        if case.old != known.owner or known.seizures:
            return False
        notices, objections = list(known.notices.values()), list(known.objections)
        if case.kind == "sale":
            is_free = all(
                not ban or (bank == "bank" and case.agreed)
                for bank, ban in known.mortgages.values()
            )
            is_reserved = any(holder != case.new for holder in notices)
            is_known = not objections or case.known
            return case.new != known.owner and not is_reserved and is_known and is_free
        lenders = [bank for bank, _ in known.mortgages.values()]
        is_agreed = {
            "loan": case.agreed,
            "notice": True,
            "deletion": not lenders or (case.agreed and {*lenders} == {"bank"}),
        }[case.kind]
        return not notices and not objections and is_agreed

    @rule(
        kind=st.sampled_from(["sale", "sale", "loan", "notice", "deletion"]),
        unit=st.integers(0, 1),
        new=PEOPLE,
        flags=st.tuples(st.booleans(), st.booleans(), st.just(value=True)),
    )
    def apply_and_enter(
        self, kind: str, unit: int, new: str, flags: tuple[bool, bool, bool]
    ) -> None:
        """Carry an application of the owner straight to its entry."""
        self.apply(kind, unit, "owner", new, "bank", flags)
        self.enter(len(self.cases) - 1, "registry")

    @rule(pick=PICK, registrar=st.sampled_from(["registry", "registry", "registry", "twin"]))
    def enter(self, pick: int, registrar: str) -> None:
        """Enter a case, or try to; and try again what was entered."""
        if not self.cases:
            return
        case = self.cases[pick % len(self.cases)]
        known = self.flats[case.unit]
        allowed = registrar == "registry" and self.allows(case, known)
        taken = step("enter", case.name, f"{registrar}.land_registrar")
        if self.tell(taken, allowed=allowed):
            self.cases.remove(case)
            self.tell(taken, allowed=False)
            self.note(case, known)

    def note(self, case: Case, known: Flat) -> None:
        """Write in the model what an entry has done."""
        known.entries += 1
        match case.kind:
            case "sale":
                known.owner, known.notices = case.new, {}
            case "loan":
                known.mortgages[known.entries] = (case.new, case.ban)
            case "notice":
                known.notices[known.entries] = case.new
            case "objection":
                known.objections[known.entries] = case.new
            case _:
                known.is_gone, known.mortgages = True, {}

    @rule(pick=PICK, verb=st.sampled_from(["withdraw", "reject"]))
    def give_up(self, pick: int, verb: str) -> None:
        """Withdraw a case or refuse it; it can never be entered afterwards."""
        if self.cases:
            case = self.cases.pop(pick % len(self.cases))
            self.tell(step(verb, case.name), allowed=True)
            self.tell(step("enter", case.name), allowed=False)

    @rule(unit=st.integers(0, 1), pick=PICK, bank=BANKS)
    def release(self, unit: int, pick: int, bank: str) -> None:
        """Release a mortgage, or somebody else's."""
        known = self.flats[unit]
        numbers = [*known.mortgages, 99]
        number = numbers[pick % len(numbers)]
        allowed = known.mortgages.get(number, ("", False))[0] == bank
        if self.tell(on.release(FLATS[unit], number, bank), allowed=allowed):
            del known.mortgages[number]
            known.entries += 1

    # -- courts and time ----------------------------------------------------------------------

    @rule(
        unit=st.integers(0, 1),
        court=COURTS,
        order=st.sampled_from(["one", "two", "three"]),
        days=st.sampled_from([5, 5, 30, 1095, 1096]),
    )
    def seize(self, unit: int, court: str, order: str, days: int) -> None:
        """Seize a flat, at times with the same order again."""
        known = self.flats[unit]
        standing = [
            self.town.burden("seizure", n, FLATS[unit]).order
            for n, other in known.seizures
            if other == court
        ]
        taken = on.seize(FLATS[unit], order, court, days)
        allowed = not known.is_gone and days <= 1095 and taken.act.order not in standing  # type: ignore[attr-defined]
        if self.tell(taken, allowed=allowed):
            known.entries += 1
            known.seizures.append((known.entries, court))

    @rule(unit=st.integers(0, 1), pick=PICK, court=COURTS, verb=st.sampled_from(["lift", "renew"]))
    def lift_or_renew(self, unit: int, pick: int, court: str, verb: str) -> None:
        """Lift or renew a seizure, or another court's, or one that is none."""
        known = self.flats[unit]
        numbers = [number for number, _ in known.seizures] or [99]
        number = numbers[pick % len(numbers)]
        is_own = (number, court) in known.seizures
        if verb == "lift":
            if self.tell(on.lift(FLATS[unit], number, court), allowed=is_own):
                known.seizures.remove((number, court))
                known.entries += 1
        else:
            allowed = is_own and number == known.seizures[0][0]
            if self.tell(on.renew(FLATS[unit], number, court, 30), allowed=allowed):
                known.entries += 1

    @rule(unit=st.integers(0, 1))
    def lift_first(self, unit: int) -> None:
        """Lift the seizure in force, by its own court; the next that waits follows it."""
        known = self.flats[unit]
        if known.seizures:
            number, court = known.seizures.pop(0)
            self.tell(on.lift(FLATS[unit], number, court), allowed=True)
            known.entries += 1
            assert self.town.unit(FLATS[unit]).seizure == (
                known.seizures[0][0] if known.seizures else 0
            )

    @rule(
        unit=st.integers(0, 1),
        new=PEOPLE,
        court=COURTS,
        clears=st.booleans(),
        rare=st.integers(0, 3),
    )
    def order(self, unit: int, new: str, court: str, *, clears: bool, rare: int) -> None:
        """Transfer a flat by a court, while it or another court has seized it, or none."""
        if rare:
            return
        known = self.flats[unit]
        is_free = not known.seizures or known.seizures[0][1] == court
        taken = on.by_order(FLATS[unit], shares(new), court, clears=clears)
        if self.tell(taken, allowed=is_free and not known.is_gone):
            known.owner, known.seizures = new, []
            known.entries += 1
            if clears:
                known.notices, known.mortgages = {}, {}

    @rule(days=st.sampled_from([1, 6, 16, 40]))
    def wait(self, days: int) -> None:
        """Let time pass."""
        self.town.wait_days(days)
        self.look_again()

    @invariant()
    def the_law_holds(self) -> None:
        """Look at all rows."""
        self.law.check(self.town.world)
        for code, known in zip(FLATS, self.flats, strict=True):
            unit = self.town.unit(code)
            if unit is not None and unit.status != "surveyed" and not known.is_gone:
                assert unit.holders == shares(known.owner)
                assert list(unit.mortgages) == list(known.mortgages)


TestLand = LandMachine.TestCase
TestLand.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
