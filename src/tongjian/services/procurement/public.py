"""What another service may import: tables to read, nothing to write and no act to cause."""

from tongjian.services.procurement.records import CONTRACTS, OFFERS, PLANS, SUPPLIERS, TENDERS
from tongjian.services.procurement.rows import Contract, Offer, Plan, Supplier, Tender

__all__ = [
    "CONTRACTS",
    "OFFERS",
    "PLANS",
    "SUPPLIERS",
    "TENDERS",
    "Contract",
    "Offer",
    "Plan",
    "Supplier",
    "Tender",
]
