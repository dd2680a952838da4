"""What follows an order: the bank pays or returns, the treasury clears, the unit books."""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.calendar import legal_date, legal_day_end
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Clock, Named, Recorded, Signer
from tongjian.core.values import Amount, Count, Digest, Fen, Label, Uscc, count, fen, time_ms
from tongjian.services.invoice.public import INVOICES, Book, Refund, Salt
from tongjian.services.treasury.acts_payments import (
    PAYMENT_LAW,
    PaymentSet,
    give_back,
    require_payment,
    told,
)
from tongjian.services.treasury.quantities import Contract, Day, LineId
from tongjian.services.treasury.records import (
    ACCEPTANCES,
    ACCOUNTS,
    ASSETS,
    CLEARING_DAYS,
    COMMITMENTS,
    LINES,
    PAYEES,
    PAYMENTS,
    PROJECTS,
    RECEIPTS,
    service,
)
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import (
    INVOICES_MAX,
    ClearingDay,
    Payment,
    Receipt,
)
from tongjian.services.treasury.rows_works import Asset
from tongjian.services.treasury.rules import (
    BUDGET,
    NO_LINE,
    amount,
    put_line,
    require_commitment,
    require_line,
    this_period,
    today,
    with_sums,
)
from tongjian.services.treasury.rules_works import require_project

BANK: Final = Signer("bank_officer", Recorded(ACCOUNTS, ("source_account",), "bank"))
CLEARING_LAW: Final = "Budget Law art. 59, 61"
_UNIT: Final = Recorded(LINES, ("line",), "unit")


class ConfirmPaid(Act, tag="treasury.confirm_paid"):
    """Confirm that the bank has paid what was ordered."""

    line: LineId
    payment: Count
    source_account: Digest
    """Where the money came from."""
    account: Digest
    """Where the bank has sent it."""
    amount_fen: Amount
    receipt: Digest
    """Salted commitment to the bank's receipt."""


@service.operation(
    by=BANK,
    law=PAYMENT_LAW,
    writes=(
        *BUDGET,
        COMMITMENTS,
        ACCEPTANCES,
        PAYMENTS,
        PROJECTS,
        RECEIPTS,
        ACCOUNTS,
        CLEARING_DAYS,
    ),
    amount="amount_fen",
)
def confirm_paid(act: ConfirmPaid, ledger: Ledger) -> PaymentSet:
    """Confirm a payment by its receipt: to the account ordered, the amount ordered, once."""
    payment = require_payment(ledger, act.line, act.payment, "ordered")
    accounts = (act.source_account, act.account)
    is_ordered = accounts == (payment.source_account, payment.account)
    ensure(is_ordered, Refusal.ACCOUNT_WRONG)
    ensure(act.amount_fen == payment.amount_fen, Refusal.AMOUNT_DIFFERS)
    ensure(ledger.get(RECEIPTS, act.receipt) is None, Refusal.RECEIPT_USED)
    line = require_line(ledger, act.line)

    ledger.put(RECEIPTS, act.receipt, row=Receipt(line=act.line, payment=act.payment))
    day = today(ledger)
    after = replace(payment, status="paid", receipt=act.receipt, paid_on=day)
    ledger.put(PAYMENTS, act.line, act.payment, row=after)
    put_line(ledger, act.line, line, with_sums(line, paid_fen=act.amount_fen))
    count_paid(ledger, payment)
    advance_by_bank(ledger, act.source_account, day, act.amount_fen)
    return told(act.line, act.payment, after)


def count_paid(ledger: Ledger, payment: Payment) -> None:
    """Count what was paid on the contract, its project and, for wages, the acceptance."""
    paid = payment.amount_fen
    contract = require_commitment(ledger, payment.contract)
    after = replace(contract, paid_fen=amount(contract.paid_fen + paid))
    if payment.purpose == "wages":
        key = (payment.contract, payment.acceptance)
        acceptance = ledger.one(ACCEPTANCES, *key, missing=Refusal.ACCEPTANCE_UNKNOWN)
        wages = amount(acceptance.wages_paid_fen + paid)
        ledger.put(ACCEPTANCES, *key, row=replace(acceptance, wages_paid_fen=wages))
        after = replace(after, wages_received_fen=amount(after.wages_received_fen + paid))
    ledger.put(COMMITMENTS, payment.contract, row=after)
    if contract.project is not None:
        project = require_project(ledger, contract.project)
        paid_fen = amount(project.paid_fen + paid)
        ledger.put(PROJECTS, contract.project, row=replace(project, paid_fen=paid_fen))


def advance_by_bank(ledger: Ledger, number: Digest, day: int, paid: int) -> None:
    """Count what the bank advanced on a zero-balance account; by midnight it is cleared."""
    account = ledger.one(ACCOUNTS, number, missing=Refusal.ACCOUNT_UNKNOWN)
    ledger.put(ACCOUNTS, number, row=replace(account, paid_fen=amount(account.paid_fen + paid)))
    before = ledger.get(CLEARING_DAYS, number, day)
    if before is None:
        before = ClearingDay(paid_fen=fen(0), cleared_fen=fen(0), payments=count(0), late=False)
        end_ms = legal_day_end(legal_date(ledger.time_ms))
        ledger.schedule(end_ms, NoteUncleared(account=number, day=day))
    after = replace(
        before,
        paid_fen=amount(before.paid_fen + paid),
        payments=count(before.payments + 1),
    )
    ledger.put(CLEARING_DAYS, number, day, row=after)


class ReturnPayment(Act, tag="treasury.return_payment"):
    """Say that the bank could not pay."""

    line: LineId
    payment: Count
    source_account: Digest
    reason: Digest
    """Salted commitment to the bank's notice."""


@service.operation(
    by=BANK,
    law=PAYMENT_LAW,
    reads=(ACCOUNTS,),
    writes=(*BUDGET, COMMITMENTS, ACCEPTANCES, PAYEES, PAYMENTS),
    follows=(Refund,),
)
def return_payment(act: ReturnPayment, ledger: Ledger) -> PaymentSet:
    """Return an order that the bank could not carry out: the money is on the same line again."""
    payment = require_payment(ledger, act.line, act.payment, "ordered")
    ensure(act.source_account == payment.source_account, Refusal.ACCOUNT_WRONG)
    return give_back(ledger, act.line, act.payment, replace(payment, status="returned"), act.reason)


# -- clearing -------------------------------------------------------------------------------------


class ClearDay(Act, tag="treasury.clear_day"):
    """Clear what a bank advanced in a day with the treasury single account."""

    account: Digest
    day: Day
    amount_fen: Amount
    receipt: Digest


class DayCleared(Event, tag="treasury.day_cleared"):
    """A day of a zero-balance account is cleared: its balance is zero."""

    account: Digest
    day: Day
    amount_fen: Amount
    payments: Count


@service.operation(
    by=AllOf(
        (
            Signer("bank_officer", Recorded(ACCOUNTS, ("account",), "bank")),
            Signer("state_treasury", Recorded(ACCOUNTS, ("account",), "treasury")),
        )
    ),
    law=CLEARING_LAW,
    writes=(ACCOUNTS, CLEARING_DAYS, RECEIPTS),
    amount="amount_fen",
)
def clear_day(act: ClearDay, ledger: Ledger) -> DayCleared:
    """Clear exactly what was paid that day and is not cleared yet (PUB-I7)."""
    account = ledger.one(ACCOUNTS, act.account, missing=Refusal.ACCOUNT_UNKNOWN)
    day = ledger.one(CLEARING_DAYS, act.account, act.day, missing=Refusal.CLEARING_DIFFERS)
    ensure(act.amount_fen == day.paid_fen - day.cleared_fen, Refusal.CLEARING_DIFFERS)
    ensure(ledger.get(RECEIPTS, act.receipt) is None, Refusal.RECEIPT_USED)

    ledger.put(RECEIPTS, act.receipt, row=Receipt(line=NO_LINE, payment=count(0)))
    row = replace(day, cleared_fen=day.paid_fen)
    ledger.put(CLEARING_DAYS, act.account, act.day, row=row)
    cleared = amount(account.cleared_fen + act.amount_fen)
    ledger.put(ACCOUNTS, act.account, row=replace(account, cleared_fen=cleared))
    return DayCleared(
        account=act.account, day=act.day, amount_fen=act.amount_fen, payments=day.payments
    )


class NoteUncleared(Act, tag="treasury.note_uncleared"):
    """Compare a day of a zero-balance account when it ends."""

    account: Digest
    day: Day


class DayNotCleared(Event, tag="treasury.day_not_cleared"):
    """A day ended with a balance that is not zero."""

    account: Digest
    day: Day
    balance_fen: Fen


@service.operation(by=Clock(), law=CLEARING_LAW, writes=(CLEARING_DAYS,))
def note_uncleared(act: NoteUncleared, ledger: Ledger) -> tuple[DayNotCleared, ...]:
    """Mark a day late that ended with something not cleared (PUB-I7)."""
    day = ledger.get(CLEARING_DAYS, act.account, act.day)
    if day is None or day.paid_fen == day.cleared_fen:
        return ()

    ledger.put(CLEARING_DAYS, act.account, act.day, row=replace(day, late=True))
    balance = fen(day.paid_fen - day.cleared_fen)
    return (DayNotCleared(account=act.account, day=act.day, balance_fen=balance),)


# -- books and assets -----------------------------------------------------------------------------


class BookPayment(Act, tag="treasury.book_payment"):
    """Book a cleared payment and its invoices."""

    line: LineId
    payment: Count
    voucher: Digest
    """Salted commitment to the accounting voucher."""
    buyer_salts: Annotated[tuple[Salt, ...], Meta(min_length=1, max_length=INVOICES_MAX)]
    """Of the payment's invoices, in their order."""


@service.operation(
    by=Signer("accountant", _UNIT),
    law="Budget Law art. 57; Invoice Measures art. 20",
    reads=(LINES, INVOICES, CLEARING_DAYS),
    writes=(PAYMENTS,),
    follows=(Book,),
)
def book_payment(act: BookPayment, ledger: Ledger) -> PaymentSet:
    """Book a payment once it is cleared; each of its invoices is booked with it, once."""
    payment = require_payment(ledger, act.line, act.payment, "paid")
    day = ledger.get(CLEARING_DAYS, payment.source_account, payment.paid_on or 0)
    is_cleared = day is not None and day.paid_fen == day.cleared_fen
    ensure(is_cleared, Refusal.NOT_CLEARED)
    ensure(len(act.buyer_salts) == len(payment.invoices), Refusal.INVOICES_DIFFER)
    line = require_line(ledger, act.line)

    after = replace(payment, status="booked", voucher=act.voucher)
    ledger.put(PAYMENTS, act.line, act.payment, row=after)
    for part, salt in zip(payment.invoices, act.buyer_salts, strict=True):
        invoice = ledger.one(INVOICES, part.invoice, missing=Refusal.INVOICE_UNKNOWN)
        if invoice.booked:
            continue
        ledger.follow(
            Book(
                invoice=part.invoice,
                buyer=line.unit,
                buyer_salt=salt,
                voucher=act.voucher,
                period=this_period(ledger),
            )
        )
    return told(act.line, act.payment, after)


class RecordAsset(Act, tag="treasury.record_asset"):
    """Record an asset that a payment bought."""

    asset: Label
    line: LineId
    payment: Count
    keeper: Uscc
    """Body that keeps it."""
    value_fen: Amount
    identity: Digest
    """Salted commitment to maker's numbers, place and description."""


class AssetRecorded(Event, tag="treasury.asset_recorded"):
    """An asset is on its card."""

    asset: Label
    contract: Contract
    keeper: Uscc
    value_fen: Amount


@service.operation(
    by=AllOf((Signer("accountant", _UNIT), Signer("asset_keeper", Named("keeper")))),
    law="Government Investment Regulation art. 25",
    reads=(LINES, COMMITMENTS),
    writes=(ASSETS, PAYMENTS, PROJECTS),
)
def record_asset(act: RecordAsset, ledger: Ledger) -> AssetRecorded:
    """Record what a booked payment bought; assets are never worth more than was paid."""
    ensure(ledger.get(ASSETS, act.asset) is None, Refusal.ASSET_EXISTS)
    payment = require_payment(ledger, act.line, act.payment, "booked")
    assets = payment.assets_fen + act.value_fen
    ensure(assets <= payment.amount_fen, Refusal.ASSET_EXCEEDS_PAYMENT)
    contract = require_commitment(ledger, payment.contract)

    row = Asset(
        keeper=act.keeper,
        line=act.line,
        payment=act.payment,
        value_fen=act.value_fen,
        identity=act.identity,
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(ASSETS, act.asset, row=row)
    ledger.put(PAYMENTS, act.line, act.payment, row=replace(payment, assets_fen=amount(assets)))
    if contract.project is not None:
        project = require_project(ledger, contract.project)
        value = amount(project.assets_fen + act.value_fen)
        ledger.put(PROJECTS, contract.project, row=replace(project, assets_fen=value))
    return AssetRecorded(
        asset=act.asset,
        contract=payment.contract,
        keeper=act.keeper,
        value_fen=act.value_fen,
    )
