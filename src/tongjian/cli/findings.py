"""What a check of a ledger finds: one line each, with what to do where it is not well."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

State = Literal["ok", "note", "bad", "damaged"]
STYLES: Final = {"ok": "green", "note": "yellow", "bad": "bold red", "damaged": "bold red"}
REPAIR: Final = "tongjian doctor --repair"
RESTORE: Final = "restore blocks.log from a backup or another node; a receipt tells which is right"


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    `note` is worth knowing; `bad` must be mended by hand; `damaged` says that stored bytes are not
    what was written.
    """

    check: str
    state: State
    text: str
    then: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it for machines."""
        return {"check": self.check, "state": self.state, "text": self.text, "next": self.then}

    @staticmethod
    def from_json(fields: dict[str, Any]) -> "Finding":
        """Read back what `as_json` wrote."""
        return Finding(fields["check"], fields["state"], fields["text"], fields["next"])


Findings = Iterator[Finding]


def ok(check: str, text: str) -> Finding:
    """Return a check that found all well."""
    return Finding(check, "ok", text)
