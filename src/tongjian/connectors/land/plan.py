"""What is read of a record before it is recorded, whatever format it came in."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final, Literal, cast

from tongjian.connectors.currency import minor_digits
from tongjian.connectors.importing import Declined
from tongjian.connectors.strictjson import Json

_DM2_PER_M2: Final = 100


@dataclass(frozen=True)
class Plan:
    """A record with the numbers that the act takes."""

    key: str
    """Register and number: the same for every copy."""
    kind: Literal["sale", "property", "parcel", "survey"]
    currency: str = ""
    total_minor: int = 0
    area_dm2: int = 0
    day: int = 0
    flags: tuple[str, ...] = ()


class Unfit(Exception):
    """A record that is not taken: why, by which rule, what its holder can do."""

    def __init__(self, why: str, rule: str, then: str = "Ask the register to correct it.") -> None:
        """Say why, by which rule, and what to do."""
        super().__init__(why)
        self.why, self.rule, self.then = why, rule, then

    def declined(self, label: str = "") -> Declined:
        """Return it as the report tells it."""
        return Declined(self.why, self.rule, self.then, label)


def minor_of(text: str, currency: str, rule: str) -> int:
    """Return an amount as minor units; raises `Unfit` for one that is not whole in them."""
    try:
        scaled = Decimal(text.strip()).scaleb(minor_digits(currency))
    except InvalidOperation as error:
        raise Unfit(f"{text[:40]!r} is no amount.", rule) from error
    if not scaled.is_finite() or scaled < 0 or scaled != scaled.to_integral_value():
        raise Unfit(f"{text[:40]} {currency} is not a whole number of minor units.", rule)
    return int(scaled)


def as_object(value: object) -> Json:
    """Return an object, or an empty one where there is none."""
    return cast(Json, value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return a list, or an empty one where there is none."""
    found: list[Any] = value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]
    return found


def area_of(square_metres: Decimal, rule: str) -> int:
    """Return an area as 0.01 m², half-up; raises `Unfit` for one below nought or without end."""
    if not square_metres.is_finite() or square_metres < 0:
        raise Unfit(f"{square_metres} m² is no area.", rule)
    scaled = square_metres * _DM2_PER_M2
    return int(scaled.to_integral_value(ROUND_HALF_UP))
