"""Tells of ownership statements what each body has to declare, and what in them does not agree.

Persons stand by the ids of their records and are never named: whoever declares knows the person's
pseudonym on the ledger (`tongjian procurement declare-supplier`).
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tongjian.connectors.bods.behind import behind
from tongjian.connectors.bods.related import declaration_of
from tongjian.connectors.bods.statements import Entity, Ownership, Share, read_ownership
from tongjian.connectors.exporting import Examined, Option, Refused, Remark, Source

_RULE: Final = "BODS 0.4; Measures on Beneficial Owners art. 6"
_NOTE: Final = (
    "所有人比例沿每条持股链相乘、按链相加；四分之一以上为受益所有人。"
    " Shares are multiplied along a chain and added over chains; from a quarter on a person owns."
)


class OwnershipExaminer:
    """Examines files of ownership statements; the ledger holds none, so files must be given."""

    options = (Option("entity", "Record or identifier of one body; else all are told."),)

    def examine(
        self, paths: Iterable[Path], source: Source | None, wishes: Mapping[str, str]
    ) -> Examined:
        """Tell of each body its heads, ties, owners and circles."""
        if source is not None:
            why = "Ownership statements are in files; the ledger has only what was declared."
            raise Refused(why, _RULE, "Give a file, or ask `tongjian procurement supplier`.")
        remarks: list[Remark] = []
        counts = {"bodies": 0, "persons": 0, "findings": 0}
        for path in paths:
            with path.open("rb") as file:
                ownership = read_ownership(file)
            counts["bodies"] += len(ownership.entities)
            counts["persons"] += len(ownership.persons)
            counts["findings"] += len(ownership.findings)
            remarks += _findings(ownership)
            remarks += _bodies(ownership, wishes["entity"])
        if wishes["entity"] and not any(remark.rule == "BODS" for remark in remarks):
            raise Refused(f"No statement is of {wishes['entity']}.", _RULE, "Leave --entity out.")
        return Examined(remarks, counts, _NOTE)


def _findings(ownership: Ownership) -> Iterator[Remark]:
    for finding in ownership.findings:
        fields = {"severity": finding.severity}
        yield Remark(finding.place, finding.rule, "声明有误。", finding.message + ".", fields)


def _bodies(ownership: Ownership, asked: str) -> Iterator[Remark]:
    for record, entity in sorted(ownership.entities.items()):
        if not asked or asked == record or asked in {one for _, one in entity.identifiers}:
            yield _remark(ownership, entity)


def _remark(ownership: Ownership, entity: Entity) -> Remark:
    declared, known = declaration_of(ownership, entity.record), behind(ownership, entity.record)
    owners = [
        {"person": one.person, "share": _shown(one.share), "hops": one.hops}
        for one in known.persons
    ]
    told: dict[str, list[str]] = {
        "heads": list(declared.heads),
        "owners": list(declared.owners),
        "links": [*declared.links, *declared.unnumbered],
        "unspecified": list(declared.unspecified),
        "circles": [" → ".join((*circle, circle[0])) for circle in known.circles],
    }
    fields: dict[str, Any] = {**told, "persons": owners, "is_complete": known.is_complete}
    zh = {
        "heads": "负责人",
        "owners": "受益所有人",
        "links": "控股管理关系",
        "unspecified": "未指明的原因",
        "circles": "循环持股",
    }
    said = {name: ", ".join(values) for name, values in told.items() if values}
    return Remark(
        entity.record,
        "BODS",
        "；".join(f"{zh[name]} {text}" for name, text in said.items()) or "无声明",
        "; ".join(f"{name}: {text}" for name, text in said.items()) or "nothing is declared",
        fields,
    )


def _shown(share: Share) -> str:
    parts = (Decimal(round(part * 10_000)).scaleb(-2) for part in (share.least, share.most))
    least, most = (f"{part.normalize():f}%" for part in parts)
    return most if least == most else f"{least} to {most}"


examiner: Final = OwnershipExaminer()
"""What surfaces find."""
