"""Bids and awards of one compiled release, as the flags look at them."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from tongjian.connectors.jsonfields import ids, number, objects, text
from tongjian.connectors.strictjson import Json

_NOT_SUBMITTED: Final = frozenset({"", "invited", "withdrawn"})
_FINAL: Final = frozenset({"active", "cancelled", "unsuccessful"})


def bids_of(release: Json) -> Iterator[Json]:
    """Yield every bid (extension `bids`)."""
    return objects(release, "bids", "details")


def submitted(release: Json) -> Iterator[Json]:
    """Yield the bids that were handed in and not taken back, evaluated or not."""
    return (bid for bid in bids_of(release) if text(bid, "status") not in _NOT_SUBMITTED)


def price_of(bid: Json) -> tuple[Fraction, str] | None:
    """Return amount and currency of a bid, or none where it does not say both."""
    amount, currency = number(bid, "value", "amount"), text(bid, "value", "currency")
    return (amount, currency) if amount is not None and currency else None


def tenderers_of(bid: Json) -> list[str]:
    """Return the ids of those who made a bid together."""
    return ids(bid, "tenderers")


def active_awards(release: Json) -> list[Json]:
    """Return the awards that are in force."""
    return [award for award in objects(release, "awards") if text(award, "status") == "active"]


def are_awards_final(release: Json) -> bool:
    """Say whether no award is still open: what is not settled cannot be judged yet."""
    given = (text(award, "status") for award in objects(release, "awards"))
    return all(status in _FINAL for status in given if status)


def only_supplier(release: Json) -> str:
    """Return the one supplier of the one award in force; empty where there is none or more.

    With several awards or suppliers nobody can tell from the release which bids competed.
    """
    awards = active_awards(release) if are_awards_final(release) else []
    suppliers = ids(awards[0], "suppliers") if len(awards) == 1 else []
    alone = len(suppliers) == 1 and len(list(objects(awards[0], "suppliers"))) == 1
    return suppliers[0] if alone else ""


def valid_by_one(release: Json) -> Iterator[tuple[str, Json]]:
    """Yield tenderer and bid of every valid bid that one tenderer made alone."""
    for bid in bids_of(release):
        made_by = list(objects(bid, "tenderers"))
        if text(bid, "status") == "valid" and len(made_by) == 1 and text(made_by[0], "id"):
            yield text(made_by[0], "id"), bid
