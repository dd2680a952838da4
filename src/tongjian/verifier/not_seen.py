"""That a transaction is not in the log: every entry between two heads, and none of them is it."""

from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

from msgspec import Meta, MsgspecError, msgpack

from tongjian.core.block import Header
from tongjian.core.encoding import Codec, Malformed, Record, encode
from tongjian.core.hashing import Hash
from tongjian.core.merkle import Frontier, ProofInvalid, leaf_hash
from tongjian.core.values import Digest
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.receipt import verify_receipt
from tongjian.verifier.steps import Step, VerificationFailed

MAGIC: Final = b"tongjian/not-seen/1\n"
NOT_SEEN_BYTES_MAX: Final = 1 << 25
ENTRIES_MAX: Final = 200_000
ENTRY_BYTES_MAX: Final = 160
"""Of the log: an id, an outcome, a digest."""
_Receipt = Annotated[bytes, Meta(min_length=1, max_length=1 << 21)]


class NotSeen(Record):
    """The file that proves it: receipts of both heads, and what leads from one to the other."""

    transaction: Digest
    earlier: _Receipt
    later: _Receipt
    peaks: Annotated[tuple[Digest, ...], Meta(max_length=64)]
    entries: Annotated[
        tuple[Annotated[bytes, Meta(max_length=ENTRY_BYTES_MAX)], ...], Meta(max_length=ENTRIES_MAX)
    ]


_CODEC: Final = Codec(NotSeen, NOT_SEEN_BYTES_MAX)


class Unseen(NamedTuple):
    """What such a file proves where it holds."""

    transaction: bytes
    earlier: Header
    later: Header
    steps: tuple[Step, ...]


def is_not_seen(data: bytes) -> bool:
    """Say whether a file claims to prove that a transaction is not in the log."""
    return data.startswith(MAGIC)


def make_not_seen(
    identity: Digest,
    receipts: tuple[bytes, bytes],
    peaks: Sequence[bytes],
    entries: Sequence[bytes],
) -> bytes:
    """Return the file; `receipts` are of the earlier and the later head, whatever they state."""
    return MAGIC + encode((identity, *receipts, tuple(peaks), tuple(entries)))


def verify_not_seen_file(
    data: bytes, anchors: Anchors, not_before_ms: int | None = None, now_ms: int | None = None
) -> Unseen:
    """Check a file step by step; raises `VerificationFailed` at the first that does not hold.

    With `not_before_ms`, milliseconds since 1970 UTC, a later head of before that does not hold.
    With `now_ms` the trust file must still vouch for both heads.
    """
    try:
        shown: NotSeen = _CODEC.decode(data.removeprefix(MAGIC))
    except Malformed as error:
        raise VerificationFailed(1, "form", f"the file cannot be decoded: {error}") from error
    earlier = _head(2, "earlier head", shown.earlier, anchors, (None, now_ms))
    later = _head(3, "later head", shown.later, anchors, (not_before_ms, now_ms))
    if earlier.height > later.height:
        why = f"the head of height {later.height} does not come after that of {earlier.height}"
        raise VerificationFailed(3, "later head", why)
    heads = earlier, later
    try:
        verify_not_seen(anchors.digest, shown.transaction, heads, shown.peaks, shown.entries)
    except ProofInvalid as error:
        raise VerificationFailed(4, "absence", str(error)) from error
    count = later.log_size - earlier.log_size
    steps = (
        Step(1, "form", "the file is one proof in its only valid form"),
        Step(2, "earlier head", f"block {earlier.height} of ledger {anchors.label} is sealed"),
        Step(3, "later head", f"block {later.height} of the same ledger is sealed"),
        Step(4, "absence", f"the transaction is none of the {count} entries recorded between"),
    )
    return Unseen(shown.transaction, earlier, later, steps)


def _head(
    step: int,
    title: str,
    receipt: bytes,
    anchors: Anchors,
    moments: tuple[int | None, int | None],
) -> Header:
    try:
        return verify_receipt(receipt, anchors, *moments).header
    except VerificationFailed as failed:
        raise VerificationFailed(step, title, f"its receipt does not hold: {failed}") from failed


def verify_not_seen(
    digest: Hash,
    identity: bytes,
    heads: tuple[Header, Header],
    peaks: Sequence[bytes],
    entries: Sequence[bytes],
) -> None:
    """Raise `ProofInvalid` unless the log grew from one head to the other without a transaction.

    `heads` are headers that receipts proved, the earlier first: the one that was newest when the
    transaction was composed, and the one up to which it is not seen. `peaks` are the complete
    subtrees of the earlier log, the largest first; `entries` all that came after, in order.
    """
    before, after = heads
    if len(peaks) != int(before.log_size).bit_count():
        msg = f"{len(peaks)} subtrees are not those of a log of {before.log_size} entries"
        raise ProofInvalid(msg)
    log = Frontier(digest, before.log_size, peaks)
    if log.root() != before.log_root:
        msg = f"the subtrees do not give the log of height {before.height}"
        raise ProofInvalid(msg)
    for number, entry in enumerate(entries, before.log_size):
        if _identity_of(entry) == identity:
            msg = f"the transaction is in the log, as entry {number}"
            raise ProofInvalid(msg)
        log.append(leaf_hash(digest, entry))
    if (log.size, log.root()) != (after.log_size, after.log_root):
        msg = f"the entries do not lead to the log of height {after.height}"
        raise ProofInvalid(msg)


def _identity_of(entry: bytes) -> bytes:
    try:
        identity, _, _ = msgpack.decode(entry, type=tuple[bytes, str, bytes])
    except (MsgspecError, UnicodeDecodeError) as error:
        msg = f"an entry of the log cannot be decoded: {error}"
        raise ProofInvalid(msg) from error
    return identity
