"""Has snapshots written now and then, by a process of its own that reads beside the node.

`python -m tongjian.node.snapshotting FOLDER KEPT` writes one of the ledger in a folder.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

import structlog

from tongjian.engines.chain import Chain
from tongjian.engines.comet.snapshot_maker import FOLDER, keep_newest, make_snapshot
from tongjian.node.engine_home import Settings
from tongjian.node.home import Home
from tongjian.storage.errors import StorageError

LOOK_S: Final = 1.0
NICE: Final = 10

_log: Final = structlog.get_logger("snapshots")


class Snapshotter:
    """Looks how far the ledger has come, and has a snapshot written when it is time."""

    def __init__(self, chain: Chain, settings: Settings) -> None:
        """Watch a chain; the settings say how often."""
        self._chain = chain
        self._settings = settings
        self._stopping = threading.Event()
        self._last_height = -1
        self._last_s = -float("inf")
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="snapshots", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; a snapshot that is being written is given up."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(min(LOOK_S, self._settings.snapshot_s or LOOK_S)):
            height = self._chain.height
            if height < 0 or not self._is_time(height):
                continue
            self._write()
            self._last_height, self._last_s = height, time.monotonic()

    def _is_time(self, height: int) -> bool:
        settings = self._settings
        if self._last_height < 0:
            # Of an earlier run the folder tells; the first is written once there are enough blocks.
            self._last_height = height if any(self._found()) else 0
        long_ago = time.monotonic() - self._last_s >= settings.snapshot_s
        return long_ago and height - self._last_height >= settings.snapshot_blocks

    def _found(self) -> list[Path]:
        return list((self._chain.folder / FOLDER).glob("*/manifest"))

    def _write(self) -> None:
        command = [sys.executable, "-m", __name__, str(self._chain.folder)]
        with subprocess.Popen(
            [*command, str(self._settings.snapshots_kept)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process:
            while process.poll() is None and not self._stopping.wait(0.05):
                pass
            if process.poll() is None:
                process.kill()
                return
            if process.returncode and process.stderr is not None:
                why = process.stderr.read().decode("utf-8", "replace").strip()[-500:]
                _log.warning("not written", why=why)


def write(folder: Path, kept: int) -> Path | None:
    """Write a snapshot of the ledger in a folder, and keep so many; none for an operator's."""
    with Home(folder).open() as chain:
        try:
            made = make_snapshot(chain)
        except StorageError as error:
            _log.warning("not written", why=str(error))
            return None
    keep_newest(folder, kept)
    return made


def main() -> None:
    """Write one snapshot at low priority."""
    os.nice(NICE)
    write(Path(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    main()
