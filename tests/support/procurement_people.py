"""Offices and people of the market that tests of procurement take place in; all are invented."""

from typing import Final

from procurement_secrets import public_key

from tongjian.catalogue import load_parameters
from tongjian.core import values
from tongjian.core.directory import KEYS, Key
from tongjian.services.treasury.records import LINES, TOTALS
from tongjian.services.treasury.rows_money import Line, Sums, Totals
from tongjian.testkit import Person, World

OFFICES: Final = {
    "buyer": ("11990100001400700T", "bureau"),
    "agency": ("129901004320022297", "centre"),
    "finance": ("119901000014002175", "bureau"),
    "notary": ("12990100432002149K", "notary"),
    "audit": ("11990100001400882Y", "bureau"),
    "market": ("11990100001401172D", "bureau"),
    "alpha": ("91990106MA7K3D2102", "firm"),
    "beta": ("91990106MA7K3E811E", "firm"),
    "gamma": ("91990106MA7K3F5151", "firm"),
    "delta": ("91990200720002215D", "firm"),
}
USCC: Final = {name: code for name, (code, _) in OFFICES.items()}
NAME_OF: Final = {code: name for name, code in USCC.items()}
FIRMS: Final = ("alpha", "beta", "gamma", "delta")
HOLDER_NAMES: Final = ("buyer", "agency", "finance", "notary")
HOLDERS: Final = tuple(USCC[name] for name in HOLDER_NAMES)
LINE: Final = "2026-990100-000017"
BUDGET_FEN: Final = 500_000_000
POSTS: Final = {
    "buyer": ("purchase_officer", "purchase_approver", "key_holder", "bidder"),
    "agency": ("procurement_agent", "auctioneer", "key_holder", "bid_desk"),
    "finance": ("supervisor", "supervisor_approver", "expert_registrar", "key_holder"),
    "notary": ("key_holder", "bid_desk"),
    "audit": ("auditor", "bid_desk"),
    "market": ("market_registrar",),
    **dict.fromkeys(FIRMS, ("bidder",)),
}
EXPERTS: Final = 12


def found(world: World) -> dict[str, Person]:
    """Found the market in a world and return its people as `office.role` and `expert.7`."""
    people: dict[str, Person] = {}
    for name, (code, kind) in OFFICES.items():
        world.office(code, kind=kind)
        for role in POSTS[name]:
            people[f"{name}.{role}"] = world.person(f"{name}.{role}", code, role)
    for number in range(1, EXPERTS + 1):
        name = f"expert.{number}"
        people[name] = world.person(name, USCC["finance"], "evaluator")
    for firm in (*FIRMS, "buyer"):
        sign_truly(world, people[f"{firm}.bidder"])
    for service in ("procurement", "treasury"):
        for p in load_parameters(service):
            world.parameter(p.service, p.name, *p.parameter.values, from_ms=p.from_ms)
    found_line(world)
    return people


def sign_truly(world: World, person: Person) -> None:
    """Give a person a key whose signatures can be checked: bids are signed inside."""
    key = Key(
        suite=1,
        public=public_key(person.name),
        officer=person.officer,
        from_height=values.height(0),
        until_ms=values.FOREVER,
        revoked_height=values.height(0),
    )
    world._found(KEYS, key, person.key)


def found_line(world: World) -> None:
    """Found one budget line of the buyer, and the totals that go with it."""
    sums = Sums(**{name: values.fen(0) for name in Sums.__struct_fields__})
    sums = Sums(
        **{name: getattr(sums, name) for name in Sums.__struct_fields__}
        | {"approved_fen": values.fen(BUDGET_FEN), "quota_fen": values.fen(BUDGET_FEN)}
    )
    line = Line(
        finance=values.uscc(USCC["finance"]),
        unit=values.uscc(USCC["buyer"]),
        functional="2010301",
        economic="31002",
        source="own",
        transfer=None,
        project=None,
        status="issued",
        resolution=None,
        proposed_fen=values.fen(BUDGET_FEN),
        sums=sums,
        payments=values.count(0),
    )
    world._found(LINES, line, LINE)
    totals = Totals(
        lines=values.count(1), sums=sums, payments=values.count(0), height=values.count(0)
    )
    world._found(TOTALS, totals, USCC["finance"], 2026)
