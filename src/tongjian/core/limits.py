"""Every bound of the kernel, named once; relations between bounds are asserted at import."""

from typing import Final

HEIGHT_MAX: Final = 2**40
"""Blocks; at one a millisecond this lasts 34 years."""
TIME_MS_MAX: Final = 2**43
"""Milliseconds since 1970 UTC, until the year 2248."""
FEN_MAX: Final = 10**16
"""One hundred trillion yuan: above the money supply, far below 2**63."""
PPM_MAX: Final = 10**9
COUNT_MAX: Final = 2**40

TRANSACTION_BYTES_MAX: Final = 256 * 1024
ACTS_MAX: Final = 1000
"""Acts in one transaction."""
SIGNERS_MAX: Final = 16
EXPIRY_BLOCKS_MAX: Final = 1_000_000
"""How far ahead of the current height an expiry height may lie."""

BLOCK_TRANSACTIONS_MAX: Final = 2000
BLOCK_ACTS_MAX: Final = 20_000
"""About half a second of deciding: how long one office's batch may keep the others waiting."""
BLOCK_BYTES_MAX: Final = 16 * 1024 * 1024
TIMERS_PER_BLOCK_MAX: Final = 1000
FINDINGS_PER_BLOCK_MAX: Final = 100
"""Misdeeds of validators that one block records; the others stay with the engine."""
BLOCK_EVENT_BYTES_MAX: Final = 40 * 1024 * 1024
"""Bytes of all events of a block, `EVENT_HEAD_BYTES` for each included."""
EVENT_HEAD_BYTES: Final = 5
"""What the longest header of a byte string takes on the wire."""
BLOCK_BODY_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of a stored block: its envelopes, outcomes and events."""

KEY_BYTES_MAX: Final = 250
"""Of one row key, table prefix included (the index refuses keys over 511 bytes)."""
ROW_BYTES_MAX: Final = 16 * 1024
RANGE_ROWS_MAX: Final = 1000
EVENTS_PER_ACT_MAX: Final = 64
FOLLOWERS_MAX: Final = 64
"""Acts that one act may have as its direct consequences."""
PARTS_MAX: Final = 64
"""Members of a list inside a row or an act, unless its field says less."""

SERVICES_MAX: Final = 64
ROLES_PER_OFFICER_MAX: Final = 32
KEY_SUITES_MAX: Final = 16

if TRANSACTION_BYTES_MAX > BLOCK_BYTES_MAX:
    msg = "a block must hold the largest transaction"
    raise ValueError(msg)
_OUTCOME_BYTES_MAX: Final = 128
if BLOCK_BODY_BYTES_MAX < (
    BLOCK_BYTES_MAX
    + BLOCK_EVENT_BYTES_MAX
    + (BLOCK_TRANSACTIONS_MAX + TIMERS_PER_BLOCK_MAX + FINDINGS_PER_BLOCK_MAX) * _OUTCOME_BYTES_MAX
):
    msg = "what a block may hold must be readable again"
    raise ValueError(msg)
if FEN_MAX * 100 >= 2**63:
    msg = "a hundred of the largest amounts must still be one wire integer"
    raise ValueError(msg)
