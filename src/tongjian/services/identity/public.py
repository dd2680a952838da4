"""What another service may import: tables and rules to read, acts to cause; nothing to write."""

from tongjian.services.identity.records import ENTRIES, Entry

__all__ = ["ENTRIES", "Entry"]
