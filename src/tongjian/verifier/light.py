"""The light client of CometBFT: who sealed a block of the network, checked without the network.

A header of the engine commits to the ledger's newest header as its app hash. It counts when
validators with more than two thirds of the power signed it, and when those are the validators that
the trust file names, or follow from them step by step: each step signed by more than a third of the
power trusted before (docs/reference/format.md, section 20; CometBFT v0.38, light client).
"""

from typing import Annotated, Any, Final, NamedTuple

from msgspec import Meta

from tongjian.core.encoding import Codec, Malformed, Record, encode
from tongjian.core.hashing import sha256
from tongjian.core.merkle import Frontier, leaf_hash
from tongjian.core.signatures import KeySuite, SignatureInvalid, verify
from tongjian.core.validators import (
    POWER_MAX,
    VALIDATORS_MAX,
    compute_validators_hash,
    in_order,
)
from tongjian.core.values import Digest
from tongjian.verifier.protobuf import (
    WireError,
    fields_of,
    pack_bytes,
    pack_fixed64,
    pack_message,
    pack_number,
    pack_time,
    pack_uvarint,
)

ENGINE_CHAIN_DIGITS: Final = 40
LEAVES: Final = 14
CHAIN, HEIGHT, TIME, VALIDATORS, APP_HASH = 1, 2, 3, 7, 10
"""Places of what is read among the fields of a header."""
FOR_BLOCK: Final = 2
"""Flag of a signature for the block; 1 is absent, 3 for none."""
PRECOMMIT: Final = 2
STEPS_MAX: Final = 64
CERTIFICATE_BYTES_MAX: Final = 1 << 20
_INT64: Final = Meta(ge=0, le=2**62)
Number = Annotated[int, _INT64]


class CertificateInvalid(ValueError):
    """Signatures that do not seal what they are said to; the text says which check failed."""


class ValidatorShown(Record):
    """A validator of a set."""

    public: Annotated[bytes, Meta(min_length=32, max_length=32)]
    power: Annotated[int, Meta(ge=1, le=POWER_MAX)]


class VoteShown(Record):
    """What one validator signed, at its place in the set."""

    flag: Annotated[int, Meta(ge=1, le=3)]
    seconds: Number
    nanos: Annotated[int, Meta(ge=0, le=999_999_999)]
    signature: Annotated[bytes, Meta(max_length=64)]
    """Empty unless the flag is that of the block."""


class LightBlock(Record):
    """A header of the engine, the votes that committed it, and the validators who cast them."""

    header: Annotated[
        tuple[Annotated[bytes, Meta(max_length=256)], ...],
        Meta(min_length=LEAVES, max_length=LEAVES),
    ]
    """The fields of the header as the engine hashes them, in its order."""
    round: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    parts: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    parts_hash: Digest
    votes: Annotated[tuple[VoteShown, ...], Meta(min_length=1, max_length=VALIDATORS_MAX)]
    validators: Annotated[tuple[ValidatorShown, ...], Meta(min_length=1, max_length=VALIDATORS_MAX)]


class Certificate(Record):
    """What seals a block of a network: from what is trusted to the header that names the block.

    A trust file may name the validators of any step; those before it then prove nothing.
    """

    trusted: Annotated[tuple[ValidatorShown, ...], Meta(max_length=VALIDATORS_MAX)]
    """The network's first validators; empty where the first step has the same."""
    steps: Annotated[tuple[LightBlock, ...], Meta(min_length=1, max_length=STEPS_MAX)]


CERTIFICATES: Final = Codec(Certificate, CERTIFICATE_BYTES_MAX)


class Sealed(NamedTuple):
    """What a certificate that holds says."""

    height: int
    """Of the engine's header."""
    time_ms: int
    signers: int
    validators: int
    power: int
    total: int
    set_hash: bytes
    """Hash of the set of validators who sealed."""


def engine_chain_of(chain: bytes) -> str:
    """Return the name under which the engine knows a ledger: at most 50 characters."""
    return "tj-" + chain.hex()[:ENGINE_CHAIN_DIGITS]


def verify_certificate(data: bytes, chain: bytes, validators: bytes, app_hash: bytes) -> Sealed:
    """Check that a network sealed a header of the ledger; raises `CertificateInvalid`.

    `validators` is the hash of the set that the trust file names, `app_hash` the hash of the
    ledger's header.
    """
    try:
        certificate: Certificate = CERTIFICATES.decode(data)
    except Malformed as error:
        msg = f"the certificate cannot be decoded: {error}"
        raise CertificateInvalid(msg) from error
    known: tuple[ValidatorShown, ...] = ()
    if certificate.trusted and hash_of_set(certificate.trusted) == validators:
        known = certificate.trusted
    seals: list[Sealed] = []
    for block in certificate.steps:
        seals.append(verify_block(block, chain))
        if len(seals) > 1 and seals[-1].height <= seals[-2].height:
            msg = f"step {seals[-1].height} of the certificate comes after {seals[-2].height}"
            raise CertificateInvalid(msg)
        if seals[-1].set_hash == validators:
            known = block.validators
        elif known:
            _expect_overlap(block, known, seals[-1].height)
            known = block.validators
    _expect_end(certificate.steps[-1], known, app_hash)
    return seals[-1]


def _expect_end(last: LightBlock, known: tuple[ValidatorShown, ...], app_hash: bytes) -> None:
    """Expect that the last step is of validators who are known, and names the ledger's header."""
    if known != last.validators:
        msg = (
            "the last header was signed by other validators than those of the trust file, and "
            "nothing leads from these to those; get the ledger's current trust file from a source "
            "that you trust"
        )
        raise CertificateInvalid(msg)
    if last.header[APP_HASH] != pack_bytes(1, app_hash):
        msg = "the engine's header names another block of the ledger than this one"
        raise CertificateInvalid(msg)


def verify_block(block: LightBlock, chain: bytes) -> Sealed:
    """Check one header: its chain, its validators, and more than two thirds of their power."""
    name = engine_chain_of(chain)
    if block.header[CHAIN] != pack_bytes(1, name.encode("ascii")):
        msg = f"the engine's header is not of the network {name}"
        raise CertificateInvalid(msg)
    height = _number(block.header[HEIGHT])
    _expect_set(block, height)
    signed = power = 0
    for position, (vote, validator) in enumerate(zip(block.votes, block.validators, strict=True)):
        if vote.flag != FOR_BLOCK:
            continue
        message = vote_message(block, vote, height, name)
        try:
            verify(KeySuite.ED25519, validator.public, message, vote.signature)
        except SignatureInvalid as error:
            msg = f"vote {position} for header {height}: {error}"
            raise CertificateInvalid(msg) from error
        signed += 1
        power += validator.power
    total = sum(one.power for one in block.validators)
    if power * 3 <= total * 2:
        msg = f"power {power} of {total} signed header {height}; more than two thirds is needed"
        raise CertificateInvalid(msg)
    time_ms, named = _time_ms(block.header[TIME]), hash_of_set(block.validators)
    return Sealed(height, time_ms, signed, len(block.votes), power, total, named)


def _expect_set(block: LightBlock, height: int) -> None:
    """Expect the validators that the header names, in the engine's order, a vote for each."""
    if block.header[VALIDATORS] != pack_bytes(1, hash_of_set(block.validators)):
        msg = f"header {height} of the engine names other validators than those shown"
        raise CertificateInvalid(msg)
    ordered = [(one.public, one.power) for one in block.validators]
    if ordered != in_order(ordered) or len(dict(ordered)) != len(ordered):
        msg = f"the validators of header {height} are not in the engine's order, each once"
        raise CertificateInvalid(msg)
    if len(block.votes) != len(block.validators):
        msg = f"{len(block.votes)} votes stand for {len(block.validators)} validators"
        raise CertificateInvalid(msg)


def hash_of_set(validators: tuple[ValidatorShown, ...]) -> bytes:
    """Return the hash that names a set of validators."""
    return compute_validators_hash((one.public, one.power) for one in validators)


def header_hash(leaves: tuple[bytes, ...]) -> bytes:
    """Return the hash of a header of the engine: the Merkle root of its fields."""
    tree = Frontier(sha256)
    for leaf in leaves:
        tree.append(leaf_hash(sha256, leaf))
    return tree.root()


def vote_message(block: LightBlock, vote: VoteShown, height: int, chain: str) -> bytes:
    """Return what a validator signs: the canonical form of its precommit, with its length."""
    parts = pack_number(1, block.parts) + pack_bytes(2, block.parts_hash)
    named = pack_bytes(1, header_hash(block.header)) + pack_message(2, parts)
    vote_bytes = (
        pack_number(1, PRECOMMIT)
        + pack_fixed64(2, height)
        + pack_fixed64(3, block.round)
        + pack_message(4, named)
        + pack_message(5, pack_time(vote.seconds, vote.nanos))
        + pack_bytes(6, chain.encode("ascii"))
    )
    return pack_uvarint(len(vote_bytes)) + vote_bytes


def make_certificate(trusted: tuple[ValidatorShown, ...], steps: tuple[LightBlock, ...]) -> bytes:
    """Return the bytes of a certificate."""
    return encode(Certificate(trusted=trusted, steps=steps))


def overlap(block: LightBlock, trusted: tuple[ValidatorShown, ...]) -> tuple[int, int]:
    """Return how much of a trusted set's power signed a header, and that power in all."""
    signed = {
        validator.public: True
        for vote, validator in zip(block.votes, block.validators, strict=True)
        if vote.flag == FOR_BLOCK
    }
    power = sum(one.power for one in trusted if one.public in signed)
    return power, sum(one.power for one in trusted)


def _expect_overlap(block: LightBlock, trusted: tuple[ValidatorShown, ...], height: int) -> None:
    power, total = overlap(block, trusted)
    if power * 3 <= total:
        msg = (
            f"of the validators trusted before, power {power} of {total} signed header {height}; "
            "more than a third is needed"
        )
        raise CertificateInvalid(msg)


def _number(leaf: bytes) -> int:
    fields = _fields(leaf)
    value = fields.get(1, 0)
    if not isinstance(value, int) or pack_number(1, value) != leaf:
        msg = "the height of the engine's header is not in its only form"
        raise CertificateInvalid(msg)
    return value


def _time_ms(leaf: bytes) -> int:
    fields = _fields(leaf)
    seconds, nanos = fields.get(1, 0), fields.get(2, 0)
    if (
        not isinstance(seconds, int)
        or not isinstance(nanos, int)
        or pack_time(seconds, nanos) != leaf
    ):
        msg = "the time of the engine's header is not in its only form"
        raise CertificateInvalid(msg)
    return seconds * 1000 + nanos // 1_000_000


def _fields(leaf: bytes) -> dict[int, Any]:
    try:
        return dict(fields_of(leaf))
    except WireError as error:
        msg = f"a field of the engine's header cannot be read: {error}"
        raise CertificateInvalid(msg) from error
