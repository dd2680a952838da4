"""The verbs of public money, in the order of the procedure; each file holds one stage."""

from tongjian.services.treasury.acts_budget import (
    AdjustLine,
    ApproveLine,
    CloseLine,
    DraftLine,
    FreezeLine,
    GrantQuota,
    IssueLine,
    MoveFunds,
)

# isort: split
from tongjian.services.treasury.acts_income import (
    BillRevenue,
    NoteTransferLate,
    ReceiveRevenue,
    ReceiveTransfer,
    SendTransfer,
)

# isort: split
from tongjian.services.treasury.acts_works import (
    AdvanceProject,
    AuditProject,
    MeetMilestone,
    ProposeProject,
    RaiseEstimate,
    SetMilestone,
    SetShare,
)

# isort: split
from tongjian.services.treasury.acts_accounts import (
    ApplyAccountChange,
    AskAccountChange,
    CallBack,
    CloseAccount,
    RegisterAccount,
    StopAccountChange,
)

# isort: split
from tongjian.services.treasury.acts_contracts import (
    AdjustCommitment,
    Commit,
)

# isort: split
from tongjian.services.treasury.acts_acceptance import (
    AcceptDelivery,
    CertifyProgress,
    GrantAdvance,
    ReleaseRetention,
)

# isort: split
from tongjian.services.treasury.acts_payments import (
    ApprovePayment,
    CheckPayment,
    OrderPayment,
    RejectPayment,
    RequestPayment,
)

# isort: split
from tongjian.services.treasury.acts_bank import (
    BookPayment,
    ClearDay,
    ConfirmPaid,
    NoteUncleared,
    RecordAsset,
    ReturnPayment,
)

# isort: split
from tongjian.services.treasury.acts_wages import (
    PayWages,
    RegisterWorker,
)

# isort: split
from tongjian.services.treasury.acts_escrow import (
    FreezeFunds,
    FundEscrow,
    OpenEscrow,
    PayOutEscrow,
    RefundEscrow,
    ReleaseEscrow,
    UnfreezeFunds,
)

# isort: split
from tongjian.services.treasury.acts_audit import (
    RectifyFinding,
    ReplyFinding,
    WriteFinding,
)

__all__ = [
    "AcceptDelivery",
    "AdjustCommitment",
    "AdjustLine",
    "AdvanceProject",
    "ApplyAccountChange",
    "ApproveLine",
    "ApprovePayment",
    "AskAccountChange",
    "AuditProject",
    "BillRevenue",
    "BookPayment",
    "CallBack",
    "CertifyProgress",
    "CheckPayment",
    "ClearDay",
    "CloseAccount",
    "CloseLine",
    "Commit",
    "ConfirmPaid",
    "DraftLine",
    "FreezeFunds",
    "FreezeLine",
    "FundEscrow",
    "GrantAdvance",
    "GrantQuota",
    "IssueLine",
    "MeetMilestone",
    "MoveFunds",
    "NoteTransferLate",
    "NoteUncleared",
    "OpenEscrow",
    "OrderPayment",
    "PayOutEscrow",
    "PayWages",
    "ProposeProject",
    "RaiseEstimate",
    "ReceiveRevenue",
    "ReceiveTransfer",
    "RecordAsset",
    "RectifyFinding",
    "RefundEscrow",
    "RegisterAccount",
    "RegisterWorker",
    "RejectPayment",
    "ReleaseEscrow",
    "ReleaseRetention",
    "ReplyFinding",
    "RequestPayment",
    "ReturnPayment",
    "SendTransfer",
    "SetMilestone",
    "SetShare",
    "StopAccountChange",
    "UnfreezeFunds",
    "WriteFinding",
]
