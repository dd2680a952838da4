"""Commitments: a contract takes its amount from a line, once, and changes within limits.

Procurement causes them with `ledger.follow`, which nobody can sign; a unit enters by itself only
what lies below the threshold of the year (PRO-I8: split purchases are summed).
"""

from typing import Final

from tongjian.core.arithmetic import PPM, apply_rate_ppm
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, AnyOf, Clock, Named, Recorded, Signer
from tongjian.core.values import Amount, Digest, Fen, Name, Uscc, count, fen, time_ms
from tongjian.services.treasury.quantities import (
    Change,
    Contract,
    Kind,
    LineId,
    ProjectCode,
    Terms,
)
from tongjian.services.treasury.records import (
    ACCOUNTS,
    COMMITMENTS,
    DIRECT,
    PAYEES,
    PROJECTS,
    SHARES,
    service,
)
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import Commitment, Direct, Line
from tongjian.services.treasury.rules import (
    BUDGET,
    amount,
    free_fen,
    put_line,
    put_payee,
    require_account,
    require_commitment,
    require_line,
    require_open_year,
    this_year,
    with_sums,
)
from tongjian.services.treasury.rules_works import check_project, draw_on_project

UNIT: Final = AllOf((Signer("finance", Named("unit")), Signer("unit_head", Named("unit"))))
UNIT_ON_RECORD: Final = AllOf(
    (
        Signer("finance", Recorded(COMMITMENTS, ("contract",), "unit")),
        Signer("unit_head", Recorded(COMMITMENTS, ("contract",), "unit")),
    )
)


class Commit(Act, tag="treasury.commit"):
    """Commit money of a line to a contract."""

    contract: Contract
    line: LineId
    unit: Uscc
    payee: Uscc
    account: Digest
    """Salted commitment to the payee's account, as the contract states it."""
    kind: Kind
    amount_fen: Amount
    terms: Terms
    project: ProjectCode | None
    share: Name | None
    """Share of the project's estimate."""
    basis: Digest
    """Salted commitment to the contract, or the digest procurement keeps it under."""


class Committed(Event, tag="treasury.committed"):
    """A contract has its money."""

    contract: Contract
    line: LineId
    unit: Uscc
    payee: Uscc
    amount_fen: Amount
    free_fen: Fen
    """Left on the line."""


@service.operation(
    by=AnyOf((Clock(), UNIT)),
    law="Budget Law art. 13; Government Investment Regulation art. 22, 23",
    reads=(ACCOUNTS,),
    writes=(*BUDGET, COMMITMENTS, PAYEES, DIRECT, PROJECTS, SHARES),
    amount="amount_fen",
)
def commit(act: Commit, ledger: Ledger) -> Committed:
    """Commit money of a line to a contract; without free money there is no contract (PUB-I1)."""
    line = require_line(ledger, act.line)
    ensure(line.status == "issued", Refusal.LINE_NOT_ISSUED)
    require_open_year(ledger, act.line, line)
    ensure(line.unit == act.unit, Refusal.LINE_OF_ANOTHER)
    ensure(ledger.get(COMMITMENTS, act.contract) is None, Refusal.CONTRACT_EXISTS)
    direct_fen = check_direct(act, ledger, line) if ledger.signers else 0
    check_parties(act)
    check_terms(act, ledger, line.finance)
    check_project(ledger, act, line)
    ensure(free_fen(line) >= act.amount_fen, Refusal.LINE_EXCEEDED)
    draw_on_project(ledger, act.project, act.share, act.amount_fen)

    if direct_fen:
        key = (act.unit, this_year(ledger), line.economic[:3])
        ledger.put(DIRECT, *key, row=Direct(amount_fen=amount(direct_fen)))
    put_payee(ledger, act.payee, committed=act.amount_fen)
    ledger.put(COMMITMENTS, act.contract, row=commitment_of(act, procured=not ledger.signers))
    after = with_sums(line, committed_fen=act.amount_fen)
    put_line(ledger, act.line, line, after)
    return Committed(
        contract=act.contract,
        line=act.line,
        unit=act.unit,
        payee=act.payee,
        amount_fen=act.amount_fen,
        free_fen=fen(free_fen(after)),
    )


def check_direct(act: Commit, ledger: Ledger, line: Line) -> int:
    """Return what a unit then has contracted by itself in the category and year, or refuse."""
    key = (act.unit, this_year(ledger), line.economic[:3])
    before = ledger.get(DIRECT, *key)
    direct_fen = act.amount_fen + (before.amount_fen if before else 0)
    ensure(direct_fen <= ledger.parameter("direct_fen_max"), Refusal.NEEDS_PROCUREMENT)
    return direct_fen


def check_parties(act: Commit) -> None:
    """Refuse a contract of a unit with itself, and a supervisor who is one of the two."""
    supervisor = act.terms.supervisor
    ensure(
        act.payee != act.unit and supervisor not in (act.unit, act.payee),
        Refusal.PARTIES_NOT_INDEPENDENT,
    )


def check_terms(act: Commit, ledger: Ledger, finance: str) -> None:
    """Refuse terms that the rules do not allow; works have a supervisor and a wage account."""
    terms = act.terms
    is_works = act.kind == "works"
    parts_ppm = terms.retention_ppm + terms.recovery_ppm + terms.wages_ppm
    ensure(
        terms.retention_ppm <= ledger.parameter("retention_ppm_max")
        and terms.advance_fen <= apply_rate_ppm(act.amount_fen, ledger.parameter("advance_ppm_max"))
        and (terms.recovery_ppm > 0) == (terms.advance_fen > 0)
        and parts_ppm <= PPM
        and terms.pay_days <= ledger.parameter("pay_days_max")
        and (terms.supervisor is not None) == is_works
        and (terms.wage_account is not None) == is_works
        and (terms.wages_ppm > 0) == is_works,
        Refusal.TERMS_WRONG,
    )
    if terms.wage_account is not None:
        account = require_account(ledger, terms.wage_account, "wage")
        is_fit = (account.owner, account.finance) == (act.payee, finance)
        ensure(is_fit, Refusal.ACCOUNT_WRONG)


def commitment_of(act: Commit, *, procured: bool) -> Commitment:
    """Return the row of a contract of which nothing is accepted yet."""
    nothing, none = fen(0), count(0)
    return Commitment(
        line=act.line,
        unit=act.unit,
        payee=act.payee,
        account=act.account,
        kind=act.kind,
        supervisor=act.terms.supervisor,
        basis=act.basis,
        procured=procured,
        terms=act.terms,
        project=act.project,
        share=act.share,
        original_fen=act.amount_fen,
        amount_fen=act.amount_fen,
        added_fen=nothing,
        accepted_fen=nothing,
        retained_fen=nothing,
        released_fen=nothing,
        advanced_fen=nothing,
        recovered_fen=nothing,
        ordered_fen=nothing,
        paid_fen=nothing,
        wages_received_fen=nothing,
        wages_paid_fen=nothing,
        acceptances=none,
        changes=none,
        under_way=none,
        accepted_ms=time_ms(0),
    )


class AdjustCommitment(Act, tag="treasury.adjust_commitment"):
    """Add to a contract's amount, or cut it."""

    contract: Contract
    change: Change
    amount_fen: Amount
    basis: Digest
    """Salted commitment to the change order, or the digest procurement keeps it under."""


class CommitmentAdjusted(Event, tag="treasury.commitment_adjusted"):
    """A contract's amount has changed."""

    contract: Contract
    change: Change
    amount_fen: Amount
    contract_fen: Fen


@service.operation(
    by=AnyOf((Clock(), UNIT_ON_RECORD)),
    law="Budget Law art. 13; Government Procurement Law art. 49",
    writes=(*BUDGET, COMMITMENTS, PAYEES, PROJECTS, SHARES),
    amount="amount_fen",
)
def adjust_commitment(act: AdjustCommitment, ledger: Ledger) -> CommitmentAdjusted:
    """Change what a contract may cost: additions within their share, cuts not below what is due.

    A contract that came from procurement is changed by procurement alone.
    """
    contract = require_commitment(ledger, act.contract)
    ensure(not (ledger.signers and contract.procured), Refusal.NEEDS_PROCUREMENT)
    line = require_line(ledger, contract.line)
    require_open_year(ledger, contract.line, line)
    delta = act.amount_fen if act.change == "add" else -act.amount_fen
    added = contract.added_fen + max(delta, 0)
    most = apply_rate_ppm(contract.original_fen, ledger.parameter("change_ppm_max"))
    ensure(added <= most, Refusal.CHANGES_EXCEEDED)
    ensure(free_fen(line) >= delta, Refusal.LINE_EXCEEDED)
    ensure(contract.amount_fen + delta >= owed_fen(contract), Refusal.ACCEPTED_EXCEEDS_CONTRACT)
    draw_on_project(ledger, contract.project, contract.share, delta)

    after = replace(
        contract, amount_fen=amount(contract.amount_fen + delta), added_fen=amount(added)
    )
    ledger.put(COMMITMENTS, act.contract, row=after)
    put_payee(ledger, contract.payee, committed=delta)
    put_line(ledger, contract.line, line, with_sums(line, committed_fen=delta))
    return CommitmentAdjusted(
        contract=act.contract,
        change=act.change,
        amount_fen=act.amount_fen,
        contract_fen=after.amount_fen,
    )


def owed_fen(contract: Commitment) -> int:
    """Return what a contract has cost so far: accepted values and advances not recovered."""
    return contract.accepted_fen + contract.advanced_fen - contract.recovered_fen
