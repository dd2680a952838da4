"""Parcels in GeoJSON (RFC 7946): polygons with closed rings, one record a feature.

Coordinates are kept and not recomputed: the area is what the record states. A ring that runs
clockwise is flagged, not refused (RFC 7946, 3.1.6).
"""

import hashlib
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from tongjian.connectors.land.plan import Plan, Unfit, area_of, as_list, as_object
from tongjian.connectors.strictjson import Json

RULE: Final = "RFC 7946, GeoJSON"
_POSITIONS_MIN: Final = 4
_POSITION_SIZE_MIN: Final = 2
_AREA_NAMES: Final = ("area", "area_m2", "AREA", "shape_area")


def read_feature(feature: Json, data: bytes) -> Plan:
    """Return what a feature says; raises `Unfit` for one that is no parcel."""
    geometry = as_object(feature.get("geometry"))
    if feature.get("type") != "Feature" or not geometry:
        raise Unfit("It is no feature with a geometry.", f"{RULE} 3.2", "Leave it out.")
    flags = [flag for polygon in polygons_of(geometry) for flag in check_polygon(polygon)]
    properties = as_object(feature.get("properties"))
    stated = feature.get("id", properties.get("id"))
    number = str(stated) if stated not in (None, "") else hashlib.sha256(data).hexdigest()
    return Plan(
        key=f"parcel:{number}"[:512],
        kind="parcel",
        area_dm2=area_of(stated_area(properties), RULE),
        flags=tuple(sorted(dict.fromkeys(flags))),
    )


def stated_area(properties: Any) -> Decimal:
    """Return the area in m² that a record states, or nought."""
    for name in _AREA_NAMES:
        value = as_object(properties).get(name)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return Decimal(value)
    return Decimal(0)


def polygons_of(geometry: Json) -> list[Any]:
    """Return the polygons of a geometry; raises `Unfit` where it is of another type."""
    kind, coordinates = geometry.get("type"), as_list(geometry.get("coordinates"))
    if kind == "Polygon":
        return [coordinates]
    if kind == "MultiPolygon" and coordinates:
        return coordinates
    what = f"Its geometry is {str(kind)[:40]}, no polygon."
    raise Unfit(what, f"{RULE} 3.1.6", "Leave it out.")


def check_polygon(rings: Any) -> list[str]:
    """Return the flags of a polygon; raises `Unfit` where a ring is not closed."""
    known = as_list(rings)
    if not known:
        raise Unfit("A polygon has no ring.", f"{RULE} 3.1.6")
    flags = ["holes"] if len(known) > 1 else []
    for place, ring in enumerate(known):
        points = [_point(position) for position in as_list(ring)]
        if len(points) < _POSITIONS_MIN or points[0] != points[-1]:
            raise Unfit("A ring is not closed, or has fewer than four positions.", f"{RULE} 3.1.6")
        is_clockwise = _area_twice(points) < 0
        if is_clockwise == (place == 0):
            flags.append("not_right_handed")
    return flags


def _point(position: Any) -> tuple[Decimal, Decimal]:
    parts = [part for part in as_list(position)[:2] if isinstance(part, int | Decimal)]
    if len(parts) < _POSITION_SIZE_MIN:
        raise Unfit("A position is not two numbers.", f"{RULE} 3.1.1")
    return Decimal(parts[0]), Decimal(parts[1])


def _area_twice(points: list[tuple[Decimal, Decimal]]) -> Decimal:
    pairs = pairwise(points)
    return sum((a[0] * b[1] - b[0] * a[1] for a, b in pairs), Decimal(0))
