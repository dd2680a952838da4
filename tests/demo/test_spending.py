"""The invented year of spending: plausible, repeatable, and each payment ends as it is marked."""

from collections import Counter

from treasury_law import Law
from treasury_year import SEED, VENDORS, Year

from tongjian.demo.spending import CONTRACTS_PER_LINE, LINE_FEN, lines, purchases


def test_the_same_seed_gives_the_same_year() -> None:
    one = tuple(purchases(SEED, 200, VENDORS))
    assert one == tuple(purchases(SEED, 200, VENDORS))
    assert one != tuple(purchases(SEED + 1, 200, VENDORS))


def test_contracts_stay_within_their_lines_and_deliveries_are_the_contract() -> None:
    drawn = list(purchases(SEED, 800, VENDORS))
    assert len(list(lines(800))) == 100
    spent: Counter[int] = Counter()
    for purchase in drawn:
        assert sum(part.value_fen for part in purchase.deliveries) == purchase.amount_fen
        assert all(part.value_fen > 0 for part in purchase.deliveries)
        spent[purchase.line] += purchase.amount_fen
    assert max(spent.values()) <= LINE_FEN
    assert Counter(purchase.line for purchase in drawn)[1] == CONTRACTS_PER_LINE
    assert {purchase.payee for purchase in drawn if purchase.kind == "works"} == {VENDORS[0]}
    assert len({part.fate for purchase in drawn for part in purchase.deliveries}) == 7


def test_public_money_takes_the_year_and_refuses_what_is_marked() -> None:
    year = Year(40)
    year.play()
    law = Law()
    law.check(year.town.world)
    assert sum(line.sums.paid_fen for line in law.of("lines").values()) == year.paid_fen > 0
