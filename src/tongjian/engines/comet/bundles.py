"""What the engine carries as one transaction: a bundle of envelopes, or the tick of a clock.

    bundle = c1 'b' ‖ record [envelope as a byte string, …]
    tick   = c1 't' ‖ time in ms as eight bytes, big-endian

No MessagePack value begins with c1, so neither can be an envelope. A bundle is nobody's statement:
each envelope keeps its own signatures, outcome and receipt, and may travel in several bundles. A
tick decides nothing; it makes the engine cut a block when a deadline has come.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from tongjian.core import limits
from tongjian.core.encoding import Codec, Malformed, encode
from tongjian.core.envelope import ENVELOPE_BYTES_MAX

BUNDLE: Final = b"\xc1b"
TICK: Final = b"\xc1t"
TICK_BYTES: Final = len(TICK) + 8
BUNDLE_ENVELOPES_MAX: Final = 200
BUNDLE_BYTES_MAX: Final = ENVELOPE_BYTES_MAX + 4096
"""One envelope always fits; what is sent together is kept to `BUNDLE_BYTES_TARGET`."""
BUNDLE_BYTES_TARGET: Final = 256 * 1024
_ENVELOPES: Final = Codec(
    Annotated[
        tuple[Annotated[bytes, Meta(min_length=1, max_length=ENVELOPE_BYTES_MAX)], ...],
        Meta(min_length=1, max_length=BUNDLE_ENVELOPES_MAX),
    ],
    BUNDLE_BYTES_MAX,
)

if limits.BLOCK_BYTES_MAX < BUNDLE_BYTES_MAX:
    msg = "a block must hold the largest bundle"
    raise ValueError(msg)


def make_bundle(envelopes: Sequence[bytes]) -> bytes:
    """Return the transaction that carries envelopes, at most `BUNDLE_ENVELOPES_MAX`."""
    return BUNDLE + encode(tuple(envelopes))


def fits(envelopes: int, size: int) -> bool:
    """Say whether so many envelopes of so many bytes together go into one bundle."""
    return envelopes <= 1 or (envelopes <= BUNDLE_ENVELOPES_MAX and size <= BUNDLE_BYTES_TARGET)


def make_tick(time_ms: int) -> bytes:
    """Return the transaction that makes the engine cut a block."""
    return TICK + time_ms.to_bytes(8, "big")


def is_tick(data: bytes) -> bool:
    """Say whether a transaction is a tick."""
    return len(data) == TICK_BYTES and data.startswith(TICK)


def envelopes_of(data: bytes) -> tuple[bytes, ...]:
    """Return the envelopes of a bundle, none of a tick; raises `Malformed`."""
    if is_tick(data):
        return ()
    if not data.startswith(BUNDLE):
        what = "neither a bundle nor a tick"
        raise Malformed(what)
    found: Any = _ENVELOPES.decode(data[len(BUNDLE) :])
    return tuple(found)
