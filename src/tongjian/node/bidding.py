"""What bidders and key holders do on their own machines: seal bids, deal keys, publish shares.

All chance and all secrets are here; what is computed from them stands in `services/procurement`,
where the machine computes the same. Nothing here writes to the ledger: each function returns an
act, and the secret that goes with it where there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from tongjian.core.directory import Reader
from tongjian.core.encoding import encode, replace
from tongjian.core.hashing import Hash
from tongjian.core.signatures import KeySuite
from tongjian.node.clock import salt
from tongjian.node.keys import KeyPair
from tongjian.node.signers import generate_secret, signer_of
from tongjian.services.procurement import custody, envelopes
from tongjian.services.procurement import ristretto as group
from tongjian.services.procurement.acts import (
    ConfirmKey,
    DealKey,
    PublishShare,
    RegisterHolder,
    SubmitBid,
    WithdrawBid,
)
from tongjian.services.procurement.records import DEALINGS, HOLDERS, TENDERS
from tongjian.services.procurement.rows import Dealing, Holder, Tender

NO_MARK: Final = bytes(32)
"""Stands for a mark that is not given."""


class BiddingError(Exception):
    """What cannot be done yet, or not with these files; the text says why and what to do."""


@dataclass(frozen=True)
class Slot:
    """What a bidder keeps of an envelope, to change or withdraw it before the deadline."""

    tender: str
    seed: bytes
    """Of the one-time key."""
    version: int


def draw_scalar() -> int:
    """Return a random scalar."""
    return group.scalar_of(salt() + salt())


def require_tender(reader: Reader, number: str) -> Tender:
    """Return a tender; raises `BiddingError` where there is none."""
    tender: Tender | None = reader.row(TENDERS, TENDERS.key(number))
    if tender is None:
        msg = f"the ledger has no tender {number}; look at its number in the notice"
        raise BiddingError(msg)
    return tender


# ----------------------------------------------------------------------------------------- bidders


def seal_bid(
    digest: Hash, tender: Tender, number: str, form: envelopes.Form | None, pair: KeyPair, *,
    slot: Slot | None = None,
) -> tuple[SubmitBid, Slot]:  # fmt: skip
    """Return the act that hands in a sealed bid, and what its bidder keeps; no form makes a blank.

    With the slot of an earlier version the new one takes its place. Raises `BiddingError` where
    the tender takes in no bids, or the bidder's key is of a suite that the machine cannot check.
    """
    if tender.status != "published" or tender.key is None:
        msg = f"tender {number} takes in no bids: it is {tender.status}"
        raise BiddingError(msg)
    if pair.suite is not KeySuite.ED25519:
        msg = "a sealed bid is signed by an Ed25519 key: enrol one for a bidder's officer"
        raise BiddingError(msg)
    kept = _next(slot, number)
    public, sign = signer_of(KeySuite.ED25519, kept.seed)
    data = b""
    if form is not None:
        named = replace(form, key=pair.id, signature=bytes(64))
        message = envelopes.form_message(digest, number, public, named)
        data = encode(replace(named, signature=pair.sign(message)))
    tied = envelopes.where(number, public)
    ciphertext, commitment = envelopes.seal(
        digest, tender.key, tied, data, salt=salt(), nonce=draw_scalar()
    )
    message = envelopes.slot_message(digest, number, public, kept.version, commitment, ciphertext)
    act = _made(
        SubmitBid,
        tender=number,
        slot=public,
        version=kept.version,
        ciphertext=ciphertext,
        commitment=commitment,
        signature=sign(message),
    )
    return act, kept


def withdraw_bid(digest: Hash, slot: Slot) -> WithdrawBid:
    """Return the act that withdraws the envelope of a slot."""
    kept = _next(slot, slot.tender)
    public, sign = signer_of(KeySuite.ED25519, kept.seed)
    message = envelopes.slot_message(digest, kept.tender, public, kept.version, b"", b"")
    act: WithdrawBid = _made(
        WithdrawBid,
        tender=kept.tender,
        slot=public,
        version=kept.version,
        signature=sign(message),
    )
    return act


def _next(slot: Slot | None, number: str) -> Slot:
    if slot is None:
        return Slot(number, generate_secret(KeySuite.ED25519), 1)
    if slot.tender != number:
        msg = f"the kept file is of tender {slot.tender}, not of {number}"
        raise BiddingError(msg)
    return Slot(number, slot.seed, slot.version + 1)


# ------------------------------------------------------------------------------------- key holders


def new_transport(holder: str) -> tuple[RegisterHolder, int]:
    """Return the act that registers a new transport key for an office, and its secret."""
    secret = draw_scalar()
    public = group.encode(group.multiply_base(secret))
    return _made(RegisterHolder, holder=holder, transport=public), secret


def deal_key(digest: Hash, reader: Reader, number: str, holder: str) -> DealKey:
    """Return the act that deals a holder's part of a key; the polynomial is forgotten at once.

    The holder's own value is sealed to itself as well, so that nothing but the transport secret
    has to be kept.
    """
    tender = require_tender(reader, number)
    at = _place_of(tender, holder)
    coefficients = [draw_scalar() for _ in range(tender.threshold)]
    shares: list[bytes] = []
    for to, other in enumerate(tender.holders, 1):
        registered: Holder = reader.row(HOLDERS, HOLDERS.key(other)) or _unregistered(other)
        where = custody.place(number, at) + custody.place(number, to)
        value = custody.evaluate(coefficients, to)
        shares.append(custody.mask(digest, where, registered.transport, draw_scalar(), value))
    proof = custody.prove(digest, custody.place(number, at), coefficients[0], draw_scalar())
    act: DealKey = _made(
        DealKey,
        tender=number,
        holder=holder,
        commitments=custody.commit(coefficients),
        proof=proof,
        shares=tuple(shares),
    )
    return act


def confirm_key(digest: Hash, reader: Reader, number: str, holder: str, secret: int) -> ConfirmKey:
    """Return the act that confirms a key, after checking every value dealt to the holder.

    Raises `BiddingError` naming the office whose dealing is wrong: then the tender is prepared
    anew, without it or after it has explained itself.
    """
    tender = require_tender(reader, number)
    dealings = _dealings(reader, number, tender)
    _own_share(digest, number, tender, dealings, _place_of(tender, holder), secret)
    constants = [group.decode(dealing.commitments[0]) for dealing in dealings]
    act: ConfirmKey = _made(
        ConfirmKey, tender=number, holder=holder, key=custody.joint_key(constants)
    )
    return act


def open_share(
    digest: Hash, reader: Reader, number: str, holder: str, secret: int, *, now_ms: int
) -> PublishShare:
    """Return the act that publishes a holder's share.

    Raises `BiddingError` before the deadline: until then the share is not even written to a file.
    """
    tender = require_tender(reader, number)
    if tender.status != "published" or now_ms < tender.deadline_ms:
        msg = f"the deadline for bids of {number} has not come; a share shown early opens bids"
        raise BiddingError(msg)
    dealings = _dealings(reader, number, tender)
    at = _place_of(tender, holder)
    share = _own_share(digest, number, tender, dealings, at, secret)
    act: PublishShare = _made(
        PublishShare, tender=number, holder=holder, share=group.encode_scalar(share)
    )
    return act


def _own_share(
    digest: Hash, number: str, tender: Tender, dealings: Sequence[Dealing], at: int, secret: int
) -> int:
    total = 0
    for dealer, dealing in enumerate(dealings, 1):
        where = custody.place(number, dealer) + custody.place(number, at)
        try:
            value = custody.unmask(digest, where, secret, dealing.shares[at - 1])
            expected = custody.public_share([custody.decode_all(dealing.commitments)], at)
            is_right = group.encode(group.multiply_base(value)) == expected
        except group.NoElement:
            is_right, value = False, 0
        if not is_right:
            msg = (
                f"what {tender.holders[dealer - 1]} dealt does not fit what it committed to, or "
                "the transport secret is not the one registered: do not confirm"
            )
            raise BiddingError(msg)
        total += value
    return total


def _place_of(tender: Tender, holder: str) -> int:
    if holder not in tender.holders:
        msg = f"{holder} holds no share of this key; the holders are {', '.join(tender.holders)}"
        raise BiddingError(msg)
    return tender.holders.index(holder) + 1


def _unregistered(holder: str) -> NoReturn:
    msg = f"{holder} has registered no transport key: tongjian procurement bid new-transport"
    raise BiddingError(msg)


def _dealings(reader: Reader, number: str, tender: Tender) -> list[Dealing]:
    found: list[Dealing] = []
    for at, holder in enumerate(tender.holders, 1):
        row: Dealing | None = reader.row(DEALINGS, DEALINGS.key(number, at))
        if row is None:
            msg = f"{holder} has not dealt its part of the key of {number} yet"
            raise BiddingError(msg)
        found.append(row)
    return found


def _made(act: Any, **fields: Any) -> Any:
    """Return an act of values that are in their bounds by construction."""
    return act(**fields)
