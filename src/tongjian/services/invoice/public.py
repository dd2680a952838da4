"""What another service may import: tables and rules to read, acts to cause, nothing to write."""

from tongjian.services.invoice.records import (
    INVOICES,
    TAXPAYERS,
    Invoice,
    InvoiceKey,
    InvoiceNumber,
    Taxpayer,
)
from tongjian.services.invoice.rules import claimed_fen, is_buyer, is_fully_red

__all__ = [
    "INVOICES",
    "TAXPAYERS",
    "Invoice",
    "InvoiceKey",
    "InvoiceNumber",
    "Taxpayer",
    "claimed_fen",
    "is_buyer",
    "is_fully_red",
]
