"""The invented city and its day are plausible, impossible in reality, and the same for a seed."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tongjian.connectors.einvoice import read_document
from tongjian.connectors.keeping import DocumentFolder
from tongjian.core.arithmetic import apply_rate_ppm
from tongjian.core.hashing import compute_commitment, sha256
from tongjian.core.identifiers import check_einvoice_number, check_uscc, region_covers
from tongjian.demo.city import BODIES, STAFF, City, Member, make_city
from tongjian.demo.day import CLOSING_MS, DAY_MS, OPENING_MS, Day, day_start, plan_day
from tongjian.demo.opening import opening
from tongjian.demo.papers import DOCUMENTS_NAME, keep_papers
from tongjian.services.invoice import acts

START_MS = day_start(1_795_060_800_000, days_before=0)
"""00:00 of 2026-11-19 in Shanghai."""
INVOICES = 250


@cache
def city() -> City:
    return make_city(1)


@cache
def day(seed: int = 1) -> Day:
    return plan_day(city(), seed, INVOICES, START_MS)


def acts_of(kind: type) -> list:
    return [act for request in day().requests for act in request.acts if isinstance(act, kind)]


def test_every_office_has_a_valid_code_of_the_demo_province_and_none_twice() -> None:
    offices = city().plan.office
    for office in offices:
        check_uscc(office.uscc)
        assert office.region.startswith("99")
    assert len({office.uscc for office in offices}) == len(offices)
    assert len({office.label for office in offices}) == len(offices)
    assert {body.uscc for body in BODIES} <= {office.uscc for office in offices}


def test_firms_are_of_over_a_hundred_industries() -> None:
    assert len({member.firm.industry for member in city().members}) > 100
    assert len(city().members) > 300


def roles_of(member: Member) -> Counter[str]:
    uscc = member.firm.uscc
    return Counter(r for o in city().plan.officer if o.office == uscc for r in o.roles)


@pytest.mark.parametrize("small", [False, True])
def test_every_firm_has_who_it_needs_and_two_persons_pay_out(*, small: bool) -> None:
    needed = Counter(role for roles in STAFF.values() for role in roles)
    members = [member for member in city().members if member.is_small is small]
    assert members
    for member in members:
        assert needed <= roles_of(member)
        uscc = member.firm.uscc
        payers = {
            officer.person or officer.holder
            for officer in city().plan.officer
            if officer.office == uscc and "finance" in officer.roles
        }
        assert len(payers) == 2


def test_a_bookkeeper_is_one_person_in_the_posts_of_several_small_firms() -> None:
    shared = Counter(officer.person for officer in city().plan.officer if officer.person)
    assert max(shared.values()) > 1
    assert set(shared) == {p for p in shared if p.startswith("bookkeeper-of-house-")}


def test_the_same_seed_gives_the_same_city_and_the_same_transactions() -> None:
    again = make_city(1)
    assert again == city()
    assert plan_day(again, 1, INVOICES, START_MS) == day()


def test_another_seed_gives_another_city_and_another_day() -> None:
    assert make_city(2).members != city().members
    assert day(2).requests != day().requests


def test_invoices_have_valid_numbers_and_none_comes_twice() -> None:
    issued = [act.number for act in acts_of(acts.Issue)]
    red = [act.number for act in acts_of(acts.IssueRed)]
    assert len(issued) == INVOICES
    for number in (*issued, *red):
        check_einvoice_number(number)
    assert len({*issued, *red}) == len(issued) + len(red)


def test_totals_are_the_sums_of_amount_and_tax_by_rate() -> None:
    for act in acts_of(acts.Issue):
        assert act.total_fen == sum(part.net_fen + part.tax_fen for part in act.subtotals)
        assert act.tax_fen == sum(part.tax_fen for part in act.subtotals)
        for part in act.subtotals:
            exact = apply_rate_ppm(part.net_fen, part.rate_ppm)
            assert abs(part.tax_fen - exact) <= part.lines


def test_all_rates_and_kinds_and_the_whole_procedure_occur() -> None:
    issued = acts_of(acts.Issue)
    rates = {part.rate_ppm for act in issued for part in act.subtotals}
    assert rates == {0, 30_000, 60_000, 90_000, 130_000}
    assert {act.kind for act in issued} == {"special", "ordinary"}
    for kind in (acts.Deliver, acts.ConfirmDeduction, acts.Book, acts.Reimburse, acts.IssueRed):
        assert acts_of(kind), kind


def test_what_is_asked_comes_in_order_within_office_hours() -> None:
    moments = [request.moment_ms for request in day().requests]
    assert moments == sorted(moments)
    assert moments[0] >= START_MS + OPENING_MS
    assert moments[-1] <= START_MS + CLOSING_MS < START_MS + DAY_MS


def test_limits_cover_what_each_seller_issues() -> None:
    limits: dict[str, int] = {
        act.taxpayer: act.limit_fen
        for request in opening(city(), 1, day().issued_fen, START_MS, sha256)
        for act in request.acts
        if isinstance(act, acts.SetLimit)
    }
    assert set(limits) == {member.firm.uscc for member in city().members}
    assert all(limits[seller] >= issued for seller, issued in day().issued_fen.items())


def test_a_taxpayer_is_registered_by_a_bureau_whose_region_covers_its_own() -> None:
    region_of = {office.uscc: office.region for office in city().plan.office}
    bureau_of = {officer.holder: region_of[officer.office] for officer in city().plan.officer}
    for request in opening(city(), 1, {}, START_MS, sha256):
        for act in request.acts:
            if isinstance(act, acts.SetTaxpayer):
                for holder in request.holders:
                    assert region_covers(bureau_of[holder], region_of[act.taxpayer])


def test_documents_are_sound_e_invoices_that_open_the_commitments() -> None:
    issued = {act.number: act for act in acts_of(acts.Issue)}
    for paper in day().papers:
        document = read_document(paper.content, paper.number)
        assert document.number == paper.number
        assert document.errors == ()
        act = issued.get(paper.number)
        if act is not None:
            assert compute_commitment(sha256, paper.lines_salt, paper.content) == act.lines
            assert paper.buyer_commitment(sha256) == act.buyer


def test_documents_stay_with_the_office_that_issued_them(tmp_path: Path) -> None:
    papers = day().papers[:20]
    assert keep_papers(tmp_path, papers) == 20
    for paper in papers:
        folder = tmp_path / DOCUMENTS_NAME / paper.seller
        assert (folder / f"{paper.number}.xml").read_bytes() == paper.content
        salts = folder / "salts.jsonl"
        assert paper.lines_salt.hex() in salts.read_text("utf-8")
        assert not salts.stat().st_mode & 0o077
    assert DocumentFolder(tmp_path / DOCUMENTS_NAME).known_files() == {}
