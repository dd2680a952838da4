"""Identifier checks: the demo world, stored vectors, parts, and what a refusal says."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as stdnum_uscc  # type: ignore[import-untyped,unused-ignore]

from tongjian.core import identifiers as ids
from tongjian.core.identifiers import IdentifierInvalid, RegionLevel

TODAY = (2026, 11, 20)
VECTORS = Path(__file__).parents[3] / "shared/data/china/identifiers/check-digits.json"

DEMO_RESIDENTS = [
    "990106199003120029",
    "990106196207010012",
    "990106196207030048",
    "990204196207010015",
    "990106194001010050",
    "990106201609010043",
    "990204200406060110",
    "990101197911110028",
]

DEMO_BODIES = [
    "11990100001400110R",
    "119901000014002175",
    "11990100001400313E",
    "11990100001400700T",
    "11990100001400882Y",
    "11990100001400962J",
    "11990100001401092R",
    "11990100001401172D",
    "11990100001401332L",
    "119901000014014128",
    "1199010600140041XB",
    "119901000014005163",
    "11990100001400612C",
    "11990000001401252U",
    "129901004320022297",
    "12990100432002149K",
    "129901004320001192",
    "12990100432000215B",
    "12990100432002309T",
    "91990106MA7K3D2102",
    "91990106MA7K3E811E",
    "91990106MA7K3F5151",
    "919901007100011120",
    "91990200720002215D",
    "91990200MA8T2C415L",
    "91990200MA8T2D610P",
    "91990106MA8T2E736T",
    "91990100MA8T2F907N",
]


def resident(value: str) -> None:
    ids.check_resident_id(value, *TODAY)


def is_accepted(check: Callable[[str], Any], value: str) -> bool:
    try:
        check(value)
    except IdentifierInvalid:
        return False
    return True


def stored_vectors(family: str) -> dict[str, list[str]]:
    if not VECTORS.exists():
        pytest.skip("the shared identifier vectors are not on this machine")
    found: dict[str, list[str]] = json.loads(VECTORS.read_text(encoding="utf-8"))[family]
    return found


@pytest.mark.parametrize("value", DEMO_BODIES)
def test_every_body_of_the_demo_world_has_a_valid_credit_code(value: str) -> None:
    ids.check_uscc(value)
    assert ids.is_org_code_of_uscc_regular(value)
    ids.check_org_code(value[8:17])
    assert ids.region_of_uscc(value).startswith("99")
    assert stdnum_uscc.is_valid(value)


@pytest.mark.parametrize("value", DEMO_RESIDENTS)
def test_every_person_of_the_demo_world_has_a_valid_resident_number(value: str) -> None:
    parts = ids.check_resident_id(value, *TODAY)
    assert parts.region.startswith("99")
    assert value[6:14] == str(parts.birth).replace("-", "")


def test_a_resident_number_tells_region_birth_and_sex() -> None:
    lin, gao = (ids.check_resident_id(DEMO_RESIDENTS[place], *TODAY) for place in (0, 6))
    assert (lin.region, lin.birth, lin.sequence, lin.is_male) == ("990106", (1990, 3, 12), 2, False)
    assert gao.is_male


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (ids.check_real_estate_unit, "990106001002GB00021F00010008"),
        (ids.check_real_estate_unit, "990106001002JA00021W00000000"),
        (ids.check_container, "TJDU1234568"),
        (ids.check_container, "CSQU3054383"),  # the example printed in ISO 6346
        (ids.check_einvoice_number, "26990000000012345678"),
        (ids.check_declaration_number, "990020261000000123"),
        (ids.check_gtin, "9520001000010"),
        (ids.check_gtin, "19520001000017"),
        (ids.check_gtin, "96385074"),
        (ids.check_gtin, "036000291452"),
        (ids.check_gln, "9520001010019"),
        (ids.check_gln, "9520001010026"),
        (ids.check_gln, "9520001010033"),
        (ids.check_sscc, "095200010000000010"),
        (ids.check_diploma, "999991202605000123"),
        (ids.check_diploma, "99999120010500123"),
        (ids.check_degree, "9999942026000123"),
        (ids.check_degree, "C9999942026S00123"),
        (ids.check_vin, "LTJDM01A8TH000123"),
        (ids.check_vin, "1M8GDM9AXKP042788"),
        (ids.check_vin, "11111111111111111"),
        (ids.check_project_code, "2610-990106-04-01-000123"),
        (ids.check_lei, "9999TJ00DEMO00000118"),
        (ids.check_lei, "5493001KJTIIGC8Y1R12"),
        (ids.check_case_number, "(2026)演0192民初123号"),
        (ids.check_case_number, "(2019)最高法知民终1号"),
        (ids.check_case_number, "(2026)京01执恢8号之一"),
        (ids.check_bank_card, "4111111111111111"),
        (ids.check_title_certificate, "演(2026)海州市西湾区不动产权第0012345号"),
        (ids.check_title_certificate, "演(2026)海州市西湾区不动产证明第0012345号"),
        (ids.check_hs_code, "0202300090"),
        (ids.check_tax_class, "1010101010000000000"),
        (ids.check_drug_trace_code, "8" * 20),
        (ids.check_organic_code, "1" * 17),
        (ids.check_did, "did:ctid:" + "0AF9" * 16),
        (ids.check_region, "990106"),
        (ids.check_region, "100000"),
    ],
)
def test_valid_numbers_are_accepted_and_a_newline_after_them_is_not(
    check: Callable[[str], Any], value: str
) -> None:
    check(value)
    for spoiled in (value + "\n", " " + value, value[:-1], "", value[:-1] + "\uff13"):
        with pytest.raises(IdentifierInvalid):
            check(spoiled)


@pytest.mark.parametrize(
    ("check", "value", "rule"),
    [
        (ids.check_uscc, "91990106MA7K3D2101", "check character"),
        (ids.check_uscc, "91990106MA7K3D21O2", "without I O S V Z"),
        (ids.check_uscc, "91990106ma7k3d2102", "characters"),
        (ids.check_org_code, "MA7K3D211", "check character"),
        (resident, "99010619900312002X", "check character"),
        (resident, "990106199002300021", "no day of the calendar"),
        (resident, "990106202611210023", "future"),
        (resident, "11010519491231002x", "0-9 or X"),
        (ids.check_region, "000000", "province"),
        (ids.check_region, "990006", "county stands under a city"),
        (ids.check_real_estate_unit, "990106001002GA00021F00010008", "needs J"),
        (ids.check_real_estate_unit, "990106001002GB00021W00010008", "8 zeros"),
        (ids.check_einvoice_number, "26000000000012345678", "province"),
        (ids.check_declaration_number, "990020262000000123", "import"),
        (ids.check_container, "TJDU1234567", "check digit"),
        (ids.check_container, "TJDA1234568", "U J or Z"),
        (ids.check_gtin, "9520001000011", "check digit"),
        (ids.check_gtin, "095200010000000010", "8 or 12 or 13 or 14"),
        (ids.check_sscc, "9520001000010", "18 digits"),
        (ids.check_diploma, "999992202605000123", "study"),
        (ids.check_diploma, "99999120260500123", "2001 and 2002"),
        (ids.check_degree, "9999912026000123", "level"),
        (ids.check_vin, "LTJDM01A7TH000123", "9th"),
        (ids.check_vin, "LTJDM01A8TH00O123", "I O Q"),
        (ids.check_lei, "9999TJ00DEMO00000119", "modulo 97"),
        (ids.check_bank_card, "4111111111111112", "Luhn"),
        (ids.check_case_number, "2026演0192民初123号", "案号"),
        (ids.check_case_number, "(2026)演0192民初0号", "案号"),
        (ids.check_project_code, "2610-990106-04-01-00012", "GB/T 40058"),
        (ids.check_hs_code, "02023", "tariff"),
    ],
)
def test_invalid_numbers_are_refused_by_the_rule_they_break(
    check: Callable[[str], Any], value: str, rule: str
) -> None:
    with pytest.raises(IdentifierInvalid) as caught:
        check(value)
    assert rule in caught.value.rule
    assert value not in str(caught.value)


def test_the_stored_credit_codes_are_judged_as_recorded() -> None:
    vectors = stored_vectors("uscc_GB32100_2015")
    assert all(is_accepted(ids.check_uscc, value) for value in vectors["valid"])
    wrong = [*vectors["invalid"], *vectors["real_companies_in_sample_invoices"]]
    assert not any(is_accepted(ids.check_uscc, value) for value in wrong)


def test_the_stored_resident_numbers_are_judged_as_recorded() -> None:
    vectors = stored_vectors("resident_id_GB11643_1999")
    renumbered = vectors["check_digit_right_but_division_code_not_in_force_at_birth_date"]
    assert all(is_accepted(resident, value) for value in [*vectors["valid"], *renumbered])
    assert not any(is_accepted(resident, value) for value in vectors["invalid_check_digit_or_date"])


def test_a_fifteen_digit_resident_number_gains_century_and_check() -> None:
    assert ids.resident_id_from_15("110105491231002") == "11010519491231002X"


def test_a_person_born_today_is_accepted_and_tomorrow_is_not() -> None:
    body = "99010620261120002"
    value = body + ids.resident_id_check_digit(body)
    ids.check_resident_id(value, 2026, 11, 20)
    with pytest.raises(IdentifierInvalid, match="future"):
        ids.check_resident_id(value, 2026, 11, 19)


def test_a_real_estate_unit_names_its_parcel() -> None:
    unit = ids.check_real_estate_unit("990106001002GB00021F00010008")
    assert unit.parcel_code == "990106001002GB00021"
    assert (unit.ownership, unit.use, unit.fixture) == ("G", "B", "F")


def test_documents_tell_their_parts() -> None:
    assert ids.check_einvoice_number("26990000000012345678") == (2026, "99", "0", 12345678)
    assert ids.check_declaration_number("990020261000000123") == ("9900", 2026, True, 123)
    assert ids.check_case_number("(2026)演0192民初123号") == (2026, "演0192", "民初", 123)
    assert ids.check_diploma("999991202605000123") == ("99999", "1", 2026, "05", "000123")
    assert ids.check_degree("Z9999932026000123") == ("Z", "99999", "3", 2026, "000123")


def test_paper_invoices_need_a_code_and_a_number() -> None:
    ids.check_old_invoice("9900261130", "00012345")
    ids.check_old_invoice("099002600111", "00012345")
    for code, number in (("99002611300", "00012345"), ("9900261130", "0001234")):
        with pytest.raises(IdentifierInvalid):
            ids.check_old_invoice(code, number)


def test_a_gs1_key_of_an_unknown_kind_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="none of gtin") as caught:
        ids.check_gs1("9520001000010", "gdti")
    assert not isinstance(caught.value, IdentifierInvalid)


def test_an_electronic_licence_round_trips_and_its_issuer_is_checked() -> None:
    issuer = "11990100001400313E"
    value = ids.elicence_id(issuer + "001", issuer, "0000000123", "001")
    assert ids.check_elicence(value) == (issuer + "001", issuer, "0000000123", "001")
    with pytest.raises(IdentifierInvalid, match="check character"):
        ids.check_elicence(value.replace("0000000123", "0000000124"))
    with pytest.raises(IdentifierInvalid, match="uscc"):
        ids.check_elicence(ids.elicence_id("1" * 21, "11990100001400313F", "1", "001"))


@pytest.mark.parametrize(
    ("parent", "child", "covered"),
    [
        ("990000", "990106", True),
        ("990100", "990106", True),
        ("990106", "990106", True),
        ("990106", "990100", False),
        ("990100", "990206", False),
        ("990100", "990000", False),
        ("100000", "990106", True),
        ("990000", "100000", False),
    ],
)
def test_a_division_covers_itself_and_what_lies_in_it(
    parent: str, child: str, *, covered: bool
) -> None:
    assert ids.region_covers(parent, child) is covered


def test_levels_rank_from_nation_to_county() -> None:
    levels = [ids.region_level(code) for code in ("100000", "990000", "990100", "990106")]
    assert levels == sorted(levels) == list(RegionLevel)


@given(st.text(max_size=60))
def test_a_mask_shows_at_most_six_characters_and_keeps_order(value: str) -> None:
    masked = ids.mask(value)
    assert len(masked) == min(len(value), 40)
    assert sum(character != "*" for character in masked) <= 6
    assert masked.isascii()


def test_an_error_hides_birth_date_and_sequence_even_in_the_wrong_field() -> None:
    for check in (resident, ids.check_uscc, ids.check_diploma):
        with pytest.raises(IdentifierInvalid) as caught:
            check("990106199003120020")
        shown = str(caught.value) + repr(caught.value)
        assert "9901************20" in shown
        assert "19900312" not in shown


def test_an_error_survives_a_process_boundary() -> None:
    error = IdentifierInvalid("uscc", "9199****02", "rule")
    again = pickle.loads(pickle.dumps(error))
    assert (again.kind, again.value_masked, again.rule) == ("uscc", "9199****02", "rule")
    assert str(again) == str(error)
