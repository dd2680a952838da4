"""The verbs of identity, in the order of the procedure."""

from tongjian.core.calendar import DAY_MS
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import Named, Signer
from tongjian.core.values import Digest, Uscc, time_ms
from tongjian.services.identity.records import (
    ENTRIES,
    Entered,
    Entry,
    EntryNumber,
    Refusal,
    service,
)


class Enter(Act, tag="identity.enter"):
    """Put an entry on record."""

    number: EntryNumber
    office: Uscc
    content: Digest
    """Salted commitment to the content, which stays with the office."""


@service.operation(
    by=Signer("identity_clerk", Named("office")),
    law="Data Security Law art. 39",
    writes=(ENTRIES,),
)
def enter(act: Enter, ledger: Ledger) -> Entered:
    """Put an entry on record under a number that is used once for ever."""
    ensure(ledger.get(ENTRIES, act.number) is None, Refusal.NUMBER_USED)

    kept_ms = ledger.parameter("retention_days") * DAY_MS
    entry = Entry(
        office=act.office,
        content=act.content,
        recorded_ms=time_ms(ledger.time_ms),
        keep_until_ms=time_ms(ledger.time_ms + kept_ms),
    )
    ledger.put(ENTRIES, act.number, row=entry)
    return Entered(number=act.number, office=act.office)
