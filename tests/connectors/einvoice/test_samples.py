"""Every published sample gives the outcome that is stated with it."""

import hashlib
from decimal import Decimal

import pytest
from einvoice_files import OFD, ORIGINAL, PDF, SAMPLES, XML, needs_samples, sample

from tongjian.connectors.einvoice import Document, read_document, walk
from tongjian.connectors.einvoice.document import minor_units

pytestmark = needs_samples


def rules(document: Document, severity: str) -> set[str]:
    return {f.rule for f in document.findings if f.severity == severity}


def test_the_signed_invoice_is_verified_and_its_seller_flagged() -> None:
    document = read_document(sample(OFD), "999.ofd")
    assert (document.syntax, document.kind, document.container) == (
        "e-invoice/2019",
        "invoice",
        "OFD",
    )
    (seal,) = document.seals
    assert (seal.digests_matching, seal.digests_stated) == (20, 20)
    assert seal.signature_valid
    assert seal.maker_signature_valid
    assert "全国统一发票监制章" in seal.signer_subject
    assert seal.signer_serial == "30000006e3d"
    assert (seal.signer_valid_from.year, seal.signer_valid_until.year) == (2020, 2030)
    assert not document.errors
    assert rules(document, "flag") == {"SES-CHAIN", "CN-USCC"}
    assert document.is_recordable


def test_the_signed_invoice_has_its_hundred_lines_and_totals() -> None:
    document = read_document(sample(OFD), "999.ofd")
    assert len(document.lines) == 100
    totals = document.totals
    assert totals.tax_exclusive is not None
    assert totals.tax_total is not None
    assert totals.tax_inclusive is not None
    assert minor_units(totals.tax_exclusive) == 10_000_00
    assert minor_units(totals.tax_total) == 600_00
    assert minor_units(totals.tax_inclusive) == 10_600_00
    assert document.key == "cn:05000170011112235358"
    assert document.issue_date is not None
    assert document.issue_date.isoformat() == "2020-08-05"
    assert document.seller.tax_id == "91500102563638729E"


def test_no_message_quotes_a_party() -> None:
    document = read_document(sample(OFD), "999.ofd")
    text = " ".join(f.message for f in document.findings)
    for secret in ("91500102563638729E", document.seller.name, "任盈盈"):
        assert secret not in text


def test_the_attachment_alone_says_the_same_but_that_nobody_sealed_it() -> None:
    sealed, alone = (read_document(sample(name), name) for name in (OFD, ORIGINAL))
    assert alone.key == sealed.key
    assert alone.lines == sealed.lines
    assert alone.totals == sealed.totals
    assert rules(alone, "flag") == {"CN-SEAL", "CN-USCC"}
    assert alone.seals == ()


def test_the_digests_are_of_the_bytes_received() -> None:
    for name in (OFD, PDF, f"{XML}/ubl-21-en16931.xml", "ofd/seal-v4.esl"):
        data = sample(name)
        document = read_document(data, name)
        assert document.sha256 == hashlib.sha256(data).digest()
        assert document.sm3 == hashlib.new("sm3", data).digest()


def test_the_other_sealed_package_is_valid_and_no_invoice() -> None:
    document = read_document(sample("ofd/ses-v4-signed.ofd"), "x")
    (seal,) = document.seals
    assert (seal.digests_matching, seal.digests_stated) == (5, 5)
    assert seal.signature_valid
    assert seal.maker_signature_valid
    assert document.kind == "not_an_invoice"
    assert not document.is_recordable
    assert not document.errors
    # Its certificates and its seal had expired in 2022; it was signed in 2026.
    assert rules(document, "flag") == {"SES-CHAIN", "SES-PERIOD"}


def test_the_package_with_a_signed_list_has_a_valid_signature() -> None:
    document = read_document(sample("ofd/integrity-protected.ofd"), "x")
    (report,) = document.seals
    assert report.kind == "file_list"
    assert report.signature_valid
    assert document.kind == "not_an_invoice"
    assert not document.errors
    assert rules(document, "flag") == {"SES-CHAIN"}


@pytest.mark.parametrize(
    ("name", "version"),
    [("seal-v4.esl", 4), ("seal-v5.esl", 5), ("seal-v5-timestamp.esl", 5)],
)
def test_a_seal_file_is_read_and_its_maker_verified(name: str, version: int) -> None:
    document = read_document(sample(f"ofd/{name}"), name)
    (seal,) = document.seals
    assert (seal.kind, seal.version) == ("seal", version)
    assert seal.signature_valid
    assert seal.signer_valid_until.year == 2022
    assert seal.signed_at is None
    assert document.kind == "not_an_invoice"
    assert rules(document, "flag") == {"SES-CHAIN"}


@pytest.mark.parametrize(
    ("name", "version"), [("signed-value-v4.dat", 4), ("signed-value-v5.dat", 5)]
)
def test_a_signed_seal_alone_is_verified_but_for_its_document(name: str, version: int) -> None:
    document = read_document(sample(f"ofd/{name}"), name)
    (seal,) = document.seals
    assert (seal.kind, seal.version) == ("signed_seal", version)
    assert seal.signature_valid
    assert seal.maker_signature_valid
    assert seal.signed_at is not None
    assert {"SES-CHAIN", "SES-DIGEST"} <= rules(document, "flag")
    assert not document.errors


def test_a_part_of_a_package_is_named_as_such() -> None:
    document = read_document(sample("ofd/signature.xml"), "signature.xml")
    assert (document.syntax, document.kind) == ("OFD Signature", "not_an_invoice")


@pytest.mark.parametrize("name", ["ubl-21-en16931.xml", "ubl-21-extended-ctc-fr.xml"])
def test_ubl_has_the_totals_it_states_and_breaks_no_rule(name: str) -> None:
    document = read_document(sample(f"{XML}/{name}"), name)
    totals = document.totals
    assert document.syntax == "UBL 2.1"
    assert len(document.lines) == 2
    assert totals.line_total == totals.tax_exclusive == Decimal("273.00")
    assert totals.allowance_total == totals.charge_total == Decimal("5.50")
    assert totals.tax_total == Decimal("35.03")
    assert totals.tax_inclusive == Decimal("308.03")
    assert totals.prepaid == Decimal("100.00")
    assert totals.payable == Decimal("208.03")
    assert document.preceding == ("F124211", "F124210")
    assert document.key == "en:FR11999999998|F124212|2026-06-17"
    assert document.findings == ()


@pytest.mark.parametrize(
    ("name", "lines", "notes"),
    [
        ("factur-x-minimum.xml", 0, {"PROFILE"}),
        ("factur-x-basicwl.xml", 0, {"PROFILE"}),
        ("factur-x-basic.xml", 3, set[str]()),
        ("factur-x-en16931.xml", 3, set[str]()),
        ("factur-x-extended.xml", 3, set[str]()),
    ],
)
def test_factur_x_is_the_same_invoice_in_every_profile(
    name: str, lines: int, notes: set[str]
) -> None:
    document = read_document(sample(f"{XML}/{name}"), name)
    assert document.syntax == "CII D16B"
    assert len(document.lines) == lines
    assert document.totals.tax_exclusive == Decimal("100.00")
    assert document.totals.tax_total == Decimal("4.90")
    assert document.totals.payable == Decimal("104.90")
    assert document.key == "en:FR11123456782|F20260023|2026-01-31"
    assert {f.rule for f in document.findings} == rules(document, "note") == notes


def test_the_pdf_carries_the_same_invoice_as_the_xml() -> None:
    document = read_document(sample(PDF), "invoice.pdf")
    xml = read_document(sample(f"{XML}/factur-x-en16931.xml"), "x")
    assert document.container == "PDF"
    assert document.key == xml.key
    assert document.totals == xml.totals
    assert rules(document, "note") == {"PDF-PAGE"}
    assert document.is_recordable


@pytest.mark.parametrize(
    ("name", "total", "lines"),
    [
        ("zugferd-basic.xml", "235.62", 1),
        ("zugferd-comfort.xml", "529.87", 2),
        ("zugferd-extended.xml", "1256.70", 6),
    ],
)
def test_zugferd_1_adds_up_and_is_flagged_as_the_test_it_says_it_is(
    name: str, total: str, lines: int
) -> None:
    document = read_document(sample(f"{XML}/{name}"), name)
    assert document.syntax == "ZUGFeRD 1.0"
    assert len(document.lines) == lines
    assert document.totals.tax_inclusive == Decimal(total)
    assert not document.errors
    assert rules(document, "flag") == {"CII-TEST"}
    assert rules(document, "note") == {"PROFILE"}


@pytest.mark.parametrize("name", ["order-x-basic.xml", "order-x-comfort.xml"])
def test_an_order_is_reported_as_an_order(name: str) -> None:
    document = read_document(sample(f"{XML}/{name}"), name)
    assert (document.syntax, document.kind) == ("Order-X", "order")
    assert document.number == "PO123456789"
    assert not document.is_recordable
    assert document.key.startswith("sha-256:")


def test_every_sample_is_read_without_an_error() -> None:
    found = list(walk([SAMPLES]))
    assert len(found) == 23
    for name, data in found:
        assert isinstance(data, bytes)
        document = read_document(data, name)
        assert document.errors == ()
        assert document.is_recordable is (document.kind == "invoice")
