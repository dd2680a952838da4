"""The invented district: a map without gap or overlap, and deals that end as they are marked."""

from itertools import combinations

import land_acts as on
from land_acts import shares, step
from land_town import Town

from tongjian.core.hashing import sha256
from tongjian.demo.parcels import Deal, deals, lots
from tongjian.services.land.geometry import do_overlap, is_simple
from tongjian.services.land.values import Point

SEED = 20261119


def test_the_same_seed_gives_the_same_district() -> None:
    one, other = tuple(lots(SEED, 30)), tuple(lots(SEED, 30))
    assert one == other
    assert one != tuple(lots(SEED + 1, 30))
    assert tuple(deals(SEED, one, 50)) == tuple(deals(SEED, other, 50))


def test_parcels_are_simple_and_touch_without_overlap() -> None:
    drawn = tuple(lots(SEED, 60))
    assert all(is_simple(lot.corners) for lot in drawn)
    shared = 0
    for one, other in combinations(drawn, 2):
        assert not do_overlap(one.corners, other.corners)
        shared += len({*one.corners} & {*other.corners}) == 2
    assert shared == 57  # each parcel but the last of its row meets the next


def test_the_register_takes_every_deal_but_the_frauds() -> None:
    town = Town()
    drawn = tuple(lots(SEED, 6))
    for lot in drawn:
        ring = [on.build(Point, x_mm=x, y_mm=y) for x, y in lot.corners]
        town.ok(on.survey(lot.number, ring))
        town.ok(*(on.define_unit(f.unit, area_dm2=f.area_dm2) for f in lot.flats))
    for units in ([lot.number + "W00000000"] for lot in drawn):
        holder = next(lot.holder for lot in drawn if units[0].startswith(lot.number))
        town.register(on.first(*units, held=shares(holder)))
    for lot in drawn:
        units = [flat.unit for flat in lot.flats]
        town.register(on.first(*units, held=shares(lot.holder)))
    refused: list[Deal] = []
    for deal in deals(SEED, drawn, 120):
        became = _take(town, deal)
        assert (became == "accepted") == (not deal.fraud), (deal, became)
        refused += [deal] if deal.fraud else []
    assert {deal.fraud for deal in refused} == {"double_sale", "sale_under_seizure"}


def _take(town: Town, deal: Deal) -> str:
    if deal.kind == "seizure":
        return said(town, on.seize(deal.unit))
    # Above an amount a notary attests who disposes of the flat.
    deed = f"{deal}"
    town.ok(on.attest(deed, deal.unit, deal.giver))
    attested = (sha256(deed.encode()),)
    if deal.kind == "loan":
        loan = on.mortgage(
            deal.unit, [deal.giver], amount_fen=deal.amount_fen, attestations=attested
        )
        return said(town, step("enter", town.ready(loan, on.agree(""))))
    sale = on.transfer(
        deal.unit,
        [deal.giver],
        shares(deal.taker),
        price_fen=deal.amount_fen,
        attestations=attested,
    )
    tax = on.certify_tax("", base=deal.amount_fen)
    return said(town, step("enter", town.ready(sale, tax)))


def said(town: Town, taken: on.Step) -> str:
    """Take a step and return what became of it."""
    return str(town.outcome(taken))
