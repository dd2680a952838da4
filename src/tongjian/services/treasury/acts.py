"""The verbs of public money, in the order of the procedure; each file holds one stage."""

from tongjian.services.treasury.acts_contracts import AdjustCommitment, Commit
from tongjian.services.treasury.acts_escrow import (
    FreezeFunds,
    FundEscrow,
    OpenEscrow,
    PayOutEscrow,
    RefundEscrow,
    ReleaseEscrow,
    UnfreezeFunds,
)

__all__ = [
    "AdjustCommitment",
    "Commit",
    "FreezeFunds",
    "FundEscrow",
    "OpenEscrow",
    "PayOutEscrow",
    "RefundEscrow",
    "ReleaseEscrow",
    "UnfreezeFunds",
]
