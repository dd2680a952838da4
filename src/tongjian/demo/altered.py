"""Fraud b: the amount on the document is raised, in the hand, in the file, and under the seal."""

import datetime as dt

from tongjian.connectors.einvoice import read_document
from tongjian.connectors.einvoice.archive import unpack
from tongjian.connectors.einvoice.write import Draft, write_ubl
from tongjian.connectors.einvoice.write_ofd import make_sealer, pack, write_ofd
from tongjian.core.calendar import legal_date
from tongjian.core.values import fen
from tongjian.demo.day import day_number
from tongjian.demo.desk import PROBE, Desk
from tongjian.demo.papers import Paper, draft_of
from tongjian.demo.stage import Stage
from tongjian.demo.told import Fraud, Try, expect, yuan
from tongjian.services.invoice.records import service
from tongjian.services.invoice.views import Match, Verdict
from tongjian.verifier.sm2 import SM2Unavailable

RAISE_FEN = 4_000_000
_XML = "Doc_0/Attachs/original_invoice.xml"


def altered_amount(desk: Desk) -> Fraud:
    """Raise the amount on the document: it no longer matches, and its file contradicts itself."""
    stage, seller = desk.stage, desk.stage.city.member("haiming")
    face = desk.face(seller, desk.hospital, PROBE)
    paper = desk.issued(seller, face)
    raised_fen = paper.total_fen + RAISE_FEN
    tries: list[Try] = []
    for total_fen, expected in ((paper.total_fen, "valid"), (raised_fen, "not_found")):
        answer = ask_match(stage, paper, total_fen)
        expect(answer == expected, f"{yuan(total_fen)} is answered {answer}, not {expected}")
        tried = f"invoice {paper.number} over {yuan(total_fen)}, asked of the ledger"
        tries.append(Try(tried, answer.replace("_", " ")))
    draft = draft_of(face)
    tries.append(_altered_ubl(draft, raised_fen))
    tries.append(_altered_ofd(draft, raised_fen))
    return Fraud("b", "篡改金额", "an altered amount", tuple(tries))


def ask_match(stage: Stage, paper: Paper, total_fen: int) -> str:
    """Ask whether an invoice with a paper's number and day and a total is on the ledger."""
    asked = Match(
        number=paper.number,
        issued_on=day_number(legal_date(stage.clock())),
        total_fen=fen(total_fen),
    )
    query = next(query for query in service.queries if query.name == "match")
    verdict: Verdict = stage.ask(query, asked)
    return verdict.answer


def _altered_ubl(draft: Draft, raised_fen: int) -> Try:
    data = write_ubl(draft)
    altered = data.replace(_written(draft.total_fen), _written(raised_fen))
    return _refused_at_import("its UBL file with the total raised, imported", data, altered)


def _altered_ofd(draft: Draft, raised_fen: int) -> Try:
    """Change the XML under the seal of an OFD package."""
    tried = "its sealed OFD file with the total raised, imported"
    at = dt.datetime.combine(draft.issue_date, dt.time(), dt.UTC)
    try:
        data = write_ofd(draft, make_sealer("海明科技发票专用章", at), at)
    except SM2Unavailable:
        return Try(tried, "not tried: this machine has no SM2, so no seal can be made")
    files = unpack(data, "invoice.ofd")
    files[_XML] = files[_XML].replace(_written(draft.total_fen), _written(raised_fen))
    return _refused_at_import(tried, data, pack(files))


def _refused_at_import(tried: str, data: bytes, altered: bytes) -> Try:
    """Return why an altered file is not recorded; the file as issued must be without errors."""
    expect(altered != data, f"{tried}: nothing was altered")
    errors = read_document(data, "as-issued").errors
    expect(not errors, f"{tried}: the file as issued has errors, such as {errors[:1]}")
    errors = read_document(altered, "altered").errors
    expect(bool(errors), f"{tried}: the altered file has no error")
    first = errors[0]
    return Try(tried, f"not recorded, {first.rule}", first.message)


def _written(amount_fen: int) -> bytes:
    return f"{amount_fen // 100}.{amount_fen % 100:02d}".encode()
