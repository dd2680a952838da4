"""A flat is sold under a mortgage, a court comes in between (domain, system 10; flow F2).

The flat 990106001002GB00021F00010008, 88.60 m², is Zhou Ping's, mortgaged to Haizhou Bank for
600,000.00. He sells it to Lin Xiaohai for 1,850,000.00. While the registry is at work a court
seizes the flat. Read it from top to bottom; each paragraph is one day at the registry.
"""

import land_acts as on
from land_acts import number, shares, step, who
from land_town import FLAT, Refusal, Town

from tongjian.core.hashing import sha256
from tongjian.services.land.views import Verdict
from tongjian.services.treasury.records import ESCROWS
from tongjian.services.treasury.refusals import Refusal as TreasuryRefusal
from tongjian.services.treasury.rows_works import Escrow

PRICE = 185_000_000
LOAN = 60_000_000
SALE, CASE = number(731), number(731)


def answer(said: str, *burdens: str) -> Verdict:
    """Return what the public is told of a certificate."""
    kinds = ("mortgaged", "seized", "reserved", "disputed")
    return on.build(Verdict, answer=said, **{kind: kind in burdens for kind in kinds})


def test_a_flat_is_sold_although_a_court_came_in_between() -> None:
    town = Town().with_flat("zhou")
    registry = on.USCC["registry"]

    # Zhou Ping has his certificate, and the bank its mortgage. Whoever holds the certificate in
    # hand may ask whether it is good.
    town.ok(on.certificate(number(2), FLAT, 1, "zhou", sequence=1234))
    town.enter(on.mortgage(FLAT, ["zhou"], amount_fen=LOAN), on.agree(""))
    paper = {"registry": registry, "year": 2026, "sequence": 1234, "unit": FLAT}
    assert town.ask("match", **paper, holder=who("zhou")) == answer("valid", "mortgaged")
    assert town.ask("match", **paper, holder=who("lin")) == answer("not_found")

    # The sale is handed in; the price waits with the bank, 600,000.00 of it for the old loan. An
    # officer accepts, a second one reviews, the tax office certifies 1 % of the price.
    demand = on.transfer(FLAT, ["zhou"], shares("lin"), price_fen=PRICE, escrow="sale-731")
    town.ok(on.submit(SALE, demand))
    town.fund("sale-731", CASE, PRICE, LOAN)
    town.ok(step("accept", SALE), step("approve", SALE), on.certify_tax(SALE, PRICE))

    # Before the entry the court in Haizhou serves (2026)演0192执45号: the flat is seized in the
    # block that holds the order. The registrar, a block later, can enter nothing; no money moves.
    town.ok(on.seize(FLAT, "(2026)演0192执45号"))
    town.no(Refusal.SEIZED, step("enter", SALE))
    assert town.world.row(ESCROWS, "sale-731").status == "funded"
    assert town.ask("match", **paper, holder=who("zhou")) == answer("valid", "mortgaged", "seized")

    # Three weeks later the court lifts it. Now the entry is made, and in the same transaction the
    # price is released: title and money change hands together.
    town.wait_days(21)
    town.ok(on.lift(FLAT, 3))
    town.ok(step("enter", SALE), vector="accepts_with_escrow")
    settled = town.world.events[-1]
    assert (settled.seller_fen, settled.lender_fen) == (PRICE - LOAN, LOAN)  # type: ignore[attr-defined]
    assert town.world.row(ESCROWS, "sale-731").status == "released"
    assert town.owners() == {who("lin"): (1, 1)}

    # The old certificate says what the book no longer says; Lin Xiaohai gets a new one. The
    # mortgage followed the flat until the bank, which has its 600,000.00, releases it.
    assert town.ask("match", **paper, holder=who("zhou")) == answer("changed", "mortgaged")
    town.ok(on.certificate(SALE, FLAT, 5, "lin", sequence=1235))
    town.ok(on.release(FLAT, 2))
    new = {**paper, "sequence": 1235}
    assert town.ask("match", **new, holder=who("lin")) == answer("valid")

    # The book tells all of it, in the order of the blocks.
    kinds = [n.entry.kind for n in town.ask("history", unit=FLAT, limit=20)]
    assert kinds == [
        "first",
        "mortgage",
        "seizure",
        "seizure_end",
        "transfer",
        "mortgage_release",
    ]


def test_an_escrow_pays_for_no_other_sale() -> None:
    town = Town().with_flat("zhou")
    demand = on.transfer(FLAT, ["zhou"], shares("lin"), price_fen=PRICE, escrow="sale-731")
    town.ok(on.submit(SALE, demand))
    town.fund("sale-731", CASE, PRICE)
    other = on.transfer(FLAT, ["zhou"], shares("he"), price_fen=PRICE, escrow="sale-731")
    town.refuse_entry(Refusal.ESCROW_WRONG, other, on.certify_tax("", PRICE))
    dearer = on.transfer(FLAT, ["zhou"], shares("lin"), price_fen=PRICE + 1, escrow="sale-732")
    town.ok(on.submit(number(732), dearer), step("accept", number(732)))
    town.fund("sale-732", number(732), PRICE)
    town.ok(step("approve", number(732)), on.certify_tax(number(732), PRICE + 1))
    town.no(Refusal.ESCROW_WRONG, step("enter", number(732)))


def test_a_price_that_a_court_holds_stops_title_and_money_together() -> None:
    town = Town()
    row = on.build(
        Escrow,
        bank=on.USCC["bank"],
        case=CASE,
        parcel=FLAT,
        account=sha256(b"account"),
        payer=who("lin"),
        seller=who("zhou"),
        lender=None,
        price_fen=PRICE,
        payoff_fen=0,
        status="funded",
        frozen_fen=1,
        expires_ms=2**42,
        receipt=sha256(b"receipt"),
        paid_out=None,
    )
    town.world._found(ESCROWS, row, "sale-731")
    town.with_flat("zhou")
    demand = on.transfer(FLAT, ["zhou"], shares("lin"), price_fen=PRICE, escrow="sale-731")
    town.ok(on.submit(SALE, demand), step("accept", SALE), step("approve", SALE))
    town.ok(on.certify_tax(SALE, PRICE))
    town.no(TreasuryRefusal.FUNDS_FROZEN, step("enter", SALE))
    assert (town.owners(), town.application(SALE).status) == ({who("zhou"): (1, 1)}, "approved")


def test_a_sale_that_is_not_to_be_gives_the_price_back() -> None:
    town = Town().with_flat("zhou")
    for sequence, verb in ((731, "withdraw"), (732, "reject")):
        name, escrow = number(sequence), f"sale-{sequence}"
        demand = on.transfer(FLAT, ["zhou"], shares("lin"), price_fen=PRICE, escrow=escrow)
        town.ok(on.submit(name, demand), step("accept", name))
        town.fund(escrow, name, PRICE)
        town.ok(step(verb, name), vector="accepts_with_escrow")
        assert town.world.row(ESCROWS, escrow).status == "refunded"


def test_an_escrow_of_another_case_is_nobodys_to_refund() -> None:
    town = Town().with_flat("zhou")
    town.fund("sale-731", number(731), PRICE)
    demand = on.transfer(FLAT, ["zhou"], shares("lin"), price_fen=PRICE, escrow="sale-731")
    town.ok(on.submit(number(732), demand), step("withdraw", number(732)))
    assert town.world.row(ESCROWS, "sale-731").status == "funded"


def test_a_couple_holds_in_shares_and_sells_together() -> None:
    town = Town().with_flat("zhou", "he")
    alone = on.transfer(FLAT, ["zhou"], shares("lin"))
    town.refuse_entry(Refusal.HOLDERS_DIFFER, alone, on.certify_tax(""))
    third = shares(lin="1/3", he="2/3")
    town.enter(on.transfer(FLAT, ["zhou", "he"], third, cause="partition", price_fen=0))
    held = {who("lin"): (1, 3), who("he"): (2, 3)}
    assert town.owners() == held
    (found,) = town.ask("holdings", holder=who("lin"), limit=9)
    assert (found.unit, found.holding.numerator, found.holding.denominator) == (FLAT, 1, 3)
    assert town.ask("holdings", holder=who("zhou"), limit=9) == ()


def test_the_clock_ends_what_nobody_followed_up() -> None:
    town = Town().with_flat("zhou")
    town.wait_days(50)
    town.enter(on.notice(FLAT, ["zhou"], "lin"))
    town.wait_days(50)
    town.wait_days(45)
    assert town.burden("notice", 2).status == "lapsed"
    town.enter(on.objection(FLAT, "chen"))
    town.wait_days(1)
    town.wait_days(15)
    assert town.burden("objection", 4).status == "lapsed"
    town.wait_days(60)
    town.ok(on.seize(FLAT, days=3))
    town.wait_days(4)
    assert town.burden("seizure", 6).status == "expired"
