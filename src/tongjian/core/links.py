"""How rows refer to rows: declared by the service whose rows refer, walked by anybody both ways."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tongjian.core.operation import AnyTable

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Link:
    """A reference from each row of a table to a row of another table.

    `by` gives the parts of the other row's key: a number is that part of the row's own key, a word
    is a column. Where `each` names a column that is a list, words are columns of its members, and
    each member refers. A reference with a part that is none or 0 refers to nothing.
    """

    name: str
    """What the other row is to this one, such as `contract`."""
    source: AnyTable
    to: AnyTable
    by: tuple[int | str, ...]
    each: str = ""
    is_optional: bool = False
    """A row need not refer to anything; a service may so declare how rows of another, which may
    not know it, rest on its own."""

    def targets(self, key: Key, row: Any) -> Iterator[Key]:
        """Yield the keys of the rows that a row refers to."""
        members = getattr(row, self.each) if self.each else (row,)
        for member in members:
            parts = tuple(
                key[part] if isinstance(part, int) else getattr(member, part) for part in self.by
            )
            if all(part is not None and part != 0 for part in parts):
                yield parts

    @property
    def is_parent(self) -> bool:
        """Whether the other row's key is how this one's begins: then a range finds the rows."""
        return self.by == tuple(range(len(self.by)))

    def words(self) -> str:
        """Return the reference as words for a page."""
        parts = (f"key {part + 1}" if isinstance(part, int) else part for part in self.by)
        each = f"each of {self.each}: " if self.each else ""
        return f"{self.source.name} → {self.to.name} by {each}{', '.join(parts)}"
