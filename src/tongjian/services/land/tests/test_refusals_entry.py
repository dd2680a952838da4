"""Entry: what each kind of registration is refused for, in order of precedence."""

import land_acts as on
import pytest
from land_acts import box, flat, holders, land, parcel, shares, step
from land_town import FLAT, Kernel, Refusal, Town

from tongjian.core.hashing import sha256
from tongjian.services.land.records import PARCELS

TAX = on.certify_tax("")
HIGH = 300_000_000


@pytest.fixture
def town() -> Town:
    return Town().with_flat("zhou")


# -- first registration ---------------------------------------------------------------------------


def test_a_first_registration_is_refused_in_this_order() -> None:
    town = Town()
    town.ok(on.survey(parcel(21), box(0, 0)), on.define_unit(FLAT))
    town.refuse_entry(Refusal.SHARES_WRONG, on.first(land(21), held=shares(zhou="1/2")))
    wrong = on.first(land(21), held=tuple(reversed(shares("zhou", "he"))))
    town.refuse_entry(Refusal.SHARES_WRONG, wrong)
    twice = shares("zhou")[0]
    half = on.build(type(twice), holder=twice.holder, numerator=1, denominator=2)
    town.refuse_entry(Refusal.SHARES_WRONG, on.first(land(21), held=(half, half)))
    reducible = on.build(type(twice), holder=twice.holder, numerator=2, denominator=2)
    town.refuse_entry(Refusal.SHARES_WRONG, on.first(land(21), held=(reducible,)))
    town.refuse_entry(Refusal.LAND_NOT_REGISTERED, on.first(FLAT, held=shares("zhou")))
    waiting = town.refuse_entry(Refusal.PUBLICITY_RUNS, on.first(land(21), held=shares("zhou")))
    town.publish()
    town.ok(step("enter", waiting))
    town.refuse_entry(Refusal.UNIT_NOT_SURVEYED, on.first(land(21), held=shares("zhou")))
    town.refuse_entry(Refusal.LAND_HELD_BY_OTHERS, on.first(FLAT, held=shares("lin")))


def test_land_under_a_burden_takes_no_building() -> None:
    town = Town().with_land("zhou")
    town.ok(on.define_unit(FLAT))
    building = on.first(FLAT, held=shares("zhou"))
    loan = town.enter(on.mortgage(land(21), ["zhou"]), on.agree(""))
    assert town.application(loan).status == "entered"
    name = town.ready(building)
    town.publish()
    town.no(Refusal.MORTGAGED, step("enter", name))
    town.ok(on.release(land(21), 2))
    town.ok(on.seize(land(21)))
    town.no(Refusal.SEIZED, step("enter", name))
    town.ok(on.lift(land(21), 4), step("enter", name))
    assert town.unit(land(21)).status == "built"
    # The bare land is carried by the building from now on.
    sale = on.transfer(land(21), ["zhou"], shares("lin"))
    town.refuse_entry(Refusal.UNIT_NOT_REGISTERED, sale, TAX)
    town.no(Refusal.UNIT_NOT_REGISTERED, on.seize(land(21)))


def test_later_buildings_are_registered_for_those_who_held_the_land(town: Town) -> None:
    town.ok(on.define_unit(flat(21, 10009)))
    other = town.ready(on.first(flat(21, 10009), held=shares("lin")))
    town.publish()
    town.no(Refusal.LAND_HELD_BY_OTHERS, step("enter", other))
    town.register(on.first(flat(21, 10009), held=shares("zhou")))


def test_a_planned_parcel_is_registered_by_split_or_merger_only() -> None:
    town = Town().with_land("zhou", at=1)
    town.ok(on.survey(parcel(2), box(0, 0, 20, 15), replaces=(land(1),)))
    town.refuse_entry(Refusal.PLAN_WRONG, on.first(land(2), held=shares("zhou")))


# -- transfer -------------------------------------------------------------------------------------


def test_a_transfer_is_refused_in_this_order(town: Town) -> None:
    new = shares("lin")
    wrong = on.transfer(FLAT, ["he"], shares(lin="1/3"))
    town.refuse_entry(Refusal.SHARES_WRONG, wrong)
    town.refuse_entry(Refusal.HOLDERS_DIFFER, on.transfer(FLAT, ["he"], new))
    same = on.transfer(FLAT, ["zhou"], shares("zhou"))
    town.refuse_entry(Refusal.NOTHING_CHANGES, same)
    town.enter(on.notice(FLAT, ["zhou"], "he"))
    town.enter(on.objection(FLAT, "chen"))
    town.ok(on.seize(FLAT))
    name = town.refuse_entry(Refusal.SEIZED, on.transfer(FLAT, ["zhou"], new))
    town.ok(on.lift(FLAT, 4))
    town.no(Refusal.RESERVED, step("enter", name))
    town.ok(on.attest("given up", FLAT, "he", "consent"))
    town.ok(on.end_notice(FLAT, 2, "given up"))
    town.no(Refusal.DISPUTED, step("enter", name))
    known = sha256(b"I know of the objection")
    name = town.refuse_entry(
        Refusal.TAX_NOT_PAID, on.transfer(FLAT, ["zhou"], new, acknowledged=known)
    )
    town.ok(on.certify_tax(name), step("enter", name))


def test_a_ban_binds_until_the_mortgagee_agrees(town: Town) -> None:
    town.enter(on.mortgage(FLAT, ["zhou"], transfer_ban=True), on.agree(""))
    name = town.refuse_entry(
        Refusal.TRANSFER_BANNED, on.transfer(FLAT, ["zhou"], shares("lin")), TAX
    )
    town.ok(on.agree(name, "rival"))
    town.no(Refusal.TRANSFER_BANNED, step("enter", name))
    town.ok(on.agree(name), step("enter", name))
    assert town.unit().mortgages == (2,)
    assert town.burden("mortgage", 2).status == "live"


def test_a_notary_attests_each_holder_where_the_price_is_high() -> None:
    town = Town().with_flat("zhou", "he")
    seen = (sha256(b"zhou seen"), sha256(b"he seen"))
    sale = on.transfer(FLAT, ["zhou", "he"], shares("lin"), price_fen=HIGH, attestations=seen)
    tax = on.certify_tax("", base=HIGH)
    name = town.refuse_entry(Refusal.ATTESTATION_UNKNOWN, sale, tax)
    town.ok(on.attest("zhou seen", FLAT, "zhou"))
    town.ok(on.attest("he seen", flat(21, 10008), "lin"))
    town.no(Refusal.NOT_ATTESTED, step("enter", name))
    bare = on.transfer(FLAT, ["zhou", "he"], shares("lin"), price_fen=HIGH)
    town.refuse_entry(Refusal.NOT_ATTESTED, bare, tax)
    town.ok(on.revoke("he seen"))
    town.no(Refusal.ATTESTATION_ENDED, step("enter", name))
    town.ok(on.attest("land", land(21), "he"))
    other = on.transfer(
        FLAT, ["zhou", "he"], shares("lin"), attestations=(seen[0], sha256(b"land"))
    )
    town.refuse_entry(Refusal.ATTESTED_OTHERWISE, other, TAX)
    town.ok(on.attest("agent", FLAT, "he", "agency"))
    good = on.transfer(
        FLAT,
        ["zhou", "he"],
        shares("lin"),
        price_fen=HIGH,
        attestations=(seen[0], sha256(b"agent")),
    )
    town.enter(good, tax)


def test_an_escrow_that_is_not_of_this_sale_is_refused(town: Town) -> None:
    sale = on.transfer(FLAT, ["zhou"], shares("lin"), escrow="escrow-1")
    town.refuse_entry(Refusal.ESCROW_WRONG, sale, TAX)


def test_an_inheritance_is_taxed_by_nobody(town: Town) -> None:
    town.enter(on.transfer(FLAT, ["zhou"], shares("he"), cause="inheritance", price_fen=0))


# -- change, deletion -----------------------------------------------------------------------------


def test_a_change_is_refused_in_this_order(town: Town) -> None:
    town.refuse_entry(Refusal.HOLDERS_DIFFER, on.change(FLAT, ["lin"], use="residential"))
    town.refuse_entry(Refusal.NOTHING_CHANGES, on.change(FLAT, ["zhou"], use="residential"))
    town.enter(on.change(FLAT, ["zhou"], use="commercial"))
    town.enter(on.change(FLAT, ["zhou"], use="commercial", term_end_ms=1, cause="term"))
    assert (town.unit().use, town.unit().term_end_ms) == ("commercial", 1)


def test_a_deletion_is_refused_in_this_order(town: Town) -> None:
    town.enter(on.mortgage(FLAT, ["zhou"]), on.agree(""))
    town.enter(on.objection(FLAT, "chen"))
    town.refuse_entry(Refusal.HOLDERS_DIFFER, on.deletion(FLAT, ["lin"]))
    town.ok(on.seize(FLAT))
    name = town.refuse_entry(Refusal.SEIZED, on.deletion(FLAT, ["zhou"]))
    town.ok(on.lift(FLAT, 4))
    town.no(Refusal.DISPUTED, step("enter", name))
    town.ok(on.end_objection(FLAT, 3))
    town.no(Refusal.MORTGAGED, step("enter", name))
    town.ok(on.agree(name), step("enter", name))
    assert (town.unit().status, town.unit().holders) == ("extinguished", ())
    assert town.burden("mortgage", 2).status == "released"
    town.refuse_entry(Refusal.UNIT_NOT_REGISTERED, on.deletion(FLAT, ["zhou"]))
    town.no(Refusal.CODE_USED, on.define_unit(FLAT))


def test_land_that_is_given_up_leaves_the_map() -> None:
    town = Town().with_land("zhou", at=1)
    town.enter(on.deletion(land(1), ["zhou"], "waiver"))
    assert town.world.row(PARCELS, parcel(1)).status == "dead"
    town.ok(on.survey(parcel(2), box(0, 0)))


# -- mortgage, notice, objection ------------------------------------------------------------------


def test_a_mortgage_is_refused_in_this_order(town: Town) -> None:
    loan = on.mortgage(FLAT, ["zhou"])
    town.refuse_entry(Refusal.HOLDERS_DIFFER, on.mortgage(FLAT, ["lin"]))
    town.enter(on.notice(FLAT, ["zhou"], "lin"))
    town.ok(on.seize(FLAT))
    name = town.refuse_entry(Refusal.SEIZED, loan)
    town.ok(on.lift(FLAT, 3))
    town.no(Refusal.RESERVED, step("enter", name))
    town.ok(on.attest("given up", FLAT, "lin", "consent"))
    town.ok(on.end_notice(FLAT, 2, "given up"))
    town.enter(on.objection(FLAT, "chen"))
    town.no(Refusal.DISPUTED, step("enter", name))
    town.ok(on.end_objection(FLAT, 6))
    town.no(Refusal.NOT_AGREED, step("enter", name))
    town.ok(on.agree(name), step("enter", name))
    high = on.mortgage(FLAT, ["zhou"], amount_fen=HIGH)
    town.refuse_entry(Refusal.NOT_ATTESTED, high, on.agree(""))


@pytest.mark.parametrize("use", ["school_public", "hospital_public"])
def test_what_serves_the_public_is_not_mortgaged(use: str) -> None:
    town = Town()
    town.ok(on.survey(parcel(1), box(0, 0), use=use))
    town.register(on.first(land(1), held=shares("city")))
    town.refuse_entry(Refusal.NOT_MORTGAGEABLE, on.mortgage(land(1), ["city"]), on.agree(""))


@pytest.mark.parametrize("feature", ["JA", "ZB"])
def test_owned_and_disputed_land_is_not_mortgaged(feature: str) -> None:
    town = Town()
    town.ok(on.survey(parcel(1, feature), box(0, 0)))
    town.register(on.first(land(1, feature), held=shares("village")))
    loan = on.mortgage(land(1, feature), ["village"])
    town.refuse_entry(Refusal.NOT_MORTGAGEABLE, loan, on.agree(""))


def test_a_notice_is_refused_in_this_order(town: Town) -> None:
    town.refuse_entry(Refusal.HOLDERS_DIFFER, on.notice(FLAT, ["he"], "lin"))
    town.ok(on.seize(FLAT))
    name = town.refuse_entry(Refusal.SEIZED, on.notice(FLAT, ["zhou"], "lin"))
    town.ok(on.lift(FLAT, 2))
    town.enter(on.objection(FLAT, "chen"))
    town.no(Refusal.DISPUTED, step("enter", name))
    town.ok(on.end_objection(FLAT, 4), step("enter", name))
    town.refuse_entry(Refusal.RESERVED, on.notice(FLAT, ["zhou"], "he"))
    town.ok(on.attest("consent", FLAT, "lin", "consent"))
    second = on.notice(FLAT, ["zhou"], "bank", "bank", attestations=(sha256(b"consent"),))
    town.enter(second)
    town.no(
        Refusal.UNIT_NOT_REGISTERED, step("enter", town.ready(on.notice(land(21), ["zhou"], "he")))
    )


def test_a_building_to_come_is_reserved_by_those_who_hold_the_land() -> None:
    town = Town()
    town.ok(on.survey(parcel(21), box(0, 0)), on.define_unit(FLAT))
    town.refuse_entry(Refusal.LAND_NOT_REGISTERED, on.notice(FLAT, ["zhou"], "lin"))
    town.register(on.first(land(21), held=shares("zhou")))
    town.refuse_entry(Refusal.HOLDERS_DIFFER, on.notice(FLAT, ["lin"], "lin"))
    town.enter(on.notice(FLAT, ["zhou"], "lin"))
    town.wait_days(400)
    assert town.burden("notice", 1).status == "live"
    town.register(on.first(FLAT, held=shares("zhou")))
    town.wait_days(89)
    assert town.unit().notices == (1,)
    town.wait_days(2)
    assert (town.unit().notices, town.burden("notice", 1).status) == ((), "lapsed")


def test_the_holder_of_a_notice_gets_the_unit_and_a_lender_the_mortgage(town: Town) -> None:
    town.enter(on.notice(FLAT, ["zhou"], "lin"))
    town.ok(on.attest("consent", FLAT, "lin", "consent"))
    consent = (sha256(b"consent"),)
    town.enter(on.notice(FLAT, ["zhou"], "bank", "bank", attestations=consent))
    rival = on.mortgage(FLAT, ["zhou"], "rival", attestations=consent)
    town.refuse_entry(Refusal.RESERVED, rival, on.agree("", "rival"))
    sale = on.transfer(FLAT, ["zhou"], shares("lin"))
    town.refuse_entry(Refusal.RESERVED, sale, TAX)
    town.enter(sale, TAX, on.agree(""))
    assert town.burden("notice", 2).status == "converted"
    town.enter(on.mortgage(FLAT, ["lin"]), on.agree(""))
    assert (town.unit().notices, town.burden("notice", 3).status) == ((), "converted")


def test_the_end_of_a_notice_is_refused_in_this_order(town: Town) -> None:
    town.no(Refusal.OUTSIDE_DISTRICT, on.end_notice(FLAT, 2, "deed", "elsewhere"))
    town.no(Refusal.UNIT_UNKNOWN, on.end_notice(flat(21, 9), 2, "deed"))
    town.no(Refusal.NOTICE_UNKNOWN, on.end_notice(FLAT, 2, "deed"))
    town.enter(on.notice(FLAT, ["zhou"], "lin"))
    town.no(Refusal.ATTESTATION_UNKNOWN, on.end_notice(FLAT, 2, "deed"))
    town.ok(on.attest("seen", FLAT, "lin"))
    town.no(Refusal.NOT_ATTESTED, on.end_notice(FLAT, 2, "seen"))
    town.ok(on.attest("other", FLAT, "he", "consent"))
    town.no(Refusal.ATTESTED_OTHERWISE, on.end_notice(FLAT, 2, "other"))
    town.ok(on.attest("deed", FLAT, "lin", "consent"), on.revoke("deed"))
    town.no(Refusal.ATTESTATION_ENDED, on.end_notice(FLAT, 2, "deed"))
    town.ok(on.attest("deed 2", FLAT, "lin", "consent"))
    town.ok(on.end_notice(FLAT, 2, "deed 2"))
    town.no(Refusal.BURDEN_ENDED, on.end_notice(FLAT, 2, "deed 2"))


def test_an_objection_is_refused_in_this_order(town: Town) -> None:
    town.refuse_entry(Refusal.UNIT_NOT_REGISTERED, on.objection(land(21), "chen"))
    town.enter(on.objection(FLAT, "chen"))
    town.refuse_entry(Refusal.ALREADY_RECORDED, on.objection(FLAT, "chen"))
    town.no(Refusal.OBJECTION_UNKNOWN, on.note_suit(FLAT, 9))
    town.no(Refusal.OBJECTION_UNKNOWN, on.end_objection(FLAT, 9))
    town.wait_days(16)
    assert town.burden("objection", 2).status == "lapsed"
    town.no(Refusal.BURDEN_ENDED, on.note_suit(FLAT, 2))
    town.no(Refusal.BURDEN_ENDED, on.end_objection(FLAT, 2))
    town.enter(on.objection(FLAT, "chen"))
    town.ok(on.note_suit(FLAT, 4))
    town.no(Refusal.ALREADY_RECORDED, on.note_suit(FLAT, 4))
    town.wait_days(30)
    assert town.burden("objection", 4).status == "live"
    town.ok(on.end_objection(FLAT, 4))


def test_the_release_of_a_mortgage_is_refused_in_this_order(town: Town) -> None:
    town.enter(on.mortgage(FLAT, ["zhou"]), on.agree(""))
    town.no(Kernel.NOT_PERMITTED, on.release(FLAT, 2, "rival"))
    town.no(Kernel.NOT_PERMITTED, on.release(FLAT, 3))
    town.no(Refusal.OUTSIDE_DISTRICT, on.release(FLAT, 2, registry="elsewhere"))
    town.ok(on.release(FLAT, 2))
    town.no(Refusal.BURDEN_ENDED, on.release(FLAT, 2))


# -- split and merger -----------------------------------------------------------------------------


def _planned(town: Town, *heights: int) -> list[str]:
    at = 0
    for n, height in enumerate(heights, 2):
        town.ok(on.survey(parcel(n), box(0, at, 20, height), replaces=(land(1),)))
        at += height
    return [land(n) for n in range(2, 2 + len(heights))]


def test_a_split_is_refused_in_this_order() -> None:
    town = Town().with_land("zhou", at=1)
    parts = _planned(town, 15, 14)
    town.refuse_entry(Refusal.PLAN_WRONG, on.split(land(1), ["zhou"], *reversed(parts)))
    town.refuse_entry(Refusal.PLAN_WRONG, on.split(land(1), ["zhou"], parts[0]))
    town.refuse_entry(Refusal.AREA_NOT_CONSERVED, on.split(land(1), ["zhou"], *parts))
    town.ok(on.survey(parcel(9), box(0, 29, 20, 1), replaces=(land(1),)))
    parts.append(land(9))
    town.refuse_entry(Refusal.HOLDERS_DIFFER, on.split(land(1), ["lin"], *parts))
    town.ok(on.seize(land(1)))
    name = town.refuse_entry(Refusal.SEIZED, on.split(land(1), ["zhou"], *parts))
    town.ok(on.lift(land(1), 2))
    town.enter(on.mortgage(land(1), ["zhou"]), on.agree(""))
    town.ok(step("enter", name))
    assert town.unit(land(1)).successors == tuple(parts)
    for part in parts:
        unit = town.unit(part)
        assert (unit.status, unit.holders) == ("registered", shares("zhou"))
        (rank,) = unit.mortgages
        assert town.burden("mortgage", rank, part).amount_fen == 60_000_000
    assert town.world.row(PARCELS, parcel(1)).status == "dead"
    town.refuse_entry(Refusal.UNIT_NOT_REGISTERED, on.split(land(1), ["zhou"], *parts))


def test_flats_are_split_and_merged_by_their_measured_area(town: Town) -> None:
    parts = [flat(21, 20001), flat(21, 20002)]
    for part in parts:
        town.ok(on.define_unit(part, area_dm2=4430, replaces=(FLAT,)))
    town.enter(on.split(FLAT, ["zhou"], *parts))
    whole = flat(21, 30001)
    town.ok(on.define_unit(whole, area_dm2=8900, replaces=tuple(parts)))
    town.refuse_entry(Refusal.AREA_NOT_CONSERVED, on.merge(parts, ["zhou"], whole))
    exact = flat(21, 30002)
    town.ok(on.define_unit(exact, area_dm2=8868, replaces=tuple(parts)))
    town.enter(on.merge(parts, ["zhou"], exact))
    assert town.unit(exact).holders == shares("zhou")
    assert [town.unit(part).status for part in parts] == ["merged", "merged"]


def test_a_merger_is_refused_in_this_order() -> None:
    town = Town().with_land("zhou", at=1).with_land("zhou", at=2, x=20)
    both = (land(1), land(2))
    town.ok(on.survey(parcel(3), box(0, 0, 40, 30), replaces=both))
    town.refuse_entry(Refusal.PLAN_WRONG, on.merge(tuple(reversed(both)), ["zhou"], land(3)))
    town.refuse_entry(Refusal.PLAN_WRONG, on.merge((land(1),), ["zhou"], land(3)))
    town.refuse_entry(Refusal.HOLDERS_DIFFER, on.merge(both, ["lin"], land(3)))
    town.enter(on.objection(land(2), "chen"))
    name = town.refuse_entry(Refusal.DISPUTED, on.merge(both, ["zhou"], land(3)))
    town.ok(on.end_objection(land(2), 2))
    town.enter(on.mortgage(land(2), ["zhou"]), on.agree(""))
    town.no(Refusal.MORTGAGED, step("enter", name))
    town.ok(on.release(land(2), 4))
    sold = town.sell("zhou", "lin", land(2))
    assert town.application(sold).status == "entered"
    town.no(Refusal.HOLDERS_DIFFER, step("enter", name))
    town.sell("lin", "zhou", land(2))
    town.ok(step("enter", name))
    assert town.unit(land(3)).holders == shares("zhou")
    assert holders("zhou") == tuple(share.holder for share in town.unit(land(3)).holders)


def test_units_of_other_use_or_shares_do_not_merge() -> None:
    town = Town().with_land("zhou", "he", at=1).with_land("zhou", "he", at=2, x=20)
    both = (land(1), land(2))
    town.ok(on.survey(parcel(3), box(0, 0, 40, 30), replaces=both))
    town.enter(on.change(land(1), ["zhou", "he"]))
    town.refuse_entry(Refusal.HOLDERS_DIFFER, on.merge(both, ["zhou", "he"], land(3)))
