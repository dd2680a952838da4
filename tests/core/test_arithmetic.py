"""Rounding by sign and by tie, and shares that lose no fen, against exact fractions."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongjian.core.arithmetic import (
    NotDivisible,
    apply_rate_ppm,
    div_ceil,
    div_exact,
    div_floor,
    div_half_up,
    share_out,
)

AMOUNTS = st.integers(-(10**18), 10**18)
DIVISORS = st.integers(1, 10**12)


@pytest.mark.parametrize(
    ("dividend", "divisor", "floored", "ceiled", "half_up"),
    [
        (7, 2, 3, 4, 4),
        (-7, 2, -4, -3, -4),
        (5, 2, 2, 3, 3),
        (-5, 2, -3, -2, -3),
        (1, 3, 0, 1, 0),
        (-1, 3, -1, 0, 0),
        (2, 3, 0, 1, 1),
        (0, 9, 0, 0, 0),
        (6, 3, 2, 2, 2),
    ],
)
def test_each_division_rounds_in_its_own_direction(
    dividend: int, divisor: int, floored: int, ceiled: int, half_up: int
) -> None:
    assert div_floor(dividend, divisor) == floored
    assert div_ceil(dividend, divisor) == ceiled
    assert div_half_up(dividend, divisor) == half_up


@given(AMOUNTS, DIVISORS)
def test_divisions_agree_with_exact_fractions(dividend: int, divisor: int) -> None:
    exact = Fraction(dividend, divisor)
    assert div_floor(dividend, divisor) == floor(exact)
    assert div_ceil(dividend, divisor) == ceil(exact)
    assert abs(div_half_up(dividend, divisor) - exact) <= Fraction(1, 2)


@given(st.integers(-(10**9), 10**9))
def test_ties_go_away_from_zero_as_decimal_half_up_does(halves: int) -> None:
    expected = (Decimal(halves) / 2).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    assert div_half_up(halves, 2) == int(expected)


@given(AMOUNTS, DIVISORS)
def test_a_correction_cancels_the_entry_it_corrects(amount: int, divisor: int) -> None:
    assert div_half_up(-amount, divisor) == -div_half_up(amount, divisor)


@given(AMOUNTS, DIVISORS)
def test_exact_division_undoes_multiplication_and_nothing_else(amount: int, divisor: int) -> None:
    assert div_exact(amount * divisor, divisor) == amount
    if divisor > 1:
        with pytest.raises(NotDivisible):
            div_exact(amount * divisor + 1, divisor)


@pytest.mark.parametrize("division", [div_floor, div_ceil, div_exact, div_half_up])
@pytest.mark.parametrize("divisor", [0, -1])
def test_a_divisor_must_be_positive(division: type, divisor: int) -> None:
    with pytest.raises(ValueError, match="not positive"):
        division(1, divisor)


@pytest.mark.parametrize(
    ("amount", "rate", "tax"),
    [
        (100_000_000, 130_000, 13_000_000),
        (200_000_000, 120_000, 24_000_000),
        (1, 500_000, 1),
        (-1, 500_000, -1),
        (1, 499_999, 0),
        (123_45, 30_000, 370),
        (99, 0, 0),
    ],
)
def test_a_rate_is_applied_half_up_to_the_fen(amount: int, rate: int, tax: int) -> None:
    assert apply_rate_ppm(amount, rate) == tax


def test_a_negative_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 ppm is negative"):
        apply_rate_ppm(100, -1)


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (10, [3, 0, 7], [3, 0, 7]),
        (1, [1, 2, 2], [0, 1, 0]),
        (0, [5, 5], [0, 0]),
        (7, [4], [7]),
    ],
)
def test_what_is_left_goes_to_the_largest_remainder_then_the_earlier(
    total: int, weights: list[int], shares: list[int]
) -> None:
    assert share_out(total, weights) == shares


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 5]])
def test_weights_must_not_be_negative_nor_all_zero(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights must not"):
        share_out(100, weights)


@given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any))
def test_shares_sum_to_the_total_and_lie_within_one_of_the_exact_share(
    total: int, weights: list[int]
) -> None:
    shares = share_out(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_a_larger_weight_never_gets_less(total: int, weights: list[int]) -> None:
    pairs = sorted(zip(weights, share_out(total, weights), strict=True))
    for (light, less), (heavy, more) in pairwise(pairs):
        assert more >= less or light == heavy
