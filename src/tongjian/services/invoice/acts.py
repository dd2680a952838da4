"""The verbs of the invoice service, in the order of the procedure; each file holds one stage."""

from tongjian.services.invoice.acts_taxpayers import (
    CancelTaxpayer,
    MarkAbnormal,
    MarkNormal,
    SetLimit,
    SetTaxpayer,
)

# isort: split
from tongjian.services.invoice.acts_issue import Deliver, Issue, RecordForeign

# isort: split
from tongjian.services.invoice.acts_use import (
    Book,
    ConfirmDeduction,
    Pledge,
    Refund,
    Reimburse,
    ReleasePledge,
)

# isort: split
from tongjian.services.invoice.acts_red import (
    ConfirmRed,
    RefuseRed,
    RequestRed,
    VoidRed,
    WithdrawRed,
)

# isort: split
from tongjian.services.invoice.acts_red_letter import IssueRed

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
