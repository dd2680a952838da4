"""What a command writes to: data on stdout, all else on stderr, JSON where it was asked for."""

import json
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from tongjian.cli.failures import Failure

if TYPE_CHECKING:
    from rich.console import Console

GAP: Final = "  "


class Advance(Protocol):
    """Moves a progress bar on."""

    def __call__(self, steps: int = 1) -> None:
        """Note that some steps are done."""
        ...


class Surface:
    """One command's folder and form of output."""

    def __init__(self, folder: Path, *, as_json: bool) -> None:
        """Take the ledger's folder and whether the answer is one JSON document."""
        self.folder = folder
        self.as_json = as_json

    # -- data ---------------------------------------------------------------------------------

    def line(self, text: str, style: str = "") -> None:
        """Write a line of data; the style shows on a terminal only."""
        console(sys.stdout).print(text, style=style or None)

    def document(self, value: Any) -> None:
        """Write the answer as one JSON document."""
        indent = 2 if sys.stdout.isatty() else None
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")

    def pairs(self, pairs: Iterable[tuple[str, str]], indent: str = "") -> None:
        """Write names and values, one pair a line."""
        known = list(pairs)
        width = max((_cells(name) for name, _ in known), default=0)
        for name, value in known:
            self.line(f"{indent}{_pad(name, width)}{GAP}{value}".rstrip())

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write aligned rows; the headings go to stderr, so rows can be counted and cut."""
        known = [tuple(row) for row in rows]
        columns = zip(headings, *known, strict=True)
        widths = [max(map(_cells, column)) for column in columns]
        if known:
            self.note(_aligned(headings, widths), style="bold")
        for row in known:
            self.line(_aligned(row, widths))

    # -- beside the data ----------------------------------------------------------------------

    def note(self, text: str, style: str = "") -> None:
        """Write a line for the reader at the terminal; silent where JSON was asked for."""
        if not self.as_json:
            sys.stdout.flush()
            console(sys.stderr).print(text, style=style or None)

    def fail(self, failure: Failure) -> None:
        """Say what failed, why, by which rule and what to try next."""
        sys.stdout.flush()
        if self.as_json:
            error = json.dumps({"error": failure.as_json()}, ensure_ascii=False)
            sys.stderr.write(error + "\n")
            return
        to = console(sys.stderr)
        to.print(f"error: {failure.what}", style="bold red")
        parts = (("why", failure.why), ("rule", failure.rule), ("next", failure.then))
        for name, text in parts:
            if text:
                to.print(f"  {name + ':':<6}{text}")

    @contextmanager
    def progress(self, label: str, total: int | None) -> Generator[Advance]:
        """Show a bar on a terminal while the block runs; nothing elsewhere."""
        to = console(sys.stderr)
        if self.as_json or to.no_color or not to.is_terminal:
            yield _ignore
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn(label), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=to, transient=True) as bar:
            task = bar.add_task(label, total=total)

            def advance(steps: int = 1) -> None:
                bar.advance(task, steps)

            yield advance


@lru_cache(maxsize=4)
def console(file: Any) -> "Console":
    """Return a console that writes text as it is: colours on a terminal only, no wrapping."""
    from rich.console import Console

    return Console(
        file=file, soft_wrap=True, markup=False, highlight=False, emoji=False, legacy_windows=False
    )


def _ignore(steps: int = 1) -> None:
    del steps


def _cells(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a Chinese character."""
    from rich.cells import cell_len

    return cell_len(text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _cells(text))


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (_pad(text, width) for text, width in zip(row, widths, strict=True))
    return GAP.join(padded).rstrip()
