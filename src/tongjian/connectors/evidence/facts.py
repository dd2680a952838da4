"""What a receipt of the ledger says of one item: its rows, all of them, and nothing else."""

from dataclasses import dataclass
from typing import Any, Final

from tongjian.connectors.evidence.errors import PackageInvalid
from tongjian.core.block import Header
from tongjian.core.encoding import Malformed
from tongjian.core.operation import AnyTable
from tongjian.services.evidence.records import (
    CHALLENGES,
    CUSTODY,
    DEEDS,
    ITEMS,
    RENEWALS,
    SUBMISSIONS,
    TIME_STAMPS,
    Challenge,
    Custody,
    Deed,
    Item,
    Renewal,
    Submission,
    TimeStamp,
)
from tongjian.verifier.receipt import RangeStatement, RowStatement, Verified

OF_ITEM: Final[tuple[AnyTable, ...]] = (CUSTODY, TIME_STAMPS, RENEWALS, DEEDS)
"""Tables whose rows of one item are a range: a proven range hides no row."""


@dataclass(frozen=True)
class Facts:
    """The proven rows of an item, in order."""

    header: Header
    item_id: bytes
    item: Item
    custody: tuple[Custody, ...]
    stamps: tuple[TimeStamp, ...]
    renewals: tuple[Renewal, ...]
    deeds: tuple[Deed, ...]
    submission: Submission | None
    """None where the package speaks of no case."""
    challenges: tuple[Challenge, ...]


def ranges_of(item: bytes, case: str) -> list[tuple[bytes, bytes]]:
    """Return the key ranges that a package proves, each complete."""
    ranges = [table.bounds(item) for table in OF_ITEM]
    return [*ranges, CHALLENGES.bounds(case, item)] if case else ranges


def read_facts(verified: Verified, item_id: bytes, case: str) -> Facts:
    """Return what a receipt that holds says of an item; raises `PackageInvalid`."""
    shown = _Shown(verified)
    item: Item = shown.row(ITEMS, item_id)
    custody, stamps, renewals, deeds = (shown.range(table, item_id) for table in OF_ITEM)
    counted = (item.steps, item.stamps, item.renewals, item.deeds)
    found = (len(custody), len(stamps), len(renewals), len(deeds))
    if found != counted:
        raise PackageInvalid(
            "item",
            f"the item counts {counted} steps, stamps, renewals and deeds; {found} are shown",
            f"证据登记的环节、时间戳、续存、公证数为 {counted}，回执中为 {found}",
        )
    return Facts(
        header=verified.header,
        item_id=item_id,
        item=item,
        custody=custody,
        stamps=stamps,
        renewals=renewals,
        deeds=deeds,
        submission=shown.row(SUBMISSIONS, case, item_id) if case else None,
        challenges=shown.range(CHALLENGES, case, item_id) if case else (),
    )


class _Shown:
    """The statements of a receipt by what they are about."""

    def __init__(self, verified: Verified) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._ranges: dict[tuple[bytes, bytes], tuple[bytes, ...]] = {}
        for statement in verified.statements:
            if isinstance(statement, RowStatement):
                self._rows[verified.entries[statement.entry].key] = statement.value
            elif isinstance(statement, RangeStatement):
                self._ranges[statement.low, statement.high] = statement.values

    def row(self, table: AnyTable, *key: Any) -> Any:
        """Return a row that stands; raises `PackageInvalid`."""
        value = self._rows.get(table.key(*key))
        if value is None:
            raise PackageInvalid(
                "item",
                f"the receipt does not show the item's row in {table.name}: it is not found",
                f"回执未证明 {table.name} 中有该证据：未找到",
            )
        return _decoded(table, value)

    def range(self, table: AnyTable, *parents: Any) -> tuple[Any, ...]:
        """Return all rows below parents; raises `PackageInvalid` where they are not all shown."""
        values = self._ranges.get(table.bounds(*parents))
        if values is None:
            raise PackageInvalid(
                "item",
                f"the receipt does not show all rows of the item in {table.name}",
                f"回执未证明 {table.name} 中该证据的全部记录",
            )
        return tuple(_decoded(table, value) for value in values)


def _decoded(table: AnyTable, value: bytes) -> Any:
    try:
        return table.codec.decode(value)
    except Malformed as error:
        raise PackageInvalid(
            "item",
            f"a row of {table.name} cannot be read by this release: {error}",
            f"本版本无法读取 {table.name} 的记录",
        ) from error
