"""Runs every fault at length and prints the table; `make faults` writes it to the documentation.

`python table.py [--seed S] [--only WORDS] [--write FILE]`. A case that does not recover, or in
whose history anything is wrong, makes the program fail; so does one that could not be played.
"""

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "support")]

from cluster import needs_engine  # noqa: E402
from network import use_network  # noqa: E402
from network_faults import CASES, LINE_DELAY_S, LINE_JITTER_S, LINE_LOSS, Case, rounds  # noqa: E402
from placing import may_use_namespaces  # noqa: E402
from scene import Report, play  # noqa: E402
from skewed import SKEWED, build_skewed  # noqa: E402

from tongjian.node.supervisor import VERSION  # noqa: E402

HEAD: Final = (
    "case",
    "lines",
    "seed",
    "seconds",
    "acts acknowledged",
    "blocks",
    "longest standstill, s",
    "recovery, s: median, worst",
    "blocks/s during",
    "violations",
)


class Row(NamedTuple):
    """A row of the table, and whether it is as it should be."""

    cells: tuple[str, ...]
    wrong: list[str]


def row_of(report: Report, how: str) -> Row:
    """Write a report as a row."""
    recoveries = report.recoveries_s
    recovery = f"{statistics.median(recoveries):.1f}, {max(recoveries):.1f}" if recoveries else ""
    cells = (
        report.case,
        how,
        report.seed,
        f"{report.seconds:.0f}",
        f"{report.acknowledged:,}",
        f"{report.blocks:,}",
        f"{report.standstill_s:.1f}",
        recovery,
        report.during,
        str(len(report.violations)),
    )
    return Row(cells, report.violations)


def network_row(case: Case, seed: str, how: str) -> Row:
    """Play one case; what fails is a row too."""
    try:
        return row_of(play(case.name, case.act, seed, how=how), how)
    except Exception:  # noqa: BLE001 - the other cases are played all the same
        what = traceback.format_exc()
        return Row((case.name, how, seed, *[""] * (len(HEAD) - 4), "FAILED"), [what])


SOLO: Final = {
    "test_kill9.py": ("one machine: kill -9 at any moment", r"kills: (\d+) answers"),
    "test_full_disk.py": ("one machine: a full disk", r"acknowledged \d+ (\d+)"),
    "test_bit_rot.py": ("one machine: a damaged store", r"(?!)"),
}


def solo_rows(seed: str) -> Iterator[Row]:
    """Run the faults of a ledger on one machine."""
    for file, (name, pattern) in SOLO.items():
        began = time.monotonic()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-s", "--timeout=7200"),
                *("-p", "no:cacheprovider", str(HERE / file)),
            ],
            cwd=ROOT,
            env={**os.environ, "FAULT_SEED": seed, "CI": "true"},
            capture_output=True,
            text=True,
            check=False,
        )
        acts = sum(map(int, re.findall(pattern, done.stdout)))
        cells = (
            *(name, "", seed, f"{time.monotonic() - began:.0f}", f"{acts:,}" if acts else ""),
            *("", "", "", "", "FAILED" if done.returncode else "0"),
        )
        yield Row(cells, [done.stdout[-4000:]] if done.returncode else [])


def line_of(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page(rows: list[Row], load: str, notes: list[str]) -> str:
    """Write the page of the documentation."""
    table = "\n".join(map(line_of, [HEAD, ("---",) * len(HEAD), *(row.cells for row in rows)]))
    told = "\n".join(f"- {note}" for note in notes)
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    python = platform.python_version()
    return f"""\
# Faults that were survived

Written by `make faults`; see `tests/support/network_faults.py` for what each case does. Four nodes
on one machine, four clients that act, look up and read all the while. Afterwards every node that is
not the culprit is compared at every height (header, block of the engine), and the history of what
clients heard is checked: acknowledged once and only once, refused means absent, reads never go
back, "not seen" and "expired" are true, every receipt verifies (`tests/support/history.py`).

Conditions: {os.cpu_count()} cores, {system}, Python {python}, CometBFT {VERSION},
propose time-out 500 ms; each fault {rounds()} times, {os.environ.get("FAULT_ROUNDS", "8")} kills on
one machine; load average {load} (clients, four nodes and relay share the cores with whatever else
runs).

{told}

{table}

*Standstill* counts the fault itself: with two of four nodes gone nothing can be decided.
*Recovery* is from the mending (start of the killed process, opening of the line) until every honest
node has recorded a block that was not there before. *Blocks/s* is under the load of four clients
that wait for each answer; it is given where the network has to go on. A block of the ledger is two
of the engine, which signs what the first did with the second.

Wanted on two cores that do nothing else: recovery after kill -9 of one app in 3 s, of all processes
in 5 s, after healing a partition in 10 s; four blocks of the engine a second with one node down.
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default=os.environ.get("FAULT_SEED", "1"))
    parser.add_argument("--only", default="")
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    needs_engine()
    use_network()
    notes: list[str] = []
    namespaces = may_use_namespaces()
    if namespaces:
        notes.append(
            "Lines `namespaces`: a network namespace a node, joined by bridges; ports are taken "
            "down or moved to another bridge, one way is cut by a blackhole route."
        )
    else:
        notes.append("Without root: no network namespaces, and no small disk to fill.")
    notes.append(
        "Lines `relay`: a relay of TCP that delays, holds back and resets, where the kernel has no "
        f"`netem`. Beijing-Urumqi: {2000 * LINE_DELAY_S:.0f}-"
        f"{2000 * (LINE_DELAY_S + LINE_JITTER_S):.0f} ms both ways, {100 * LINE_LOSS:.2f} % of "
        "segments lost at the price of a retransmission."
    )
    skewed = build_skewed()
    if skewed is not None:
        os.environ[SKEWED] = str(skewed)
    what = "node's and of its engine" if skewed else "node's alone, as Go is not here"
    notes.append(
        f"Clocks: that of the {what}, ten minutes ahead on one node and behind on another."
    )
    before = os.getloadavg()[0]
    rows: list[Row] = []
    print(line_of(HEAD), flush=True)
    cases = [
        case for case in CASES if chosen.only in case.name and (namespaces or not case.needs_root)
    ]
    made = (network_row(c, chosen.seed, c.how if namespaces else "relay") for c in cases)
    for source in (made, [] if chosen.only else solo_rows(chosen.seed)):
        for row in source:
            print(line_of(row.cells), *row.wrong, sep="\n", flush=True)
            rows.append(row)
    if chosen.write is not None:
        load = f"{before:.1f} before, {os.getloadavg()[0]:.1f} after"
        chosen.write.write_text(page(rows, load, notes), "utf-8")
    return int(any(row.wrong for row in rows))


if __name__ == "__main__":
    sys.exit(main())
