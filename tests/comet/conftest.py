"""Fixtures of a ledger that many nodes run."""

from network import handed_over, node, town

__all__ = ["handed_over", "node", "town"]
