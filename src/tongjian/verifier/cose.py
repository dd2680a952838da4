"""COSE Receipts (RFC 9942) of the transaction log: made and verified with nothing but CBOR.

    statement = 18([ protected: {1: -8, 3: content type, 4: key id}, { 394: [receipt, …] },
                     payload: log entry, signature ])
    receipt   = 18([ protected: {1: -8, 4: key id, 395: 1}, { 396: { -1: [inclusion proof] } },
                     payload: nil, signature over the log root ])

Header labels: receipts 394, vds 395 (1 is RFC9162_SHA256), vdp 396 (-1 inclusion, -2 consistency).
vds 1 fixes SHA-256, so a chain of SM3 has no such receipts; its own receipts serve it.
Any implementation of RFC 9942 verifies these; those of tongjian (`verifier.receipt`) say more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from msgspec import Meta

from tongjian.core.block import SEAL_ALGORITHMS
from tongjian.core.encoding import Codec, Malformed, Record
from tongjian.core.hashing import sha256
from tongjian.core.merkle import ProofInvalid, follow_consistency, follow_inclusion, leaf_hash
from tongjian.core.signatures import SignatureInvalid, compute_key_id, verify
from tongjian.core.values import Digest
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.check import CHECK_LABEL, CheckDiffers, verify_check
from tongjian.verifier.checkpoint import (
    CheckpointInvalid,
    expect_origin,
    parse_checkpoint,
    verify_quorum,
)
from tongjian.verifier.cose_message import (
    Message,
    as_list,
    as_map,
    decode,
    dump,
    open_message,
)
from tongjian.verifier.receipt import COSIGNED_LABEL, Step, VerificationFailed

RECEIPTS: Final = 394
VDS: Final = 395
VDP: Final = 396
RFC9162_SHA256: Final = 1
INCLUSION: Final = -1
CONSISTENCY: Final = -2
ALGORITHM: Final = 1
CONTENT_TYPE: Final = 3
KEY_ID: Final = 4
LOG_ENTRY_TYPE: Final = "application/vnd.msgpack"
"""The payload is the record of docs/reference/format.md, section 5."""

STATEMENT_BYTES_MAX: Final = 1 << 20
RECEIPTS_MAX: Final = 16
PATH_MAX: Final = 64
SIZE_MAX: Final = (1 << 63) - 1
HASH_NAME: Final = "sha256"


class HashUnsuited(Exception):
    """The chain's hash has no place in COSE Receipts; the text says what serves instead."""


@dataclass(frozen=True)
class Inclusion:
    """Where an entry is in a log of a size, and the path to its root (RFC 9162, 2.1.3)."""

    size: int
    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Consistency:
    """The path that shows a log to begin with an earlier one (RFC 9162, 2.1.4)."""

    first: int
    second: int
    path: tuple[bytes, ...]


class LogEntry(Record):
    """An entry of the transaction log, decoded."""

    transaction: Digest
    outcome: Annotated[str, Meta(max_length=80, pattern=r"^[a-z0-9_/@]*$(?!\n)")]
    events: Digest


LOG_ENTRIES: Final = Codec(LogEntry, 256)


@dataclass(frozen=True)
class Transparent:
    """A statement that holds, with where each of its receipts places it."""

    entry: LogEntry
    proofs: tuple[Inclusion, ...]
    roots: tuple[bytes, ...]
    steps: tuple[Step, ...]
    not_proven: tuple[str, ...] = (
        "that the facts were true before they were recorded",
        "the acts and events themselves: the entry holds their hashes (tongjian receipt has them)",
        "which block recorded it, and that no other log was shown to others (ask a witness)",
    )


def expect_suited(hash_name: str) -> None:
    """Raise `HashUnsuited` unless the hash of a chain is the one that vds 1 fixes."""
    if hash_name != HASH_NAME:
        msg = (
            f"the chain hashes with {hash_name}; COSE Receipts (RFC 9942, vds 1) are of SHA-256 "
            "logs only. Ask for the ledger's own receipt, which every chain has"
        )
        raise HashUnsuited(msg)


def compute_message(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure of COSE_Sign1 without external data (RFC 9052, 4.4)."""
    return dump(["Signature1", protected, b"", payload])


def is_statement(data: bytes) -> bool:
    """Say whether bytes are a COSE statement with receipts, to choose how to verify them."""
    try:
        return RECEIPTS in open_message(data, STATEMENT_BYTES_MAX).unprotected
    except ProofInvalid:
        return False


def is_consistency(data: bytes) -> bool:
    """Say whether bytes are a receipt of consistency, to choose how to verify them."""
    try:
        proofs = open_message(data, STATEMENT_BYTES_MAX).unprotected.get(VDP)
    except ProofInvalid:
        return False
    return isinstance(proofs, Mapping) and CONSISTENCY in proofs


def verify_statement(data: bytes, anchors: Anchors) -> Transparent:
    """Check a statement of the operator and its receipts; raises `VerificationFailed`.

    Each receipt must hold. Raises `HashUnsuited` for a chain of another hash than SHA-256.
    """
    expect_suited(anchors.hash)
    try:
        message = open_message(data, STATEMENT_BYTES_MAX)
        _expect_labels(message, RECEIPTS, CHECK_LABEL)
        receipts = _receipts_of(message)
        if message.payload is None:
            msg = "the statement has no payload"
            raise ProofInvalid(msg)  # noqa: TRY301 - told as the other faults of form
    except ProofInvalid as error:
        raise VerificationFailed(1, "form", str(error)) from error
    kid = _step2_signature(message, message.payload, anchors)
    steps = [
        Step(1, "form", "the file is one COSE statement with receipts, and nothing besides"),
        Step(2, "statement", f"the operator's key {kid} signed this log entry"),
    ]
    entry = _step3_entry(message.payload)
    steps.append(Step(3, "entry", f"transaction {entry.transaction.hex()} {_outcome_of(entry)}"))
    found: list[tuple[Inclusion, bytes]] = []
    for receipt in receipts:
        number = len(steps) + 1
        try:
            proof, root = verify_inclusion_receipt(receipt, message.payload, anchors)
        except ProofInvalid as error:
            raise VerificationFailed(number, "receipt", str(error)) from error
        found.append((proof, root))
        proves = f"it is entry {proof.index} of the log of {proof.size}, whose root is signed"
        steps.append(Step(number, "receipt", proves))
    if CHECK_LABEL in message.unprotected:
        steps.append(_step_check(len(steps) + 1, message, data))
    proofs = tuple(proof for proof, _ in found)
    return Transparent(entry, proofs, tuple(root for _, root in found), tuple(steps))


def verify_inclusion_receipt(
    data: bytes, entry: bytes, anchors: Anchors
) -> tuple[Inclusion, bytes]:
    """Check that the operator signed a log with this entry; return where, and the root.

    Raises `ProofInvalid`; `HashUnsuited` for a chain of another hash than SHA-256.
    """
    expect_suited(anchors.hash)
    message = open_message(data, STATEMENT_BYTES_MAX)
    size, index, path = _proof_of(message, INCLUSION)
    root = follow_inclusion(sha256, leaf_hash(sha256, entry), index, size, path)
    _expect_signed(message, root, anchors)
    _expect_witnessed(message, size, root, anchors)
    return Inclusion(size, index, tuple(path)), root


def verify_consistency_receipt(
    data: bytes, first_root: bytes, anchors: Anchors
) -> tuple[Consistency, bytes]:
    """Check that the operator signed a log that continues the one with the first root.

    Returns the proof and the newer root. Raises `ProofInvalid` and `HashUnsuited`.
    """
    expect_suited(anchors.hash)
    message = open_message(data, STATEMENT_BYTES_MAX)
    _expect_labels(message, VDP, CHECK_LABEL, COSIGNED_LABEL)
    first, second, path = _proof_of(message, CONSISTENCY)
    root = follow_consistency(sha256, first, second, first_root, path)
    _expect_signed(message, root, anchors)
    _expect_witnessed(message, second, root, anchors)
    _expect_check(message, data)
    return Consistency(first, second, tuple(path)), root


def _expect_labels(message: Message, *known: int | str) -> None:
    """Raise `ProofInvalid` where the unprotected header of a whole file has entries of others."""
    others = [label for label in message.unprotected if label not in known]
    if others:
        msg = f"the unprotected header has {str(others[0])[:64]!r}, which has no place in it"
        raise ProofInvalid(msg)


def _expect_check(message: Message, data: bytes) -> None:
    """Raise `ProofInvalid` where a file has a check that is not its own."""
    if CHECK_LABEL in message.unprotected:
        try:
            verify_check(sha256, data, message.unprotected[CHECK_LABEL])
        except CheckDiffers as error:
            raise ProofInvalid(str(error)) from error


def _receipts_of(message: Message) -> list[bytes]:
    receipts = message.unprotected.get(RECEIPTS)
    known = as_list(receipts, f"what label {RECEIPTS} has", least=1, most=RECEIPTS_MAX)
    if not all(isinstance(one, bytes) for one in known):
        msg = "a receipt in a statement is a byte string"
        raise ProofInvalid(msg)
    return known


def _proof_of(message: Message, kind: int) -> tuple[int, int, list[bytes]]:
    """Return the only proof of a kind that a receipt carries; raises `ProofInvalid`."""
    if message.payload is not None:
        msg = "a receipt's payload is detached: it is the root that the proof leads to"
        raise ProofInvalid(msg)
    if _number(message.headers.get(VDS)) != RFC9162_SHA256:
        msg = f"the receipt's protected header does not say vds {RFC9162_SHA256} (RFC9162_SHA256)"
        raise ProofInvalid(msg)
    proofs = as_map(message.unprotected.get(VDP), f"what label {VDP} has")
    (blob,) = as_list(proofs.get(kind), f"what label {VDP} has of kind {kind}", least=1, most=1)
    if not isinstance(blob, bytes):
        msg = "a proof is a byte string"
        raise ProofInvalid(msg)
    first, second, path = as_list(decode(blob, "the proof"), "the proof", least=3, most=3)
    return _number(first), _number(second), _path(path)


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= SIZE_MAX:
        msg = "a number of a receipt is none, or out of its range"
        raise ProofInvalid(msg)
    return value


def _path(value: Any) -> list[bytes]:
    nodes = as_list(value, "a path", least=0, most=PATH_MAX)
    if not all(isinstance(node, bytes) and len(node) == 32 for node in nodes):  # noqa: PLR2004
        msg = "a node of a path is 32 bytes"
        raise ProofInvalid(msg)
    return nodes


def _expect_signed(message: Message, payload: bytes, anchors: Anchors) -> str:
    """Return the id of the seal key that signed; raises `ProofInvalid`.

    A log root names no height, so any seal key of the trust file counts.
    """
    if 2 in message.headers:  # noqa: PLR2004 - crit, RFC 9052, 3.1
        msg = "the protected header marks labels as critical; none is understood here"
        raise ProofInvalid(msg)
    named = message.headers.get(KEY_ID)
    signed = compute_message(message.protected, payload)
    for suite, public in anchors.seal_keys():
        kid = compute_key_id(anchors.digest, suite, public)
        if kid == named:
            algorithm = SEAL_ALGORITHMS[suite]
            named_algorithm: Any = message.headers.get(ALGORITHM)
            if type(named_algorithm) is not int or named_algorithm != algorithm:
                msg = f"the protected header does not say {algorithm}, the algorithm of this key"
                raise ProofInvalid(msg)
            try:
                verify(suite, public, signed, message.signature)
            except SignatureInvalid as error:
                raise ProofInvalid(str(error)) from error
            return kid.hex()
    shown = named.hex() if isinstance(named, bytes) else "none"
    msg = f"the key id is {shown}, which is no seal key of the trust file"
    raise ProofInvalid(msg)


def _expect_witnessed(message: Message, size: int, root: bytes, anchors: Anchors) -> None:
    """Raise `ProofInvalid` where fewer trusted witnesses signed this log than the quorum."""
    if COSIGNED_LABEL not in message.unprotected and not anchors.quorum:
        return
    cosigned: Any = message.unprotected.get(COSIGNED_LABEL)
    if not isinstance(cosigned, bytes):
        msg = f"no witness signed this log; the trust file demands {anchors.quorum}"
        raise ProofInvalid(msg)
    try:
        checkpoint = parse_checkpoint(cosigned)
        expect_origin(checkpoint, anchors)
        verify_quorum(checkpoint, anchors)
    except CheckpointInvalid as error:
        raise ProofInvalid(str(error)) from error
    if (checkpoint.size, checkpoint.root) != (size, root):
        msg = f"witnesses signed the log of {checkpoint.size} entries, the receipt is of {size}"
        raise ProofInvalid(msg)


def _step2_signature(message: Message, payload: bytes, anchors: Anchors) -> str:
    try:
        return _expect_signed(message, payload, anchors)
    except ProofInvalid as error:
        raise VerificationFailed(2, "statement", str(error)) from error


def _step_check(number: int, message: Message, data: bytes) -> Step:
    try:
        _expect_check(message, data)
    except ProofInvalid as error:
        raise VerificationFailed(number, "check", str(error)) from error
    return Step(number, "check", "every byte of the file is as its maker wrote it")


def _step3_entry(payload: bytes) -> LogEntry:
    try:
        entry: LogEntry = LOG_ENTRIES.decode(payload)
    except Malformed as error:
        raise VerificationFailed(3, "entry", f"no entry of a log: {error}") from error
    return entry


def _outcome_of(entry: LogEntry) -> str:
    return f"was refused ({entry.outcome})" if entry.outcome else "was committed"
