"""Makes the file that proves that a transaction is not in the log between two heights."""

from collections.abc import Callable

from tongjian.core.directory import SERVICES
from tongjian.core.values import digest
from tongjian.engines.chain import Chain
from tongjian.engines.heads import log_entries, log_peaks
from tongjian.engines.receipts import Receipts
from tongjian.storage.errors import StorageError
from tongjian.verifier.not_seen import ENTRIES_MAX, make_not_seen

ANY_ROW = SERVICES.key("membership")
"""A receipt proves a head by whatever it states; this row is on every ledger from its founding."""


class TooFarBack(StorageError):
    """Too much was recorded between the two heights to fit one file; the text says what to do."""


def prove_not_seen(
    chain: Chain,
    identity: bytes,
    since: int,
    receipt_of: Callable[[bytes, int], bytes] | None = None,
) -> bytes:
    """Return the file that a transaction is not in the log after a height, up to the tip.

    `receipt_of` makes the receipt of a row at a height, by default at once from the chain. Raises
    `ValueError` where the transaction is recorded, `TooFarBack` beyond `ENTRIES_MAX` entries.
    """
    with chain.lock:
        if chain.result(identity) is not None:
            msg = "the transaction is recorded: there is a receipt of it, and no absence"
            raise ValueError(msg)
        first, size = chain.log_size(since), chain.log_size(chain.height)
        if size - first > ENTRIES_MAX:
            msg = (
                f"{size - first} entries were recorded after height {since}; one file takes "
                f"{ENTRIES_MAX}. Name the height at which the transaction was composed, or a later"
            )
            raise TooFarBack(msg)
        make = receipt_of or Receipts(chain).of_row
        heads = make(ANY_ROW, since), make(ANY_ROW, chain.height)
        entries = list(log_entries(chain, first, size))
        return make_not_seen(digest(identity), heads, log_peaks(chain, first), entries)
