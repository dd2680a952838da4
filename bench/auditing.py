"""An auditor at work on a large ledger: `python -m bench.auditing --transactions 1000000`.

The ledger is lived through once, then recomputed by `tongjian audit` as an auditor would run it.
Then a byte is changed, in a block, in a seal, in a row of the store, with the checksums mended or
not, and the audit must name the place. Raises `NotFound` where it does not.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import lmdb

from bench.machine import TICKS, child_cpu_s, facts
from bench.report import Figure
from bench.town import Town, submit_all
from tongjian.core.block import SEALED
from tongjian.core.encoding import encode, replace
from tongjian.engines.chain import LOG_NAME, STORE_NAME
from tongjian.node.home import GENESIS_NAME
from tongjian.storage.blocklog import FRAME_BYTES, START, BlockLog, Frame
from tongjian.storage.packing import unpack_entry

CHUNK: Final = 20_000
"""Transactions signed before the clock runs again."""
GROUP: Final = 1_000
POLL_S: Final = 0.2
PLACES: Final = 4
"""Blocks, seals and rows that are changed, of each."""
MAP_BYTES: Final = 1 << 38


class NotFound(Exception):
    """The audit did not name what was changed."""


@dataclass
class Run:
    """One run of `tongjian audit` in a process of its own."""

    told: dict[str, Any] = field(default_factory=dict[str, Any])
    seconds: float = 0.0
    cpu_s: float = 0.0
    anonymous_mib: float = 0.0
    """Of all its processes, at the peak; mapped files are not counted."""


def audit(*arguments: object, code: int) -> Run:
    """Run the program; raises `NotFound` where it ends with another code."""
    command = [sys.executable, "-c", "from tongjian.cli import main; main()"]
    asked = [*command, "audit", *map(str, arguments), "--json"]
    run, start = Run(), time.perf_counter()
    before = _children_cpu_s()
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        watch = threading.Thread(target=_watch, args=(child, run), daemon=True)
        watch.start()
        out, complaint = child.communicate()
        watch.join()
    run.seconds, run.cpu_s = time.perf_counter() - start, _children_cpu_s() - before
    if child.returncode != code:
        raise NotFound(f"{asked[3:]} ended with {child.returncode}: {complaint.decode()[-2000:]}")
    run.told = json.loads(out)
    return run


def _children_cpu_s() -> float:
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / TICKS


def _watch(child: "subprocess.Popen[bytes]", run: Run) -> None:
    while child.poll() is None:
        run.anonymous_mib = max(run.anonymous_mib, sum(map(_anonymous_mib, _family(child.pid))))
        time.sleep(POLL_S)


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except OSError:
        return
    for one in children:
        yield from _family(one)


def _anonymous_mib(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


# -- the ledger -----------------------------------------------------------------------------------


def live(town: Town, transactions: int, acts: int, workers: int) -> tuple[float, float]:
    """Record transactions; return seconds and processor seconds, signing aside."""
    wall = cpu = 0.0
    with town.home.engine(workers=workers) as engine:
        engine.submit([town.registration()]).result()
        chunk = max(CHUNK // acts, 1)
        for first in range(0, transactions, chunk):
            envelopes = list(town.issues(min(chunk, transactions - first), acts))
            spent = time.process_time() + sum(child_cpu_s())
            start = time.perf_counter()
            submit_all(engine, envelopes, max(GROUP // acts, 1))
            wall += time.perf_counter() - start
            cpu += time.process_time() + sum(child_cpu_s()) - spent
            done = first + len(envelopes)
            _say(f"{done:,} transactions, {done * acts / wall:,.0f} acts a second")
    return wall, cpu


def frames_of(town: Town) -> list[tuple[int, int]]:
    """Return where each block begins and ends."""
    with BlockLog(town.folder / LOG_NAME, town.chain, writable=False) as log:
        return [(frame.offset, frame.end) for frame in log.frames()]


def _frame(town: Town, offset: int) -> Frame:
    with BlockLog(town.folder / LOG_NAME, town.chain, writable=False) as log:
        return log.read(offset)


# -- what is changed ------------------------------------------------------------------------------


@contextmanager
def overwritten(path: Path, offset: int, data: bytes) -> Generator[None]:
    """Put other bytes at a place of a file, and the old ones back at the end."""
    with path.open("r+b") as file:
        file.seek(offset)
        before = file.read(len(data))
        file.seek(offset)
        file.write(data)
    try:
        yield
    finally:
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(before)


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _frame_bytes(head: bytes, body: bytes) -> bytes:
    start = START.pack(b"TJBK", len(head), len(body), zlib.crc32(head), zlib.crc32(body))
    return start + zlib.crc32(start).to_bytes(4, "big") + head + body


def with_changed_block(frame: Frame, chance: random.Random) -> bytes:
    """Return a frame whose body differs in a byte, its checksums mended."""
    return _frame_bytes(frame.head, _flipped(frame.body, chance.randrange(len(frame.body))))


def with_changed_seal(frame: Frame, chance: random.Random) -> bytes:
    """Return a frame whose seal differs in a byte, its checksums mended."""
    sealed = SEALED.decode(frame.head)
    signature = _flipped(sealed.seal.signature, chance.randrange(64))
    head = encode(replace(sealed, seal=replace(sealed.seal, signature=signature)))
    return _frame_bytes(head, frame.body)


def change_row(store: Path, number: int, *, back: bytes | None = None) -> tuple[bytes, bytes]:
    """Change the last byte of a row's value, its checksum mended; return key and old record."""
    env = lmdb.open(str(store), subdir=False, max_dbs=20, map_size=MAP_BYTES, lock=False)
    db = env.open_db(b"entries")
    with env.begin(write=True) as txn:
        place = number.to_bytes(6, "big")
        old = bytes(txn.get(place, db=db) or b"")
        rest = _flipped(old, len(old) - 1)[4:] if back is None else back[4:]
        crc = zlib.crc32(rest, number & 0xFFFF_FFFF).to_bytes(4, "big")
        txn.put(place, crc + rest, db=db)
    env.close()
    return unpack_entry(old, number).key, old


# -- the audits -----------------------------------------------------------------------------------


def figures(town: Town, transactions: int, acts: int, workers: int) -> Iterator[Figure]:
    """Live, replay, change, audit; yield a figure for each."""
    wall, cpu = live(town, transactions, acts, workers)
    count = transactions * acts
    note = f"{transactions:,} transactions, acts in each: {acts}; signing aside; {workers} checkers"
    yield Figure("live", count / wall, "acts/s", note=note)
    yield Figure("— by processor time", count / cpu, "acts/s")
    log, genesis = town.folder / LOG_NAME, town.folder / GENESIS_NAME
    store, kept = town.folder / STORE_NAME, town.folder.with_name("kept")
    size = log.stat().st_size
    yield Figure("block log", size / 1e6, "MB")
    asked: tuple[object, ...] = ("replay", "--log", log, "--genesis", genesis, "--workers", workers)
    run = audit(*asked, "--into", kept, code=0)
    yield Figure("audit replay", count / run.seconds, "acts/s", note=_taken(run))
    yield Figure("— by processor time", count / run.cpu_s, "acts/s")
    yield Figure("— replay ÷ live", wall / run.seconds, "", target="≥ 1.5")
    yield Figure("— replay ÷ live by processor time", cpu / run.cpu_s, "", target="≥ 1.5")
    yield Figure("— memory at its peak", run.anonymous_mib, "MiB", note="all processes, no files")
    run = audit(*asked, "--into", kept, code=0)
    yield Figure("audit replay, gone on at the tip", run.seconds, "s")
    yield from _changed_blocks(town, log, asked, kept)
    yield from _changed_rows(town, store, workers)


def _taken(run: Run) -> str:
    told = run.told
    return f"{told['blocks']:,} blocks, {told['signatures']:,} signatures in {run.seconds:.1f} s"


def _changed_blocks(
    town: Town, log: Path, asked: tuple[object, ...], kept: Path
) -> Iterator[Figure]:
    chance = random.Random(4)
    places = frames_of(town)
    middle = len(places) // 2
    for what, changed, fields in (
        ("block", with_changed_block, None),
        ("seal", with_changed_seal, ("seal",)),
    ):
        for number in (middle, *(chance.randrange(2, len(places)) for _ in range(PLACES - 1))):
            frame = _frame(town, places[number][0])
            with overwritten(log, frame.offset, changed(frame, chance)):
                whole = number == middle
                more = () if whole else ("--into", kept)
                run = audit(*asked, *more, code=4)
            _expect(run, number, fields if whole else None)
            how = "" if whole else ", after an earlier replay"
            note = f"{run.told['field']} {run.told['place']}"
            yield Figure(f"a byte of {what} {number}{how}: named", run.seconds, "s", note=note)
    frame = _frame(town, places[middle][0])
    plain = _flipped(log_bytes(log, frame), FRAME_BYTES + len(frame.head) + 7)
    with overwritten(log, frame.offset, plain):
        run = audit(*asked, code=4)
    _expect(run, middle, ("frame",))
    yield Figure(f"a byte of the file in block {middle}: named", run.seconds, "s", note="frame")


def log_bytes(log: Path, frame: Frame) -> bytes:
    """Return the bytes of a frame as the file has them."""
    with log.open("rb") as file:
        file.seek(frame.offset)
        return file.read(frame.end - frame.offset)


def _expect(run: Run, height: int, fields: tuple[str, ...] | None) -> None:
    told = run.told
    if told["height"] != height or (fields is not None and told["field"] not in fields):
        raise NotFound(f"changed at {height}, told {told['height']}, {told['field']}")


def _changed_rows(town: Town, store: Path, workers: int) -> Iterator[Figure]:
    run = audit("compare", town.folder, "--workers", workers, code=0)
    note = f"{run.anonymous_mib:.0f} MiB at the peak"
    yield Figure("audit compare: the store follows", run.seconds, "s", note=note)
    chance = random.Random(5)
    with town.home.open() as chain:
        count = chain.commitment.tree.count
    numbers = sorted(chance.randrange(count // 2, count) for _ in range(PLACES))
    olds = {number: change_row(store, number) for number in numbers}
    run = audit("compare", town.folder, "--workers", workers, code=4)
    named = {part["key"]: part["record"] for part in run.told["parts"]}
    missed = [key.hex() for key, _ in olds.values() if key.hex() not in named]
    if missed:
        raise NotFound(f"of the changed rows {missed} were not named, but {named}")
    yield Figure(f"{PLACES} changed rows: named", run.seconds, "s", note=", ".join(named.values()))
    for number, (_, old) in olds.items():
        change_row(store, number, back=old)


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Take the options, print a table and write it as JSON where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--acts", type=int, default=1, help="in each transaction")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--place", type=Path, help="folder for the ledger; else the system's")
    parser.add_argument("--json", type=Path, help="file to keep the figures in")
    options = parser.parse_args()
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="tongjian-audit-", dir=options.place) as name:
        for key, value in facts(Path(name)).items():
            print(f"- {key}: {value}")
        town = Town(Path(name) / "ledger")
        for figure in figures(town, options.transactions, options.acts, options.workers):
            found.append(figure)
            print("| " + " | ".join(figure.cells()) + " |", flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps([vars(one) for one in found], ensure_ascii=False))


if __name__ == "__main__":
    main()
