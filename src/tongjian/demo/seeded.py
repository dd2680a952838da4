"""A seeded source of numbers whose output is the same on every Python and every machine.

The standard library's `random` keeps its integers but not its `choice` and `shuffle` stable
between versions; a demonstration that shows a root must give the same root everywhere.
Never for keys, nonces or draws: whoever knows the seed knows every number.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, TypeVar

_Item = TypeVar("_Item")

_MASK: Final = 2**64 - 1
_GOLDEN_GAMMA: Final = 0x9E3779B97F4A7C15
PPM: Final = 1_000_000


class Seeded:
    """Draw numbers by SplitMix64 (Steele, Lea and Flood 2014) from a 64-bit seed."""

    def __init__(self, seed: int) -> None:
        """Begin at a seed; its lowest 64 bits count."""
        self._state = seed & _MASK

    def bits(self) -> int:
        """Return the next 64 bits."""
        self._state = (self._state + _GOLDEN_GAMMA) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included, each equally likely.

        Raises ValueError when high is below low or the span exceeds 64 bits.
        """
        span = high - low + 1
        if not 0 < span <= _MASK:
            msg = f"{low} to {high} is not a span of 1 to 2**64 - 1 numbers"
            raise ValueError(msg)
        # Draws beyond the last whole multiple of the span would favour small numbers.
        limit = (_MASK + 1) // span * span
        drawn = self.bits()
        while drawn >= limit:
            drawn = self.bits()
        return low + drawn % span

    def chance(self, ppm: int) -> bool:
        """Return True in so many of a million draws."""
        return self.integer(0, PPM - 1) < ppm

    def choice(self, items: Sequence[_Item]) -> _Item:
        """Return one of the items, each equally likely; raises ValueError when there is none."""
        return items[self.integer(0, len(items) - 1)]

    def weighted(self, items: Sequence[_Item], weights: Sequence[int]) -> _Item:
        """Return one of the items in proportion to whole, not negative weights."""
        left = self.integer(0, sum(weights) - 1)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        msg = "weights must not be negative"
        raise ValueError(msg)

    def shuffle(self, items: Sequence[_Item]) -> list[_Item]:
        """Return the items in a new order, each order equally likely (Fisher and Yates)."""
        shuffled = list(items)
        for place in range(len(shuffled) - 1, 0, -1):
            other = self.integer(0, place)
            shuffled[place], shuffled[other] = shuffled[other], shuffled[place]
        return shuffled

    def text(self, alphabet: str, length: int) -> str:
        """Return so many characters of the alphabet."""
        return "".join(self.choice(alphabet) for _ in range(length))

    def digits(self, length: int) -> str:
        """Return so many decimal digits."""
        return self.text("0123456789", length)

    def branch(self, name: str) -> "Seeded":
        """Return an independent source for a part of the work, without advancing this one.

        Two parts with names of their own do not disturb each other: one more invoice in one
        leaves the names of the other as they were.
        """
        digest = sha256(f"{self._state}/{name}".encode()).digest()
        return Seeded(int.from_bytes(digest[:8], "big"))
