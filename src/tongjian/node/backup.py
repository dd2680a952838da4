"""Copies of a ledger's folder, taken while it is in use, and put back.

The store is copied from one view of it, the newest blocks after it: the log may be ahead of it,
never behind.
The engine's files come last, as they stood at one moment: its process is held for the milliseconds
that links to its finished files and copies of its open ones take. A ledger that is older than its
engine is what a crash leaves, and is made up for at the start.

What a validator signed last is older in a backup than in truth, so a node that is put back watches
before it votes (`node/voting.py`).
"""

import contextlib
import hashlib
import os
import shutil
import signal
import time
from collections.abc import Generator
from pathlib import Path
from typing import IO, Final

import msgspec

from tongjian.engines.chain import LOG_NAME, STORE_NAME, Chain
from tongjian.engines.comet.snapshot_maker import FOLDER as SNAPSHOTS
from tongjian.engines.comet.snapshot_maker import LOG_FOLDER
from tongjian.node.client import Client, is_running
from tongjian.node.engine_home import ENGINE_NAME, SETTINGS, EngineHome
from tongjian.node.home import ANCHORS_NAME, GENESIS_NAME, KEYS_NAME, NAMES_NAME, Home
from tongjian.storage.files import write_json

LIST_NAME: Final = "backup.json"
FORMAT: Final = "tongjian-backup/1"
IMAGE_NAME: Final = "image"
"""In the engine's folder, while a backup takes it from there."""
FINISHED: Final = ".ldb"
"""Files of the engine's database that are never written again."""
HELD_S: Final = 5.0
_BUFFER: Final = 1 << 20
_WHY: Final = (
    "it was put back from a backup: it watches until the network has decided blocks without it, so "
    "that it signs nothing twice"
)


class BackupError(Exception):
    """A backup that cannot be made or put back; the text says what to do."""


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup holds."""

    format: str
    chain: str
    height: int
    """Of the ledger, at least: the block log may have more."""
    header: str
    """Hash of the header of that height."""
    files: dict[str, tuple[int, str]]
    """Bytes and SHA-256 of each."""


def make_backup(folder: Path, target: Path, *, with_keys: bool = True) -> Listed:
    """Copy a ledger's folder into a new one, while a node or engine works with it.

    Raises `BackupError` where the target holds something.
    """
    if target.exists() and any(target.iterdir()):
        msg = f"{target} is not empty; choose a new folder for each backup"
        raise BackupError(msg)
    target.mkdir(parents=True, exist_ok=True)
    target.chmod(0o700)
    home = Home(folder)
    for name in (GENESIS_NAME, ANCHORS_NAME, NAMES_NAME):
        if (folder / name).exists():
            shutil.copy2(folder / name, target / name)
    if with_keys and (folder / KEYS_NAME).exists():
        shutil.copytree(folder / KEYS_NAME, target / KEYS_NAME)
    with home.open() as chain:
        height, header = chain.height, chain.hash_of(chain.header(chain.height)).hex()
        copy_chain(chain, target)
    if (folder / SNAPSHOTS / LOG_FOLDER).exists():
        shutil.copytree(folder / SNAPSHOTS / LOG_FOLDER, target / SNAPSHOTS / LOG_FOLDER)
    if EngineHome(folder).folder.exists():
        _copy_engine(folder, target, with_keys=with_keys)
    files = {str(path.relative_to(target)): _digest(path) for path in _files(target)}
    listed = Listed(FORMAT, home.anchors().chain, height, header, files)
    write_json(target / LIST_NAME, msgspec.to_builtins(listed), mode=0o600)
    return listed


def copy_chain(chain: Chain, target: Path) -> None:
    """Copy store and block log of an open chain into a folder, while it is written and pruned.

    The log goes first, up to the newest block that is known, and its rest after the store: what is
    pruned meanwhile is then nothing that the copied store still names.
    """
    end = 0 if chain.tip is None else chain.tip.log_end
    with (chain.folder / LOG_NAME).open("rb") as source, (target / LOG_NAME).open("wb") as copy:
        kept = chain.log.kept()
        if kept is not None:
            # The hole in front of the first kept block is a hole in the copy too.
            source.seek(kept.offset)
            copy.seek(kept.offset)
        while part := source.read(min(_BUFFER, end - source.tell())):
            copy.write(part)
        source.seek(0)
        copy.seek(0)
        copy.write(source.read(chain.log.end_of_note))  # what was given back since is noted too
        chain.store.copy(target / STORE_NAME)
        source.seek(end)
        copy.seek(end)
        shutil.copyfileobj(source, copy, _BUFFER)
        _sync(copy)


def _copy_engine(folder: Path, target: Path, *, with_keys: bool) -> None:
    engine = EngineHome(folder)
    own = target / ENGINE_NAME
    own.mkdir(mode=0o700)
    EngineHome(target).observe(_WHY)  # in the backup too, for who copies it back by hand
    config = engine.folder / "config"
    skipped = () if with_keys else ("*_key.json",)
    shutil.copytree(config, own / "config", ignore=shutil.ignore_patterns(*skipped))
    if (engine.folder / SETTINGS).exists():
        shutil.copy2(engine.folder / SETTINGS, own / SETTINGS)
    if is_running(folder):
        client = Client([folder])
        image = Path(client.ask("engine_image"))
        client.close()
    else:
        image = take_image(engine.folder, 0)
    try:
        shutil.copytree(image, own / "data")
    finally:
        shutil.rmtree(image)


def take_image(engine: Path, pid: int) -> Path:
    """Return a folder with the engine's files of one moment; whoever asked removes it.

    `pid` is the engine's process, 0 where it does not run.
    """
    image = engine / IMAGE_NAME
    shutil.rmtree(image, ignore_errors=True)
    with _held(pid):
        for path in sorted((engine / "data").rglob("*")):
            copy = image / path.relative_to(engine / "data")
            if path.is_dir():
                copy.mkdir(parents=True, exist_ok=True)
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == FINISHED:
                os.link(path, copy)
            else:
                shutil.copy2(path, copy)
    return image


@contextlib.contextmanager
def _held(pid: int) -> Generator[None]:
    """Hold a process for a block of statements; it goes on whatever happens in it."""
    if not pid:
        yield
        return
    try:
        os.kill(pid, signal.SIGSTOP)
        end = time.monotonic() + HELD_S
        while _state(pid) not in "TZX":
            if time.monotonic() > end:
                msg = "the engine's process could not be held; try again"
                raise BackupError(msg)
            time.sleep(0.001)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _state(pid: int) -> str:
    """Return the state of a process, X where it has gone (proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def restore_backup(backup: Path, folder: Path) -> Listed:
    """Put a backup back into a new folder; raises `BackupError` where it is not as it was made.

    A validator watches first: it does not vote before the network has decided without it.
    """
    listed = read_list(backup)
    if folder.exists() and any(folder.iterdir()):
        msg = f"{folder} is not empty; move it away, or choose another folder"
        raise BackupError(msg)
    for name, expected in listed.files.items():
        if not _is_inside(name) or not (backup / name).is_file():
            msg = f"{backup / name} is missing: the backup is not whole"
            raise BackupError(msg)
        if _digest(backup / name) != expected:
            msg = f"{backup / name} is not what was written: its SHA-256 differs"
            raise BackupError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    engine = EngineHome(folder)
    if any(Path(name).parts[0] == ENGINE_NAME for name in listed.files):
        # Before the first file: what is cut off on the way must not vote either.
        engine.observe(_WHY)
        engine.folder.chmod(0o700)
    for name in listed.files:
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _copy_sparse(backup / name, copy)
    with Home(folder).open(writable=True) as chain:
        found = chain.hash_of(chain.header(listed.height)).hex()
        if chain.chain_id.hex() != listed.chain or found != listed.header:
            msg = f"block {listed.height} is {found}, the backup says {listed.header}"
            raise BackupError(msg)
    return listed


def read_list(backup: Path) -> Listed:
    """Return what a backup says that it holds; raises `BackupError` where it is none."""
    try:
        listed = msgspec.json.decode((backup / LIST_NAME).read_bytes(), type=Listed)
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"{backup} is no backup, or one that was cut off: {error}"
        raise BackupError(msg) from error
    if listed.format != FORMAT:
        msg = f"{backup} is a backup of another release ({listed.format})"
        raise BackupError(msg)
    return listed


def _copy_sparse(source: Path, target: Path) -> None:
    """Copy a file; what is a hole in front of the blocks stays one."""
    with source.open("rb") as read, target.open("wb") as write:
        target.chmod(source.stat().st_mode & 0o777)
        while part := read.read(_BUFFER):
            if part.count(0) == len(part):
                write.seek(len(part), os.SEEK_CUR)
            else:
                write.write(part)
        write.truncate(source.stat().st_size)
        _sync(write)


def _digest(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _is_inside(name: str) -> bool:
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
