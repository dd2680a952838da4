"""What a tax office decides about a taxpayer: register, limit, abnormal, normal, cancelled.

Each needs a handler and an approver, two persons, of an office whose region covers the taxpayer's
(domain §21), and a commitment to the notice, which names the reason and the way to appeal.
"""

from typing import Final, Literal

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Jurisdiction, Signer
from tongjian.core.values import Digest, Fen, Uscc, fen
from tongjian.services.invoice.records import (
    TAXPAYERS,
    Grade,
    Refusal,
    Taxpayer,
    TaxpayerKind,
    service,
)

TAX_BUREAU: Final = AllOf(
    (
        Signer("tax_officer", Jurisdiction("taxpayer")),
        Signer("tax_approver", Jurisdiction("taxpayer")),
    )
)

LimitReason = Literal["first", "raise", "cut", "season", "risk"]
StatusReason = Literal["unreachable", "false_invoices", "no_returns", "corrected", "deregistered"]


class SetTaxpayer(Act, tag="invoice.set_taxpayer"):
    """Register a taxpayer, or change its kind and grade."""

    taxpayer: Uscc
    kind: TaxpayerKind
    grade: Grade
    notice: Digest
    """Salted commitment to the notice served on the taxpayer."""


class TaxpayerSet(Event, tag="invoice.taxpayer_set"):
    """A taxpayer is registered with this kind and grade."""

    taxpayer: Uscc
    kind: TaxpayerKind
    grade: Grade


@service.operation(
    by=TAX_BUREAU, law="VAT Law art. 9; Invoice Measures art. 15", writes=(TAXPAYERS,)
)
def set_taxpayer(act: SetTaxpayer, ledger: Ledger) -> TaxpayerSet:
    """Register a taxpayer, or change its kind and grade; a new one may issue nothing yet."""
    known = ledger.get(TAXPAYERS, act.taxpayer)
    ensure(known is None or known.status != "cancelled", Refusal.TAXPAYER_CANCELLED)

    taxpayer = known or Taxpayer(
        kind=act.kind,
        status="normal",
        grade=act.grade,
        limit_fen=fen(0),
        period=0,
        issued_fen=fen(0),
    )
    ledger.put(TAXPAYERS, act.taxpayer, row=replace(taxpayer, kind=act.kind, grade=act.grade))
    return TaxpayerSet(taxpayer=act.taxpayer, kind=act.kind, grade=act.grade)


class SetLimit(Act, tag="invoice.set_limit"):
    """Set how much a taxpayer may issue in a month."""

    taxpayer: Uscc
    limit_fen: Fen
    """Amount without tax."""
    reason: LimitReason
    notice: Digest


class LimitSet(Event, tag="invoice.limit_set"):
    """A taxpayer's monthly limit has changed; every raise is listed to audit."""

    taxpayer: Uscc
    before_fen: Fen
    limit_fen: Fen
    reason: LimitReason


@service.operation(by=TAX_BUREAU, law="Invoice Measures art. 15", writes=(TAXPAYERS,))
def set_limit(act: SetLimit, ledger: Ledger) -> LimitSet:
    """Set the credit limit of a taxpayer; what is issued this month already counts against it."""
    taxpayer = ledger.one(TAXPAYERS, act.taxpayer, missing=Refusal.TAXPAYER_UNKNOWN)
    ensure(taxpayer.status != "cancelled", Refusal.TAXPAYER_CANCELLED)

    ledger.put(TAXPAYERS, act.taxpayer, row=replace(taxpayer, limit_fen=act.limit_fen))
    return LimitSet(
        taxpayer=act.taxpayer,
        before_fen=taxpayer.limit_fen,
        limit_fen=act.limit_fen,
        reason=act.reason,
    )


class StatusSet(Event, tag="invoice.status_set"):
    """A taxpayer's status has changed."""

    taxpayer: Uscc
    status: Literal["normal", "abnormal", "cancelled"]
    reason: StatusReason


class MarkAbnormal(Act, tag="invoice.mark_abnormal"):
    """Stop a taxpayer from issuing."""

    taxpayer: Uscc
    reason: StatusReason
    notice: Digest


@service.operation(by=TAX_BUREAU, law="Tax Collection Law art. 72", writes=(TAXPAYERS,))
def mark_abnormal(act: MarkAbnormal, ledger: Ledger) -> StatusSet:
    """Mark a taxpayer abnormal 非正常户: it issues nothing until it is normal again."""
    taxpayer = ledger.one(TAXPAYERS, act.taxpayer, missing=Refusal.TAXPAYER_UNKNOWN)
    ensure(taxpayer.status != "cancelled", Refusal.TAXPAYER_CANCELLED)
    ensure(taxpayer.status == "normal", Refusal.TAXPAYER_NOT_NORMAL)

    ledger.put(TAXPAYERS, act.taxpayer, row=replace(taxpayer, status="abnormal"))
    return StatusSet(taxpayer=act.taxpayer, status="abnormal", reason=act.reason)


class MarkNormal(Act, tag="invoice.mark_normal"):
    """Let a taxpayer issue again."""

    taxpayer: Uscc
    reason: StatusReason
    notice: Digest


@service.operation(by=TAX_BUREAU, law="Tax Collection Law art. 72", writes=(TAXPAYERS,))
def mark_normal(act: MarkNormal, ledger: Ledger) -> StatusSet:
    """Lift the mark of an abnormal taxpayer."""
    taxpayer = ledger.one(TAXPAYERS, act.taxpayer, missing=Refusal.TAXPAYER_UNKNOWN)
    ensure(taxpayer.status != "cancelled", Refusal.TAXPAYER_CANCELLED)
    ensure(taxpayer.status == "abnormal", Refusal.TAXPAYER_NOT_ABNORMAL)

    ledger.put(TAXPAYERS, act.taxpayer, row=replace(taxpayer, status="normal"))
    return StatusSet(taxpayer=act.taxpayer, status="normal", reason=act.reason)


class CancelTaxpayer(Act, tag="invoice.cancel_taxpayer"):
    """End a taxpayer's registration."""

    taxpayer: Uscc
    reason: StatusReason
    notice: Digest


@service.operation(
    by=TAX_BUREAU, law="Tax Collection Law art. 16; Invoice Measures art. 27", writes=(TAXPAYERS,)
)
def cancel_taxpayer(act: CancelTaxpayer, ledger: Ledger) -> StatusSet:
    """Cancel a registration for good; the invoices stay as they are."""
    taxpayer = ledger.one(TAXPAYERS, act.taxpayer, missing=Refusal.TAXPAYER_UNKNOWN)
    ensure(taxpayer.status != "cancelled", Refusal.TAXPAYER_CANCELLED)

    ledger.put(TAXPAYERS, act.taxpayer, row=replace(taxpayer, status="cancelled"))
    return StatusSet(taxpayer=act.taxpayer, status="cancelled", reason=act.reason)
