"""The nouns of identity: rows, refusals, events."""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.operation import TEXT, Event, RefusalCode, Row, Service, Table
from tongjian.core.values import Digest, TimeMs, Uscc

EntryNumber = Annotated[
    str,
    Meta(
        pattern="^[0-9]{12}$",
        max_length=12,
        description="Number of an entry: year 4, sequence 8.",
    ),
]


class Entry(Row):
    """An entry as an office made it; the content itself stays with the office."""

    office: Uscc
    content: Digest
    """Salted commitment to the content."""
    recorded_ms: TimeMs
    keep_until_ms: TimeMs


ENTRIES: Final[Table[Entry, str]] = Table("identity.entries", Entry, (TEXT,))


class Refusal(RefusalCode):
    """Why an entry is refused, in order of precedence."""

    NUMBER_USED = 1, "An entry with this number is on record already."


class Entered(Event, tag="identity.entered"):
    """An entry is on record."""

    number: EntryNumber
    office: Uscc


service: Final = Service("identity", Refusal, (ENTRIES,))
