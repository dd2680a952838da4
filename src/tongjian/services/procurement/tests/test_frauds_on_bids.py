"""Frauds on sealed bids and on the key that opens them, one test each (domain section 24, 5)."""

import pytest
from procurement_acts import form_of
from procurement_people import HOLDERS, USCC
from procurement_secrets import (
    dealing,
    key_of,
    polynomial,
    public_key,
    salt,
    scalar,
    sealed,
    share_of,
)
from procurement_town import Town

from tongjian.core.hashing import sha256
from tongjian.services.procurement import custody, envelopes
from tongjian.services.procurement import ristretto as group


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_clerk_of_the_agency_cannot_read_a_bid_early(town: Town) -> None:
    town.go("received")
    for secret in (polynomial("t1", USCC["agency"])[0], group.decode_scalar(agency_share())):
        with pytest.raises(envelopes.Unreadable):
            envelopes.unseal(
                sha256,
                secret,
                envelopes.where("t1", public_key("alpha")),
                town.envelope("alpha").ciphertext,
            )
    town.no("BEFORE_DEADLINE", "publish_share", holder="agency")
    town.no("SHARES_MISSING", "open_bid")


def agency_share() -> bytes:
    return share_of("t1", HOLDERS, 2)


def test_two_colluding_holders_cannot_read_a_bid(town: Town) -> None:
    town.go("due")
    town.ok("publish_share", holder="agency")
    town.ok("publish_share", holder="buyer")
    town.no("SHARES_MISSING", "open_bid")


def test_a_holder_cannot_choose_the_key_by_dealing_last(town: Town) -> None:
    # It would take its own constant term from a key whose secret it alone knows.
    town.go("prepared")
    for holder in ("buyer", "agency", "finance"):
        town.ok("deal_key", holder=holder)
    mine = group.multiply_base(scalar("mine alone"))
    others = [group.decode(dealing("t1", HOLDERS, at)[0][0]) for at in (1, 2, 3)]
    total = group.decode(custody.joint_key(others))
    rogue = group.encode(group.add(mine, group.multiply(group.ORDER - 1, total)))
    honest, _ = town.act("deal_key", holder="notary")
    town.no(
        "DEALING_WRONG",
        "deal_key",
        holder="notary",
        commitments=(rogue, *honest.commitments[1:]),
    )


def test_a_wrong_dealing_is_seen_by_the_holder_it_cheats_before_any_bid(town: Town) -> None:
    town.go("prepared")
    commitments, _, shares = dealing("t1", HOLDERS, 1)
    where = custody.place("t1", 1) + custody.place("t1", 2)
    honest = custody.unmask(sha256, where, scalar("transport " + HOLDERS[1]), shares[1])
    elements = [custody.decode_all(commitments)]
    assert group.encode(group.multiply_base(honest)) == custody.public_share(elements, 2)
    assert group.encode(group.multiply_base(honest + 1)) != custody.public_share(elements, 2)
    for holder in ("buyer", "agency", "finance", "notary"):
        town.ok("deal_key", holder=holder)
    for holder in ("buyer", "finance", "notary"):
        town.ok("confirm_key", holder=holder)
    town.no("KEY_NOT_READY", "publish")  # the cheated one does not confirm


def test_a_holder_who_publishes_a_wrong_share_spoils_nothing(town: Town) -> None:
    town.go("due")
    town.no("SHARE_WRONG", "publish_share", share=salt("wrong")[:31] + b"\x00")
    town._shared()
    town._opened()
    assert town.envelope("alpha").result == "opened"


def test_nobody_reads_who_bids_before_the_deadline(town: Town) -> None:
    town.go("received")
    told = b"".join(row for key, row in town.world.rows().items() if b"procurement.bids" in key)
    assert USCC["alpha"].encode() not in told
    assert town.tender().bids == 3
    desk = {town.people["agency.bid_desk"].key}
    assert desk == {town.act("submit_bid")[1][0].key}


def test_blank_envelopes_hide_how_many_bid(town: Town) -> None:
    town.go("received")
    town.ok("submit_bid", bidder=None, slot_name="blank", by=("notary.bid_desk",))
    town._due()
    town._shared()
    town._opened()
    town.ok("open_bid", slot_name="blank")
    assert town.envelope("blank").result == "blank"
    town.ok("close_opening")
    assert town.tender().status == "opened"


def test_a_desk_cannot_crowd_out_bids_with_blank_envelopes(town: Town) -> None:
    town.go("published")
    said = [
        town.outcome("submit_bid", bidder=None, slot_name=f"blank {number}") for number in range(42)
    ]
    assert said == ["accepted"] * 40 + ["TOO_MANY_BIDS"] * 2
    town.ok("submit_bid", by=("notary.bid_desk",))


def test_a_late_bid_is_refused_to_the_millisecond(town: Town) -> None:
    town.go("received")
    town.world.wait(town.tender().deadline_ms - 1 - town.world.now_ms)
    town.ok("submit_bid", bidder="delta", slot_name="just in time")
    town.world.wait(1)
    town.no("BID_LATE", "submit_bid", slot_name="late")
    town.no("BID_LATE", "submit_bid", bidder="delta", slot_name="just in time", version=2)


def test_a_bid_is_neither_changed_nor_withdrawn_after_the_deadline(town: Town) -> None:
    town.go("due")
    town.no("BID_LATE", "submit_bid", version=2, price=100_000_000)
    town.no("BID_LATE", "withdraw_bid")


def test_a_desk_cannot_change_or_withdraw_what_it_took_in(town: Town) -> None:
    town.go("received")
    forged, _ = town.act("submit_bid", bidder="gamma", slot_name="another", version=2)
    town.no(
        "SLOT_SIGNATURE_WRONG",
        "submit_bid",
        version=2,
        ciphertext=forged.ciphertext,
        signature=forged.signature,
    )
    town.no("SLOT_SIGNATURE_WRONG", "withdraw_bid", signature=forged.signature)


def test_a_copied_envelope_gives_the_copier_nothing(town: Town) -> None:
    town.go("received")
    original = town.envelope("alpha")
    town.ok(
        "submit_bid",
        slot_name="copy",
        ciphertext=original.ciphertext,
        commitment=original.commitment,
    )
    town._due()
    town._shared()
    town.ok("open_bid", slot_name="copy")
    assert town.envelope("copy").result in ("undecodable", "commitment_differs")
    assert town.envelope("copy").bidder is None


def test_a_bid_in_the_name_of_another_firm_is_no_bid_of_it(town: Town) -> None:
    town.go("published")
    form = form_of("alpha", 1)
    own_key = form_of("beta", 1).key
    town.ok("submit_bid", slot_name="forged", form=form, signer="beta.bidder")
    town.ok(
        "submit_bid", slot_name="with own key", form=form_of("alpha", 1, key=own_key),
        signer="beta.bidder",
    )  # fmt: skip
    town._due()
    town._shared()
    for slot, result in (("forged", "signature_wrong"), ("with own key", "key_unsuitable")):
        town.ok("open_bid", slot_name=slot)
        assert town.envelope(slot).result == result
    assert town.offer("alpha") is None


def test_an_opened_bid_that_does_not_match_its_commitment_is_recorded_not_dropped(
    town: Town,
) -> None:
    town.go("received")
    ciphertext, _ = sealed(
        "t1", "liar", key_of("t1", HOLDERS), form_of("delta", 1), signer="delta.bidder"
    )
    town.ok("submit_bid", slot_name="liar", ciphertext=ciphertext, commitment=salt("other"))
    town._due()
    town._shared()
    town._opened()
    town.no("BIDS_UNOPENED", "close_opening")
    town.ok("open_bid", slot_name="liar")
    assert town.envelope("liar").result == "commitment_differs"
    town.ok("close_opening")


def test_one_bidder_with_two_envelopes_is_out_with_both(town: Town) -> None:
    town.go("received")
    town.bid("alpha", 100_000_000, slot="second")
    town._due()
    town._shared()
    town._opened()
    town.ok("open_bid", slot_name="second")
    town.ok("close_opening")
    assert town.offer("alpha").validity == "bidder_twice"
    assert town.tender().fail_reason == "few_bidders"
