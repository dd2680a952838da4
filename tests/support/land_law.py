"""What the rows of the land register must satisfy at every height, whatever was done."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

from tongjian.core.encoding import encode
from tongjian.services.land.acts_survey import polygon_of
from tongjian.services.land.book import is_land, land_of, parcel_of
from tongjian.services.land.demands import Transfer
from tongjian.services.land.geometry import area_twice, do_overlap
from tongjian.services.land.records import (
    APPLICATIONS,
    ENTRIES,
    HOLDINGS,
    MORTGAGES,
    PARCELS,
    SEIZURES,
    UNITS,
)
from tongjian.testkit import World

TITLE = ("first", "transfer", "court_transfer", "split", "merge", "deletion")
"""Entries after which other people may hold."""
FORBIDDEN_UNDER_SEIZURE = ("transfer", "mortgage", "split", "merge", "deletion", "notice", "built")
DEAD = ("split", "merged", "extinguished")


class Law:
    """Looks at the rows again and again and remembers what may never change."""

    def __init__(self) -> None:
        self.entries: dict[bytes, bytes] = {}
        self.dead: dict[bytes, bytes] = {}
        self.shapes: dict[bytes, Any] = {}

    def check(self, world: World) -> None:
        """Assert that the rows of now, and of all times looked at, keep LND-I1 to LND-I11."""
        rows = world.rows()
        units = dict(_table(rows, UNITS))
        for (code,), unit in units.items():
            self._check_shares(code, unit, rows)
            self._check_burdens(code, unit, rows, world.now_ms)
            self._check_book(code, unit, rows)
            if unit.status in DEAD:  # a dead number stays dead (I11)
                key = UNITS.key(code)
                assert self.dead.setdefault(key, encode(unit)) == encode(unit)
        for (code,), unit in units.items():
            if unit.status == "registered" and not is_land(code):  # (I8)
                assert units[(land_of(code),)].status == "built"
        self._check_ground(rows, units)
        self._check_officers(rows)
        for key, value in rows.items():  # the book is appended to, never changed
            if key.startswith(ENTRIES.prefix):
                assert self.entries.setdefault(key, value) == value
        assert self.entries.keys() <= rows.keys()

    def _check_shares(self, code: str, unit: Any, rows: dict[bytes, bytes]) -> None:
        total = sum(Fraction(s.numerator, s.denominator) for s in unit.holders)
        assert total == (1 if unit.status in ("registered", "built") else 0)  # (I2)
        held = {key[0]: row for key, row in _table(rows, HOLDINGS) if key[1] == code}
        if unit.status != "registered":
            assert held == {}
            return
        assert {h: (r.numerator, r.denominator) for h, r in held.items()} == {
            s.holder: (s.numerator, s.denominator) for s in unit.holders
        }
        assert all(row.entry == unit.title for row in held.values())

    def _check_burdens(self, code: str, unit: Any, rows: dict[bytes, bytes], now_ms: int) -> None:
        seizures = {k[1]: r for k, r in _table(rows, SEIZURES) if k[0] == code}
        active = [n for n, row in seizures.items() if row.status == "active"]
        waiting = [n for n, row in seizures.items() if row.status == "waiting"]
        assert active == ([unit.seizure] if unit.seizure else [])  # one at a time (I1)
        assert tuple(sorted(waiting)) == unit.waiting
        assert not waiting or active  # nobody waits for nothing
        for number in active:
            assert seizures[number].from_ms <= now_ms < seizures[number].until_ms
        live = [k[1] for k, r in _table(rows, MORTGAGES) if k[0] == code and r.status == "live"]
        assert tuple(sorted(live)) == unit.mortgages  # rank is the order of entry (I5)

    def _check_book(self, code: str, unit: Any, rows: dict[bytes, bytes]) -> None:
        """Read the book as an auditor does, from the first entry to the last."""
        book = [(key[2], row) for key, row in _table(rows, ENTRIES) if key[0] + key[1] == code]
        assert [number for number, _ in book] == list(range(1, unit.entries + 1))
        applications = dict(_table(rows, APPLICATIONS))
        holders: tuple[Any, ...] = ()
        seized: list[int] = []
        height, time_ms = 0, 0
        for number, entry in book:
            assert (entry.height, entry.recorded_ms) >= (height, time_ms)  # (I5, I9)
            height, time_ms = entry.height, entry.recorded_ms
            is_own_start = entry.kind in ("split", "merge") and entry.holders
            if seized and not is_own_start:
                assert entry.kind not in FORBIDDEN_UNDER_SEIZURE, code  # (I1, I10)
            if entry.kind == "transfer":  # chain of title without a gap (I3)
                demand = applications[(entry.application,)].demand
                assert isinstance(demand, Transfer)
                assert demand.transferors == tuple(s.holder for s in holders)
            if entry.kind in TITLE:
                holders = entry.holders
            if entry.kind == "seizure":
                seized.append(number)
            elif entry.kind == "seizure_end":
                seized.remove(entry.about)
            elif entry.kind == "court_transfer":
                assert not seized or entry.about == seized[0]
                seized = []
        assert unit.status == "built" or holders == unit.holders
        assert seized == [n for n in (unit.seizure, *unit.waiting) if n]

    def _check_ground(self, rows: dict[bytes, bytes], units: dict[Any, Any]) -> None:
        parcels = {key[0]: row for key, row in _table(rows, PARCELS)}
        for code, row in parcels.items():
            shape = encode(row.ring)
            assert self.shapes.setdefault(code, shape) == shape
            assert area_twice(polygon_of(row.ring)) == row.area_mm2_twice
        for one, other in combinations(parcels, 2):  # (I2)
            a, b = parcels[one], parcels[other]
            replaced = land_of(one) in b.replaces or land_of(other) in a.replaces
            if "dead" not in (a.status, b.status) and a.layer == b.layer and not replaced:
                assert not do_overlap(polygon_of(a.ring), polygon_of(b.ring))
        for (code,), unit in units.items():  # (I11)
            if unit.status == "split" and is_land(code):
                parts = [parcels[parcel_of(part)].area_mm2_twice for part in unit.successors]
                whole = parcels[parcel_of(code)].area_mm2_twice
                assert abs(sum(parts) - whole) * 1000 <= whole

    def _check_officers(self, rows: dict[bytes, bytes]) -> None:
        for _, row in _table(rows, APPLICATIONS):
            by = row.officers
            known = [p for p in (by.acceptor, by.reviewer, by.registrar) if p is not None]
            assert len(known) == len(set(known))
            if row.status == "entered":
                assert by.reviewer is not None
                assert by.registrar is not None


def _table(rows: dict[bytes, bytes], table: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for key, value in rows.items():
        if key.startswith(table.prefix):
            yield table.split(key), table.codec.decode(value)
