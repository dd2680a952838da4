"""The registry of what may be certified and by whom: types of credentials, issuers of each.

Two persons of the registering office do each. A type names the duty and the kinds of office that
have it; an issuer is registered for a region within its own (IDN-I5).
"""

from typing import Final

from tongjian.core.directory import OFFICES
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AllOf, Jurisdiction, Recorded, RegionNamed, Signer
from tongjian.core.values import (
    Digest,
    Label,
    Name,
    Region,
    TimeMs,
    Uscc,
    height,
    time_ms,
)
from tongjian.services.identity.events_credentials import (
    IssuerChanged,
    IssuerRegistered,
    TypeDefined,
    TypeRetired,
)
from tongjian.services.identity.records import service
from tongjian.services.identity.records_credentials import (
    ISSUERS,
    RESERVED,
    TYPES,
    Claims,
    CredentialType,
    Days,
    Issuer,
    IssuerStatus,
    Kinds,
    Version,
)
from tongjian.services.identity.refusals import Refusal
from tongjian.services.identity.rules_credentials import covers, require_type

REGISTRAR: Final = "issuer_registrar"
CHECKER: Final = "issuer_registrar_checker"
LAW: Final = "Online Government Services Provisions art. 8, 10"
OF_RECORD: Final = Recorded(ISSUERS, ("kind", "office"), "registrar")
TWO_OF_RECORD: Final = AllOf((Signer(REGISTRAR, OF_RECORD), Signer(CHECKER, OF_RECORD)))


class DefineType(Act, tag="identity.define_type"):
    """Define a type of credential, or a new version of one."""

    kind: Name
    version: Version
    """The one after the last; versions are never changed."""
    region: Region
    claims: Claims
    schema: Digest
    law: Label
    office_kinds: Kinds
    days_max: Days
    is_high_risk: bool
    is_licence: bool


@service.operation(
    by=AllOf((Signer(REGISTRAR, RegionNamed("region")), Signer(CHECKER, RegionNamed("region")))),
    law=LAW,
    writes=(TYPES,),
)
def define_type(act: DefineType, ledger: Ledger) -> TypeDefined:
    """Define what credentials of a type may say, and whose duty it is to say it."""
    before = ledger.get(TYPES, act.kind, act.version - 1) if act.version > 1 else None
    ensure(before is not None or act.version == 1, Refusal.TYPE_UNKNOWN)
    ensure(ledger.get(TYPES, act.kind, act.version) is None, Refusal.TYPE_EXISTS)
    names = [claim.name for claim in act.claims]
    free = [name for name in dict.fromkeys(names) if name not in RESERVED]
    ensure(len(free) == len(names), Refusal.CLAIM_TWICE)
    ensure(before is None or before.region == act.region, Refusal.REGION_OUTSIDE)

    row = CredentialType(
        region=act.region,
        claims=act.claims,
        schema=act.schema,
        law=act.law,
        office_kinds=act.office_kinds,
        days_max=act.days_max,
        is_high_risk=act.is_high_risk,
        is_licence=act.is_licence,
        status="active",
    )
    ledger.put(TYPES, act.kind, act.version, row=row)
    return TypeDefined(
        kind=act.kind,
        version=act.version,
        region=act.region,
        schema=act.schema,
        is_high_risk=act.is_high_risk,
    )


class RetireType(Act, tag="identity.retire_type"):
    """Stop issuing credentials of a version of a type."""

    kind: Name
    version: Version
    region: Region
    """Where the type is in use."""


@service.operation(
    by=AllOf((Signer(REGISTRAR, RegionNamed("region")), Signer(CHECKER, RegionNamed("region")))),
    law=LAW,
    writes=(TYPES,),
)
def retire_type(act: RetireType, ledger: Ledger) -> TypeRetired:
    """Retire a version: those issued stand, no more are issued."""
    row = ledger.one(TYPES, act.kind, act.version, missing=Refusal.TYPE_UNKNOWN)
    ensure(row.status == "active", Refusal.TYPE_RETIRED)
    ensure(row.region == act.region, Refusal.REGION_OUTSIDE)

    ledger.put(TYPES, act.kind, act.version, row=replace(row, status="retired"))
    return TypeRetired(kind=act.kind, version=act.version)


class RegisterIssuer(Act, tag="identity.register_issuer"):
    """Register an office as issuer of a type."""

    kind: Name
    version: Version
    """The version whose duty the office has; later versions follow."""
    office: Uscc
    registrar: Uscc
    """The registering office."""
    region: Region
    until_ms: TimeMs


@service.operation(
    by=AllOf((Signer(REGISTRAR, Jurisdiction("office")), Signer(CHECKER, Jurisdiction("office")))),
    law=LAW,
    reads=(TYPES, OFFICES),
    writes=(ISSUERS,),
)
def register_issuer(act: RegisterIssuer, ledger: Ledger) -> IssuerRegistered:
    """Register an issuer for a type that is its duty, in a region that is its own (IDN-I5)."""
    row_type = require_type(ledger, act.kind, act.version)
    office = ledger.one(OFFICES, act.office, missing=Refusal.NOT_ITS_DUTY)
    ensure(office.kind in row_type.office_kinds, Refusal.NOT_ITS_DUTY)
    own = covers(office.region, act.region) and covers(row_type.region, act.region)
    ensure(own, Refusal.REGION_OUTSIDE)
    ensure(all(one.office == act.registrar for one in ledger.signers), Refusal.NOT_REGISTRAR)
    held = ledger.get(ISSUERS, act.kind, act.office)
    ensure(held is None or held.status == "ended", Refusal.ISSUER_EXISTS)
    ensure(ledger.time_ms < act.until_ms, Refusal.TERM_OVER)

    row = Issuer(
        region=act.region,
        law=row_type.law,
        from_ms=time_ms(ledger.time_ms),
        until_ms=act.until_ms,
        status="active",
        registrar=act.registrar,
        ended_height=height(0),
    )
    ledger.put(ISSUERS, act.kind, act.office, row=row)
    return IssuerRegistered(
        kind=act.kind,
        office=act.office,
        region=act.region,
        law=row_type.law,
        from_ms=row.from_ms,
        until_ms=act.until_ms,
    )


class SuspendIssuer(Act, tag="identity.suspend_issuer"):
    """Suspend an issuer whose credentials are in doubt."""

    kind: Name
    office: Uscc


@service.operation(by=Signer(REGISTRAR, OF_RECORD), law=LAW, writes=(ISSUERS,))
def suspend_issuer(act: SuspendIssuer, ledger: Ledger) -> IssuerChanged:
    """Suspend at once, by one person: until restored, verifiers refuse all of the type."""
    return change(ledger, act.kind, act.office, ("active",), "suspended")


class ReinstateIssuer(Act, tag="identity.reinstate_issuer"):
    """Let a suspended issuer issue again."""

    kind: Name
    office: Uscc


@service.operation(by=TWO_OF_RECORD, law=LAW, writes=(ISSUERS,))
def reinstate_issuer(act: ReinstateIssuer, ledger: Ledger) -> IssuerChanged:
    """Reinstate an issuer, by two persons; its credentials count again."""
    return change(ledger, act.kind, act.office, ("suspended",), "active")


class EndIssuer(Act, tag="identity.end_issuer"):
    """End a registration."""

    kind: Name
    office: Uscc


@service.operation(by=TWO_OF_RECORD, law=LAW, writes=(ISSUERS,))
def end_issuer(act: EndIssuer, ledger: Ledger) -> IssuerChanged:
    """End a registration: what was recorded before stands, nothing is issued after."""
    return change(ledger, act.kind, act.office, ("active", "suspended"), "ended")


def change(
    ledger: Ledger, name: Name, office: Uscc, before: tuple[str, ...], status: IssuerStatus
) -> IssuerChanged:
    """Give a registration another status, or refuse."""
    row = ledger.one(ISSUERS, name, office, missing=Refusal.ISSUER_UNKNOWN)
    ensure(row.status in before, Refusal.ISSUER_STATUS_WRONG)
    ended = height(ledger.height) if status == "ended" else row.ended_height
    ledger.put(ISSUERS, name, office, row=replace(row, status=status, ended_height=ended))
    return IssuerChanged(kind=name, office=office, status=status)
