"""Projects of public investment: stages, estimate, shares, milestones."""

from typing import Final, Literal

from tongjian.core.arithmetic import PPM, apply_rate_ppm
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Named, Recorded, Signer
from tongjian.core.values import Amount, Digest, Fen, Name, Uscc, fen
from tongjian.services.treasury.quantities import Day, ProjectCode, Stage
from tongjian.services.treasury.records import MILESTONES, PROJECTS, SHARES, service
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_works import Milestone, Project, Share
from tongjian.services.treasury.rules import amount, today
from tongjian.services.treasury.rules_works import STAGES, require_project

_OWNER: Final = Recorded(PROJECTS, ("project",), "owner")
INVESTMENT: Final = AllOf(
    (
        Signer("unit_head", _OWNER),
        Signer("investment_approver", Recorded(PROJECTS, ("project",), "investor")),
    )
)
NextStage = Literal[
    "feasible",
    "designed",
    "funded",
    "started",
    "completed",
    "accepted",
    "final_accounts",
    "handed_over",
]


class ProjectSet(Event, tag="treasury.project_set"):
    """A project has come to this stage."""

    project: ProjectCode
    stage: Stage
    amount_fen: Fen
    """Feasibility figure, estimate or final accounts; else 0."""
    document: Digest


class ProposeProject(Act, tag="treasury.propose_project"):
    """Propose a project of public investment."""

    project: ProjectCode
    owner: Uscc
    investor: Uscc
    """Office that approves the investment."""
    document: Digest


@service.operation(
    by=AllOf((Signer("finance", Named("owner")), Signer("unit_head", Named("owner")))),
    law="Government Investment Regulation art. 9",
    writes=(PROJECTS,),
)
def propose_project(act: ProposeProject, ledger: Ledger) -> ProjectSet:
    """Propose a project under its national code."""
    ensure(ledger.get(PROJECTS, act.project) is None, Refusal.PROJECT_EXISTS)
    ensure(act.owner != act.investor, Refusal.PARTIES_NOT_INDEPENDENT)

    nothing = fen(0)
    row = Project(
        owner=act.owner,
        investor=act.investor,
        stage="proposed",
        document=act.document,
        feasibility_fen=nothing,
        estimate_fen=nothing,
        funded_fen=nothing,
        shared_fen=nothing,
        contracted_fen=nothing,
        accepted_fen=nothing,
        paid_fen=nothing,
        final_fen=nothing,
        assets_fen=nothing,
    )
    return _put(ledger, act.project, row, nothing)


class AdvanceProject(Act, tag="treasury.advance_project"):
    """Bring a project to its next stage."""

    project: ProjectCode
    stage: NextStage
    amount_fen: Fen
    """Feasibility figure, estimate or final accounts; 0 at other stages."""
    document: Digest


@service.operation(
    by=INVESTMENT,
    law="Government Investment Regulation art. 9, 12, 20, 22, 25",
    writes=(PROJECTS,),
)
def advance_project(act: AdvanceProject, ledger: Ledger) -> ProjectSet:
    """Bring a project to its next stage; estimate and final accounts keep to what came before."""
    project = require_project(ledger, act.project)
    is_next = STAGES.index(act.stage) == STAGES.index(project.stage) + 1
    ensure(is_next, Refusal.STAGE_WRONG)
    states_amount = act.stage in ("feasible", "designed", "final_accounts")
    ensure((act.amount_fen > 0) == states_amount, Refusal.ESTIMATE_WRONG)
    project = with_amount(project, act, ledger)
    after = replace(project, stage=act.stage, document=act.document)
    return _put(ledger, act.project, after, act.amount_fen)


def with_amount(project: Project, act: AdvanceProject, ledger: Ledger) -> Project:
    """Return a project with the amount of its next stage, or refuse a stage it is not ready for."""
    match act.stage:
        case "feasible":
            return replace(project, feasibility_fen=act.amount_fen)
        case "designed":
            check_estimate(project, act.amount_fen, ledger)
            return replace(project, estimate_fen=act.amount_fen)
        case "funded":
            ensure(project.funded_fen > 0, Refusal.PROJECT_NOT_READY)
        case "handed_over":
            ensure(project.assets_fen > 0, Refusal.PROJECT_NOT_READY)
        case "final_accounts":
            ensure(act.amount_fen == project.accepted_fen, Refusal.FINAL_ACCOUNTS_WRONG)
            return replace(project, final_fen=act.amount_fen)
        case _:
            pass
    return project


def check_estimate(project: Project, estimate_fen: int, ledger: Ledger) -> None:
    """Refuse an estimate that exceeds the feasibility figure beyond the rule (art. 12)."""
    excess = PPM + ledger.parameter("estimate_excess_ppm_max")
    most = apply_rate_ppm(project.feasibility_fen, excess)
    ensure(estimate_fen <= most, Refusal.ESTIMATE_OVER_FEASIBILITY)


class RaiseEstimate(Act, tag="treasury.raise_estimate"):
    """Approve a project's feasibility figure and estimate anew."""

    project: ProjectCode
    feasibility_fen: Amount
    estimate_fen: Amount
    document: Digest


@service.operation(
    by=INVESTMENT, law="Government Investment Regulation art. 12, 23", writes=(PROJECTS,)
)
def raise_estimate(act: RaiseEstimate, ledger: Ledger) -> ProjectSet:
    """Approve a higher estimate before it is exceeded; the stage stays what it is."""
    project = require_project(ledger, act.project)
    is_under_way = project.stage in ("designed", "funded", "started")
    ensure(is_under_way, Refusal.STAGE_WRONG)
    is_raise = act.estimate_fen > project.estimate_fen
    ensure(is_raise and act.feasibility_fen >= project.feasibility_fen, Refusal.ESTIMATE_WRONG)
    raised = replace(project, feasibility_fen=act.feasibility_fen, document=act.document)
    check_estimate(raised, act.estimate_fen, ledger)

    return _put(
        ledger, act.project, replace(raised, estimate_fen=act.estimate_fen), act.estimate_fen
    )


def _put(ledger: Ledger, code: ProjectCode, row: Project, stated: Fen) -> ProjectSet:
    ledger.put(PROJECTS, code, row=row)
    return ProjectSet(project=code, stage=row.stage, amount_fen=stated, document=row.document)


class AuditProject(Act, tag="treasury.audit_project"):
    """State that a project was audited."""

    project: ProjectCode
    auditor: Uscc
    document: Digest
    """Salted commitment to the audit report."""


@service.operation(
    by=AllOf((Signer("auditor", Named("auditor")), Signer("audit_head", Named("auditor")))),
    law="Audit Law art. 23",
    writes=(PROJECTS,),
)
def audit_project(act: AuditProject, ledger: Ledger) -> ProjectSet:
    """End a project with the report of its audit; payment never waits for it."""
    project = require_project(ledger, act.project)
    ensure(project.stage == "handed_over", Refusal.STAGE_WRONG)
    is_outside = act.auditor not in (project.owner, project.investor)
    ensure(is_outside, Refusal.PARTIES_NOT_INDEPENDENT)

    after = replace(project, stage="audited", document=act.document)
    return _put(ledger, act.project, after, fen(0))


class SetShare(Act, tag="treasury.set_share"):
    """Give a share of the estimate to a part of the project."""

    project: ProjectCode
    share: Name
    share_fen: Amount


class ShareSet(Event, tag="treasury.share_set"):
    """A part of a project has this share of its estimate."""

    project: ProjectCode
    share: Name
    share_fen: Amount


@service.operation(
    by=INVESTMENT,
    law="Government Investment Regulation art. 23",
    writes=(PROJECTS, SHARES),
)
def set_share(act: SetShare, ledger: Ledger) -> ShareSet:
    """Set a share of the estimate; all shares stay within it, none below its contracts."""
    project = require_project(ledger, act.project)
    before = ledger.get(SHARES, act.project, act.share) or Share(
        share_fen=fen(0), contracted_fen=fen(0)
    )
    shared = project.shared_fen - before.share_fen + act.share_fen
    ensure(shared <= project.estimate_fen, Refusal.ESTIMATE_EXCEEDED)
    ensure(act.share_fen >= before.contracted_fen, Refusal.SHARE_EXCEEDED)

    row = replace(before, share_fen=act.share_fen)
    ledger.put(SHARES, act.project, act.share, row=row)
    ledger.put(PROJECTS, act.project, row=replace(project, shared_fen=amount(shared)))
    return ShareSet(project=act.project, share=act.share, share_fen=act.share_fen)


class MilestoneSet(Event, tag="treasury.milestone_set"):
    """A milestone has this date, or was met."""

    project: ProjectCode
    milestone: Name
    due_on: Day
    met_on: Day | None


class SetMilestone(Act, tag="treasury.set_milestone"):
    """Set the date of a milestone."""

    project: ProjectCode
    milestone: Name
    due_on: Day


@service.operation(
    by=INVESTMENT, law="Government Investment Regulation art. 25", writes=(PROJECTS, MILESTONES)
)
def set_milestone(act: SetMilestone, ledger: Ledger) -> MilestoneSet:
    """Set or move a milestone that was not met; each version stays provable."""
    require_project(ledger, act.project)
    before = ledger.get(MILESTONES, act.project, act.milestone)
    ensure(before is None or before.met_on is None, Refusal.MILESTONE_MET)

    row = Milestone(due_on=act.due_on, met_on=None, evidence=None)
    ledger.put(MILESTONES, act.project, act.milestone, row=row)
    return MilestoneSet(
        project=act.project, milestone=act.milestone, due_on=act.due_on, met_on=None
    )


class MeetMilestone(Act, tag="treasury.meet_milestone"):
    """State that a milestone is met."""

    project: ProjectCode
    milestone: Name
    evidence: Digest


@service.operation(
    by=AllOf((Signer("acceptor", _OWNER), Signer("unit_head", _OWNER))),
    law="Government Investment Regulation art. 25",
    writes=(MILESTONES,),
)
def meet_milestone(act: MeetMilestone, ledger: Ledger) -> MilestoneSet:
    """State that a milestone is met, on the day of the block."""
    row = ledger.one(MILESTONES, act.project, act.milestone, missing=Refusal.MILESTONE_UNKNOWN)
    ensure(row.met_on is None, Refusal.MILESTONE_MET)

    day = today(ledger)
    after = replace(row, met_on=day, evidence=act.evidence)
    ledger.put(MILESTONES, act.project, act.milestone, row=after)
    return MilestoneSet(project=act.project, milestone=act.milestone, due_on=row.due_on, met_on=day)
