"""Survey and certificates: each refusal of each act, in order of precedence."""

import land_acts as on
import pytest
from land_acts import box, flat, land, parcel, shares, who
from land_town import FLAT, Kernel, Refusal, Town

from tongjian.core.encoding import encode
from tongjian.core.hashing import sha256
from tongjian.services.land import grid
from tongjian.services.land.acts_certify import TAG_OFFICE
from tongjian.services.land.acts_survey import polygon_of
from tongjian.services.land.geometry import box_of
from tongjian.services.land.records import CELLS, PARCELS, Cell

ELSEWHERE = ("surveyor.surveyor", "elsewhere.cadastre_officer")


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_survey_is_refused_in_this_order(town: Town) -> None:
    town.no(
        Kernel.NOT_PERMITTED, on.survey(parcel(1), box(0, 0), by=("registry.cadastre_officer",))
    )
    town.no(Refusal.OUTSIDE_DISTRICT, on.survey(parcel(1), box(0, 0), by=ELSEWHERE))
    town.ok(on.survey(parcel(1), box(0, 0)))
    town.no(Refusal.CODE_USED, on.survey(parcel(1), box(0, 0)))
    town.no(Refusal.SHAPE_WRONG, on.survey(parcel(2), tuple(reversed(box(0, 0)))))
    town.no(Refusal.PARCEL_TOO_WIDE, on.survey(parcel(2), box(0, 0, 400_000, 400_000)))
    town.no(Refusal.OVERLAPS, on.survey(parcel(2), box(19, 0)))
    town.ok(on.survey(parcel(2), box(20, 0)))
    town.no(Refusal.PLAN_WRONG, on.survey(parcel(3), box(0, 0), replaces=(FLAT,)))
    town.no(Refusal.PLAN_WRONG, on.survey(parcel(3), box(0, 0), replaces=(land(2), land(1))))
    town.no(Refusal.UNIT_UNKNOWN, on.survey(parcel(3), box(0, 0), replaces=(land(9),)))
    town.no(Refusal.UNIT_NOT_REGISTERED, on.survey(parcel(3), box(0, 0), replaces=(land(1),)))


def test_a_region_that_is_none_lies_in_no_district(town: Town) -> None:
    town.no(Refusal.OUTSIDE_DISTRICT, on.survey("000001" + parcel(1)[6:], box(0, 0)))


def test_a_part_outside_its_predecessor_is_refused(town: Town) -> None:
    town.with_land("zhou", at=1)
    step = on.survey(parcel(2), box(0, 0, 21, 15), replaces=(land(1),))
    town.no(Refusal.OUTSIDE_PREDECESSOR, step)
    town.ok(on.survey(parcel(2), box(0, 0, 20, 15), replaces=(land(1),)))
    # Another plan for the same ground waits until this one is taken back.
    rival = on.survey(parcel(3), box(0, 0, 20, 10), replaces=(land(1),))
    town.no(Refusal.OVERLAPS, rival)
    town.ok(on.cancel_survey(parcel(2)), rival)


def test_a_merged_parcel_holds_the_whole_of_what_it_replaces(town: Town) -> None:
    town.with_land("zhou", at=1).with_land("zhou", at=2, x=20)
    replaces = (land(1), land(2))
    less = on.survey(parcel(3), box(0, 0, 39, 30), replaces=replaces)
    town.no(Refusal.OUTSIDE_PREDECESSOR, less)
    town.ok(on.survey(parcel(3), box(0, 0, 40, 30), replaces=replaces))


def test_layers_lie_upon_each_other(town: Town) -> None:
    for feature in ("GB", "GS", "GX", "JA"):
        town.ok(on.survey(parcel(1, feature), box(0, 0)))
    for feature in ("GB", "GS", "GX", "JA", "GC"):
        town.no(Refusal.OVERLAPS, on.survey(parcel(2, feature), box(1, 1, 2, 2)))


def test_too_many_parcels_in_one_place_are_refused(town: Town) -> None:
    at = box_of(polygon_of(box(0, 0, 1, 1)))
    (path,) = grid.paths_of(at)
    cell = on.build(Cell, low_x_mm=0, low_y_mm=0, high_x_mm=1, high_y_mm=1)
    for number in range(grid.NEIGHBOURS_MAX):
        key = CELLS.key("surface", *grid.key_of(path), parcel(number))
        town.world._founding[key] = encode(cell)
    town.no(Refusal.TOO_MANY_NEIGHBOURS, on.survey(parcel(1), box(0, 0, 1, 1)))


def test_the_cancelling_of_a_survey_is_refused_in_this_order(town: Town) -> None:
    town.no(Refusal.OUTSIDE_DISTRICT, on.cancel_survey(parcel(1), by=ELSEWHERE))
    town.no(Refusal.PARCEL_UNKNOWN, on.cancel_survey(parcel(1)))
    town.with_land("zhou", at=1)
    town.no(Refusal.UNIT_NOT_SURVEYED, on.cancel_survey(parcel(1)))
    town.ok(on.survey(parcel(2), box(20, 0)), on.cancel_survey(parcel(2)))
    town.no(Refusal.UNIT_NOT_SURVEYED, on.cancel_survey(parcel(2)))
    town.no(Refusal.CODE_USED, on.survey(parcel(2), box(20, 0)))
    assert town.world.row(PARCELS, parcel(2)).status == "dead"
    town.ok(on.survey(parcel(3), box(20, 0)))


def test_a_building_is_refused_in_this_order(town: Town) -> None:
    town.no(Refusal.OUTSIDE_DISTRICT, on.define_unit(FLAT, by=ELSEWHERE))
    town.no(Refusal.PARCEL_UNKNOWN, on.define_unit(FLAT))
    town.ok(on.survey(parcel(21), box(0, 0)))
    town.no(Refusal.CODE_USED, on.define_unit(land(21)))
    town.no(Refusal.PLAN_WRONG, on.define_unit(FLAT, replaces=(flat(22, 1),)))
    town.no(Refusal.PLAN_WRONG, on.define_unit(FLAT, replaces=(land(21),)))
    town.no(Refusal.AREA_WRONG, on.define_unit(FLAT, area_dm2=60_000 * 200 + 1))
    town.ok(on.define_unit(FLAT, area_dm2=60_000 * 200))
    town.no(Refusal.CODE_USED, on.define_unit(FLAT))
    town.ok(on.survey(parcel(22), box(20, 0)), on.cancel_survey(parcel(22)))
    town.no(Refusal.PARCEL_UNKNOWN, on.define_unit(flat(22, 1)))


def test_a_notary_is_refused_in_this_order(town: Town) -> None:
    town.no(Refusal.UNIT_UNKNOWN, on.attest("deed", FLAT, "zhou"))
    town.with_flat("zhou")
    town.ok(on.attest("deed", FLAT, "zhou"))
    town.no(Refusal.ALREADY_RECORDED, on.attest("deed", FLAT, "lin"))
    town.no(Refusal.ATTESTATION_ENDED, on.attest("late", FLAT, "zhou", until_ms=0))
    town.no(Kernel.NOT_PERMITTED, on.revoke("unknown"))
    town.ok(on.revoke("deed"))
    town.no(Refusal.BURDEN_ENDED, on.revoke("deed"))


def test_a_certificate_is_refused_in_this_order(town: Town) -> None:
    town.with_flat("zhou")
    sale = town.sell("zhou", "lin")
    town.no(Refusal.NUMBER_WRONG, on.certificate(sale, FLAT, 2, "lin", year=2025))
    pending = town.ready(on.notice(FLAT, ["lin"], "he"))
    town.no(Refusal.NOT_ENTERED, on.certificate(pending, FLAT, 3, "lin"))
    town.no(Refusal.NOT_ENTERED, on.certificate(sale, FLAT, 9, "lin"))
    town.no(Refusal.NOT_ENTERED, on.certificate(sale, FLAT, 1, "zhou"))
    town.no(Refusal.NOT_HOLDER, on.certificate(sale, FLAT, 2, "zhou"))
    town.ok(on.certificate(sale, FLAT, 2, "lin"))
    town.no(Refusal.NUMBER_USED, on.certificate(sale, FLAT, 2, "lin"))
    town.no(Kernel.NOT_PERMITTED, on.certificate("990106-2026-0000099", FLAT, 2, "lin"))


def test_a_proof_goes_to_the_holder_of_a_notice_and_to_a_mortgagee(town: Town) -> None:
    town.with_flat("zhou")
    reserved = town.enter(on.notice(FLAT, ["zhou"], "lin"))
    town.no(Refusal.NOT_HOLDER, on.certificate(reserved, FLAT, 2, "zhou"))
    event = town.ok(on.certificate(reserved, FLAT, 2, "lin"), vector="accepts_proof")
    assert event.kind == "proof"  # type: ignore[attr-defined]
    consent = on.attest("consent", FLAT, "lin", "consent")
    town.ok(consent)
    name = sha256(b"consent")
    loan = town.enter(on.mortgage(FLAT, ["zhou"], attestations=(name,)), on.agree(""))
    bank = sha256(TAG_OFFICE + on.USCC["bank"].encode())
    town.no(Refusal.NOT_HOLDER, on.certificate(loan, FLAT, 3, "zhou", sequence=2))
    town.ok(on.certificate(loan, FLAT, 3, "", digest=bank, sequence=2), vector="accepts_loan")
    objected = town.enter(on.objection(FLAT, "he"))
    town.no(Refusal.NOT_HOLDER, on.certificate(objected, FLAT, 4, "he", sequence=3))


def test_a_record_of_another_register_is_refused_in_this_order(town: Town) -> None:
    town.no(Kernel.NOT_PERMITTED, on.record_foreign("one", by="elsewhere"))
    town.no(Refusal.TIME_AHEAD, on.record_foreign("one", day=20260305))
    town.no(Refusal.TIME_AHEAD, on.record_foreign("one", day=20260230))
    town.ok(on.record_foreign("one"))
    town.no(Refusal.ALREADY_RECORDED, on.record_foreign("one", day=20260305))
    town.ok(on.record_foreign("two", day=0), on.record_foreign("three", day=20260304))


def test_everybody_is_known_by_a_digest(town: Town) -> None:
    town.with_flat("zhou")
    assert list(town.owners()) == [who("zhou")]
    assert shares("zhou") == town.unit().holders
