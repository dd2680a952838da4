"""The book 不动产登记簿: how entries are added, holders set and shares checked.

Each check either returns what it found or refuses. The number of an entry is its rank: a block
orders what it holds, and nothing else does (Civil Code art. 214, 414).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, TypeVar

from tongjian.core.encoding import replace
from tongjian.core.identifiers import IdentifierInvalid, region_covers
from tongjian.core.ledger import Ledger
from tongjian.core.operation import InvariantBroken, Row, Table, ensure
from tongjian.core.values import count, height, time_ms
from tongjian.services.land.records import (
    ENTRIES,
    HOLDINGS,
    UNITS,
    Entry,
    Holding,
    Unit,
)
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import EntryKind, Share

RowT = TypeVar("RowT", bound=Row)

PARCEL_CHARACTERS: Final = 19
"""Of a unit number; the other nine name what stands on the parcel."""
REGION_CHARACTERS: Final = 6
BARE_LAND: Final = "W00000000"


def parcel_of(code: str) -> str:
    """Return the number of the parcel under a unit."""
    return code[:PARCEL_CHARACTERS]


def land_of(code: str) -> str:
    """Return the number of the unit that is the bare land under a unit."""
    return code[:PARCEL_CHARACTERS] + BARE_LAND


def is_land(code: str) -> bool:
    """Say whether a unit is bare land, with nothing registered on it."""
    return code.endswith(BARE_LAND)


def require_unit(ledger: Ledger, code: str) -> Unit:
    """Return a unit, or refuse."""
    return ledger.one(UNITS, code, missing=Refusal.UNIT_UNKNOWN)


def require_registered(ledger: Ledger, code: str) -> Unit:
    """Return a unit with a registered title, or refuse."""
    unit = require_unit(ledger, code)
    ensure(unit.status == "registered", Refusal.UNIT_NOT_REGISTERED)
    return unit


def listed(ledger: Ledger, table: Table[RowT, str, int], code: str, number: int) -> RowT:
    """Return the row of a burden that its unit lists; the two are written together."""
    row = ledger.get(table, code, number)
    if row is None:
        msg = f"{code} lists number {number} of {table.name}, which is not there"
        raise InvariantBroken(msg)
    return row


def check_shares(shares: Sequence[Share]) -> None:
    """Refuse shares that do not sum to exactly one, or are not in their one form (LND-I2)."""
    numerator, denominator = 0, 1
    for share in shares:
        ensure(gcd(share.numerator, share.denominator) == 1, Refusal.SHARES_WRONG)
        numerator = numerator * share.denominator + share.numerator * denominator
        denominator *= share.denominator
    is_ascending = all(one.holder < other.holder for one, other in pairwise(shares))
    ensure(is_ascending and numerator == denominator, Refusal.SHARES_WRONG)


def gcd(one: int, other: int) -> int:
    """Return the greatest common divisor of two positive numbers (Euclid)."""
    while other:
        one, other = other, one % other
    return one


def require_all_holders(unit: Unit, applicants: Sequence[bytes]) -> None:
    """Refuse unless exactly the registered holders apply, all of them (LND-I3)."""
    held = tuple(share.holder for share in unit.holders)
    ensure(tuple(applicants) == held, Refusal.HOLDERS_DIFFER)


def add_entry(
    ledger: Ledger, code: str, unit: Unit, kind: EntryKind, **details: Any
) -> tuple[Unit, int]:
    """Write the next entry in the book of a unit; return the unit, not yet written, and its number.

    `details` are fields of `Entry`; whatever dates the entry is the block.
    """
    number = unit.entries + 1
    now = time_ms(ledger.time_ms)
    fields: dict[str, Any] = {"effective_ms": now, **details}
    row = Entry(kind=kind, recorded_ms=now, height=height(ledger.height), **fields)
    ledger.put(ENTRIES, parcel_of(code), code[PARCEL_CHARACTERS:], number, row=row)
    return replace(unit, entries=count(number)), number


def set_holders(
    ledger: Ledger, code: str, unit: Unit, holders: tuple[Share, ...], entry: int
) -> Unit:
    """Give a unit to its new holders by an entry of title; return it, not yet written."""
    for share in unit.holders:
        ledger.remove(HOLDINGS, share.holder, code)
    for share in holders:
        row = Holding(
            numerator=count(share.numerator), denominator=count(share.denominator), entry=entry
        )
        ledger.put(HOLDINGS, share.holder, code, row=row)
    return replace(unit, holders=holders, title=entry)


def without(numbers: tuple[int, ...], number: int) -> tuple[int, ...]:
    """Return the numbers less one of them, in their order."""
    return tuple(other for other in numbers if other != number)


def check_district(region: str, code: str) -> None:
    """Refuse land that lies outside the region of an office (Regulation art. 7)."""
    try:
        covers = region_covers(region, code[:REGION_CHARACTERS])
    except IdentifierInvalid:
        covers = False
    ensure(covers, Refusal.OUTSIDE_DISTRICT)
