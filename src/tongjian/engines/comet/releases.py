"""Which rules the ledger puts in force that this release does not have, and from which block on."""

from typing import NamedTuple

from tongjian.core.directory import SERVICES
from tongjian.core.operation import InvariantBroken
from tongjian.engines.chain import Chain

_ALL = 10**6


class RulesMissing(InvariantBroken):
    """The next block is decided by rules that this release lacks: the node stops before it."""


class Lacking(NamedTuple):
    """A rule version that this release does not have."""

    service: str
    version: int
    known: int
    """The newest version that it has; 0 where it lacks the service."""
    height: int
    """The first block that the version decides."""

    def __str__(self) -> str:
        """Say what is missing from when on."""
        return (
            f"{self.service} has rule version {self.version} in force from block {self.height} "
            f"on; this release knows {self.known or 'none'}"
        )


def lacking_rules(chain: Chain) -> list[Lacking]:
    """Return what the ledger has voted in, or has in force, that this release lacks."""
    if chain.tip is None:
        return []
    found: list[Lacking] = []
    services = chain.machine.registry.services
    rows = chain.store.scan(SERVICES.prefix, SERVICES.prefix[:-1] + b"\x01", _ALL)
    for key, data in rows:
        name, row = str(SERVICES.split(key)[0]), SERVICES.codec.decode(data)
        known = services[name].version if name in services else 0
        if row.version > known:
            found.append(Lacking(name, row.version, known, 0))
        elif row.next_height and row.next_version > known:
            found.append(Lacking(name, row.next_version, known, row.next_height))
    return found


def expect_rules(chain: Chain) -> None:
    """Raise `RulesMissing` where the next block is decided by rules that this release lacks."""
    for one in lacking_rules(chain):
        if one.height <= chain.height + 1:
            msg = (
                f"{one}. Nothing is lost: install a release that has it and start this node "
                "again; it decides what it missed"
            )
            raise RulesMissing(msg)
