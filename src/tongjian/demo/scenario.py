"""Twenty air sensors for the city (domain rule 2): one invoice from its issue to its red letter.

A deadline of 72 hours passes in it, and the ledger itself voids what nobody answered.
"""

from typing import Final

from tongjian.core.calendar import legal_date
from tongjian.core.operation import Act, RefusalCode
from tongjian.core.values import Digest, digest, fen, ppm, uscc
from tongjian.demo.day import HOUR_MS, MINUTE_MS, day_of, deliver_of, issue_of, period_of
from tongjian.demo.firms import InvoiceLine
from tongjian.demo.papers import Buyer, Face, make_paper
from tongjian.demo.seeded import Seeded
from tongjian.demo.stage import Stage
from tongjian.demo.told import expect, expect_committed, expect_refused
from tongjian.engines.solo import Outcome
from tongjian.services.invoice import acts
from tongjian.services.invoice.records import (
    CONFIRMED,
    RED_CONFIRMATIONS,
    VOID,
    RedConfirmation,
    Refusal,
    Subtotal,
)

SENSORS: Final = InvoiceLine("1090422000000000000", "空气质量传感器", 20, 5_000_000, 130_000)
"""20 at 50,000.00: 1,000,000.00, with tax 1,130,000.00."""
FAULTY: Final = Subtotal(
    rate_ppm=ppm(130_000), lines=1, net_fen=fen(10_000_000), tax_fen=fen(1_300_000)
)
"""Two of them go back: 113,000.00."""
FIRST_FEN: Final = 60_000_000
SECOND_FEN: Final = 53_000_000
RED_FEN: Final = 11_300_000
ISSUER: Final = ("haiming-issuer",)
PAYERS: Final = ("treasury-finance", "treasury-finance2")


def number_of(year: int, sequence: int = 12_345_678) -> str:
    """Return the number of the scenario's invoice in a year, or of another of its series."""
    return f"{year % 100:02d}990{sequence:015d}"


class Scenario:
    """Plays the acts of the sensors' invoice."""

    def __init__(self, stage: Stage, seed: int) -> None:
        """Take the stage; salts come from the seed."""
        self._stage = stage
        self._seeded = Seeded(seed).branch("scenario")
        seller, treasury = stage.city.member("haiming").firm, stage.city.body("treasury")
        date = legal_date(stage.clock())
        buyer = Buyer(treasury.name, treasury.uscc, b"")
        number = number_of(date.year)
        face = Face(number, day_of(date), seller.name, seller.uscc, buyer, (SENSORS,))
        self.paper = make_paper(face, self._seeded)
        self._buyer = uscc(treasury.uscc)

    @property
    def number(self) -> str:
        """The number of the invoice."""
        return self.paper.number

    # -- the first day ------------------------------------------------------------------------

    def issue_and_pay(self) -> Outcome:
        """Issue, book, pay in two parts; return the outcome of a third claim of one fen."""
        stage, paper = self._stage, self.paper
        issue = issue_of(paper, "special", stage.clock() - HOUR_MS, stage.digest)
        self._done(ISSUER, issue, deliver_of(paper, stage.digest))
        book = acts.Book(
            invoice=self.number,
            buyer=self._buyer,
            buyer_salt=paper.buyer_salt,
            voucher=self._voucher("booking"),
            period=period_of(legal_date(stage.clock())),
        )
        self._done(("treasury-accountant",), book)
        self._done(PAYERS, self._claim("first payment", FIRST_FEN))
        self._done(PAYERS, self._claim("second payment", SECOND_FEN))
        return self._refused(PAYERS, Refusal.CLAIMS_EXCEED_TOTAL, self._claim("third payment", 1))

    def ask_for_red_letter(self) -> None:
        """Have the seller ask to take back two sensors; the buyer booked, so it must confirm."""
        self._done(ISSUER, self._request())

    # -- 72 hours later -----------------------------------------------------------------------

    def let_it_lapse(self) -> int:
        """Let the deadline pass and ask again; return the height that voided the first request."""
        self._stage.clock.move(self._confirmation(1).deadline_ms)
        asked = self._done(ISSUER, self._request())
        status = self._confirmation(1).status
        expect(status == VOID, f"the request nobody answered has status {status}, not {VOID}")
        # An idle ledger cuts a block for a deadline; a busy one puts it before what was asked.
        before = self._stage.chain.body(asked.height - 1)
        return asked.height - 1 if before.timers else asked.height

    def take_back(self) -> Outcome:
        """Confirm in time; have the red letter recorded together with the refund.

        Returns the refusal of the red letter alone: the invoice was paid out in full.
        """
        self._stage.clock.move(self._stage.clock() + MINUTE_MS)
        confirm = acts.ConfirmRed(
            invoice=self.number,
            confirmation=2,  # type: ignore[arg-type]
            party=self._buyer,
            buyer_salt=self.paper.buyer_salt,
        )
        self._done(("treasury-taxclerk",), confirm)
        status = self._confirmation(2).status
        expect(status == CONFIRMED, f"the confirmed request has status {status}")
        alone = self._refused(ISSUER, Refusal.CLAIMS_EXCEED_TOTAL, self._red_letter())
        refund = acts.Refund(
            invoice=self.number,
            claimant=self._buyer,
            voucher=self._voucher("second payment"),
            amount_fen=fen(RED_FEN),
            evidence=self._voucher("bank receipt"),
        )
        self._done((*ISSUER, *PAYERS), refund, self._red_letter())
        return alone

    # -- parts --------------------------------------------------------------------------------

    def _request(self) -> Act:
        return acts.RequestRed(
            invoice=self.number,
            party=uscc(self.paper.seller),
            buyer_salt=None,
            reason="return",
            subtotals=(FAULTY,),
        )

    def _red_letter(self) -> Act:
        year = legal_date(self._stage.clock()).year
        return acts.IssueRed(
            number=number_of(year, 12_345_679),
            seller=uscc(self.paper.seller),
            invoice=self.number,
            confirmation=2,  # type: ignore[arg-type]
            lines=self._voucher("two faulty sensors"),
        )

    def _claim(self, voucher: str, amount_fen: int) -> Act:
        return acts.Reimburse(
            invoice=self.number,
            claimant=self._buyer,
            buyer_salt=self.paper.buyer_salt,
            voucher=self._voucher(voucher),
            amount_fen=fen(amount_fen),
        )

    def _voucher(self, text: str) -> Digest:
        """Commit to a voucher's text under the paper's own salt, the same each time."""
        salted = self.paper.lines_salt + text.encode()
        return digest(self._stage.digest(salted))

    def _confirmation(self, number: int) -> RedConfirmation:
        return self._stage.one(RED_CONFIRMATIONS, self.number, number)

    def _done(self, holders: tuple[str, ...], *what: Act) -> Outcome:
        outcome = self._stage.act(holders, *what)
        tag = str(what[-1].__struct_config__.tag)
        expect_committed(self._stage.chain.machine.registry, outcome, tag)
        return outcome

    def _refused(self, holders: tuple[str, ...], code: RefusalCode, act: Act) -> Outcome:
        outcome = self._stage.act(holders, act)
        tag = str(act.__struct_config__.tag)
        expect_refused(self._stage.chain.machine.registry, outcome, code, tag)
        return outcome
