"""What another service may import: tables and rules to read, acts to cause, nothing to write.

Public money causes `Reimburse` when a payment claims an invoice, `Refund` when the payment ends
unpaid, and `Book` when it is booked.
"""

# From `acts`, which declares the operations in the order of the procedure.
from tongjian.services.invoice.acts import Book, Refund, Reimburse
from tongjian.services.invoice.records import (
    INVOICES,
    TAXPAYERS,
    Invoice,
    InvoiceKey,
    InvoiceNumber,
    Salt,
    Taxpayer,
)
from tongjian.services.invoice.rules import claimed_fen, is_buyer, is_fully_red

__all__ = [
    "INVOICES",
    "TAXPAYERS",
    "Book",
    "Invoice",
    "InvoiceKey",
    "InvoiceNumber",
    "Refund",
    "Reimburse",
    "Salt",
    "Taxpayer",
    "claimed_fen",
    "is_buyer",
    "is_fully_red",
]
