"""The nouns of evidence: items, custody, time stamps, cases, submissions, challenges, refusals.

A row holds salted commitments and codes, never content, names or addresses. No field of any row
can say that evidence is true: what is on the ledger is unchanged since a block time, and what was
before that block is `not_proven` (JUD-I4).
"""

from enum import IntEnum
from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.links import Link
from tongjian.core.operation import BYTES16, NUMBER, TEXT, Row, Service, Table
from tongjian.core.values import Count, Digest, Height, TimeMs, Uscc, count, time_ms
from tongjian.services.evidence.records_orders import ORDERS
from tongjian.services.evidence.refusals import Refusal
from tongjian.services.land.public import ENTRIES, SEIZURES
from tongjian.services.treasury.public import HOLDS

# -- values ---------------------------------------------------------------------------------------

ItemId = Annotated[
    bytes, Meta(min_length=16, max_length=16, description="Id of an item, 16 random bytes.")
]
ContentHash = Annotated[
    bytes,
    Meta(min_length=32, max_length=64, description="Salted commitment to content, with its hash."),
]
SizeBytes = Annotated[
    int, Meta(ge=1, le=2**50, description="Size of the content.", extra={"unit": "byte"})
]
SpanMs = Annotated[int, Meta(ge=0, le=2**40, description="A span of time.", extra={"unit": "ms"})]
CHECKS_MAX: Final = 16
ANSWERS_MAX: Final = 16
PARTIES_MAX: Final = 32


class Algorithm(IntEnum):
    """A hash function under which content is fixed; which are accepted is a dated parameter."""

    SHA_256 = 1
    SM3 = 2
    SHA_384 = 3
    SHA_512 = 4
    SHA3_256 = 5


DIGEST_BYTES: Final = {1: 32, 2: 32, 3: 48, 4: 64, 5: 32}
"""Length of each algorithm's value."""


class Check(IntEnum):
    """A check of the environment of a capture; which are demanded is a dated parameter."""

    DEVICE_CLEAN = 1
    NETWORK_PATH = 2
    CLOCK = 3
    SOFTWARE = 4
    OPERATOR = 5
    STORAGE_EMPTY = 6
    SCREEN_RECORDED = 7


class Question(IntEnum):
    """A question of the Online Litigation Rules that whoever submits answers one by one."""

    CONSISTENT = 16
    """Art. 16: is the data, compared with what is on the ledger, the same?"""
    PLATFORM = 171
    """Art. 17(1): does the platform meet the rules of the state for such services?"""
    INTEREST = 172
    """Art. 17(2): has a party an interest in the platform, or meddled with technique?"""
    SYSTEM = 173
    """Art. 17(3): is the system clean, safe, reliable, usable by the standards?"""
    PROCESS = 174
    """Art. 17(4): do technique and process meet the standards (encryption, transfer, check)?"""
    SOURCE = 181
    """Art. 18: where did the data come from before it was recorded?"""
    GENERATION = 182
    """Art. 18: by which mechanism was it made?"""
    STORAGE = 183
    """Art. 18: how was it kept until it was recorded?"""
    NOTARY = 184
    """Art. 18: is there a third party's notarisation?"""
    WITNESS = 185
    """Art. 18: who saw it?"""
    CORROBORATION = 186
    """Art. 18: which other data corroborate it?"""


Source = Literal[
    "web_page", "app_screen", "file", "message", "device_data", "paper_scan", "register_record"
]
Media = Literal["text", "image", "audio", "video", "archive", "data"]
TimeSource = Literal["none", "ntp", "beidou", "authority"]
"""How the capturing device knew the time: nothing, NTP, satellite, time-stamp authority."""
LateReason = Literal["none", "offline", "found_later", "court_order"]
Action = Literal["store", "hand_over", "copy", "decrypt", "transcode", "extract", "print"]
Derivation = Literal["copy", "decrypt", "transcode", "extract", "print"]
"""What may change the bytes; both hashes and the tool are recorded (JUD-I2)."""
Reason = Literal["custody", "examination", "submission", "appraisal", "return", "migration"]
CaseKind = Literal["civil", "administrative", "criminal", "preservation", "enforcement"]
Capacity = Literal["judge", "clerk", "party", "counsel", "appraiser", "expert"]
Side = Literal["claimant", "defendant", "third_party", "prosecutor"]
Reply = Literal["shown", "partly_shown", "nothing_shown"]
"""What is offered for an answer; none of them says that something is true."""
Interest = Literal["none", "platform_is_party", "platform_paid_by_party"]
Result = Literal["consistent", "inconsistent", "not_found", "partial"]
Stage = Literal["submitted", "cross_examined", "admitted", "rejected", "partial"]
Opinion = Literal["none", "supports", "contradicts", "unclear"]
Disposal = Literal["upheld", "overruled"]
ReadPurpose = Literal["preparation", "examination", "appraisal", "appeal"]


class Imprint(Record):
    """A salted commitment to content under one hash function."""

    algorithm: Algorithm
    digest: ContentHash
    """By `exchange.compute_content`; never a bare hash, which short content would betray."""


class CaptureLog(Record):
    """How a thing became data in the capturer's hands."""

    source: Source
    reference: Digest
    """Commitment to the address, the device or the place it was taken from."""
    device: Digest
    """Commitment to make, serial number and attestation of the device."""
    software: Digest
    """Hash of the capturing program."""
    operator: Digest
    """Commitment to who operated it."""
    checks: Annotated[tuple[Check, ...], Meta(max_length=CHECKS_MAX)]
    """Checks of the environment that were done, ascending."""
    protocol: Digest
    """Commitment to the record of the capture, step by step."""
    time_source: TimeSource
    drift_ms: SpanMs
    """How far the device's clock was from its time source."""
    event_ms: TimeMs
    """When it happened by that clock; it dates nothing."""


# -- rows -----------------------------------------------------------------------------------------


class Item(Row, matched=True):
    """One piece of electronic evidence and where it is now."""

    office: Uscc
    """The office that captured it."""
    log: CaptureLog
    state: Literal["captured", "fixed", "stored", "archived"]
    captured_ms: TimeMs
    """Block time of the record of the capture."""
    late: bool
    """The claimed time of the capture lay far back (domain rule 0.5)."""
    sealed: bool
    """Readable by members of a case only, each reading recorded (JUD-I5)."""
    holder: Uscc
    content: Imprint | None = None
    """As first fixed; nothing changes it."""
    current: Imprint | None = None
    """As the holder has it: after the last declared derivation."""
    size_bytes: Annotated[int, Meta(ge=0, le=2**50)] = 0
    media: Media = "data"
    fixed_ms: TimeMs = time_ms(0)
    """Block time of fixing: since then it is unchanged; 0 before."""
    steps: Count = count(0)
    stamps: Count = count(0)
    renewals: Count = count(0)
    deeds: Count = count(0)


class Custody(Row, matched=True):
    """One step of the chain of custody: from whom, to whom, and what became of the bytes."""

    action: Action
    giver: Uscc
    receiver: Uscc
    reason: Reason
    before: Imprint
    after: Imprint
    tool: Digest | None
    """Of a derivation: hash of the program that made it."""
    place: Digest
    """Commitment to where and on what it is stored."""
    recorded_ms: TimeMs


class TimeStamp(Row, matched=True):
    """An RFC 3161 token that was verified off the ledger; the token itself is in the package."""

    token: Digest
    """Hash of the DER token."""
    authority: Digest
    """Hash of the certificate of the time-stamp authority."""
    algorithm: Algorithm
    """Of the token's imprint."""
    gen_ms: TimeMs
    """The time in the token."""
    accuracy_ms: SpanMs
    checker: Uscc
    """The office that verified it."""
    recorded_ms: TimeMs


class Renewal(Row, matched=True):
    """The same content fixed again under another hash, before the old one ages (RFC 4998, 5.3)."""

    before: Imprint
    after: Imprint
    """Over the content and the record before, by `exchange.compute_renewal`."""
    recorded_ms: TimeMs


class Deed(Row, matched=True):
    """A notary's certificate of the evidence or of its preservation."""

    notary: Uscc
    deed: Digest
    """Commitment to the deed."""
    recorded_ms: TimeMs


class Case(Row, matched=True):
    """A case in a court's register."""

    court: Uscc
    kind: CaseKind
    status: Literal["open", "closed"]
    parties: Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=PARTIES_MAX)]
    """Commitments to credit codes or pseudonyms, ascending."""
    opened_ms: TimeMs


class Member(Row, matched=True):
    """A post whose holder may read the sealed evidence of a case."""

    capacity: Capacity
    since_ms: TimeMs


class Reading(Row, matched=True):
    """That a member read sealed evidence."""

    officer: Annotated[bytes, Meta(min_length=16, max_length=16)]
    office: Uscc
    purpose: ReadPurpose
    recorded_ms: TimeMs


class Answer(Record):
    """What is offered to one question of the rules."""

    question: Question
    reply: Reply
    material: Digest | None
    """Commitment to the document offered; none where nothing is."""


class Report(Record):
    """What a court's own check of the package found; it cannot say that content is true."""

    result: Result
    height: Height
    """Of the state that the package was checked against."""
    package: Digest
    """Hash of the package."""
    unchanged_since_ms: TimeMs
    """Block time since which the content is unchanged, where it is consistent."""
    before_recording: Literal["not_proven"]
    """Art. 18: whoever relies on it shows what was before the recording."""
    recorded_ms: TimeMs


class Submission(Row, matched=True):
    """An item before a court."""

    party: Digest
    """Commitment to the party that relies on it, as the case has it."""
    side: Side
    office: Uscc
    """Who handed it in."""
    content: Imprint
    """As it was handed in."""
    interest: Interest
    answers: Annotated[tuple[Answer, ...], Meta(min_length=1, max_length=ANSWERS_MAX)]
    stage: Stage
    report: Report | None
    challenges: Count
    open_challenges: Count
    upheld: Count
    readings: Count
    """How often it was read while sealed."""
    height: Height
    """Block in which it was handed in."""
    recorded_ms: TimeMs


class Challenge(Row, matched=True):
    """What the other side has against an item, under which article."""

    question: Question
    side: Side
    reason: Digest
    """Commitment to the reasons, which the challenger must give (art. 17)."""
    status: Literal["open", "appraised", "upheld", "overruled"]
    appraiser: Uscc | None
    opinion: Opinion
    report: Digest | None
    """Commitment to the appraiser's opinion."""
    recorded_ms: TimeMs


# -- tables ---------------------------------------------------------------------------------------

ITEMS: Final[Table[Item, bytes]] = Table("evidence.items", Item, (BYTES16,))
CUSTODY: Final[Table[Custody, bytes, int]] = Table("evidence.custody", Custody, (BYTES16, NUMBER))
"""Item, step: the whole chain of custody is one range, provably complete."""
TIME_STAMPS: Final[Table[TimeStamp, bytes, int]] = Table(
    "evidence.time_stamps", TimeStamp, (BYTES16, NUMBER)
)
RENEWALS: Final[Table[Renewal, bytes, int]] = Table("evidence.renewals", Renewal, (BYTES16, NUMBER))
DEEDS: Final[Table[Deed, bytes, int]] = Table("evidence.deeds", Deed, (BYTES16, NUMBER))
CASES: Final[Table[Case, str]] = Table("evidence.cases", Case, (TEXT,))
MEMBERS: Final[Table[Member, str, bytes]] = Table("evidence.members", Member, (TEXT, BYTES16))
SUBMISSIONS: Final[Table[Submission, str, bytes]] = Table(
    "evidence.submissions", Submission, (TEXT, BYTES16)
)
CHALLENGES: Final[Table[Challenge, str, bytes, int]] = Table(
    "evidence.challenges", Challenge, (TEXT, BYTES16, NUMBER)
)
READINGS: Final[Table[Reading, str, bytes, int]] = Table(
    "evidence.readings", Reading, (TEXT, BYTES16, NUMBER)
)

LINKS: Final = (
    Link("item", CUSTODY, ITEMS, (0,)),
    Link("item", TIME_STAMPS, ITEMS, (0,)),
    Link("item", RENEWALS, ITEMS, (0,)),
    Link("item", DEEDS, ITEMS, (0,)),
    Link("case", MEMBERS, CASES, (0,)),
    Link("case", SUBMISSIONS, CASES, (0,)),
    Link("item", SUBMISSIONS, ITEMS, (1,)),
    Link("submission", CHALLENGES, SUBMISSIONS, (0, 1)),
    Link("submission", READINGS, SUBMISSIONS, (0, 1)),
    Link("case", ORDERS, CASES, ("case",)),
    Link("order", SEIZURES, ORDERS, ("order",), is_optional=True),
    Link("order", ENTRIES, ORDERS, ("order",), is_optional=True),
    Link("order", HOLDS, ORDERS, (2,), is_optional=True),
)
"""What rests on what: from a seizure or a hold to its order, the case, and what was handed in."""

service: Final = Service(
    "evidence",
    Refusal,
    (
        ITEMS,
        CUSTODY,
        TIME_STAMPS,
        RENEWALS,
        DEEDS,
        CASES,
        MEMBERS,
        SUBMISSIONS,
        CHALLENGES,
        READINGS,
        ORDERS,
    ),
    links=LINKS,
)
"""What may be asked of the evidence service."""
