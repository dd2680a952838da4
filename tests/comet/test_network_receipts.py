"""Receipts of a network of four: they hold offline, and no forged one does."""

import datetime as dt
from typing import Any, Final

import cbor2
import light_blocks
import msgspec
import pytest
from light_blocks import block, certifier, equal
from msgspec.structs import replace
from nacl.signing import SigningKey
from network import VALIDATORS, Node, admit, bundle, sign_all, use_network
from shelf import THINGS
from small import Small, put, receipts

from tongjian.connectors.credentials.jose import EDDSA, Signer, key
from tongjian.connectors.credentials.making import make_token
from tongjian.connectors.credentials.registered import Place
from tongjian.connectors.credentials.steps import PresentationRefused
from tongjian.connectors.credentials.verifying import verify_shown
from tongjian.core.block import compute_seal_protected
from tongjian.core.hashing import sha256
from tongjian.core.signatures import KeySuite, compute_key_id
from tongjian.engines.comet.members import validators_hash_of
from tongjian.engines.trust import anchors_of, as_of
from tongjian.verifier.anchors import DAY_MS, Anchors, AnchorsInvalid
from tongjian.verifier.light import LightBlock, VoteShown, make_certificate
from tongjian.verifier.receipt import VerificationFailed, verify_receipt

FOUR: Final = VALIDATORS[:4]
STRANGERS: Final = VALIDATORS[4:]
SEAL: Final = SigningKey(sha256(b"seal of an office"))


class Case:
    """A receipt of a network's block, and what it rests on."""

    def __init__(self, node: Node, town: Small) -> None:
        node.engine.block(bundle(*sign_all(town, put("alpha", 1))))
        self.chain = node.chain
        self.chain.certify = certifier(self.chain, equal(FOUR))
        self.receipt = receipts(self.chain).of_row(THINGS.key("alpha"))
        self.anchors = anchors_of(self.chain)
        self.head = self.chain.hash_of(self.chain.header(self.chain.height))

    def made(self, *signers: Any, **given: Any) -> LightBlock:
        """Make a header of the engine that names this block, signed by some of the validators."""
        powers = given.pop("powers", equal(FOUR))
        chosen = {"chain": self.chain.chain_id, "head": self.head, "height": 50, **given}
        return block(powers, list(signers) or None, **chosen)

    def forged(self, *steps: LightBlock, trusted: Any = ()) -> bytes:
        """Put another certificate into the receipt, and name its validators as it must."""
        last = b"".join(step.header[7][2:] for step in steps[-1:])
        kid = compute_key_id(self.chain.digest, KeySuite.NETWORK, last)
        message = list(cbor2.loads(self.receipt).value)
        message[0] = compute_seal_protected(KeySuite.NETWORK, kid)
        message[3] = make_certificate(trusted, steps)
        return cbor2.dumps(cbor2.CBORTag(18, message))

    def fails(self, why: str, *steps: LightBlock, trusted: Any = ()) -> None:
        """Expect that a receipt with this certificate fails at its seal."""
        with pytest.raises(VerificationFailed, match=why) as failed:
            verify_receipt(self.forged(*steps, trusted=trusted), self.anchors)
        assert failed.value.title == "seal"


@pytest.fixture
def case(node: Node, town: Small, monkeypatch: pytest.MonkeyPatch) -> Case:
    use_network(monkeypatch.setattr)
    return Case(node, town)


def test_a_receipt_of_four_validators_holds_offline(case: Case) -> None:
    verified = verify_receipt(case.receipt, case.anchors)
    assert "4 of 4 validators" in verified.steps[2].proves
    with pytest.raises(VerificationFailed) as failed:
        verify_receipt(case.forged(case.made(*FOUR[:3])), case.anchors)
    # Three of four do seal it; what fails then is only the check value of the changed file.
    assert failed.value.title == "check"


def test_signatures_of_one_or_two_of_four_seal_nothing(case: Case) -> None:
    case.fails("power 10 of 40", case.made(FOUR[0]))
    case.fails("power 20 of 40", case.made(FOUR[0], FOUR[1]))


def test_an_old_set_of_validators_seals_nothing(case: Case) -> None:
    old = {**equal(STRANGERS), FOUR[0]: 10}
    case.fails("other validators than those of the trust", case.made(*old, powers=old))
    case.fails(
        "power 10 of 40 signed",
        case.made(*old, powers=old),
        trusted=light_blocks.shown(equal(FOUR)),
    )


def test_another_app_hash_is_not_what_was_signed(case: Case) -> None:
    case.fails("names another block of the ledger", case.made(head=sha256(b"other")))
    honest = case.made()
    leaves = list(honest.header)
    leaves[10] = leaves[10][:-1] + bytes([leaves[10][-1] ^ 1])
    case.fails("vote 0", replace(honest, header=tuple(leaves)))


def test_votes_for_no_block_seal_nothing(case: Case) -> None:
    """Flag 3 is a vote for nil; said to be for the block, its signature does not hold."""
    made = case.made()
    nil = tuple(replace(vote, flag=3) for vote in made.votes)
    case.fails("power 0 of 40", replace(made, votes=nil))
    key = {bytes(one.verify_key): one for one in FOUR}
    as_nil = tuple(
        VoteShown(
            flag=2,
            seconds=vote.seconds,
            nanos=vote.nanos,
            signature=key[one.public].sign(b"a canonical vote without a block").signature,
        )
        for vote, one in zip(made.votes, made.validators, strict=True)
    )
    case.fails("vote 0", replace(made, votes=as_nil))


def test_a_vote_counts_once_however_often_it_stands(case: Case) -> None:
    made = case.made(FOUR[0])
    (vote,) = [vote for vote in made.votes if vote.flag == 2]
    case.fails("vote", replace(made, votes=(vote,) * 4))
    (voter,) = light_blocks.shown({FOUR[0]: 10})
    case.fails("other validators than those shown", replace(made, validators=(voter,) * 4))
    case.fails("stand for", replace(made, votes=(*made.votes, vote)))


def test_another_network_seals_nothing_here(case: Case) -> None:
    case.fails("not of the network", case.made(chain=sha256(b"another ledger")))
    other = replace(case.anchors, chain=sha256(b"another ledger").hex())
    with pytest.raises(VerificationFailed, match="of chain"):
        verify_receipt(case.receipt, other)


def test_a_change_of_validators_is_followed_from_a_trusted_height_or_from_genesis(
    node: Node, town: Small, case: Case
) -> None:
    old = case.anchors
    node.engine.block(bundle(town.envelope(admit(4, 10), by=(0, 1))))
    node.engine.validators = validators_hash_of(node.chain)
    node.engine.block(bundle(*sign_all(town, put("later", 1))))
    chain, five = node.chain, equal(VALIDATORS[:5])
    head = chain.hash_of(chain.header(chain.height))

    def certify(height: int) -> bytes:
        del height
        step = block(five, VALIDATORS[:4], chain=chain.chain_id, head=head, height=60)
        return make_certificate(light_blocks.shown(equal(FOUR)), (step,))

    chain.certify = certify
    receipt = receipts(chain).of_row(THINGS.key("later"))
    for anchors in (old, anchors_of(chain)):
        assert "4 of 5 validators" in verify_receipt(receipt, anchors).steps[2].proves
    assert len(old.seals) < len(anchors_of(chain).seals)


def test_a_trust_file_beyond_its_period_does_not_vouch_for_newer_blocks(case: Case) -> None:
    time_ms, days = as_of(case.chain)
    assert (time_ms, days) == (case.chain.header(case.chain.height).time_ms, 30)
    older = replace(case.anchors, as_of_ms=time_ms - 1, trust_days=days)
    ends_ms = time_ms - 1 + days * DAY_MS
    verify_receipt(case.receipt, older, now_ms=ends_ms)
    with pytest.raises(VerificationFailed, match="Get the ledger's current trust file") as failed:
        verify_receipt(case.receipt, older, now_ms=ends_ms + 1)
    assert (failed.value.step, failed.value.title) == (3, "seal")
    for still in (replace(older, as_of_ms=time_ms), replace(older, trust_days=0)):
        verify_receipt(case.receipt, still, now_ms=ends_ms + 1000 * DAY_MS)
    verify_receipt(case.receipt, older)


def test_a_desk_accepts_no_state_for_which_its_trust_file_is_too_old(case: Case) -> None:
    time_ms, days = as_of(case.chain)
    older = replace(case.anchors, as_of_ms=time_ms - 1, trust_days=days)
    place = Place("id.example", "11990100001400700T", 1, "resident", 1, 0, 7)
    signer = Signer(key(EDDSA, bytes(SEAL.verify_key)), lambda text: SEAL.sign(text).signature)
    shown = make_token(place, {}, signer, from_ms=time_ms, until_ms=time_ms + 1)
    for ms, why in ((0, "silent on the row"), (1, "Get the ledger's current trust file")):
        at = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(
            milliseconds=time_ms - 1 + days * DAY_MS + ms * 1000
        )
        with pytest.raises(PresentationRefused, match=why):
            verify_shown(shown.encode(), case.receipt, older, at=at, age_seconds_max=10**9)


@pytest.mark.parametrize(
    "change",
    [{"as_of_ms": -1}, {"trust_days": -1}, {"trust_days": 36_501}],
    ids=["before", "negative", "too long"],
)
def test_a_trust_period_has_bounds(change: dict[str, int], case: Case) -> None:
    with pytest.raises(AnchorsInvalid, match="`trust_days` 0 to"):
        Anchors.decode(msgspec.json.encode(replace(case.anchors, **change)))
