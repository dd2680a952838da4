"""The desk at which the story's frauds begin: honest invoices of today, issued one by one."""

from typing import Final

from tongjian.core.calendar import legal_date
from tongjian.core.operation import Act
from tongjian.core.registry import Registry
from tongjian.demo.city import Member
from tongjian.demo.day import HOUR_MS, day_of, deliver_of, issue_of
from tongjian.demo.firms import InvoiceLine
from tongjian.demo.papers import Buyer, Face, Paper, make_paper
from tongjian.demo.scenario import number_of
from tongjian.demo.seeded import Seeded
from tongjian.demo.stage import Stage
from tongjian.demo.told import Try, attempt, expect_committed
from tongjian.engines.outcomes import Outcome
from tongjian.services.invoice import acts

DINNER: Final = InvoiceLine("3070401000000000000", "餐饮服务", 1, 121_132, 60_000)
"""1,211.32, with tax 1,284.00."""
PROBE: Final = InvoiceLine("1090422000000000000", "水质传感器", 4, 1_250_000, 130_000)
"""Four at 12,500.00: 50,000.00, with tax 56,500.00."""


class Desk:
    """Issues the invoices that the frauds are about."""

    def __init__(self, stage: Stage, seed: int) -> None:
        """Take the stage; salts come from the seed."""
        self.stage = stage
        self.seeded = Seeded(seed).branch("frauds")
        self._next = 22_345_678

    @property
    def hospital(self) -> Buyer:
        """A buyer that is a public office."""
        body = self.stage.city.body("hospital")
        return Buyer(body.name, body.uscc, b"")

    @property
    def registry(self) -> Registry:
        """The acts and refusals of this release."""
        return self.stage.chain.machine.registry

    def face(self, seller: Member, buyer: Buyer, line: InvoiceLine, *, year: int = 0) -> Face:
        """Return the face of a new invoice of today, or with the number of another year."""
        date = legal_date(self.stage.clock())
        self._next += 1
        number = number_of(year or date.year, self._next)
        firm = seller.firm
        return Face(number, day_of(date), firm.name, firm.uscc, buyer, (line,))

    def paper(self, seller: Member, buyer: Buyer, line: InvoiceLine, *, year: int = 0) -> Paper:
        """Return a new invoice."""
        return make_paper(self.face(seller, buyer, line, year=year), self.seeded)

    def issue(self, paper: Paper) -> acts.Issue:
        """Return the act that issues a paper as an ordinary invoice for a supply an hour ago."""
        return issue_of(paper, "ordinary", self.stage.clock() - HOUR_MS, self.stage.digest)

    def issued(self, seller: Member, face: Face) -> Paper:
        """Issue and deliver an invoice."""
        paper = make_paper(face, self.seeded)
        holders = (seller.holder("issuer"),)
        outcome = self.stage.act(holders, self.issue(paper), deliver_of(paper, self.stage.digest))
        expect_committed(self.registry, outcome, f"invoice {paper.number}")
        return paper

    def attempt(self, tried: str, outcome: Outcome, act: Act) -> Try:
        """Return an attempt with the engine's answer."""
        return attempt(self.registry, tried, outcome, act)
