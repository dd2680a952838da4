"""Plans the recording of land data from elsewhere: each record becomes one act.

The ledger gets a record's key, sum, area and day, and a salted commitment to the record as it came.
Who bought, and every field that nobody here knows, stays in the folder of the office.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tongjian.connectors.importing import Composed, Declined, Face, Read, Site
from tongjian.connectors.land.csdm import (
    is_observation,
    is_survey,
    parcels_of,
    read_parcel,
    read_survey,
)
from tongjian.connectors.land.geojson import read_feature
from tongjian.connectors.land.plan import Plan, Unfit, as_object
from tongjian.connectors.land.tables import read_row, rows_of
from tongjian.connectors.splitting import NotSplit, pieces_of
from tongjian.connectors.strictjson import Json, Malformed, parse
from tongjian.core import values
from tongjian.core.hashing import compute_commitment
from tongjian.core.limits import FEN_MAX
from tongjian.services.land.acts import RecordForeign
from tongjian.services.land.exchange import compute_record_key
from tongjian.services.land.records import FOREIGN, Foreign

WHOLE_BYTES_MAX: Final = 16 * 1024 * 1024
"""A survey is read at once; longer files are cut into features as they stream."""
TABLE_BYTES_MAX: Final = 512 * 1024 * 1024
RULE: Final = "land.record_foreign"
_PARCEL: Final = b'\n{"parcel of the survey above":"'
"""Stands between a survey and the id of the parcel that is meant, for a parcel of its own."""
_SUFFIXES: Final = (".csv", ".json", ".geojson")


class LandImporter:
    """Records land data of every kind that this connector reads."""

    salts = ("original",)

    def walk(self, paths: Iterable[Path]) -> Iterator[tuple[str, bytes | Declined]]:
        """Yield name and bytes of every record at or below the paths, always in one order."""
        for path in paths:
            for file in _files(path):
                yield from _records_of(file)

    def read(self, name: str, data: bytes, site: Site) -> Read | Declined:
        """Read one record and say what would be recorded of it, or why it may not be."""
        del name
        try:
            plan = read_record(data)
            key = compute_record_key(site.digest, site.chain, plan.key)
        except Unfit as error:
            return error.declined()
        except Malformed as error:
            return Declined(f"{str(error)[:1].upper()}{str(error)[1:]}.", "RFC 8259, JSON")
        except ValueError as error:
            return Declined(f"{str(error)[:1].upper()}{str(error)[1:]}.", RULE)
        if plan.total_minor > FEN_MAX:
            return Declined("Its sum is larger than the ledger counts.", RULE, "", plan.key)
        return Read(plan.key, FOREIGN, (key,), face_of(plan), plan.flags, plan)

    def compose(self, read: Read, data: bytes, site: Site, salts: Mapping[str, bytes]) -> Composed:
        """Return the act that keeps a record under the given salt."""
        plan: Plan = read.content
        act = RecordForeign(
            record=values.digest(read.key[0]),
            registry=values.uscc(site.office),
            kind=plan.kind,
            currency=plan.currency or None,
            total_fen=values.fen(plan.total_minor),
            area_dm2=plan.area_dm2,
            day=plan.day,
            original=values.digest(compute_commitment(site.digest, salts["original"], data)),
            flags=tuple(values.name(flag) for flag in read.flags),
        )
        return Composed(act, {"key": plan.key, "kind": plan.kind})

    def face_of(self, row: Foreign) -> Face:
        """Return kind, sum, area and day of a kept record."""
        return {
            "kind": row.kind,
            "currency": row.currency or "",
            "total_fen": row.total_fen,
            "area_dm2": row.area_dm2,
            "day": row.day,
        }


importer: Final = LandImporter()
"""What surfaces find."""


def face_of(plan: Plan) -> Face:
    """Return what every copy of a record must agree in."""
    return {
        "kind": plan.kind,
        "currency": plan.currency,
        "total_fen": plan.total_minor,
        "area_dm2": plan.area_dm2,
        "day": plan.day,
    }


def read_record(data: bytes) -> Plan:
    """Return what a record says, whatever its format; raises `Unfit` or `Malformed`."""
    if not data.lstrip().startswith(b"{"):
        return read_row(data)
    whole, mark, identity = data.partition(_PARCEL)
    document = _object(whole)
    if mark:
        return read_parcel(document, identity.removesuffix(b'"}\n').decode("utf-8"))
    if is_survey(document) or is_observation(document):
        return read_survey(document, whole)
    return read_feature(document, data)


def _object(data: bytes) -> Json:
    found = as_object(parse(data))
    if not found:
        raise Unfit("It is no JSON object.", "RFC 7946, GeoJSON", "Leave it out.")
    return found


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(folder) / name


def _records_of(file: Path) -> Iterator[tuple[str, bytes | Declined]]:
    name = str(file)
    size = file.stat().st_size if file.is_file() and not file.is_symlink() else -1
    if size < 0:
        yield name, Declined("It is not a regular file.", RULE, "Leave it out.")
    elif file.suffix.lower() not in _SUFFIXES:
        yield (
            name,
            Declined(
                "It is neither CSV nor JSON.", "CSV, GeoJSON or CSDM", "Leave it out of the folder."
            ),
        )
    elif file.suffix.lower() == ".csv":
        if size > TABLE_BYTES_MAX:
            yield name, Declined(f"It is larger than {TABLE_BYTES_MAX} bytes.", RULE, "Split it.")
        else:
            yield from rows_of(name, file.read_bytes())
    else:
        yield from _json_of(file, name, size)


def _json_of(file: Path, name: str, size: int) -> Iterator[tuple[str, bytes | Declined]]:
    """Yield a survey with its parcels, a single feature, or the features of a collection."""
    if size <= WHOLE_BYTES_MAX:
        data = file.read_bytes()
        try:
            document: Any = parse(data)
        except Malformed as error:
            why = str(error)
            yield name, Declined(f"{why[:1].upper()}{why[1:]}.", "RFC 8259, JSON")
            return
        known = as_object(document)
        if known.get("type") != "FeatureCollection":
            yield name, data
            return
        if is_survey(known):
            yield from _survey_of(name, data, known)
            return
    yield from _features_of(file, name)


def _survey_of(name: str, data: bytes, document: Json) -> Iterator[tuple[str, bytes | Declined]]:
    yield name, data
    try:
        read_survey(document, data)
    except Unfit:
        return  # it is refused as a whole, and so are its parcels
    for parcel in parcels_of(document):
        identity = str(parcel.get("id"))
        yield f"{name}!{identity}", data + _PARCEL + identity.encode("utf-8") + b'"}\n'


def _features_of(file: Path, name: str) -> Iterator[tuple[str, bytes | Declined]]:
    try:
        with file.open("rb") as source:
            for piece in pieces_of(source, ("features",)):
                if piece.collection:
                    yield f"{name}!feature-{piece.index + 1}", piece.data
    except NotSplit as error:
        yield name, Declined(f"At byte {error.offset}: {error.why}.", "RFC 8259, JSON")
