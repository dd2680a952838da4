"""What several acts share: the one way to change a line, amounts, years, persons, parties.

Every change of a line goes through `put_line`, which changes the totals by the same amounts and
compares both with PUB-I1: so conservation is compared in each block that moves public money, and
the totals, being a row, stand proven under the state root of that block's header.
"""

from functools import lru_cache
from typing import Final

from tongjian.core.actors import Actor
from tongjian.core.calendar import Date, legal_date
from tongjian.core.directory import Kernel
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.limits import FEN_MAX
from tongjian.core.operation import AnyTable, InvariantBroken, Refused, ensure, refuse
from tongjian.core.values import Fen, PersonId, count, fen, person_id
from tongjian.services.treasury.records import (
    ACCOUNTS,
    COMMITMENTS,
    LINES,
    PAYEES,
    TOTALS,
)
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import (
    ACTORS_MAX,
    Account,
    Actors,
    Commitment,
    Line,
    Payee,
    Sums,
    Totals,
)

BUDGET: Final[tuple[AnyTable, ...]] = (LINES, TOTALS)
"""What an act writes that changes a line."""
OPEN: Final = ("issued", "carried")
NO_LINE: Final = "0000-000000-000000"
"""Stands in a receipt that belongs to no budget line."""
NO_SUMS: Final = Sums(
    approved_fen=fen(0),
    added_fen=fen(0),
    cut_fen=fen(0),
    frozen_fen=fen(0),
    quota_fen=fen(0),
    committed_fen=fen(0),
    ordered_fen=fen(0),
    paid_fen=fen(0),
)


def amount(value: int) -> Fen:
    """Return a sum as fen; refuses one above any ledger amount, stops at a negative one."""
    if value > FEN_MAX:
        raise Refused(Kernel.OUT_OF_BOUNDS, f"A sum is over {FEN_MAX} fen.")
    if value < 0:
        msg = f"an amount of public money became {value} fen"
        raise InvariantBroken(msg)
    return fen(value)


def usable_fen(sums: Sums) -> int:
    """Return what a line allows to commit in all: approved, adjusted, less frozen."""
    return sums.approved_fen + sums.added_fen - sums.cut_fen - sums.frozen_fen


def free_fen(line: Line) -> int:
    """Return what of a line is neither frozen nor committed, whatever its status."""
    return usable_fen(line.sums) - line.sums.committed_fen


def available_fen(line: Line) -> int:
    """Return what a new contract may take of a line now; 0 unless it is open for spending."""
    return free_fen(line) if line.status == "issued" else 0


def year_of(line: str) -> int:
    """Return the budget year that the number of a line begins with."""
    return int(line[:4])


def region_of(line: str) -> str:
    """Return the division in the number of a line."""
    return line[5:11]


@lru_cache(maxsize=16)
def _date_of(time_ms: int) -> Date:
    """Return the legal day of a block time; all acts of a block share one answer."""
    return legal_date(time_ms)


def this_year(ledger: Ledger) -> int:
    """Return the budget year of the block, in Shanghai."""
    return _date_of(ledger.time_ms).year


def today(ledger: Ledger) -> int:
    """Return the legal day of the block as yyyymmdd."""
    date = _date_of(ledger.time_ms)
    return date.year * 10_000 + date.month * 100 + date.day


def this_period(ledger: Ledger) -> int:
    """Return the month of the block as yyyymm."""
    date = _date_of(ledger.time_ms)
    return date.year * 100 + date.month


# -- lines ----------------------------------------------------------------------------------------


def put_line(ledger: Ledger, number: str, before: Line | None, after: Line) -> None:
    """Write a line and add what changed to the totals; stop the node where PUB-I1 is broken."""
    new_sums, new_payments = after.sums, after.payments - (before.payments if before else 0)
    old_sums = NO_SUMS if before is None else before.sums
    _check(number, new_sums)
    key = (after.finance, year_of(number))
    totals = ledger.get(TOTALS, *key) or Totals(
        lines=count(0), sums=NO_SUMS, payments=count(0), height=count(0)
    )
    sums = _moved(totals.sums, old_sums, new_sums)
    _check(number, sums)
    ledger.put(LINES, number, row=after)
    ledger.put(
        TOTALS,
        *key,
        row=Totals(
            lines=count(totals.lines + (before is None)),
            sums=sums,
            payments=count(totals.payments + new_payments),
            height=count(ledger.height),
        ),
    )


def _moved(totals: Sums, old: Sums, new: Sums) -> Sums:
    """Return totals moved by what a line's sums have changed; the hottest path is written out."""
    return Sums(
        approved_fen=amount(totals.approved_fen + new.approved_fen - old.approved_fen),
        added_fen=amount(totals.added_fen + new.added_fen - old.added_fen),
        cut_fen=amount(totals.cut_fen + new.cut_fen - old.cut_fen),
        frozen_fen=amount(totals.frozen_fen + new.frozen_fen - old.frozen_fen),
        quota_fen=amount(totals.quota_fen + new.quota_fen - old.quota_fen),
        committed_fen=amount(totals.committed_fen + new.committed_fen - old.committed_fen),
        ordered_fen=amount(totals.ordered_fen + new.ordered_fen - old.ordered_fen),
        paid_fen=amount(totals.paid_fen + new.paid_fen - old.paid_fen),
    )


def _check(number: str, sums: Sums) -> None:
    """Stop the node where paid, ordered, committed and usable are not in this order (PUB-I1)."""
    ordered = sums.ordered_fen
    if not sums.paid_fen <= ordered <= sums.committed_fen <= usable_fen(sums):
        msg = f"line {number}: paid, ordered, committed and usable are out of order: {sums}"
        raise InvariantBroken(msg)
    if ordered > sums.quota_fen:
        msg = f"line {number}: {ordered} fen are ordered over a quota of {sums.quota_fen}"
        raise InvariantBroken(msg)


def with_sums(line: Line, **changes: int) -> Line:
    """Return a line whose sums are changed by the given amounts, such as `committed_fen=-5`."""
    sums = line.sums
    new = {name: amount(getattr(sums, name) + change) for name, change in changes.items()}
    return replace(line, sums=replace(sums, **new))


def require_line(ledger: Ledger, number: str) -> Line:
    """Return a line or refuse."""
    return ledger.one(LINES, number, missing=Refusal.LINE_UNKNOWN)


def require_open_year(ledger: Ledger, number: str, line: Line) -> None:
    """Refuse a line that is not open, or whose year is over and which was not carried over."""
    ensure(line.status in OPEN, Refusal.LINE_NOT_ISSUED)
    year = this_year(ledger)
    ensure(year >= year_of(number), Refusal.LINE_WRONG_YEAR)
    ensure(year == year_of(number) or line.status == "carried", Refusal.YEAR_OVER)


# -- contracts, payees, accounts ------------------------------------------------------------------


def require_commitment(ledger: Ledger, contract: str) -> Commitment:
    """Return a commitment or refuse."""
    return ledger.one(COMMITMENTS, contract, missing=Refusal.CONTRACT_UNKNOWN)


def require_account(ledger: Ledger, number: bytes, kind: str) -> Account:
    """Return a registered account of a kind that is not closed, or refuse."""
    account = ledger.one(ACCOUNTS, number, missing=Refusal.ACCOUNT_UNKNOWN)
    ensure(account.kind == kind, Refusal.ACCOUNT_WRONG)
    ensure(not account.closed, Refusal.ACCOUNT_CLOSED)
    return account


def put_payee(
    ledger: Ledger, payee: str, *, committed: int = 0, ordered: int = 0, is_held: bool = True
) -> None:
    """Change what is owed to a payee; refuse a payment that would leave a court order short.

    What contracts still owe after the payment must cover what courts hold of the payee, unless the
    payment is not `is_held`.
    """
    row = ledger.get(PAYEES, payee) or Payee(
        committed_fen=fen(0), ordered_fen=fen(0), frozen_fen=fen(0)
    )
    after = replace(
        row,
        committed_fen=amount(row.committed_fen + committed),
        ordered_fen=amount(row.ordered_fen + ordered),
    )
    is_less = committed < 0 or ordered > 0
    if is_held and is_less and row.frozen_fen:
        owed = after.committed_fen - after.ordered_fen
        ensure(owed >= row.frozen_fen, Refusal.FUNDS_FROZEN)
    ledger.put(PAYEES, payee, row=after)


# -- persons --------------------------------------------------------------------------------------


def with_actors(ledger: Ledger, before: Actors = ()) -> Actors:
    """Return those who acted before and those who sign now; refuse one who acted before."""
    now: tuple[PersonId, ...] = tuple(person_id(actor.person) for actor in ledger.signers)
    if any(person in before for person in now):
        refuse(Refusal.SAME_PERSON)
    return (*before, *now)[-ACTORS_MAX:]


def check_region(approver: Actor, line: str) -> None:
    """Refuse an approver whose division is not the one in the line's number."""
    ensure(approver.region == region_of(line), Refusal.APPROVER_ELSEWHERE)
