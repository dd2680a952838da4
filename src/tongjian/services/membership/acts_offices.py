"""Offices come in below another or by vote; a charter says what each kind may do with its own."""

from tongjian.core.directory import (
    KEYS,
    OFFICERS,
    OFFICES,
    Level,
    Office,
    ParentCode,
)
from tongjian.core.encoding import replace
from tongjian.core.identifiers import IdentifierInvalid, check_region, check_uscc, region_covers
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AnyOf, Named, Recorded, Signer
from tongjian.core.values import Label, Name, Region, Uscc
from tongjian.services.membership.records import (
    CHARTERS,
    REGISTRAR,
    Charter,
    KindChartered,
    Kinds,
    OfficeClosed,
    OfficeRegistered,
    Roles,
    service,
)
from tongjian.services.membership.refusals import Refusal
from tongjian.services.membership.votes import VOTE, is_vote_possible


class CharterKind(Act, tag="membership.charter_kind"):
    """State what offices of a kind may do with their own."""

    kind: Name
    roles: Roles
    """All roles that an office of the kind may give from now on; roles held stay held."""
    kinds_below: Kinds
    """All kinds of office that its registrar may register below it."""


class RegisterOffice(Act, tag="membership.register_office"):
    """Make an office part of the network."""

    office: Uscc
    label: Label
    region: Region
    level: Level
    kind: Name
    parent: ParentCode


class CloseOffice(Act, tag="membership.close_office"):
    """End an office's part in the network."""

    office: Uscc


@service.operation(
    by=VOTE,
    law="Data Security Law art. 39",
    writes=(CHARTERS,),
)
def charter_kind(act: CharterKind, ledger: Ledger) -> KindChartered:
    """State which roles offices of a kind may give, and which kinds they may register below."""
    charter = Charter(roles=act.roles, kinds_below=act.kinds_below)
    ledger.put(CHARTERS, act.kind, row=charter)
    return KindChartered(kind=act.kind, roles=act.roles, kinds_below=act.kinds_below)


@service.operation(
    by=AnyOf((Signer(REGISTRAR, Named("parent")), VOTE)),
    law="Data Security Law art. 6",
    reads=(CHARTERS,),
    writes=(OFFICES,),
)
def register_office(act: RegisterOffice, ledger: Ledger) -> OfficeRegistered:
    """Register an office below another, or by vote at the top, within region and charter."""
    ensure(_is_valid(act.office), Refusal.OFFICE_CODE_INVALID)
    ensure(_is_region(act.region), Refusal.REGION_INVALID)
    ensure(ledger.get(OFFICES, act.office) is None, Refusal.OFFICE_EXISTS)
    if act.parent:
        parent = ledger.one(OFFICES, act.parent, missing=Refusal.PARENT_UNKNOWN)
        ensure(not parent.closed, Refusal.PARENT_CLOSED)
        ensure(act.level >= parent.level, Refusal.LEVEL_ABOVE_PARENT)
        ensure(region_covers(parent.region, act.region), Refusal.REGION_OUTSIDE_PARENT)
        charter = ledger.get(CHARTERS, parent.kind)
        named = charter is not None and act.kind in charter.kinds_below
        ensure(named, Refusal.KIND_NOT_CHARTERED)

    office = Office(
        label=act.label,
        region=act.region,
        level=act.level,
        kind=act.kind,
        parent=act.parent,
        closed=False,
    )
    ledger.put(OFFICES, act.office, row=office)
    return OfficeRegistered(
        office=act.office,
        label=act.label,
        region=act.region,
        level=act.level,
        kind=act.kind,
        parent=act.parent,
    )


@service.operation(
    by=AnyOf((Signer(REGISTRAR, Recorded(OFFICES, ("office",), "parent")), VOTE)),
    law="Data Security Law art. 6",
    reads=(OFFICERS, KEYS),
    writes=(OFFICES,),
)
def close_office(act: CloseOffice, ledger: Ledger) -> OfficeClosed:
    """Close an office: from the next block on none of its officers can sign."""
    office = ledger.one(OFFICES, act.office, missing=Refusal.OFFICE_UNKNOWN)
    ensure(not office.closed, Refusal.OFFICE_CLOSED)
    ensure(is_vote_possible(ledger, closed=act.office), Refusal.VOTE_IMPOSSIBLE)

    ledger.put(OFFICES, act.office, row=replace(office, closed=True))
    return OfficeClosed(office=act.office)


def _is_valid(code: Uscc) -> bool:
    try:
        check_uscc(code)
    except IdentifierInvalid:
        return False
    return True


def _is_region(region: Region) -> bool:
    try:
        check_region(region)
    except IdentifierInvalid:
        return False
    return True
