"""Credentials: put on record when issued, suspended, reinstated, revoked; no claim reaches a row.

An ordinary credential is issued by one person, one of a type of high risk by two (domain 21).
From the next block on every verifier refuses one that is not in force (IDN-I4).
"""

from typing import Final, Literal

from tongjian.core.calendar import DAY_MS
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AllOf, Clock, Named, Signer
from tongjian.core.persons import PERSONS
from tongjian.core.values import Digest, Name, PersonId, Region, TimeMs, Uscc, height, time_ms
from tongjian.services.identity.acts_dids import TWO_PERSONS, require_did
from tongjian.services.identity.acts_licences import follow_licence
from tongjian.services.identity.events_credentials import CredentialChanged, CredentialIssued
from tongjian.services.identity.records import service
from tongjian.services.identity.records_credentials import (
    CREDENTIALS,
    DID_KEYS,
    DIDS,
    FOLLOWED,
    HOLDINGS,
    HOLDINGS_MAX,
    ISSUERS,
    LICENCE_COPIES,
    LICENCES,
    STATUS_CHUNKS,
    STATUS_LISTS,
    TYPES,
    Credential,
    EntryIndex,
    Holding,
    KeyNumber,
    LicenceId,
    ListNumber,
    Version,
)
from tongjian.services.identity.refusals import Refusal
from tongjian.services.identity.rules import require_active
from tongjian.services.identity.rules_credentials import (
    check_issuer,
    check_signing_key,
    lift,
    require_type,
    set_status,
    stop,
    take_entry,
)

ISSUER: Final = Signer("credential_issuer", Named("office"))
CHECKER: Final = Signer("credential_checker", Named("office"))
LAW: Final = "Online Government Services Provisions art. 10; Electronic Signature Law art. 13"
END_LAW: Final = "Online Government Services Provisions art. 10; Electronic Signature Law art. 15"


class Issuing(Act):
    """What is said of a credential when it is put on record."""

    office: Uscc
    kind: Name
    version: Version
    region: Region
    list: ListNumber
    index: EntryIndex
    """Drawn by chance: in order of issue it would tell who came after whom."""
    commitment: Digest
    """To the signed text (`exchange_credentials.commit`)."""
    key: KeyNumber
    """The office's key that signed it."""
    until_ms: TimeMs
    holder: PersonId | None
    """Pseudonym of the person in the office's domain; none for a body's licence."""
    licence: LicenceId | None
    """The licence that it shows, of a type that is an e-licence."""


class IssueCredential(Issuing, tag="identity.issue_credential"):
    """Put a credential on record."""


class IssueChecked(Issuing, tag="identity.issue_checked"):
    """Put a credential on record that a second person has checked."""


_READS: Final = (TYPES, ISSUERS, DIDS, DID_KEYS, PERSONS)
_WRITES: Final = (
    CREDENTIALS,
    STATUS_LISTS,
    STATUS_CHUNKS,
    HOLDINGS,
    LICENCES,
    LICENCE_COPIES,
)


@service.operation(by=ISSUER, law=LAW, reads=_READS, writes=_WRITES)
def issue_credential(act: IssueCredential, ledger: Ledger) -> CredentialIssued:
    """Put a credential on record, by one person, where its type is of no high risk."""
    row_type = require_type(ledger, act.kind, act.version)
    ensure(not row_type.is_high_risk, Refusal.CHECKER_NEEDED)
    return issue(act, ledger)


@service.operation(by=AllOf((ISSUER, CHECKER)), law=LAW, reads=_READS, writes=_WRITES)
def issue_checked(act: IssueChecked, ledger: Ledger) -> CredentialIssued:
    """Put a credential on record, by maker and checker."""
    return issue(act, ledger)


def issue(act: IssueCredential | IssueChecked, ledger: Ledger) -> CredentialIssued:
    """Put a credential of a registered issuer on record, within duty, region and term (IDN-I5)."""
    row_type = require_type(ledger, act.kind, act.version)
    check_issuer(ledger, act.kind, act.office, act.region)
    require_did(ledger, act.office)
    check_signing_key(ledger, act.office, act.key)
    longest = ledger.time_ms + row_type.days_max * DAY_MS
    ensure(ledger.time_ms < act.until_ms <= longest, Refusal.TERM_WRONG)
    ensure(row_type.is_licence == (act.licence is not None), Refusal.LICENCE_EXPECTED)
    take_entry(ledger, act.office, act.list, act.index)
    place = (act.office, act.list, act.index)
    if act.licence is not None:
        follow_licence(ledger, act.licence, place, act.kind, act.until_ms)
    if act.holder is not None:
        require_active(ledger, act.holder)
        hold(ledger, act.holder, place, Holding(kind=act.kind, until_ms=act.until_ms))

    row = Credential(
        kind=act.kind,
        version=act.version,
        region=act.region,
        commitment=act.commitment,
        key=act.key,
        height=height(ledger.height),
        issued_ms=time_ms(ledger.time_ms),
        until_ms=act.until_ms,
        status="issued",
        reason=None,
        changed_height=height(0),
        stops=(),
    )
    ledger.put(CREDENTIALS, *place, row=row)
    return CredentialIssued(
        office=act.office,
        list=act.list,
        index=act.index,
        kind=act.kind,
        version=act.version,
        until_ms=act.until_ms,
    )


def hold(ledger: Ledger, holder: PersonId, place: tuple[Uscc, int, int], row: Holding) -> None:
    """Note who holds a credential; what has expired is let go. Refuses one more than fit."""
    standing = 0
    for key, held in ledger.range(HOLDINGS, holder, limit=HOLDINGS_MAX):
        if held.until_ms <= ledger.time_ms:
            ledger.remove(HOLDINGS, *key)
        else:
            standing += 1
    ensure(standing < HOLDINGS_MAX, Refusal.HOLDS_TOO_MANY)
    ledger.put(HOLDINGS, holder, *place, row=row)


class SuspendCredential(Act, tag="identity.suspend_credential"):
    """Suspend a credential."""

    office: Uscc
    list: ListNumber
    index: EntryIndex
    reason: Literal["holder_asked", "doubt", "key_compromised"]


@service.operation(by=ISSUER, law=END_LAW, writes=(CREDENTIALS, STATUS_LISTS, STATUS_CHUNKS))
def suspend_credential(act: SuspendCredential, ledger: Ledger) -> CredentialChanged:
    """Suspend at once, by one person; what is suspended in doubt can be given back."""
    row = require_credential(ledger, act.office, act.list, act.index)
    ensure(row.status == "issued", Refusal.CREDENTIAL_STATUS_WRONG)
    return stop(ledger, (act.office, act.list, act.index), row, act.reason)


class ReinstateCredential(Act, tag="identity.reinstate_credential"):
    """Let a suspended credential count again."""

    office: Uscc
    list: ListNumber
    index: EntryIndex
    reason: Literal["holder_asked", "doubt_cleared"]


@service.operation(by=TWO_PERSONS, law=END_LAW, writes=(CREDENTIALS, STATUS_LISTS, STATUS_CHUNKS))
def reinstate_credential(act: ReinstateCredential, ledger: Ledger) -> CredentialChanged:
    """Reinstate, by two persons; what the ledger itself suspended is not theirs to give."""
    row = require_credential(ledger, act.office, act.list, act.index)
    ensure(row.status == "suspended", Refusal.CREDENTIAL_STATUS_WRONG)
    ensure(not any(one in FOLLOWED for one in row.stops), Refusal.NOT_ITS_REASON)
    return set_status(ledger, (act.office, act.list, act.index), row, "issued", act.reason)


class RevokeCredential(Act, tag="identity.revoke_credential"):
    """Revoke a credential for good."""

    office: Uscc
    list: ListNumber
    index: EntryIndex
    reason: Literal["holder_asked", "facts_changed", "issued_in_error", "fraud", "key_compromised"]


@service.operation(by=TWO_PERSONS, law=END_LAW, writes=(CREDENTIALS, STATUS_LISTS, STATUS_CHUNKS))
def revoke_credential(act: RevokeCredential, ledger: Ledger) -> CredentialChanged:
    """Revoke for good, by two persons; from the next block on every verifier refuses it."""
    row = require_credential(ledger, act.office, act.list, act.index)
    ensure(row.status != "revoked", Refusal.CREDENTIAL_STATUS_WRONG)
    return set_status(ledger, (act.office, act.list, act.index), row, "revoked", act.reason)


class FollowPerson(Act, tag="identity.follow_person"):
    """Have a person's credentials follow the state of the pseudonym that holds them."""

    holder: PersonId
    status: Literal["active", "suspended", "ended"]


@service.operation(
    by=Clock(),
    law="Civil Code art. 13; PIPL art. 51",
    reads=(HOLDINGS,),
    writes=(CREDENTIALS, STATUS_LISTS, STATUS_CHUNKS),
)
def follow_person(act: FollowPerson, ledger: Ledger) -> tuple[CredentialChanged, ...]:
    """Suspend all that a person held in the block that records suspension or death (IDN-I8)."""
    events: list[CredentialChanged] = []
    for key, _ in ledger.range(HOLDINGS, act.holder, limit=HOLDINGS_MAX):
        place: tuple[Uscc, int, int] = key[1:]
        row = require_credential(ledger, *place)
        if row.status == "revoked":
            continue
        if act.status == "active" and "person" in row.stops:
            events.append(lift(ledger, place, row, "person"))
        elif act.status == "suspended":
            events.append(stop(ledger, place, row, "person"))
        elif act.status == "ended":
            events.append(stop(ledger, place, row, "death"))
    return tuple(events)


def require_credential(ledger: Ledger, office: str, number: int, index: int) -> Credential:
    """Return a credential on record, or refuse."""
    return ledger.one(CREDENTIALS, office, number, index, missing=Refusal.CREDENTIAL_UNKNOWN)
