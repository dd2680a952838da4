"""`tongjian devnet`: one command begins a network of this machine and ends it whole."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cluster import needs_engine

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(240)]

PROGRAM = "from tongjian.cli import main; main()"


def ran_by(folder: Path) -> list[int]:
    """Return the processes, of nodes and their engines, that name a folder."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            line = (path / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in line:
            found.append(int(path.name))
    return found


def test_a_devnet_ended_by_a_signal_leaves_nobody_running() -> None:
    needs_engine()
    with TemporaryDirectory(prefix="tj") as name:  # short: sockets have paths of 107 bytes
        folder = Path(name) / "net"
        asked = ["--json", "devnet", "--validators", "2", "--dir", str(folder)]
        with subprocess.Popen([sys.executable, "-c", PROGRAM, *asked], stdout=-1) as devnet:
            assert devnet.stdout is not None
            told = json.loads(devnet.stdout.readline())
            assert [Path(node["folder"]).name for node in told] == ["node0", "node1"]
            assert len(ran_by(folder / "node0")) >= 2, "a node and its engine"
            devnet.send_signal(signal.SIGTERM)
            assert devnet.wait(60) == 0
        assert ran_by(folder) == []
