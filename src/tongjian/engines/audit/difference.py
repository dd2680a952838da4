"""What an auditor finds: the first place where recorded and recomputed part, with both values."""

from typing import Final

import msgspec

Value = bytes | int | None
"""A field as it stands in a record, text in ASCII; none where it is missing."""
ROWS_NAMED_MAX: Final = 1000
"""Rows that a difference lists at most; the first in the order of keys."""


class Change(msgspec.Struct, frozen=True):
    """What a block does to one key of the state."""

    key: bytes
    value: bytes | None
    """The row's bytes; none where it is removed."""
    next_key: bytes = b""


class PartDifference(msgspec.Struct, frozen=True):
    """A row, or another part of a stored state, that is not the same on both sides."""

    part: str
    """`row`; `order`, a row's next key; or what else a store keeps: `index`, `log`, `places`, …"""
    key: bytes
    """Of the row; elsewhere what the store keeps the part under."""
    recorded: bytes | None
    replayed: bytes | None
    height: int = -1
    """Of the block that wrote it; -1 where that is not known."""


class Difference(msgspec.Struct, frozen=True):
    """The first place where what is recorded is not what follows from what came before."""

    height: int
    field: str
    """A part of the block: `frame`, `header.state_root`, `seal`, `transaction`, `event`, …"""
    why: str
    place: str = ""
    """Where in the block: which transaction, which event."""
    recorded: Value = None
    expected: Value = None
    parts: tuple[PartDifference, ...] = ()
    """The rows that differ, where the state does and the recorded one could be read."""
    changes: tuple[Change, ...] = ()
    """What the block does to the state by the rules, where the roots differ."""

    def named(self) -> str:
        """Return height, field and place in a few words."""
        place = f", {self.place}" if self.place else ""
        return f"block {self.height}, {self.field}{place}"


class Differs(Exception):
    """Raised at the first difference; the audit stops there."""

    def __init__(self, difference: Difference) -> None:
        """Take the difference."""
        super().__init__(f"{difference.named()}: {difference.why}")
        self.difference = difference
