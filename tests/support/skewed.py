"""Builds a CometBFT whose clock is wrong by $SKEW, such as 600000ms, for the fault of clocks apart.

Go asks the kernel for the time without the C library, so nothing preloaded can deceive it. The
engine reads its clock in one place, `types/time`; a copy of its source is changed there and built.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tongjian.node.supervisor import VERSION

SKEWED: Final = "TONGJIAN_COMETBFT_SKEWED"
CLOCK: Final = "types/time/time.go"
HONEST: Final = "Canonical(time.Now())"
WRONG: Final = "Canonical(time.Now().Add(skew))"
SKEW: Final = '\nvar skew, _ = time.ParseDuration(os.Getenv("SKEW"))\n'


def build_skewed() -> Path | None:
    """Return the program, built once into the user's cache; none where it cannot be built."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tongjian"
    program = cache / f"cometbft-{VERSION}-skewed" / "cometbft"
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if program.exists() or go is None:
        return program if program.exists() else None
    found = subprocess.run(
        [go, "env", "GOMODCACHE"], capture_output=True, text=True, check=True
    ).stdout.strip()
    source = Path(found) / f"github.com/cometbft/cometbft@v{VERSION}"
    if not source.is_dir():
        return None
    copy = program.parent / "source"
    shutil.copytree(source, copy)
    subprocess.run(["chmod", "-R", "u+w", str(copy)], check=True)
    text = (copy / CLOCK).read_text("utf-8")
    assert HONEST in text
    changed = text.replace(HONEST, WRONG).replace("import (", 'import (\n\t"os"', 1) + SKEW
    (copy / CLOCK).write_text(changed, "utf-8")
    subprocess.run([go, "build", "-o", str(program), "./cmd/cometbft"], cwd=copy, check=True)
    shutil.rmtree(copy)
    return program
