"""Entries of identity: numbered once, kept as long as the law asks.

Say here which public purpose the service has and by which law, and what is not here.
"""

from tongjian.services.identity.records import service

__all__ = ["service"]
