"""Frauds and insider attacks that touch land (domain, system 10 and section 24), one test each."""

import land_acts as on
import pytest
from land_acts import box, flat, land, number, parcel, shares, step, who
from land_town import FLAT, Kernel, Refusal, Town

from tongjian.core.encoding import Malformed, decode, encode
from tongjian.core.hashing import sha256
from tongjian.services.land import acts, demands
from tongjian.services.land.records import ENTRIES, UNITS

TAX = on.certify_tax("")


@pytest.fixture
def town() -> Town:
    return Town().with_flat("zhou")


def test_double_sale(town: Town) -> None:
    town.enter(on.notice(FLAT, ["zhou"], "lin"))
    second = town.ready(on.transfer(FLAT, ["zhou"], shares("he")), TAX)
    town.no(Refusal.RESERVED, step("enter", second))
    town.enter(on.transfer(FLAT, ["zhou"], shares("lin")), TAX)
    town.no(Refusal.HOLDERS_DIFFER, step("enter", second))


def test_double_sale_without_a_notice_goes_to_the_first_entry(town: Town) -> None:
    early = town.ready(on.transfer(FLAT, ["zhou"], shares("lin")), TAX)
    late = town.ready(on.transfer(FLAT, ["zhou"], shares("he")), TAX)
    entries = [
        (town.signers(step("enter", name)), (step("enter", name).act,)) for name in (late, early)
    ]
    first, second = town.world.block(*entries)
    assert first.outcome == ""
    assert town.world.explain(second.outcome).endswith("HOLDERS_DIFFER")
    assert list(town.owners()) == [who("he")]


def test_double_sale_of_a_flat_that_is_still_being_built() -> None:
    town = Town().with_land("developer")
    town.ok(on.define_unit(FLAT))
    town.enter(on.notice(FLAT, ["developer"], "lin"))
    town.refuse_entry(Refusal.RESERVED, on.notice(FLAT, ["developer"], "he"))


def test_impersonation_of_the_owner(town: Town) -> None:
    high = 300_000_000
    sale = on.transfer(
        FLAT, ["zhou"], shares("crook"), price_fen=high, attestations=(sha256(b"face"),)
    )
    name = town.ready(sale, on.certify_tax("", base=high))
    town.ok(on.attest("face", FLAT, "crook"))
    town.no(Refusal.NOT_ATTESTED, step("enter", name))
    mine = on.transfer(FLAT, ["crook"], shares("crook"))
    town.refuse_entry(Refusal.HOLDERS_DIFFER, mine, TAX)


def test_forged_power_of_attorney(town: Town) -> None:
    forged = on.transfer(FLAT, ["zhou"], shares("crook"), attestations=(sha256(b"forged"),))
    name = town.refuse_entry(Refusal.ATTESTATION_UNKNOWN, forged, TAX)
    by_clerk = on.Step(on.attest("forged", FLAT, "zhou", "agency").act, ("registry.land_counter",))
    town.no(Kernel.NOT_PERMITTED, by_clerk)
    town.ok(on.attest("forged", FLAT, "zhou", "agency"), on.revoke("forged"))
    town.no(Refusal.ATTESTATION_ENDED, step("enter", name))


def test_ghost_parcel() -> None:
    town = Town().with_land("zhou")
    town.no(Refusal.OVERLAPS, on.survey(parcel(99), box(5, 5, 5, 5)))
    alone = ("registry.cadastre_officer",)
    town.no(Kernel.NOT_PERMITTED, on.survey(parcel(99), box(50, 0), by=alone))
    town.ok(on.survey(parcel(99), box(50, 0)))
    ghost = on.first(land(99), held=shares("ghost"))
    name = town.refuse_entry(Refusal.PUBLICITY_RUNS, ghost)
    town.publish()
    town.ok(step("enter", name))
    town.enter(on.mortgage(land(99), ["ghost"]), on.agree(""))
    *_, entry = town.ask("history", unit=land(99), limit=9)
    assert entry.entry.alarm
    town.wait_days(90)
    town.enter(on.mortgage(land(99), ["ghost"]), on.agree(""))
    *_, entry = town.ask("history", unit=land(99), limit=9)
    assert not entry.entry.alarm


def test_ghost_flat_on_the_land_of_others(town: Town) -> None:
    town.ok(on.define_unit(flat(21, 99)))
    name = town.ready(on.first(flat(21, 99), held=shares("ghost")))
    town.publish()
    town.no(Refusal.LAND_HELD_BY_OTHERS, step("enter", name))


def test_ghost_land_made_by_a_split(town: Town) -> None:
    town.with_land("lin", at=1, x=50)
    outside = on.survey(parcel(2), box(60, 0), replaces=(land(1),))
    town.no(Refusal.OUTSIDE_PREDECESSOR, outside)
    town.ok(on.survey(parcel(2), box(50, 0, 20, 10), replaces=(land(1),)))
    town.ok(on.survey(parcel(3), box(50, 10, 20, 10), replaces=(land(1),)))
    less = on.split(land(1), ["lin"], land(2), land(3))
    town.refuse_entry(Refusal.AREA_NOT_CONSERVED, less)


def test_a_registrar_who_delays_does_not_let_a_sale_overtake_a_seizure(town: Town) -> None:
    sale = town.ready(on.transfer(FLAT, ["zhou"], shares("lin")), TAX)
    seizure = on.seize(FLAT)
    enter = step("enter", sale)
    results = town.world.block(
        (town.signers(seizure), (seizure.act,)), (town.signers(enter), (enter.act,))
    )
    assert [town.world.explain(r.outcome).split()[-1] for r in results] == ["accepted", "SEIZED"]


def test_hidden_seizure(town: Town) -> None:
    # The registry has no part in a seizure and cannot hold it back.
    town.ok(on.seize(FLAT))
    (served,) = town.ask("seizures", unit=FLAT, limit=9)
    assert served.seizure.served_ms == town.world.now_ms
    assert town.unit().seizure == served.number


def test_transfer_under_seizure(town: Town) -> None:
    town.ok(on.seize(FLAT))
    for demand in (
        on.transfer(FLAT, ["zhou"], shares("lin")),
        on.transfer(FLAT, ["zhou"], shares("lin"), cause="gift", price_fen=0),
        on.mortgage(FLAT, ["zhou"]),
        on.notice(FLAT, ["zhou"], "lin"),
        on.deletion(FLAT, ["zhou"]),
    ):
        town.refuse_entry(Refusal.SEIZED, demand)
    town.no(Refusal.NOT_SEIZING_COURT, on.by_order(FLAT, shares("lin"), "other_court"))
    town.ok(on.by_order(FLAT, shares("lin")))


def test_a_court_order_for_transfer_that_was_served_first_goes_first(town: Town) -> None:
    order, seizure = on.by_order(FLAT, shares("lin"), "other_court"), on.seize(FLAT)
    results = town.world.block(
        (town.signers(order), (order.act,)), (town.signers(seizure), (seizure.act,))
    )
    assert [r.outcome for r in results] == ["", ""]
    assert list(town.owners()) == [who("lin")]


def test_back_dated_sale_before_a_seizure(town: Town) -> None:
    # No field of a demand dates the entry: what cannot be said cannot be lied about.
    dates = [
        field
        for demand in demands.Demand.__args__
        for field in demand.__struct_fields__
        if field.endswith("_ms") and field != "term_end_ms"
    ]
    assert dates == []
    town.ok(on.seize(FLAT))
    sale = town.ready(on.transfer(FLAT, ["zhou"], shares("lin")), TAX)
    town.no(Refusal.SEIZED, step("enter", sale))


def test_back_dated_judgment_before_a_seizure(town: Town) -> None:
    town.ok(on.seize(FLAT))
    early = on.by_order(FLAT, shares("lin"), "other_court", effective_ms=1)
    town.no(Refusal.NOT_SEIZING_COURT, early)
    town.ok(on.lift(FLAT, 2), early)
    *_, last = town.ask("history", unit=FLAT, limit=9)
    assert (last.entry.effective_ms, last.entry.recorded_ms) == (1, town.world.now_ms)


def test_forged_certificate(town: Town) -> None:
    town.ok(on.certificate(number(2), FLAT, 1, "zhou"))
    asked = {"registry": on.USCC["registry"], "year": 2026, "sequence": 1234, "unit": FLAT}
    assert town.ask("match", **asked, holder=who("zhou")).answer == "valid"
    assert town.ask("match", **asked, holder=who("crook")).answer == "not_found"
    for changed in ({"sequence": 1}, {"year": 2025}, {"unit": land(21)}):
        assert town.ask("match", **{**asked, **changed}, holder=who("zhou")).answer == "not_found"


def test_person_search_by_insiders(town: Town) -> None:
    # No question takes a name; the one that takes a pseudonym is for offices with a case (D4).
    from tongjian.services.land.records import service

    by_holder = [q for q in service.queries if "holder" in q.arguments.__struct_fields__]
    assert {q.name: q.audience for q in by_holder} == {"match": "D2", "holdings": "D4"}
    assert len(town.ask("holdings", holder=who("zhou"), limit=9)) == 1


def test_undervalued_price(town: Town) -> None:
    sale = on.transfer(FLAT, ["zhou"], shares("lin"), price_fen=100)
    name = town.ready(sale)
    town.no(Refusal.TAX_BASE_LOW, on.certify_tax(name, base=99))
    town.ok(on.certify_tax(name, base=185_000_000), step("enter", name))
    *_, last = town.ask("history", unit=FLAT, limit=9)
    assert last.entry.alarm


def test_a_bank_that_keeps_a_mortgage_after_repayment_is_on_record(town: Town) -> None:
    town.enter(on.mortgage(FLAT, ["zhou"]), on.agree(""))
    registrar = on.Step(on.release(FLAT, 2).act, ("registry.land_registrar",))
    town.no(Kernel.NOT_PERMITTED, registrar)
    (ranked,) = town.ask("mortgages", unit=FLAT, limit=9)
    assert ranked.mortgage.mortgagee == on.USCC["bank"]


def test_one_person_in_three_posts(town: Town) -> None:
    town.ok(on.submit(number(90), on.transfer(FLAT, ["zhou"], shares("lin"))))
    town.ok(step("accept", number(90)))
    town.no(Refusal.SAME_PERSON, step("approve", number(90), "twin.land_reviewer"))


def test_mortgage_entered_late_does_not_overtake(town: Town) -> None:
    early = town.ready(on.mortgage(FLAT, ["zhou"]), on.agree(""))
    late = town.ready(on.mortgage(FLAT, ["zhou"], "rival"), on.agree("", "rival"))
    town.ok(step("enter", late), step("enter", early))
    ranks = [town.burden("mortgage", n).mortgagee for n in town.unit().mortgages]
    assert ranks == [on.USCC["rival"], on.USCC["bank"]]


def test_a_unit_number_that_is_none_never_enters() -> None:
    act = on.survey(parcel(1), box(0, 0)).act
    for code in ("990106001002GA00001", "990106001002GB0000", "99010600100\n2GB00001"):
        spoiled = type(act)(**_fields(act) | {"parcel": code})
        with pytest.raises(Malformed):
            decode(acts.Survey, encode(spoiled))


def _fields(record: object) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__struct_fields__}  # type: ignore[attr-defined]


def test_rows_deleted_in_an_offices_own_database_are_missed(town: Town) -> None:
    # The numbers of a unit's entries have no gap: whoever shows fewer shows that some are gone.
    town.sell("zhou", "lin")
    kept = [town.world.row(ENTRIES, FLAT[:19], FLAT[19:], n) for n in (1, 2, 3)]
    assert [row is not None for row in kept] == [True, True, False]
    assert town.world.row(UNITS, FLAT).entries == 2
