"""Who signs what: transactions, their ids and the bytes under each signature.

A transaction id is the hash of the signed bytes, so the same request has the same id wherever it is
sent, and a resubmission gets the first outcome. There are no sequence numbers: one office signs
from many systems at once.
"""

from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

from tongjian.core import limits
from tongjian.core.actors import Actor
from tongjian.core.directory import Directory, Kernel
from tongjian.core.encoding import Codec, Malformed, Record, encode
from tongjian.core.hashing import TAG_TRANSACTION, Hash
from tongjian.core.operation import Act, Refused
from tongjian.core.registry import Registry
from tongjian.core.signatures import verify
from tongjian.core.values import Digest, Height, KeyId

ActT = TypeVar("ActT")
FORMAT_VERSION: Final = 1


class Transaction(Record, Generic[ActT]):
    """One or more acts by one or more signers, all or nothing."""

    version: Annotated[int, Meta(ge=1, le=1)]
    chain: Digest
    expiry: Height
    """Last height at which it may be committed."""
    nonce: Annotated[bytes, Meta(min_length=16, max_length=16)]
    signers: Annotated[tuple[KeyId, ...], Meta(min_length=1, max_length=limits.SIGNERS_MAX)]
    acts: Annotated[tuple[ActT, ...], Meta(min_length=1, max_length=limits.ACTS_MAX)]


class Envelope(Record):
    """A transaction's bytes with one signature for each signer, in their order."""

    body: Annotated[bytes, Meta(max_length=limits.TRANSACTION_BYTES_MAX)]
    signatures: Annotated[
        tuple[Annotated[bytes, Meta(min_length=64, max_length=8192)], ...],
        Meta(min_length=1, max_length=limits.SIGNERS_MAX),
    ]


ENVELOPE_BYTES_MAX: Final = limits.TRANSACTION_BYTES_MAX + limits.SIGNERS_MAX * 8200 + 64
_ENVELOPES: Final = Codec(Envelope, ENVELOPE_BYTES_MAX)


class Incoming(msgspec.Struct, frozen=True, gc=False):
    """A decoded transaction beside the bytes it came in."""

    id: bytes
    """32 bytes: the hash of the signed message."""
    data: bytes
    """The envelope as received and as it stands in the block log."""
    message: bytes
    signatures: tuple[bytes, ...]
    transaction: Transaction[Any]


class Opener:
    """Decodes envelopes for one chain."""

    def __init__(self, registry: Registry, chain: bytes, digest: Hash) -> None:
        """Prepare for the acts of a release and the id of a chain."""
        self._prefix = TAG_TRANSACTION + chain
        self._digest = digest
        self._codec = Codec(
            Transaction[registry.act_union],  # type: ignore[name-defined]
            limits.TRANSACTION_BYTES_MAX,
        )

    def read(self, body: bytes) -> Transaction[Any]:
        """Decode a transaction's bytes before anybody has signed them, or raise `Malformed`."""
        transaction: Transaction[Any] = self._codec.decode(body)
        return transaction

    def open(self, data: bytes) -> Incoming:
        """Decode an envelope or raise `Malformed`; signatures are not checked here."""
        return self._open(data, self._codec.decode, _ENVELOPES.decode)

    def open_trusted(self, data: bytes) -> Incoming:
        """Decode an envelope whose canonical form was checked before."""
        return self._open(data, self._codec.decode_trusted, _ENVELOPES.decode_trusted)

    def _open(self, data: bytes, body: Any, envelope: Any) -> Incoming:
        opened: Envelope = envelope(data)
        transaction: Transaction[Any] = body(opened.body)
        signers = transaction.signers
        count = len(signers)
        twice = count > 1 and len(dict.fromkeys(signers)) != count
        if count != len(opened.signatures) or twice:
            what = "a transaction has one signature for each of its signers, each named once"
            raise Malformed(what)
        message = self._prefix + opened.body
        return Incoming(self._digest(message), data, message, opened.signatures, transaction)


def body_of(data: bytes) -> bytes:
    """Return the signed bytes inside an envelope that was admitted before."""
    opened: Envelope = _ENVELOPES.decode_trusted(data)
    return opened.body


def compose(
    *,
    chain: bytes,
    expiry: int,
    nonce: bytes,
    signers: tuple[bytes, ...],
    acts: tuple[Act, ...],
) -> bytes:
    """Return the bytes of a transaction to be signed.

    `nonce` is 16 bytes that the author draws at random; they keep two equal requests apart.
    """
    return encode((FORMAT_VERSION, chain, expiry, nonce, signers, acts))


def signed_message(chain: bytes, body: bytes) -> bytes:
    """Return what each signer signs: domain tag, chain id, transaction bytes."""
    return TAG_TRANSACTION + chain + body


def seal_envelope(body: bytes, signatures: tuple[bytes, ...]) -> bytes:
    """Return the envelope of a transaction with its signatures in signer order."""
    return encode((body, signatures))


def verify_signatures(incoming: Incoming, directory: Directory) -> None:
    """Raise `SignatureInvalid` unless every signer's key made its signature."""
    pairs = zip(incoming.transaction.signers, incoming.signatures, strict=True)
    for key_id, signature in pairs:
        actor = directory.actor(key_id)
        verify(actor.suite, actor.public, incoming.message, signature)


def check_envelope(
    transaction: Transaction[Any], chain: bytes, height: int, time_ms: int, directory: Directory
) -> tuple[Actor, ...]:
    """Return the signers of a transaction that may be committed at this height, or refuse it.

    Order of precedence: chain, expiry, then each signer's key, officer and office. What the acts
    say plays no part.
    """
    if transaction.chain != chain:
        raise Refused(Kernel.WRONG_CHAIN)
    if height > transaction.expiry:
        raise Refused(Kernel.EXPIRED, f"Expired after height {transaction.expiry}.")
    if transaction.expiry - height > limits.EXPIRY_BLOCKS_MAX:
        raise Refused(
            Kernel.EXPIRY_TOO_FAR, f"At most {limits.EXPIRY_BLOCKS_MAX} blocks ahead of {height}."
        )
    signer = directory.signer
    return tuple([signer(key_id, height, time_ms) for key_id in transaction.signers])
