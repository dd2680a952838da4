"""The key of a procedure: dealt by its holders before publication, opened after the deadline."""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure, refuse
from tongjian.core.permission import Named, Signer
from tongjian.core.values import Count, Digest, Uscc, count, time_ms
from tongjian.services.procurement import custody
from tongjian.services.procurement import ristretto as group
from tongjian.services.procurement.records import DEALINGS, SHARES, TENDERS, service
from tongjian.services.procurement.refusals import Refusal
from tongjian.services.procurement.rows import Dealing, Share, Tender
from tongjian.services.procurement.rules import require_key_holder, require_tender
from tongjian.services.procurement.values import (
    HOLDERS_MAX,
    Element,
    MaskedShare,
    Number,
    Proof,
    Scalar,
)

KEY_HOLDER: Final = Signer("key_holder", Named("holder"))
CUSTODY_LAW: Final = "Tendering Law art. 22, 28, 36"


class DealKey(Act, tag="procurement.deal_key"):
    """Deal one's part of a procedure's key."""

    tender: Number
    holder: Uscc
    commitments: Annotated[tuple[Element, ...], Meta(min_length=1, max_length=HOLDERS_MAX)]
    """To the coefficients of the holder's polynomial, the constant term first."""
    proof: Proof
    shares: Annotated[tuple[MaskedShare, ...], Meta(min_length=1, max_length=HOLDERS_MAX)]
    """Its values, sealed to each holder in their order."""


class KeyDealt(Event, tag="procurement.key_dealt"):
    """A holder has dealt."""

    tender: Number
    holder: Uscc


@service.operation(by=KEY_HOLDER, law=CUSTODY_LAW, reads=(TENDERS,), writes=(DEALINGS,))
def deal_key(act: DealKey, ledger: Ledger) -> KeyDealt:
    """Take in one holder's part of the key, with the proof that the holder knows it."""
    tender = require_tender(ledger, act.tender, "prepared")
    place = require_key_holder(tender, act.holder)
    ensure(ledger.get(DEALINGS, act.tender, place) is None, Refusal.ALREADY_DEALT)
    is_sized = (len(act.commitments), len(act.shares)) == (tender.threshold, len(tender.holders))
    ensure(is_sized and is_proven(act, place, ledger), Refusal.DEALING_WRONG)

    row = Dealing(commitments=act.commitments, proof=act.proof, shares=act.shares, confirmed=False)
    ledger.put(DEALINGS, act.tender, place, row=row)
    return KeyDealt(tender=act.tender, holder=act.holder)


def is_proven(act: DealKey, place: int, ledger: Ledger) -> bool:
    """Say whether a dealing consists of elements and its dealer knows the constant term."""
    where = custody.place(act.tender, place)
    try:
        custody.decode_all(act.commitments)
        custody.check_proof(ledger.digest, where, act.commitments[0], act.proof)
    except group.NoElement:
        return False
    return True


class ConfirmKey(Act, tag="procurement.confirm_key"):
    """Confirm that one's share of the key is right."""

    tender: Number
    holder: Uscc
    key: Element


class KeyConfirmed(Event, tag="procurement.key_confirmed"):
    """A holder has checked its share of the key."""

    tender: Number
    holder: Uscc
    key: Digest
    confirmed: Count


@service.operation(by=KEY_HOLDER, law=CUSTODY_LAW, writes=(DEALINGS, TENDERS))
def confirm_key(act: ConfirmKey, ledger: Ledger) -> KeyConfirmed:
    """Confirm the key that all dealings make, after checking one's own values of them."""
    tender = require_tender(ledger, act.tender, "prepared")
    place = require_key_holder(tender, act.holder)
    dealings = all_dealings(act.tender, tender, ledger)
    own = dealings[place - 1]
    ensure(not own.confirmed, Refusal.ALREADY_CONFIRMED)
    key = tender.key or custody.joint_key(
        [group.decode(dealing.commitments[0]) for dealing in dealings]
    )
    ensure(act.key == key and any(key), Refusal.KEY_DIFFERS)

    ledger.put(DEALINGS, act.tender, place, row=replace(own, confirmed=True))
    after = replace(tender, key=key, confirmed=count(tender.confirmed + 1))
    ledger.put(TENDERS, act.tender, row=after)
    return KeyConfirmed(
        tender=act.tender,
        holder=act.holder,
        key=act.key,  # type: ignore[arg-type]
        confirmed=after.confirmed,
    )


def all_dealings(number: str, tender: Tender, ledger: Ledger) -> list[Dealing]:
    """Return the dealings of all holders in their order, or refuse."""
    rows = [row for _, row in ledger.range(DEALINGS, number, limit=HOLDERS_MAX)]
    ensure(len(rows) == len(tender.holders), Refusal.DEALINGS_MISSING)
    return rows


class PublishShare(Act, tag="procurement.publish_share"):
    """Publish one's share of the key after the deadline."""

    tender: Number
    holder: Uscc
    share: Scalar


class SharePublished(Event, tag="procurement.share_published"):
    """A share of the key is public."""

    tender: Number
    holder: Uscc
    shared: Count
    is_open: bool
    """Enough shares are public: the bids can be opened."""


@service.operation(by=KEY_HOLDER, law=CUSTODY_LAW, reads=(DEALINGS,), writes=(SHARES, TENDERS))
def publish_share(act: PublishShare, ledger: Ledger) -> SharePublished:
    """Publish a share once the deadline has come; a wrong one is refused (PRO-I1)."""
    tender = require_tender(ledger, act.tender, "published")
    place = require_key_holder(tender, act.holder)
    ensure(ledger.time_ms >= tender.deadline_ms, Refusal.BEFORE_DEADLINE)
    ensure(ledger.get(SHARES, act.tender, place) is None, Refusal.ALREADY_SHARED)
    ensure(is_share(act, place, tender, ledger), Refusal.SHARE_WRONG)

    row = Share(scalar=act.share, published_ms=time_ms(ledger.time_ms))
    ledger.put(SHARES, act.tender, place, row=row)
    after = replace(tender, shared=count(tender.shared + 1))
    if after.shared == tender.threshold:
        after = replace(after, secret=recover(act.tender, ledger))
    ledger.put(TENDERS, act.tender, row=after)
    return SharePublished(
        tender=act.tender,
        holder=act.holder,
        shared=after.shared,
        is_open=after.secret is not None,
    )


def is_share(act: PublishShare, place: int, tender: Tender, ledger: Ledger) -> bool:
    """Say whether a share is the one to which all dealings commit."""
    try:
        scalar = group.decode_scalar(act.share)
    except group.NoElement:
        return False
    dealings = [
        [group.decode(each) for each in dealing.commitments]
        for dealing in all_dealings(act.tender, tender, ledger)
    ]
    return group.encode(group.multiply_base(scalar)) == custody.public_share(dealings, place)


def recover(number: str, ledger: Ledger) -> bytes:
    """Return the secret of the key from the shares published."""
    rows = ledger.range(SHARES, number, limit=HOLDERS_MAX)
    shares = {key[1]: group.decode_scalar(row.scalar) for key, row in rows}
    return group.encode_scalar(custody.recover(shares))


def require_secret(tender: Tender) -> int:
    """Return the secret that opens the bids, or refuse where too few shares are published."""
    if tender.secret is None:
        refuse(Refusal.SHARES_MISSING)
    return group.decode_scalar(tender.secret)
