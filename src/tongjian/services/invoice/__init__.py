"""Invoices: numbered once for ever, counted to the fen, corrected by red letters only.

Law: Invoice Measures 2023; VAT Law in force from 2026-01-01; Tax Collection Law. Not here: lines,
names and remarks (a salted commitment stands for them), tax returns, and the payment itself.
"""

from tongjian.services.invoice.records import service

__all__ = ["service"]
