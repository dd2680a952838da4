"""Open ascending auctions: a reserve, a step, no bid taken back, a defaulter kept out."""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.arithmetic import apply_rate_ppm
from tongjian.core.calendar import DAY_MS
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Clock, Named, Recorded, Signer
from tongjian.core.values import Amount, Count, Digest, Fen, TimeMs, Uscc, count, fen, time_ms
from tongjian.services.procurement.records import (
    AUCTIONS,
    ENTRANTS,
    RAISES,
    SUPPLIERS,
    service,
)
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Auction, Entrant, Raise
from tongjian.services.procurement.rules import in_days, never
from tongjian.services.procurement.values import AuctionStatus, Number, Suppliers

AUCTIONEER_ON_RECORD: Final = Signer("auctioneer", Recorded(AUCTIONS, ("auction",), "auctioneer"))


class OpenAuction(Act, tag="procurement.open_auction"):
    """Announce an auction."""

    auction: Number
    seller: Uscc
    auctioneer: Uscc
    lot: Digest
    """Salted commitment to the description."""
    reserve_fen: Amount
    step_fen: Amount
    deposit_fen: Amount
    begins_ms: TimeMs
    ends_ms: TimeMs
    previous: Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9.-]{0,47})?$(?!\n)", max_length=48)]
    """The auction of this lot whose buyer defaulted; empty where there was none."""


class AuctionOpened(Event, tag="procurement.auction_opened"):
    """An auction is announced."""

    auction: Number
    seller: Uscc
    auctioneer: Uscc
    lot: Digest
    reserve_fen: Amount
    begins_ms: TimeMs
    ends_ms: TimeMs
    barred: Suppliers


@service.operation(
    by=AllOf(
        (
            Signer("auctioneer", Named("auctioneer")),
            Signer("purchase_approver", Named("seller")),
        )
    ),
    law="Auction Law art. 22, 45, 50",
    writes=(AUCTIONS,),
)
def open_auction(act: OpenAuction, ledger: Ledger) -> AuctionOpened:
    """Announce an auction days ahead; who defaulted on the lot before may not bid again."""
    ensure(ledger.get(AUCTIONS, act.auction) is None, Refusal.NUMBER_USED)
    barred: tuple[str, ...] = ()
    if act.previous:
        before = ledger.one(AUCTIONS, act.previous, missing=Refusal.AUCTION_UNKNOWN)
        is_again = before.status == "defaulted" and before.lot == act.lot
        ensure(is_again, Refusal.STATUS_WRONG)
        barred = tuple(dict.fromkeys((*before.barred, str(before.leader))))
    notice_ms = in_days(ledger, ledger.parameter("auction_notice_days"))
    open_ms = ledger.parameter("auction_open_ms_min")
    is_long = act.begins_ms >= notice_ms and act.ends_ms >= act.begins_ms + open_ms
    ensure(is_long, Refusal.DEADLINE_TOO_SHORT)
    shares = ledger.parameters("deposit_ppm")
    least = apply_rate_ppm(act.reserve_fen, min(shares))
    most = apply_rate_ppm(act.reserve_fen, max(shares))
    ensure(least <= act.deposit_fen <= most, Refusal.DEPOSIT_WRONG)

    auction = Auction(
        seller=act.seller,
        auctioneer=act.auctioneer,
        lot=act.lot,
        reserve_fen=act.reserve_fen,
        step_fen=act.step_fen,
        deposit_fen=act.deposit_fen,
        begins_ms=act.begins_ms,
        ends_ms=act.ends_ms,
        barred=barred,  # type: ignore[arg-type]
        status="running",
    )
    ledger.put(AUCTIONS, act.auction, row=auction)
    ledger.schedule(act.ends_ms, KnockDown(auction=act.auction))
    return AuctionOpened(
        auction=act.auction,
        seller=act.seller,
        auctioneer=act.auctioneer,
        lot=act.lot,
        reserve_fen=act.reserve_fen,
        begins_ms=act.begins_ms,
        ends_ms=act.ends_ms,
        barred=auction.barred,
    )


class AdmitBidder(Act, tag="procurement.admit_bidder"):
    """Admit a bidder who has paid the deposit."""

    auction: Number
    bidder: Uscc
    deposit: Digest
    """Salted commitment to the receipt."""


class BidderAdmitted(Event, tag="procurement.bidder_admitted"):
    """A bidder takes part in an auction."""

    auction: Number
    bidder: Uscc


@service.operation(
    by=AllOf((Signer("bidder", Named("bidder")), AUCTIONEER_ON_RECORD)),
    law="Auction Law art. 22",
    reads=(AUCTIONS, SUPPLIERS),
    writes=(ENTRANTS,),
)
def admit_bidder(act: AdmitBidder, ledger: Ledger) -> BidderAdmitted:
    """Admit a bidder with a deposit: not the seller, the auctioneer, a defaulter or one barred."""
    auction = require_running(act.auction, ledger)
    supplier = ledger.one(SUPPLIERS, act.bidder, missing=Refusal.BIDDER_UNKNOWN)
    outside = act.bidder not in (auction.seller, auction.auctioneer, *auction.barred)
    free = supplier.barred_until_ms <= ledger.time_ms
    linked = auction.seller in supplier.links or auction.auctioneer in supplier.links
    ensure(outside and free and not linked, Refusal.BIDDER_EXCLUDED)

    ledger.put(ENTRANTS, act.auction, act.bidder, row=Entrant(deposit=act.deposit))
    return BidderAdmitted(auction=act.auction, bidder=act.bidder)


class RaiseBid(Act, tag="procurement.raise_bid"):
    """Bid in an auction."""

    auction: Number
    bidder: Uscc
    price_fen: Amount


class BidRaised(Event, tag="procurement.bid_raised"):
    """A bid tops the last; it cannot be taken back."""

    auction: Number
    number: Count
    bidder: Uscc
    price_fen: Amount
    ends_ms: TimeMs


@service.operation(
    by=Signer("bidder", Named("bidder")),
    law="Auction Law art. 36, 50; Court Online Auction Rules art. 20",
    reads=(ENTRANTS,),
    writes=(AUCTIONS, RAISES),
)
def raise_bid(act: RaiseBid, ledger: Ledger) -> BidRaised:
    """Top the last bid by the step at least; a bid near the end moves the end (PRO-I10)."""
    auction = require_running(act.auction, ledger)
    ensure(ledger.time_ms >= auction.begins_ms, Refusal.BEFORE_DEADLINE)
    ensure(ledger.get(ENTRANTS, act.auction, act.bidder) is not None, Refusal.NOT_ADMITTED)
    ensure(act.price_fen >= auction.reserve_fen, Refusal.BELOW_RESERVE)
    is_first = auction.leader is None
    tops = is_first or act.price_fen >= auction.price_fen + auction.step_fen
    ensure(tops, Refusal.STEP_TOO_SMALL)

    number = count(auction.bids + 1)
    extension_ms = ledger.parameter("auction_extension_ms")
    ends_ms = time_ms(max(auction.ends_ms, ledger.time_ms + extension_ms))
    after = replace(
        auction,
        bids=number,
        price_fen=fen(act.price_fen),
        leader=act.bidder,
        ends_ms=ends_ms,
    )
    ledger.put(AUCTIONS, act.auction, row=after)
    row = Raise(bidder=act.bidder, price_fen=act.price_fen, recorded_ms=time_ms(ledger.time_ms))
    ledger.put(RAISES, act.auction, number, row=row)
    if ends_ms != auction.ends_ms:
        ledger.schedule(ends_ms, KnockDown(auction=act.auction))
    return BidRaised(
        auction=act.auction,
        number=number,
        bidder=act.bidder,
        price_fen=act.price_fen,
        ends_ms=ends_ms,
    )


def require_running(number: str, ledger: Ledger) -> Auction:
    """Return an auction that has not ended, or refuse."""
    auction = ledger.one(AUCTIONS, number, missing=Refusal.AUCTION_UNKNOWN)
    is_running = auction.status == "running" and ledger.time_ms < auction.ends_ms
    ensure(is_running, Refusal.AUCTION_OVER)
    return auction


class KnockDown(Act, tag="procurement.knock_down"):
    """End an auction."""

    auction: Number


class KnockedDown(Event, tag="procurement.knocked_down"):
    """An auction has ended, with a buyer or without."""

    auction: Number
    status: AuctionStatus
    buyer: Uscc | None
    price_fen: Fen
    pay_until_ms: TimeMs


@service.operation(by=Clock(), law="Auction Law art. 51, 52", writes=(AUCTIONS,))
def knock_down(act: KnockDown, ledger: Ledger) -> tuple[KnockedDown, ...]:
    """End an auction when its time has come; one whose end has moved goes on."""
    auction = ledger.one(AUCTIONS, act.auction, missing=Refusal.AUCTION_UNKNOWN)
    if auction.status != "running" or ledger.time_ms < auction.ends_ms:
        return ()

    pay_ms = time_ms(ledger.time_ms + ledger.parameter("auction_pay_days") * DAY_MS)
    status: AuctionStatus = "unsold" if auction.leader is None else "sold"
    until_ms = never() if auction.leader is None else pay_ms
    after = replace(auction, status=status, pay_until_ms=until_ms)
    ledger.put(AUCTIONS, act.auction, row=after)
    return (
        KnockedDown(
            auction=act.auction,
            status=status,
            buyer=auction.leader,
            price_fen=auction.price_fen,
            pay_until_ms=until_ms,
        ),
    )


class DeclareDefault(Act, tag="procurement.declare_default"):
    """Declare that the buyer of an auction has not paid."""

    auction: Number
    evidence: Digest


class BuyerDefaulted(Event, tag="procurement.buyer_defaulted"):
    """The lot may be auctioned again, without this buyer."""

    auction: Number
    buyer: Uscc


@service.operation(
    by=AllOf(
        (
            AUCTIONEER_ON_RECORD,
            Signer("purchase_approver", Recorded(AUCTIONS, ("auction",), "seller")),
        )
    ),
    law="Court Online Auction Rules art. 24",
    writes=(AUCTIONS,),
)
def declare_default(act: DeclareDefault, ledger: Ledger) -> BuyerDefaulted:
    """Declare a buyer in default once the time to pay has passed; it is barred from the next."""
    auction = ledger.one(AUCTIONS, act.auction, missing=Refusal.AUCTION_UNKNOWN)
    ensure(auction.status == "sold", Refusal.STATUS_WRONG)
    ensure(ledger.time_ms >= auction.pay_until_ms, Refusal.PAYMENT_NOT_DUE)

    ledger.put(AUCTIONS, act.auction, row=replace(auction, status="defaulted"))
    return BuyerDefaulted(auction=act.auction, buyer=str(auction.leader))  # type: ignore[arg-type]
