"""Keeps CometBFT running as a child: found, checked, started, watched, stopped with its parent."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

import structlog

from tongjian.engines.comet.rpc import Rpc, RpcFailed

VERSION: Final = "0.38.26"
BINARY: Final = "TONGJIAN_COMETBFT"
"""Names the program in the environment, where it is not where `make cometbft` puts it."""
BACK_OFF_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
HEALTHY_S: Final = 30.0
"""After so long the back-off begins anew."""
STOP_S: Final = 10.0
READY_S: Final = 60.0
WATCH_S: Final = 0.1
_PARTED: Final = "wrong Block.Header.AppHash"
"""What the engine says where this node decided something else than the others."""
_HUNG_UP: Final = ("read message: EOF", "broken pipe", "connection reset by peer")
"""What it says where the application has closed the connection: the engine ends by itself."""
_BEHIND: Final = ("does not match AppHash after replay", "is higher than core")
"""What it says where its own data is older than the ledger."""
_NO_ROOM: Final = ("no space left on device", "disk quota exceeded", "file too large")
"""What it says where its log takes no more; it then stands still and goes on running."""
# The child asks the system to be killed with its parent, then becomes the engine: a fork of a
# process with threads must not run Python of its own (prctl(2), PR_SET_PDEATHSIG = 1).
_WITH_PARENT: Final = (
    "import ctypes,os,sys;"
    "ctypes.CDLL(None).prctl(1,15);"
    "os.getppid()==int(sys.argv[1]) or sys.exit(0);"
    "os.execv(sys.argv[2],sys.argv[2:])"
)

_log: Final = structlog.get_logger("engine")


def _say(tell: Callable[..., Any], event: str, **fields: Any) -> None:
    """Write to the log; where that stands on a full disk the engine is watched all the same."""
    with contextlib.suppress(OSError):
        tell(event, **fields)


class EngineMissing(Exception):
    """There is no CometBFT here, or another version; the text says what to do."""


def find_binary() -> Path:
    """Return the program, its version checked; raises `EngineMissing`."""
    named = os.environ.get(BINARY)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    candidates = [Path(named)] if named else [cache / f"tongjian/cometbft-{VERSION}/cometbft"]
    on_path = None if named else shutil.which("cometbft")
    candidates += [Path(on_path)] if on_path else []
    seen = ""
    for candidate in candidates:
        if not os.access(candidate, os.X_OK):
            continue
        said = subprocess.run([candidate, "version"], capture_output=True, text=True, check=False)
        if said.stdout.startswith(VERSION):
            return candidate
        seen = f"{candidate} is version {said.stdout.strip() or 'unknown'}; "
    msg = (
        f"a network needs CometBFT {VERSION}: {seen}run `make cometbft` in the source tree (it "
        f"needs Go), or name the program in {BINARY}. A ledger on one machine needs none of it"
    )
    raise EngineMissing(msg)


class Supervisor:
    """Runs the engine until it is told to stop; restarts what ends, but not what has parted."""

    def __init__(self, folder: Path, rpc: Path, before: Callable[[], str]) -> None:
        """Run the engine over its folder.

        `before` is asked before each start; it returns why the engine must not be started again,
        or nothing.
        """
        self._folder = folder
        self._rpc = rpc
        self._before = before
        self._binary = find_binary()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self.alarm = ""
        """Why the engine stands still and is not started again; empty while all is well."""
        self.parted = False
        """Whether this node decided something else than the others."""
        self.starts = 0
        self._stuck = False
        """The engine runs and does nothing, and would go on after another start."""
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the engine, and watch it from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End the engine in order and wait for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def pid(self) -> int:
        """The engine's process id; 0 while it does not run."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else 0

    def wait_ready(self, timeout_s: float = READY_S) -> bool:
        """Wait until the engine answers; say whether it does."""
        rpc = Rpc(self._rpc)
        end = time.monotonic() + timeout_s
        while time.monotonic() < end and not self.alarm:
            with contextlib.suppress(RpcFailed):
                rpc.call("health")
                rpc.close()
                return True
            time.sleep(0.05)
        return False

    def _run(self) -> None:
        """Start again what ends, until told to stop; on one thread, as its parent to the system."""
        tries = 0
        while not self._stopping.is_set():
            self.alarm = self.alarm or self._before()
            if self.alarm:
                _say(_log.error, "alarm", why=self.alarm)
                self._stopping.wait()
                return
            began = time.monotonic()
            self._once()
            if self._stopping.is_set():
                return
            tries = 0 if time.monotonic() - began > HEALTHY_S else tries + 1
            pause = BACK_OFF_S[min(tries, len(BACK_OFF_S) - 1)]
            _say(_log.warning, "ended", again_in_s=pause, starts=self.starts)
            self._stopping.wait(pause)

    def _once(self) -> None:
        """Run the engine once, to its end or ours."""
        # A killed engine leaves its socket, and a new one would find the address in use.
        self._rpc.unlink(missing_ok=True)
        command = (str(self._binary), "start", "--home", str(self._folder.absolute()))
        process = self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _WITH_PARENT, str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._stuck = False
        self.starts += 1
        _say(_log.info, "started", pid=process.pid)
        if process.stdout is None:
            return
        reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        reader.start()
        while process.poll() is None and not (self._stopping.is_set() or self._stuck):
            time.sleep(WATCH_S)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        reader.join(STOP_S)
        process.stdout.close()

    def _read(self, output: IO[bytes]) -> None:
        """Say in our own log what the engine says, and notice when it can no longer agree."""
        for line in output:
            text = line.decode("utf-8", "replace").strip()
            try:
                self._tell(dict(json.loads(text)))
            except (ValueError, TypeError):
                # Beside its records the engine prints why it ends, and a stack of its own code.
                if text.startswith(("panic:", "ERROR:")):
                    self._tell({"_msg": text, "level": "error"})

    def _tell(self, said: dict[str, Any]) -> None:
        message = str(said.pop("_msg", ""))
        level = str(said.pop("level", "info"))
        error = str(said.get("err", ""))
        for name in ("ts", "stack"):
            said.pop(name, None)
        if level == "error":
            _say(_log.warning, message, **{f"engine_{name}": value for name, value in said.items()})
        if any(part in message + error for part in _BEHIND):
            self.alarm = (
                "the engine is behind the ledger: its data is lost or of an old backup. Going on "
                "with it could sign a block twice; `tongjian network join --again` begins anew"
            )
            _say(_log.error, "alarm", why=self.alarm)
        elif any(part in f"{message} {error} {said.get('error', '')}" for part in _NO_ROOM):
            # It may go on, stand still or have lost a vote; what it signed is kept before it is
            # sent, so it signs nothing else after its restart.
            self._stuck = True
            _say(_log.warning, "no room", why="the disk of the engine is full; it starts again")
        elif message.startswith("CONSENSUS FAILURE") or (
            # A proposal that is wrong is voted down: the proposer has parted, not this node.
            _PARTED in error and not message.startswith("prevote step")
        ):
            self.parted = self.parted or _PARTED in error
            self.alarm = (
                f"this node cannot agree with the others: {error or message}. It stands still and "
                "answers from what it has; compare its ledger with another node's by "
                "`tongjian audit compare`, then replace it"
            )
            _say(_log.error, "alarm", why=self.alarm)
