"""The verbs of procurement, in the order of the procedure; each file holds one stage."""

from tongjian.services.procurement.acts_registers import (
    BarSupplier,
    DeclareInterest,
    DeclareSupplier,
    EnrolExpert,
    RegisterHolder,
    SuspendExpert,
)

# isort: split
from tongjian.services.procurement.acts_plans import DropPlan, PlanExempted, PlanPurchase

# isort: split
from tongjian.services.procurement.acts_tenders import (
    AnnulTender,
    Clarify,
    FailTender,
    PrepareSale,
    PrepareTender,
    Publish,
)

# isort: split
from tongjian.services.procurement.acts_custody import ConfirmKey, DealKey, PublishShare

# isort: split
from tongjian.services.procurement.acts_bids import OpenBid, SubmitBid, WithdrawBid

# isort: split
from tongjian.services.procurement.acts_opening import CloseOpening, SettleSale

# isort: split
from tongjian.services.procurement.acts_panel import (
    DrawPanel,
    RankBids,
    ReplaceMember,
    ScoreBid,
)

# isort: split
from tongjian.services.procurement.acts_findings import (
    AnswerFinding,
    DisposeFinding,
    RaiseFinding,
)

# isort: split
from tongjian.services.procurement.acts_award import (
    AnswerChallenge,
    Award,
    ChallengeTender,
    Complain,
    DecideComplaint,
    StrikeWinner,
)

# isort: split
from tongjian.services.procurement.acts_contracts import Conclude, Supplement

# isort: split
from tongjian.services.procurement.acts_auctions import (
    AdmitBidder,
    DeclareDefault,
    KnockDown,
    OpenAuction,
    RaiseBid,
)

# isort: split
from tongjian.services.procurement.acts_foreign import RecordForeign

__all__ = [
    "AdmitBidder",
    "AnnulTender",
    "AnswerChallenge",
    "AnswerFinding",
    "Award",
    "BarSupplier",
    "ChallengeTender",
    "Clarify",
    "CloseOpening",
    "Complain",
    "Conclude",
    "ConfirmKey",
    "DealKey",
    "DecideComplaint",
    "DeclareDefault",
    "DeclareInterest",
    "DeclareSupplier",
    "DisposeFinding",
    "DrawPanel",
    "DropPlan",
    "EnrolExpert",
    "FailTender",
    "KnockDown",
    "OpenAuction",
    "OpenBid",
    "PlanExempted",
    "PlanPurchase",
    "PrepareSale",
    "PrepareTender",
    "Publish",
    "PublishShare",
    "RaiseBid",
    "RaiseFinding",
    "RankBids",
    "RecordForeign",
    "RegisterHolder",
    "ReplaceMember",
    "ScoreBid",
    "SettleSale",
    "StrikeWinner",
    "SubmitBid",
    "Supplement",
    "SuspendExpert",
    "WithdrawBid",
]
