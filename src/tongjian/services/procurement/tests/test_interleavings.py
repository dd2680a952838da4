"""Any acts in any order, twice, by anybody who holds a key: what is counted stays what is there."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from procurement_acts import VERBS
from procurement_people import FIRMS, HOLDER_NAMES, LINE, USCC
from procurement_town import STAGES, Town

from tongjian.core.calendar import DAY_MS
from tongjian.services.procurement.records import (
    BIDS,
    CHALLENGES,
    CONTRACTS,
    FINDINGS,
    MARKS,
    OFFERS,
    PLANNED,
    PLANS,
    SHARES,
    TENDERS,
)
from tongjian.services.treasury.records import COMMITMENTS

SIGNED = tuple(verb for verb in VERBS if verb != "knock_down")
ORDER = ("published", "opened", "evaluating", "ranked", "awarded", "contracted")


def rows(town: Town, table: Any) -> dict[tuple[Any, ...], Any]:
    """Return the rows of a table by key."""
    return {
        table.split(key): table.codec.decode(row)
        for key, row in town.world.rows().items()
        if key.startswith(table.prefix)
    }


def check(town: Town, terms: dict[str, Any]) -> None:
    """Compare the counters of every tender with the rows they count."""
    sealed = [bid for bid in rows(town, BIDS).values() if bid.result == "sealed"]
    findings = [each for each in rows(town, FINDINGS).values() if each.status == "open"]
    waiting = [c for c in rows(town, CHALLENGES).values() if c.status in ("asked", "complained")]
    tender = town.tender()
    if tender is not None:
        assert tender.unopened == len(sealed)
        assert tender.open_findings == len(findings)
        assert tender.open_challenges == len(waiting)
        assert tender.shared == len(rows(town, SHARES))
        check_fixed(tender, terms)
        check_result(town, tender)
    plans = rows(town, PLANS).values()
    live = sum(plan.ceiling_fen for plan in plans if plan.status in ("planned", "tendering"))
    planned = town.world.row(PLANNED, LINE)
    assert (planned.ceilings_fen if planned else 0) == live
    for (number,), contract in rows(town, CONTRACTS).items():
        committed = town.world.row(COMMITMENTS, number)
        assert committed.amount_fen == contract.price_fen + contract.added_fen
        assert contract.price_fen == tender.price_fen <= tender.ceiling_fen


def check_fixed(tender: Any, terms: dict[str, Any]) -> None:
    """What was published stays (PRO-I4)."""
    if tender.status == "prepared":
        return
    fixed = (tender.criteria, tender.ceiling_fen, tender.documents, tender.holders, tender.key)
    assert terms.setdefault("fixed", fixed) == fixed


def check_result(town: Town, tender: Any) -> None:
    """Nobody is known before the opening, and the winner is the first in rank."""
    if tender.secret is None:
        assert rows(town, OFFERS) == {}
        assert tender.seats == ()
    for _, _, member in rows(town, MARKS):
        assert member in (*tender.seats, *tender.removed)
    if tender.status in ("awarded", "contracted"):
        assert tender.winner == tender.ranking[0]
        assert town.offer(next(f for f in FIRMS if USCC[f] == tender.winner)).validity == "valid"
    else:
        assert tender.winner is None


@settings(max_examples=40)
@given(st.data(), st.sampled_from(STAGES))
def test_any_acts_in_any_order_keep_what_is_counted(data: st.DataObject, stage: str) -> None:
    town = Town().go(stage)
    terms: dict[str, Any] = {}
    check(town, terms)
    names = sorted(town.people)
    for _ in range(data.draw(st.integers(1, 18))):
        verb = data.draw(st.sampled_from(SIGNED))
        said: dict[str, Any] = {}
        fields = VERBS[verb][0].__struct_fields__
        if "holder" in fields:
            said["holder"] = data.draw(st.sampled_from(HOLDER_NAMES))
        for field in ("bidder", "supplier"):
            if field in fields:
                said[field] = data.draw(st.sampled_from(FIRMS))
        if verb in ("open_bid", "withdraw_bid", "submit_bid"):
            said["slot_name"] = data.draw(st.sampled_from(FIRMS))
        if verb in ("score_bid", "dispose_finding"):
            by: tuple[str, ...] = (data.draw(st.sampled_from(names)),)
        else:
            by = tuple(data.draw(st.sampled_from([(), (), (), tuple(names)])))[:16]
        act, who = town.act(verb, by, **said)
        twice = data.draw(st.booleans())
        town.world.block(*[(tuple(who), (act,))] * (1 + twice))
        if data.draw(st.integers(0, 5)) == 0:
            town.world.wait(data.draw(st.sampled_from([1, DAY_MS, 12 * DAY_MS, 31 * DAY_MS])))
        check(town, terms)


@settings(max_examples=15)
@given(st.permutations([*HOLDER_NAMES, "buyer", "agency"]), st.permutations(FIRMS[:3]))
def test_duplicates_and_any_order_of_holders_and_openings_give_one_result(
    holders: list[str], firms: list[str]
) -> None:
    town, plain = Town().go("due"), Town().go("drawn")
    for holder in holders:
        town.outcome("publish_share", holder=holder)
    for firm in (*firms, *firms):
        town.outcome("open_bid", slot_name=firm)
    town._closed()
    town._drawn()
    assert town.tender().seats == plain.tender().seats
    assert town.tender().secret == plain.tender().secret
    assert rows(town, OFFERS) == rows(plain, OFFERS)
    assert town.world.row(TENDERS, "t1").status in ORDER
