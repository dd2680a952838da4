"""A sealed bid: a form of one size, committed to, enciphered to a key that nobody has yet.

Hashed ElGamal on ristretto255: an element chosen anew, then a stream keyed by what it shares with
the key of the procedure. The commitment on the ledger is what makes the form authentic; the
bidder's own signature stands inside, so that until the opening nothing tells who bids.
"""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.encoding import Codec, Malformed, Record, encode, replace
from tongjian.core.hashing import Hash, compute_commitment
from tongjian.core.values import Amount, Digest, Fen, KeyId, Uscc
from tongjian.services.procurement import ristretto as group
from tongjian.services.procurement.values import Salt, Signature

TAG_STREAM: Final = b"tongjian/procurement-stream/1\x00"
TAG_FORM: Final = b"tongjian/procurement-bid/1\x00"
TAG_SLOT: Final = b"tongjian/procurement-slot/1\x00"
PLAIN_BYTES: Final = 1024
"""Salt, length, form, zeros: every envelope has one size and tells nothing by it."""
CIPHER_BYTES: Final = group.POINT_BYTES + PLAIN_BYTES
_HEAD_BYTES: Final = 34
FORM_BYTES_MAX: Final = PLAIN_BYTES - _HEAD_BYTES


class Form(Record):
    """What a bidder puts into the envelope 开标一览表."""

    bidder: Uscc
    key: KeyId
    """The bidder's enrolled key that signs below."""
    price_fen: Amount
    bond_fen: Fen
    technical: Digest
    """Salted commitment to the technical files, which stay with the committee."""
    author: Digest
    device: Digest
    bond_source: Digest
    invitation_salt: Annotated[bytes, Meta(max_length=32)]
    """Opens the commitment of the bidder's invitation; empty where nobody is invited."""
    signature: Signature
    """Over the rest, the procedure and the one-time key."""


FORMS: Final = Codec(Form, FORM_BYTES_MAX)


class Unreadable(ValueError):
    """A sealed bid that gives no form under the key of its procedure."""


def where(number: str, slot: bytes) -> bytes:
    """Return the bytes that tie an envelope to a procedure and a one-time key."""
    return number.encode("ascii") + b"\x00" + slot


def form_message(digest: Hash, number: str, slot: bytes, form: Form) -> bytes:
    """Return what the bidder signs."""
    unsigned = encode(replace(form, signature=bytes(64)))
    return TAG_FORM + digest(where(number, slot) + unsigned)


def slot_message(
    digest: Hash, number: str, slot: bytes, version: int, commitment: bytes, ciphertext: bytes
) -> bytes:
    """Return what the one-time key signs: a version of the envelope, or its withdrawal (empty)."""
    signed = where(number, slot) + version.to_bytes(8, "big") + commitment + ciphertext
    return TAG_SLOT + digest(signed)


def seal(
    digest: Hash, key: bytes, tied: bytes, form: bytes, *, salt: Salt, nonce: int
) -> tuple[bytes, bytes]:
    """Return ciphertext and commitment of a form; an empty form makes a blank envelope.

    `salt` and `nonce` must be random and used once. Raises `NoElement` for a key that is none.
    """
    if len(form) > FORM_BYTES_MAX:
        msg = f"a form of {len(form)} bytes does not fit into {FORM_BYTES_MAX}"
        raise ValueError(msg)
    plain = salt + len(form).to_bytes(2, "big") + form
    first = group.encode(group.multiply_base(nonce))
    shared = group.encode(group.multiply(nonce, group.decode(key)))
    body = _stream(digest, tied, first, shared, plain.ljust(PLAIN_BYTES, b"\x00"))
    return first + body, compute_commitment(digest, salt, form)


def unseal(digest: Hash, secret: int, tied: bytes, ciphertext: bytes) -> tuple[bytes, bytes]:
    """Return salt and form of an envelope; raises `Unreadable`."""
    first = ciphertext[: group.POINT_BYTES]
    try:
        shared = group.encode(group.multiply(secret, group.decode(first)))
    except group.NoElement as error:
        raise Unreadable(str(error)) from error
    plain = _stream(digest, tied, first, shared, ciphertext[group.POINT_BYTES :])
    size = int.from_bytes(plain[32:_HEAD_BYTES], "big")
    form, rest = plain[_HEAD_BYTES : _HEAD_BYTES + size], plain[_HEAD_BYTES + size :]
    if size > FORM_BYTES_MAX or any(rest):
        msg = "the envelope is not filled as the rule says"
        raise Unreadable(msg)
    return plain[:32], form


def read_form(form: bytes) -> Form:
    """Return a form from its bytes; raises `Unreadable`."""
    try:
        decoded: Form = FORMS.decode(form)
    except Malformed as error:
        raise Unreadable(str(error)) from error
    return decoded


def _stream(digest: Hash, tied: bytes, first: bytes, shared: bytes, data: bytes) -> bytes:
    key = digest(TAG_STREAM + tied + first + shared)
    stream = b"".join(
        digest(TAG_STREAM + key + index.to_bytes(4, "big")) for index in range(len(data) // 32)
    )
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")
    return mixed.to_bytes(len(data), "big")
