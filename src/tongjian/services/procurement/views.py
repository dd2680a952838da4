"""What may be asked of procurement, and by whom."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Annotated

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.ledger import Ledger
from tongjian.core.limits import RANGE_ROWS_MAX
from tongjian.core.values import Amount, Count, Digest, Fen, TimeMs, Uscc
from tongjian.services.procurement.records import (
    AUCTIONS,
    BIDS,
    CHALLENGES,
    CONTRACTS,
    FINDINGS,
    OFFERS,
    PLANS,
    SUPPLIERS,
    TENDERS,
    service,
)
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import (
    Auction,
    Challenge,
    Contract,
    Finding,
    Offer,
    Plan,
    Supplier,
    Tender,
)
from tongjian.services.procurement.rules import offers_of
from tongjian.services.procurement.values import (
    BIDS_MAX,
    BidResult,
    Flag,
    Number,
    Suppliers,
    Validity,
)

PATTERN_MIN = 3
"""Prices that make a regular step."""


class NumberAsked(Record):
    """Which one, by its public number."""

    number: Number


class RowsAsked(Record):
    """Of which procedure, and how many rows at most."""

    number: Number
    limit: Annotated[int, Meta(ge=1, le=RANGE_ROWS_MAX)]


@service.query(audience="D0", reads=(PLANS,))
def plan(query: NumberAsked, ledger: Ledger) -> Plan:
    """Return a planned purchase with its budget line, method and ceiling."""
    return ledger.one(PLANS, query.number, missing=Refusal.PLAN_UNKNOWN)


@service.query(audience="D0", reads=(TENDERS,))
def tender(query: NumberAsked, ledger: Ledger) -> Tender:
    """Return a tender: its terms, where it stands, the ranking and the award."""
    return ledger.one(TENDERS, query.number, missing=Refusal.TENDER_UNKNOWN)


class Envelope(Record):
    """An envelope as anybody may see it."""

    slot: Digest
    version: Count
    commitment: Digest
    received_ms: TimeMs
    result: BidResult
    bidder: Uscc | None


@service.query(audience="D0", reads=(BIDS,))
def bids(query: RowsAsked, ledger: Ledger) -> tuple[Envelope, ...]:
    """List the envelopes of a tender in order of their one-time keys, and what became of each."""
    rows = ledger.range(BIDS, query.number, limit=query.limit)
    return tuple(
        Envelope(
            slot=key[1],
            version=row.version,
            commitment=row.commitment,
            received_ms=row.received_ms,
            result=row.result,
            bidder=row.bidder,
        )
        for key, row in rows
    )


class OpenedBid(Record):
    """A line of the opening record 开标记录, and of the result."""

    bidder: Uscc
    price_fen: Amount
    bond_fen: Fen
    technical: Digest
    validity: Validity
    points: Count


@service.query(audience="D0", reads=(OFFERS,))
def opening(query: NumberAsked, ledger: Ledger) -> tuple[OpenedBid, ...]:
    """List the opened bids of a tender, why one does not compete, and the points."""
    rows = ledger.range(OFFERS, query.number, limit=BIDS_MAX)
    return tuple(
        OpenedBid(
            bidder=key[1],
            price_fen=row.price_fen,
            bond_fen=row.bond_fen,
            technical=row.technical,
            validity=row.validity,
            points=row.points,
        )
        for key, row in rows
    )


class Presumption(Record):
    """What the opened bids of several bidders have in common."""

    flag: Flag
    bidders: Suppliers


@service.query(audience="D4", reads=(OFFERS,))
def presumptions(query: NumberAsked, ledger: Ledger) -> tuple[Presumption, ...]:
    """List what art. 40 of the Tendering Regulation makes suspect; it proves nothing by itself."""
    offers = offers_of(ledger, query.number)
    found = [
        *_shared(offers, "same_author", lambda offer: offer.author),
        *_shared(offers, "same_handler", lambda offer: offer.device),
        *_shared(offers, "one_bond", lambda offer: offer.bond_source),
    ]
    ordered = sorted(offers, key=lambda each: each[1].price_fen)
    steps = [later.price_fen - earlier.price_fen for (_, earlier), (_, later) in pairwise(ordered)]
    is_regular = len(offers) >= PATTERN_MIN and steps[0] > 0 and len(dict.fromkeys(steps)) == 1
    if is_regular:
        named = tuple(bidder for bidder, _ in ordered)
        found.append(Presumption(flag="regular_prices", bidders=named))  # type: ignore[arg-type]
    return tuple(found)


def _shared(
    offers: list[tuple[str, Offer]], flag: Flag, mark: Callable[[Offer], bytes]
) -> Iterator[Presumption]:
    """Yield the groups of bidders whose bids bear one mark; 32 zero bytes stand for none."""
    groups: dict[bytes, list[str]] = {}
    for bidder, offer in offers:
        if any(mark(offer)):
            groups.setdefault(mark(offer), []).append(bidder)
    for bidders in groups.values():
        if len(bidders) > 1:
            yield Presumption(flag=flag, bidders=tuple(bidders))  # type: ignore[arg-type]


@service.query(audience="D4", reads=(FINDINGS,))
def findings(query: RowsAsked, ledger: Ledger) -> tuple[Finding, ...]:
    """List the findings of a tender, oldest first."""
    return tuple(row for _, row in ledger.range(FINDINGS, query.number, limit=query.limit))


@service.query(audience="D0", reads=(CHALLENGES,))
def challenges(query: RowsAsked, ledger: Ledger) -> tuple[Challenge, ...]:
    """List the challenges of a tender, oldest first."""
    return tuple(row for _, row in ledger.range(CHALLENGES, query.number, limit=query.limit))


@service.query(audience="D0", reads=(CONTRACTS,))
def contract(query: NumberAsked, ledger: Ledger) -> Contract:
    """Return a contract with its tender, its budget line and its supplements."""
    return ledger.one(CONTRACTS, query.number, missing=Refusal.CONTRACT_UNKNOWN)


@service.query(audience="D0", reads=(AUCTIONS,))
def auction(query: NumberAsked, ledger: Ledger) -> Auction:
    """Return an auction: reserve, step, last bid, and where it stands."""
    return ledger.one(AUCTIONS, query.number, missing=Refusal.AUCTION_UNKNOWN)


class SupplierAsked(Record):
    """Which supplier."""

    supplier: Uscc


@service.query(audience="D3", reads=(SUPPLIERS,))
def supplier(query: SupplierAsked, ledger: Ledger) -> Supplier:
    """Return what a supplier has declared of its head, links and owners."""
    return ledger.one(SUPPLIERS, query.supplier, missing=Refusal.BIDDER_UNKNOWN)
