"""A market for tests of procurement: `go` brings a tender to a stage, `ok` and `no` try one act."""

from typing import Any, Final

from procurement_acts import form_of, make, person_of
from procurement_people import EXPERTS, FIRMS, HOLDER_NAMES, USCC, found
from procurement_secrets import public_key

from tongjian.core.calendar import DAY_MS
from tongjian.core.directory import Kernel
from tongjian.core.operation import Act, Event
from tongjian.services.procurement.records import BIDS, OFFERS, TENDERS
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.treasury.refusals import Refusal as TreasuryRefusal
from tongjian.testkit import Person, World

STAGES: Final = (
    "declared", "planned", "prepared", "keyed", "published", "received", "due", "shared",
    "opened", "closed", "drawn", "scored", "ranked", "awarded", "quiet", "contracted",
)  # fmt: skip
PRICES: Final = {"alpha": 113_000_000, "beta": 116_500_000, "gamma": 119_900_000}
POINTS: Final = {"alpha": (3_000, 2_000), "beta": (2_500, 1_500), "gamma": (2_000, 1_000)}


class Town:
    """Offices, people and a machine."""

    def __init__(self) -> None:
        self.world = World(services={"procurement": 1, "treasury": 1})
        self.people: dict[str, Person] = found(self.world)
        self.prices = dict(PRICES)
        self.points: dict[str, tuple[int, ...]] = dict(POINTS)
        self.forms: dict[str, dict[str, Any]] = {}
        """What single bids say otherwise."""
        self.plan: dict[str, Any] = {}
        self.terms: dict[str, Any] = {}
        """What the tender says otherwise."""

    # -- one act ------------------------------------------------------------------------------

    def act(self, verb: str, by: tuple[str, ...] = (), **said: Any) -> tuple[Act, list[Person]]:
        """Return an act and its signers."""
        made, usual = make(self.world, verb, said)
        return made, [self.people[name] for name in by or usual]

    def ok(self, verb: str, by: tuple[str, ...] = (), **said: Any) -> Event:
        """Do an act that must be accepted."""
        act, who = self.act(verb, by, **said)
        return self.world.accepts(*who, act=act)

    def no(self, name: str, verb: str, by: tuple[str, ...] = (), **said: Any) -> None:
        """Try an act that must be refused with the code of a name and change nothing."""
        act, who = self.act(verb, by, **said)
        codes = next(
            codes for codes in (Refusal, Kernel, TreasuryRefusal) if name in codes.__members__
        )
        self.world.refuses(codes[name], *who, act=act)

    def outcome(self, verb: str, by: tuple[str, ...] = (), **said: Any) -> str:
        """Do an act and return `accepted` or the name of the refusal."""
        act, who = self.act(verb, by, **said)
        result = self.world.submit(*who, acts=(act,))
        return self.world.explain(result.outcome).split()[-1]

    # -- stages -------------------------------------------------------------------------------

    def go(self, stage: str) -> "Town":
        """Bring tender `t1` of plan `p1` to a stage and return the town."""
        for each in STAGES[: STAGES.index(stage) + 1]:
            getattr(self, f"_{each}")()
        return self

    def _declared(self) -> None:
        for firm in FIRMS:
            self.ok("declare_supplier", supplier=firm, head=person_of(f"head of {firm}"))
        for number in range(1, EXPERTS + 1):
            self.ok("enrol_expert", expert=person_of(f"expert.{number}"))
        for holder in HOLDER_NAMES:
            self.ok("register_holder", holder=holder)
        self.pass_days(1)

    def _planned(self) -> None:
        self.ok("plan_purchase", **self.plan)

    def _prepared(self) -> None:
        self.ok("prepare_tender", **self.terms)

    def _keyed(self) -> None:
        for verb in ("deal_key", "confirm_key"):
            for holder in HOLDER_NAMES:
                self.ok(verb, holder=holder)

    def _published(self) -> None:
        self.ok("publish")

    def _received(self) -> None:
        for bidder, price in self.prices.items():
            self.bid(bidder, price, **self.forms.get(bidder, {}))

    def _due(self) -> None:
        tender = self.world.row(TENDERS, "t1")
        self.world.wait(tender.deadline_ms - self.world.now_ms)

    def _shared(self) -> None:
        for holder in HOLDER_NAMES[1:]:
            self.ok("publish_share", holder=holder)

    def _opened(self) -> None:
        for bidder in self.prices:
            self.ok("open_bid", slot_name=bidder)

    def _closed(self) -> None:
        self.ok("close_opening")

    def _drawn(self) -> None:
        self.ok("draw_panel")

    def _scored(self) -> None:
        for bidder in self.prices:
            for member in self.panel():
                points = self.points[bidder]
                self.ok("score_bid", by=(member,), bidder=bidder, points=points)

    def _ranked(self) -> None:
        self.ok("rank_bids")

    def _awarded(self) -> None:
        self.ok("award")

    def _quiet(self) -> None:
        tender = self.world.row(TENDERS, "t1")
        self.world.wait(tender.objection_until_ms - self.world.now_ms)

    def _contracted(self) -> None:
        self.ok("conclude")

    # -- help ---------------------------------------------------------------------------------

    def bid(self, bidder: str, price: int, *, slot: str = "", **said: Any) -> None:
        """Hand in a firm's sealed bid."""
        form = form_of(bidder, price, **said)
        self.ok("submit_bid", bidder=bidder, slot_name=slot or bidder, form=form)

    def pass_days(self, days: int) -> None:
        """Let days pass."""
        self.world.wait(days * DAY_MS)

    def panel(self) -> list[str]:
        """Return the members of the committee as the names of people."""
        seats = self.tender().seats
        return [name for name, who in self.people.items() if who.person in seats]

    def tender(self, number: str = "t1") -> Any:
        """Return the row of a tender."""
        return self.world.row(TENDERS, number)

    def envelope(self, slot: str) -> Any:
        """Return the row of an envelope."""
        return self.world.row(BIDS, "t1", public_key(slot))

    def offer(self, bidder: str) -> Any:
        """Return the row of an opened bid."""
        return self.world.row(OFFERS, "t1", USCC[bidder])
