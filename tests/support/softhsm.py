"""A security module of software, for tests of keys that never leave one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tongjian.node import secrecy

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
)


def soft_token(folder: Path) -> str:
    """Make a token `office` with PIN 4321, for this process; return the module, or skip."""
    found = next((path for path in MODULES if Path(path).exists()), None)
    if found is None or shutil.which("softhsm2-util") is None:
        pytest.skip("needs SoftHSM: apt-get install softhsm2")
    # A process loads a module once, with one configuration: its tokens all lie together.
    if "SOFTHSM2_CONF" not in os.environ:
        (folder / "tokens").mkdir()
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(configuration)
        pin = folder / "pin"
        pin.write_text("4321\n")
        os.environ[secrecy.PIN] = str(pin)
        command = ("softhsm2-util", "--init-token", "--free", "--label", "office")
        pins = ("--so-pin", "1234", "--pin", "4321")
        subprocess.run([*command, *pins], check=True, capture_output=True)
    return found
