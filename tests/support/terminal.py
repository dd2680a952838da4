"""The program as its users run it: in this process for speed, in a process of its own for truth."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from tongjian.cli.app import app

TAX = ("tax-officer", "tax-approver")
FIRM = "91990106MA7K3D2102"
OTHER_FIRM = "91990106MA7K3E811E"
ACCOUNTANT = "haiming-accountant"
_RUNNER = CliRunner()


def run(*arguments: object, home: Path | None = None) -> Result:
    """Run a command in this process; its exit code, stdout and stderr are apart."""
    known = [str(argument) for argument in arguments]
    environment = {"TONGJIAN_HOME": None if home is None else str(home), "COLUMNS": "200"}
    return _RUNNER.invoke(app, known, env=environment, prog_name="tongjian")


def ok(*arguments: object, home: Path | None = None) -> Result:
    """Run a command that must succeed."""
    result = run(*arguments, home=home)
    if result.exit_code:
        message = (
            f"{arguments} ended with {result.exit_code}: {result.output[:2000]}{result.stderr}"
        )
        raise AssertionError(message) from result.exception
    return result


def answer(*arguments: object, home: Path | None = None, code: int = 0) -> Any:
    """Run a command with `--json` and return the one document that it must write to stdout."""
    result = run(*arguments, "--json", home=home)
    if result.exit_code != code:
        message = (
            f"{arguments} ended with {result.exit_code}: {result.output[:2000]}{result.stderr}"
        )
        raise AssertionError(message) from result.exception
    (line,) = result.stdout.splitlines()
    return json.loads(line)


def fails(code: int, *arguments: object, home: Path | None = None) -> str:
    """Run a command that must fail with a code and say what to do next; return what it said."""
    result = run(*arguments, home=home)
    said = result.stderr
    if result.exit_code != code or "next:" not in said or "Traceback" in said:
        message = (
            f"{arguments} ended with {result.exit_code}, not {code}: {result.output[:2000]}{said}"
        )
        raise AssertionError(message) from result.exception
    return said


def program(
    *arguments: object, wrap: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    known = [str(argument) for argument in arguments]
    return subprocess.run(
        [*wrap, sys.executable, "-c", "from tongjian.cli import main; main()", *known],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def copy_of(home: Path, folder: Path) -> Path:
    """Return a copy of a ledger that a test may change."""
    target = folder / "ledger"
    shutil.copytree(home, target)
    return target


def register(home: Path, firm: str = FIRM) -> dict[str, Any]:
    """Register a firm as a taxpayer, as the tax bureau's two officers do."""
    signers = [part for holder in TAX for part in ("--as", holder)]
    return answer(
        *("invoice", "set-taxpayer", "--taxpayer", firm, "--kind", "general", "--grade", "A"),
        *("--notice", "00" * 32, *signers),
        home=home,
    )
