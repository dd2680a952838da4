"""Receipts: self-contained files that a stranger checks with nothing but a trust file.

A receipt is a COSE_Sign1 (RFC 9052): the payload is a block header, the signature is the seal, and
the unprotected header carries the statements with their proofs. Any COSE library can verify the
seal over the header (external data: domain tag ‖ chain id); the rest follows from the header by
hashes alone.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import cbor2

from tongjian.core.block import (
    HEADERS,
    Header,
    compute_header_hash,
    compute_seal_message,
    compute_seal_protected,
)
from tongjian.core.encoding import Malformed, encode
from tongjian.core.hashing import Hash
from tongjian.core.signatures import KeySuite, SignatureInvalid, compute_key_id, verify
from tongjian.verifier.anchors import DAY_MS, Anchors, AnchorsInvalid
from tongjian.verifier.check import (
    CHECK_LABEL,
    CheckDiffers,
    verify_check,
    with_check,
)
from tongjian.verifier.checker import RECEIPT_BYTES_MAX, check_statements
from tongjian.verifier.checkpoint import (
    CheckpointInvalid,
    Head,
    expect_origin,
    parse_checkpoint,
    verify_quorum,
)
from tongjian.verifier.light import CertificateInvalid, verify_certificate
from tongjian.verifier.plain_cbor import decode_plain
from tongjian.verifier.proofs import EntryShown
from tongjian.verifier.statements import (
    AbsenceStatement,
    ConsistencyStatement,
    DecisionStatement,
    RangeStatement,
    RowStatement,
    Statement,
    Statements,
    TransactionStatement,
)
from tongjian.verifier.steps import Step, VerificationFailed

__all__ = [
    "COSIGNED_LABEL",
    "RECEIPT_BYTES_MAX",
    "STATEMENTS_LABEL",
    "AbsenceStatement",
    "ConsistencyStatement",
    "DecisionStatement",
    "RangeStatement",
    "RowStatement",
    "Statement",
    "Statements",
    "Step",
    "TransactionStatement",
    "VerificationFailed",
    "Verified",
    "header_hash",
    "make_receipt",
    "verify_head",
    "verify_receipt",
]

COSE_SIGN1_TAG: Final = 18
STATEMENTS_LABEL: Final = "tongjian/2"
COSIGNED_LABEL: Final = "tongjian/cosigned/1"
"""A checkpoint of the header with signatures of witnesses (docs/reference/format.md, 14)."""
_LABELS: Final = (
    (STATEMENTS_LABEL, CHECK_LABEL),
    (STATEMENTS_LABEL, CHECK_LABEL, COSIGNED_LABEL),
)
_LABEL_BEFORE: Final = "tongjian/1"
_NOT_OURS: Final = "a COSE_Sign1, but not one of a tongjian receipt, version 2"
_OLD: Final = (
    "a receipt of version 1, which has no check value; ask whoever keeps the ledger for a new one "
    "of the same height"
)


@dataclass
class Verified:
    """A receipt that holds."""

    header: Header
    statements: tuple[Statement, ...]
    entries: tuple[EntryShown, ...]
    """What the statements' positions point to: keys and heights, proven with the state."""
    steps: list[Step] = field(default_factory=list[Step])
    not_proven: tuple[str, ...] = (
        "that the facts were true before they were recorded",
        "that the state is still the same after this height (ask for a newer receipt)",
        "who signed the transaction in a receipt of a row: that is in the block log",
    )


def make_receipt(
    digest: Hash,
    sealed: tuple[bytes, bytes, bytes],
    statements: Statements | bytes,
    cosigned: bytes | None = None,
) -> bytes:
    """Return a receipt's bytes: deterministic CBOR around header, seal and statements.

    `digest` is the hash of the chain, `sealed` are protected header, header and seal. `cosigned` is
    a checkpoint of the header with signatures of witnesses, or none. Statements may be given as
    they are encoded.
    """
    protected, header, seal = sealed
    body = statements if isinstance(statements, bytes) else encode(statements)
    witnessed = {} if cosigned is None else {COSIGNED_LABEL: cosigned}

    def write(check: bytes) -> bytes:
        unprotected = {STATEMENTS_LABEL: body, CHECK_LABEL: check, **witnessed}
        message = [protected, unprotected, header, seal]
        return cbor2.dumps(cbor2.CBORTag(COSE_SIGN1_TAG, message))

    return with_check(digest, write)


def verify_receipt(
    data: bytes, anchors: Anchors, not_before_ms: int | None = None, now_ms: int | None = None
) -> Verified:
    """Check a receipt step by step; raises `VerificationFailed` at the first that does not hold.

    With `not_before_ms`, milliseconds since 1970 UTC, a header of an earlier time does not hold.
    With `now_ms` the trust file must still vouch for the validators of a network (trust period).
    """
    protected, unprotected, header_bytes, signature = _step1_open(data)
    header, sealed = verify_head((protected, header_bytes, signature), anchors)
    if now_ms is not None:
        _expect_trusted(header, anchors, now_ms)
    steps = [
        Step(1, "form", "the file is one receipt in its only valid form"),
        Step(2, "chain", f"it speaks of ledger {anchors.label}, block {header.height}"),
        Step(3, "seal", sealed),
    ]
    statements, proven = check_statements(unprotected[STATEMENTS_LABEL], header, anchors)
    steps += proven
    cosigned = unprotected.get(COSIGNED_LABEL)
    if cosigned is not None or anchors.quorum:
        number = len(steps) + 1
        steps.append(_step_witnesses(number, cosigned, header, header_bytes, anchors))
    if not_before_ms is not None:
        steps.append(_step_fresh(len(steps) + 1, header, not_before_ms))
    steps.append(_step_check(len(steps) + 1, data, unprotected[CHECK_LABEL], anchors))
    entries = () if statements.state is None else statements.state.entries
    return Verified(header, statements.statements, entries, steps)


def verify_head(sealed: tuple[bytes, bytes, bytes], anchors: Anchors) -> tuple[Header, str]:
    """Check protected header, header and seal; return the header and what its seal proves.

    Raises `VerificationFailed` at step 2 or 3.
    """
    protected, header_bytes, signature = sealed
    header = _step2_header(header_bytes, anchors)
    return header, _step3_seal(protected, header, header_bytes, signature, anchors)


def header_hash(verified: Verified, anchors: Anchors) -> bytes:
    """Return the hash of the header a receipt rests on, to compare with another source."""
    return compute_header_hash(anchors.digest, encode(verified.header))


_Parts = tuple[bytes, dict[str, bytes], bytes, bytes]
"""Protected header, unprotected header, header, seal."""


def _step1_open(data: bytes) -> _Parts:
    def fail(why: str) -> VerificationFailed:
        return VerificationFailed(1, "form", why)

    if len(data) > RECEIPT_BYTES_MAX:
        raise fail(f"{len(data)} bytes is over the limit of {RECEIPT_BYTES_MAX}")
    try:
        message: Any = decode_plain(data)
        canonical = cbor2.dumps(message)
    except Exception as error:
        raise fail("not a receipt: no CBOR (RFC 8949), or cut short") from error
    if canonical != data:
        raise fail("bytes beyond or beside the only valid form")
    if not isinstance(message, cbor2.CBORTag) or message.tag != COSE_SIGN1_TAG:
        raise fail("not a COSE_Sign1 (RFC 9052, 4.2)")
    parts = _parts_of(message.value)
    if parts is None:
        raise fail(_NOT_OURS)
    if tuple(parts[1]) not in _LABELS:
        raise fail(_OLD if _LABEL_BEFORE in parts[1] else _NOT_OURS)
    return parts


def _parts_of(value: Any) -> _Parts | None:
    """Return the parts of a COSE_Sign1 whose unprotected header holds byte strings, else none."""
    try:
        protected, unprotected, payload, signature = value
        held = dict(unprotected.items())
    except (TypeError, ValueError, AttributeError):
        return None
    parts: tuple[Any, ...] = (protected, payload, signature, *held.values())
    if not all(isinstance(part, bytes) for part in parts):
        return None
    return protected, held, payload, signature


def _step2_header(data: bytes, anchors: Anchors) -> Header:
    try:
        header: Header = HEADERS.decode(data)
    except Malformed as error:
        raise VerificationFailed(2, "chain", f"the header cannot be decoded: {error}") from error
    if header.chain != anchors.chain_id:
        why = f"the receipt is of chain {header.chain.hex()}, the trust file of {anchors.chain}"
        raise VerificationFailed(2, "chain", why)
    return header


def _step3_seal(
    protected: bytes, header: Header, header_bytes: bytes, signature: bytes, anchors: Anchors
) -> str:
    try:
        suite, public = anchors.seal_at(header.height)
        if suite is KeySuite.NETWORK:
            return _step3_network(protected, public, header_bytes, signature, anchors)
        kid = compute_key_id(anchors.digest, suite, public)
        if protected != compute_seal_protected(suite, kid):
            why = _why_another_key(protected, kid, header.height, anchors)
            raise VerificationFailed(3, "seal", why)
        message = compute_seal_message(anchors.chain_id, protected, header_bytes)
        verify(suite, public, message, signature)
    except (SignatureInvalid, AnchorsInvalid, CertificateInvalid) as error:
        raise VerificationFailed(3, "seal", str(error)) from error
    return f"the operator's key {kid.hex()} sealed this header"


def _step3_network(
    protected: bytes, validators: bytes, header_bytes: bytes, certificate: bytes, anchors: Anchors
) -> str:
    digest = compute_header_hash(anchors.digest, header_bytes)
    sealed = verify_certificate(certificate, anchors.chain_id, validators, digest)
    kid = compute_key_id(anchors.digest, KeySuite.NETWORK, sealed.set_hash)
    if protected != compute_seal_protected(KeySuite.NETWORK, kid):
        why = f"the seal does not name the validators who made it, {kid.hex()}"
        raise VerificationFailed(3, "seal", why)
    return (
        f"{sealed.signers} of {sealed.validators} validators, with power {sealed.power} of "
        f"{sealed.total}, sealed this header in block {sealed.height} of the network"
    )


def _expect_trusted(header: Header, anchors: Anchors, now_ms: int) -> None:
    """Expect that the trust file is not too old to say who seals a network's block."""
    is_network = anchors.seal_at(header.height)[0] is KeySuite.NETWORK
    if is_network and not anchors.is_trusted(int(header.time_ms), now_ms):
        age_days = (now_ms - anchors.as_of_ms) // DAY_MS
        why = (
            f"the trust file is {age_days} days old, its trust period is {anchors.trust_days}, and "
            f"block {header.height} is newer than the file: validators who have left meanwhile "
            "could have signed it. Get the ledger's current trust file (`tongjian trust`) from a "
            "source that you trust, never from whoever handed you the receipt"
        )
        raise VerificationFailed(3, "seal", why)


def _why_another_key(protected: bytes, kid: bytes, height: int, anchors: Anchors) -> str:
    """Return why a seal does not count that names another key than that of its height."""
    wanted = f"not sealed by the key {kid.hex()} that counts at height {height}"
    ends = [*(seal.from_height for seal in anchors.seals[1:]), None]
    for seal, end in zip(anchors.seals, ends, strict=True):
        suite, public = anchors.seal_at(seal.from_height)
        other = compute_key_id(anchors.digest, suite, public)
        if protected == compute_seal_protected(suite, other):
            if height < seal.from_height:
                return f"{wanted}, but by {other.hex()}, which counts from {seal.from_height} on"
            return f"{wanted}, but by {other.hex()}, which was replaced at height {end}"
    newest = anchors.seals[-1].from_height
    return (
        f"{wanted}, but by one that the trust file does not have; its newest counts from height "
        f"{newest}. If the operator's key was replaced since this trust file was made, get the "
        "ledger's current one (`tongjian trust`) from a source that you trust, never from whoever "
        "handed you the receipt"
    )


def _step_witnesses(
    number: int, cosigned: bytes | None, header: Header, header_bytes: bytes, anchors: Anchors
) -> Step:
    """Check that the checkpoint is of this header, and that enough witnesses signed it."""
    title = "witnesses"
    if cosigned is None:
        why = f"no witness signed this head; the trust file demands {anchors.quorum}"
        raise VerificationFailed(number, title, why)
    digest = compute_header_hash(anchors.digest, header_bytes)
    head = Head(header.log_size, header.log_root, header.height, digest)
    try:
        checkpoint = parse_checkpoint(cosigned)
        expect_origin(checkpoint, anchors)
        if checkpoint.head() != head:
            why = (
                f"what the witnesses signed is the head of height {checkpoint.head().height}, of "
                f"size {checkpoint.size}; the receipt rests on block {header.height}, "
                f"header hash {digest.hex()}"
            )
            raise VerificationFailed(number, title, why)
        found = verify_quorum(checkpoint, anchors)
    except CheckpointInvalid as error:
        raise VerificationFailed(number, title, str(error)) from error
    named = ", ".join(f"{one.name} at {one.time_s} s" for one in found) or "none that is trusted"
    return Step(number, title, f"of trusted witnesses, {len(found)} signed this head: {named}")


def _step_fresh(number: int, header: Header, not_before_ms: int) -> Step:
    """Check that the header is not older than the client demands."""
    behind_s = (not_before_ms - int(header.time_ms)) / 1000
    if behind_s > 0:
        why = (
            f"block {header.height} was sealed at {header.time_ms} ms, {behind_s:.0f} s before the "
            "moment that was demanded: it may be an old head presented as the newest. Ask for a "
            "newer receipt, and a witness whether the ledger stands still"
        )
        raise VerificationFailed(number, "fresh", why)
    return Step(number, "fresh", "its block is not older than was demanded, by the sealer's clock")


def _step_check(number: int, data: bytes, check: bytes, anchors: Anchors) -> Step:
    try:
        verify_check(anchors.digest, data, check)
    except CheckDiffers as error:
        raise VerificationFailed(number, "check", str(error)) from error
    return Step(number, "check", "every byte of the file is as its maker wrote it")
