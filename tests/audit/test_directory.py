"""Keys of officers and operator change on the way; an auditor follows them, in both hashes."""

from collections.abc import Iterator
from pathlib import Path

import cbor2
import msgspec
import pytest
from receipt_forger import LABEL, outer

from tongjian.catalogue import load_registry
from tongjian.core import values
from tongjian.core.block import compute_seal_message, compute_seal_protected
from tongjian.core.directory import KEYS
from tongjian.core.envelope import compose
from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.operation import Act
from tongjian.core.signatures import compute_possession_message
from tongjian.engines.audit.bundles import make_bundle
from tongjian.engines.audit.compare import Ledger, compare_store
from tongjian.engines.audit.replay import Counts, Replay
from tongjian.engines.chain import LOG_NAME, STORE_NAME, Chain
from tongjian.engines.receipts import Receipts
from tongjian.node.founding import Plan, PlanOffice, PlanOfficer, found
from tongjian.node.home import SEAL_KEY_NAME, Home
from tongjian.node.keys import KeyPair, SealKeys
from tongjian.node.signing import sign_body
from tongjian.services.membership.acts_keys import RotateKey
from tongjian.services.membership.acts_rules import RotateSealKey
from tongjian.verifier.anchors import SealAnchor
from tongjian.verifier.receipt import VerificationFailed, verify_receipt
from tongjian.verifier.rerun import rerun

OFFICES = ("11990100001400700T", "11990100001400110R")
START_MS = 1_795_060_800_000
ROTATIONS = 12


def ignore(counts: Counts) -> None:
    del counts


class City:
    """Two governors of two offices, whose keys change in every block."""

    def __init__(self, folder: Path, suite: str) -> None:
        office = [
            PlanOffice(uscc=uscc, label=f"o{n}", name="局", region="990100", kind="data_bureau")
            for n, uscc in enumerate(OFFICES)
        ]
        officer = [
            PlanOfficer(holder=f"governor-{n}", office=uscc, roles=["governor", "registrar"])
            for n, uscc in enumerate(OFFICES)
        ]
        self.home: Home = found(Plan("city", office, officer, suite), folder, time_ms=START_MS)
        self.digest = hash_of(HashSuite[suite.upper()])
        self.keys = [self.home.key(f"governor-{n}") for n in range(2)]
        self.new_seal = KeyPair(bytes([77]) * 32, self.digest)
        self.seals = SealKeys(self.home.key(SEAL_KEY_NAME), self.new_seal)
        self.ids: list[bytes] = []

    def block(self, chain: Chain, by: tuple[KeyPair, ...], act: Act) -> None:
        """Record one transaction in a block of its own."""
        nonce = len(self.ids).to_bytes(16, "big")
        signers = tuple(key.id for key in by)
        body = compose(
            chain=chain.chain_id, expiry=10_000, nonce=nonce, signers=signers, acts=(act,)
        )
        envelope = sign_body(chain.chain_id, by, body)
        incoming = chain.opener.open(envelope)
        time_ms = START_MS + 1000 * (len(self.ids) + 1)
        _, applied = chain.apply(time_ms, [incoming], self.seals)
        assert [result.outcome for result in applied.results] == [""]
        self.ids.append(incoming.id)

    def rotate(self, chain: Chain, seed: int) -> None:
        """Replace the first governor's key; the new one signs from the next block on."""
        old = self.keys[0]
        row = chain.store.row(KEYS, KEYS.key(values.key_id(old.id)))
        assert row is not None
        new = KeyPair(bytes([seed % 256, seed // 256] * 16), self.digest)
        message = compute_possession_message(chain.chain_id, row.officer, 1, new.public)
        act = RotateKey(
            officer=row.officer,
            key=values.key_id(old.id),
            suite=1,
            public=new.public,
            until_ms=values.time_ms(START_MS + 10**9),
            proof=new.sign(message),
            overlap_blocks=0,
        )
        self.block(chain, (old,), act)
        self.keys[0] = new


@pytest.fixture(scope="module", params=["sha256", "sm3"])
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> City:
    city = City(tmp_path_factory.mktemp("city") / "ledger", request.param)
    with city.home.open(writable=True) as chain:
        notice = chain.machine.directory.parameter("membership", "seal_notice_blocks", START_MS)[0]
        act = RotateSealKey(
            suite=1, public=city.new_seal.public, from_height=values.height(1 + notice)
        )
        city.block(chain, tuple(city.keys), act)
        for seed in range(notice + ROTATIONS):
            city.rotate(chain, seed + 1)
        assert chain.sealing_key(chain.height).public == city.new_seal.public
    return city


@pytest.fixture
def chain(city: City) -> Iterator[Chain]:
    with city.home.open() as chain:
        yield chain


@pytest.mark.parametrize("workers", [0, 1])
def test_keys_that_change_in_every_block_are_followed(
    city: City, chain: Chain, tmp_path: Path, workers: int
) -> None:
    log, registry = city.home.folder / LOG_NAME, load_registry()
    with Replay(log, chain.genesis, tmp_path, registry, workers=workers) as replay:
        done = replay.run(ignore)
    assert done.header == chain.header(chain.height)
    assert [key.public for _, key in done.seals] == [
        chain.genesis.seal_public,
        city.new_seal.public,
    ]
    assert done.counts.signatures == chain.height + 1 + len(city.ids) + 1


def test_a_stopped_replay_goes_on_amid_changing_keys(
    city: City, chain: Chain, tmp_path: Path
) -> None:
    log, registry = city.home.folder / LOG_NAME, load_registry()
    for until in (3, chain.height - 2, None):
        with Replay(log, chain.genesis, tmp_path, registry, workers=0) as replay:
            done = replay.run(ignore, until)
    assert done.header == chain.header(chain.height)
    assert done.resumed_height == chain.height - 2


def test_its_store_is_what_its_blocks_give(city: City, tmp_path: Path) -> None:
    folder = city.home.folder
    ledger = Ledger(city.home.genesis(), folder / LOG_NAME, folder / STORE_NAME)
    _, stores = compare_store(ledger, tmp_path, load_registry(), 0, ignore)
    assert stores.total == 0


def test_votes_and_rotations_are_decided_again(city: City, chain: Chain) -> None:
    anchors = city.home.anchors()
    for identity in (*city.ids[:3], city.ids[-1]):
        verified = verify_receipt(make_bundle(chain, identity), anchors)
        (done,) = rerun(verified, anchors, load_registry())
        assert (done.transaction, done.outcome) == (identity, "")


def test_the_trust_file_names_both_seal_keys_with_their_heights(city: City, chain: Chain) -> None:
    written = city.home.anchors()
    assert written == city.home.anchors(chain)
    rotated = next(h for h, key in chain.machine.directory.seal_keys() if h)
    assert [(seal.from_height, seal.public) for seal in written.seals] == [
        (0, chain.genesis.seal_public.hex()),
        (rotated, city.new_seal.public.hex()),
    ]
    for height in (rotated - 1, rotated):
        verified = verify_receipt(Receipts(chain).of_row(b"x", height), written)
        assert verified.header.height == height


def test_an_old_trust_file_says_what_to_do_with_a_newer_receipt(city: City, chain: Chain) -> None:
    old = msgspec.structs.replace(city.home.anchors(), seals=city.home.anchors().seals[:1])
    verify_receipt(Receipts(chain).of_row(b"x", 1), old)
    with pytest.raises(VerificationFailed, match="tongjian trust") as failed:
        verify_receipt(Receipts(chain).of_row(b"x"), old)
    assert (failed.value.step, failed.value.title) == (3, "seal")


@pytest.mark.parametrize("is_revoked", [True, False])
def test_a_seal_by_a_key_that_does_not_count_at_its_height_is_refused(
    city: City, chain: Chain, *, is_revoked: bool
) -> None:
    # The key's holder seals the true header of a height at which the key does not count.
    anchors = city.home.anchors()
    rotated = anchors.seals[1].from_height
    key = city.home.key(SEAL_KEY_NAME) if is_revoked else city.new_seal
    height = rotated if is_revoked else rotated - 1
    _, unprotected, header, _ = cbor2.loads(Receipts(chain).of_row(b"x", height)).value
    protected = compute_seal_protected(1, key.id)
    seal = key.sign(compute_seal_message(chain.chain_id, protected, header))
    forged = outer(protected, {LABEL: unprotected[LABEL]}, header, seal, hash_name=anchors.hash)
    why = f"replaced at height {rotated}" if is_revoked else f"counts from {rotated} on"
    with pytest.raises(VerificationFailed, match=why) as failed:
        verify_receipt(forged, anchors)
    assert (failed.value.step, failed.value.title) == (3, "seal")
    # What it would have been good for, had the key counted:
    counted = SealAnchor(from_height=height, suite="ed25519", public=key.public.hex())
    verify_receipt(forged, msgspec.structs.replace(anchors, seals=[counted]))
