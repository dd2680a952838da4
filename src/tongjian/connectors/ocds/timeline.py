"""A tender as it stood at each moment at which anything of it changed, from the rows' versions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tongjian.connectors.exporting import Source, Version
from tongjian.core.operation import AnyTable
from tongjian.services.procurement.records import (
    ADDENDA,
    BIDS,
    CONTRACTS,
    OFFERS,
    PLANS,
    TENDERS,
)
from tongjian.services.procurement.rows import Addendum, Bid, Contract, Offer, Plan, Tender
from tongjian.services.treasury.records import PAYMENTS
from tongjian.services.treasury.rows_money import Payment


@dataclass(frozen=True)
class Standing:
    """All that belongs to a tender, at one block."""

    number: str
    height: int
    time_ms: int
    tender: Tender
    plan: Plan | None
    addenda: Mapping[int, Addendum]
    offers: Mapping[str, Offer]
    """By the bidder's credit code."""
    envelopes: Mapping[bytes, Bid]
    """By one-time key."""
    contracts: Mapping[str, Contract]
    payments: Mapping[tuple[str, int], Payment]
    """By line and number: those of the contracts."""


class _Rows:
    """The versions of some rows of one table, by the last part of their keys."""

    def __init__(self, source: Source, table: AnyTable, keys: list[tuple[Any, ...]]) -> None:
        self._versions = {key: source.versions(table, *key) for key in keys}

    def moments(self) -> dict[int, int]:
        return {one.height: one.time_ms for versions in self._versions.values() for one in versions}

    def at(self, height: int) -> dict[tuple[Any, ...], Any]:
        standing: dict[tuple[Any, ...], Any] = {}
        for key, versions in self._versions.items():
            row = _at(versions, height)
            if row is not None:
                standing[key] = row
        return standing


def _at(versions: Any, height: int) -> Any:
    row = None
    for version in versions:
        one: Version = version
        if one.height <= height:
            row = one.row
    return row


class Book:
    """Which contracts belong to which tender; made once for all tenders."""

    def __init__(self, source: Source) -> None:
        """Read the contracts of a ledger."""
        self.source = source
        self.contracts: dict[str, list[str]] = {}
        for key, row in source.rows(CONTRACTS):
            self.contracts.setdefault(str(row.tender), []).append(str(key[0]))

    def history(self, number: str) -> Iterator[Standing]:
        """Yield a tender at each block that changed anything of it, oldest first."""
        source = self.source
        rows = {
            "tender": _Rows(source, TENDERS, [(number,)]),
            "addenda": _below(source, ADDENDA, number),
            "offers": _below(source, OFFERS, number),
            "envelopes": _below(source, BIDS, number),
            "contracts": _Rows(source, CONTRACTS, [(one,) for one in self._contracts_of(number)]),
            "payments": _Rows(source, PAYMENTS, list(self._payments_of(number))),
        }
        moments: dict[int, int] = {}
        for one in rows.values():
            moments |= one.moments()
        for height, time_ms in sorted(moments.items()):
            standing = {name: one.at(height) for name, one in rows.items()}
            tender = standing.pop("tender").get((number,))
            if tender is not None:
                yield _standing(source, number, height, time_ms, tender, standing)

    def _contracts_of(self, number: str) -> list[str]:
        return self.contracts.get(number, [])

    def _payments_of(self, number: str) -> Iterator[tuple[Any, ...]]:
        contracts = set(self._contracts_of(number))
        lines = {
            str(row.line)
            for one in sorted(contracts)
            if (row := self.source.versions(CONTRACTS, one)[-1].row) is not None
        }
        for line in sorted(lines):
            for key, row in self.source.rows(PAYMENTS, line):
                if row.contract in contracts:
                    yield key


def _below(source: Source, table: AnyTable, number: str) -> _Rows:
    return _Rows(source, table, [key for key, _ in source.rows(table, number)])


def _standing(
    source: Source,
    number: str,
    height: int,
    time_ms: int,
    tender: Tender,
    parts: Mapping[str, Mapping[tuple[Any, ...], Any]],
) -> Standing:
    plan = None if tender.plan is None else _at(source.versions(PLANS, tender.plan), height)
    return Standing(
        number,
        height,
        time_ms,
        tender,
        plan,
        {key[1]: row for key, row in parts["addenda"].items()},
        {key[1]: row for key, row in parts["offers"].items()},
        {key[1]: row for key, row in parts["envelopes"].items()},
        {key[0]: row for key, row in parts["contracts"].items()},
        {(key[0], key[1]): row for key, row in parts["payments"].items()},
    )
