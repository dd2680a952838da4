"""The tables of procurement, and the service that declares them."""

from typing import Final

from tongjian.core.links import Link
from tongjian.core.operation import BYTES16, BYTES32, NUMBER, TEXT, Service, Table
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import (
    Addendum,
    Auction,
    Bid,
    Challenge,
    Contract,
    Dealing,
    Desk,
    Entrant,
    Expert,
    Finding,
    Foreign,
    Holder,
    Interest,
    Mark,
    Offer,
    Plan,
    Planned,
    Raise,
    Share,
    Spending,
    Supplier,
    Tender,
)
from tongjian.services.treasury.public import COMMITMENTS, LINES

SUPPLIERS: Final[Table[Supplier, str]] = Table("procurement.suppliers", Supplier, (TEXT,))
EXPERTS: Final[Table[Expert, str, bytes]] = Table("procurement.experts", Expert, (TEXT, BYTES16))
"""Field, pseudonym: the pool of a field is one range."""
INTERESTS: Final[Table[Interest, bytes, str]] = Table(
    "procurement.interests", Interest, (BYTES16, TEXT)
)
"""Person, supplier."""
HOLDERS: Final[Table[Holder, str]] = Table("procurement.holders", Holder, (TEXT,))
PLANS: Final[Table[Plan, str]] = Table("procurement.plans", Plan, (TEXT,))
PLANNED: Final[Table[Planned, str]] = Table("procurement.planned", Planned, (TEXT,))
"""Budget line."""
SPENDING: Final[Table[Spending, str, str, int]] = Table(
    "procurement.spending", Spending, (TEXT, TEXT, NUMBER)
)
"""Purchaser, category, year."""
TENDERS: Final[Table[Tender, str]] = Table("procurement.tenders", Tender, (TEXT,))
ADDENDA: Final[Table[Addendum, str, int]] = Table("procurement.addenda", Addendum, (TEXT, NUMBER))
DEALINGS: Final[Table[Dealing, str, int]] = Table("procurement.dealings", Dealing, (TEXT, NUMBER))
"""Tender, place of the holder in its list, from 1."""
SHARES: Final[Table[Share, str, int]] = Table("procurement.shares", Share, (TEXT, NUMBER))
BIDS: Final[Table[Bid, str, bytes]] = Table("procurement.bids", Bid, (TEXT, BYTES32))
"""Tender, one-time key: all bids of a tender are one range."""
DESKS: Final[Table[Desk, str, str]] = Table("procurement.desks", Desk, (TEXT, TEXT))
"""Tender, receiving office."""
OFFERS: Final[Table[Offer, str, str]] = Table("procurement.offers", Offer, (TEXT, TEXT))
"""Tender, bidder."""
MARKS: Final[Table[Mark, str, str, bytes]] = Table("procurement.marks", Mark, (TEXT, TEXT, BYTES16))
"""Tender, bidder, member of the committee."""
FINDINGS: Final[Table[Finding, str, int]] = Table("procurement.findings", Finding, (TEXT, NUMBER))
CHALLENGES: Final[Table[Challenge, str, int]] = Table(
    "procurement.challenges", Challenge, (TEXT, NUMBER)
)
CONTRACTS: Final[Table[Contract, str]] = Table("procurement.contracts", Contract, (TEXT,))
AUCTIONS: Final[Table[Auction, str]] = Table("procurement.auctions", Auction, (TEXT,))
ENTRANTS: Final[Table[Entrant, str, str]] = Table("procurement.entrants", Entrant, (TEXT, TEXT))
RAISES: Final[Table[Raise, str, int]] = Table("procurement.raises", Raise, (TEXT, NUMBER))
FOREIGN: Final[Table[Foreign, bytes, bytes]] = Table(
    "procurement.foreign", Foreign, (BYTES32, BYTES32)
)
"""Process, release: all that is recorded of a process is one range."""

LINKS: Final = (
    Link("line", PLANS, LINES, ("line",)),
    Link("plan", TENDERS, PLANS, ("plan",)),
    Link("tender", ADDENDA, TENDERS, (0,)),
    Link("tender", BIDS, TENDERS, (0,)),
    Link("tender", OFFERS, TENDERS, (0,)),
    Link("offer", MARKS, OFFERS, (0, 1)),
    Link("tender", CHALLENGES, TENDERS, (0,)),
    Link("tender", CONTRACTS, TENDERS, ("tender",)),
    Link("line", CONTRACTS, LINES, ("line",)),
    Link("award", COMMITMENTS, CONTRACTS, (0,), is_optional=True),
)

service: Final = Service(
    "procurement",
    Refusal,
    (
        SUPPLIERS,
        EXPERTS,
        INTERESTS,
        HOLDERS,
        PLANS,
        PLANNED,
        SPENDING,
        TENDERS,
        ADDENDA,
        DEALINGS,
        SHARES,
        BIDS,
        DESKS,
        OFFERS,
        MARKS,
        FINDINGS,
        CHALLENGES,
        CONTRACTS,
        AUCTIONS,
        ENTRANTS,
        RAISES,
        FOREIGN,
    ),
    links=LINKS,
)
"""What may be asked of procurement."""
