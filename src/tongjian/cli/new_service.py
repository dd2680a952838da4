"""Writes an empty service that passes: one act, one row, one refusal, words, tests, vectors."""

import keyword
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from tongjian.cli.failures import ExitCode, Failure

NAME_LENGTH_MAX: Final = 20
"""Characters; roles and tables are named after the service and are bounded themselves."""
_NAME: Final = re.compile(rf"[a-z][a-z0-9_]{{1,{NAME_LENGTH_MAX - 1}}}")
_TAKEN: Final = frozenset(("kernel",))
_SERVICES: Final = Path("src/tongjian/services")
_TEMPLATES: Final = Path(__file__).with_name("templates") / "service"
_FILES: Final = {
    "init.py": "__init__.py",
    "records.py": "records.py",
    "acts.py": "acts.py",
    "views.py": "views.py",
    "public.py": "public.py",
    "parameters.toml": "parameters.toml",
    "words.toml": "words.toml",
    "README.md": "README.md",
    "test_entries.py": "tests/test_{name}.py",
}
"""Templates and where they go; the folder of tests is no package, so that names may repeat."""


def write_service(name: str, folder: Path) -> list[Path]:
    """Write an empty service into a checkout, with its vectors and the generated pages.

    `folder` is the checkout. Returns the files of the service. Raises `Failure` where the name is
    taken or unfit, where the folder is no checkout, or where the service does not pass its tests.
    """
    target = folder / _SERVICES / name
    _check(name, folder, target)
    written: list[Path] = []
    for template, place in _FILES.items():
        text = (_TEMPLATES / f"{template}.template").read_text("utf-8")
        text = text.replace("{{name}}", name).replace("{{title}}", _title(name))
        path = target / place.format(name=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        written.append(path)
    _run(
        folder, "-m", "pytest", "-q", "-p", "no:randomly", "--write-vectors", str(_SERVICES / name)
    )
    _run(folder, "tools/docs.py")
    return [*written, *sorted((target / "vectors").rglob("*.json"))]


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _check(name: str, folder: Path, target: Path) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or name in _TAKEN:
        raise Failure(
            ExitCode.USAGE,
            f"{name} cannot name a service.",
            why=f"A name has 2 to {NAME_LENGTH_MAX} small letters, digits and underscores, begins "
            "with a letter, and is no word of Python.",
            rule="docs/how-to/add-a-service.md",
            then="tongjian new-service parks",
        )
    if not (folder / _SERVICES).is_dir():
        raise Failure(
            ExitCode.NOT_FOUND,
            f"{folder} is no checkout of the source.",
            why="A service is a folder of the source; an installation has none to add to.",
            rule="docs/how-to/add-a-service.md",
            then="change to the folder of the checkout and repeat the command",
        )
    if target.exists():
        raise Failure(
            ExitCode.CONFLICT,
            f"{target} exists already.",
            why="A service is never written over.",
            rule="docs/how-to/add-a-service.md",
            then="choose another name",
        )


def _run(folder: Path, *arguments: str) -> None:
    """Run a program of the checkout over the checkout's own source."""
    environment = {**os.environ, "PYTHONPATH": str((folder / "src").resolve())}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failure(
            ExitCode.FAILURE,
            "The service was written, but does not pass yet.",
            why=(done.stdout + done.stderr).strip()[-2000:],
            rule="CONTRIBUTING.md, definition of done",
            then="mend what is named above, then: make vectors docs test",
        )
