"""Read and make verifiable credentials in the formats of the W3C and the IETF, away from a ledger.

No context, key or list is ever fetched: what a document refers to is given by the caller.
"""
