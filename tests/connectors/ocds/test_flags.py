"""Red flags: the catalogue's own fixtures, one small market for each flag, and what is no flag."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocds_files import FLAGS, PORTUGAL, contents, needs_samples

from tongjian.connectors.ocds import Json, encode, parse
from tongjian.connectors.ocds.flags import CODES, Examiner, RedFlag, Settings, explain, table_of
from tongjian.connectors.ocds.flags.fences import lower_fence, quantile, upper_fence

FIXTURES: dict[str, dict[str, Any]] = {
    "R003": {},
    "R003-procurement_method_details-x-5-y-10": {"period_days_min_by_details": {"x": 5, "y": 10}},
    "R003-procurement_methods-open+selective": {"period_methods": frozenset({"open", "selective"})},
    "R003-threshold-10": {"period_days_min": 10},
    "R018": {},
    "R028": {
        "priceless_details": frozenset({"NPC"}),
        "excluded_details": frozenset({"EXC"}),
    },
    "R035": {},
    "R038": {},
    "R038-tenderer": {},
    "R048-minimum_contracting_processes-1": {"supplied_processes_min": 1},
}


def flags_of(*releases: Json, **settings: Any) -> list[RedFlag]:
    examiner = Examiner(Settings(**settings))
    for release in releases:
        examiner.take(parse(encode(release)))
    return examiner.findings()


def told(flags: list[RedFlag]) -> set[tuple[str, str, str]]:
    return {(flag.code, flag.group, flag.subject) for flag in flags}


def bid(who: str, amount: int | None = None, status: str = "valid", **fields: Any) -> Json:
    value = {} if amount is None else {"value": {"amount": amount, "currency": "CNY"}}
    return {"id": who, "status": status, "tenderers": [{"id": who}], **value, **fields}


def process(ocid: str, winner: str, *bids: Json, **fields: Any) -> Json:
    award = {"id": "1", "status": "active", "suppliers": [{"id": winner}]}
    return {"ocid": ocid, "bids": {"details": list(bids)}, "awards": [award], **fields}


@needs_samples
@pytest.mark.parametrize("name", FIXTURES)
def test_fixtures_of_the_catalogue_give_their_expected_results(name: str) -> None:
    lines = contents(FLAGS / f"{name}.jsonl")
    text = (FLAGS / f"{name}.expected").read_text("utf-8")
    expected = json.loads(text, parse_float=Fraction, parse_int=Fraction)
    flags = flags_of(*lines, codes=(name[:4],), **FIXTURES[name])
    assert flags
    assert table_of(flags) == expected


@needs_samples
def test_every_fixture_there_is_is_tested() -> None:
    assert {path.stem for path in Path(FLAGS).glob("*.jsonl")} == set(FIXTURES)


def market(gaps: list[int]) -> list[Json]:
    return [process(f"p{n}", "W", bid("W", 100), bid("L", 100 + gap)) for n, gap in enumerate(gaps)]


def test_r024_price_close_to_the_winning_bid() -> None:
    flags = flags_of(*market([1, 50, 51, 52, 53, 54]), codes=("R024",))
    assert told(flags) == {("R024", "OCID", "p0")}
    assert flags[0].value == Fraction(1, 100)
    assert flags[0].tenderers == ("L", "W")


def test_r025_bids_often_and_never_wins() -> None:
    rivals = [process(f"p{n}", f"w{n}", bid("F", 2), bid(f"w{n}", 1)) for n in range(9)]
    flags = flags_of(*rivals, codes=("R025",))
    assert told(flags) == {("R025", "Tenderer", "F")}
    assert flags[0].figures["won"] == 0
    assert flags[0].figures["bids"] == 9


def test_r030_a_late_bid_won_by_the_moment_and_not_by_its_text() -> None:
    tender = {"tenderPeriod": {"endDate": "2026-05-04T09:00:00+08:00"}}
    late = bid("W", 1, date="2026-05-04T01:00:01Z")
    in_time = bid("W", 1, date="2026-05-04T01:00:00Z")
    lost = bid("L", 1, date="2026-06-01T00:00:00Z")
    flags = flags_of(
        process("late", "W", late, tender=tender),
        process("in time", "W", in_time, lost, tender=tender),
        codes=("R030",),
    )
    assert told(flags) == {("R030", "OCID", "late")}
    assert flags[0].tenderers == ("W",)


def test_r036_the_lowest_bid_was_disqualified() -> None:
    bids = bid("D", 1, "disqualified"), bid("W", 2)
    flags = flags_of(
        process("flagged", "W", *bids),
        process("not lowest", "W", bid("D", 3, "disqualified"), bid("W", 2)),
        process("taken back", "W", bid("D", 1, "withdrawn"), bid("W", 2)),
        process("not by price", "W", *bids, tender={"awardCriteria": "bestProposal"}),
        process("not awarded", "W", *bids) | {"awards": [{"status": "pending"}]},
        codes=("R036",),
    )
    assert told(flags) == {("R036", "OCID", "flagged")}
    assert flags[0].tenderers == ("D",)


def party(who: str, **fields: Any) -> Json:
    return {"id": who, "roles": ["tenderer"], **fields}


def test_r044_tenderers_share_an_address_or_a_way_to_reach_them() -> None:
    home = {"streetAddress": "Harbour Road 5 ", "locality": "Haizhou"}
    same = {"streetAddress": "harbour road 5", "locality": "HAIZHOU"}
    phone = {"telephone": "1", "name": "A"}
    flags = flags_of(
        {"ocid": "address", "parties": [party("A", address=home), party("B", address=same)]},
        {
            "ocid": "telephone",
            "parties": [
                party("A", contactPoint=phone),
                party("B", contactPoint={"telephone": "1"}),
            ],
        },
        {
            "ocid": "country alone",
            "parties": [party(one, address={"countryName": "CN"}) for one in "AB"],
        },
        {"ocid": "one twice", "parties": [party("A", address=home), party("A", address=home)]},
        {
            "ocid": "not a tenderer",
            "parties": [party("A", address=home), {"id": "B", "address": home, "roles": ["buyer"]}],
        },
        codes=("R044",),
    )
    assert told(flags) == {("R044", "OCID", "address"), ("R044", "OCID", "telephone")}
    assert all(flag.tenderers == ("A", "B") for flag in flags)
    assert "Harbour" not in str(flags)


def test_r058_a_heavy_discount() -> None:
    flags = flags_of(*market([50, 51, 52, 53, 54, 300]), codes=("R058",))
    assert told(flags) == {("R058", "OCID", "p5")}
    assert not flags_of(*market([0] * 12 + [9]), codes=("R058",))


@pytest.mark.parametrize(
    "spoil",
    [
        {"awards": [{"status": "pending", "suppliers": [{"id": "W"}]}]},
        {"awards": [{"status": "active", "suppliers": [{"id": "W"}, {"id": "X"}]}]},
        {"awards": [{"status": "active", "suppliers": [{"id": "W"}]}] * 2},
        {"tender": {"status": "cancelled"}},
        {"bids": {"details": [bid("W", 101), bid("L", 100)]}},
        {"bids": {"details": [bid("W", 0), bid("L", 0)]}},
        {"bids": {"details": [bid("W"), bid("L")]}},
    ],
    ids=["pending", "two suppliers", "two awards", "cancelled", "not by price", "nothing", "none"],
)
def test_gaps_are_told_only_where_bids_compete_by_price(spoil: Json) -> None:
    close = flags_of(*market([50, 51, 52, 53]), process("x", "W") | spoil, codes=("R024",))
    assert "x" not in {flag.subject for flag in close}


def test_another_currency_is_not_compared() -> None:
    other = {"amount": 1, "currency": "USD"}
    flags = flags_of(
        process("p", "W", bid("W", 100), bid("L", status="disqualified") | {"value": other}),
        codes=("R036", "R024"),
    )
    assert not flags


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "active", "valid", "1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "status", "value", "amount", "tenderers", "suppliers", "roles"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"ocid": st.sampled_from(["a", "b", ""])},
            optional=dict.fromkeys(
                ("bids", "awards", "tender", "parties", "buyer", "date"), SHAPES
            ),
        ),
        max_size=4,
    )
)
def test_wrong_types_anywhere_neither_fail_nor_flag_without_words(releases: list[Json]) -> None:
    for flag in flags_of(*releases):
        assert explain(flag, "en").says
        assert explain(flag, "zh").says


@pytest.mark.parametrize("code", CODES)
def test_every_flag_has_its_reason_and_what_may_explain_it(code: str) -> None:
    figures = dict.fromkeys(
        ("days", "days_min", "compared", "won", "bids", "price", "disqualified", "kinds"), 3
    )
    texts = {"method": "open", "currency": "CNY", "deadline": "t", "alike": "address"}
    more = {"fence": Fraction(1, 2), "processes": 4}
    flag = RedFlag(code, "OCID", "p", Fraction(1, 4), (), {**figures, **texts, **more})
    for language in ("en", "zh"):
        explanation = explain(flag, language)
        assert all((explanation.title, explanation.says, explanation.why, explanation.unless))
        assert "{" not in explanation.says


@needs_samples
def test_the_hundred_real_processes_can_be_examined() -> None:
    examiner = Examiner()
    for release in contents(PORTUGAL):
        examiner.take(release)
    assert examiner.examined == 100
    assert examiner.left_out == 0
    assert {flag.code for flag in examiner.findings()} <= {"R003", "R018", "R048"}


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.integers(0, 100))
def test_a_quantile_lies_among_the_values_and_fences_around_quartiles(
    values: list[int], percent: int
) -> None:
    ascending = sorted(map(Fraction, values))
    assert ascending[0] <= quantile(ascending, Fraction(percent, 100)) <= ascending[-1]
    first, third = (quantile(ascending, Fraction(share, 4)) for share in (1, 3))
    assert lower_fence(ascending) <= first <= third <= upper_fence(ascending)


def test_quantiles_of_the_eighth_type() -> None:
    values = [Fraction(one) for one in (1, 1, 1, 1, 2)]
    assert quantile(values, Fraction(3, 4)) == Fraction(4, 3)
    with pytest.raises(ValueError, match="nothing"):
        quantile([], Fraction(1, 2))
