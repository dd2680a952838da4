"""Which bodies may not bid in one project: one head, or a direct link of holding or management.

Regulation on the implementation of the Government Procurement Law art. 18 (PRO-I6). Looser ties are
told as well: a reason to look, not a bar.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Final, Literal

from tongjian.connectors.bods.behind import Behind, behind
from tongjian.connectors.bods.statements import Link, Ownership, standard

Kind = Literal["same_head", "control", "management", "same_manager", "holding", "same_owner"]
"""One person heads both · one holds half of the other or controls it · one manages the other · one
person has a seat in both · one holds less than half of the other · one person is behind both."""
FORBIDDEN: Final[tuple[Kind, ...]] = ("same_head", "control", "management")
CONTROL: Final = Fraction(1, 2)
"""From this share on a shareholder controls (Company Law art. 265)."""
OWNER: Final = Fraction(1, 4)
"""From this share on a person is a beneficial owner (Measures on Beneficial Owners art. 6)."""
_USCC: Final = "CN-USCC"


@dataclass(frozen=True)
class Relation:
    """How two bodies are related."""

    kind: Kind
    one: str
    other: str
    """Record ids, in order."""
    by: str
    """Record of the person that both have, or of the relationship that says the link."""

    @property
    def forbids(self) -> bool:
        """Say whether only one of the two may bid in a project (art. 18)."""
        return self.kind in FORBIDDEN


@dataclass(frozen=True)
class Declaration:
    """What a supplier declares of itself, by records: its head, its ties, its owners."""

    heads: tuple[str, ...]
    """Records of persons; a body has one, more is for its registrar to settle."""
    links: tuple[str, ...]
    """Credit codes of bodies with a direct link of control or management."""
    unnumbered: tuple[str, ...]
    """Records of such bodies that have no credit code in the statements."""
    owners: tuple[str, ...]
    """Records of beneficial owners."""
    unspecified: tuple[str, ...]
    """Why owners are not named; empty where all are."""


def relations(ownership: Ownership, entities: Iterable[str]) -> tuple[Relation, ...]:
    """Return how the given bodies are related with each other, in order."""
    asked = sorted(set(entities))
    behinds = {entity: behind(ownership, entity) for entity in asked}
    found: set[tuple[str, str, Kind, str]] = set()
    for one, other in combinations(asked, 2):
        for kind, person in _shared(behinds[one], behinds[other]):
            found.add((one, other, kind, person))
    for link in ownership.links:
        if link.subject in behinds and link.party in behinds and link.subject != link.party:
            one, other = sorted((link.subject, link.party))
            found.add((one, other, _tie(link), link.record))
    return tuple(Relation(kind, one, other, by) for one, other, kind, by in sorted(found))


def declaration_of(ownership: Ownership, entity: str) -> Declaration:
    """Return what a body has to declare by its statements."""
    known = behind(ownership, entity)
    tied = sorted(set(_tied(ownership, entity)))
    codes = {one: _code(ownership, one) for one in tied}
    return Declaration(
        tuple(one.person for one in known.persons if one.is_head),
        tuple(code for code in codes.values() if code),
        tuple(one for one, code in codes.items() if not code),
        tuple(one.person for one in known.persons if one.is_declared or one.share.most >= OWNER),
        tuple(sorted({reason for _, reason in known.unspecified})),
    )


def _tied(ownership: Ownership, entity: str) -> Iterator[str]:
    for link in ownership.links:
        if entity in {link.subject, link.party} and _tie(link) in FORBIDDEN:
            other = link.party if entity == link.subject else link.subject
            if other in ownership.entities and other != entity:
                yield other


def _code(ownership: Ownership, entity: str) -> str:
    identifiers = ownership.entities[entity].identifiers
    return next((code for scheme, code in identifiers if scheme == _USCC), "")


def _tie(link: Link) -> Kind:
    """Return how a direct link of two bodies counts; an interest without a share controls."""
    kinds = standard()["interests"]
    names = {name for name, _, _ in link.interests}
    if names.intersection((*kinds["head"], *kinds["management"])):
        return "management"
    shares = [share for name, share, _ in link.interests if name in kinds["holding"]]
    known = [share.most for share in shares if share is not None]
    is_control = max(known) >= CONTROL if known else bool(names)
    return "control" if is_control else "holding"


def _shared(one: Behind, other: Behind) -> Iterator[tuple[Kind, str]]:
    ours = {interest.person: interest for interest in one.persons}
    for theirs in other.persons:
        own = ours.get(theirs.person)
        if own is None:
            continue
        if own.is_head and theirs.is_head:
            yield "same_head", theirs.person
        elif own.is_manager and theirs.is_manager:
            yield "same_manager", theirs.person
        else:
            yield "same_owner", theirs.person
