"""What it costs to decide who may do an act: `require` on the permissions of real acts.

Signers and offices are known, as in a block; what a permission reads of the state is in memory.
Processor time of the fastest of several rounds: others use the machine as well.
"""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final

from bench.report import Figure
from tongjian.catalogue import load_registry
from tongjian.core.ledger import Ledger
from tongjian.core.permission import Context, require
from tongjian.testkit import Person, World

TARGET_US: Final = 2
CALLS: Final = 2_000
ROUNDS: Final = 7
TAX, FIRM = "11990100001400110R", "91990106MA7K3D2102"
OFFICERS: Final = 200
"""A vote walks them all to count the offices that have a governor."""


class Offices(World):
    """A tax bureau and a firm with officers enough to be a city's."""

    def __init__(self) -> None:
        super().__init__()
        self.office(TAX)
        self.office(FIRM, region="990106", kind="firm")
        self.officer = self.person("officer", TAX, "tax_officer", "registrar")
        self.approver = self.person("approver", TAX, "tax_approver", "registrar_checker")
        self.issuer = self.person("issuer", FIRM, "issuer", "tax_clerk")
        self.voter = self.person("voter", TAX, "governor")
        for number in range(OFFICERS):
            self.person(f"clerk {number}", TAX, "clerk")
        self.block()


def measure(world: Offices, tag: str, who: tuple[Person, ...], **fields: Any) -> float:
    """Return the µs that deciding one act takes."""
    permission = load_registry().tags[tag].by
    directory = world.machine.directory
    actors = tuple(directory.actor(person.key) for person in who)
    digest, height = world.machine.digest, world.height + 1
    ledger = Ledger(world.state, directory, digest, height, world.now_ms)
    context = Context(actors, world.now_ms, directory, ledger.read)
    act: Any = SimpleNamespace(**fields)
    context.act = act
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(CALLS):
            require(permission, context)
        best = min(best, time.process_time() - start)
    return best / CALLS * 1e6


def figures() -> Iterator[Figure]:
    """Yield the cost of one signer, of two by region, of two by a row, of one's own, of a vote."""
    world = Offices()
    two = (world.officer, world.approver)
    officer = world.issuer.officer
    cases = (
        ("one of the office named", "invoice.issue", (world.issuer,), {"seller": FIRM}),
        ("two persons, by region", "invoice.set_limit", two, {"taxpayer": FIRM}),
        ("two persons, by a row", "membership.enrol_key", two, {"officer": world.voter.officer}),
        ("one's own key", "membership.rotate_key", (world.issuer,), {"officer": officer}),
    )
    for what, tag, who, fields in cases:
        cost = measure(world, tag, who, **fields)
        yield Figure(f"{what}: `{tag}`", cost, "µs", None, f"≤ {TARGET_US} µs")
    vote = measure(world, "membership.seat_governor", (world.voter,))
    note = f"walks {OFFICERS + 4} officers; a handful a year"
    yield Figure("a vote: `membership.seat_governor`", vote, "µs", None, "", note)
