"""Invented disputes: what a court's year looks like, with the evidence that should not stand.

A case has one to four exhibits and, in some, an order. Most exhibits are sound; a few were altered
after they were fixed, found late, or captured by the party itself and challenged for it. Whoever
tests knows from `should` what a court that follows the rules will find.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from tongjian.demo.seeded import Seeded

ALTERED_PPM: Final = 60_000
LATE_PPM: Final = 120_000
OWN_PPM: Final = 150_000
STAMPED_PPM: Final = 350_000
NOTARISED_PPM: Final = 300_000
ORDER_PPM: Final = 400_000
EXHIBITS_MAX: Final = 4
_HOUR_MS: Final = 3_600_000
_KINDS: Final = ("民初", "行初", "财保", "执")
_KIND_WEIGHTS: Final = (70, 8, 12, 10)
_SOURCES: Final = (
    ("web_page", "image", 40_000, 4_000_000),
    ("message", "text", 200, 60_000),
    ("app_screen", "image", 60_000, 3_000_000),
    ("device_data", "data", 1_000, 40_000_000),
    ("file", "archive", 5_000, 90_000_000),
    ("paper_scan", "image", 150_000, 9_000_000),
    ("web_page", "video", 2_000_000, 900_000_000),
)
_SOURCE_WEIGHTS: Final = (35, 25, 15, 8, 7, 6, 4)


class Exhibit(NamedTuple):
    """One piece of evidence, and what is wrong with it."""

    source: str
    media: str
    size_bytes: int
    drift_ms: int
    delay_ms: int
    """From the capture to its record."""
    copies: int
    is_stamped: bool
    is_notarised: bool
    is_own: bool
    """Captured by the party that relies on it; the other side says so (art. 17(2))."""
    is_altered: bool

    @property
    def should(self) -> str:
        """What a court that follows the rules finds: admitted, partial or rejected."""
        if self.is_altered:
            return "rejected"
        return "partial" if self.is_own else "admitted"


class Dispute(NamedTuple):
    """A case with its exhibits and the money that a court freezes for it."""

    case: str
    """案号, of the invented court 演0192."""
    exhibits: tuple[Exhibit, ...]
    frozen_fen: int
    """0 where the court orders nothing."""
    days: int


def disputes(seed: int, amount: int, year: int = 2026) -> Iterator[Dispute]:
    """Yield so many disputes of a year, the same for the same seed."""
    source = Seeded(seed)
    for number in range(1, amount + 1):
        kind = source.weighted(_KINDS, _KIND_WEIGHTS)
        exhibits = tuple(_exhibit(source) for _ in range(source.integer(1, EXHIBITS_MAX)))
        is_ordered = source.chance(ORDER_PPM)
        yield Dispute(
            case=f"({year})演0192{kind}{number}号",
            exhibits=exhibits,
            frozen_fen=source.integer(1, 500) * 1_000_000 if is_ordered else 0,
            days=source.integer(30, 365),
        )


def _exhibit(source: Seeded) -> Exhibit:
    where, media, low, high = source.weighted(_SOURCES, _SOURCE_WEIGHTS)
    is_late = source.chance(LATE_PPM)
    hours = source.integer(25, 2000) if is_late else source.integer(0, 20)
    return Exhibit(
        source=where,
        media=media,
        size_bytes=source.integer(low, high),
        drift_ms=source.integer(0, 900),
        delay_ms=hours * _HOUR_MS,
        copies=source.weighted((0, 1, 2), (70, 25, 5)),
        is_stamped=source.chance(STAMPED_PPM),
        is_notarised=source.chance(NOTARISED_PPM),
        is_own=source.chance(OWN_PPM),
        is_altered=source.chance(ALTERED_PPM),
    )
