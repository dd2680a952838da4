"""The budget: a line is drafted, approved by the People's Congress, issued, adjusted, closed."""

from typing import Final, Literal

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Named, Recorded, Signer
from tongjian.core.values import Amount, Digest, Fen, Label, Uscc, count
from tongjian.services.treasury.quantities import (
    Change,
    EconomicCode,
    FunctionalCode,
    LineId,
    LineStatus,
    ProjectCode,
    Source,
)
from tongjian.services.treasury.records import LINES, PROJECTS, TRANSFERS, service
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import Line
from tongjian.services.treasury.rules import (
    BUDGET,
    NO_SUMS,
    amount,
    check_region,
    free_fen,
    put_line,
    region_of,
    require_line,
    require_open_year,
    this_year,
    usable_fen,
    with_sums,
    year_of,
)
from tongjian.services.treasury.rules_works import require_project

OFFICER: Final = Signer("budget_officer", Recorded(LINES, ("line",), "finance"))
FINANCE: Final = AllOf((OFFICER, Signer("budget_approver", Recorded(LINES, ("line",), "finance"))))
CONGRESS: Final = AllOf((OFFICER, Signer("congress_approver")))
MOVER: Final = AllOf(
    (
        Signer("budget_officer", Recorded(LINES, ("line",), "finance")),
        Signer("budget_approver", Recorded(LINES, ("to_line",), "finance")),
    )
)


class DraftLine(Act, tag="treasury.draft_line"):
    """Draft a line of the budget."""

    line: LineId
    finance: Uscc
    unit: Uscc
    functional: FunctionalCode
    economic: EconomicCode
    source: Source
    transfer: Label | None
    """Where the source is a transfer: its number; else nil."""
    project: ProjectCode | None
    amount_fen: Amount


class LineDrafted(Event, tag="treasury.line_drafted"):
    """A line of the budget is drafted."""

    line: LineId
    unit: Uscc
    amount_fen: Amount


@service.operation(
    by=Signer("budget_officer", Named("finance")),
    law="Budget Law art. 32",
    reads=(TRANSFERS, PROJECTS),
    writes=BUDGET,
)
def draft_line(act: DraftLine, ledger: Ledger) -> LineDrafted:
    """Draft a line of this year's or next year's budget; a draft gives no money."""
    ensure(ledger.get(LINES, act.line) is None, Refusal.LINE_EXISTS)
    ensure(0 <= year_of(act.line) - this_year(ledger) <= 1, Refusal.LINE_WRONG_YEAR)
    ensure(ledger.signer.region == region_of(act.line), Refusal.LINE_WRONG_REGION)
    if act.project is not None:
        project = require_project(ledger, act.project)
        ensure(project.owner == act.unit, Refusal.PROJECT_OF_ANOTHER)
    ensure((act.source == "transfer") == (act.transfer is not None), Refusal.TRANSFER_UNKNOWN)
    if act.transfer is not None:
        transfer = ledger.one(TRANSFERS, act.transfer, missing=Refusal.TRANSFER_UNKNOWN)
        is_here = transfer.receiver == act.finance and transfer.received_ms > 0
        ensure(is_here, Refusal.TRANSFER_UNKNOWN)

    line = Line(
        finance=act.finance,
        unit=act.unit,
        functional=act.functional,
        economic=act.economic,
        source=act.source,
        transfer=act.transfer,
        project=act.project,
        status="draft",
        proposed_fen=act.amount_fen,
        resolution=None,
        sums=NO_SUMS,
        payments=count(0),
    )
    put_line(ledger, act.line, None, line)
    return LineDrafted(line=act.line, unit=act.unit, amount_fen=act.amount_fen)


class ApproveLine(Act, tag="treasury.approve_line"):
    """Approve a drafted line by resolution."""

    line: LineId
    resolution: Digest
    """Salted commitment to the resolution of the People's Congress."""


class LineApproved(Event, tag="treasury.line_approved"):
    """A line of the budget is approved."""

    line: LineId
    amount_fen: Amount
    resolution: Digest


@service.operation(by=CONGRESS, law="Budget Law art. 13, 52", writes=(*BUDGET, TRANSFERS))
def approve_line(act: ApproveLine, ledger: Ledger) -> LineApproved:
    """Approve a line by resolution of the People's Congress of its own division."""
    line = require_line(ledger, act.line)
    check_region(ledger.signers[1], act.line)
    ensure(line.status == "draft", Refusal.LINE_NOT_DRAFT)
    if line.transfer is not None:
        transfer = ledger.one(TRANSFERS, line.transfer, missing=Refusal.TRANSFER_UNKNOWN)
        budgeted = transfer.budgeted_fen + line.proposed_fen
        ensure(budgeted <= transfer.amount_fen, Refusal.TRANSFER_EXCEEDED)
        ledger.put(TRANSFERS, line.transfer, row=replace(transfer, budgeted_fen=amount(budgeted)))

    approved = with_sums(line, approved_fen=line.proposed_fen)
    after = replace(approved, status="approved", resolution=act.resolution)
    put_line(ledger, act.line, line, after)
    return LineApproved(line=act.line, amount_fen=line.proposed_fen, resolution=act.resolution)


class IssueLine(Act, tag="treasury.issue_line"):
    """Issue an approved line to its unit."""

    line: LineId


class LineIssued(Event, tag="treasury.line_issued"):
    """A line is issued: its unit may commit money."""

    line: LineId
    unit: Uscc
    amount_fen: Amount


@service.operation(by=FINANCE, law="Budget Law art. 52", writes=(*BUDGET, PROJECTS))
def issue_line(act: IssueLine, ledger: Ledger) -> LineIssued:
    """Issue an approved line to its unit 批复; now it may be committed."""
    line = require_line(ledger, act.line)
    ensure(line.status == "approved", Refusal.LINE_NOT_APPROVED)

    if line.project is not None:
        project = require_project(ledger, line.project)
        funded = amount(project.funded_fen + line.proposed_fen)
        ledger.put(PROJECTS, line.project, row=replace(project, funded_fen=funded))
    put_line(ledger, act.line, line, replace(line, status="issued"))
    return LineIssued(line=act.line, unit=line.unit, amount_fen=line.proposed_fen)


class AdjustLine(Act, tag="treasury.adjust_line"):
    """Add to a line or cut it, by resolution."""

    line: LineId
    change: Change
    amount_fen: Amount
    resolution: Digest


class LineAdjusted(Event, tag="treasury.line_adjusted"):
    """A line was adjusted by resolution."""

    line: LineId
    change: Change
    amount_fen: Amount
    resolution: Digest


@service.operation(
    by=CONGRESS,
    law="Budget Law art. 67",
    writes=BUDGET,
    amount="amount_fen",
)
def adjust_line(act: AdjustLine, ledger: Ledger) -> LineAdjusted:
    """Adjust a line by resolution; what is committed or frozen cannot be cut (PUB-I1, I2)."""
    line = require_line(ledger, act.line)
    check_region(ledger.signers[1], act.line)
    require_open_year(ledger, act.line, line)
    is_cut = act.change == "cut"
    ensure(not is_cut or free_fen(line) >= act.amount_fen, Refusal.LINE_EXCEEDED)

    column = "cut_fen" if is_cut else "added_fen"
    put_line(ledger, act.line, line, with_sums(line, **{column: act.amount_fen}))
    return LineAdjusted(
        line=act.line, change=act.change, amount_fen=act.amount_fen, resolution=act.resolution
    )


class MoveFunds(Act, tag="treasury.move_funds"):
    """Move money from one line to another of the same class and source."""

    line: LineId
    to_line: LineId
    amount_fen: Amount
    document: Digest
    """Salted commitment to the approval."""


class FundsMoved(Event, tag="treasury.funds_moved"):
    """Money moved from one line to another."""

    line: LineId
    to_line: LineId
    amount_fen: Amount


@service.operation(
    by=MOVER,
    law="Budget Law art. 72",
    writes=BUDGET,
    amount="amount_fen",
)
def move_funds(act: MoveFunds, ledger: Ledger) -> FundsMoved:
    """Move free money between lines 调剂 of one class and source; further needs a resolution."""
    ensure(act.line != act.to_line, Refusal.SAME_LINE)
    line, other = require_line(ledger, act.line), require_line(ledger, act.to_line)
    require_open_year(ledger, act.line, line)
    require_open_year(ledger, act.to_line, other)
    is_same = (line.finance, line.source, line.transfer, line.functional[:3]) == (
        other.finance,
        other.source,
        other.transfer,
        other.functional[:3],
    )
    ensure(is_same and line.project is None is other.project, Refusal.MOVE_NEEDS_CONGRESS)
    ensure(free_fen(line) >= act.amount_fen, Refusal.LINE_EXCEEDED)

    put_line(ledger, act.line, line, with_sums(line, cut_fen=act.amount_fen))
    put_line(ledger, act.to_line, other, with_sums(other, added_fen=act.amount_fen))
    return FundsMoved(line=act.line, to_line=act.to_line, amount_fen=act.amount_fen)


class FreezeLine(Act, tag="treasury.freeze_line"):
    """Set how much of a line is kept from use."""

    line: LineId
    frozen_fen: Fen
    """In all; 0 frees the whole line."""
    document: Digest


class LineFrozen(Event, tag="treasury.line_frozen"):
    """This much of a line is kept from use."""

    line: LineId
    frozen_fen: Fen


@service.operation(by=FINANCE, law="Budget Law art. 57", writes=BUDGET)
def freeze_line(act: FreezeLine, ledger: Ledger) -> LineFrozen:
    """Keep a part of a line from use, or free it; what is committed cannot be frozen."""
    line = require_line(ledger, act.line)
    require_open_year(ledger, act.line, line)
    change = act.frozen_fen - line.sums.frozen_fen
    ensure(change <= free_fen(line), Refusal.LINE_EXCEEDED)

    put_line(ledger, act.line, line, with_sums(line, frozen_fen=change))
    return LineFrozen(line=act.line, frozen_fen=act.frozen_fen)


class GrantQuota(Act, tag="treasury.grant_quota"):
    """Release money of a line for payment, upon the unit's plan."""

    line: LineId
    amount_fen: Amount
    plan: Digest
    """Salted commitment to the unit's plan 用款计划."""


class QuotaGranted(Event, tag="treasury.quota_granted"):
    """Money of a line is released for payment."""

    line: LineId
    amount_fen: Amount
    quota_fen: Fen
    """In all."""


@service.operation(
    by=FINANCE,
    law="Budget Law art. 57",
    writes=BUDGET,
    amount="amount_fen",
)
def grant_quota(act: GrantQuota, ledger: Ledger) -> QuotaGranted:
    """Release money of a line for payment; in all, at most what the line may spend."""
    line = require_line(ledger, act.line)
    require_open_year(ledger, act.line, line)
    quota = line.sums.quota_fen + act.amount_fen
    ensure(quota <= usable_fen(line.sums), Refusal.LINE_EXCEEDED)

    after = with_sums(line, quota_fen=act.amount_fen)
    put_line(ledger, act.line, line, after)
    return QuotaGranted(line=act.line, amount_fen=act.amount_fen, quota_fen=after.sums.quota_fen)


class CloseLine(Act, tag="treasury.close_line"):
    """End a line's year: carry it over for its contracts, or close it."""

    line: LineId
    outcome: Literal["carried", "closed"]


class LineClosed(Event, tag="treasury.line_closed"):
    """A line takes no new contracts; what is free lapses."""

    line: LineId
    outcome: LineStatus
    lapsed_fen: Fen


@service.operation(by=FINANCE, law="Budget Law art. 42", writes=BUDGET)
def close_line(act: CloseLine, ledger: Ledger) -> LineClosed:
    """End a line when its year is over: what is free lapses 结余, contracts are carried 结转."""
    line = require_line(ledger, act.line)
    is_open = line.status == "issued" or (line.status, act.outcome) == ("carried", "closed")
    ensure(is_open, Refusal.LINE_NOT_ISSUED)
    ensure(this_year(ledger) > year_of(act.line), Refusal.YEAR_NOT_OVER)
    is_done = line.sums.committed_fen == line.sums.paid_fen
    ensure(act.outcome == "carried" or is_done, Refusal.LINE_HAS_COMMITMENTS)

    lapsed = amount(free_fen(line))
    after = replace(with_sums(line, cut_fen=lapsed), status=act.outcome)
    put_line(ledger, act.line, line, after)
    return LineClosed(line=act.line, outcome=act.outcome, lapsed_fen=lapsed)
