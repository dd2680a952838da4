"""What another service may import: tables and rules to read, and acts that it may cause.

`Commit`, `AdjustCommitment` are caused by procurement; `ReleaseEscrow`, `RefundEscrow` by the land
register; `FreezeFunds`, `UnfreezeFunds` by the courts' service: each with `ledger.follow(…)` in an
operation that declares `follows=(…)`. Its refusal refuses the whole transaction.
"""

# From `acts`, which declares the operations in the order of the procedure.
from tongjian.services.treasury.acts import (
    AdjustCommitment,
    Commit,
    FreezeFunds,
    RefundEscrow,
    ReleaseEscrow,
    UnfreezeFunds,
)
from tongjian.services.treasury.acts_contracts import Committed
from tongjian.services.treasury.acts_escrow import FundsRef
from tongjian.services.treasury.quantities import (
    Contract,
    LineId,
    ParcelNumber,
    ProjectCode,
    Target,
    Terms,
)
from tongjian.services.treasury.records import COMMITMENTS, ESCROWS, HOLDS, LINES, PAYEES
from tongjian.services.treasury.rows_money import Commitment, Line, Payee
from tongjian.services.treasury.rows_works import Escrow, Hold
from tongjian.services.treasury.rules import available_fen

__all__ = [
    "COMMITMENTS",
    "ESCROWS",
    "HOLDS",
    "LINES",
    "PAYEES",
    "AdjustCommitment",
    "Commit",
    "Commitment",
    "Committed",
    "Contract",
    "Escrow",
    "FreezeFunds",
    "FundsRef",
    "Hold",
    "Line",
    "LineId",
    "ParcelNumber",
    "Payee",
    "ProjectCode",
    "RefundEscrow",
    "ReleaseEscrow",
    "Target",
    "Terms",
    "UnfreezeFunds",
    "available_fen",
]
