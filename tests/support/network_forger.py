"""Certificates of a network as anyone could put them together who has some validators' keys.

Written from the format page (section 20) once more, because a forger is bound to no rule: what is
made here are plain lists, which may be changed at will before they are encoded.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
from nacl.signing import SigningKey
from receipt_forger import Parts, put_together

from tongjian.core.hashing import HashSuite, hash_of

TRUSTED, STEPS = 0, 1
"""Places in a certificate."""
FIELDS, ROUND, PARTS, PARTS_HASH, VOTES, VALIDATORS = range(6)
"""Places in a light block."""
CHAIN, HEIGHT, TIME, OF_VALIDATORS, APP = 1, 2, 3, 7, 10
"""Places among the fields of the engine's header."""
FLAG, SECONDS, NANOSECONDS, SIGNATURE = range(4)
"""Places in a vote."""
ABSENT, FOR_BLOCK, NIL = 1, 2, 3
VOTED_S, VOTED_NS = 1_795_060_800, 120_000_000


class Member(NamedTuple):
    """A validator by the number that its key is made of."""

    number: int
    power: int = 10


# -------------------------------------------------------------------------------- Protocol Buffers


def uvarint(number: int) -> bytes:
    """Return a number, seven bits a byte, the lowest first."""
    head = bytearray()
    while number > 0x7F:
        head.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*head, number])


def of_number(field: int, value: int) -> bytes:
    """Return a field that holds a number; zero is left out."""
    return bytes([field << 3]) + uvarint(value) if value else b""


def of_bytes(field: int, value: bytes) -> bytes:
    """Return a field that holds bytes, a text or a message; nothing is left out."""
    return bytes([field << 3 | 2]) + uvarint(len(value)) + value if value else b""


def of_fixed(field: int, value: int) -> bytes:
    """Return a field that holds a number of eight bytes; zero is left out."""
    return bytes([field << 3 | 1]) + value.to_bytes(8, "little") if value else b""


# ----------------------------------------------------------------------------------------- a block


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of RFC 9162, 2.1, with SHA-256."""
    if len(leaves) < 2:
        return hashlib.sha256(b"".join(b"\0" + leaf for leaf in leaves)).digest()
    cut = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:cut]) + root(leaves[cut:])).digest()


@cache
def key_of(number: int) -> SigningKey:
    """Return the key of the validator of a number."""
    return SigningKey(hashlib.sha256(b"validator %d" % number).digest())


def public_of(number: int) -> bytes:
    """Return the public key of the validator of a number."""
    return bytes(key_of(number).verify_key)


def in_order(members: Iterable[Member]) -> list[Member]:
    """Return validators, the most powerful first, then by address."""

    def place(member: Member) -> tuple[int, bytes]:
        return -member.power, hashlib.sha256(public_of(member.number)).digest()[:20]

    return sorted(members, key=place)


def shown(members: Iterable[Member]) -> list[Any]:
    """Return validators as a certificate shows them."""
    return [[public_of(member.number), member.power] for member in in_order(members)]


def hash_of_shown(validators: Iterable[Any]) -> bytes:
    """Return the hash of a set that is shown."""
    return root([of_bytes(1, of_bytes(1, key)) + of_number(2, power) for key, power in validators])


def set_hash(members: Iterable[Member]) -> bytes:
    """Return the hash of a set of validators."""
    return hash_of_shown(shown(members))


def name_of(chain: bytes) -> bytes:
    """Return the name of a ledger's network."""
    return f"tj-{chain.hex()[:40]}".encode()


def to_sign(block: list[Any], vote: list[Any], name: bytes, height: int) -> bytes:
    """Return what a validator signs who votes for a block."""
    parts = of_number(1, block[PARTS]) + of_bytes(2, block[PARTS_HASH])
    time = of_number(1, vote[SECONDS]) + of_number(2, vote[NANOSECONDS])
    signed = (
        of_number(1, 2)
        + of_fixed(2, height)
        + of_fixed(3, block[ROUND])
        + of_bytes(4, of_bytes(1, root(block[FIELDS])) + of_bytes(2, parts))
        + (of_bytes(5, time) or b"\x2a\x00")
        + of_bytes(6, name)
    )
    return uvarint(len(signed)) + signed


def sign(block: list[Any], members: Iterable[Member], name: bytes, height: int) -> list[Any]:
    """Return a block with a new signature under each vote for it, by whom it stands for."""
    votes = []
    for member, vote in zip(in_order(members), block[VOTES], strict=True):
        made = list(vote)
        if vote[FLAG] == FOR_BLOCK:
            made[SIGNATURE] = (
                key_of(member.number).sign(to_sign(block, vote, name, height)).signature
            )
        votes.append(made)
    return [*block[:VOTES], votes, *block[VOTES + 1 :]]


class Network(NamedTuple):
    """A ledger's network: what a block of it says of the ledger."""

    chain: bytes
    header_hash: bytes

    def block(
        self,
        height: int,
        members: Iterable[Member],
        voters: Iterable[int] | None = None,
        **other: Any,
    ) -> list[Any]:
        """Return a light block that some of its validators voted for, all by default.

        `fields` are other fields of its header by place; `round_`, `parts`, `seconds` and
        `nanoseconds` stand for themselves.
        """
        ordered = in_order(members)
        name = name_of(self.chain)
        fields: list[bytes] = [of_bytes(1, bytes([place]) * 32) for place in range(14)]
        fields[0] = of_number(1, 11) + of_number(2, 1)
        fields[CHAIN] = of_bytes(1, name)
        fields[HEIGHT] = of_number(1, height)
        fields[TIME] = of_number(1, VOTED_S) + of_number(2, VOTED_NS)
        fields[OF_VALIDATORS] = of_bytes(1, set_hash(ordered))
        fields[APP] = of_bytes(1, self.header_hash)
        for place, value in other.get("fields", {}).items():
            fields[place] = value
        chosen = {member.number for member in ordered} if voters is None else set(voters)
        times = [other.get("seconds", VOTED_S), other.get("nanoseconds", VOTED_NS)]
        votes = [
            [FOR_BLOCK, *times, b""] if member.number in chosen else [ABSENT, 0, 0, b""]
            for member in ordered
        ]
        rest = [other.get("round_", 0), other.get("parts", 1), bytes(32)]
        block = [fields, *rest, votes, shown(ordered)]
        return sign(block, ordered, name, other.get("signed_height", height))


# ----------------------------------------------------------------------------------- the receipt


def protected_of(digest: Any, set_: bytes) -> bytes:
    """Return the protected header of a seal by a set of validators."""
    return bytes.fromhex("a2013a000100020450") + digest(b"tongjian/key/1\0\x10" + set_)[:16]


def receipt_of(parts: Parts, certificate: list[Any] | bytes, set_: bytes | None = None) -> bytes:
    """Return a receipt whose header a certificate seals; `set_` where protected names another."""
    digest = hash_of(HashSuite[parts.hash_name.upper()])
    if isinstance(certificate, bytes):
        encoded, last = certificate, set_ or b""
    else:
        encoded = msgspec.msgpack.encode(certificate)
        last = set_ or hash_of_shown(certificate[STEPS][-1][VALIDATORS])
    return put_together(parts._replace(protected=protected_of(digest, last), seal=encoded))


def network_of(parts: Parts) -> Network:
    """Return the network that seals the header of a receipt."""
    digest = hash_of(HashSuite[parts.hash_name.upper()])
    chain = msgspec.msgpack.decode(parts.header)[1]
    return Network(chain, digest(b"tongjian/header/1\0" + parts.header))


def trust_of(trust: str, set_: bytes, from_height: int = 0) -> str:
    """Return a trust file by which a set of validators seals from a height on."""
    found = json.loads(trust)
    before = [seal for seal in found["seals"] if seal["from_height"] < from_height]
    seal = {"from_height": from_height, "suite": "cometbft", "public": set_.hex()}
    return json.dumps({**found, "seals": [*before, seal]})
