"""A city in which a purchase goes from the budget to the asset: two towns in one world."""

from typing import Any, Final

import procurement_town
import treasury_town
from procurement_people import POSTS, found

from tongjian.testkit import World

NEED: Final = "2026-990100-000001"
"""The line of the budget that pays for the sensors."""
PRICE: Final = "1130000.00"
BUDGET: Final = """
draft_line 1 amount=1200000.00      accepted
approve_line 1                      accepted
issue_line 1                        accepted
grant_quota 1 amount=1200000.00     accepted
"""
STAGES: Final = (
    ("budget", BUDGET),
    ("contract", ""),
    ("acceptance", f"accept_delivery c1 value={PRICE}  accepted"),
    ("invoice", f"invoice 1 amount={PRICE}  accepted"),
    (
        "request",
        f"request_payment c1/1 amount={PRICE} invoices=1:{PRICE}  accepted",
    ),
    ("check", "check_payment 1/1  accepted"),
    ("approval", "approve_payment 1/1  accepted"),
    ("order", "order_payment 1/1  accepted"),
    ("receipt", f"confirm_paid 1/1 amount={PRICE}  accepted"),
    ("clearing", f"clear_day zero/{{day}} amount={PRICE}  accepted"),
    ("booking", "book_payment 1/1 buyer_salts=1  accepted"),
    ("asset", f"record_asset sensors value={PRICE}  accepted"),
)
"""What is done, in the order of flow F1; the contract is a whole tender of procurement."""


class City:
    """The market of procurement and the town of public money, in one world."""

    def __init__(self) -> None:
        self.world = World()
        self.market = procurement_town.Town.__new__(procurement_town.Town)
        self.market.world = self.world
        self.market.people = found(self.world)
        self.market.prices = dict(procurement_town.PRICES)
        self.market.points = dict(procurement_town.POINTS)
        self.market.forms, self.market.terms = {}, {}
        self.market.plan = {"line": NEED}
        assert set(POSTS) >= {"buyer", "alpha"}
        self.money = treasury_town.Town(self.world)
        self.money.with_accounts()

    def do(self, name: str) -> None:
        """Do a stage; raise AssertionError where it is refused."""
        if name == "contract":
            self.market.go("contracted")
        else:
            self.money.run(dict(STAGES)[name].format(day=self.day()))

    def tries(self, name: str) -> str:
        """Try a stage that should not be possible; return what became of it."""
        line = dict(STAGES)[name].format(day=self.day()).strip().splitlines()[0]
        return self.money.outcome(line.rpartition("  ")[0])

    def day(self) -> int:
        """Return today in Shanghai as yyyymmdd."""
        from tongjian.core.calendar import legal_date

        date = legal_date(self.world.now_ms)
        return date.year * 10_000 + date.month * 100 + date.day

    def row(self, table: Any, *key: Any) -> Any:
        """Return a row of the current state, or none."""
        return self.world.row(table, *key)
