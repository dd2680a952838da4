"""How an officer stands beside the roles held: on leave, as a deputy, within limits; kinship.

Rows of the service `membership`, read by the kernel with the officer they belong to. An officer of
whom nothing of this is known has no row.
"""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core import limits
from tongjian.core.encoding import Record
from tongjian.core.operation import BYTES16, TEXT, Row, Table
from tongjian.core.values import Count, Fen, Name, OfficerId, PersonId, TimeMs

DayNumber = Annotated[int, Meta(ge=0, le=2**20, description="Legal days since 1970-01-01.")]
RELATIVES_MAX: Final = 64


class Deputy(Record):
    """A role of another officer, the principal, that this one may use for a period."""

    role: Name
    principal: OfficerId
    from_ms: TimeMs
    until_ms: TimeMs


class Limit(Record):
    """What an officer may do in a role on one day; none where there is no such limit."""

    role: Name
    acts: Count | None
    amount_fen: Fen | None


class Standing(Row):
    """Leave, deputyships and limits of an officer."""

    away_from_ms: TimeMs
    away_until_ms: TimeMs
    """While away, no role counts; both 0 where no leave is planned."""
    deputy_for: Annotated[tuple[Deputy, ...], Meta(max_length=limits.ROLES_PER_OFFICER_MAX)]
    limits: Annotated[tuple[Limit, ...], Meta(max_length=limits.ROLES_PER_OFFICER_MAX)]


class Relatives(Row):
    """Persons related to a person by declaration: neither approves the other's matters."""

    persons: Annotated[tuple[PersonId, ...], Meta(max_length=RELATIVES_MAX)]


class Usage(Row):
    """What an officer with a limit has done in a role on a day."""

    day: DayNumber
    acts: Count
    amount_fen: Fen


STANDINGS: Final[Table[Standing, bytes]] = Table("membership.standings", Standing, (BYTES16,))
RELATIVES: Final[Table[Relatives, bytes]] = Table("membership.relatives", Relatives, (BYTES16,))
USAGES: Final[Table[Usage, bytes, str]] = Table("membership.usages", Usage, (BYTES16, TEXT))
