"""The city of `land_town` with courts that have cases, and a court above them: for journeys."""

from typing import Any, Final

import land_acts as on
from land_acts import USCC, Step, who
from land_town import FLAT, Town

from tongjian.core.hashing import sha256
from tongjian.core.identifiers import uscc_check_digit
from tongjian.core.operation import Act
from tongjian.services.evidence import acts as evidence
from tongjian.services.evidence.exchange import case_key
from tongjian.services.evidence.records_orders import ORDERS, LandTarget, MoneyTarget
from tongjian.services.land.records import SEIZURES
from tongjian.services.treasury.acts_accounts import RegisterAccount
from tongjian.services.treasury.acts_escrow import FundEscrow, OpenEscrow
from tongjian.services.treasury.records import ESCROWS

SERVICES: Final = ("evidence", "invoice", "land", "membership", "treasury")
HIGH: Final = "11990000001400611" + uscc_check_digit("11990000001400611")
CASES: Final = {
    "court": case_key("(2026)演0192执45号"),
    "other_court": case_key("(2026)演0292执7号"),
}
PRICE: Final = 185_000_000
LOAN: Final = 60_000_000
ESCROW: Final = "sale-731"


class CourtTown(Town):
    """A flat is Zhou Ping's; two courts have a case open against him."""

    def __init__(self, *, registered: bool = True) -> None:
        super().__init__(services=SERVICES)
        self.world.office(HIGH, region="990000", kind="court")
        for role in ("judge", "court_clerk"):
            self.people[f"high.{role}"] = self.world.person(f"high.{role}", HIGH, role)
        # The directory has the lower courts below the high one.
        for name in ("court", "other_court"):
            code, region, kind = on.OFFICES[name]
            self.world.office(code, region=region, kind=kind, parent=HIGH)
        if registered:
            self.open_court()

    def open_court(self) -> None:
        """Register the flat to Zhou Ping, and open both cases."""
        self.with_flat("zhou")
        for name in CASES:
            self.ok(open_case(name))

    def order(self, name: str) -> Any:
        """Return an order by its name."""
        return self.world.row(ORDERS, sha256(name.encode()))

    def escrow(self) -> Any:
        """Return the escrow of the sale, or none."""
        return self.world.row(ESCROWS, ESCROW)

    def seizures(self) -> list[tuple[str, bytes]]:
        """Return the seizures that hold or wait, with the orders they came by, in their order."""
        unit = self.unit()
        numbers = [number for number in (unit.seizure, *unit.waiting) if number]
        rows = [self.world.row(SEIZURES, FLAT, number) for number in numbers]
        return [(row.status, row.order) for row in rows]

    def both(self, *steps: Step) -> list[str]:
        """Put steps into one block, each a transaction of its own; return their outcomes."""
        transactions = [(self.signers(step), (step.act,)) for step in steps]
        results = self.world.block(*transactions)[-len(steps) :]
        return [self.world.explain(result.outcome).split()[-1] for result in results]


def open_case(court: str) -> Step:
    """Open the case of a court."""
    act = on.build(
        evidence.OpenCase,
        case=CASES[court],
        court=USCC[court],
        kind="enforcement",
        parties=tuple(sorted((sha256(b"creditor"), sha256(b"debtor")))),
    )
    return Step(act, (f"{court}.court_clerk",))


def issue(name: str, *targets: Any, court: str = "court", days: int = 365) -> Step:
    """Issue an order."""
    act = on.build(
        evidence.IssueOrder,
        order=sha256(name.encode()),
        case=CASES[court],
        kind="seizure",
        targets=targets,
        days=days,
    )
    return Step(act, (f"{court}.judge",))


def serve(name: str, court: str = "court") -> Step:
    """Serve an order."""
    act: Act = on.build(evidence.ServeOrder, order=sha256(name.encode()))
    return Step(act, (f"{court}.court_clerk",))


def lift(name: str, court: str = "court") -> Step:
    """Lift an order."""
    act = on.build(
        evidence.LiftOrder,
        order=sha256(name.encode()),
        court=HIGH if court == "high" else USCC[court],
        document=sha256(b"lifting"),
    )
    return Step(act, (f"{court}.judge", f"{court}.court_clerk"))


def order_transfer(name: str, to: str, court: str = "court") -> Step:
    """Transfer the flat by order of a court."""
    act = on.build(
        evidence.OrderTransfer,
        order=sha256(name.encode()),
        case=CASES[court],
        unit=FLAT,
        transferees=on.shares(to),
        clears=True,
        effective_ms=0,
    )
    return Step(act, (f"{court}.judge", f"{court}.court_clerk"))


def the_flat(debtor: str | None = "zhou") -> Any:
    """Return the flat as a target of an order against somebody."""
    return on.build(LandTarget, unit=FLAT, debtor=who(debtor) if debtor else None)


def the_price(amount_fen: int = PRICE) -> Any:
    """Return the price in the escrow of the sale as a target."""
    return on.build(MoneyTarget, target="escrow", ref=ESCROW, amount_fen=amount_fen)


def open_escrow(case: str) -> Step:
    """Open the escrow of the sale."""
    from land_town import ESCROW_ACCOUNT

    act = on.build(
        OpenEscrow,
        escrow=ESCROW,
        bank=USCC["bank"],
        case=case,
        parcel=FLAT,
        account=ESCROW_ACCOUNT,
        payer=who("lin"),
        seller=who("zhou"),
        lender=who("bank"),
        price_fen=PRICE,
        payoff_fen=LOAN,
    )
    return Step(act, ("bank.bank_officer", "bank.second"))


def register_account() -> Step:
    """Register the account of the escrow, where a ledger does not begin with it."""
    from land_town import ESCROW_ACCOUNT

    registry, bank = USCC["registry"], USCC["bank"]
    act = on.build(
        RegisterAccount,
        account=ESCROW_ACCOUNT,
        kind="escrow",
        finance=registry,
        owner=bank,
        bank=bank,
        treasury=registry,
    )
    return Step(act, ("registry.treasury_clerk", "registry.treasury_approver"))


def fund_escrow() -> Step:
    """Deposit the price."""
    act = on.build(FundEscrow, escrow=ESCROW, receipt=sha256(b"deposit"))
    return Step(act, ("bank.bank_officer", "bank.second"))
