"""The receipt of one invoice, verified by a stranger: an empty folder, no network, no node."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tongjian.demo.stage import Stage
from tongjian.demo.told import expect
from tongjian.engines.receipts import Receipts
from tongjian.node.home import ANCHORS_NAME
from tongjian.services.invoice.records import INVOICES

RECEIPT_NAME: Final = "invoice.receipt"
FAILED_CODE: Final = 4
"""Exit code of `tongjian verify` where a step does not hold."""
WAIT_S: Final = 60
_PROGRAM: Final = (sys.executable, "-c", "from tongjian.cli import main; main()")
_ALONE: Final = (("unshare", "--net"), ("unshare", "--map-root-user", "--net"), ())
"""Ways to run a program without network, the last one: none is permitted here."""


class Proof(NamedTuple):
    """Hold a receipt and what the verifier said of it."""

    receipt_bytes: int
    height: int
    is_alone: bool
    """Whether the verifier ran without network."""
    steps: tuple[str, ...]
    forged: str
    """What the verifier said of the receipt with one byte flipped."""


def prove(stage: Stage, number: str) -> Proof:
    """Write the receipt of an invoice into an empty folder and have it verified there."""
    height = stage.chain.height
    data = Receipts(stage.chain).of_row(INVOICES.key(number), height)
    alone = _way_alone()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / RECEIPT_NAME).write_bytes(data)
        shutil.copy(stage.home.folder / ANCHORS_NAME, folder)
        done = _verify(folder, alone)
        expect(done.returncode == 0, f"the receipt does not verify: {done.stdout}{done.stderr}")
        forged = bytearray(data)
        forged[len(forged) // 2] ^= 1
        (folder / RECEIPT_NAME).write_bytes(bytes(forged))
        failed = _verify(folder, alone)
        what = f"the forged receipt ends with {failed.returncode}, not {FAILED_CODE}"
        expect(failed.returncode == FAILED_CODE, what)
    steps = tuple(line.strip() for line in done.stdout.splitlines() if _is_step(line))
    said = " ".join(failed.stdout.split("\n")[1].split())
    return Proof(len(data), height, bool(alone), steps, said)


def _is_step(line: str) -> bool:
    number, _, rest = line.strip().partition(". ")
    return number.isdigit() and bool(rest)


def _way_alone() -> Sequence[str]:
    """Return the command that takes the network away, or none where nobody may."""
    for way in _ALONE:
        if not way or shutil.which(way[0]) is None:
            continue
        if subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0:
            return way
    return ()


def _verify(folder: Path, alone: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    command = [*alone, *_PROGRAM, "verify", RECEIPT_NAME, "--trust", ANCHORS_NAME]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=WAIT_S
    )
