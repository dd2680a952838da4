"""Plans the recording of e-invoices issued elsewhere: each document becomes one act.

The ledger gets the document's key, its sums, its day and salted commitments to the file and to its
content. Names, lines and the file itself stay with the office (PIPL art. 6: no more than needed).
"""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tongjian.connectors.currency import minor_digits
from tongjian.connectors.einvoice.document import (
    AmountRefused,
    Document,
    Unreadable,
    minor_units,
)
from tongjian.connectors.einvoice.read import read_document
from tongjian.connectors.einvoice.walk import walk
from tongjian.connectors.importing import Composed, Declined, Face, Read, Site
from tongjian.core import values
from tongjian.core.hashing import compute_commitment
from tongjian.core.limits import FEN_MAX
from tongjian.services.invoice.acts import RecordForeign
from tongjian.services.invoice.exchange import compute_document_key
from tongjian.services.invoice.records import INVOICES, Invoice
from tongjian.verifier.sm2 import SM2Unavailable

FLAGS_MAX: Final = 16
"""As many as the act takes; a document with more says so in its last flag."""
MORE_FLAGS: Final = "more_flags"


@dataclasses.dataclass(frozen=True)
class _Plan:
    """A document with the numbers that the act takes."""

    document: Document
    total_fen: int
    tax_fen: int
    issued_on: int

    @property
    def face(self) -> Face:
        return {
            "currency": self.document.currency,
            "total_fen": self.total_fen,
            "tax_fen": self.tax_fen,
            "issued_on": self.issued_on,
        }


class EInvoiceImporter:
    """Records e-invoices of every kind that this connector reads."""

    salts = ("holder", "original", "lines")

    def walk(self, paths: Iterable[Path]) -> Iterator[tuple[str, bytes | Declined]]:
        """Yield name and bytes of every document at or below the paths, always in one order."""
        for name, found in walk(paths):
            yield name, _declined(found) if isinstance(found, Unreadable) else found

    def read(self, name: str, data: bytes, site: Site) -> Read | Declined:
        """Read one document and say what would be recorded of it, or why it may not be."""
        try:
            document = read_document(data, name)
            return _read(document, site)
        except Unreadable as error:
            return _declined(error)
        except SM2Unavailable as error:
            return Declined(
                f"Its seal cannot be checked on this machine: {error}.",
                "GM/T 0009: a sealed document is recorded when its seal was checked",
                "Import it where libcrypto has SM2, or install tongjian[sm2].",
            )

    def compose(self, read: Read, data: bytes, site: Site, salts: Mapping[str, bytes]) -> Composed:
        """Return the act that records a document under the given salts."""
        plan: _Plan = read.content
        document = plan.document
        content = content_of(document)
        act = RecordForeign(
            document=read.key[0],
            holder=values.uscc(site.office),
            holder_salt=salts["holder"],
            currency=document.currency,
            total_fen=values.fen(plan.total_fen),
            tax_fen=values.fen(plan.tax_fen),
            issued_on=plan.issued_on,
            original=values.digest(compute_commitment(site.digest, salts["original"], data)),
            lines=values.digest(
                compute_commitment(site.digest, salts["lines"], content.encode("utf-8"))
            ),
            flags=tuple(values.name(flag) for flag in read.flags),
        )
        return Composed(act, {"key": document.key, "syntax": document.syntax, "content": content})

    def face_of(self, row: Invoice) -> Face:
        """Return currency, sums and day of a recorded document."""
        return {
            "currency": row.foreign.currency if row.foreign else "CNY",
            "total_fen": row.total_fen,
            "tax_fen": row.tax_fen,
            "issued_on": row.issued_on,
        }


importer: Final = EInvoiceImporter()
"""What surfaces find."""


def content_of(document: Document) -> str:
    """Return parties, lines and tax rows as the text to which `lines` commits: sorted JSON."""
    parts = {
        name: [dataclasses.asdict(part) for part in getattr(document, name)]
        for name in ("lines", "tax_subtotals", "allowances")
    }
    parties = {name: dataclasses.asdict(getattr(document, name)) for name in ("seller", "buyer")}
    everything = {"key": document.key, **parties, **parts}
    return json.dumps(everything, ensure_ascii=False, sort_keys=True, default=_plain)


def flags_of(document: Document) -> tuple[str, ...]:
    """Return the rules of a document's flags as defined words, each once, in order."""
    names = dict.fromkeys(finding.rule.lower().replace("-", "_")[:32] for finding in document.flags)
    flags = tuple(sorted(names))
    return flags if len(flags) <= FLAGS_MAX else (*flags[: FLAGS_MAX - 1], MORE_FLAGS)


def _read(document: Document, site: Site) -> Read | Declined:
    refused = _why_not(document)
    if refused is not None:
        return refused
    try:
        plan = _plan(document)
    except AmountRefused as error:
        return Declined(_sentence(str(error)), "BR-DEC", "Ask the issuer.", document.key)
    if plan is None:
        return _decline(
            document,
            "It lacks its total, its currency or its day.",
            "EN 16931, BT-2, BT-5, BT-112; Invoice Measures art. 6",
        )
    if not 1 <= plan.total_fen <= FEN_MAX or not 0 <= plan.tax_fen <= FEN_MAX:
        return _decline(
            document,
            "Its total is not above zero, or its tax is below.",
            "invoice.record_foreign: amounts count upwards",
        )
    try:
        key = compute_document_key(site.digest, site.chain, document.key)
    except ValueError as error:
        why, label = _sentence(str(error)), document.key[:80]
        return Declined(why, "invoice.record_foreign", "Ask the issuer.", label)
    return Read(document.key, INVOICES, (key,), plan.face, flags_of(document), plan)


def _why_not(document: Document) -> Declined | None:
    match document.kind:
        case "order" | "not_an_invoice":
            return _decline(
                document,
                f"It is no invoice but {document.syntax}.",
                "only invoices are recorded",
                "Leave it out of the folder.",
            )
        case "credit_note" | "red_letter":
            return _decline(
                document,
                "It takes back what an invoice gave.",
                "invoice.record_foreign records what may be claimed, and a correction may not",
                "Book it beside the invoice that it corrects.",
            )
        case "invoice":
            pass
    if document.errors:
        first = document.errors[0]
        more = f" And {len(document.errors) - 1} more." if len(document.errors) > 1 else ""
        return _decline(document, first.message + more, first.rule, "Ask the issuer to correct it.")
    return None


def _decline(
    document: Document, why: str, rule: str, then: str = "Ask the issuer to correct it."
) -> Declined:
    label = "" if document.kind in {"order", "not_an_invoice"} else document.key
    return Declined(why, rule, then, label)


def _plan(document: Document) -> _Plan | None:
    total, tax, day = document.totals.tax_inclusive, document.totals.tax_total, document.issue_date
    if total is None or day is None or not document.currency:
        return None
    digits = minor_digits(document.currency)
    return _Plan(
        document,
        # Trailing zeros say nothing: 100.00 yen are whole yen.
        minor_units(total.normalize(), digits),
        minor_units((tax or Decimal(0)).normalize(), digits),
        day.year * 10_000 + day.month * 100 + day.day,
    )


def _declined(error: Unreadable) -> Declined:
    return Declined(_sentence(error.why), error.rule, error.next_step)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _plain(value: Any) -> str:
    if isinstance(value, Decimal | dt.date | dt.datetime):
        return str(value)
    msg = f"{type(value).__name__} has no place in what is kept of a document"
    raise TypeError(msg)
