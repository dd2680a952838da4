"""A disk that gives back other bytes than were written: the state is made anew, never believed."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from small import copy_of

HERE = Path(__file__).parent
SUPPORT = HERE.parent / "support"
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "0")) * 2 or 60


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_store_damaged_anywhere_never_gives_a_wrong_answer(tmp_path: Path, founded: Path) -> None:
    folder = copy_of(founded, tmp_path / "ledger")
    seed = os.environ.get("FAULT_SEED", "1")
    done = subprocess.run(
        [sys.executable, str(HERE / "bit_rot.py"), str(SUPPORT), str(folder), str(ROUNDS), seed],
        capture_output=True,
        text=True,
        check=False,
    )
    rounds = [line.split(": ") for line in done.stdout.splitlines()]
    came = Counter(what.partition(",")[0] for _, _, what in rounds)
    print(dict(came))
    assert done.returncode == 0, done.stderr
    assert len(rounds) == ROUNDS
    bad = [line for line in rounds if any(word.isupper() for word in line[2].split())]
    assert bad == [], f"seed {seed}\n{done.stderr}"
    # Most damage to a page that is in use shows when the ledger is opened or read.
    assert came["noticed at opening"] + came["noticed at reading"] > ROUNDS / 6
