"""One run of an import: read, look up, keep, sign, submit, report.

First every document is read and looked up; what is new is kept on the disk with its salts, and its
transaction signed. Then all are submitted. A run that stops anywhere is simply repeated: the ledger
knows a document by its key, and what was kept gives the same salts again.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.import_report import Told, raise_code, show_report
from tongjian.cli.readable import key_text, tag_of
from tongjian.cli.submit import decide
from tongjian.cli.surface import Surface
from tongjian.cli.words import read_refusal
from tongjian.connectors.importing import Declined, Importer, Read, Site, differences
from tongjian.connectors.keeping import DocumentFolder
from tongjian.core.operation import Act
from tongjian.engines.chain import Chain
from tongjian.engines.solo import Outcome, SoloEngine, Status
from tongjian.node.clock import salt
from tongjian.node.home import Home, default_workers
from tongjian.node.keys import KeyPair
from tongjian.node.signing import sign_acts

FOLDER: Final = "documents"
TOGETHER: Final = 500
"""Transactions that are submitted at once."""
_MANY: Final = 1000
"""From so many on, other processes help to check the signatures."""


class Plans:
    """What a run made of its documents, in the order of the files."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.told: list[Told] = []
        self.first: dict[str, tuple[Told, Read]] = {}
        """The first copy of each document of this run, by the document's own key."""
        self.signed: list[tuple[Told, bytes]] = []


def run_import(
    importer: Importer,
    surface: Surface,
    paths: Sequence[Path],
    holder: str,
    *,
    office: str | None,
    resume: bool,
) -> None:
    """Record the documents at or below the paths and end with the report's exit code."""
    home = Home(surface.folder)
    plans = Plans()
    try:
        with home.open() as chain:
            Planner(importer, home, chain, home.key(holder), office, plans, resume=resume).plan(
                surface, paths
            )
            _require_permitted(chain, holder, plans.signed)
        if plans.signed:
            workers = default_workers() if len(plans.signed) >= _MANY else 0
            with home.engine(workers=workers) as engine:
                _submit(surface, engine, plans.signed)
    finally:
        show_report(surface, plans.told)
    raise_code(plans.told)


def _require_permitted(chain: Chain, holder: str, signed: Sequence[tuple[Told, bytes]]) -> None:
    """Refuse a run that the ledger would refuse document by document: the signer may not do it."""
    answer = decide(chain, signed[0][1]) if signed else None
    if answer is None or answer.refusal is None or answer.code is not ExitCode.UNAUTHORISED:
        return
    act = chain.opener.open(signed[0][1]).transaction.acts[0]
    operation = chain.machine.registry.tags[tag_of(act)]
    raise Failure(
        ExitCode.UNAUTHORISED,
        f"{holder} may not record these documents; nothing was recorded.",
        why=f"{answer.refusal.en} {answer.refusal.zh}".rstrip(),
        rule=f"{operation.law}; needs {operation.by.words()}",
        then="tongjian keys list",
    )


class Planner:
    """Reads documents and looks them up; keeps and signs what is new. Nothing is recorded yet."""

    def __init__(
        self,
        importer: Importer,
        home: Home,
        chain: Chain,
        key: KeyPair,
        office: str | None,
        plans: Plans,
        *,
        resume: bool,
    ) -> None:
        """Plan for an open chain, to be signed with a key."""
        self._importer = importer
        self._chain = chain
        self._key = key
        self._site = Site(
            chain=chain.chain_id,
            digest=chain.digest,
            office=office or chain.machine.directory.actor(key.id).office,
        )
        self._kept = DocumentFolder(home.folder / FOLDER)
        self._plans = plans
        self._resume = resume
        self._files = self._kept.known_files() if resume else {}

    def plan(self, surface: Surface, paths: Sequence[Path]) -> None:
        """Plan for every document at or below the paths."""
        leave_out = _own_folder(surface.folder, paths)
        with surface.progress("reading", None) as advance:
            for name, data in self._importer.walk(paths):
                if leave_out(name):
                    continue
                told = Told(name)
                self._plans.told.append(told)
                if isinstance(data, Declined):
                    told.decline(data)
                elif not self._is_done(told, data):
                    self._plan_one(told, data)
                if len(self._plans.signed) % TOGETHER == 0:
                    self._kept.settle()
                advance()
        self._kept.settle()

    def _is_done(self, told: Told, data: bytes) -> bool:
        """Say whether these very bytes were recorded by an earlier run; then they are not read."""
        key = self._files.get(hashlib.sha256(data).hexdigest())
        entry = None if key is None else self._kept.entry(key)
        if entry is None:
            return False
        record = str(entry["record"])
        table = self._chain.machine.registry.tables.get(record.partition(":")[0])
        row_key = bytes.fromhex(entry["row_key"])
        with self._chain.lock:
            row = None if table is None else self._chain.store.row(table, row_key)
        if row is None:
            return False
        told.face = self._importer.face_of(row)
        told.label, told.record = str(entry["key"]), record
        told.flags = tuple(entry["flags"])
        told.stand(self._since(row_key))
        return True

    def _plan_one(self, told: Told, data: bytes) -> None:
        read = self._importer.read(told.file, data, self._site)
        if isinstance(read, Declined):
            told.decline(read)
            return
        row_key = read.table.key(*read.key)
        told.label, told.record, told.flags = read.label, key_text(read.table, row_key), read.flags
        told.face = read.face
        with self._chain.lock:
            row = self._chain.store.row(read.table, row_key)
        if row is not None:
            told.stand(self._since(row_key), differences(read.face, self._importer.face_of(row)))
            return
        first = self._plans.first.get(told.record)
        if first is not None:
            told.follow(first[0], differences(read.face, first[1].face))
            return
        self._plans.first[told.record] = told, read
        act = self._keep(told, read, row_key, data)
        self._plans.signed.append((told, sign_acts(self._chain, [self._key], (act,))))

    def _since(self, row_key: bytes) -> int:
        """Return the height that first recorded a row."""
        with self._chain.lock:
            return self._chain.prover.versions(row_key)[-1][0]

    def _keep(self, told: Told, read: Read, row_key: bytes, data: bytes) -> Act:
        """Put the document and its salts on the disk and return the act under those salts."""
        name = told.record.partition(":")[2].replace("/", "-")
        salts = self._kept.salts(name) if self._resume else None
        known = salts is not None and sorted(salts) == sorted(self._importer.salts)
        if salts is None or not known:
            salts = {one: salt() for one in self._importer.salts}
        composed = self._importer.compose(read, data, self._site, salts)
        words = {
            "key": read.label,
            "record": told.record,
            "row_key": row_key.hex(),
            "office": self._site.office,
            "name": Path(told.file).name,
            "flags": list(read.flags),
            **composed.kept,
        }
        self._kept.stage(name, data, salts, words)
        return composed.act


def _own_folder(folder: Path, paths: Sequence[Path]) -> Callable[[str], bool]:
    """Return what tells the ledger's own files from documents, unless they were asked for."""
    own = folder.resolve()
    if any(path.resolve().is_relative_to(own) for path in paths):
        return lambda _: False
    return lambda name: Path(name.partition("!")[0]).resolve().is_relative_to(own)


def _submit(surface: Surface, engine: SoloEngine, signed: Sequence[tuple[Told, bytes]]) -> None:
    """Record what was signed, some hundred at a time, and note each outcome."""
    registry = engine.chain.machine.registry
    with surface.progress("recording", len(signed)) as advance:
        for start in range(0, len(signed), TOGETHER):
            together = signed[start : start + TOGETHER]
            for told, _ in together:
                told.status = "unknown"
            outcomes = engine.submit([envelope for _, envelope in together]).result()
            for (told, _), outcome in zip(together, outcomes, strict=True):
                _note(told, outcome)
                if outcome.refusal:
                    refusal = read_refusal(registry, outcome.refusal)
                    told.refuse(refusal)
            advance(len(together))


def _note(told: Told, outcome: Outcome) -> None:
    told.transaction = outcome.id.hex()
    told.height = outcome.height if outcome.height >= 0 else None
    match outcome.status:
        case Status.COMMITTED:
            told.status = "recorded"
        case Status.UNKNOWN:
            told.status, told.why = "unknown", outcome.detail
        case _:
            told.status, told.why = "refused", outcome.detail
