"""Sealed bids: handed in under a one-time key, opened by the ledger once the key is public.

Whoever signs the transaction is a receiving desk, not the bidder, and any desk will do; the
bidder's own signature stands inside the envelope. So before the deadline neither content nor name
can be read from the ledger, and blank envelopes hide how many there are (PRO-I1).
"""

from typing import Final

from tongjian.core.directory import KEYS, OFFICERS
from tongjian.core.encoding import replace
from tongjian.core.hashing import compute_commitment
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure, refuse
from tongjian.core.permission import AnyOf, Signer
from tongjian.core.signatures import KeySuite, SignatureInvalid, verify
from tongjian.core.values import Count, Digest, TimeMs, Uscc, count, time_ms
from tongjian.services.procurement import envelopes
from tongjian.services.procurement.acts_custody import require_secret
from tongjian.services.procurement.records import BIDS, DESKS, OFFERS, TENDERS, service
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Bid, Desk, Offer, Tender
from tongjian.services.procurement.rules import require_tender
from tongjian.services.procurement.values import (
    BIDS_MAX,
    DESK_BIDS_MAX,
    BidResult,
    Ciphertext,
    Number,
    Signature,
    Slot,
    Version,
)

DESK: Final = Signer("bid_desk")
"""An officer of any office that takes in sealed bids; it learns nothing of what it takes in."""
BID_LAW: Final = "Tendering Law art. 28, 29"


class SubmitBid(Act, tag="procurement.submit_bid"):
    """Hand in a sealed bid, or a later version of it."""

    tender: Number
    slot: Slot
    version: Version
    ciphertext: Ciphertext
    commitment: Digest
    """Salted commitment to the form inside."""
    signature: Signature
    """By the one-time key."""


class BidReceived(Event, tag="procurement.bid_received"):
    """An envelope is taken in; this is the bidder's receipt."""

    tender: Number
    slot: Digest
    version: Count
    commitment: Digest
    received_ms: TimeMs


@service.operation(by=DESK, law=BID_LAW, writes=(TENDERS, BIDS, DESKS))
def submit_bid(act: SubmitBid, ledger: Ledger) -> BidReceived:
    """Take in an envelope before the deadline; the last version counts, none is readable yet."""
    tender = require_tender(ledger, act.tender, "published")
    ensure(ledger.time_ms < tender.deadline_ms, Refusal.BID_LATE)
    known = ledger.get(BIDS, act.tender, act.slot)
    ensure(known is None or known.result == "sealed", Refusal.BID_WITHDRAWN)
    ensure(act.version == (known.version + 1 if known else 1), Refusal.VERSION_WRONG)
    check_slot(act, act.commitment, act.ciphertext, ledger)
    desk = ledger.get(DESKS, act.tender, ledger.signer.office)
    taken = desk.envelopes if desk else 0
    has_room = tender.bids < BIDS_MAX and taken < DESK_BIDS_MAX
    ensure(known is not None or has_room, Refusal.TOO_MANY_BIDS)

    bid = Bid(
        version=act.version,
        ciphertext=act.ciphertext,
        commitment=act.commitment,
        received_ms=time_ms(ledger.time_ms),
        height=count(ledger.height),
        result="sealed",
    )
    ledger.put(BIDS, act.tender, act.slot, row=bid)
    if known is None:
        row = Desk(envelopes=count(taken + 1))
        ledger.put(DESKS, act.tender, ledger.signer.office, row=row)
        more = {"bids": count(tender.bids + 1), "unopened": count(tender.unopened + 1)}
        ledger.put(TENDERS, act.tender, row=replace(tender, **more))
    return BidReceived(
        tender=act.tender,
        slot=act.slot,  # type: ignore[arg-type]
        version=act.version,
        commitment=act.commitment,
        received_ms=bid.received_ms,
    )


class WithdrawBid(Act, tag="procurement.withdraw_bid"):
    """Withdraw a sealed bid before the deadline."""

    tender: Number
    slot: Slot
    version: Version
    signature: Signature


class BidWithdrawn(Event, tag="procurement.bid_withdrawn"):
    """An envelope is withdrawn and will not be opened."""

    tender: Number
    slot: Digest


@service.operation(by=DESK, law=BID_LAW, writes=(TENDERS, BIDS))
def withdraw_bid(act: WithdrawBid, ledger: Ledger) -> BidWithdrawn:
    """Withdraw an envelope before the deadline, on the word of its one-time key."""
    tender = require_tender(ledger, act.tender, "published")
    ensure(ledger.time_ms < tender.deadline_ms, Refusal.BID_LATE)
    bid = ledger.one(BIDS, act.tender, act.slot, missing=Refusal.BID_UNKNOWN)
    ensure(bid.result == "sealed", Refusal.BID_WITHDRAWN)
    ensure(act.version == bid.version + 1, Refusal.VERSION_WRONG)
    check_slot(act, b"", b"", ledger)

    withdrawn = replace(bid, version=act.version, result="withdrawn")
    ledger.put(BIDS, act.tender, act.slot, row=withdrawn)
    fewer = replace(tender, unopened=count(tender.unopened - 1))
    ledger.put(TENDERS, act.tender, row=fewer)
    return BidWithdrawn(tender=act.tender, slot=act.slot)  # type: ignore[arg-type]


def check_slot(
    act: SubmitBid | WithdrawBid, commitment: bytes, ciphertext: bytes, ledger: Ledger
) -> None:
    """Refuse what the one-time key of an envelope has not signed."""
    message = envelopes.slot_message(
        ledger.digest, act.tender, act.slot, act.version, commitment, ciphertext
    )
    try:
        verify(KeySuite.ED25519, act.slot, message, act.signature)
    except SignatureInvalid:
        refuse(Refusal.SLOT_SIGNATURE_WRONG)


class OpenBid(Act, tag="procurement.open_bid"):
    """Open one envelope."""

    tender: Number
    slot: Slot


class BidOpened(Event, tag="procurement.bid_opened"):
    """An envelope is opened, or why it gives no bid is recorded."""

    tender: Number
    slot: Digest
    result: BidResult
    bidder: Uscc | None
    price_fen: Count
    """0 where there is no bid."""


@service.operation(
    by=AnyOf((Signer("procurement_agent"), Signer("key_holder"), Signer("supervisor"))),
    law="Tendering Law art. 36",
    reads=(KEYS, OFFICERS),
    writes=(TENDERS, BIDS, OFFERS),
)
def open_bid(act: OpenBid, ledger: Ledger) -> BidOpened:
    """Open an envelope with the key on the ledger; what gives no bid is recorded (PRO-I2)."""
    tender = require_tender(ledger, act.tender, "published")
    bid = ledger.one(BIDS, act.tender, act.slot, missing=Refusal.BID_UNKNOWN)
    secret = require_secret(tender)
    ensure(bid.result == "sealed", Refusal.ALREADY_OPENED)

    result, form = read_envelope(act, bid, secret, ledger)
    if form is not None:
        put_offer(act, tender, form, ledger)
    bidder = None if form is None else form.bidder
    ledger.put(BIDS, act.tender, act.slot, row=replace(bid, result=result, bidder=bidder))
    fewer = replace(tender, unopened=count(tender.unopened - 1))
    ledger.put(TENDERS, act.tender, row=fewer)
    return BidOpened(
        tender=act.tender,
        slot=act.slot,  # type: ignore[arg-type]
        result=result,
        bidder=bidder,
        price_fen=count(0 if form is None else form.price_fen),
    )


def read_envelope(
    act: OpenBid, bid: Bid, secret: int, ledger: Ledger
) -> tuple[BidResult, envelopes.Form | None]:
    """Return the form of an envelope, or why there is none."""
    tied = envelopes.where(act.tender, act.slot)
    try:
        salt, data = envelopes.unseal(ledger.digest, secret, tied, bid.ciphertext)
        if compute_commitment(ledger.digest, salt, data) != bid.commitment:
            return "commitment_differs", None
        if not data:
            return "blank", None
        form = envelopes.read_form(data)
    except envelopes.Unreadable:
        return "undecodable", None
    public = bidder_key(form, bid, ledger)
    if public is None:
        return "key_unsuitable", None
    message = envelopes.form_message(ledger.digest, act.tender, act.slot, form)
    try:
        verify(KeySuite.ED25519, public, message, form.signature)
    except SignatureInvalid:
        return "signature_wrong", None
    return "opened", form


def bidder_key(form: envelopes.Form, bid: Bid, ledger: Ledger) -> bytes | None:
    """Return the public key that signs for the bidder, if it counted when the bid came in."""
    key = ledger.get(KEYS, form.key)
    if key is None or key.suite != KeySuite.ED25519:
        return None
    officer = ledger.get(OFFICERS, key.officer)
    if officer is None or officer.office != form.bidder:
        return None
    holds = any(
        grant.role == "bidder" and grant.from_ms <= bid.received_ms < grant.until_ms
        for grant in officer.grants
    )
    is_valid = key.from_height <= bid.height and bid.received_ms < key.until_ms
    is_revoked = 0 < key.revoked_height <= bid.height
    return key.public if holds and is_valid and not is_revoked else None


def put_offer(act: OpenBid, tender: Tender, form: envelopes.Form, ledger: Ledger) -> None:
    """Write an opened bid; a second envelope of one bidder is counted on the first."""
    known = ledger.get(OFFERS, act.tender, form.bidder)
    if known is not None:
        row = replace(known, envelopes=count(known.envelopes + 1))
        ledger.put(OFFERS, act.tender, form.bidder, row=row)
        return
    invitation = None
    if tender.invited and len(form.invitation_salt) == len(act.slot):
        named = form.bidder.encode("ascii")
        invitation = compute_commitment(ledger.digest, form.invitation_salt, named)
    offer = Offer(
        slot=act.slot,
        envelopes=count(1),
        price_fen=form.price_fen,
        bond_fen=form.bond_fen,
        technical=form.technical,
        author=form.author,
        device=form.device,
        bond_source=form.bond_source,
        invitation=invitation,  # type: ignore[arg-type]
        validity="valid",
    )
    ledger.put(OFFERS, act.tender, form.bidder, row=offer)
