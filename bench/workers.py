"""Child processes that get ready, start together and report one JSON document each."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]


def ready() -> None:
    """Say in a child that it is ready, and wait for the start."""
    print("ready", flush=True)
    sys.stdin.readline()


def report(document: dict[str, Any]) -> None:
    """Hand a child's figures to the parent."""
    print(json.dumps(document), flush=True)


def run_together(module: str, arguments: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Run one child of a module for each list of arguments, all started at once.

    Raises `RuntimeError` where a child ends before it has reported.
    """
    children = [
        subprocess.Popen(
            [sys.executable, "-m", module, *each],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for each in arguments
    ]
    try:
        for child in children:
            _line(child, module)
        for child in children:
            _say_go(child)
        return [json.loads(_line(child, module)) for child in children]
    finally:
        for child in children:
            child.terminate()
            child.communicate()


def _line(child: "subprocess.Popen[str]", module: str) -> str:
    line = child.stdout.readline() if child.stdout is not None else ""
    if not line:
        msg = f"a process of {module} ended with {child.wait()} before it had reported"
        raise RuntimeError(msg)
    return line


def _say_go(child: "subprocess.Popen[str]") -> None:
    if child.stdin is not None:
        child.stdin.write("go\n")
        child.stdin.flush()
