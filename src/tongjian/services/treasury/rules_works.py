"""What contracts of a project must keep to: its stage, its estimate, its shares."""

from typing import Final, Protocol

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import ensure
from tongjian.services.treasury.records import PROJECTS, SHARES
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import Line
from tongjian.services.treasury.rows_works import Project
from tongjian.services.treasury.rules import amount

STAGES: Final = (
    "proposed",
    "feasible",
    "designed",
    "funded",
    "started",
    "completed",
    "accepted",
    "final_accounts",
    "handed_over",
    "audited",
)
CONTRACTING: Final = ("funded", "started")
"""Stages in which contracts are signed; before, the money is not in place (art. 22)."""


class OfProject(Protocol):
    """An act that says which project and which share of it a contract belongs to."""

    @property
    def unit(self) -> str:
        """The unit that signs the contract."""
        ...

    @property
    def project(self) -> str | None:
        """The code of the project, or none."""
        ...


def require_project(ledger: Ledger, code: str) -> Project:
    """Return a project or refuse."""
    return ledger.one(PROJECTS, code, missing=Refusal.PROJECT_UNKNOWN)


def check_project(ledger: Ledger, act: OfProject, line: Line) -> None:
    """Refuse a contract whose project is not the line's, not the unit's, or not funded yet."""
    ensure(line.project == act.project, Refusal.PROJECT_OF_ANOTHER)
    if act.project is None:
        return
    project = require_project(ledger, act.project)
    ensure(project.owner == act.unit, Refusal.PROJECT_OF_ANOTHER)
    ensure(project.stage in CONTRACTING, Refusal.PROJECT_NOT_READY)


def draw_on_project(ledger: Ledger, code: str | None, share: str | None, delta: int) -> None:
    """Count a contract's amount against the estimate and its share (PUB-I4, I5), or refuse."""
    if code is None:
        ensure(share is None, Refusal.PROJECT_UNKNOWN)
        return
    project = require_project(ledger, code)
    contracted = project.contracted_fen + delta
    ensure(delta < 0 or contracted <= project.estimate_fen, Refusal.ESTIMATE_EXCEEDED)
    if share is not None:
        part = ledger.one(SHARES, code, share, missing=Refusal.SHARE_UNKNOWN)
        drawn = part.contracted_fen + delta
        ensure(delta < 0 or drawn <= part.share_fen, Refusal.SHARE_EXCEEDED)
        ledger.put(SHARES, code, share, row=replace(part, contracted_fen=amount(drawn)))
    ledger.put(PROJECTS, code, row=replace(project, contracted_fen=amount(contracted)))
