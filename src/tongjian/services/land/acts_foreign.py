"""Records of other registers: taken in once each, beside the book, with no effect on title."""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.calendar import is_date, legal_date
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import Named, Signer
from tongjian.core.values import Digest, Fen, Name, Uscc, time_ms
from tongjian.services.land.records import FOREIGN, Foreign, service
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import Currency, ForeignKind, MaybeArea, MaybeDay

_DAYS: Final = (10_000, 100)


class RecordForeign(Act, tag="land.record_foreign"):
    """Record a sale, a parcel or a survey of another register."""

    record: Digest
    """Made from its own number, see exchange.py: another file of the same record is refused."""
    registry: Uscc
    kind: ForeignKind
    currency: Currency | None
    total_fen: Fen
    """Price or value in minor units of the currency; 0 where it states none."""
    area_dm2: MaybeArea
    day: MaybeDay
    """Day that the record bears; 0 where it bears none. It dates nothing here."""
    original: Digest
    """Salted commitment to the record as received, every field of it."""
    flags: Annotated[tuple[Name, ...], Meta(max_length=16)]


class ForeignRecorded(Event, tag="land.foreign_recorded"):
    """A record of another register is kept."""

    record: Digest
    kind: ForeignKind
    currency: Currency | None
    total_fen: Fen


@service.operation(
    by=Signer("land_archivist", Named("registry")),
    law="Regulation on Real Estate Registration art. 8, 13",
    writes=(FOREIGN,),
)
def record_foreign(act: RecordForeign, ledger: Ledger) -> ForeignRecorded:
    """Record what another register says, once; nobody holds or loses anything by it."""
    ensure(ledger.get(FOREIGN, act.record) is None, Refusal.ALREADY_RECORDED)
    check_day(act.day, ledger)

    row = Foreign(
        kind=act.kind,
        registry=act.registry,
        currency=act.currency,
        total_fen=act.total_fen,
        area_dm2=act.area_dm2,
        day=act.day,
        original=act.original,
        flags=act.flags,
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(FOREIGN, act.record, row=row)
    return ForeignRecorded(
        record=act.record, kind=act.kind, currency=act.currency, total_fen=act.total_fen
    )


def check_day(day: int, ledger: Ledger) -> None:
    """Refuse a day that does not exist, or lies after this block."""
    if day:
        year, month = day // _DAYS[0], day // _DAYS[1] % _DAYS[1]
        ensure(is_date(year, month, day % _DAYS[1]), Refusal.TIME_AHEAD)
        today = legal_date(ledger.time_ms)
        is_past = (year, month, day % _DAYS[1]) <= (today.year, today.month, today.day)
        ensure(is_past, Refusal.TIME_AHEAD)
