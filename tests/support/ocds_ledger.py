"""Procurement on a ledger, without the ledger: versions of rows as a connector reads them."""

from collections.abc import Iterator, Sequence
from typing import Any

from tongjian.connectors.exporting import Version
from tongjian.core.encoding import replace
from tongjian.core.operation import AnyTable, Row
from tongjian.services.procurement.records import (
    ADDENDA,
    BIDS,
    CONTRACTS,
    OFFERS,
    PLANS,
    TENDERS,
)
from tongjian.services.procurement.rows import Addendum, Bid, Contract, Offer, Plan, Tender
from tongjian.services.procurement.values import Criterion
from tongjian.services.treasury.records import PAYMENTS
from tongjian.services.treasury.rows_money import Payment

CITY = "119901000014002175"
AGENCY = "91990106MA7K3D2102"
ONE = "91990100MA00000014"
TWO = "91990100MA00000022"
DIGEST = bytes(32)
START_MS = 1_777_860_000_000
"""2026-05-04 10:00 in Shanghai."""
DAY_MS = 86_400_000
CRITERIA: Any = (Criterion(name="price", points=10_000),)  # type: ignore[arg-type]


class Written:
    """Rows with their versions; each height is a day later."""

    def __init__(self) -> None:
        self.height = 0
        self.versions_of: dict[bytes, list[Version]] = {}
        self.tables: dict[str, dict[tuple[Any, ...], Any]] = {}

    @property
    def time_ms(self) -> int:
        return START_MS + self.height * DAY_MS

    def block(self) -> None:
        self.height += 1

    def put(self, table: AnyTable, *key: Any, row: Row) -> None:
        version = Version(self.height, self.time_ms, row)
        self.versions_of.setdefault(table.key(*key), []).append(version)
        self.tables.setdefault(table.name, {})[key] = row

    def row(self, table: AnyTable, *key: Any) -> Any:
        return self.tables[table.name][key]

    def change(self, table: AnyTable, *key: Any, **fields: Any) -> None:
        self.put(table, *key, row=replace(self.row(table, *key), **fields))

    # -- as a source --------------------------------------------------------------------------

    def rows(self, table: AnyTable, *begun: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        found = self.tables.get(table.name, {})
        for key in sorted(found, key=lambda key: table.key(*key)):
            if key[: len(begun)] == begun:
                yield key, found[key]

    def versions(self, table: AnyTable, *key: Any) -> Sequence[Version]:
        return self.versions_of.get(table.key(*key), [])


def plan(written: Written, number: str, **fields: Any) -> None:
    written.block()
    known: dict[str, Any] = {
        "purchaser": CITY,
        "line": "2026-0001",
        "category": "A02",
        "kind": "goods",
        "method": "open",
        "year": 2026,
        "ceiling_fen": 120_000_000,
        "exempted": False,
        "status": "planned",
    }
    written.put(PLANS, number, row=Plan(**{**known, **fields}))


def publish(written: Written, number: str, of_plan: str | None, **fields: Any) -> None:
    written.block()
    known: dict[str, Any] = {
        "plan": of_plan,
        "purchaser": CITY,
        "agency": AGENCY,
        "method": "open",
        "kind": "goods",
        "ceiling_fen": 120_000_000,
        "bond_fen": 0,
        "criteria": CRITERIA,
        "documents": DIGEST,
        "field": "sensors",
        "panel_size": 5,
        "holders": (CITY, AGENCY),
        "threshold": 2,
        "invited": (),
        "excluded": (),
        "status": "prepared",
    }
    written.put(TENDERS, number, row=Tender(**{**known, **fields}))
    written.block()
    written.change(
        TENDERS,
        number,
        status="published",
        published_ms=written.time_ms,
        deadline_ms=written.time_ms + 20 * DAY_MS,
    )


def clarify(written: Written, number: str, place: int, *, affects: bool) -> None:
    written.block()
    deadline_ms = written.row(TENDERS, number).deadline_ms + (15 * DAY_MS if affects else 0)
    row: Any = Addendum(
        document=DIGEST,  # type: ignore[arg-type]
        affects_bids=affects,
        deadline_ms=deadline_ms,
        recorded_ms=written.time_ms,  # type: ignore[arg-type]
    )
    written.put(ADDENDA, number, place, row=row)
    written.change(TENDERS, number, addenda=place, deadline_ms=deadline_ms)


def hand_in(written: Written, number: str, slot: bytes) -> None:
    written.block()
    fields: dict[str, Any] = {
        "version": 1,
        "ciphertext": bytes(1056),
        "commitment": DIGEST,
        "received_ms": written.time_ms,
        "height": written.height,
        "result": "sealed",
    }
    written.put(BIDS, number, slot, row=Bid(**fields))
    written.change(TENDERS, number, bids=written.row(TENDERS, number).bids + 1)


def open_bid(written: Written, number: str, slot: bytes, bidder: str, price_fen: int) -> None:
    written.block()
    written.change(BIDS, number, slot, result="opened", bidder=bidder)
    fields: dict[str, Any] = {
        "slot": slot,
        "envelopes": 1,
        "price_fen": price_fen,
        "bond_fen": 0,
        "technical": DIGEST,
        "author": DIGEST,
        "device": DIGEST,
        "bond_source": DIGEST,
        "invitation": None,
        "validity": "valid",
    }
    written.put(OFFERS, number, bidder, row=Offer(**fields))


def award(written: Written, number: str, bidder: str, price_fen: int) -> None:
    written.block()
    written.change(TENDERS, number, status="awarded", winner=bidder, price_fen=price_fen)


def conclude(written: Written, number: str, contract: str) -> None:
    written.block()
    tender = written.row(TENDERS, number)
    fields: dict[str, Any] = {
        "tender": number,
        "purchaser": tender.purchaser,
        "supplier": tender.winner,
        "line": "2026-0001",
        "price_fen": tender.price_fen,
        "added_fen": 0,
        "document": DIGEST,
        "supplements": 0,
        "signed_ms": written.time_ms,
    }
    written.put(CONTRACTS, contract, row=Contract(**fields))
    written.change(TENDERS, number, status="contracted")


def pay(written: Written, contract: str, place: int, amount_fen: int) -> None:
    written.block()
    fields: dict[str, Any] = {
        "contract": contract,
        "acceptance": 1,
        "purpose": "normal",
        "payee": written.row(CONTRACTS, contract).supplier,
        "account": DIGEST,
        "source_account": DIGEST,
        "amount_fen": amount_fen,
        "functional": "2010301",
        "economic": "30201",
        "source": "general",
        "invoices": (),
        "status": "ordered",
        "actors": (),
        "requested_ms": written.time_ms,
        "receipt": None,
        "paid_on": None,
        "voucher": None,
        "assets_fen": 0,
    }
    written.put(PAYMENTS, "2026-0001", place, row=Payment(**fields))
    written.block()
    written.change(PAYMENTS, "2026-0001", place, status="paid", paid_on=20260701)


def whole_procedure() -> Written:
    """A plan, a tender with an addendum and two bids, an award, a contract, two payments."""
    written = Written()
    plan(written, "P-1")
    publish(written, "T-1", "P-1")
    clarify(written, "T-1", 1, affects=False)
    clarify(written, "T-1", 2, affects=True)
    hand_in(written, "T-1", b"1" * 32)
    hand_in(written, "T-1", b"2" * 32)
    open_bid(written, "T-1", b"1" * 32, ONE, 100_000_000)
    open_bid(written, "T-1", b"2" * 32, TWO, 110_000_000)
    written.block()
    written.change(TENDERS, "T-1", status="opened")
    written.block()
    written.change(TENDERS, "T-1", status="ranked", ranking=(ONE, TWO))
    award(written, "T-1", ONE, 100_000_000)
    conclude(written, "T-1", "C-1")
    written.block()
    written.change(CONTRACTS, "C-1", added_fen=5_000_000, supplements=1)
    pay(written, "C-1", 1, 60_000_000)
    pay(written, "C-1", 2, 45_000_000)
    return written
