"""PRO-I1 and PRO-I2 as properties: nobody reads early, every envelope is accounted for."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from procurement_acts import form_of
from procurement_people import HOLDER_NAMES, HOLDERS, USCC
from procurement_secrets import key_of, public_key, salt, sealed, share_of
from procurement_town import Town

from tongjian.services.procurement import custody
from tongjian.services.procurement import ristretto as group
from tongjian.services.procurement.records import (
    BIDS,
    TENDERS,
)

ACCEPTED = "accepted"
FEW = settings(max_examples=12)
SOME = settings(max_examples=40)
FIRMS = ("alpha", "beta", "gamma", "delta")
PRICES = st.integers(1, 125_000_000)


def before_the_deadline(town: Town) -> bool:
    tender = town.tender()
    return town.world.now_ms < tender.deadline_ms


@FEW
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["submit", "again", "withdraw", "share", "open", "close", "wait"]),
            st.sampled_from(FIRMS),
            st.sampled_from(HOLDER_NAMES),
        ),
        max_size=25,
    )
)
def test_i1_nothing_is_read_before_the_deadline_and_nothing_taken_in_after(
    steps: list[tuple[str, str, str]],
) -> None:
    town = Town().go("published")
    versions: dict[str, int] = {}
    for step, firm, holder in steps:
        early = before_the_deadline(town)
        if step in ("submit", "again"):
            version = versions.get(firm, 0) + (step == "again" or firm not in versions)
            said = town.outcome("submit_bid", bidder=firm, version=version)
            assert (said == ACCEPTED) <= early
            versions[firm] = version if said == ACCEPTED else versions.get(firm, 0)
        elif step == "withdraw":
            version = versions.get(firm, 0) + 1
            said = town.outcome("withdraw_bid", slot_name=firm, version=version)
            assert (said == ACCEPTED) <= early
        elif step == "share":
            said = town.outcome("publish_share", holder=holder)
            assert (said == ACCEPTED) <= (not early)
        elif step == "open":
            said = town.outcome("open_bid", slot_name=firm)
            assert (said == ACCEPTED) <= (town.tender().shared >= 3)
        elif step == "close":
            town.outcome("close_opening")
        else:
            town.pass_days(6)
        if before_the_deadline(town):
            assert_nobody_can_read(town)


def assert_nobody_can_read(town: Town) -> None:
    """No name, no price, no share stands in any row of bids and tenders; none opens."""
    tender = town.tender()
    assert (tender.shared, tender.secret) == (0, None)
    told = b"".join(
        row
        for key, row in town.world.rows().items()
        if key.startswith((BIDS.prefix, TENDERS.prefix, b"procurement.offers"))
    )
    for firm in FIRMS:
        assert USCC[firm].encode() not in told
        assert public_key(f"{firm}.bidder") not in told


@FEW
@given(st.sampled_from(list(itertools.combinations(range(1, 5), 2))))
def test_i1_two_holders_together_know_nothing_of_the_key(places: tuple[int, ...]) -> None:
    shares = {at: group.decode_scalar(share_of("t1", HOLDERS, at)) for at in places}
    secret = custody.recover(shares)
    assert group.encode(group.multiply_base(secret)) != key_of("t1", HOLDERS)
    third = next(at for at in range(1, 5) if at not in places)
    shares[third] = group.decode_scalar(share_of("t1", HOLDERS, third))
    assert group.encode(group.multiply_base(custody.recover(shares))) == key_of("t1", HOLDERS)


ENVELOPES = st.lists(
    st.sampled_from(["good", "blank", "garbage", "element", "commitment", "signer", "copied"]),
    min_size=1,
    max_size=6,
)
EXPECTED = {
    "good": "opened",
    "blank": "blank",
    "garbage": ("undecodable", "commitment_differs"),
    "element": "undecodable",
    "commitment": "commitment_differs",
    "signer": ("signature_wrong", "key_unsuitable"),
    "copied": ("undecodable", "commitment_differs"),
}


@FEW
@given(ENVELOPES, st.randoms(use_true_random=False))
def test_i2_every_envelope_taken_in_is_opened_or_its_reason_recorded(kinds, random) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    town = Town().go("published")
    for number, kind in enumerate(kinds):
        assert hand_in(town, f"slot {number}", kind) == ACCEPTED
    town._due()
    town._shared()
    order = list(range(len(kinds)))
    random.shuffle(order)
    for done, number in enumerate(order):
        assert town.outcome("close_opening") == "BIDS_UNOPENED"
        assert town.tender().unopened == len(kinds) - done
        town.ok("open_bid", slot_name=f"slot {number}")
        assert town.outcome("open_bid", slot_name=f"slot {number}") == "ALREADY_OPENED"
    for number, kind in enumerate(kinds):
        assert town.envelope(f"slot {number}").result in EXPECTED[kind]
    town.ok("close_opening")


def hand_in(town: Town, slot: str, kind: str) -> str:
    """Hand in an envelope of a kind and return the outcome."""
    form = None if kind == "blank" else form_of("alpha", 113_000_000)
    signer = "beta.bidder" if kind == "signer" else "alpha.bidder"
    other = "slot of another" if kind == "copied" else slot
    ciphertext, commitment = sealed("t1", other, key_of("t1", HOLDERS), form, signer=signer)
    if kind == "garbage":
        ciphertext = ciphertext[:32] + salt(slot) * 32
    if kind == "element":
        ciphertext = b"\xff" * 32 + ciphertext[32:]
    if kind == "commitment":
        commitment = salt("another")
    return town.outcome(
        "submit_bid",
        bidder="alpha",
        slot_name=slot,
        form=form or form_of("alpha", 1),
        ciphertext=ciphertext,
        commitment=commitment,
    )
