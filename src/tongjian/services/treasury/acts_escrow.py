"""Escrow 资金监管 and court orders on money: who else moves money, and when.

The price of a house waits with a bank. The land register causes its release in the very transaction
that enters the transfer, or its return; the courts' service causes holds. Nobody signs those acts.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.calendar import DAY_MS
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Clock, Named, Recorded, Signer
from tongjian.core.values import (
    Amount,
    Digest,
    Fen,
    Label,
    TimeMs,
    Uscc,
    count,
    fen,
    label,
    time_ms,
)
from tongjian.services.treasury.quantities import ParcelNumber, Target
from tongjian.services.treasury.records import ACCOUNTS, ESCROWS, HOLDS, PAYEES, RECEIPTS, service
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import Receipt
from tongjian.services.treasury.rows_works import Escrow, Hold
from tongjian.services.treasury.rules import NO_LINE, amount, require_account

BANK: Final = AllOf((Signer("bank_officer", Named("bank")), Signer("bank_officer", Named("bank"))))
BANK_ON_RECORD: Final = AllOf(
    (
        Signer("bank_officer", Recorded(ESCROWS, ("escrow",), "bank")),
        Signer("bank_officer", Recorded(ESCROWS, ("escrow",), "bank")),
    )
)
ESCROW_LAW: Final = "Civil Code art. 209, 215"
FREEZE_LAW: Final = "Civil Procedure Law art. 103, 105"
FundsRef = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,47}$(?!\n)",
        max_length=48,
        description="Credit code of a payee, or number of an escrow.",
    ),
]


class OpenEscrow(Act, tag="treasury.open_escrow"):
    """Open an escrow for the price of a real-estate unit."""

    escrow: Label
    bank: Uscc
    case: Label
    """Number of the case at the land register."""
    parcel: ParcelNumber
    account: Digest
    """Registered escrow account of the bank."""
    payer: Digest
    """Salted commitment to the buyer."""
    seller: Digest
    lender: Digest | None
    """Salted commitment to the lender whose loan is paid off from the price; else nil."""
    price_fen: Amount
    payoff_fen: Fen


class EscrowOpened(Event, tag="treasury.escrow_opened"):
    """An escrow waits for its deposit."""

    escrow: Label
    case: Label
    parcel: ParcelNumber
    price_fen: Amount


@service.operation(by=BANK, law=ESCROW_LAW, reads=(ACCOUNTS,), writes=(ESCROWS,))
def open_escrow(act: OpenEscrow, ledger: Ledger) -> EscrowOpened:
    """Open an escrow for one case and one real-estate unit, by two officers of its bank."""
    ensure(ledger.get(ESCROWS, act.escrow) is None, Refusal.ESCROW_EXISTS)
    account = require_account(ledger, act.account, "escrow")
    ensure(account.bank == act.bank, Refusal.ACCOUNT_WRONG)
    is_whole = (act.lender is None) == (act.payoff_fen == 0)
    ensure(is_whole and act.payoff_fen <= act.price_fen, Refusal.PAYOFF_EXCEEDS)

    row = Escrow(
        bank=act.bank,
        case=act.case,
        parcel=act.parcel,
        account=act.account,
        payer=act.payer,
        seller=act.seller,
        lender=act.lender,
        price_fen=act.price_fen,
        payoff_fen=act.payoff_fen,
        status="open",
        frozen_fen=fen(0),
        expires_ms=time_ms(0),
        receipt=None,
        paid_out=None,
    )
    ledger.put(ESCROWS, act.escrow, row=row)
    return EscrowOpened(
        escrow=act.escrow, case=act.case, parcel=act.parcel, price_fen=act.price_fen
    )


class FundEscrow(Act, tag="treasury.fund_escrow"):
    """Confirm that the whole price is deposited."""

    escrow: Label
    receipt: Digest
    """Salted commitment to the bank's receipt."""


class EscrowFunded(Event, tag="treasury.escrow_funded"):
    """The price is deposited."""

    escrow: Label
    expires_ms: TimeMs


@service.operation(by=BANK_ON_RECORD, law=ESCROW_LAW, writes=(ESCROWS, RECEIPTS))
def fund_escrow(act: FundEscrow, ledger: Ledger) -> EscrowFunded:
    """Confirm the deposit; without an entry in the register it goes back when its time is over."""
    escrow = require_escrow(ledger, act.escrow, "open")
    use_receipt(ledger, act.receipt)

    expires_ms = time_ms(ledger.time_ms + ledger.parameter("escrow_days") * DAY_MS)
    ledger.schedule(expires_ms, RefundEscrow(escrow=act.escrow, case=escrow.case))
    row = replace(escrow, status="funded", receipt=act.receipt, expires_ms=expires_ms)
    ledger.put(ESCROWS, act.escrow, row=row)
    return EscrowFunded(escrow=act.escrow, expires_ms=expires_ms)


class EscrowSettled(Event, tag="treasury.escrow_settled"):
    """The bank must pay what the escrow holds: to seller and lender, or back to the payer."""

    escrow: Label
    outcome: Literal["released", "refunded"]
    seller_fen: Fen
    lender_fen: Fen
    payer_fen: Fen


class ReleaseEscrow(Act, tag="treasury.release_escrow"):
    """Release the price to seller and lender."""

    escrow: Label
    case: Label
    parcel: ParcelNumber


@service.operation(by=Clock(), law=ESCROW_LAW, writes=(ESCROWS,))
def release_escrow(act: ReleaseEscrow, ledger: Ledger) -> EscrowSettled:
    """Release the price when the transfer is entered: title and price change hands together."""
    escrow = require_escrow(ledger, act.escrow, "funded")
    is_this = (escrow.case, escrow.parcel) == (act.case, act.parcel)
    ensure(is_this, Refusal.ESCROW_OF_ANOTHER_CASE)
    ensure(escrow.frozen_fen == 0, Refusal.FUNDS_FROZEN)

    ledger.put(ESCROWS, act.escrow, row=replace(escrow, status="released"))
    return EscrowSettled(
        escrow=act.escrow,
        outcome="released",
        seller_fen=fen(escrow.price_fen - escrow.payoff_fen),
        lender_fen=escrow.payoff_fen,
        payer_fen=fen(0),
    )


class RefundEscrow(Act, tag="treasury.refund_escrow"):
    """Return the price to the payer."""

    escrow: Label
    case: Label


@service.operation(by=Clock(), law=ESCROW_LAW, writes=(ESCROWS,))
def refund_escrow(act: RefundEscrow, ledger: Ledger) -> tuple[EscrowSettled, ...]:
    """Return the price when the case ends without a transfer, or when its time is over.

    What is settled stays as it is; frozen money stays until the court lets it go.
    """
    escrow = ledger.one(ESCROWS, act.escrow, missing=Refusal.ESCROW_UNKNOWN)
    ensure(escrow.case == act.case, Refusal.ESCROW_OF_ANOTHER_CASE)
    if escrow.status != "funded":
        return ()
    ensure(escrow.frozen_fen == 0, Refusal.FUNDS_FROZEN)

    ledger.put(ESCROWS, act.escrow, row=replace(escrow, status="refunded"))
    settled = EscrowSettled(
        escrow=act.escrow,
        outcome="refunded",
        seller_fen=fen(0),
        lender_fen=fen(0),
        payer_fen=escrow.price_fen,
    )
    return (settled,)


class PayOutEscrow(Act, tag="treasury.pay_out_escrow"):
    """Confirm that the bank has paid out what was settled."""

    escrow: Label
    receipt: Digest


class EscrowPaidOut(Event, tag="treasury.escrow_paid_out"):
    """The bank has paid out an escrow."""

    escrow: Label


@service.operation(by=BANK_ON_RECORD, law=ESCROW_LAW, writes=(ESCROWS, RECEIPTS))
def pay_out_escrow(act: PayOutEscrow, ledger: Ledger) -> EscrowPaidOut:
    """Confirm, once, that the bank has paid what the ledger settled."""
    escrow = ledger.one(ESCROWS, act.escrow, missing=Refusal.ESCROW_UNKNOWN)
    is_due = escrow.status in ("released", "refunded") and escrow.paid_out is None
    ensure(is_due, Refusal.ESCROW_NOT_THERE)
    use_receipt(ledger, act.receipt)

    ledger.put(ESCROWS, act.escrow, row=replace(escrow, paid_out=act.receipt))
    return EscrowPaidOut(escrow=act.escrow)


def require_escrow(ledger: Ledger, number: str, status: str) -> Escrow:
    """Return an escrow at a step, or refuse."""
    escrow = ledger.one(ESCROWS, number, missing=Refusal.ESCROW_UNKNOWN)
    ensure(escrow.status == status, Refusal.ESCROW_NOT_THERE)
    return escrow


def use_receipt(ledger: Ledger, receipt: bytes) -> None:
    """Use a bank receipt for an escrow, or refuse one that was used before."""
    ensure(ledger.get(RECEIPTS, receipt) is None, Refusal.RECEIPT_USED)
    ledger.put(RECEIPTS, receipt, row=Receipt(line=NO_LINE, payment=count(0)))


# -- court orders ---------------------------------------------------------------------------------


class FreezeFunds(Act, tag="treasury.freeze_funds"):
    """Hold money under a court order."""

    order: Digest
    """The order, as the courts' service keeps it."""
    target: Target
    ref: FundsRef
    amount_fen: Amount


class FundsFrozen(Event, tag="treasury.funds_frozen"):
    """Money is held under a court order."""

    order: Digest
    target: Target
    ref: FundsRef
    amount_fen: Amount
    frozen_fen: Fen
    """Under all orders."""


@service.operation(by=Clock(), law=FREEZE_LAW, writes=(HOLDS, PAYEES, ESCROWS))
def freeze_funds(act: FreezeFunds, ledger: Ledger) -> FundsFrozen:
    """Hold what is owed to a payee, or the price in an escrow, up to the amount of the order."""
    key = (act.target, act.ref, act.order)
    ensure(ledger.get(HOLDS, *key) is None, Refusal.ORDER_EXISTS)
    frozen_fen = change_frozen(ledger, act.target, act.ref, act.amount_fen)

    hold = Hold(amount_fen=act.amount_fen, placed_ms=time_ms(ledger.time_ms))
    ledger.put(HOLDS, *key, row=hold)
    return FundsFrozen(
        order=act.order,
        target=act.target,
        ref=act.ref,
        amount_fen=act.amount_fen,
        frozen_fen=frozen_fen,
    )


class UnfreezeFunds(Act, tag="treasury.unfreeze_funds"):
    """Let money go that was held under a court order."""

    order: Digest
    target: Target
    ref: FundsRef


class FundsUnfrozen(Event, tag="treasury.funds_unfrozen"):
    """Money is no longer held under this order."""

    order: Digest
    target: Target
    ref: FundsRef
    amount_fen: Amount
    frozen_fen: Fen


@service.operation(by=Clock(), law=FREEZE_LAW, writes=(HOLDS, PAYEES, ESCROWS))
def unfreeze_funds(act: UnfreezeFunds, ledger: Ledger) -> FundsUnfrozen:
    """Let go what an order holds; an escrow whose time is over then goes back to its payer."""
    key = (act.target, act.ref, act.order)
    hold = ledger.one(HOLDS, *key, missing=Refusal.ORDER_UNKNOWN)

    frozen_fen = change_frozen(ledger, act.target, act.ref, -hold.amount_fen)
    ledger.remove(HOLDS, *key)
    return FundsUnfrozen(
        order=act.order,
        target=act.target,
        ref=act.ref,
        amount_fen=hold.amount_fen,
        frozen_fen=frozen_fen,
    )


def change_frozen(ledger: Ledger, target: Target, ref: str, delta: int) -> Fen:
    """Change what is held of a payee or an escrow and return it; refuse what is not there."""
    if target == "payee":
        payee = ledger.one(PAYEES, ref, missing=Refusal.PAYEE_UNKNOWN)
        frozen_fen = amount(payee.frozen_fen + delta)
        ledger.put(PAYEES, ref, row=replace(payee, frozen_fen=frozen_fen))
        return frozen_fen
    escrow = ledger.one(ESCROWS, ref, missing=Refusal.ESCROW_UNKNOWN)
    ensure(delta < 0 or escrow.status in ("open", "funded"), Refusal.ESCROW_NOT_THERE)
    frozen_fen = amount(escrow.frozen_fen + delta)
    ledger.put(ESCROWS, ref, row=replace(escrow, frozen_fen=frozen_fen))
    is_over = escrow.status == "funded" and escrow.expires_ms <= ledger.time_ms
    if is_over and frozen_fen == 0:
        ledger.schedule(ledger.time_ms, RefundEscrow(escrow=label(ref), case=escrow.case))
    return frozen_fen
