"""The tables of public money, and the service that declares them.

The nouns stand in `rows_money.py` and `rows_works.py`, their forms in `quantities.py`.
"""

from typing import Final

from tongjian.core.links import Link
from tongjian.core.operation import BYTES16, BYTES32, NUMBER, TEXT, Service, Table
from tongjian.services.invoice.public import INVOICES
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import (
    Acceptance,
    Account,
    AccountChange,
    ClearingDay,
    Commitment,
    Direct,
    Line,
    Payee,
    Payment,
    Receipt,
    Totals,
)
from tongjian.services.treasury.rows_works import (
    Asset,
    Bill,
    Escrow,
    Finding,
    Hold,
    Milestone,
    Project,
    Share,
    Transfer,
    Wage,
    Worker,
)

LINES: Final[Table[Line, str]] = Table("treasury.lines", Line, (TEXT,))
TOTALS: Final[Table[Totals, str, int]] = Table("treasury.totals", Totals, (TEXT, NUMBER))
"""Finance department, year."""
COMMITMENTS: Final[Table[Commitment, str]] = Table("treasury.commitments", Commitment, (TEXT,))
ACCOUNT_CHANGES: Final[Table[AccountChange, str, int]] = Table(
    "treasury.account_changes", AccountChange, (TEXT, NUMBER)
)
ACCEPTANCES: Final[Table[Acceptance, str, int]] = Table(
    "treasury.acceptances", Acceptance, (TEXT, NUMBER)
)
"""Contract, number from 1 without a gap."""
PAYMENTS: Final[Table[Payment, str, int]] = Table("treasury.payments", Payment, (TEXT, NUMBER))
"""Line, number from 1 without a gap: all payments of a line are one range."""
RECEIPTS: Final[Table[Receipt, bytes]] = Table("treasury.receipts", Receipt, (BYTES32,))
ACCOUNTS: Final[Table[Account, bytes]] = Table("treasury.accounts", Account, (BYTES32,))
CLEARING_DAYS: Final[Table[ClearingDay, bytes, int]] = Table(
    "treasury.clearing_days", ClearingDay, (BYTES32, NUMBER)
)
"""Zero-balance account, yyyymmdd."""
PAYEES: Final[Table[Payee, str]] = Table("treasury.payees", Payee, (TEXT,))
DIRECT: Final[Table[Direct, str, int, str]] = Table("treasury.direct", Direct, (TEXT, NUMBER, TEXT))
"""Unit, year, economic class."""
PROJECTS: Final[Table[Project, str]] = Table("treasury.projects", Project, (TEXT,))
SHARES: Final[Table[Share, str, str]] = Table("treasury.shares", Share, (TEXT, TEXT))
MILESTONES: Final[Table[Milestone, str, str]] = Table(
    "treasury.milestones", Milestone, (TEXT, TEXT)
)
ASSETS: Final[Table[Asset, str]] = Table("treasury.assets", Asset, (TEXT,))
WORKERS: Final[Table[Worker, str, bytes]] = Table("treasury.workers", Worker, (TEXT, BYTES16))
"""Contract, pseudonym."""
WAGES: Final[Table[Wage, str, bytes, int]] = Table("treasury.wages", Wage, (TEXT, BYTES16, NUMBER))
"""Contract, pseudonym, yyyymm."""
ESCROWS: Final[Table[Escrow, str]] = Table("treasury.escrows", Escrow, (TEXT,))
HOLDS: Final[Table[Hold, str, str, bytes]] = Table("treasury.holds", Hold, (TEXT, TEXT, BYTES32))
"""Target, payee or escrow, court order."""
BILLS: Final[Table[Bill, str]] = Table("treasury.bills", Bill, (TEXT,))
TRANSFERS: Final[Table[Transfer, str]] = Table("treasury.transfers", Transfer, (TEXT,))
FINDINGS: Final[Table[Finding, str]] = Table("treasury.findings", Finding, (TEXT,))

LINKS: Final = (
    Link("project", LINES, PROJECTS, ("project",)),
    Link("transfer", LINES, TRANSFERS, ("transfer",)),
    Link("line", COMMITMENTS, LINES, ("line",)),
    Link("project", COMMITMENTS, PROJECTS, ("project",)),
    Link("share", COMMITMENTS, SHARES, ("project", "share")),
    Link("contract", ACCOUNT_CHANGES, COMMITMENTS, (0,)),
    Link("contract", ACCEPTANCES, COMMITMENTS, (0,)),
    Link("line", PAYMENTS, LINES, (0,)),
    Link("contract", PAYMENTS, COMMITMENTS, ("contract",)),
    Link("acceptance", PAYMENTS, ACCEPTANCES, ("contract", "acceptance")),
    Link("invoice", PAYMENTS, INVOICES, ("invoice",), each="invoices"),
    Link("receipt", PAYMENTS, RECEIPTS, ("receipt",)),
    Link("source account", PAYMENTS, ACCOUNTS, ("source_account",)),
    Link("day of clearing", PAYMENTS, CLEARING_DAYS, ("source_account", "paid_on")),
    Link("account", CLEARING_DAYS, ACCOUNTS, (0,)),
    Link("project", SHARES, PROJECTS, (0,)),
    Link("project", MILESTONES, PROJECTS, (0,)),
    Link("payment", ASSETS, PAYMENTS, ("line", "payment")),
    Link("contract", WORKERS, COMMITMENTS, (0,)),
    Link("worker", WAGES, WORKERS, (0, 1)),
    Link("account", ESCROWS, ACCOUNTS, ("account",)),
    Link("account", BILLS, ACCOUNTS, ("account",)),
    Link("line", TRANSFERS, LINES, ("line",)),
    Link("payment", FINDINGS, PAYMENTS, ("line", "payment")),
    Link("line", FINDINGS, LINES, ("line",)),
)

service: Final = Service(
    "treasury",
    Refusal,
    (
        LINES,
        TOTALS,
        COMMITMENTS,
        ACCOUNT_CHANGES,
        ACCEPTANCES,
        PAYMENTS,
        RECEIPTS,
        ACCOUNTS,
        CLEARING_DAYS,
        PAYEES,
        DIRECT,
        PROJECTS,
        SHARES,
        MILESTONES,
        ASSETS,
        WORKERS,
        WAGES,
        ESCROWS,
        HOLDS,
        BILLS,
        TRANSFERS,
        FINDINGS,
    ),
    links=LINKS,
)
"""What may be asked of the service of public money."""
