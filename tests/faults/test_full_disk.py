"""A full disk: the engine takes nothing and says so, answers questions, and goes on after."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small import copy_of

HERE = Path(__file__).parent
SUPPORT = HERE.parent / "support"


def may_mount() -> bool:
    """Say whether this process may mount a disk in a namespace of its own."""
    if not shutil.which("unshare"):
        return False
    tried = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
    )
    return tried.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("which", ["all", "log", "store"])
def test_a_full_disk_loses_nothing_and_stops_nothing(
    tmp_path: Path, founded: Path, which: str
) -> None:
    if not may_mount():
        pytest.skip(f"needs to mount a small disk: run as root, not as user {os.getuid()}")
    folder = copy_of(founded, tmp_path / "ledger")
    done = subprocess.run(
        [
            *("unshare", "-m", sys.executable, str(HERE / "full_disk.py")),
            *(str(SUPPORT), str(folder), which),
        ],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr
    first, acknowledged = done.stdout.splitlines()
    full, after = map(int, acknowledged.split()[1:])
    assert 0 < full < after
    if which == "log":
        assert first == "first ['NOT_RECORDED']"
    if which == "store":  # the block that found no room in the state is in the log
        assert first == "first ['UNKNOWN']"
