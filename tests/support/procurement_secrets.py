"""What stays with bidders and key holders in tests: secrets, all derived from names."""

from functools import cache

from nacl.signing import SigningKey

from tongjian.core.encoding import encode, replace
from tongjian.core.hashing import compute_commitment, sha256
from tongjian.services.procurement import custody, envelopes
from tongjian.services.procurement import ristretto as group

THRESHOLD = 3


def salt(name: str) -> bytes:
    """Return 32 bytes that a name stands for."""
    return sha256(name.encode())


def scalar(name: str) -> int:
    """Return a scalar that a name stands for."""
    return custody.hash_to_scalar(sha256, name.encode())


@cache
def signing_key(name: str) -> SigningKey:
    """Return the Ed25519 key of somebody."""
    return SigningKey(salt("key of " + name))


def public_key(name: str) -> bytes:
    """Return the public half."""
    return bytes(signing_key(name).verify_key)


def sign(name: str, message: bytes) -> bytes:
    """Return somebody's signature."""
    return signing_key(name).sign(message).signature


# -------------------------------------------------------------------------------------- key holders


@cache
def transport(holder: str) -> bytes:
    """Return the public transport key of a holder."""
    return group.encode(group.multiply_base(scalar("transport " + holder)))


@cache
def polynomial(tender: str, holder: str, threshold: int = THRESHOLD) -> tuple[int, ...]:
    """Return the coefficients that a holder deals."""
    return tuple(scalar(f"coefficient {tender} {holder} {each}") for each in range(threshold))


@cache
def dealing(
    tender: str, holders: tuple[str, ...], at: int, threshold: int = THRESHOLD
) -> tuple[tuple[bytes, ...], bytes, tuple[bytes, ...]]:
    """Return commitments, proof and sealed shares that the holder of a place deals."""
    holder = holders[at - 1]
    coefficients = polynomial(tender, holder, threshold)
    proof = custody.prove(
        sha256, custody.place(tender, at), coefficients[0], scalar(f"nonce {tender} {holder}")
    )
    shares = tuple(
        custody.mask(
            sha256,
            custody.place(tender, at) + custody.place(tender, to),
            transport(other),
            scalar(f"mask {tender} {holder} {other}"),
            custody.evaluate(coefficients, to),
        )
        for to, other in enumerate(holders, 1)
    )
    return custody.commit(coefficients), proof, shares


@cache
def key_of(tender: str, holders: tuple[str, ...], threshold: int = THRESHOLD) -> bytes:
    """Return the key that all dealings of a procedure make."""
    secret = sum(polynomial(tender, holder, threshold)[0] for holder in holders)
    return group.encode(group.multiply_base(secret))


@cache
def share_of(tender: str, holders: tuple[str, ...], at: int, threshold: int = THRESHOLD) -> bytes:
    """Return the share of a place, unsealed from what the holders dealt to it."""
    total = 0
    for dealer in range(1, len(holders) + 1):
        masked = dealing(tender, holders, dealer, threshold)[2][at - 1]
        where = custody.place(tender, dealer) + custody.place(tender, at)
        secret = scalar("transport " + holders[at - 1])
        total += custody.unmask(sha256, where, secret, masked)
    return group.encode_scalar(total)


# ------------------------------------------------------------------------------------------ bidders


def sealed(
    tender: str,
    slot: str,
    key: bytes,
    form: envelopes.Form | None,
    *,
    signer: str,
    version: int = 1,
) -> tuple[bytes, bytes]:
    """Return ciphertext and commitment of a bid that a bidder's officer signs; blank for none."""
    public = public_key(slot)
    data = b""
    if form is not None:
        message = envelopes.form_message(sha256, tender, public, form)
        data = encode(replace(form, signature=sign(signer, message)))
    name = f"{tender} {slot} {version}"
    return envelopes.seal(
        sha256,
        key,
        envelopes.where(tender, public),
        data,
        salt=salt("salt " + name),
        nonce=scalar("nonce " + name),
    )


def invitation(tender: str, bidder: str) -> bytes:
    """Return the commitment by which a bidder is invited."""
    return compute_commitment(sha256, salt(f"invitation {tender} {bidder}"), bidder.encode())
