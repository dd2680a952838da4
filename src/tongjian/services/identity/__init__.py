"""Identity: network numbers, persons under a pseudonym a domain, their keys, mandates, credentials.

Network Identity Measures (Order 173 of 2025): voluntary, results only, no plain identity; PIPL
art. 6 (least data), 31 (under 14), 51. Who a person is stands in the identity office's own files
and nowhere on the ledger.
"""

from tongjian.services.identity.records import service

__all__ = ["service"]
