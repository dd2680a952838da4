"""The verbs of the evidence service, in the order of the procedure; each file holds one stage."""

from tongjian.services.evidence.acts_capture import Attest, Capture, Fix, Renew, Stamp

# isort: split
from tongjian.services.evidence.acts_custody import Derive, HandOver, Store

# isort: split
from tongjian.services.evidence.acts_case import (
    AdmitMember,
    CloseCase,
    DismissMember,
    OpenCase,
    Read,
    Submit,
)

# isort: split
from tongjian.services.evidence.acts_trial import (
    Appraise,
    Archive,
    CrossExamine,
    Decide,
    Dispose,
    RaiseChallenge,
    VerifyItem,
)

# isort: split
from tongjian.services.evidence.acts_orders import (
    ExpireOrder,
    IssueOrder,
    LiftOrder,
    OrderTransfer,
    RenewOrder,
    ServeOrder,
)

__all__ = [
    "AdmitMember",
    "Appraise",
    "Archive",
    "Attest",
    "Capture",
    "CloseCase",
    "CrossExamine",
    "Decide",
    "Derive",
    "DismissMember",
    "Dispose",
    "ExpireOrder",
    "Fix",
    "HandOver",
    "IssueOrder",
    "LiftOrder",
    "OpenCase",
    "OrderTransfer",
    "RaiseChallenge",
    "Read",
    "Renew",
    "RenewOrder",
    "ServeOrder",
    "Stamp",
    "Store",
    "Submit",
    "VerifyItem",
]
