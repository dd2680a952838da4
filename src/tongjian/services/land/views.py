"""What may be asked of the land register, and by whom."""

from typing import Annotated, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.ledger import Ledger
from tongjian.core.limits import RANGE_ROWS_MAX
from tongjian.core.values import Digest, Uscc
from tongjian.services.land.book import PARCEL_CHARACTERS, parcel_of, require_unit
from tongjian.services.land.records import (
    APPLICATIONS,
    CERTIFICATES,
    ENTRIES,
    HOLDINGS,
    MORTGAGES,
    NOTICES,
    PARCELS,
    SEIZURES,
    UNITS,
    Application,
    Certificate,
    Entry,
    Holding,
    MortgageRow,
    Parcel,
    Seizure,
    Unit,
    service,
)
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import (
    ApplicationNumber,
    EntryNumber,
    ParcelCode,
    Sequence,
    UnitCode,
    Year,
)


class Match(Record):
    """What a certificate in the asker's hand says."""

    registry: Uscc
    year: Year
    sequence: Sequence
    unit: UnitCode
    holder: Digest


class Verdict(Record):
    """What the book says today of such a certificate."""

    answer: Literal["valid", "changed", "cancelled", "not_found"]
    """`changed`: others hold now. `cancelled`: the unit or the right is no more."""
    mortgaged: bool
    seized: bool
    reserved: bool
    disputed: bool


NOT_FOUND = Verdict(
    answer="not_found", mortgaged=False, seized=False, reserved=False, disputed=False
)


@service.query(audience="D2", reads=(CERTIFICATES, UNITS, MORTGAGES, NOTICES))
def match(query: Match, ledger: Ledger) -> Verdict:
    """Say whether a certificate still says what the book says, and what burdens the unit.

    Whoever does not know number, unit and holder learns nothing: any mistake is answered like an
    unknown number. Law: Civil Code art. 217 (the book wins), 218.
    """
    row = ledger.get(CERTIFICATES, query.registry, query.year, query.sequence)
    if row is None or (row.unit, row.holder) != (query.unit, query.holder):
        return NOT_FOUND
    unit = require_unit(ledger, row.unit)
    return Verdict(
        answer=standing_of(row, unit, ledger),
        mortgaged=bool(unit.mortgages),
        seized=unit.seizure != 0,
        reserved=bool(unit.notices),
        disputed=bool(unit.objections),
    )


def standing_of(
    row: Certificate, unit: Unit, ledger: Ledger
) -> Literal["valid", "changed", "cancelled"]:
    """Return what the book makes of a certificate (LND-I9)."""
    if unit.status not in ("registered", "surveyed"):
        return "cancelled"
    if row.kind == "title":
        return "valid" if row.entry == unit.title else "changed"
    burden = ledger.get(MORTGAGES, row.unit, row.entry) or ledger.get(NOTICES, row.unit, row.entry)
    return "valid" if burden is not None and burden.status == "live" else "cancelled"


class UnitAsked(Record):
    """Which unit."""

    unit: UnitCode


@service.query(audience="D3", reads=(UNITS,))
def unit(query: UnitAsked, ledger: Ledger) -> Unit:
    """Return a unit as it stands, to holders and interested parties."""
    return require_unit(ledger, query.unit)


class ParcelAsked(Record):
    """Which parcel."""

    parcel: ParcelCode


@service.query(audience="D0", reads=(PARCELS,))
def parcel(query: ParcelAsked, ledger: Ledger) -> Parcel:
    """Return the shape and area of a parcel, without its holders."""
    return ledger.one(PARCELS, query.parcel, missing=Refusal.PARCEL_UNKNOWN)


Limit = Annotated[int, Meta(ge=1, le=RANGE_ROWS_MAX)]


class HistoryAsked(Record):
    """Which unit, and how many entries at most."""

    unit: UnitCode
    limit: Limit


class Numbered(Record):
    """An entry of the book with its place."""

    unit: UnitCode
    number: EntryNumber
    entry: Entry


@service.query(audience="D3", reads=(ENTRIES,))
def history(query: HistoryAsked, ledger: Ledger) -> tuple[Numbered, ...]:
    """List the entries of one unit, oldest first: the chain of title without a gap."""
    code = query.unit
    rows = ledger.range(ENTRIES, parcel_of(code), code[PARCEL_CHARACTERS:], limit=query.limit)
    return tuple(Numbered(unit=code, number=key[2], entry=row) for key, row in rows)


class BookAsked(Record):
    """Which parcel, and how many entries at most."""

    parcel: ParcelCode
    limit: Limit


@service.query(audience="D3", reads=(ENTRIES,))
def book(query: BookAsked, ledger: Ledger) -> tuple[Numbered, ...]:
    """List all entries of a parcel and of everything on it, by unit, oldest first."""
    rows = ledger.range(ENTRIES, query.parcel, limit=query.limit)
    return tuple(
        Numbered(unit=query.parcel + key[1], number=key[2], entry=row) for key, row in rows
    )


class Served(Record):
    """A seizure with its rank."""

    number: EntryNumber
    seizure: Seizure


@service.query(audience="D3", reads=(SEIZURES,))
def seizures(query: HistoryAsked, ledger: Ledger) -> tuple[Served, ...]:
    """List all seizures of a unit, ended, in force and waiting, in order of service."""
    rows = ledger.range(SEIZURES, query.unit, limit=query.limit)
    return tuple(Served(number=key[1], seizure=row) for key, row in rows)


class Ranked(Record):
    """A mortgage with its rank."""

    number: EntryNumber
    mortgage: MortgageRow


@service.query(audience="D3", reads=(MORTGAGES,))
def mortgages(query: HistoryAsked, ledger: Ledger) -> tuple[Ranked, ...]:
    """List all mortgages of a unit by rank, ended ones too."""
    rows = ledger.range(MORTGAGES, query.unit, limit=query.limit)
    return tuple(Ranked(number=key[1], mortgage=row) for key, row in rows)


class HoldingsAsked(Record):
    """Whose units, and how many at most."""

    holder: Digest
    limit: Limit


class Held(Record):
    """A unit that someone holds, and how much of it."""

    unit: UnitCode
    holding: Holding


@service.query(audience="D4", reads=(HOLDINGS,))
def holdings(query: HoldingsAsked, ledger: Ledger) -> tuple[Held, ...]:
    """List all that a pseudonym holds, to the holder and to offices with a grant and a case."""
    rows = ledger.range(HOLDINGS, query.holder, limit=query.limit)
    return tuple(Held(unit=key[1], holding=row) for key, row in rows)


class ApplicationAsked(Record):
    """Which application."""

    application: ApplicationNumber


@service.query(audience="D3", reads=(APPLICATIONS,))
def application(query: ApplicationAsked, ledger: Ledger) -> Application:
    """Return an application: how far it is, who took each step, when it is due."""
    return ledger.one(APPLICATIONS, query.application, missing=Refusal.APPLICATION_UNKNOWN)
