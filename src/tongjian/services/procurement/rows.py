"""Rows of procurement; they hold no names of persons, no documents and no free text.

Bodies stand in plain by their credit code once bids are open; before that nothing on the ledger
names a bidder. Natural persons are pseudonyms, documents salted commitments.
"""

from typing import Annotated

from msgspec import Meta

from tongjian.core.operation import Row
from tongjian.core.values import (
    Amount,
    Count,
    Digest,
    Fen,
    Name,
    PersonId,
    TimeMs,
    Uscc,
    count,
    fen,
    time_ms,
)
from tongjian.services.procurement.values import (
    HOLDERS_MAX,
    PANEL_MAX,
    AuctionStatus,
    BidResult,
    ChallengeStatus,
    Ciphertext,
    Criteria,
    Currency,
    Element,
    FailReason,
    FindingStatus,
    Flag,
    Holders,
    Invited,
    Kind,
    MaskedShare,
    Method,
    Number,
    PanelSize,
    Persons,
    PlanStatus,
    Points,
    Proof,
    PurchaseMethod,
    Ranking,
    Scalar,
    Suppliers,
    TenderStatus,
    Threshold,
    Validity,
)
from tongjian.services.treasury.public import LineId


class Supplier(Row, matched=True):
    """What a supplier declares of itself 供应商: head, links and beneficial owners."""

    head: PersonId
    """Pseudonym of the head of the unit 单位负责人."""
    links: Suppliers
    """Bodies with which it has a direct holding or management link."""
    owners: Persons
    """Pseudonyms of beneficial owners."""
    statement: Digest
    """Hash of the beneficial ownership statement (BODS 0.4)."""
    declared_ms: TimeMs
    barred_until_ms: TimeMs
    """It may not take part before; 0 where it was never barred."""


class Expert(Row):
    """An expert of a field in the pool 评审专家."""

    enrolled_ms: TimeMs
    suspended: bool


class Interest(Row):
    """A relation of a person with a supplier, by which the person may not judge its bids."""

    evidence: Digest
    recorded_ms: TimeMs


class Holder(Row):
    """An office that may hold shares of keys, and the key to which its shares are sealed."""

    transport: Element


class Plan(Row, matched=True):
    """A purchase that is planned 采购计划, on one budget line."""

    purchaser: Uscc
    line: LineId
    category: Name
    kind: Kind
    method: PurchaseMethod
    year: Annotated[int, Meta(ge=1900, le=2248)]
    ceiling_fen: Amount
    exempted: bool
    """The finance department allowed another method than open tender above the limit."""
    status: PlanStatus


class Planned(Row):
    """The ceilings of the plans on a budget line that are not yet contracts or dropped."""

    ceilings_fen: Fen


class Spending(Row):
    """What a purchaser plans in a year for a category by other methods than open tender."""

    ceilings_fen: Fen


class Tender(Row, matched=True):
    """A tender, or an auction in sealed bids: its terms never change once it is published."""

    plan: Number | None
    """None on a sale."""
    purchaser: Uscc
    """The seller, on a sale."""
    agency: Uscc
    method: Method
    kind: Kind
    ceiling_fen: Amount
    """The reserve, on a sale."""
    bond_fen: Fen
    criteria: Criteria
    documents: Digest
    field: Name
    """Of the experts who judge."""
    panel_size: PanelSize
    holders: Holders
    threshold: Threshold
    invited: Invited
    excluded: Suppliers
    """Designers of the project; on a sale, those who defaulted before."""
    status: TenderStatus
    fail_reason: FailReason = "none"
    published_ms: TimeMs = time_ms(0)
    deadline_ms: TimeMs = time_ms(0)
    key: Element | None = None
    """To which bids are sealed; none before all holders have confirmed it."""
    confirmed: Count = count(0)
    shared: Count = count(0)
    """Shares published."""
    secret: Scalar | None = None
    """The key that opens the bids; none before enough shares are published."""
    addenda: Count = count(0)
    bids: Count = count(0)
    """Envelopes ever handed in."""
    unopened: Count = count(0)
    """Envelopes neither withdrawn nor dealt with at the opening."""
    seats: Annotated[tuple[PersonId, ...], Meta(max_length=PANEL_MAX)] = ()
    """Pseudonyms of the committee's members."""
    removed: Annotated[tuple[PersonId, ...], Meta(max_length=PANEL_MAX)] = ()
    """Members who were replaced; they are not drawn again."""
    findings: Count = count(0)
    open_findings: Count = count(0)
    challenges: Count = count(0)
    open_challenges: Count = count(0)
    suspended_until_ms: TimeMs = time_ms(0)
    ranking: Ranking = ()
    """Bidders in rank order, those struck out left out."""
    winner: Uscc | None = None
    price_fen: Fen = fen(0)
    """Of the award; on a sale, what the buyer pays."""
    objection_until_ms: TimeMs = time_ms(0)
    """Until then candidates of works stand posted before the award, and any award after it."""
    contract_until_ms: TimeMs = time_ms(0)


class Addendum(Row):
    """A clarification or change of the documents 澄清修改."""

    document: Digest
    affects_bids: bool
    deadline_ms: TimeMs
    recorded_ms: TimeMs


class Dealing(Row):
    """One holder's part of the key: commitments to a polynomial, and its values, sealed."""

    commitments: Annotated[tuple[Element, ...], Meta(min_length=1, max_length=HOLDERS_MAX)]
    proof: Proof
    shares: Annotated[tuple[MaskedShare, ...], Meta(min_length=1, max_length=HOLDERS_MAX)]
    confirmed: bool
    """Its dealer has checked the parts of all others."""


class Share(Row):
    """A holder's share of the key, published after the deadline."""

    scalar: Scalar
    published_ms: TimeMs


class Bid(Row):
    """An envelope 投标文件: what was handed in, and what became of it."""

    version: Count
    ciphertext: Ciphertext
    commitment: Digest
    received_ms: TimeMs
    height: Count
    """Block of the version that counts."""
    result: BidResult
    bidder: Uscc | None = None
    """Known once it is opened."""


class Desk(Row):
    """How many envelopes of a procedure an office has handed in."""

    envelopes: Count


class Offer(Row, matched=True):
    """An opened bid of one bidder, and how it was judged."""

    slot: Annotated[bytes, Meta(min_length=32, max_length=32)]
    envelopes: Count
    """How many envelopes of this bidder were opened; only one may be."""
    price_fen: Amount
    bond_fen: Fen
    technical: Digest
    author: Digest
    """Keyed mark of the author that the bid's files name."""
    device: Digest
    """Keyed mark of the device on which they were written."""
    bond_source: Digest
    """Keyed mark of the account that paid the bond."""
    invitation: Digest | None
    """The invitation that the bidder's salt opens."""
    validity: Validity
    scored: Count = count(0)
    """Members who have scored it."""
    responsive: Count = count(0)
    """Of them, those who find that it meets the terms."""
    judged_points: Count = count(0)
    """Sum over members and criteria."""
    points: Count = count(0)
    """Judged points plus the points of the price, one time for each member."""


class Mark(Row):
    """How one member of the committee scored one bid 评分."""

    points: Annotated[tuple[Points, ...], Meta(max_length=24)]
    responsive: bool
    reasons: Digest
    """Salted commitment to the reasons."""


class Finding(Row, matched=True):
    """A suspicion with its evidence, for the committee: never an exclusion by itself."""

    flag: Flag
    bidders: Suppliers
    evidence: Digest
    raised_by: Uscc
    hearing_until_ms: TimeMs
    heard: Suppliers
    votes_reject: Count
    votes_keep: Count
    voters: Annotated[tuple[PersonId, ...], Meta(max_length=PANEL_MAX)]
    status: FindingStatus


class Challenge(Row, matched=True):
    """A supplier's challenge 质疑, its answer, and the complaint 投诉 that may follow."""

    supplier: Uscc
    grounds: Digest
    status: ChallengeStatus
    answer_until_ms: TimeMs
    complain_until_ms: TimeMs
    """0 before the answer, or before its time has passed without one."""


class Contract(Row, matched=True):
    """A contract as it was awarded 政府采购合同, and its supplements."""

    tender: Number
    purchaser: Uscc
    supplier: Uscc
    line: LineId
    price_fen: Amount
    added_fen: Fen
    """By supplements."""
    document: Digest
    supplements: Count
    signed_ms: TimeMs


class Auction(Row, matched=True):
    """An open ascending auction 拍卖."""

    seller: Uscc
    auctioneer: Uscc
    lot: Digest
    reserve_fen: Amount
    step_fen: Amount
    deposit_fen: Amount
    begins_ms: TimeMs
    ends_ms: TimeMs
    barred: Suppliers
    """Buyers who defaulted on this lot before."""
    status: AuctionStatus
    bids: Count = count(0)
    price_fen: Fen = fen(0)
    leader: Uscc | None = None
    pay_until_ms: TimeMs = time_ms(0)


class Entrant(Row):
    """A bidder of an auction who has paid the deposit."""

    deposit: Digest
    """Commitment to the receipt."""


class Raise(Row, matched=True):
    """One bid of an auction, which cannot be taken back."""

    bidder: Uscc
    price_fen: Amount
    recorded_ms: TimeMs


class Foreign(Row):
    """A release of a contracting process published elsewhere, kept as evidence of what it said."""

    keeper: Uscc
    """The office that keeps it as received."""
    original: Digest
    """Salted commitment to the release as received."""
    content: Digest
    """Hash of what it says, so that a release changed under its old id shows."""
    released_ms: TimeMs
    """The time that it bears; it has no effect."""
    currency: Currency | None
    awarded_fen: Fen
    """In minor units of the currency."""
    contracted_fen: Fen
    flags: Annotated[tuple[Name, ...], Meta(max_length=16)]
    recorded_ms: TimeMs
