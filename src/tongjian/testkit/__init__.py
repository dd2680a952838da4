"""A ledger in memory for tests of services: no network, no files, no signatures to wait for."""

from tongjian.testkit.world import Person, World

__all__ = ["Person", "World"]
