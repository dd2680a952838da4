"""Revenue, which enters the treasury and nowhere else, and transfers to the level below."""

from typing import Final, Literal

from tongjian.core.calendar import DAY_MS
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Clock, Named, Recorded, Signer
from tongjian.core.values import Amount, Digest, Label, TimeMs, Uscc, count, fen, time_ms
from tongjian.services.treasury.quantities import LineId, RevenueCode
from tongjian.services.treasury.records import (
    ACCOUNTS,
    BILLS,
    LINES,
    RECEIPTS,
    TRANSFERS,
    service,
)
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import Receipt
from tongjian.services.treasury.rows_works import Bill, Transfer
from tongjian.services.treasury.rules import (
    BUDGET,
    NO_LINE,
    free_fen,
    put_line,
    require_account,
    require_line,
    require_open_year,
    with_sums,
)

REVENUE_LAW: Final = "Budget Law art. 56"
TRANSFER_LAW: Final = "Budget Law art. 52"


class BillRevenue(Act, tag="treasury.bill_revenue"):
    """Bill revenue that somebody owes to the state."""

    bill: Label
    unit: Uscc
    code: RevenueCode
    payer: Digest
    """Salted commitment to who pays."""
    amount_fen: Amount


class RevenueBilled(Event, tag="treasury.revenue_billed"):
    """Revenue is billed."""

    bill: Label
    unit: Uscc
    code: RevenueCode
    amount_fen: Amount


@service.operation(
    by=Signer("accountant", Named("unit")),
    law=REVENUE_LAW,
    writes=(BILLS,),
    amount="amount_fen",
)
def bill_revenue(act: BillRevenue, ledger: Ledger) -> RevenueBilled:
    """Bill revenue under a number used once; the unit itself never receives the money."""
    ensure(ledger.get(BILLS, act.bill) is None, Refusal.BILL_EXISTS)

    row = Bill(
        unit=act.unit,
        code=act.code,
        payer=act.payer,
        amount_fen=act.amount_fen,
        billed_ms=time_ms(ledger.time_ms),
        account=None,
        receipt=None,
    )
    ledger.put(BILLS, act.bill, row=row)
    return RevenueBilled(bill=act.bill, unit=act.unit, code=act.code, amount_fen=act.amount_fen)


class ReceiveRevenue(Act, tag="treasury.receive_revenue"):
    """State that billed revenue has entered the treasury."""

    bill: Label
    account: Digest
    """Treasury single account."""
    amount_fen: Amount
    receipt: Digest


class RevenueReceived(Event, tag="treasury.revenue_received"):
    """Revenue has entered the treasury."""

    bill: Label
    account: Digest
    amount_fen: Amount


@service.operation(
    by=Signer("state_treasury", Recorded(ACCOUNTS, ("account",), "treasury")),
    law=REVENUE_LAW,
    reads=(ACCOUNTS,),
    writes=(BILLS, RECEIPTS),
    amount="amount_fen",
)
def receive_revenue(act: ReceiveRevenue, ledger: Ledger) -> RevenueReceived:
    """Enter revenue, whole, into the treasury single account and no other (PUB-I8)."""
    require_account(ledger, act.account, "single")
    bill = ledger.one(BILLS, act.bill, missing=Refusal.BILL_UNKNOWN)
    ensure(bill.receipt is None, Refusal.BILL_PAID)
    ensure(act.amount_fen == bill.amount_fen, Refusal.AMOUNT_DIFFERS)
    ensure(ledger.get(RECEIPTS, act.receipt) is None, Refusal.RECEIPT_USED)

    ledger.put(RECEIPTS, act.receipt, row=Receipt(line=NO_LINE, payment=count(0)))
    row = replace(bill, account=act.account, receipt=act.receipt)
    ledger.put(BILLS, act.bill, row=row)
    return RevenueReceived(bill=act.bill, account=act.account, amount_fen=act.amount_fen)


# -- transfers ------------------------------------------------------------------------------------


class SendTransfer(Act, tag="treasury.send_transfer"):
    """Send money of a line to the finance department of a level below."""

    transfer: Label
    line: LineId
    receiver: Uscc
    kind: Literal["general", "special"]
    amount_fen: Amount
    document: Digest


class TransferSent(Event, tag="treasury.transfer_sent"):
    """Money is on its way to the level below."""

    transfer: Label
    line: LineId
    receiver: Uscc
    amount_fen: Amount
    due_ms: TimeMs


_FINANCE: Final = Recorded(LINES, ("line",), "finance")


@service.operation(
    by=AllOf((Signer("budget_officer", _FINANCE), Signer("budget_approver", _FINANCE))),
    law=TRANSFER_LAW,
    writes=(*BUDGET, TRANSFERS),
    amount="amount_fen",
)
def send_transfer(act: SendTransfer, ledger: Ledger) -> TransferSent:
    """Send free money of a line down one level; it leaves this budget for the receiver's."""
    line = require_line(ledger, act.line)
    require_open_year(ledger, act.line, line)
    ensure(ledger.get(TRANSFERS, act.transfer) is None, Refusal.TRANSFER_EXISTS)
    ensure(act.receiver != line.finance, Refusal.PARTIES_NOT_INDEPENDENT)
    ensure(free_fen(line) >= act.amount_fen, Refusal.LINE_EXCEEDED)

    days = ledger.parameter("transfer_days")
    due_ms = time_ms(ledger.time_ms + days * DAY_MS)
    row = Transfer(
        sender=line.finance,
        receiver=act.receiver,
        line=act.line,
        kind=act.kind,
        amount_fen=act.amount_fen,
        sent_ms=time_ms(ledger.time_ms),
        due_ms=due_ms,
        received_ms=time_ms(0),
        budgeted_fen=fen(0),
    )
    ledger.put(TRANSFERS, act.transfer, row=row)
    ledger.schedule(due_ms, NoteTransferLate(transfer=act.transfer))
    put_line(ledger, act.line, line, with_sums(line, cut_fen=act.amount_fen))
    return TransferSent(
        transfer=act.transfer,
        line=act.line,
        receiver=act.receiver,
        amount_fen=act.amount_fen,
        due_ms=due_ms,
    )


class ReceiveTransfer(Act, tag="treasury.receive_transfer"):
    """State that a transfer has arrived."""

    transfer: Label
    amount_fen: Amount


class TransferReceived(Event, tag="treasury.transfer_received"):
    """A transfer has arrived; lines may be drafted from it."""

    transfer: Label
    receiver: Uscc
    amount_fen: Amount


@service.operation(
    by=AllOf(
        (
            Signer("budget_officer", Recorded(TRANSFERS, ("transfer",), "receiver")),
            Signer("treasury_approver", Recorded(TRANSFERS, ("transfer",), "receiver")),
        )
    ),
    law=TRANSFER_LAW,
    writes=(TRANSFERS,),
)
def receive_transfer(act: ReceiveTransfer, ledger: Ledger) -> TransferReceived:
    """Receive a transfer: what arrives is what was sent (PUB-I9)."""
    row = ledger.one(TRANSFERS, act.transfer, missing=Refusal.TRANSFER_UNKNOWN)
    ensure(row.received_ms == 0, Refusal.TRANSFER_RECEIVED)
    ensure(act.amount_fen == row.amount_fen, Refusal.AMOUNT_DIFFERS)

    after = replace(row, received_ms=time_ms(ledger.time_ms))
    ledger.put(TRANSFERS, act.transfer, row=after)
    return TransferReceived(transfer=act.transfer, receiver=row.receiver, amount_fen=act.amount_fen)


class NoteTransferLate(Act, tag="treasury.note_transfer_late"):
    """Look whether a transfer has arrived in time."""

    transfer: Label


class TransferLate(Event, tag="treasury.transfer_late"):
    """A transfer has not arrived in time."""

    transfer: Label
    receiver: Uscc


@service.operation(by=Clock(), law=TRANSFER_LAW, reads=(TRANSFERS,))
def note_transfer_late(act: NoteTransferLate, ledger: Ledger) -> tuple[TransferLate, ...]:
    """Announce a transfer that has not arrived when its time is over."""
    row = ledger.one(TRANSFERS, act.transfer, missing=Refusal.TRANSFER_UNKNOWN)
    if row.received_ms:
        return ()
    return (TransferLate(transfer=act.transfer, receiver=row.receiver),)
