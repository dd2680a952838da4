"""Values of the land register: numbers, shares, points, and the words a register has.

A party is known by a digest: the land pseudonym of a natural person (a keyed digest, one for each
person, made in the vault) or the like of a firm. Names and numbers of persons are never here.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.values import Digest

UnitCode = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{12}([GJZ][BSXCDEFHWY]|JA)[0-9]{5}([FLQ][0-9]{8}|W00000000)$(?!\n)",
        min_length=28,
        max_length=28,
        description="Real-estate unit number, GB/T 37346-2019: parcel 19, fixture 9.",
    ),
]
ParcelCode = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{12}([GJZ][BSXCDEFHWY]|JA)[0-9]{5}$(?!\n)",
        min_length=19,
        max_length=19,
        description="Number of a parcel, the first 19 characters of its units' numbers.",
    ),
]
ApplicationNumber = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{6}-[0-9]{4}-[0-9]{7}$(?!\n)",
        min_length=19,
        max_length=19,
        description="Number of an application, as 990106-2026-0000001: division, year, sequence.",
    ),
]
EntryNumber = Annotated[
    int, Meta(ge=1, le=2**40, description="Number of an entry in the book of one unit.")
]
MaybeEntry = Annotated[int, Meta(ge=0, le=2**40, description="Number of an entry; 0 for none.")]
Sequence = Annotated[int, Meta(ge=1, le=9_999_999, description="Seven digits.")]
Year = Annotated[int, Meta(ge=1949, le=2248, description="Calendar year in Shanghai.")]
AreaDm2 = Annotated[
    int, Meta(ge=1, le=10**15, description="Registered area, 0.01 m².", extra={"unit": "dm²"})
]
AreaMm2 = Annotated[
    int, Meta(ge=1, le=2**62, description="Twice the exact area.", extra={"unit": "mm²/2"})
]
CoordinateMm = Annotated[
    int,
    Meta(ge=0, le=2**37, description="In the plane of the local survey.", extra={"unit": "mm"}),
]
MaybeArea = Annotated[
    int, Meta(ge=0, le=10**15, description="Area, 0 for none.", extra={"unit": "dm²"})
]
MaybeDay = Annotated[
    int, Meta(ge=0, le=22481231, description="Day, 0 for none.", extra={"unit": "yyyymmdd"})
]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", max_length=3, description="ISO 4217 code.")]
ForeignKind = Literal["sale", "property", "parcel", "survey"]
"""What another register recorded: a sale of land, a thing of the state, a parcel, a survey."""
Days = Annotated[int, Meta(ge=1, le=36_500, description="Calendar days.", extra={"unit": "day"})]

POINTS_MAX: Final = 128
"""Corners of a parcel; the test of its shape takes time with their square."""
SHARES_MAX: Final = 16
"""Co-owners of one unit."""
UNITS_MAX: Final = 16
"""Units in one application."""
DENOMINATOR_MAX: Final = 1_000_000


class Point(Record):
    """A corner of a parcel."""

    x_mm: CoordinateMm
    y_mm: CoordinateMm


Ring = Annotated[tuple[Point, ...], Meta(min_length=3, max_length=POINTS_MAX)]
"""Corners counter-clockwise; the last is joined to the first, and not repeated."""


class Share(Record):
    """What one holder has of a unit: an exact fraction in lowest terms."""

    holder: Digest
    numerator: Annotated[int, Meta(ge=1, le=DENOMINATOR_MAX)]
    denominator: Annotated[int, Meta(ge=1, le=DENOMINATOR_MAX)]


Shares = Annotated[tuple[Share, ...], Meta(min_length=1, max_length=SHARES_MAX)]
"""In ascending order of holder, each once, together exactly one (LND-I2)."""
NoShares = Annotated[tuple[Share, ...], Meta(max_length=SHARES_MAX)]
Holders = Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=SHARES_MAX)]
Units = Annotated[tuple[UnitCode, ...], Meta(min_length=1, max_length=UNITS_MAX)]
MaybeUnits = Annotated[tuple[UnitCode, ...], Meta(max_length=UNITS_MAX)]
Attestations = Annotated[tuple[Digest, ...], Meta(max_length=SHARES_MAX)]

Use = Literal[
    "residential",
    "commercial",
    "industrial",
    "office",
    "school_public",
    "hospital_public",
    "farm",
    "forest",
    "sea",
    "other",
]
"""What the unit is for; `school_public` and `hospital_public` may not be mortgaged (art. 399)."""
UnitStatus = Literal["surveyed", "registered", "built", "split", "merged", "extinguished"]
"""`built`: bare land on which buildings are registered; they carry it from then on (art. 356)."""
SeizureStatus = Literal["waiting", "active", "lifted", "expired", "executed", "void"]
"""`executed`: its own court transferred the unit. `void`: another court did while it waited."""
BurdenStatus = Literal["live", "released", "converted", "lapsed", "ended"]
MortgageKind = Literal["general", "maximum", "construction"]
"""General 一般, of a maximum amount 最高额, of a building under construction 在建工程."""
ApplicationStatus = Literal[
    "submitted",
    "not_accepted",
    "accepted",
    "approved",
    "refused",
    "withdrawn",
    "entered",
]
EntryKind = Literal[
    "first",
    "transfer",
    "change",
    "split",
    "merge",
    "mortgage",
    "mortgage_release",
    "notice",
    "notice_end",
    "objection",
    "objection_end",
    "seizure",
    "seizure_renewal",
    "seizure_end",
    "court_transfer",
    "deletion",
    "built",
]
"""What an entry in the book does: 首次 转移 变更 (分割 合并) 抵押 注销抵押 预告 异议 查封 …"""
Layer = Literal["surface", "above", "below", "ownership"]
"""Parcels of one layer are disjoint; collective ownership lies under the rights of use on it."""
