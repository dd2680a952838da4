"""Surveys in the Cadastral Survey Data Model (ICSM; JSON-FG, aligned with ISO 19152).

A survey is one record, and each parcel of it another. A parcel's boundary is a list of vectors:
each must be in the survey. Where they do not join end to end the parcel is flagged: published
examples have that.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Final

from tongjian.connectors.land.geojson import stated_area
from tongjian.connectors.land.plan import Plan, Unfit, area_of, as_list, as_object
from tongjian.connectors.strictjson import Json

RULE: Final = "ICSM Cadastral Survey Data Model"
PARTS: Final = ("parcels", "points", "observedVectors", "adoptedVectors", "vectorObservations")
"""Lists of collections that make a document a survey."""
RESULTS: Final = ("distance", "angle", "pose")
SENSOR_NEEDS: Final = {"DifferentialGPS": ("baseSensor", "roverSensor")}
_ACCURACY: Final = "Accuracy"


def is_survey(document: Json) -> bool:
    """Say whether a document is a survey, or observations of one."""
    kind = str(document.get("featureType", ""))
    return any(name in document for name in PARTS) or kind.endswith("ObservationCollection")


def is_observation(document: Json) -> bool:
    """Say whether a document is one observation."""
    properties = document.get("properties")
    return isinstance(properties, dict) and "hasResult" in properties


def read_survey(document: Json, data: bytes) -> Plan:
    """Return what a survey says as a whole; raises `Unfit`."""
    lines = vectors_of(document)
    areas = [_check_parcel(parcel, lines)[0] for parcel in parcels_of(document, primary=True)]
    for parcel in parcels_of(document):
        _check_parcel(parcel, lines)
    _check_observations(document)
    digest = hashlib.sha256(data).hexdigest()
    return Plan(
        key=f"survey:{document.get('id', '')}:{digest}",
        kind="survey",
        area_dm2=sum(areas),
        day=day_of(document),
    )


def read_parcel(document: Json, identity: str) -> Plan:
    """Return what one parcel of a survey says; raises `Unfit`."""
    lines = vectors_of(document)
    day = day_of(document)
    for parcel in parcels_of(document):
        if str(parcel.get("id")) == identity:
            area, flags = _check_parcel(parcel, lines)
            key = f"parcel:{document.get('id', '')}:{identity}"
            return Plan(key=key, kind="parcel", area_dm2=area, day=day, flags=flags)
    raise Unfit(f"The survey has no parcel {identity[:40]}.", RULE)


def day_of(document: Json) -> int:
    """Return the day of a survey as yyyymmdd, 0 where it bears none; raises `Unfit`."""
    time = document.get("time")
    if time is None:
        return 0
    stated = as_object(time).get("date")
    try:
        day = dt.date.fromisoformat(str(stated))
    except ValueError as error:
        what = "Its time is no object with a date of the calendar."
        raise Unfit(what, f"{RULE}; JSON-FG, time") from error
    return day.year * 10_000 + day.month * 100 + day.day


def features_of(document: Json, name: str) -> Iterator[Json]:
    """Yield the features of all collections under a name."""
    for collection in as_list(document.get(name)):
        for feature in as_list(as_object(collection).get("features")):
            if not isinstance(feature, dict):
                raise Unfit(f"A member of {name} is no feature.", RULE)
            yield feature


def parcels_of(document: Json, *, primary: bool = False) -> Iterator[Json]:
    """Yield the parcels of a survey, or the primary ones, which do not overlap."""
    for collection in as_list(document.get("parcels")):
        kind = as_object(collection).get("featureType")
        if not primary or kind == "PrimaryParcel":
            yield from features_of({"parcels": [collection]}, "parcels")


def vectors_of(document: Json) -> dict[str, tuple[str, ...]]:
    """Return the ends of every vector of a survey, by its id."""
    vectors: dict[str, tuple[str, ...]] = {}
    for name in ("observedVectors", "adoptedVectors", "supportingVectors"):
        for feature in features_of(document, name):
            ends = as_list(as_object(feature.get("topology")).get("references"))
            vectors[str(feature.get("id"))] = tuple(map(str, ends))
    return vectors


def _check_parcel(parcel: Json, vectors: dict[str, tuple[str, ...]]) -> tuple[int, tuple[str, ...]]:
    """Return area and flags of a parcel; raises `Unfit` for a boundary that is not there."""
    rings = as_list(as_object(parcel.get("topology")).get("references"))
    flags: dict[str, None] = {}
    for ring in map(as_list, rings):
        unknown = [str(name) for name in ring if str(name) not in vectors]
        if unknown:
            what = f"Its boundary names the vector {unknown[0][:40]}, which is not in the survey."
            raise Unfit(what, f"{RULE}, topology of parcels")
        if not _is_closed([vectors[str(name)] for name in ring]):
            flags["boundary_open"] = None
    if not rings:
        flags["no_boundary"] = None
    return area_of(stated_area(parcel.get("properties")), RULE), tuple(flags)


def _is_closed(ring: list[tuple[str, ...]]) -> bool:
    around = pairwise((*ring, *ring[:1]))
    return all(any(end in other for end in one) for one, other in around)


# -- observations ---------------------------------------------------------------------------------


def _check_observations(document: Json) -> None:
    """Raise `Unfit` for an observation without instrument or result."""
    collections = as_list(document.get("vectorObservations"))
    if is_observation(document):
        check_observation(document, {})
    elif not any(name in document for name in PARTS):
        collections = [document]
    for collection in collections:
        shared = as_object(as_object(collection).get("properties"))
        for feature in features_of({"all": [collection]}, "all"):
            check_observation(feature, shared)


def check_observation(feature: Json, shared: Json) -> None:
    """Raise `Unfit` unless an observation says by what it was made and what it found."""
    said = as_object(feature.get("properties"))
    sensor = as_object(said.get("madeBySensor", shared.get("madeBySensor")))
    if not sensor.get("sensorType"):
        raise Unfit("An observation does not say by what sensor it was made.", RULE)
    for part in SENSOR_NEEDS.get(str(sensor["sensorType"]), ()):
        if part not in sensor:
            raise Unfit(f"The sensor of an observation lacks its {part}.", RULE)
    result = as_object(said.get("hasResult"))
    if not any(name in result for name in RESULTS):
        raise Unfit("An observation has neither distance nor angle nor pose.", RULE)
    for name, value in as_object(said.get("hasResultQuality")).items():
        if name.endswith(_ACCURACY) and not isinstance(value, int | Decimal):
            raise Unfit(f"The {name} of an observation is no number.", RULE)
