"""The verbs of the land register, in the order of the procedure; each file holds one stage."""

from tongjian.services.land.acts_seizure import (
    ExpireSeizure,
    LiftSeizure,
    RenewSeizure,
    Seize,
    TransferByOrder,
)

__all__ = ["ExpireSeizure", "LiftSeizure", "RenewSeizure", "Seize", "TransferByOrder"]
