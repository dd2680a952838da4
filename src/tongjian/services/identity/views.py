"""What may be asked of identity, and by whom: D0 is open to all."""

from tongjian.core.encoding import Record
from tongjian.core.ledger import Ledger
from tongjian.services.identity.records import (
    ENTRIES,
    Entry,
    EntryNumber,
    service,
)


class EntryAsked(Record):
    """Which entry."""

    number: EntryNumber


@service.query(audience="D0", reads=(ENTRIES,))
def entry(asked: EntryAsked, ledger: Ledger) -> Entry | None:
    """Return an entry: which office made it, when, and until when it is kept; none if absent."""
    return ledger.get(ENTRIES, asked.number)
