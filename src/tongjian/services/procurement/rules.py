"""Checks that several acts share; each returns what it found or refuses, none writes."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from tongjian.core.calendar import (
    Date,
    deadline_calendar_days,
    deadline_working_days,
    legal_date,
)
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import ensure
from tongjian.core.values import TimeMs, time_ms
from tongjian.services.procurement.records import OFFERS, TENDERS
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Offer, Tender
from tongjian.services.procurement.values import (
    BIDS_MAX,
    POINTS_TOTAL,
    PRICE,
    Criterion,
    FailReason,
    TenderStatus,
)

SALE: Final = "sale"


def require_tender(ledger: Ledger, number: str, *statuses: TenderStatus) -> Tender:
    """Return a tender that stands in one of the statuses, or refuse."""
    tender = ledger.one(TENDERS, number, missing=Refusal.TENDER_UNKNOWN)
    ensure(tender.status in statuses, Refusal.STATUS_WRONG)
    return tender


def require_not_suspended(tender: Tender, ledger: Ledger) -> None:
    """Refuse a step while a complaint has the procedure suspended."""
    ensure(ledger.time_ms >= tender.suspended_until_ms, Refusal.SUSPENDED)


def require_key_holder(tender: Tender, holder: str) -> int:
    """Return the place of a holder among those of a procedure, from 1, or refuse."""
    ensure(holder in tender.holders, Refusal.NOT_HOLDER)
    return tender.holders.index(holder) + 1


def check_criteria(criteria: Sequence[Criterion], price_points_min: int) -> None:
    """Refuse criteria that do not make 100 points, or in which the price counts for too little."""
    points: dict[str, int] = {criterion.name: criterion.points for criterion in criteria}
    ensure(
        len(points) == len(criteria) and PRICE in points and sum(points.values()) == POINTS_TOTAL,
        Refusal.CRITERIA_WRONG,
    )
    ensure(points[PRICE] >= price_points_min, Refusal.PRICE_WEIGHT_LOW)


def points_of_price(tender: Tender) -> int:
    """Return the most points that a price can bring."""
    return next(each.points for each in tender.criteria if each.name == PRICE)


def is_single(tender: Tender) -> bool:
    """Say whether one bidder is enough."""
    return tender.method in ("single", SALE)


def offers_of(ledger: Ledger, number: str) -> list[tuple[str, Offer]]:
    """Return the opened bids of a procedure by bidder, in order of credit code."""
    return [(key[1], row) for key, row in ledger.range(OFFERS, number, limit=BIDS_MAX)]


def valid_offers(ledger: Ledger, number: str) -> list[tuple[str, Offer]]:
    """Return the opened bids that compete."""
    return [(bidder, row) for bidder, row in offers_of(ledger, number) if row.validity == "valid"]


# ----------------------------------------------------------------------------------------- time


def in_days(ledger: Ledger, days: int) -> TimeMs:
    """Return the end of so many calendar days from the block on (Civil Code art. 203)."""
    holidays, _ = _rest(ledger)
    return deadline_calendar_days(ledger.time_ms, days, holidays)


def in_working_days(ledger: Ledger, days: int) -> TimeMs:
    """Return the end of so many working days from the block on."""
    holidays, makeup = _rest(ledger)
    return deadline_working_days(ledger.time_ms, days, holidays, makeup)


def _rest(ledger: Ledger) -> tuple[frozenset[Date], frozenset[Date]]:
    return _dates(ledger.parameters("holidays")), _dates(ledger.parameters("makeup_days"))


@lru_cache(maxsize=16)
def _dates(days: tuple[int, ...]) -> frozenset[Date]:
    return frozenset(Date(day // 10_000, day // 100 % 100, day % 100) for day in days)


def bids_due_ms(ledger: Ledger, method: str) -> TimeMs:
    """Return the earliest deadline for bids that a procedure published now may have."""
    if method in ("open", "invited"):
        return in_days(ledger, ledger.parameter("tender_days_min"))
    if method == "consultation":
        return in_days(ledger, ledger.parameter("consultation_days_min"))
    if method == SALE:
        return in_days(ledger, ledger.parameter("auction_notice_days"))
    if method == "single":
        return in_working_days(ledger, ledger.parameter("single_notice_workdays"))
    return in_working_days(ledger, ledger.parameter("inquiry_workdays_min"))


def year_of(ledger: Ledger) -> int:
    """Return the fiscal year of the block, which is the calendar year (Budget Law art. 18)."""
    return legal_date(ledger.time_ms).year


# ---------------------------------------------------------------------------------------- status


def failed(tender: Tender, reason: FailReason) -> Tender:
    """Return a tender that has come to nothing 废标, with the reason."""
    return replace(tender, status="failed", fail_reason=reason, ranking=(), winner=None)


def never() -> TimeMs:
    """Return the moment that stands for none."""
    return time_ms(0)
