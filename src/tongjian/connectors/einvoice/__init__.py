"""E-invoices: real documents read into one neutral record, and checked.

Read are UBL 2.1, CII D16B with the profiles of Factur-X and ZUGFeRD, PDF/A-3 with one of them
attached, the Chinese e-invoice XML alone and inside a sealed OFD package. `read_document` reads
one; `walk` finds many. Nothing here talks to the ledger.
"""

from tongjian.connectors.einvoice.document import Document, Finding, Unreadable
from tongjian.connectors.einvoice.read import read_document
from tongjian.connectors.einvoice.walk import walk

__all__ = ["Document", "Finding", "Unreadable", "read_document", "walk"]
