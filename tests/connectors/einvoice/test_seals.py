"""A sealed package cannot be altered unseen, and the limits of that statement are tested too.

Not under the seal of the published sample are: the ZIP directory (times, attributes, comments),
the entry OFD.xml, and the index Signatures.xml. What a change there may do is said precisely in
`test_any_byte_of_the_archive_changed_…`: it is refused, or an error, or reads as the same record
over the same sealed bytes.
"""

import base64
import dataclasses
import datetime as dt
import functools
import hashlib

import pytest
from einvoice_files import BLUE, OFD, SEALED_AT, START, needs_samples, sample, sealer
from hypothesis import given
from hypothesis import strategies as st

from tongjian.connectors.einvoice import Document, Unreadable, read_document, ses
from tongjian.connectors.einvoice.archive import unpack
from tongjian.connectors.einvoice.asn1 import core
from tongjian.connectors.einvoice.write_ofd import (
    make_certificate,
    make_seal,
    pack,
    seal_files,
    sign_seal,
    write_ofd,
)
from tongjian.verifier import sm2

INVOICE = "Doc_0/Attachs/original_invoice.xml"
SIGNATURE = "Doc_0/Signs/Sign_0/Signature.xml"
VALUE = "Doc_0/Signs/Sign_0/SignedValue.dat"
UNSEALED = {"OFD.xml", "Doc_0/Signs/Signatures.xml", SIGNATURE, VALUE}


@functools.cache
def files() -> dict[str, bytes]:
    return unpack(sample(OFD), "sample")


@functools.cache
def own_files() -> dict[str, bytes]:
    return unpack(write_ofd(BLUE, sealer(), SEALED_AT), "own")


def read(changed: dict[str, bytes]) -> Document:
    return read_document(pack(changed), "x")


def errors(document: Document) -> set[str]:
    return {f.rule for f in document.errors}


def record(document: Document) -> Document:
    """Return the record without the digests of the archive, which any change alters."""
    return dataclasses.replace(document, sha256=b"", sm3=b"")


@needs_samples
def test_packing_again_changes_nothing_but_the_archive() -> None:
    assert record(read(files())) == record(read_document(sample(OFD), "x"))


@needs_samples
def test_an_altered_amount_is_found_by_its_digest() -> None:
    changed = files()[INVOICE].replace(b">100.00<", b">900.00<", 1)
    document = read(files() | {INVOICE: changed})
    assert "OFD-DIGEST" in errors(document)
    assert "OFD-SEAL" in errors(document)
    assert document.seals[0].digests_matching == 19


@needs_samples
def test_an_amount_altered_together_with_its_digest_is_found_by_the_seal() -> None:
    """The forger recomputes the reference; the seal holds the digest of the references."""
    old = files()[INVOICE]
    new = old.replace(b"10600.00", b"90600.00").replace(b"10000.00", b"90000.00")
    before, after = (base64.b64encode(hashlib.new("sm3", data).digest()) for data in (old, new))
    signature = files()[SIGNATURE].replace(before, after)
    document = read(files() | {INVOICE: new, SIGNATURE: signature})
    assert {"SES-DIGEST", "OFD-SEAL"} <= errors(document)
    assert "OFD-DIGEST" not in errors(document)


@needs_samples
def test_an_altered_entry_is_found_by_comparison() -> None:
    for old, new in (("10600.00", "10600.01"), ("财天下", "财地下"), ("08月05", "08月06")):
        entry = files()["OFD.xml"].replace(old.encode(), new.encode())
        assert errors(read(files() | {"OFD.xml": entry})) == {"OFD-ENTRY"}


@needs_samples
def test_a_stripped_seal_is_an_error() -> None:
    entry = files()["OFD.xml"]
    start, end = entry.index(b"<ofd:Signatures>"), entry.index(b"</ofd:DocBody>")
    document = read(files() | {"OFD.xml": entry[:start] + entry[end:]})
    assert errors(document) == {"OFD-SEAL"}
    assert not document.is_recordable


@needs_samples
def test_an_invoice_put_beside_the_sealed_one_is_an_error() -> None:
    """The entry, which no seal covers, is led to another document with another invoice."""
    added = {
        "Doc_1/Document.xml": files()["Doc_0/Document.xml"],
        "Doc_1/Attachs/Attachments.xml": files()["Doc_0/Attachs/Attachments.xml"],
        "Doc_1/Attachs/original_invoice.xml": files()[INVOICE].replace(b"10600.00", b"90600.00"),
        "OFD.xml": files()["OFD.xml"].replace(b"Doc_0/Document.xml", b"Doc_1/Document.xml"),
    }
    document = read(files() | added)
    assert "OFD-SEAL" in errors(document)
    assert "OFD-UNSEALED" in {f.rule for f in document.flags}


@needs_samples
def test_a_file_added_without_being_sealed_is_flagged() -> None:
    document = read(files() | {"Doc_0/Res/other.png": b"?"})
    assert not document.errors
    assert "OFD-UNSEALED" in {f.rule for f in document.flags}


@needs_samples
def test_two_invoices_in_one_package_are_refused() -> None:
    attachments = files()["Doc_0/Attachs/Attachments.xml"].replace(
        b"</ofd:Attachments>",
        b'<ofd:Attachment ID="9"><ofd:FileLoc>other.xml</ofd:FileLoc></ofd:Attachment>'
        b"</ofd:Attachments>",
    )
    changed = {
        "Doc_0/Attachs/Attachments.xml": attachments,
        "Doc_0/Attachs/other.xml": files()[INVOICE],
    }
    with pytest.raises(Unreadable, match="several invoices"):
        read(files() | changed)


@needs_samples
@pytest.mark.parametrize("name", ["OFD.xml", INVOICE, SIGNATURE, VALUE, "Doc_0/Document.xml"])
def test_a_missing_file_is_an_error_or_unreadable(name: str) -> None:
    try:
        document = read({key: data for key, data in files().items() if key != name})
    except Unreadable:
        return
    assert document.errors


@needs_samples
@given(st.data())
def test_any_byte_of_the_archive_changed_is_refused_or_touches_nothing_sealed(
    data: st.DataObject,
) -> None:
    original = sample(OFD)
    place = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        document = read_document(bytes(changed), "x")
    except Unreadable:
        return
    if document.errors:
        return
    assert record(document) == record(read_document(original, "x"))
    found = unpack(bytes(changed), "x")
    assert all(found[name] == content for name, content in files().items() if name not in UNSEALED)


@needs_samples
@given(st.data())
def test_any_byte_of_a_sealed_file_changed_is_an_error_or_unreadable(data: st.DataObject) -> None:
    """Repacked, so that no checksum of the archive helps."""
    name = data.draw(st.sampled_from(sorted(files().keys() - UNSEALED | {SIGNATURE, VALUE})))
    changed = bytearray(files()[name])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        document = read(files() | {name: bytes(changed)})
    except Unreadable:
        return
    assert document.errors


@needs_samples
@given(st.data())
def test_any_byte_of_an_unsealed_file_changed_is_refused_or_reads_the_same(
    data: st.DataObject,
) -> None:
    name = data.draw(st.sampled_from(["OFD.xml", "Doc_0/Signs/Signatures.xml"]))
    changed = bytearray(files()[name])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        document = read(files() | {name: bytes(changed)})
    except Unreadable:
        return
    assert document.errors or record(document) == record(read(files()))


@needs_samples
def test_a_signed_list_does_not_let_files_in_or_out() -> None:
    listed = unpack(sample("ofd/integrity-protected.ofd"), "x")
    assert errors(read(listed | {"Doc_0/smuggled.xml": b"<r/>"})) == {"GM-0099-LIST"}
    gone = {name: data for name, data in listed.items() if name != "Doc_0/PublicRes.xml"}
    assert errors(read(gone)) == {"GM-0099-LIST"}
    entries = listed["OFDEntries.xml"].replace(b'ID="2"', b'ID="7"')
    assert errors(read(listed | {"OFDEntries.xml": entries})) == {"GM-0099-SIGN"}


@needs_samples
@given(st.data())
def test_content_key_and_signature_of_a_signed_list_are_bound_to_each_other(
    data: st.DataObject,
) -> None:
    """Names and algorithms that stand beside them are not under the signature."""
    listed = unpack(sample("ofd/integrity-protected.ofd"), "x")
    original = listed["signedvalue.dat"]
    content = original.index(hashlib.new("sm3", listed["OFDEntries.xml"]).digest())
    key = original.index(b"\x03\x42\x00\x04")
    ranges = ((content, content + 32), (key, key + 68), (len(original) - 70, len(original)))
    place = data.draw(st.sampled_from(ranges).flatmap(lambda r: st.integers(r[0], r[1] - 1)))
    changed = bytearray(original)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        document = read(listed | {"signedvalue.dat": bytes(changed)})
    except Unreadable:
        return
    assert errors(document) == {"GM-0099-SIGN"}


def test_our_own_sealed_invoice_is_valid_but_for_its_chain() -> None:
    document = read(own_files())
    assert not document.errors
    assert {f.rule for f in document.flags} == {"SES-CHAIN"}
    assert document.seals[0].covered == own_files().keys() - UNSEALED
    assert document.key == f"cn:{BLUE.number}"


def test_a_seal_that_does_not_cover_the_invoice_is_an_error() -> None:
    partial = {name: data for name, data in own_files().items() if name not in UNSEALED}
    seal = seal_files({k: v for k, v in partial.items() if k != INVOICE}, sealer(), SEALED_AT)
    document = read(own_files() | seal)
    assert errors(document) == {"OFD-SEAL"}


def test_a_seal_put_on_by_a_stranger_is_an_error() -> None:
    """A key with a certificate of the same name uses the seal, which does not list it."""
    secret, public = sm2.generate_key()
    stranger = dataclasses.replace(
        sealer(),
        signer_secret=secret,
        signer_der=make_certificate(sealer().seal_name, secret, public, START),
    )
    value = sign_seal(own_files()[SIGNATURE], stranger, SEALED_AT)
    assert "SES-SIGNER" in errors(read(own_files() | {VALUE: value}))


def test_a_seal_made_by_nobody_is_an_error() -> None:
    secret, _ = sm2.generate_key()
    forged = make_seal(sealer().seal_name, secret, sealer().maker_der, sealer().signer_der, START)
    sealing = dataclasses.replace(sealer(), seal_der=forged)
    document = read(own_files() | {VALUE: sign_seal(own_files()[SIGNATURE], sealing, SEALED_AT)})
    assert "SES-SEAL" in errors(document)
    assert not document.seals[0].maker_signature_valid
    assert document.seals[0].signature_valid


def rebuilt(**changes: object) -> bytes:
    """Return our signed seal with parts replaced, signed anew by nobody."""
    parsed = ses.SIGNED_SEAL.load(own_files()[VALUE])
    names = ("to_sign", "cert", "algorithm", "signature")
    parts = {name: parsed[name] for name in names} | changes
    der: bytes = ses.SIGNED_SEAL(parts).dump()
    return der


def test_a_signature_that_is_not_the_signers_is_an_error() -> None:
    other = sm2.der_from_raw(sm2.sign(sealer().signer_secret, b"another document"))
    document = read(own_files() | {VALUE: rebuilt(signature=other)})
    assert errors(document) == {"SES-SIGN", "OFD-SEAL"}
    assert not document.seals[0].signature_valid
    assert document.seals[0].maker_signature_valid


def test_a_signature_in_loose_der_is_an_error() -> None:
    der = ses.SIGNED_SEAL.load(own_files()[VALUE])["signature"].native
    loose = b"\x30\x81" + der[1:]
    assert "SES-SIGN" in errors(read(own_files() | {VALUE: rebuilt(signature=loose)}))


def test_another_signature_algorithm_is_an_error() -> None:
    value = rebuilt(algorithm="1.2.840.10045.4.3.2")
    assert "SES-SIGN" in errors(read(own_files() | {VALUE: value}))


def test_a_time_stamp_is_flagged_as_not_verified() -> None:
    stamp = core.BitString((0, 1), explicit=0)
    document = read(own_files() | {VALUE: rebuilt(time_stamp=core.Any(stamp))})
    assert not document.errors
    assert {f.rule for f in document.flags} == {"SES-CHAIN", "SES-TIMESTAMP"}


def test_a_certificate_without_an_sm2_key_is_unreadable() -> None:
    curve = bytes.fromhex("06082a811ccf5501822d")
    other = sealer().signer_der.replace(curve, bytes.fromhex("06082a8648ce3d030107"))
    assert other != sealer().signer_der
    with pytest.raises(Unreadable):
        read(own_files() | {VALUE: rebuilt(cert=other)})


def test_a_seal_may_name_its_signers_by_digest() -> None:
    parsed = ses.SEAL.load(sealer().seal_der)
    digest = hashlib.new("sm3", sealer().signer_der).digest()
    about = parsed["info"]["property"]
    about["cert_list_type"] = 2
    about["cert_list"] = ses.CERT_DIGESTS([{"type": "SM3", "value": digest}])
    info = parsed["info"].dump(force=True)
    parsed["signature"] = sm2.der_from_raw(sm2.sign(sealer().maker_secret, info))
    sealing = dataclasses.replace(sealer(), seal_der=parsed.dump(force=True))
    document = read(own_files() | {VALUE: sign_seal(own_files()[SIGNATURE], sealing, SEALED_AT)})
    assert not document.errors


@needs_samples
def test_another_seal_file_beside_the_signed_seal_is_an_error() -> None:
    other = unpack(sample("ofd/ses-v4-signed.ofd"), "x")
    other["Doc_0/Signs/Sign_0/Seal.esl"] = sample("ofd/seal-v5.esl")
    assert errors(read(other)) == {"OFD-DIGEST", "SES-SEAL"}


def test_a_seal_found_at_another_place_is_flagged() -> None:
    moved = "Doc_0/Signs/Sign_9/Signature.xml"
    index = own_files()["Doc_0/Signs/Signatures.xml"].replace(b"Sign_0", b"Sign_9")
    changed = own_files() | {moved: own_files()[SIGNATURE], "Doc_0/Signs/Signatures.xml": index}
    del changed[SIGNATURE]
    document = read(changed)
    assert not document.errors
    assert {f.rule for f in document.flags} == {"SES-CHAIN", "SES-PLACE"}


def test_a_seal_over_nothing_is_an_error() -> None:
    document = read(own_files() | seal_files({}, sealer(), SEALED_AT))
    assert errors(document) == {"OFD-DIGEST", "OFD-SEAL"}


def test_a_missing_attachment_and_too_many_seals_are_unreadable() -> None:
    missing = own_files()["Doc_0/Attachs/Attachments.xml"].replace(b"original", b"lost")
    with pytest.raises(Unreadable, match="is missing"):
        read(own_files() | {"Doc_0/Attachs/Attachments.xml": missing})
    entry = b'<ofd:Signature ID="1" BaseLoc="Sign_0/Signature.xml"/>'
    index = own_files()["Doc_0/Signs/Signatures.xml"].replace(entry, entry * 33)
    with pytest.raises(Unreadable, match="too many seals"):
        read(own_files() | {"Doc_0/Signs/Signatures.xml": index})


def test_a_seal_out_of_its_period_is_flagged() -> None:
    late = SEALED_AT + dt.timedelta(days=4000)
    document = read(own_files() | {VALUE: sign_seal(own_files()[SIGNATURE], sealer(), late)})
    assert not document.errors
    assert "SES-PERIOD" in {f.rule for f in document.flags}


def test_a_digest_other_than_sm3_is_not_accepted() -> None:
    signature = own_files()[SIGNATURE].replace(b"1.2.156.10197.1.401", b"MD5")
    changed = {SIGNATURE: signature, VALUE: sign_seal(signature, sealer(), SEALED_AT)}
    assert {"OFD-DIGEST", "OFD-SEAL"} <= errors(read(own_files() | changed))


def test_a_location_outside_the_package_is_refused() -> None:
    for location in ("../../etc/passwd", "/../x", "..", ""):
        entry = own_files()["OFD.xml"].replace(b"Doc_0/Document.xml", location.encode())
        with pytest.raises(Unreadable, match="outside the package"):
            read(own_files() | {"OFD.xml": entry})


@needs_samples
def test_a_bit_string_that_says_bits_are_unused_is_unreadable() -> None:
    value = bytearray(files()[VALUE])
    signature = value.rindex(b"\x03\x47\x00\x30")
    value[signature + 2] = 1
    with pytest.raises(Unreadable):
        read(files() | {VALUE: bytes(value)})


def test_a_seal_of_the_older_standard_is_refused_by_name() -> None:
    old = ses.SEAL.load(sealer().seal_der)
    old["info"]["header"]["version"] = 1
    with pytest.raises(Unreadable, match="version 4 or 5"):
        read_document(old.dump(force=True), "old.esl")


@given(st.binary(max_size=200))
def test_random_der_is_unreadable(data: bytes) -> None:
    for head in (b"0\x82\x01\x00", b"0" + bytes([len(data) % 128])):
        with pytest.raises(Unreadable):
            read_document(head + data, "x")


@given(st.data())
def test_a_seal_file_with_a_byte_changed_is_unreadable_or_invalid_or_names_another_maker(
    data: st.DataObject,
) -> None:
    """The maker's certificate stands outside what he signed: only its key is bound to the seal."""
    original = sealer().seal_der
    changed = bytearray(original)
    place = data.draw(st.integers(0, len(original) - 1))
    changed[place] ^= data.draw(st.integers(1, 255))
    start = original.index(sealer().maker_der)
    try:
        document = read_document(bytes(changed), "x")
    except Unreadable:
        return
    assert document.errors or start <= place < start + len(sealer().maker_der)
