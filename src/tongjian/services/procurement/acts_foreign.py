"""Releases of contracting processes published elsewhere, recorded so that they cannot change."""

from typing import Annotated

from msgspec import Meta

from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AnyOf, Named, Signer
from tongjian.core.values import Digest, Fen, Name, TimeMs, Uscc, time_ms
from tongjian.services.procurement.records import FOREIGN, service
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Foreign
from tongjian.services.procurement.values import Currency, ForeignKey


class RecordForeign(Act, tag="procurement.record_foreign"):
    """Record a release published elsewhere, so that nobody can say later it said something else."""

    process: ForeignKey
    """Hash of its ocid, by `exchange.compute_foreign_key`."""
    release: ForeignKey
    """Hash of its id within the process."""
    keeper: Uscc
    """The office that keeps the release as received."""
    original: Digest
    """Salted commitment to the release as received."""
    content: Digest
    """Hash of what it says, by `exchange.compute_content_digest`: the same for every copy of it."""
    released_ms: TimeMs
    """The time that the release bears; it has no effect here."""
    currency: Currency | None
    """None where the release states no sums, or in several currencies."""
    awarded_fen: Fen
    """Sum of its awards in force, in minor units of the currency."""
    contracted_fen: Fen
    """Sum of its contracts."""
    flags: Annotated[tuple[Name, ...], Meta(max_length=16)]
    """Findings of the check that did not forbid to record it."""


class ForeignRecorded(Event, tag="procurement.foreign_recorded"):
    """A release published elsewhere is recorded."""

    process: ForeignKey
    release: ForeignKey
    keeper: Uscc
    currency: Currency | None
    awarded_fen: Fen
    contracted_fen: Fen


@service.operation(
    by=AnyOf(
        (
            Signer("purchase_officer", Named("keeper")),
            Signer("supervisor", Named("keeper")),
            Signer("auditor", Named("keeper")),
        )
    ),
    law="Government Procurement Law art. 11, 42; Audit Law art. 34",
    writes=(FOREIGN,),
)
def record_foreign(act: RecordForeign, ledger: Ledger) -> ForeignRecorded:
    """Record a release by its own id; it opens no procedure here and closes none."""
    ensure(ledger.get(FOREIGN, act.process, act.release) is None, Refusal.FOREIGN_RECORDED)
    ensure(act.released_ms <= ledger.time_ms, Refusal.FOREIGN_AHEAD)

    row = Foreign(
        keeper=act.keeper,
        original=act.original,
        content=act.content,
        released_ms=act.released_ms,
        currency=act.currency,
        awarded_fen=act.awarded_fen,
        contracted_fen=act.contracted_fen,
        flags=act.flags,
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(FOREIGN, act.process, act.release, row=row)
    return ForeignRecorded(
        process=act.process,
        release=act.release,
        keeper=act.keeper,
        currency=act.currency,
        awarded_fen=act.awarded_fen,
        contracted_fen=act.contracted_fen,
    )
