"""Quartiles and fences in exact fractions.

The quantile is the median-unbiased one (Hyndman and Fan, type 8), which the reference of the
catalogue uses; an outlier lies beyond a quartile by one and a half of the distance between both.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

_THIRD: Final = Fraction(1, 3)
_REACH: Final = Fraction(3, 2)


def quantile(values: Sequence[Fraction], share: Fraction) -> Fraction:
    """Return a quantile of values in ascending order; raises `ValueError` where there are none."""
    if not values:
        raise ValueError("there is no quantile of nothing")
    place = (len(values) + _THIRD) * share + _THIRD
    below = int(place)
    if below <= 0:
        return values[0]
    if below >= len(values):
        return values[-1]
    return values[below - 1] + (place - below) * (values[below] - values[below - 1])


def quartiles(values: Iterable[Fraction]) -> tuple[Fraction, Fraction]:
    """Return the first and the third quartile; raises `ValueError` where there are no values."""
    ascending = sorted(values)
    return quantile(ascending, Fraction(1, 4)), quantile(ascending, Fraction(3, 4))


def lower_fence(values: Iterable[Fraction]) -> Fraction:
    """Return below what a value is a low outlier; raises `ValueError` for no values."""
    first, third = quartiles(values)
    return first - _REACH * (third - first)


def upper_fence(values: Iterable[Fraction]) -> Fraction:
    """Return above what a value is a high outlier; raises `ValueError` for no values."""
    first, third = quartiles(values)
    return third + _REACH * (third - first)
