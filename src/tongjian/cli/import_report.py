"""What an import tells of each document: recorded, there already, refused and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import typer

from tongjian.cli.failures import ExitCode
from tongjian.cli.surface import Surface
from tongjian.cli.words import Refusal
from tongjian.connectors.currency import as_amount
from tongjian.connectors.importing import Declined, Face

DocumentStatus = Literal["recorded", "already", "refused", "waiting", "unknown"]
_STYLES: Final = {"recorded": "green", "already": "", "refused": "red"}
_SENTENCES: Final = {
    "recorded": "recorded",
    "already": "there already",
    "refused": "refused",
    "waiting": "not submitted",
    "unknown": "not known whether recorded",
}


_SUM: Final = "_fen"
"""How the name of a sum ends: it counts minor units."""


@dataclass
class Told:
    """One document of the report."""

    file: str
    status: DocumentStatus = "waiting"
    label: str = ""
    """The document's own key."""
    record: str = ""
    """The row that records it."""
    height: int | None = None
    transaction: str = ""
    why: str = ""
    rule: str = ""
    then: str = ""
    flags: tuple[str, ...] = ()
    face: Face = field(default_factory=dict[str, int | str])
    """What the document states of itself, its sums among it."""
    copy_of: str = ""
    """The file of this run that is the same document."""
    copies: list["Told"] = field(default_factory=list["Told"])

    def decline(self, declined: Declined) -> None:
        """Note that the document is not recorded."""
        self.status = "refused"
        self.why, self.rule, self.then = declined.why, declined.rule, declined.then
        self.label = declined.label

    def refuse(self, refusal: Refusal) -> None:
        """Note that the ledger refused it."""
        self.status = "refused"
        self.why = " ".join(text for text in (refusal.zh, refusal.en) if text)
        self.rule = f"{refusal.service}/{refusal.number} {refusal.name}"

    def stand(self, height: int, differing: Sequence[str] = ()) -> None:
        """Note that it is on the ledger already, since a height; or that another like it is."""
        self.height = height
        self._settle("already", differing, f"since height {height}")

    def follow(self, first: "Told", differing: Sequence[str] = ()) -> None:
        """Note that an earlier file of this run is the same document; or one that differs."""
        self.copy_of = first.file
        self._settle("already", differing, f"as {Path(first.file).name}")
        if not differing:
            first.copies.append(self)

    def _settle(self, status: DocumentStatus, differing: Sequence[str], where: str) -> None:
        self.status, self.why = status, where
        if differing:
            self.status = "refused"
            self.why = (
                f"Another document of this number is recorded ({where}): {'; '.join(differing)}."
            )
            self.rule = "a number is used once for ever"
            self.then = "Ask the issuer which of the two holds; report a forgery."

    def as_json(self) -> dict[str, object]:
        """Return it for machines."""
        return {
            "file": self.file,
            "status": self.status,
            "key": self.label,
            "record": self.record,
            "height": self.height,
            "transaction": self.transaction,
            "why": self.why,
            "rule": self.rule,
            "next": self.then,
            "flags": list(self.flags),
            "copy_of": self.copy_of,
        }


def show_report(surface: Surface, told: Sequence[Told]) -> None:
    """Write the report and end the command with the exit code that tells it."""
    for first in told:
        for copy in first.copies:
            copy.height = first.height
            if first.status != "recorded":
                copy.status = first.status
    counts = {name: sum(one.status == name for one in told) for name in _SENTENCES}
    if surface.as_json:
        documents = [one.as_json() for one in told]
        surface.document({"counts": counts, "sums": _sums(told), "documents": documents})
    else:
        for one in told:
            surface.line(_line(one), style=_STYLES.get(one.status, "yellow"))
        summary = ", ".join(f"{n} {_SENTENCES[name]}" for name, n in counts.items() if n)
        surface.note(summary or "no documents were found", style="bold")
        for currency, sums in _sums(told).items():
            stated = ", ".join(f"{name} {amount}" for name, amount in sums.items())
            surface.note(f"stated in {currency}, of what is on the ledger: {stated}")


def _sums(told: Sequence[Told]) -> dict[str, dict[str, str]]:
    """Return by currency what the documents on the ledger state, each document once."""
    sums: dict[str, dict[str, int]] = {}
    standing = {one.record: one for one in told if one.status in {"recorded", "already"}}
    for one in standing.values():
        currency = str(one.face.get("currency", ""))
        if not currency:
            continue
        own = sums.setdefault(currency, {})
        for name, value in one.face.items():
            if name.endswith(_SUM) and isinstance(value, int):
                own[name.removesuffix(_SUM)] = own.get(name.removesuffix(_SUM), 0) + value
    return {
        currency: {name: str(as_amount(minor, currency)) for name, minor in own.items()}
        for currency, own in sorted(sums.items())
    }


def raise_code(told: Sequence[Told]) -> None:
    """End the command: 8 where an outcome is not known, 9 where some were refused."""
    if any(one.status == "unknown" for one in told):
        raise typer.Exit(ExitCode.UNKNOWN)
    if any(one.status in {"refused", "waiting"} for one in told):
        raise typer.Exit(ExitCode.PARTIAL)


def _line(one: Told) -> str:
    parts = [f"{_SENTENCES[one.status]:<13}", one.file]
    if one.status == "recorded":
        parts.append(f"{one.label} at height {one.height}")
    elif one.why:
        parts.append(one.why + (f" [{one.rule}]" if one.rule else ""))
    if one.flags and one.status != "refused":
        parts.append(f"flags: {', '.join(one.flags)}")
    return "  ".join(parts)
