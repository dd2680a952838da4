"""Minor units of currencies: what the ledger counts in, and what people read."""

from decimal import Decimal
from typing import Final

_DIGITS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Currencies whose minor unit is not a hundredth (ISO 4217, list one)."""


def minor_digits(currency: str) -> int:
    """Return how many digits after the point the minor unit of a currency has."""
    return _DIGITS.get(currency, 2)


def as_amount(minor: int, currency: str) -> Decimal:
    """Return a number of minor units as an amount of the currency."""
    return Decimal(minor).scaleb(-minor_digits(currency))
