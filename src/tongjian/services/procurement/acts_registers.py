"""Who takes part: suppliers with their links, experts, interests, offices that hold keys."""

from typing import Annotated

from msgspec import Meta

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure, refuse
from tongjian.core.permission import AllOf, Named, Signer
from tongjian.core.values import Digest, Name, PersonId, TimeMs, Uscc, time_ms
from tongjian.services.procurement import ristretto as group
from tongjian.services.procurement.records import (
    EXPERTS,
    HOLDERS,
    INTERESTS,
    SUPPLIERS,
    service,
)
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Expert, Holder, Interest, Supplier
from tongjian.services.procurement.values import Element, Persons, Suppliers

SUPERVISOR = AllOf((Signer("supervisor"), Signer("supervisor_approver")))
"""Two persons of the finance department that supervises procurement."""
REGISTRAR = AllOf((Signer("expert_registrar"), Signer("supervisor_approver")))


class DeclareSupplier(Act, tag="procurement.declare_supplier"):
    """Declare head, links and beneficial owners of a supplier."""

    supplier: Uscc
    head: PersonId
    links: Suppliers
    owners: Persons
    statement: Digest
    """Hash of the beneficial ownership statement (BODS 0.4)."""


class SupplierDeclared(Event, tag="procurement.supplier_declared"):
    """A supplier has declared who stands behind it."""

    supplier: Uscc
    head: PersonId
    links: Suppliers
    statement: Digest


@service.operation(
    by=AllOf((Signer("bidder", Named("supplier")), Signer("market_registrar"))),
    law="Government Procurement Law art. 22; Anti-Money Laundering Law art. 19",
    writes=(SUPPLIERS,),
)
def declare_supplier(act: DeclareSupplier, ledger: Ledger) -> SupplierDeclared:
    """Declare who heads, holds and owns a supplier, checked by the market's registrar (PRO-I6).

    A bid counts where the declaration stood before the deadline and stands unchanged.
    """
    known = ledger.get(SUPPLIERS, act.supplier)
    row = Supplier(
        head=act.head,
        links=act.links,
        owners=act.owners,
        statement=act.statement,
        declared_ms=time_ms(ledger.time_ms),
        barred_until_ms=time_ms(known.barred_until_ms if known else 0),
    )
    ledger.put(SUPPLIERS, act.supplier, row=row)
    return SupplierDeclared(
        supplier=act.supplier, head=act.head, links=act.links, statement=act.statement
    )


class BarSupplier(Act, tag="procurement.bar_supplier"):
    """Bar a supplier from taking part."""

    supplier: Uscc
    until_ms: TimeMs
    decision: Digest
    """Salted commitment to the decision, which names the way to appeal."""


class SupplierBarred(Event, tag="procurement.supplier_barred"):
    """A supplier may not take part for some time."""

    supplier: Uscc
    until_ms: TimeMs


@service.operation(by=SUPERVISOR, law="Government Procurement Law art. 77", writes=(SUPPLIERS,))
def bar_supplier(act: BarSupplier, ledger: Ledger) -> SupplierBarred:
    """Bar a supplier until a time, by decision of two persons of the supervisor."""
    supplier = ledger.one(SUPPLIERS, act.supplier, missing=Refusal.BIDDER_UNKNOWN)

    ledger.put(SUPPLIERS, act.supplier, row=replace(supplier, barred_until_ms=act.until_ms))
    return SupplierBarred(supplier=act.supplier, until_ms=act.until_ms)


class EnrolExpert(Act, tag="procurement.enrol_expert"):
    """Take an expert into the pool of a field."""

    expert: PersonId
    field: Name


class ExpertEnrolled(Event, tag="procurement.expert_enrolled"):
    """The pool of a field has another expert."""

    expert: PersonId
    field: Name


@service.operation(by=REGISTRAR, law="Tendering Law art. 37", writes=(EXPERTS,))
def enrol_expert(act: EnrolExpert, ledger: Ledger) -> ExpertEnrolled:
    """Take an expert into a pool; only procedures published later draw from this entry."""
    known = ledger.get(EXPERTS, act.field, act.expert)
    ensure(known is None or known.suspended, Refusal.EXPERT_KNOWN)

    row = Expert(enrolled_ms=time_ms(ledger.time_ms), suspended=False)
    ledger.put(EXPERTS, act.field, act.expert, row=row)
    return ExpertEnrolled(expert=act.expert, field=act.field)


class SuspendExpert(Act, tag="procurement.suspend_expert"):
    """Take an expert out of the pool of a field."""

    expert: PersonId
    field: Name
    decision: Digest


class ExpertSuspended(Event, tag="procurement.expert_suspended"):
    """An expert is no longer drawn."""

    expert: PersonId
    field: Name


@service.operation(by=REGISTRAR, law="Government Procurement Regulation art. 75", writes=(EXPERTS,))
def suspend_expert(act: SuspendExpert, ledger: Ledger) -> ExpertSuspended:
    """Suspend an expert; what was scored stays."""
    expert = ledger.get(EXPERTS, act.field, act.expert)
    if expert is None or expert.suspended:
        refuse(Refusal.EXPERT_UNKNOWN)

    ledger.put(EXPERTS, act.field, act.expert, row=replace(expert, suspended=True))
    return ExpertSuspended(expert=act.expert, field=act.field)


class DeclareInterest(Act, tag="procurement.declare_interest"):
    """Record a person's relation with a supplier."""

    person: PersonId
    supplier: Uscc
    evidence: Digest
    """Salted commitment to the source: employment, holding, family."""


class InterestDeclared(Event, tag="procurement.interest_declared"):
    """A person may not judge the bids of a supplier."""

    person: PersonId
    supplier: Uscc


@service.operation(by=REGISTRAR, law="Government Procurement Law art. 12", writes=(INTERESTS,))
def declare_interest(act: DeclareInterest, ledger: Ledger) -> InterestDeclared:
    """Record a relation of a person with a supplier; it keeps the person off committees (I5)."""
    row = Interest(evidence=act.evidence, recorded_ms=time_ms(ledger.time_ms))
    ledger.put(INTERESTS, act.person, act.supplier, row=row)
    return InterestDeclared(person=act.person, supplier=act.supplier)


class RegisterHolder(Act, tag="procurement.register_holder"):
    """Give the key to which shares for an office are sealed."""

    holder: Uscc
    transport: Element


class HolderRegistered(Event, tag="procurement.holder_registered"):
    """An office may hold shares of keys."""

    holder: Uscc
    transport: Annotated[bytes, Meta(min_length=32, max_length=32)]


@service.operation(
    by=Signer("key_holder", Named("holder")), law="Tendering Law art. 22, 28", writes=(HOLDERS,)
)
def register_holder(act: RegisterHolder, ledger: Ledger) -> HolderRegistered:
    """Register the transport key of an office; what was dealt before stays sealed to the old."""
    ensure(is_element(act.transport), Refusal.ELEMENT_WRONG)

    ledger.put(HOLDERS, act.holder, row=Holder(transport=act.transport))
    return HolderRegistered(holder=act.holder, transport=act.transport)


def is_element(data: bytes) -> bool:
    """Say whether the bytes are an element of the group other than the neutral one."""
    try:
        group.decode(data)
    except group.NoElement:
        return False
    return any(data)
