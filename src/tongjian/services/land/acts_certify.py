"""What is attested and given out: notaries attest persons, the registry issues certificates."""

from typing import Final, Literal

from tongjian.core.calendar import legal_date
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure, refuse
from tongjian.core.permission import Named, Recorded, Signer
from tongjian.core.values import Digest, TimeMs, Uscc, time_ms
from tongjian.services.land.acts_apply import of_registry
from tongjian.services.land.book import PARCEL_CHARACTERS, parcel_of, require_unit
from tongjian.services.land.records import (
    APPLICATIONS,
    ATTESTATIONS,
    CERTIFICATES,
    ENTRIES,
    MORTGAGES,
    NOTICES,
    UNITS,
    Attestation,
    Certificate,
    Entry,
    service,
)
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import (
    ApplicationNumber,
    EntryNumber,
    Sequence,
    UnitCode,
    Year,
)

TAG_OFFICE: Final = b"tongjian/land-office/1\x00"


class Attest(Act, tag="land.attest"):
    """Attest who disposes of a unit, or what the holder of a notice consents to."""

    attestation: Digest
    """Salted commitment to the notarial deed; it names the attestation."""
    notary: Uscc
    unit: UnitCode
    person: Digest
    purpose: Literal["identity", "agency", "consent"]
    """Appeared in person; gave a power of attorney; consents to a disposal."""
    until_ms: TimeMs


class Attested(Event, tag="land.attested"):
    """A notary has attested something about a unit."""

    attestation: Digest
    unit: UnitCode
    purpose: Literal["identity", "agency", "consent"]


@service.operation(
    by=Signer("notary", Named("notary")),
    law="Notary Law art. 11, 36",
    reads=(UNITS,),
    writes=(ATTESTATIONS,),
)
def attest(act: Attest, ledger: Ledger) -> Attested:
    """Attest a person's identity, power of attorney or consent, for one unit and a time."""
    require_unit(ledger, act.unit)
    is_new = ledger.get(ATTESTATIONS, act.attestation) is None
    ensure(is_new, Refusal.ALREADY_RECORDED)
    ensure(ledger.time_ms < act.until_ms, Refusal.ATTESTATION_ENDED)

    row = Attestation(
        notary=act.notary,
        unit=act.unit,
        person=act.person,
        purpose=act.purpose,
        until_ms=act.until_ms,
        revoked=False,
    )
    ledger.put(ATTESTATIONS, act.attestation, row=row)
    return Attested(attestation=act.attestation, unit=act.unit, purpose=act.purpose)


class RevokeAttestation(Act, tag="land.revoke_attestation"):
    """Revoke an attestation: withdrawn by who gave it, or found false."""

    attestation: Digest


class AttestationRevoked(Event, tag="land.attestation_revoked"):
    """An attestation holds no more."""

    attestation: Digest


@service.operation(
    by=Signer("notary", Recorded(ATTESTATIONS, ("attestation",), "notary")),
    law="Notary Law art. 39",
    writes=(ATTESTATIONS,),
)
def revoke_attestation(act: RevokeAttestation, ledger: Ledger) -> AttestationRevoked:
    """Revoke an attestation from this block on; what was entered upon it stays."""
    row = ledger.one(ATTESTATIONS, act.attestation, missing=Refusal.ATTESTATION_UNKNOWN)
    ensure(not row.revoked, Refusal.BURDEN_ENDED)

    ledger.put(ATTESTATIONS, act.attestation, row=replace(row, revoked=True))
    return AttestationRevoked(attestation=act.attestation)


class IssueCertificate(Act, tag="land.issue_certificate"):
    """Issue a certificate of title 不动产权证书, or a proof of registration 不动产登记证明."""

    application: ApplicationNumber
    unit: UnitCode
    entry: EntryNumber
    holder: Digest
    """Who holds by the entry: a share, a notice, or as mortgagee, see `digest_of_office`."""
    year: Year
    sequence: Sequence
    """The year and the seven digits of its number; place and kind follow from the registry."""


class CertificateIssued(Event, tag="land.certificate_issued"):
    """A certificate was given out; the book, not the paper, says who holds (art. 217)."""

    registry: Uscc
    year: Year
    sequence: Sequence
    kind: Literal["title", "proof"]
    unit: UnitCode
    entry: EntryNumber


@service.operation(
    by=of_registry("land_issuer"),
    law="Civil Code art. 217; Regulation on Real Estate Registration art. 21",
    reads=(APPLICATIONS, UNITS, ENTRIES, MORTGAGES, NOTICES),
    writes=(CERTIFICATES,),
)
def issue_certificate(act: IssueCertificate, ledger: Ledger) -> CertificateIssued:
    """Issue a certificate of what an application has entered, under a number used once a year."""
    ensure(act.year == legal_date(ledger.time_ms).year, Refusal.NUMBER_WRONG)
    office = ledger.signer.office
    number = (office, act.year, act.sequence)
    ensure(ledger.get(CERTIFICATES, *number) is None, Refusal.NUMBER_USED)
    row = ledger.one(APPLICATIONS, act.application, missing=Refusal.APPLICATION_UNKNOWN)
    fixture = act.unit[PARCEL_CHARACTERS:]
    entry = ledger.get(ENTRIES, parcel_of(act.unit), fixture, act.entry)
    if entry is None or row.status != "entered" or entry.application != act.application:
        refuse(Refusal.NOT_ENTERED)
    ensure(is_holder(act, entry, ledger), Refusal.NOT_HOLDER)

    kind: Literal["title", "proof"] = "title" if entry.holders else "proof"
    certificate = Certificate(
        kind=kind,
        unit=act.unit,
        entry=act.entry,
        holder=act.holder,
        issued_ms=time_ms(ledger.time_ms),
    )
    ledger.put(CERTIFICATES, *number, row=certificate)
    return CertificateIssued(
        registry=row.registry,
        year=act.year,
        sequence=act.sequence,
        kind=kind,
        unit=act.unit,
        entry=act.entry,
    )


def is_holder(act: IssueCertificate, entry: Entry, ledger: Ledger) -> bool:
    """Say whether someone holds something by an entry: a share, a mortgage or a notice."""
    if entry.holders:
        return any(share.holder == act.holder for share in entry.holders)
    notice = ledger.get(NOTICES, act.unit, act.entry)
    if notice is not None:
        return notice.holder == act.holder
    mortgage = ledger.get(MORTGAGES, act.unit, act.entry)
    return mortgage is not None and digest_of_office(ledger, mortgage.mortgagee) == act.holder


def digest_of_office(ledger: Ledger, office: str) -> bytes:
    """Return the digest under which an office, whose code is public, holds."""
    return ledger.digest(TAG_OFFICE + office.encode("ascii"))
