"""Looks for red flags in files of contracting data, or among the tenders of the ledger."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tongjian.connectors.exporting import Examined, Option, Refused, Remark, Source
from tongjian.connectors.ocds.exporter import PREFIX
from tongjian.connectors.ocds.flags import CODES, Examiner, RedFlag, Settings, explain
from tongjian.connectors.ocds.flags.words import (
    CATALOGUE,
    NOT_A_VERDICT_EN,
    NOT_A_VERDICT_ZH,
    exact,
)
from tongjian.connectors.ocds.grouping import Processes
from tongjian.connectors.ocds.owners import Owners
from tongjian.connectors.ocds.releasing import tender_ocid, tender_releases
from tongjian.connectors.ocds.splits import SPLIT, splits
from tongjian.connectors.strictjson import Json

_DIGITS: Final = 6


class RedFlagExaminer:
    """Examines compiled releases; flags are findings, never exclusions."""

    options = (
        Option("codes", "Flags to look for, with commas between; all where none are named."),
        Option("currency", "Currency of the prices that are compared; else the first met."),
        Option("period-days", "Days to bid, fewer of which are a flag (R003).", "15"),
        Option("owners", "File of ownership statements (BODS 0.4), to see who is behind bidders."),
    )

    def examine(
        self, paths: Iterable[Path], source: Source | None, wishes: Mapping[str, str]
    ) -> Examined:
        """Examine the files, or the ledger's own tenders where none are given."""
        examiner = Examiner(_settings(wishes))
        owners = Owners(Path(wishes["owners"])) if wishes["owners"] else None
        remarks: list[Remark] = []
        with Processes() as processes:
            processes.take_paths(paths)
            for release in processes.compiled() if source is None else _own(source):
                examiner.take(release)
                if owners is not None:
                    remarks += owners.remarks_on(release)
            refused = len(processes.refused)
        flags = examiner.findings()
        remarks = [*map(remark_of, flags), *remarks]
        if source is not None:
            remarks = [_raisable(remark) for remark in remarks]
            remarks += splits(source) if SPLIT in _asked(wishes) else ()
        counts = {
            "examined": examiner.examined,
            "left out": examiner.left_out,
            "not readable": refused,
            **Counter(remark.rule for remark in remarks),
        }
        return Examined(remarks, counts, f"{NOT_A_VERDICT_ZH} {NOT_A_VERDICT_EN}")


def remark_of(flag: RedFlag) -> Remark:
    """Return a flag in words and in fields."""
    zh, en = explain(flag, "zh"), explain(flag, "en")
    fields: dict[str, Any] = {
        "group": flag.group,
        "value": str(exact(flag.value, _DIGITS)),
        "tenderers": list(flag.tenderers),
        "figures": {
            name: figure if isinstance(figure, str | int) else str(exact(figure, _DIGITS))
            for name, figure in flag.figures.items()
        },
        "why": en.why,
        "unless": en.unless,
        "source": CATALOGUE,
    }
    return Remark(
        flag.subject, flag.code, f"{zh.title}：{zh.says}", f"{en.title}. {en.says}", fields
    )


def _own(source: Source) -> Iterator[Json]:
    """Yield how each tender of the ledger stands: its last release says all that is known."""
    for releases in tender_releases(source, PREFIX):
        yield releases[-1]


def _raisable(remark: Remark) -> Remark:
    """Return a remark with what `raise-finding` asks for, where it is about bidders of a tender."""
    begun = tender_ocid(PREFIX, "")
    bidders = remark.fields.get("tenderers")
    if remark.rule not in CODES or not bidders or not remark.subject.startswith(begun):
        return remark
    asked = {"tender": remark.subject.removeprefix(begun), "flag": remark.rule.lower()}
    return dataclasses.replace(remark, fields={**remark.fields, **asked})


def _asked(wishes: Mapping[str, str]) -> tuple[str, ...]:
    """Return the flags to look for, or all; raises `Refused` for one that there is not."""
    known = (*CODES, SPLIT)
    codes = tuple(filter(None, (code.strip().upper() for code in wishes["codes"].split(","))))
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise Refused(f"{unknown[0]} is no flag that is looked for.", CATALOGUE, ", ".join(known))
    return codes or known


def _settings(wishes: Mapping[str, str]) -> Settings:
    codes = tuple(code for code in _asked(wishes) if code != SPLIT)
    days = wishes["period-days"]
    if not days.isdecimal() or len(days) > 3:  # noqa: PLR2004 -- below three years
        raise Refused(f"{days!r} is no number of days.", "R003", "Give a number, as 20.")
    return Settings(codes, wishes["currency"], period_days_min=int(days))


examiner: Final = RedFlagExaminer()
"""What surfaces find."""
