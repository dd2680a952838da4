"""Exact geometry against two oracles: counting unit squares, and floating-point free area sums."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tongjian.services.land.geometry import (
    Polygon,
    area_twice,
    box_of,
    do_overlap,
    is_simple,
    is_within,
)

SQUARE: Polygon = ((0, 0), (4, 0), (4, 4), (0, 4))
NOTCHED: Polygon = ((0, 0), (6, 0), (6, 6), (4, 6), (4, 2), (2, 2), (2, 6), (0, 6))
"""A square with a slot cut in from above."""
TRIANGLE: Polygon = ((0, 0), (5, 0), (0, 7))


def moved(polygon: Polygon, x: int, y: int) -> Polygon:
    """Return a polygon somewhere else."""
    return tuple((px + x, py + y) for px, py in polygon)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (SQUARE, SQUARE, True),
        (SQUARE, moved(SQUARE, 4, 0), False),
        (SQUARE, moved(SQUARE, 4, 4), False),
        (SQUARE, moved(SQUARE, 3, 3), True),
        (SQUARE, ((1, 1), (2, 1), (2, 2), (1, 2)), True),
        (NOTCHED, ((2, 2), (4, 2), (4, 6), (2, 6)), False),
        (NOTCHED, ((3, 3), (4, 3), (4, 5), (3, 5)), False),
        (NOTCHED, ((1, 3), (5, 3), (5, 5), (1, 5)), True),
        (NOTCHED, ((2, 1), (4, 1), (4, 6), (2, 6)), True),
        (TRIANGLE, ((5, 0), (5, 7), (0, 7)), False),
        (TRIANGLE, ((5, 0), (5, 7), (0, 6)), True),
        (((0, 0), (4, 0), (4, 4)), ((0, 0), (4, 4), (0, 4)), False),
        (((-1, 1), (5, 1), (5, 3), (-1, 3)), SQUARE, True),
    ],
)
def test_known_pairs(one: Polygon, other: Polygon, expected: bool) -> None:  # noqa: FBT001
    assert do_overlap(one, other) is expected
    assert do_overlap(other, one) is expected


@pytest.mark.parametrize(
    "polygon",
    [
        tuple(reversed(SQUARE)),
        ((0, 0), (4, 4), (4, 0), (0, 4)),
        ((0, 0), (4, 0), (2, 0), (2, 2)),
        ((0, 0), (0, 0), (4, 0), (4, 4)),
        ((0, 0), (2, 0), (4, 0)),
        ((0, 0), (4, 0), (4, 4), (2, 0), (0, 4)),
        ((0, 0), (2, 2), (4, 0), (4, 4), (2, 2), (0, 4)),
    ],
)
def test_what_is_no_simple_polygon(polygon: Polygon) -> None:
    assert not is_simple(polygon)


def test_corners_on_a_straight_line_are_allowed() -> None:
    assert is_simple(((0, 0), (2, 0), (4, 0), (4, 4), (0, 4)))
    assert is_simple(NOTCHED)
    assert area_twice(NOTCHED) == 2 * (36 - 8)


# -- an oracle that knows nothing of edges: polygons made of unit squares --------------------------

CELLS = list(product(range(5), range(5)))
Grid = frozenset[tuple[int, int]]


def outline(cells: Grid) -> Polygon | None:
    """Return the boundary of a set of unit squares where it is one simple loop, else none."""
    sides = {}
    for x, y in cells:
        for a, b, neighbour in (
            ((x, y), (x + 1, y), (x, y - 1)),
            ((x + 1, y), (x + 1, y + 1), (x + 1, y)),
            ((x + 1, y + 1), (x, y + 1), (x, y + 1)),
            ((x, y + 1), (x, y), (x - 1, y)),
        ):
            if neighbour not in cells:
                if a in sides:
                    return None  # the loop touches itself
                sides[a] = b
    start = next(iter(sides))
    loop = [start]
    while sides[loop[-1]] != start:
        loop.append(sides[loop[-1]])
    return tuple(loop) if len(loop) == len(sides) else None


GRIDS = st.frozensets(st.sampled_from(CELLS), min_size=1, max_size=14)
SHEARS = st.sampled_from([((1, 0), (0, 1)), ((3, 1), (1, 2)), ((2, -1), (1, 3)), ((7, 2), (0, 5))])


def sheared(polygon: Polygon, matrix: tuple[tuple[int, int], tuple[int, int]]) -> Polygon:
    """Return a polygon under a linear map that keeps orientation: slanted edges, same answers."""
    (a, b), (c, d) = matrix
    return tuple((a * x + b * y, c * x + d * y) for x, y in polygon)


@settings(max_examples=150, deadline=None)
@given(GRIDS, GRIDS, SHEARS)
def test_overlap_and_containment_are_those_of_the_squares(
    one: Grid, other: Grid, matrix: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    first, second = outline(one), outline(other)
    assume(first is not None and second is not None)
    assert first is not None
    assert second is not None
    p, q = sheared(first, matrix), sheared(second, matrix)
    assert is_simple(p)
    assert is_simple(q)
    (a, b), (c, d) = matrix
    assert area_twice(p) == 2 * len(one) * (a * d - b * c)
    assert do_overlap(p, q) == bool(one & other)
    assert do_overlap(q, p) == bool(one & other)
    assert is_within(p, q) == (one <= other)
    assert is_within(q, p) == (other <= one)


POINTS = st.tuples(st.integers(0, 12), st.integers(0, 12))


@settings(max_examples=150, deadline=None)
@given(st.lists(POINTS, min_size=3, max_size=3), st.lists(POINTS, min_size=3, max_size=3))
def test_triangles_overlap_where_their_common_area_is_not_nothing(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    p, q = tuple(one), tuple(other)
    p = p if area_twice(p) > 0 else tuple(reversed(p))
    q = q if area_twice(q) > 0 else tuple(reversed(q))
    assume(area_twice(p) > 0 and area_twice(q) > 0)
    assert do_overlap(p, q) == (clipped_area(p, q) > 0)
    assert is_within(p, q) == (2 * clipped_area(p, q) == area_twice(p))


def clipped_area(subject: Polygon, clip: Polygon) -> Fraction:
    """Return the area of what two convex polygons share (Sutherland and Hodgman), in fractions."""
    points = [(Fraction(x), Fraction(y)) for x, y in subject]
    for a, b in zip(clip, (*clip[1:], clip[0]), strict=True):
        kept: list[tuple[Fraction, Fraction]] = []
        for p, q in zip(points, (*points[1:], *points[:1]), strict=True):
            side_p, side_q = _side(a, b, p), _side(a, b, q)
            if side_p >= 0:
                kept.append(p)
            if side_p * side_q < 0:
                t = side_p / (side_p - side_q)
                kept.append((p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])))
        points = kept
    pairs = zip(points, (*points[1:], *points[:1]), strict=True)
    return sum((p[0] * q[1] - q[0] * p[1] for p, q in pairs), Fraction(0)) / 2


def _side(a: tuple[int, int], b: tuple[int, int], p: tuple[Fraction, Fraction]) -> Fraction:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def test_a_box_holds_its_polygon() -> None:
    assert tuple(box_of(TRIANGLE)) == (0, 0, 5, 7)
