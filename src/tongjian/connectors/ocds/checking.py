"""What a release must have to be one, and what in it does not agree with itself.

An error forbids to record a release: without it the release cannot be told from others, dated or
merged. A flag does not: publishers err, and what they published is what happened. Every code list
that OCDS closes is checked; unknown fields are extensions and nobody's error.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from tongjian.connectors.jsonfields import is_list, is_object, member, moment, number, objects, text
from tongjian.connectors.ocds.standard import standard
from tongjian.connectors.strictjson import Json

Severity = Literal["error", "flag"]
OCID_CHARACTERS_MAX: Final = 256
"""Of an ocid and of a release id; the longest of a public register has 70."""
_LISTS: Final = ("parties", "awards", "contracts", "relatedProcesses")
_OBJECTS: Final = ("buyer", "tender", "planning", "bids")
_PERIODS: Final = (
    ("tender", "tenderPeriod"),
    ("tender", "enquiryPeriod"),
    ("tender", "awardPeriod"),
    ("tender", "contractPeriod"),
)


@dataclass(frozen=True)
class Finding:
    """One thing that a release gets wrong: by which rule, where, and what it means."""

    rule: str
    severity: Severity
    place: str
    message: str


def check_release(release: Json) -> tuple[Finding, ...]:
    """Return what is wrong with a release, errors first, in the order of its fields."""
    findings = [
        *_identity(release),
        *_shapes(release),
        *_codes(release),
        *_references(release),
        *_periods(release),
        *_amounts(release),
    ]
    return tuple(sorted(findings, key=lambda finding: finding.severity != "error"))


def _error(rule: str, place: str, message: str) -> Finding:
    return Finding(rule, "error", place, message)


def _flag(rule: str, place: str, message: str) -> Finding:
    return Finding(rule, "flag", place, message)


def _identity(release: Json) -> Iterator[Finding]:
    for name in ("ocid", "id"):
        found = text(release, name)
        if not 0 < len(found) <= OCID_CHARACTERS_MAX:
            yield _error("OCDS-ID", name, f"{name} is no text of 1 to {OCID_CHARACTERS_MAX} signs")
    if moment(release, "date") is None:
        yield _error("OCDS-DATE", "date", "date is no date and time with an offset (RFC 3339)")
    codes = standard()["codes"]
    if text(release, "initiationType") not in codes["initiationType"]:
        yield _error("OCDS-INITIATION", "initiationType", "initiationType is not `tender`")
    tags = member(release, "tag")
    known = is_list(tags) and all(tag in codes["releaseTag"] for tag in tags)
    if not known or not tags:
        yield _error("OCDS-TAG", "tag", "tag is no list of the codes that OCDS has for releases")


def _shapes(release: Json) -> Iterator[Finding]:
    for name in _LISTS:
        found = member(release, name)
        if found is not None and not (is_list(found) and all(map(is_object, found))):
            yield _error("OCDS-TYPE", name, f"{name} is no list of objects")
    for name in _OBJECTS:
        found = member(release, name)
        if found is not None and not is_object(found):
            yield _error("OCDS-TYPE", name, f"{name} is no object")


def _codes(release: Json) -> Iterator[Finding]:
    tender = member(release, "tender")
    yield from _code("tenderStatus", tender, "tender", "status")
    yield from _code("method", tender, "tender", "procurementMethod")
    yield from _code("procurementCategory", tender, "tender", "mainProcurementCategory")
    for award in objects(release, "awards"):
        yield from _code("awardStatus", award, f"awards[{text(award, 'id')[:64]}]", "status")
    for contract in objects(release, "contracts"):
        place = f"contracts[{text(contract, 'id')[:64]}]"
        yield from _code("contractStatus", contract, place, "status")


def _code(name: str, holder: Any, place: str, field: str) -> Iterator[Finding]:
    found = member(holder, field)
    if found is not None and found not in standard()["codes"][name]:
        code = str(found)[:64]
        yield _flag("OCDS-CODE", f"{place}.{field}", f"{code!r} is no code of the list {name}")


def references(release: Json) -> Iterator[tuple[str, Json]]:
    """Yield every reference of a release to an organization, and where it stands."""
    buyer, tender = member(release, "buyer"), member(release, "tender")
    entity = member(tender, "procuringEntity")
    for place, found in (("buyer", buyer), ("tender.procuringEntity", entity)):
        if is_object(found):
            yield place, found
    lists = (
        ("tender.tenderers", [tender], "tenderers"),
        ("awards.suppliers", objects(release, "awards"), "suppliers"),
        ("bids.details.tenderers", objects(release, "bids", "details"), "tenderers"),
    )
    for place, holders, name in lists:
        for holder in holders:
            yield from ((place, one) for one in objects(holder, name))


def _references(release: Json) -> Iterator[Finding]:
    known = {text(party, "id") for party in objects(release, "parties")}
    told: set[str] = set()
    for place, reference in references(release):
        found = text(reference, "id")
        if found not in known and found not in told:
            told.add(found)
            yield _flag("OCDS-PARTY", place, f"{found[:64]!r} does not stand in parties")


def _periods(release: Json) -> Iterator[Finding]:
    periods = [(".".join(path), member(release, *path)) for path in _PERIODS]
    periods += [("contracts.period", one.get("period")) for one in objects(release, "contracts")]
    for place, period in periods:
        start, end = moment(period, "startDate"), moment(period, "endDate")
        if start is not None and end is not None and end < start:
            yield _flag("OCDS-PERIOD", place, "the period ends before it starts")


def _amounts(release: Json) -> Iterator[Finding]:
    ceiling = number(release, "tender", "value", "amount")
    currency = _currency(member(release, "tender"))
    for place in ("awards", "contracts"):
        for holder in objects(release, place):
            amount = number(holder, "value", "amount")
            if amount is None:
                continue
            if amount < 0:
                yield _flag("OCDS-AMOUNT", place, "an amount is below zero")
            elif ceiling is not None and currency == _currency(holder) and amount > ceiling:
                yield _flag("OCDS-CEILING", place, "an amount is above the value of the tender")


def _currency(holder: Any) -> str:
    return text(holder, "value", "currency")
