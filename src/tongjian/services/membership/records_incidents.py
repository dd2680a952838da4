"""Misdeeds of validators, and how much power votes have handed out."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.operation import NUMBER, TEXT, Event, Row, Table
from tongjian.core.validators import Power
from tongjian.core.values import Count, Digest, Height, TimeMs, Uscc

NodeId = Annotated[
    bytes, Meta(min_length=32, max_length=32, description="Public key of a node's connections.")
]

ValidatorAddress = Annotated[
    str,
    Meta(
        max_length=40,
        pattern=r"^[0-9a-f]{40}$(?!\n)",
        description="Address of a validator's key: hexadecimal of SHA-256, the first 20 bytes.",
    ),
]
Misdeed = Literal["signed_twice", "attacked_light_clients"]
"""Two votes of one height and round; votes for a header that no block had."""


class Incident(Row):
    """That a validator broke the rules of the network's engine, as a block of it proves."""

    evidence: Digest
    """Hash of what the engine told of it: kind, validator, power in all, height, time."""
    committed_ms: TimeMs
    """Time that the engine names for the misdeed."""
    node: NodeId | None
    """The node with that key when it was recorded; none where there was none any more."""
    office: Uscc | None
    power_before: Power
    power_after: Power


INCIDENTS: Final[Table[Incident, str, int, str]] = Table(
    "membership.incidents", Incident, (TEXT, NUMBER, TEXT)
)
"""By address of the validator, height of the engine, misdeed."""


class Shift(Row):
    """How much power votes have handed out in one block."""

    gained: Count


SHIFTS: Final[Table[Shift, int]] = Table("membership.power_shifts", Shift, (NUMBER,))
"""By height; only where the validators of a running network changed."""


class MisdeedRecorded(Event, tag="membership.misdeed_recorded"):
    """A validator broke the rules of the engine; its power is gone, or the governors decide."""

    validator: ValidatorAddress
    misdeed: Misdeed
    height: Height
    """Of the engine's block that it was about."""
    evidence: Digest
    node: NodeId | None
    office: Uscc | None
    power_before: Power
    power_after: Power
    from_height: Height
    """Of the ledger, from which the power after counts."""
