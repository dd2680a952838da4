"""Writes the procurement of a ledger as releases, as records, or one release a line."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import BinaryIO, Final

from tongjian.connectors.exporting import Option, Refused, Source
from tongjian.connectors.ocds.merging import NotMerged
from tongjian.connectors.ocds.releasing import plan_releases, tender_releases
from tongjian.connectors.ocds.stages import moment_text
from tongjian.connectors.ocds.writing import FORMS, Head, write_lines, write_records, write_releases
from tongjian.connectors.strictjson import Json

PREFIX: Final = "ocds-000000"
"""Registered to nobody: whoever publishes asks OCP for a prefix of their own."""
BIDS_EXTENSION: Final = (
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bid_extension/v1.1.5/"
    "extension.json"
)
_PREFIX: Final = re.compile(r"ocds-[0-9a-z]{6}")
_RULE: Final = "OCDS 1.1.5, identifiers: an ocid begins with the publisher's registered prefix"


class OcdsExporter:
    """Exports plans, tenders, awards, contracts and payments."""

    options = (
        Option("form", "Package of releases, package of records, or lines.", FORMS[0], FORMS),
        Option("prefix", "Your registered OCID prefix, as ocds-1a2b3c.", PREFIX),
        Option("publisher", "Name of who publishes.", "Tongjian"),
        Option("uri", "Where the package will be found.", "https://example.org/ocds/package.json"),
        Option("license", "URI of the licence."),
    )

    def export(self, source: Source, out: BinaryIO, wishes: Mapping[str, str]) -> Mapping[str, int]:
        """Write every process of the ledger and return how many releases or records they are."""
        if not _PREFIX.fullmatch(wishes["prefix"]):
            raise Refused(
                f"{wishes['prefix']!r} is no OCID prefix.", _RULE, "Give one as ocds-1a2b3c."
            )
        head = Head(
            wishes["uri"],
            moment_text(source.time_ms),
            {"name": wishes["publisher"]},
            license=wishes["license"],
            extensions=(BIDS_EXTENSION,),
        )
        return self._write(processes(source, wishes["prefix"]), head, out, wishes["form"])

    def _write(
        self, found: Iterator[list[Json]], head: Head, out: BinaryIO, form: str
    ) -> Mapping[str, int]:
        if form == "record-package":
            try:
                return {"records": write_records(out, head, found, versioned=True)}
            except NotMerged as error:
                raise Refused(f"No records: {error.why}.", error.rule, error.next_step) from error
        releases = chain.from_iterable(found)
        if form == "lines":
            return {"releases": write_lines(out, releases)}
        return {"releases": write_releases(out, head, releases)}


def processes(source: Source, prefix: str) -> Iterator[list[Json]]:
    """Yield the releases of each process of the ledger, plans first, oldest release first."""
    yield from plan_releases(source, prefix)
    yield from tender_releases(source, prefix)


exporter: Final = OcdsExporter()
"""What surfaces find."""
