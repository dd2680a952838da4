"""Fields of those acts of procurement that are more than a few words, with what goes unsaid."""

from collections.abc import Callable
from typing import Any, Final

from procurement_people import HOLDERS, LINE, USCC
from procurement_secrets import (
    THRESHOLD,
    dealing,
    key_of,
    public_key,
    salt,
    sealed,
    share_of,
    sign,
)

from tongjian.core.calendar import DAY_MS, HOUR_MS
from tongjian.core.hashing import sha256
from tongjian.services.procurement import envelopes
from tongjian.services.procurement.values import Criterion
from tongjian.services.treasury.public import Terms

CRITERIA: Final = (("price", 3_000), ("quality", 4_000), ("service", 3_000))
TERMS: Final = {
    "retention_ppm": 0,
    "retention_days": 0,
    "advance_fen": 0,
    "recovery_ppm": 0,
    "wages_ppm": 0,
    "wage_account": None,
    "supervisor": None,
    "pay_days": 30,
}


def build(record: Callable[..., Any], **fields: Any) -> Any:
    """Make a record of plain values; its bounds are checked when the act is decoded."""
    return record(**fields)


def person_of(name: str) -> bytes:
    """Return the pseudonym of somebody."""
    return sha256(b"person " + name.encode())[:16]


def criteria_of(*pairs: tuple[str, int]) -> tuple[Any, ...]:
    """Return criteria from names and points."""
    return tuple(build(Criterion, name=name, points=points) for name, points in pairs)


def key_of_person(name: str) -> bytes:
    """Return the id of a person's key, as a world in memory gives it."""
    return sha256(f"key {name}".encode())[:16]


def form_of(bidder: str, price: int, **said: Any) -> envelopes.Form:
    """Return the form of a firm's bid, not yet signed."""
    fields = {
        "bidder": USCC[bidder],
        "key": key_of_person(f"{bidder}.bidder"),
        "price_fen": price,
        "bond_fen": 2_000_000,
        "technical": salt(f"technical {bidder}"),
        "author": salt(f"author {bidder}"),
        "device": salt(f"device {bidder}"),
        "bond_source": salt(f"account {bidder}"),
        "invitation_salt": salt(f"invitation t1 {USCC[bidder]}"),
        "signature": bytes(64),
    }
    return build(envelopes.Form, **(fields | said))


def make_plan(now: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "plan": "p1",
        "purchaser": USCC["buyer"],
        "line": LINE,
        "category": "sensors",
        "kind": "goods",
        "method": "open",
        "ceiling_fen": 120_000_000,
        "demand": salt("demand"),
    }


def make_prepare(now: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "tender": "t1",
        "plan": "p1",
        "agency": USCC["agency"],
        "documents": salt("documents"),
        "criteria": criteria_of(*CRITERIA),
        "bond_fen": 2_000_000,
        "field": "electronics",
        "panel_size": 5,
        "holders": HOLDERS,
        "threshold": THRESHOLD,
        "invited": (),
        "designers": (),
    }


def make_sale(now: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "tender": "t1",
        "seller": USCC["buyer"],
        "agency": USCC["agency"],
        "lot": salt("lot"),
        "reserve_fen": 100_000_000,
        "deposit_fen": 2_000_000,
        "holders": HOLDERS,
        "threshold": THRESHOLD,
        "barred": (),
    }


def make_deal(now: int, said: dict[str, Any]) -> dict[str, Any]:
    tender = said.get("tender", "t1")
    holder = said.get("holder", HOLDERS[0])
    place = HOLDERS.index(holder) + 1 if holder in HOLDERS else 1
    commitments, proof, shares = dealing(tender, HOLDERS, place)
    return {
        "tender": tender,
        "holder": holder,
        "commitments": commitments,
        "proof": proof,
        "shares": shares,
    }


def make_share(now: int, said: dict[str, Any]) -> dict[str, Any]:
    tender = said.get("tender", "t1")
    holder = said.get("holder", HOLDERS[0])
    place = HOLDERS.index(holder) + 1 if holder in HOLDERS else 1
    return {"tender": tender, "holder": holder, "share": share_of(tender, HOLDERS, place)}


def make_submit(now: int, said: dict[str, Any]) -> dict[str, Any]:
    tender, version = said.get("tender", "t1"), said.get("version", 1)
    name = said.pop("slot_name", said.get("bidder", "alpha"))
    bidder = said.pop("bidder", "alpha")
    form = said.pop("form", None)
    if form is None and bidder is not None:
        form = form_of(bidder, said.pop("price", 113_000_000))
    signer = said.pop("signer", f"{bidder}.bidder")
    ciphertext, commitment = sealed(
        tender, name, key_of(tender, HOLDERS), form, signer=signer, version=version
    )
    ciphertext = said.get("ciphertext", ciphertext)
    commitment = said.get("commitment", commitment)
    slot = public_key(name)
    message = envelopes.slot_message(sha256, tender, slot, version, commitment, ciphertext)
    return {
        "tender": tender,
        "slot": slot,
        "version": version,
        "ciphertext": ciphertext,
        "commitment": commitment,
        "signature": sign(name, message),
    }


def make_withdraw(now: int, said: dict[str, Any]) -> dict[str, Any]:
    tender, version = said.get("tender", "t1"), said.get("version", 2)
    name = said.pop("slot_name", "alpha")
    slot = public_key(name)
    message = envelopes.slot_message(sha256, tender, slot, version, b"", b"")
    return {"tender": tender, "slot": slot, "version": version, "signature": sign(name, message)}


def make_score(now: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "tender": "t1",
        "bidder": USCC["alpha"],
        "points": (3_000, 2_000),
        "responsive": True,
        "reasons": salt("reasons"),
    }


def make_conclude(now: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "tender": "t1",
        "contract": "c1",
        "supplier": USCC["alpha"],
        "price_fen": 113_000_000,
        "document": salt("contract"),
        "account": salt("account of alpha"),
        "terms": build(Terms, **TERMS),
        "project": None,
        "share": None,
    }


def make_auction(now: int, said: dict[str, Any]) -> dict[str, Any]:
    begins = now + 9 * DAY_MS
    return {
        "auction": "a1",
        "seller": USCC["buyer"],
        "auctioneer": USCC["agency"],
        "lot": salt("lot"),
        "reserve_fen": 10_000_000,
        "step_fen": 100_000,
        "deposit_fen": 1_000_000,
        "begins_ms": begins,
        "ends_ms": begins + 24 * HOUR_MS,
        "previous": "",
    }
