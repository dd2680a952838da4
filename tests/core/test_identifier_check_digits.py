"""Check digits against python-stdnum, and what one wrong character does to each kind."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean, iso6346, lei, luhn  # type: ignore[import-untyped,unused-ignore]
from stdnum.cn import ric as stdnum_ric  # type: ignore[import-untyped,unused-ignore]
from stdnum.cn import uscc as stdnum_uscc  # type: ignore[import-untyped,unused-ignore]
from stdnum.iso7064 import mod_37_36  # type: ignore[import-untyped,unused-ignore]

from tongjian.core import identifiers as ids
from tongjian.core.identifiers import IdentifierInvalid

DIGIT = "0123456789"
UPPER = DIGIT + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
RESIDENTS = ("990106199003120029", "990204196207010015", "99010619950615006X")
BODIES = ("11990100001400313E", "1199010600140041XB", "919901007100011120", "91990106MA7K3D2102")


def resident(value: str) -> None:
    ids.check_resident_id(value, 2026, 11, 20)


def digits(length: int) -> st.SearchStrategy[str]:
    return st.text(DIGIT, min_size=length, max_size=length)


def is_accepted(check: Callable[[str], Any], value: str) -> bool:
    try:
        check(value)
    except IdentifierInvalid:
        return False
    return True


# --- against python-stdnum ---


@given(digits(8), st.text(ids.USCC_ALPHABET, min_size=9, max_size=9))
def test_credit_code_checks_agree_with_stdnum(head: str, tail: str) -> None:
    body = head + tail
    assert ids.uscc_check_digit(body) == stdnum_uscc.calc_check_digit(body)


@given(digits(17))
def test_resident_checks_agree_with_stdnum(body: str) -> None:
    assert ids.resident_id_check_digit(body) == stdnum_ric.calc_check_digit(body + "0")


@given(st.text(UPPER, min_size=1, max_size=60))
def test_licence_checks_agree_with_stdnum(body: str) -> None:
    assert ids.elicence_check_character(body) == mod_37_36.calc_check_digit(body)


@given(st.text(UPPER, min_size=18, max_size=18))
def test_lei_checks_agree_with_stdnum(body: str) -> None:
    value = body + ids.lei_check_digits(body)
    assert lei.is_valid(value)
    ids.check_lei(value)


@given(st.integers(15, 18).flatmap(digits))
def test_card_checks_agree_with_stdnum(body: str) -> None:
    assert ids.bank_card_check_digit(body) == luhn.calc_check_digit(body)


@given(st.text(UPPER[10:], min_size=3, max_size=3), st.sampled_from("UJZ"), digits(6))
def test_container_checks_agree_with_stdnum(owner: str, category: str, serial: str) -> None:
    body = owner + category + serial
    assert ids.container_check_digit(body) == iso6346.calc_check_digit(body)


@given(st.sampled_from((7, 11, 12, 13, 17)).flatmap(digits))
def test_gs1_checks_agree_with_stdnum(body: str) -> None:
    assert ids.gs1_check_digit(body) == ean.calc_check_digit(body)


# --- what one wrong character does ---


def replaced(data: st.DataObject, value: str, alphabet: str, places: range) -> str:
    """Return the value with one character at one of the places replaced by another."""
    place = data.draw(st.sampled_from(places))
    others = [character for character in alphabet if character != value[place]]
    return value[:place] + data.draw(st.sampled_from(others)) + value[place + 1 :]


@given(st.data(), st.sampled_from(BODIES))
def test_any_wrong_character_of_a_credit_code_is_caught(data: st.DataObject, value: str) -> None:
    assert not is_accepted(ids.check_uscc, replaced(data, value, ids.USCC_ALPHABET, range(18)))


@given(st.data(), st.sampled_from(RESIDENTS))
def test_any_wrong_digit_of_a_resident_number_is_caught(data: st.DataObject, value: str) -> None:
    assert not is_accepted(resident, replaced(data, value, DIGIT, range(18)))


@given(st.data(), st.sampled_from((7, 11, 12, 13)).flatmap(digits))
def test_any_wrong_digit_of_a_gtin_is_caught(data: st.DataObject, body: str) -> None:
    value = body + ids.gs1_check_digit(body)
    ids.check_gtin(value)
    assert not is_accepted(ids.check_gtin, replaced(data, value, DIGIT, range(len(value))))


@given(st.data(), st.integers(15, 18).flatmap(digits))
def test_any_wrong_digit_of_a_card_is_caught(data: st.DataObject, body: str) -> None:
    value = body + ids.bank_card_check_digit(body)
    ids.check_bank_card(value)
    assert not is_accepted(ids.check_bank_card, replaced(data, value, DIGIT, range(len(value))))


@given(st.data(), st.text(UPPER, min_size=18, max_size=18))
def test_an_lei_catches_a_digit_for_a_digit_and_a_letter_for_a_letter(
    data: st.DataObject, body: str
) -> None:
    value = body + ids.lei_check_digits(body)
    place = data.draw(st.sampled_from(range(20)))
    alphabet = DIGIT if value[place] in DIGIT else UPPER[10:]
    assert not is_accepted(ids.check_lei, replaced(data, value, alphabet, range(place, place + 1)))


def test_an_lei_can_miss_a_digit_for_a_letter() -> None:
    ids.check_lei("ESB00000000000000042")
    ids.check_lei("ES600000000000000042")


@given(st.data(), st.text(UPPER, min_size=1, max_size=40))
def test_any_wrong_character_of_a_licence_is_caught(data: st.DataObject, body: str) -> None:
    spoiled = replaced(data, body, UPPER, range(len(body)))
    assert ids.elicence_check_character(spoiled) != ids.elicence_check_character(body)


@given(st.data(), digits(8))
def test_any_wrong_digit_of_an_organisation_code_is_caught(data: st.DataObject, body: str) -> None:
    value = body + ids.org_code_check_digit(body)
    ids.check_org_code(value)
    assert not is_accepted(ids.check_org_code, replaced(data, value, DIGIT, range(9)))


def test_a_letter_eleven_off_in_an_organisation_code_is_not_caught() -> None:
    assert ids.org_code_check_digit("A0000000") == ids.org_code_check_digit("L0000000")


@given(st.data(), st.text("ABCDEFGHJKLMNPRSTUVWXYZ", min_size=8, max_size=8), digits(8))
def test_any_wrong_digit_of_a_vehicle_number_is_caught(
    data: st.DataObject, head: str, tail: str
) -> None:
    value = head + "0" + tail
    value = head + ids.vin_check_digit(value) + tail
    assert not is_accepted(ids.check_vin, replaced(data, value, DIGIT, range(8, 17)))


def test_a_letter_of_the_same_value_in_a_vehicle_number_is_not_caught() -> None:
    ids.check_vin("LTJDM01A8TH000123")
    ids.check_vin("LTADM01A8TH000123")


@given(st.data(), digits(6))
def test_a_wrong_container_digit_passes_only_between_remainders_0_and_10(
    data: st.DataObject, serial: str
) -> None:
    body = "TJDU" + serial
    value = body + ids.container_check_digit(body)
    ids.check_container(value)
    spoiled = replaced(data, value, DIGIT, range(4, 11))
    if is_accepted(ids.check_container, spoiled):
        assert value[10] == spoiled[10] == "0"
