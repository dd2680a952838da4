"""Reads every entry of the store: checksum, leaf, twig; walks the keys; adds up the log."""

from typing import Final

from tongjian.cli.findings import REPAIR, Finding, Findings, ok
from tongjian.cli.readable import key_text
from tongjian.core.encoding import Malformed
from tongjian.core.merkle import root_of_range
from tongjian.engines.chain import Chain
from tongjian.storage.checks import check_entries, check_order
from tongjian.storage.errors import StoreDamaged

_LOWEST: Final = b"\x01"
_HIGHEST: Final = b"\xff" * 256
_ROWS_AT_ONCE: Final = 10_000


def check_store(chain: Chain) -> Findings:
    """Yield one finding for each part of the store: it holds, or the first place that does not."""
    for name, check in (
        ("entries", _check_entries),
        ("order", _check_order),
        ("rows", _check_rows),
        ("log", _check_log),
        ("places", _check_places),
    ):
        try:
            yield ok(name, check(chain))
        except StoreDamaged as error:
            yield Finding(name, "damaged", str(error), REPAIR)


def _check_entries(chain: Chain) -> str:
    """Compare each entry with its leaf, and the leaves with the roots that the state rests on."""
    count = check_entries(chain.store, chain.commitment.tree, chain.digest)
    return f"{count} entries: checksums, leaves, twigs"


def _check_order(chain: Chain) -> str:
    """Walk the keys in order, by index and by what each entry says comes next."""
    count = check_order(chain.store, chain.commitment.tree)
    return f"{count} rows in one order, each found by its key"


def _check_rows(chain: Chain) -> str:
    """Decode each row that stands by its table."""
    registry = chain.machine.registry
    low, count = _LOWEST, 0
    while rows := chain.store.scan(low, _HIGHEST, _ROWS_AT_ONCE):
        for key, value in rows:
            table = registry.table_of(key)
            if table is None:
                raise StoreDamaged(f"no service of this release has a table for {key!r}")
            try:
                table.codec.decode(value)
            except Malformed as error:
                raise StoreDamaged(f"{key_text(table, key)} cannot be decoded: {error}") from error
        count += len(rows)
        low = rows[-1][0] + b"\x00"
    return f"{count} rows are what their tables say"


def _check_log(chain: Chain) -> str:
    """Add up the tiles of the log to the root in the newest header."""
    header = chain.header(chain.height)
    if header.log_size:
        try:
            root = root_of_range(chain.digest, 0, header.log_size, chain.store.tiles.node)
        except (KeyError, IndexError) as error:
            raise StoreDamaged(f"the log has a gap: {error}") from error
        if root != header.log_root:
            raise StoreDamaged("the tiles of the log do not give the log root of the tip")
    return f"{header.log_size} entries of the log give its root"


def _check_places(chain: Chain) -> str:
    """Compare the places of transactions and of removed rows with their sum."""
    chain.store.check_sum()
    return "the places of transactions and removed rows are whole"
