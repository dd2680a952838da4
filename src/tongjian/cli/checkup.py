"""Checks of a ledger's folder that open no store: files, trust file, keys, Python, disk, lock."""

import shutil
import stat
import sys
from pathlib import Path
from typing import Final

from tongjian.cli.findings import RESTORE, Finding, Findings, ok
from tongjian.cli.locks import holder_of
from tongjian.core.genesis import Genesis, compute_chain_id
from tongjian.core.hashing import HashSuite, hash_of
from tongjian.engines.chain import LOG_NAME
from tongjian.node.home import ANCHORS_NAME, GENESIS_NAME, KEYS_NAME, SEAL_KEY_NAME, Home, HomeError
from tongjian.node.keys import KeyFileError, read_key
from tongjian.storage.blocklog import BlockLog
from tongjian.storage.errors import LogDamaged
from tongjian.verifier.anchors import AnchorsInvalid

FREE_BYTES_MIN: Final = 1 << 30
"""Below this an operator should act; the ledger itself stops only when nothing is left."""
_OTHERS: Final = 0o077


def check_folder(home: Home) -> Findings:
    """Yield what can be said without opening the store; ends early where there is no ledger."""
    try:
        genesis = home.genesis()
    except (HomeError, OSError) as error:
        yield Finding("files", "bad", str(error), "tongjian init --example")
        return
    chain = compute_chain_id(genesis)
    yield ok("files", f"{GENESIS_NAME} is that of chain {chain.hex()}")
    yield _check_anchors(home, genesis, chain.hex())
    yield from _check_keys(home, genesis)
    yield _check_python(genesis)
    yield _check_disk(home.folder)
    holder = holder_of(home.folder)
    yield ok("lock", f"{holder} has it open for writing" if holder else "nobody has it open")
    yield _check_log(home.folder, chain)


def _check_anchors(home: Home, genesis: Genesis, chain: str) -> Finding:
    path = home.folder / ANCHORS_NAME
    try:
        anchors = home.anchors()
    except AnchorsInvalid as error:
        return Finding("trust", "bad", str(error), f"restore {path} from a copy that you gave out")
    founding = genesis.seal_public.hex()
    if (anchors.chain, anchors.seals[0].public) != (chain, founding):
        text = f"{ANCHORS_NAME} is of another ledger than {GENESIS_NAME}"
        return Finding("trust", "bad", text, f"restore {path} from a copy that you gave out")
    return ok("trust", f"{ANCHORS_NAME} agrees with {GENESIS_NAME}")


def _check_keys(home: Home, genesis: Genesis) -> Findings:
    folder = home.folder / KEYS_NAME
    digest = hash_of(HashSuite(genesis.hash_suite))
    paths = sorted(folder.glob("*.json"))
    if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & _OTHERS:
        yield Finding("keys", "bad", "the folder of keys is open to others", f"chmod 700 {folder}")
    wrong = 0
    for path in paths:
        try:
            read_key(path, digest)
        except KeyFileError as error:
            wrong += 1
            yield Finding("keys", "bad", str(error), f"chmod 600 {path}")
    if not any(path.stem.startswith(SEAL_KEY_NAME) for path in paths):
        text = "the operator's key is not here: this machine can read the ledger, not write it"
        yield Finding("keys", "note", text, f"restore {folder / SEAL_KEY_NAME}.json from a backup")
    if not wrong:
        yield ok("keys", f"{len(paths)} keys, readable by their owner only")


def _check_python(genesis: Genesis) -> Finding:
    here, founded = sys.version_info.minor, genesis.python_minor
    if here != founded:
        text = f"the ledger was founded under Python 3.{founded}, this is 3.{here}"
        then = f"run tongjian under Python 3.{founded}: it is part of the rules (decision 0004)"
        return Finding("python", "note", text, then)
    return ok("python", f"3.{here}, as founded")


def _check_disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"{free / (1 << 30):.1f} GiB free"
    if free < FREE_BYTES_MIN:
        return Finding("disk", "note", text, "free some space before the ledger stops")
    return ok("disk", text)


def _check_log(folder: Path, chain: bytes) -> Finding:
    path = folder / LOG_NAME
    try:
        with BlockLog(path, chain, writable=False) as log:
            return ok("block log", f"{log.size()} bytes, of this chain")
    except (LogDamaged, OSError) as error:
        return Finding("block log", "damaged", str(error), RESTORE)
