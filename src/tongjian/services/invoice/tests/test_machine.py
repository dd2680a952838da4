"""Random days of random people against a small model: what the law allows happens, nothing else.

The model says in plain words when an act is allowed; it knows nothing of rows. After each step the
rows must satisfy TAX-I1 to TAX-I8 whatever the model thinks.
"""

import datetime as dt

import invoice_model as drawn
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from invoice_acts import NAME_OF, PARTIES, fen_of, key_of
from invoice_law import Law
from invoice_model import Paper, Request, left_of, subtotals_text
from invoice_town import Town

from tongjian.services.invoice.records import INVOICES, TAXPAYERS


class InvoiceMachine(RuleBasedStateMachine):
    """Offices, a tax bureau and a bank act as they please."""

    def __init__(self) -> None:
        super().__init__()
        self.town = Town()
        self.town.run(
            """
            set_taxpayer alpha + set_taxpayer beta + set_taxpayer gamma kind=small accepted
            set_limit alpha limit=800.00 + set_limit gamma limit=200.00 accepted
            """
        )
        self.status: dict[str, str] = dict.fromkeys(("alpha", "beta", "gamma"), "normal")
        self.limit = {"alpha": 80_000, "gamma": 20_000, "beta": 0}
        self.issued: dict[tuple[str, int], int] = {}
        self.papers: dict[str, Paper] = {}
        self.law = Law()
        self.letters = 0

    @initialize()
    def begin(self) -> None:
        """Give the day something to begin with."""
        half = {13: (10_000, 1_300)}
        kinds = ("special", "ordinary", "special")
        for number, buyer, kind in zip("123", ("beta", "lin", "city"), kinds, strict=True):
            self.town.run(
                f"issue {number} buyer={buyer} kind={kind} subtotals=13%:100.00+13.00 accepted"
            )
            self.papers[number] = Paper("alpha", buyer, kind, "general", 202611, half, 11_300)
            self.town.run(f"deliver {number} accepted")
            self.papers[number].delivered = True
        for number, buyer in (("1", "beta"), ("3", "city")):
            self.town.run(f"book {number} buyer={buyer} accepted")
            self.papers[number].booked = True
        self.issued["alpha", 202611] = 30_000

    # -- helpers ------------------------------------------------------------------------------

    def tell(self, request: str, *, allowed: bool) -> bool:
        """Submit a request; it must be accepted exactly where the model allows it."""
        said = self.town.outcome(request)
        assert (said == "accepted") == allowed, f"{request}: {said}, the model says {allowed}"
        return allowed

    def pick(self, number: int, *, asked: bool = False) -> tuple[str, Paper | None]:
        """Return a known paper, one with an open request if `asked`, or one nobody knows."""
        names = [name for name, paper in self.papers.items() if not asked or paper.open()]
        names = names or list(self.papers)
        if number == 19 or not names:
            return "99", None
        name = names[number % len(names)]
        return name, self.papers[name]

    def resolve(self, who: str, paper: Paper | None) -> str:
        """Return the office that is meant; a private buyer has none and sends a stranger."""
        if who in {"buyer", "seller"}:
            meant = getattr(paper, who, "city")
            return meant if meant in PARTIES else "city"
        return who

    def now(self) -> dt.datetime:
        shanghai = dt.timezone(dt.timedelta(hours=8))
        return dt.datetime.fromtimestamp(self.town.world.now_ms / 1000, shanghai)

    def month(self) -> int:
        return self.now().year * 100 + self.now().month

    def may_issue(self, who: str) -> bool:
        return self.status.get(who) == "normal" and self.now().year == 2026

    # -- the tax bureau -----------------------------------------------------------------------

    @rule(
        who=st.sampled_from(["alpha", "beta", "gamma"]),
        verb=st.sampled_from(["abnormal", "normal", "normal", "normal"]),
        limit=st.sampled_from([0, 80_000, 80_000, 120_000]),
    )
    def decide(self, who: str, verb: str, limit: int) -> None:
        """Mark a taxpayer abnormal or normal, and set its limit."""
        if self.tell(f"mark_{verb} {who}", allowed=self.status[who] != verb):
            self.status[who] = verb
        self.tell(f"set_limit {who} limit={limit // 100}.00", allowed=True)
        self.limit[who] = limit

    # -- the seller ---------------------------------------------------------------------------

    @rule(
        number=st.sampled_from(["3", "4", "5", "6"]),
        seller=st.sampled_from(["alpha", "alpha", "alpha", "gamma", "city"]),
        buyer=st.sampled_from(["beta", "beta", "city", "alpha", "lin"]),
        kind=st.sampled_from(["special", "ordinary"]),
        business=st.sampled_from(["general", "general", "purchase"]),
        nets=st.dictionaries(st.sampled_from([3, 6, 13, 1]), drawn.NETS, min_size=1, max_size=2),
        shift=st.sampled_from([0, 0, 0, 1, 2]),
    )
    def issue(
        self,
        number: str,
        seller: str,
        buyer: str,
        kind: str,
        business: str,
        nets: dict[int, int],
        shift: int,
    ) -> None:
        """Issue an invoice, with tax that is a little wrong at times."""
        parts = {rate: (net, net * rate // 100 + shift) for rate, net in sorted(nets.items())}
        rates = drawn.SMALL_RATES if seller == "gamma" else drawn.GENERAL_RATES
        net = sum(nets.values())
        sold = self.issued.get((seller, self.month()), 0)
        allowed = (
            self.may_issue(seller)
            and number not in self.papers
            and all(rate in rates for rate in nets)
            and shift <= 1
            and sold + net <= self.limit.get(seller, 0)
        )
        request = f"issue {number} seller={seller} buyer={buyer} kind={kind} business={business} "
        request += f"subtotals={subtotals_text(parts)}"
        if self.tell(request, allowed=allowed):
            total = sum(net + tax for net, tax in parts.values())
            self.papers[number] = Paper(seller, buyer, kind, business, self.month(), parts, total)
            self.issued[seller, self.month()] = sold + net

    @rule(pick=drawn.PICKS, who=drawn.WHO)
    def deliver(self, pick: int, who: str) -> None:
        """Hand an invoice over."""
        number, paper = self.pick(pick)
        seller = self.resolve(who if who != "buyer" else "seller", paper)
        if number.startswith("doc"):
            return
        allowed = paper is not None and paper.seller == seller and not paper.delivered
        if self.tell(f"deliver {number} seller={seller}", allowed=allowed) and paper:
            paper.delivered = True

    @rule(document=st.sampled_from(["doc1", "doc2"]), holder=st.sampled_from(["beta", "city"]))
    def record(self, document: str, holder: str) -> None:
        """Record a document from elsewhere, again and again."""
        allowed = document not in self.papers
        if self.tell(f"record_foreign {document} holder={holder}", allowed=allowed):
            total = fen_of("529.87")
            self.papers[document] = Paper(
                "", holder, "foreign", "general", 202611, {}, total, delivered=True
            )

    # -- the buyer ----------------------------------------------------------------------------

    @rule(
        pick=drawn.PICKS,
        who=drawn.WHO,
        use=st.sampled_from(["TAXED_BUSINESS", "TAXED_BUSINESS", "EXEMPT_ITEM"]),
        period=drawn.PERIODS,
    )
    def deduct(self, pick: int, who: str, use: str, period: int) -> None:
        """Confirm an invoice for deduction."""
        number, paper = self.pick(pick)
        who = self.resolve(who, paper)
        if number.startswith("doc"):
            return
        allowed = (
            paper is not None
            and who in {"alpha", "beta"}
            and self.status[who] == "normal"
            and paper.own_use(who)
            and paper.delivered
            and (paper.kind == "special" or paper.business == "purchase")
            and use == "TAXED_BUSINESS"
            and not paper.deducted
            and paper.month <= period <= self.month()
            and paper.red < paper.total
        )
        request = f"confirm_deduction {number} buyer={who} use={use} period={period}"
        if self.tell(request, allowed=allowed) and paper:
            paper.deducted = True

    @rule(pick=drawn.PICKS, who=drawn.WHO, period=drawn.PERIODS)
    def book(self, pick: int, who: str, period: int) -> None:
        """Book an invoice or a document."""
        number, paper = self.pick(pick)
        who = self.resolve(who, paper)
        allowed = (
            paper is not None
            and paper.own_use(who)
            and paper.delivered
            and not paper.booked
            and paper.month <= period <= self.month()
            and paper.red < paper.total
        )
        if self.tell(f"book {number} buyer={who} period={period}", allowed=allowed) and paper:
            paper.booked = True

    @rule(pick=drawn.PICKS, who=drawn.WHO, voucher=drawn.VOUCHERS, amount=drawn.AMOUNTS)
    def reimburse(self, pick: int, who: str, voucher: str, amount: str) -> None:
        """Claim money on an invoice."""
        number, paper = self.pick(pick)
        who = self.resolve(who, paper)
        allowed = (
            paper is not None
            and (paper.own_use(who) if paper.kind == "special" else paper.may_claim(who))
            and paper.delivered
            and (who, voucher) not in paper.paid
            and fen_of(amount) <= paper.left()
        )
        request = f"reimburse {number} claimant={who} voucher={voucher} amount={amount}"
        if self.tell(request, allowed=allowed) and paper:
            paper.paid[who, voucher] = fen_of(amount)

    @rule(pick=drawn.PICKS, who=drawn.WHO, voucher=drawn.VOUCHERS, amount=drawn.AMOUNTS)
    def refund(self, pick: int, who: str, voucher: str, amount: str) -> None:
        """Give money back."""
        number, paper = self.pick(pick)
        who = self.resolve(who, paper)
        allowed = paper is not None and paper.paid.get((who, voucher), 0) >= fen_of(amount)
        request = f"refund {number} claimant={who} voucher={voucher} amount={amount}"
        if self.tell(request, allowed=allowed) and paper:
            paper.paid[who, voucher] -= fen_of(amount)

    # -- the bank -----------------------------------------------------------------------------

    @rule(
        pick=drawn.PICKS,
        bank=st.sampled_from(["bank", "bank", "rival"]),
        verb=st.sampled_from(["pledge", "release"]),
    )
    def pledge_or_release(self, pick: int, bank: str, verb: str) -> None:
        """Pledge an invoice of alpha, or release one."""
        number, paper = self.pick(pick)
        if number.startswith("doc"):
            return
        if verb == "release":
            allowed = paper is not None and paper.pledgee == bank
            request = f"release_pledge {number} pledgee={bank}"
        else:
            allowed = (
                paper is not None
                and paper.seller == "alpha"
                and not paper.pledgee
                and paper.red < paper.total
            )
            request = f"pledge {number} pledgee={bank}"
        if self.tell(request, allowed=allowed) and paper:
            paper.pledgee = bank if verb == "pledge" else ""

    # -- red letters --------------------------------------------------------------------------

    @rule(pick=drawn.PICKS, who=drawn.WHO, share=st.integers(1, 3))
    def request(self, pick: int, who: str, share: int) -> None:
        """Ask to take back a part, or all that is left, of the invoice's first rate."""
        number, paper = self.pick(pick)
        who = self.resolve(who, paper)
        if number.startswith("doc"):
            return
        rate, (net, tax) = next(iter(left_of(paper).items()), (13, (100, 13)))
        taken = {rate: (net, tax) if share == 1 else (net // share, net // share * rate // 100)}
        allowed = (
            paper is not None
            and bool(paper.side(who))
            and paper.open() is None
            and (who == paper.seller or paper.is_used())
            and bool(left_of(paper))
        )
        request = f"request_red {number} party={who} subtotals={subtotals_text(taken)}"
        request += f" by={who}.tax_clerk"
        if self.tell(request, allowed=allowed) and paper:
            state = "waits" if paper.is_used() else "alone"
            until_ms = self.town.world.now_ms + 72 * 3_600_000
            paper.requests.append(Request(paper.side(who), taken, state, until_ms))

    @rule(
        pick=drawn.PICKS,
        who=drawn.WHO,
        verb=st.sampled_from(["confirm_red", "confirm_red", "refuse_red", "withdraw_red"]),
    )
    def answer(self, pick: int, who: str, verb: str) -> None:
        """Confirm, refuse or withdraw the latest request."""
        number, paper = self.pick(pick, asked=pick < 15)
        who = self.resolve(who, paper)
        if number.startswith("doc"):
            return
        asked = paper.open() if paper else None
        side = paper.side(who) if paper else ""
        if verb == "withdraw_red":
            allowed = asked is not None and side == asked.by
        else:
            allowed = asked is not None and asked.state == "waits" and side not in {"", asked.by}
        count = max(1, len(paper.requests)) if paper else 1
        request = f"{verb} {number} party={who} no={count} by={who}.tax_clerk"
        if self.tell(request, allowed=allowed) and asked:
            ends = {"confirm_red": "confirmed", "refuse_red": "refused"}
            asked.state = ends.get(verb, "withdrawn")

    @rule(pick=drawn.PICKS)
    def agree(self, pick: int) -> None:
        """Let the party whose answer is awaited confirm, and the seller issue."""
        number, paper = self.pick(pick, asked=True)
        asked = paper.open() if paper else None
        if paper and asked:
            other = paper.seller if asked.by == "buyer" else paper.buyer
            if asked.state == "waits" and other in PARTIES:
                request = f"confirm_red {number} party={other} no={len(paper.requests)}"
                self.tell(f"{request} by={other}.tax_clerk", allowed=True)
                asked.state = "confirmed"
            self.issue_red(pick, "alpha")

    @rule(pick=drawn.PICKS, seller=st.sampled_from(["alpha", "alpha", "gamma"]))
    def issue_red(self, pick: int, seller: str) -> None:
        """Issue the red letter that was asked for last."""
        number, paper = self.pick(pick, asked=pick < 15)
        if number.startswith("doc"):
            return
        asked = paper.open() if paper else None
        amount = sum(net + tax for net, tax in asked.parts.values()) if asked else 0
        allowed = (
            paper is not None
            and asked is not None
            and paper.seller == seller
            and self.may_issue(seller)
            and not paper.pledgee
            and (asked.state == "confirmed" or (asked.state == "alone" and not paper.is_used()))
            and amount <= paper.left()
        )
        count = max(1, len(paper.requests)) if paper else 1
        letter = str(100 + self.letters)
        request = f"issue_red {number} seller={seller} no={count} as={letter}"
        if self.tell(request, allowed=allowed) and paper and asked:
            self.letters += 1
            asked.used = True
            paper.red += amount
            if paper.month == self.month():
                self.issued[seller, paper.month] -= sum(net for net, _ in asked.parts.values())

    @rule(
        pick=drawn.PICKS,
        verb=st.sampled_from(["deliver", "book", "reimburse", "pledge", "issue_red"]),
    )
    def wrong_person(self, pick: int, verb: str) -> None:
        """Try what the role of the signer does not allow."""
        number, _ = self.pick(pick)
        if not number.startswith("doc"):
            said = self.town.outcome(f"{verb} {number} by=beta.tax_clerk,beta.finance")
            assert said == "refused NOT_PERMITTED"

    # -- time ---------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 1, 71, 72, 12 * 24]))
    def wait(self, hours: int) -> None:
        """Let time pass; requests that nobody answered end."""
        self.town.world.wait(hours * 3_600_000)
        for paper in self.papers.values():
            for asked in paper.requests:
                if asked.state == "waits" and self.town.world.now_ms >= asked.until_ms:
                    asked.state = "void"

    # -- what must always hold ----------------------------------------------------------------

    @invariant()
    def the_counters_are_the_model_s(self) -> None:
        for number, paper in self.papers.items():
            row = self.town.world.row(INVOICES, key_of(number))
            assert row.reimbursed_fen - row.refunded_fen == sum(paper.paid.values())
            assert (row.red_fen, row.booked) == (paper.red, paper.booked)
            assert NAME_OF.get(row.pledgee, "") == paper.pledgee
            assert row.under_way == (len(paper.requests) if paper.open() else 0)
        for (who, month), issued in self.issued.items():
            taxpayer = self.town.world.row(TAXPAYERS, self.town.people[f"{who}.issuer"].office)
            if taxpayer.period == month:
                assert taxpayer.issued_fen == issued

    @invariant()
    def the_rows_keep_the_law(self) -> None:
        self.law.check(self.town.world)

    def teardown(self) -> None:
        self.law.check_events(self.town.world)


TestInvoiceMachine = InvoiceMachine.TestCase
TestInvoiceMachine.settings = settings(max_examples=80, stateful_step_count=60)
