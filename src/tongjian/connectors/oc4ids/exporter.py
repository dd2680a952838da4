"""Writes the projects of a ledger as one package of OC4IDS, a project at a time."""

import re
from collections.abc import Mapping
from typing import BinaryIO, Final

from tongjian.connectors.exporting import Option, Refused, Source
from tongjian.connectors.oc4ids.projects import Ledger, project_of
from tongjian.connectors.ocds.stages import moment_text
from tongjian.connectors.strictjson import Json, encode
from tongjian.services.treasury.records import PROJECTS

PREFIX: Final = "oc4ids-000000"
"""Registered to nobody: whoever publishes asks for a prefix of their own."""
VERSION: Final = "0.9"
_PREFIX: Final = re.compile(r"oc4ids-[0-9a-z]{6}")
_YUAN: Final = re.compile(r"[0-9]{1,14}(\.[0-9]{1,2})?")
_RULE: Final = "OC4IDS 0.9, identifiers: a project id begins with the publisher's prefix"


class Oc4idsExporter:
    """Exports projects with their budget, contracts, changes, milestones and payments."""

    options = (
        Option("prefix", "Your registered project prefix, as oc4ids-1a2b3c.", PREFIX),
        Option("publisher", "Name of who publishes.", "Tongjian"),
        Option(
            "uri", "Where the package will be found.", "https://example.org/oc4ids/package.json"
        ),
        Option("license", "URI of the licence."),
        Option("least", "Yuan from which on a payment is published.", "10000.00"),
    )

    def export(self, source: Source, out: BinaryIO, wishes: Mapping[str, str]) -> Mapping[str, int]:
        """Write every project and return how many there were; of none, nothing is written."""
        prefix = wishes["prefix"]
        if not _PREFIX.fullmatch(prefix):
            raise Refused(f"{prefix!r} is no prefix.", _RULE, "Give one as oc4ids-1a2b3c.")
        if not _YUAN.fullmatch(wishes["least"]):
            raise Refused(
                f"{wishes['least']!r} is no amount in yuan.",
                "Budget Law art. 14: what is published has a threshold",
                "Give one as 10000.00.",
            )
        ledger = Ledger(source, _fen(wishes["least"]))
        count = 0
        for (code,), row in source.rows(PROJECTS):
            out.write(b"," if count else self._head(source, wishes))
            out.write(encode(project_of(ledger, prefix, code, row)))
            count += 1
        if count:
            out.write(b"]}\n")
        return {"projects": count}

    def _head(self, source: Source, wishes: Mapping[str, str]) -> bytes:
        head: Json = {
            "version": VERSION,
            "uri": wishes["uri"],
            "publishedDate": moment_text(source.time_ms),
            "publisher": {"name": wishes["publisher"]},
        }
        if wishes["license"]:
            head["license"] = wishes["license"]
        return encode(head).rstrip().removesuffix(b"}") + b',"projects":['


def _fen(yuan: str) -> int:
    whole, _, cents = yuan.partition(".")
    return int(whole) * 100 + int((cents + "00")[:2])


exporter: Final = Oc4idsExporter()
"""What surfaces find."""
