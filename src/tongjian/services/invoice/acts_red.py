"""Red letters: asked for, answered within a time, issued against the invoice they correct.

An e-invoice is never voided. Before the buyer has deducted or booked, the seller corrects it alone
(status 01); after that either side may ask (02, 03) and the other must confirm (04).
"""

from collections.abc import Sequence
from typing import Final

from tongjian.core.calendar import deadline_hours
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure, refuse
from tongjian.core.permission import AnyOf, Clock, Named, Signer
from tongjian.core.values import Amount, Count, Fen, TimeMs, Uscc, count, fen, time_ms
from tongjian.services.invoice.records import (
    ALONE,
    BUYER_REFUSED,
    CONFIRMED,
    INVOICES,
    RED_CONFIRMATIONS,
    SELLER_REFUSED,
    VOID,
    WAITS_BUYER,
    WAITS_SELLER,
    WITHDRAWN,
    WITHDRAWN_AFTER,
    Invoice,
    InvoiceNumber,
    RedConfirmation,
    RedReason,
    RedStatus,
    Refusal,
    Salt,
    Side,
    Subtotal,
    Subtotals,
    service,
)
from tongjian.services.invoice.rules import (
    is_ascending,
    is_tax_right,
    needs_confirmation,
    require_side,
)

PARTY: Final = AnyOf((Signer("issuer", Named("party")), Signer("tax_clerk", Named("party"))))
"""An issuer or tax clerk of the office that acts for one side."""
RED_LAW: Final = "Invoice Measures art. 5, 21; STA Announcement 2024 No. 11"


class RequestRed(Act, tag="invoice.request_red"):
    """Ask for a red letter."""

    invoice: InvoiceNumber
    party: Uscc
    buyer_salt: Salt | None
    """Where the party is the buyer; else nil."""
    reason: RedReason
    subtotals: Subtotals
    """What to take back, by rate."""


class RedRequested(Event, tag="invoice.red_requested"):
    """A red letter is asked for."""

    invoice: InvoiceNumber
    confirmation: Count
    initiator: Side
    status: RedStatus
    total_fen: Amount
    deadline_ms: TimeMs


@service.operation(by=PARTY, law=RED_LAW, writes=(INVOICES, RED_CONFIRMATIONS))
def request_red(act: RequestRed, ledger: Ledger) -> RedRequested:
    """Ask for a red letter; who must answer depends on whether the buyer has used the invoice."""
    invoice = ledger.one(INVOICES, act.invoice, missing=Refusal.INVOICE_UNKNOWN)
    side = require_side(invoice, ledger.digest, act.party, act.buyer_salt)
    ensure(invoice.red_of is None, Refusal.IS_RED_LETTER)
    ensure(invoice.foreign is None, Refusal.NOT_ISSUED_HERE)
    ensure(invoice.under_way == 0, Refusal.CONFIRMATION_UNDER_WAY)
    ensure(side == "seller" or needs_confirmation(invoice), Refusal.BUYER_NOT_USED)
    check_taken_back(invoice, act.subtotals)

    status, deadline_ms = open_status(invoice, side), ledger.time_ms
    number = count(invoice.confirmations + 1)
    if status != ALONE:
        deadline_ms = deadline_hours(ledger.time_ms, ledger.parameter("red_confirm_hours"))
        ledger.schedule(deadline_ms, VoidRed(invoice=act.invoice, confirmation=number))
    confirmation = RedConfirmation(
        initiator=side,
        reason=act.reason,
        status=status,
        subtotals=act.subtotals,
        total_fen=total_of(act.subtotals),
        deadline_ms=time_ms(deadline_ms),
    )
    ledger.put(RED_CONFIRMATIONS, act.invoice, number, row=confirmation)
    ledger.put(INVOICES, act.invoice, row=replace(invoice, confirmations=number, under_way=number))
    return RedRequested(
        invoice=act.invoice,
        confirmation=number,
        initiator=side,
        status=status,
        total_fen=confirmation.total_fen,
        deadline_ms=confirmation.deadline_ms,
    )


def open_status(invoice: Invoice, side: Side) -> RedStatus:
    """Return the status in which a request begins: 01 alone, 02 or 03 waiting for the other."""
    if not needs_confirmation(invoice):
        return ALONE
    return WAITS_BUYER if side == "seller" else WAITS_SELLER


def check_taken_back(invoice: Invoice, taken: Sequence[Subtotal]) -> None:
    """Refuse to take back, at any rate, more than earlier red letters have left (TAX-I2, I5)."""
    ensure(is_ascending(taken), Refusal.RATES_UNSORTED)
    given = {part.rate_ppm: part for part in invoice.subtotals}
    before = {part.rate_ppm: part for part in invoice.red}
    for part in taken:
        face = given.get(part.rate_ppm)
        if face is None or part.lines > face.lines:
            refuse(Refusal.RATE_NOT_ON_INVOICE)
    left = [_left(given[part.rate_ppm], before.get(part.rate_ppm)) for part in taken]
    for part, (net_fen, tax_fen) in zip(taken, left, strict=True):
        ensure(part.net_fen <= net_fen and part.tax_fen <= tax_fen, Refusal.RED_EXCEEDS_INVOICE)
    for part, (net_fen, tax_fen) in zip(taken, left, strict=True):
        # The last red letter at a rate takes the rest of the tax, whatever was rounded before.
        is_last = part.net_fen == net_fen
        ensure(part.tax_fen == tax_fen if is_last else is_tax_right(part), Refusal.TAX_WRONG)


def _left(face: Subtotal, red: Subtotal | None) -> tuple[int, int]:
    if red is None:
        return face.net_fen, face.tax_fen
    return face.net_fen - red.net_fen, face.tax_fen - red.tax_fen


def total_of(subtotals: Sequence[Subtotal]) -> Fen:
    """Return the amount with tax."""
    return fen(sum(part.net_fen + part.tax_fen for part in subtotals))


class RedStatusSet(Event, tag="invoice.red_status_set"):
    """The status of a red-letter confirmation has changed."""

    invoice: InvoiceNumber
    confirmation: Count
    status: RedStatus


class ConfirmRed(Act, tag="invoice.confirm_red"):
    """Confirm a red letter that the other party asked for."""

    invoice: InvoiceNumber
    confirmation: Count
    party: Uscc
    buyer_salt: Salt | None


@service.operation(by=PARTY, law=RED_LAW, reads=(INVOICES,), writes=(RED_CONFIRMATIONS,))
def confirm_red(act: ConfirmRed, ledger: Ledger) -> RedStatusSet:
    """Confirm, in time, what the other party asked for; then the seller may issue it."""
    _, confirmation, _ = require_awaited(act, ledger)

    ledger.put(
        RED_CONFIRMATIONS,
        act.invoice,
        act.confirmation,
        row=replace(confirmation, status=CONFIRMED),
    )
    return RedStatusSet(invoice=act.invoice, confirmation=act.confirmation, status=CONFIRMED)


class RefuseRed(Act, tag="invoice.refuse_red"):
    """Refuse a red letter that the other party asked for."""

    invoice: InvoiceNumber
    confirmation: Count
    party: Uscc
    buyer_salt: Salt | None


@service.operation(by=PARTY, law=RED_LAW, writes=(INVOICES, RED_CONFIRMATIONS))
def refuse_red(act: RefuseRed, ledger: Ledger) -> RedStatusSet:
    """Refuse, in time, what the other party asked for."""
    invoice, confirmation, side = require_awaited(act, ledger)

    status: RedStatus = BUYER_REFUSED if side == "buyer" else SELLER_REFUSED
    return close(act, ledger, invoice, replace(confirmation, status=status))


class WithdrawRed(Act, tag="invoice.withdraw_red"):
    """Withdraw a request for a red letter that is not issued yet."""

    invoice: InvoiceNumber
    confirmation: Count
    party: Uscc
    buyer_salt: Salt | None


Step = ConfirmRed | RefuseRed | WithdrawRed


@service.operation(by=PARTY, law=RED_LAW, writes=(INVOICES, RED_CONFIRMATIONS))
def withdraw_red(act: WithdrawRed, ledger: Ledger) -> RedStatusSet:
    """Withdraw one's own request, before or after the other party confirmed it."""
    invoice, confirmation, side = require_confirmation(act, ledger)
    ensure(invoice.under_way == act.confirmation, Refusal.CONFIRMATION_CLOSED)
    ensure(side == confirmation.initiator, Refusal.NOT_INITIATOR)

    status: RedStatus = WITHDRAWN_AFTER if confirmation.status == CONFIRMED else WITHDRAWN
    return close(act, ledger, invoice, replace(confirmation, status=status))


class VoidRed(Act, tag="invoice.void_red"):
    """Void a request for a red letter that nobody answered."""

    invoice: InvoiceNumber
    confirmation: Count


@service.operation(by=Clock(), law=RED_LAW, writes=(INVOICES, RED_CONFIRMATIONS))
def void_red(act: VoidRed, ledger: Ledger) -> tuple[RedStatusSet, ...]:
    """Void a request whose time has passed; one that was answered stays as it is."""
    invoice = ledger.one(INVOICES, act.invoice, missing=Refusal.INVOICE_UNKNOWN)
    confirmation = ledger.one(
        RED_CONFIRMATIONS, act.invoice, act.confirmation, missing=Refusal.CONFIRMATION_UNKNOWN
    )
    if confirmation.status not in (WAITS_BUYER, WAITS_SELLER):
        return ()

    return (close(act, ledger, invoice, replace(confirmation, status=VOID)),)


def require_confirmation(act: Step, ledger: Ledger) -> tuple[Invoice, RedConfirmation, Side]:
    """Return invoice, confirmation and the side on which the signer stands, or refuse."""
    invoice = ledger.one(INVOICES, act.invoice, missing=Refusal.INVOICE_UNKNOWN)
    side = require_side(invoice, ledger.digest, act.party, act.buyer_salt)
    confirmation = ledger.one(
        RED_CONFIRMATIONS, act.invoice, act.confirmation, missing=Refusal.CONFIRMATION_UNKNOWN
    )
    return invoice, confirmation, side


def require_awaited(act: Step, ledger: Ledger) -> tuple[Invoice, RedConfirmation, Side]:
    """Return what `require_confirmation` does where this signer's answer is awaited, or refuse."""
    invoice, confirmation, side = require_confirmation(act, ledger)
    is_open = confirmation.status in (WAITS_BUYER, WAITS_SELLER)
    ensure(is_open, Refusal.CONFIRMATION_CLOSED)
    ensure(side != confirmation.initiator, Refusal.NOT_COUNTERPARTY)
    ensure(ledger.time_ms < confirmation.deadline_ms, Refusal.CONFIRMATION_LATE)
    return invoice, confirmation, side


def close(
    act: Step | VoidRed, ledger: Ledger, invoice: Invoice, confirmation: RedConfirmation
) -> RedStatusSet:
    """Write a confirmation that has come to its end, and let the invoice take another."""
    ledger.put(RED_CONFIRMATIONS, act.invoice, act.confirmation, row=confirmation)
    ledger.put(INVOICES, act.invoice, row=replace(invoice, under_way=count(0)))
    return RedStatusSet(
        invoice=act.invoice, confirmation=act.confirmation, status=confirmation.status
    )
