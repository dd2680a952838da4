"""Wages on works: workers registered by two sides, paid through the wage account to each one."""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.encoding import Record, replace
from tongjian.core.ledger import Ledger
from tongjian.core.limits import PARTS_MAX
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Recorded, Signer
from tongjian.core.values import Amount, Count, Digest, Fen, PersonId, count, fen, time_ms
from tongjian.services.treasury.quantities import Contract, Period
from tongjian.services.treasury.records import (
    ACCOUNTS,
    COMMITMENTS,
    RECEIPTS,
    WAGES,
    WORKERS,
    service,
)
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import Commitment, Receipt
from tongjian.services.treasury.rows_works import Wage, Worker
from tongjian.services.treasury.rules import NO_LINE, amount, require_commitment, this_period

_MONTHS: Final = 12
_PAYEE: Final = Recorded(COMMITMENTS, ("contract",), "payee")
WAGE_LAW: Final = "Migrant Workers Wages Regulation art. 26, 29, 31"


class RegisterWorker(Act, tag="treasury.register_worker"):
    """Register a worker on works."""

    contract: Contract
    worker: PersonId
    """Pseudonym; name and number stay in the vault of the works' register."""
    evidence: Digest
    """Salted commitment to labour contract and identity check."""


class WorkerRegistered(Event, tag="treasury.worker_registered"):
    """A worker is registered on works."""

    contract: Contract
    worker: PersonId


@service.operation(
    by=AllOf(
        (
            Signer("payroll", _PAYEE),
            Signer("acceptor", Recorded(COMMITMENTS, ("contract",), "unit")),
        )
    ),
    law="Migrant Workers Wages Regulation art. 28",
    reads=(COMMITMENTS,),
    writes=(WORKERS,),
)
def register_worker(act: RegisterWorker, ledger: Ledger) -> WorkerRegistered:
    """Register a worker by contractor and owner together: a ghost needs both."""
    contract = require_commitment(ledger, act.contract)
    ensure(contract.kind == "works", Refusal.PURPOSE_WRONG)
    known = ledger.get(WORKERS, act.contract, act.worker)
    ensure(known is None, Refusal.WORKER_EXISTS)

    row = Worker(registered_ms=time_ms(ledger.time_ms), paid_fen=fen(0))
    ledger.put(WORKERS, act.contract, act.worker, row=row)
    return WorkerRegistered(contract=act.contract, worker=act.worker)


class WagePart(Record):
    """The wage of one worker."""

    worker: PersonId
    amount_fen: Amount


class PayWages(Act, tag="treasury.pay_wages"):
    """Pay wages of a month from the wage account to each worker."""

    contract: Contract
    account: Digest
    """The wage account."""
    period: Period
    wages: Annotated[tuple[WagePart, ...], Meta(min_length=1, max_length=PARTS_MAX)]
    receipt: Digest
    """Salted commitment to the bank's list of transfers."""


class WagesPaid(Event, tag="treasury.wages_paid"):
    """Workers have their wages of a month."""

    contract: Contract
    period: Period
    workers: Count
    amount_fen: Amount
    left_fen: Fen
    """On the wage account."""


@service.operation(
    by=AllOf(
        (
            Signer("payroll", _PAYEE),
            Signer("bank_officer", Recorded(ACCOUNTS, ("account",), "bank")),
        )
    ),
    law=WAGE_LAW,
    writes=(COMMITMENTS, WORKERS, WAGES, RECEIPTS),
)
def pay_wages(act: PayWages, ledger: Ledger) -> WagesPaid:
    """Pass wages through to each worker: registered, once a month, from what was received."""
    contract = require_commitment(ledger, act.contract)
    ensure(contract.terms.wage_account == act.account, Refusal.ACCOUNT_WRONG)
    is_month = 1 <= act.period % 100 <= _MONTHS and act.period <= this_period(ledger)
    ensure(is_month, Refusal.PERIOD_WRONG)
    for part in act.wages:
        pay_worker(ledger, act, part)
    total = sum(part.amount_fen for part in act.wages)
    paid = contract.wages_paid_fen + total
    ensure(paid <= contract.wages_received_fen, Refusal.WAGES_EXCEEDED)
    ensure(ledger.get(RECEIPTS, act.receipt) is None, Refusal.RECEIPT_USED)

    ledger.put(RECEIPTS, act.receipt, row=Receipt(line=NO_LINE, payment=count(0)))
    after = replace(contract, wages_paid_fen=amount(paid))
    ledger.put(COMMITMENTS, act.contract, row=after)
    return WagesPaid(
        contract=act.contract,
        period=act.period,
        workers=count(len(act.wages)),
        amount_fen=amount(total),
        left_fen=left_fen(after),
    )


def pay_worker(ledger: Ledger, act: PayWages, part: WagePart) -> None:
    """Write one wage, or refuse a worker who is not registered or has this month's already."""
    worker = ledger.one(WORKERS, act.contract, part.worker, missing=Refusal.WORKER_UNKNOWN)
    key = (act.contract, part.worker, act.period)
    ensure(ledger.get(WAGES, *key) is None, Refusal.WAGE_PAID)
    wage = Wage(amount_fen=part.amount_fen, receipt=act.receipt, paid_ms=time_ms(ledger.time_ms))
    ledger.put(WAGES, *key, row=wage)
    paid = amount(worker.paid_fen + part.amount_fen)
    ledger.put(WORKERS, act.contract, part.worker, row=replace(worker, paid_fen=paid))


def left_fen(contract: Commitment) -> Fen:
    """Return what of the wages received has not reached the workers yet."""
    return amount(contract.wages_received_fen - contract.wages_paid_fen)
