"""Flags that one process shows by itself."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Final

from tongjian.connectors.jsonfields import ids, member, moment, number, objects, text
from tongjian.connectors.ocds.flags.bids import (
    active_awards,
    are_awards_final,
    bids_of,
    price_of,
    submitted,
    tenderers_of,
)
from tongjian.connectors.ocds.flags.finding import Figures, RedFlag, Settings
from tongjian.connectors.strictjson import Json

_ONE: Final = Fraction(1)
_PRICE_ONLY: Final = frozenset({"", "priceOnly", "lowestCost"})
"""Award criteria of OCDS 1.1 under which the lowest bid wins; who names none is not excused."""
_ADDRESS: Final = ("streetAddress", "locality", "region", "postalCode", "countryName")
_CONTACT: Final = ("name", "email", "telephone", "faxNumber", "url")

Rule = Callable[[str, Json, Settings], Iterator[RedFlag]]


def short_period(ocid: str, release: Json, settings: Settings) -> Iterator[RedFlag]:
    """R003: the time to bid was shorter than it should be."""
    tender = member(release, "tender")
    if settings.period_methods and text(tender, "procurementMethod") not in settings.period_methods:
        return
    start = moment(tender, "tenderPeriod", "startDate")
    end = moment(tender, "tenderPeriod", "endDate")
    details = text(tender, "procurementMethodDetails")
    days = settings.period_days_min_by_details.get(details, settings.period_days_min)
    if start is not None and end is not None and end - start < dt.timedelta(days=days):
        # Cut, not rounded: who had a second less than 15 days did not have 15.
        given = Fraction((end - start) // dt.timedelta(seconds=864), 100)
        yield RedFlag("R003", "OCID", ocid, _ONE, figures={"days": given, "days_min": days})


def single_bid(ocid: str, release: Json, settings: Settings) -> Iterator[RedFlag]:
    """R018: one bid alone in a procedure that means to have many."""
    tender = member(release, "tender")
    method = text(tender, "procurementMethod")
    if number(tender, "numberOfTenderers") == 1 and method in settings.competitive_methods:
        yield RedFlag("R018", "OCID", ocid, _ONE, figures={"method": method})


def same_price(ocid: str, release: Json, settings: Settings) -> Iterator[RedFlag]:
    """R028: different tenderers asked the same price."""
    if text(release, "tender", "procurementMethodDetails") in settings.priceless_details:
        return
    askers: dict[tuple[Fraction, str], set[frozenset[str]]] = defaultdict(set)
    for bid in submitted(release):
        price, made_by = price_of(bid), tenderers_of(bid)
        if price is not None and made_by:
            askers[price].add(frozenset(made_by))
    shared = {price: groups for price, groups in askers.items() if len(groups) > 1}
    if shared:
        concerned = {one for groups in shared.values() for group in groups for one in group}
        amount, currency = next(iter(shared))
        figures: Figures = {"price": amount, "currency": currency, "prices": len(shared)}
        yield RedFlag("R028", "OCID", ocid, _ONE, tuple(sorted(concerned)), figures)


def late_winner(ocid: str, release: Json, settings: Settings) -> Iterator[RedFlag]:
    """R030: a bid that came after the deadline was accepted, and it won."""
    del settings
    end = moment(release, "tender", "tenderPeriod", "endDate")
    winners = {one for award in active_awards(release) for one in ids(award, "suppliers")}
    late: set[str] = set()
    for bid in bids_of(release):
        came = moment(bid, "date")
        if text(bid, "status") == "valid" and end is not None and came is not None and came > end:
            late |= winners.intersection(tenderers_of(bid))
    if late and end is not None:
        figures: Figures = {"deadline": text(release, "tender", "tenderPeriod", "endDate")}
        yield RedFlag("R030", "OCID", ocid, _ONE, tuple(sorted(late)), figures)


def all_but_winner_out(ocid: str, release: Json, settings: Settings) -> Iterator[RedFlag]:
    """R035: everybody but the winner was disqualified."""
    if not are_awards_final(release):
        return
    by_status: dict[str, set[str]] = defaultdict(set)
    for bid in bids_of(release):
        by_status[text(bid, "status")].update(tenderers_of(bid))
    valid = by_status["valid"]
    winners = {one for award in active_awards(release) for one in ids(award, "suppliers")}
    out = by_status["disqualified"] - valid
    if len(valid) == 1 and valid == winners and len(out) >= settings.disqualified_tenderers_min:
        figures: Figures = {"disqualified": len(out)}
        yield RedFlag("R035", "OCID", ocid, Fraction(len(out)), tuple(sorted(valid)), figures)


def lowest_out(ocid: str, release: Json, settings: Settings) -> Iterator[RedFlag]:
    """R036: the lowest bid was disqualified where price decides."""
    tender = member(release, "tender")
    if text(tender, "procurementMethodDetails") in settings.priceless_details:
        return
    if not active_awards(release) or text(tender, "awardCriteria") not in _PRICE_ONLY:
        return
    priced = [(price, bid) for bid in submitted(release) if (price := price_of(bid)) is not None]
    same = [(price[0], bid) for price, bid in priced if price[1] == settings.currency]
    if not same:
        return
    lowest, bid = min(same, key=lambda pair: pair[0])
    if text(bid, "status") == "disqualified":
        figures: Figures = {"price": lowest, "currency": settings.currency, "bids": len(same)}
        concerned = tuple(sorted(tenderers_of(bid)))
        yield RedFlag("R036", "OCID", ocid, _ONE, concerned, figures)


def alike(ocid: str, release: Json, settings: Settings) -> Iterator[RedFlag]:
    """R044: different tenderers have one address or one way to reach them."""
    del settings
    sharers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for party in objects(release, "parties"):
        roles, key = party.get("roles"), text(party, "id")
        if key and isinstance(roles, list) and "tenderer" in roles:
            for trait in _traits(party):
                sharers[trait].add(key)
    shared = {trait: keys for trait, keys in sharers.items() if len(keys) > 1}
    if shared:
        concerned = {key for keys in shared.values() for key in keys}
        # The traits themselves name persons and stay out of the finding.
        figures: Figures = {"alike": ", ".join(sorted({name for name, _ in shared}))}
        yield RedFlag("R044", "OCID", ocid, _ONE, tuple(sorted(concerned)), figures)


def _traits(party: Json) -> Iterator[tuple[str, str]]:
    if text(party, "address", "streetAddress").strip():
        parts = (text(party, "address", name).strip().casefold() for name in _ADDRESS)
        yield "address", "\n".join(parts)
    for name in _CONTACT:
        found = text(party, "contactPoint", name).strip().casefold()
        if found:
            yield f"contactPoint.{name}", found


RULES: Final[Mapping[str, Rule]] = {
    "R003": short_period,
    "R018": single_bid,
    "R028": same_price,
    "R030": late_winner,
    "R035": all_but_winner_out,
    "R036": lowest_out,
    "R044": alike,
}
