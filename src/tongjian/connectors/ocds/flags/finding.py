"""What a red flag says, and what may be set about the search for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal

CODES: Final = (
    "R003",
    "R018",
    "R024",
    "R025",
    "R028",
    "R030",
    "R035",
    "R036",
    "R038",
    "R044",
    "R048",
    "R058",
)
Group = Literal["OCID", "Buyer", "ProcuringEntity", "Tenderer"]
"""What a flag is about, as the catalogue's reference writes it."""


Figure = Fraction | int | str
Figures = Mapping[str, Figure]
"""By what a finding can be checked, by name."""


@dataclass(frozen=True)
class RedFlag:
    """One finding about a process or an organization."""

    code: str
    group: Group
    subject: str
    """The ocid, or the id of the organization."""
    value: Fraction
    """1 where the flag has no figure of its own."""
    tenderers: tuple[str, ...] = ()
    """Whom a flag about a process concerns."""
    figures: Figures = field(default_factory=dict[str, Figure])


@dataclass(frozen=True)
class Settings:
    """What an office may set; the values here are those of the catalogue's reference."""

    codes: tuple[str, ...] = CODES
    """The flags to look for."""
    currency: str = ""
    """Of the amounts that are compared; empty for the first that is met."""
    excluded_details: frozenset[str] = frozenset()
    """Values of `procurementMethodDetails` whose processes are left out of everything."""
    priceless_details: frozenset[str] = frozenset()
    """The same for methods whose price the buyer sets: bids are not compared by price."""
    period_days_min: int = 15
    """R003; where a law asks for more, more: 20 by Tendering Law art. 24."""
    period_days_min_by_details: Mapping[str, int] = field(default_factory=dict[str, int])
    period_methods: frozenset[str] = frozenset()
    """R003: the methods that are looked at; empty for all, and for those that name none."""
    competitive_methods: frozenset[str] = frozenset({"open", "selective"})
    """R018."""
    close_price_max: Fraction | None = None
    """R024: a difference up to this is flagged; none for the lower fence of all differences."""
    frequent_percentile: int = 75
    """R025: who bids at least as often as this share of all tenderers is looked at."""
    success_max: Fraction | None = None
    """R025: a share of won bids up to this is flagged; none for the lower fence."""
    disqualified_tenderers_min: int = 1
    """R035."""
    disqualified_min: Fraction | None = None
    """R038: a share from this on is flagged; none for the upper fence."""
    submitted_bids_min: int = 2
    """R038: whoever has fewer bids is not looked at."""
    classification_digits: int = 2
    """R048: the first level of UNSPSC and CPV."""
    variety_min: int | None = None
    """R048: none for the upper fence."""
    supplied_processes_min: int = 20
    """R048: whoever supplied in fewer processes is not looked at."""
    discount_min: Fraction | None = None
    """R058: a difference from this on is flagged; none for the upper fence."""
