"""Says how far an audit has come, how fast it goes and how long it will take, on stderr."""

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from tongjian.cli.surface import Surface
from tongjian.engines.audit.replay import Counts

REDRAWN_S: Final = 0.25
"""How often a line on a terminal is written again."""
LINE_S: Final = 10.0
"""How often a line is written elsewhere."""
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


class _Teller:
    """Turns counts into lines, not too many of them."""

    def __init__(self, *, is_terminal: bool) -> None:
        self._is_terminal = is_terminal
        self._started = self._told = time.monotonic()
        self._first_offset = -1
        self._width = 0

    def tell(self, counts: Counts) -> None:
        """Write a line when one is due."""
        if self._first_offset < 0:
            self._first_offset = counts.offset
        now = time.monotonic()
        if now - self._told < (REDRAWN_S if self._is_terminal else LINE_S):
            return
        self._told = now
        text = self._line(counts, now - self._started)
        if not self._is_terminal:
            sys.stderr.write(text + "\n")
            return
        self._width = max(self._width, len(text))
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()

    def _line(self, counts: Counts, seconds: float) -> str:
        done = counts.offset - self._first_offset
        left = counts.size - counts.offset
        remaining = f", {write_seconds(left * seconds / done)} left" if done else ""
        return (
            f"block {counts.height}, {100 * counts.offset // counts.size} %, "
            f"{counts.acts / seconds:,.0f} acts/s{remaining}"
        )

    def end(self) -> None:
        """Wipe the line from a terminal."""
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()


@contextmanager
def told_progress(surface: Surface) -> Generator[Callable[[Counts], None]]:
    """Give what an audit calls after each block; silent where JSON was asked for."""
    if surface.as_json:
        yield _ignore
        return
    teller = _Teller(is_terminal=sys.stderr.isatty())
    try:
        yield teller.tell
    finally:
        teller.end()


def _ignore(counts: Counts) -> None:
    del counts


def write_seconds(seconds: float) -> str:
    """Return a time span to the second, the minute or the hour."""
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s"
    return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
