"""Frauds behind the counter: somebody with access to the machine changes bytes on its disk.

All of it happens in copies of the ledger's folder, which are thrown away.
"""

import tempfile
import zlib
from pathlib import Path
from typing import Final

import lmdb

from tongjian.core.encoding import encode
from tongjian.demo.stage import Stage, copy_of
from tongjian.demo.told import Fraud, Try, Unexpected, expect, yuan
from tongjian.engines.chain import LOG_NAME, STORE_NAME, Chain
from tongjian.engines.receipts import Receipts
from tongjian.node.home import ANCHORS_NAME, GENESIS_NAME, Home
from tongjian.services.invoice.records import INVOICES
from tongjian.storage.blocklog import FRAME_BYTES, START
from tongjian.storage.errors import LogDamaged, StoreDamaged
from tongjian.storage.packing import CRC_BYTES, NUMBER_BYTES

FLIP: Final = 0x40
"""One bit of one byte: of an amount of 1,130,000.00 it makes 11,867,418.24."""
FLIP_DIGIT: Final = 0x01
"""Makes another digit of one."""
PAPERS: Final = (GENESIS_NAME, ANCHORS_NAME)
MAP_BYTES: Final = 1 << 32


def edited_database(stage: Stage, number: str) -> Fraud:
    """Change one byte of an invoice's amount in the database: it is found, and never proven."""
    true = stage.one(INVOICES, number)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        crude, false_fen = _edited(stage, folder / "crude", number, mended=False)
        unread = _refusal_to_serve(crude, INVOICES.key(number))
        careful, _ = _edited(stage, folder / "careful", number, mended=True)
        unproven = _refusal_to_prove(careful, INVOICES.key(number))
        _rebuild(stage, careful, number)
    edit = f"in store.lmdb, {yuan(true.total_fen)} made {yuan(false_fen)}"
    tries = (
        Try(edit, "not served", unread),
        Try("the same, its checksum mended; a receipt asked for", "not given", unproven),
        Try(
            "the state rebuilt from the blocks",
            f"the same root as before, {yuan(true.total_fen)} again",
        ),
    )
    return Fraud("f", "改数据库", "one byte changed in the database", tries)


def _edited(stage: Stage, folder: Path, number: str, *, mended: bool) -> tuple[Home, int]:
    """Return a copy of the ledger with a bit of an amount flipped, and the amount it then says."""
    copy = copy_of(stage.home.folder, folder, *PAPERS, LOG_NAME, STORE_NAME)
    with stage.chain.lock:
        entry = stage.chain.store.locate(INVOICES.key(number))
    if entry is None:
        raise Unexpected("the invoice is not in the index")
    name, amount = (
        entry.to_bytes(NUMBER_BYTES, "big"),
        encode(stage.one(INVOICES, number).total_fen),
    )
    path = str(copy.folder / STORE_NAME)
    with lmdb.open(path, subdir=False, max_dbs=16, map_size=MAP_BYTES, lock=False) as env:
        entries = env.open_db(b"entries")
        with env.begin(write=True) as txn:
            packed = bytearray(txn.get(name, db=entries) or b"")
            packed[packed.index(amount) + 1] ^= FLIP
            if mended:
                packed[:CRC_BYTES] = zlib.crc32(packed[CRC_BYTES:]).to_bytes(CRC_BYTES, "big")
            txn.put(name, bytes(packed), db=entries)
    return copy, int.from_bytes(amount[1:], "big") ^ FLIP << 8 * (len(amount) - 2)


def _refusal_to_serve(home: Home, key: bytes) -> str:
    """Return why a reader is not given a row; raises `Unexpected` where it is."""
    try:
        with home.open() as chain:
            found = chain.store.row(INVOICES, key)
    except StoreDamaged as damage:
        return str(damage)
    raise Unexpected(f"the altered row was served: {found}")


def _refusal_to_prove(home: Home, key: bytes) -> str:
    """Return why no receipt of a row is given; raises `Unexpected` where one is."""
    try:
        with home.open() as chain:
            Receipts(chain).of_row(key)
    except StoreDamaged as damage:
        return str(damage)
    raise Unexpected("a receipt of the altered row was given")


def _rebuild(stage: Stage, copy: Home, number: str) -> None:
    """Throw the derived state of a copy away and have it made again from the blocks."""
    for left in copy.folder.glob(f"{STORE_NAME}*"):
        left.unlink()
    height = stage.chain.height
    with copy.open(writable=True) as rebuilt:
        expect(rebuilt.height == height, "the rebuilt state stands at another height")
        roots = [chain.header(height).state_root for chain in (rebuilt, stage.chain)]
        expect(roots[0] == roots[1], "the rebuilt state has another root")
        row = rebuilt.store.row(INVOICES, INVOICES.key(number))
        expect(row == stage.one(INVOICES, number), "the rebuilt row is not the one recorded")


def edited_block(stage: Stage, number: str) -> Fraud:
    """Change one byte of a block, then its checksums too: whoever replays the log finds both."""
    row = stage.one(INVOICES, number)
    with stage.chain.lock:
        height = _height_of(stage.chain, number)
    offset, place = _find(stage, height, number)
    log = (stage.home.folder / LOG_NAME).read_bytes()
    altered = bytearray(log)
    altered[place] ^= FLIP_DIGIT
    crude = _replay(stage, bytes(altered))
    careful = _replay(stage, _with_checksums(altered, offset))
    expect(str(offset) in crude, f"the place {offset} is not named: {crude}")
    tried = f"one byte of block {height}, which issued {yuan(row.total_fen)}"
    tries = (
        Try(tried, "refused", crude),
        Try("the same, its checksums mended", "refused", careful),
    )
    return Fraud("g", "改区块", "one byte changed in the block log", tries)


def _height_of(chain: Chain, number: str) -> int:
    """Return the height whose block issued an invoice: where its first entry was written."""
    entry_number = chain.store.locate(INVOICES.key(number))
    if entry_number is None:
        raise Unexpected("the invoice is not in the index")
    entry = chain.store.entry(entry_number)
    while entry.previous:
        entry = chain.store.entry(entry.previous - 1)
    return entry.height


def _find(stage: Stage, height: int, number: str) -> tuple[int, int]:
    """Return the offset of a block and that of the last digit of the number it issued."""
    with stage.chain.lock:
        meta = stage.chain.store.block(height)
    if meta is None:
        raise Unexpected(f"block {height} has no place in the index")
    frame = stage.chain.log.read(meta.offset)
    within = frame.body.index(number.encode("ascii")) + len(number) - 1
    return meta.offset, meta.offset + FRAME_BYTES + len(frame.head) + within


def _with_checksums(log: bytearray, offset: int) -> bytes:
    """Return a block log with the checksums of one frame made to fit what it now holds."""
    magic, head_bytes, body_bytes, *_ = START.unpack_from(log, offset)
    first = offset + FRAME_BYTES
    head = log[first : first + head_bytes]
    body = log[first + head_bytes : first + head_bytes + body_bytes]
    start = START.pack(magic, head_bytes, body_bytes, zlib.crc32(head), zlib.crc32(body))
    mended = bytearray(log)
    mended[offset:first] = start + zlib.crc32(start).to_bytes(4, "big")
    return bytes(mended)


def _replay(stage: Stage, log: bytes) -> str:
    """Return why a stranger who has founding document and block log does not believe them."""
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_of(stage.home.folder, Path(folder) / "copy", *PAPERS)
        (copy.folder / LOG_NAME).write_bytes(log)
        try:
            with copy.open(writable=True):
                raise Unexpected("the altered block log was replayed to its end")
        except LogDamaged as damage:
            return str(damage).partition(". ")[0]


BEHIND_THE_COUNTER: Final = (edited_database, edited_block)
"""In the order of the story."""
