"""The rows of the land register: parcels, units, the book, burdens, applications, certificates."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.operation import BYTES16, BYTES32, NUMBER, TEXT, Row, Service, Table
from tongjian.core.values import (
    Amount,
    Count,
    Digest,
    Fen,
    Height,
    Name,
    PersonId,
    TimeMs,
    Uscc,
    fen,
)
from tongjian.services.land.demands import Demand
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import (
    ApplicationNumber,
    ApplicationStatus,
    AreaDm2,
    AreaMm2,
    BurdenStatus,
    CoordinateMm,
    Currency,
    Days,
    EntryKind,
    EntryNumber,
    ForeignKind,
    Layer,
    MaybeArea,
    MaybeDay,
    MaybeEntry,
    MaybeUnits,
    MortgageKind,
    NoShares,
    Ring,
    SeizureStatus,
    UnitCode,
    UnitStatus,
    Use,
)

BURDENS_MAX: Final = 32
"""Mortgages, notices or objections that may stand on a unit at once."""
WAITING_MAX: Final = 256
"""Seizures that may wait for a unit."""
Hand = Literal["own", "agent", "counter"]
"""A key of one's own, an agent's, or two officers before whom the person stood."""
Standing = Annotated[tuple[EntryNumber, ...], Meta(max_length=BURDENS_MAX)]


class Parcel(Row, matched=True):
    """A piece of land as surveyed; its shape never changes, a new shape is a new parcel."""

    layer: Layer
    ring: Ring
    area_mm2_twice: AreaMm2
    """Exact: twice the area of the ring."""
    surveyor: Uscc
    survey: Digest
    """Salted commitment to the survey report 不动产权籍调查."""
    replaces: MaybeUnits
    """Units that a split or merger will put this parcel in the place of."""
    status: Literal["planned", "live", "dead"]


class Cell(Row, matched=True):
    """A parcel in a cell of the grid: the box around it, so that most need no second look."""

    low_x_mm: CoordinateMm
    low_y_mm: CoordinateMm
    high_x_mm: CoordinateMm
    high_y_mm: CoordinateMm


class Unit(Row, matched=True):
    """A unit of real estate 不动产单元 and what stands on it now; the entries tell how it came."""

    status: UnitStatus
    area_dm2: AreaDm2
    use: Use
    term_end_ms: TimeMs
    holders: NoShares
    """None before first registration and after the end."""
    replaces: MaybeUnits
    """Predecessors, as the survey planned and a split or merger carried out."""
    successors: MaybeUnits
    entries: Count
    """Entries in the book of this unit; the next has the next number."""
    title: MaybeEntry
    """The entry by which the holders hold."""
    first_ms: TimeMs
    """Block time of the first registration; 0 before."""
    mortgages: Standing
    """Live, in order of entry: that is their rank (art. 414)."""
    notices: Standing
    objections: Standing
    seizure: MaybeEntry
    """The seizure in force; 0 for none."""
    waiting: Annotated[tuple[EntryNumber, ...], Meta(max_length=WAITING_MAX)]
    """Seizures that wait, in order of service."""


class Officers(Record):
    """The natural persons who took the three steps; None where nobody has taken one yet."""

    acceptor: PersonId | None = None
    reviewer: PersonId | None = None
    registrar: PersonId | None = None


NOBODY: Final = Officers()


class Entry(Row, matched=True):
    """One entry in the book of a unit. It is never changed; its block dates it."""

    kind: EntryKind
    recorded_ms: TimeMs
    height: Height
    effective_ms: TimeMs
    """Of a court's transfer: when the document took effect (art. 229); else block time."""
    application: ApplicationNumber | None = None
    order: Digest | None = None
    """Of a court."""
    officers: Officers = NOBODY
    about: MaybeEntry = 0
    """The entry that this one renews or ends."""
    holders: NoShares = ()
    """Who holds from this entry on, where it is one of title."""
    price_fen: Fen = fen(0)
    overdue: bool = False
    """Entered after the time that the law gives the registry."""
    alarm: bool = False
    """To be looked at: a mortgage soon after first registration, a price outside the band."""


class Holding(Row, matched=True):
    """What one holder has of one unit now."""

    numerator: Count
    denominator: Count
    entry: EntryNumber


class MortgageRow(Row, matched=True):
    """A registered mortgage; it ranks by the number of its entry."""

    kind: MortgageKind
    mortgagee: Uscc
    amount_fen: Amount
    transfer_ban: bool
    status: BurdenStatus
    recorded_ms: TimeMs


class NoticeRow(Row, matched=True):
    """A registered advance notice."""

    holder: Digest
    mortgagee: Uscc | None
    """Where it secures a mortgage that is to come."""
    status: BurdenStatus
    lapses_ms: TimeMs
    """90 days after final registration became possible; 0 while it is not (art. 221)."""


class ObjectionRow(Row, matched=True):
    """A registered objection."""

    objector: Digest
    status: BurdenStatus
    lapses_ms: TimeMs
    """15 days after entry; 0 once a suit is on record (art. 220)."""


class Seizure(Row, matched=True):
    """A seizure 查封, or one that waits 轮候查封, by order of a court."""

    court: Uscc
    order: Digest
    """Salted commitment to the order, or its key in the service of evidence."""
    days: Days
    """The term, counted from the moment it comes into force."""
    status: SeizureStatus
    served_ms: TimeMs
    from_ms: TimeMs
    """When it came into force; 0 while it waits."""
    until_ms: TimeMs


class Tax(Record):
    """Deed tax 契税 as the tax office certifies it."""

    office: Uscc
    base_fen: Amount
    paid_fen: Fen


class Application(Row):
    """An application and how far it has come."""

    registry: Uscc
    demand: Demand
    documents: Digest
    """Salted commitment to the documents, signatures of the parties among them."""
    status: ApplicationStatus
    taken_in_by: PersonId
    """The natural person at the counter; who, where the law deems it accepted, is the first."""
    submitted_ms: TimeMs
    due_ms: TimeMs
    """The first moment at which the entry is overdue; 0 before acceptance."""
    publicity_ms: TimeMs
    """Before this moment a first registration is not entered."""
    officers: Officers
    agreed: Annotated[tuple[Uscc, ...], Meta(max_length=BURDENS_MAX)]
    """Mortgagees that have agreed."""
    tax: Tax | None
    missing: Annotated[tuple[Name, ...], Meta(max_length=16)]
    """All that is missing, told once (Regulation art. 17)."""
    reason: Digest | None
    """Salted commitment to the written reason of a refusal (art. 22)."""
    overdue: bool


class Declaration(Row):
    """What a party has said of an application, and by whose hand."""

    agrees: bool
    hand: Hand
    recorded_ms: TimeMs


class Attestation(Row, matched=True):
    """What a notary has attested about one person and one unit."""

    notary: Uscc
    unit: UnitCode
    person: Digest
    purpose: Literal["identity", "agency", "consent"]
    until_ms: TimeMs
    revoked: bool


class Certificate(Row, matched=True):
    """A certificate that was given out; whether it still says what the book says is asked."""

    kind: Literal["title", "proof"]
    """不动产权证书 or 不动产登记证明."""
    unit: UnitCode
    entry: EntryNumber
    holder: Digest
    issued_ms: TimeMs


class Foreign(Row, matched=True):
    """What another register recorded; it has no effect on any title here."""

    kind: ForeignKind
    registry: Uscc
    """Of this ledger, which took it in."""
    currency: Currency | None
    total_fen: Fen
    area_dm2: MaybeArea
    day: MaybeDay
    original: Digest
    flags: Annotated[tuple[Name, ...], Meta(max_length=16)]
    recorded_ms: TimeMs


PARCELS: Final[Table[Parcel, str]] = Table("land.parcels", Parcel, (TEXT,))
CELLS: Final[Table[Cell, str, int, int, int, int, str]] = Table(
    "land.cells", Cell, (TEXT, NUMBER, NUMBER, NUMBER, NUMBER, TEXT)
)
"""Layer, four cells of the grid from wide to narrow, parcel: see `grid.py`."""
UNITS: Final[Table[Unit, str]] = Table("land.units", Unit, (TEXT,))
ENTRIES: Final[Table[Entry, str, str, int]] = Table("land.entries", Entry, (TEXT, TEXT, NUMBER))
"""Parcel, fixture, number: all entries of a parcel are one range, all of a unit another."""
HOLDINGS: Final[Table[Holding, bytes, str]] = Table("land.holdings", Holding, (BYTES32, TEXT))
"""Holder, unit: all that a pseudonym holds is one range."""
MORTGAGES: Final[Table[MortgageRow, str, int]] = Table(
    "land.mortgages", MortgageRow, (TEXT, NUMBER)
)
NOTICES: Final[Table[NoticeRow, str, int]] = Table("land.notices", NoticeRow, (TEXT, NUMBER))
OBJECTIONS: Final[Table[ObjectionRow, str, int]] = Table(
    "land.objections", ObjectionRow, (TEXT, NUMBER)
)
SEIZURES: Final[Table[Seizure, str, int]] = Table("land.seizures", Seizure, (TEXT, NUMBER))
"""Unit, number of the entry: all seizures of a unit, in order of service, are one range."""
APPLICATIONS: Final[Table[Application, str]] = Table("land.applications", Application, (TEXT,))
DECLARATIONS: Final[Table[Declaration, str, bytes]] = Table(
    "land.declarations", Declaration, (TEXT, BYTES16)
)
"""Application, person: all that was said of an application is one range."""
ATTESTATIONS: Final[Table[Attestation, bytes]] = Table("land.attestations", Attestation, (BYTES32,))
CERTIFICATES: Final[Table[Certificate, str, int, int]] = Table(
    "land.certificates", Certificate, (TEXT, NUMBER, NUMBER)
)
"""Registry, year, sequence."""
FOREIGN: Final[Table[Foreign, bytes]] = Table("land.foreign", Foreign, (BYTES32,))

service: Final = Service(
    "land",
    Refusal,
    (
        PARCELS,
        CELLS,
        UNITS,
        ENTRIES,
        HOLDINGS,
        MORTGAGES,
        NOTICES,
        OBJECTIONS,
        SEIZURES,
        APPLICATIONS,
        DECLARATIONS,
        ATTESTATIONS,
        CERTIFICATES,
        FOREIGN,
    ),
)
"""What may be asked of the land register."""
