"""A plausible day of business: who sells what to whom, and what becomes of each invoice.

Sellers supply along the chain of industries: farms to food makers, makers to wholesale, shops to
people. Invoices are issued and delivered, their input tax deducted, the invoices booked,
reimbursed, some taken back. All of it is planned here; nothing is signed or recorded.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from tongjian.core.calendar import Date, legal_date, legal_day_start
from tongjian.core.hashing import Hash, compute_commitment, sha256
from tongjian.core.operation import Act
from tongjian.core.values import Digest, digest, fen, time_ms, uscc
from tongjian.demo.city import City, Member
from tongjian.demo.firms import InvoiceLine, line_for
from tongjian.demo.identities import Identities
from tongjian.demo.papers import Buyer, Face, Paper, draw_bytes, make_paper
from tongjian.demo.seeded import Seeded
from tongjian.services.invoice import acts
from tongjian.services.invoice.records import Use

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
OPENING_MS: Final = 9 * HOUR_MS
"""Of the day in Shanghai; closing is at 18:00."""
CLOSING_MS: Final = 18 * HOUR_MS
LAST_ISSUE_MS: Final = 15 * HOUR_MS
CLAIM_AGE_MS_MAX: Final = 3 * DAY_MS
"""How long before its invoice a supply took place; later than seven days would be late."""
PERSONS: Final = 400

BUYERS: Final = {
    "A": ("CFH", (9, 0, 1)),
    "B": ("CD", (10, 0, 0)),
    "C": ("CEFGQ", (8, 2, 0)),
    "D": ("CEFHIKQ", (6, 2, 2)),
    "E": ("EK", (6, 4, 0)),
    "F": ("EFGHKOPR", (5, 2, 3)),
    "G": ("BCFG", (8, 1, 1)),
    "H": ("CEIJLM", (2, 2, 6)),
    "I": ("CFGIJLM", (6, 3, 1)),
    "J": ("CEFK", (8, 1, 1)),
    "K": ("FHILMP", (5, 1, 4)),
    "L": ("CEFIK", (6, 3, 1)),
    "M": ("CEKN", (6, 4, 0)),
    "N": ("CK", (3, 7, 0)),
    "O": ("GHKL", (3, 1, 6)),
    "P": ("CIJ", (1, 1, 8)),
    "Q": ("CEJ", (1, 1, 8)),
    "R": ("FHL", (2, 2, 6)),
}
"""By section of the seller's industry: sections of firms that buy, and how often firms, public
offices and natural persons do."""

Kind = Literal["special", "ordinary"]


class Request(NamedTuple):
    """A transaction to come: when, who signs, what is asked."""

    moment_ms: int
    holders: tuple[str, ...]
    acts: tuple[Act, ...]


class Day(NamedTuple):
    """Hold the plan of a day."""

    requests: tuple[Request, ...]
    """In the order of their moments."""
    papers: tuple[Paper, ...]
    issued_fen: dict[str, int]
    """Without tax, by the seller's credit code; red letters not deducted."""


class Purchaser(NamedTuple):
    """Hold a buyer and the holders who sign for it; a natural person has none."""

    buyer: Buyer
    member: Member | None
    short: str
    """Of a public office; empty for others."""

    def holder(self, role: str) -> str:
        """Return who signs in a role."""
        return f"{self.short}-{role}" if self.member is None else self.member.holder(role)

    def finance(self) -> tuple[str, str]:
        """Return the two persons who pay out."""
        if self.member is not None and self.member.is_small:
            return f"{self.member.short}-owner", f"{self.member.short}-bookkeeper"
        return self.holder("finance"), self.holder("finance2")


class Invoice(NamedTuple):
    """Hold an invoice on its way through the day."""

    seller: Member
    purchaser: Purchaser
    face: Face
    paper: Paper
    kind: Kind
    issued_ms: int

    @property
    def is_special(self) -> bool:
        """Say whether only its buyer may use it."""
        return self.kind == "special"


def plan_day(city: City, seed: int, invoices: int, day_start_ms: int, hash_: Hash = sha256) -> Day:
    """Plan a day of a number of invoices that begins at 00:00 in Shanghai of `day_start_ms`.

    The same city, seed, number and day give the same requests. `hash_` is that of the ledger.
    """
    planner = _Planner(city, seed, day_start_ms, hash_)
    requests: list[Request] = []
    for _ in range(invoices):
        requests.extend(planner.invoice())
    requests.sort(key=lambda request: request.moment_ms)
    return Day(tuple(requests), tuple(planner.papers), planner.issued_fen)


def day_start(moment_ms: int, *, days_before: int) -> int:
    """Return when the day in Shanghai began that lies so many days before that of a moment."""
    return legal_day_start(legal_date(moment_ms)) - days_before * DAY_MS


class _Planner:
    """Draws one invoice after the other."""

    def __init__(self, city: City, seed: int, day_start_ms: int, hash_: Hash) -> None:
        self._seeded = Seeded(seed).branch("day")
        self._identities = Identities(seed)
        self._city = city
        self._start_ms = day_start_ms
        self._date = legal_date(day_start_ms)
        self._hash = hash_
        self._persons = self._draw_persons()
        self._by_section: dict[str, list[Member]] = {}
        for member in city.members:
            self._by_section.setdefault(member.firm.industry[0], []).append(member)
        self.papers: list[Paper] = []
        self.issued_fen: dict[str, int] = {}

    def _draw_persons(self) -> list[Buyer]:
        return [
            Buyer(self._identities.person_name(), "", draw_bytes(self._seeded, 16))
            for _ in range(PERSONS)
        ]

    def invoice(self) -> Iterator[Request]:
        """Yield what is asked for one invoice from its issue to its end."""
        drawn = self._draw()
        self.papers.append(drawn.paper)
        seller = drawn.paper.seller
        self.issued_fen[seller] = self.issued_fen.get(seller, 0) + drawn.paper.net_fen
        yield self._issue(drawn)
        if self._seeded.chance(15_000):
            yield self._take_back_alone(drawn)
            return
        yield from self._use(drawn)

    # -- drawing ------------------------------------------------------------------------------

    def _draw(self) -> Invoice:
        seeded = self._seeded
        seller = seeded.choice(self._city.members)
        purchaser = self._purchaser(seller)
        lines = [self._line(seller) for _ in range(seeded.weighted((1, 2, 3), (6, 3, 1)))]
        face = Face(
            number=self._identities.einvoice_number(self._date.year),
            issue_date=day_of(self._date),
            seller_name=seller.firm.name,
            seller=seller.firm.uscc,
            buyer=purchaser.buyer,
            lines=tuple(lines),
        )
        paper = make_paper(face, seeded)
        is_deductible = purchaser.member is not None and not purchaser.member.is_small
        special = is_deductible and paper.tax_fen > 0 and seeded.chance(850_000)
        kind: Kind = "special" if special else "ordinary"
        issued_ms = self._start_ms + seeded.integer(OPENING_MS, LAST_ISSUE_MS)
        return Invoice(seller, purchaser, face, paper, kind, issued_ms)

    def _line(self, seller: Member) -> InvoiceLine:
        return line_for(seller.firm.industry, self._seeded, is_small_scale=seller.is_small)

    def _purchaser(self, seller: Member) -> Purchaser:
        """Draw a buyer along the chain of supply; nobody sells to itself."""
        sections, weights = BUYERS[seller.firm.industry[0]]
        kind = self._seeded.weighted(("firm", "office", "person"), weights)
        if kind == "person":
            return Purchaser(self._seeded.choice(self._persons), None, "")
        if kind == "firm":
            members = [m for s in sections for m in self._by_section.get(s, ()) if m != seller]
            if members:
                member = self._seeded.choice(members)
                return Purchaser(Buyer(member.firm.name, member.firm.uscc, b""), member, "")
        body = self._seeded.choice(self._city.buyers)
        return Purchaser(Buyer(body.name, body.uscc, b""), None, body.short)

    def _after(self, moment_ms: int) -> int:
        """Draw a later moment, none after closing time."""
        later = moment_ms + self._seeded.integer(MINUTE_MS, 45 * MINUTE_MS)
        return min(later, self._start_ms + CLOSING_MS)

    # -- acts ---------------------------------------------------------------------------------

    def _issue(self, drawn: Invoice) -> Request:
        paper = drawn.paper
        supplied_ms = drawn.issued_ms - self._seeded.integer(0, CLAIM_AGE_MS_MAX)
        issue = issue_of(paper, drawn.kind, supplied_ms, self._hash)
        holders = (drawn.seller.holder("issuer"),)
        return Request(drawn.issued_ms, holders, (issue, deliver_of(paper, self._hash)))

    def _use(self, drawn: Invoice) -> Iterator[Request]:
        """Yield deduction and booking by the buyer, reimbursement, and some late red letters."""
        seeded, purchaser = self._seeded, drawn.purchaser
        moment = drawn.issued_ms
        if drawn.is_special and seeded.chance(800_000):
            moment = self._after(moment)
            yield Request(moment, (purchaser.holder("taxclerk"),), (self._deduct(drawn),))
        if purchaser.buyer.uscc and seeded.chance(850_000):
            moment = self._after(moment)
            yield Request(moment, (purchaser.holder("accountant"),), (self._book(drawn),))
            if purchaser.member is not None and seeded.chance(15_000):
                yield from self._take_back_together(drawn, moment)
                return
        claimant = purchaser if purchaser.buyer.uscc else self._employer()
        if seeded.chance(450_000 if purchaser.buyer.uscc else 300_000):
            yield from self._reimburse(drawn, claimant, moment)

    def _employer(self) -> Purchaser:
        """Draw who reimburses a natural person."""
        member = self._seeded.choice(self._city.members)
        return Purchaser(Buyer(member.firm.name, member.firm.uscc, b""), member, "")

    def _deduct(self, drawn: Invoice) -> Act:
        return acts.ConfirmDeduction(
            invoice=drawn.paper.number,
            buyer=uscc(drawn.paper.buyer.uscc),
            buyer_salt=drawn.paper.buyer_salt,
            use=Use.TAXED_BUSINESS,
            period=period_of(self._date),
        )

    def _book(self, drawn: Invoice) -> Act:
        return acts.Book(
            invoice=drawn.paper.number,
            buyer=uscc(drawn.paper.buyer.uscc),
            buyer_salt=drawn.paper.buyer_salt,
            voucher=self._voucher("booking of", drawn),
            period=period_of(self._date),
        )

    def _reimburse(self, drawn: Invoice, claimant: Purchaser, after_ms: int) -> Iterator[Request]:
        """Yield the whole amount, now and then in two parts under vouchers of their own."""
        total = drawn.paper.total_fen
        first = total * 6 // 10 if total > 100 and self._seeded.chance(150_000) else total
        moment = after_ms
        for part, amount_fen in enumerate(filter(None, (first, total - first))):
            moment = self._after(moment)
            act = acts.Reimburse(
                invoice=drawn.paper.number,
                claimant=uscc(claimant.buyer.uscc),
                buyer_salt=drawn.paper.buyer_salt if drawn.is_special else None,
                voucher=self._voucher(f"payment {part} of", drawn),
                amount_fen=fen(amount_fen),
            )
            yield Request(moment, claimant.finance(), (act,))

    def _take_back_alone(self, drawn: Invoice) -> Request:
        """Return the red letter of a seller who erred, before the buyer used the invoice."""
        holders = (drawn.seller.holder("issuer"),)
        request = acts.RequestRed(
            invoice=drawn.paper.number,
            party=uscc(drawn.paper.seller),
            buyer_salt=None,
            reason="error",
            subtotals=drawn.paper.subtotals,
        )
        return Request(self._after(drawn.issued_ms), holders, (request, self._red(drawn)))

    def _take_back_together(self, drawn: Invoice, after_ms: int) -> Iterator[Request]:
        """Yield request, the buyer's confirmation, and the red letter of what is sent back."""
        seller, paper = (drawn.seller.holder("issuer"),), drawn.paper
        request = acts.RequestRed(
            invoice=paper.number,
            party=uscc(paper.seller),
            buyer_salt=None,
            reason="return",
            subtotals=paper.subtotals,
        )
        confirm = acts.ConfirmRed(
            invoice=paper.number,
            confirmation=1,  # type: ignore[arg-type]
            party=uscc(paper.buyer.uscc),
            buyer_salt=paper.buyer_salt,
        )
        asked_ms = self._after(after_ms)
        answered_ms = self._after(asked_ms)
        yield Request(asked_ms, seller, (request,))
        yield Request(answered_ms, (drawn.purchaser.holder("taxclerk"),), (confirm,))
        yield Request(self._after(answered_ms), seller, (self._red(drawn),))

    def _red(self, drawn: Invoice) -> Act:
        number = self._identities.einvoice_number(self._date.year)
        face = drawn.face._replace(number=number, blue_number=drawn.paper.number)
        letter = make_paper(face, self._seeded)
        self.papers.append(letter)
        return acts.IssueRed(
            number=number,
            seller=uscc(drawn.paper.seller),
            invoice=drawn.paper.number,
            confirmation=1,  # type: ignore[arg-type]
            lines=letter.lines_commitment(self._hash),
        )

    def _voucher(self, what: str, drawn: Invoice) -> Digest:
        text = f"{what} {drawn.paper.number}".encode()
        salt = draw_bytes(self._seeded, 32)
        return digest(compute_commitment(self._hash, salt, text))


def issue_of(paper: Paper, kind: Kind, supplied_ms: int, hash_: Hash) -> acts.Issue:
    """Return the act that issues a paper."""
    return acts.Issue(
        number=paper.number,
        seller=uscc(paper.seller),
        kind=kind,
        business="general",
        buyer=paper.buyer_commitment(hash_),
        lines=paper.lines_commitment(hash_),
        subtotals=paper.subtotals,
        total_fen=fen(paper.total_fen),
        tax_fen=fen(paper.tax_fen),
        event_ms=time_ms(supplied_ms),
        late_reason="none",
    )


def deliver_of(paper: Paper, hash_: Hash) -> acts.Deliver:
    """Return the act that notes a paper's delivery."""
    return acts.Deliver(
        invoice=paper.number,
        seller=uscc(paper.seller),
        receipt=digest(compute_commitment(hash_, paper.lines_salt, b"delivered")),
    )


def period_of(date: Date) -> int:
    """Return the month of a day as yyyymm."""
    return date.year * 100 + date.month


def day_number(date: Date) -> int:
    """Return a day as yyyymmdd."""
    return period_of(date) * 100 + date.day


def day_of(date: Date) -> dt.date:
    """Return a day as documents have it."""
    return dt.date(date.year, date.month, date.day)
