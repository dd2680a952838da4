"""Survey: parcels get a shape and a number, buildings on them get a number.

A parcel is tested against all others of its layer when it is surveyed, not when it is registered:
a ghost parcel has nowhere to lie (LND-I2).
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from tongjian.core.arithmetic import div_half_up
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Named, Signer
from tongjian.core.values import Digest, Uscc, count, time_ms
from tongjian.services.land import grid
from tongjian.services.land.book import (
    check_district,
    is_land,
    land_of,
    parcel_of,
    require_registered,
    require_unit,
)
from tongjian.services.land.geometry import (
    Polygon,
    area_twice,
    box_of,
    do_overlap,
    is_simple,
    is_within,
)
from tongjian.services.land.records import CELLS, PARCELS, UNITS, Parcel, Unit, service
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import (
    AreaDm2,
    Layer,
    MaybeUnits,
    ParcelCode,
    Ring,
    UnitCode,
    Use,
)

SURVEYORS: Final = AllOf(
    (Signer("surveyor", Named("surveyor")), Signer("cadastre_officer", Named("registry")))
)
"""A surveyor of a licensed firm, and an officer of the registry who has checked on the spot."""
REGISTRY: Final = 1
"""Place of the registry's officer among the signers."""
MM2_TWICE_PER_DM2: Final = 20_000
LAYERS: Final[dict[str, Layer]] = {"A": "ownership", "S": "above", "X": "below"}
FEATURE: Final = 13
"""Place of the character of a parcel number that tells its layer."""


class Survey(Act, tag="land.survey"):
    """Enter the survey of a parcel."""

    parcel: ParcelCode
    surveyor: Uscc
    registry: Uscc
    ring: Ring
    use: Use
    survey: Digest
    """Salted commitment to the survey report."""
    replaces: MaybeUnits
    """Land that a split or merger will put this parcel in the place of; in ascending order."""


class Surveyed(Event, tag="land.surveyed"):
    """A parcel has a shape and a number."""

    parcel: ParcelCode
    layer: Layer
    area_dm2: AreaDm2
    survey: Digest
    replaces: MaybeUnits


@service.operation(
    by=SURVEYORS,
    law="Regulation on Real Estate Registration art. 8, 18; Civil Code art. 212",
    writes=(PARCELS, CELLS, UNITS),
)
def survey(act: Survey, ledger: Ledger) -> Surveyed:
    """Enter a parcel that overlaps no other of its layer, under a number used once."""
    check_district(ledger.signers[REGISTRY].region, act.parcel)
    ensure(ledger.get(PARCELS, act.parcel) is None, Refusal.CODE_USED)
    polygon = polygon_of(act.ring)
    ensure(is_simple(polygon), Refusal.SHAPE_WRONG)
    layer = layer_of(act.parcel)
    check_free(act, polygon, layer, ledger)

    twice = area_twice(polygon)
    row = Parcel(
        layer=layer,
        ring=act.ring,
        area_mm2_twice=twice,
        surveyor=act.surveyor,
        survey=act.survey,
        replaces=act.replaces,
        status="planned" if act.replaces else "live",
    )
    unit = new_unit(div_half_up(twice, MM2_TWICE_PER_DM2), act.use, act.replaces)
    ledger.put(PARCELS, act.parcel, row=row)
    ledger.put(UNITS, land_of(act.parcel), row=unit)
    grid.enter(ledger, layer, box_of(polygon), act.parcel)
    return Surveyed(
        parcel=act.parcel,
        layer=layer,
        area_dm2=unit.area_dm2,
        survey=act.survey,
        replaces=act.replaces,
    )


def polygon_of(ring: Ring) -> Polygon:
    """Return the corners of a ring as the geometry takes them."""
    return tuple((point.x_mm, point.y_mm) for point in ring)


def layer_of(parcel: str) -> Layer:
    """Return the layer that a parcel's number names (GB/T 37346-2019)."""
    return LAYERS.get(parcel[FEATURE], "surface")


def check_free(act: Survey, polygon: Polygon, layer: Layer, ledger: Ledger) -> None:
    """Refuse a parcel that overlaps another, unless it is planned to take its place (I2, I11)."""
    replaced = dict.fromkeys(replaced_parcels(act.replaces, layer, ledger))
    for number, other in _others(polygon, layer, ledger):
        if number not in replaced:
            ensure(not do_overlap(polygon, other), Refusal.OVERLAPS)
    for number in replaced:
        known = ledger.one(PARCELS, number, missing=Refusal.PARCEL_UNKNOWN)
        old = polygon_of(known.ring)
        is_inside = is_within(polygon, old) if len(replaced) == 1 else is_within(old, polygon)
        ensure(is_inside, Refusal.OUTSIDE_PREDECESSOR)


def _others(polygon: Polygon, layer: Layer, ledger: Ledger) -> Iterator[tuple[str, Polygon]]:
    for number in grid.neighbours(ledger, layer, box_of(polygon)):
        known = ledger.one(PARCELS, number, missing=Refusal.PARCEL_UNKNOWN)
        yield number, polygon_of(known.ring)


def replaced_parcels(replaces: tuple[str, ...], layer: Layer, ledger: Ledger) -> list[str]:
    """Return the parcels under the land to be replaced: registered, of this layer, in order."""
    check_ascending(replaces)
    for code in replaces:
        ensure(is_land(code) and layer_of(code) == layer, Refusal.PLAN_WRONG)
        require_registered(ledger, code)
    return [parcel_of(code) for code in replaces]


def check_ascending(codes: tuple[str, ...]) -> None:
    """Refuse a list of units that names one twice, or is not in order."""
    ensure(all(one < other for one, other in pairwise(codes)), Refusal.PLAN_WRONG)


def new_unit(area_dm2: int, use: Use, replaces: tuple[str, ...]) -> Unit:
    """Return a unit that is surveyed and nothing more."""
    return Unit(
        status="surveyed",
        area_dm2=area_dm2,
        use=use,
        term_end_ms=time_ms(0),
        holders=(),
        replaces=replaces,
        successors=(),
        entries=count(0),
        title=0,
        first_ms=time_ms(0),
        mortgages=(),
        notices=(),
        objections=(),
        seizure=0,
        waiting=(),
    )


class CancelSurvey(Act, tag="land.cancel_survey"):
    """Take back the survey of a parcel on which nothing was registered."""

    parcel: ParcelCode
    surveyor: Uscc
    registry: Uscc


class SurveyCancelled(Event, tag="land.survey_cancelled"):
    """A parcel is no more; its number is never used again."""

    parcel: ParcelCode


@service.operation(
    by=SURVEYORS,
    law="Regulation on Real Estate Registration art. 18",
    writes=(PARCELS, CELLS, UNITS),
)
def cancel_survey(act: CancelSurvey, ledger: Ledger) -> SurveyCancelled:
    """Take back a survey before anything was registered on it; the number is dead for ever."""
    check_district(ledger.signers[REGISTRY].region, act.parcel)
    parcel = ledger.one(PARCELS, act.parcel, missing=Refusal.PARCEL_UNKNOWN)
    unit = require_unit(ledger, land_of(act.parcel))
    ensure(unit.status == "surveyed", Refusal.UNIT_NOT_SURVEYED)

    bury(ledger, act.parcel, parcel)
    ledger.put(UNITS, land_of(act.parcel), row=replace(unit, status="extinguished"))
    return SurveyCancelled(parcel=act.parcel)


def bury(ledger: Ledger, number: str, parcel: Parcel) -> None:
    """Take a parcel off the map; its row stays, and its number is never used again."""
    grid.leave(ledger, parcel.layer, box_of(polygon_of(parcel.ring)), number)
    ledger.put(PARCELS, number, row=replace(parcel, status="dead"))


class DefineUnit(Act, tag="land.define_unit"):
    """Enter the survey of a building, or of a part of one, on a parcel."""

    unit: UnitCode
    surveyor: Uscc
    registry: Uscc
    area_dm2: AreaDm2
    use: Use
    survey: Digest
    replaces: MaybeUnits


class UnitDefined(Event, tag="land.unit_defined"):
    """A building, or a part of one, has a number."""

    unit: UnitCode
    area_dm2: AreaDm2
    survey: Digest
    replaces: MaybeUnits


@service.operation(
    by=SURVEYORS,
    law="Regulation on Real Estate Registration art. 8, 18, 19",
    reads=(PARCELS,),
    writes=(UNITS,),
)
def define_unit(act: DefineUnit, ledger: Ledger) -> UnitDefined:
    """Enter a building or flat on a surveyed parcel, under a number used once."""
    check_district(ledger.signers[REGISTRY].region, act.unit)
    ensure(ledger.get(UNITS, act.unit) is None, Refusal.CODE_USED)
    parcel = ledger.one(PARCELS, parcel_of(act.unit), missing=Refusal.PARCEL_UNKNOWN)
    ensure(parcel.status == "live", Refusal.PARCEL_UNKNOWN)
    check_ascending(act.replaces)
    for code in act.replaces:
        is_here = parcel_of(code) == parcel_of(act.unit) and not is_land(code)
        ensure(is_here, Refusal.PLAN_WRONG)
    room = parcel.area_mm2_twice * ledger.parameter("floors_max")
    ensure(act.area_dm2 * MM2_TWICE_PER_DM2 <= room, Refusal.AREA_WRONG)

    ledger.put(UNITS, act.unit, row=new_unit(act.area_dm2, act.use, act.replaces))
    return UnitDefined(
        unit=act.unit, area_dm2=act.area_dm2, survey=act.survey, replaces=act.replaces
    )
