"""The plain documents behind what the ledger holds: e-invoices, and the salts that open them.

They stay with the office that issued them, in `documents` beside the ledger; the ledger has
commitments only. Who is given document and salt can check both against the row.
"""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from tongjian.connectors.einvoice.write import Draft, DraftLine, DraftParty, write_e_invoice
from tongjian.core.hashing import Hash, compute_commitment
from tongjian.core.values import Digest, digest, fen, ppm
from tongjian.demo.firms import InvoiceLine, industries
from tongjian.demo.seeded import Seeded
from tongjian.services.invoice.records import Subtotal

DOCUMENTS_NAME: Final = "documents"
SALTS_NAME: Final = "salts.jsonl"
SALT_BYTES: Final = 32
_PPM_OF_PERCENT: Final = 10_000
_UNITS: Final = {
    (goods.tax_class, goods.name): goods.unit
    for industry in industries().values()
    for goods in industry.goods
}


class Buyer(NamedTuple):
    """Name a buyer: a body by its credit code, a natural person by a pseudonym."""

    name: str
    uscc: str
    """Empty for a natural person."""
    pseudonym: bytes

    @property
    def committed(self) -> bytes:
        """Return what the commitment on the ledger stands for."""
        return self.uscc.encode("ascii") or self.pseudonym


class Paper(NamedTuple):
    """Hold one e-invoice and what opens its commitments."""

    number: str
    seller: str
    """Credit code of the office that keeps it."""
    buyer: Buyer
    subtotals: tuple[Subtotal, ...]
    content: bytes
    """The e-invoice as its parties have it."""
    buyer_salt: bytes
    lines_salt: bytes

    @property
    def net_fen(self) -> int:
        """Return the amount without tax."""
        return sum(part.net_fen for part in self.subtotals)

    @property
    def tax_fen(self) -> int:
        """Return the tax."""
        return sum(part.tax_fen for part in self.subtotals)

    @property
    def total_fen(self) -> int:
        """Return the amount with tax."""
        return self.net_fen + self.tax_fen

    def buyer_commitment(self, hash_: Hash) -> Digest:
        """Return what stands on the ledger for the buyer."""
        return digest(compute_commitment(hash_, self.buyer_salt, self.buyer.committed))

    def lines_commitment(self, hash_: Hash) -> Digest:
        """Return what stands on the ledger for the lines: the whole document, committed to."""
        return digest(compute_commitment(hash_, self.lines_salt, self.content))


class Face(NamedTuple):
    """Hold what stands on the face of an e-invoice before it is written."""

    number: str
    issue_date: dt.date
    seller_name: str
    seller: str
    buyer: Buyer
    lines: tuple[InvoiceLine, ...]
    blue_number: str = ""
    """Of the invoice that a red letter takes back; its amounts are then negative."""


def draft_of(face: Face) -> Draft:
    """Return the draft of a face, from which every format is written."""
    sign = -1 if face.blue_number else 1
    return Draft(
        number=face.number,
        issue_date=face.issue_date,
        seller=DraftParty(face.seller_name, face.seller),
        buyer=DraftParty(face.buyer.name, face.buyer.uscc),
        lines=tuple(
            DraftLine(
                name=line.item,
                unit=_UNITS.get((line.tax_class, line.item), ""),
                quantity=sign * line.quantity,
                price_fen=line.unit_price_fen,
                rate_percent=line.rate_ppm // _PPM_OF_PERCENT,
            )
            for line in face.lines
        ),
        blue_number=face.blue_number,
    )


def make_paper(face: Face, seeded: Seeded) -> Paper:
    """Return the e-invoice of a face with salts of its own.

    Salts come from the seed, so that the same seed gives the same day; an office draws them at
    random (`node.clock.salt`).
    """
    return Paper(
        number=face.number,
        seller=face.seller,
        buyer=face.buyer,
        subtotals=subtotals_of(face.lines),
        content=write_e_invoice(draft_of(face)),
        buyer_salt=draw_bytes(seeded, SALT_BYTES),
        lines_salt=draw_bytes(seeded, SALT_BYTES),
    )


def subtotals_of(lines: tuple[InvoiceLine, ...]) -> tuple[Subtotal, ...]:
    """Return the sums of lines by rate, the lowest rate first, as the ledger has them."""
    by_rate: dict[int, list[InvoiceLine]] = {}
    for line in lines:
        by_rate.setdefault(line.rate_ppm, []).append(line)
    return tuple(
        Subtotal(
            rate_ppm=ppm(rate),
            lines=len(same),
            net_fen=fen(sum(line.amount_fen for line in same)),
            tax_fen=fen(sum(line.tax_fen for line in same)),
        )
        for rate, same in sorted(by_rate.items())
    )


def draw_bytes(seeded: Seeded, size: int) -> bytes:
    """Return so many bytes of the seed, a multiple of eight."""
    return b"".join(seeded.bits().to_bytes(8, "big") for _ in range(size // 8))


def keep_papers(folder: Path, papers: Iterable[Paper]) -> int:
    """Write documents and salts into the folders of their issuers; return how many documents."""
    count = 0
    salts: dict[str, list[str]] = {}
    for paper in papers:
        own = folder / DOCUMENTS_NAME / paper.seller
        if paper.seller not in salts:
            own.mkdir(parents=True, exist_ok=True)
            salts[paper.seller] = []
        (own / f"{paper.number}.xml").write_bytes(paper.content)
        salts[paper.seller].append(_salts_of(paper))
        count += 1
    for seller, lines in salts.items():
        path = folder / DOCUMENTS_NAME / seller / SALTS_NAME
        with path.open("a", encoding="utf-8") as file:
            file.writelines(lines)
        path.chmod(0o600)
    return count


def _salts_of(paper: Paper) -> str:
    record = {
        "number": paper.number,
        "buyer": paper.buyer.uscc or paper.buyer.pseudonym.hex(),
        "buyer_salt": paper.buyer_salt.hex(),
        "lines_salt": paper.lines_salt.hex(),
    }
    return json.dumps(record) + "\n"
