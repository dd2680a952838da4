"""The invented tenders are the same for a seed, plausible, and a ring shows in them."""

import pytest
from procurement_people import NAME_OF
from procurement_town import Town

from tongjian.demo.identities import BodyKind, Identities
from tongjian.demo.tenders import (
    BIDDERS_MAX,
    BIDDERS_MIN,
    OPEN_LIMIT_FEN,
    Purchase,
    marks,
    purchases,
)


@pytest.fixture(scope="module")
def drawn() -> list[Purchase]:
    identities = Identities(7)
    firms = [identities.uscc(BodyKind.ENTERPRISE, "990106") for _ in range(20)]
    return list(purchases(7, firms, 400))


def test_one_seed_gives_one_year_and_another_seed_another(drawn: list[Purchase]) -> None:
    firms = [f"firm{number}" for number in range(9)]
    assert list(purchases(1, firms, 20)) == list(purchases(1, firms, 20))
    assert list(purchases(1, firms, 20)) != list(purchases(2, firms, 20))
    with pytest.raises(ValueError, match="fewer"):
        list(purchases(1, firms[:6], 1))


def test_prices_stay_under_the_ceiling_and_dear_purchases_are_open(drawn: list[Purchase]) -> None:
    for purchase in drawn:
        assert BIDDERS_MIN <= len(purchase.biddings) <= BIDDERS_MAX
        assert all(0 < each.price_fen <= purchase.ceiling_fen for each in purchase.biddings)
        assert purchase.method == "open" or purchase.ceiling_fen <= OPEN_LIMIT_FEN
        assert len({each.firm for each in purchase.biddings}) == len(purchase.biddings)


def test_a_ring_bids_in_some_takes_turns_and_writes_on_one_device(drawn: list[Purchase]) -> None:
    arranged = [purchase for purchase in drawn if purchase.ring]
    assert 30 < len(arranged) < 100
    winners = {min(each.biddings, key=lambda one: one.price_fen).firm for each in arranged}
    assert winners >= set(arranged[0].ring)
    for purchase in arranged:
        own = [each for each in purchase.biddings if each.firm in purchase.ring]
        assert {each.device for each in own} == {0}


def test_marks_stay_within_the_criteria(drawn: list[Purchase]) -> None:
    for seed, purchase in enumerate(drawn[:50]):
        for bidding in purchase.biddings:
            given = marks(seed, bidding, (4_000, 3_000))
            assert 0 <= given[0] <= 4_000
            assert 0 <= given[1] <= 3_000


def test_an_invented_tender_can_be_played_on_the_ledger(drawn: list[Purchase]) -> None:
    fitting = next(each for each in drawn if len(each.biddings) == 3 and not each.ring)
    scale = fitting.ceiling_fen // 400_000_000 + 1
    bids = dict(zip(("alpha", "beta", "gamma"), fitting.biddings, strict=True))
    town = Town()
    town.plan = {"ceiling_fen": fitting.ceiling_fen // scale + 1}
    town.terms = {"bond_fen": 0}
    town.prices = {name: each.price_fen // scale for name, each in bids.items()}
    town.points = {name: marks(1, each, (4_000, 3_000)) for name, each in bids.items()}
    town.go("ranked")
    town.ok("award", bidder=NAME_OF[town.tender().ranking[0]])
    assert town.tender().status == "awarded"
