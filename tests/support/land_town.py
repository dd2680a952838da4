"""A city with a land registry, a court and a bank, for tests of land."""

import importlib
from functools import cache
from itertools import count
from typing import Any

import land_acts as on
from land_acts import OFFICES, ROLES, USCC, Step, flat, land, number, parcel, shares, who

from tongjian.catalogue import load_parameters, service_of
from tongjian.core.calendar import legal_date
from tongjian.core.directory import Kernel
from tongjian.core.hashing import sha256
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Event, RefusalCode
from tongjian.core.registry import Registry
from tongjian.services.land.records import (
    APPLICATIONS,
    MORTGAGES,
    NOTICES,
    OBJECTIONS,
    SEIZURES,
    UNITS,
    service,
)
from tongjian.services.land.refusals import Refusal
from tongjian.services.treasury.acts_escrow import FundEscrow, OpenEscrow
from tongjian.services.treasury.records import ACCOUNTS
from tongjian.services.treasury.rows_money import Account
from tongjian.testkit import Person, World

DAY_MS = 24 * 3_600_000
ESCROW_ACCOUNT = sha256(b"escrow account of the bank")
FLAT = flat(21, 10008)
"""The flat of the demo world, 88.60 m²."""


SERVICES = ("invoice", "land", "membership", "treasury")
"""What land causes acts of, and what these cause."""
START_MS = 1_772_596_800_000
"""2026-03-04 12:00 in Shanghai."""


@cache
def registry_of(services: tuple[str, ...]) -> Registry:
    """Return just these services: what a test does not name cannot break it."""
    modules = (importlib.import_module(f"tongjian.services.{name}") for name in services)
    return Registry(tuple(service_of(module) for module in modules))


class Town:
    """Offices, people and a machine."""

    def __init__(self, *, services: tuple[str, ...] = SERVICES) -> None:
        self.world = World(registry=registry_of(services), start_ms=START_MS)
        self.people: dict[str, Person] = {}
        for name, (code, region, kind) in OFFICES.items():
            self.world.office(code, region=region, kind=kind)
            for role in ROLES[name]:
                self.people[f"{name}.{role}"] = self.world.person(f"{name}.{role}", code, role)
        # One natural person in two posts, as small registries have.
        twin = self.people["registry.land_acceptor"]
        for role in ("land_reviewer", "land_registrar"):
            self.people[f"twin.{role}"] = self.world.person(
                f"twin.{role}", USCC["registry"], role, same_person_as=twin
            )
        counter = self.people["registry.land_counter"]
        self.people["counter.land_reviewer"] = self.world.person(
            "counter.land_reviewer", USCC["registry"], "land_reviewer", same_person_as=counter
        )
        both = self.people["registry.land_reviewer"]
        self.people["second.land_registrar"] = self.world.person(
            "second.land_registrar", USCC["registry"], "land_registrar", same_person_as=both
        )
        for name in ("bank.second", "court.second"):
            office, _, _ = name.partition(".")
            role = ROLES[office][-1]
            self.people[name] = self.world.person(name, USCC[office], role)
        for role in ("treasury_clerk", "treasury_approver"):
            name = f"registry.{role}"
            self.people[name] = self.world.person(name, USCC["registry"], role)
        account = on.build(
            Account,
            kind="escrow",
            finance=USCC["registry"],
            owner=USCC["bank"],
            bank=USCC["bank"],
            treasury=USCC["registry"],
            closed=False,
            paid_fen=0,
            cleared_fen=0,
        )
        self.world._found(ACCOUNTS, account, ESCROW_ACCOUNT)
        for name in services:
            for p in load_parameters(name):
                self.world.parameter(p.service, p.name, *p.parameter.values, from_ms=p.from_ms)
        self._numbers = count(1)

    # -- acting -------------------------------------------------------------------------------

    def signers(self, step: Step) -> tuple[Person, ...]:
        """Return the people who sign a step."""
        return tuple(self.people[name] for name in step.by)

    def ok(self, *steps: Step, vector: str | None = None) -> Event:
        """Take steps that must be accepted; return the first event of the last."""
        found = None
        for step in steps:
            found = self.world.accepts(*self.signers(step), act=step.act, vector=vector)
        assert found is not None
        return found

    def no(self, code: RefusalCode, step: Step) -> None:
        """Take a step that must be refused."""
        self.world.refuses(code, *self.signers(step), act=step.act)

    def outcome(self, step: Step) -> str:
        """Take a step and return `accepted` or the name of its refusal."""
        result = self.world.submit(*self.signers(step), acts=(step.act,))
        return self.world.explain(result.outcome).split()[-1]

    def wait_days(self, days: int) -> None:
        """Let days pass."""
        self.world.wait(days * DAY_MS)

    # -- the procedure ------------------------------------------------------------------------

    def next_number(self) -> str:
        """Return a number for an application of today."""
        return number(next(self._numbers), legal_date(self.world.now_ms).year)

    def ready(self, demand: Any, *extra: Step) -> str:
        """Hand in, accept and approve an application; return its number."""
        name = self.next_number()
        self.ok(on.submit(name, demand), on.step("accept", name), on.step("approve", name))
        for step in extra:
            self.ok(Step(type(step.act)(**_with(step.act, name)), step.by))
        return name

    def enter(self, demand: Any, *extra: Step) -> str:
        """Carry an application through to its entry."""
        name = self.ready(demand, *extra)
        self.ok(on.step("enter", name))
        return name

    def refuse_entry(self, code: RefusalCode, demand: Any, *extra: Step) -> str:
        """Carry an application to its entry, which must be refused."""
        name = self.ready(demand, *extra)
        self.no(code, on.step("enter", name))
        return name

    def fund(self, escrow: str, case: str, price: int = 185_000_000, payoff: int = 0) -> None:
        """Open an escrow for a case and deposit the price."""
        bankers = ("bank.bank_officer", "bank.second")
        opened = on.build(
            OpenEscrow,
            escrow=escrow,
            bank=USCC["bank"],
            case=case,
            parcel=FLAT,
            account=ESCROW_ACCOUNT,
            payer=who("lin"),
            seller=who("zhou"),
            lender=who("bank") if payoff else None,
            price_fen=price,
            payoff_fen=payoff,
        )
        funded = on.build(FundEscrow, escrow=escrow, receipt=sha256(escrow.encode()))
        self.ok(Step(opened, bankers), Step(funded, bankers))

    def publish(self) -> None:
        """Let the time of publicity of a first registration pass."""
        self.wait_days(30)

    def register(self, demand: Any) -> None:
        """Enter first registrations after their publicity."""
        name = self.ready(demand)
        self.publish()
        self.ok(on.step("enter", name))

    def with_land(self, *people: str, at: int = 21, x: int = 0) -> "Town":
        """Survey and register a parcel of land."""
        self.ok(on.survey(parcel(at), on.box(x, 0)))
        self.register(on.first(land(at), held=shares(*people)))
        return self

    def with_flat(self, *people: str) -> "Town":
        """Register the flat of the demo world, on land of the same people."""
        self.with_land(*people)
        self.ok(on.define_unit(FLAT))
        self.register(on.first(FLAT, held=shares(*people)))
        return self

    def sell(self, seller: str, buyer: str, unit: str = FLAT) -> str:
        """Sell a unit."""
        demand = on.transfer(unit, [seller], shares(buyer))
        return self.enter(demand, on.certify_tax(""))

    # -- looking ------------------------------------------------------------------------------

    def unit(self, code: str = FLAT) -> Any:
        """Return a unit."""
        return self.world.row(UNITS, code)

    def application(self, name: str) -> Any:
        """Return an application."""
        return self.world.row(APPLICATIONS, name)

    def burden(self, kind: str, entry: int, code: str = FLAT) -> Any:
        """Return a mortgage, notice, objection or seizure."""
        tables: dict[str, Any] = {
            "mortgage": MORTGAGES,
            "notice": NOTICES,
            "objection": OBJECTIONS,
            "seizure": SEIZURES,
        }
        return self.world.row(tables[kind], code, entry)

    def owners(self, code: str = FLAT) -> dict[bytes, tuple[int, int]]:
        """Return who holds a unit, and how much."""
        return {s.holder: (s.numerator, s.denominator) for s in self.unit(code).holders}

    def ask(self, name: str, **fields: Any) -> Any:
        """Put a question to the ledger."""
        world = self.world
        world.rows()
        query = next(query for query in service.queries if query.name == name)
        ledger = Ledger(world.state, world.machine.directory, sha256, world.height, world.now_ms)
        ledger.enter(query, ())
        return query.handler(query.arguments(**fields), ledger)


def _with(act: Any, name: str) -> dict[str, Any]:
    """Return the fields of an act with the number of an application filled in."""
    fields = {field: getattr(act, field) for field in act.__struct_fields__}
    return {**fields, "application": name}


__all__ = ["DAY_MS", "FLAT", "Kernel", "Refusal", "Town", "who"]
