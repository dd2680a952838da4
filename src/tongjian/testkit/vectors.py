"""Golden vectors: one decided act in a file, enough for anyone to decide it again.

A test that submits one act through `World` owns the vector of what happened; the vector is compared
with the checked-in file, or written where `TONGJIAN_VECTORS=write` (`make vectors`). Whoever reads
one needs the services and the machine, no ledger. docs/reference/vectors.md states the format.
"""

import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tongjian import services
from tongjian.core.block import Result
from tongjian.core.directory import TIMERS, Kernel, Reader
from tongjian.core.encoding import Malformed, Record
from tongjian.core.envelope import Incoming, Opener, seal_envelope
from tongjian.core.hashing import TAG_TRANSACTION, Hash, HashSuite, hash_of
from tongjian.core.machine import Applied, Machine
from tongjian.core.operation import Act, AnyTable
from tongjian.core.order import Entry
from tongjian.core.registry import Registry
from tongjian.storage.memory import MemoryState

FORMAT: Final = "tongjian.vector/1"
WRITE: Final = "TONGJIAN_VECTORS"
"""Set to `write`, tests write vectors instead of comparing."""
_LISTS: Final = ("rows_before", "events", "rows_after")
SERVICES: Final = Path(services.__path__[0])
ROOT: Final = SERVICES.parents[2]
Asked = Incoming | bytes
"""What a block is asked to decide: a transaction, or a finding of the engine."""
_NAME: Final = re.compile(r"(accepts|refuses)(_[a-z0-9_]+)?(?!\n)")


class VectorDiffers(AssertionError):
    """A decision is not the one the vector states; the text names the part."""


class _Recorder:
    """Reads committed state and remembers each row that was found."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.keys: dict[bytes, None] = {}

    def row(self, table: AnyTable, key: bytes) -> Any | None:
        row = self._reader.row(table, key)
        if row is not None:
            self.keys[key] = None
        return row

    def scan(self, low: bytes, high: bytes, limit: int) -> Sequence[tuple[bytes, bytes]]:
        found = self._reader.scan(low, high, limit)
        self.keys.update(dict.fromkeys(key for key, _ in found))
        return found


# ---------------------------------------------------------------------------------------- reading


def vector_files(service: str = "*") -> list[Path]:
    """Return the checked-in vectors of a service, or of all."""
    return sorted(SERVICES.glob(f"{service}/vectors/*/*.json"))


def check_vector(registry: Registry, vector: dict[str, Any]) -> None:
    """Decide a vector's act again from the vector alone; raise `VectorDiffers` where it differs."""
    if vector["format"] != FORMAT:
        msg = f"the format is {vector['format']}; this release reads {FORMAT}"
        raise VectorDiffers(msg)
    digest = hash_of(HashSuite(vector["hash_suite"]))
    chain = bytes.fromhex(vector["chain"])
    state = MemoryState()
    rows = {bytes.fromhex(r["key"]): bytes.fromhex(r["row"]) for r in vector["rows_before"]}
    state.commit([Entry(key, row, b"", 0, 0) for key, row in rows.items()], {})
    incoming = _incoming(registry, chain, digest, vector)
    decided = _decide(registry, chain, digest, state, vector["height"], vector["time_ms"], incoming)
    if decided is None:
        msg = "the block holds more than the one act"
        raise VectorDiffers(msg)
    compare({**decided, "hash_suite": vector["hash_suite"], "test": vector["test"]}, vector)


def compare(decided: dict[str, Any], stated: dict[str, Any]) -> None:
    """Raise `VectorDiffers` with the first part of a decision that is not as stated."""
    for part in dict.fromkeys((*stated, *decided)):
        if decided.get(part) != stated.get(part):
            was = json.dumps(stated.get(part), ensure_ascii=False)
            now = json.dumps(decided.get(part), ensure_ascii=False)
            msg = f"`{part}` was\n  {was}\nand is now\n  {now}"
            raise VectorDiffers(msg)


def _incoming(
    registry: Registry, chain: bytes, digest: Hash, vector: dict[str, Any]
) -> tuple[Asked, ...]:
    if "finding" in vector:
        return (bytes.fromhex(vector["finding"]),)
    if vector["transaction"] is None:
        return ()
    body = bytes.fromhex(vector["transaction"])
    envelope = seal_envelope(body, tuple(bytes(64) for _ in vector["signers"]))
    try:
        return (Opener(registry, chain, digest).open(envelope),)
    except Malformed as error:
        msg = f"the transaction is malformed: {error}"
        raise VectorDiffers(msg) from error


def dump_vector(vector: dict[str, Any]) -> str:
    """Return the text of a vector: one line a field, one line a row or event."""
    lines: list[str] = []
    for name, value in vector.items():
        text = json.dumps(value, ensure_ascii=False)
        if name in _LISTS and value:
            members = ",\n".join("  " + json.dumps(each, ensure_ascii=False) for each in value)
            text = f"[\n{members}\n ]"
        lines.append(f" {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


# ---------------------------------------------------------------------------------------- deciding


def _decide(
    registry: Registry,
    chain: bytes,
    digest: Hash,
    reader: Reader,
    height: int,
    time_ms: int,
    asked: Sequence[Asked],
) -> dict[str, Any] | None:
    """Decide a block with a fresh machine; return it as a vector where it holds one act."""
    recorder = _Recorder(reader)
    incoming, findings = _sorted(asked)
    machine = Machine(registry, chain, digest, recorder)
    applied = machine.apply(height, time_ms, incoming, findings=findings)
    act = act_of(registry, recorder, asked, applied, time_ms)
    if act is None:
        return None
    (result,) = applied.results
    tag = str(act.__struct_config__.tag)
    return {
        "format": FORMAT,
        "operation": tag,
        "hash_suite": 0,
        "chain": chain.hex(),
        "height": height,
        "time_ms": time_ms,
        "transaction": incoming[0].message[len(TAG_TRANSACTION + chain) :].hex()
        if incoming
        else None,
        **({"finding": findings[0].hex()} if findings else {}),
        "id": result.transaction.hex(),
        "signers": [key.hex() for key in incoming[0].transaction.signers] if incoming else [],
        "act": readable(act),
        "rows_before": _rows(registry, {k: _stored(reader, k) for k in recorder.keys}),
        "outcome": result.outcome,
        "refusal": refusal_name(registry, result.outcome),
        "events": [_event(registry, data) for data in result.events],
        "rows_after": _rows(registry, applied.writes),
    }


def _sorted(asked: Sequence[Asked]) -> tuple[list[Incoming], list[bytes]]:
    """Return what was signed, and what an engine found."""
    incoming = [one for one in asked if isinstance(one, Incoming)]
    return incoming, [one for one in asked if isinstance(one, bytes)]


def act_of(
    registry: Registry,
    reader: Reader,
    asked: Sequence[Asked],
    applied: Applied,
    time_ms: int,
) -> Act | None:
    """Return the one act of a block, signed, found or due; none where it has more."""
    if len(applied.results) != 1:
        return None
    incoming, findings = _sorted(asked)
    if findings:
        found: Act = registry.act_codec.decode(findings[0])
        return found
    if incoming:
        acts = incoming[0].transaction.acts
        return acts[0] if len(acts) == 1 else None
    upcoming: AnyTable = TIMERS
    (due,) = reader.scan(TIMERS.prefix, upcoming.key(time_ms + 1), 1)
    act: Act = registry.act_codec.decode(TIMERS.codec.decode(due[1]).act)
    return act


def refusal_name(registry: Registry, outcome: str) -> str | None:
    """Return the name of the refusal in an outcome of the log, or none where it is accepted."""
    if not outcome:
        return None
    service, _, rest = outcome.partition("/")
    codes = Kernel if service == "kernel" else registry.services[service].refusals
    number = int(rest.partition("@")[0])
    return next(code.name for code in codes if code.number == number)


def _stored(reader: Reader, key: bytes) -> bytes:
    return reader.scan(key, key + b"\x00", 1)[0][1]


def _rows(registry: Registry, rows: dict[bytes, Any]) -> list[dict[str, Any]]:
    return [_row(registry, key, rows[key]) for key in sorted(rows)]


def _row(registry: Registry, key: bytes, data: bytes | None) -> dict[str, Any]:
    table = registry.table_of(key)
    if table is None:
        msg = f"no table has the key {key.hex()}"
        raise VectorDiffers(msg)
    return {
        "table": table.name,
        "key": key.hex(),
        "row": None if data is None else data.hex(),
        "says": {
            "key": [readable(part) for part in table.split(key)],
            "row": None if data is None else readable(table.codec.decode(data)),
        },
    }


def _event(registry: Registry, data: bytes) -> dict[str, Any]:
    return {"bytes": data.hex(), "says": readable(registry.event_codec.decode(data))}


def readable(value: Any) -> Any:
    """Return a value for human eyes: records as objects, bytes in hex; the bytes decide."""
    if isinstance(value, Record):
        tag = value.__struct_config__.tag
        named = {} if tag is None else {"tag": tag}
        return named | {n: readable(getattr(value, n)) for n in value.__struct_fields__}
    if isinstance(value, bytes):
        return value.hex()
    if value is None or isinstance(value, bool | int | str):
        return value
    return [readable(member) for member in value]


# ---------------------------------------------------------------------------------------- by tests

_owners: dict[Path, str] = {}
_seen: dict[tuple[str, Path], None] = {}


class Keeper:
    """Keeps the vectors of one `World`: compares or writes what its test owns.

    The first test of a vector's name owns it, and the file says so; what other tests do under the
    same name is left alone. Property tests own none: their acts are drawn.
    """

    def __init__(self, registry: Registry, chain: bytes, suite: HashSuite) -> None:
        """Keep vectors of a chain under a hash suite."""
        self._registry = registry
        self._chain = chain
        self._suite = suite

    def keep(
        self,
        reader: Reader,
        height: int,
        time_ms: int,
        asked: Sequence[Asked],
        applied: Applied,
        name: str | None,
    ) -> None:
        """Compare or write the vector of a decided block whose writes are not yet committed.

        `name` overrides the name made from the outcome. Raises `VectorDiffers`.
        """
        test = current_test()
        act = act_of(self._registry, reader, asked, applied, time_ms) if test else None
        if act is None:
            return
        path = self._path(act, applied.results[0], name)
        if not path.parents[2].is_dir():
            return  # a service that a test made up
        if (test, path) in _seen or not _owns(test, path, explicit=name is not None):
            return
        _seen[test, path] = None
        digest = hash_of(self._suite)
        decided = _decide(self._registry, self._chain, digest, reader, height, time_ms, asked)
        if decided is None:
            msg = f"{path.name}: a fresh machine decides otherwise: a handler keeps state"
            raise VectorDiffers(msg)
        _keep(path, {**decided, "hash_suite": int(self._suite), "test": test})

    def _path(self, act: Act, result: Result, name: str | None) -> Path:
        refusal = refusal_name(self._registry, result.outcome)
        verb = "accepts" if refusal is None else f"refuses_{refusal.lower()}"
        if name is not None and not (_NAME.fullmatch(name) and name.startswith(verb[:7])):
            msg = f"a vector of this outcome is named {verb[:7]}_…, not {name}"
            raise ValueError(msg)
        service, _, operation = str(act.__struct_config__.tag).partition(".")
        return SERVICES / service / "vectors" / operation / f"{name or verb}.json"


def current_test() -> str:
    """Return the running test as pytest names it; empty outside tests and inside properties."""
    test, _, phase = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")
    hypothesis = sys.modules.get("hypothesis")
    if phase != "(call)" or (hypothesis and hypothesis.currently_in_test_context()):
        return ""
    return test


def is_test_there(test: str) -> bool:
    """Say whether the test that owns a vector is still written."""
    file, _, function = test.partition("::")
    path = ROOT / file
    name = function.partition("[")[0].rpartition("::")[2]
    return path.is_file() and f"def {name}(" in path.read_text("utf-8")


def _owns(test: str, path: Path, *, explicit: bool) -> bool:
    owner = _owners.get(path, "")
    if not owner and path.is_file():
        owner = _owners[path] = json.loads(path.read_text("utf-8"))["test"]
    if os.environ.get(WRITE) == "write" and (not owner or not is_test_there(owner)):
        owner = _owners[path] = test
    return owner == test or (explicit and not owner)


def _keep(path: Path, vector: dict[str, Any]) -> None:
    where = path.relative_to(ROOT).as_posix()
    if os.environ.get(WRITE) == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dump_vector(vector), "utf-8")
        return
    if not path.is_file():
        msg = f"{where} is not there yet; run: make vectors"
        raise VectorDiffers(msg)
    try:
        compare(vector, json.loads(path.read_text("utf-8")))
    except VectorDiffers as error:
        msg = f"{where}: {error}\nIf the rule was meant to change, run: make vectors"
        raise VectorDiffers(msg) from error
