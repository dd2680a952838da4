"""Blocks: the header that commits to state and log, what a seal signs, and the stored record.

`app hash = H(tag ‖ state root ‖ log root)`; it does not change on a block that changes nothing.
The header also commits to the signed bytes of its transactions, so that any changed byte of a
stored block shows.
"""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core import limits
from tongjian.core.encoding import Codec, Record, encode
from tongjian.core.hashing import TAG_APP, TAG_BATCH, TAG_EVENTS, TAG_FINDING, TAG_HEADER, Hash
from tongjian.core.values import Count, Digest, Height, SuiteNumber, TimeMs

HEADER_VERSION: Final = 1
HEADER_BYTES_MAX: Final = 1024
SEAL_ALGORITHMS: Final = {1: -8, 2: -65538, 3: -7}
"""COSE algorithms by suite: EdDSA (RFC 9053, 2.2); SM2 with SM3, of the range for private use;
ES256 (RFC 9053, 2.1)."""
_SEAL_ALGORITHMS: Final = {
    1: b"\x27",
    2: b"\x3a\x00\x01\x00\x01",
    3: b"\x26",
    16: b"\x3a\x00\x01\x00\x02",
}
"""The same as CBOR."""


class Header(Record):
    """What is sealed of a block."""

    version: Annotated[int, Meta(ge=1, le=1)]
    chain: Digest
    height: Height
    time_ms: TimeMs
    previous: Digest
    """Hash of the header before; zeros at genesis."""
    state_root: Digest
    log_root: Digest
    log_size: Count
    batch: Digest
    """Hash of the envelopes of this block in order."""


class Seal(Record):
    """The operator's signature over a header (solo engine)."""

    suite: SuiteNumber
    signature: Annotated[bytes, Meta(min_length=64, max_length=8192)]


class Result(Record):
    """The outcome of one transaction: an entry of the transaction log."""

    transaction: Digest
    outcome: Annotated[str, Meta(max_length=80, pattern=r"^[a-z0-9_/@]*$(?!\n)")]
    """Empty when committed, else `service/number@act`: the refusal and the position of its act."""
    events: Annotated[
        tuple[Annotated[bytes, Meta(max_length=limits.ROW_BYTES_MAX)], ...],
        Meta(max_length=limits.ACTS_MAX * limits.EVENTS_PER_ACT_MAX),
    ]


class Sealed(Record):
    """A header's bytes with what seals them: the head of a stored block."""

    header: Annotated[bytes, Meta(max_length=HEADER_BYTES_MAX)]
    seal: Seal


class Decision(Record):
    """A result as a block keeps it: without the id, which follows from the transaction's bytes."""

    outcome: Annotated[str, Meta(max_length=80, pattern=r"^[a-z0-9_/@]*$(?!\n)")]
    events: Annotated[
        tuple[Annotated[bytes, Meta(max_length=limits.ROW_BYTES_MAX)], ...],
        Meta(max_length=limits.ACTS_MAX * limits.EVENTS_PER_ACT_MAX),
    ]


Finding = Annotated[bytes, Meta(min_length=1, max_length=1024)]
"""An act that the engine of a network puts to the ledger, on evidence in its own block."""
_UNSIGNED_MAX: Final = limits.TIMERS_PER_BLOCK_MAX + limits.FINDINGS_PER_BLOCK_MAX


class Body(Record):
    """The rest of a stored block: what was asked and what came of it. Enough to replay from."""

    envelopes: Annotated[tuple[bytes, ...], Meta(max_length=limits.BLOCK_TRANSACTIONS_MAX)]
    timers: Annotated[tuple[Digest, ...], Meta(max_length=_UNSIGNED_MAX)]
    """The ids of what nobody signed: deadlines, then findings. Their decisions come first."""
    decisions: Annotated[
        tuple[Decision, ...], Meta(max_length=limits.BLOCK_TRANSACTIONS_MAX + _UNSIGNED_MAX)
    ]


class FoundBody(Body):
    """A body with what the engine of a network found; without findings it has the plain form."""

    findings: Annotated[
        tuple[Finding, ...], Meta(min_length=1, max_length=limits.FINDINGS_PER_BLOCK_MAX)
    ]


HEADERS: Final = Codec(Header, HEADER_BYTES_MAX)
SEALED: Final = Codec(Sealed, HEADER_BYTES_MAX + 8300)


class Bodies:
    """Decodes bodies of blocks in either form."""

    def __init__(self) -> None:
        """Prepare for both."""
        self._plain = Codec(Body, limits.BLOCK_BODY_BYTES_MAX)
        self._found = Codec(FoundBody, limits.BLOCK_BODY_BYTES_MAX)

    def decode(self, data: bytes) -> Body:
        """Decode canonical bytes or raise `Malformed`."""
        body: Body = self._codec(data).decode(data)
        return body

    def decode_trusted(self, data: bytes) -> Body:
        """Decode bytes whose canonical form was checked before; bounds are still enforced."""
        body: Body = self._codec(data).decode_trusted(data)
        return body

    def _codec(self, data: bytes) -> Codec:
        return self._found if data[:1] == _FOUR else self._plain


_FOUR: Final = b"\x94"
"""How MessagePack begins an array of four: a body with findings."""
BODIES: Final = Bodies()


def findings_of(body: Body) -> tuple[bytes, ...]:
    """Return what the engine put to the ledger in a block; mostly nothing."""
    return body.findings if isinstance(body, FoundBody) else ()


def encode_body(
    envelopes: tuple[bytes, ...],
    results: tuple[Result, ...],
    findings: tuple[bytes, ...] = (),
) -> bytes:
    """Return the bytes of a block's body; what nobody signed comes before envelopes' results."""
    timers = [result.transaction for result in results[: len(results) - len(envelopes)]]
    decisions = [(result.outcome, result.events) for result in results]
    plain = (envelopes, timers, decisions)
    return encode((*plain, findings) if findings else plain)


def compute_finding_id(digest: Hash, chain: bytes, finding: bytes) -> bytes:
    """Return the id under which the log has a finding."""
    return digest(TAG_FINDING + chain + finding)


def compute_app_hash(digest: Hash, state_root: bytes, log_root: bytes) -> bytes:
    """Return the commitment to state and log."""
    return digest(TAG_APP + state_root + log_root)


def compute_log_leaf(digest: Hash, result: Result) -> bytes:
    """Return the bytes of a log entry: transaction id, outcome, digest of the events."""
    events = digest(TAG_EVENTS + encode(result.events))
    return encode((result.transaction, result.outcome, events))


def compute_batch(digest: Hash, envelopes: tuple[bytes, ...]) -> bytes:
    """Return the hash of a block's envelopes in their order."""
    return digest(TAG_BATCH + encode(envelopes))


def compute_header_hash(digest: Hash, header: bytes) -> bytes:
    """Return the hash that the next header names as its previous."""
    return digest(TAG_HEADER + header)


def compute_seal_protected(suite: int, kid: bytes) -> bytes:
    """Return the protected header of a seal: a CBOR map of algorithm and key id.

    Raises `KeyError` for a suite that seals no headers. The key id is the ledger's, 16 bytes.
    """
    return b"\xa2\x01" + _SEAL_ALGORITHMS[suite] + b"\x04\x50" + kid


def compute_seal_message(chain: bytes, protected: bytes, header: bytes) -> bytes:
    """Return what the operator signs: the Sig_structure of COSE_Sign1 (RFC 9052, 4.4).

    External data are the domain tag and the chain id, so any COSE library can verify a seal.
    """
    fields = (protected, TAG_HEADER + chain, header)
    return b"\x84\x6aSignature1" + b"".join(_cbor_bytes(field) for field in fields)


def _cbor_bytes(data: bytes) -> bytes:
    """Return a CBOR byte string in its shortest form (RFC 8949, 3.1)."""
    size = len(data)
    if size < 24:  # noqa: PLR2004 - RFC 8949, table 1
        return bytes([0x40 + size]) + data
    if size < 256:  # noqa: PLR2004 - as above
        return b"\x58" + bytes([size]) + data
    return b"\x59" + size.to_bytes(2, "big") + data
