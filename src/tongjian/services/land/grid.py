"""The grid in which parcels are found: cells of 65 m, 1 km, 17 km and 268 km, each in the next.

A parcel stands in the narrowest cells of which at most four cover it. What could overlap it is
either inside those cells, or in a wider cell about them; all of it is asked for by ranges.
"""

from collections.abc import Iterator
from typing import Final

from tongjian.core.ledger import Ledger
from tongjian.core.operation import ensure, refuse
from tongjian.services.land.geometry import Box, do_boxes_overlap
from tongjian.services.land.records import CELLS, Cell
from tongjian.services.land.refusals import Refusal

SHIFTS: Final = (28, 24, 20, 16)
"""Powers of two in millimetres, from wide to narrow."""
WIDE_MAX_MM: Final = 1 << SHIFTS[0]
_ROW: Final = 1 << 32
NEIGHBOURS_MAX: Final = 500
"""Parcels of one cell that are looked at: more than any street has."""

Path = tuple[int, ...]


def paths_of(box: Box) -> list[Path]:
    """Return the cells, one to four, in which a parcel with this box stands."""
    width = max(box.high_x - box.low_x, box.high_y - box.low_y)
    ensure(width <= WIDE_MAX_MM, Refusal.PARCEL_TOO_WIDE)
    levels = [level for level, shift in enumerate(SHIFTS) if width <= 1 << shift]
    return list(_cells(box, levels[-1]))


def _cells(box: Box, level: int) -> Iterator[Path]:
    shift = SHIFTS[level]
    for x in range(box.low_x >> shift, (box.high_x >> shift) + 1):
        for y in range(box.low_y >> shift, (box.high_y >> shift) + 1):
            yield tuple(_number(x, y, shift, wide) for wide in SHIFTS[: level + 1])


def _number(x: int, y: int, shift: int, wide: int) -> int:
    """Return the number of the wider cell around a cell; none is 0."""
    up = wide - shift
    return (x >> up) * _ROW + (y >> up) + 1


def key_of(path: Path) -> tuple[int, int, int, int]:
    """Return the four parts of a key: 0 where the path ends in a wider cell."""
    one, two, three, four = (*path, 0, 0, 0)[:4]
    return one, two, three, four


def neighbours(ledger: Ledger, layer: str, box: Box) -> list[str]:
    """Return the parcels of a layer whose boxes overlap this one, in a fixed order."""
    found: dict[str, None] = {}
    paths = paths_of(box)
    wider = dict.fromkeys(path[:end] for path in paths for end in range(1, len(path)))
    for prefix in (*paths, *((*path, 0) for path in wider)):
        rows = ledger.range(CELLS, layer, *prefix, limit=NEIGHBOURS_MAX)
        if len(rows) == NEIGHBOURS_MAX:
            refuse(Refusal.TOO_MANY_NEIGHBOURS)
        for key, cell in rows:
            if do_boxes_overlap(box, _box(cell)):
                found[key[-1]] = None
    return list(found)


def enter(ledger: Ledger, layer: str, box: Box, parcel: str) -> None:
    """Put a parcel into the grid."""
    cell = Cell(low_x_mm=box.low_x, low_y_mm=box.low_y, high_x_mm=box.high_x, high_y_mm=box.high_y)
    for path in paths_of(box):
        ledger.put(CELLS, layer, *key_of(path), parcel, row=cell)


def leave(ledger: Ledger, layer: str, box: Box, parcel: str) -> None:
    """Take a parcel out of the grid."""
    for path in paths_of(box):
        ledger.remove(CELLS, layer, *key_of(path), parcel)


def _box(cell: Cell) -> Box:
    return Box(cell.low_x_mm, cell.low_y_mm, cell.high_x_mm, cell.high_y_mm)
