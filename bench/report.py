"""Figures with their conditions: a table on the terminal, JSON, and bench/README.md."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.limit import Limit

README: Final = Path(__file__).with_name("README.md")
BEGIN: Final = "<!-- figures: written by `make bench ARGS=--write` -->"
HEADINGS: Final = ("what", "figure", "÷ L", "target", "")


@dataclass(frozen=True)
class Figure:
    """One measured number."""

    what: str
    value: float
    unit: str
    of_limit: float | None = None
    """The figure over the limit of the same minute, where both count transactions a second."""
    target: str = ""
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the cells of a table's row."""
        ratio = "" if self.of_limit is None else f"{self.of_limit:.2f}"
        return (self.what, f"{_number(self.value)} {self.unit}", ratio, self.target, self.note)


@dataclass
class Section:
    """What one scenario found, with the limit and the load of its minute."""

    name: str
    title: str
    figures: list[Figure] = field(default_factory=list[Figure])
    limit: Limit | None = None
    load: float = 0.0
    skipped: str = ""
    """Why nothing was measured."""

    def conditions(self) -> str:
        """Return the limit and the load of the minute as one line."""
        if self.skipped:
            return f"not measured: {self.skipped}"
        if self.limit is None:
            return ""
        return (
            f"L = {_number(self.limit.per_second)}/s ({self.limit.cpu_us:.1f} µs of a core each), "
            f"load average at the end {self.load:.1f}"
        )


@dataclass
class Report:
    """All sections of a run and the machine they ran on."""

    facts: dict[str, str]
    sizes: dict[str, Any]
    sections: list[Section] = field(default_factory=list[Section])

    def text(self) -> str:
        """Return the report for a terminal, which is also Markdown."""
        facts = "\n".join(f"- {name}: {value}" for name, value in self.facts.items())
        sizes = ", ".join(f"{name} {value}" for name, value in self.sizes.items())
        parts = [facts, f"- sizes: {sizes}", *(_section(section) for section in self.sections)]
        return "\n\n".join(parts) + "\n"

    def json(self) -> str:
        """Return the report as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    def write(self, *, whole: bool) -> None:
        """Put the figures into bench/README.md, below its own text.

        What is no whole run replaces its own sections, each with its moment, or comes last.
        """
        text = README.read_text(encoding="utf-8")
        head, found, figures = text.partition(BEGIN)
        if not found:
            msg = f"{README.name} has no line {BEGIN!r} under which the figures go"
            raise ValueError(msg)
        if whole:
            figures = f"\n\n{self.text()}"
        for section in () if whole else self.sections:
            before, _, rest = figures.partition(f"## {section.title}\n")
            after = rest.partition("\n## ")[2]
            parts = [before.rstrip(), _section(section, self.facts["when"])]
            figures = "\n\n".join([*parts, *([f"## {after.rstrip()}"] if after else [])]) + "\n"
        README.write_text(f"{head}{BEGIN}{figures}", encoding="utf-8")


def _section(section: Section, when: str = "") -> str:
    parts = [f"## {section.title}"]
    if section.conditions():
        parts.append(f"{when}: {section.conditions()}" if when else section.conditions())
    if section.figures:
        parts.append(_table([figure.cells() for figure in section.figures]))
    return "\n\n".join(parts)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    # A column that no row fills is left out.
    columns = [
        [heading, *cells] for heading, *cells in zip(HEADINGS, *rows, strict=True) if any(cells)
    ]
    widths = [max(map(_width, column)) for column in columns]
    lines = [
        " | ".join(_pad(cell, width) for cell, width in zip(line, widths, strict=True))
        for line in zip(*columns, strict=True)
    ]
    lines = [f"| {line} |" for line in lines]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _pad(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _number(value: float) -> str:
    """Return three significant digits, thousands parted."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
