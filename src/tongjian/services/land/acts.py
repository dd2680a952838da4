"""The verbs of the land register, in the order of the procedure; each file holds one stage."""

from tongjian.services.land.acts_survey import CancelSurvey, DefineUnit, Survey

# isort: split
from tongjian.services.land.acts_apply import (
    Accept,
    Agree,
    CertifyTax,
    Decline,
    DeemAccepted,
    NoteOverdue,
    Submit,
    Withdraw,
)

# isort: split
from tongjian.services.land.acts_declare import Declare

# isort: split
from tongjian.services.land.acts_review import Approve, Reject

# isort: split
from tongjian.services.land.acts_enter import Enter

# isort: split
from tongjian.services.land.acts_burdens import EndNotice, EndObjection, NoteSuit, ReleaseMortgage

# isort: split
from tongjian.services.land.lapses import LapseNotice, LapseObjection

# isort: split
from tongjian.services.land.acts_seizure import (
    ExpireSeizure,
    LiftSeizure,
    RenewSeizure,
    Seize,
    TransferByOrder,
)

# isort: split
from tongjian.services.land.acts_certify import Attest, IssueCertificate, RevokeAttestation

# isort: split
from tongjian.services.land.acts_foreign import RecordForeign

__all__ = [
    "Accept",
    "Agree",
    "Approve",
    "Attest",
    "CancelSurvey",
    "CertifyTax",
    "Declare",
    "Decline",
    "DeemAccepted",
    "DefineUnit",
    "EndNotice",
    "EndObjection",
    "Enter",
    "ExpireSeizure",
    "IssueCertificate",
    "LapseNotice",
    "LapseObjection",
    "LiftSeizure",
    "NoteOverdue",
    "NoteSuit",
    "RecordForeign",
    "Reject",
    "ReleaseMortgage",
    "RenewSeizure",
    "RevokeAttestation",
    "Seize",
    "Submit",
    "Survey",
    "TransferByOrder",
    "Withdraw",
]
