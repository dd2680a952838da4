"""Identifiers and values of public money, each with its form and its source."""

from typing import Annotated, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.values import Digest, Fen, Label, Ppm, Uscc

LineId = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{6}-[0-9]{6}$(?!\n)",
        max_length=18,
        description="Budget line: year, division of the finance department, serial number.",
    ),
]
FunctionalCode = Annotated[
    str,
    Meta(
        pattern="^[0-9]{7}$",
        max_length=7,
        description="Functional classification of spending: class 3, section 2, item 2.",
    ),
]
EconomicCode = Annotated[
    str,
    Meta(
        pattern="^[0-9]{5}$",
        max_length=5,
        description="Economic classification of spending: class 3, item 2.",
    ),
]
RevenueCode = Annotated[
    str,
    Meta(
        pattern="^[0-9]{9}$",
        max_length=9,
        description="Classification of revenue: class 3, section 2, item 2, sub-item 2.",
    ),
]
ProjectCode = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}$(?!\n)",
        max_length=24,
        description="National project code, GB/T 40058-2021.",
    ),
]
Year = Annotated[int, Meta(ge=1900, le=2248, description="Budget year, the calendar year.")]
Day = Annotated[
    int, Meta(ge=19000101, le=22481231, description="Day in Shanghai.", extra={"unit": "yyyymmdd"})
]
Period = Annotated[
    int, Meta(ge=190001, le=224812, description="Month in Shanghai.", extra={"unit": "yyyymm"})
]
TermDays = Annotated[int, Meta(ge=0, le=3660, description="Days.", extra={"unit": "day"})]
ParcelNumber = Annotated[
    str,
    Meta(
        pattern="^[0-9A-Z]{28}$",
        max_length=28,
        description="Real-estate unit number, GB/T 37346-2019.",
    ),
]
Contract = Label
"""Public number of a contract."""
Source = Literal["own", "transfer", "bond"]
"""Where the money of a line comes from: own revenue, transfer from above, bond."""
LineStatus = Literal["draft", "approved", "issued", "carried", "closed"]
Change = Literal["add", "cut"]
Kind = Literal["goods", "services", "works"]
Ground = Literal["advance", "goods", "services", "progress", "retention"]
"""What entitles to a payment; every payment has one."""
Purpose = Literal["supplier", "wages"]
"""To the supplier's account, or to the wage account of the works."""
PaymentStatus = Literal[
    "requested", "checked", "approved", "ordered", "paid", "booked", "rejected", "returned"
]
AccountKind = Literal["zero_balance", "wage", "single", "escrow"]
"""Zero-balance account 零余额账户, wage account 农民工工资专用账户, treasury single account
国库单一账户, escrow 资金监管账户."""
ChangeStatus = Literal["asked", "called_back", "effective", "failed", "stopped"]
EscrowStatus = Literal["open", "funded", "released", "refunded"]
Target = Literal["payee", "escrow"]
"""What a court order freezes: what is owed to a payee, or money in an escrow. Money in a wage
account is none: only wages are paid from it (Migrant Workers' Wages Regulation art. 33)."""
Stage = Literal[
    "proposed",
    "feasible",
    "designed",
    "funded",
    "started",
    "completed",
    "accepted",
    "final_accounts",
    "handed_over",
    "audited",
]


class Terms(Record):
    """What a contract says of payment; procurement hands it over unchanged."""

    retention_ppm: Ppm
    """Share of each accepted value kept back 质量保证金."""
    retention_days: TermDays
    """How long after the last acceptance it is kept."""
    advance_fen: Fen
    """Advance payment 预付款 that the contract allows."""
    recovery_ppm: Ppm
    """Share of each accepted value by which the advance is recovered."""
    wages_ppm: Ppm
    """Share of each progress value that goes to the wage account first; works only."""
    wage_account: Digest | None
    """Salted commitment to the wage account."""
    supervisor: Uscc | None
    """Office of the supervising engineer 监理; works have one."""
    pay_days: TermDays
    """Days from acceptance to payment."""
