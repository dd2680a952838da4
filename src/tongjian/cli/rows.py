"""Rows as they stood at a height: one with its age, or all whose keys begin in one way."""

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.readable import as_json, key_text, pairs_of
from tongjian.cli.records import Named, RangeNamed, RowNamed, TransactionNamed
from tongjian.cli.surface import Surface
from tongjian.core.limits import RANGE_ROWS_MAX
from tongjian.engines.chain import Chain
from tongjian.engines.receipts import Draft


def show_row(surface: Surface, chain: Chain, named: RowNamed, at: int) -> None:
    """Write a row as it stood; raises `Failure` where none stood."""
    number = chain.prover.entry_at(named.key, at)
    name = key_text(named.table, named.key)
    if number is None:
        raise Failure(
            ExitCode.NOT_FOUND,
            f"{name} does not stand at height {at}.",
            why="No row has this key there.",
            then=f"tongjian receipt {name} -o absence.receipt, which proves it",
        )
    row = named.table.codec.decode(chain.store.entry(number).value)
    # An entry is also written when only its neighbour changed: the versions know since when.
    since = next(height for height, _, _ in chain.prover.versions(named.key) if height <= at)
    if surface.as_json:
        document = {"record": name, "height": at, "since_height": since, "row": as_json(row)}
        surface.document(document)
        return
    surface.line(name, style="bold")
    surface.pairs(pairs_of(row), indent="  ")
    surface.note(f"as of height {at}, unchanged since height {since}", style="dim")
    surface.note(f"next: tongjian history {name}", style="dim")


def state(draft: Draft, chain: Chain, named: Named) -> tuple[str, str]:
    """Have a receipt state what is named; return its name and what is stated of it."""
    match named:
        case RowNamed(table=table, key=key):
            return key_text(table, key), "row" if draft.row(key) else "absence"
        case RangeNamed(table=table, low=low, high=high):
            count = len(rows_within(chain, named, draft.height))
            draft.range(low, high)
            return f"{table.name}:{named.begun}*", f"all {count} rows"
        case TransactionNamed(id=identity):
            draft.transaction(identity)
            return identity.hex(), "transaction"


def rows_within(chain: Chain, named: RangeNamed, at: int) -> list[tuple[bytes, bytes]]:
    """Return key and bytes of all rows of a range at a height; raises `Failure` for too many."""
    _, *numbers = chain.prover.range_numbers(named.low, named.high, at)
    if len(numbers) > RANGE_ROWS_MAX:
        raise Failure(
            ExitCode.CONFLICT,
            f"These are {len(numbers)} rows.",
            why=f"At most {RANGE_ROWS_MAX} are shown or proven together.",
            rule="a range has a bound, so that a receipt can be checked on a phone",
            then=f"name a longer beginning, as in {named.table.name}:PREFIX*",
        )
    entries = (chain.store.entry(number) for number in numbers)
    return [(entry.key, entry.value) for entry in entries]


def show_rows(surface: Surface, chain: Chain, named: RangeNamed, at: int) -> None:
    """Write all rows of a range as they stood."""
    rows = [
        (key_text(named.table, key), named.table.codec.decode(value))
        for key, value in rows_within(chain, named, at)
    ]
    if surface.as_json:
        found = [{"record": name, "row": as_json(row)} for name, row in rows]
        surface.document({"height": at, "rows": found})
        return
    for name, row in rows:
        surface.line(name, style="bold")
        surface.pairs(pairs_of(row), indent="  ")
    surface.note(f"{len(rows)} rows, as of height {at}; these are all", style="dim")
