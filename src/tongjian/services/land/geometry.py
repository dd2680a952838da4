"""Exact plane geometry of parcels, in whole millimetres: every answer is yes or no, on every node.

Two parcels may share a boundary; they overlap when some point is inside both. To find out, each
edge of one is cut where it meets the other: a piece between two cuts lies wholly inside, outside or
on the boundary, so its midpoint decides. Cuts are fractions kept as pairs of integers.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, Literal, NamedTuple

Corner = tuple[int, int]
Polygon = tuple[Corner, ...]
"""Corners counter-clockwise, the last joined to the first."""

INSIDE: Final = 1
OUTSIDE: Final = -1
ALONG: Final = 0
"""On the boundary."""
Place = Literal[1, 0, -1]


class Box(NamedTuple):
    """The smallest upright rectangle around a polygon."""

    low_x: int
    low_y: int
    high_x: int
    high_y: int


def box_of(polygon: Polygon) -> Box:
    """Return the box around a polygon."""
    xs = [x for x, _ in polygon]
    ys = [y for _, y in polygon]
    return Box(min(xs), min(ys), max(xs), max(ys))


def do_boxes_overlap(one: Box, other: Box) -> bool:
    """Say whether two boxes share more than a boundary."""
    return (
        one.low_x < other.high_x
        and other.low_x < one.high_x
        and one.low_y < other.high_y
        and other.low_y < one.high_y
    )


def area_twice(polygon: Polygon) -> int:
    """Return twice the area, above zero where the corners go counter-clockwise (shoelace)."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in edges(polygon))


def edges(polygon: Polygon) -> Iterator[tuple[Corner, Corner]]:
    """Yield the edges in order."""
    yield from pairwise(polygon)
    yield polygon[-1], polygon[0]


def turn(a: Corner, b: Corner, c: Corner) -> int:
    """Return twice the area of a triangle: above zero where c lies to the left of a to b."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def is_simple(polygon: Polygon) -> bool:
    """Say whether the boundary goes once around an area, counter-clockwise, nowhere twice."""
    sides = list(edges(polygon))
    for i, (a, b) in enumerate(sides):
        if a == b or not _goes_on(a, b, sides[(i + 1) % len(sides)][1]):
            return False
        for j in range(i + 2, len(sides) - (i == 0)):
            if _do_meet(a, b, *sides[j]):
                return False
    return area_twice(polygon) > 0


def _goes_on(a: Corner, b: Corner, c: Corner) -> bool:
    """Say whether an edge from b to c does not go back along the one from a to b."""
    ahead = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1])
    return turn(a, b, c) != 0 or ahead > 0


def _do_meet(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    """Say whether two edges have a point in common."""
    side_c, side_d = turn(a, b, c), turn(a, b, d)
    side_a, side_b = turn(c, d, a), turn(c, d, b)
    if side_c == side_d == 0:
        return (
            min(a[0], b[0]) <= max(c[0], d[0])
            and min(c[0], d[0]) <= max(a[0], b[0])
            and min(a[1], b[1]) <= max(c[1], d[1])
            and min(c[1], d[1]) <= max(a[1], b[1])
        )
    return not (_same_side(side_c, side_d) or _same_side(side_a, side_b))


def _same_side(one: int, other: int) -> bool:
    return (one > 0 and other > 0) or (one < 0 and other < 0)


# -- two polygons ---------------------------------------------------------------------------------


def do_overlap(one: Polygon, other: Polygon) -> bool:
    """Say whether some point is inside both; a common boundary is none."""
    if not do_boxes_overlap(box_of(one), box_of(other)):
        return False
    if _is_apart(one, other) or _is_apart(other, one):
        return False
    if any(place == INSIDE for place in _places(other, one)):
        return True
    return any(place == INSIDE or shared for place, shared in _pieces(one, other))


def is_within(inner: Polygon, outer: Polygon) -> bool:
    """Say whether no point of one polygon is outside the other."""
    return all(place != OUTSIDE for place in _places(inner, outer))


def _is_apart(one: Polygon, other: Polygon) -> bool:
    """Say whether the line along an edge of one has it on the left and the other on the right."""
    for a, b in edges(one):
        if all(turn(a, b, c) <= 0 for c in other) and all(turn(a, b, c) >= 0 for c in one):
            return True
    return False


def _places(one: Polygon, other: Polygon) -> Iterator[Place]:
    for place, _ in _pieces(one, other):
        yield place


def _pieces(one: Polygon, other: Polygon) -> Iterator[tuple[Place, bool]]:
    """Yield where each piece of one boundary lies, and whether both run along it the same way."""
    sides = list(edges(other))
    for a, b in edges(one):
        for low, high in pairwise(_cuts(a, b, sides)):
            # The midpoint of the piece, as x / scale and y / scale.
            scale = 2 * low[1] * high[1]
            along = low[0] * high[1] + high[0] * low[1]
            x = a[0] * scale + (b[0] - a[0]) * along
            y = a[1] * scale + (b[1] - a[1]) * along
            yield _locate(x, y, scale, sides, (b[0] - a[0], b[1] - a[1]))


Cut = tuple[int, int]
"""A place on an edge: so much of it, as a fraction with positive denominator."""


def _cuts(a: Corner, b: Corner, sides: Sequence[tuple[Corner, Corner]]) -> list[Cut]:
    """Return where an edge begins, meets the other boundary, and ends, each place once."""
    found: list[Cut] = [(0, 1), (1, 1)]
    for c, d in sides:
        side_c, side_d = turn(a, b, c), turn(a, b, d)
        if side_c == side_d == 0:
            found += [_along(a, b, c), _along(a, b, d)]
        elif not _same_side(side_c, side_d):
            side_a, side_b = turn(c, d, a), turn(c, d, b)
            if not _same_side(side_a, side_b):
                found.append(_fraction(side_a, side_a - side_b))
    inner = [cut for cut in found if 0 <= cut[0] <= cut[1]]
    return _sorted(inner)


def _along(a: Corner, b: Corner, point: Corner) -> Cut:
    axis = 0 if a[0] != b[0] else 1
    return _fraction(point[axis] - a[axis], b[axis] - a[axis])


def _fraction(numerator: int, denominator: int) -> Cut:
    return (numerator, denominator) if denominator > 0 else (-numerator, -denominator)


def _sorted(cuts: list[Cut]) -> list[Cut]:
    """Return fractions in ascending order, each value once, by insertion: they are few."""
    ordered: list[Cut] = []
    for cut in cuts:
        place = len(ordered)
        while place and cut[0] * ordered[place - 1][1] < ordered[place - 1][0] * cut[1]:
            place -= 1
        before = ordered[place - 1] if place else None
        if before is None or cut[0] * before[1] != before[0] * cut[1]:
            ordered.insert(place, cut)
    return ordered


def _locate(
    x: int, y: int, scale: int, sides: Sequence[tuple[Corner, Corner]], way: Corner
) -> tuple[Place, bool]:
    """Return where the point x / scale, y / scale lies (crossing number), exactly.

    Where it is on the boundary, say also whether that edge runs the given way.
    """
    is_inside = False
    for (cx, cy), (dx, dy) in sides:
        rise = (dy - cy) * scale
        # Above zero where the point lies to the left of c to d.
        side = (dx - cx) * (y - cy * scale) - (dy - cy) * (x - cx * scale)
        if side == 0 and _is_between(x, y, scale, (cx, cy), (dx, dy)):
            return ALONG, way[0] * (dx - cx) + way[1] * (dy - cy) > 0
        is_above_c, is_above_d = cy * scale <= y, dy * scale <= y
        if is_above_c != is_above_d and (side > 0) == (rise > 0):
            is_inside = not is_inside
    return (INSIDE if is_inside else OUTSIDE), False


def _is_between(x: int, y: int, scale: int, c: Corner, d: Corner) -> bool:
    return (
        min(c[0], d[0]) * scale <= x <= max(c[0], d[0]) * scale
        and min(c[1], d[1]) * scale <= y <= max(c[1], d[1]) * scale
    )
