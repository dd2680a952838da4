"""Identifiers and values of procurement, each with its form."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.values import Count, Digest, Label, Name, PersonId, Uscc

HOLDERS_MAX: Final = 9
"""Key holders of one procedure."""
BIDS_MAX: Final = 100
"""Envelopes of one procedure, blank ones included."""
DESK_BIDS_MAX: Final = 40
"""Envelopes that one office may hand in, so that no desk fills a procedure with blank ones."""
CRITERIA_MAX: Final = 24
POINTS_TOTAL: Final = 10_000
"""All criteria together, in hundredths of a point."""
PANEL_MAX: Final = 21
LINKS_MAX: Final = 32
INVITED_MAX: Final = 32
PRICE: Final = "price"
"""The criterion whose points follow from the prices."""

Number = Label
"""Public number of a plan, a tender, an auction or a contract."""
Element = Annotated[
    bytes, Meta(min_length=32, max_length=32, description="An element of ristretto255.")
]
Scalar = Annotated[
    bytes, Meta(min_length=32, max_length=32, description="A scalar of ristretto255.")
]
Proof = Annotated[
    bytes, Meta(min_length=64, max_length=64, description="Proof of knowing a discrete logarithm.")
]
MaskedShare = Annotated[
    bytes, Meta(min_length=64, max_length=64, description="A share, sealed to its holder.")
]
Slot = Annotated[
    bytes,
    Meta(
        min_length=32,
        max_length=32,
        description="One-time Ed25519 key under which an envelope is handed in.",
    ),
]
Signature = Annotated[
    bytes, Meta(min_length=64, max_length=64, description="An Ed25519 signature.")
]
Ciphertext = Annotated[
    bytes, Meta(min_length=1056, max_length=1056, description="A sealed bid; all are of one size.")
]
Salt = Annotated[bytes, Meta(min_length=32, max_length=32, description="Salt of a commitment.")]
Points = Annotated[
    int, Meta(ge=0, le=POINTS_TOTAL, description="Hundredths of a point.", extra={"unit": "0.01"})
]
Threshold = Annotated[int, Meta(ge=2, le=HOLDERS_MAX, description="How many shares open the bids.")]
PanelSize = Annotated[int, Meta(ge=3, le=PANEL_MAX, description="Members of the committee.")]

ForeignKey = Annotated[
    bytes,
    Meta(min_length=32, max_length=32, description="Hash of an id that a publisher gave."),
]
Currency = Annotated[
    str, Meta(pattern="^[A-Z]{3}$(?!\\n)", max_length=3, description="ISO 4217 code.")
]

Kind = Literal["goods", "services", "works"]
Method = Literal["open", "invited", "negotiation", "consultation", "inquiry", "single", "sale"]
"""Open 公开招标, invited 邀请招标, negotiation 竞争性谈判, consultation 竞争性磋商, inquiry 询价,
single source 单一来源; sale is an auction in sealed bids."""
PurchaseMethod = Literal["open", "invited", "negotiation", "consultation", "inquiry", "single"]
PlanStatus = Literal["planned", "tendering", "contracted", "dropped"]
TenderStatus = Literal[
    "prepared", "published", "opened", "evaluating", "ranked", "awarded", "contracted", "sold",
    "failed",
]  # fmt: skip
FailReason = Literal[
    "none", "few_bidders", "over_budget", "law_broken", "task_cancelled", "annulled", "unreadable"
]
"""Government Procurement Law art. 36; `unreadable`: too few key shares were published."""
BidResult = Literal[
    "sealed",
    "withdrawn",
    "opened",
    "blank",
    "undecodable",
    "commitment_differs",
    "signature_wrong",
    "key_unsuitable",
]
"""What became of an envelope; each but the first three is a recorded reason of not opening."""
Validity = Literal[
    "valid",
    "bidder_twice",
    "insider",
    "not_invited",
    "undeclared",
    "barred",
    "bond_short",
    "price_outside",
    "related",
    "unresponsive",
    "finding",
]
"""Whether an opened bid competes, and if not, why."""
Flag = Literal[
    "r003", "r018", "r024", "r025", "r028", "r030", "r035", "r036", "r038", "r044", "r048", "r058",
    "same_author", "same_handler", "same_person", "regular_prices", "mixed_documents", "one_bond",
]  # fmt: skip
"""Red flags of the OCP catalogue; presumptions of collusion of the Tendering Regulation art. 40."""
FindingStatus = Literal["open", "kept", "rejected"]
ChallengeStatus = Literal["asked", "answered", "complained", "dismissed", "upheld"]
AuctionStatus = Literal["running", "sold", "unsold", "defaulted"]


class Criterion(Record):
    """What a bid is judged by, with the most points it can bring."""

    name: Name
    """`price`: points follow from the prices; any other is judged by the committee."""
    points: Annotated[int, Meta(ge=1, le=POINTS_TOTAL)]


Criteria = Annotated[tuple[Criterion, ...], Meta(min_length=1, max_length=CRITERIA_MAX)]
Holders = Annotated[tuple[Uscc, ...], Meta(min_length=2, max_length=HOLDERS_MAX)]
Invited = Annotated[tuple[Digest, ...], Meta(max_length=INVITED_MAX)]
"""Salted commitments to the credit codes of those invited, so that nobody reads them early."""
Suppliers = Annotated[tuple[Uscc, ...], Meta(max_length=LINKS_MAX)]
Persons = Annotated[tuple[PersonId, ...], Meta(max_length=LINKS_MAX)]
Ranking = Annotated[tuple[Uscc, ...], Meta(max_length=BIDS_MAX)]
Version = Annotated[Count, Meta(description="Version of a bid, from 1.")]
