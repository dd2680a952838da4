"""Whole-number arithmetic for money and quantities: every division says where it rounds.

Amounts are integer fen and rates integer millionths (ppm). A rule rounds once, at the place it
names; these are the only divisions of the deterministic zone.
"""

from collections.abc import Sequence
from typing import Final

PPM: Final = 1_000_000
"""Millionths in one."""


class NotDivisible(ValueError):
    """Say that a division that must come out even leaves a remainder."""


def _require_positive(divisor: int) -> None:
    if divisor <= 0:
        msg = f"divisor {divisor} is not positive"
        raise ValueError(msg)


def div_floor(dividend: int, divisor: int) -> int:
    """Return the quotient rounded towards minus infinity: `div_floor(-7, 2)` is -4.

    Raises ValueError unless the divisor is positive, as all divisions here do.
    """
    _require_positive(divisor)
    return dividend // divisor


def div_ceil(dividend: int, divisor: int) -> int:
    """Return the quotient rounded towards plus infinity: `div_ceil(-7, 2)` is -3."""
    _require_positive(divisor)
    return -(-dividend // divisor)


def div_exact(dividend: int, divisor: int) -> int:
    """Return the quotient of a division that comes out even; raises `NotDivisible` otherwise."""
    _require_positive(divisor)
    quotient, remainder = divmod(dividend, divisor)
    if remainder != 0:
        msg = f"{dividend} is not a multiple of {divisor}: a remainder of {remainder} is left"
        raise NotDivisible(msg)
    return quotient


def div_half_up(dividend: int, divisor: int) -> int:
    """Return the nearest whole number, ties away from zero (四舍五入).

    `div_half_up(5, 2)` is 3 and `div_half_up(-5, 2)` is -3, so a red-letter entry cancels the
    entry it corrects to the fen.
    """
    _require_positive(divisor)
    magnitude = (2 * abs(dividend) + divisor) // (2 * divisor)
    return magnitude if dividend >= 0 else -magnitude


def apply_rate_ppm(amount_fen: int, rate_ppm: int) -> int:
    """Return amount times rate in fen, half-up, ties away from zero.

    13 % of 1,000,000.00 yuan: `apply_rate_ppm(100_000_000, 130_000)` is 13_000_000.
    The amount may be negative. Raises ValueError for a negative rate.
    """
    if rate_ppm < 0:
        msg = f"rate {rate_ppm} ppm is negative"
        raise ValueError(msg)
    return div_half_up(amount_fen * rate_ppm, PPM)


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total in proportion to weights so that the shares sum to it exactly.

    Each share is first rounded down; what is left goes, one each, to the largest remainders,
    ties to the earlier index (the method of Hamilton). `share_out(100, [1, 1, 1])` is
    `[34, 33, 33]`. A negative total is the mirror image: the shares of `-total` negated.
    Raises ValueError for a negative weight, or when no weight is positive.
    """
    whole = sum(weights)
    if whole <= 0 or any(weight < 0 for weight in weights):
        msg = f"{len(weights)} weights must not be negative and must not all be zero"
        raise ValueError(msg)
    if total < 0:
        return [-share for share in share_out(-total, weights)]
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index)
    )
    for index in by_remainder[: total - sum(shares)]:
        shares[index] += 1
    return shares
