"""Documents issued elsewhere, read from files and recorded for the hospital.

Real ones where the checkout's neighbour `shared` has them; else some written here, as other
systems would have written them.
"""

import datetime as dt
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tongjian.connectors.einvoice.importer import importer
from tongjian.connectors.einvoice.write import (
    Draft,
    DraftLine,
    DraftParty,
    write_digital,
    write_e_invoice,
    write_ubl,
)
from tongjian.connectors.einvoice.write_ofd import make_sealer, write_ofd
from tongjian.connectors.importing import Declined, Read, Site, differences
from tongjian.connectors.keeping import DocumentFolder
from tongjian.core.calendar import legal_date
from tongjian.demo.day import day_of
from tongjian.demo.papers import DOCUMENTS_NAME
from tongjian.demo.stage import Stage
from tongjian.demo.told import expect_committed
from tongjian.node.clock import salt
from tongjian.services.invoice.records import INVOICES, Invoice
from tongjian.verifier.sm2 import SM2Unavailable

IMPORTER: Final = "hospital-accountant"
REAL: Final = Path("shared") / "data" / "invoices"
"""Below a folder beside the checkout, or beside one above it."""


class Imported(NamedTuple):
    """Hold what became of one document."""

    name: str
    label: str
    """The document's own key, or empty where it was not understood."""
    status: str
    """`recorded`, `there already` or `refused`, as `tongjian invoice import` says it."""
    words: str


@contextmanager
def documents(stage: Stage) -> Generator[tuple[Path, bool]]:
    """Give the folder of documents to import and whether they are real."""
    for above in (Path(__file__).resolve(), Path.cwd().resolve()):
        for folder in above.parents:
            if (folder / REAL).is_dir():
                yield folder / REAL, True
                return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_documents(stage, folder)
        yield folder, False


def import_all(stage: Stage, folder: Path) -> Iterator[Imported]:
    """Read every document below a folder and record what may be recorded; yield each as it goes."""
    site = Site(stage.chain.chain_id, stage.digest, stage.city.body("hospital").uscc)
    kept = DocumentFolder(stage.home.folder / DOCUMENTS_NAME)
    for path, data in importer.walk([folder]):
        name = str(Path(path).relative_to(folder))
        if isinstance(data, Declined):
            yield _declined(name, data)
            continue
        read = _read(path, data, site)
        if isinstance(read, Declined):
            yield _declined(name, read)
        else:
            yield _record(stage, site, kept, name, data, read)


def _read(path: str, data: bytes, site: Site) -> Read | Declined:
    try:
        return importer.read(path, data, site)
    except SM2Unavailable as error:
        return Declined("Its seal cannot be checked on this machine.", str(error))


def _declined(name: str, declined: Declined) -> Imported:
    return Imported(name, declined.label, "refused", f"{declined.why} ({declined.rule})")


def _record(
    stage: Stage, site: Site, kept: DocumentFolder, name: str, data: bytes, read: Read
) -> Imported:
    with stage.chain.lock:
        row: Invoice | None = stage.chain.store.row(INVOICES, INVOICES.key_of(read.key))
    if row is not None:
        differs = differences(read.face, importer.face_of(row))
        words = f"another of this number: {differs[0]}" if differs else "the same document"
        return Imported(name, read.label, "there already", words)
    salts = {purpose: salt() for purpose in importer.salts}
    composed = importer.compose(read, data, site, salts)
    kept.keep(read.key[0], data, salts, {"name": name, "office": site.office, **composed.kept})
    outcome = stage.act((IMPORTER,), composed.act)
    expect_committed(stage.chain.machine.registry, outcome, f"the document {name}")
    flags = ", ".join(read.flags)
    return Imported(name, read.label, "recorded", _face(read) + (f"; {flags}" if flags else ""))


def _face(read: Read) -> str:
    total = int(read.face["total_fen"])
    return f"{read.face['currency']} {total // 100:,}.{total % 100:02d}"


def _write_documents(stage: Stage, folder: Path) -> None:
    """Write what other systems would send: one invoice in three formats, and two more."""
    date = day_of(legal_date(stage.clock()))
    university = stage.city.body("university")
    hospital = stage.city.body("hospital")
    parties = (
        DraftParty(university.name, university.uscc, "海州市西湾区"),
        DraftParty(hospital.name, hospital.uscc, "海州市西湾区"),
    )
    line = DraftLine("检测服务", "次", 3, 80_000, 6)
    sealed = Draft(f"{date.year % 100:02d}990000000032345678", date, *parties, (line,))
    (folder / "einvoice.xml").write_bytes(write_e_invoice(sealed))
    (folder / "einvoice-data.xml").write_bytes(write_digital(sealed))
    ubl = Draft("HD-2026-17", date, *parties, (DraftLine("消毒用品", "箱", 20, 12_500, 13),))
    (folder / "ubl.xml").write_bytes(write_ubl(ubl))
    (folder / "note.txt").write_text("not an invoice\n", encoding="utf-8")
    try:
        start = dt.datetime(date.year, 1, 1, tzinfo=dt.UTC)
        sealer = make_sealer("演示发票专用章", start)
    except SM2Unavailable:
        return
    at = dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC)
    (folder / "sealed.ofd").write_bytes(write_ofd(sealed, sealer, at))
