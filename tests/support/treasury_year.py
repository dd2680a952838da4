"""Plays an invented year of spending in a town: every step as its fate says."""

from collections.abc import Iterable

from treasury_acts import yuan_of
from treasury_town import Town

from tongjian.demo.spending import Delivery, Purchase, lines, purchases

SEED = 20261119
VENDORS = ("alpha", "beta")


class Year:
    """A year in a town, contract by contract."""

    def __init__(self, contracts: int, seed: int = SEED) -> None:
        self.town = Town().with_accounts()
        self.contracts = contracts
        self.seed = seed
        self.invoices = self.receipts = 0
        self.payments: dict[int, int] = {}
        self.paid_fen = 0
        for line in lines(contracts):
            amount = yuan_of(line.amount_fen)
            self.town.run(
                f"""
                draft_line {line.number} economic={line.economic} amount={amount}  accepted
                approve_line {line.number}                                         accepted
                issue_line {line.number}                                           accepted
                grant_quota {line.number} amount={amount}                          accepted
                """
            )

    def play(self) -> None:
        """Play all contracts."""
        for purchase in self.drawn():
            self.conclude(purchase)
            for number, delivery in enumerate(purchase.deliveries, 1):
                self.deliver(purchase, number, delivery)

    def drawn(self) -> Iterable[Purchase]:
        return purchases(self.seed, self.contracts, VENDORS)

    def conclude(self, p: Purchase) -> None:
        words = f"line={p.line} kind={p.kind} payee={p.payee} amount={yuan_of(p.amount_fen)}"
        self.town.run(f"commit {p.contract} {words} account=account-of-{p.payee}  accepted")

    def invoice(self, seller: str, fen: int) -> str:
        self.invoices += 1
        words = f"amount={yuan_of(fen)} seller={seller}"
        self.town.run(f"invoice {self.invoices} {words}  accepted")
        return str(self.invoices)

    def deliver(self, p: Purchase, number: int, delivery: Delivery) -> None:
        """Accept a delivery and have it paid, wages first."""
        value = delivery.value_fen
        what = f"{p.contract}/{number}"
        name = self.invoice(p.payee, value)
        if delivery.fate == "early":
            words = f"amount={yuan_of(value)} invoices={name}:{yuan_of(value)}"
            self.town.run(f"request_payment {what} {words}  refused ACCEPTANCE_UNKNOWN")
        verb = "certify_progress" if p.kind == "works" else "accept_delivery"
        self.town.run(f"{verb} {p.contract} value={yuan_of(value)}  accepted")
        row = self.town.ask("acceptances", contract=p.contract, limit=9)[number - 1]
        if row.wages_fen:
            self.pay(p, what, row.wages_fen, name, "paid", account="wages")
        rest = row.payable_fen - row.wages_fen
        if rest:
            self.pay(p, what, rest, name, delivery.fate, account=f"account-of-{p.payee}")

    def pay(self, p: Purchase, what: str, fen: int, name: str, fate: str, account: str) -> None:
        purpose = "wages" if account == "wages" else "supplier"
        yuan = yuan_of(fen)
        request = f"request_payment {what} purpose={purpose} amount={yuan}"
        if fate == "shell_invoice":
            shell = self.invoice("shell", fen)
            self.town.run(f"{request} invoices={shell}:{yuan}  refused INVOICE_NOT_OF_PAYEE")
        request += f" invoices={name}:{yuan}"
        key = self.ask(request, p.line)
        if fate == "twice":
            refused = self.town.outcome(request)
            assert refused == "refused ACCEPTANCE_EXCEEDED", refused
        if fate == "rejected":
            self.town.run(f"reject_payment {key}  accepted")
            key = self.ask(request, p.line)
        self.order(key, fen)
        if fate == "returned":
            self.town.run(f"return_payment {key}  accepted")
            key = self.ask(request, p.line)
            self.order(key, fen)
        self.receipts += 1
        words = f"amount={yuan} receipt=r{self.receipts}"
        if fate == "other_account":
            self.town.run(f"confirm_paid {key} {words} account=elsewhere  refused ACCOUNT_WRONG")
        self.town.run(f"confirm_paid {key} {words} account={account}  accepted")
        self.paid_fen += fen

    def ask(self, request: str, line: int) -> str:
        self.town.run(f"{request}  accepted")
        self.payments[line] = self.payments.get(line, 0) + 1
        return f"{line}/{self.payments[line]}"

    def order(self, key: str, fen: int) -> None:
        self.town.run(f"check_payment {key}  accepted")
        if fen >= 50_000_000:
            self.town.run(f"approve_payment {key}  accepted")
        self.town.run(f"order_payment {key}  accepted")
