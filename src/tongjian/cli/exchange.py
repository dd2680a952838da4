"""Verbs that connectors bring beside importing: the ledger written, or examined, by a standard.

Found, not listed: whatever a connector declares appears in the group of its service.
"""

import inspect
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

import typer

from tongjian.cli.command import bind
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface
from tongjian.connectors.exporting import Examined, Exporter, Face, Option, Refused, faces
from tongjian.core.operation import AnyTable

if TYPE_CHECKING:
    from tongjian.engines.chain import Chain

_PAGE_ROWS: Final = 1_000
_STANDARD_OUT: Final = "-"
_PREFIX: Final = "wish_"

_Out = Annotated[
    str, typer.Option("-o", "--out", metavar="FILE", help="File to write; - for standard output.")
]
_Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[PATH]...", help="Files; without any, the ledger itself."),
]


def exchange_commands(service: str) -> Iterator[tuple[str, Callable[..., None]]]:
    """Yield name and callback of each such verb that a connector brings to a service."""
    for face in faces():
        if face.service == service:
            yield face.name, _export(face) if face.kind == "export" else _examine(face)


def _export(face: Face) -> Callable[..., None]:
    options = _declared(face)

    def run(surface: Surface, out: str, **given: str) -> None:
        exporter: Exporter = face.load()
        with _ledger(surface) as source:
            try:
                counts = _write(exporter, source, out, _wishes(given))
            except Refused as refused:
                raise _failure(refused) from refused
        told = ", ".join(f"{number} {name}" for name, number in counts.items())
        if surface.as_json and out != _STANDARD_OUT:
            surface.document({"file": out, "counts": dict(counts)})
        surface.note(f"{told} written to {out}" if any(counts.values()) else "nothing to write")

    keyword = inspect.Parameter.KEYWORD_ONLY
    own = inspect.Parameter("out", keyword, annotation=_Out, default=_STANDARD_OUT)
    return bind(run, [own, *options], f"{face.zh} {face.en}")


def _write(
    exporter: Exporter, source: "LedgerSource", out: str, wishes: Mapping[str, str]
) -> Mapping[str, int]:
    if out == _STANDARD_OUT:
        counts = exporter.export(source, sys.stdout.buffer, wishes)
        sys.stdout.flush()
        return counts
    # Written aside first: a reader sees the whole file or the old one.
    path = Path(out)
    aside = path.with_name(path.name + ".part")
    try:
        file: BinaryIO
        with aside.open("wb") as file:
            counts = exporter.export(source, file, wishes)
        if any(counts.values()):
            aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return counts


def _examine(face: Face) -> Callable[..., None]:
    options = _declared(face)

    def run(surface: Surface, paths: list[Path] | None, **given: str) -> None:
        examiner = face.load()
        try:
            if paths:
                found = examiner.examine(paths, None, _wishes(given))
            else:
                with _ledger(surface) as source:
                    found = examiner.examine((), source, _wishes(given))
        except Refused as refused:
            raise _failure(refused) from refused
        _show(surface, found)

    keyword = inspect.Parameter.KEYWORD_ONLY
    own = inspect.Parameter("paths", keyword, annotation=_Files, default=None)
    return bind(run, [own, *options], f"{face.zh} {face.en}")


def _show(surface: Surface, found: Examined) -> None:
    if surface.as_json:
        findings = [
            {
                "subject": one.subject,
                "rule": one.rule,
                "zh": one.text_zh,
                "en": one.text_en,
                **one.fields,
            }
            for one in found.remarks
        ]
        counts = dict(found.counts)
        surface.document({"counts": counts, "findings": findings, "note": found.note})
        return
    for one in found.remarks:
        surface.line(f"{one.rule}  {one.subject}", style="yellow")
        surface.line(f"  {one.text_zh} {one.text_en}")
    surface.note(", ".join(f"{number} {name}" for name, number in found.counts.items()), "bold")
    if found.remarks:
        surface.note(found.note, style="dim")


class LedgerSource:
    """A ledger's rows and their history, read only, for as long as the chain is open."""

    def __init__(self, chain: "Chain") -> None:
        """Read from an open chain."""
        self._chain = chain
        self.time_ms: int = chain.tip.time_ms if chain.tip else 0

    def rows(self, table: AnyTable, *begun: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        """Yield key and row of all rows whose keys begin so, in order of the keys."""
        low, high = table.bounds(*begun)
        while True:
            with self._chain.lock:
                page: Sequence[tuple[bytes, bytes]] = self._chain.store.scan(low, high, _PAGE_ROWS)
            for key, value in page:
                yield table.split(key), table.codec.decode(value)
            if len(page) < _PAGE_ROWS:
                return
            low = page[-1][0] + b"\x00"

    def versions(self, table: AnyTable, *key: Any) -> Sequence[Any]:
        """Return every version of a row, oldest first."""
        from tongjian.cli.histories import versions_of

        with self._chain.lock:
            return versions_of(self._chain, table, table.key_of(key))


@contextmanager
def _ledger(surface: Surface) -> Generator[LedgerSource]:
    from tongjian.node.home import Home

    with Home(surface.folder).open() as chain:
        yield LedgerSource(chain)


def _declared(face: Face) -> list[inspect.Parameter]:
    declared: tuple[Option, ...] = face.load().options
    return [
        inspect.Parameter(
            _PREFIX + option.name.replace("-", "_"),
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[str, _option(option)],
            default=option.default,
        )
        for option in declared
    ]


def _option(option: Option) -> Any:
    words = option.words + (f" One of {', '.join(option.choices)}." if option.choices else "")
    choices = list(option.choices)
    return typer.Option(
        f"--{option.name}",
        help=words,
        metavar="TEXT",
        autocompletion=(lambda: choices) if choices else None,
        callback=_one_of(option) if choices else None,
    )


def _one_of(option: Option) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in option.choices:
            raise typer.BadParameter(f"{value!r} is none of {', '.join(option.choices)}")
        return value

    return check


def _wishes(given: Mapping[str, str]) -> Mapping[str, str]:
    return {name.removeprefix(_PREFIX).replace("_", "-"): value for name, value in given.items()}


def _failure(refused: Refused) -> Failure:
    return Failure(ExitCode.USAGE, refused.what, rule=refused.rule, then=refused.next_step)
