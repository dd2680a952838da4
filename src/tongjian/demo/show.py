"""What the reader sees: plain lines, a bar for what takes a while where there is a terminal."""

import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from tongjian.demo.stage import Advance
from tongjian.demo.told import Fraud, Try

INDENT: Final = "   "
_HARMLESS: Final = ("committed", "valid", "recorded", "the first outcome", "the same root", "total")
"""How the verdict on what is no fraud begins."""


class Show:
    """Writes the story to stdout."""

    def __init__(self) -> None:
        """Find out whether somebody watches."""
        self._console = _console()
        self._steps = 0

    @property
    def is_watched(self) -> bool:
        """Whether stdout is a terminal."""
        return self._console.is_terminal

    def title(self, text: str) -> None:
        """Write the first line."""
        self._line(text, style="bold")

    def step(self, zh: str, en: str) -> None:
        """Begin a step."""
        self._steps += 1
        self._line("")
        self._line(f"{self._steps}  {zh}  {en}", style="bold cyan")

    def say(self, text: str) -> None:
        """Write a sentence of a step."""
        self._line(INDENT + text)

    def table(self, rows: Iterable[tuple[str, ...]]) -> None:
        """Write aligned rows."""
        known = list(rows)
        if not known:
            return
        widths = [max(map(cell_len, column)) for column in zip(*known, strict=True)]
        for row in known:
            padded = (
                text + " " * (width - cell_len(text))
                for text, width in zip(row, widths, strict=True)
            )
            self._line((INDENT + "  ".join(padded)).rstrip())

    def fraud(self, fraud: Fraud) -> None:
        """Write a fraud with what was tried and what was answered."""
        self._line(f"{INDENT}{fraud.letter}  {fraud.zh}  {fraud.en}", style="bold")
        for one in fraud.tries:
            self._try(one)

    def _try(self, one: Try) -> None:
        style = "" if one.verdict.startswith(_HARMLESS) else "red"
        self._line(f"{INDENT}   {one.tried}: {one.verdict}", style=style)
        if one.sentence or one.rule:
            rule = f"({one.rule})" if one.rule else ""
            self._line(f"{INDENT}      {one.sentence} {rule}".rstrip())

    def failed(self, text: str) -> None:
        """Say what should not have been."""
        self._line(f"{INDENT}FAILED: {text}", style="bold red")

    @contextmanager
    def progress(self, label: str, total: int) -> Generator[Advance]:
        """Show a bar while the block runs; nothing where nobody watches."""
        if not self.is_watched:
            yield _ignore
            return
        columns = (TextColumn(INDENT + label), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task(label, total=total)

            def advance(steps: int) -> None:
                bar.advance(task, steps)

            yield advance

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style or None)


class Watch:
    """Measures how long something takes."""

    def __init__(self) -> None:
        """Start."""
        self._start_ns = time.perf_counter_ns()

    @property
    def ms(self) -> int:
        """Milliseconds since the start, at least one."""
        return max((time.perf_counter_ns() - self._start_ns) // 1_000_000, 1)

    @property
    def seconds(self) -> str:
        """Seconds since the start with one decimal."""
        tenths = self.ms // 100
        return f"{tenths // 10}.{tenths % 10} s"


def _console() -> Console:
    """Return a console that writes text as it is: colours on a terminal only, no wrapping."""
    return Console(
        file=sys.stdout,
        soft_wrap=True,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )


def _ignore(steps: int) -> None:
    del steps
