"""Tables in CSV: one record a row. Which table it is, its columns tell; other columns are kept.

A row is handed on with the heading above it, so that it can be read alone. Where a table has no
number of its own (property), equal rows are told apart by how often they have come: the second of
two equal rifles is a rifle too.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from tongjian.connectors.importing import Declined
from tongjian.connectors.land.plan import Plan, Unfit, area_of, minor_of

SALES_RULE: Final = "table of house sales: parcel_ref, price, sdate, lotsize"
PROPERTY_RULE: Final = "table of federal property: nsn, quantity, acquisition_cost, total_cost"
_SQUARE_FOOT_M2: Final = Decimal("0.09290304")
"""International foot, 0.3048 m, squared."""
_CENTURY: Final = 1900
_AGAIN: Final = "# again "
"""Stands before the number of an equal row, in a third line."""
_AMERICAN: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: 0:00:00)?")
_SHORT_DAY: Final = re.compile("([0-9]{2})([0-9]{2})([0-9]{2})")
ROWS_MAX: Final = 1_000_000


def rows_of(name: str, data: bytes) -> Iterator[tuple[str, bytes | Declined]]:
    """Yield each row of a table as a record of its own, named `file!row-17`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield name, Declined(f"Byte {error.start} is not UTF-8.", "CSV, RFC 4180")
        return
    heading, _, rest = text.partition("\n")
    known = tuple(next(csv.reader([heading.strip("\r")]), [""]))
    if reader_of(known) is None:
        yield (
            name,
            Declined(
                "Its columns are of no table that is known here.",
                f"{SALES_RULE}; {PROPERTY_RULE}",
                "Leave it out, or name its columns as one of these tables does.",
            ),
        )
        return
    seen: Counter[bytes] = Counter()
    for number, row in enumerate(_lines(rest), 1):
        digest = hashlib.sha256(row.encode()).digest()
        seen[digest] += 1
        again = f"{_AGAIN}{seen[digest]}\n" if seen[digest] > 1 else ""
        heads = heading.strip("\r")
        yield f"{name}!row-{number}", f"{heads}\n{row}\n{again}".encode()


def _lines(text: str) -> Iterator[str]:
    """Yield the rows as they stand; one may go over several lines inside quotes."""
    held = ""
    for line in text.splitlines(keepends=True):
        held += line
        if held.count('"') % 2 == 0:
            if held.strip():
                yield held.rstrip("\r\n")
            held = ""
    if held.strip():
        yield held


Reader = Callable[[dict[str, str], str], Plan]


def read_row(data: bytes) -> Plan:
    """Return what one row says; raises `Unfit`."""
    text = data.decode("utf-8")
    again = ""
    body, mark, number = text.rpartition(_AGAIN)
    if mark:
        text, again = body, f"#{number.strip()}"
    try:
        heads, cells = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (csv.Error, ValueError) as error:
        raise Unfit("It is no heading with one row.", "CSV, RFC 4180") from error
    if len(heads) != len(cells):
        raise Unfit(f"It has {len(cells)} cells under {len(heads)} columns.", "CSV, RFC 4180")
    reader = reader_of(tuple(heads))
    if reader is None:
        raise Unfit("Its columns are of no table that is known here.", SALES_RULE)
    return reader(dict(zip(heads, cells, strict=True)), again)


def reader_of(columns: tuple[str, ...]) -> Reader | None:
    """Return the reader of the table with these columns, or none."""
    for needed, reader in _TABLES:
        if needed <= frozenset(columns):
            return reader
    return None


def read_sale(row: dict[str, str], again: str) -> Plan:
    """Read a sale of a house: price in dollars, lot in square feet, day as yymmdd."""
    day = _SHORT_DAY.fullmatch(row["sdate"])
    if day is None or not row["parcel_ref"]:
        raise Unfit("It lacks its number or the day of sale.", SALES_RULE)
    area = Decimal(row["lotsize"]) * _SQUARE_FOOT_M2 if row["lotsize"].isdigit() else Decimal(0)
    return Plan(
        key=f"sale:{row['parcel_ref']}:{row['sdate']}{again}",
        kind="sale",
        currency="USD",
        total_minor=minor_of(row["price"], "USD", SALES_RULE),
        area_dm2=area_of(area, SALES_RULE),
        day=(_CENTURY + int(day[1])) * 10_000 + int(day[2]) * 100 + int(day[3]),
    )


def read_property(row: dict[str, str], again: str) -> Plan:
    """Read a transfer of federal property; quantity times unit cost must be the total."""
    day = _AMERICAN.fullmatch(row["ship_date"])
    if day is None:
        raise Unfit("It lacks the day of shipment.", PROPERTY_RULE)
    total = minor_of(row["total_cost"], "USD", PROPERTY_RULE)
    unit = minor_of(row["acquisition_cost"], "USD", PROPERTY_RULE)
    if not row["quantity"].isdigit() or unit * int(row["quantity"]) != total:
        raise Unfit("Quantity times unit cost is not the total.", PROPERTY_RULE)
    content = "\x1f".join(f"{name}={value}" for name, value in row.items())
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Plan(
        key=f"property:{row['fips']}:{digest}{again}",
        kind="property",
        currency="USD",
        total_minor=total,
        day=int(day[3]) * 10_000 + int(day[1]) * 100 + int(day[2]),
    )


_TABLES: Final[tuple[tuple[frozenset[str], Reader], ...]] = (
    (frozenset(("parcel_ref", "price", "sdate", "lotsize")), read_sale),
    (
        frozenset(("nsn", "quantity", "acquisition_cost", "total_cost", "ship_date", "fips")),
        read_property,
    ),
)
