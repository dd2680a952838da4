"""The doctor: what is well with a ledger, what is not, where, and what to do about it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tongjian.cli.command import LEDGER, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.cli.findings import Finding
    from tongjian.node.home import Home

PROBE: Final = "tongjian.cli.probe"


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "doctor", panel=LEDGER)(doctor)


def doctor(
    surface: Surface,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every block, every signature, every entry.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="First make the store anew from the block log.")
    ] = False,
) -> None:
    """Examine the ledger: files, keys, disk, tip and roots; with --deep every byte of it.

    Exit code 4 where stored bytes are not what was written, 1 where something else is not well.
    """
    from tongjian.cli.findings import STYLES
    from tongjian.node.home import Home

    home = Home(surface.folder)
    findings: list[Finding] = []
    if repair:
        findings.append(_repair(surface, home))
    for finding in _examine(home, deep=deep):
        findings.append(finding)
        if not surface.as_json:
            state = finding.state if finding.state != "damaged" else "DAMAGED"
            surface.line(f"{state:<8} {finding.check:<10} {finding.text}", STYLES[finding.state])
            if finding.then:
                surface.note(f"{'':<8} {'next:':<10} {finding.then}")
    _end(surface, findings)


def _end(surface: Surface, findings: "list[Finding]") -> None:
    states = [finding.state for finding in findings]
    worst = next((s for s in ("damaged", "bad", "note") if s in states), "ok")
    if surface.as_json:
        document = {"state": worst, "findings": [finding.as_json() for finding in findings]}
        surface.document(document)
    elif worst in {"ok", "note"}:
        surface.note("all is well" if worst == "ok" else "well, but see the notes", style="bold")
    if worst == "damaged":
        raise typer.Exit(ExitCode.VERIFICATION_FAILED)
    if worst == "bad":
        raise typer.Exit(ExitCode.FAILURE)


def _examine(home: "Home", *, deep: bool) -> "Iterator[Finding]":
    from tongjian.cli.checkup import check_folder

    is_ledger = True
    for finding in check_folder(home):
        is_ledger = is_ledger and not (finding.check == "files" and finding.state == "bad")
        yield finding
    if is_ledger:
        yield from _probe(home.folder, deep=deep)


def _probe(folder: Path, *, deep: bool) -> "Iterator[Finding]":
    """Have the store opened by another process, and say so where that process does not survive."""
    from tongjian.cli.findings import REPAIR, Finding

    arguments = [sys.executable, "-m", PROBE, str(folder), *(["--deep"] if deep else [])]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        if child.stdout is not None:
            for text in child.stdout:
                yield Finding.from_json(json.loads(text))
        _, complaint = child.communicate()
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        text = f"the system ended the process that opened the store ({name})"
        yield Finding("store", "damaged", text, REPAIR)
    elif child.returncode:
        last = complaint.strip().splitlines()[-1] if complaint.strip() else "it said nothing"
        yield Finding("store", "damaged", f"the store could not be examined: {last}", REPAIR)


def _require_whole_log(home: "Home") -> None:
    """Refuse to put a store aside that the block log could not replace."""
    from tongjian.cli.deep_blocks import check_blocks

    for finding in check_blocks(home, None):
        if finding.state == "damaged":
            raise Failure(
                ExitCode.VERIFICATION_FAILED,
                "The block log is damaged, so the store is left as it is.",
                why=finding.text,
                rule="the block log is the ledger, the store is derived from it",
                then=finding.then,
            )


def _repair(surface: Surface, home: "Home") -> "Finding":
    """Put the store aside and make it anew from the block log; every block is decided again."""
    from tongjian.cli.findings import ok
    from tongjian.cli.locks import locked
    from tongjian.engines.chain import DAMAGED, LOG_NAME, STORE_NAME

    home.genesis()
    if not (home.folder / LOG_NAME).is_file():
        raise Failure(
            ExitCode.VERIFICATION_FAILED,
            "There is no block log.",
            why="The store is made from it; without it nothing can be repaired.",
            rule="the block log is the ledger, the store is derived from it",
            then=f"restore {home.folder / LOG_NAME} from a backup or another node",
        )
    _require_whole_log(home)
    surface.note(f"making {STORE_NAME} anew from {LOG_NAME}: every block is checked and decided")
    with locked(home.folder):
        for name in (STORE_NAME, STORE_NAME + "-lock"):
            path = home.folder / name
            if path.exists():
                path.rename(path.with_name(name + DAMAGED))
    with home.open(writable=True) as chain:
        finding = ok("repair", f"{chain.opened.replayed} blocks replayed, height {chain.height}")
    if not surface.as_json:
        surface.line(f"ok       repair     {finding.text}", "green")
    return finding
