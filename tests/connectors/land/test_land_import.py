"""Land data of other registers: read whole, with its totals; what is not fit is told why."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminal import answer, ok

from tongjian.cli.failures import ExitCode
from tongjian.connectors.importing import Declined, Read, Site
from tongjian.connectors.land.importer import importer, read_record
from tongjian.connectors.land.plan import Unfit
from tongjian.connectors.strictjson import Malformed
from tongjian.core.hashing import sha256

SHARED = Path(__file__).parents[4] / "shared/data"
SALES = SHARED / "land/real-sales-lucas-county-oh/house_sales_1993_1998.csv"
PROPERTY = SHARED / "spending/real-us/ks_1033_data.csv"
CSDM = SHARED / "land/icsm-csdm"
SITE = Site(chain=sha256(b"chain"), digest=sha256, office="11990100001400700T")
needs_data = pytest.mark.skipif(
    not (SALES.is_file() and PROPERTY.is_file() and CSDM.is_dir()),
    reason="needs the shared data folder, which is not part of this repository",
)
HEADING = "parcel_ref,price,sdate,lotsize,colour\n"


def found(*paths: Path) -> Iterator[tuple[str, Read | Declined, bytes]]:
    """Read every record at or below the paths."""
    for name, data in importer.walk(paths):
        if isinstance(data, Declined):
            yield name, data, b""
        else:
            yield name, importer.read(name, data, SITE), data


def reads(*paths: Path) -> list[Read]:
    """Return the records that can be recorded."""
    return [read for _, read, _ in found(*paths) if isinstance(read, Read)]


def declined(*paths: Path) -> dict[str, str]:
    """Return why the others cannot."""
    return {
        name.rpartition("/")[2]: read.why
        for name, read, _ in found(*paths)
        if isinstance(read, Declined)
    }


def total(read: list[Read]) -> int:
    """Return the sum in cents."""
    return sum(int(one.face["total_fen"]) for one in read)


# -- real data ------------------------------------------------------------------------------------


@needs_data
def test_all_25357_sales_are_read_with_their_total() -> None:
    read = reads(SALES)
    assert len(read) == len({one.key for one in read}) == 25_357
    assert total(read) == 200_365_800_300
    assert declined(SALES) == {}
    days = [int(one.face["day"]) for one in read]
    assert (min(days) // 100, max(days) // 100) == (199301, 199810)


@needs_data
def test_all_1575_transfers_of_federal_property_are_read_with_their_total() -> None:
    read = reads(PROPERTY)
    assert len(read) == len({one.key for one in read}) == 1_575
    assert total(read) == 412_682_462
    assert {one.face["currency"] for one in read} == {"USD"}


@needs_data
def test_every_column_is_kept_with_the_row() -> None:
    name, _, data = next(found(PROPERTY))
    assert name.endswith("!row-1")
    heading, row, rest = data.decode().split("\n")
    assert heading.count(",") == 13
    assert row.startswith('KS,ALLEN,20001,1005-00-073-9421,"RIFLE,5.56 MILLIMETER",1,Each,499')
    assert rest == ""


@needs_data
def test_surveys_are_read_and_those_that_must_fail_are_refused() -> None:
    why = declined(CSDM / "CSD", CSDM / "SurveyObservations")
    fails = {path.name for path in CSDM.rglob("*-fail.json")}
    assert len(fails) == 6
    assert fails <= set(why)
    assert why["parcel-boundary-refs-fail.json"].startswith("Its boundary names the vector l367793")
    others = set(why) - fails
    assert others == {"bblock.json", "schema.json", "vectors-example.json!feature-1"}


@needs_data
def test_parcels_of_new_zealand_have_their_stated_areas() -> None:
    read = {one.label: one for one in reads(CSDM / "CSD/extended_example.json")}
    areas = {label: one.face["area_dm2"] for label, one in read.items() if "parcel" in label}
    assert areas == {
        "parcel:DP_572532:8446454": 48_400,
        "parcel:DP_572532:8446455": 119_600,
        "parcel:DP_572532:8446456": 119_600,
    }
    (survey,) = [one for label, one in read.items() if label.startswith("survey")]
    assert (survey.face["area_dm2"], survey.face["day"]) == (168_000, 20220522)
    assert read["parcel:DP_572532:8446455"].flags == ("boundary_open",)


# -- tables ---------------------------------------------------------------------------------------


def test_equal_rows_without_a_number_are_records_of_their_own(tmp_path: Path) -> None:
    heading = "fips,nsn,quantity,acquisition_cost,total_cost,ship_date\n"
    row = "20001,1005-00-073-9421,1,499,499,5/19/2006 0:00:00\n"
    table = tmp_path / "a.csv"
    table.write_text(heading + row * 3)
    read = reads(table)
    assert len({one.key for one in read}) == 3
    assert total(read) == 149_700


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("X1,abc,960423,1000,red", "'abc' is no amount."),
        ("X1,1.005,960423,1000,red", "1.005 USD is not a whole number"),
        ("X1,-5,960423,1000,red", "-5 USD is not a whole number"),
        ("X1,NaN,960423,1000,red", "NaN USD is not a whole number"),
        (",5,960423,1000,red", "It lacks its number"),
        ("X1,5,1996,1000,red", "It lacks its number or the day"),
        ("X1,5,960423,1000", "It has 4 cells under 5 columns."),
        ("X1,9999999999999999,960423,1000,red", "Its sum is larger"),
    ],
)
def test_a_row_that_cannot_be_right_is_told_why(tmp_path: Path, row: str, why: str) -> None:
    table = tmp_path / "a.csv"
    table.write_text(HEADING + row + "\n")
    (said,) = declined(table).values()
    assert said.startswith(why)


def test_a_total_that_is_not_quantity_times_cost_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    heading = "fips,nsn,quantity,acquisition_cost,total_cost,ship_date\n"
    table.write_text(heading + "1,2,3,10.00,30.01,5/19/2006\n1,2,3,10.00,30.00,2006-05-19\n")
    assert list(declined(table).values()) == [
        "Quantity times unit cost is not the total.",
        "It lacks the day of shipment.",
    ]


def test_a_table_of_another_kind_is_no_table_of_land(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,colour\nx,red\n")
    (tmp_path / "b.csv").write_bytes(b"parcel_ref,price\n\xff\n")
    (tmp_path / "c.txt").write_text("Dear Sir or Madam")
    assert declined(tmp_path) == {
        "a.csv": "Its columns are of no table that is known here.",
        "b.csv": "Byte 17 is not UTF-8.",
        "c.txt": "It is neither CSV nor JSON.",
    }


# -- GeoJSON --------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        *("type", "geometry", "coordinates", "properties", "features", "parcels", "topology"),
        *("references", "observedVectors", "vectorObservations", "hasResult", "madeBySensor"),
        *("sensorType", "hasResultQuality", "xAccuracy", "time", "date", "area", "id"),
    ]
)
RING = [[0, 0], [4, 0], [4, 4.5], [0, 4.5], [0, 0]]


def feature(geometry: Any, number: int = 1, **properties: Any) -> dict[str, Any]:
    """Return a feature with fields that nobody here knows."""
    return {
        "type": "Feature",
        "id": number,
        "geometry": geometry,
        "properties": {"x-unknown": "kept", **properties},
    }


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_features_are_taken_as_they_stand_with_unknown_fields(tmp_path: Path) -> None:
    members = [feature(polygon(RING), 1, area=88.6), feature(polygon(RING[::-1]), 2)]
    text = json.dumps({"type": "FeatureCollection", "features": members, "x": 1}, indent=1)
    (tmp_path / "a.geojson").write_text(text)
    one, two = [entry for entry in found(tmp_path) if isinstance(entry[1], Read)]
    assert isinstance(one[1], Read)
    assert isinstance(two[1], Read)
    assert (one[1].face["area_dm2"], one[1].flags) == (8860, ())
    assert two[1].flags == ("not_right_handed",)
    assert one[2].decode() in text
    assert b"x-unknown" in one[2]


@pytest.mark.parametrize(
    ("geometry", "why"),
    [
        ({"type": "Point", "coordinates": [1, 2]}, "Its geometry is Point, no polygon."),
        (None, "It is no feature with a geometry."),
        (polygon(), "A polygon has no ring."),
        (polygon(RING[:-1]), "A ring is not closed"),
        (polygon([[0, 0], [1, 1], [0, 0]]), "A ring is not closed"),
        (polygon([[0], *RING[1:]]), "A position is not two numbers."),
    ],
)
def test_what_is_no_parcel_is_told_why(tmp_path: Path, geometry: Any, why: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(feature(geometry)))
    (said,) = declined(tmp_path).values()
    assert said.startswith(why)


def test_holes_and_many_parts_are_read(tmp_path: Path) -> None:
    hole = [[1, 1], [1, 2], [2, 2], [2, 1], [1, 1]]
    (tmp_path / "a.json").write_text(json.dumps(feature(polygon(RING, hole))))
    many = {"type": "MultiPolygon", "coordinates": [[RING], [RING]]}
    (tmp_path / "b.json").write_text(json.dumps(feature(many, 2)))
    assert [one.flags for one in reads(tmp_path)] == [("holes",), ()]


def test_broken_json_is_told_where(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"type": "Feature"')
    (tmp_path / "b.json").write_text('{"a": 1, "a": 2}')
    (tmp_path / "c.json").write_text("[1]")
    why = declined(tmp_path)
    assert why["a.json"].startswith("It is not JSON")
    assert why["b.json"].startswith("The name 'a' stands twice")
    assert set(why) == {"a.json", "b.json", "c.json"}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_hostile_bytes_are_refused_and_never_crash(data: bytes) -> None:
    for prefix in (b"", b"{", b'{"type":"Feature","geometry":', HEADING.encode()):
        said = importer.read("x", prefix + data, SITE)
        assert isinstance(said, Read | Declined)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["Polygon", "l1", "Feature"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(NAMES, JSON, max_size=8))
def test_json_of_any_shape_is_refused_and_never_crashes(document: dict[str, Any]) -> None:
    said = importer.read("x", json.dumps(document).encode(), SITE)
    assert isinstance(said, Read | Declined)


def test_a_survey_whose_shape_is_not_that_of_one_is_refused() -> None:
    for text in (
        '{"type": "FeatureCollection", "parcels": [{"features": [1]}]}',
        '{"type": "FeatureCollection", "parcels": [], "time": "yesterday"}',
        '{"featureType": "ObservationCollection", "features": [{"properties": {}}]}',
    ):
        with pytest.raises((Unfit, Malformed)):
            read_record(text.encode())


# -- on a ledger ----------------------------------------------------------------------------------

ARCHIVIST = """
[[officer]]
holder = "archivist"
office = "11990100001400700T"
roles = ["land_archivist"]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A ledger with an archivist."""
    plan = tmp_path / "plan.toml"
    plan.write_text(ok("init", "--example").stdout + ARCHIVIST, "utf-8")
    ok("init", tmp_path / "ledger", "--plan", plan)
    return tmp_path / "ledger"


def test_a_folder_is_recorded_once_and_its_total_told(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    rows = "".join(f"X{n},{n}00,960423,1000,red\n" for n in range(1, 6))
    (folder / "a.csv").write_text(HEADING + rows + "X1,999,960423,1000,red\n")
    (folder / "b.geojson").write_text(json.dumps(feature(polygon(RING), 7)))
    said = answer("land", "import", folder, "--as", "archivist", home=home, code=ExitCode.PARTIAL)
    counts = Counter(one["status"] for one in said["documents"])
    assert counts == {"recorded": 6, "refused": 1}
    assert said["sums"]["USD"] == {"total": "1500.00"}
    again = answer("land", "import", folder, "--as", "archivist", home=home, code=ExitCode.PARTIAL)
    assert Counter(one["status"] for one in again["documents"]) == {"already": 6, "refused": 1}
    kept = "".join(path.read_text() for path in (home / "documents").iterdir())
    assert "colour" in kept
    assert "x-unknown" in kept
