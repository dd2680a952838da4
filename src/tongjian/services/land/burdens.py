"""What stands in the way of an entry: seizures, notices, objections, mortgages, attestations."""

from collections.abc import Sequence

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import ensure
from tongjian.services.land.book import listed
from tongjian.services.land.records import (
    ATTESTATIONS,
    MORTGAGES,
    NOTICES,
    Application,
    NoticeRow,
    Unit,
)
from tongjian.services.land.refusals import Refusal
from tongjian.services.land.values import BurdenStatus


def check_not_seized(unit: Unit) -> None:
    """Refuse while a seizure is in force, served in whatever block before this entry (I1, I10)."""
    ensure(unit.seizure == 0, Refusal.SEIZED)


def check_clear(unit: Unit) -> None:
    """Refuse a unit under a seizure, a notice or an objection; a mortgage is no matter here."""
    check_not_seized(unit)
    ensure(not unit.notices, Refusal.RESERVED)
    ensure(not unit.objections, Refusal.DISPUTED)


def check_mortgages_agreed(ledger: Ledger, code: str, unit: Unit, application: Application) -> None:
    """Refuse to end a mortgaged unit unless each mortgagee has agreed."""
    for number in unit.mortgages:
        mortgage = listed(ledger, MORTGAGES, code, number)
        ensure(mortgage.mortgagee in application.agreed, Refusal.MORTGAGED)


def check_bans(ledger: Ledger, code: str, unit: Unit, application: Application) -> None:
    """Refuse a transfer under a registered ban that its mortgagee has not waived (I6)."""
    for number in unit.mortgages:
        mortgage = listed(ledger, MORTGAGES, code, number)
        is_free = not mortgage.transfer_ban or mortgage.mortgagee in application.agreed
        ensure(is_free, Refusal.TRANSFER_BANNED)


def end_mortgages(ledger: Ledger, code: str, unit: Unit, status: BurdenStatus) -> None:
    """Write how all mortgages of a unit ended; the unit itself is written by the caller."""
    for number in unit.mortgages:
        mortgage = listed(ledger, MORTGAGES, code, number)
        ledger.put(MORTGAGES, code, number, row=replace(mortgage, status=status))


def pass_notices(
    ledger: Ledger,
    code: str,
    unit: Unit,
    application: Application,
    attestations: Sequence[bytes],
    beneficiaries: Sequence[bytes | str],
) -> Unit:
    """Convert the notices that this entry fulfils; refuse others without consent (I4).

    `beneficiaries` are those who get the right that the notice secures: transferees by digest, a
    mortgagee by its code. Returns the unit, not yet written.
    """
    standing: list[int] = []
    for number in unit.notices:
        notice = listed(ledger, NOTICES, code, number)
        if (notice.mortgagee or notice.holder) in beneficiaries:
            ledger.put(NOTICES, code, number, row=replace(notice, status="converted"))
        else:
            ensure(has_consent(ledger, code, notice, application, attestations), Refusal.RESERVED)
            standing.append(number)
    return replace(unit, notices=tuple(standing))


def has_consent(
    ledger: Ledger,
    code: str,
    notice: NoticeRow,
    application: Application,
    attestations: Sequence[bytes],
) -> bool:
    """Say whether the holder of a notice consents: a lender by itself, others before a notary."""
    if notice.mortgagee is not None:
        return notice.mortgagee in application.agreed
    for name in attestations:
        attested = ledger.one(ATTESTATIONS, name, missing=Refusal.ATTESTATION_UNKNOWN)
        is_live = not attested.revoked and ledger.time_ms < attested.until_ms
        is_this = (attested.unit, attested.person) == (code, notice.holder)
        if attested.purpose == "consent" and is_live and is_this:
            return True
    return False


def check_consented(ledger: Ledger, code: str, notice: NoticeRow, consent: bytes) -> None:
    """Refuse unless a notary has attested that the holder of a notice consents."""
    row = ledger.one(ATTESTATIONS, consent, missing=Refusal.ATTESTATION_UNKNOWN)
    ensure(row.purpose == "consent", Refusal.NOT_ATTESTED)
    ensure(not row.revoked and ledger.time_ms < row.until_ms, Refusal.ATTESTATION_ENDED)
    is_this = (row.unit, row.person) == (code, notice.holder)
    ensure(is_this, Refusal.ATTESTED_OTHERWISE)


def check_attested(
    ledger: Ledger, code: str, unit: Unit, attestations: Sequence[bytes], *, is_needed: bool
) -> None:
    """Refuse attestations that do not hold, or, where each holder needs one, that are missing."""
    attested: dict[bytes, None] = {}
    for name in attestations:
        row = ledger.one(ATTESTATIONS, name, missing=Refusal.ATTESTATION_UNKNOWN)
        is_live = not row.revoked and ledger.time_ms < row.until_ms
        ensure(is_live, Refusal.ATTESTATION_ENDED)
        ensure(row.unit == code, Refusal.ATTESTED_OTHERWISE)
        if row.purpose != "consent":
            attested[row.person] = None
    if is_needed:
        is_whole = all(share.holder in attested for share in unit.holders)
        ensure(is_whole, Refusal.NOT_ATTESTED)
