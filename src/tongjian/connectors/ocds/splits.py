"""One purchase cut over the units of a bureau: no unit passes the limit, all together do.

The ledger refuses what one purchaser splits (PRO-I8); what several units of one bureau buy of one
category in a year is theirs to explain, so it is told and not refused (Government Procurement
Regulation art. 28).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tongjian.connectors.exporting import Remark, Source
from tongjian.connectors.ocds.stages import value_of
from tongjian.core.directory import OFFICES, PARAMETERS
from tongjian.services.procurement.records import PLANS

SPLIT: Final = "SPLIT"
LAW_EN: Final = "Government Procurement Regulation art. 28"
LAW_ZH: Final = "政府采购法实施条例第二十八条"


@dataclass
class _Bought:
    """What the units of a bureau plan of a category in a year by other methods than open tender."""

    plans: list[str] = field(default_factory=list[str])
    by_unit: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def total_fen(self) -> int:
        return sum(self.by_unit.values())


def splits(source: Source) -> Iterator[Remark]:
    """Yield the categories in which units of one bureau together pass the limit for open tender."""
    parents = {key[0]: row.parent or key[0] for key, row in source.rows(OFFICES)}
    bought: dict[tuple[str, str, str, int], _Bought] = defaultdict(_Bought)
    for (number,), plan in source.rows(PLANS):
        if plan.method == "open" or plan.exempted or plan.status == "dropped":
            continue
        bureau = parents.get(plan.purchaser, plan.purchaser)
        one = bought[bureau, plan.category, plan.kind, plan.year]
        one.plans.append(number)
        one.by_unit[plan.purchaser] = one.by_unit.get(plan.purchaser, 0) + plan.ceiling_fen
    for (bureau, category, kind, year), one in sorted(bought.items()):
        limit_fen = _limit_fen(source, kind)
        if len(one.by_unit) > 1 and limit_fen is not None and one.total_fen > limit_fen:
            yield _remark(bureau, category, year, one, limit_fen)


def _limit_fen(source: Source, kind: str) -> int | None:
    """Return above what purchases of a kind are tendered openly now; none where nothing is set."""
    limit = None
    for key, row in source.rows(PARAMETERS, "procurement", f"open_fen_min_{kind}"):
        if key[2] <= source.time_ms:
            limit = int(row.values[0])
    return limit


def _remark(bureau: str, category: str, year: int, one: _Bought, limit_fen: int) -> Remark:
    total, limit = (value_of(fen)["amount"] for fen in (one.total_fen, limit_fen))
    units = len(one.by_unit)
    return Remark(
        bureau,
        SPLIT,
        f"{year} 年 {units} 个单位以非公开方式采购 {category} 类合计 {total} 元，"
        f"超过公开招标限额 {limit} 元（{LAW_ZH}）。",
        f"In {year} {units} units of one bureau plan {total} yuan of {category} by other methods "
        f"than open tender; the limit is {limit} ({LAW_EN}).",
        {
            "group": "Buyer",
            "category": category,
            "units": sorted(one.by_unit),
            "plans": sorted(one.plans),
            "total": str(total),
            "limit": str(limit),
            "why": "Each part stays below the limit so that nothing is tendered openly.",
            "unless": "The units have needs of their own that come from their own tasks.",
        },
    )
