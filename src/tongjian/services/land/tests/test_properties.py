"""LND-I1 to LND-I11, one property each; `test_machine.py` has them all at once."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import land_acts as on
import pytest
from effort import share
from hypothesis import given
from hypothesis import strategies as st
from land_acts import land, parcel, shares, step, who
from land_law import Law
from land_town import FLAT, Refusal, Town

from tongjian.core.operation import Refused
from tongjian.services.land.acts_survey import polygon_of
from tongjian.services.land.book import check_shares
from tongjian.services.land.enter_burden import is_mortgageable
from tongjian.services.land.values import Point, Share

TAX = on.certify_tax("")
ACCEPTED = "accepted"

BLOWS = st.tuples(
    st.sampled_from(["seize", "wait", "lift", "sell", "loan"]),
    st.sampled_from(["court", "other_court"]),
    st.integers(1, 40),
)


@share(60)
@given(st.lists(BLOWS, max_size=12))
def test_i1_the_first_seizure_in_force_is_the_first_served_that_is_left(
    blows: list[tuple[str, str, int]],
) -> None:
    town = Town().with_flat("zhou")
    queue: list[tuple[int, str]] = []
    for position, (verb, court, days) in enumerate(blows):
        match verb:
            case "seize":
                event = town.ok(on.seize(FLAT, f"order {position}", court, days))
                queue.append((event.number, court))  # type: ignore[attr-defined]
            case "lift" if queue:
                number, by = queue.pop(days % len(queue))
                town.ok(on.lift(FLAT, number, by))
            case "wait":
                before = town.world.now_ms
                town.wait_days(days)
                while queue:
                    until_ms = town.burden("seizure", queue[0][0]).until_ms
                    if town.burden("seizure", queue[0][0]).status != "expired":
                        break
                    assert before < until_ms <= town.world.now_ms
                    queue.pop(0)
            case "sell" | "loan":
                sale = on.transfer(FLAT, ["zhou"], shares("lin"))
                demand: Any = sale if verb == "sell" else on.mortgage(FLAT, ["zhou"])
                name = town.ready(demand)
                said = town.outcome(step("enter", name))
                assert (said == "SEIZED") == bool(queue)
        unit = town.unit()
        assert [n for n in (unit.seizure, *unit.waiting) if n] == [n for n, _ in queue]


PARTS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(1, 6), st.integers(1, 6)),
    min_size=1,
    max_size=5,
)


@given(PARTS, st.booleans())
def test_i2_shares_sum_to_one_exactly_and_have_one_form(
    parts: list[tuple[str, int, int]],
    is_sorted: bool,  # noqa: FBT001
) -> None:
    made = [on.build(Share, holder=who(name), numerator=n, denominator=d) for name, n, d in parts]
    if is_sorted:
        made.sort(key=lambda one: one.holder)
    total = sum(Fraction(n, d) for _, n, d in parts)
    is_reduced = all(Fraction(n, d).denominator == d for _, n, d in parts)
    ascending = [one.holder for one in made] == sorted({one.holder for one in made})
    fits = total == 1 and is_reduced and ascending
    if fits:
        check_shares(made)
    else:
        with pytest.raises(Refused) as refused:
            check_shares(made)
        assert refused.value.code is Refusal.SHARES_WRONG


BOXES = st.tuples(
    st.integers(0, 80), st.integers(0, 80), st.sampled_from([1, 7, 20, 300]), st.integers(1, 40)
)


@share(60)
@given(st.lists(BOXES, min_size=1, max_size=14), st.lists(st.integers(0, 13), max_size=4))
def test_i2_live_parcels_never_overlap_whatever_their_size(
    boxes: list[tuple[int, int, int, int]], cancelled: list[int]
) -> None:
    town = Town()
    live: dict[int, tuple[int, int, int, int]] = {}
    for number, (x, y, width, height) in enumerate(boxes):
        is_free = all(
            x + width <= a or a + w <= x or y + height <= b or b + h <= y
            for a, b, w, h in live.values()
        )
        said = town.outcome(on.survey(parcel(number), on.box(x, y, width, height)))
        assert (said == ACCEPTED) == is_free
        if is_free:
            live[number] = (x, y, width, height)
        if number in cancelled and live:
            gone = next(iter(live))
            town.ok(on.cancel_survey(parcel(gone)))
            del live[gone]
    Law().check(town.world)


SALES = st.lists(st.tuples(*[st.sampled_from(["zhou", "lin", "he"])] * 2), max_size=8)


@share(40)
@given(SALES)
def test_i3_only_who_holds_can_sell(sales: list[tuple[str, str]]) -> None:
    town = Town().with_flat("zhou")
    owner = "zhou"
    for seller, buyer in sales:
        name = town.ready(on.transfer(FLAT, [seller], shares(buyer)), TAX)
        said = town.outcome(step("enter", name))
        assert (said == ACCEPTED) == (seller == owner and buyer != owner)
        owner = buyer if said == ACCEPTED else owner
    assert list(town.owners()) == [who(owner)]


@share(40)
@given(st.permutations(["zhou", "lin", "he"]), st.integers(0, 100))
def test_i4_while_a_notice_stands_only_its_holder_gets_the_unit(
    order: list[str], days: int
) -> None:
    town = Town().with_flat("zhou")
    town.enter(on.notice(FLAT, ["zhou"], "lin"))
    town.wait_days(days)
    stands = bool(town.unit().notices)
    assert stands == (days < 91) or days in (90, 91)
    for buyer in order:
        if list(town.owners()) != [who("zhou")] or buyer == "zhou":
            continue
        said = town.outcome(
            step("enter", town.ready(on.transfer(FLAT, ["zhou"], shares(buyer)), TAX))
        )
        is_free = not town.unit().notices or buyer == "lin"
        assert (said == ACCEPTED) == (buyer == "lin" or not stands)
        assert is_free or said == "RESERVED"


@share(40)
@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=3))
def test_i5_mortgages_rank_by_entry_and_keep_their_amounts(
    order: list[int], released: list[int]
) -> None:
    town = Town().with_flat("zhou")
    names = [
        town.ready(on.mortgage(FLAT, ["zhou"], amount_fen=100 + n), on.agree("")) for n in range(5)
    ]
    for position in order:
        town.ok(step("enter", names[position]))
    ranks = list(town.unit().mortgages)
    for position in released:
        number = ranks.pop(position % len(ranks))
        town.ok(on.release(FLAT, number))
    assert list(town.unit().mortgages) == ranks
    amounts = [town.burden("mortgage", n).amount_fen for n in range(2, 7)]
    assert amounts == [100 + n for n in order]


@share(40)
@given(st.booleans(), st.booleans(), st.booleans())
def test_i6_a_mortgage_follows_and_a_ban_binds(ban: bool, agreed: bool, gift: bool) -> None:  # noqa: FBT001
    town = Town().with_flat("zhou")
    town.enter(on.mortgage(FLAT, ["zhou"], transfer_ban=ban), on.agree(""))
    cause = "gift" if gift else "sale"
    sale = on.transfer(FLAT, ["zhou"], shares("lin"), cause=cause)
    name = town.ready(sale, TAX, *([on.agree("")] if agreed else []))
    said = town.outcome(step("enter", name))
    assert said == (ACCEPTED if agreed or not ban else "TRANSFER_BANNED")
    assert town.unit().mortgages == (2,)
    assert town.burden("mortgage", 2).status == "live"


USES = (
    *("residential", "commercial", "industrial", "office", "school_public"),
    *("hospital_public", "farm", "forest", "sea", "other"),
)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("feature", ["GB", "GS", "GX", "JB", "JC", "JA", "ZB", "GH", "GD"])
def test_i7_what_may_be_mortgaged(use: str, feature: str) -> None:
    town = Town()
    town.ok(on.survey(parcel(1, feature), on.box(0, 0), use=use))
    unit = town.unit(land(1, feature))
    forbidden = use.endswith("_public") or feature == "JA" or feature[0] == "Z"
    assert is_mortgageable(land(1, feature), unit) == (not forbidden)


@share(40)
@given(st.sampled_from(["zhou", "lin"]), st.sampled_from(["zhou", "lin"]))
def test_i8_building_and_land_have_the_same_holders(owner: str, builder: str) -> None:
    town = Town().with_land("zhou", at=21)
    if owner != "zhou":
        town.sell("zhou", owner, land(21))
    town.ok(on.define_unit(FLAT))
    name = town.ready(on.first(FLAT, held=shares(builder)))
    town.publish()
    said = town.outcome(step("enter", name))
    assert (said == ACCEPTED) == (owner == builder)
    Law().check(town.world)


@share(40)
@given(SALES)
def test_i9_the_book_wins_over_every_certificate(sales: list[tuple[str, str]]) -> None:
    town = Town().with_flat("zhou")
    first = on.number(2)
    papers = [("zhou", 1)]
    town.ok(on.certificate(first, FLAT, 1, "zhou", sequence=1))
    for seller, buyer in sales:
        name = town.ready(on.transfer(FLAT, [seller], shares(buyer)), TAX)
        if town.outcome(step("enter", name)) == ACCEPTED:
            papers.append((buyer, len(papers) + 1))
            entry = town.unit().title
            town.ok(on.certificate(name, FLAT, entry, buyer, sequence=len(papers)))
    office = on.USCC["registry"]
    for holder, sequence in papers:
        asked = {"registry": office, "year": 2026, "sequence": sequence, "unit": FLAT}
        answer = town.ask("match", **asked, holder=who(holder)).answer
        assert answer == ("valid" if sequence == len(papers) else "changed")


@share(40)
@given(st.permutations(["seizure", "sale", "transfer by the other court"]))
def test_i10_only_the_order_of_the_block_decides(order: list[str]) -> None:
    town = Town().with_flat("zhou")
    sale = step("enter", town.ready(on.transfer(FLAT, ["zhou"], shares("lin")), TAX))
    steps = {
        "seizure": on.seize(FLAT),
        "sale": sale,
        "transfer by the other court": on.by_order(FLAT, shares("he"), "other_court"),
    }
    taken = [steps[name] for name in order]
    results = town.world.block(*((town.signers(s), (s.act,)) for s in taken))
    said = dict(
        zip(order, (town.world.explain(r.outcome).split()[-1] for r in results), strict=True)
    )
    assert said["seizure"] == ACCEPTED
    first = order.index("seizure")
    by_order = order.index("transfer by the other court")
    assert (said["transfer by the other court"] == ACCEPTED) == (by_order < first)
    if order.index("sale") > first and by_order > first:
        assert said["sale"] == "SEIZED"
    elif order.index("sale") < min(first, by_order):
        assert said["sale"] == ACCEPTED
    Law().check(town.world)


@share(60)
@given(
    st.lists(st.integers(1, 29_999), min_size=1, max_size=4, unique=True),
    st.integers(0, 60),
    st.booleans(),
)
def test_i11_a_split_conserves_area_within_tolerance_and_the_old_number_dies(
    cuts: list[int],
    gap_mm: int,
    is_merged_again: bool,  # noqa: FBT001
) -> None:
    town = Town().with_land("zhou", at=1)
    low, high = polygon_of(on.box(0, 0))[0], polygon_of(on.box(0, 0))[2]
    edges = [0, *sorted(cuts), 30_000]
    parts: list[str] = []
    lost = 0
    for n, (start, end) in enumerate(pairwise(edges), 2):
        top = max(start + 1, end - gap_mm)  # a strip is lost at each cut, as by rounding
        lost += end - top
        ring = [
            (low[0], low[1] + start),
            (high[0], low[1] + start),
            (high[0], low[1] + top),
            (low[0], low[1] + top),
        ]
        points = tuple(on.build(Point, x_mm=x, y_mm=y) for x, y in ring)
        town.ok(on.survey(parcel(n), points, replaces=(land(1),)))
        parts.append(land(n))
    name = town.ready(on.split(land(1), ["zhou"], *parts))
    said = town.outcome(step("enter", name))
    fits = lost * 1000 <= 30_000
    assert said == (ACCEPTED if fits else "AREA_NOT_CONSERVED")
    Law().check(town.world)
    assert town.outcome(on.survey(parcel(1), on.box(500, 0))) == "CODE_USED"
    if fits and is_merged_again and lost == 0:
        town.ok(on.survey(parcel(50), on.box(0, 0), replaces=tuple(parts)))
        town.enter(on.merge(parts, ["zhou"], land(50)))
        Law().check(town.world)
