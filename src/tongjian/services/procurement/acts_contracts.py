"""The contract: exactly what was awarded, bound to its budget line, supplemented within limits."""

from typing import Final

from tongjian.core.arithmetic import apply_rate_ppm
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Named, Recorded, Signer
from tongjian.core.values import Amount, Count, Digest, Fen, Name, Uscc, count, fen, time_ms
from tongjian.services.procurement.acts_plans import free_line
from tongjian.services.procurement.records import CONTRACTS, PLANNED, PLANS, TENDERS, service
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Contract, Plan
from tongjian.services.procurement.rules import require_not_suspended, require_tender
from tongjian.services.procurement.values import Number
from tongjian.services.treasury.public import (
    AdjustCommitment,
    Commit,
    LineId,
    ProjectCode,
    Terms,
)

PARTIES: Final = AllOf(
    (
        Signer("purchase_approver", Recorded(TENDERS, ("tender",), "purchaser")),
        Signer("bidder", Named("supplier")),
    )
)


class Conclude(Act, tag="procurement.conclude"):
    """Conclude the contract that was awarded."""

    tender: Number
    contract: Number
    supplier: Uscc
    price_fen: Amount
    document: Digest
    """Salted commitment to the contract."""
    account: Digest
    """Salted commitment to the supplier's account."""
    terms: Terms
    project: ProjectCode | None
    share: Name | None
    """Share of the project's estimate."""


class Concluded(Event, tag="procurement.concluded"):
    """A contract is concluded; the treasury commits its price in the same transaction."""

    tender: Number
    contract: Number
    plan: Number
    line: LineId
    purchaser: Uscc
    supplier: Uscc
    price_fen: Amount
    document: Digest


@service.operation(
    by=PARTIES,
    law="Government Procurement Law art. 43, 46; Tendering Law art. 46",
    writes=(CONTRACTS, TENDERS, PLANS, PLANNED),
    follows=(Commit,),
)
def conclude(act: Conclude, ledger: Ledger) -> Concluded:
    """Conclude what was awarded and nothing else, after objections and in time (PRO-I7)."""
    ensure(ledger.get(CONTRACTS, act.contract) is None, Refusal.NUMBER_USED)
    tender = require_tender(ledger, act.tender, "awarded")
    require_not_suspended(tender, ledger)
    plan = ledger.one(PLANS, tender.plan or "", missing=Refusal.PLAN_UNKNOWN)
    ensure(tender.open_challenges == 0, Refusal.CHALLENGE_OPEN)
    ensure(ledger.time_ms >= tender.objection_until_ms, Refusal.OBJECTION_RUNNING)
    ensure(ledger.time_ms < tender.contract_until_ms, Refusal.CONTRACT_LATE)
    is_award = (act.supplier, act.price_fen) == (tender.winner, tender.price_fen)
    ensure(is_award, Refusal.TERMS_DIFFER)

    contract = Contract(
        tender=act.tender,
        purchaser=tender.purchaser,
        supplier=act.supplier,
        line=plan.line,
        price_fen=act.price_fen,
        added_fen=fen(0),
        document=act.document,
        supplements=count(0),
        signed_ms=time_ms(ledger.time_ms),
    )
    ledger.put(CONTRACTS, act.contract, row=contract)
    ledger.put(TENDERS, act.tender, row=replace(tender, status="contracted"))
    free_line(plan, ledger)
    ledger.put(PLANS, str(tender.plan), row=replace(plan, status="contracted"))
    ledger.follow(commit_of(act, plan))
    return Concluded(
        tender=act.tender,
        contract=act.contract,
        plan=str(tender.plan),  # type: ignore[arg-type]
        line=plan.line,
        purchaser=tender.purchaser,
        supplier=act.supplier,
        price_fen=act.price_fen,
        document=act.document,
    )


def commit_of(act: Conclude, plan: Plan) -> Commit:
    """Return the commitment of public money that a contract causes."""
    return Commit(
        contract=act.contract,
        line=plan.line,
        unit=plan.purchaser,
        payee=act.supplier,
        account=act.account,
        kind=plan.kind,
        amount_fen=act.price_fen,
        terms=act.terms,
        project=act.project,
        share=act.share,
        basis=act.document,
    )


class Supplement(Act, tag="procurement.supplement"):
    """Add more of the same to a contract."""

    contract: Number
    supplier: Uscc
    amount_fen: Amount
    document: Digest
    """Salted commitment to the supplementary contract."""


class Supplemented(Event, tag="procurement.supplemented"):
    """A contract has a supplement; the treasury commits it in the same transaction."""

    contract: Number
    number: Count
    amount_fen: Amount
    added_fen: Fen
    document: Digest


@service.operation(
    by=AllOf(
        (
            Signer("purchase_approver", Recorded(CONTRACTS, ("contract",), "purchaser")),
            Signer("bidder", Recorded(CONTRACTS, ("contract",), "supplier")),
        )
    ),
    law="Government Procurement Law art. 49",
    writes=(CONTRACTS,),
    follows=(AdjustCommitment,),
)
def supplement(act: Supplement, ledger: Ledger) -> Supplemented:
    """Supplement a contract; all supplements together stay within a tenth of it (PRO-I7)."""
    contract = ledger.one(CONTRACTS, act.contract, missing=Refusal.CONTRACT_UNKNOWN)
    ensure(act.supplier == contract.supplier, Refusal.TERMS_DIFFER)
    added_fen = contract.added_fen + act.amount_fen
    most_fen = apply_rate_ppm(contract.price_fen, ledger.parameter("supplement_ppm_max"))
    ensure(added_fen <= most_fen, Refusal.AMENDMENT_TOO_LARGE)

    number = count(contract.supplements + 1)
    after = replace(contract, supplements=number, added_fen=fen(added_fen))
    ledger.put(CONTRACTS, act.contract, row=after)
    ledger.follow(
        AdjustCommitment(
            contract=act.contract, change="add", amount_fen=act.amount_fen, basis=act.document
        )
    )
    return Supplemented(
        contract=act.contract,
        number=number,
        amount_fen=act.amount_fen,
        added_fen=fen(added_fen),
        document=act.document,
    )
