"""PRO-I3 to PRO-I10, each as a property of any sequence of acts that may touch it."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from procurement_acts import person_of
from procurement_people import BUDGET_FEN, EXPERTS, HOLDER_NAMES, HOLDERS, LINE, USCC
from procurement_secrets import key_of
from procurement_town import Town

from tongjian.core.calendar import DAY_MS
from tongjian.services.procurement import ristretto as group
from tongjian.services.procurement.records import (
    AUCTIONS,
    CONTRACTS,
    PLANNED,
    RAISES,
    SPENDING,
)
from tongjian.services.treasury.records import COMMITMENTS

ACCEPTED = "accepted"
FEW = settings(max_examples=12)
SOME = settings(max_examples=40)
FIRMS = ("alpha", "beta", "gamma", "delta")
PRICES = st.integers(1, 125_000_000)


JUDGED = st.fixed_dictionaries(
    {
        firm: st.tuples(
            PRICES,
            st.lists(
                st.tuples(st.integers(0, 4_000), st.integers(0, 3_000), st.booleans()),
                min_size=5,
                max_size=5,
            ),
        )
        for firm in FIRMS
    }
)


def play(judged, order: list[str]) -> Town:  # type: ignore[no-untyped-def] # noqa: ANN001
    """Play a tender in which bids come in, and are opened and scored, in an order."""
    town = Town()
    town.prices = {firm: judged[firm][0] for firm in order}
    town.go("closed")
    if town.tender().status == "failed":
        return town
    town.ok("draw_panel")
    for firm in reversed(order):
        for member, (quality, service, meets) in zip(town.panel(), judged[firm][1], strict=True):
            if town.offer(firm).validity == "valid":
                town.ok(
                    "score_bid",
                    by=(member,),
                    bidder=firm,
                    points=(quality, service),
                    responsive=meets,
                )
    town.ok("rank_bids")
    return town


def meets(marks: list[tuple[int, int, bool]]) -> bool:
    return sum(mark[2] for mark in marks) >= 3


@FEW
@given(JUDGED, st.permutations(FIRMS))
def test_i3_i4_award_is_the_argmax_whatever_the_order_of_arrival(judged, order) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    town, other = play(judged, list(FIRMS)), play(judged, order)
    assert town.tender().ranking == other.tender().ranking
    within = [firm for firm in FIRMS if judged[firm][0] <= 120_000_000]
    left = [firm for firm in within if meets(judged[firm][1])]
    if len(within) < 3 or len(left) < 3:
        assert town.tender().status == "failed"
        assert town.outcome("award", bidder="alpha") == "STATUS_WRONG"
        return
    lowest = min(judged[firm][0] for firm in left)

    def total(firm: str) -> int:
        price = Fraction(3_000 * lowest, judged[firm][0])
        of_price = int(price + Fraction(1, 2))
        return sum(mark[0] + mark[1] for mark in judged[firm][1]) + 5 * of_price

    best = max(total(firm) for firm in left)
    first = town.tender().ranking[0]
    candidates = [firm for firm in left if total(firm) == best]
    cheapest = min(judged[firm][0] for firm in candidates)
    assert first in [USCC[firm] for firm in candidates if judged[firm][0] == cheapest]
    for firm in FIRMS:
        if USCC[firm] != first:
            assert town.outcome("award", bidder=firm) == "NOT_FIRST"
    town.ok("award", bidder=next(firm for firm in FIRMS if USCC[firm] == first))


@FEW
@given(
    st.sets(st.tuples(st.integers(1, EXPERTS), st.sampled_from(FIRMS)), max_size=14),
    st.permutations(HOLDER_NAMES),
    st.sampled_from([3, 5, 7]),
)
def test_i5_the_committee_is_odd_free_of_interest_and_the_same_whoever_opens(
    interests: set[tuple[int, str]], holders: list[str], size: int
) -> None:
    town = Town()
    town.plan = {"method": "inquiry"}
    town.terms = {"panel_size": size}
    town.go("declared")
    for number, firm in sorted(interests):
        town.ok("declare_interest", person=person_of(f"expert.{number}"), supplier=firm)
    for stage in ("planned", "prepared", "keyed", "published", "received", "due"):
        getattr(town, f"_{stage}")()
    town.ok("enrol_expert", expert=person_of("late friend"))
    for holder in holders[:3]:
        town.ok("publish_share", holder=holder)
    town._opened()
    town._closed()
    bidding = ("alpha", "beta", "gamma")
    free = [
        person_of(f"expert.{number}")
        for number in range(1, EXPERTS + 1)
        if not any((number, firm) in interests for firm in bidding)
    ]
    if len(free) < size:
        assert town.outcome("draw_panel") == "POOL_TOO_SMALL"
        return
    town.ok("draw_panel")
    seats = town.tender().seats
    assert len(set(seats)) == size
    assert set(seats) <= set(free)
    secret = group.decode_scalar(town.tender().secret)
    assert group.encode(group.multiply_base(secret)) == key_of("t1", HOLDERS)


@FEW
@given(
    st.sets(
        st.tuples(
            st.sampled_from(FIRMS), st.sampled_from(FIRMS), st.sampled_from(["head", "link"])
        ),
        max_size=3,
    )
)
def test_i6_no_two_bids_that_compete_come_from_related_suppliers(
    relations: set[tuple[str, str, str]],
) -> None:
    town = Town()
    town.prices["delta"] = 118_000_000
    town.go("declared")
    heads, links = related_by(relations)
    for firm in FIRMS:
        town.ok("declare_supplier", supplier=firm, head=heads[firm], links=tuple(links[firm]))
    for stage in ("planned", "prepared", "keyed", "published", "received"):
        getattr(town, f"_{stage}")()
    for stage in ("due", "shared", "opened", "closed"):
        getattr(town, f"_{stage}")()

    def related(one: str, other: str) -> bool:
        linked = USCC[other] in links[one] or USCC[one] in links[other]
        return heads[one] == heads[other] or linked

    for firm in FIRMS:
        expected = any(related(firm, other) for other in FIRMS if other != firm)
        assert (town.offer(firm).validity == "related") == expected


def related_by(
    relations: set[tuple[str, str, str]],
) -> tuple[dict[str, bytes], dict[str, list[str]]]:
    """Return the heads and the links that make firms related."""
    heads = {firm: person_of(f"head of {firm}") for firm in FIRMS}
    links: dict[str, list[str]] = {firm: [] for firm in FIRMS}
    for one, other, kind in sorted(relations):
        if one != other and kind == "head":
            heads[one] = heads[other]
        elif one != other:
            links[one].append(USCC[other])
    return heads, links


@SOME
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["plan", "drop", "exempt"]),
            st.integers(1, 6),
            st.sampled_from(["open", "invited", "negotiation", "inquiry", "single"]),
            st.sampled_from(["sensors", "paper"]),
            st.sampled_from([1, 60_000_000, 100_000_000, 140_000_000, 200_000_000, 200_000_001]),
        ),
        max_size=14,
    )
)
def test_i7_i8_plans_fit_the_line_and_what_avoids_open_tender_fits_the_limit(
    steps: list[tuple[str, int, str, str, int]],
) -> None:
    town = Town()
    live: dict[int, tuple[int, str, bool]] = {}
    used: set[int] = set()
    for verb, number, method, category, ceiling in steps:
        if verb == "drop":
            said = town.outcome("drop_plan", plan=f"p{number}")
            assert (said == ACCEPTED) == (number in live)
            live.pop(number, None)
            continue
        counts = verb == "plan" and method != "open"
        said = town.outcome(
            "plan_purchase" if verb == "plan" else "plan_exempted",
            plan=f"p{number}",
            method=method,
            category=category,
            ceiling_fen=ceiling,
        )
        year = sum(fen for fen, kind, counted in live.values() if kind == category and counted)
        fits = number not in used
        fits = fits and sum(fen for fen, _, _ in live.values()) + ceiling <= BUDGET_FEN
        fits = fits and (not counts or year + ceiling <= 200_000_000)
        assert (said == ACCEPTED) == fits
        if fits:
            used.add(number)
            live[number] = (ceiling, category, counts)
    planned = town.world.row(PLANNED, LINE)
    assert (planned.ceilings_fen if planned else 0) == sum(fen for fen, _, _ in live.values())
    for category in ("sensors", "paper"):
        row = town.world.row(SPENDING, USCC["buyer"], category, 2026)
        total = sum(fen for fen, kind, counted in live.values() if kind == category and counted)
        assert (row.ceilings_fen if row else 0) == total <= 200_000_000


@FEW
@given(
    st.lists(st.tuples(st.integers(1, 12_000_000), st.sampled_from(["alpha", "beta"])), max_size=8),
    st.integers(-1, 1),
)
def test_i7_contract_is_award_and_supplements_stay_within_a_tenth(
    supplements: list[tuple[int, str]], shift: int
) -> None:
    town = Town().go("quiet")
    said = town.outcome("conclude", price_fen=113_000_000 + shift)
    assert (said == ACCEPTED) == (shift == 0)
    if shift:
        town.ok("conclude")
    added = 0
    for amount, supplier in supplements:
        by = ("buyer.purchase_approver", "alpha.bidder")
        said = town.outcome("supplement", by=by, supplier=supplier, amount_fen=amount)
        fits = supplier == "alpha" and added + amount <= 11_300_000
        assert (said == ACCEPTED) == fits
        added += amount if fits else 0
    assert town.world.row(CONTRACTS, "c1").added_fen == added
    assert town.world.row(COMMITMENTS, "c1").amount_fen == 113_000_000 + added


@FEW
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(-2, 20)), max_size=8))
def test_i9_what_affects_bids_leaves_fifteen_days_and_no_deadline_comes_nearer(
    steps: list[tuple[int, bool, int]],
) -> None:
    town = Town().go("published")
    for days, affects, shift in steps:
        town.pass_days(days)
        before = town.tender().deadline_ms
        wanted = before + shift * DAY_MS
        said = town.outcome("clarify", affects_bids=affects, deadline_ms=wanted)
        after = town.tender().deadline_ms
        if said == ACCEPTED:
            assert after == wanted >= before > town.world.now_ms
            assert not affects or after - town.world.now_ms >= 15 * DAY_MS
        else:
            assert after == before


@FEW
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["alpha", "beta", "gamma", "buyer"]),
            st.integers(9_500_000, 12_000_000),
            st.sampled_from([0, 0, 0, 3_600_000, 86_000_000]),
        ),
        max_size=14,
    )
)
def test_i10_bids_rise_by_the_step_from_the_reserve_and_insiders_never_bid(
    steps: list[tuple[str, int, int]],
) -> None:
    town = Town().go("declared")
    town.ok("declare_supplier", supplier="buyer", head=person_of("head of buyer"))
    town.ok("open_auction")
    for bidder in ("alpha", "beta", "buyer"):
        said = town.outcome("admit_bidder", bidder=bidder)
        assert (said == ACCEPTED) == (bidder != "buyer")
    town.world.wait(9 * DAY_MS)
    last, number = 0, 0
    for bidder, price, wait in steps:
        town.world.wait(wait)
        row = town.world.row(AUCTIONS, "a1")
        said = town.outcome("raise_bid", bidder=bidder, price_fen=price)
        fits = town.world.now_ms < row.ends_ms and bidder in ("alpha", "beta")
        fits = fits and price >= 10_000_000 and (last == 0 or price >= last + 100_000)
        assert (said == ACCEPTED) == fits
        if fits:
            last, number = price, number + 1
            assert town.world.row(RAISES, "a1", number).price_fen == price
    town.world.wait(2 * DAY_MS)
    row = town.world.row(AUCTIONS, "a1")
    assert (row.status, row.price_fen) == ("sold" if last else "unsold", last)


@FEW
@given(st.dictionaries(st.sampled_from(FIRMS), st.integers(90_000_000, 130_000_000), max_size=4))
def test_i10_a_sealed_sale_goes_to_the_highest_at_the_second_price(prices: dict[str, int]) -> None:
    town = Town().go("declared")
    town.ok("prepare_sale")
    town._keyed()
    town.ok("publish", deadline_ms=town.world.now_ms + 9 * DAY_MS)
    for firm, price in prices.items():
        town.bid(firm, price)
    town._due()
    town._shared()
    for firm in prices:
        town.ok("open_bid", slot_name=firm)
    town.ok("close_opening")
    reached = sorted((price for price in prices.values() if price >= 100_000_000), reverse=True)
    if not reached:
        assert town.tender().status == "failed"
        return
    town.ok("settle_sale")
    tender = town.tender()
    assert tender.price_fen == (reached[1] if len(reached) > 1 else 100_000_000)
    assert tender.winner in [USCC[firm] for firm, price in prices.items() if price == reached[0]]
