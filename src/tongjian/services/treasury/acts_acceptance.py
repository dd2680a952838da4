"""What entitles to payment: an advance the contract allows, a delivery, progress, retention."""

from typing import Final

from tongjian.core.arithmetic import apply_rate_ppm
from tongjian.core.calendar import DAY_MS
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Recorded, Signer
from tongjian.core.values import Amount, Count, Digest, Fen, TimeMs, count, fen, time_ms
from tongjian.services.treasury.acts_contracts import UNIT_ON_RECORD
from tongjian.services.treasury.quantities import Contract, Ground
from tongjian.services.treasury.records import ACCEPTANCES, COMMITMENTS, PROJECTS, service
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import Acceptance, Commitment
from tongjian.services.treasury.rules import amount, require_commitment
from tongjian.services.treasury.rules_works import require_project

_UNIT: Final = Recorded(COMMITMENTS, ("contract",), "unit")
ACCEPTORS: Final = AllOf((Signer("acceptor", _UNIT), Signer("acceptor", _UNIT)))
PROGRESS: Final = AllOf(
    (
        Signer("contractor", Recorded(COMMITMENTS, ("contract",), "payee")),
        Signer("supervisor_engineer", Recorded(COMMITMENTS, ("contract",), "supervisor")),
        Signer("acceptor", _UNIT),
    )
)
RELEASERS: Final = AllOf((Signer("acceptor", _UNIT), Signer("unit_head", _UNIT)))


class Accepted(Event, tag="treasury.accepted"):
    """Something entitles to payment."""

    contract: Contract
    acceptance: Count
    ground: Ground
    value_fen: Fen
    payable_fen: Fen
    wages_fen: Fen
    due_ms: TimeMs


class GrantAdvance(Act, tag="treasury.grant_advance"):
    """Let a supplier have an advance under the contract."""

    contract: Contract
    amount_fen: Amount
    evidence: Digest
    """Salted commitment to the supplier's guarantee."""


@service.operation(
    by=UNIT_ON_RECORD,
    law="SME Payment Regulation art. 9",
    writes=(COMMITMENTS, ACCEPTANCES),
    amount="amount_fen",
)
def grant_advance(act: GrantAdvance, ledger: Ledger) -> Accepted:
    """Grant an advance that the contract allows, against a guarantee; later work recovers it."""
    contract = require_commitment(ledger, act.contract)
    advanced = contract.advanced_fen + act.amount_fen
    ensure(advanced <= contract.terms.advance_fen, Refusal.ADVANCE_EXCEEDED)
    room = contract.amount_fen - contract.accepted_fen - contract.advanced_fen
    ensure(act.amount_fen <= room + contract.recovered_fen, Refusal.ACCEPTED_EXCEEDS_CONTRACT)

    after = replace(contract, advanced_fen=amount(advanced))
    acceptance = acceptance_of("advance", act.amount_fen, act.evidence, ledger, contract)
    return put_acceptance(ledger, act.contract, after, acceptance)


class AcceptDelivery(Act, tag="treasury.accept_delivery"):
    """Accept goods or services."""

    contract: Contract
    value_fen: Amount
    evidence: Digest
    """Salted commitment to delivery note, serial numbers and photographs."""


@service.operation(
    by=ACCEPTORS,
    law="Government Procurement Law art. 41; SME Payment Regulation art. 11",
    writes=(COMMITMENTS, ACCEPTANCES, PROJECTS),
    amount="value_fen",
)
def accept_delivery(act: AcceptDelivery, ledger: Ledger) -> Accepted:
    """Accept goods or services, by two persons of the unit; nothing is paid without (PUB-I4)."""
    contract = require_commitment(ledger, act.contract)
    ensure(contract.kind != "works", Refusal.KIND_WRONG)
    ground: Ground = "goods" if contract.kind == "goods" else "services"
    return accept(ledger, act, contract, ground)


class CertifyProgress(Act, tag="treasury.certify_progress"):
    """Certify progress of works."""

    contract: Contract
    value_fen: Amount
    evidence: Digest
    """Salted commitment to quantities and photographs."""


@service.operation(
    by=PROGRESS,
    law="Government Investment Regulation art. 22; SME Payment Regulation art. 11",
    writes=(COMMITMENTS, ACCEPTANCES, PROJECTS),
    amount="value_fen",
)
def certify_progress(act: CertifyProgress, ledger: Ledger) -> Accepted:
    """Certify progress: the contractor claims, the supervisor measures, the owner accepts."""
    contract = require_commitment(ledger, act.contract)
    ensure(contract.kind == "works", Refusal.KIND_WRONG)
    return accept(ledger, act, contract, "progress")


class ReleaseRetention(Act, tag="treasury.release_retention"):
    """Let the supplier have what was retained."""

    contract: Contract
    amount_fen: Amount
    evidence: Digest
    """Salted commitment to the inspection at the end of the term."""


@service.operation(
    by=RELEASERS,
    law="Government Investment Regulation art. 25",
    writes=(COMMITMENTS, ACCEPTANCES),
    amount="amount_fen",
)
def release_retention(act: ReleaseRetention, ledger: Ledger) -> Accepted:
    """Release what was retained, when its term after the last acceptance is over."""
    contract = require_commitment(ledger, act.contract)
    released = contract.released_fen + act.amount_fen
    ensure(released <= contract.retained_fen, Refusal.RETENTION_EXCEEDED)
    due_ms = contract.accepted_ms + contract.terms.retention_days * DAY_MS
    ensure(ledger.time_ms >= due_ms, Refusal.RETENTION_NOT_DUE)

    after = replace(contract, released_fen=amount(released))
    acceptance = acceptance_of("retention", act.amount_fen, act.evidence, ledger, contract)
    return put_acceptance(ledger, act.contract, after, acceptance)


def accept(
    ledger: Ledger,
    act: AcceptDelivery | CertifyProgress,
    contract: Commitment,
    ground: Ground,
) -> Accepted:
    """Enter an accepted value, less retention and what it recovers of the advance."""
    value = act.value_fen
    accepted = contract.accepted_fen + value
    ensure(accepted <= contract.amount_fen, Refusal.ACCEPTED_EXCEEDS_CONTRACT)
    if contract.project is not None:
        project = require_project(ledger, contract.project)
        ensure(project.stage == "started", Refusal.PROJECT_NOT_READY)
        value_all = amount(project.accepted_fen + value)
        ledger.put(PROJECTS, contract.project, row=replace(project, accepted_fen=value_all))

    acceptance = acceptance_of(ground, 0, act.evidence, ledger, contract)
    recovered, retained, wages = deductions(contract, value)
    after = replace(
        contract,
        accepted_fen=amount(accepted),
        retained_fen=amount(contract.retained_fen + retained),
        recovered_fen=amount(contract.recovered_fen + recovered),
        accepted_ms=time_ms(ledger.time_ms),
    )
    entitled = replace(
        acceptance,
        value_fen=value,
        retained_fen=fen(retained),
        recovered_fen=fen(recovered),
        payable_fen=fen(value - retained - recovered),
        wages_fen=fen(wages),
    )
    return put_acceptance(ledger, act.contract, after, entitled)


def deductions(contract: Commitment, value: int) -> tuple[int, int, int]:
    """Return what an accepted value recovers of the advance, retains, and owes to workers.

    At least so much is recovered that accepted values and the advance together stay within the
    contract (PUB-I4). Retention and wages are never more than what recovery leaves.
    """
    terms = contract.terms
    left = contract.advanced_fen - contract.recovered_fen
    needed = contract.accepted_fen + value + left - contract.amount_fen
    by_rate = apply_rate_ppm(value, terms.recovery_ppm)
    recovered = min(left, max(by_rate, needed))
    retained = min(apply_rate_ppm(value, terms.retention_ppm), value - recovered)
    wages = min(apply_rate_ppm(value, terms.wages_ppm), value - recovered - retained)
    return recovered, retained, wages


def acceptance_of(
    ground: Ground, payable_fen: int, evidence: Digest, ledger: Ledger, contract: Commitment
) -> Acceptance:
    """Return the row of something that entitles to a payable amount, due by the terms."""
    nothing = fen(0)
    return Acceptance(
        ground=ground,
        value_fen=nothing,
        retained_fen=nothing,
        recovered_fen=nothing,
        payable_fen=fen(payable_fen),
        wages_fen=nothing,
        ordered_fen=nothing,
        wages_ordered_fen=nothing,
        wages_paid_fen=nothing,
        evidence=evidence,
        accepted_ms=time_ms(ledger.time_ms),
        due_ms=time_ms(ledger.time_ms + contract.terms.pay_days * DAY_MS),
    )


def put_acceptance(
    ledger: Ledger, number: Contract, contract: Commitment, acceptance: Acceptance
) -> Accepted:
    """Write an acceptance under the next number of its contract."""
    next_ = count(contract.acceptances + 1)
    ledger.put(COMMITMENTS, number, row=replace(contract, acceptances=next_))
    ledger.put(ACCEPTANCES, number, next_, row=acceptance)
    return Accepted(
        contract=number,
        acceptance=next_,
        ground=acceptance.ground,
        value_fen=acceptance.value_fen,
        payable_fen=acceptance.payable_fen,
        wages_fen=acceptance.wages_fen,
        due_ms=acceptance.due_ms,
    )
