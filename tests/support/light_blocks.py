"""Headers of the engine that a test's validators signed: certificates without an engine."""

from collections.abc import Callable, Mapping, Sequence

from nacl.signing import SigningKey

from tongjian.core import values
from tongjian.core.encoding import replace
from tongjian.core.hashing import sha256
from tongjian.core.validators import compute_validators_hash, in_order
from tongjian.engines.chain import Chain
from tongjian.verifier.light import (
    LightBlock,
    ValidatorShown,
    VoteShown,
    engine_chain_of,
    make_certificate,
    vote_message,
)
from tongjian.verifier.protobuf import pack_bytes, pack_number, pack_time

Powers = Mapping[SigningKey, int]
SECONDS = 1_795_000_000


def equal(keys: Sequence[SigningKey], power: int = 10) -> dict[SigningKey, int]:
    """Give every key the same power."""
    return dict.fromkeys(keys, power)


def shown(powers: Powers) -> tuple[ValidatorShown, ...]:
    """Return a set in the engine's order."""
    listed = in_order((bytes(key.verify_key), power) for key, power in powers.items())
    return tuple(ValidatorShown(public=public, power=power) for public, power in listed)


def set_hash(powers: Powers) -> bytes:
    """Return the hash that names a set."""
    return compute_validators_hash((bytes(key.verify_key), p) for key, p in powers.items())


def block(
    powers: Powers,
    signers: Sequence[SigningKey] | None = None,
    *,
    chain: bytes,
    head: bytes,
    height: int = 9,
    round_: int = 0,
    named: Powers | None = None,
    following: Powers | None = None,
    seconds: int = SECONDS,
) -> LightBlock:
    """Make a header of the engine that validators signed, each at a moment of its own."""
    validators = shown(powers)
    leaves = [b"\x08\x0b\x10\x01", pack_bytes(1, engine_chain_of(chain).encode())]
    leaves += [pack_number(1, height), pack_time(seconds + height, 5), b"\x12\x00"]
    leaves += [pack_bytes(1, sha256(b"field %d" % n)) for n in range(5, 14)]
    leaves[7] = pack_bytes(1, set_hash(powers if named is None else named))
    leaves[8] = pack_bytes(1, set_hash(powers if following is None else following))
    leaves[10] = pack_bytes(1, head)
    made = LightBlock(
        header=tuple(leaves),
        round=round_,
        parts=1,
        parts_hash=values.digest(sha256(b"parts")),
        votes=(VoteShown(flag=1, seconds=0, nanos=0, signature=b""),) * len(validators),
        validators=validators,
    )
    return sign(made, list(powers) if signers is None else signers, height, chain)


def sign(made: LightBlock, signers: Sequence[SigningKey], height: int, chain: bytes) -> LightBlock:
    """Put the votes of signers under a header, at the places of their validators."""
    keys = {bytes(key.verify_key): key for key in signers}
    votes = []
    for place, validator in enumerate(made.validators):
        key = keys.get(validator.public)
        vote = VoteShown(flag=2 if key else 1, seconds=SECONDS + 100, nanos=place, signature=b"")
        if key is not None:
            message = vote_message(made, vote, height, engine_chain_of(chain))
            vote = replace(vote, signature=key.sign(message).signature)
        votes.append(vote)
    return replace(made, votes=tuple(votes))


def certifier(chain: Chain, powers: Powers) -> Callable[[int], bytes]:
    """Return what certifies blocks of a ledger as a network of these validators would."""

    def certify(height: int) -> bytes:
        head = chain.hash_of(chain.header(height))
        made = block(powers, chain=chain.chain_id, head=head, height=height + 1)
        return make_certificate((), (made,))

    return certify
