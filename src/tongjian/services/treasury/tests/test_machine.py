"""Any sequence of acts, honest, careless or hostile, leaves PUB-I1 to PUB-I10 as they are.

Everything is well signed: by those who may, or by others with roles of their own. An attempt may be
refused for any reason; what may not happen is that a handler fails or that a sum comes out wrong.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from treasury_acts import NAME_OF, USUAL, secret, yuan_of
from treasury_law import Law
from treasury_town import Town

from tongjian.core.encoding import replace

YUAN = st.sampled_from(
    ["0.01", "10.00", "99.99", "100.00", "100.00", "250.00", "400.00", "970.00", "1000.00"]
)
LINE = st.sampled_from(["1", "1", "1", "2"])
CONTRACT = st.sampled_from(["c1", "c1", "c2", "c3", "c4"])
NUMBER = st.integers(1, 4)
PICK = st.integers(0, 11)
INVOICE = st.integers(1, 6)
OTHERS = sorted(set(USUAL.values()))
SIGNERS = st.sampled_from([""] * 9 * len(OTHERS) + OTHERS)
"""One in ten is signed by others than those who may."""


class MoneyMachine(RuleBasedStateMachine):
    """Two lines, four contracts, six invoices, and whatever may be done with them."""

    def __init__(self) -> None:
        super().__init__()
        self.town = Town()
        self.law = Law()
        self.last = ""
        self.receipts = 0
        self.invoices = 100
        self.accepted = 0

    @initialize()
    def begin(self) -> None:
        self.town.with_line("3000.00", "2500.00")
        self.town.run(
            """
            draft_line 2 amount=500.00               accepted
            approve_line 2                           accepted
            issue_line 2                             accepted
            grant_quota 2 amount=500.00              accepted
            commit c1 amount=1000.00                 accepted
            accept_delivery c1 value=400.00          accepted
            commit c2 kind=works amount=1000.00      accepted
            commit c3 line=1 amount=400.00 advance=100.00 recover=300000  accepted
            invoice 1 amount=1000.00                 accepted
            invoice 2 amount=400.00                  accepted
            register_worker c2/w1                    accepted
            certify_progress c2 value=400.00         accepted
            """
        )

    def tell(self, request: str, by: str = "") -> bool:
        """Submit a request; return whether it was accepted."""
        if by and "{" not in by:
            request = f"{request} by={by}"
        self.last = request
        done = self.town.outcome(request) == "accepted"
        self.accepted += done
        return done

    def pick(self, table: str, pick: int) -> tuple[Any, Any] | None:
        """Return one of the rows that are there, the newest more often."""
        rows = list(self.law.of(table).items())
        return rows[-1 - pick % min(len(rows), 4)] if rows else None

    def short(self, key: tuple[str, int]) -> str:
        """Return `1/2` for the second payment of line 1."""
        return f"{int(key[0][-6:])}/{key[1]}"

    # -- budget -------------------------------------------------------------------------------

    @rule(line=LINE, change=st.sampled_from(["add", "cut"]), yuan=YUAN, by=SIGNERS)
    def adjust(self, line: str, change: str, yuan: str, by: str) -> None:
        self.tell(f"adjust_line {line} change={change} amount={yuan}", by)

    @rule(pair=st.sampled_from([("1", "2"), ("2", "1"), ("1", "1")]), yuan=YUAN)
    def move(self, pair: tuple[str, str], yuan: str) -> None:
        self.tell(f"move_funds {pair[0]} to_line={pair[1]} amount={yuan}")

    @rule(line=LINE, yuan=YUAN | st.just("0.00"))
    def freeze(self, line: str, yuan: str) -> None:
        self.tell(f"freeze_line {line} frozen={yuan}")

    @rule(line=LINE, yuan=YUAN, by=SIGNERS)
    def quota(self, line: str, yuan: str, by: str) -> None:
        self.tell(f"grant_quota {line} amount={yuan}", by)

    # -- contracts ----------------------------------------------------------------------------

    @rule(
        contract=CONTRACT,
        line=LINE,
        kind=st.sampled_from(["goods", "services", "works"]),
        yuan=YUAN,
        more=st.sampled_from(["", "by=ledger", "advance=30.00 recover=300000", "payee=beta"]),
    )
    def commit(self, contract: str, line: str, kind: str, yuan: str, more: str) -> None:
        self.tell(f"commit {contract} line={line} kind={kind} amount={yuan} {more}".strip())

    @rule(contract=CONTRACT, change=st.sampled_from(["add", "cut"]), yuan=YUAN, by=SIGNERS)
    def change(self, contract: str, change: str, yuan: str, by: str) -> None:
        self.tell(f"adjust_commitment {contract} change={change} amount={yuan}", by)

    @rule(contract=CONTRACT, account=st.sampled_from(["account of alpha", "b", "c"]), by=SIGNERS)
    def ask_account(self, contract: str, account: str, by: str) -> None:
        if " " not in account:
            self.tell(f"ask_account_change {contract} account={account}", by)

    @rule(pick=PICK, line=LINE, yes=st.sampled_from(["yes", "yes", "no"]))
    def call_back(self, pick: int, line: str, yes: str) -> None:
        found = self.pick("account_changes", pick)
        if found is not None:
            contract, n = found[0]
            self.tell(f"call_back {contract}/{n} line={line} confirmed={yes}")

    # -- acceptance ---------------------------------------------------------------------------

    @rule(contract=CONTRACT, yuan=YUAN, by=SIGNERS)
    def accept(self, contract: str, yuan: str, by: str) -> None:
        if not self.tell(f"accept_delivery {contract} value={yuan}", by):
            self.tell(f"certify_progress {contract} value={yuan}", by)

    @rule(contract=CONTRACT, yuan=YUAN)
    def advance(self, contract: str, yuan: str) -> None:
        self.tell(f"grant_advance {contract} amount={yuan}")

    @rule(contract=CONTRACT, yuan=YUAN)
    def release(self, contract: str, yuan: str) -> None:
        self.tell(f"release_retention {contract} amount={yuan}")

    # -- payments -----------------------------------------------------------------------------

    @rule(invoice=INVOICE, yuan=YUAN, seller=st.sampled_from(["alpha", "alpha", "beta", "shell"]))
    def issue(self, invoice: int, yuan: str, seller: str) -> None:
        self.tell(f"invoice {invoice} amount={yuan} seller={seller}")

    @rule(invoice=INVOICE, yuan=YUAN, letter=st.integers(900, 905))
    def red(self, invoice: int, yuan: str, letter: int) -> None:
        self.tell(f"red {invoice} amount={yuan} as={letter}")

    @rule(pick=PICK, part=st.sampled_from(["all", "all", "half", "over"]), by=SIGNERS)
    def request(self, pick: int, part: str, by: str) -> None:
        """Request what an acceptance leaves, wages first or not, on an invoice of its own."""
        found = self.pick("acceptances", pick)
        if found is None:
            return
        (contract, n), row = found
        purpose = "wages" if row.wages_ordered_fen < row.wages_fen and pick % 3 else "supplier"
        claimed = row.wages_ordered_fen if purpose == "wages" else row.ordered_fen
        whole = row.wages_fen if purpose == "wages" else row.payable_fen - row.wages_fen
        left = whole - claimed
        fen = max(1, {"all": left, "half": left // 2, "over": left + 1}[part])
        seller = NAME_OF[self.law.of("commitments")[contract].payee]
        self.invoices += 1
        self.tell(f"invoice {self.invoices} amount={yuan_of(fen)} seller={seller}")
        words = f"purpose={purpose} amount={yuan_of(fen)}"
        words += f" invoices={self.invoices}:{yuan_of(fen)}"
        self.tell(f"request_payment {contract}/{n} {words}", by)

    @rule(contract=CONTRACT, n=NUMBER, yuan=YUAN, invoice=INVOICE)
    def request_anything(self, contract: str, n: int, yuan: str, invoice: int) -> None:
        self.tell(f"request_payment {contract}/{n} amount={yuan} invoices={invoice}:{yuan}")

    @rule(
        pick=PICK,
        verb=st.sampled_from(["check", "order", "order", "approve", "reject", "return"]),
        by=SIGNERS,
    )
    def handle(self, pick: int, verb: str, by: str) -> None:
        found = self.pick("payments", pick)
        if found is not None:
            self.tell(f"{verb}_payment {self.short(found[0])}", by)

    @rule(pick=PICK, again=st.booleans(), steps=st.integers(1, 5))
    def walk(self, pick: int, steps: int, *, again: bool) -> None:
        """Bring a payment some steps on, by whoever does that."""
        for _ in range(steps):
            self.step(pick, again=again)
            self.law.check(self.town.world)

    def step(self, pick: int, *, again: bool) -> None:
        """Bring a payment one step on."""
        found = self.pick("payments", pick)
        if found is None:
            return
        key, row = found
        self.receipts += not again
        verb = {"requested": "check_payment", "checked": "approve_payment"}.get(row.status, "")
        if row.status == "approved":
            verb = "order_payment"
        if verb:
            self.tell(f"{verb} {self.short(key)}")
        elif row.status == "ordered":
            self.pay(pick, "")
        else:
            names = ",".join(str(int(part.invoice[-6:])) for part in row.invoices)
            if self.tell(f"book_payment {self.short(key)} buyer_salts={names}"):
                line, _, n = self.short(key).partition("/")
                words = f"line={line} payment={n} value=10.00"
                self.tell(f"record_asset a{self.accepted} {words}")

    @rule(pick=PICK, account=st.sampled_from(["account-of-mallory", "wages", "b", ""]))
    def pay(self, pick: int, account: str) -> None:
        """Have the bank confirm what the order says, or say another account."""
        found = self.pick("payments", pick)
        if found is None:
            return
        key, row = found
        words = f"amount={yuan_of(row.amount_fen)} receipt=r{self.receipts}"
        if not account:
            made = ("account of alpha", "b", "c", "wages")
            account = next(name for name in made if secret(name) == row.account)
        act, _ = self.town.acts(["confirm_paid", self.short(key), *words.split()])
        told = replace(act[0], account=secret(account))
        bank = self.town.people["bank.bank_officer"]
        self.accepted += not self.town.world.submit(bank, acts=(told,)).outcome

    @rule(exact=st.booleans(), yuan=YUAN)
    def clear(self, *, exact: bool, yuan: str) -> None:
        days = list(self.law.of("clearing_days").items())
        if days:
            (_, day), row = days[-1]
            left = row.paid_fen - row.cleared_fen
            yuan = f"{left // 100}.{left % 100:02d}" if exact and left else yuan
            self.receipts += 1
            self.tell(f"clear_day zero/{day} amount={yuan} receipt=r{self.receipts}")

    # -- others -------------------------------------------------------------------------------

    @rule(contract=st.just("c2") | CONTRACT, who=st.sampled_from(["w1", "w2", "ghost"]), yuan=YUAN)
    def wages(self, contract: str, who: str, yuan: str) -> None:
        if who == "w2":
            self.tell(f"register_worker {contract}/w2")
        self.receipts += 1
        self.tell(f"pay_wages {contract} wages={who}:{yuan} receipt=r{self.receipts}")

    @rule(order=st.sampled_from(["o1", "o2"]), yuan=YUAN, frees=st.booleans())
    def court(self, order: str, yuan: str, *, frees: bool) -> None:
        frees = frees or yuan in ("970.00", "1000.00")
        verb = "unfreeze_funds" if frees else "freeze_funds"
        self.tell(f"{verb} payee/alpha order={order}" + ("" if frees else f" amount={yuan}"))

    @rule(hours=st.sampled_from([1, 1, 24, 24, 24, 24, 24, 24 * 50]))
    def wait(self, hours: int) -> None:
        self.town.world.wait(hours * 3_600_000)

    @rule(line=LINE, outcome=st.sampled_from(["carried", "closed"]))
    def close(self, line: str, outcome: str) -> None:
        self.tell(f"close_line {line} outcome={outcome}")

    @precondition(lambda self: bool(self.last))
    @rule()
    def again(self) -> None:
        """Do the same once more: whatever may happen once only is refused."""
        self.tell(self.last)

    # -- what must always hold ----------------------------------------------------------------

    @invariant()
    def the_rows_keep_the_law(self) -> None:
        self.law.check(self.town.world)


TestMoneyMachine = MoneyMachine.TestCase
TestMoneyMachine.settings = settings(max_examples=80, stateful_step_count=60)
