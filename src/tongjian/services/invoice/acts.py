"""The verbs of the invoice service, in the order of the procedure; each file holds one stage."""

from tongjian.services.invoice.acts_issue import Deliver, Issue, RecordForeign
from tongjian.services.invoice.acts_red import (
    ConfirmRed,
    RefuseRed,
    RequestRed,
    VoidRed,
    WithdrawRed,
)
from tongjian.services.invoice.acts_red_letter import IssueRed
from tongjian.services.invoice.acts_taxpayers import (
    CancelTaxpayer,
    MarkAbnormal,
    MarkNormal,
    SetLimit,
    SetTaxpayer,
)
from tongjian.services.invoice.acts_use import (
    Book,
    ConfirmDeduction,
    Pledge,
    Refund,
    Reimburse,
    ReleasePledge,
)

__all__ = [
    "Book",
    "CancelTaxpayer",
    "ConfirmDeduction",
    "ConfirmRed",
    "Deliver",
    "Issue",
    "IssueRed",
    "MarkAbnormal",
    "MarkNormal",
    "Pledge",
    "RecordForeign",
    "Refund",
    "RefuseRed",
    "Reimburse",
    "ReleasePledge",
    "RequestRed",
    "SetLimit",
    "SetTaxpayer",
    "VoidRed",
    "WithdrawRed",
]
