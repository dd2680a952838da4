"""What another service may import: tables and rules to read, and acts that it may cause.

A court's order that `evidence` records reaches the register at once: it follows by `Seize`,
`RenewSeizure`, `LiftSeizure` or `TransferByOrder`, and a suit over an objection by `NoteSuit` and
`EndObjection`, in the same transaction, on behalf of the ledger itself. A refusal of land refuses
the transaction with the order.
"""

from tongjian.services.land.acts import (
    EndObjection,
    LiftSeizure,
    NoteSuit,
    RenewSeizure,
    Seize,
    TransferByOrder,
)
from tongjian.services.land.book import is_land, land_of, parcel_of
from tongjian.services.land.records import (
    ENTRIES,
    HOLDINGS,
    MORTGAGES,
    SEIZURES,
    UNITS,
    Entry,
    Holding,
    MortgageRow,
    Seizure,
    Unit,
)
from tongjian.services.land.values import Days, EntryNumber, Share, Shares, UnitCode

__all__ = [
    "ENTRIES",
    "HOLDINGS",
    "MORTGAGES",
    "SEIZURES",
    "UNITS",
    "Days",
    "EndObjection",
    "Entry",
    "EntryNumber",
    "Holding",
    "LiftSeizure",
    "MortgageRow",
    "NoteSuit",
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
