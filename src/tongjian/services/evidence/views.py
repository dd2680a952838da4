"""What may be asked of evidence, cases and orders, and by whom."""

from typing import Annotated, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.ledger import Ledger
from tongjian.core.limits import RANGE_ROWS_MAX
from tongjian.core.operation import ensure
from tongjian.core.values import Digest, TimeMs, time_ms
from tongjian.services.evidence.identifiers import CaseKey
from tongjian.services.evidence.records import (
    CASES,
    CHALLENGES,
    CUSTODY,
    ITEMS,
    READINGS,
    RENEWALS,
    SUBMISSIONS,
    TIME_STAMPS,
    Case,
    Challenge,
    Custody,
    Imprint,
    Item,
    ItemId,
    Reading,
    Renewal,
    Submission,
    TimeStamp,
    service,
)
from tongjian.services.evidence.records_orders import ORDERS, Order
from tongjian.services.evidence.refusals import Refusal

Limit = Annotated[int, Meta(ge=1, le=RANGE_ROWS_MAX, description="Rows at most.")]


class Match(Record):
    """An item in the asker's hand: its id and the commitment to its content."""

    item: ItemId
    content: Imprint


class Standing(Record):
    """Since when content is unchanged; whether it was true before that is not said (JUD-I4)."""

    answer: Literal["consistent", "inconsistent", "not_found"]
    unchanged_since_ms: TimeMs
    """0 unless consistent."""
    before_recording: Literal["not_proven"]


@service.query(audience="D2", reads=(ITEMS,))
def match(query: Match, ledger: Ledger) -> Standing:
    """Say since when content is unchanged, and never that it is true."""
    item = ledger.get(ITEMS, query.item)
    if item is None or item.content is None:
        return Standing(
            answer="not_found", unchanged_since_ms=time_ms(0), before_recording="not_proven"
        )
    is_same = query.content in (item.content, item.current)
    return Standing(
        answer="consistent" if is_same else "inconsistent",
        unchanged_since_ms=item.fixed_ms if is_same else time_ms(0),
        before_recording="not_proven",
    )


class ItemAsked(Record):
    """Which item, and how many rows at most."""

    item: ItemId
    limit: Limit


class WholeRecord(Record):
    """An item with its whole chain of custody, its stamps and renewals."""

    item: Item
    custody: tuple[Custody, ...]
    time_stamps: tuple[TimeStamp, ...]
    renewals: tuple[Renewal, ...]


@service.query(audience="D5", reads=(ITEMS, CUSTODY, TIME_STAMPS, RENEWALS))
def item(query: ItemAsked, ledger: Ledger) -> WholeRecord:
    """Return an item and every step of its custody, in order."""
    row = ledger.one(ITEMS, query.item, missing=Refusal.ITEM_UNKNOWN)
    stamps = ledger.range(TIME_STAMPS, query.item, limit=query.limit)
    return WholeRecord(
        item=row,
        custody=tuple(r for _, r in ledger.range(CUSTODY, query.item, limit=query.limit)),
        time_stamps=tuple(r for _, r in stamps),
        renewals=tuple(r for _, r in ledger.range(RENEWALS, query.item, limit=query.limit)),
    )


class CaseAsked(Record):
    """Which case."""

    case: CaseKey


@service.query(audience="D5", reads=(CASES,))
def case(query: CaseAsked, ledger: Ledger) -> Case:
    """Return a case as the court's register has it."""
    return ledger.one(CASES, query.case, missing=Refusal.CASE_UNKNOWN)


class SubmissionAsked(Record):
    """Which item in which case, and how many rows at most."""

    case: CaseKey
    item: ItemId
    limit: Limit


class Examined(Record):
    """An item before a court with all challenges to it."""

    submission: Submission
    challenges: tuple[Challenge, ...]


@service.query(audience="D5", reads=(SUBMISSIONS, CHALLENGES))
def submission(query: SubmissionAsked, ledger: Ledger) -> Examined:
    """Return the answers to the questions of the rules, the court's check and the challenges."""
    row = ledger.one(SUBMISSIONS, query.case, query.item, missing=Refusal.SUBMISSION_UNKNOWN)
    rows = ledger.range(CHALLENGES, query.case, query.item, limit=query.limit)
    return Examined(submission=row, challenges=tuple(r for _, r in rows))


@service.query(audience="D5", reads=(SUBMISSIONS, READINGS))
def readings(query: SubmissionAsked, ledger: Ledger) -> tuple[Reading, ...]:
    """List who has read sealed evidence, and what for."""
    found = ledger.get(SUBMISSIONS, query.case, query.item)
    ensure(found is not None, Refusal.SUBMISSION_UNKNOWN)
    rows = ledger.range(READINGS, query.case, query.item, limit=query.limit)
    return tuple(row for _, row in rows)


class OrderAsked(Record):
    """Which order."""

    order: Digest


@service.query(audience="D3", reads=(ORDERS,))
def order(query: OrderAsked, ledger: Ledger) -> Order:
    """Return an order: exactly which rights it reaches, since when, until when."""
    return ledger.one(ORDERS, query.order, missing=Refusal.ORDER_UNKNOWN)
