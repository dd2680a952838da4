"""Invented identities are valid, impossible in reality, unique, and the same everywhere."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongjian.core import identifiers as ids
from tongjian.core.calendar import Date
from tongjian.demo.firms import Firms, industries, line_for
from tongjian.demo.identities import COUNTIES, REGIONS, BodyKind, Identities
from tongjian.demo.seeded import Seeded

REAL_PROVINCES = {*map(str, range(11, 66)), "71", "81", "82", "83"}
SEEDS = st.integers(0, 2**64 - 1)


def born(identities: Identities) -> str:
    return identities.resident_id("990106", Date(1950, 1, 1), Date(2020, 12, 31), is_male=True)


KINDS: dict[str, tuple[Callable[[Identities], str], Callable[[str], Any]]] = {
    "uscc": (lambda i: i.uscc(BodyKind.ENTERPRISE, "990106"), ids.check_uscc),
    "resident_id": (born, lambda v: ids.check_resident_id(v, 2026, 11, 20)),
    "lei": (Identities.lei, ids.check_lei),
    "bank_card": (Identities.bank_card, ids.check_bank_card),
    "einvoice": (lambda i: i.einvoice_number(2026), ids.check_einvoice_number),
    "old_invoice": (
        lambda i: "/".join(i.old_invoice(2020)),
        lambda v: ids.check_old_invoice(*v.split("/")),
    ),
    "declaration": (
        lambda i: i.declaration_number(2026, is_import=True),
        ids.check_declaration_number,
    ),
    "container": (Identities.container, ids.check_container),
    "gtin": (Identities.gtin, ids.check_gtin),
    "case_gtin": (lambda i: i.case_gtin(i.gtin()), ids.check_gtin),
    "gln": (Identities.gln, ids.check_gln),
    "sscc": (Identities.sscc, ids.check_sscc),
    "vin": (Identities.vin, ids.check_vin),
    "real_estate_unit": (lambda i: i.real_estate_unit("990106"), ids.check_real_estate_unit),
    "project_code": (lambda i: i.project_code("990100", 2026, 10), ids.check_project_code),
    "diploma": (lambda i: i.diploma(2026), ids.check_diploma),
    "degree": (lambda i: i.degree(2026), ids.check_degree),
    "case_number": (lambda i: i.case_number(2026), ids.check_case_number),
    "elicence": (lambda i: i.elicence("11990100001400313E"), ids.check_elicence),
}


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_every_kind_are_valid_and_none_comes_twice(kind: str) -> None:
    draw, check = KINDS[kind]
    identities = Identities(20261120)
    values = [draw(identities) for _ in range(300)]
    for value in values:
        check(value)
    assert len(set(values)) == len(values)


@pytest.mark.parametrize("kind", KINDS)
@given(seed=SEEDS)
def test_a_seed_fixes_the_numbers_whatever_else_was_drawn(kind: str, seed: int) -> None:
    draw, _ = KINDS[kind]
    one, two = Identities(seed), Identities(seed)
    two.person_name()
    assert [draw(one) for _ in range(3)] == [draw(two) for _ in range(3)]


def test_credit_codes_have_a_regular_organisation_code_of_every_kind() -> None:
    identities = Identities(1)
    for kind in BodyKind:
        for county in COUNTIES:
            value = identities.uscc(kind, county)
            assert ids.is_org_code_of_uscc_regular(value)
            assert value.startswith(kind)
            assert ids.region_of_uscc(value) == county


def test_residents_have_the_sex_and_the_birth_asked_for() -> None:
    identities = Identities(2)
    first, last = Date(2008, 2, 28), Date(2008, 3, 1)
    for is_male in (True, False):
        for _ in range(50):
            value = identities.resident_id("990204", first, last, is_male=is_male)
            parts = ids.check_resident_id(value, 2026, 1, 1)
            assert first <= parts.birth <= last
            assert parts.is_male is is_male


def test_a_range_that_is_used_up_is_refused_and_not_repeated() -> None:
    identities = Identities(3)
    day = Date(2008, 2, 28)

    def exhaust() -> None:
        for _ in range(501):
            identities.resident_id("990204", day, day, is_male=True)

    with pytest.raises(ValueError, match="no new resident_id"):
        exhaust()


@pytest.mark.parametrize("region", ["110105", "330106", "100000"])
def test_numbers_of_real_divisions_are_not_invented(region: str) -> None:
    identities = Identities(4)
    with pytest.raises(ValueError, match="demo province 99"):
        identities.uscc(BodyKind.ORGAN, region)
    with pytest.raises(ValueError, match="demo province 99"):
        identities.real_estate_unit(region)
    with pytest.raises(ValueError, match="demo province 99"):
        identities.resident_id(region, Date(2000, 1, 1), Date(2000, 1, 1), is_male=False)


def test_no_invented_number_passes_as_that_of_a_real_person() -> None:
    identities = Identities(5)
    for draw, _ in KINDS.values():
        for _ in range(200):
            value = draw(identities)
            if len(value) == 18 and value[:2] in REAL_PROVINCES:
                with pytest.raises(ids.IdentifierInvalid):
                    ids.check_resident_id(value, 2026, 11, 20)


def test_names_have_two_or_three_characters() -> None:
    identities = Identities(6)
    lengths = Counter(len(identities.person_name()) for _ in range(500))
    assert set(lengths) == {2, 3}
    assert lengths[3] > lengths[2]


# --- the source ---


def test_the_source_gives_the_published_numbers_of_splitmix64() -> None:
    seeded = Seeded(1234567)
    assert [seeded.bits() for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(SEEDS, st.integers(-(2**40), 2**40), st.integers(0, 2**60))
def test_integers_stay_in_their_bounds(seed: int, low: int, span: int) -> None:
    seeded = Seeded(seed)
    assert all(low <= seeded.integer(low, low + span) <= low + span for _ in range(5))


def test_integers_reach_both_ends_about_equally() -> None:
    seeded = Seeded(7)
    counts = Counter(seeded.integer(1, 6) for _ in range(6000))
    assert sorted(counts) == [1, 2, 3, 4, 5, 6]
    assert max(counts.values()) - min(counts.values()) < 200


@pytest.mark.parametrize(("low", "high"), [(2, 1), (0, 2**64)])
def test_a_span_without_numbers_or_too_wide_is_refused(low: int, high: int) -> None:
    with pytest.raises(ValueError, match="is not a span"):
        Seeded(8).integer(low, high)


@given(SEEDS, st.lists(st.integers(), max_size=20))
def test_a_shuffle_keeps_every_item_and_its_argument(seed: int, items: list[int]) -> None:
    before = list(items)
    assert sorted(Seeded(seed).shuffle(items)) == sorted(items)
    assert items == before


def test_weights_and_chances_decide_how_often() -> None:
    seeded = Seeded(9)
    counts = Counter(seeded.weighted("abc", (0, 1, 3)) for _ in range(4000))
    assert counts["a"] == 0
    assert 2.5 < counts["c"] / counts["b"] < 3.5
    assert not any(seeded.chance(0) for _ in range(100))
    assert all(seeded.chance(1_000_000) for _ in range(100))


def test_branches_are_independent_of_each_other_and_of_later_draws() -> None:
    seeded = Seeded(10)
    left = seeded.branch("left").digits(20)
    assert left == seeded.branch("left").digits(20)
    assert left != seeded.branch("right").digits(20)


# --- firms ---


def test_there_are_over_a_hundred_industries_with_valid_goods() -> None:
    table = industries()
    assert len(table) > 100
    rates = {goods.rate_ppm for industry in table.values() for goods in industry.goods}
    assert rates == {0, 30_000, 60_000, 90_000, 130_000}
    for industry in table.values():
        assert industry.word
        for goods in industry.goods:
            ids.check_tax_class(goods.tax_class)
            assert 0 < goods.price_min_fen < goods.price_max_fen
            assert goods.quantity_max >= 1
            assert goods.unit


@pytest.mark.parametrize("industry", industries())
def test_a_line_stays_within_what_the_industry_sells(industry: str) -> None:
    seeded = Seeded(11)
    by_name = {goods.name: goods for goods in industries()[industry].goods}
    for _ in range(30):
        tax_class, item, quantity, unit_price_fen, rate_ppm = line_for(industry, seeded)
        goods = by_name[item]
        assert (tax_class, rate_ppm) == (goods.tax_class, goods.rate_ppm)
        assert 1 <= quantity <= goods.quantity_max
        assert goods.price_min_fen <= unit_price_fen <= goods.price_max_fen


def test_a_line_knows_its_amount_and_tax() -> None:
    line = line_for("C1441", Seeded(12))
    assert line.amount_fen == line.quantity * line.unit_price_fen
    assert abs(line.tax_fen * 1_000_000 - line.amount_fen * line.rate_ppm) <= 500_000


def test_a_small_scale_taxpayer_invoices_at_three_per_cent_unless_exempt() -> None:
    assert line_for("F5212", Seeded(13), is_small_scale=True).rate_ppm == 30_000
    assert line_for("F5123", Seeded(13), is_small_scale=True).rate_ppm == 0


def test_firms_have_names_and_codes_of_their_own() -> None:
    firms = Firms(14, Identities(14))
    founded = [firms.found(COUNTIES[place % len(COUNTIES)]) for place in range(3000)]
    assert len({firm.name for firm in founded}) == len(founded)
    assert len({firm.uscc for firm in founded}) == len(founded)
    for firm in founded:
        ids.check_uscc(firm.uscc)
        assert firm.name.startswith(REGIONS[firm.region])
        assert firm.industry in industries()
    assert len({firm.industry for firm in founded}) > 100
    kinds = Counter(firm.uscc[:2] for firm in founded)
    assert kinds["91"] > kinds["92"] > 0 < kinds["93"]


def test_one_industry_in_one_place_can_hold_many_firms() -> None:
    firms = Firms(15, Identities(15))
    founded = [firms.found("990106", "C3911") for _ in range(2000)]
    assert {firm.industry for firm in founded} == {"C3911"}
    assert not any(firm.is_small_scale for firm in founded)


PROGRAM = """
import json
from tongjian.demo.firms import Firms, line_for
from tongjian.demo.identities import Identities
from tongjian.demo.seeded import Seeded
firms, seeded = Firms(16, Identities(16)), Seeded(16)
found = [firms.found("990106") for _ in range(40)]
print(json.dumps([found, [line_for(firm.industry, seeded) for firm in found]]))
"""


def test_another_process_with_another_hash_seed_gives_the_same_world() -> None:
    worlds = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert worlds[0] == worlds[1]
    assert json.loads(worlds[0])[0][0][3] == "990106"


def test_the_first_firm_of_a_seed_is_the_same_on_every_python() -> None:
    identities = Identities(16)
    firm = Firms(16, identities).found("990106")
    name = "海州市西湾区中宏航空有限公司"
    assert firm == ("91990106MAYAGWKE4L", name, "G5612", "990106")
    assert identities.gtin() == "9523739428385"
    assert identities.container() == "TJDU0232745"
    assert identities.person_name() == "余颖诗"
