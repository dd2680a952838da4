"""Who is behind a body: every person that is reached over holdings, with the share held.

A share is multiplied along a chain and added over chains. A chain never passes a body twice, so a
circle of companies ends, owns nothing by itself, and is told. Who has declared that the owner
cannot be named is told from who has declared nothing.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from tongjian.connectors.bods.statements import Link, Ownership, Share, standard

STEPS_MAX: Final = 100_000
"""Links that are followed from one body; beyond, the answer says that it is not complete."""
_ALL: Final = Share(Fraction(1), Fraction(1))


@dataclass(frozen=True)
class Interest:
    """What one person has in a body, over all chains."""

    person: str
    """Record of the person."""
    share: Share
    """Of holdings: the greatest of the kinds, each summed over chains; 0 to 0 without any."""
    hops: int
    """Of the shortest chain; 1 is direct."""
    is_head: bool
    """Directly: heads the body."""
    is_manager: bool
    """Directly: manages the body, as its head or beside it."""
    is_declared: bool
    """A statement says beneficial ownership or control."""


@dataclass(frozen=True)
class Behind:
    """Who is behind a body."""

    entity: str
    persons: tuple[Interest, ...]
    """By record; empty where none is reached."""
    unspecified: tuple[tuple[str, str], ...]
    """Body on a chain and reason, where an owner is declared but not named."""
    circles: tuple[tuple[str, ...], ...]
    """Bodies that own each other in a circle, each beginning with its first by record."""
    is_complete: bool


class _Walk:
    """Follows every chain upwards from one body."""

    def __init__(self, ownership: Ownership) -> None:
        self._ownership = ownership
        self._of: dict[str, list[Link]] = defaultdict(list)
        for link in ownership.links:
            self._of[link.subject].append(link)
        self.shares: dict[str, dict[str, Share]] = defaultdict(dict)
        self.hops: dict[str, int] = {}
        self.heads: set[str] = set()
        self.managers: set[str] = set()
        self.declared: set[str] = set()
        self.unspecified: set[tuple[str, str]] = set()
        self.circles: set[tuple[str, ...]] = set()
        self.steps = 0

    def follow(self, entity: str) -> None:
        """Walk with a list of its own: a chain may be longer than Python's stack."""
        todo: list[tuple[tuple[str, ...], str, Share | None]] = [((entity,), "", _ALL)]
        while todo:
            chain, kind, held = todo.pop()
            for link in self._of[chain[-1]]:
                self.steps += 1
                if self.steps >= STEPS_MAX:
                    return
                todo += self._step(chain, kind, held, link)

    def _step(
        self, chain: tuple[str, ...], kind: str, held: Share | None, link: Link
    ) -> Iterator[tuple[tuple[str, ...], str, Share | None]]:
        if link.reason:
            self.unspecified.add((link.subject, link.reason))
        elif link.party in chain:
            circle = chain[chain.index(link.party) :]
            first = circle.index(min(circle))
            self.circles.add((*circle[first:], *circle[:first]))
        elif link.party in self._ownership.persons:
            self._reach(chain, kind, held, link)
        elif link.party:
            # A chain stays with one kind of right: votes are not income.
            for name, share in _rights(link):
                if kind in {"", name}:
                    through = None if share is None or held is None else share.of(held)
                    yield (*chain, link.party), name, through

    def _reach(self, chain: tuple[str, ...], kind: str, held: Share | None, link: Link) -> None:
        person = link.party
        self.hops[person] = min(self.hops.get(person, len(chain)), len(chain))
        names = {name for name, _, _ in link.interests}
        if len(chain) == 1:
            kinds = standard()["interests"]
            self.heads |= {person} if names.intersection(kinds["head"]) else set()
            manages = names.intersection((*kinds["head"], *kinds["management"]))
            self.managers |= {person} if manages else set()
        if any(declared for _, _, declared in link.interests):
            self.declared.add(person)
        for name, share in _rights(link):
            if kind in {"", name} and share is not None and held is not None:
                through, sums = share.of(held), self.shares[person]
                before = sums.get(name, Share(Fraction(0), Fraction(0)))
                sums[name] = Share(before.least + through.least, before.most + through.most)


def behind(ownership: Ownership, entity: str) -> Behind:
    """Return who is behind a body, by its record id."""
    walk = _Walk(ownership)
    walk.follow(entity)
    persons = tuple(
        Interest(
            person,
            _greatest(walk.shares.get(person, {})),
            walk.hops[person],
            person in walk.heads,
            person in walk.managers,
            person in walk.declared,
        )
        for person in sorted(walk.hops)
    )
    return Behind(
        entity,
        persons,
        tuple(sorted(walk.unspecified)),
        tuple(sorted(walk.circles)),
        walk.steps < STEPS_MAX,
    )


def _rights(link: Link) -> Iterator[tuple[str, Share | None]]:
    """Yield the kinds of holdings of a link and their shares; control without a share is none."""
    holding = standard()["interests"]["holding"]
    found = {name: share for name, share, _ in link.interests if name in holding}
    yield from found.items() if found else iter([("control", None)])


def _greatest(sums: dict[str, Share]) -> Share:
    none = Share(Fraction(0), Fraction(0))
    greatest = max(sums.values(), key=lambda share: (share.most, share.least), default=none)
    return Share(min(greatest.least, Fraction(1)), min(greatest.most, Fraction(1)))
