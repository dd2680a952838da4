"""What another service may import: tables and rules to read, and acts that it may cause.

A court's order that `evidence` records reaches the register at once: it follows by `Seize`,
`RenewSeizure`, `LiftSeizure` or `TransferByOrder`, in the same transaction, on behalf of the ledger
itself. A refusal of land refuses the transaction with the order.
"""

from tongjian.services.land.acts_seizure import (
    LiftSeizure,
    RenewSeizure,
    Seize,
    TransferByOrder,
)
from tongjian.services.land.book import is_land, land_of, parcel_of
from tongjian.services.land.records import (
    ENTRIES,
    MORTGAGES,
    SEIZURES,
    UNITS,
    Entry,
    MortgageRow,
    Seizure,
    Unit,
)
from tongjian.services.land.values import Days, EntryNumber, Share, Shares, UnitCode

__all__ = [
    "ENTRIES",
    "MORTGAGES",
    "SEIZURES",
    "UNITS",
    "Days",
    "Entry",
    "EntryNumber",
    "LiftSeizure",
    "MortgageRow",
    "RenewSeizure",
    "Seize",
    "Seizure",
    "Share",
    "Shares",
    "TransferByOrder",
    "Unit",
    "UnitCode",
    "is_land",
    "land_of",
    "parcel_of",
]
