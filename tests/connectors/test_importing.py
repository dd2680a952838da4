"""What an importer plans of a document, and what an office keeps of it."""

import dataclasses
import stat
from pathlib import Path

import pytest
from einvoice_files import BLUE, RED

from tongjian.connectors.einvoice.document import Document, Finding
from tongjian.connectors.einvoice.importer import FLAGS_MAX, MORE_FLAGS, flags_of, importer
from tongjian.connectors.einvoice.read import read_document
from tongjian.connectors.einvoice.write import write_digital, write_e_invoice, write_ubl
from tongjian.connectors.importing import Declined, Read, Site, differences, verbs
from tongjian.connectors.keeping import DocumentFolder, KeptDamaged
from tongjian.core.encoding import decode, encode
from tongjian.core.hashing import compute_commitment, sha256
from tongjian.services.invoice.acts import RecordForeign
from tongjian.services.invoice.records import INVOICES

SITE = Site(chain=bytes(32), digest=sha256, office="91990106MA7K3D2102")
SALTS = {name: bytes([number]) * 32 for number, name in enumerate(importer.salts)}


def planned(data: bytes) -> Read:
    read = importer.read("a document", data, SITE)
    assert isinstance(read, Read), read
    return read


def act_of(data: bytes) -> RecordForeign:
    composed = importer.compose(planned(data), data, SITE, SALTS)
    return decode(RecordForeign, encode(composed.act))


def declined(data: bytes) -> Declined:
    read = importer.read("a document", data, SITE)
    assert isinstance(read, Declined), read
    return read


def test_every_verb_leads_to_an_importer() -> None:
    known = {(verb.service, verb.name): verb for verb in verbs()}
    assert known["invoice", "import"].load() is importer
    assert len(known) == len(verbs()), "no verb of a service is declared twice"
    for verb in verbs():
        assert verb.load() is not None


def test_one_document_in_two_formats_is_one_row() -> None:
    one, other = planned(write_e_invoice(BLUE)), planned(write_digital(BLUE))
    assert (one.table, one.key) == (other.table, other.key) == (INVOICES, (BLUE.number,))
    assert differences(one.face, other.face) == []


def test_another_sum_under_the_same_number_is_a_difference() -> None:
    lines = (dataclasses.replace(BLUE.lines[0], quantity=21),)
    dearer = dataclasses.replace(BLUE, lines=lines)
    told = differences(planned(write_digital(dearer)).face, planned(write_digital(BLUE)).face)
    assert [text.split()[0] for text in told] == ["total_fen", "tax_fen"]


def test_the_act_has_the_sums_and_the_day_and_commits_to_file_and_content() -> None:
    data = write_e_invoice(BLUE)
    act = act_of(data)
    assert (act.document, act.holder, act.currency) == (BLUE.number, SITE.office, "CNY")
    assert (act.total_fen, act.tax_fen) == (BLUE.net_fen + BLUE.tax_fen, BLUE.tax_fen)
    assert act.issued_on == 20260504
    assert act.original == compute_commitment(sha256, SALTS["original"], data)
    kept = importer.compose(planned(data), data, SITE, SALTS).kept
    content = kept["content"].encode("utf-8")
    assert act.lines == compute_commitment(sha256, SALTS["lines"], content)
    assert BLUE.lines[0].name in kept["content"]
    assert BLUE.buyer.name.encode() not in encode(act)


def test_the_same_document_and_salts_give_the_same_act() -> None:
    assert act_of(write_digital(BLUE)) == act_of(write_digital(BLUE))


def test_a_ledger_does_not_say_who_supplied_whom() -> None:
    draft = dataclasses.replace(BLUE, number="F-1")
    (key,) = planned(write_ubl(draft)).key
    elsewhere = dataclasses.replace(SITE, chain=b"\x01" * 32)
    other = importer.read("a document", write_ubl(draft), elsewhere)
    assert isinstance(other, Read)
    assert len(key) == 64
    assert other.key != (key,)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (write_digital(RED), "invoice.record_foreign"),
        (b"Dear Sir or Madam", "known kinds"),
        (write_digital(BLUE).replace(b"1130000.00", b"1130000.01"), "CN-"),
        (b"", "known kinds"),
    ],
)
def test_what_may_not_be_recorded_is_declined_with_its_rule(data: bytes, rule: str) -> None:
    told = declined(data)
    assert rule in told.rule
    assert told.why.endswith((".", "more."))
    assert told.then


@pytest.mark.parametrize(
    ("currency", "units"), [("JPY", 1_130_000), ("CNY", 113_000_000), ("KWD", 1_130_000_000)]
)
def test_minor_units_are_those_of_the_currency(currency: str, units: int) -> None:
    data = write_ubl(BLUE).replace(b"CNY", currency.encode())
    assert planned(data).face["total_fen"] == units


def test_flags_are_defined_words_and_end_where_the_act_does() -> None:
    document: Document = read_document(write_e_invoice(BLUE), "a document")
    many = tuple(Finding(f"CN-{n:02d}", "flag", "Look.") for n in range(30))
    flags = flags_of(dataclasses.replace(document, findings=many))
    assert len(flags) == FLAGS_MAX
    assert flags[0] == "cn_00"
    assert flags[-1] == MORE_FLAGS
    twice = (Finding("CN-USCC", "flag", "Seller."), Finding("CN-USCC", "flag", "Buyer."))
    assert flags_of(dataclasses.replace(document, findings=twice)) == ("cn_uscc",)


# ---------------------------------------------------------------------------------------- keeping


def test_what_is_kept_can_be_found_by_key_and_by_file(tmp_path: Path) -> None:
    kept = DocumentFolder(tmp_path / "documents")
    assert kept.known_files() == {}
    assert kept.salts("one") is None
    kept.keep("one", b"document", SALTS, {"key": "cn:1"})
    assert kept.salts("one") == SALTS
    assert kept.known_files() == {sha256(b"document").hex(): "one"}
    assert (kept.entry("one") or {})["key"] == "cn:1"
    for path in (tmp_path / "documents").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept.keep("one", b"document", dict.fromkeys(SALTS, bytes(32)), {"key": "cn:1"})
    assert kept.salts("one") == dict.fromkeys(SALTS, bytes(32))


@pytest.mark.parametrize("text", ["", "{}", '{"format": "x", "file": ""}', "[1]"])
def test_a_damaged_entry_is_never_taken_for_a_new_one(tmp_path: Path, text: str) -> None:
    kept = DocumentFolder(tmp_path)
    (tmp_path / "one.json").write_text(text)
    with pytest.raises(KeptDamaged):
        kept.salts("one")
    with pytest.raises(KeptDamaged):
        kept.known_files()


def test_salts_that_are_no_salts_are_damage(tmp_path: Path) -> None:
    kept = DocumentFolder(tmp_path)
    kept.keep("one", b"document", SALTS, {"salts": ["no", "salts"]})
    with pytest.raises(KeptDamaged):
        kept.salts("one")
