"""That a transaction is not in the log: every entry between two heads, and none of them is it."""

from collections.abc import Sequence

from msgspec import MsgspecError, msgpack

from tongjian.core.block import Header
from tongjian.core.hashing import Hash
from tongjian.core.merkle import Frontier, ProofInvalid, leaf_hash


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
    except MsgspecError as error:
        msg = f"an entry of the log cannot be decoded: {error}"
        raise ProofInvalid(msg) from error
    return identity
