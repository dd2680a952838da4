"""What OC4IDS says of a project of the ledger.

The ledger knows bodies by their credit codes and things by their numbers, no names; so does the
export, which gives the code where the standard has a title. Workers and their wages are not in it.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from tongjian.connectors.exporting import Source, Version
from tongjian.connectors.ocds.stages import moment_text, parties_of, reference, value_of
from tongjian.connectors.strictjson import Json
from tongjian.core.calendar import Date, legal_day_start
from tongjian.services.treasury.records import (
    COMMITMENTS,
    LINES,
    MILESTONES,
    PAYMENTS,
    PROJECTS,
)
from tongjian.services.treasury.rows_money import Commitment, Line, Payment
from tongjian.services.treasury.rows_works import Milestone, Project
from tongjian.services.treasury.rules import usable_fen

OCID_PREFIX: Final = "ocds-000000"
CODE_SCHEME: Final = "CN-GBT40058"
"""National project codes, GB/T 40058-2021."""
_STATUS: Final = {
    "proposed": "identification",
    "feasible": "preparation",
    "designed": "preparation",
    "funded": "preparation",
    "started": "implementation",
    "completed": "completion",
    "accepted": "completion",
    "final_accounts": "completion",
    "handed_over": "maintenance",
    "audited": "maintenance",
}
_PAID: Final = ("paid", "booked")


class Ledger:
    """The rows that the projects of a ledger need, read once."""

    def __init__(self, source: Source, least_fen: int) -> None:
        """Read from a source; payments below `least_fen` are not published."""
        self.source = source
        self.least_fen = least_fen

    @cached_property
    def lines(self) -> dict[str, list[tuple[str, Line]]]:
        """Lines of the budget by project."""
        found: dict[str, list[tuple[str, Line]]] = {}
        for (number,), line in self.source.rows(LINES):
            if line.project is not None:
                found.setdefault(line.project, []).append((number, line))
        return found

    @cached_property
    def contracts(self) -> dict[str, list[tuple[str, Commitment]]]:
        """Contracts by project."""
        found: dict[str, list[tuple[str, Commitment]]] = {}
        for (number,), contract in self.source.rows(COMMITMENTS):
            if contract.project is not None:
                found.setdefault(contract.project, []).append((number, contract))
        return found

    def payments(self, contract: str, line: str) -> Iterator[tuple[int, Payment]]:
        """Yield the payments of a contract that are paid and large enough, with their numbers."""
        for key, payment in self.source.rows(PAYMENTS, line):
            is_own = payment.contract == contract and payment.status in _PAID
            if is_own and payment.amount_fen >= self.least_fen:
                yield key[1], payment


def project_of(ledger: Ledger, prefix: str, code: str, project: Project) -> Json:
    """Return a project with everything that the ledger holds of it."""
    versions = ledger.source.versions(PROJECTS, code)
    contracts = ledger.contracts.get(code, [])
    lines = ledger.lines.get(code, [])
    found: Json = {
        "id": f"{prefix}-{code}",
        "updated": moment_text(versions[-1].time_ms),
        "title": code,
        "identifiers": [{"id": code, "scheme": CODE_SCHEME}],
        "status": _STATUS[project.stage],
        "publicAuthority": reference(project.owner),
        "parties": _parties(project, contracts, lines),
        "budget": _budget(project, versions, lines),
        "milestones": _milestones(ledger, code),
        "completion": _completion(project, versions),
        "contractingProcesses": [_process(ledger, *each, lines) for each in contracts],
    }
    return {name: value for name, value in found.items() if value}


def _parties(
    project: Project, contracts: list[tuple[str, Commitment]], lines: list[tuple[str, Line]]
) -> list[Json]:
    payees = [contract.payee for _, contract in contracts]
    monitors = [c.supervisor for _, c in contracts if c.supervisor is not None]
    return parties_of(
        {
            "publicAuthority": [project.owner],
            "buyer": [contract.unit for _, contract in contracts],
            "reviewBody": [project.investor],
            "funder": [line.finance for _, line in lines],
            "supplier": payees,
            "payee": payees,
            "independentMonitor": monitors,
        }
    )


def _budget(project: Project, versions: Any, lines: list[tuple[str, Line]]) -> Json:
    approved = _first(versions, "designed")
    parts = [
        {
            "id": number,
            "amount": value_of(usable_fen(line.sums)),
            "period": _year(int(number[:4])),
            "sourceParty": reference(line.finance),
        }
        for number, line in lines
    ]
    budget: Json = {
        "amount": value_of(project.estimate_fen) if project.estimate_fen else None,
        "approvalDate": approved,
        "budgetBreakdowns": [{"id": "lines", "budgetBreakdown": parts}] if parts else None,
    }
    return {name: value for name, value in budget.items() if value}


def _first(versions: Any, stage: str) -> str | None:
    """Return when a project first stood at a stage, or none."""
    for version in versions:
        if version.row is not None and version.row.stage == stage:
            return moment_text(version.time_ms)
    return None


def _completion(project: Project, versions: Any) -> Json:
    done = _first(versions, "completed")
    found: Json = {"endDate": done} if done else {}
    if project.final_fen:
        found["finalValue"] = value_of(project.final_fen)
    return found


def _milestones(ledger: Ledger, code: str) -> list[Json]:
    return [_milestone(ledger, key[1], row) for key, row in ledger.source.rows(MILESTONES, code)]


def _milestone(ledger: Ledger, name: str, row: Milestone) -> Json:
    due_ms = _day_ms(row.due_on)
    late = due_ms < ledger.source.time_ms
    found: Json = {
        "id": name,
        "title": name,
        "type": "delivery",
        "dueDate": moment_text(due_ms),
        "status": "met" if row.met_on else "notMet" if late else "scheduled",
    }
    if row.met_on:
        found["dateMet"] = moment_text(_day_ms(row.met_on))
    return found


def _process(
    ledger: Ledger, number: str, contract: Commitment, lines: list[tuple[str, Line]]
) -> Json:
    is_closed = contract.paid_fen == contract.amount_fen
    summary: Json = {
        "ocid": f"{OCID_PREFIX}-{number}",
        "externalReference": number,
        "title": number,
        "nature": ["construction"] if contract.kind == "works" else None,
        "status": "closed" if is_closed else "active",
        "suppliers": [reference(contract.payee)],
        "contractValue": value_of(contract.original_fen),
        "finalValue": value_of(contract.amount_fen) if is_closed else None,
        "modifications": list(_modifications(ledger, number)),
        "transactions": list(_transactions(ledger, number, contract, lines)),
    }
    named = {name: value for name, value in summary.items() if value}
    return {"id": f"{OCID_PREFIX}-{number}", "summary": named}


def _modifications(ledger: Ledger, number: str) -> Iterator[Json]:
    before: Version | None = None
    count = 0
    for version in ledger.source.versions(COMMITMENTS, number):
        old, new = before.row if before else None, version.row
        if old is not None and new is not None and old.amount_fen != new.amount_fen:
            count += 1
            yield {
                "id": str(count),
                "date": moment_text(version.time_ms),
                "type": "value",
                "oldContractValue": value_of(old.amount_fen),
                "newContractValue": value_of(new.amount_fen),
            }
        before = version


def _transactions(
    ledger: Ledger, number: str, contract: Commitment, lines: list[tuple[str, Line]]
) -> Iterator[Json]:
    finance = dict(lines).get(contract.line)
    payer = contract.unit if finance is None else finance.finance
    for each, payment in ledger.payments(number, contract.line):
        yield {
            "id": f"{contract.line}/{each}",
            "date": moment_text(_day_ms(payment.paid_on or 0)),
            "value": value_of(payment.amount_fen),
            "payer": reference(payer),
            "payee": reference(payment.payee),
        }


def _day_ms(day: int) -> int:
    return legal_day_start(Date(day // 10_000, day // 100 % 100, day % 100))


def _year(year: int) -> Json:
    return {
        "startDate": moment_text(_day_ms(year * 10_000 + 101)),
        "endDate": moment_text(_day_ms(year * 10_000 + 1231)),
    }
